/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One document being read: its tree, the source text for places, and where findings go. Private. */
#pragma once

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "conf/bind/internal.h"

struct BindReader {
	xmlDoc *doc;
	xmlNode *node; /* being read: what errors are about */
	const char *xml;
	gsize length;
	unsigned flags;
	ConfDiags *diags;
	guint nodes;
	char *refused;	      /* why parsing was stopped */
	int error_line, error_column;
	char *error_message;  /* first complaint of libxml2 */
	char *invalid;	      /* first finding that CONF_VALIDATE makes an error */
};

/* Path of @node and, when not NULL, attribute @attr in it. Caller frees. */
char *reader_path(xmlNode *node, const char *attr);
/* Line and column, from 1, of the tag of @node or its attribute @attr. */
void reader_place(const BindReader *reader, xmlNode *node, const char *attr, int *line,
		  int *column);

typedef struct {
	xmlNode *node;
	const char *attr, *nearest;
	int code; /* of the error, a virErrorNumber */
} ReaderFinding;
#define READER_AT(node_, attr_, code_) \
	(&(const ReaderFinding){ .node = (node_), .attr = (attr_), .code = (code_) })
/* fail() with the place before the sentence. */
bool reader_fail(BindReader *reader, const ReaderFinding *where, GError **error,
		 const char *format, ...) G_GNUC_PRINTF(4, 5);
/* A warning, or with CONF_VALIDATE what makes the document invalid. Takes @message. */
void reader_note(BindReader *reader, const ReaderFinding *finding, char *message);
