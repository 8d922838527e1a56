/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definition of a storage pool. Plain data; parsed in the engine, used by pool workers too. */
#pragma once

#include "conf/def/disk.h"

/* The order of virStoragePoolType's filter flags (VIR_CONNECT_LIST_STORAGE_POOLS_DIR ...). */
#define POOL_TYPE_VALUES(X) \
	X(POOL_TYPE_DIR, "dir") \
	X(POOL_TYPE_FS, "fs") \
	X(POOL_TYPE_NETFS, "netfs") \
	X(POOL_TYPE_LOGICAL, "logical") \
	X(POOL_TYPE_DISK, "disk") \
	X(POOL_TYPE_ISCSI, "iscsi") \
	X(POOL_TYPE_SCSI, "scsi") \
	X(POOL_TYPE_MPATH, "mpath") \
	X(POOL_TYPE_RBD, "rbd") \
	X(POOL_TYPE_SHEEPDOG, "sheepdog") \
	X(POOL_TYPE_GLUSTER, "gluster") \
	X(POOL_TYPE_ZFS, "zfs") \
	X(POOL_TYPE_VSTORAGE, "vstorage") \
	X(POOL_TYPE_ISCSI_DIRECT, "iscsi-direct")
CONF_ENUM(PoolType, pool_type, POOL_TYPE)

#define POOL_FORMAT_VALUES(X) \
	X(POOL_FORMAT_UNKNOWN, "unknown") X(POOL_FORMAT_AUTO, "auto") X(POOL_FORMAT_EXT2, "ext2") \
	X(POOL_FORMAT_EXT3, "ext3") X(POOL_FORMAT_EXT4, "ext4") X(POOL_FORMAT_UFS, "ufs") \
	X(POOL_FORMAT_ISO9660, "iso9660") X(POOL_FORMAT_UDF, "udf") X(POOL_FORMAT_GFS, "gfs") \
	X(POOL_FORMAT_GFS2, "gfs2") X(POOL_FORMAT_VFAT, "vfat") X(POOL_FORMAT_HFSPLUS, "hfs+") \
	X(POOL_FORMAT_XFS, "xfs") X(POOL_FORMAT_OCFS2, "ocfs2") X(POOL_FORMAT_VMFS, "vmfs") \
	X(POOL_FORMAT_NFS, "nfs") X(POOL_FORMAT_GLUSTERFS, "glusterfs") X(POOL_FORMAT_CIFS, "cifs") \
	X(POOL_FORMAT_DOS, "dos") X(POOL_FORMAT_DVH, "dvh") X(POOL_FORMAT_GPT, "gpt") \
	X(POOL_FORMAT_MAC, "mac") X(POOL_FORMAT_BSD, "bsd") X(POOL_FORMAT_PC98, "pc98") \
	X(POOL_FORMAT_SUN, "sun") X(POOL_FORMAT_LVM2, "lvm2")
CONF_ENUM(PoolFormat, pool_format, POOL_FORMAT)

#define POOL_ADAPTER_VALUES(X) \
	X(POOL_ADAPTER_SCSI_HOST, "scsi_host") X(POOL_ADAPTER_FC_HOST, "fc_host")
CONF_ENUM(PoolAdapterType, pool_adapter_type, POOL_ADAPTER)

#define POOL_REFRESH_VALUES(X) \
	X(POOL_REFRESH_DEFAULT, "default") X(POOL_REFRESH_CAPACITY, "capacity")
CONF_ENUM(PoolRefresh, pool_refresh, POOL_REFRESH)

typedef struct PoolExtent {
	guint64 start, end; /* bytes */
} PoolExtent;

typedef struct PoolDevice {
	char *path;
	Tristate part_separator;
	GPtrArray *free_extents; /* PoolExtent */
} PoolDevice;

/* The PCI address of the adapter's parent, or its name, or the WWNs of a virtual one. */
typedef struct PoolParentAddress {
	guint unique_id;
	bool has_unique_id;
	PciAddress pci;
} PoolParentAddress;

typedef struct PoolAdapter {
	PoolAdapterType type;
	char *name;
	char *parent, *parent_wwnn, *parent_wwpn, *parent_fabric_wwn, *wwnn, *wwpn;
	Tristate managed;
	PoolParentAddress *parent_address;
} PoolAdapter;

typedef struct PoolSource {
	GPtrArray *hosts;   /* StorageHost: name and port */
	GPtrArray *devices; /* PoolDevice */
	char *dir;
	PoolAdapter *adapter;
	char *name;
	char *initiator_iqn;
	StorageAuth *auth;
	PoolFormat format;
	char *protocol_version;
	char *vendor, *product;
} PoolSource;

/* Owner and group -1: whoever creates it. */
typedef struct PoolPermissions {
	guint mode;
	bool has_mode;
	gint64 owner, group;
	bool has_owner, has_group;
	char *label;
} PoolPermissions;

typedef struct PoolTarget {
	char *path;
	PoolPermissions *permissions;
} PoolTarget;

typedef struct PoolOption {
	char *name, *value;
} PoolOption;

typedef struct PoolDef {
	PoolType type;
	char *name;
	Uuid uuid;
	guint64 capacity_bytes, allocation_bytes, available_bytes;
	Tristate cow;
	PoolSource source;
	PoolTarget target;
	PoolRefresh refresh;
	GPtrArray *mount_options;  /* PoolOption without value; of the fs namespace */
	GPtrArray *config_options; /* PoolOption; of the rbd namespace */
} PoolDef;

/* @flags as of bind_parse(). Completed: UUID, permissions, default paths and formats. */
PoolDef *pool_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			GError **error);
char *pool_def_format(const PoolDef *def, unsigned flags);
PoolDef *pool_def_copy(const PoolDef *def);
void pool_def_free(PoolDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PoolDef, pool_def_free)

extern BindElement bind_el_pool, bind_el_pool_permissions;
extern const BindNamespace bind_ns_pool_fs, bind_ns_pool_rbd;
