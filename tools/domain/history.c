/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The history of definitions: who changed what and when, what the difference is, and back. By
 * reeved's own program; a daemon that lacks it says so.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/bind.h"
#include "conf/def/domain.h"
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

bool cmd_history(Session *session, const Args *args, GError **error)
{
	static const OutColumn columns[] = {
		{ "revision", N_("Revision"), OUT_PLAIN }, { "time", N_("Time"), OUT_PLAIN },
		{ "user", N_("User"), OUT_PLAIN },	   { "origin", N_("From"), OUT_PLAIN },
		{ "action", N_("Action"), OUT_PLAIN },	   { "size", N_("Size"), OUT_PLAIN },
		{ NULL, NULL, OUT_PLAIN },
	};
	const Domain *domain = domain_arg(session, args, error);
	reeve_domain_history_args call = { 0 };
	reeve_domain_history_ret *ret;
	unsigned int limit = G_MAXUINT;
	json_t *rows;

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
