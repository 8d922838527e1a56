/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Switching a guest off, on and over. */
#include <signal.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "drivers/qemu/live/live.h"

enum {
	TERMINATE_SECONDS = 5, /* for flushing caches, before SIGKILL */
	GRACEFUL_SECONDS = 15,
	KILL_SECONDS = 30, /* of a process in the middle of a dead disk's I/O */
};

/* ---- Destroy */

static bool is_stopped(const QemuLive *live)
{
	ProcTimes times;

	return proc_times(live->pid, 0, &times) && (times.state == 'T' || times.state == 't');
}

/* SIGTERM lets QEMU write out its caches; who cannot take it gets SIGKILL. */
static bool live_terminate(QemuLive *live, bool graceful, GError **error)
{
	g_autoptr(GError) late = NULL;
	Guest *guest = live->guest;
	unsigned seconds = graceful ? GRACEFUL_SECONDS : TERMINATE_SECONDS;

	if (graceful || !is_stopped(live)) {
		if (!live_kill(live, SIGTERM, error))
			return false;
		if (live_gone_wait(live, seconds * G_USEC_PER_SEC, &late))
			return true;
		if (graceful)
			return fail(
				error, VIR_ERR_OPERATION_FAILED,
				_("the hypervisor of domain '%s' did not end within %u seconds; "
				  "destroy it without the graceful flag"),
				guest->def->name, seconds);
	}
	return live_kill(live, SIGKILL, error) &&
	       live_gone_wait(live, KILL_SECONDS * G_USEC_PER_SEC, error);
}

bool live_destroy(Guest *guest, unsigned flags, GError **error)
{
	QemuLive *live = live_of(guest);

	if (!live)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
			    guest->def->name);
	live->end = LIVE_END_DESTROYED;
	return live_terminate(live, flags & VIR_DOMAIN_DESTROY_GRACEFUL, error);
}

bool live_end(QemuLive *live, LiveEnd end, GError **error)
{
	live->end = end;
	return live_terminate(live, false, error);
}

/* ---- Consequences of what the guest did */

static bool set_reboot_action(Guest *guest, const char *action, GError **error)
{
	return live_call(guest, "set-action", json_pack("{s:s}", "reboot", action), NULL, error);
}

/* Where the guest's own resets end it, ours still must not. */
static bool system_reset(Guest *guest, GError **error)
{
	bool ends = guest->def->on_reboot != LIFECYCLE_RESTART &&
		    guest->def->on_reboot != LIFECYCLE_ABSENT;

	if (ends && !set_reboot_action(guest, "reset", error))
		return false;
	if (!live_call(guest, "system_reset", NULL, NULL, error))
		return false;
	return !ends || set_reboot_action(guest, "shutdown", error);
}

/* The same QEMU, from the start of its firmware. */
static void live_start_over(QemuLive *live)
{
	Guest *guest = live->guest;
	g_autoptr(GError) error = NULL;

	live->end = LIVE_END_NONE;
	live->resume_reason = VIR_DOMAIN_RUNNING_BOOTED;
	if (system_reset(guest, &error) && live_call(guest, "cont", NULL, NULL, &error))
		return;
	log_error(_("domain '%s' cannot be started over: %s"), guest->def->name, error->message);
}

typedef struct Ending {
	QemuLive *live;
	bool over; /* start it over */
} Ending;

static void ending_main(void *data)
{
	Ending *ending = data;
	g_autoptr(GError) error = NULL;

	if (ending->over)
		live_start_over(ending->live);
	else if (!live_terminate(ending->live, false, &error))
		log_error("%s", error->message);
	g_free(ending);
}

void live_ending(QemuLive *live, LifecycleAction action, LiveEnd end)
{
	g_autoptr(GError) error = NULL;
	Ending *ending;
	bool over = action == LIFECYCLE_RESTART || action == LIFECYCLE_RENAME_RESTART;

	if (end == LIVE_END_SHUTDOWN && live->reboot_wanted) {
		live->reboot_wanted = false;
		over = true;
	} else if (action == LIFECYCLE_PRESERVE) {
		return; /* it stays as it is, to be looked at, until it is destroyed */
	}
	if (!over && live->end == LIVE_END_NONE)
		live->end = end;
	ending = g_new(Ending, 1);
	*ending = (Ending){ .live = live, .over = over };
	if (fiber_spawn("ending", ending_main, ending, &error))
		return;
	g_free(ending);
	log_error("%s", error->message);
}

/* ---- Asking the guest */

/* By the agent when @flags want it or nothing else; by the power button otherwise. */
static bool ask_guest(Guest *guest, unsigned flags, const char *mode, GError **error)
{
	const unsigned agent_flag = VIR_DOMAIN_SHUTDOWN_GUEST_AGENT;
	const unsigned button_flag = VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN;
	g_autoptr(GError) why = NULL;
	Agent *agent = NULL;

	if (flags & ~(agent_flag | button_flag))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("only the agent and the power button can shut domain '%s' down"),
			    guest->def->name);
	if (!(flags & button_flag) || (flags & agent_flag))
		agent = live_agent(guest, &why);
	if (agent && agent_shutdown_call(agent, mode, error))
		return true;
	if (flags == agent_flag) {
		if (!agent)
			g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	if (error)
		g_clear_error(error);
	if (!guest->def->features.acpi && g_strcmp0(guest->def->os.arch, "s390x") != 0)
		log_warning(_("domain '%s' has no ACPI and may not notice its power button"),
			    guest->def->name);
	return live_call(guest, "system_powerdown", NULL, NULL, error);
}

static bool check_not_asleep(Guest *guest, GError **error)
{
	if (guest->state != VIR_DOMAIN_PMSUSPENDED)
		return true;
	return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' sleeps; wake it up first"),
		    guest->def->name);
}

/* Who is paused would shut down much later, when nobody expects it any more. */
static bool check_runs(Guest *guest, GError **error)
{
	if (guest->state == VIR_DOMAIN_RUNNING)
		return true;
	return fail(error, VIR_ERR_OPERATION_INVALID,
		    _("domain '%s' is active but does not run, so it cannot shut itself down; resume or "
		      "destroy it"),
		    guest->def->name);
}

bool live_shutdown(Guest *guest, unsigned flags, GError **error)
{
	QemuLive *live = live_of(guest);

	if (!live_monitor(guest, error) || !check_not_asleep(guest, error) ||
	    !check_runs(guest, error))
		return false;
	live->reboot_wanted = false;
	return ask_guest(guest, flags, "powerdown", error);
}

/* The power button switches off: what makes it a reboot is that we start over afterwards. */
bool live_reboot(Guest *guest, unsigned flags, GError **error)
{
	QemuLive *live = live_of(guest);

	if (!live_monitor(guest, error) || !check_not_asleep(guest, error))
		return false;
	live->reboot_wanted = true;
	if (ask_guest(guest, flags, "reboot", error)) {
		live_save(live, NULL);
		return true;
	}
	live->reboot_wanted = false;
	return false;
}

bool live_reset(Guest *guest, GError **error)
{
	QemuLive *live = live_of(guest);

	if (!live_monitor(guest, error))
		return false;
	live->reboot_wanted = false;
	return system_reset(guest, error);
}

/* ---- Pausing */

bool live_suspend(Guest *guest, GError **error)
{
	QemuLive *live = live_of(guest);

	if (!live_monitor(guest, error) || !check_not_asleep(guest, error))
		return false;
	if (guest->state == VIR_DOMAIN_PAUSED)
		return true;
	live->pause_reason = VIR_DOMAIN_PAUSED_USER;
	if (live_call(guest, "stop", NULL, NULL, error))
		return true;
	live->pause_reason = -1;
	return false;
}

bool live_resume(Guest *guest, GError **error)
{
	if (!live_monitor(guest, error) || !check_not_asleep(guest, error))
		return false;
	if (guest->state == VIR_DOMAIN_RUNNING)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is already running"),
			    guest->def->name);
	return live_go(guest, VIR_DOMAIN_RUNNING_UNPAUSED, error);
}

bool live_go(Guest *guest, int reason, GError **error)
{
	QemuLive *live = live_of(guest);

	if (!live_monitor(guest, error))
		return false;
	live->resume_reason = reason;
	if (live_call(guest, "cont", NULL, NULL, error))
		return true;
	live->resume_reason = -1;
	return false;
}

bool live_pm_wakeup(Guest *guest, GError **error)
{
	if (!live_monitor(guest, error))
		return false;
	if (guest->state != VIR_DOMAIN_PMSUSPENDED)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' does not sleep"),
			    guest->def->name);
	return live_call(guest, "system_wakeup", NULL, NULL, error);
}

bool live_inject_nmi(Guest *guest, GError **error)
{
	return live_call(guest, "inject-nmi", NULL, NULL, error);
}
