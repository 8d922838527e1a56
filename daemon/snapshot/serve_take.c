/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots are taken, or told of by clients that know of them; and deleted. */
#include <string.h>
#include <time.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/client/serve.h"
#include "daemon/guest/memory.h"
#include "daemon/object/moment_tree.h"
#include "daemon/registry/domain_call.h"
#include "daemon/snapshot/snapshot.h"

SnapshotDef *snapshot_read(const Object *object, GError **error)
{
	return snapshot_def_parse(object->xml, strlen(object->xml), CONF_STATUS, NULL, error);
}

ObjectHold snapshot_store_commit(Call *call, SnapshotDef *snapshot, const char *parent, bool current, GError **error)
{
	MomentInfo info = { .parent = (char *)parent, .state = snapshot->state,
			    .external = snapshot_is_external(snapshot), .current = current };
	ObjectSpec spec = { .kind = OBJECT_SNAPSHOT, .parent = call->domain->uuid_text, .name = snapshot->name };
	g_autofree char *xml = NULL;

	if (!snapshot->has_creation_time) {
		snapshot->creation_time = time(NULL);
		snapshot->has_creation_time = true;
	}
	info.created = snapshot->creation_time;
	xml = snapshot_def_format(snapshot, CONF_STATUS | CONF_SECURE);
	spec.xml = xml;
	return moment_define_commit(call, &spec, &info, error);
}

/* ---- Told of ------------------------------------------------------------------------------- */

static bool check_redefined(const Domain *domain, const SnapshotDef *def, GError **error)
{
	if (!def->name)
		return fail(error, VIR_ERR_XML_ERROR, _("a snapshot that is redefined needs <name>"));
	if (def->state == SNAPSHOT_STATE_ABSENT)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("snapshot '%s': one that is redefined needs <state>"), def->name);
	if (!def->domain)
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("snapshot '%s': one that is redefined needs <domain>"), def->name);
	if (memcmp(def->domain->uuid.bytes, domain->uuid, sizeof(domain->uuid)) != 0)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("snapshot '%s': the <domain> in it is another one, not '%s'"),
			    def->name, domain->name);
	return moment_check_parent(domain, OBJECT_SNAPSHOT, def->name, def->parent, error);
}

#define REDEFINE_FLAGS (VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT | \
			VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE)
#define TAKE_FLAGS (VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE | \
		    VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA | VIR_DOMAIN_SNAPSHOT_CREATE_HALT | \
		    VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC)

static ObjectHold redefine_commit(Call *call, SnapshotDef *snapshot, unsigned flags, GError **error)
{
	if (!check_redefined(call->domain, snapshot, error))
		return NULL;
	return snapshot_store_commit(call, snapshot, snapshot->parent,
				     (flags & VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT) != 0, error);
}

/* ---- Taken --------------------------------------------------------------------------------- */

/* What has been written is of no use to anybody who does not know of it. */
static void take_undo_call(Domain *domain, const SnapshotDef *snapshot)
{
	g_autoptr(GError) error = NULL;
	bool good = domain_is_active(domain) ?
			    vm_snapshot_call(domain, VM_SNAPSHOT_DELETE, snapshot->name, &error) :
			    snapshot_images_call(domain, snapshot->domain, VM_SNAPSHOT_DELETE, snapshot->name, &error);

	if (!good)
		log_warning(_("a snapshot of domain '%s' that was given up stays in its images: %s"), domain->name,
			    error->message);
}

static bool take_call(Domain *domain, const SnapshotDef *snapshot, GError **error)
{
	return domain_is_active(domain) ?
		       vm_snapshot_call(domain, VM_SNAPSHOT_SAVE, snapshot->name, error) :
		       snapshot_images_call(domain, snapshot->domain, VM_SNAPSHOT_SAVE, snapshot->name, error);
}

static bool halt_check(const Domain *domain, unsigned flags, GError **error)
{
	return !(flags & VIR_DOMAIN_SNAPSHOT_CREATE_HALT) || domain->persistent ||
	       fail(error, VIR_ERR_OPERATION_INVALID, _("cannot halt after transient domain snapshot"));
}

/* False and an error, or with *ret_object NULL where nothing is to be remembered. */
static bool take_commit(Call *call, SnapshotDef *snapshot, unsigned flags, ObjectHold *ret_object, GError **error)
{
	Domain *domain = call->domain;
	const Object *current = moment_current(domain, OBJECT_SNAPSHOT);
	g_autofree char *parent = current ? g_strdup(current->name) : NULL;

	if (!halt_check(domain, flags, error) || !snapshot_resolve(domain, snapshot, flags, error) ||
	    !take_call(domain, snapshot, error))
		return false;
	if (!(flags & VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA)) {
		*ret_object = snapshot_store_commit(call, snapshot, parent, true, error);
		if (!*ret_object) {
			take_undo_call(domain, snapshot);
			return false;
		}
	}
	return !(flags & VIR_DOMAIN_SNAPSHOT_CREATE_HALT) || !domain_is_active(domain) ||
	       vm_leave_call(domain, CONTROL_LEAVE_FROM_SNAPSHOT, error);
}

bool serve_domain_snapshot_create_xml(Call *call, remote_domain_snapshot_create_xml_args *args,
				      remote_domain_snapshot_create_xml_ret *ret, GError **error)
{
	const bool redefine = args->flags & VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE;
	const unsigned validate = args->flags & VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE ? CONF_VALIDATE : 0;
	g_autoptr(SnapshotDef) snapshot = NULL;
	g_auto(DomainHold) hold = NULL;
	g_auto(ObjectHold) object = NULL;

	if (!call_flags(call, args->flags, redefine ? REDEFINE_FLAGS : TAKE_FLAGS, error))
		return false;
	snapshot = snapshot_def_parse(args->xml_desc, strlen(args->xml_desc), validate, NULL, error);
	if (!snapshot)
		return false;
	hold = call_hold_wait(call, call->domain, "a snapshot", error);
	if (!hold)
		return false;
	if (redefine)
		object = redefine_commit(call, snapshot, args->flags, error);
	if (redefine ? !object : !take_commit(call, snapshot, args->flags, &object, error))
		return false;
	ret->snap.name = g_strdup(snapshot->name);
	call_fill_domain(call->domain, &ret->snap.dom);
	return true;
}

/* ---- Deleted ------------------------------------------------------------------------------- */

/* Its data and, once that is gone, what is known of it; its children get its parent. */
static bool delete_one_commit(Call *call, Object *object, bool metadata_only, GError **error)
{
	Domain *domain = call->domain;
	g_autoptr(SnapshotDef) snapshot = snapshot_read(object, error);
	bool done;

	if (!snapshot)
		return false;
	if (!metadata_only && snapshot_is_external(snapshot))
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("snapshot '%s' lies in files of its own; merging them is not supported yet, the flag "
			      "METADATA_ONLY forgets it and leaves the files"),
			    object->name);
	done = metadata_only ||
	       (domain_is_active(domain) ?
			vm_snapshot_call(domain, VM_SNAPSHOT_DELETE, object->name, error) :
			snapshot_images_call(domain, snapshot->domain, VM_SNAPSHOT_DELETE, object->name, error));
	return done && moment_remove_commit(call, object, error);
}

/* All below @above, deepest first. */
static bool delete_below_commit(Call *call, Object *above, bool metadata_only, GError **error)
{
	for (;;) {
		g_autoptr(GArray) tree = moment_tree(call->domain, OBJECT_SNAPSHOT, above);
		g_autoptr(Object) leaf = NULL;

		for (guint i = 0; i < tree->len && !leaf; i++)
			if (moment_node(tree, i)->below && moment_node(tree, i)->children == 0)
				leaf = object_ref(moment_node(tree, i)->object);
		if (!leaf)
			return true;
		if (!delete_one_commit(call, leaf, metadata_only, error))
			return false;
	}
}

bool serve_domain_snapshot_delete(Call *call, remote_domain_snapshot_delete_args *args,
				  G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	const unsigned children = VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN;
	const unsigned only = VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY;
	const bool metadata_only = args->flags & VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY;
	g_auto(DomainHold) hold = NULL;

	if (!call_flags(call, args->flags, children | only | VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY, error))
		return false;
	if ((args->flags & children) && (args->flags & only))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("the children of a snapshot are deleted with it or without it, not both"));
	hold = call_hold_wait(call, call->domain, "a deletion of a snapshot", error);
	if (!hold || !object_check(call->object, error))
		return false;
	if (args->flags & (children | only) && !delete_below_commit(call, call->object, metadata_only, error))
		return false;
	return (args->flags & only) || delete_one_commit(call, call->object, metadata_only, error);
}
