/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference of a document, from its tables: one section per element, in Markdown. */
#include "base/i18n.h"
#include "conf/bind/internal.h"
#include "conf/bind/types.h"

typedef struct {
	GString *out;
	GHashTable *seen; /* tables that have their section */
} Reference;

static void name_put(GString *out, const BindRow *row)
{
	switch ((BindKind)row->kind) {
	case BIND_ATTR:
		g_string_append_printf(out, "`@%s`", row->name);
		break;
	case BIND_TEXT:
		g_string_append(out, _("text"));
		break;
	case BIND_VALUE:
		g_string_append_printf(out, "`<%s %s=…/>`", row->name, row->attr);
		break;
	default:
		g_string_append_printf(out, "`<%s%s%s>`", row->ns ? row->ns->prefix : "",
				       row->ns ? ":" : "", row->name);
	}
	if (row->select_attr)
		g_string_append_printf(out, " (`%s='%s'`)", row->select_attr, row->select_value);
}

static void value_put(GString *out, const BindRow *row)
{
	g_autofree char *text = row->type ? bind_type_text(row->type) : NULL;

	if (row->scale)
		g_string_append_printf(out, _("a size; stored in %s"), bind_unit_name(row));
	else if (text)
		g_string_append(out, text);
	else if (row->kind == BIND_FLAG)
		g_string_append(out, _("empty; it counts that it is there"));
	else if (row->kind == BIND_STRINGS)
		g_string_append(out, _("text, any number of times"));
	else if (row->kind == BIND_RAW)
		g_string_append(out, _("kept as written"));
	else if (row->kind == BIND_LIST)
		g_string_append(out, _("element, any number of times"));
	else
		g_string_append(out, _("element"));
}

/* The names of the values for which a row counts. */
static void when_put(GString *out, const BindRow *rows, const BindRow *row)
{
	const BindType *type = NULL;

	if (!row->when)
		return;
	for (const BindRow *other = rows; other->kind != BIND_END; other++)
		if (other->type && other->type->names && other->offset + 1 == row->when)
			type = other->type;
	g_string_append(out, _(" Only for"));
	if (!type) {
		g_string_append(out, _(" some types."));
		return;
	}
	for (guint i = 1; i < type->n_names; i++)
		if (row->when_mask >> i & 1)
			g_string_append_printf(out, " '%s'", type->names[i]);
	g_string_append_c(out, '.');
}

static void notes_put(GString *out, const BindRow *rows, const BindRow *row)
{
	static const struct {
		unsigned flag;
		const char *text;
	} notes[] = {
		{ BIND_REQUIRED, N_(" Required.") },
		{ BIND_GUEST, N_(" Visible to the guest.") },
		{ BIND_LIVE, N_(" Of a running guest.") },
		{ BIND_SECRET, N_(" Secret: shown on request only.") },
		{ BIND_READ_ONLY, N_(" An old spelling: read, not written.") },
		{ BIND_NONZERO, N_(" Not 0.") },
	};

	if (row->doc)
		g_string_append_printf(out, " %s", _(row->doc));
	for (guint i = 0; i < G_N_ELEMENTS(notes); i++)
		if (row->flags & notes[i].flag)
			g_string_append(out, _(notes[i].text));
	if (row->missing > 0 && row->type && row->type->names)
		g_string_append_printf(out, _(" Default: '%s'."),
				       bind_enum_name(row->type, (int)row->missing));
	when_put(out, rows, row);
}

static void rows_put(Reference *reference, const BindRow *rows)
{
	GString *out = reference->out;

	for (const BindRow *row = rows; row->kind != BIND_END; row++) {
		if (row->kind == BIND_INCLUDE) {
			rows_put(reference, row->element->rows);
			continue;
		}
		g_string_append(out, "| ");
		name_put(out, row);
		g_string_append(out, " | ");
		value_put(out, row);
		g_string_append(out, " |");
		notes_put(out, rows, row);
		g_string_append(out, " |\n");
	}
}

static void children_put(Reference *reference, const char *path, const BindRow *rows);

static void section_put(Reference *reference, const char *path, BindElement *element)
{
	if (!g_hash_table_add(reference->seen, element))
		return;
	g_string_append_printf(reference->out, "\n## %s\n\n", path);
	if (element->doc)
		g_string_append_printf(reference->out, "%s\n\n", _(element->doc));
	g_string_append_printf(reference->out, "| %s | %s | %s |\n|---|---|---|\n", _("name"),
			       _("value"), _("notes"));
	rows_put(reference, element->rows);
	children_put(reference, path, element->rows);
}

static void children_put(Reference *reference, const char *path, const BindRow *rows)
{
	for (const BindRow *row = rows; row->kind != BIND_END; row++) {
		g_autofree char *below = NULL;

		if (row->kind == BIND_INCLUDE) {
			children_put(reference, path, row->element->rows);
			continue;
		}
		if (!row->element)
			continue;
		below = g_strdup_printf("%s/%s", path, row->name);
		section_put(reference, below, row->element);
	}
}

char *bind_doc(BindElement *element)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	Reference reference = { g_string_new(NULL), seen };
	g_autofree char *path = g_strdup_printf("/%s", element->name ? element->name
								     : element->type_name);

	g_string_append_printf(reference.out, "# %s\n", element->name ? element->name
								      : element->type_name);
	section_put(&reference, path, element);
	return g_string_free(reference.out, FALSE);
}
