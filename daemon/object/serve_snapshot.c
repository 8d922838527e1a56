/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptions of snapshots: listed, shown. They are taken, told of, returned to and deleted in daemon/snapshot/.
 */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/snapshot/snapshot.h"
#include "daemon/client/serve.h"
#include "daemon/object/class.h"
#include "daemon/object/moment_tree.h"
#include "daemon/registry/domain_call.h"

static void fill_snapshot(const Object *object, const Domain *domain,
			  remote_nonnull_domain_snapshot *ret)
{
	ret->name = g_strdup(object->name);
	call_fill_domain(domain, &ret->dom);
}

const ObjectClass snapshot_class = {
	.stored = "snapshot",
	.text = N_("snapshot"),
	.missing = VIR_ERR_NO_DOMAIN_SNAPSHOT,
	.exists = VIR_ERR_OPERATION_FAILED,
	.by_name = true,
};

/* ---- listing ------------------------------------------------------------------------------- */

#define LIST_FLAGS 0x7ff /* VIR_DOMAIN_SNAPSHOT_LIST_... */
#define GROUP_FLAGS(a, b) (VIR_DOMAIN_SNAPSHOT_LIST_##a | VIR_DOMAIN_SNAPSHOT_LIST_##b)

static bool passes_state(const MomentInfo *info, unsigned flags)
{
	unsigned wanted = flags & (GROUP_FLAGS(INACTIVE, ACTIVE) |
				   VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY);

	if (wanted == 0)
		return true;
	if (info->state == SNAPSHOT_STATE_DISK)
		return wanted & VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY;
	if (info->state == SNAPSHOT_STATE_SHUTOFF)
		return wanted & VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE;
	return wanted & VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE;
}

static bool passes(const MomentNode *node, unsigned flags, bool below)
{
	if (!below && (flags & VIR_DOMAIN_SNAPSHOT_LIST_ROOTS) && node->info.parent)
		return false;
	if (!object_passes(flags, VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES,
			   VIR_DOMAIN_SNAPSHOT_LIST_LEAVES, node->children > 0))
		return false;
	if ((flags & GROUP_FLAGS(METADATA, NO_METADATA)) == VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA)
		return false;
	if (!object_passes(flags, VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL,
			   VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL, node->info.external))
		return false;
	return passes_state(&node->info, flags);
}

static GPtrArray *list_snapshots(const Domain *domain, const Object *above, unsigned flags)
{
	bool descendants = (flags & VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS) != 0;
	g_autoptr(GArray) tree = moment_tree(domain, OBJECT_SNAPSHOT, above);
	g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(MomentNode));
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; i < tree->len; i++) {
		const MomentNode *node = moment_node(tree, i);

		if (moment_is_listed(tree, node, above, descendants) &&
		    passes(node, flags, above != NULL))
			g_array_append_vals(kept, node, 1);
	}
	if (flags & VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL)
		moment_tree_sort(kept);
	for (guint i = 0; i < kept->len; i++)
		g_ptr_array_add(list, moment_node(kept, i)->object);
	return list;
}

static bool fill_names(const GPtrArray *list, int max, char ***ret_names, u_int *ret_count,
		       GError **error)
{
	if (max < 0 || max > REMOTE_DOMAIN_SNAPSHOT_LIST_MAX)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("%d names were asked for; between 0 and %d can be"), max,
			    REMOTE_DOMAIN_SNAPSHOT_LIST_MAX);
	*ret_count = MIN(list->len, (guint)max);
	*ret_names = g_new0(char *, *ret_count + 1);
	for (guint i = 0; i < *ret_count; i++)
		(*ret_names)[i] = g_strdup(((const Object *)list->pdata[i])->name);
	return true;
}

static remote_nonnull_domain_snapshot *fill_list(const GPtrArray *list, const Domain *domain)
{
	remote_nonnull_domain_snapshot *snapshots =
		g_new0(remote_nonnull_domain_snapshot, list->len + 1);

	for (guint i = 0; i < list->len; i++)
		fill_snapshot(list->pdata[i], domain, &snapshots[i]);
	return snapshots;
}

bool serve_domain_snapshot_num(Call *call, remote_domain_snapshot_num_args *args,
			       remote_domain_snapshot_num_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;

	if (!call_flags(call, args->flags, LIST_FLAGS, error))
		return false;
	list = list_snapshots(call->domain, NULL, args->flags);
	ret->num = (int)list->len;
	return true;
}

bool serve_domain_snapshot_list_names(Call *call, remote_domain_snapshot_list_names_args *args,
				      remote_domain_snapshot_list_names_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;

	if (!call_flags(call, args->flags, LIST_FLAGS, error))
		return false;
	list = list_snapshots(call->domain, NULL, args->flags);
	return fill_names(list, args->maxnames, &ret->names.names_val, &ret->names.names_len, error);
}

bool serve_domain_list_all_snapshots(Call *call, remote_domain_list_all_snapshots_args *args,
				     remote_domain_list_all_snapshots_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;

	*ret = (remote_domain_list_all_snapshots_ret){ .ret = 0 };
	if (!call_flags(call, args->flags, LIST_FLAGS, error))
		return false;
	list = list_snapshots(call->domain, NULL, args->flags);
	ret->ret = (int)list->len;
	if (args->need_results) {
		ret->snapshots.snapshots_val = fill_list(list, call->domain);
		ret->snapshots.snapshots_len = list->len;
	}
	return true;
}

bool serve_domain_snapshot_num_children(Call *call, remote_domain_snapshot_num_children_args *args,
					remote_domain_snapshot_num_children_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;
	const Object *object = call->object;

	if (!call_flags(call, args->flags, LIST_FLAGS, error))
		return false;
	list = list_snapshots(call->domain, object, args->flags);
	ret->num = (int)list->len;
	return true;
}

bool serve_domain_snapshot_list_children_names(Call *call,
					       remote_domain_snapshot_list_children_names_args *args,
					       remote_domain_snapshot_list_children_names_ret *ret,
					       GError **error)
{
	g_autoptr(GPtrArray) list = NULL;
	const Object *object = call->object;

	if (!call_flags(call, args->flags, LIST_FLAGS, error))
		return false;
	list = list_snapshots(call->domain, object, args->flags);
	return fill_names(list, args->maxnames, &ret->names.names_val, &ret->names.names_len, error);
}

bool serve_domain_snapshot_list_all_children(Call *call,
					     remote_domain_snapshot_list_all_children_args *args,
					     remote_domain_snapshot_list_all_children_ret *ret,
					     GError **error)
{
	g_autoptr(GPtrArray) list = NULL;
	const Object *object = call->object;

	*ret = (remote_domain_snapshot_list_all_children_ret){ .ret = 0 };
	if (!call_flags(call, args->flags, LIST_FLAGS, error))
		return false;
	list = list_snapshots(call->domain, object, args->flags);
	ret->ret = (int)list->len;
	if (args->need_results) {
		ret->snapshots.snapshots_val = fill_list(list, call->domain);
		ret->snapshots.snapshots_len = list->len;
	}
	return true;
}

/* ---- look-up ------------------------------------------------------------------------------- */

bool serve_domain_snapshot_lookup_by_name(Call *call,
					  remote_domain_snapshot_lookup_by_name_args *args,
					  remote_domain_snapshot_lookup_by_name_ret *ret,
					  GError **error)
{
	Object *object;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	object = object_get_name(call->engine->objects, OBJECT_SNAPSHOT, call->domain->uuid_text,
				 args->name, error);
	if (object)
		fill_snapshot(object, call->domain, &ret->snap);
	return object != NULL;
}

bool serve_domain_has_current_snapshot(Call *call, remote_domain_has_current_snapshot_args *args,
				       remote_domain_has_current_snapshot_ret *ret, GError **error)
{
	if (!call_flags(call, args->flags, 0, error))
		return false;
	ret->result = moment_current(call->domain, OBJECT_SNAPSHOT) != NULL;
	return true;
}

bool serve_domain_snapshot_current(Call *call, remote_domain_snapshot_current_args *args,
				   remote_domain_snapshot_current_ret *ret, GError **error)
{
	Object *object = moment_current(call->domain, OBJECT_SNAPSHOT);

	if (!call_flags(call, args->flags, 0, error))
		return false;
	if (!object)
		return fail(error, VIR_ERR_NO_DOMAIN_SNAPSHOT,
			    _("domain '%s' has no current snapshot"), call->domain->name);
	fill_snapshot(object, call->domain, &ret->snap);
	return true;
}

bool serve_domain_snapshot_get_parent(Call *call, remote_domain_snapshot_get_parent_args *args,
				      remote_domain_snapshot_get_parent_ret *ret, GError **error)
{
	const Object *object = call->object;
	const Object *parent;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	parent = moment_parent(object);
	if (!parent)
		return fail(error, VIR_ERR_NO_DOMAIN_SNAPSHOT, _("snapshot '%s' has no parent"),
			    object->name);
	fill_snapshot(parent, call->domain, &ret->snap);
	return true;
}

bool serve_domain_snapshot_is_current(Call *call, remote_domain_snapshot_is_current_args *args,
				      remote_domain_snapshot_is_current_ret *ret, GError **error)
{
	const Object *object = call->object;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	ret->current = moment_current(call->domain, OBJECT_SNAPSHOT) == object;
	return true;
}

bool serve_domain_snapshot_has_metadata(Call *call, remote_domain_snapshot_has_metadata_args *args,
					remote_domain_snapshot_has_metadata_ret *ret,
					GError **error)
{
	if (!call_flags(call, args->flags, 0, error))
		return false;
	ret->metadata = 1;
	return true;
}

bool serve_domain_snapshot_get_xml_desc(Call *call, remote_domain_snapshot_get_xml_desc_args *args,
					remote_domain_snapshot_get_xml_desc_ret *ret,
					GError **error)
{
	g_autoptr(SnapshotDef) def = NULL;
	const Object *object = call->object;

	if (!call_flags(call, args->flags, VIR_DOMAIN_SNAPSHOT_XML_SECURE, error))
		return false;
	def = snapshot_def_parse(object->xml, strlen(object->xml), CONF_STATUS, NULL, error);
	if (!def)
		return false;
	g_free(def->parent);
	def->parent = NULL;
	if (moment_parent(object))
		def->parent = g_strdup(moment_parent(object)->name);
	ret->xml = snapshot_def_format(def, args->flags & VIR_DOMAIN_SNAPSHOT_XML_SECURE ? CONF_SECURE : 0);
	return true;
}
