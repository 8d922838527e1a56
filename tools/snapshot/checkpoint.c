/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checkpoints of a domain, and the backup job that uses them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/snapshot/moment.h"

static const char *checkpoint_xml(Session *session, const Checkpoint *checkpoint, unsigned int flags,
				  GError **error)
{
	remote_domain_checkpoint_get_xml_desc_args call = { *checkpoint, flags };
	remote_domain_checkpoint_get_xml_desc_ret *ret =
		ASK(session, domain_checkpoint_get_xml_desc, &call, error);

	return ret ? ret->xml : NULL;
}

static json_t *result(const Checkpoint *checkpoint, const char *what)
{
	json_t *object = domain_result(&checkpoint->dom, what);

	json_object_set_new(object, "checkpoint", json_text(checkpoint->name));
	return object;
}

static const Checkpoint *checkpoint_create(Session *session, const Domain *domain, const char *xml,
					   unsigned int flags, GError **error)
{
	remote_domain_checkpoint_create_xml_args call = { *domain, (char *)xml, flags };
	remote_domain_checkpoint_create_xml_ret *ret =
		ASK(session, domain_checkpoint_create_xml, &call, error);

	return ret ? &ret->checkpoint : NULL;
}

static const FlagOption create_flags[] = {
	{ "redefine", VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE },
	{ "redefine-validate", VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE },
	{ "quiesce", VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE },
	{ NULL, 0 },
};

static bool create_and_say(Session *session, const Args *args, const char *xml, GError **error)
{
	const Domain *domain = xml ? domain_arg(session, args, error) : NULL;
	const Checkpoint *checkpoint =
		domain ? checkpoint_create(session, domain, xml, args_flags(args, create_flags), error) : NULL;

	if (!checkpoint)
		return false;
	if (args_has(args, "xmlfile"))
		out_done(session, result(checkpoint, "create"), _("Domain checkpoint %s created from '%s'"),
			 checkpoint->name, args_text(args, "xmlfile"));
	else
		out_done(session, result(checkpoint, "create"), _("Domain checkpoint %s created"),
			 checkpoint->name);
	return true;
}

bool cmd_checkpoint_create(Session *session, const Args *args, GError **error)
{
	return create_and_say(session, args,
			      args_has(args, "xmlfile") ? xmlfile_read(session, args, "xmlfile", error) :
							  "<domaincheckpoint/>", error);
}

bool cmd_checkpoint_create_as(Session *session, const Args *args, GError **error)
{
	const char *xml = moment_format(session, args, "domaincheckpoint", error);

	if (xml && args_has(args, "print-xml")) {
		out_text(session, "xml", xml);
		return true;
	}
	return create_and_say(session, args, xml, error);
}

static const char *parent_of(Session *session, const Checkpoint *checkpoint)
{
	remote_domain_checkpoint_get_parent_args call = { *checkpoint, 0 };
	remote_domain_checkpoint_get_parent_ret *ret =
		ASK(session, domain_checkpoint_get_parent, &call, NULL);

	return ret ? ret->parent.name : NULL;
}

bool cmd_checkpoint_parent(Session *session, const Args *args, GError **error)
{
	const Checkpoint *checkpoint = checkpoint_arg(session, args, error);
	const char *parent = checkpoint ? parent_of(session, checkpoint) : NULL;

	if (!checkpoint)
		return false;
	if (!parent)
		return fail(error, VIR_ERR_NO_DOMAIN_CHECKPOINT, _("checkpoint '%s' has no parent"),
			    checkpoint->name);
	out_text(session, "checkpoint", parent);
	return true;
}

static guint children_count(Session *session, const Checkpoint *checkpoint, unsigned int flags)
{
	remote_domain_checkpoint_list_all_children_args call = { *checkpoint, 1, flags };
	remote_domain_checkpoint_list_all_children_ret *ret =
		ASK(session, domain_checkpoint_list_all_children, &call, NULL);

	return ret ? ret->checkpoints.checkpoints_len : 0;
}

bool cmd_checkpoint_info(Session *session, const Args *args, GError **error)
{
	static const OutColumn lines[] = {
		{ "name", N_("Name:"), OUT_PLAIN },	    { "domain", N_("Domain:"), OUT_PLAIN },
		{ "parent", N_("Parent:"), OUT_PLAIN },	    { "children", N_("Children:"), OUT_PLAIN },
		{ "descendants", N_("Descendants:"), OUT_PLAIN }, { NULL, NULL, OUT_PLAIN },
	};
	const Checkpoint *checkpoint = checkpoint_arg(session, args, error);
	json_t *object;

	if (!checkpoint)
		return false;
	object = json_object();
	json_object_set_new(object, "name", json_text(checkpoint->name));
	json_object_set_new(object, "domain", json_text(checkpoint->dom.name));
	json_object_set_new(object, "parent", json_text(parent_of(session, checkpoint)));
	json_object_set_new(object, "children", json_integer(children_count(session, checkpoint, 0)));
	json_object_set_new(object, "descendants",
			    json_integer(children_count(session, checkpoint,
							VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS)));
	out_record(session, lines, 15, object);
	return true;
}

static const char *moment_xml(Session *session, const void *list, guint i)
{
	return checkpoint_xml(session, &((const Checkpoint *)list)[i], VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN, NULL);
}

static const char *moment_name(const void *list, guint i)
{
	return ((const Checkpoint *)list)[i].name;
}

static int checkpoint_compare(const void *a, const void *b)
{
	return strcmp(((const Checkpoint *)a)->name, ((const Checkpoint *)b)->name);
}

static bool list_ask(Session *session, const Args *args, const Domain *domain, MomentList *list,
		     GError **error)
{
	static const FlagOption table[] = {
		{ "roots", VIR_DOMAIN_CHECKPOINT_LIST_ROOTS },
		{ "leaves", VIR_DOMAIN_CHECKPOINT_LIST_LEAVES },
		{ "no-leaves", VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES },
		{ "topological", VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL },
		{ "descendants", VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS },
		{ NULL, 0 },
	};
	remote_domain_list_all_checkpoints_args call = { *domain, 1, args_flags(args, table) };
	remote_domain_checkpoint_list_all_children_args below = { .need_results = 1, .flags = call.flags };
	remote_domain_list_all_checkpoints_ret *all;
	remote_domain_checkpoint_list_all_children_ret *children;
	const Checkpoint *from;

	if (args_has(args, "from")) {
		from = checkpoint_find(session, domain, args_text(args, "from"), error);
		if (!from)
			return false;
		below.checkpoint = *from;
		children = ASK(session, domain_checkpoint_list_all_children, &below, error);
		list->list = children ? children->checkpoints.checkpoints_val : NULL;
		list->n = children ? children->checkpoints.checkpoints_len : 0;
		return children;
	}
	all = ASK(session, domain_list_all_checkpoints, &call, error);
	list->list = all ? all->checkpoints.checkpoints_val : NULL;
	list->n = all ? all->checkpoints.checkpoints_len : 0;
	return all;
}

bool cmd_checkpoint_list(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	MomentList list = { .root = "domaincheckpoint", .xml = moment_xml, .name = moment_name };

	if (!domain || !args_exclusive(args, "tree", "name", error) ||
	    !args_exclusive(args, "tree", "parent", error) || !list_ask(session, args, domain, &list, error))
		return false;
	if (list.n && !args_has(args, "topological"))
		qsort((void *)list.list, list.n, sizeof(Checkpoint), checkpoint_compare);
	return moments_out(session, args, &list, error);
}

/* --- backup --- */

bool cmd_backup_begin(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_backup_begin_args call = {
		.backup_xml = "<domainbackup/>",
		.flags = args_has(args, "reuse-external") ? VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL : 0,
	};
	char *checkpoint = NULL;

	if (!domain)
		return false;
	if (args_has(args, "backupxml"))
		call.backup_xml = (char *)xmlfile_read(session, args, "backupxml", error);
	if (call.backup_xml && args_has(args, "checkpointxml")) {
		checkpoint = (char *)xmlfile_read(session, args, "checkpointxml", error);
		if (!checkpoint)
			return false;
		call.checkpoint_xml = &checkpoint;
	}
	call.dom = *domain;
	if (!call.backup_xml || !TELL(session, domain_backup_begin, &call, error))
		return false;
	out_done(session, domain_result(domain, "backup-begin"), _("Backup started\n"));
	return true;
}

