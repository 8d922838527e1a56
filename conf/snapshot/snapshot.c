/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/snapshot/snapshot.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "conf/def/tables.h"

CONF_ENUM_DEFINE(snapshot_state, SNAPSHOT_STATE)
CONF_ENUM_DEFINE(checkpoint_disk_type, CHECKPOINT_DISK)
CONF_ENUM_DEFINE(backup_mode, BACKUP_MODE)
CONF_ENUM_DEFINE(backup_disk_mode, BACKUP_DISK_MODE)

/* ---- snapshot ------------------------------------------------------------------------------ */

static const BindRow cache_rows[] = {
	SIZE_LEAF(SnapshotDisk, "max_size", metadata_cache_max_size, 1, 0, .unit = "bytes",
		  .doc = N_("Most memory for metadata of the overlay.")),
	END_ROWS
};
static ELEMENT(snapshot_cache, "metadata_cache", SnapshotDisk, cache_rows);

static const BindRow driver_rows[] = {
	ATTR(SnapshotDisk, "type", format, storage_format, 0, .doc = N_("Format of the overlay.")),
	CHILD("metadata_cache", snapshot_cache, 0, .doc = N_("Cache of the overlay's metadata.")),
	END_ROWS
};
static ELEMENT(snapshot_driver, "driver", SnapshotDisk, driver_rows);

static const BindRow disk_rows[] = {
	ATTR(SnapshotDisk, "name", name, str, BIND_REQUIRED, .doc = N_("Which disk.")),
	ATTR(SnapshotDisk, "snapshot", snapshot, disk_snapshot, 0,
	     .doc = N_("How its state is kept.")),
	ATTR(SnapshotDisk, "type", source.type, storage_type, 0, MISSING(STORAGE_FILE),
	     HAS(SnapshotDisk, has_type), .doc = N_("Kind of the overlay.")),
	CHILD("driver", snapshot_driver, 0, .doc = N_("The overlay.")),
	CHILD_IN(SnapshotDisk, "source", source, storage_source, 0,
		 .doc = N_("Where the overlay is.")),
	END_ROWS
};

static bool disk_parsed(BindReader *reader, void *object, GError **error)
{
	SnapshotDisk *disk = object;
	bool overlay = disk->source.path || disk->source.name || disk->source.volume || disk->format;

	if (overlay && disk->snapshot == DISK_SNAPSHOT_ABSENT)
		disk->snapshot = DISK_SNAPSHOT_EXTERNAL;
	if (overlay && disk->snapshot != DISK_SNAPSHOT_EXTERNAL)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("disk '%s': an overlay goes with snapshot='external' only"),
					disk->name);
	disk->has_type |= disk->snapshot == DISK_SNAPSHOT_EXTERNAL;
	return true;
}
static ELEMENT(snapshot_disk, "disk", SnapshotDisk, disk_rows, .parsed = disk_parsed);

static const BindRow disks_rows[] = {
	LIST(SnapshotDef, "disk", disks, snapshot_disk, 0, .doc = N_("A disk.")),
	END_ROWS
};
static ELEMENT(snapshot_disks, "disks", SnapshotDef, disks_rows);

static const BindRow memory_rows[] = {
	ATTR(SnapshotMemory, "snapshot", snapshot, disk_snapshot, 0,
	     .doc = N_("How memory is kept.")),
	ATTR(SnapshotMemory, "file", file, str, 0, .doc = N_("File that memory is kept in.")),
	END_ROWS
};

static bool memory_parsed(BindReader *reader, void *object, GError **error)
{
	SnapshotMemory *memory = object;

	if (memory->file && memory->snapshot == DISK_SNAPSHOT_ABSENT)
		memory->snapshot = DISK_SNAPSHOT_EXTERNAL;
	if (memory->file && memory->snapshot != DISK_SNAPSHOT_EXTERNAL)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("a memory file goes with snapshot='external' only"));
	if (!memory->file && memory->snapshot == DISK_SNAPSHOT_EXTERNAL)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("memory with snapshot='external' needs 'file'"));
	if (memory->file && memory->file[0] != '/')
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("the path of the memory file '%s' must be absolute"),
					memory->file);
	return true;
}
static ELEMENT(snapshot_memory, "memory", SnapshotMemory, memory_rows, .parsed = memory_parsed);

static const BindRow parent_rows[] = {
	LEAF(SnapshotDef, "name", parent, str, 0, .doc = N_("Name of the snapshot before.")),
	END_ROWS
};
static ELEMENT(snapshot_parent, "parent", SnapshotDef, parent_rows);

static const BindRow snapshot_rows[] = {
	LEAF(SnapshotDef, "name", name, str, 0, .doc = N_("Name; made from the time when absent.")),
	LEAF(SnapshotDef, "description", description, str, 0, .doc = N_("Text for people.")),
	LEAF(SnapshotDef, "state", state, snapshot_state, 0, .doc = N_("State that is kept.")),
	CHILD("parent", snapshot_parent, 0, .doc = N_("The snapshot before.")),
	LEAF(SnapshotDef, "creationTime", creation_time, int64, 0,
	     HAS(SnapshotDef, has_creation_time), .doc = N_("Seconds since 1970.")),
	POINTER(SnapshotDef, "memory", memory, snapshot_memory, 0, .doc = N_("The guest's memory.")),
	CHILD("disks", snapshot_disks, 0, .doc = N_("The guest's disks.")),
	POINTER(SnapshotDef, "domain", domain, domain, 0, .doc = N_("Definition at the time.")),
	POINTER(SnapshotDef, "inactiveDomain", inactive_domain, domain, 0,
		.doc = N_("Stored definition at the time.")),
	RAW(SnapshotDef, "cookie", cookie, 0, .doc = N_("Data of the hypervisor's driver.")),
	LEAF(SnapshotDef, "active", active, int, BIND_READ_ONLY,
	     .doc = N_("Whether it was the current one; of old versions.")),
	END_ROWS
};
ELEMENT(snapshot, "domainsnapshot", SnapshotDef, snapshot_rows, .doc = N_("A snapshot of a domain."));

/* ---- checkpoint ---------------------------------------------------------------------------- */

static const BindRow checkpoint_disk_rows[] = {
	ATTR(CheckpointDisk, "name", name, str, BIND_REQUIRED, .doc = N_("Which disk.")),
	ATTR(CheckpointDisk, "checkpoint", checkpoint, checkpoint_disk_type, 0,
	     .doc = N_("Whether changes of it are tracked.")),
	ATTR(CheckpointDisk, "bitmap", bitmap, str, 0, .doc = N_("Name of the bitmap.")),
	ATTR(CheckpointDisk, "size", size, uint64, BIND_LIVE, HAS(CheckpointDisk, has_size),
	     .doc = N_("Estimated size of the changes in bytes.")),
	END_ROWS
};
static ELEMENT(checkpoint_disk, "disk", CheckpointDisk, checkpoint_disk_rows);

static const BindRow checkpoint_disks_rows[] = {
	LIST(CheckpointDef, "disk", disks, checkpoint_disk, 0, .doc = N_("A disk.")),
	END_ROWS
};
static ELEMENT(checkpoint_disks, "disks", CheckpointDef, checkpoint_disks_rows);

static const BindRow checkpoint_parent_rows[] = {
	LEAF(CheckpointDef, "name", parent, str, 0, .doc = N_("Name of the checkpoint before.")),
	END_ROWS
};
static ELEMENT(checkpoint_parent, "parent", CheckpointDef, checkpoint_parent_rows);

static const BindRow checkpoint_rows[] = {
	LEAF(CheckpointDef, "name", name, str, 0, .doc = N_("Name; made from the time when absent.")),
	LEAF(CheckpointDef, "description", description, str, 0, .doc = N_("Text for people.")),
	CHILD("parent", checkpoint_parent, 0, .doc = N_("The checkpoint before.")),
	LEAF(CheckpointDef, "creationTime", creation_time, int64, 0,
	     HAS(CheckpointDef, has_creation_time), .doc = N_("Seconds since 1970.")),
	CHILD("disks", checkpoint_disks, 0, .doc = N_("The guest's disks.")),
	POINTER(CheckpointDef, "domain", domain, domain, 0, .doc = N_("Definition at the time.")),
	END_ROWS
};
ELEMENT(checkpoint, "domaincheckpoint", CheckpointDef, checkpoint_rows,
	.doc = N_("A point from which changes of disks are tracked."));

/* ---- backup -------------------------------------------------------------------------------- */

static const BindRow backup_driver_rows[] = {
	ATTR(BackupDisk, "type", format, storage_format, 0, .doc = N_("Format of the copy.")),
	END_ROWS
};
static ELEMENT(backup_driver, "driver", BackupDisk, backup_driver_rows);

/* The type decides on what follows, so it lies in the struct that is described. */
static const BindRow backup_disk_rows[] = {
	ATTR(BackupDisk, "name", name, str, BIND_REQUIRED, .doc = N_("Which disk.")),
	ATTR(BackupDisk, "backup", backup, yes_no, 0, .doc = N_("Whether it is copied.")),
	ATTR(BackupDisk, "type", store.type, storage_type, 0, MISSING(STORAGE_FILE),
	     HAS(BackupDisk, has_type), .doc = N_("Kind of the copy.")),
	ATTR(BackupDisk, "backupmode", mode, backup_disk_mode, 0, .doc = N_("All, or changes.")),
	ATTR(BackupDisk, "incremental", incremental, str, 0,
	     .doc = N_("Checkpoint that changes count from.")),
	ATTR(BackupDisk, "exportname", export_name, str, 0, .doc = N_("Name in the NBD server.")),
	ATTR(BackupDisk, "exportbitmap", export_bitmap, str, 0,
	     .doc = N_("Name of the bitmap in the NBD server.")),
	END_ROWS
};
static ELEMENT(backup_disk, "disk", BackupDisk, backup_disk_rows);

static bool backup_disk_parsed(BindReader *reader, void *object, GError **error)
{
	BackupDisk *disk = object;

	if (disk->store.type != STORAGE_FILE && disk->store.type != STORAGE_BLOCK)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("a backup goes to a file or a block device, not to a '%s'"),
					storage_type_name(disk->store.type));
	disk->has_type |= disk->has_store;
	return true;
}

static const BindRow push_disk_rows[] = {
	INCLUDE(backup_disk),
	CHILD("driver", backup_driver, 0, .doc = N_("The copy.")),
	CHILD_IN(BackupDisk, "target", store, storage_source, 0, HAS(BackupDisk, has_store),
		 .doc = N_("Where the copy goes.")),
	END_ROWS
};
static ELEMENT(push_disk, "disk", BackupDisk, push_disk_rows, .parsed = backup_disk_parsed);

static const BindRow pull_disk_rows[] = {
	INCLUDE(backup_disk),
	CHILD("driver", backup_driver, 0, .doc = N_("The copy.")),
	CHILD_IN(BackupDisk, "scratch", store, storage_source, 0, HAS(BackupDisk, has_store),
		 .doc = N_("Where old contents are kept meanwhile.")),
	END_ROWS
};
static ELEMENT(pull_disk, "disk", BackupDisk, pull_disk_rows, .parsed = backup_disk_parsed);

static const BindRow backup_disks_rows[] = {
	LIST(BackupDef, "disk", disks, push_disk, 0,
	     WHEN(BackupDef, mode, BIT(BACKUP_MODE_PUSH)), .doc = N_("A disk.")),
	LIST(BackupDef, "disk", disks, pull_disk, 0,
	     WHEN(BackupDef, mode, BIT(BACKUP_MODE_PULL)), .doc = N_("A disk.")),
	END_ROWS
};
static ELEMENT(backup_disks, "disks", BackupDef, backup_disks_rows);

static const BindRow server_rows[] = {
	ATTR(BackupServer, "transport", transport, storage_transport, 0, .doc = N_("tcp or unix.")),
	ATTR(BackupServer, "tls", tls, yes_no, 0, .doc = N_("Encrypt the connection.")),
	ATTR(BackupServer, "name", name, str, 0, .doc = N_("Address to listen at.")),
	ATTR(BackupServer, "port", port, uint, 0, .doc = N_("Port to listen at.")),
	ATTR(BackupServer, "socket", socket, str, 0, .doc = N_("Path of the socket.")),
	END_ROWS
};
static ELEMENT(backup_server, "server", BackupServer, server_rows);

static const BindRow backup_rows[] = {
	ATTR(BackupDef, "mode", mode, backup_mode, 0, MISSING(BACKUP_MODE_PUSH),
	     .doc = N_("push: written by us; pull: read by a client.")),
	LEAF(BackupDef, "incremental", incremental, str, 0,
	     .doc = N_("Checkpoint that changes count from.")),
	POINTER(BackupDef, "server", server, backup_server, 0,
		WHEN(BackupDef, mode, BIT(BACKUP_MODE_PULL)), .doc = N_("NBD server to read from.")),
	CHILD("disks", backup_disks, 0, .doc = N_("The guest's disks.")),
	END_ROWS
};
ELEMENT(backup, "domainbackup", BackupDef, backup_rows, .doc = N_("A backup of a running domain."));

/* ---- the documents ------------------------------------------------------------------------- */

static bool check_name(const char *name, const char *what, GError **error)
{
	if (!name)
		return true;
	if (!*name || strchr(name, '/') || name[0] == '.' || strlen(name) > LIMIT_NAME)
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("'%s' cannot be the name of a %s: it becomes a file's name"), name, what);
	return true;
}

SnapshotDef *snapshot_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
				GError **error)
{
	g_autoptr(SnapshotDef) def =
		bind_parse(&bind_el_snapshot, bind_reader_open(xml, length, flags, diags, error),
			   error);

	if (!def || !check_name(def->name, "snapshot", error))
		return NULL;
	return g_steal_pointer(&def);
}

char *snapshot_def_format(const SnapshotDef *def, unsigned flags)
{
	return bind_format(&bind_el_snapshot, def, flags);
}

void snapshot_def_free(SnapshotDef *def)
{
	bind_free(&bind_el_snapshot, def);
}

CheckpointDef *checkpoint_def_parse(const char *xml, gsize length, unsigned flags,
				    ConfDiags *diags, GError **error)
{
	g_autoptr(CheckpointDef) def =
		bind_parse(&bind_el_checkpoint, bind_reader_open(xml, length, flags, diags, error),
			   error);

	if (!def || !check_name(def->name, "checkpoint", error))
		return NULL;
	return g_steal_pointer(&def);
}

char *checkpoint_def_format(const CheckpointDef *def, unsigned flags)
{
	return bind_format(&bind_el_checkpoint, def, flags);
}

void checkpoint_def_free(CheckpointDef *def)
{
	bind_free(&bind_el_checkpoint, def);
}

BackupDef *backup_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			    GError **error)
{
	return bind_parse(&bind_el_backup, bind_reader_open(xml, length, flags, diags, error),
			  error);
}

char *backup_def_format(const BackupDef *def, unsigned flags)
{
	return bind_format(&bind_el_backup, def, flags);
}

void backup_def_free(BackupDef *def)
{
	bind_free(&bind_el_backup, def);
}
