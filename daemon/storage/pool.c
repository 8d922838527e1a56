/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/storage/pool.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/plain.h"
#include "daemon/storage/disk.h"
#include "daemon/storage/use.h"
#include "daemon/storage/volume.h"

enum { TURN = 256 }; /* volumes that are taken over before others have their turn */

/* ---- memory -------------------------------------------------------------------------------- */

static void active_pool_free(void *data)
{
	ActivePool *pool = data;

	if (!pool)
		return;
	pool_def_free(pool->def);
	g_ptr_array_unref(pool->volumes);
	g_free(pool);
}

static PoolDef *parse_def(const Object *object, GError **error)
{
	return pool_def_parse(object->xml, strlen(object->xml), CONF_INACTIVE, NULL, error);
}

ActivePool *pool_active(const Object *object, GError **error)
{
	if (object->active && object->data)
		return object->data;
	return fail_null(error, VIR_ERR_OPERATION_INVALID, _("storage pool '%s' is not active"),
			 object->name);
}

/* Where @name stands among the volumes, or would have to. */
static guint volume_position(const ActivePool *pool, const char *name, bool *ret_found)
{
	guint from = 0, to = pool->volumes->len;

	*ret_found = false;
	while (from < to && !*ret_found) {
		guint middle = from + (to - from) / 2;
		int order = strcmp(((const Volume *)pool->volumes->pdata[middle])->name, name);

		*ret_found = order == 0;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return to;
}

Volume *pool_find_volume(const ActivePool *pool, const char *name)
{
	bool found;
	guint position = volume_position(pool, name, &found);

	return found ? pool->volumes->pdata[position] : NULL;
}

static void remove_volume(ActivePool *pool, const char *name)
{
	bool found;
	guint position = volume_position(pool, name, &found);

	if (found)
		g_ptr_array_remove_index(pool->volumes, position);
}

Volume *pools_find_path(Objects *objects, const char *path, Object **ret_pool)
{
	g_autoptr(GPtrArray) list = objects_list(objects, OBJECT_POOL, "");
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);

	for (guint i = 0; i < list->len; i++) {
		const ActivePool *pool = pool_active(list->pdata[i], NULL);
		Volume *volume;

		if (!pool || g_strcmp0(pool->def->target.path, directory) != 0)
			continue;
		volume = pool_find_volume(pool, name);
		if (volume) {
			*ret_pool = list->pdata[i];
			return volume;
		}
	}
	return NULL;
}

Object *pools_get_volume(Objects *objects, const VolumeNames *names, char **ret_name,
			 GError **error)
{
	Object *object;
	const Volume *volume = pools_find_path(objects, names->key, &object);

	if (volume) {
		*ret_name = g_strdup(volume->name);
		return object;
	}
	object = object_get_name(objects, OBJECT_POOL, NULL, names->pool, error);
	if (!object || !pool_active(object, error))
		return NULL;
	return fail_null(error, VIR_ERR_NO_STORAGE_VOL, _("storage pool '%s' has no volume '%s'"),
			 names->pool, names->name);
}

static gint compare_volumes(gconstpointer a, gconstpointer b)
{
	return strcmp((*(const Volume *const *)a)->name, (*(const Volume *const *)b)->name);
}

/* Replaces or adds what is known of one volume. */
static Volume *put_volume(ActivePool *pool, const priv_volume *facts, const VolumeDef *created)
{
	bool found;
	guint position = volume_position(pool, facts->name, &found);
	Volume *old = found ? pool->volumes->pdata[position] : NULL;
	Volume *volume = volume_new(pool->def->target.path, facts, created ? created : old ? old->def : NULL);

	if (!old) {
		g_ptr_array_insert(pool->volumes, (gint)position, volume);
		return volume;
	}
	pool->volumes->pdata[position] = volume;
	volume_free(old);
	return volume;
}

/* ---- the pool as a whole ------------------------------------------------------------------- */

/* Nobody could name such a file in XML, or tell it from another in a list. */
static void report_odd_names(unsigned count, const char *directory)
{
	if (count > 0)
		log_warning(_("%u files in '%s' are no volumes: their names are not UTF-8 or have "
			      "control characters"),
			    count, directory);
}

/* Parks. What there is in the pool of @def, which is not taken; of @old what its volumes' XML said. */
static ActivePool *scan_call(Engine *engine, const PoolDef *def, const ActivePool *old, GError **error)
{
	const StorageBackend *backend = storage_backend(engine, def, error);
	priv_pool_scan_ret ret = { 0 };
	priv_volumes volumes = { 0 };
	ActivePool *pool;
	unsigned odd = 0;

	if (!backend || !storage_backend_check(def, error) || !backend->scan_call(engine, def, &ret, &volumes, error))
		return NULL;
	pool = g_new0(ActivePool, 1);
	pool->backend = backend;
	pool->volumes = g_ptr_array_new_with_free_func((GDestroyNotify)volume_free);
	pool->capacity = ret.capacity;
	pool->allocation = ret.allocation;
	pool->available = ret.available;
	for (u_int i = 0; i < volumes.volumes.volumes_len; i++) {
		const priv_volume *facts = &volumes.volumes.volumes_val[i];
		const Volume *before = old ? pool_find_volume(old, facts->name) : NULL;

		if (i % TURN == TURN - 1)
			fiber_yield_wait();
		if (!text_is_line(facts->name)) {
			odd++;
			continue;
		}
		g_ptr_array_add(pool->volumes,
				volume_new(def->target.path, facts, before ? before->def : NULL));
	}
	report_odd_names(odd, def->target.path);
	g_ptr_array_sort(pool->volumes, compare_volumes);
	xdr_free((xdrproc_t)xdr_priv_volumes, (char *)&volumes);
	return pool;
}

/* Looks at the directory of @def (taken) and remembers what there is as what the pool is now. */
static bool pool_fill_call(Object *object, PoolDef *def, GError **error)
{
	ActivePool *old = object->data;
	ActivePool *pool = scan_call(object->engine, def, old, error);

	if (!pool) {
		if (!old || old->def != def)
			pool_def_free(def);
		return false;
	}
	if (old && old->def == def)
		old->def = NULL;
	pool->def = def;
	active_pool_free(old);
	object->data = pool;
	object->data_free = active_pool_free;
	return true;
}

bool pool_refresh_call(Object *object, GError **error)
{
	ActivePool *pool = pool_active(object, error);

	return pool && pool_fill_call(object, pool->def, error);
}

/* The back end and the definition of a pool that must not be active. */
static const StorageBackend *inactive_backend(const Object *object, const char *what, PoolDef **ret_def,
					      GError **error)
{
	g_autoptr(PoolDef) def = parse_def(object, error);
	const StorageBackend *backend = def ? storage_backend(object->engine, def, error) : NULL;

	if (!backend)
		return NULL;
	if (object->active)
		return fail_null(error, VIR_ERR_OPERATION_INVALID, what, object->name);
	*ret_def = g_steal_pointer(&def);
	return backend;
}

bool pool_build_call(Object *object, unsigned flags, GError **error)
{
	g_autoptr(PoolDef) def = NULL;
	const StorageBackend *backend =
		inactive_backend(object, _("storage pool '%s' is active already"), &def, error);

	return backend && backend->build_call(object->engine, def, flags, error);
}

bool pool_delete_call(Object *object, GError **error)
{
	g_autoptr(PoolDef) def = NULL;
	const StorageBackend *backend =
		inactive_backend(object, _("storage pool '%s' is active; stop it before deleting it"),
				 &def, error);

	return backend && backend->remove_call(object->engine, def, error);
}

bool pool_start_call(Object *object, G_GNUC_UNUSED const char *xml, unsigned flags, GError **error)
{
	const unsigned keep = VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE;
	const unsigned build = VIR_STORAGE_POOL_CREATE_WITH_BUILD |
			       VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE | keep;
	unsigned how = 0;
	g_autoptr(PoolDef) def = NULL;
	const StorageBackend *backend =
		inactive_backend(object, _("storage pool '%s' is active already"), &def, error);

	if (!backend)
		return false;
	if (flags & keep)
		how = VIR_STORAGE_POOL_BUILD_NO_OVERWRITE;
	else if (flags & VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE)
		how = VIR_STORAGE_POOL_BUILD_OVERWRITE;
	if (flags & build && !backend->build_call(object->engine, def, how, error))
		return false;
	if (!pool_fill_call(object, g_steal_pointer(&def), error))
		return false;
	object_set_active(object, true);
	return true;
}

bool pool_stop_call(Object *object, G_GNUC_UNUSED GError **error)
{
	g_clear_pointer(&object->data, active_pool_free);
	object_set_active(object, false);
	return true;
}

char *pool_xml(const Object *object, bool inactive, GError **error)
{
	const ActivePool *pool = inactive ? NULL : pool_active(object, NULL);
	g_autoptr(PoolDef) def = NULL;

	if (!pool)
		return g_strdup(object->xml);
	def = parse_def(object, error);
	if (!def)
		return NULL;
	def->capacity_bytes = pool->capacity;
	def->allocation_bytes = pool->allocation;
	def->available_bytes = pool->available;
	return pool_def_format(def, CONF_SECURE);
}

/* ---- volumes ------------------------------------------------------------------------------- */

Volume *pool_take_volume(Object *object, priv_volume_ret *ret, const VolumeDef *created, GError **error)
{
	ActivePool *pool = pool_active(object, error);
	Volume *volume = pool ? put_volume(pool, &ret->volume, created) : NULL;

	xdr_free((xdrproc_t)xdr_priv_volume_ret, (char *)ret);
	return volume;
}

Volume *pool_create_volume_call(Object *object, VolumeDef *def, unsigned flags, GError **error)
{
	const ActivePool *pool = pool_active(object, error);
	priv_volume_create_args args = { 0 };
	g_autofree char *path = NULL;
	priv_volume_ret ret = { 0 };
	bool ok;

	if (!pool)
		return NULL;
	if (!text_is_line(def->name))
		return fail_null(error, VIR_ERR_XML_ERROR,
				 _("the name of a volume cannot contain control characters"));
	if (pool_find_volume(pool, def->name))
		return fail_null(error, VIR_ERR_STORAGE_VOL_EXIST,
				 _("storage pool '%s' has a volume named '%s' already"), object->name,
				 def->name);
	path = g_build_filename(pool->def->target.path, def->name, NULL);
	if (!volume_use_none(path, error) || !volume_create_args(object->engine, def, &args, error))
		return NULL;
	args.permissions = storage_permissions(def->target.permissions);
	if (flags & VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA) {
		if (strcmp(args.format, "qcow2") != 0) {
			volume_create_args_clear(&args);
			return fail_null(error, VIR_ERR_CONFIG_UNSUPPORTED,
					 _("volume '%s': only qcow2 can have its metadata preallocated"),
					 def->name);
		}
		args.preallocate_metadata = true;
	}
	ok = pool->backend->create_call(object->engine, pool->def, &args, &ret, error);
	volume_create_args_clear(&args);
	return ok ? pool_take_volume(object, &ret, def, error) : NULL;
}

/* Sets *ret_pool too. Both are borrowed: they may go while the caller waits without a hold. */
static Volume *get_volume(const Object *object, const char *name, ActivePool **ret_pool,
			  GError **error)
{
	Volume *volume;

	*ret_pool = pool_active(object, error);
	if (!*ret_pool)
		return NULL;
	volume = pool_find_volume(*ret_pool, name);
	if (volume)
		return volume;
	return fail_null(error, VIR_ERR_NO_STORAGE_VOL,
			 _("storage pool '%s' has no volume named '%s'; refresh it if it was made by others"),
			 object->name, name);
}

bool pool_delete_volume_call(Object *object, const char *name, GError **error)
{
	ActivePool *pool;
	Volume *volume = get_volume(object, name, &pool, error);

	if (!volume || !volume_use_none(volume->path, error) ||
	    !disk_is_unused(object->engine, volume->path, error) ||
	    !pool->backend->delete_call(object->engine, pool->def, volume->name, error))
		return false;
	remove_volume(pool, name);
	return true;
}

Volume *pool_look_call(Object *object, const char *name, GError **error)
{
	g_autoptr(Object) kept = object_ref(object);
	ActivePool *pool;
	const Volume *before = get_volume(object, name, &pool, error);
	/* Others may refresh or stop the pool while this waits. */
	g_autoptr(PoolDef) def = before ? pool_def_copy(pool->def) : NULL;
	g_autofree char *own_name = before ? g_strdup(before->name) : NULL;
	priv_volume_ret ret = { 0 };
	Volume *volume = NULL;

	if (!before || !pool->backend->look_call(object->engine, def, own_name, &ret, error))
		return NULL;
	pool = pool_active(object, error);
	if (pool) {
		before = pool_find_volume(pool, ret.volume.name);
		volume = volume_new(pool->def->target.path, &ret.volume, before ? before->def : NULL);
	}
	xdr_free((xdrproc_t)xdr_priv_volume_ret, (char *)&ret);
	return volume;
}

/* How large the volume shall become, given how large it is. */
static bool new_capacity(const Volume *volume, uint64_t capacity, unsigned flags, uint64_t *ret,
			 GError **error)
{
	uint64_t now = volume->def->capacity_bytes;

	*ret = capacity;
	if (flags & VIR_STORAGE_VOL_RESIZE_DELTA)
		*ret = flags & VIR_STORAGE_VOL_RESIZE_SHRINK ? now - MIN(capacity, now) :
							       now + capacity;
	return *ret >= now || flags & VIR_STORAGE_VOL_RESIZE_SHRINK ||
	       fail(error, VIR_ERR_INVALID_ARG,
		    _("volume '%s' would shrink; the flag SHRINK allows that"), volume->name);
}

bool pool_resize_volume_call(Object *object, const char *name, uint64_t capacity, unsigned flags,
			     GError **error)
{
	priv_volume_resize_args args = { 0 };
	priv_volume_ret ret = { 0 };
	g_autoptr(Volume) volume = pool_look_call(object, name, error);
	const ActivePool *pool;

	if (!volume || !volume_use_none(volume->path, error) ||
	    !disk_is_unused(object->engine, volume->path, error) ||
	    !new_capacity(volume, capacity, flags, &args.capacity, error))
		return false;
	pool = object->data;
	args.name = volume->name;
	args.format = volume->def->target.format;
	args.allocate = (flags & VIR_STORAGE_VOL_RESIZE_ALLOCATE) != 0;
	args.shrink = (flags & VIR_STORAGE_VOL_RESIZE_SHRINK) != 0;
	return pool->backend->resize_call(object->engine, pool->def, &args, &ret, error) &&
	       pool_take_volume(object, &ret, NULL, error);
}

/* ---- the engine's start -------------------------------------------------------------------- */

static void start_on_fiber(void *data)
{
	g_autoptr(Object) object = data;
	g_autoptr(GError) error = NULL;
	g_auto(ObjectHold) held = object_hold_wait(object, "a start", &error);

	if (!held || (!object->active && !pool_start_call(object, NULL, 0, &error)))
		log_warning(_("storage pool '%s' was not started: %s"), object->name, error->message);
}

void pools_start_all(Engine *engine)
{
	g_autoptr(GPtrArray) list = objects_list(engine->objects, OBJECT_POOL, "");

	for (guint i = 0; i < list->len; i++) {
		Object *object = list->pdata[i];
		g_autoptr(GError) error = NULL;

		if (!object->autostart && strcmp(object->extra, OBJECT_EXTRA_ACTIVE) != 0)
			continue;
		if (!fiber_spawn("start of a storage pool", start_on_fiber, object_ref(object), &error)) {
			log_warning("%s", error->message);
			object_unref(object);
		}
	}
}
