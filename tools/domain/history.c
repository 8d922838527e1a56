/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The history of definitions: who changed what and when, what the difference is, and back, also after a
 * domain was undefined; and a copy of all of it. By reeved's own program; a daemon that lacks it says so.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "conf/bind/bind.h"
#include "conf/def/domain.h"
#include "tools/cli/download.h"
#include "tools/cli/xmlfile.h"
#include "tools/domain/diagnose.h"
#include "tools/object/domain_ref.h"

static const reeve_domain_history_get_ret *revision_get(Session *session, const Domain *domain,
							int64_t revision, GError **error)
{
	reeve_domain_history_get_args call = { *domain, revision, 0 };

	return reeve_call(session, REEVE_PROC_DOMAIN_HISTORY_GET, &call, error);
}

static json_t *revision_row(const reeve_revision *revision)
{
	time_t when = (time_t)(revision->time_usec / 1000000);
	struct tm tm;
	char text[32];
	json_t *row = json_object();

	localtime_r(&when, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	json_object_set_new(row, "revision", json_integer(revision->revision));
	json_object_set_new(row, "time", json_string(text));
	json_object_set_new(row, "time_usec", json_integer(revision->time_usec));
	json_object_set_new(row, "uid", revision->uid < 0 ? json_null() : json_integer(revision->uid));
	json_object_set_new(row, "user", json_text(revision->user));
	json_object_set_new(row, "origin", json_text(revision->origin));
	json_object_set_new(row, "action", json_text(revision->action));
	json_object_set_new(row, "size", json_integer((json_int_t)revision->size));
	return row;
}

/* --- domains that were undefined --- */

static const reeve_domain_history_deleted_ret *deleted_ask(Session *session, GError **error)
{
	reeve_domain_history_deleted_args call = { 0 };

	return reeve_call(session, REEVE_PROC_DOMAIN_HISTORY_DELETED, &call, error);
}

/* By UUID, or by the name that it had last, if only one had it. */
static const Domain *deleted_find(Session *session, const char *name, GError **error)
{
	const reeve_domain_history_deleted_ret *ret = deleted_ask(session, error);
	unsigned char uuid[VIR_UUID_BUFLEN];
	bool by_uuid = uuid_read(name, uuid);
	const Domain *found = NULL;

	for (guint i = 0; ret && i < ret->domains.domains_len; i++) {
		const Domain *domain = &ret->domains.domains_val[i].dom;

		if (by_uuid ? memcmp(domain->uuid, uuid, sizeof(uuid)) != 0 : strcmp(domain->name, name) != 0)
			continue;
		if (found)
			return fail_null(error, VIR_ERR_INVALID_ARG,
					 _("several domains were named '%s' when they were undefined; give the "
					   "UUID of one, see 'reeve history --deleted'"), name);
		found = domain;
	}
	if (ret && !found)
		fail(error, VIR_ERR_NO_DOMAIN,
		     _("no domain '%s' was undefined whose history is kept; see 'reeve history --deleted'"), name);
	return found;
}

static bool deleted_list(Session *session, GError **error)
{
	static const OutColumn columns[] = {
		{ "name", N_("Name"), OUT_PLAIN }, { "uuid", N_("UUID"), OUT_PLAIN },
		{ "time", N_("Undefined"), OUT_PLAIN }, { "user", N_("User"), OUT_PLAIN },
		{ "origin", N_("From"), OUT_PLAIN }, { NULL, NULL, OUT_PLAIN },
	};
	const reeve_domain_history_deleted_ret *ret = deleted_ask(session, error);
	json_t *rows;

	if (!ret)
		return false;
	rows = json_array();
	for (guint i = 0; i < ret->domains.domains_len; i++) {
		const reeve_deleted_domain *deleted = &ret->domains.domains_val[i];
		const reeve_revision revision = { deleted->revision, deleted->time_usec, deleted->uid, deleted->user,
						  deleted->origin, (char *)"undefine", 0 };
		json_t *row = revision_row(&revision);

		json_object_set_new(row, "name", json_text(deleted->dom.name));
		json_object_set_new(row, "uuid", json_uuid(deleted->dom.uuid));
		json_object_del(row, "size");
		json_array_append_new(rows, row);
	}
	out_table(session, columns, rows);
	return true;
}

bool cmd_undelete(Session *session, const Args *args, GError **error)
{
	const Domain *domain = deleted_find(session, args_text(args, "domain"), error);
	reeve_domain_rollback_args call = { .revision = -1 };
	reeve_domain_rollback_ret *ret;

	if (!domain)
		return false;
	call.dom = *domain;
	ret = reeve_call(session, REEVE_PROC_DOMAIN_ROLLBACK, &call, error);
	if (!ret)
		return failed(session, _("Failed to define domain '%s' again"), domain->name);
	out_done(session, domain_result(&ret->dom, "undelete"), _("Domain '%s' is defined again\n"), ret->dom.name);
	return true;
}

bool cmd_purge(Session *session, const Args *args, GError **error)
{
	const Domain *domain = deleted_find(session, args_text(args, "domain"), error);
	reeve_domain_history_purge_args call = { 0 };

	if (!domain)
		return false;
	call.dom = *domain;
	if (!reeve_call(session, REEVE_PROC_DOMAIN_HISTORY_PURGE, &call, error))
		return failed(session, _("Failed to purge the history of domain '%s'"), domain->name);
	out_done(session, domain_result(domain, "purge"), _("The history of domain '%s' is purged\n"), domain->name);
	return true;
}

/* A domain that is there, else one that was undefined. */
static const Domain *past_find(Session *session, const char *name, GError **error)
{
	const Domain *domain = domain_find(session, name, error);
	const Domain *deleted = domain ? NULL : deleted_find(session, name, NULL);

	if (deleted)
		g_clear_error(error);
	return domain ? domain : deleted;
}

bool cmd_history(Session *session, const Args *args, GError **error)
{
	static const OutColumn columns[] = {
		{ "revision", N_("Revision"), OUT_PLAIN }, { "time", N_("Time"), OUT_PLAIN },
		{ "user", N_("User"), OUT_PLAIN },	   { "origin", N_("From"), OUT_PLAIN },
		{ "action", N_("Action"), OUT_PLAIN },	   { "size", N_("Size"), OUT_PLAIN },
		{ NULL, NULL, OUT_PLAIN },
	};
	const Domain *domain;
	reeve_domain_history_args call = { 0 };
	reeve_domain_history_ret *ret;
	unsigned int limit = G_MAXUINT;
	json_t *rows;

	if (!args_exclusive(args, "deleted", "domain", error))
		return false;
	if (args_has(args, "deleted"))
		return deleted_list(session, error);
	if (!args_has(args, "domain"))
		return fail(error, VIR_ERR_INVALID_ARG, _("command '%s' requires <%s> option"), "history", "domain");
	domain = past_find(session, args_text(args, "domain"), error);
	if (!domain || !args_uint(args, "limit", &limit, error))
		return false;
	call.dom = *domain;
	ret = reeve_call(session, REEVE_PROC_DOMAIN_HISTORY, &call, error);
	if (!ret)
		return false;
	rows = json_array();
	for (guint i = 0; i < MIN(ret->revisions.revisions_len, limit); i++)
		json_array_append_new(rows, revision_row(&ret->revisions.revisions_val[i]));
	out_table(session, columns, rows);
	return true;
}

typedef struct Side {
	const char *label, *xml;
} Side;

/* The text of a revision, by number; empty @number: the stored definition. */
static bool side_read(Session *session, const Domain *domain, const char *number, Side *ret_side,
		      GError **error)
{
	const reeve_domain_history_get_ret *ret;
	gint64 revision;

	if (!number) {
		ret_side->label = session_printf(session, _("%s (stored)"), domain->name);
		ret_side->xml = domain_xml(session, domain, VIR_DOMAIN_XML_INACTIVE, error);
		return ret_side->xml;
	}
	if (!g_ascii_string_to_signed(number, 10, G_MININT64, G_MAXINT64, &revision, NULL))
		return fail(error, VIR_ERR_INVALID_ARG, _("'%s' is not the number of a revision"), number);
	ret = revision_get(session, domain, revision, error);
	if (!ret)
		return false;
	ret_side->label = session_printf(session, _("%s (revision %lld)"), domain->name,
					 (long long)ret->revision);
	ret_side->xml = ret->xml;
	return true;
}

/* The lines of @list that begin with @group, without it, as an array. */
static json_t *group_out(Session *session, const GPtrArray *list, const char *group, const char *heading)
{
	json_t *array = json_array();
	gsize length = strlen(group);

	for (guint i = 0; i < list->len; i++) {
		const char *line = list->pdata[i];

		if (!g_str_has_prefix(line, group))
			continue;
		if (!json_array_size(array))
			out_print(session, "%s\n", heading);
		line += length + strspn(line + length, ": ");
		out_print(session, "  %s\n", line);
		json_array_append_new(array, json_text(line));
	}
	return array;
}

/* What differs, by who can see it; nothing when one of the texts cannot be read. */
static void differences_out(Session *session, const Side *old, const Side *new, json_t *result)
{
	g_autoptr(DomainDef) a = domain_def_parse(old->xml, strlen(old->xml), CONF_INACTIVE, NULL, NULL);
	g_autoptr(DomainDef) b = domain_def_parse(new->xml, strlen(new->xml), CONF_INACTIVE, NULL, NULL);
	g_autoptr(GPtrArray) list = a && b ? bind_diff(&bind_el_domain, a, b) : NULL;

	if (!list)
		return;
	json_object_set_new(result, "guest", group_out(session, list, "guest", _("The guest sees:")));
	json_object_set_new(result, "host", group_out(session, list, "host", _("Only the host sees:")));
}

/* domain: the last change; domain A: from A to the stored one; domain A B; --file: to the file. */
bool cmd_diff(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *from = args_text(args, "from"), *to = args_text(args, "to");
	Side old = { 0 }, new = { 0 };
	g_autofree char *diff = NULL;
	json_t *result;

	if (!domain || !args_exclusive(args, "file", "to", error))
		return false;
	if (!from && !args_has(args, "file"))
		from = "-1";
	if (!side_read(session, domain, from, &old, error))
		return false;
	if (args_has(args, "file")) {
		new.label = args_text(args, "file");
		new.xml = xmlfile_read(session, args, "file", error);
	} else if (!side_read(session, domain, to, &new, error)) {
		return false;
	}
	if (!new.xml)
		return false;
	diff = text_diff(old.xml, new.xml, old.label, new.label);
	out_print(session, "%s", diff);
	result = json_pack("{s:o,s:o,s:o}", "from", json_text(old.label), "to", json_text(new.label), "diff",
			   json_text(diff));
	if (diff[0])
		differences_out(session, &old, &new, result);
	out_value(session, result);
	return true;
}

bool cmd_rollback(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	reeve_domain_rollback_args call = { 0 };
	reeve_domain_rollback_ret *ret;
	int revision = 0;
	json_t *result;

	if (!domain || !args_int(args, "revision", &revision, error))
		return false;
	call.dom = *domain;
	call.revision = revision;
	ret = reeve_call(session, REEVE_PROC_DOMAIN_ROLLBACK, &call, error);
	if (!ret)
		return failed(session, _("Failed to roll back domain '%s'"), domain->name);
	result = domain_result(&ret->dom, "rollback");
	json_object_set_new(result, "revision", json_integer(revision));
	out_done(session, result, _("Domain '%s' is defined as in revision %d again\n"), ret->dom.name, revision);
	return true;
}

/* --- a copy of all --- */

/* For its owner alone: definitions have passwords. An older copy is replaced once the new one is whole. */
static bool state_download(Session *session, const char *file, GError **error)
{
	reeve_state_backup_args call = { 0 };
	Download download = { .proc = rpc_proc_find(REEVE_PROGRAM_NUMBER, REEVE_PROC_STATE_BACKUP), .args = &call };
	g_autofree char *part = g_strconcat(file, ".part", NULL);
	g_autofd int fd = -1;

	unlink(part);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(error, errno, _("cannot create file '%s'"), part);
	if (download_open(session, &download, error) && download_finish(session, &download, part, error)) {
		if (fsync(fd) == 0 && rename(part, file) == 0)
			return true;
		fail_errno(error, errno, _("cannot write file '%s'"), file);
	}
	unlink(part);
	return false;
}

bool cmd_backup_state(Session *session, const Args *args, GError **error)
{
	const char *file = args_text(args, "file");

	if (!state_download(session, file, error))
		return failed(session, _("Failed to copy the state to %s"), file);
	out_done(session, json_pack("{s:o,s:s}", "file", json_text(file), "done", "backup-state"),
		 _("State copied to %s\n"), file);
	return true;
}
