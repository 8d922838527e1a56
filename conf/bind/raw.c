/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/bind/raw.h"

#include <string.h>

#include <glib.h>

#include "conf/bind/bind.h"

static char *node_dump(xmlDoc *doc, xmlNode *node)
{
	xmlBuffer *buffer = xmlBufferCreate();
	char *text;

	xmlNodeDump(buffer, doc, node, 0, 0);
	text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

/* Whether the library at hand writes the names of namespaces as they are, and breaks the document. */
static bool dump_is_naive(void)
{
	xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNode *node = xmlNewDocNode(doc, NULL, BAD_CAST "x", NULL);
	g_autofree char *text = NULL;

	xmlDocSetRootElement(doc, node);
	xmlNewNs(node, BAD_CAST "&", NULL);
	text = node_dump(doc, node);
	xmlFreeDoc(doc);
	return !strstr(text, "&amp;");
}

static bool needs_escape(const xmlNs *ns)
{
	return ns->href && strpbrk((const char *)ns->href, "<&'\"\t\n\r");
}

/* As it is to be written, or back to what it is. */
static void href_swap(xmlNs *ns, GHashTable *kept)
{
	const xmlChar *plain = g_hash_table_lookup(kept, ns);
	g_autoptr(GString) text = NULL;

	if (plain) {
		xmlFree((void *)ns->href);
		ns->href = plain;
	} else if (needs_escape(ns)) {
		text = g_string_new(NULL);
		bind_escape(text, (const char *)ns->href, true);
		g_hash_table_insert(kept, ns, (void *)ns->href);
		ns->href = xmlStrdup(BAD_CAST text->str);
	}
}

/* Of @node, those that follow it, and all below them. */
static void hrefs_swap(xmlNode *node, GHashTable *kept)
{
	for (; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		for (xmlNs *ns = node->nsDef; ns; ns = ns->next)
			href_swap(ns, kept);
		hrefs_swap(node->children, kept);
	}
}

char *bind_node_text(xmlDoc *doc, xmlNode *node)
{
	static int naive = -1;
	GHashTable *kept;
	xmlNode *next = node->next;
	char *text;

	if (naive < 0)
		naive = dump_is_naive();
	if (!naive)
		return node_dump(doc, node);
	kept = g_hash_table_new(NULL, NULL);
	node->next = NULL;
	hrefs_swap(node, kept);
	text = node_dump(doc, node);
	hrefs_swap(node, kept);
	node->next = next;
	g_hash_table_unref(kept);
	return text;
}
