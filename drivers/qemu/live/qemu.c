/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "drivers/qemu/caps/probe.h"
#include "drivers/qemu/live/live.h"

QemuLive *live_new(Guest *guest)
{
	QemuLive *live = g_new0(QemuLive, 1);

	live->guest = guest;
	live->pidfd = -1;
	live->pause_reason = live->resume_reason = -1;
	live->leavers = g_ptr_array_new();
	live->unplugs = g_ptr_array_new();
	live->past = g_ptr_array_new_with_free_func(live_device_free);
	live->retired = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	guest->driver_data = live;
	return live;
}

void live_free(QemuLive *live)
{
	if (!live)
		return;
	g_clear_pointer(&live->exit_source, sd_event_source_disable_unref);
	g_clear_pointer(&live->qmp, qmp_free);
	g_clear_pointer(&live->agent, agent_free);
	for (guint i = 0; i < live->leavers->len; i++)
		fiber_event_set(g_ptr_array_index(live->leavers, i));
	g_ptr_array_unref(live->leavers);
	fiber_queue_wake_all(&live->samplers);
	fiber_queue_wake_all(&live->migrating);
	fiber_queue_wake_all(&live->jobs_change);
	live_unplugs_wake(live);
	g_ptr_array_unref(live->unplugs);
	g_ptr_array_unref(live->past);
	g_hash_table_unref(live->retired);
	fd_clear(&live->pidfd);
	live_sample_clear(&live->sample);
	live->guest->driver_data = NULL;
	g_free(live);
}

static void live_release(Guest *guest)
{
	live_free(live_of(guest));
}

Qmp *live_monitor(Guest *guest, GError **error)
{
	QemuLive *live = live_of(guest);

	if (live && live->qmp && !live->gone)
		return live->qmp;
	fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"), guest->def->name);
	return NULL;
}

bool live_call(Guest *guest, const char *command, json_t *arguments, json_t **ret, GError **error)
{
	Qmp *qmp = live_monitor(guest, error);
	json_t *value;

	if (!qmp) {
		json_decref(arguments);
		return false;
	}
	value = qmp_call(qmp, command, arguments, 0, error);
	if (value && ret)
		*ret = value;
	else
		json_decref(value);
	return value != NULL;
}

static int64_t live_monitor_silent_ms(Guest *guest)
{
	QemuLive *live = live_of(guest);

	return live && live->qmp ? qmp_silent_ms(live->qmp) : 0;
}

const DriverLive qemu_live = {
	.name = "qemu",
	.probe = qemu_probe,
	.start = live_start,
	.adopt = live_adopt,
	.destroy = live_destroy,
	.shutdown = live_shutdown,
	.reboot = live_reboot,
	.reset = live_reset,
	.suspend = live_suspend,
	.resume = live_resume,
	.pm_wakeup = live_pm_wakeup,
	.inject_nmi = live_inject_nmi,
	.send_key = live_send_key,
	.open_console = live_open_console,
	.screenshot = live_screenshot,
	.open_graphics = live_open_graphics,
	.info = live_info,
	.sample = live_sample,
	.stats = live_stats,
	.block_stats = live_block_stats,
	.disk_errors = live_disk_errors,
	.interface_stats = live_interface_stats,
	.memory_stats = live_memory_stats,
	.vcpu_info = live_vcpu_info,
	.plug = live_plug,
	.unplug = live_unplug,
	.update = live_update,
	.retired = live_retired,
	.measure_dirty_rate = live_dirty_rate_measure,
	.write_memory = live_write_memory,
	.memory_written = live_memory_written,
	.job_ask = live_job_ask,
	.job_abort = live_job_abort,
	.block_resize = live_block_resize,
	.memory_peek = live_memory_peek,
	.snapshot = live_snapshot,
	.leave = live_leave,
	.go = live_go,
	.tune = live_retune,
	.set_memory = live_set_memory,
	.set_memory_stats_period = live_set_memory_stats_period,
	.monitor_command = live_monitor_command,
	.agent_command = live_agent_command,
	.monitor_silent_ms = live_monitor_silent_ms,
	.release = live_release,
};
