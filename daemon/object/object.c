/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/object/object.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/plain.h"
#include "conf/bind/types.h"
#include "daemon/core/settings.h"
#include "daemon/object/class.h"

struct Objects {
	Engine *engine;
	GHashTable *by_key[OBJECT_KINDS];  /* "parent/key" -> Object, owns a reference */
	GHashTable *by_name[OBJECT_KINDS]; /* "parent/name" -> Object */
};

/* ---- the index ----------------------------------------------------------------------------- */

static char *index_key(const char *parent, const char *word)
{
	return g_strconcat(parent ? parent : "", "/", word, NULL);
}

Objects *objects_new(Engine *engine)
{
	Objects *objects = g_new0(Objects, 1);

	objects->engine = engine;
	for (int i = 0; i < OBJECT_KINDS; i++) {
		objects->by_key[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
							   (GDestroyNotify)object_unref);
		objects->by_name[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	}
	return objects;
}

void objects_free(Objects *objects)
{
	if (!objects)
		return;
	for (int i = 0; i < OBJECT_KINDS; i++) {
		g_hash_table_unref(objects->by_name[i]);
		g_hash_table_unref(objects->by_key[i]);
	}
	g_free(objects);
}

Object *object_ref(Object *object)
{
	object->refs++;
	return object;
}

void object_unref(Object *object)
{
	if (!object || --object->refs > 0)
		return;
	if (object->data_free)
		object->data_free(object->data);
	g_free(object->parent);
	g_free(object->key);
	g_free(object->name);
	g_free(object->xml);
	g_free(object->extra);
	g_free(object);
}

static Object *object_insert(Objects *objects, const ObjectSpec *spec)
{
	Object *object = g_new0(Object, 1);
	char text[UUID_TEXT];

	object->refs = 1;
	object->engine = objects->engine;
	object->kind = spec->kind;
	object->parent = g_strdup(spec->parent ? spec->parent : "");
	object->name = g_strdup(spec->name);
	object->xml = g_strdup(spec->xml);
	object->extra = g_strdup(spec->extra ? spec->extra : "");
	if (spec->uuid) {
		memcpy(object->uuid, spec->uuid, sizeof(object->uuid));
		uuid_format((const Uuid *)object->uuid, text);
		object->key = g_strdup(text);
	} else {
		object->key = g_strdup(spec->name);
	}
	g_hash_table_insert(objects->by_key[spec->kind], index_key(object->parent, object->key), object);
	g_hash_table_insert(objects->by_name[spec->kind], index_key(object->parent, object->name),
			    object);
	return object;
}

static void object_remove(Object *object)
{
	Objects *objects = object->engine->objects;
	g_autoptr(Object) kept = object_ref(object);
	g_autofree char *name = index_key(object->parent, object->name);
	g_autofree char *key = index_key(object->parent, object->key);

	if (object->removed)
		return;
	object->removed = true;
	g_hash_table_remove(objects->by_name[object->kind], name);
	g_hash_table_remove(objects->by_key[object->kind], key);
}

void objects_load(Objects *objects, const StoreObject *row)
{
	for (int i = 0; i < OBJECT_KINDS; i++) {
		ObjectSpec spec = { .kind = i, .parent = row->parent, .name = row->name,
				    .xml = row->xml, .extra = row->extra };
		Object *object;
		Uuid uuid;

		if (strcmp(object_class(i)->stored, row->kind) != 0)
			continue;
		if (!object_class(i)->by_name) {
			if (!uuid_parse(row->key, &uuid)) {
				log_warning(_("the store has a %s with the UUID '%s'; left alone"),
					    _(object_class(i)->text), row->key);
				return;
			}
			spec.uuid = uuid.bytes;
		}
		object = object_insert(objects, &spec);
		text_mend(object->xml); /* older releases let in what cannot be parsed */
		object->autostart = row->autostart;
		object->persistent = true;
	}
}

/* Those that nobody may see yet, too. */
static Object *index_find_uuid(Objects *objects, ObjectKind kind, const uint8_t *uuid)
{
	char text[UUID_TEXT];
	g_autofree char *key = NULL;

	uuid_format((const Uuid *)uuid, text);
	key = index_key("", text);
	return g_hash_table_lookup(objects->by_key[kind], key);
}

static Object *index_find_name(Objects *objects, ObjectKind kind, const char *parent,
			       const char *name)
{
	g_autofree char *key = index_key(parent, name);

	return g_hash_table_lookup(objects->by_name[kind], key);
}

static Object *visible(Object *object)
{
	return object && !object->pending ? object : NULL;
}

Object *object_find_uuid(Objects *objects, ObjectKind kind, const uint8_t *uuid)
{
	return visible(index_find_uuid(objects, kind, uuid));
}

Object *object_find_name(Objects *objects, ObjectKind kind, const char *parent, const char *name)
{
	return visible(index_find_name(objects, kind, parent, name));
}

Object *object_get_uuid(Objects *objects, ObjectKind kind, const uint8_t *uuid, GError **error)
{
	Object *object = object_find_uuid(objects, kind, uuid);
	char text[UUID_TEXT];

	if (object)
		return object;
	uuid_format((const Uuid *)uuid, text);
	return fail_null(error, object_class(kind)->missing, _("there is no %s with the UUID '%s'"),
			 _(object_class(kind)->text), text);
}

Object *object_get_name(Objects *objects, ObjectKind kind, const char *parent, const char *name,
			GError **error)
{
	Object *object = object_find_name(objects, kind, parent, name);

	if (object)
		return object;
	return fail_null(error, object_class(kind)->missing, _("there is no %s named '%s'"),
			 _(object_class(kind)->text), name);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	const Object *const *first = a, *const *second = b;

	return strcmp((*first)->name, (*second)->name);
}

GPtrArray *objects_list(Objects *objects, ObjectKind kind, const char *parent)
{
	GPtrArray *list = g_ptr_array_new();
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, objects->by_key[kind]);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const Object *object = value;

		if (!object->pending && (!parent || strcmp(object->parent, parent) == 0))
			g_ptr_array_add(list, value);
	}
	g_ptr_array_sort(list, compare_names);
	return list;
}

/* ---- the right to change ------------------------------------------------------------------- */

static bool hold_object(Object *object, const char *what, GError **error)
{
	const Settings *settings = object->engine->settings;
	g_autoptr(GError) reason = NULL;

	if (hold_wait(&object->hold, what, (uint64_t)settings->call_timeout * G_USEC_PER_SEC,
		      &reason))
		return true;
	if (error_code(reason) == VIR_ERR_OPERATION_TIMEOUT)
		return fail(error, VIR_ERR_OPERATION_TIMEOUT,
			    _("%s '%s' is busy with %s; try again when that has ended"),
			    _(object_class(object->kind)->text), object->name, object->hold.what);
	g_propagate_error(error, g_steal_pointer(&reason));
	return false;
}

bool object_check(const Object *object, GError **error)
{
	return !object->removed || fail(error, object_class(object->kind)->missing, _("%s '%s' is gone"),
					_(object_class(object->kind)->text), object->name);
}

ObjectHold object_hold_wait(Object *object, const char *what, GError **error)
{
	g_autoptr(Object) kept = object_ref(object);

	if (!hold_object(object, what, error))
		return NULL;
	if (object_check(object, error))
		return g_steal_pointer(&kept);
	hold_release(&object->hold);
	return NULL;
}

void object_hold_clear(ObjectHold *hold)
{
	Object *object = *hold;

	*hold = NULL;
	if (!object)
		return;
	if (object->pending)
		object_remove(object);
	hold_release(&object->hold);
	object_unref(object);
}

/* Names stand in lists, logs and paths. */
static bool name_check(const ObjectSpec *spec, GError **error)
{
	return (*spec->name && text_is_line(spec->name)) ||
	       fail(error, VIR_ERR_XML_ERROR,
		    _("the name of a %s cannot be empty or contain control characters"),
		    _(object_class(spec->kind)->text));
}

/* The object that @spec would redefine, NULL when it is new; an error when it cannot be. */
static bool find_same(Objects *objects, const ObjectSpec *spec, Object **ret, GError **error)
{
	Object *named = index_find_name(objects, spec->kind, spec->parent, spec->name);
	Object *same = named;

	if (spec->uuid && !(named && spec->uuid_made))
		same = index_find_uuid(objects, spec->kind, spec->uuid);
	if (!same && !name_check(spec, error))
		return false;
	*ret = same;
	if (named && named != same)
		return fail(error, object_class(spec->kind)->exists,
			    _("there is a %s named '%s' already, with the UUID '%s'"),
			    _(object_class(spec->kind)->text), spec->name, named->key);
	if (same && strcmp(same->name, spec->name) != 0)
		return fail(error, object_class(spec->kind)->exists,
			    _("the UUID '%s' belongs to the %s named '%s' already"), same->key,
			    _(object_class(spec->kind)->text), same->name);
	return true;
}

ObjectHold object_claim_wait(Objects *objects, const ObjectSpec *spec, const char *what,
			     GError **error)
{
	Object *object;

	for (;;) {
		if (!find_same(objects, spec, &object, error))
			return NULL;
		if (!object)
			break;
		object_ref(object);
		if (!hold_object(object, what, error)) {
			object_unref(object);
			return NULL;
		}
		if (!object->removed)
			return object;
		/* It went while we waited: its name and key are free again. */
		object_hold_clear(&object);
	}
	object = object_insert(objects, spec);
	object->pending = true;
	hold_take(&object->hold, what);
	return object_ref(object);
}

void object_publish(Object *object)
{
	object->pending = false;
}

/* ---- changes ------------------------------------------------------------------------------- */

StoreObject object_row(const Object *object)
{
	return (StoreObject){
		.kind = object_class(object->kind)->stored,
		.driver = "",
		.parent = object->parent,
		.key = object->key,
		.name = object->name,
		.xml = object->xml,
		.extra = object->extra,
		.autostart = object->autostart,
	};
}

static void replace(char **text, const char *with)
{
	char *copy;

	if (*text == with)
		return;
	copy = g_strdup(with);
	g_free(*text);
	*text = copy;
}

void object_set_xml(Object *object, const char *xml)
{
	replace(&object->xml, xml);
}

void object_follow(Object *object, const StoreObject *row)
{
	replace(&object->xml, row->xml);
	replace(&object->extra, row->extra);
	object->autostart = row->autostart;
	object->persistent = true;
}

void object_forget(Object *object)
{
	object->persistent = false;
	object->autostart = false;
	if (!object->active)
		object_remove(object);
}

static bool row_commit(Call *call, Object *object, const StoreObject *row, const char *action,
		       GError **error)
{
	g_autoptr(StoreBatch) batch = store_batch_new();
	StoreOrigin origin = call_origin(call, action);

	store_batch_object(batch, row, &origin);
	if (!store_commit(call->engine->store, batch, error))
		return false;
	object_follow(object, row);
	return true;
}

bool object_store_commit(Call *call, Object *object, const ObjectSpec *spec, GError **error)
{
	StoreObject row = object_row(object);

	row.xml = spec->xml;
	if (spec->extra)
		row.extra = spec->extra;
	if (!row_commit(call, object, &row, "define", error))
		return false;
	object_publish(object);
	return true;
}

bool object_undefine_commit(Call *call, Object *object, GError **error)
{
	g_autoptr(StoreBatch) batch = store_batch_new();
	StoreOrigin origin = call_origin(call, "undefine");
	StoreObject row = object_row(object);

	if (!object->persistent)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("%s '%s' is transient: there is no definition to remove"),
			    _(object_class(object->kind)->text), object->name);
	store_batch_object_remove(batch, &row, &origin);
	if (!store_commit(call->engine->store, batch, error))
		return false;
	object_forget(object);
	return true;
}

bool object_mark_commit(Call *call, Object *object, bool autostart, const char *extra,
			GError **error)
{
	StoreObject row = object_row(object);

	if (!object->persistent)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("%s '%s' is transient"),
			    _(object_class(object->kind)->text), object->name);
	row.autostart = autostart;
	if (extra)
		row.extra = extra;
	return row_commit(call, object, &row, NULL, error);
}

void objects_batch_remove_children(Objects *objects, const char *parent, StoreBatch *batch,
				   const StoreOrigin *origin)
{
	for (int i = 0; i < OBJECT_KINDS; i++) {
		g_autoptr(GPtrArray) list = object_class(i)->by_name ? objects_list(objects, i, parent) : NULL;

		for (guint j = 0; list && j < list->len; j++) {
			StoreObject row = object_row(list->pdata[j]);

			store_batch_object_remove(batch, &row, origin);
		}
	}
}

void objects_drop_children(Objects *objects, const char *parent)
{
	for (int i = 0; i < OBJECT_KINDS; i++) {
		g_autoptr(GPtrArray) list = object_class(i)->by_name ? objects_list(objects, i, parent) : NULL;

		for (guint j = 0; list && j < list->len; j++)
			object_forget(list->pdata[j]);
	}
}

void object_set_active(Object *object, bool active)
{
	object->active = active;
	if (!active && !object->persistent && !object->pending)
		object_remove(object);
}

/* ---- events ------------------------------------------------------------------- */

#define EVENT_SIZE 4096 /* a name, a UUID and some numbers */
#define CALLBACK_ID 4	/* bytes of the leading callbackID */

void object_emit(const Object *object, EventKind kind, int id, xdrproc_t filter, void *message)
{
	char buffer[EVENT_SIZE];
	Event event = {
		.kind = kind,
		.id = id,
		.uuid = object_class(object->kind)->by_name ? NULL : object->uuid,
		.name = object->name,
		.payload = buffer + CALLBACK_ID,
	};
	XDR xdr;

	xdrmem_create(&xdr, buffer, sizeof(buffer), XDR_ENCODE);
	if (filter(&xdr, message)) {
		event.length = xdr_getpos(&xdr) - CALLBACK_ID;
		events_emit(object->engine->events, &event);
	} else {
		log_error(_("an event of %s '%s' is too long"), _(object_class(object->kind)->text),
			  object->name);
	}
	xdr_destroy(&xdr);
}
