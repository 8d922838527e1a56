/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of active storage pools. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/front/serve.h"
#include "daemon/storage/pool.h"

/* Borrowed. */
static Object *get_pool(Call *call, const remote_nonnull_storage_pool *pool, GError **error)
{
	return object_get_uuid(call->engine->objects, OBJECT_POOL, (const uint8_t *)pool->uuid, error);
}

static void fill_volume(const Object *object, const Volume *volume, remote_nonnull_storage_vol *ret)
{
	ret->pool = g_strdup(object->name);
	ret->name = g_strdup(volume->name);
	ret->key = g_strdup(volume->path);
}

/* Both borrowed; by the key, as it cannot change its meaning. */
static Volume *get_volume(Call *call, const remote_nonnull_storage_vol *vol, Object **ret_pool,
			  GError **error)
{
	Volume *volume = pools_find_path(call->engine->objects, vol->key, ret_pool);

	if (volume)
		return volume;
	*ret_pool = object_get_name(call->engine->objects, OBJECT_POOL, NULL, vol->pool, error);
	if (!*ret_pool || !pool_active(*ret_pool, error))
		return NULL;
	return fail_null(error, VIR_ERR_NO_STORAGE_VOL, _("storage pool '%s' has no volume '%s'"),
			 vol->pool, vol->name);
}

/* The pool of a volume, for a change of that; *ret_name is the volume's, the caller's. */
static ObjectHold hold_volume_wait(Call *call, const remote_nonnull_storage_vol *vol,
				   const char *what, char **ret_name, GError **error)
{
	Object *object;
	const Volume *volume = get_volume(call, vol, &object, error);

	if (!volume)
		return NULL;
	*ret_name = g_strdup(volume->name);
	return object_hold_wait(object, what, error);
}

/* ---- look-up and listing ------------------------------------------------------------------- */

bool serve_storage_pool_num_of_volumes(Call *call, remote_storage_pool_num_of_volumes_args *args,
				       remote_storage_pool_num_of_volumes_ret *ret, GError **error)
{
	const Object *object = get_pool(call, &args->pool, error);
	const ActivePool *pool = object ? pool_active(object, error) : NULL;

	if (pool)
		ret->num = (int)pool->volumes->len;
	return pool != NULL;
}

bool serve_storage_pool_list_volumes(Call *call, remote_storage_pool_list_volumes_args *args,
				     remote_storage_pool_list_volumes_ret *ret, GError **error)
{
	const Object *object = get_pool(call, &args->pool, error);
	const ActivePool *pool = object ? pool_active(object, error) : NULL;

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
	const Object *object = get_pool(call, &args->pool, error);
	const ActivePool *pool = object ? pool_active(object, error) : NULL;

	*ret = (remote_storage_pool_list_all_volumes_ret){ .ret = 0 };
	if (!pool || !call_flags(call, args->flags, 0, error))
		return false;
	ret->ret = pool->volumes->len;
	if (!args->need_results)
		return true;
	ret->vols.vols_len = pool->volumes->len;
	ret->vols.vols_val = g_new0(remote_nonnull_storage_vol, pool->volumes->len + 1);
	for (guint i = 0; i < pool->volumes->len; i++)
		fill_volume(object, pool->volumes->pdata[i], &ret->vols.vols_val[i]);
	return true;
}

bool serve_storage_vol_lookup_by_name(Call *call, remote_storage_vol_lookup_by_name_args *args,
				      remote_storage_vol_lookup_by_name_ret *ret, GError **error)
{
	const Object *object = get_pool(call, &args->pool, error);
	const ActivePool *pool = object ? pool_active(object, error) : NULL;
	const Volume *volume = pool ? pool_find_volume(pool, args->name) : NULL;

	if (!pool)
		return false;
	if (!volume)
		return fail(error, VIR_ERR_NO_STORAGE_VOL, _("storage pool '%s' has no volume '%s'"),
			    object->name, args->name);
	fill_volume(object, volume, &ret->vol);
	return true;
}

static bool lookup_path(Call *call, const char *path, remote_nonnull_storage_vol *ret,
			GError **error)
{
	g_autofree char *clean = g_canonicalize_filename(path, "/");
	Object *object;
	const Volume *volume = pools_find_path(call->engine->objects, clean, &object);

	if (!volume)
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

bool serve_storage_pool_lookup_by_volume(Call *call, remote_storage_pool_lookup_by_volume_args *args,
					 remote_storage_pool_lookup_by_volume_ret *ret,
					 GError **error)
{
	Object *object;

	if (!get_volume(call, &args->vol, &object, error))
		return false;
	ret->pool.name = g_strdup(object->name);
	memcpy(ret->pool.uuid, object->uuid, sizeof(object->uuid));
	return true;
}

/* ---- one volume ---------------------------------------------------------------------------- */

/* As it is now, not as it was when the pool was looked at. */
static Volume *look_call(Call *call, const remote_nonnull_storage_vol *vol, GError **error)
{
	Object *object;
	const Volume *volume = get_volume(call, vol, &object, error);

	return volume ? pool_look_call(object, volume->name, error) : NULL;
}

bool serve_storage_vol_get_info(Call *call, remote_storage_vol_get_info_args *args,
				remote_storage_vol_get_info_ret *ret, GError **error)
{
	g_autoptr(Volume) volume = look_call(call, &args->vol, error);

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
	volume = look_call(call, &args->vol, error);
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
	volume = look_call(call, &args->vol, error);
	if (volume)
		ret->xml = volume_def_format(volume->def, CONF_SECURE);
	return volume != NULL;
}

bool serve_storage_vol_get_path(Call *call, remote_storage_vol_get_path_args *args,
				remote_storage_vol_get_path_ret *ret, GError **error)
{
	Object *object;
	const Volume *volume = get_volume(call, &args->vol, &object, error);

	if (volume)
		ret->name = g_strdup(volume->path);
	return volume != NULL;
}

bool serve_storage_vol_create_xml(Call *call, remote_storage_vol_create_xml_args *args,
				  remote_storage_vol_create_xml_ret *ret, GError **error)
{
	const unsigned known =
		VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA | VIR_STORAGE_VOL_CREATE_VALIDATE;
	g_autoptr(VolumeDef) def = NULL;
	Object *found = get_pool(call, &args->pool, error);
	g_auto(ObjectHold) object = NULL;
	const Volume *volume;

	if (!found || !pool_active(found, error) || !call_flags(call, args->flags, known, error))
		return false;
	def = volume_def_parse(args->xml, strlen(args->xml),
			       args->flags & VIR_STORAGE_VOL_CREATE_VALIDATE ? CONF_VALIDATE : 0, NULL,
			       error);
	if (!def)
		return false;
	object = object_hold_wait(found, "a new volume", error);
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
	g_autofree char *name = NULL;
	g_auto(ObjectHold) object = NULL;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	object = hold_volume_wait(call, &args->vol, "a deletion of a volume", &name, error);
	return object && pool_delete_volume_call(object, name, error);
}

#define RESIZE_FLAGS \
	(VIR_STORAGE_VOL_RESIZE_ALLOCATE | VIR_STORAGE_VOL_RESIZE_DELTA | VIR_STORAGE_VOL_RESIZE_SHRINK)

bool serve_storage_vol_resize(Call *call, remote_storage_vol_resize_args *args,
			      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_autofree char *name = NULL;
	g_auto(ObjectHold) object = NULL;

	if (!call_flags(call, args->flags, RESIZE_FLAGS, error))
		return false;
	object = hold_volume_wait(call, &args->vol, "a change of a volume", &name, error);
	return object && pool_resize_volume_call(object, name, args->capacity, args->flags, error);
}
