/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls that all kinds of objects have, once: look-up, listings, definition, marks, start and
 * stop. remote.x gives each call types of its own, so each is a row below: a macro per sort of call,
 * in which only the types and the names of members differ, calls one function.
 */
#include <string.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "daemon/client/access.h"
#include "daemon/client/serve.h"
#include "daemon/object/class.h"

/* ---- look-up ------------------------------------------------------------------------------- */

/* @object may be NULL, with *@error set. */
static bool found(Call *call, const Object *object, void *handle, GError **error)
{
	if (!object || !call_check_object(call, object, error))
		return false;
	object_class(object->kind)->fill(object, handle);
	return true;
}

#define LOOKUP_NAME(call_name, kind, handle)                                                       \
	bool serve_##call_name(Call *call, remote_##call_name##_args *args,                        \
			       remote_##call_name##_ret *ret, GError **error)                      \
	{                                                                                          \
		return found(call,                                                                 \
			     object_get_name(call->engine->objects, kind, NULL, args->name, error), \
			     &ret->handle, error);                                                 \
	}

#define LOOKUP_UUID(call_name, kind, handle)                                                       \
	bool serve_##call_name(Call *call, remote_##call_name##_args *args,                        \
			       remote_##call_name##_ret *ret, GError **error)                      \
	{                                                                                          \
		return found(call,                                                                 \
			     object_get_uuid(call->engine->objects, kind,                          \
					     (const uint8_t *)args->uuid, error),                  \
			     &ret->handle, error);                                                 \
	}

LOOKUP_NAME(network_lookup_by_name, OBJECT_NETWORK, net)
LOOKUP_NAME(storage_pool_lookup_by_name, OBJECT_POOL, pool)
LOOKUP_NAME(nwfilter_lookup_by_name, OBJECT_NWFILTER, nwfilter)

LOOKUP_UUID(network_lookup_by_uuid, OBJECT_NETWORK, net)
LOOKUP_UUID(storage_pool_lookup_by_uuid, OBJECT_POOL, pool)
LOOKUP_UUID(nwfilter_lookup_by_uuid, OBJECT_NWFILTER, nwfilter)
LOOKUP_UUID(secret_lookup_by_uuid, OBJECT_SECRET, secret)

/* ---- the oldest listings ------------------------------------------------------------------- */

GPtrArray *objects_seen(const Call *call, ObjectKind kind, const char *parent)
{
	GPtrArray *list = objects_list(call->engine->objects, kind, parent);
	guint kept = 0;

	for (guint i = 0; i < list->len; i++)
		if (call_sees_object(call, list->pdata[i]))
			list->pdata[kept++] = list->pdata[i];
	g_ptr_array_set_size(list, (gint)kept);
	return list;
}

static int count(const Call *call, ObjectKind kind, bool active)
{
	g_autoptr(GPtrArray) list = objects_seen(call, kind, "");
	int number = 0;

	for (guint i = 0; i < list->len; i++)
		number += object_is_active(list->pdata[i]) == active;
	return number;
}

#define COUNT(call_name, kind, active)                                                             \
	bool serve_##call_name(Call *call, G_GNUC_UNUSED NOTHING *args,                            \
			       remote_##call_name##_ret *ret, G_GNUC_UNUSED GError **error)        \
	{                                                                                          \
		ret->num = count(call, kind, active);                                              \
		return true;                                                                       \
	}

COUNT(connect_num_of_networks, OBJECT_NETWORK, true)
COUNT(connect_num_of_defined_networks, OBJECT_NETWORK, false)
COUNT(connect_num_of_storage_pools, OBJECT_POOL, true)
COUNT(connect_num_of_defined_storage_pools, OBJECT_POOL, false)
COUNT(connect_num_of_nwfilters, OBJECT_NWFILTER, false)
COUNT(connect_num_of_secrets, OBJECT_SECRET, false)

/* What one of the oldest listings asks for. */
typedef struct NamesQuery {
	ObjectKind kind;
	bool active;
	int max;   /* names that the client has room for */
	int limit; /* what the protocol allows for @max */
} NamesQuery;

static bool names(const Call *call, const NamesQuery *query, char ***ret_names, u_int *ret_count,
		  GError **error)
{
	bool keys = object_class(query->kind)->listed_by_key;
	g_autoptr(GPtrArray) list = NULL;

	if (query->max < 0 || query->max > query->limit)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("%d names were asked for; between 0 and %d can be"), query->max,
			    query->limit);
	list = objects_seen(call, query->kind, "");
	*ret_names = g_new0(char *, MAX(1, MIN((guint)query->max, list->len)));
	*ret_count = 0;
	for (guint i = 0; i < list->len && *ret_count < (u_int)query->max; i++) {
		const Object *object = list->pdata[i];

		if (object->active == query->active)
			(*ret_names)[(*ret_count)++] = g_strdup(keys ? object->key : object->name);
	}
	return true;
}

#define NAMES(call_name, kind, active, max, limit, list)                                           \
	bool serve_##call_name(Call *call, remote_##call_name##_args *args,                        \
			       remote_##call_name##_ret *ret, GError **error)                      \
	{                                                                                          \
		const NamesQuery query = { kind, active, args->max, limit };                       \
                                                                                                   \
		return names(call, &query, &ret->list.list##_val, &ret->list.list##_len, error);   \
	}

NAMES(connect_list_networks, OBJECT_NETWORK, true, maxnames, REMOTE_NETWORK_LIST_MAX, names)
NAMES(connect_list_defined_networks, OBJECT_NETWORK, false, maxnames, REMOTE_NETWORK_LIST_MAX, names)
NAMES(connect_list_storage_pools, OBJECT_POOL, true, maxnames, REMOTE_STORAGE_POOL_LIST_MAX, names)
NAMES(connect_list_defined_storage_pools, OBJECT_POOL, false, maxnames, REMOTE_STORAGE_POOL_LIST_MAX,
      names)
NAMES(connect_list_nwfilters, OBJECT_NWFILTER, false, maxnames, REMOTE_NWFILTER_LIST_MAX, names)
NAMES(connect_list_secrets, OBJECT_SECRET, false, maxuuids, REMOTE_SECRET_LIST_MAX, uuids)

/* ---- the newer listing --------------------------------------------------------------------- */

static unsigned list_flags(const ObjectClass *class)
{
	unsigned flags = class->more_flags;

	for (const struct ObjectPair *pair = class->pairs; pair && pair->is; pair++)
		flags |= pair->yes | pair->no;
	return flags;
}

static bool passes(const ObjectClass *class, const Object *object, unsigned flags)
{
	for (const struct ObjectPair *pair = class->pairs; pair && pair->is; pair++)
		if (!object_passes(flags, pair->yes, pair->no, pair->is(object)))
			return false;
	return !class->passes || class->passes(object, flags);
}

/* What a client asks the newer listing for, and gets: an array of the kind's handles. */
typedef struct Listing {
	ObjectKind kind;
	unsigned flags;
	bool results; /* not only their number */
	void *handles;
	u_int length;
} Listing;

enum { AT_ONCE = 100 }; /* definitions read, before others have their turn */

/* Parks now and then where definitions are read for it. */
static bool list_all_wait(const Call *call, Listing *listing, u_int *ret_count, GError **error)
{
	const ObjectClass *class = object_class(listing->kind);
	g_autoptr(GPtrArray) list = NULL;

	if (!call_flags(call, listing->flags, list_flags(class), error))
		return false;
	list = objects_seen(call, listing->kind, "");
	for (guint i = 0; i < list->len; i++)
		object_ref(list->pdata[i]);
	g_ptr_array_set_free_func(list, (GDestroyNotify)object_unref);
	*ret_count = 0;
	if (listing->results)
		listing->handles = g_malloc0_n(list->len + 1, class->handle_size);
	for (guint i = 0; i < list->len; i++) {
		if (class->passes && i % AT_ONCE == AT_ONCE - 1)
			fiber_yield_wait();
		if (!passes(class, list->pdata[i], listing->flags))
			continue;
		if (listing->results)
			class->fill(list->pdata[i],
				    (char *)listing->handles + class->handle_size * listing->length++);
		(*ret_count)++;
	}
	return true;
}

#define LIST_ALL(call_name, which, list)                                                           \
	bool serve_##call_name(Call *call, remote_##call_name##_args *args,                        \
			       remote_##call_name##_ret *ret, GError **error)                      \
	{                                                                                          \
		Listing listing = { .kind = which, .flags = args->flags,                           \
				    .results = args->need_results != 0 };                          \
		bool good;                                                                         \
                                                                                                   \
		*ret = (remote_##call_name##_ret){ .ret = 0 };                                     \
		good = list_all_wait(call, &listing, &ret->ret, error);                            \
		ret->list.list##_val = listing.handles;                                            \
		ret->list.list##_len = listing.length;                                             \
		return good;                                                                       \
	}

LIST_ALL(connect_list_all_networks, OBJECT_NETWORK, nets)
LIST_ALL(connect_list_all_storage_pools, OBJECT_POOL, pools)
LIST_ALL(connect_list_all_nwfilters, OBJECT_NWFILTER, filters)
LIST_ALL(connect_list_all_secrets, OBJECT_SECRET, secrets)

/* ---- definitions --------------------------------------------------------------------------- */

static void emit(const Object *object, int event)
{
	const ObjectClass *class = object_class(object->kind);

	if (class->emit)
		class->emit(object, event);
}

/* What a client sends to define or create an object. */
typedef struct Document {
	ObjectKind kind;
	const char *xml;
	unsigned flags; /* of the call */
	unsigned conf;	/* of the parser */
} Document;

/* Reads @document, and holds what it defines. *ret_text, owned: the text that is to be stored. */
static ObjectHold claim_wait(Call *call, const Document *document, char **ret_text, GError **error)
{
	const ObjectClass *class = object_class(document->kind);
	void *def = class->parse(document->xml, document->conf, error);
	g_autofree char *name = def ? class->name(def) : NULL;
	ObjectSpec spec = { .kind = document->kind, .name = name };
	ObjectHold object;

	if (!def)
		return NULL;
	spec.uuid = class->uuid(def);
	spec.uuid_made = class->uuid_made && class->uuid_made(def);
	object = object_claim_wait(call->engine->objects, &spec, "a definition", error);
	if (object)
		memcpy(class->uuid(def), object->uuid, sizeof(object->uuid));
	if (object && class->settle && !class->settle(call->engine->objects, def, object, error))
		object_hold_clear(&object);
	if (object)
		*ret_text = class->format(def);
	class->free(def);
	return object;
}

static bool define(Call *call, const Document *document, void *handle, GError **error)
{
	const ObjectClass *class = object_class(document->kind);
	ObjectSpec spec = { .kind = document->kind };
	g_auto(ObjectHold) object = NULL;
	g_autofree char *text = NULL;

	if (!call_flags(call, document->flags, class->define_flags, error))
		return false;
	object = claim_wait(call, document, &text, error);
	if (!object)
		return false;
	spec.xml = text;
	/* What runs without a definition runs on, and again after a restart. */
	spec.extra = object->active && !class->recorded ? OBJECT_EXTRA_ACTIVE : NULL;
	if (!object_store_commit(call, object, &spec, error))
		return false;
	class->fill(object, handle);
	emit(object, class->defined);
	return true;
}

#define DEFINE(call_name, kind, handle, flags)                                                     \
	bool serve_##call_name(Call *call, remote_##call_name##_args *args,                        \
			       remote_##call_name##_ret *ret, GError **error)                      \
	{                                                                                          \
		const Document document = { kind, args->xml, flags, (flags) ? CONF_VALIDATE : 0 }; \
                                                                                                   \
		return define(call, &document, &ret->handle, error);                               \
	}

DEFINE(network_define_xml, OBJECT_NETWORK, net, 0)
DEFINE(network_define_xml_flags, OBJECT_NETWORK, net, args->flags)
DEFINE(storage_pool_define_xml, OBJECT_POOL, pool, args->flags)
DEFINE(nwfilter_define_xml, OBJECT_NWFILTER, nwfilter, 0)
DEFINE(nwfilter_define_xml_flags, OBJECT_NWFILTER, nwfilter, args->flags)
DEFINE(secret_define_xml, OBJECT_SECRET, secret, args->flags)

static bool undefine(Call *call, GError **error)
{
	g_auto(ObjectHold) object = object_hold_wait(call->object, "an undefine", error);
	const ObjectClass *class = object_class(call->object->kind);

	if (!object || (class->may_undefine && !class->may_undefine(object, error)) ||
	    !object_undefine_commit(call, object, error))
		return false;
	emit(object, class->undefined);
	return true;
}

#define UNDEFINE(call_name)                                                                        \
	bool serve_##call_name(Call *call, G_GNUC_UNUSED remote_##call_name##_args *args,          \
			       G_GNUC_UNUSED NOTHING *ret, GError **error)                         \
	{                                                                                          \
		return undefine(call, error);                                                      \
	}

UNDEFINE(network_undefine)
UNDEFINE(storage_pool_undefine)
UNDEFINE(nwfilter_undefine)
UNDEFINE(secret_undefine)

static char *show(Call *call, unsigned flags, GError **error)
{
	const ObjectClass *class = object_class(call->object->kind);

	if (!call_flags(call, flags, class->show_flags, error))
		return NULL;
	return class->show ? class->show(call->object, flags, error) : g_strdup(call->object->xml);
}

#define SHOW(call_name)                                                                            \
	bool serve_##call_name(Call *call, remote_##call_name##_args *args,                        \
			       remote_##call_name##_ret *ret, GError **error)                      \
	{                                                                                          \
		ret->xml = show(call, args->flags, error);                                         \
		return ret->xml != NULL;                                                           \
	}

SHOW(network_get_xml_desc)
SHOW(storage_pool_get_xml_desc)
SHOW(nwfilter_get_xml_desc)
SHOW(secret_get_xml_desc)

/* ---- marks --------------------------------------------------------------------------------- */

#define IS(call_name, member)                                                                      \
	bool serve_##call_name(Call *call, G_GNUC_UNUSED remote_##call_name##_args *args,          \
			       remote_##call_name##_ret *ret, G_GNUC_UNUSED GError **error)        \
	{                                                                                          \
		ret->member = call->object->member;                                                \
		return true;                                                                       \
	}

IS(network_is_active, active)
IS(network_is_persistent, persistent)
IS(network_get_autostart, autostart)
IS(storage_pool_is_active, active)
IS(storage_pool_is_persistent, persistent)
IS(storage_pool_get_autostart, autostart)

static bool set_autostart(Call *call, bool autostart, GError **error)
{
	g_auto(ObjectHold) object = object_hold_wait(call->object, "a change", error);

	return object && object_mark_commit(call, object, autostart, NULL, error);
}

#define SET_AUTOSTART(call_name)                                                                   \
	bool serve_##call_name(Call *call, remote_##call_name##_args *args,                        \
			       G_GNUC_UNUSED NOTHING *ret, GError **error)                         \
	{                                                                                          \
		return set_autostart(call, args->autostart != 0, error);                           \
	}

SET_AUTOSTART(network_set_autostart)
SET_AUTOSTART(storage_pool_set_autostart)

/* ---- start and stop ------------------------------------------------------------------------ */

/* Starts a held object, as @xml says unless that is NULL; when that cannot be stored, it is stopped again. */
static bool start_commit(Call *call, Object *object, const char *xml, unsigned flags, GError **error)
{
	const ObjectClass *class = object_class(object->kind);

	if (!class->start_call(object, xml, flags, error))
		return false;
	if (object->persistent && !class->recorded &&
	    !object_mark_commit(call, object, object->autostart, OBJECT_EXTRA_ACTIVE, error)) {
		class->stop_call(object, NULL);
		return false;
	}
	object_publish(object);
	emit(object, class->started);
	return true;
}

static bool start(Call *call, unsigned flags, GError **error)
{
	g_auto(ObjectHold) object = NULL;

	if (!call_flags(call, flags, object_class(call->object->kind)->start_flags, error))
		return false;
	object = object_hold_wait(call->object, "a start", error);
	return object && start_commit(call, object, NULL, flags, error);
}

static bool create(Call *call, const Document *document, void *handle, GError **error)
{
	const ObjectClass *class = object_class(document->kind);
	g_auto(ObjectHold) object = NULL;
	g_autofree char *text = NULL;

	if (!call_flags(call, document->flags, class->start_flags, error))
		return false;
	object = claim_wait(call, document, &text, error);
	if (!object)
		return false;
	if (object->pending)
		object_set_xml(object, text);
	if (!start_commit(call, object, text, document->flags, error))
		return false;
	class->fill(object, handle);
	return true;
}

static bool stop(Call *call, GError **error)
{
	g_auto(ObjectHold) object = object_hold_wait(call->object, "a stop", error);
	const ObjectClass *class = object_class(call->object->kind);

	if (!object)
		return false;
	if (!object->active)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("%s '%s' is not active"),
			    _(class->text), object->name);
	if (object->persistent && !class->recorded &&
	    !object_mark_commit(call, object, object->autostart, "", error))
		return false;
	if (!class->stop_call(object, error))
		return false;
	emit(object, class->stopped);
	return true;
}

#define START(call_name, flags)                                                                    \
	bool serve_##call_name(Call *call, G_GNUC_UNUSED remote_##call_name##_args *args,          \
			       G_GNUC_UNUSED NOTHING *ret, GError **error)                         \
	{                                                                                          \
		return start(call, flags, error);                                                  \
	}

#define CREATE(call_name, kind, handle, flags, conf)                                               \
	bool serve_##call_name(Call *call, remote_##call_name##_args *args,                        \
			       remote_##call_name##_ret *ret, GError **error)                      \
	{                                                                                          \
		const Document document = { kind, args->xml, flags, conf };                        \
                                                                                                   \
		return create(call, &document, &ret->handle, error);                               \
	}

#define STOP(call_name)                                                                            \
	bool serve_##call_name(Call *call, G_GNUC_UNUSED remote_##call_name##_args *args,          \
			       G_GNUC_UNUSED NOTHING *ret, GError **error)                         \
	{                                                                                          \
		return stop(call, error);                                                          \
	}

START(network_create, 0)
START(storage_pool_create, args->flags)
CREATE(network_create_xml, OBJECT_NETWORK, net, 0, 0)
CREATE(network_create_xml_flags, OBJECT_NETWORK, net, args->flags, args->flags ? CONF_VALIDATE : 0)
CREATE(storage_pool_create_xml, OBJECT_POOL, pool, args->flags, 0)
STOP(network_destroy)
STOP(storage_pool_destroy)
