/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All moments of one kind of a domain with what stands in each, read once: what listings look at.
 * Costs in proportion to their number. Valid until the caller parks; freed with g_array_unref().
 */
#pragma once

#include "daemon/object/moment.h"

typedef struct MomentNode {
	Object *object; /* borrowed */
	MomentInfo info;
	int parent;	/* its place in the array, -1: a root */
	guint children; /* of its own, not theirs */
	guint depth;	/* 0: a root */
	bool below;	/* the moment that was asked for */
	bool settled;
} MomentNode;

/* Of MomentNode, by name. @above may be NULL. */
GArray *moment_tree(const Domain *domain, ObjectKind kind, const Object *above);

static inline MomentNode *moment_node(const GArray *tree, guint position)
{
	return &g_array_index(tree, MomentNode, position);
}

/* Whether it is in a listing of @above (NULL: of all), of its descendants or only its children. */
bool moment_is_listed(const GArray *tree, const MomentNode *node, const Object *above,
		      bool descendants);
/* Sorts parents before their children; places in the array mean nothing any more. */
void moment_tree_sort(GArray *tree);
