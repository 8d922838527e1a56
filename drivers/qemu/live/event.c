/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What QEMU tells by itself, turned into states and events of the guest. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "drivers/qemu/argv/command.h"
#include "drivers/qemu/live/live.h"

enum {
	EVENTS_PER_SECOND = 2000, /* more come from no sane hypervisor; they are dropped */
	NAME_MAX_BYTES = 128,     /* of an event's name */
	WORD_MAX = 4096,          /* bytes of a string that goes into an event of ours */
	DETAILS_MAX = 16 * 1024,  /* bytes of an event passed on as it is; they are stored for replay */
	DETAILS_PER_SECOND = 1024 * 1024,
};

/* A string of @object; overlong ones count as absent. */
static const char *text_in(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_string_length(value) <= WORD_MAX ? json_string_value(value) : NULL;
}

static const char *text_of(const QmpEvent *event, const char *key)
{
	return text_in(event->data, key);
}

static void post(QemuLive *live, const GuestEvent *event)
{
	live->guest->host->event(live->guest, event);
}

static void post_id(QemuLive *live, int id)
{
	post(live, &(GuestEvent){ .id = id });
}

/* ---- States */

static void on_stop(QemuLive *live, G_GNUC_UNUSED const QmpEvent *event)
{
	Guest *guest = live->guest;
	int reason = live->pause_reason >= 0 ? live->pause_reason : VIR_DOMAIN_PAUSED_UNKNOWN;
	int detail = VIR_DOMAIN_EVENT_SUSPENDED_PAUSED;

	live->pause_reason = -1;
	/* Ends of the guest also stop it; their own event says more. */
	if (guest->state != VIR_DOMAIN_RUNNING || live->starting)
		return;
	if (reason == VIR_DOMAIN_PAUSED_IOERROR)
		detail = VIR_DOMAIN_EVENT_SUSPENDED_IOERROR;
	else if (reason == VIR_DOMAIN_PAUSED_WATCHDOG)
		detail = VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG;
	guest->host->state(guest, VIR_DOMAIN_PAUSED, reason, VIR_DOMAIN_EVENT_SUSPENDED, detail);
}

static void on_resume(QemuLive *live, G_GNUC_UNUSED const QmpEvent *event)
{
	Guest *guest = live->guest;
	int reason = live->resume_reason >= 0 ? live->resume_reason : VIR_DOMAIN_RUNNING_UNPAUSED;
	int detail = VIR_DOMAIN_EVENT_RESUMED_UNPAUSED;

	live->resume_reason = -1;
	if (guest->state == VIR_DOMAIN_RUNNING || live->starting)
		return;
	if (reason == VIR_DOMAIN_RUNNING_RESTORED || reason == VIR_DOMAIN_RUNNING_FROM_SNAPSHOT)
		detail = VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT;
	guest->host->state(guest, VIR_DOMAIN_RUNNING, reason, VIR_DOMAIN_EVENT_RESUMED, detail);
}

static void on_migration(QemuLive *live, const QmpEvent *event)
{
	const char *status = text_of(event, "status");

	g_strlcpy(live->migration, status ? status : "", sizeof(live->migration));
	fiber_queue_wake_all(&live->migrating);
}

static void on_job_change(QemuLive *live, G_GNUC_UNUSED const QmpEvent *event)
{
	fiber_queue_wake_all(&live->jobs_change);
}

/* A dump is over; to those who wait for it that is all the same. */
static void on_dump(QemuLive *live, const QmpEvent *event)
{
	bool good = g_strcmp0(text_in(json_object_get(event->data, "result"), "status"), "completed") == 0;

	g_strlcpy(live->migration, good ? "completed" : "failed", sizeof(live->migration));
	fiber_queue_wake_all(&live->migrating);
}

static void on_shutdown(QemuLive *live, const QmpEvent *event)
{
	Guest *guest = live->guest;
	const char *reason = text_of(event, "reason");
	bool by_guest = json_is_true(json_object_get(event->data, "guest"));
	bool reset = g_strcmp0(reason, "guest-reset") == 0 ||
		     g_strcmp0(reason, "host-qmp-system-reset") == 0;

	/* Our own signal comes back as one of the host's. */
	if (live->end != LIVE_END_NONE || live->starting)
		return;
	guest->host->state(
		guest, VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_USER, VIR_DOMAIN_EVENT_SHUTDOWN,
		by_guest ? VIR_DOMAIN_EVENT_SHUTDOWN_GUEST : VIR_DOMAIN_EVENT_SHUTDOWN_HOST);
	if (reason && strcmp(reason, "host-signal") == 0) {
		live->end = LIVE_END_SHUTDOWN; /* somebody ended QEMU itself, properly */
		return;
	}
	live_ending(live, reset ? guest->def->on_reboot : guest->def->on_poweroff,
		    LIVE_END_SHUTDOWN);
}

static void on_reset(QemuLive *live, G_GNUC_UNUSED const QmpEvent *event)
{
	Guest *guest = live->guest;

	if (live->starting)
		return;
	live->reboot_wanted = false; /* the guest did it by itself */
	if (guest->state == VIR_DOMAIN_CRASHED || guest->state == VIR_DOMAIN_SHUTDOWN)
		guest->host->state(guest, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP, -1, 0);
	post_id(live, VIR_DOMAIN_EVENT_ID_REBOOT);
}

static void on_panic(QemuLive *live, const QmpEvent *event)
{
	Guest *guest = live->guest;
	const char *action = text_of(event, "action");

	if (g_strcmp0(action, "run") == 0 || guest->state == VIR_DOMAIN_CRASHED)
		return;
	guest->host->state(guest, VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED,
			   VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED);
	live_ending(live, guest->def->on_crash, LIVE_END_CRASHED);
}

static void on_suspend_memory(QemuLive *live, G_GNUC_UNUSED const QmpEvent *event)
{
	live->guest->host->state(live->guest, VIR_DOMAIN_PMSUSPENDED,
				 VIR_DOMAIN_PMSUSPENDED_UNKNOWN, VIR_DOMAIN_EVENT_PMSUSPENDED,
				 VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY);
	post_id(live, VIR_DOMAIN_EVENT_ID_PMSUSPEND);
}

static void on_suspend_disk(QemuLive *live, G_GNUC_UNUSED const QmpEvent *event)
{
	live->guest->host->state(live->guest, VIR_DOMAIN_PMSUSPENDED,
				 VIR_DOMAIN_PMSUSPENDED_UNKNOWN, VIR_DOMAIN_EVENT_PMSUSPENDED,
				 VIR_DOMAIN_EVENT_PMSUSPENDED_DISK);
	post_id(live, VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK);
}

static void on_wakeup(QemuLive *live, G_GNUC_UNUSED const QmpEvent *event)
{
	if (live->guest->state != VIR_DOMAIN_PMSUSPENDED)
		return;
	live->guest->host->state(live->guest, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_WAKEUP,
				 VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_WAKEUP);
	post_id(live, VIR_DOMAIN_EVENT_ID_PMWAKEUP);
}

/* ---- Devices */

static void on_rtc_change(QemuLive *live, const QmpEvent *event)
{
	DomainClock *clock = &live->guest->def->clock;
	int64_t offset = json_integer_value(json_object_get(event->data, "offset"));

	/* The guest's clock goes on from where the guest put it, at its next start too. */
	if (clock->offset == CLOCK_OFFSET_VARIABLE) {
		g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, offset);

		if (g_strcmp0(text, clock->adjustment) != 0) {
			g_free(clock->adjustment);
			clock->adjustment = g_steal_pointer(&text);
			live->guest->host->changed(live->guest);
		}
	}
	post(live, &(GuestEvent){ .id = VIR_DOMAIN_EVENT_ID_RTC_CHANGE, .rtc_change = { offset } });
}

typedef struct Word {
	const char *word;
	int value;
} Word;

static int word_value(const Word *words, const char *word, int fallback)
{
	for (; words->word; words++)
		if (g_strcmp0(words->word, word) == 0)
			return words->value;
	return fallback;
}

static void on_watchdog(QemuLive *live, const QmpEvent *event)
{
	static const Word words[] = {
		{ "reset", VIR_DOMAIN_EVENT_WATCHDOG_RESET },
		{ "shutdown", VIR_DOMAIN_EVENT_WATCHDOG_SHUTDOWN },
		{ "poweroff", VIR_DOMAIN_EVENT_WATCHDOG_POWEROFF },
		{ "pause", VIR_DOMAIN_EVENT_WATCHDOG_PAUSE },
		{ "debug", VIR_DOMAIN_EVENT_WATCHDOG_DEBUG },
		{ "none", VIR_DOMAIN_EVENT_WATCHDOG_NONE },
		{ "inject-nmi", VIR_DOMAIN_EVENT_WATCHDOG_INJECTNMI },
		{ NULL, 0 },
	};
	int action = word_value(words, text_of(event, "action"), VIR_DOMAIN_EVENT_WATCHDOG_NONE);

	if (action == VIR_DOMAIN_EVENT_WATCHDOG_PAUSE)
		live->pause_reason = VIR_DOMAIN_PAUSED_WATCHDOG;
	post(live, &(GuestEvent){ .id = VIR_DOMAIN_EVENT_ID_WATCHDOG, .watchdog = { action } });
}

static DomainDisk *disk_of_node(QemuLive *live, const char *node)
{
	g_autofree char *target = node ? qemu_node_target(node) : NULL;

	return target ? domain_def_disk_by_target(live->guest->def, target) : NULL;
}

static void on_io_error(QemuLive *live, const QmpEvent *event)
{
	static const Word words[] = {
		{ "ignore", VIR_DOMAIN_EVENT_IO_ERROR_NONE },
		{ "report", VIR_DOMAIN_EVENT_IO_ERROR_REPORT },
		{ "stop", VIR_DOMAIN_EVENT_IO_ERROR_PAUSE },
		{ NULL, 0 },
	};
	int action = word_value(words, text_of(event, "action"), VIR_DOMAIN_EVENT_IO_ERROR_NONE);
	bool full = json_is_true(json_object_get(event->data, "nospace"));
	DomainDisk *disk = disk_of_node(live, text_of(event, "node-name"));
	GuestEvent io = {
		.id = VIR_DOMAIN_EVENT_ID_IO_ERROR,
		.io_error = {
			.path = disk && disk->source.path ? disk->source.path : "",
			.alias = disk && disk->info.alias ? disk->info.alias : "",
			.action = action,
			.reason = full ? "enospc" : "",
		},
	};

	if (action == VIR_DOMAIN_EVENT_IO_ERROR_PAUSE)
		live->pause_reason = VIR_DOMAIN_PAUSED_IOERROR;
	post(live, &io);
	io.id = VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON;
	post(live, &io);
}

static void post_device(QemuLive *live, int id, const char *alias)
{
	if (alias)
		post(live, &(GuestEvent){ .id = id, .device = { alias } });
}

static void on_device_deleted(QemuLive *live, const QmpEvent *event)
{
	const char *alias = text_of(event, "device");

	if (alias)
		live_vcpu_unplugged(live, alias);
	/* What is in the definition is told of when it is no longer in it. */
	if (!alias || !live_unplugged(live, alias))
		post_device(live, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, alias);
}

static void on_unplug_error(QemuLive *live, const QmpEvent *event)
{
	const char *alias = text_of(event, "device");

	post_device(live, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, alias);
	if (alias && !live_vcpu_refused(live, alias))
		live_unplug_refused(live, alias);
}

/* What the guest's firmware says to a request to give up a module or a processor. */
static void on_acpi_ost(QemuLive *live, const QmpEvent *event)
{
	enum { EJECT = 0x3, EJECT_BY_OS = 0x103, DONE = 0, IN_PROGRESS = 0x84 };
	const json_t *info = json_object_get(event->data, "info");
	const char *alias = json_string_value(json_object_get(info, "device"));
	int64_t source = live_number(info, "source"), status = live_number(info, "status");

	if (!alias || (source != EJECT && source != EJECT_BY_OS) || status == DONE ||
	    status == IN_PROGRESS)
		return;
	post_device(live, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, alias);
	if (!live_vcpu_refused(live, alias))
		live_unplug_refused(live, alias);
}

static void on_tray_moved(QemuLive *live, const QmpEvent *event)
{
	bool open = json_is_true(json_object_get(event->data, "tray-open"));
	const char *id = text_of(event, "id");
	const GPtrArray *disks = live->guest->def->disks;

	for (guint i = 0; i < list_length(disks); i++) {
		DomainDisk *disk = list_get(disks, i);

		if (!disk->info.alias || g_strcmp0(disk->info.alias, id) != 0)
			continue;
		disk->tray = open ? DISK_TRAY_OPEN : DISK_TRAY_CLOSED;
		fiber_queue_wake_all(&live->trays);
		live->guest->host->changed(live->guest);
		post(live,
		     &(GuestEvent){ .id = VIR_DOMAIN_EVENT_ID_TRAY_CHANGE,
				    .tray_change = { disk->info.alias,
						     open ? VIR_DOMAIN_EVENT_TRAY_CHANGE_OPEN
							  : VIR_DOMAIN_EVENT_TRAY_CHANGE_CLOSE } });
	}
}

static void on_balloon(QemuLive *live, const QmpEvent *event)
{
	json_int_t actual = json_integer_value(json_object_get(event->data, "actual"));
	uint64_t kib = actual > 0 ? (uint64_t)actual / 1024 : 0;

	live->sample.balloon_kib = kib;
	live->guest->def->memory.current_kib = kib;
	live->guest->host->changed(live->guest);
	post(live,
	     &(GuestEvent){ .id = VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, .balloon_change = { kib } });
}

static void on_memory_size(QemuLive *live, const QmpEvent *event)
{
	json_int_t size = json_integer_value(json_object_get(event->data, "size"));
	const char *id = text_of(event, "id");
	const GPtrArray *memories = live->guest->def->memories;

	for (guint i = 0; i < list_length(memories) && size >= 0; i++) {
		DomainMemoryDevice *memory = list_get(memories, i);

		if (!memory->info.alias || g_strcmp0(memory->info.alias, id) != 0)
			continue;
		memory->current_kib = (uint64_t)size / 1024;
		memory->has_current = true;
		live->guest->host->changed(live->guest);
		post(live, &(GuestEvent){ .id = VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE,
					  .memory_device_size = { memory->info.alias,
								  (uint64_t)size / 1024 } });
	}
}

static void on_memory_failure(QemuLive *live, const QmpEvent *event)
{
	static const Word actions[] = {
		{ "ignore", VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_IGNORE },
		{ "inject", VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_INJECT },
		{ "fatal", VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_FATAL },
		{ "reset", VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_RESET },
		{ NULL, 0 },
	};
	json_t *flags = json_object_get(event->data, "flags");
	bool guest = g_strcmp0(text_of(event, "recipient"), "guest") == 0;
	unsigned bits = 0;

	if (json_is_true(json_object_get(flags, "action-required")))
		bits |= VIR_DOMAIN_MEMORY_FAILURE_ACTION_REQUIRED;
	if (json_is_true(json_object_get(flags, "recursive")))
		bits |= VIR_DOMAIN_MEMORY_FAILURE_RECURSIVE;
	post(live,
	     &(GuestEvent){ .id = VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE,
			    .memory_failure = {
				    guest ? VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_GUEST
					  : VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_HYPERVISOR,
				    word_value(actions, text_of(event, "action"), 0), bits } });
}

static void on_port_change(QemuLive *live, const QmpEvent *event)
{
	bool open = json_is_true(json_object_get(event->data, "open"));
	DomainChardev *agent = live_agent_channel(live->guest);
	const char *id = text_of(event, "id");
	const GPtrArray *channels = live->guest->def->channels;

	for (guint i = 0; i < list_length(channels); i++) {
		DomainChardev *channel = list_get(channels, i);

		if (!channel->info.alias || g_strcmp0(channel->info.alias, id) != 0)
			continue;
		channel->state = open ? CHANNEL_STATE_CONNECTED : CHANNEL_STATE_DISCONNECTED;
		if (!live->starting)
			live->guest->host->changed(live->guest);
		if (channel != agent)
			continue;
		live->agent_wanted = open;
		post(live,
		     &(GuestEvent){
			     .id = VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
			     .agent_lifecycle = {
				     open ? VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED
					  : VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED,
				     VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL } });
	}
}

/* ---- Displays */

static int family(const char *name)
{
	if (g_strcmp0(name, "ipv6") == 0)
		return VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_IPV6;
	return g_strcmp0(name, "unix") == 0 ? VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_UNIX
					    : VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_IPV4;
}

static const char *word_of(json_t *object, const char *key)
{
	const char *text = text_in(object, key);

	return text ? text : "";
}

/* VNC says "service", SPICE says "port". */
static const char *service_of(json_t *end)
{
	const char *service = text_in(end, "service");

	return service ? service : word_of(end, "port");
}

static void post_graphics(QemuLive *live, const QmpEvent *event, int phase)
{
	json_t *server = json_object_get(event->data, "server");
	json_t *client = json_object_get(event->data, "client");

	post(live, &(GuestEvent){ .id = VIR_DOMAIN_EVENT_ID_GRAPHICS,
				  .graphics = {
					  .phase = phase,
					  .local_family = family(word_of(server, "family")),
					  .remote_family = family(word_of(client, "family")),
					  .local_node = word_of(server, "host"),
					  .local_service = service_of(server),
					  .remote_node = word_of(client, "host"),
					  .remote_service = service_of(client),
					  .auth_scheme = word_of(server, "auth"),
					  .sasl_username = text_in(client, "sasl_username"),
					  .x509_name = text_in(client, "x509_dname"),
				  } });
}

static void on_graphics_connected(QemuLive *live, const QmpEvent *event)
{
	post_graphics(live, event, VIR_DOMAIN_EVENT_GRAPHICS_CONNECT);
}

static void on_graphics_initialized(QemuLive *live, const QmpEvent *event)
{
	post_graphics(live, event, VIR_DOMAIN_EVENT_GRAPHICS_INITIALIZE);
}

static void on_graphics_disconnected(QemuLive *live, const QmpEvent *event)
{
	post_graphics(live, event, VIR_DOMAIN_EVENT_GRAPHICS_DISCONNECT);
}

/* ---- The table */

static const struct {
	const char *name;
	void (*take)(QemuLive *live, const QmpEvent *event);
} takers[] = {
	{ "ACPI_DEVICE_OST", on_acpi_ost },
	{ "BALLOON_CHANGE", on_balloon },
	{ "BLOCK_IO_ERROR", on_io_error },
	{ "DEVICE_DELETED", on_device_deleted },
	{ "DEVICE_TRAY_MOVED", on_tray_moved },
	{ "DEVICE_UNPLUG_GUEST_ERROR", on_unplug_error },
	{ "DUMP_COMPLETED", on_dump },
	{ "GUEST_PANICKED", on_panic },
	{ "JOB_STATUS_CHANGE", on_job_change },
	{ "MEMORY_DEVICE_SIZE_CHANGE", on_memory_size },
	{ "MEMORY_FAILURE", on_memory_failure },
	{ "MIGRATION", on_migration },
	{ "RESET", on_reset },
	{ "RESUME", on_resume },
	{ "RTC_CHANGE", on_rtc_change },
	{ "SHUTDOWN", on_shutdown },
	{ "SPICE_CONNECTED", on_graphics_connected },
	{ "SPICE_DISCONNECTED", on_graphics_disconnected },
	{ "SPICE_INITIALIZED", on_graphics_initialized },
	{ "STOP", on_stop },
	{ "SUSPEND", on_suspend_memory },
	{ "SUSPEND_DISK", on_suspend_disk },
	{ "VNC_CONNECTED", on_graphics_connected },
	{ "VNC_DISCONNECTED", on_graphics_disconnected },
	{ "VNC_INITIALIZED", on_graphics_initialized },
	{ "VSERPORT_CHANGE", on_port_change },
	{ "WAKEUP", on_wakeup },
	{ "WATCHDOG", on_watchdog },
};

static bool too_many(QemuLive *live)
{
	int64_t now = g_get_monotonic_time();

	if (now - live->event_window > G_USEC_PER_SEC) {
		live->event_window = now;
		live->event_count = 0;
		live->event_bytes = 0;
	}
	if (++live->event_count == EVENTS_PER_SECOND)
		log_warning(
			_("the hypervisor of domain '%s' sends more than %d events in a second; "
			  "the rest is dropped"),
			live->guest->def->name, EVENTS_PER_SECOND);
	return live->event_count >= EVENTS_PER_SECOND;
}

/* For clients of the monitor: the event as it came. */
static void pass_on(QemuLive *live, const QmpEvent *event)
{
	char *details = event->data ? json_dumps(event->data, JSON_COMPACT) : NULL;
	gsize length = details ? strlen(details) : 0;

	live->event_bytes += length;
	if (length > DETAILS_MAX || live->event_bytes > DETAILS_PER_SECOND) {
		free(details);
		return;
	}
	post(live, &(GuestEvent){ .id = -1,
				  .monitor = { .event = event->name,
					       .seconds = event->seconds,
					       .micros = event->micros,
					       .details = details } });
	free(details);
}

static void on_event(const QmpEvent *event, void *data)
{
	QemuLive *live = data;

	if (too_many(live) || strlen(event->name) > NAME_MAX_BYTES)
		return;
	for (unsigned i = 0; i < G_N_ELEMENTS(takers); i++)
		if (strcmp(takers[i].name, event->name) == 0)
			takers[i].take(live, event);
	if (!live->starting && !live->gone)
		pass_on(live, event);
}

static void on_closed(const GError *why, void *data)
{
	QemuLive *live = data;

	if (why && !live->gone)
		log_error(_("domain '%s' can no longer be managed, only destroyed: %s"),
			  live->guest->def->name, why->message);
}

const QmpHandler live_qmp_handler = { .event = on_event, .closed = on_closed };
