/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements that stand twice where one is meant: put together, or told apart. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/reader.h"

static bool is_blank(const xmlNode *node)
{
	if (node->type == XML_ELEMENT_NODE)
		return false;
	if (node->type != XML_TEXT_NODE && node->type != XML_CDATA_SECTION_NODE)
		return true;
	return !node->content || strspn((const char *)node->content, " \t\r\n") ==
					 strlen((const char *)node->content);
}

static const xmlNode *skip_blank(const xmlNode *node)
{
	while (node && is_blank(node))
		node = node->next;
	return node;
}

static bool text_same(const xmlNode *a, const xmlNode *b)
{
	g_autofree char *one = g_strstrip(g_strdup((const char *)a->content));
	g_autofree char *other = g_strstrip(g_strdup((const char *)b->content));

	return strcmp(one, other) == 0;
}

static bool attrs_same(xmlNode *a, xmlNode *b)
{
	guint left = 0;

	for (xmlAttr *attr = b->properties; attr; attr = attr->next)
		left++;
	for (xmlAttr *attr = a->properties; attr; attr = attr->next, left--) {
		const xmlChar *uri = attr->ns ? attr->ns->href : NULL;
		xmlChar *one = xmlGetNsProp(a, attr->name, uri);
		xmlChar *other = xmlGetNsProp(b, attr->name, uri);
		bool same = other && xmlStrEqual(one, other);

		xmlFree(one);
		xmlFree(other);
		if (!same)
			return false;
	}
	return left == 0;
}

bool reader_same(xmlNode *a, xmlNode *b)
{
	const xmlNode *one = skip_blank(a->children), *other = skip_blank(b->children);

	if (!xmlStrEqual(a->name, b->name) || !attrs_same(a, b))
		return false;
	while (one && other) {
		bool element = one->type == XML_ELEMENT_NODE;

		if (element != (other->type == XML_ELEMENT_NODE))
			return false;
		/* Depth is bounded by the parser of XML. */
		if (element ? !reader_same((xmlNode *)one, (xmlNode *)other)
			    : !text_same(one, other))
			return false;
		one = skip_blank(one->next);
		other = skip_blank(other->next);
	}
	return !one && !other;
}

/* What is in @from may be of namespaces that @from declares: they go where it goes. */
static void namespaces_move(xmlNode *into, xmlNode *from)
{
	xmlNs **last = &into->nsDef;

	while (*last)
		last = &(*last)->next;
	*last = from->nsDef;
	from->nsDef = NULL;
}

bool reader_merge(BindReader *reader, xmlNode *into, xmlNode *from, GError **error)
{
	for (xmlAttr *attr = from->properties; attr; attr = attr->next) {
		g_autofree char *name = g_strdup((const char *)attr->name);
		xmlChar *value = xmlGetNoNsProp(from, attr->name);
		xmlChar *before = xmlGetNoNsProp(into, attr->name);
		bool differs = before && !xmlStrEqual(before, value);

		if (!before && value)
			xmlNewProp(into, attr->name, value);
		xmlFree(value);
		xmlFree(before);
		if (differs)
			return reader_fail(reader, READER_AT(from, name, VIR_ERR_XML_ERROR), error,
					   _("it stands in an earlier '%s' with another value; only "
					     "one can hold"), (const char *)from->name);
	}
	namespaces_move(into, from);
	while (from->children) {
		xmlNode *child = from->children;

		xmlUnlinkNode(child);
		/* Texts are blanks between elements here; libxml2 would free what it joins. */
		if (child->type == XML_ELEMENT_NODE)
			xmlAddChild(into, child);
		else
			xmlFreeNode(child);
	}
	return true;
}

static int node_line(BindReader *reader, xmlNode *node)
{
	int line, column;

	reader_place(reader, node, NULL, &line, &column);
	return line;
}

bool reader_repeated(BindReader *reader, xmlNode *first, xmlNode *node, bool once, GError **error)
{
	ReaderFinding finding = { .node = node };
	const char *name = (const char *)node->name;

	if (once || !reader_same(first, node))
		return reader_fail(reader, READER_AT(node, NULL, VIR_ERR_XML_ERROR), error,
				   _("'%s' is given twice, first in line %d; only one can hold"), name,
				   node_line(reader, first));
	reader_note(reader, &finding,
		    g_strdup_printf(_("'%s' is given twice in the same words; once is enough"),
				    name));
	return true;
}
