/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools: definitions, listing, look-up; those of directories can be started. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/storage/pool.h"
#include "daemon/front/serve.h"
#include "daemon/object/object.h"
#include "daemon/storage/pool.h"

/* Borrowed. */
static Object *get_pool(Call *call, const remote_nonnull_storage_pool *pool, GError **error)
{
	return object_get_uuid(call->engine->objects, OBJECT_POOL, (const uint8_t *)pool->uuid, error);
}

static ObjectHold hold_pool_wait(Call *call, const remote_nonnull_storage_pool *pool,
				 const char *what, GError **error)
{
	Object *object = get_pool(call, pool, error);

	return object ? object_hold_wait(object, what, error) : NULL;
}

static void fill_pool(const Object *object, remote_nonnull_storage_pool *ret)
{
	ret->name = g_strdup(object->name);
	memcpy(ret->uuid, object->uuid, sizeof(object->uuid));
}

static void emit_lifecycle(const Object *object, int event)
{
	remote_storage_pool_event_lifecycle_msg message = { .event = event };

	message.pool.name = object->name;
	memcpy(message.pool.uuid, object->uuid, sizeof(object->uuid));
	object_emit(object, EVENT_STORAGE_POOL, VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
		    (xdrproc_t)xdr_remote_storage_pool_event_lifecycle_msg, &message);
}

static PoolDef *pool_def(const Object *object, GError **error)
{
	return pool_def_parse(object->xml, strlen(object->xml), CONF_INACTIVE, NULL, error);
}

/* ---- look-up and listing ------------------------------------------------------------------- */

bool serve_storage_pool_lookup_by_name(Call *call, remote_storage_pool_lookup_by_name_args *args,
				       remote_storage_pool_lookup_by_name_ret *ret, GError **error)
{
	Object *object = object_get_name(call->engine->objects, OBJECT_POOL, NULL, args->name, error);

	if (object)
		fill_pool(object, &ret->pool);
	return object != NULL;
}

bool serve_storage_pool_lookup_by_uuid(Call *call, remote_storage_pool_lookup_by_uuid_args *args,
				       remote_storage_pool_lookup_by_uuid_ret *ret, GError **error)
{
	Object *object = object_get_uuid(call->engine->objects, OBJECT_POOL,
					 (const uint8_t *)args->uuid, error);

	if (object)
		fill_pool(object, &ret->pool);
	return object != NULL;
}

bool serve_storage_pool_lookup_by_target_path(Call *call,
					      remote_storage_pool_lookup_by_target_path_args *args,
					      remote_storage_pool_lookup_by_target_path_ret *ret,
					      GError **error)
{
	g_autoptr(GPtrArray) list = objects_list(call->engine->objects, OBJECT_POOL, "");
	g_autofree char *path = g_canonicalize_filename(args->path, "/");

	for (guint i = 0; i < list->len; i++) {
		g_autoptr(PoolDef) def = pool_def(list->pdata[i], NULL);

		if (!def || g_strcmp0(def->target.path, path) != 0)
			continue;
		fill_pool(list->pdata[i], &ret->pool);
		return true;
	}
	return fail(error, VIR_ERR_NO_STORAGE_POOL, _("there is no storage pool at '%s'"), path);
}

/* Pools by type: VIR_CONNECT_LIST_STORAGE_POOLS_DIR is bit 6, and so on in the order of PoolType. */
#define TYPE_SHIFT 6
#define LIST_FLAGS ((1u << (TYPE_SHIFT + POOL_TYPE_LAST - 1)) - 1)

static bool passes(const Object *object, unsigned flags)
{
	unsigned types = flags >> TYPE_SHIFT;

	if (!object_passes(flags, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE,
			   VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE, object->active) ||
	    !object_passes(flags, VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT,
			   VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT, object->persistent) ||
	    !object_passes(flags, VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART,
			   VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART, object->autostart))
		return false;
	if (types) {
		g_autoptr(PoolDef) def = pool_def(object, NULL);

		return def && types & (1u << (def->type - 1));
	}
	return true;
}

bool serve_connect_list_all_storage_pools(Call *call, remote_connect_list_all_storage_pools_args *args,
					  remote_connect_list_all_storage_pools_ret *ret,
					  GError **error)
{
	g_autoptr(GPtrArray) list = NULL;
	unsigned count = 0;

	*ret = (remote_connect_list_all_storage_pools_ret){ .ret = 0 };
	if (!call_flags(call, args->flags, LIST_FLAGS, error))
		return false;
	list = objects_list(call->engine->objects, OBJECT_POOL, "");
	if (args->need_results)
		ret->pools.pools_val = g_new0(remote_nonnull_storage_pool, list->len + 1);
	for (guint i = 0; i < list->len; i++) {
		if (!passes(list->pdata[i], args->flags))
			continue;
		if (args->need_results)
			fill_pool(list->pdata[i], &ret->pools.pools_val[count]);
		count++;
	}
	ret->pools.pools_len = args->need_results ? count : 0;
	ret->ret = count;
	return true;
}

bool serve_connect_num_of_storage_pools(Call *call, G_GNUC_UNUSED NOTHING *args,
					remote_connect_num_of_storage_pools_ret *ret,
					G_GNUC_UNUSED GError **error)
{
	ret->num = (int)objects_count(call->engine->objects, OBJECT_POOL, true);
	return true;
}

bool serve_connect_num_of_defined_storage_pools(Call *call, G_GNUC_UNUSED NOTHING *args,
						remote_connect_num_of_defined_storage_pools_ret *ret,
						G_GNUC_UNUSED GError **error)
{
	ret->num = (int)objects_count(call->engine->objects, OBJECT_POOL, false);
	return true;
}

bool serve_connect_list_storage_pools(Call *call, remote_connect_list_storage_pools_args *args,
				      remote_connect_list_storage_pools_ret *ret, GError **error)
{
	const NamesQuery query = { OBJECT_POOL, true, args->maxnames,
				   REMOTE_STORAGE_POOL_LIST_MAX };

	return objects_names(call->engine->objects, &query, &ret->names.names_val,
			     &ret->names.names_len, error);
}

bool serve_connect_list_defined_storage_pools(Call *call,
					      remote_connect_list_defined_storage_pools_args *args,
					      remote_connect_list_defined_storage_pools_ret *ret,
					      GError **error)
{
	const NamesQuery query = { OBJECT_POOL, false, args->maxnames,
				   REMOTE_STORAGE_POOL_LIST_MAX };

	return objects_names(call->engine->objects, &query, &ret->names.names_val,
			     &ret->names.names_len, error);
}

/* ---- definitions --------------------------------------------------------------------------- */

bool serve_storage_pool_define_xml(Call *call, remote_storage_pool_define_xml_args *args,
				   remote_storage_pool_define_xml_ret *ret, GError **error)
{
	g_autoptr(PoolDef) def = NULL;
	g_autofree char *text = NULL;
	ObjectSpec spec = { .kind = OBJECT_POOL };
	g_auto(ObjectHold) object = NULL;

	if (!call_flags(call, args->flags, VIR_STORAGE_POOL_DEFINE_VALIDATE, error))
		return false;
	def = pool_def_parse(args->xml, strlen(args->xml),
			     CONF_INACTIVE | (args->flags ? CONF_VALIDATE : 0), NULL, error);
	if (!def)
		return false;
	text = pool_def_format(def, CONF_INACTIVE | CONF_SECURE);
	spec.uuid = def->uuid.bytes;
	spec.name = def->name;
	spec.xml = text;
	object = object_claim_wait(call->engine->objects, &spec, "a definition", error);
	if (!object)
		return false;
	/* One that runs without a definition runs on, and again after a restart. */
	spec.extra = object->active ? POOL_EXTRA_ACTIVE : "";
	if (!object_store_commit(call, object, &spec, error))
		return false;
	fill_pool(object, &ret->pool);
	emit_lifecycle(object, VIR_STORAGE_POOL_EVENT_DEFINED);
	return true;
}

bool serve_storage_pool_undefine(Call *call, remote_storage_pool_undefine_args *args,
				 G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = hold_pool_wait(call, &args->pool, "an undefine", error);

	if (!object)
		return false;
	if (object->active)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("storage pool '%s' is active; stop it before undefining it"),
			    object->name);
	if (!object_undefine_commit(call, object, error))
		return false;
	emit_lifecycle(object, VIR_STORAGE_POOL_EVENT_UNDEFINED);
	return true;
}

bool serve_storage_pool_get_xml_desc(Call *call, remote_storage_pool_get_xml_desc_args *args,
				     remote_storage_pool_get_xml_desc_ret *ret, GError **error)
{
	Object *object = get_pool(call, &args->pool, error);

	if (!object || !call_flags(call, args->flags, VIR_STORAGE_XML_INACTIVE, error))
		return false;
	ret->xml = pool_xml(object, (args->flags & VIR_STORAGE_XML_INACTIVE) != 0, error);
	return ret->xml != NULL;
}

bool serve_storage_pool_get_info(Call *call, remote_storage_pool_get_info_args *args,
				 remote_storage_pool_get_info_ret *ret, GError **error)
{
	Object *object = get_pool(call, &args->pool, error);

	const ActivePool *pool;

	if (!object)
		return false;
	pool = pool_active(object, NULL);
	ret->state = pool ? VIR_STORAGE_POOL_RUNNING : VIR_STORAGE_POOL_INACTIVE;
	if (pool) {
		ret->capacity = pool->capacity;
		ret->allocation = pool->allocation;
		ret->available = pool->available;
	}
	return true;
}

bool serve_storage_pool_get_autostart(Call *call, remote_storage_pool_get_autostart_args *args,
				      remote_storage_pool_get_autostart_ret *ret, GError **error)
{
	Object *object = get_pool(call, &args->pool, error);

	if (object)
		ret->autostart = object->autostart;
	return object != NULL;
}

bool serve_storage_pool_set_autostart(Call *call, remote_storage_pool_set_autostart_args *args,
				      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = hold_pool_wait(call, &args->pool, "a change", error);

	return object && object_mark_commit(call, object, args->autostart != 0, NULL, error);
}

bool serve_storage_pool_is_active(Call *call, remote_storage_pool_is_active_args *args,
				  remote_storage_pool_is_active_ret *ret, GError **error)
{
	Object *object = get_pool(call, &args->pool, error);

	if (object)
		ret->active = object->active;
	return object != NULL;
}

bool serve_storage_pool_is_persistent(Call *call, remote_storage_pool_is_persistent_args *args,
				      remote_storage_pool_is_persistent_ret *ret, GError **error)
{
	Object *object = get_pool(call, &args->pool, error);

	if (object)
		ret->persistent = object->persistent;
	return object != NULL;
}

/* ---- running pools ------------------------------------------------------------------------- */

#define CREATE_FLAGS \
	(VIR_STORAGE_POOL_CREATE_WITH_BUILD | VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE | \
	 VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE)

bool serve_storage_pool_create(Call *call, remote_storage_pool_create_args *args,
			       G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = hold_pool_wait(call, &args->pool, "a start", error);

	if (!object || !call_flags(call, args->flags, CREATE_FLAGS, error))
		return false;
	if (!pool_start_call(object, args->flags, error))
		return false;
	if (object->persistent &&
	    !object_mark_commit(call, object, object->autostart, POOL_EXTRA_ACTIVE, error)) {
		pool_stop(object);
		return false;
	}
	emit_lifecycle(object, VIR_STORAGE_POOL_EVENT_STARTED);
	return true;
}

bool serve_storage_pool_create_xml(Call *call, remote_storage_pool_create_xml_args *args,
				   remote_storage_pool_create_xml_ret *ret, GError **error)
{
	g_autoptr(PoolDef) def = NULL;
	g_autofree char *text = NULL;
	ObjectSpec spec = { .kind = OBJECT_POOL };
	g_auto(ObjectHold) object = NULL;

	if (!call_flags(call, args->flags, CREATE_FLAGS, error))
		return false;
	def = pool_def_parse(args->xml, strlen(args->xml), CONF_INACTIVE, NULL, error);
	if (!def)
		return false;
	text = pool_def_format(def, CONF_INACTIVE | CONF_SECURE);
	spec.uuid = def->uuid.bytes;
	spec.name = def->name;
	spec.xml = text;
	object = object_claim_wait(call->engine->objects, &spec, "a start", error);
	if (!object || !pool_start_call(object, args->flags, error))
		return false;
	if (object->persistent &&
	    !object_mark_commit(call, object, object->autostart, POOL_EXTRA_ACTIVE, error)) {
		pool_stop(object);
		return false;
	}
	object_publish(object);
	fill_pool(object, &ret->pool);
	emit_lifecycle(object, VIR_STORAGE_POOL_EVENT_STARTED);
	return true;
}

bool serve_storage_pool_destroy(Call *call, remote_storage_pool_destroy_args *args,
				G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = hold_pool_wait(call, &args->pool, "a stop", error);

	if (!object || !pool_active(object, error))
		return false;
	if (object->persistent && !object_mark_commit(call, object, object->autostart, "", error))
		return false;
	pool_stop(object);
	emit_lifecycle(object, VIR_STORAGE_POOL_EVENT_STOPPED);
	return true;
}

bool serve_storage_pool_build(Call *call, remote_storage_pool_build_args *args,
			      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	const unsigned known = VIR_STORAGE_POOL_BUILD_OVERWRITE | VIR_STORAGE_POOL_BUILD_NO_OVERWRITE;
	g_auto(ObjectHold) object = hold_pool_wait(call, &args->pool, "a build", error);

	if (!object || !call_flags(call, args->flags, known, error))
		return false;
	if (!pool_build_call(object, args->flags, error))
		return false;
	emit_lifecycle(object, VIR_STORAGE_POOL_EVENT_CREATED);
	return true;
}

bool serve_storage_pool_delete(Call *call, remote_storage_pool_delete_args *args,
			       G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = hold_pool_wait(call, &args->pool, "a deletion", error);

	if (!object || !call_flags(call, args->flags, 0, error) || !pool_delete_call(object, error))
		return false;
	emit_lifecycle(object, VIR_STORAGE_POOL_EVENT_DELETED);
	return true;
}

bool serve_storage_pool_refresh(Call *call, remote_storage_pool_refresh_args *args,
				G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	remote_storage_pool_event_refresh_msg message = { 0 };
	g_auto(ObjectHold) object = hold_pool_wait(call, &args->pool, "a refresh", error);

	if (!object || !call_flags(call, args->flags, 0, error) || !pool_refresh_call(object, error))
		return false;
	message.pool.name = object->name;
	memcpy(message.pool.uuid, object->uuid, sizeof(object->uuid));
	object_emit(object, EVENT_STORAGE_POOL, VIR_STORAGE_POOL_EVENT_ID_REFRESH,
		    (xdrproc_t)xdr_remote_storage_pool_event_refresh_msg, &message);
	return true;
}
