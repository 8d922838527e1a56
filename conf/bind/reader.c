/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/bind/reader.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"

#define METADATA_DEPTH 256

static BindReader *context_reader(void *data)
{
	return ((xmlParserCtxt *)data)->_private;
}

static void reader_refuse(xmlParserCtxt *context, const char *reason)
{
	BindReader *reader = context->_private;

	if (!reader->refused)
		reader->refused = g_strdup(reason);
	xmlStopParser(context);
}

/* Remembers where the tag ends, so that a place can be found for it when somebody asks. */
static void on_element(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
		       int n_namespaces, const xmlChar **namespaces, int n_attributes,
		       int n_defaulted, const xmlChar **attributes)
{
	xmlParserCtxt *context = data;
	BindReader *reader = context->_private;
	gsize offset = context->input->consumed + (gsize)(context->input->cur - context->input->base);
	bool metadata = context->nodeNr > 1 &&
			xmlStrEqual(context->nodeTab[1]->name, BAD_CAST "metadata");

	reader->nodes += 1 + (guint)n_attributes;
	if (reader->nodes > LIMIT_XML_NODES) {
		reader_refuse(context, _("it has too many elements"));
		return;
	}
	reader->namespaces += (guint)n_namespaces;
	if (reader->namespaces > LIMIT_XML_NAMESPACES) {
		reader_refuse(context, _("it declares too many namespaces"));
		return;
	}
	if (context->nodeNr >= (metadata ? METADATA_DEPTH : LIMIT_XML_DEPTH)) {
		reader_refuse(context, _("its elements are nested too deeply"));
		return;
	}
	xmlSAX2StartElementNs(data, name, prefix, uri, n_namespaces, namespaces, n_attributes,
			      n_defaulted, attributes);
	if (context->node)
		context->node->_private = GSIZE_TO_POINTER(offset);
}

static void on_doctype(void *data, const xmlChar *name G_GNUC_UNUSED,
		       const xmlChar *external G_GNUC_UNUSED, const xmlChar *system G_GNUC_UNUSED)
{
	reader_refuse(data, _("a document type declaration is not accepted"));
}

static void on_complaint(void *data, xmlErrorPtr complaint)
{
	BindReader *reader = context_reader(data);

	if (reader->error_message || complaint->level == XML_ERR_WARNING)
		return;
	reader->error_line = complaint->line;
	reader->error_column = complaint->int2;
	reader->error_message = g_strstrip(g_strdup(complaint->message ? complaint->message : ""));
}

/* What is no tag, and may have anything within. */
static const struct {
	const char *begin, *end;
} markup[] = { { "<!--", "-->" }, { "<![CDATA[", "]]>" }, { "<?", "?>" } };

/* The end of what begins at @at with "<!" or "<?": its last byte, or the end of the text. */
static const char *markup_end(const char *at, const char *end)
{
	for (gsize i = 0; i < G_N_ELEMENTS(markup); i++) {
		const char *from = at + strlen(markup[i].begin), *found;

		if (from > end || memcmp(at, markup[i].begin, (gsize)(from - at)) != 0)
			continue;
		found = g_strstr_len(from, end - from, markup[i].end);
		return found ? found + strlen(markup[i].end) - 1 : end;
	}
	return at;
}

/* Counts the attributes of the tag at *at, and moves it to the end of that. */
static guint tag_attributes(const char **at, const char *end)
{
	guint count = 0;
	char quote = '\0';

	for (; *at < end && (quote || **at != '>'); (*at)++) {
		if (quote && **at == quote) {
			quote = '\0';
		} else if (!quote && (**at == '"' || **at == '\'')) {
			quote = **at;
			count++;
		}
	}
	return count;
}

/* Before it is parsed: the parser's work grows with the square of that number. */
static bool attributes_check(const BindReader *reader, GError **error)
{
	const char *end = reader->xml + reader->length;

	for (const char *at = reader->xml; at < end; at++) {
		if (*at != '<')
			continue;
		if (at + 1 < end && (at[1] == '!' || at[1] == '?'))
			at = markup_end(at, end);
		else if (tag_attributes(&at, end) > LIMIT_XML_ATTRIBUTES)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("the document is refused: %s"),
				    _("an element has too many attributes"));
	}
	return true;
}

static bool reader_load(BindReader *reader, GError **error)
{
	xmlParserCtxt *context = xmlNewParserCtxt();

	if (!context)
		return fail(error, VIR_ERR_NO_MEMORY, _("no memory to read the document"));
	context->_private = reader;
	context->sax->startElementNs = on_element;
	context->sax->internalSubset = on_doctype;
	context->sax->serror = on_complaint;
	/* NOENT: else "&amp;" in the name of a namespace stays a reference. There are no other entities. */
	reader->doc = xmlCtxtReadMemory(context, reader->xml, (int)reader->length, NULL, NULL,
					XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_COMPACT);
	if (reader->refused || !context->wellFormed) {
		xmlFreeDoc(reader->doc);
		reader->doc = NULL;
	}
	xmlFreeParserCtxt(context);
	if (reader->refused)
		return fail(error, VIR_ERR_XML_ERROR, _("the document is refused: %s"),
			    reader->refused);
	if (!reader->doc || !xmlDocGetRootElement(reader->doc))
		return fail(error, VIR_ERR_XML_DETAIL,
			_("not well-formed XML, line %d, column %d: %s"),
			    reader->error_line, reader->error_column,
			    reader->error_message ? reader->error_message : _("it is empty"));
	return true;
}

BindReader *bind_reader_open(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			     GError **error)
{
	g_autoptr(BindReader) reader = g_new0(BindReader, 1);

	reader->xml = xml;
	reader->length = length;
	reader->flags = flags;
	reader->diags = diags;
	if (length > LIMIT_XML_SIZE)
		return fail_null(error, VIR_ERR_XML_ERROR,
				 _("the document has %zu bytes; at most %d are accepted"), length,
				 LIMIT_XML_SIZE);
	if (!attributes_check(reader, error) || !reader_load(reader, error))
		return NULL;
	reader->node = xmlDocGetRootElement(reader->doc);
	return g_steal_pointer(&reader);
}

void bind_reader_free(BindReader *reader)
{
	if (!reader)
		return;
	xmlFreeDoc(reader->doc);
	g_free(reader->refused);
	g_free(reader->error_message);
	g_free(reader->invalid);
	g_free(reader);
}

const char *bind_reader_root(const BindReader *reader)
{
	return (const char *)xmlDocGetRootElement(reader->doc)->name;
}

unsigned bind_reader_flags(const BindReader *reader)
{
	return reader->flags;
}

/* Siblings that are looked at for all paths of a document; then they go without positions. */
#define PATH_STEPS_MAX 100000

/* Number among the siblings of that name, from 1; 0 when it is the only one. */
static guint node_position(BindReader *reader, const xmlNode *node)
{
	guint before = 0, after = 0;

	for (const xmlNode *other = node->prev; other; other = other->prev) {
		before += other->type == XML_ELEMENT_NODE && xmlStrEqual(other->name, node->name);
		if (++reader->path_steps > PATH_STEPS_MAX)
			return 0;
	}
	for (const xmlNode *other = node->next; other && !after; other = other->next) {
		after += other->type == XML_ELEMENT_NODE && xmlStrEqual(other->name, node->name);
		if (++reader->path_steps > PATH_STEPS_MAX)
			return 0;
	}
	return before || after ? before + 1 : 0;
}

static char *reader_path(BindReader *reader, xmlNode *node, const char *attr)
{
	GString *path = g_string_new(NULL);

	for (; node && node->type == XML_ELEMENT_NODE; node = node->parent) {
		guint position = node_position(reader, node);
		g_autofree char *step = NULL;

		if (position)
			step = g_strdup_printf("/%s[%u]", (const char *)node->name, position);
		else
			step = g_strdup_printf("/%s", (const char *)node->name);
		g_string_prepend(path, step);
	}
	if (attr)
		g_string_append_printf(path, "/@%s", attr);
	return g_string_free(path, FALSE);
}

/* The last "<" before @offset, which is where a tag ends: attributes cannot contain one. */
static gsize tag_start(const BindReader *reader, gsize offset)
{
	while (offset > 0 && reader->xml[offset - 1] != '<')
		offset--;
	return offset > 0 ? offset - 1 : 0;
}

static gsize attr_start(const BindReader *reader, gsize from, gsize to, const char *attr)
{
	gsize length = strlen(attr);

	for (gsize i = from + 1; i + length < to; i++)
		if (g_ascii_isspace(reader->xml[i - 1]) &&
		    strncmp(reader->xml + i, attr, length) == 0 &&
		    (reader->xml[i + length] == '=' || g_ascii_isspace(reader->xml[i + length])))
			return i;
	return from;
}

/* Findings come in the order of the document, mostly: what was counted is not counted again. */
void reader_place(BindReader *reader, xmlNode *node, const char *attr, int *line, int *column)
{
	gsize end = MIN(GPOINTER_TO_SIZE(node->_private), reader->length);
	gsize start = tag_start(reader, end);

	if (attr)
		start = attr_start(reader, start, end, attr);
	if (start < reader->place_offset || !reader->place_line) {
		reader->place_offset = 0;
		reader->place_line = reader->place_column = 1;
	}
	for (; reader->place_offset < start; reader->place_offset++) {
		reader->place_column++;
		if (reader->xml[reader->place_offset] == '\n') {
			reader->place_line++;
			reader->place_column = 1;
		}
	}
	*line = reader->place_line;
	*column = reader->place_column;
}

static bool fail_at(BindReader *reader, const ReaderFinding *where, const char *message,
		    GError **error)
{
	g_autofree char *path = reader_path(reader, where->node, where->attr);
	int line, column;

	reader_place(reader, where->node, where->attr, &line, &column);
	return fail(error, where->code, _("line %d, column %d, %s: %s"), line, column, path,
		    message);
}

bool reader_fail(BindReader *reader, const ReaderFinding *where, GError **error,
		 const char *format, ...)
{
	g_autofree char *message = NULL;
	va_list args;

	va_start(args, format);
	message = g_strdup_vprintf(format, args);
	va_end(args);
	return fail_at(reader, where, message, error);
}

bool bind_reader_fail(BindReader *reader, GError **error, int code, const char *format, ...)
{
	g_autofree char *message = NULL;
	ReaderFinding where = { .node = reader->node, .code = code };
	va_list args;

	va_start(args, format);
	message = g_strdup_vprintf(format, args);
	va_end(args);
	return fail_at(reader, &where, message, error);
}

bool reader_takes_note(BindReader *reader)
{
	return (reader->flags & CONF_VALIDATE && !reader->invalid) || conf_diags_room(reader->diags);
}

void reader_note(BindReader *reader, const ReaderFinding *finding, char *message)
{
	bool invalid = reader->flags & CONF_VALIDATE;
	ConfDiagPlace place = { .severity = invalid ? CONF_ERROR : CONF_WARNING,
				.nearest = finding->nearest };
	g_autofree char *path = NULL;

	if (!reader_takes_note(reader)) {
		g_free(message);
		return;
	}
	path = reader_path(reader, finding->node, finding->attr);
	reader_place(reader, finding->node, finding->attr, &place.line, &place.column);
	if (invalid && !reader->invalid) {
		g_autofree char *hint =
			finding->nearest ? g_strdup_printf(_(" (did you mean '%s'?)"),
							   finding->nearest)
					 : g_strdup("");

		reader->invalid = g_strdup_printf(_("line %d, column %d, %s: %s%s"), place.line,
						  place.column, path, message, hint);
	}
	conf_diags_add(reader->diags, &place, g_steal_pointer(&path), message);
}

void bind_reader_warn(BindReader *reader, const char *format, ...)
{
	ReaderFinding where = { .node = reader->node };
	va_list args;

	if (!reader_takes_note(reader))
		return;
	va_start(args, format);
	reader_note(reader, &where, g_strdup_vprintf(format, args));
	va_end(args);
}
