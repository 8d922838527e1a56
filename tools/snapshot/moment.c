/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <time.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/snapshot/moment.h"

/* Splits "a=1,file=/x,,y" at single commas; ",," is a comma. */
static GPtrArray *spec_split(const char *text)
{
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
	GString *part = g_string_new(NULL);

	for (; *text; text++) {
		if (text[0] == ',' && text[1] == ',') {
			g_string_append_c(part, ',');
			text++;
		} else if (text[0] == ',') {
			g_ptr_array_add(parts, g_string_free(part, FALSE));
			part = g_string_new(NULL);
		} else {
			g_string_append_c(part, *text);
		}
	}
	g_ptr_array_add(parts, g_string_free(part, FALSE));
	return parts;
}

static const char *value_of(const char *part, const char *key)
{
	gsize length = strlen(key);

	return g_str_has_prefix(part, key) && part[length] == '=' ? part + length + 1 : NULL;
}

/* "disk[,snapshot=type][,driver=type][,stype=type][,file=name][,checkpoint=..][,bitmap=..]" */
static bool disk_append(Session *session, GString *xml, const char *spec, GError **error)
{
	static const char *const attributes[] = { "snapshot", "checkpoint", "bitmap" };
	g_autoptr(GPtrArray) parts = spec_split(spec);
	const char *file = NULL, *driver = NULL, *type = NULL, *value;

	g_string_append_printf(xml, "    <disk name='%s'", xml_escape(session, parts->pdata[0]));
	for (guint i = 1; i < parts->len; i++) {
		const char *part = parts->pdata[i];
		bool taken = false;

		for (gsize j = 0; j < G_N_ELEMENTS(attributes); j++)
			if ((value = value_of(part, attributes[j]))) {
				g_string_append_printf(xml, " %s='%s'", attributes[j],
						       xml_escape(session, value));
				taken = true;
			}
		if ((value = value_of(part, "driver")))
			driver = value;
		else if ((value = value_of(part, "stype")))
			type = value;
		else if ((value = value_of(part, "file")))
			file = value;
		else if (!taken)
			return fail(error, VIR_ERR_INVALID_ARG, _("unable to parse diskspec: %s"), spec);
	}
	if (file && type)
		g_string_append_printf(xml, " type='%s'", xml_escape(session, type));
	g_string_append(xml, driver || file ? ">\n" : "/>\n");
	if (driver)
		g_string_append_printf(xml, "      <driver type='%s'/>\n", xml_escape(session, driver));
	if (file)
		g_string_append_printf(xml, "      <source %s='%s'/>\n", !g_strcmp0(type, "block") ? "dev" : "file",
				       xml_escape(session, file));
	if (driver || file)
		g_string_append(xml, "    </disk>\n");
	return true;
}

static bool memory_append(Session *session, GString *xml, const char *spec, GError **error)
{
	g_autoptr(GPtrArray) parts = spec_split(spec);

	g_string_append(xml, "  <memory");
	for (guint i = 0; i < parts->len; i++) {
		const char *file = value_of(parts->pdata[i], "file");
		const char *snapshot = value_of(parts->pdata[i], "snapshot");

		if (!file && !snapshot && strchr(parts->pdata[i], '='))
			return fail(error, VIR_ERR_INVALID_ARG, _("unable to parse memspec: %s"), spec);
		if (snapshot)
			g_string_append_printf(xml, " snapshot='%s'", xml_escape(session, snapshot));
		else
			g_string_append_printf(xml, " file='%s'",
					       xml_escape(session, file ? file : parts->pdata[i]));
	}
	g_string_append(xml, "/>\n");
	return true;
}

const char *moment_format(Session *session, const Args *args, const char *root, GError **error)
{
	const char *const *disks = args_rest(args, "diskspec");
	g_autoptr(GString) xml = g_string_new(NULL);

	g_string_append_printf(xml, "<%s>\n", root);
	if (args_has(args, "name"))
		g_string_append_printf(xml, "  <name>%s</name>\n", xml_escape(session, args_text(args, "name")));
	if (args_has(args, "description"))
		g_string_append_printf(xml, "  <description>%s</description>\n",
				       xml_escape(session, args_text(args, "description")));
	if (args_has(args, "memspec") && !memory_append(session, xml, args_text(args, "memspec"), error))
		return NULL;
	if (disks[0])
		g_string_append(xml, "  <disks>\n");
	for (gsize i = 0; disks[i]; i++)
		if (!disk_append(session, xml, disks[i], error))
			return NULL;
	if (disks[0])
		g_string_append(xml, "  </disks>\n");
	g_string_append_printf(xml, "</%s>\n", root);
	return session_printf(session, "%s", xml->str);
}

/* --- listings --- */

static json_t *moment_row(Session *session, const MomentList *list, guint i)
{
	const char *xml = list->xml(session, list->list, i);
	XmlView *view = xml ? xml_view(session, xml, NULL) : NULL;
	const char *text = view ? xml_text(session, view, NULL, "/*/creationTime") : NULL;
	json_t *row = json_pack("{s:o}", "name", json_text(list->name(list->list, i)));
	time_t when = text ? (time_t)g_ascii_strtoll(text, NULL, 10) : 0;
	struct tm tm;
	char shown[64] = "";

	if (text) {
		localtime_r(&when, &tm);
		strftime(shown, sizeof(shown), "%Y-%m-%d %H:%M:%S %z", &tm);
	}
	json_object_set_new(row, "creation_time", json_string(shown));
	json_object_set_new(row, "creation_seconds", json_integer(when));
	if (list->state)
		json_object_set_new(row, "state",
				    json_text(view ? xml_text(session, view, NULL, "/*/state") : NULL));
	json_object_set_new(row, "parent",
			    json_text(view ? xml_text(session, view, NULL, "/*/parent/name") : NULL));
	return row;
}

static const char *member(json_t *row, const char *key)
{
	return json_string_value(json_object_get(row, key));
}

static void branch_print(Session *session, json_t *rows, const char *parent, GString *indent)
{
	gsize length = indent->len, n = json_array_size(rows), last = n;
	bool any = false;

	for (gsize i = 0; i < n; i++)
		if (!g_strcmp0(member(json_array_get(rows, i), "parent"), parent))
			last = i;
	for (gsize i = 0; i < n; i++) {
		json_t *row = json_array_get(rows, i);

		if (g_strcmp0(member(row, "parent"), parent) != 0)
			continue;
		if (!any)
			out_print(session, "%s  |\n", indent->str);
		any = true;
		out_print(session, "%s  +- %s\n", indent->str, member(row, "name"));
		g_string_append(indent, i == last ? "    " : "  | ");
		branch_print(session, rows, member(row, "name"), indent);
		g_string_truncate(indent, length);
	}
	if (any)
		out_print(session, "%s    \n", indent->str);
}

static bool has_row(json_t *rows, const char *name)
{
	json_t *row;
	gsize i;

	json_array_foreach(rows, i, row)
		if (!g_strcmp0(member(row, "name"), name))
			return true;
	return false;
}

static void tree_print(Session *session, json_t *rows)
{
	g_autoptr(GString) indent = g_string_new(NULL);
	json_t *row;
	gsize i;

	json_array_foreach(rows, i, row) {
		if (has_row(rows, member(row, "parent")))
			continue;
		out_print(session, "%s\n", member(row, "name"));
		branch_print(session, rows, member(row, "name"), indent);
	}
}

static const OutColumn columns[] = {
	{ "name", N_("Name"), OUT_PLAIN },
	{ "creation_time", N_("Creation Time"), OUT_PLAIN },
	{ "state", N_("State"), OUT_PLAIN },
	{ "parent", N_("Parent"), OUT_PLAIN },
	{ NULL, NULL, OUT_PLAIN },
};

static void table_print(Session *session, const Args *args, const MomentList *list, json_t *rows)
{
	OutColumn wanted[G_N_ELEMENTS(columns)];
	gsize n = 0;

	for (const OutColumn *column = columns; column->key; column++)
		if ((list->state || strcmp(column->key, "state") != 0) &&
		    (args_has(args, "parent") || strcmp(column->key, "parent") != 0))
			wanted[n++] = *column;
	wanted[n] = columns[G_N_ELEMENTS(columns) - 1];
	out_table(session, wanted, json_incref(rows));
}

bool moments_out(Session *session, const Args *args, const MomentList *list, G_GNUC_UNUSED GError **error)
{
	json_auto_t *rows = json_array();

	for (guint i = 0; i < list->n; i++)
		json_array_append_new(rows, args_has(args, "name") && !session->json ?
						    json_pack("{s:s}", "name", list->name(list->list, i)) :
						    moment_row(session, list, i));
	if (args_has(args, "name")) {
		for (guint i = 0; i < list->n; i++)
			out_print(session, "%s\n", list->name(list->list, i));
	} else if (args_has(args, "tree")) {
		if (!session->json)
			tree_print(session, rows);
	} else {
		table_print(session, args, list, rows);
		return true;
	}
	out_value(session, json_incref(rows));
	return true;
}
