/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools of type dir: the files of a directory. */
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "daemon/host/priv_request.h"
#include "daemon/storage/backend.h"

/* How long nothing may get on: the end of a copy waits for all that the disk was given. */
enum {
	MAKE_SECONDS = 30,
	COPY_SECONDS = 180,
};

static bool build_call(Engine *engine, const PoolDef *def, unsigned flags, GError **error)
{
	priv_pool_build_args args = {
		.pool = def->target.path,
		.fail_if_exists = (flags & VIR_STORAGE_POOL_BUILD_NO_OVERWRITE) != 0,
		.permissions = storage_permissions(def->target.permissions),
	};
	priv_nothing ret;

	if (def->type != POOL_TYPE_DIR && flags)
		return fail(error, VIR_ERR_NO_SUPPORT,
			    _("storage pool '%s': reeve makes no file systems; make one with mkfs, then build the pool "
			      "without these flags"),
			    def->name);
	return PRIV_CALL(engine, pool_build, &args, &ret, NULL, error);
}

static bool remove_call(Engine *engine, const PoolDef *def, GError **error)
{
	priv_pool_delete_args args = { .pool = def->target.path };
	priv_nothing ret;

	return PRIV_CALL(engine, pool_delete, &args, &ret, NULL, error);
}

static bool decode_volumes(int fd, unsigned size, priv_volumes *ret, GError **error)
{
	g_autofree char *buffer = g_malloc(size);
	bool ok;
	XDR xdr;

	if (pread(fd, buffer, size, 0) != (ssize_t)size)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("the list of volumes is damaged"));
	xdrmem_create(&xdr, buffer, size, XDR_DECODE);
	ok = xdr_priv_volumes(&xdr, ret);
	xdr_destroy(&xdr);
	return ok || fail(error, VIR_ERR_OPERATION_FAILED, _("the list of volumes is damaged"));
}

static bool scan_call(Engine *engine, const PoolDef *def, priv_pool_scan_ret *ret,
		      priv_volumes *volumes, GError **error)
{
	priv_pool_scan_args args = { .pool = def->target.path };
	g_autofd int fd = -1;

	return PRIV_CALL(engine, pool_scan, &args, ret, &fd, error) &&
	       decode_volumes(fd, ret->size, volumes, error);
}

static bool create_call(Engine *engine, const PoolDef *def, priv_volume_create_args *args,
			priv_volume_ret *ret, GError **error)
{
	args->pool = def->target.path;
	return PRIV_WORK_CALL(engine, volume_create, MAKE_SECONDS, args, ret, error);
}

static bool clone_call(Engine *engine, const PoolDef *def, priv_volume_clone_args *args, priv_volume_ret *ret,
		       GError **error)
{
	args->made.pool = def->target.path;
	return PRIV_WORK_CALL(engine, volume_clone, COPY_SECONDS, args, ret, error);
}

static bool wipe_call(Engine *engine, const PoolDef *def, priv_volume_wipe_args *args, GError **error)
{
	priv_nothing ret;

	args->pool = def->target.path;
	return PRIV_WORK_CALL(engine, volume_wipe, COPY_SECONDS, args, &ret, error);
}

static bool look_call(Engine *engine, const PoolDef *def, char *name, priv_volume_ret *ret,
		      GError **error)
{
	priv_volume_args args = { .pool = def->target.path, .name = name };

	return PRIV_CALL(engine, volume_look, &args, ret, NULL, error);
}

static bool resize_call(Engine *engine, const PoolDef *def, priv_volume_resize_args *args,
			priv_volume_ret *ret, GError **error)
{
	args->pool = def->target.path;
	return PRIV_CALL(engine, volume_resize, args, ret, NULL, error);
}

static bool delete_call(Engine *engine, const PoolDef *def, char *name, GError **error)
{
	priv_volume_args args = { .pool = def->target.path, .name = name };
	priv_nothing ret;

	return PRIV_CALL(engine, volume_delete, &args, &ret, NULL, error);
}

static bool stream_call(Engine *engine, const PoolDef *def, priv_volume_stream_args *args, int *ret_fd,
			GError **error)
{
	priv_nothing ret;

	args->pool = def->target.path;
	return PRIV_CALL(engine, volume_stream, args, &ret, ret_fd, error);
}

const StorageBackend storage_backend_dir = {
	.build_call = build_call,
	.remove_call = remove_call,
	.scan_call = scan_call,
	.create_call = create_call,
	.clone_call = clone_call,
	.wipe_call = wipe_call,
	.look_call = look_call,
	.resize_call = resize_call,
	.delete_call = delete_call,
	.stream_call = stream_call,
};
