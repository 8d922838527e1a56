/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/libvirt-qemu.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "conf/bind/types.h"
#include "daemon/client/client.h"
#include "daemon/client/events.h"
#include "daemon/store/store.h"
#include "rpc/wire/procs.h"
#include "rpc/wire/wire.h"

/* Clients route what has their call's serial to that call, so events keep away from counters. */
enum { EVENT_SERIAL = 1 };

enum { EVENT_UNIT = 1024 }; /* bytes of a payload */

/* How an event is called in the two generations of the protocol; 0: not in that one. */
typedef struct Route {
	gint32 legacy, callback;
	bool reason; /* a word (0) stands between callback id and message */
} Route;

#define LEGACY(name)                                                                               \
	{                                                                                          \
		REMOTE_PROC_domain_event_##name, REMOTE_PROC_domain_event_callback_##name, false   \
	}
#define LEGACY_REASON(name)                                                                        \
	{                                                                                          \
		REMOTE_PROC_domain_event_##name, REMOTE_PROC_domain_event_callback_##name, true    \
	}
#define CALLBACK(name)                                                                             \
	{                                                                                          \
		0, REMOTE_PROC_##name, false                                                       \
	}

static const Route domain_routes[] = {
	[VIR_DOMAIN_EVENT_ID_LIFECYCLE] = LEGACY(lifecycle),
	[VIR_DOMAIN_EVENT_ID_REBOOT] = LEGACY(reboot),
	[VIR_DOMAIN_EVENT_ID_RTC_CHANGE] = LEGACY(rtc_change),
	[VIR_DOMAIN_EVENT_ID_WATCHDOG] = LEGACY(watchdog),
	[VIR_DOMAIN_EVENT_ID_IO_ERROR] = LEGACY(io_error),
	[VIR_DOMAIN_EVENT_ID_GRAPHICS] = LEGACY(graphics),
	[VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON] = LEGACY(io_error_reason),
	[VIR_DOMAIN_EVENT_ID_CONTROL_ERROR] = LEGACY(control_error),
	[VIR_DOMAIN_EVENT_ID_BLOCK_JOB] = LEGACY(block_job),
	[VIR_DOMAIN_EVENT_ID_DISK_CHANGE] = LEGACY(disk_change),
	[VIR_DOMAIN_EVENT_ID_TRAY_CHANGE] = LEGACY(tray_change),
	[VIR_DOMAIN_EVENT_ID_PMWAKEUP] = LEGACY_REASON(pmwakeup),
	[VIR_DOMAIN_EVENT_ID_PMSUSPEND] = LEGACY_REASON(pmsuspend),
	[VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE] = LEGACY(balloon_change),
	[VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK] = LEGACY_REASON(pmsuspend_disk),
	[VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED] = LEGACY(device_removed),
	[VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2] = CALLBACK(domain_event_block_job_2),
	[VIR_DOMAIN_EVENT_ID_TUNABLE] = CALLBACK(domain_event_callback_tunable),
	[VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE] = CALLBACK(domain_event_callback_agent_lifecycle),
	[VIR_DOMAIN_EVENT_ID_DEVICE_ADDED] = CALLBACK(domain_event_callback_device_added),
	[VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION] =
		CALLBACK(domain_event_callback_migration_iteration),
	[VIR_DOMAIN_EVENT_ID_JOB_COMPLETED] = CALLBACK(domain_event_callback_job_completed),
	[VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED] =
		CALLBACK(domain_event_callback_device_removal_failed),
	[VIR_DOMAIN_EVENT_ID_METADATA_CHANGE] = CALLBACK(domain_event_callback_metadata_change),
	[VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD] = CALLBACK(domain_event_block_threshold),
	[VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE] = CALLBACK(domain_event_memory_failure),
	[VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE] =
		CALLBACK(domain_event_memory_device_size_change),
};
static const Route network_routes[] = { CALLBACK(network_event_lifecycle) };
static const Route pool_routes[] = {
	[VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE] = CALLBACK(storage_pool_event_lifecycle),
	[VIR_STORAGE_POOL_EVENT_ID_REFRESH] = CALLBACK(storage_pool_event_refresh),
};
static const Route device_routes[] = {
	[VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE] = CALLBACK(node_device_event_lifecycle),
	[VIR_NODE_DEVICE_EVENT_ID_UPDATE] = CALLBACK(node_device_event_update),
};
static const Route secret_routes[] = {
	[VIR_SECRET_EVENT_ID_LIFECYCLE] = CALLBACK(secret_event_lifecycle),
	[VIR_SECRET_EVENT_ID_VALUE_CHANGED] = CALLBACK(secret_event_value_changed),
};
static const Route monitor_routes[] = { { 0, QEMU_PROC_domain_monitor_event, false } };

static const struct {
	const Route *routes;
	int count;
} kinds[EVENT_KINDS] = {
	[EVENT_DOMAIN] = { domain_routes, G_N_ELEMENTS(domain_routes) },
	[EVENT_NETWORK] = { network_routes, G_N_ELEMENTS(network_routes) },
	[EVENT_STORAGE_POOL] = { pool_routes, G_N_ELEMENTS(pool_routes) },
	[EVENT_NODE_DEVICE] = { device_routes, G_N_ELEMENTS(device_routes) },
	[EVENT_SECRET] = { secret_routes, G_N_ELEMENTS(secret_routes) },
	[EVENT_MONITOR] = { monitor_routes, G_N_ELEMENTS(monitor_routes) },
};

typedef struct Registration {
	Client *client; /* borrowed: events_forget() comes first */
	const Driver *driver;
	int callback;
	int64_t after; /* events up to here were before its time */
	int id;
	bool legacy;
	bool one_object;
	uint8_t uuid[16];
	char *name;
	char *word;
	unsigned flags;
} Registration;

/* An event on its way. Replies of the call that caused it leave first. */
typedef struct Pending {
	Event event;
	uint8_t uuid[16];
	int64_t sequence;
	GBytes *payload;
} Pending;

struct Events {
	Engine *engine;
	GPtrArray *registrations[EVENT_KINDS];
	int next_callback;
	int64_t sequence;
	GQueue pending;		/* of Pending */
	sd_event_source *sender; /* enabled while there are any */
};

static int on_send(sd_event_source *source, void *data);

static void registration_free(void *data)
{
	Registration *registration = data;

	g_free(registration->name);
	g_free(registration->word);
	g_free(registration);
}

Events *events_new(Engine *engine)
{
	Events *events = g_new0(Events, 1);

	events->engine = engine;
	events->sequence = store_last_event(engine->store);
	for (unsigned i = 0; i < EVENT_KINDS; i++)
		events->registrations[i] = g_ptr_array_new_with_free_func(registration_free);
	g_queue_init(&events->pending);
	if (sd_event_add_defer(engine->loop, &events->sender, on_send, events) >= 0)
		sd_event_source_set_enabled(events->sender, SD_EVENT_OFF);
	return events;
}

static void pending_free(void *data)
{
	Pending *pending = data;

	g_bytes_unref(pending->payload);
	g_free((char *)pending->event.name);
	g_free((char *)pending->event.word);
	g_free(pending);
}

void events_free(Events *events)
{
	if (!events)
		return;
	for (unsigned i = 0; i < EVENT_KINDS; i++)
		g_ptr_array_unref(events->registrations[i]);
	sd_event_source_disable_unref(events->sender);
	g_queue_clear_full(&events->pending, pending_free);
	g_free(events);
}

int64_t events_last(const Events *events)
{
	return events->sequence;
}

static const Route *route_find(EventKind kind, int id)
{
	return id >= 0 && id < kinds[kind].count ? &kinds[kind].routes[id] : NULL;
}

static void event_store(Events *events, const Event *event)
{
	char uuid[UUID_TEXT] = "";
	StoreEvent row = {
		.sequence = events->sequence,
		.time_usec = g_get_real_time(),
		.driver = event->driver ? event->driver->name : "",
		.kind = event->kind,
		.id = event->id,
		.object = event->name ? event->name : uuid,
		.payload = event->payload,
		.length = event->length,
	};

	if (event->uuid) {
		Uuid copy;

		memcpy(copy.bytes, event->uuid, sizeof(copy.bytes));
		uuid_format(&copy, uuid);
		row.object = uuid;
	}
	store_queue_event(events->engine->store, &row);
}

static bool word_matches(const Registration *registration, const char *word)
{
	if (!registration->word)
		return true;
	if (!word)
		return false;
	if (registration->flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE)
		return g_ascii_strcasecmp(registration->word, word) == 0;
	return strcmp(registration->word, word) == 0;
}

static bool wanted(const Registration *registration, const Event *event)
{
	if (registration->id != event->id)
		return false;
	if (event->driver && registration->driver != event->driver)
		return false;
	if (registration->one_object &&
	    (!event->uuid || memcmp(registration->uuid, event->uuid, 16) != 0))
		return false;
	if (registration->name && g_strcmp0(registration->name, event->name) != 0)
		return false;
	return word_matches(registration, event->word);
}

static void event_send(const Registration *registration, const Event *event, const Route *route,
		       GBytes *payload)
{
	bool monitor = event->kind == EVENT_MONITOR;
	RpcHeader header = {
		.program = monitor ? QEMU_PROGRAM : REMOTE_PROGRAM,
		.version = monitor ? QEMU_PROTOCOL_VERSION : REMOTE_PROTOCOL_VERSION,
		.procedure = registration->legacy ? route->legacy : route->callback,
		.type = RPC_TYPE_MESSAGE,
		.serial = EVENT_SERIAL,
		.status = RPC_STATUS_OK,
	};
	guint32 words[2] = { (guint32)registration->callback, 0 };
	gsize n_words = registration->legacy ? 0 : route->reason ? 2 : 1;
	g_autoptr(RpcMessage) message = NULL;

	if (!registration->client->conn)
		return;
	message = rpc_message_new_prefixed(&header, words, n_words, payload);
	/* One who does not read is cut off by the connection's own limit. */
	rpc_conn_send(registration->client->conn, message, NULL);
}

static void pending_send(Events *events, const Pending *pending)
{
	const Event *event = &pending->event;
	GPtrArray *registrations = events->registrations[event->kind];

	for (unsigned i = 0; i < registrations->len; i++) {
		const Registration *registration = g_ptr_array_index(registrations, i);

		if (registration->after < pending->sequence && wanted(registration, event))
			event_send(registration, event, route_find(event->kind, event->id),
				   pending->payload);
	}
}

static int on_send(sd_event_source *source, void *data)
{
	Events *events = data;

	for (Pending *pending; (pending = g_queue_pop_head(&events->pending));) {
		pending_send(events, pending);
		pending_free(pending);
	}
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

void events_emit(Events *events, const Event *event)
{
	Pending *pending;

	if (!route_find(event->kind, event->id))
		return;
	/* So many numbers are kept in the store: a large event takes the place of several. */
	events->sequence += 1 + (int64_t)(event->length / EVENT_UNIT);
	event_store(events, event);
	if (events->registrations[event->kind]->len == 0)
		return;
	pending = g_new0(Pending, 1);
	pending->event = *event;
	pending->sequence = events->sequence;
	pending->payload = g_bytes_new(event->payload, event->length);
	pending->event.name = g_strdup(event->name);
	pending->event.word = g_strdup(event->word);
	if (event->uuid) {
		memcpy(pending->uuid, event->uuid, sizeof(pending->uuid));
		pending->event.uuid = pending->uuid;
	}
	g_queue_push_tail(&events->pending, pending);
	sd_event_source_set_enabled(events->sender, SD_EVENT_ON);
}

static bool same_filter(const Registration *registration, const Client *client,
			const EventFilter *filter)
{
	if (registration->client != client || registration->id != filter->id)
		return false;
	if (registration->one_object != (filter->uuid != NULL))
		return false;
	if (filter->uuid && memcmp(registration->uuid, filter->uuid, 16) != 0)
		return false;
	return g_strcmp0(registration->name, filter->name) == 0 &&
	       g_strcmp0(registration->word, filter->word) == 0;
}

static bool register_check(Events *events, const Client *client, const EventFilter *filter,
			   GError **error)
{
	const Route *route = route_find(filter->kind, filter->id);
	unsigned count = 0;

	if (!route || (filter->legacy && !route->legacy))
		return fail(error, VIR_ERR_INVALID_ARG, _("unsupported event ID %d"), filter->id);
	if (filter->flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX)
		return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
			    _("monitor events are not supported by pattern; name one event, or "
			      "register for all"));
	for (unsigned kind = 0; kind < EVENT_KINDS; kind++)
		for (unsigned i = 0; i < events->registrations[kind]->len; i++) {
			const Registration *other =
				g_ptr_array_index(events->registrations[kind], i);

			count += other->client == client;
			if (kind == filter->kind && kind != EVENT_MONITOR &&
			    same_filter(other, client, filter))
				return fail(error, VIR_ERR_INVALID_ARG,
					    _("event callback already tracked: event %d was "
					      "registered before"),
					    filter->id);
		}
	if (count >= LIMIT_CLIENT_CALLBACKS)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("this connection has already registered for events %d times"),
			    LIMIT_CLIENT_CALLBACKS);
	return true;
}

bool events_register(Events *events, Client *client, const EventFilter *filter,
		     int *ret_callback, GError **error)
{
	Registration *registration;

	if (!register_check(events, client, filter, error))
		return false;
	registration = g_new0(Registration, 1);
	registration->client = client;
	registration->driver = client->driver;
	registration->callback = events->next_callback++;
	registration->after = events->sequence;
	registration->id = filter->id;
	registration->legacy = filter->legacy;
	registration->flags = filter->flags;
	registration->name = g_strdup(filter->name);
	registration->word = g_strdup(filter->word);
	if (filter->uuid) {
		registration->one_object = true;
		memcpy(registration->uuid, filter->uuid, 16);
	}
	g_ptr_array_add(events->registrations[filter->kind], registration);
	*ret_callback = registration->callback;
	return true;
}

bool events_deregister(Events *events, Client *client, EventKind kind, int callback,
		       GError **error)
{
	GPtrArray *registrations = events->registrations[kind];

	for (unsigned i = 0; i < registrations->len; i++) {
		const Registration *registration = g_ptr_array_index(registrations, i);

		if (registration->client == client && registration->callback == callback &&
		    !registration->legacy) {
			g_ptr_array_remove_index(registrations, i);
			return true;
		}
	}
	return fail(error, VIR_ERR_INVALID_ARG,
		    _("this connection has no event callback with ID %d"), callback);
}

bool events_deregister_legacy(Events *events, Client *client, int id, GError **error)
{
	GPtrArray *registrations = events->registrations[EVENT_DOMAIN];

	for (unsigned i = 0; i < registrations->len; i++) {
		const Registration *registration = g_ptr_array_index(registrations, i);

		if (registration->client == client && registration->id == id &&
		    registration->legacy) {
			g_ptr_array_remove_index(registrations, i);
			return true;
		}
	}
	return fail(error, VIR_ERR_INVALID_ARG,
		    _("this connection is not registered for event %d"), id);
}

void events_forget(Events *events, Client *client)
{
	for (unsigned kind = 0; kind < EVENT_KINDS; kind++)
		for (unsigned i = events->registrations[kind]->len; i-- > 0;) {
			const Registration *registration =
				g_ptr_array_index(events->registrations[kind], i);

			if (registration->client == client)
				g_ptr_array_remove_index(events->registrations[kind], i);
		}
}
