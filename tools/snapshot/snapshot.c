/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots of a domain: listed, shown, made, deleted, reverted to. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/snapshot/moment.h"

static const char *snapshot_xml(Session *session, const Snapshot *snapshot, unsigned int flags, GError **error)
{
	remote_domain_snapshot_get_xml_desc_args call = { *snapshot, flags };
	remote_domain_snapshot_get_xml_desc_ret *ret =
		ASK(session, domain_snapshot_get_xml_desc, &call, error);

	return ret ? ret->xml : NULL;
}

static json_t *result(const Snapshot *snapshot, const char *what)
{
	json_t *object = domain_result(&snapshot->dom, what);

	json_object_set_new(object, "snapshot", json_text(snapshot->name));
	return object;
}

/* --- making --- */

static const FlagOption create_flags[] = {
	{ "redefine", VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE },
	{ "no-metadata", VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA },
	{ "halt", VIR_DOMAIN_SNAPSHOT_CREATE_HALT },
	{ "disk-only", VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY },
	{ "reuse-external", VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT },
	{ "quiesce", VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE },
	{ "atomic", VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC },
	{ "live", VIR_DOMAIN_SNAPSHOT_CREATE_LIVE },
	{ "validate", VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE },
	{ NULL, 0 },
};

static const Snapshot *snapshot_create(Session *session, const Domain *domain, const char *xml,
				       unsigned int flags, GError **error)
{
	remote_domain_snapshot_create_xml_args call = { *domain, (char *)xml, flags };
	remote_domain_snapshot_create_xml_ret *ret = ASK(session, domain_snapshot_create_xml, &call, error);

	return ret ? &ret->snap : NULL;
}

bool cmd_snapshot_create(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	unsigned int flags = args_flags(args, create_flags);
	const char *xml = "<domainsnapshot/>";
	const Snapshot *snapshot;

	if (!domain)
		return false;
	if (args_has(args, "current"))
		flags |= VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT;
	if (args_has(args, "xmlfile"))
		xml = xmlfile_read(session, args, "xmlfile", error);
	snapshot = xml ? snapshot_create(session, domain, xml, flags, error) : NULL;
	if (!snapshot)
		return false;
	if (args_has(args, "xmlfile"))
		out_done(session, result(snapshot, "create"), _("Domain snapshot %s created from '%s'"),
			 snapshot->name, args_text(args, "xmlfile"));
	else
		out_done(session, result(snapshot, "create"), _("Domain snapshot %s created"), snapshot->name);
	return true;
}

bool cmd_snapshot_create_as(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *xml = domain ? moment_format(session, args, "domainsnapshot", error) : NULL;
	const Snapshot *snapshot;

	if (!xml)
		return false;
	if (args_has(args, "print-xml")) {
		out_text(session, "xml", xml);
		return true;
	}
	snapshot = snapshot_create(session, domain, xml, args_flags(args, create_flags), error);
	if (!snapshot)
		return false;
	out_done(session, result(snapshot, "create"), _("Domain snapshot %s created"), snapshot->name);
	return true;
}

/* --- showing --- */

static const Snapshot *parent_of(Session *session, const Snapshot *snapshot, GError **error)
{
	remote_domain_snapshot_get_parent_args call = { *snapshot, 0 };
	remote_domain_snapshot_get_parent_ret *ret = ASK(session, domain_snapshot_get_parent, &call, error);

	return ret ? &ret->snap : NULL;
}

bool cmd_snapshot_parent(Session *session, const Args *args, GError **error)
{
	const Snapshot *snapshot = snapshot_arg(session, args, error), *parent;
	g_autoptr(GError) problem = NULL;

	if (!snapshot)
		return false;
	parent = parent_of(session, snapshot, &problem);
	if (!parent && error_code(problem) == VIR_ERR_NO_DOMAIN_SNAPSHOT)
		return fail(error, VIR_ERR_NO_DOMAIN_SNAPSHOT, _("snapshot '%s' has no parent"), snapshot->name);
	if (!parent) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	out_text(session, "snapshot", parent->name);
	return true;
}

bool cmd_snapshot_current(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *name = args_text(args, "snapshotname"), *xml;
	remote_domain_has_current_snapshot_args has_args;
	remote_domain_has_current_snapshot_ret *has;
	const Snapshot *snapshot;

	if (!domain)
		return false;
	if (name) {
		/* The present text, stored once more as the current one. */
		snapshot = snapshot_find(session, domain, name, error);
		xml = snapshot ? snapshot_xml(session, snapshot, VIR_DOMAIN_SNAPSHOT_XML_SECURE, error) : NULL;
		if (!xml || !snapshot_create(session, domain, xml,
					     VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE |
						     VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT, error))
			return false;
		out_done(session, result(snapshot, "current"), _("Snapshot %s set as current"), name);
		return true;
	}
	has_args = (remote_domain_has_current_snapshot_args){ *domain, 0 };
	has = ASK(session, domain_has_current_snapshot, &has_args, error);
	if (!has)
		return false;
	if (!has->result)
		return fail(error, VIR_ERR_NO_DOMAIN_SNAPSHOT, _("domain '%s' has no current snapshot"),
			    domain->name);
	snapshot = snapshot_current(session, domain, error);
	if (snapshot && args_has(args, "name"))
		out_text(session, "snapshot", snapshot->name);
	xml = snapshot && !args_has(args, "name") ?
		      snapshot_xml(session, snapshot,
				   args_has(args, "security-info") ? VIR_DOMAIN_SNAPSHOT_XML_SECURE : 0,
				   error) : NULL;
	if (xml)
		out_text(session, "xml", xml);
	return snapshot && (xml || args_has(args, "name"));
}

static int children_count(Session *session, const Snapshot *snapshot, unsigned int flags)
{
	remote_domain_snapshot_num_children_args call = { *snapshot, flags };
	remote_domain_snapshot_num_children_ret *ret =
		ASK(session, domain_snapshot_num_children, &call, NULL);

	return ret ? ret->num : 0;
}

static json_t *info_facts(Session *session, const Snapshot *snapshot, XmlView *view)
{
	remote_domain_snapshot_is_current_args current_args = { *snapshot, 0 };
	remote_domain_snapshot_has_metadata_args metadata_args = { *snapshot, 0 };
	remote_domain_snapshot_is_current_ret *current =
		ASK(session, domain_snapshot_is_current, &current_args, NULL);
	remote_domain_snapshot_has_metadata_ret *metadata =
		ASK(session, domain_snapshot_has_metadata, &metadata_args, NULL);
	const char *state = xml_text(session, view, NULL, "/domainsnapshot/state");
	const char *memory = xml_text(session, view, NULL, "/domainsnapshot/memory/@snapshot");
	bool external = (memory && !strcmp(memory, "external")) ||
			xml_find(session, view, NULL,
				 "/domainsnapshot/disks/disk[@snapshot='external']")->n > 0 ||
			(state && !strcmp(state, "disk-snapshot"));
	const char *parent = xml_text(session, view, NULL, "/domainsnapshot/parent/name");
	json_t *object = json_object();

	json_object_set_new(object, "name", json_text(snapshot->name));
	json_object_set_new(object, "domain", json_text(snapshot->dom.name));
	json_object_set_new(object, "current", json_boolean(current && current->current > 0));
	json_object_set_new(object, "state", json_text(state));
	json_object_set_new(object, "location", json_string(external ? "external" : "internal"));
	json_object_set_new(object, "parent", json_text(parent ? parent : "-"));
	json_object_set_new(object, "children", json_integer(children_count(session, snapshot, 0)));
	json_object_set_new(object, "descendants",
			    json_integer(children_count(session, snapshot,
							VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS)));
	if (metadata)
		json_object_set_new(object, "metadata", json_boolean(metadata->metadata > 0));
	return object;
}

bool cmd_snapshot_info(Session *session, const Args *args, GError **error)
{
	static const OutColumn lines[] = {
		{ "name", N_("Name:"), OUT_PLAIN },	  { "domain", N_("Domain:"), OUT_PLAIN },
		{ "current", N_("Current:"), OUT_YES_NO }, { "state", N_("State:"), OUT_PLAIN },
		{ "location", N_("Location:"), OUT_PLAIN }, { "parent", N_("Parent:"), OUT_PLAIN },
		{ "children", N_("Children:"), OUT_PLAIN }, { "descendants", N_("Descendants:"), OUT_PLAIN },
		{ "metadata", N_("Metadata:"), OUT_YES_NO }, { NULL, NULL, OUT_PLAIN },
	};
	const Snapshot *snapshot = snapshot_arg(session, args, error);
	const char *xml = snapshot ? snapshot_xml(session, snapshot, 0, error) : NULL;
	XmlView *view = xml ? xml_view(session, xml, error) : NULL;

	if (!view)
		return false;
	out_record(session, lines, 15, info_facts(session, snapshot, view));
	return true;
}

/* --- listing --- */

static const FlagOption list_flags[] = {
	{ "roots", VIR_DOMAIN_SNAPSHOT_LIST_ROOTS },	     { "leaves", VIR_DOMAIN_SNAPSHOT_LIST_LEAVES },
	{ "no-leaves", VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES }, { "metadata", VIR_DOMAIN_SNAPSHOT_LIST_METADATA },
	{ "no-metadata", VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA },
	{ "inactive", VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE },   { "active", VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE },
	{ "disk-only", VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY }, { "internal", VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL },
	{ "external", VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL },   { "topological", VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL },
	{ "descendants", VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS }, { NULL, 0 },
};

typedef struct Snapshots {
	Snapshot *list;
	guint n;
} Snapshots;

static bool list_ask(Session *session, const Args *args, const Domain *domain, Snapshots *ret_list,
		     GError **error)
{
	unsigned int flags = args_flags(args, list_flags);
	const Snapshot *from = NULL;
	remote_domain_list_all_snapshots_ret *all;
	remote_domain_snapshot_list_all_children_ret *children;

	if (args_has(args, "from") || args_has(args, "current")) {
		from = args_has(args, "from") ?
			       snapshot_find(session, domain, args_text(args, "from"), error) :
			       snapshot_current(session, domain, error);
		if (!from)
			return false;
	}
	if (args_has(args, "tree"))
		flags |= from ? VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS : 0;
	if (from) {
		remote_domain_snapshot_list_all_children_args call = { *from, 1, flags };

		children = ASK(session, domain_snapshot_list_all_children, &call, error);
		if (children)
			*ret_list = (Snapshots){ children->snapshots.snapshots_val,
						 children->snapshots.snapshots_len };
		return children;
	}
	{
		remote_domain_list_all_snapshots_args call = { *domain, 1, flags };

		all = ASK(session, domain_list_all_snapshots, &call, error);
	}
	if (all)
		*ret_list = (Snapshots){ all->snapshots.snapshots_val, all->snapshots.snapshots_len };
	return all;
}

static int snapshot_compare(const void *a, const void *b)
{
	return strcmp(((const Snapshot *)a)->name, ((const Snapshot *)b)->name);
}

static const char *moment_xml(Session *session, const void *list, guint i)
{
	return snapshot_xml(session, &((const Snapshot *)list)[i], 0, NULL);
}

static const char *moment_name(const void *list, guint i)
{
	return ((const Snapshot *)list)[i].name;
}

bool cmd_snapshot_list(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	Snapshots found = { 0 };
	MomentList list = { .root = "domainsnapshot", .xml = moment_xml, .name = moment_name, .state = true };

	if (!domain || !args_exclusive(args, "tree", "name", error) ||
	    !args_exclusive(args, "tree", "parent", error) || !list_ask(session, args, domain, &found, error))
		return false;
	if (found.n && !args_has(args, "topological"))
		qsort(found.list, found.n, sizeof(Snapshot), snapshot_compare);
	list.list = found.list;
	list.n = found.n;
	return moments_out(session, args, &list, error);
}

/* --- changing --- */

static bool edit_apply(Session *session, const char *xml, void *data, GError **error)
{
	return snapshot_create(session, data, xml, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE, error);
}

bool cmd_snapshot_edit(Session *session, const Args *args, GError **error)
{
	const Snapshot *snapshot = snapshot_arg(session, args, error);
	const char *xml =
		snapshot ? snapshot_xml(session, snapshot, VIR_DOMAIN_SNAPSHOT_XML_SECURE, error) : NULL;
	Edit edit = { .what = _("The snapshot"), .xml = xml, .apply = edit_apply };
	bool changed;

	if (!xml)
		return false;
	if (args_has(args, "rename") || args_has(args, "clone"))
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("snapshot-edit: --rename and --clone are not supported"));
	edit.name = snapshot->name;
	edit.data = (void *)&snapshot->dom;
	if (!xml_edit(session, &edit, &changed, error))
		return false;
	out_done(session, result(snapshot, changed ? "edit" : "nothing"),
		 changed ? _("Snapshot %s edited.\n") : _("Snapshot %s XML configuration not changed.\n"),
		 snapshot->name);
	return true;
}
