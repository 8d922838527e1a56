/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in volumes: upload and download, copies, wipes. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/client/access.h"
#include "daemon/client/serve.h"
#include "daemon/client/stream.h"
#include "daemon/object/class.h"
#include "daemon/storage/disk.h"
#include "daemon/storage/pool.h"
#include "daemon/storage/use.h"

/* Each has a process of the helper's, which has others to serve. */
enum { TRANSFERS_MAX = 40 };

static unsigned transfers;

/* An upload or download under way. */
typedef struct Transfer {
	Object *pool; /* referenced */
	char *path;
	VolumeUse use;
} Transfer;

static void transfer_free(Transfer *transfer)
{
	transfers--;
	volume_use_end(transfer->path, transfer->use);
	object_unref(transfer->pool);
	g_free(transfer->path);
	g_free(transfer);
}

static Transfer *transfer_new(const Call *call, VolumeUse use, GError **error)
{
	const ActivePool *pool = pool_active(call->object, error);
	const Volume *volume = pool ? pool_find_volume(pool, call->volume) : NULL;
	Transfer *transfer;

	if (!pool)
		return NULL;
	if (!volume)
		return fail_null(error, VIR_ERR_NO_STORAGE_VOL, _("storage pool '%s' has no volume '%s'"),
				 call->object->name, call->volume);
	if (transfers >= TRANSFERS_MAX)
		return fail_null(error, VIR_ERR_OPERATION_FAILED,
				 _("%d uploads and downloads are under way; wait for one to end"), transfers);
	if (use == VOLUME_WRITE && !disk_is_unused(call->engine, volume->path, error))
		return NULL;
	if (!volume_use_begin(volume->path, use, use == VOLUME_WRITE ? N_("is being uploaded") :
								       N_("is being downloaded"), error))
		return NULL;
	transfers++;
	transfer = g_new0(Transfer, 1);
	transfer->pool = object_ref(call->object);
	transfer->path = g_strdup(volume->path);
	transfer->use = use;
	return transfer;
}

static void look_again_on_fiber(void *data)
{
	g_autoptr(Object) object = data;
	g_autoptr(GError) error = NULL;
	g_auto(ObjectHold) held = object_hold_wait(object, "a refresh", &error);

	if (!held || (object->active && !pool_refresh_call(object, &error)))
		log_warning(_("storage pool '%s' was not refreshed after an upload: %s"), object->name,
			    error->message);
	else
		pool_emit_refresh(object);
}

/* However it ended, something may have been written. */
static void on_end(G_GNUC_UNUSED const GError *reason, void *data)
{
	Transfer *transfer = data;
	g_autoptr(GError) error = NULL;

	if (transfer->use == VOLUME_WRITE &&
	    !fiber_spawn("refresh after an upload", look_again_on_fiber, object_ref(transfer->pool), &error)) {
		log_warning("%s", error->message);
		object_unref(transfer->pool);
	}
	transfer_free(transfer);
}

/* @args but for the volume's name and pool. Parks. */
static bool transfer_begin_call(Call *call, priv_volume_stream_args *args, GError **error)
{
	Transfer *transfer = transfer_new(call, args->write ? VOLUME_WRITE : VOLUME_READ, error);
	StreamSpec spec = { .fd = -1,
			    .records = true,
			    .to_client = !args->write,
			    .from_client = args->write,
			    .ended = on_end,
			    .data = transfer };
	const ActivePool *pool = transfer ? transfer->pool->data : NULL;
	g_autoptr(PoolDef) def = pool ? pool_def_copy(pool->def) : NULL;

	if (!transfer)
		return false;
	args->name = call->volume;
	if (pool->backend->stream_call(call->engine, def, args, &spec.fd, error) &&
	    stream_open(call, &spec, error))
		return true;
	transfer_free(transfer);
	return false;
}

bool serve_storage_vol_upload(Call *call, remote_storage_vol_upload_args *args,
			      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	priv_volume_stream_args request = { .write = true, .offset = args->offset, .length = args->length };

	return call_flags(call, args->flags, VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM, error) &&
	       transfer_begin_call(call, &request, error);
}

bool serve_storage_vol_download(Call *call, remote_storage_vol_download_args *args,
				G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	priv_volume_stream_args request = {
		.offset = args->offset,
		.length = args->length,
		.sparse = (args->flags & VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM) != 0,
	};

	return call_flags(call, args->flags, VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM, error) &&
	       transfer_begin_call(call, &request, error);
}

/* ---- copies and wipes ---------------------------------------------------------------------- */

/* The pool of what shall be copied; the caller frees *ret_name. What the caller may not see is not there. */
static Object *find_source(const Call *call, const remote_nonnull_storage_vol *vol, char **ret_name, GError **error)
{
	const VolumeNames names = { vol->pool, vol->name, vol->key };
	Object *object = pools_get_volume(call->engine->objects, &names, ret_name, error);

	if (!object || call_sees_object(call, object))
		return object;
	return fail_null(error, VIR_ERR_NO_STORAGE_VOL, _("storage pool '%s' has no volume '%s'"), vol->pool,
			 vol->name);
}

bool serve_storage_vol_create_xml_from(Call *call, remote_storage_vol_create_xml_from_args *args,
				       remote_storage_vol_create_xml_from_ret *ret, GError **error)
{
	const unsigned known = VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA | VIR_STORAGE_VOL_CREATE_REFLINK |
			       VIR_STORAGE_VOL_CREATE_VALIDATE;
	g_autofree char *name = NULL;
	g_autoptr(VolumeDef) def = NULL;
	g_autoptr(Object) from = NULL;
	VolumeCopy copy = { .flags = args->flags };

	if (!pool_active(call->object, error) || !call_flags(call, args->flags, known, error))
		return false;
	def = volume_def_parse(args->xml, strlen(args->xml),
			       args->flags & VIR_STORAGE_VOL_CREATE_VALIDATE ? CONF_VALIDATE : 0, NULL, error);
	copy.from = def ? find_source(call, &args->clonevol, &name, error) : NULL;
	if (!copy.from)
		return false;
	from = object_ref(copy.from);
	copy.name = name;
	if (!pool_clone_volume_call(call->object, def, &copy, error))
		return false;
	ret->vol.pool = g_strdup(call->object->name);
	ret->vol.name = g_strdup(def->name);
	ret->vol.key = copy.key;
	return true;
}

bool serve_storage_vol_wipe(Call *call, remote_storage_vol_wipe_args *args, G_GNUC_UNUSED NOTHING *ret,
			    GError **error)
{
	return call_flags(call, args->flags, 0, error) &&
	       pool_wipe_volume_call(call->object, call->volume, VIR_STORAGE_VOL_WIPE_ALG_ZERO, error);
}

bool serve_storage_vol_wipe_pattern(Call *call, remote_storage_vol_wipe_pattern_args *args,
				    G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return call_flags(call, args->flags, 0, error) &&
	       pool_wipe_volume_call(call->object, call->volume, args->algorithm, error);
}
