/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the events of domains say. */
#include "config.h"

#include <libvirt/libvirt.h>

#include "base/i18n.h"
#include "tools/event/event.h"
#include "tools/object/tune.h"

const char *event_word(const char *const *names, int number)
{
	int n = 0;

	while (names[n])
		n++;
	return number >= 0 && number < n ? names[number] : "unknown";
}

static void word_add(EventText *ret, const char *key, const char *word)
{
	json_object_set_new(ret->data, key, json_string(word));
}

static void text_add(EventText *ret, const char *key, const char *text)
{
	json_object_set_new(ret->data, key, json_text(text));
}

static void number_add(EventText *ret, const char *key, json_int_t number)
{
	json_object_set_new(ret->data, key, json_integer(number));
}

static const char *optional(remote_optional_string text)
{
	return text ? *text : "";
}

static const char *const lifecycle_names[] = {
	N_("Defined"),	N_("Undefined"), N_("Started"),	    N_("Suspended"), N_("Resumed"),
	N_("Stopped"),	N_("Shutdown"),	 N_("PMSuspended"), N_("Crashed"),   NULL,
};

static const char *const defined_details[] = { N_("Added"), N_("Updated"), N_("Renamed"), N_("Snapshot"), NULL };
static const char *const undefined_details[] = { N_("Removed"), N_("Renamed"), NULL };
static const char *const started_details[] = {
	N_("Booted"), N_("Migrated"), N_("Restored"), N_("Snapshot"), N_("Event wakeup"), NULL,
};
static const char *const suspended_details[] = {
	N_("Paused"),	N_("Migrated"),	 N_("I/O Error"), N_("Watchdog"),   N_("Restored"),
	N_("Snapshot"), N_("API error"), N_("Post-copy"), N_("Post-copy Error"), NULL,
};
static const char *const resumed_details[] = {
	N_("Unpaused"), N_("Migrated"), N_("Snapshot"), N_("Post-copy"), N_("Post-copy Error"), NULL,
};
static const char *const stopped_details[] = {
	N_("Shutdown"), N_("Destroyed"), N_("Crashed"),	 N_("Migrated"),
	N_("Saved"),	N_("Failed"),	 N_("Snapshot"), NULL,
};
static const char *const shutdown_details[] = {
	N_("Finished"), N_("Finished after guest request"), N_("Finished after host request"), NULL,
};
static const char *const pmsuspended_details[] = { N_("Memory"), N_("Disk"), NULL };
static const char *const crashed_details[] = { N_("Panicked"), N_("Crashloaded"), NULL };

static const char *const *const lifecycle_details[] = {
	[VIR_DOMAIN_EVENT_DEFINED] = defined_details,	  [VIR_DOMAIN_EVENT_UNDEFINED] = undefined_details,
	[VIR_DOMAIN_EVENT_STARTED] = started_details,	  [VIR_DOMAIN_EVENT_SUSPENDED] = suspended_details,
	[VIR_DOMAIN_EVENT_RESUMED] = resumed_details,	  [VIR_DOMAIN_EVENT_STOPPED] = stopped_details,
	[VIR_DOMAIN_EVENT_SHUTDOWN] = shutdown_details,	  [VIR_DOMAIN_EVENT_PMSUSPENDED] = pmsuspended_details,
	[VIR_DOMAIN_EVENT_CRASHED] = crashed_details,
};

static void lifecycle(const void *data, EventText *ret)
{
	const remote_domain_event_callback_lifecycle_msg *msg = data;
	const char *event = event_word(lifecycle_names, msg->msg.event), *detail = "unknown";

	if (msg->msg.event >= 0 && (gsize)msg->msg.event < G_N_ELEMENTS(lifecycle_details))
		detail = event_word(lifecycle_details[msg->msg.event], msg->msg.detail);
	ret->object = msg->msg.dom.name;
	g_string_printf(ret->text, "%s %s", _(event), _(detail));
	word_add(ret, "lifecycle", event);
	word_add(ret, "detail", detail);
}

/* Events that say nothing but the domain. */
#define BARE(function, type) \
	static void function(const void *data, EventText *ret) \
	{ \
		ret->object = ((const type *)data)->msg.dom.name; \
	}
BARE(reboot, remote_domain_event_callback_reboot_msg)
BARE(control_error, remote_domain_event_callback_control_error_msg)
BARE(pm_wakeup, remote_domain_event_callback_pmwakeup_msg)
BARE(pm_suspend, remote_domain_event_callback_pmsuspend_msg)
BARE(pm_suspend_disk, remote_domain_event_callback_pmsuspend_disk_msg)

static void rtc_change(const void *data, EventText *ret)
{
	const remote_domain_event_callback_rtc_change_msg *msg = data;

	ret->object = msg->msg.dom.name;
	g_string_printf(ret->text, "%" G_GINT64_FORMAT, msg->msg.offset);
	number_add(ret, "offset", msg->msg.offset);
}

static void watchdog(const void *data, EventText *ret)
{
	static const char *const names[] = { N_("none"),	 N_("pause"), N_("reset"),	N_("poweroff"),
					     N_("shutdown"), N_("debug"), N_("inject-nmi"), NULL };
	const remote_domain_event_callback_watchdog_msg *msg = data;

	ret->object = msg->msg.dom.name;
	g_string_assign(ret->text, _(event_word(names, msg->msg.action)));
	word_add(ret, "action", event_word(names, msg->msg.action));
}

static const char *const io_actions[] = { N_("none"), N_("pause"), N_("report"), NULL };

static void io_error(const void *data, EventText *ret)
{
	const remote_domain_event_callback_io_error_msg *msg = data;
	const char *action = event_word(io_actions, msg->msg.action);

	ret->object = msg->msg.dom.name;
	g_string_printf(ret->text, "%s (%s) %s", msg->msg.srcPath, msg->msg.devAlias, _(action));
	text_add(ret, "source", msg->msg.srcPath);
	text_add(ret, "alias", msg->msg.devAlias);
	word_add(ret, "action", action);
}

static void io_error_reason(const void *data, EventText *ret)
{
	const remote_domain_event_callback_io_error_reason_msg *msg = data;
	const char *action = event_word(io_actions, msg->msg.action);

	ret->object = msg->msg.dom.name;
	g_string_printf(ret->text, _("%s (%s) %s due to %s"), msg->msg.srcPath, msg->msg.devAlias, _(action),
			msg->msg.reason);
	text_add(ret, "source", msg->msg.srcPath);
	text_add(ret, "alias", msg->msg.devAlias);
	word_add(ret, "action", action);
	text_add(ret, "reason", msg->msg.reason);
}

static json_t *graphics_address(const remote_domain_event_graphics_address *address)
{
	static const char *const families[] = { "ipv4", "ipv6", "unix", NULL };

	return json_pack("{s:s,s:o,s:o}", "family", event_word(families, address->family), "node",
			 json_text(address->node), "service", json_text(address->service));
}

static void graphics(const void *data, EventText *ret)
{
	static const char *const phases[] = { N_("connect"), N_("initialize"), N_("disconnect"), NULL };
	const remote_domain_event_callback_graphics_msg *msg = data;
	const remote_domain_event_graphics_msg *m = &msg->msg;
	json_t *subject = json_array();

	ret->object = m->dom.name;
	g_string_printf(ret->text, _("%s local[%s %s] remote[%s %s] %s"), _(event_word(phases, m->phase)),
			m->local.node, m->local.service, m->remote.node, m->remote.service, m->authScheme);
	for (guint i = 0; i < m->subject.subject_len; i++) {
		const remote_domain_event_graphics_identity *identity = &m->subject.subject_val[i];

		g_string_append_printf(ret->text, " %s=%s", identity->type, identity->name);
		json_array_append_new(subject, json_pack("{s:o,s:o}", "type", json_text(identity->type),
							 "name", json_text(identity->name)));
	}
	word_add(ret, "phase", event_word(phases, m->phase));
	json_object_set_new(ret->data, "local", graphics_address(&m->local));
	json_object_set_new(ret->data, "remote", graphics_address(&m->remote));
	text_add(ret, "scheme", m->authScheme);
	json_object_set_new(ret->data, "subject", subject);
}

static const char *const job_types[] = { N_("Unknown job"),	 N_("Block Pull"),		N_("Block Copy"),
					 N_("Block Commit"), N_("Active Block Commit"), N_("Backup"), NULL };
static const char *const job_statuses[] = { N_("completed"), N_("failed"), N_("canceled"), N_("ready"), NULL };

static void job_describe(EventText *ret, const char *path, int type, int status)
{
	g_string_printf(ret->text, _("%s for %s %s"), _(event_word(job_types, type)), path,
			_(event_word(job_statuses, status)));
	text_add(ret, "disk", path);
	word_add(ret, "type", event_word(job_types, type));
	word_add(ret, "status", event_word(job_statuses, status));
}

static void block_job(const void *data, EventText *ret)
{
	const remote_domain_event_callback_block_job_msg *msg = data;

	ret->object = msg->msg.dom.name;
	job_describe(ret, msg->msg.path, msg->msg.type, msg->msg.status);
}

static void block_job_2(const void *data, EventText *ret)
{
	const remote_domain_event_block_job_2_msg *msg = data;

	ret->object = msg->dom.name;
	job_describe(ret, msg->dst, msg->type, msg->status);
}

static void disk_change(const void *data, EventText *ret)
{
	static const char *const reasons[] = { N_("changed"), N_("dropped"), NULL };
	const remote_domain_event_callback_disk_change_msg *msg = data;
	const char *reason = event_word(reasons, msg->msg.reason);

	ret->object = msg->msg.dom.name;
	g_string_printf(ret->text, _("disk %s %s -> %s: %s"), msg->msg.devAlias,
			optional(msg->msg.oldSrcPath), optional(msg->msg.newSrcPath), _(reason));
	text_add(ret, "alias", msg->msg.devAlias);
	text_add(ret, "old", msg->msg.oldSrcPath ? *msg->msg.oldSrcPath : NULL);
	text_add(ret, "new", msg->msg.newSrcPath ? *msg->msg.newSrcPath : NULL);
	word_add(ret, "reason", reason);
}

static void tray_change(const void *data, EventText *ret)
{
	static const char *const reasons[] = { N_("opened"), N_("closed"), NULL };
	const remote_domain_event_callback_tray_change_msg *msg = data;

	ret->object = msg->msg.dom.name;
	g_string_printf(ret->text, _("disk %s: %s"), msg->msg.devAlias,
			_(event_word(reasons, msg->msg.reason)));
	text_add(ret, "alias", msg->msg.devAlias);
	word_add(ret, "tray", event_word(reasons, msg->msg.reason));
}

static void balloon_change(const void *data, EventText *ret)
{
	const remote_domain_event_callback_balloon_change_msg *msg = data;

	ret->object = msg->msg.dom.name;
	g_string_printf(ret->text, "%" G_GUINT64_FORMAT "KiB", msg->msg.actual);
	number_add(ret, "actual_kib", (json_int_t)msg->msg.actual);
}

static void device_removed(const void *data, EventText *ret)
{
	const remote_domain_event_callback_device_removed_msg *msg = data;

	ret->object = msg->msg.dom.name;
	g_string_assign(ret->text, msg->msg.devAlias);
	text_add(ret, "alias", msg->msg.devAlias);
}

static void device_added(const void *data, EventText *ret)
{
	const remote_domain_event_callback_device_added_msg *msg = data;

	ret->object = msg->dom.name;
	g_string_assign(ret->text, msg->devAlias);
	text_add(ret, "alias", msg->devAlias);
}

static void device_removal_failed(const void *data, EventText *ret)
{
	const remote_domain_event_callback_device_removal_failed_msg *msg = data;

	ret->object = msg->dom.name;
	g_string_assign(ret->text, msg->devAlias);
	text_add(ret, "alias", msg->devAlias);
}

static void params_describe(EventText *ret, const remote_typed_param *params, guint n)
{
	for (guint i = 0; i < n; i++) {
		g_autofree char *text = rpc_param_format(&params[i]);

		g_string_append_printf(ret->text, "\n\t%s: %s", params[i].field, text);
	}
	json_object_set_new(ret->data, "params", params_json(params, n));
}

static void tunable(const void *data, EventText *ret)
{
	const remote_domain_event_callback_tunable_msg *msg = data;

	ret->object = msg->dom.name;
	params_describe(ret, msg->params.params_val, msg->params.params_len);
}

static void job_completed(const void *data, EventText *ret)
{
	const remote_domain_event_callback_job_completed_msg *msg = data;

	ret->object = msg->dom.name;
	params_describe(ret, msg->params.params_val, msg->params.params_len);
}

static void agent_lifecycle(const void *data, EventText *ret)
{
	static const char *const states[] = { N_("unknown"), N_("connected"), N_("disconnected"), NULL };
	static const char *const reasons[] = { N_("unknown"), N_("domain started"), N_("channel event"), NULL };
	const remote_domain_event_callback_agent_lifecycle_msg *msg = data;
	const char *state = event_word(states, msg->state), *reason = event_word(reasons, msg->reason);

	ret->object = msg->dom.name;
	g_string_printf(ret->text, _("state: '%s' reason: '%s'"), _(state), _(reason));
	word_add(ret, "state", state);
	word_add(ret, "reason", reason);
}

static void migration_iteration(const void *data, EventText *ret)
{
	const remote_domain_event_callback_migration_iteration_msg *msg = data;

	ret->object = msg->dom.name;
	g_string_printf(ret->text, _("iteration: '%d'"), msg->iteration);
	number_add(ret, "iteration", msg->iteration);
}

static void metadata_change(const void *data, EventText *ret)
{
	static const char *const types[] = { N_("description"), N_("title"), N_("element"), NULL };
	const remote_domain_event_callback_metadata_change_msg *msg = data;

	ret->object = msg->dom.name;
	g_string_printf(ret->text, _("type: '%s', uri: '%s'"), _(event_word(types, msg->type)),
			msg->nsuri ? *msg->nsuri : _("N/A"));
	word_add(ret, "type", event_word(types, msg->type));
	text_add(ret, "uri", msg->nsuri ? *msg->nsuri : NULL);
}

static void block_threshold(const void *data, EventText *ret)
{
	const remote_domain_event_block_threshold_msg *msg = data;

	ret->object = msg->dom.name;
	g_string_printf(ret->text, "dev: %s(%s) %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, msg->dev,
			optional(msg->path), msg->threshold, msg->excess);
	text_add(ret, "target", msg->dev);
	text_add(ret, "path", msg->path ? *msg->path : NULL);
	number_add(ret, "threshold", (json_int_t)msg->threshold);
	number_add(ret, "excess", (json_int_t)msg->excess);
}

static void memory_failure(const void *data, EventText *ret)
{
	static const char *const recipients[] = { "hypervisor", "guest", NULL };
	static const char *const actions[] = { "ignore", "inject", "fatal", "reset", NULL };
	const remote_domain_event_memory_failure_msg *msg = data;
	const char *recipient = event_word(recipients, msg->recipient);
	const char *action = event_word(actions, msg->action);

	ret->object = msg->dom.name;
	g_string_printf(ret->text, "recipient: %s, action: %s, action required: %d, recursive: %d", recipient,
			action, !!(msg->flags & VIR_DOMAIN_MEMORY_FAILURE_ACTION_REQUIRED),
			!!(msg->flags & VIR_DOMAIN_MEMORY_FAILURE_RECURSIVE));
	word_add(ret, "recipient", recipient);
	word_add(ret, "action", action);
	number_add(ret, "flags", msg->flags);
}

static void memory_device_size_change(const void *data, EventText *ret)
{
	const remote_domain_event_memory_device_size_change_msg *msg = data;

	ret->object = msg->dom.name;
	g_string_printf(ret->text, "alias: %s size: %" G_GUINT64_FORMAT, msg->alias, msg->size);
	text_add(ret, "alias", msg->alias);
	number_add(ret, "size_kib", (json_int_t)msg->size);
}

#define EVENT(id, name, procedure, describe) \
	{ VIR_DOMAIN_EVENT_ID_##id, name, REMOTE_PROC_##procedure, describe }

const EventKind domain_events[] = {
	EVENT(LIFECYCLE, "lifecycle", domain_event_callback_lifecycle, lifecycle),
	EVENT(REBOOT, "reboot", domain_event_callback_reboot, reboot),
	EVENT(RTC_CHANGE, "rtc-change", domain_event_callback_rtc_change, rtc_change),
	EVENT(WATCHDOG, "watchdog", domain_event_callback_watchdog, watchdog),
	EVENT(IO_ERROR, "io-error", domain_event_callback_io_error, io_error),
	EVENT(GRAPHICS, "graphics", domain_event_callback_graphics, graphics),
	EVENT(IO_ERROR_REASON, "io-error-reason", domain_event_callback_io_error_reason, io_error_reason),
	EVENT(CONTROL_ERROR, "control-error", domain_event_callback_control_error, control_error),
	EVENT(BLOCK_JOB, "block-job", domain_event_callback_block_job, block_job),
	EVENT(DISK_CHANGE, "disk-change", domain_event_callback_disk_change, disk_change),
	EVENT(TRAY_CHANGE, "tray-change", domain_event_callback_tray_change, tray_change),
	EVENT(PMWAKEUP, "pm-wakeup", domain_event_callback_pmwakeup, pm_wakeup),
	EVENT(PMSUSPEND, "pm-suspend", domain_event_callback_pmsuspend, pm_suspend),
	EVENT(BALLOON_CHANGE, "balloon-change", domain_event_callback_balloon_change, balloon_change),
	EVENT(PMSUSPEND_DISK, "pm-suspend-disk", domain_event_callback_pmsuspend_disk, pm_suspend_disk),
	EVENT(DEVICE_REMOVED, "device-removed", domain_event_callback_device_removed, device_removed),
	EVENT(BLOCK_JOB_2, "block-job-2", domain_event_block_job_2, block_job_2),
	EVENT(TUNABLE, "tunable", domain_event_callback_tunable, tunable),
	EVENT(AGENT_LIFECYCLE, "agent-lifecycle", domain_event_callback_agent_lifecycle, agent_lifecycle),
	EVENT(DEVICE_ADDED, "device-added", domain_event_callback_device_added, device_added),
	EVENT(MIGRATION_ITERATION, "migration-iteration", domain_event_callback_migration_iteration,
	      migration_iteration),
	EVENT(JOB_COMPLETED, "job-completed", domain_event_callback_job_completed, job_completed),
	EVENT(DEVICE_REMOVAL_FAILED, "device-removal-failed", domain_event_callback_device_removal_failed,
	      device_removal_failed),
	EVENT(METADATA_CHANGE, "metadata-change", domain_event_callback_metadata_change, metadata_change),
	EVENT(BLOCK_THRESHOLD, "block-threshold", domain_event_block_threshold, block_threshold),
	EVENT(MEMORY_FAILURE, "memory-failure", domain_event_memory_failure, memory_failure),
	EVENT(MEMORY_DEVICE_SIZE_CHANGE, "memory-device-size-change",
	      domain_event_memory_device_size_change, memory_device_size_change),
	{ 0, NULL, 0, NULL },
};
