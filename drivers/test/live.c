/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "drivers/test/live_private.h"

static void timers_stop(TestGuest *own)
{
	g_clear_pointer(&own->crash, sd_event_source_disable_unref);
	g_clear_pointer(&own->poweroff, sd_event_source_disable_unref);
	g_clear_pointer(&own->exit, sd_event_source_disable_unref);
}

static void test_release(Guest *guest)
{
	TestGuest *own = guest->driver_data;

	if (!own)
		return;
	timers_stop(own);
	test_consoles_close(own);
	g_free(own->hang);
	g_free(own->fail);
	g_free(own);
	guest->driver_data = NULL;
}

static bool own_new(Guest *guest, GError **error)
{
	TestGuest *own = g_new0(TestGuest, 1);
	const DomainMemory *memory = &guest->def->memory;

	own->started_usec = (uint64_t)g_get_monotonic_time();
	own->memory_kib = memory->has_current ? memory->current_kib : memory->total_kib;
	guest->driver_data = own;
	if (test_behave_read(guest, error))
		return true;
	test_release(guest);
	return false;
}

static void ended(Guest *guest, int reason, int detail)
{
	timers_stop(guest->driver_data);
	test_consoles_close(guest->driver_data);
	guest->host->ended(guest, reason, detail);
}

static bool test_destroy(Guest *guest, G_GNUC_UNUSED unsigned flags, GError **error)
{
	if (!test_behave(guest, "destroy", error))
		return false;
	ended(guest, VIR_DOMAIN_SHUTOFF_DESTROYED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
	return true;
}

static void rebooted(Guest *guest)
{
	const GuestEvent event = { .id = VIR_DOMAIN_EVENT_ID_REBOOT };

	guest->host->event(guest, &event);
}

/* The guest has switched itself off. */
static void powered_off(Guest *guest)
{
	switch (guest->def->on_poweroff) {
	case LIFECYCLE_RESTART:
	case LIFECYCLE_RENAME_RESTART:
		rebooted(guest);
		break;
	case LIFECYCLE_PRESERVE:
		guest->host->state(guest, VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_USER,
				   VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_FINISHED);
		guest->host->state(guest, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SHUTTING_DOWN, -1, 0);
		break;
	default:
		ended(guest, VIR_DOMAIN_SHUTOFF_SHUTDOWN, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
		break;
	}
}

static void crashed(Guest *guest)
{
	guest->host->state(guest, VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED,
			   VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED);
	switch (guest->def->on_crash) {
	case LIFECYCLE_RESTART:
	case LIFECYCLE_RENAME_RESTART:
	case LIFECYCLE_COREDUMP_RESTART:
		rebooted(guest);
		guest->host->state(guest, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, -1, 0);
		break;
	case LIFECYCLE_PRESERVE:
		break;
	default:
		ended(guest, VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED_CRASHED);
		break;
	}
}

static int on_crash(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *data)
{
	crashed(data);
	return 0;
}

static int on_poweroff(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *data)
{
	powered_off(data);
	return 0;
}

static int on_exit_timer(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec,
			 G_GNUC_UNUSED void *data)
{
	_exit(EXIT_FAILURE);
}

static bool timer_start(Guest *guest, sd_event_source **source, unsigned ms,
			sd_event_time_handler_t handler, GError **error)
{
	int r = ms == 0 ? 0 : sd_event_add_time_relative(guest->loop, source, CLOCK_MONOTONIC,
							 ms * UINT64_C(1000), 1000, handler, guest);

	return r >= 0 || fail_errno(error, -r, _("cannot set a timer"));
}

static bool timers_start(Guest *guest, GError **error)
{
	TestGuest *own = guest->driver_data;

	return timer_start(guest, &own->crash, own->crash_ms, on_crash, error) &&
	       timer_start(guest, &own->poweroff, own->poweroff_ms, on_poweroff, error) &&
	       timer_start(guest, &own->exit, own->exit_ms, on_exit_timer, error);
}

static bool test_start(Guest *guest, unsigned flags, GError **error)
{
	TestGuest *own;

	if (!own_new(guest, error))
		return false;
	own = guest->driver_data;
	if (!test_behave(guest, "start", error) ||
	    (own->start_ms > 0 && !fiber_sleep_wait(own->start_ms * UINT64_C(1000), error))) {
		test_release(guest);
		return false;
	}
	guest->host->state(guest, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED,
			   VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
	if (flags & VIR_DOMAIN_START_PAUSED)
		guest->host->state(guest, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER,
				   VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
	return timers_start(guest, error);
}

/* What the worker has written down is all there is. */
static bool test_adopt(Guest *guest, GError **error)
{
	return own_new(guest, error) && test_behave(guest, "adopt", error) &&
	       timers_start(guest, error);
}

static bool test_shutdown(Guest *guest, G_GNUC_UNUSED unsigned flags, GError **error)
{
	if (!test_behave(guest, "shutdown", error))
		return false;
	if (guest->state != VIR_DOMAIN_RUNNING)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("domain '%s' does not run, so it cannot shut itself down"),
			    guest->def->name);
	powered_off(guest);
	return true;
}

static bool test_reboot(Guest *guest, G_GNUC_UNUSED unsigned flags, GError **error)
{
	if (!test_behave(guest, "reboot", error))
		return false;
	rebooted(guest);
	if (guest->def->on_reboot == LIFECYCLE_DESTROY)
		ended(guest, VIR_DOMAIN_SHUTOFF_SHUTDOWN, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
	else if (guest->state != VIR_DOMAIN_RUNNING)
		guest->host->state(guest, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, -1, 0);
	return true;
}

static bool test_reset(Guest *guest, GError **error)
{
	if (!test_behave(guest, "reset", error))
		return false;
	rebooted(guest);
	return true;
}

static bool test_suspend(Guest *guest, GError **error)
{
	if (!test_behave(guest, "suspend", error))
		return false;
	guest->host->state(guest, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER,
			   VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
	return true;
}

static bool test_resume(Guest *guest, GError **error)
{
	if (!test_behave(guest, "resume", error))
		return false;
	guest->host->state(guest, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED,
			   VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
	return true;
}

static bool test_set_memory(Guest *guest, uint64_t kib, GError **error)
{
	TestGuest *own = guest->driver_data;
	GuestEvent event = { .id = VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE };

	if (!test_behave(guest, "set_memory", error))
		return false;
	own->memory_kib = kib;
	guest->def->memory.current_kib = kib;
	guest->def->memory.has_current = true;
	guest->host->changed(guest);
	event.balloon_change.actual_kib = kib;
	guest->host->event(guest, &event);
	return true;
}

/* Memory statistics cost nothing here, so any period will do: it is only shown. */
static bool test_set_memory_stats_period(Guest *guest, int seconds, GError **error)
{
	DomainMemballoon *balloon;

	if (list_length(guest->def->memballoons) == 0)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' has no memory balloon"),
			    guest->def->name);
	balloon = list_get(guest->def->memballoons, 0);
	balloon->stats_period = (guint)seconds;
	guest->host->changed(guest);
	return true;
}

/* Nothing needs to be done for what exists in memory only. */
static bool test_tune(Guest *guest, G_GNUC_UNUSED const TuneTarget *target,
		      G_GNUC_UNUSED const DomainDef *wanted, GError **error)
{
	return test_behave(guest, "tune", error);
}

const DriverLive test_live = {
	.name = "test",
	.start = test_start,
	.adopt = test_adopt,
	.destroy = test_destroy,
	.shutdown = test_shutdown,
	.reboot = test_reboot,
	.reset = test_reset,
	.suspend = test_suspend,
	.resume = test_resume,
	.open_console = test_console_open,
	.screenshot = test_screenshot,
	.info = test_info,
	.sample = test_sample,
	.stats = test_stats,
	.block_stats = test_block_stats,
	.interface_stats = test_interface_stats,
	.memory_stats = test_memory_stats,
	.vcpu_info = test_vcpu_info,
	.tune = test_tune,
	.set_memory = test_set_memory,
	.set_memory_stats_period = test_set_memory_stats_period,
	.release = test_release,
};
