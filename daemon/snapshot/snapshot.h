/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots that are taken, returned to and deleted, beside what is known of them (daemon/object/moment.h): the images
 * and the guest change here. Engine only; the caller holds the domain; functions named ..._commit park.
 */
#pragma once

#include "conf/snapshot/snapshot.h"
#include "daemon/client/call.h"
#include "daemon/guest/memory.h"
#include "daemon/object/moment.h"
#include "daemon/registry/registry.h"




/*
 * Fills in what a description leaves open: name, time, state, and for each disk of @def whether it takes part. Refuses
 * what the images cannot do. @flags: virDomainSnapshotCreateFlags.
 */
bool snapshot_resolve(Domain *domain, SnapshotDef *snapshot, unsigned flags, GError **error);
/* Does any part of it lie outside of the images? */
bool snapshot_is_external(const SnapshotDef *snapshot);
/* Does a snapshot of all that the guest is have to hold this disk? Not one that is read-only, removable or left out. */
bool snapshot_disk_takes_part(const DomainDisk *disk);

/* Takes, loads or deletes @name in the images of the disks of @def that take part, of a guest that is off. */
bool snapshot_images_call(Domain *domain, const DomainDef *def, VmSnapshotWay way, const char *name, GError **error);

/* The stored description; the caller frees. NULL and an error. */
SnapshotDef *snapshot_read(const Object *object, GError **error);
/* Stores @snapshot as the domain's current one, below the one that was. */
ObjectHold snapshot_store_commit(Call *call, SnapshotDef *snapshot, const char *parent, bool current, GError **error);
