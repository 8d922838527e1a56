/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/raw.h"
#include "conf/bind/reader.h"
#include "conf/bind/types.h"

/* One element while it is read. */
typedef struct {
	BindReader *reader;
	const BindIndex *index;
	xmlNode *node;
	guint8 *object;
	const char *select; /* attribute by which the row was chosen, or NULL */
	guint64 attrs_seen[BIND_MAX_ROWS / 64], content_seen[BIND_MAX_ROWS / 64];
} Frame;

/* A scalar on its way into its member. */
typedef struct {
	xmlNode *node;
	const char *attr; /* NULL: text of the node */
	const char *text, *unit;
} Value;

static GHashTable *coverage;

void bind_coverage_start(void)
{
	if (!coverage)
		coverage = g_hash_table_new(NULL, NULL);
}

bool bind_coverage_met(const BindRow *row)
{
	return coverage && g_hash_table_contains(coverage, row);
}

static inline bool seen_set(guint64 *seen, guint position)
{
	guint64 bit = G_GUINT64_CONSTANT(1) << (position % 64);
	bool before = seen[position / 64] & bit;

	seen[position / 64] |= bit;
	return before;
}

static inline bool seen_has(const guint64 *seen, guint position)
{
	return seen[position / 64] >> (position % 64) & 1;
}

/* The text below @first; *owned is what must be freed when it is in several pieces. */
static const char *nodes_text(const xmlNode *first, char **owned)
{
	GString *text;

	if (!first)
		return "";
	if (!first->next && first->type == XML_TEXT_NODE)
		return (const char *)first->content;
	text = g_string_new(NULL);
	for (; first; first = first->next)
		if (first->type == XML_TEXT_NODE || first->type == XML_CDATA_SECTION_NODE)
			g_string_append(text, (const char *)first->content);
	*owned = g_string_free(text, FALSE);
	return *owned;
}

static const char *attr_text(xmlNode *node, const char *name, char **owned)
{
	for (xmlAttr *attr = node->properties; attr; attr = attr->next)
		if (strcmp((const char *)attr->name, name) == 0)
			return nodes_text(attr->children, owned);
	return NULL;
}

static int row_code(const BindRow *row)
{
	return row->code ? row->code : VIR_ERR_XML_ERROR;
}

static bool size_store(BindReader *reader, const BindRow *row, const Value *value, guint64 *member,
		       GError **error)
{
	guint64 number, unit = row->read_scale ? row->read_scale : row->scale;
	int code = row_code(row);

	if (value->unit && *value->unit) {
		unit = size_unit(value->unit);
		if (!unit)
			return reader_fail(reader,
					   READER_AT(value->node, "unit", VIR_ERR_INVALID_ARG),
					   error, _("'%s' is not a unit of size, as bytes, KiB or GB"),
					   value->unit);
	}
	if (!number_parse_uint64(value->text, 10, G_MAXUINT64, &number))
		return reader_fail(reader, READER_AT(value->node, value->attr, code), error,
				   _("'%s' is not a size: a number of bytes or of the unit given"),
				   value->text);
	if (number > G_MAXUINT64 / unit)
		return reader_fail(reader, READER_AT(value->node, value->attr, VIR_ERR_OVERFLOW),
				   error, _("the size '%s' is too large"), value->text);
	number *= unit;
	*member = number / row->scale + (number % row->scale != 0);
	return true;
}

static bool value_wrong(BindReader *reader, const BindRow *row, const Value *value, GError **error)
{
	g_autofree char *expected = bind_type_text(row->type);
	const char *nearest = row->type->names ? conf_nearest(value->text, row->type->names + 1)
					       : NULL;
	int code = row_code(row);

	if (nearest)
		return reader_fail(reader, READER_AT(value->node, value->attr, code), error,
				   _("'%s' is not accepted; did you mean '%s'? Known are %s"),
				   value->text, nearest, expected);
	if (row->type->names)
		return reader_fail(reader, READER_AT(value->node, value->attr, code), error,
				   _("'%s' is not accepted; known are %s"), value->text, expected);
	return reader_fail(reader, READER_AT(value->node, value->attr, code), error,
			   _("'%s' is not %s"), value->text, expected);
}

/* Whether the value is to be left out, given the flags of the row and of the parse. */
static bool value_skipped(const BindReader *reader, const BindRow *row, const Value *value)
{
	bool text = row->type->copy && !row->type->pattern;

	if (!*value->text)
		return value->attr ? text == !(row->flags & BIND_EMPTY_OK)
				   : !(row->flags & BIND_EMPTY_OK);
	if (!(reader->flags & CONF_INACTIVE))
		return false;
	return row->flags & BIND_LIVE ||
	       (row->flags & BIND_USER_ALIAS && !g_str_has_prefix(value->text, "ua-"));
}

static bool value_store(BindReader *reader, const BindSlot *slot, const Value *value,
			guint8 *object, GError **error)
{
	const BindRow *row = slot->row;
	void *member = bind_member(slot, object);
	bool *has = bind_has(slot, object);

	if (G_UNLIKELY(coverage))
		g_hash_table_add(coverage, (void *)row);
	if (value_skipped(reader, row, value))
		return true;
	if (row->type->clear)
		row->type->clear(member);
	if (row->scale) {
		if (!size_store(reader, row, value, member, error))
			return false;
	} else if (!row->type->parse(row->type, value->text, member)) {
		return value_wrong(reader, row, value, error);
	}
	if (row->flags & BIND_NONZERO && row->type->absent(member))
		return reader_fail(reader, READER_AT(value->node, value->attr, row_code(row)),
				   error, _("it must not be 0"));
	if (has)
		*has = true;
	return true;
}

static void unknown_note(Frame *frame, xmlNode *node, const char *attr, const BindSlots *slots)
{
	const char *names[BIND_MAX_ROWS + 1], *name = attr ? attr : (const char *)node->name;
	ReaderFinding finding = { .node = node, .attr = attr };
	guint count = 0;
	bool known = false;

	if (!reader_takes_note(frame->reader))
		return;
	for (guint i = 0; i < slots->count; i++) {
		known |= strcmp(slots->slots[i].row->name, name) == 0;
		names[count++] = slots->slots[i].row->name;
	}
	names[count] = NULL;
	if (known) {
		reader_note(frame->reader, &finding,
			    g_strdup_printf(_("'%s' does not apply here, given the type or mode of "
					      "what it belongs to; it has no effect"), name));
		return;
	}
	finding.nearest = conf_nearest(name, names);
	reader_note(frame->reader, &finding,
		    attr ? g_strdup_printf(_("there is no attribute '%s' here; it has no effect"),
					   name)
			 : g_strdup_printf(_("there is no element '%s' here; it has no effect"),
					   name));
}

/* Position of the row that takes attribute @name now, -1: none. */
static int attr_find(const Frame *frame, const char *name, bool conditional)
{
	const BindSlots *slots = &frame->index->attrs;

	for (int i = slots->heads[bind_hash(name)]; i >= 0; i = slots->slots[i].next) {
		const BindSlot *slot = &slots->slots[i];

		if (strcmp(slot->row->name, name) == 0 &&
		    conditional == (slot->row->when || slot->guard) &&
		    (!conditional || bind_applies(slot, frame->object)))
			return i;
	}
	return -1;
}

static bool attrs_read(Frame *frame, bool conditional, GError **error)
{
	for (xmlAttr *attr = frame->node->properties; attr; attr = attr->next) {
		const char *name = (const char *)attr->name;
		g_autofree char *owned = NULL, *owned_unit = NULL;
		Value value = { .node = frame->node, .attr = name };
		int position = attr->ns ? -1 : attr_find(frame, name, conditional);
		const BindSlot *slot;

		if (position < 0)
			continue;
		slot = &frame->index->attrs.slots[position];
		seen_set(frame->attrs_seen, (guint)position);
		value.text = nodes_text(attr->children, &owned);
		if (slot->row->scale)
			value.unit = attr_text(frame->node, "unit", &owned_unit);
		if (!value_store(frame->reader, slot, &value, frame->object, error))
			return false;
	}
	return true;
}

static bool attr_taken(const Frame *frame, const xmlAttr *attr)
{
	const char *name = (const char *)attr->name;

	if (frame->select && strcmp(name, frame->select) == 0)
		return true;
	if (frame->index->unit && strcmp(name, "unit") == 0)
		return true;
	if (attr->ns)
		return false;
	return attr_find(frame, name, false) >= 0 || attr_find(frame, name, true) >= 0;
}

static void missing_store(const BindSlot *slot, guint8 *object)
{
	void *member = bind_member(slot, object);

	if (slot->row->type->size == sizeof(guint64))
		*(gint64 *)member = slot->row->missing;
	else
		*(int *)member = (int)slot->row->missing;
}

/* Whether a text that must be there is empty: as good as absent. */
static bool text_empty(const BindSlot *slot, const void *object)
{
	const BindRow *row = slot->row;

	return row->flags & BIND_REQUIRED && !(row->flags & BIND_EMPTY_OK) && row->type->copy &&
	       row->type->absent(bind_member(slot, object));
}

/* Gives absent attributes their value, and misses those that are required. */
static bool attrs_absent(Frame *frame, bool conditional, GError **error)
{
	for (guint i = 0; i < frame->index->attrs.count; i++) {
		const BindSlot *slot = &frame->index->attrs.slots[i];
		const BindRow *row = slot->row;

		if (!row->missing && !(row->flags & BIND_REQUIRED))
			continue;
		if (seen_has(frame->attrs_seen, i) && !text_empty(slot, frame->object))
			continue;
		if (conditional != (row->when || slot->guard) ||
		    (conditional && !bind_applies(slot, frame->object)))
			continue;
		if (row->flags & BIND_REQUIRED)
			return reader_fail(frame->reader,
					   READER_AT(frame->node, NULL, row_code(row)), error,
					   _("the attribute '%s' is missing"), row->name);
		if (row->type->absent(bind_member(slot, frame->object)))
			missing_store(slot, frame->object);
	}
	return true;
}

static bool attrs_all(Frame *frame, GError **error)
{
	if (frame->index->attrs.count > 0) {
		if (!attrs_read(frame, false, error) || !attrs_absent(frame, false, error))
			return false;
		if (frame->index->conditional &&
		    (!attrs_read(frame, true, error) || !attrs_absent(frame, true, error)))
			return false;
	}
	for (xmlAttr *attr = frame->node->properties; attr; attr = attr->next)
		if (!attr_taken(frame, attr))
			unknown_note(frame, frame->node, (const char *)attr->name,
				     &frame->index->attrs);
	return true;
}

static bool text_read(Frame *frame, GError **error)
{
	g_autofree char *owned = NULL, *owned_unit = NULL, *stripped = NULL;
	const BindSlot *slot = NULL;
	Value value = { .node = frame->node };

	for (guint i = 0; i < frame->index->texts.count && !slot; i++)
		if (bind_applies(&frame->index->texts.slots[i], frame->object))
			slot = &frame->index->texts.slots[i];
	value.text = nodes_text(frame->node->children, &owned);
	if (!slot) {
		ReaderFinding finding = { .node = frame->node };

		if (strspn(value.text, " \t\r\n") != strlen(value.text))
			reader_note(frame->reader, &finding,
				    g_strdup(_("there is no place for text here; it has no effect")));
		return true;
	}
	if (!slot->row->type->copy || frame->node->children != frame->node->last)
		value.text = stripped = g_strstrip(g_strdup(value.text));
	if (slot->row->scale)
		value.unit = attr_text(frame->node, "unit", &owned_unit);
	if (slot->row->flags & BIND_REQUIRED && !*value.text)
		return reader_fail(frame->reader,
				   READER_AT(frame->node, NULL, row_code(slot->row)), error,
				   _("it must not be empty"));
	return value_store(frame->reader, slot, &value, frame->object, error);
}

static bool element_read(Frame *frame, BindElement *element, GError **error);

/* Notes what a child that is a plain value cannot have. */
static void leaf_notes(Frame *frame, const BindRow *row, xmlNode *node)
{
	bool value = row->kind == BIND_VALUE;

	for (xmlAttr *attr = node->properties; attr; attr = attr->next) {
		const char *name = (const char *)attr->name;
		ReaderFinding finding = { .node = node, .attr = name,
					  .nearest = value ? row->attr : NULL };

		if ((value && strcmp(name, row->attr) == 0) ||
		    (row->scale && strcmp(name, "unit") == 0) ||
		    (row->select_attr && strcmp(name, row->select_attr) == 0))
			continue;
		reader_note(frame->reader, &finding,
			    g_strdup_printf(_("there is no attribute '%s' here; it has no effect"),
					    name));
	}
	for (xmlNode *child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE) {
			ReaderFinding finding = { .node = child };

			reader_note(frame->reader, &finding,
				    g_strdup_printf(_("there is no element '%s' here; it has no effect"),
						    (const char *)child->name));
		}
}

static bool leaf_read(Frame *frame, const BindSlot *slot, xmlNode *node, GError **error)
{
	g_autofree char *owned = NULL, *owned_unit = NULL, *stripped = NULL;
	Value value = { .node = node };

	if (slot->row->kind == BIND_VALUE) {
		value.attr = slot->row->attr;
		value.text = attr_text(node, slot->row->attr, &owned);
		if (!value.text && slot->row->flags & BIND_REQUIRED)
			return reader_fail(frame->reader,
					   READER_AT(node, NULL, VIR_ERR_XML_ERROR), error,
					   _("the attribute '%s' is missing"), slot->row->attr);
	} else {
		value.text = nodes_text(node->children, &owned);
		if (!slot->row->type->copy)
			value.text = stripped = g_strstrip(g_strdup(value.text));
	}
	leaf_notes(frame, slot->row, node);
	if (slot->row->scale)
		value.unit = attr_text(node, "unit", &owned_unit);
	return !value.text || value_store(frame->reader, slot, &value, frame->object, error);
}

static char *node_raw(xmlNode *node)
{
	xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNode *copy = xmlDocCopyNode(node, doc, 1);
	char *text;

	xmlDocSetRootElement(doc, copy);
	text = bind_node_text(doc, copy);
	xmlFreeDoc(doc);
	return text;
}

static bool list_read(Frame *frame, const BindSlot *slot, xmlNode *node, GError **error)
{
	GPtrArray **list = bind_member(slot, frame->object);
	g_autofree char *owned = NULL;
	BindElement *element = slot->row->element;
	Frame item = { .reader = frame->reader, .node = node, .select = slot->row->select_attr };

	if (!*list)
		*list = g_ptr_array_new();
	if (slot->row->kind == BIND_STRINGS) {
		leaf_notes(frame, slot->row, node);
		g_ptr_array_add(*list, g_strdup(nodes_text(node->children, &owned)));
		return true;
	}
	item.object = bind_new(element);
	g_ptr_array_add(*list, item.object);
	return element_read(&item, element, error);
}

static bool struct_read(Frame *frame, const BindSlot *slot, xmlNode *node, GError **error)
{
	Frame child = { .reader = frame->reader, .node = node,
			.object = bind_member(slot, frame->object),
			.select = slot->row->select_attr };
	bool *has = bind_has(slot, frame->object);

	if (has)
		*has = true;
	if (slot->row->kind == BIND_POINTER) {
		void **member = (void **)child.object;

		child.object = *member = bind_new(slot->row->element);
	}
	return element_read(&child, slot->row->element, error);
}

static bool child_read(Frame *frame, const BindSlot *slot, xmlNode *node, GError **error)
{
	const BindRow *row = slot->row;

	if (G_UNLIKELY(coverage))
		g_hash_table_add(coverage, (void *)row);
	if (row->flags & BIND_LIVE && frame->reader->flags & CONF_INACTIVE)
		return true;
	switch ((BindKind)row->kind) {
	case BIND_LEAF:
	case BIND_VALUE:
		return leaf_read(frame, slot, node, error);
	case BIND_FLAG:
		*(bool *)bind_member(slot, frame->object) = true;
		leaf_notes(frame, row, node);
		return true;
	case BIND_CHILD:
	case BIND_POINTER:
		return struct_read(frame, slot, node, error);
	case BIND_LIST:
	case BIND_STRINGS:
		return list_read(frame, slot, node, error);
	case BIND_RAW:
		g_free(*(char **)bind_member(slot, frame->object));
		*(char **)bind_member(slot, frame->object) = node_raw(node);
		return true;
	default:
		g_assert_not_reached();
	}
}

static bool namespace_fits(const BindRow *row, const xmlNode *node, const xmlNode *root)
{
	if (row->ns)
		return node->ns && node->ns->href &&
		       strcmp((const char *)node->ns->href, row->ns->uri) == 0;
	return !node->ns || node->ns == root->ns || !node->ns->prefix;
}

static bool select_fits(const BindRow *row, xmlNode *node)
{
	g_autofree char *owned = NULL;
	const char *text;

	if (!row->select_attr)
		return true;
	text = attr_text(node, row->select_attr, &owned);
	return text && strcmp(text, row->select_value) == 0;
}

static int child_find(const Frame *frame, xmlNode *node)
{
	const BindSlots *slots = &frame->index->content;
	const char *name = (const char *)node->name;
	const xmlNode *root = xmlDocGetRootElement(node->doc);

	for (int i = slots->heads[bind_hash(name)]; i >= 0; i = slots->slots[i].next) {
		const BindSlot *slot = &slots->slots[i];

		if (strcmp(slot->row->name, name) == 0 && namespace_fits(slot->row, node, root) &&
		    bind_applies(slot, frame->object) && select_fits(slot->row, node))
			return i;
	}
	return -1;
}

/* The child before @node that is read by the same row. */
static xmlNode *child_before(const Frame *frame, xmlNode *node, int position)
{
	for (xmlNode *other = node->prev; other; other = other->prev)
		if (other->type == XML_ELEMENT_NODE && xmlStrEqual(other->name, node->name) &&
		    child_find(frame, other) == position)
			return other;
	return NULL;
}

/* What a row that has place for one does with a second. */
static bool child_repeated(Frame *frame, xmlNode *node, int position, GError **error)
{
	const BindRow *row = frame->index->content.slots[position].row;

	if (row->flags & BIND_LIVE && frame->reader->flags & CONF_INACTIVE)
		return true;
	return reader_repeated(frame->reader, child_before(frame, node, position), node,
			       row->flags & BIND_ONCE, error);
}

/* Puts containers together that may stand in pieces, before any of them is read. */
static bool children_merge(Frame *frame, GError **error)
{
	xmlNode *firsts[BIND_MAX_ROWS] = { NULL }, *next;

	for (xmlNode *node = frame->node->children; node; node = next) {
		int position = node->type == XML_ELEMENT_NODE ? child_find(frame, node) : -1;

		next = node->next;
		if (position < 0 ||
		    !(frame->index->content.slots[position].row->flags & BIND_MERGE))
			continue;
		if (!firsts[position]) {
			firsts[position] = node;
			continue;
		}
		if (!reader_merge(frame->reader, firsts[position], node, error))
			return false;
		xmlUnlinkNode(node);
		xmlFreeNode(node);
	}
	return true;
}

static bool children_read(Frame *frame, GError **error)
{
	if (frame->index->merges && !children_merge(frame, error))
		return false;
	for (xmlNode *node = frame->node->children; node; node = node->next) {
		const BindSlot *slot;
		int position;

		if (node->type != XML_ELEMENT_NODE)
			continue;
		position = child_find(frame, node);
		if (position < 0 && frame->index->closed)
			return reader_fail(frame->reader,
					   READER_AT(node, NULL, frame->index->closed), error,
					   _("there is no '%s'"), (const char *)node->name);
		if (position < 0) {
			unknown_note(frame, node, NULL, &frame->index->content);
			continue;
		}
		slot = &frame->index->content.slots[position];
		if (seen_set(frame->content_seen, (guint)position) &&
		    slot->row->kind != BIND_LIST && slot->row->kind != BIND_STRINGS) {
			if (!child_repeated(frame, node, position, error))
				return false;
			continue;
		}
		if (!child_read(frame, slot, node, error))
			return false;
	}
	return true;
}

static bool children_required(Frame *frame, GError **error)
{
	for (guint i = 0; i < frame->index->content.count; i++) {
		const BindSlot *slot = &frame->index->content.slots[i];
		const BindRow *row = slot->row;

		if (!(row->flags & BIND_REQUIRED) && !row->missing)
			continue;
		if (!bind_applies(slot, frame->object))
			continue;
		if (row->flags & BIND_REQUIRED && row->kind != BIND_VALUE &&
		    (!seen_has(frame->content_seen, i) ||
		     (row->kind == BIND_LEAF && text_empty(slot, frame->object))))
			return reader_fail(frame->reader,
					   READER_AT(frame->node, NULL, row_code(row)), error,
					   _("the element '%s' is missing"), row->name);
		if (row->type && row->missing && row->type->absent(bind_member(slot,
			frame->object)))
			missing_store(slot, frame->object);
	}
	return true;
}

/* Reads ->node into ->object, which has nothing of it yet. */
static bool element_read(Frame *frame, BindElement *element, GError **error)
{
	frame->index = bind_index(element);
	if (!attrs_all(frame, error) || !text_read(frame, error))
		return false;
	if (!children_read(frame, error) || !children_required(frame, error))
		return false;
	frame->reader->node = frame->node;
	return !element->parsed || element->parsed(frame->reader, frame->object, error);
}

static void *document_read(BindReader *reader, BindElement *element, xmlNode *node, GError **error)
{
	Frame root = { .reader = reader, .node = node, .object = bind_new(element) };

	if (element_read(&root, element, error)) {
		if (!(reader->flags & CONF_VALIDATE) || !reader->invalid)
			return root.object;
		fail(error, VIR_ERR_XML_INVALID_SCHEMA, "%s", reader->invalid);
	}
	bind_free(element, root.object);
	return NULL;
}

void *bind_reader_parse(BindReader *reader, BindElement *element, GError **error)
{
	xmlNode *root = xmlDocGetRootElement(reader->doc);

	if (element->name && strcmp((const char *)root->name, element->name) != 0)
		return fail_null(error, VIR_ERR_XML_ERROR, _("the document is a <%s>, not a <%s>"),
				 (const char *)root->name, element->name);
	return document_read(reader, element, root, error);
}

void *bind_reader_parse_child(BindReader *reader, BindElement *element, const char *child,
			      GError **error)
{
	xmlNode *node = xmlDocGetRootElement(reader->doc)->children;

	while (node && (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, child)))
		node = node->next;
	if (!node)
		return fail_null(error, VIR_ERR_XML_ERROR, _("the document has no <%s>"), child);
	return document_read(reader, element, node, error);
}

void *bind_parse(BindElement *element, BindReader *reader, GError **error)
{
	g_autoptr(BindReader) owned = reader;

	return owned ? bind_reader_parse(owned, element, error) : NULL;
}
