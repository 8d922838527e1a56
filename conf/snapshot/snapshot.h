/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Points in time of a domain: snapshots (its state), checkpoints (what changed since), and the
 * description of a backup. Plain data; engine and worker.
 */
#pragma once

#include "conf/def/domain.h"

/* The values of virDomainState plus one, and what virsh calls disk-snapshot. */
#define SNAPSHOT_STATE_VALUES(X) \
	X(SNAPSHOT_STATE_NOSTATE, "nostate") X(SNAPSHOT_STATE_RUNNING, "running") \
	X(SNAPSHOT_STATE_BLOCKED, "blocked") X(SNAPSHOT_STATE_PAUSED, "paused") \
	X(SNAPSHOT_STATE_SHUTDOWN, "shutdown") X(SNAPSHOT_STATE_SHUTOFF, "shutoff") \
	X(SNAPSHOT_STATE_CRASHED, "crashed") X(SNAPSHOT_STATE_PMSUSPENDED, "pmsuspended") \
	X(SNAPSHOT_STATE_DISK, "disk-snapshot")
CONF_ENUM(SnapshotState, snapshot_state, SNAPSHOT_STATE)

typedef struct SnapshotDisk {
	char *name; /* target of the disk, or path of its image */
	DiskSnapshot snapshot;
	StorageFormat format;
	guint64 metadata_cache_max_size; /* bytes */
	StorageSource source;
	bool has_type; /* the type of the source is worth telling */
} SnapshotDisk;

typedef struct SnapshotMemory {
	DiskSnapshot snapshot;
	char *file;
} SnapshotMemory;

typedef struct SnapshotDef {
	char *name, *description;
	SnapshotState state;
	char *parent;
	gint64 creation_time; /* seconds since 1970 */
	bool has_creation_time;
	SnapshotMemory *memory;
	GPtrArray *disks; /* SnapshotDisk */
	DomainDef *domain, *inactive_domain;
	char *cookie; /* the whole element as given */
	int active;   /* written by old versions */
} SnapshotDef;

#define CHECKPOINT_DISK_VALUES(X) X(CHECKPOINT_DISK_NO, "no") X(CHECKPOINT_DISK_BITMAP, "bitmap")
CONF_ENUM(CheckpointDiskType, checkpoint_disk_type, CHECKPOINT_DISK)
typedef struct CheckpointDisk {
	char *name;
	CheckpointDiskType checkpoint;
	char *bitmap;
	guint64 size; /* bytes; live */
	bool has_size;
} CheckpointDisk;
typedef struct CheckpointDef {
	char *name, *description, *parent;
	gint64 creation_time;
	bool has_creation_time;
	GPtrArray *disks; /* CheckpointDisk */
	DomainDef *domain;
} CheckpointDef;

#define BACKUP_MODE_VALUES(X) X(BACKUP_MODE_PUSH, "push") X(BACKUP_MODE_PULL, "pull")
CONF_ENUM(BackupMode, backup_mode, BACKUP_MODE)
#define BACKUP_DISK_MODE_VALUES(X) \
	X(BACKUP_DISK_MODE_FULL, "full") X(BACKUP_DISK_MODE_INCREMENTAL, "incremental")
CONF_ENUM(BackupDiskMode, backup_disk_mode, BACKUP_DISK_MODE)
typedef struct BackupDisk {
	char *name;
	Tristate backup;
	BackupDiskMode mode;
	char *incremental;
	char *export_name, *export_bitmap; /* pull */
	StorageFormat format;
	StorageSource store; /* push: where the copy goes; pull: where old contents are kept */
	bool has_type, has_store;
} BackupDisk;
typedef struct BackupServer {
	StorageTransport transport;
	Tristate tls;
	char *name, *socket;
	guint port;
} BackupServer;
typedef struct BackupDef {
	BackupMode mode;
	char *incremental;
	BackupServer *server; /* pull */
	GPtrArray *disks;     /* BackupDisk */
} BackupDef;

/* @flags as of bind_parse(). Domains inside are neither complete nor checked. */
SnapshotDef *snapshot_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
				GError **error);
char *snapshot_def_format(const SnapshotDef *def, unsigned flags);
void snapshot_def_free(SnapshotDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SnapshotDef, snapshot_def_free)

CheckpointDef *checkpoint_def_parse(const char *xml, gsize length, unsigned flags,
				    ConfDiags *diags, GError **error);
char *checkpoint_def_format(const CheckpointDef *def, unsigned flags);
void checkpoint_def_free(CheckpointDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CheckpointDef, checkpoint_def_free)

BackupDef *backup_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			    GError **error);
char *backup_def_format(const BackupDef *def, unsigned flags);
void backup_def_free(BackupDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BackupDef, backup_def_free)

extern BindElement bind_el_snapshot, bind_el_checkpoint, bind_el_backup;
