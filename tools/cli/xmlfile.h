/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * XML that comes from a file, goes to the terminal, is looked into, or is edited. Texts live as
 * long as the command runs. Process: reeve.
 */
#pragma once

#include <libxml/xpath.h>

#include "tools/cli/commands.h"

/* The file that option @name names ("-": standard input); at most LIMIT_XML_SIZE. */
const char *xmlfile_read(Session *session, const Args *args, const char *name, GError **error);

/* Prints a document, as --xpath and --wrap of the command say. NULL @xml: fails silently. */
bool xml_out(Session *session, const Args *args, const char *xml, GError **error);

/* A parsed document with its XPath context; ends with the command. */
typedef struct XmlView {
	xmlDoc *doc;
	xmlXPathContext *context;
} XmlView;
XmlView *xml_view(Session *session, const char *xml, GError **error);
/* The nodes that @path finds below @node (NULL: the document). Never NULL; may be empty. */
typedef struct XmlNodes {
	xmlNode **nodes;
	int n;
} XmlNodes;
XmlNodes *xml_find(Session *session, XmlView *view, xmlNode *node, const char *path);
/* The text that @path finds below @node, NULL when there is none. */
const char *xml_text(Session *session, XmlView *view, xmlNode *node, const char *path);
/* The element as text. */
const char *xml_node_text(Session *session, XmlView *view, xmlNode *node);
/* @text with the five special characters escaped; NULL stays NULL. */
const char *xml_escape(Session *session, const char *text);

typedef struct Edit {
	const char *what; /* for people: "Domain 'web' XML configuration" */
	const char *name; /* of the temporary file */
	const char *xml;
	/* Stores the new text; on failure the user may edit on. */
	bool (*apply)(Session *session, const char *xml, void *data, GError **error);
	void *data;
} Edit;
/*
 * Lets the user edit, shows what has changed, applies it; after an error asks whether to edit on.
 * *ret_changed is false when the text came back as it went.
 */
bool xml_edit(Session *session, const Edit *edit, bool *ret_changed, GError **error);

/* Unified difference of two texts by line; empty when they are equal. Caller frees. */
char *text_diff(const char *old, const char *new, const char *old_label, const char *new_label);
