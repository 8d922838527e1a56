/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A storage pool while it is active: what was found in it, kept in memory so that look-ups never
 * wait for a disk. What the disk is asked goes through the pool's back end. Owned by its Object.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "conf/storage/volume.h"
#include "daemon/client/call.h"
#include "daemon/object/object.h"
#include "daemon/storage/backend.h"

/* One volume. Strings and definition are owned. */
typedef struct Volume {
	char *name, *path; /* the path is its key, too */
	VolumeDef *def;	   /* as it is shown */
} Volume;

void volume_free(Volume *volume);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Volume, volume_free)

typedef struct ActivePool {
	const StorageBackend *backend;
	PoolDef *def;
	uint64_t capacity, allocation, available; /* bytes */
	GPtrArray *volumes; /* Volume, by name */
} ActivePool;

/* Of an active pool's Object; VIR_ERR_OPERATION_INVALID when it is not active. Borrowed. */
ActivePool *pool_active(const Object *object, GError **error);

/*
 * Changes, of the pool and of its volumes: the caller holds the pool. All of them park.
 */
/* Brings the pool up. @flags: virStoragePoolCreateFlags. As in ObjectClass. */
bool pool_start_call(Object *object, const char *xml, unsigned flags, GError **error);
bool pool_stop_call(Object *object, GError **error);
/* Looks at the directory again. */
bool pool_refresh_call(Object *object, GError **error);
/* Tells clients that it has been looked at. */
void pool_emit_refresh(const Object *object);
/* Makes, or removes, the directory. @flags: virStoragePoolBuildFlags. */
bool pool_build_call(Object *object, unsigned flags, GError **error);
bool pool_delete_call(Object *object, GError **error);

/* Makes a volume out of its XML. Borrowed. @flags: virStorageVolCreateFlags. */
Volume *pool_create_volume_call(Object *object, VolumeDef *def, unsigned flags, GError **error);
/* Takes over what was answered about one volume; frees @ret. Borrowed. @created as for volume_new(). */
Volume *pool_take_volume(Object *object, priv_volume_ret *ret, const VolumeDef *created, GError **error);
bool pool_delete_volume_call(Object *object, const char *name, GError **error);
/* @flags: virStorageVolResizeFlags. */
bool pool_resize_volume_call(Object *object, const char *name, uint64_t capacity, unsigned flags,
			     GError **error);

/* A copy that is to be made. */
typedef struct VolumeCopy {
	Object *from; /* the pool of the original, referenced by the caller */
	const char *name;
	unsigned flags; /* virStorageVolCreateFlags */
	char *key;	/* of the new one: the caller's */
} VolumeCopy;

/*
 * What may take long: the caller holds nothing. A volume as @def says with what is in another; and overwriting
 * one: @algorithm is a virStorageVolWipeAlgorithm.
 */
bool pool_clone_volume_call(Object *object, VolumeDef *def, VolumeCopy *copy, GError **error);
bool pool_wipe_volume_call(Object *object, const char *name, unsigned algorithm, GError **error);

/* Borrowed; NULL when there is none. */
Volume *pool_find_volume(const ActivePool *pool, const char *name);
/* What a client calls a volume. */
typedef struct VolumeNames {
	const char *pool, *name, *key;
} VolumeNames;

/*
 * The pool of a volume, borrowed; *ret_name is the volume's name, the caller's. By the key, as that
 * cannot change its meaning. VIR_ERR_NO_STORAGE_VOL when there is none.
 */
Object *pools_get_volume(Objects *objects, const VolumeNames *names, char **ret_name,
			 GError **error);
/* In all active pools, by path; *ret_pool (borrowed) is the pool's Object. */
Volume *pools_find_path(Objects *objects, const char *path, Object **ret_pool);

/* One volume as it is now, the caller's; parks, without a hold. NULL and an error when it is gone. */
Volume *pool_look_call(Object *object, const char *name, GError **error);

/* The pool's XML as of now; the caller frees. */
char *pool_xml(const Object *object, bool inactive, GError **error);

/* At the engine's start: pools that were active, and those that are started by themselves. */
void pools_start_all(Engine *engine);
