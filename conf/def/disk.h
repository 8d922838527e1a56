/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the data of a disk is (StorageSource), and the disk as the guest sees it (DomainDisk). Part
 * of a DomainDef; sources also of snapshots, backups and firmware images.
 */
#pragma once

#include "conf/def/info.h"

#define STORAGE_VALUES(X) \
	X(STORAGE_FILE, "file") X(STORAGE_BLOCK, "block") X(STORAGE_DIR, "dir") \
	X(STORAGE_NETWORK, "network") X(STORAGE_VOLUME, "volume") X(STORAGE_NVME, "nvme") \
	X(STORAGE_VHOST_USER, "vhostuser") X(STORAGE_VHOST_VDPA, "vhostvdpa")
CONF_ENUM(StorageType, storage_type, STORAGE)

#define STORAGE_PROTOCOL_VALUES(X) \
	X(STORAGE_PROTOCOL_NBD, "nbd") X(STORAGE_PROTOCOL_RBD, "rbd") \
	X(STORAGE_PROTOCOL_SHEEPDOG, "sheepdog") X(STORAGE_PROTOCOL_GLUSTER, "gluster") \
	X(STORAGE_PROTOCOL_ISCSI, "iscsi") X(STORAGE_PROTOCOL_HTTP, "http") \
	X(STORAGE_PROTOCOL_HTTPS, "https") X(STORAGE_PROTOCOL_FTP, "ftp") \
	X(STORAGE_PROTOCOL_FTPS, "ftps") X(STORAGE_PROTOCOL_TFTP, "tftp") \
	X(STORAGE_PROTOCOL_SSH, "ssh") X(STORAGE_PROTOCOL_VXHS, "vxhs") \
	X(STORAGE_PROTOCOL_NFS, "nfs")
CONF_ENUM(StorageProtocol, storage_protocol, STORAGE_PROTOCOL)

#define STORAGE_FORMAT_VALUES(X) \
	X(STORAGE_FORMAT_RAW, "raw") X(STORAGE_FORMAT_DIR, "dir") X(STORAGE_FORMAT_BOCHS, "bochs") \
	X(STORAGE_FORMAT_CLOOP, "cloop") X(STORAGE_FORMAT_DMG, "dmg") X(STORAGE_FORMAT_ISO, "iso") \
	X(STORAGE_FORMAT_VPC, "vpc") X(STORAGE_FORMAT_VDI, "vdi") X(STORAGE_FORMAT_FAT, "fat") \
	X(STORAGE_FORMAT_VHD, "vhd") X(STORAGE_FORMAT_PLOOP, "ploop") \
	X(STORAGE_FORMAT_COW, "cow") X(STORAGE_FORMAT_QCOW, "qcow") \
	X(STORAGE_FORMAT_QCOW2, "qcow2") X(STORAGE_FORMAT_QED, "qed") \
	X(STORAGE_FORMAT_VMDK, "vmdk") X(STORAGE_FORMAT_LUKS, "luks")
CONF_ENUM(StorageFormat, storage_format, STORAGE_FORMAT)

#define STORAGE_TRANSPORT_VALUES(X) \
	X(STORAGE_TRANSPORT_TCP, "tcp") X(STORAGE_TRANSPORT_UNIX, "unix") \
	X(STORAGE_TRANSPORT_RDMA, "rdma")
CONF_ENUM(StorageTransport, storage_transport, STORAGE_TRANSPORT)

typedef struct {
	char *name;
	guint port;
	bool has_port;
	StorageTransport transport;
	char *socket;
} StorageHost;

#define STORAGE_SECRET_VALUES(X) \
	X(STORAGE_SECRET_CEPH, "ceph") X(STORAGE_SECRET_ISCSI, "iscsi") \
	X(STORAGE_SECRET_VOLUME, "volume") X(STORAGE_SECRET_TLS, "tls") \
	X(STORAGE_SECRET_VTPM, "vtpm") X(STORAGE_SECRET_PASSPHRASE, "passphrase")
CONF_ENUM(StorageSecretType, storage_secret_type, STORAGE_SECRET)

/* A secret by its UUID or its usage. */
typedef struct {
	StorageSecretType type;
	Uuid uuid;
	char *usage;
} StorageSecret;

#define STORAGE_AUTH_VALUES(X) X(STORAGE_AUTH_CHAP, "chap") X(STORAGE_AUTH_CEPH, "ceph")
CONF_ENUM(StorageAuthType, storage_auth_type, STORAGE_AUTH)
typedef struct {
	char *username;
	StorageAuthType type; /* pools only */
	StorageSecret secret;
} StorageAuth;

#define ENCRYPTION_VALUES(X) \
	X(ENCRYPTION_DEFAULT, "default") X(ENCRYPTION_QCOW, "qcow") X(ENCRYPTION_LUKS, "luks") \
	X(ENCRYPTION_LUKS2, "luks2") X(ENCRYPTION_LUKS_ANY, "luks-any")
CONF_ENUM(EncryptionFormat, encryption_format, ENCRYPTION)
#define ENCRYPTION_ENGINE_VALUES(X) \
	X(ENCRYPTION_ENGINE_QEMU, "qemu") X(ENCRYPTION_ENGINE_LIBRBD, "librbd")
CONF_ENUM(EncryptionEngine, encryption_engine, ENCRYPTION_ENGINE)
typedef struct {
	EncryptionFormat format;
	EncryptionEngine engine;
	GPtrArray *secrets; /* StorageSecret */
	char *cipher_name, *cipher_mode, *cipher_hash;
	guint cipher_size; /* bits */
	char *ivgen_name, *ivgen_hash;
} StorageEncryption;

typedef struct {
	char *name, *value;
} StorageCookie;

typedef struct {
	guint64 offset, size; /* bytes */
} StorageSlice;

/* <reconnect> of sockets. */
typedef struct {
	Tristate enabled;
	guint timeout; /* seconds */
	guint delay_ms;
} Reconnect;

#define STARTUP_VALUES(X) \
	X(STARTUP_MANDATORY, "mandatory") X(STARTUP_REQUISITE, "requisite") \
	X(STARTUP_OPTIONAL, "optional")
CONF_ENUM(StartupPolicy, startup_policy, STARTUP)
#define STORAGE_POOL_MODE_VALUES(X) \
	X(STORAGE_POOL_MODE_HOST, "host") X(STORAGE_POOL_MODE_DIRECT, "direct")
CONF_ENUM(StoragePoolMode, storage_pool_mode, STORAGE_POOL_MODE)

typedef struct {
	Tristate managed;
	char *source_type, *source_path, *source_mode;
} StorageReservations;

typedef struct StorageDataStore StorageDataStore;
typedef struct {
	StorageType type;
	char *path; /* file, block, dir, vhostuser, vhostvdpa */
	char *fdgroup;
	StartupPolicy startup_policy;
	guint index; /* live: number in the chain */
	StorageProtocol protocol;
	char *name, *query, *tls_hostname;
	Tristate tls;
	GPtrArray *hosts; /* StorageHost */
	char *snapshot, *config_file, *initiator_iqn;
	Tristate ssl_verify;
	GPtrArray *cookies; /* StorageCookie; secret */
	guint64 readahead_size; /* bytes */
	guint64 timeout;	/* seconds */
	char *nfs_user, *nfs_group;
	char *ssh_username, *ssh_keyfile, *ssh_agentsock, *ssh_known_hosts;
	char *pool, *volume;
	StoragePoolMode pool_mode;
	guint64 nvme_namespace;
	Tristate nvme_managed;
	PciAddress nvme_address;
	char *vhost_type; /* "unix" */
	Reconnect reconnect;
	StorageSlice *slice;
	StorageAuth *auth;
	StorageEncryption *encryption;
	StorageReservations *reservations;
	GPtrArray *seclabels; /* Seclabel */
	StorageDataStore *data_store; /* disks and their backing images only */
} StorageSource;

/* Where a qcow2 image has its data when not in itself. */
struct StorageDataStore {
	StorageSource source;
	StorageFormat format;
};

/* Does it name nothing, as that of a drive without a medium? */
bool storage_source_is_empty(const StorageSource *source);

typedef struct DomainBacking DomainBacking;
struct DomainBacking {
	StorageSource source;
	StorageFormat format;
	guint64 metadata_cache_max_size; /* bytes */
	DomainBacking *backing;		 /* NULL: not said; one with type ABSENT: the end */
};

#define DISK_DEVICE_VALUES(X) \
	X(DISK_DEVICE_DISK, "disk") X(DISK_DEVICE_CDROM, "cdrom") X(DISK_DEVICE_FLOPPY, "floppy") \
	X(DISK_DEVICE_LUN, "lun")
CONF_ENUM(DiskDevice, disk_device, DISK_DEVICE)
#define DISK_BUS_VALUES(X) \
	X(DISK_BUS_IDE, "ide") X(DISK_BUS_FDC, "fdc") X(DISK_BUS_SCSI, "scsi") \
	X(DISK_BUS_VIRTIO, "virtio") X(DISK_BUS_XEN, "xen") X(DISK_BUS_USB, "usb") \
	X(DISK_BUS_UML, "uml") X(DISK_BUS_SATA, "sata") X(DISK_BUS_SD, "sd") \
	X(DISK_BUS_NVME, "nvme")
CONF_ENUM(DiskBus, disk_bus, DISK_BUS)
#define DISK_CACHE_VALUES(X) \
	X(DISK_CACHE_DEFAULT, "default") X(DISK_CACHE_NONE, "none") \
	X(DISK_CACHE_WRITETHROUGH, "writethrough") X(DISK_CACHE_WRITEBACK, "writeback") \
	X(DISK_CACHE_DIRECTSYNC, "directsync") X(DISK_CACHE_UNSAFE, "unsafe")
CONF_ENUM(DiskCache, disk_cache, DISK_CACHE)
#define DISK_ERROR_VALUES(X) \
	X(DISK_ERROR_DEFAULT, "default") X(DISK_ERROR_STOP, "stop") X(DISK_ERROR_REPORT, "report") \
	X(DISK_ERROR_IGNORE, "ignore") X(DISK_ERROR_ENOSPACE, "enospace")
CONF_ENUM(DiskErrorPolicy, disk_error_policy, DISK_ERROR)
#define DISK_IO_VALUES(X) \
	X(DISK_IO_DEFAULT, "default") X(DISK_IO_NATIVE, "native") X(DISK_IO_THREADS, "threads") \
	X(DISK_IO_URING, "io_uring")
CONF_ENUM(DiskIo, disk_io, DISK_IO)
#define DISK_DISCARD_VALUES(X) \
	X(DISK_DISCARD_DEFAULT, "default") X(DISK_DISCARD_UNMAP, "unmap") \
	X(DISK_DISCARD_IGNORE, "ignore")
CONF_ENUM(DiskDiscard, disk_discard, DISK_DISCARD)
#define DISK_ZEROES_VALUES(X) \
	X(DISK_ZEROES_DEFAULT, "default") X(DISK_ZEROES_OFF, "off") X(DISK_ZEROES_ON, "on") \
	X(DISK_ZEROES_UNMAP, "unmap")
CONF_ENUM(DiskDetectZeroes, disk_detect_zeroes, DISK_ZEROES)
#define DISK_TRAY_VALUES(X) X(DISK_TRAY_CLOSED, "closed") X(DISK_TRAY_OPEN, "open")
CONF_ENUM(DiskTray, disk_tray, DISK_TRAY)
#define DISK_SNAPSHOT_VALUES(X) \
	X(DISK_SNAPSHOT_NO, "no") X(DISK_SNAPSHOT_INTERNAL, "internal") \
	X(DISK_SNAPSHOT_EXTERNAL, "external") X(DISK_SNAPSHOT_MANUAL, "manual")
CONF_ENUM(DiskSnapshot, disk_snapshot, DISK_SNAPSHOT)
#define DISK_TRANS_VALUES(X) \
	X(DISK_TRANS_DEFAULT, "default") X(DISK_TRANS_NONE, "none") X(DISK_TRANS_AUTO, "auto") \
	X(DISK_TRANS_LBA, "lba")
CONF_ENUM(DiskGeometryTrans, disk_trans, DISK_TRANS)
#define DISK_MODEL_VALUES(X) \
	X(DISK_MODEL_VIRTIO, "virtio") X(DISK_MODEL_TRANSITIONAL, "virtio-transitional") \
	X(DISK_MODEL_NON_TRANSITIONAL, "virtio-non-transitional") \
	X(DISK_MODEL_USB_STORAGE, "usb-storage") X(DISK_MODEL_USB_BOT, "usb-bot")
CONF_ENUM(DiskModel, disk_model, DISK_MODEL)
#define SGIO_VALUES(X) X(SGIO_FILTERED, "filtered") X(SGIO_UNFILTERED, "unfiltered")
CONF_ENUM(Sgio, sgio, SGIO)
#define MIRROR_STATE_VALUES(X) \
	X(MIRROR_STATE_YES, "yes") X(MIRROR_STATE_ABORT, "abort") X(MIRROR_STATE_PIVOT, "pivot")
CONF_ENUM(MirrorState, mirror_state, MIRROR_STATE)
#define MIRROR_JOB_VALUES(X) \
	X(MIRROR_JOB_COPY, "copy") X(MIRROR_JOB_ACTIVE_COMMIT, "active-commit")
CONF_ENUM(MirrorJob, mirror_job, MIRROR_JOB)

/* Bytes and operations per second; *_max_length in seconds. 0 = no limit. */
typedef struct {
	guint64 total_bytes_sec, read_bytes_sec, write_bytes_sec;
	guint64 total_iops_sec, read_iops_sec, write_iops_sec;
	guint64 total_bytes_sec_max, read_bytes_sec_max, write_bytes_sec_max;
	guint64 total_iops_sec_max, read_iops_sec_max, write_iops_sec_max;
	guint64 size_iops_sec;
	char *group_name;
	guint64 total_bytes_sec_max_length, read_bytes_sec_max_length, write_bytes_sec_max_length;
	guint64 total_iops_sec_max_length, read_iops_sec_max_length, write_iops_sec_max_length;
} DiskIoTune;

typedef struct {
	char *group; /* name of a DiskIoTune in <throttlegroups> */
} ThrottleFilter;

typedef struct {
	MirrorJob job;
	MirrorState ready;
	char *old_file, *old_format; /* attributes that older clients read */
	StorageSource source;
	StorageFormat format;
	DomainBacking *backing;
} DiskMirror;

typedef struct {
	guint id;
	GPtrArray *queues; /* DiskIothreadQueue */
} DiskIothread;
typedef struct {
	guint id;
} DiskIothreadQueue;

/* Latencies are counted over so many seconds. */
typedef struct {
	guint interval;
} DiskStatistic;

typedef struct {
	DeviceInfo info;
	StorageSource source; /* source.type is the type of the disk */
	DiskDevice device;
	DiskModel model;
	Tristate rawio;
	Sgio sgio;
	DiskSnapshot snapshot;
	char *driver_name;
	StorageFormat format;
	DiskCache cache;
	DiskErrorPolicy error_policy, rerror_policy;
	DiskIo io;
	Tristate ioeventfd, event_idx, copy_on_read, discard_no_unref;
	DiskDiscard discard;
	DiskDetectZeroes detect_zeroes;
	guint iothread; /* 0 = none */
	guint queues, queue_size;
	guint64 metadata_cache_max_size; /* bytes */
	GPtrArray *iothreads;		 /* DiskIothread */
	VirtioOptions virtio;
	StorageAuth *auth;		/* old place; newer documents have it in source */
	StorageEncryption *encryption;	/* likewise */
	DomainBacking *backing;		/* as given */
	DomainBacking *detected_backing; /* live: as found in the image */
	DiskMirror *mirror;		/* live */
	char *backenddomain;
	char *target; /* "vda" */
	DiskBus bus;
	DiskTray tray;
	Tristate removable;
	guint rotation_rate;
	DiskIoTune iotune;
	GPtrArray *throttle_filters; /* ThrottleFilter */
	GPtrArray *statistics;	     /* DiskStatistic */
	Tristate dpofua;
	guint cylinders, heads, sectors;
	DiskGeometryTrans trans;
	guint logical_block_size, physical_block_size; /* bytes */
	guint discard_granularity;			/* bytes */
	bool has_discard_granularity;
	bool readonly, shareable, transient;
	Tristate share_backing;
	char *serial, *wwn, *vendor, *product;
} DomainDisk;

typedef struct {
	DeviceInfo info; /* always empty: leases have no place in the guest */
	char *lockspace, *key, *path;
	guint64 offset;
} DomainLease;
