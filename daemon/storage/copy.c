/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work on volumes that takes its time: copies and wipes. The pool is not held meanwhile; the volumes are in use. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/plain.h"
#include "daemon/storage/disk.h"
#include "daemon/storage/pool.h"
#include "daemon/storage/use.h"
#include "daemon/storage/volume.h"

/* What is copied, with copies of all strings: the pool may change while somebody waits. */
typedef struct Source {
	PoolDef *pool;
	VolumeDef *def;
	char *path;
} Source;

static void source_clear(Source *source)
{
	pool_def_free(source->pool);
	volume_def_free(source->def);
	g_free(source->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Source, source_clear)

static bool source_look_call(Object *object, const char *name, Source *ret, GError **error)
{
	g_autoptr(Volume) volume = pool_look_call(object, name, error);
	const ActivePool *pool = volume ? pool_active(object, error) : NULL;

	if (!pool)
		return false;
	if (volume->def->type != VOLUME_TYPE_FILE && volume->def->type != VOLUME_TYPE_BLOCK)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("volume '%s' is a directory, which cannot be copied"),
			    name);
	ret->pool = pool_def_copy(pool->def);
	ret->path = g_strdup(volume->path);
	ret->def = g_steal_pointer(&volume->def);
	return true;
}

/* What the copy shall be. */
static bool fill_made(Engine *engine, VolumeDef *def, unsigned flags, priv_volume_create_args *ret, GError **error)
{
	if (!volume_create_args(engine, def, ret, error))
		return false;
	ret->permissions = storage_permissions(def->target.permissions);
	if (!(flags & VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA))
		return true;
	ret->preallocate_metadata = strcmp(ret->format, "qcow2") == 0;
	return ret->preallocate_metadata ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("volume '%s': only qcow2 can have its metadata preallocated"),
		    def->name);
}

/* May there be a volume of that name? */
static bool name_check(const Object *object, const ActivePool *pool, const VolumeDef *def, GError **error)
{
	if (!text_is_line(def->name))
		return fail(error, VIR_ERR_XML_ERROR, _("the name of a volume cannot contain control characters"));
	return !pool_find_volume(pool, def->name) ||
	       fail(error, VIR_ERR_STORAGE_VOL_EXIST, _("storage pool '%s' has a volume named '%s' already"),
		    object->name, def->name);
}

/* Both volumes are in use. Parks for as long as it takes. */
static bool copy_call(Object *object, VolumeDef *def, const Source *source, unsigned flags, GError **error)
{
	const ActivePool *pool = pool_active(object, error);
	g_autoptr(PoolDef) pool_def = pool ? pool_def_copy(pool->def) : NULL;
	g_auto(ObjectHold) held = NULL;
	priv_volume_clone_args args = { .reflink = (flags & VIR_STORAGE_VOL_CREATE_REFLINK) != 0 };
	priv_volume_ret ret = { 0 };
	bool done;

	if (!pool)
		return false;
	args.pool = source->pool->target.path;
	def->capacity_bytes = MAX(def->capacity_bytes, source->def->capacity_bytes);
	def->has_capacity = true;
	done = fill_made(object->engine, def, flags, &args.made, error) &&
	       volume_source_args(object->engine, source->def, &args, error) &&
	       pool->backend->clone_call(object->engine, pool_def, &args, &ret, error);
	volume_create_args_clear(&args.made);
	volume_source_args_clear(&args);
	if (!done)
		return false;
	held = object_hold_wait(object, "a new volume", error);
	if (held && object->active)
		return pool_take_volume(object, &ret, def, error);
	xdr_free((xdrproc_t)xdr_priv_volume_ret, (char *)&ret);
	return held && pool_active(object, error);
}

bool pool_clone_volume_call(Object *object, VolumeDef *def, VolumeCopy *copy, GError **error)
{
	g_auto(Source) source = { 0 };
	g_autofree char *path = NULL;
	const ActivePool *pool;
	bool done = false;

	if (!source_look_call(copy->from, copy->name, &source, error))
		return false;
	pool = pool_active(object, error);
	if (!pool || !name_check(object, pool, def, error))
		return false;
	path = g_build_filename(pool->def->target.path, def->name, NULL);
	if (!volume_use_begin(path, VOLUME_WRITE, N_("is being made"), error))
		return false;
	if (volume_use_begin(source.path, VOLUME_READ, N_("is being copied"), error)) {
		done = copy_call(object, def, &source, copy->flags, error);
		volume_use_end(source.path, VOLUME_READ);
	}
	volume_use_end(path, VOLUME_WRITE);
	if (done)
		copy->key = g_steal_pointer(&path);
	return done;
}

bool pool_wipe_volume_call(Object *object, const char *name, unsigned algorithm, GError **error)
{
	priv_volume_wipe_args args = { .algorithm = algorithm };
	const ActivePool *pool;
	g_auto(Source) source = { 0 };
	bool done;

	if (!source_look_call(object, name, &source, error))
		return false;
	pool = object->data;
	if (!disk_is_unused(object->engine, source.path, error) ||
	    !volume_use_begin(source.path, VOLUME_WRITE, N_("is being wiped"), error))
		return false;
	args.name = source.def->name;
	done = pool->backend->wipe_call(object->engine, source.pool, &args, error);
	volume_use_end(source.path, VOLUME_WRITE);
	return done;
}
