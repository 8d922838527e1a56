/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Points in time of a domain: what snapshots and checkpoints have in common. Each is an Object
 * below its domain, with a parent among its own kind; one of them may be the current one. Engine
 * only.
 */
#pragma once

#include "daemon/object/object.h"
#include "daemon/registry/domain_call.h"

/* What stands in Object.extra. */
typedef struct MomentInfo {
	char *parent; /* name, NULL for a root */
	int state;    /* SnapshotState */
	gint64 created;
	bool external; /* kept outside of the domain's images */
	bool current;
} MomentInfo;

void moment_info_clear(MomentInfo *info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MomentInfo, moment_info_clear)

/* JSON for Object.extra, and back. */
char *moment_info_format(const MomentInfo *info);
void moment_info_parse(const char *extra, MomentInfo *ret);

/* Borrowed; NULL when it is a root. */
Object *moment_parent(const Object *moment);
/* The current one of @domain; NULL when there is none. */
Object *moment_current(const Domain *domain, ObjectKind kind);

/* May @parent (a name, or NULL) be the parent of @name? It must exist, and not be below it. */
bool moment_check_parent(const Domain *domain, ObjectKind kind, const char *name,
			 const char *parent, GError **error);
/* Changes: the caller holds the domain; they park. */
/* Removes one: its children get its parent, all at once or not at all. */
bool moment_remove_commit(Call *call, Object *moment, GError **error);
/* Gives it the mark of the current one. */
bool moment_current_commit(Call *call, Object *moment, GError **error);
/* Defines or redefines one; ->current takes the mark from the one that has it, all at once. */
ObjectHold moment_define_commit(Call *call, const ObjectSpec *spec, const MomentInfo *info,
				GError **error);
