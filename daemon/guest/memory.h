/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A running guest's memory to a file, and guests that go on from one. The caller holds the domain; all park. */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "daemon/registry/registry.h"
#include "rpc/tables/control.h"

typedef struct VmMemory {
	const char *path;
	int operation;	 /* virDomainJobOperation */
	unsigned format; /* SaveFormat; of a memory-only dump virDomainCoreDumpFormat */
	bool bypass_cache, live, memory_only;
	GBytes *head;	 /* what stands before it, of save_head_make(); NULL: nothing */
	bool managed;	 /* the domain's next start goes on from it */
	int afterwards;	 /* control_memory_way */
} VmMemory;

/* False and an error: the guest goes on as it was, and there is no file. */
bool vm_memory_call(Domain *domain, const VmMemory *memory, GError **error);
/* Lets a guest that was started for it run. */
bool vm_go_call(Domain *domain, int reason, GError **error);
typedef enum VmSnapshotWay { VM_SNAPSHOT_SAVE, VM_SNAPSHOT_LOAD, VM_SNAPSHOT_DELETE } VmSnapshotWay;
/* Takes or deletes a snapshot inside of the images of a guest that runs. */
bool vm_snapshot_call(Domain *domain, VmSnapshotWay way, const char *name, GError **error);
/* Ends the guest: its images are about to become those of another moment, or it was to end with a snapshot. */
bool vm_leave_call(Domain *domain, int why, GError **error);
/* Stores where the next start of @domain finds its memory; NULL: nowhere. */
bool vm_managed_save_commit(Domain *domain, const char *path, GError **error);
