/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of active storage pools. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/access.h"
#include "daemon/client/serve.h"
#include "daemon/object/class.h"
#include "daemon/storage/pool.h"

static void fill_volume(const Object *object, const Volume *volume, remote_nonnull_storage_vol *ret)
{
	ret->pool = g_strdup(object->name);
	ret->name = g_strdup(volume->name);
	ret->key = g_strdup(volume->path);
}

/* ---- look-up and listing ------------------------------------------------------------------- */

bool serve_storage_pool_num_of_volumes(Call *call, G_GNUC_UNUSED remote_storage_pool_num_of_volumes_args *args,
				       remote_storage_pool_num_of_volumes_ret *ret, GError **error)
{
	const ActivePool *pool = pool_active(call->object, error);

	if (pool)
		ret->num = (int)pool->volumes->len;
	return pool != NULL;
}

bool serve_storage_pool_list_volumes(Call *call, remote_storage_pool_list_volumes_args *args,
				     remote_storage_pool_list_volumes_ret *ret, GError **error)
{
	const ActivePool *pool = pool_active(call->object, error);

	if (!pool)
		return false;
	if (args->maxnames < 0 || args->maxnames > REMOTE_STORAGE_VOL_LIST_MAX)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("%d names were asked for; between 0 and %d can be"), args->maxnames,
			    REMOTE_STORAGE_VOL_LIST_MAX);
	ret->names.names_len = MIN(pool->volumes->len, (guint)args->maxnames);
	ret->names.names_val = g_new0(char *, ret->names.names_len + 1);
	for (u_int i = 0; i < ret->names.names_len; i++)
		ret->names.names_val[i] = g_strdup(((const Volume *)pool->volumes->pdata[i])->name);
	return true;
}

bool serve_storage_pool_list_all_volumes(Call *call, remote_storage_pool_list_all_volumes_args *args,
					 remote_storage_pool_list_all_volumes_ret *ret,
					 GError **error)
{
	const ActivePool *pool = pool_active(call->object, error);

	*ret = (remote_storage_pool_list_all_volumes_ret){ .ret = 0 };
	if (!pool || !call_flags(call, args->flags, 0, error))
		return false;
	ret->ret = pool->volumes->len;
	if (!args->need_results)
		return true;
	ret->vols.vols_len = pool->volumes->len;
	ret->vols.vols_val = g_new0(remote_nonnull_storage_vol, pool->volumes->len + 1);
	for (guint i = 0; i < pool->volumes->len; i++)
		fill_volume(call->object, pool->volumes->pdata[i], &ret->vols.vols_val[i]);
	return true;
}

bool serve_storage_vol_lookup_by_name(Call *call, remote_storage_vol_lookup_by_name_args *args,
				      remote_storage_vol_lookup_by_name_ret *ret, GError **error)
{
	const ActivePool *pool = pool_active(call->object, error);
	const Volume *volume = pool ? pool_find_volume(pool, args->name) : NULL;

	if (!pool)
		return false;
	if (!volume)
		return fail(error, VIR_ERR_NO_STORAGE_VOL, _("storage pool '%s' has no volume '%s'"),
			    call->object->name, args->name);
	fill_volume(call->object, volume, &ret->vol);
	return true;
}

static bool lookup_path(Call *call, const char *path, remote_nonnull_storage_vol *ret,
			GError **error)
{
	g_autofree char *clean = g_canonicalize_filename(path, "/");
	Object *object;
	const Volume *volume = pools_find_path(call->engine->objects, clean, &object);

	if (!volume || !call_sees_object(call, object))
		return fail(error, VIR_ERR_NO_STORAGE_VOL,
			    _("no active storage pool has a volume at '%s'"), path);
	fill_volume(object, volume, ret);
	return true;
}

bool serve_storage_vol_lookup_by_key(Call *call, remote_storage_vol_lookup_by_key_args *args,
				     remote_storage_vol_lookup_by_key_ret *ret, GError **error)
{
	return lookup_path(call, args->key, &ret->vol, error);
}

bool serve_storage_vol_lookup_by_path(Call *call, remote_storage_vol_lookup_by_path_args *args,
				      remote_storage_vol_lookup_by_path_ret *ret, GError **error)
{
	return lookup_path(call, args->path, &ret->vol, error);
}

bool serve_storage_pool_lookup_by_volume(Call *call, G_GNUC_UNUSED remote_storage_pool_lookup_by_volume_args *args,
					 remote_storage_pool_lookup_by_volume_ret *ret,
					 G_GNUC_UNUSED GError **error)
{
	object_fill_named(call->object, &ret->pool);
	return true;
}

/* ---- one volume ---------------------------------------------------------------------------- */

bool serve_storage_vol_get_info(Call *call, G_GNUC_UNUSED remote_storage_vol_get_info_args *args,
				remote_storage_vol_get_info_ret *ret, GError **error)
{
	g_autoptr(Volume) volume = pool_look_call(call->object, call->volume, error);

	if (!volume)
		return false;
	ret->type = (char)(volume->def->type - 1); /* virStorageVolType counts from 0 */
	ret->capacity = volume->def->capacity_bytes;
	ret->allocation = volume->def->allocation_bytes;
	return true;
}

bool serve_storage_vol_get_info_flags(Call *call, remote_storage_vol_get_info_flags_args *args,
				      remote_storage_vol_get_info_flags_ret *ret, GError **error)
{
	g_autoptr(Volume) volume = NULL;

	if (!call_flags(call, args->flags, VIR_STORAGE_VOL_GET_PHYSICAL, error))
		return false;
	volume = pool_look_call(call->object, call->volume, error);
	if (!volume)
		return false;
	ret->type = (char)(volume->def->type - 1);
	ret->capacity = volume->def->capacity_bytes;
	ret->allocation = args->flags & VIR_STORAGE_VOL_GET_PHYSICAL ? volume->def->physical_bytes :
								       volume->def->allocation_bytes;
	return true;
}

bool serve_storage_vol_get_xml_desc(Call *call, remote_storage_vol_get_xml_desc_args *args,
				    remote_storage_vol_get_xml_desc_ret *ret, GError **error)
{
	g_autoptr(Volume) volume = NULL;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	volume = pool_look_call(call->object, call->volume, error);
	if (volume)
		ret->xml = volume_def_format(volume->def, CONF_SECURE);
	return volume != NULL;
}

bool serve_storage_vol_get_path(Call *call, G_GNUC_UNUSED remote_storage_vol_get_path_args *args,
				remote_storage_vol_get_path_ret *ret, GError **error)
{
	const ActivePool *pool = pool_active(call->object, error);

	if (pool)
		ret->name = g_build_filename(pool->def->target.path, call->volume, NULL);
	return pool != NULL;
}

bool serve_storage_vol_create_xml(Call *call, remote_storage_vol_create_xml_args *args,
				  remote_storage_vol_create_xml_ret *ret, GError **error)
{
	const unsigned known =
		VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA | VIR_STORAGE_VOL_CREATE_VALIDATE;
	g_autoptr(VolumeDef) def = NULL;
	g_auto(ObjectHold) object = NULL;
	const Volume *volume;

	if (!pool_active(call->object, error) || !call_flags(call, args->flags, known, error))
		return false;
	def = volume_def_parse(args->xml, strlen(args->xml),
			       args->flags & VIR_STORAGE_VOL_CREATE_VALIDATE ? CONF_VALIDATE : 0, NULL,
			       error);
	if (!def)
		return false;
	object = object_hold_wait(call->object, "a new volume", error);
	if (!object)
		return false;
	volume = pool_create_volume_call(object, def, args->flags, error);
	if (volume)
		fill_volume(object, volume, &ret->vol);
	return volume != NULL;
}

bool serve_storage_vol_delete(Call *call, remote_storage_vol_delete_args *args,
			      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = NULL;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	object = object_hold_wait(call->object, "a deletion of a volume", error);
	return object && pool_delete_volume_call(object, call->volume, error);
}

#define RESIZE_FLAGS \
	(VIR_STORAGE_VOL_RESIZE_ALLOCATE | VIR_STORAGE_VOL_RESIZE_DELTA | VIR_STORAGE_VOL_RESIZE_SHRINK)

bool serve_storage_vol_resize(Call *call, remote_storage_vol_resize_args *args,
			      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = NULL;

	if (!call_flags(call, args->flags, RESIZE_FLAGS, error))
		return false;
	object = object_hold_wait(call->object, "a change of a volume", error);
	return object && pool_resize_volume_call(object, call->volume, args->capacity, args->flags, error);
}
