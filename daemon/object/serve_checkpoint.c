/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptions of checkpoints: redefined by backup tools that know of them, listed, shown,
 * forgotten. Taking one is not built and is refused by name.
 */
#include <string.h>
#include <time.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/snapshot/snapshot.h"
#include "daemon/client/serve.h"
#include "daemon/object/class.h"
#include "daemon/object/moment_tree.h"
#include "daemon/registry/domain_call.h"

static void fill_checkpoint(const Object *object, const Domain *domain,
			    remote_nonnull_domain_checkpoint *ret)
{
	ret->name = g_strdup(object->name);
	call_fill_domain(domain, &ret->dom);
}

const ObjectClass checkpoint_class = {
	.stored = "checkpoint",
	.text = N_("checkpoint"),
	.missing = VIR_ERR_NO_DOMAIN_CHECKPOINT,
	.exists = VIR_ERR_OPERATION_FAILED,
	.by_name = true,
};

/* ---- listing ------------------------------------------------------------------------------- */

#define LIST_FLAGS 0xf /* VIR_DOMAIN_CHECKPOINT_LIST_... */

static bool passes(const MomentNode *node, unsigned flags, bool below)
{
	if (!below && (flags & VIR_DOMAIN_CHECKPOINT_LIST_ROOTS) && node->info.parent)
		return false;
	return object_passes(flags, VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES,
			     VIR_DOMAIN_CHECKPOINT_LIST_LEAVES, node->children > 0);
}

static GPtrArray *list_checkpoints(const Domain *domain, const Object *above, unsigned flags)
{
	bool descendants = (flags & VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS) != 0;
	g_autoptr(GArray) tree = moment_tree(domain, OBJECT_CHECKPOINT, above);
	g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(MomentNode));
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; i < tree->len; i++) {
		const MomentNode *node = moment_node(tree, i);

		if (moment_is_listed(tree, node, above, descendants) &&
		    passes(node, flags, above != NULL))
			g_array_append_vals(kept, node, 1);
	}
	if (flags & VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL)
		moment_tree_sort(kept);
	for (guint i = 0; i < kept->len; i++)
		g_ptr_array_add(list, moment_node(kept, i)->object);
	return list;
}

static remote_nonnull_domain_checkpoint *fill_list(const GPtrArray *list, const Domain *domain)
{
	remote_nonnull_domain_checkpoint *checkpoints =
		g_new0(remote_nonnull_domain_checkpoint, list->len + 1);

	for (guint i = 0; i < list->len; i++)
		fill_checkpoint(list->pdata[i], domain, &checkpoints[i]);
	return checkpoints;
}

bool serve_domain_list_all_checkpoints(Call *call, remote_domain_list_all_checkpoints_args *args,
				       remote_domain_list_all_checkpoints_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;

	*ret = (remote_domain_list_all_checkpoints_ret){ .ret = 0 };
	if (!call_flags(call, args->flags, LIST_FLAGS | VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL, error))
		return false;
	list = list_checkpoints(call->domain, NULL, args->flags);
	ret->ret = (int)list->len;
	if (args->need_results) {
		ret->checkpoints.checkpoints_val = fill_list(list, call->domain);
		ret->checkpoints.checkpoints_len = list->len;
	}
	return true;
}

bool serve_domain_checkpoint_list_all_children(
	Call *call, remote_domain_checkpoint_list_all_children_args *args,
	remote_domain_checkpoint_list_all_children_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;
	const Object *object = call->object;

	*ret = (remote_domain_checkpoint_list_all_children_ret){ .ret = 0 };
	if (!call_flags(call, args->flags, LIST_FLAGS | VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL, error))
		return false;
	list = list_checkpoints(call->domain, object, args->flags);
	ret->ret = (int)list->len;
	if (args->need_results) {
		ret->checkpoints.checkpoints_val = fill_list(list, call->domain);
		ret->checkpoints.checkpoints_len = list->len;
	}
	return true;
}

/* ---- look-up ------------------------------------------------------------------------------- */

bool serve_domain_checkpoint_lookup_by_name(Call *call,
					    remote_domain_checkpoint_lookup_by_name_args *args,
					    remote_domain_checkpoint_lookup_by_name_ret *ret,
					    GError **error)
{
	Object *object;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	object = object_get_name(call->engine->objects, OBJECT_CHECKPOINT, call->domain->uuid_text,
				 args->name, error);
	if (object)
		fill_checkpoint(object, call->domain, &ret->checkpoint);
	return object != NULL;
}

bool serve_domain_checkpoint_get_parent(Call *call, remote_domain_checkpoint_get_parent_args *args,
					remote_domain_checkpoint_get_parent_ret *ret,
					GError **error)
{
	const Object *object = call->object;
	const Object *parent;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	parent = moment_parent(object);
	if (!parent)
		return fail(error, VIR_ERR_NO_DOMAIN_CHECKPOINT, _("checkpoint '%s' has no parent"),
			    object->name);
	fill_checkpoint(parent, call->domain, &ret->parent);
	return true;
}

bool serve_domain_checkpoint_get_xml_desc(Call *call,
					  remote_domain_checkpoint_get_xml_desc_args *args,
					  remote_domain_checkpoint_get_xml_desc_ret *ret,
					  GError **error)
{
	const unsigned known = VIR_DOMAIN_CHECKPOINT_XML_SECURE | VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN;
	g_autoptr(CheckpointDef) def = NULL;
	const Object *object = call->object;
	const Object *parent;

	if (!call_flags(call, args->flags, known, error))
		return false;
	def = checkpoint_def_parse(object->xml, strlen(object->xml), CONF_STATUS, NULL, error);
	if (!def)
		return false;
	parent = moment_parent(object);
	g_free(def->parent);
	def->parent = parent ? g_strdup(parent->name) : NULL;
	if (args->flags & VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN)
		g_clear_pointer(&def->domain, domain_def_free);
	ret->xml = checkpoint_def_format(
		def, args->flags & VIR_DOMAIN_CHECKPOINT_XML_SECURE ? CONF_SECURE : 0);
	return true;
}

/* ---- redefinition -------------------------------------------------------------------------- */

static bool check_redefined(const Domain *domain, const CheckpointDef *def, GError **error)
{
	if (!def->name)
		return fail(error, VIR_ERR_XML_ERROR, _("a checkpoint that is redefined needs <name>"));
	if (!def->domain)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("checkpoint '%s': one that is redefined needs <domain>"), def->name);
	if (memcmp(def->domain->uuid.bytes, domain->uuid, sizeof(domain->uuid)) != 0)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("checkpoint '%s': the <domain> in it is another one, not '%s'"),
			    def->name, domain->name);
	return moment_check_parent(domain, OBJECT_CHECKPOINT, def->name, def->parent, error);
}

/* A disk that says nothing is tracked under the checkpoint's name. */
static void complete_disks(CheckpointDef *def)
{
	for (guint i = 0; def->disks && i < def->disks->len; i++) {
		CheckpointDisk *disk = def->disks->pdata[i];

		if (disk->checkpoint == CHECKPOINT_DISK_ABSENT)
			disk->checkpoint = CHECKPOINT_DISK_BITMAP;
		if (disk->checkpoint == CHECKPOINT_DISK_BITMAP && !disk->bitmap)
			disk->bitmap = g_strdup(def->name);
	}
}

static ObjectHold redefine_commit(Call *call, CheckpointDef *def, GError **error)
{
	MomentInfo info = { .parent = def->parent };
	g_autofree char *xml = NULL;
	ObjectSpec spec = { .kind = OBJECT_CHECKPOINT, .parent = call->domain->uuid_text,
			    .name = def->name };

	complete_disks(def);
	if (!def->has_creation_time) {
		def->creation_time = time(NULL);
		def->has_creation_time = true;
	}
	info.created = def->creation_time;
	xml = checkpoint_def_format(def, CONF_STATUS | CONF_SECURE);
	spec.xml = xml;
	return moment_define_commit(call, &spec, &info, error);
}

bool serve_domain_checkpoint_create_xml(Call *call, remote_domain_checkpoint_create_xml_args *args,
					remote_domain_checkpoint_create_xml_ret *ret,
					GError **error)
{
	g_autoptr(CheckpointDef) def = NULL;
	g_auto(DomainHold) hold = NULL;
	g_auto(ObjectHold) object = NULL;

	if (!(args->flags & VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE))
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("domain '%s': taking a checkpoint is not supported yet; only the flag REDEFINE is"),
			    call->domain->name);
	if (!call_flags(call, args->flags, VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE, error))
		return false;
	def = checkpoint_def_parse(args->xml_desc, strlen(args->xml_desc), 0, NULL, error);
	if (!def)
		return false;
	hold = call_hold_wait(call, call->domain, "redefining a checkpoint", error);
	if (!hold || !check_redefined(call->domain, def, error))
		return false;
	object = redefine_commit(call, def, error);
	if (!object)
		return false;
	fill_checkpoint(object, call->domain, &ret->checkpoint);
	return true;
}

bool serve_domain_checkpoint_delete(Call *call, remote_domain_checkpoint_delete_args *args,
				    G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(DomainHold) hold = NULL;

	if (!call_flags(call, args->flags, VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY, error))
		return false;
	if (!args->flags)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("checkpoint '%s': removing its bitmaps is not supported yet; the "
			      "flag METADATA_ONLY forgets it and leaves them"),
			    call->object->name);
	hold = call_hold_wait(call, call->domain, "a deletion of a checkpoint", error);
	return hold && object_check(call->object, error) &&
	       moment_remove_commit(call, call->object, error);
}
