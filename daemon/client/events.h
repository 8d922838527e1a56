/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events of all kinds of objects: numbered and stored (state/reeve.db, for replay), then sent to
 * the clients that registered for them, in both generations of the protocol. Owned by the engine.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <rpc/rpc.h>

#include "daemon/core/engine.h"

typedef enum EventKind {
	EVENT_DOMAIN,	    /* ids: virDomainEventID */
	EVENT_NETWORK,	    /* virNetworkEventID */
	EVENT_STORAGE_POOL, /* virStoragePoolEventID */
	EVENT_NODE_DEVICE,  /* virNodeDeviceEventID */
	EVENT_SECRET,	    /* virSecretEventID */
	EVENT_MONITOR,	    /* the qemu program's monitor events; id 0 */
	EVENT_KINDS
} EventKind;

typedef struct Event {
	EventKind kind;
	int id;
	const Driver *driver; /* connections of this driver get it; NULL: all connections */
	const uint8_t *uuid;  /* 16 bytes of the object, NULL where it has none */
	const char *name;     /* of the object; of a monitor event its event name goes in `word` */
	const char *word;
	const void *payload; /* XDR of the message as the oldest generation has it, or of a newer
				one without its callbackID */
	gsize length;
} Event;

/* One registration. Strings borrowed. */
typedef struct EventFilter {
	EventKind kind;
	int id;
	const uint8_t *uuid; /* of one object only, or NULL */
	const char *name;    /* of one node device only, or NULL */
	const char *word;    /* of a monitor event: its name, a pattern, or NULL */
	unsigned flags;	     /* of a monitor event */
	bool legacy;	     /* messages without callbackID */
} EventFilter;

Events *events_new(Engine *engine);
void events_free(Events *events);

/* Numbers, stores and sends. Never parks. */
void events_emit(Events *events, const Event *event);

/*
 * Registers @client; VIR_ERR_OPERATION_INVALID for a second time, VIR_ERR_INVALID_ARG for an id
 * that does not exist, VIR_ERR_OPERATION_FAILED at LIMIT_CLIENT_CALLBACKS.
 */
bool events_register(Events *events, Client *client, const EventFilter *filter,
		     int *ret_callback, GError **error);
/* By callback id; VIR_ERR_INVALID_ARG when @client has no such registration. */
bool events_deregister(Events *events, Client *client, EventKind kind, int callback,
		       GError **error);
/* By event id: the oldest generation. */
bool events_deregister_legacy(Events *events, Client *client, int id, GError **error);
/* Forgets all registrations of @client. */
void events_forget(Events *events, Client *client);
/* Sequence number of the newest event. */
int64_t events_last(const Events *events);
