/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools: their class, and the calls that no other kind of object has. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/storage/pool.h"
#include "daemon/client/serve.h"
#include "daemon/object/class.h"
#include "daemon/storage/pool.h"

static void emit(const Object *object, int event)
{
	remote_storage_pool_event_lifecycle_msg message = { .event = event };

	object_fill_named(object, &message.pool);
	object_emit(object, EVENT_STORAGE_POOL, VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
		    (xdrproc_t)xdr_remote_storage_pool_event_lifecycle_msg, &message);
	g_free(message.pool.name);
}

void pool_emit_refresh(const Object *object)
{
	remote_storage_pool_event_refresh_msg message = { 0 };

	object_fill_named(object, &message.pool);
	object_emit(object, EVENT_STORAGE_POOL, VIR_STORAGE_POOL_EVENT_ID_REFRESH,
		    (xdrproc_t)xdr_remote_storage_pool_event_refresh_msg, &message);
	g_free(message.pool.name);
}

static PoolDef *pool_def(const Object *object, GError **error)
{
	return pool_def_parse(object->xml, strlen(object->xml), CONF_INACTIVE, NULL, error);
}

/* ---- the class ----------------------------------------------------------------------------- */

static void *parse(const char *xml, unsigned conf, GError **error)
{
	return pool_def_parse(xml, strlen(xml), CONF_INACTIVE | conf, NULL, error);
}

static char *format(const void *def)
{
	return pool_def_format(def, CONF_INACTIVE | CONF_SECURE);
}

static void def_free(void *def)
{
	pool_def_free(def);
}

static uint8_t *def_uuid(void *def)
{
	return ((PoolDef *)def)->uuid.bytes;
}

static char *def_name(const void *def)
{
	return g_strdup(((const PoolDef *)def)->name);
}

static char *show(const Object *object, unsigned flags, GError **error)
{
	return pool_xml(object, (flags & VIR_STORAGE_XML_INACTIVE) != 0, error);
}

static const struct ObjectPair pairs[] = {
	{ VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE, VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE,
	  object_is_active },
	{ VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT, VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT,
	  object_is_persistent },
	{ VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART, VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART,
	  object_is_autostarted },
	{ 0 },
};

/* Pools by type: VIR_CONNECT_LIST_STORAGE_POOLS_DIR is bit 6, and so on in the order of PoolType. */
#define TYPE_SHIFT 6

static bool passes(const Object *object, unsigned flags)
{
	unsigned types = flags >> TYPE_SHIFT;
	g_autoptr(PoolDef) def = types ? pool_def(object, NULL) : NULL;

	return !types || (def && types & (1u << (def->type - 1)));
}

static bool may_undefine(const Object *object, GError **error)
{
	return !object->active ||
	       fail(error, VIR_ERR_OPERATION_INVALID,
		    _("storage pool '%s' is active; stop it before undefining it"), object->name);
}

const ObjectClass pool_class = {
	.stored = "pool",
	.text = N_("storage pool"),
	.missing = VIR_ERR_NO_STORAGE_POOL,
	.exists = VIR_ERR_OPERATION_FAILED,
	.define_flags = VIR_STORAGE_POOL_DEFINE_VALIDATE,
	.parse = parse,
	.format = format,
	.free = def_free,
	.uuid = def_uuid,
	.name = def_name,
	.show_flags = VIR_STORAGE_XML_INACTIVE,
	.show = show,
	.handle_size = sizeof(remote_nonnull_storage_pool),
	.fill = object_fill_named,
	.pairs = pairs,
	.more_flags = ((1u << (POOL_TYPE_LAST - 1)) - 1) << TYPE_SHIFT,
	.passes = passes,
	.emit = emit,
	.defined = VIR_STORAGE_POOL_EVENT_DEFINED,
	.undefined = VIR_STORAGE_POOL_EVENT_UNDEFINED,
	.started = VIR_STORAGE_POOL_EVENT_STARTED,
	.stopped = VIR_STORAGE_POOL_EVENT_STOPPED,
	.start_flags = VIR_STORAGE_POOL_CREATE_WITH_BUILD |
		       VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE |
		       VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE,
	.start_call = pool_start_call,
	.stop_call = pool_stop_call,
	.may_undefine = may_undefine,
};

/* ---- calls of pools alone ------------------------------------------------------------------ */

bool serve_storage_pool_lookup_by_target_path(Call *call,
					      remote_storage_pool_lookup_by_target_path_args *args,
					      remote_storage_pool_lookup_by_target_path_ret *ret,
					      GError **error)
{
	g_autoptr(GPtrArray) list = objects_seen(call, OBJECT_POOL, "");
	g_autofree char *path = g_canonicalize_filename(args->path, "/");

	for (guint i = 0; i < list->len; i++) {
		g_autoptr(PoolDef) def = pool_def(list->pdata[i], NULL);

		if (!def || g_strcmp0(def->target.path, path) != 0)
			continue;
		object_fill_named(list->pdata[i], &ret->pool);
		return true;
	}
	return fail(error, VIR_ERR_NO_STORAGE_POOL, _("there is no storage pool at '%s'"), path);
}

bool serve_storage_pool_get_info(Call *call, G_GNUC_UNUSED remote_storage_pool_get_info_args *args,
				 remote_storage_pool_get_info_ret *ret,
				 G_GNUC_UNUSED GError **error)
{
	const ActivePool *pool = pool_active(call->object, NULL);

	ret->state = pool ? VIR_STORAGE_POOL_RUNNING : VIR_STORAGE_POOL_INACTIVE;
	if (pool) {
		ret->capacity = pool->capacity;
		ret->allocation = pool->allocation;
		ret->available = pool->available;
	}
	return true;
}

bool serve_storage_pool_build(Call *call, remote_storage_pool_build_args *args,
			      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	const unsigned known = VIR_STORAGE_POOL_BUILD_OVERWRITE | VIR_STORAGE_POOL_BUILD_NO_OVERWRITE;
	g_auto(ObjectHold) object = object_hold_wait(call->object, "a build", error);

	if (!object || !call_flags(call, args->flags, known, error))
		return false;
	if (!pool_build_call(object, args->flags, error))
		return false;
	emit(object, VIR_STORAGE_POOL_EVENT_CREATED);
	return true;
}

bool serve_storage_pool_delete(Call *call, remote_storage_pool_delete_args *args,
			       G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = object_hold_wait(call->object, "a deletion", error);

	if (!object || !call_flags(call, args->flags, 0, error) || !pool_delete_call(object, error))
		return false;
	emit(object, VIR_STORAGE_POOL_EVENT_DELETED);
	return true;
}

bool serve_storage_pool_refresh(Call *call, remote_storage_pool_refresh_args *args,
				G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = object_hold_wait(call->object, "a refresh", error);

	if (!object || !call_flags(call, args->flags, 0, error) || !pool_refresh_call(object, error))
		return false;
	pool_emit_refresh(object);
	return true;
}
