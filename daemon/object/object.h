/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects are what is defined besides domains: networks, storage pools, network filters, secrets,
 * and the snapshots and checkpoints of domains. One index for all kinds, loaded from the store at
 * the start; an Object lives while it is defined or active, or somebody holds a reference. Engine
 * only. What a noun keeps beside its XML stands in `extra` (stored) and `data` (of this process).
 *
 * Who changes an object holds it: object_hold_wait() (or object_claim_wait() for one that may be
 * new), look at it again, check, build the rows, commit, change the memory, release. Objects below
 * a domain are changed by who holds the domain.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <rpc/rpc.h>

#include "base/hold.h"
#include "daemon/client/call.h"
#include "daemon/client/events.h"
#include "daemon/core/engine.h"

typedef enum ObjectKind {
	OBJECT_NETWORK,
	OBJECT_POOL,
	OBJECT_NWFILTER,
	OBJECT_SECRET,
	OBJECT_SNAPSHOT,   /* of a domain, by name */
	OBJECT_CHECKPOINT, /* of a domain, by name */
	OBJECT_KINDS
} ObjectKind;

/* What stands in ->extra while an object is active: it is started again with the engine. */
#define OBJECT_EXTRA_ACTIVE "active"

/* The right to change an object, with a reference: released at the end of g_auto(ObjectHold). */
typedef Object *ObjectHold;

struct Object {
	unsigned refs;
	Engine *engine;
	ObjectKind kind;
	char *parent; /* UUID text of the domain, "" for kinds that stand alone */
	uint8_t uuid[16]; /* zero for kinds that go by name */
	char *key;  /* UUID text, or the name for kinds that go by name */
	char *name;
	char *xml;   /* as stored */
	char *extra; /* JSON, "" for nothing */
	bool autostart;
	bool persistent; /* stored; else gone when it is no longer active */
	bool active;
	bool pending; /* name and key are taken, but nobody may see it yet */
	bool removed; /* no longer in the index */
	Hold hold;    /* object_hold_wait() */
	void *data; /* of the noun's file */
	void (*data_free)(void *data);
};

/* What a definition says; strings borrowed. */
typedef struct ObjectSpec {
	ObjectKind kind;
	const char *parent; /* NULL: stands alone */
	const uint8_t *uuid; /* NULL for kinds that go by name */
	bool uuid_made; /* the definition gave none: one of this name keeps its own */
	const char *name;
	const char *xml;
	const char *extra; /* NULL: keep what there is */
} ObjectSpec;

Objects *objects_new(Engine *engine);
void objects_free(Objects *objects);
/* For StoreLoader.object. Rows of kinds that are not known are kept in the store, unread. */
void objects_load(Objects *objects, const StoreObject *row);

Object *object_ref(Object *object);
void object_unref(Object *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Object, object_unref)

/* Borrowed; NULL when there is none. */
Object *object_find_uuid(Objects *objects, ObjectKind kind, const uint8_t *uuid);
Object *object_find_name(Objects *objects, ObjectKind kind, const char *parent, const char *name);
/* The same, with the kind's "no such" error. */
Object *object_get_uuid(Objects *objects, ObjectKind kind, const uint8_t *uuid, GError **error);
Object *object_get_name(Objects *objects, ObjectKind kind, const char *parent, const char *name,
			GError **error);
/* Borrowed pointers in a new array, by name; of all parents when @parent is NULL. */
GPtrArray *objects_list(Objects *objects, ObjectKind kind, const char *parent);

/*
 * The right to change @object; parks. @what (static) names the change to those who wait. The kind's
 * "no such" error when it went away meanwhile, VIR_ERR_OPERATION_TIMEOUT when it stays busy.
 */
ObjectHold object_hold_wait(Object *object, const char *what, GError **error);
/* Is it still there? For what is below a domain, once that is held. The kind's error else. */
bool object_check(const Object *object, GError **error);
void object_hold_clear(ObjectHold *hold);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ObjectHold, object_hold_clear)

/*
 * Holds what @spec would redefine, or a new object that takes its name and key (->pending: nobody
 * else sees it before object_publish(); it is forgotten when the hold ends without that). Parks.
 * The kind's error when name and UUID belong to different objects.
 */
ObjectHold object_claim_wait(Objects *objects, const ObjectSpec *spec, const char *what,
			     GError **error);
void object_publish(Object *object);
/* Of a claimed one that will not be stored. */
void object_set_xml(Object *object, const char *xml);

/* ---- Changes: the caller holds the object (or its parent); all of them park ---- */

/* Stores @spec as the definition of @object, which was claimed for it, and publishes it. */
bool object_store_commit(Call *call, Object *object, const ObjectSpec *spec, GError **error);
/* Removes the definition. An active object stays until it ends. */
bool object_undefine_commit(Call *call, Object *object, GError **error);
/* Stores another value of autostart, or of extra (NULL: as it is). */
bool object_mark_commit(Call *call, Object *object, bool autostart, const char *extra,
			GError **error);

/* For changes of several objects in one transaction: rows into a batch, then memory follows. */
StoreObject object_row(const Object *object); /* borrows the object's strings */
void object_follow(Object *object, const StoreObject *row);
/* The definition is gone from the store. */
void object_forget(Object *object);
/*
 * Everything below @parent goes with it: the first adds the removals to the batch of its removal,
 * the second follows in memory once that is stored.
 */
void objects_batch_remove_children(Objects *objects, const char *parent, StoreBatch *batch,
				   const StoreOrigin *origin);
void objects_drop_children(Objects *objects, const char *parent);
/* Sets ->active; an object that is neither active nor stored goes. */
void object_set_active(Object *object, bool active);

/*
 * A pair of filter flags of the newer listings, as ACTIVE and INACTIVE: neither or both let
 * everything through.
 */
static inline bool object_passes(unsigned flags, unsigned yes, unsigned no, bool is)
{
	unsigned wanted = flags & (yes | no);

	return wanted == 0 || (wanted & (is ? yes : no)) != 0;
}

/* Encodes @message with @filter, takes its leading callbackID off, and emits it. */
void object_emit(const Object *object, EventKind kind, int id, xdrproc_t filter, void *message);
