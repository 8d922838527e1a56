/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/object/moment_tree.h"

#include <string.h>

static void node_clear(void *data)
{
	moment_info_clear(&((MomentNode *)data)->info);
}

static void parents_find(GArray *tree)
{
	g_autoptr(GHashTable) places = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < tree->len; i++)
		g_hash_table_insert(places, moment_node(tree, i)->object->name, GUINT_TO_POINTER(i));
	for (guint i = 0; i < tree->len; i++) {
		MomentNode *node = moment_node(tree, i);
		void *place;

		node->parent = -1;
		if (!node->info.parent ||
		    !g_hash_table_lookup_extended(places, node->info.parent, NULL, &place))
			continue;
		node->parent = (int)GPOINTER_TO_UINT(place);
		moment_node(tree, (guint)node->parent)->children++;
	}
}

/* Each is walked over once, whatever the shape; a circle of a damaged store ends where it began. */
static void node_settle(GArray *tree, GArray *path, guint place, const Object *above)
{
	g_array_set_size(path, 0);
	for (int at = (int)place; at >= 0 && !moment_node(tree, (guint)at)->settled;
	     at = moment_node(tree, (guint)at)->parent) {
		moment_node(tree, (guint)at)->settled = true;
		g_array_append_val(path, at);
	}
	for (guint i = path->len; i-- > 0;) {
		MomentNode *node = moment_node(tree, (guint)g_array_index(path, int, i));
		const MomentNode *parent;

		if (node->parent < 0)
			continue;
		parent = moment_node(tree, (guint)node->parent);
		node->depth = parent->depth + 1;
		node->below = parent->below || parent->object == above;
	}
}

GArray *moment_tree(const Domain *domain, ObjectKind kind, const Object *above)
{
	g_autoptr(GPtrArray) all = objects_list(domain->engine->objects, kind, domain->uuid_text);
	g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(int));
	GArray *tree = g_array_sized_new(FALSE, TRUE, sizeof(MomentNode), all->len);

	g_array_set_clear_func(tree, node_clear);
	g_array_set_size(tree, all->len);
	for (guint i = 0; i < all->len; i++) {
		MomentNode *node = moment_node(tree, i);

		node->object = all->pdata[i];
		moment_info_parse(node->object->extra, &node->info);
	}
	parents_find(tree);
	for (guint i = 0; i < tree->len; i++)
		node_settle(tree, path, i, above);
	return tree;
}

bool moment_is_listed(const GArray *tree, const MomentNode *node, const Object *above,
		      bool descendants)
{
	if (!above)
		return true;
	if (descendants)
		return node->below;
	return node->parent >= 0 && moment_node(tree, (guint)node->parent)->object == above;
}

static gint compare_depths(gconstpointer a, gconstpointer b)
{
	const MomentNode *first = a, *second = b;

	if (first->depth != second->depth)
		return first->depth < second->depth ? -1 : 1;
	return strcmp(first->object->name, second->object->name);
}

void moment_tree_sort(GArray *tree)
{
	g_array_sort(tree, compare_depths);
}
