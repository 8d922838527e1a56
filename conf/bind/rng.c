/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A RELAX NG schema from the tables. It is a little wider than the tables: which members go with
 * which type is not expressed, as rows of the same name are merged into a choice.
 */
#include <string.h>

#include "conf/bind/internal.h"
#include "conf/bind/types.h"

typedef struct {
	GString *out;
	GHashTable *names; /* BindElement -> name of its define */
	GPtrArray *queue;  /* elements whose define is still to be written */
} Schema;

static const char *define_name(Schema *schema, BindElement *element)
{
	char *name = g_hash_table_lookup(schema->names, element);

	if (name)
		return name;
	name = g_strdup_printf("%s-%u", element->type_name, g_hash_table_size(schema->names));
	g_hash_table_insert(schema->names, element, name);
	g_ptr_array_add(schema->queue, element);
	return name;
}

/* The values of a scalar; @empty: nothing at all is accepted, too. */
static void values_put(Schema *schema, const BindRow *row, bool empty)
{
	const BindType *type = row->type;

	if (!type || (!type->names && !type->pattern)) {
		g_string_append(schema->out, "<text/>");
		return;
	}
	g_string_append(schema->out, "<choice>");
	for (guint i = 1; i < type->n_names; i++)
		g_string_append_printf(schema->out, "<value>%s</value>", type->names[i]);
	if (!type->names) {
		g_string_append(schema->out, "<data type='string'><param name='pattern'>\\s*(");
		bind_escape(schema->out, type->pattern, false);
		g_string_append(schema->out, ")\\s*</param></data>");
	}
	if (empty)
		g_string_append(schema->out, "<value/>");
	g_string_append(schema->out, "</choice>");
}

static void attr_put(Schema *schema, const char *name, const BindRow *row)
{
	g_string_append_printf(schema->out, "<attribute name='%s'>", name);
	values_put(schema, row, row->flags & BIND_EMPTY_OK);
	g_string_append(schema->out, "</attribute>");
}

static void unit_put(Schema *schema)
{
	g_string_append(schema->out,
			"<optional><attribute name='unit'><text/></attribute></optional>");
}

static bool first_of_name(const BindSlots *slots, guint position)
{
	for (guint i = 0; i < position; i++)
		if (strcmp(slots->slots[i].row->name, slots->slots[position].row->name) == 0 &&
		    slots->slots[i].row->ns == slots->slots[position].row->ns)
			return false;
	return true;
}

/* In an interleave their order is free for libxml2, too, which otherwise tries every subset. */
static void attrs_put(Schema *schema, const BindSlots *slots)
{
	if (slots->count > 0)
		g_string_append(schema->out, "<interleave>");
	for (guint i = 0; i < slots->count; i++) {
		const BindRow *row = slots->slots[i].row;
		bool required = row->flags & BIND_REQUIRED && !row->when && !slots->slots[i].guard;

		if (!first_of_name(slots, i))
			continue;
		g_string_append(schema->out, required ? "<group>" : "<optional>");
		g_string_append_printf(schema->out, "<attribute name='%s'><choice>", row->name);
		for (guint k = i; k < slots->count; k++)
			if (strcmp(slots->slots[k].row->name, row->name) == 0)
				values_put(schema, slots->slots[k].row,
					   slots->slots[k].row->flags & BIND_EMPTY_OK);
		g_string_append(schema->out, "</choice></attribute>");
		g_string_append(schema->out, required ? "</group>" : "</optional>");
	}
	if (slots->count > 0)
		g_string_append(schema->out, "</interleave>");
}

static void select_put(Schema *schema, const BindRow *row)
{
	if (row->select_attr)
		g_string_append_printf(schema->out,
				       "<attribute name='%s'><value>%s</value></attribute>",
				       row->select_attr, row->select_value);
}

static void child_put(Schema *schema, const BindRow *row)
{
	g_string_append_printf(schema->out, "<element name='%s' ns='%s'>", row->name,
			       row->ns ? row->ns->uri : "");
	select_put(schema, row);
	switch ((BindKind)row->kind) {
	case BIND_LEAF:
		if (row->scale)
			unit_put(schema);
		values_put(schema, row, true);
		break;
	case BIND_VALUE:
		g_string_append(schema->out, "<optional>");
		attr_put(schema, row->attr, row);
		g_string_append(schema->out, "</optional><empty/>");
		break;
	case BIND_FLAG:
		g_string_append(schema->out, "<empty/>");
		break;
	case BIND_STRINGS:
		g_string_append(schema->out, "<text/>");
		break;
	case BIND_RAW:
		g_string_append(schema->out, "<ref name='anything'/>");
		break;
	default:
		g_string_append_printf(schema->out, "<ref name='%s'/>",
				       define_name(schema, row->element));
	}
	g_string_append(schema->out, "</element>");
}

/* Whether an earlier row of that name means the same, which would make the schema ambiguous. */
static bool child_repeated(const BindSlots *slots, guint position)
{
	const BindRow *row = slots->slots[position].row;

	for (guint i = 0; i < position; i++) {
		const BindRow *other = slots->slots[i].row;

		if (other->kind == row->kind && strcmp(other->name, row->name) == 0 &&
		    other->ns == row->ns && other->element == row->element &&
		    other->type == row->type && other->select_attr == row->select_attr &&
		    other->select_value == row->select_value)
			return true;
	}
	return false;
}

static void content_put(Schema *schema, const BindSlots *slots)
{
	if (slots->count == 0)
		return;
	g_string_append(schema->out, "<interleave>");
	for (guint i = 0; i < slots->count; i++) {
		if (!first_of_name(slots, i))
			continue;
		g_string_append(schema->out, "<zeroOrMore><choice>");
		for (guint k = i; k < slots->count; k++)
			if (strcmp(slots->slots[k].row->name, slots->slots[i].row->name) == 0 &&
			    slots->slots[k].row->ns == slots->slots[i].row->ns &&
			    !child_repeated(slots, k))
				child_put(schema, slots->slots[k].row);
		g_string_append(schema->out, "</choice></zeroOrMore>\n");
	}
	g_string_append(schema->out, "</interleave>");
}

static void text_put(Schema *schema, const BindIndex *index)
{
	if (index->texts.count == 0) {
		if (index->content.count == 0)
			g_string_append(schema->out, "<empty/>");
		return;
	}
	if (index->content.count > 0 || index->texts.count > 1)
		g_string_append(schema->out, "<text/>");
	else
		values_put(schema, index->texts.slots[0].row, true);
}

static void define_put(Schema *schema, BindElement *element)
{
	const BindIndex *index = bind_index(element);

	g_string_append_printf(schema->out, "<define name='%s'>\n",
			       (char *)g_hash_table_lookup(schema->names, element));
	attrs_put(schema, &index->attrs);
	if (index->unit)
		unit_put(schema);
	if (index->texts.count > 0 && index->content.count > 0)
		g_string_append(schema->out, "<interleave>");
	text_put(schema, index);
	content_put(schema, &index->content);
	if (index->texts.count > 0 && index->content.count > 0)
		g_string_append(schema->out, "</interleave>");
	g_string_append(schema->out, "</define>\n");
}

char *bind_rng(BindElement *element)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	g_autoptr(GPtrArray) queue = g_ptr_array_new();
	Schema schema = { g_string_new(NULL), names, queue };

	g_string_append_printf(schema.out,
			       "<grammar xmlns='http://relaxng.org/ns/structure/1.0' "
			       "datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'>\n"
			       "<start><element name='%s'><ref name='%s'/></element></start>\n"
			       "<define name='anything'><zeroOrMore><choice><text/>"
			       "<attribute><anyName/></attribute><element><anyName/>"
			       "<ref name='anything'/></element></choice></zeroOrMore></define>\n",
			       element->name, define_name(&schema, element));
	for (guint i = 0; i < queue->len; i++)
		define_put(&schema, g_ptr_array_index(queue, i));
	g_string_append(schema.out, "</grammar>\n");
	return g_string_free(schema.out, FALSE);
}
