/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definition of a storage volume. Plain data; used where volumes are created and described. */
#pragma once

#include "conf/storage/pool.h"

#define VOLUME_TYPE_VALUES(X) \
	X(VOLUME_TYPE_FILE, "file") X(VOLUME_TYPE_BLOCK, "block") X(VOLUME_TYPE_DIR, "dir") \
	X(VOLUME_TYPE_NETWORK, "network") X(VOLUME_TYPE_NETDIR, "netdir") \
	X(VOLUME_TYPE_PLOOP, "ploop")
CONF_ENUM(VolumeType, volume_type, VOLUME_TYPE)

/* Seconds and nanoseconds as text "1341933637.273190990"; NULL when not known. */
typedef struct VolumeTimestamps {
	char *atime, *mtime, *ctime, *btime;
} VolumeTimestamps;

typedef struct VolumeTarget {
	char *path;
	char *format; /* as the pool's type understands it: "raw", "qcow2", "ext4", "linux-lvm" ... */
	PoolPermissions *permissions;
	VolumeTimestamps *timestamps;
	StorageEncryption *encryption;
	char *compat; /* of qcow2: "0.10", "1.1" */
	bool nocow;
	guint64 cluster_size_bytes;
	struct VolumeFeatures *features;
} VolumeTarget;

typedef struct VolumeFeatures {
	bool lazy_refcounts, extended_l2;
} VolumeFeatures;

typedef struct VolumeDevice {
	char *path;
	GPtrArray *extents; /* PoolExtent */
} VolumeDevice;

typedef struct VolumeDef {
	VolumeType type;
	char *name, *key;
	GPtrArray *devices; /* VolumeDevice */
	guint64 capacity_bytes, allocation_bytes, physical_bytes;
	bool has_capacity, has_allocation, has_physical;
	VolumeTarget target;
	VolumeTarget *backing; /* path, format, permissions, timestamps */
} VolumeDef;

/* @flags as of bind_parse(). */
VolumeDef *volume_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			    GError **error);
char *volume_def_format(const VolumeDef *def, unsigned flags);
void volume_def_free(VolumeDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VolumeDef, volume_def_free)

extern BindElement bind_el_volume;
