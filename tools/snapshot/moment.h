/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What snapshots and checkpoints have in common: XML made of options, listings. Process: reeve. */
#pragma once

#include "tools/object/domain_ref.h"
#include "tools/object/object_ref.h"
#include "tools/cli/xmlfile.h"

/* XML of --name, --description, --memspec, --diskspec; NULL with an error. */
const char *moment_format(Session *session, const Args *args, const char *root, GError **error);

typedef struct MomentList {
	const char *root; /* "domainsnapshot" */
	const void *list;
	guint n;
	const char *(*name)(const void *list, guint i);
	const char *(*xml)(Session *session, const void *list, guint i);
	bool state; /* has the column */
} MomentList;

/* As --name, --tree or --parent say, else as a table. */
bool moments_out(Session *session, const Args *args, const MomentList *list, GError **error);
