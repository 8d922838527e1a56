/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of the remote and qemu programs about what the guest does. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define VIR_ENUM_SENTINELS
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/vm/calls.h"

#define SHUTDOWN_FLAGS                                                                             \
	(VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN | VIR_DOMAIN_SHUTDOWN_GUEST_AGENT |                    \
	 VIR_DOMAIN_SHUTDOWN_INITCTL | VIR_DOMAIN_SHUTDOWN_SIGNAL | VIR_DOMAIN_SHUTDOWN_PARAVIRT)
#define REBOOT_FLAGS                                                                               \
	(VIR_DOMAIN_REBOOT_ACPI_POWER_BTN | VIR_DOMAIN_REBOOT_GUEST_AGENT |                        \
	 VIR_DOMAIN_REBOOT_INITCTL | VIR_DOMAIN_REBOOT_SIGNAL | VIR_DOMAIN_REBOOT_PARAVIRT)

enum { DIRTY_RATE_SECONDS_MAX = 60 }; /* as of QEMU */

/* Does the guest run, and has the driver got this member? */
#define LIVE(call, member, error)                                                                  \
	(vm_call_check_active(call, error) &&                                                      \
	 ((call)->live->member || vm_call_unsupported(call, error)))

bool vm_domain_shutdown_flags(VmCall *call, remote_domain_shutdown_flags_args *args,
			      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return vm_call_flags(call, args->flags, SHUTDOWN_FLAGS, error) &&
	       LIVE(call, shutdown, error) && call->live->shutdown(call->guest, args->flags, error);
}

bool vm_domain_shutdown(VmCall *call, G_GNUC_UNUSED remote_domain_shutdown_args *args,
			G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return LIVE(call, shutdown, error) && call->live->shutdown(call->guest, 0, error);
}

bool vm_domain_reboot(VmCall *call, remote_domain_reboot_args *args, G_GNUC_UNUSED NOTHING *ret,
		      GError **error)
{
	return vm_call_flags(call, args->flags, REBOOT_FLAGS, error) && LIVE(call, reboot, error) &&
	       call->live->reboot(call->guest, args->flags, error);
}

bool vm_domain_reset(VmCall *call, remote_domain_reset_args *args, G_GNUC_UNUSED NOTHING *ret,
		     GError **error)
{
	return vm_call_flags(call, args->flags, 0, error) && LIVE(call, reset, error) &&
	       call->live->reset(call->guest, error);
}

bool vm_domain_suspend(VmCall *call, G_GNUC_UNUSED remote_domain_suspend_args *args,
		       G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (!LIVE(call, suspend, error))
		return false;
	if (call->guest->state == VIR_DOMAIN_PAUSED)
		return true;
	if (call->guest->state == VIR_DOMAIN_PMSUSPENDED)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("domain '%s' has suspended itself; wake it up first"), call->worker->name);
	return call->live->suspend(call->guest, error);
}

bool vm_domain_resume(VmCall *call, G_GNUC_UNUSED remote_domain_resume_args *args,
		      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (!LIVE(call, resume, error))
		return false;
	if (call->guest->state == VIR_DOMAIN_RUNNING)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is already running"),
			    call->worker->name);
	if (call->guest->state == VIR_DOMAIN_PMSUSPENDED)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("domain '%s' has suspended itself; wake it up instead"),
			    call->worker->name);
	return call->live->resume(call->guest, error);
}

bool vm_domain_pm_wakeup(VmCall *call, remote_domain_pm_wakeup_args *args,
			 G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return vm_call_flags(call, args->flags, 0, error) && LIVE(call, pm_wakeup, error) &&
	       call->live->pm_wakeup(call->guest, error);
}

bool vm_domain_inject_nmi(VmCall *call, remote_domain_inject_nmi_args *args,
			  G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return vm_call_flags(call, args->flags, 0, error) && LIVE(call, inject_nmi, error) &&
	       call->live->inject_nmi(call->guest, error);
}

bool vm_domain_start_dirty_rate_calc(VmCall *call, remote_domain_start_dirty_rate_calc_args *args,
				     G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	const unsigned modes = VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP |
			       VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING;

	if (args->seconds < 1 || args->seconds > DIRTY_RATE_SECONDS_MAX)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("a dirty rate is measured for 1 to %d seconds, not for %d"),
			    DIRTY_RATE_SECONDS_MAX, args->seconds);
	if ((args->flags & modes) == modes)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("a dirty rate is measured in one mode: dirty-bitmap or dirty-ring"));
	return vm_call_flags(call, args->flags, modes, error) &&
	       LIVE(call, measure_dirty_rate, error) &&
	       call->live->measure_dirty_rate(call->guest, args->seconds, args->flags, error);
}

bool vm_domain_send_key(VmCall *call, remote_domain_send_key_args *args, G_GNUC_UNUSED NOTHING *ret,
			GError **error)
{
	const GuestKeys keys = {
		.codeset = (int)args->codeset,
		.hold_ms = args->holdtime,
		.keys = args->keycodes.keycodes_val,
		.n_keys = args->keycodes.keycodes_len,
	};

	if (!vm_call_flags(call, args->flags, 0, error))
		return false;
	if (args->keycodes.keycodes_len == 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("no key was given"));
	if (args->codeset >= VIR_KEYCODE_SET_LAST)
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no set %u of key codes"),
			    args->codeset);
	return LIVE(call, send_key, error) && call->live->send_key(call->guest, &keys, error);
}

bool vm_domain_open_graphics_fd(VmCall *call, remote_domain_open_graphics_fd_args *args,
				G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	int fd;

	if (!vm_call_flags(call, args->flags, VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH, error) ||
	    !LIVE(call, open_graphics, error))
		return false;
	fd = call->live->open_graphics(call->guest, args->idx,
				       args->flags & VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH, error);
	if (fd < 0)
		return false;
	vm_call_add_fd(call, fd);
	return true;
}

static bool memory_set(VmCall *call, uint64_t kib, GError **error)
{
	if (!LIVE(call, set_memory, error))
		return false;
	if (kib == 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("a guest cannot have no memory"));
	if (kib > call->guest->def->memory.total_kib)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("domain '%s' has %lu KiB at most; %lu KiB are more"), call->worker->name,
			    (unsigned long)call->guest->def->memory.total_kib, (unsigned long)kib);
	return call->live->set_memory(call->guest, kib, error);
}

/* The engine deals with the stored definition; what comes here is for the running guest. */
bool vm_domain_set_memory_flags(VmCall *call, remote_domain_set_memory_flags_args *args,
				G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (args->flags & VIR_DOMAIN_MEM_MAXIMUM)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the maximum memory of a running guest cannot be changed"));
	return vm_call_flags(call, args->flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG,
			     error) &&
	       memory_set(call, args->memory, error);
}

bool vm_domain_set_memory(VmCall *call, remote_domain_set_memory_args *args,
			  G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return memory_set(call, args->memory, error);
}

bool vm_domain_set_memory_stats_period(VmCall *call, remote_domain_set_memory_stats_period_args *args,
				       G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (args->period < 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("a period of %d seconds cannot be"),
			    args->period);
	return LIVE(call, set_memory_stats_period, error) &&
	       call->live->set_memory_stats_period(call->guest, args->period, error);
}

bool vm_qemu_domain_monitor_command(VmCall *call, qemu_domain_monitor_command_args *args,
				    qemu_domain_monitor_command_ret *ret, GError **error)
{
	if (!vm_call_flags(call, args->flags, VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP, error) ||
	    !LIVE(call, monitor_command, error))
		return false;
	ret->result = call->live->monitor_command(call->guest, args->cmd, args->flags, error);
	return ret->result != NULL;
}

bool vm_qemu_domain_agent_command(VmCall *call, qemu_domain_agent_command_args *args,
				  qemu_domain_agent_command_ret *ret, GError **error)
{
	g_autofree char *result = NULL;

	if (!vm_call_flags(call, args->flags, 0, error) || !LIVE(call, agent_command, error))
		return false;
	if (args->timeout < VIR_DOMAIN_QEMU_AGENT_COMMAND_MIN)
		return fail(error, VIR_ERR_INVALID_ARG, _("a timeout of %d seconds cannot be"),
			    args->timeout);
	result = call->live->agent_command(call->guest, args->cmd, args->timeout, error);
	if (!result)
		return false;
	ret->result = g_new(remote_string, 1);
	*ret->result = g_steal_pointer(&result);
	return true;
}
