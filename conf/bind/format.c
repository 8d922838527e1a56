/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/plain.h"
#include "conf/bind/internal.h"
#include "conf/bind/types.h"

#define WRITER_NAMESPACES 8

typedef struct {
	GString *out;
	unsigned flags;
	int indent;
	GString *scratch; /* text of one scalar, before it is escaped */
	const BindNamespace *namespaces[WRITER_NAMESPACES];
	guint n_namespaces;
	bool secret; /* something of what was written is one */
} Writer;

/*
 * What cannot stand in XML was refused when it came; what an older release let in, or the host
 * tells, must not make a document that nobody can read.
 */
static char *take_text(GString *out)
{
	return text_mend(g_string_free(out, FALSE));
}

void bind_escape(GString *out, const char *text, bool attribute)
{
	for (;;) {
		gsize plain = strcspn(text, attribute ? "<>&'\"\n\r\t" : "<>&'\"\r");

		g_string_append_len(out, text, (gssize)plain);
		text += plain;
		switch (*text) {
		case '\0':
			return;
		case '<':
			g_string_append(out, "&lt;");
			break;
		case '>':
			g_string_append(out, "&gt;");
			break;
		case '&':
			g_string_append(out, "&amp;");
			break;
		case '\'':
			g_string_append(out, "&apos;");
			break;
		case '"':
			g_string_append(out, "&quot;");
			break;
		default:
			g_string_append_printf(out, "&#%d;", *text);
		}
		text++;
	}
}

static void indent_write(Writer *writer)
{
	static const char blanks[] = "                                ";
	int left = writer->indent;

	for (; left > (int)sizeof(blanks) - 1; left -= (int)sizeof(blanks) - 1)
		g_string_append(writer->out, blanks);
	g_string_append_len(writer->out, blanks, left);
}

/* Whether flags and condition let a row be written at all. */
static bool slot_wanted(const Writer *writer, const BindSlot *slot, const void *object)
{
	unsigned flags = slot->row->flags;

	if (flags & BIND_READ_ONLY || !bind_applies(slot, object))
		return false;
	if (writer->flags & CONF_STATUS)
		return true;
	return !(flags & BIND_LIVE && writer->flags & CONF_INACTIVE) &&
	       !(flags & BIND_SECRET && !(writer->flags & CONF_SECURE)) &&
	       !(flags & BIND_UNPORTABLE && writer->flags & CONF_MIGRATABLE);
}

static bool value_wanted(const Writer *writer, const BindSlot *slot, const void *object)
{
	const void *member = bind_member(slot, object);
	const bool *has = bind_has(slot, object);

	if (!slot_wanted(writer, slot, object))
		return false;
	if (has)
		return *has;
	if (slot->row->type->absent(member))
		return slot->row->flags & BIND_ALWAYS;
	return !(slot->row->flags & BIND_USER_ALIAS) || !(writer->flags & CONF_INACTIVE) ||
	       g_str_has_prefix(*(const char *const *)member, "ua-");
}

static void value_write(Writer *writer, const BindSlot *slot, const void *object, bool attribute)
{
	const BindType *type = slot->row->type;
	const void *member = bind_member(slot, object);

	writer->secret |= slot->row->flags & BIND_SECRET;
	if (type == &bind_str) {
		const char *text = *(const char *const *)member;

		bind_escape(writer->out, text ? text : "", attribute);
	} else if (!type->copy) {
		type->format(type, member, writer->out);
	} else {
		g_string_truncate(writer->scratch, 0);
		type->format(type, member, writer->scratch);
		bind_escape(writer->out, writer->scratch->str, attribute);
	}
}

static void attr_write(Writer *writer, const char *name, const BindSlot *slot, const void *object)
{
	g_string_append_c(writer->out, ' ');
	g_string_append(writer->out, name);
	g_string_append(writer->out, "='");
	value_write(writer, slot, object, true);
	g_string_append_c(writer->out, '\'');
	if (slot->row->scale)
		g_string_append_printf(writer->out, " unit='%s'", bind_unit_name(slot->row));
}

/* A number that the reader insists on is written even when it is 0, if anything is. */
static bool zero_wanted(const Writer *writer, const BindSlot *slot, const void *object)
{
	const BindRow *row = slot->row;

	return row->flags & BIND_REQUIRED && !row->has && !row->type->copy && !row->type->names &&
	       slot_wanted(writer, slot, object);
}

static bool attrs_write(Writer *writer, const BindIndex *index, const void *object)
{
	bool any = false;

	for (guint i = 0; i < index->texts.count; i++) {
		const BindSlot *slot = &index->texts.slots[i];

		if (slot->row->scale && value_wanted(writer, slot, object))
			g_string_append_printf(writer->out, " unit='%s'",
				bind_unit_name(slot->row));
	}
	for (guint i = 0; i < index->attrs.count; i++) {
		const BindSlot *slot = &index->attrs.slots[i];

		if (value_wanted(writer, slot, object))
			any = true;
		else if (!zero_wanted(writer, slot, object))
			continue;
		attr_write(writer, slot->row->name, slot, object);
	}
	return any;
}

/* "<name", with prefix and the attribute that selects the row. */
static void tag_open(Writer *writer, const BindRow *row, const char *name)
{
	indent_write(writer);
	g_string_append_c(writer->out, '<');
	if (row && row->ns) {
		g_string_append(writer->out, row->ns->prefix);
		g_string_append_c(writer->out, ':');
	}
	g_string_append(writer->out, name);
	if (row && row->select_attr) {
		g_string_append_printf(writer->out, " %s='", row->select_attr);
		bind_escape(writer->out, row->select_value, true);
		g_string_append_c(writer->out, '\'');
	}
}

static void tag_close(Writer *writer, const BindRow *row, const char *name)
{
	g_string_append(writer->out, "</");
	if (row && row->ns) {
		g_string_append(writer->out, row->ns->prefix);
		g_string_append_c(writer->out, ':');
	}
	g_string_append(writer->out, name);
	g_string_append(writer->out, ">\n");
}

static void namespace_use(Writer *writer, const BindNamespace *ns)
{
	for (guint i = 0; i < writer->n_namespaces; i++)
		if (writer->namespaces[i] == ns)
			return;
	g_assert(writer->n_namespaces < WRITER_NAMESPACES);
	writer->namespaces[writer->n_namespaces++] = ns;
}

typedef struct {
	BindElement *element;
	const BindRow *row; /* NULL for the root */
	const char *name;
	const void *object;
	bool bare; /* write it even when there is nothing in it */
} Part;

static bool part_write(Writer *writer, const Part *part);

static void leaf_write(Writer *writer, const BindSlot *slot, const void *object)
{
	const BindRow *row = slot->row;

	tag_open(writer, row, row->name);
	if (row->kind == BIND_VALUE) {
		if (value_wanted(writer, slot, object))
			attr_write(writer, row->attr, slot, object);
		g_string_append(writer->out, "/>\n");
		return;
	}
	if (row->scale)
		g_string_append_printf(writer->out, " unit='%s'", bind_unit_name(row));
	g_string_append_c(writer->out, '>');
	value_write(writer, slot, object, false);
	tag_close(writer, row, row->name);
}

static bool list_write(Writer *writer, const BindSlot *slot, const void *object)
{
	const GPtrArray *list = *(GPtrArray *const *)bind_member(slot, object);
	Part part = { slot->row->element, slot->row, slot->row->name, NULL, true };

	for (guint i = 0; list && i < list->len; i++) {
		if (slot->row->kind == BIND_LIST) {
			part.object = g_ptr_array_index(list, i);
			part_write(writer, &part);
			continue;
		}
		tag_open(writer, slot->row, slot->row->name);
		g_string_append_c(writer->out, '>');
		bind_escape(writer->out, g_ptr_array_index(list, i), false);
		tag_close(writer, slot->row, slot->row->name);
	}
	return list && list->len > 0;
}

static bool raw_write(Writer *writer, const BindSlot *slot, const void *object)
{
	const char *text = *(const char *const *)bind_member(slot, object);

	if (!text)
		return false;
	indent_write(writer);
	g_string_append(writer->out, text);
	g_string_append_c(writer->out, '\n');
	return true;
}

static bool struct_write(Writer *writer, const BindSlot *slot, const void *object)
{
	const BindRow *row = slot->row;
	const bool *has = bind_has(slot, object);
	Part part = { row->element, row, row->name, bind_member(slot, object),
		      row->flags & BIND_BARE };

	if (row->kind == BIND_POINTER) {
		part.object = *(void *const *)part.object;
		part.bare = true;
		if (!part.object)
			return false;
	}
	if (has) {
		if (!*has)
			return false;
		part.bare = true;
	}
	return part_write(writer, &part);
}

static bool child_write(Writer *writer, const BindSlot *slot, const void *object)
{
	switch ((BindKind)slot->row->kind) {
	case BIND_LEAF:
	case BIND_VALUE:
		if (!value_wanted(writer, slot, object) &&
		    (!(slot->row->flags & BIND_BARE) || !slot_wanted(writer, slot, object)))
			return false;
		leaf_write(writer, slot, object);
		return true;
	case BIND_FLAG:
		if (!slot_wanted(writer, slot, object) || !*(bool *)bind_member(slot, object))
			return false;
		tag_open(writer, slot->row, slot->row->name);
		g_string_append(writer->out, "/>\n");
		return true;
	case BIND_CHILD:
	case BIND_POINTER:
		return slot_wanted(writer, slot, object) && struct_write(writer, slot, object);
	case BIND_LIST:
	case BIND_STRINGS:
		return slot_wanted(writer, slot, object) && list_write(writer, slot, object);
	case BIND_RAW:
		return slot_wanted(writer, slot, object) && raw_write(writer, slot, object);
	default:
		g_assert_not_reached();
	}
}

static bool text_write(Writer *writer, const BindIndex *index, const void *object)
{
	for (guint i = 0; i < index->texts.count; i++)
		if (value_wanted(writer, &index->texts.slots[i], object)) {
			g_string_append_c(writer->out, '>');
			value_write(writer, &index->texts.slots[i], object, false);
			return true;
		}
	return false;
}

static bool content_write(Writer *writer, const BindIndex *index, const void *object)
{
	bool any = false;

	writer->indent += 2;
	for (guint i = 0; i < index->content.count; i++) {
		const BindSlot *slot = &index->content.slots[i];

		if (!child_write(writer, slot, object))
			continue;
		any = true;
		writer->secret |= slot->row->flags & BIND_SECRET;
		if (slot->row->ns)
			namespace_use(writer, slot->row->ns);
	}
	writer->indent -= 2;
	return any;
}

/* Writes an element; false, and nothing written, when there is nothing in it. */
static bool part_write(Writer *writer, const Part *part)
{
	const BindIndex *index = bind_index(part->element);
	gsize start = writer->out->len, after_attrs;
	bool any;

	tag_open(writer, part->row, part->name);
	any = attrs_write(writer, index, part->object);
	after_attrs = writer->out->len;
	if (text_write(writer, index, part->object)) {
		tag_close(writer, part->row, part->name);
		return true;
	}
	g_string_append(writer->out, ">\n");
	if (content_write(writer, index, part->object)) {
		indent_write(writer);
		tag_close(writer, part->row, part->name);
		return true;
	}
	g_string_truncate(writer->out, any || part->bare ? after_attrs : start);
	if (any || part->bare)
		g_string_append(writer->out, "/>\n");
	return any || part->bare;
}

/* *ret_secret: whether something in the document is one. */
static char *document_write(BindElement *element, const void *object, unsigned flags,
			    bool *ret_secret)
{
	GString *out = g_string_sized_new(8192);
	Writer writer = { .out = out, .flags = flags, .scratch = g_string_sized_new(64) };
	Part part = { element, NULL, element->name, object, true };
	gsize end = 1 + strlen(part.name); /* of the root's name */

	part_write(&writer, &part);
	for (guint i = writer.n_namespaces; i > 0; i--) {
		const BindNamespace *ns = writer.namespaces[i - 1];
		g_autofree char *text = g_strdup_printf(" xmlns:%s='%s'", ns->prefix, ns->uri);

		g_string_insert(out, (gssize)end, text);
	}
	g_string_free(writer.scratch, TRUE);
	*ret_secret = writer.secret;
	return take_text(out);
}

char *bind_format(BindElement *element, const void *object, unsigned flags)
{
	bool secret;

	return document_write(element, object, flags, &secret);
}

char *bind_format_secure(BindElement *element, const void *object, unsigned flags,
			 bool *ret_secret)
{
	return document_write(element, object, flags | CONF_SECURE, ret_secret);
}
