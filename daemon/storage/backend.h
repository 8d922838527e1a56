/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A back end is how a type of storage pool is built, looked at and filled: a row of the table in
 * backend.c, one file each. All that touches a disk is done by reeve-priv, in a process per request,
 * so a dead file server stalls only who asked. Every function parks. Engine only.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "conf/storage/pool.h"
#include "daemon/core/engine.h"
#include "rpc/tables/priv.h"

typedef struct StorageBackend {
	/* Makes, or removes, what the pool lies in. @flags: virStoragePoolBuildFlags. */
	bool (*build_call)(Engine *engine, const PoolDef *def, unsigned flags, GError **error);
	bool (*remove_call)(Engine *engine, const PoolDef *def, GError **error);
	/* What there is in it, and how much room. The caller frees @volumes. */
	bool (*scan_call)(Engine *engine, const PoolDef *def, priv_pool_scan_ret *ret,
			  priv_volumes *volumes, GError **error);
	/* Volumes. The arguments name no pool yet; the caller frees @ret. */
	bool (*create_call)(Engine *engine, const PoolDef *def, priv_volume_create_args *args,
			    priv_volume_ret *ret, GError **error);
	/* As create, with what the volume args->name of args->pool has in it; and overwriting one. They take long. */
	bool (*clone_call)(Engine *engine, const PoolDef *def, priv_volume_clone_args *args, priv_volume_ret *ret,
			   GError **error);
	bool (*wipe_call)(Engine *engine, const PoolDef *def, priv_volume_wipe_args *args, GError **error);
	bool (*look_call)(Engine *engine, const PoolDef *def, char *name, priv_volume_ret *ret,
			  GError **error);
	bool (*resize_call)(Engine *engine, const PoolDef *def, priv_volume_resize_args *args,
			    priv_volume_ret *ret, GError **error);
	bool (*delete_call)(Engine *engine, const PoolDef *def, char *name, GError **error);
	/* *ret_fd, the caller's: a socket to a process that reads or writes it, see rpc/wire/record.h. */
	bool (*stream_call)(Engine *engine, const PoolDef *def, priv_volume_stream_args *args, int *ret_fd,
			    GError **error);
} StorageBackend;

extern const StorageBackend storage_backend_dir;

/* Can pools of this type be run? */
bool storage_backend_is_built(PoolType type);
/* Does the host have what the pool needs to be looked at? */
bool storage_backend_check(const PoolDef *def, GError **error);

/* Of @def's type. VIR_ERR_NO_SUPPORT, which names the type, where none is built. */
const StorageBackend *storage_backend(const Engine *engine, const PoolDef *def, GError **error);

/* Owner and mode as the helper takes them; NULL: as they come. */
priv_permissions storage_permissions(const PoolPermissions *permissions);
