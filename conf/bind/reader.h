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
	guint nodes, namespaces; /* seen so far; nodes are elements and attributes */
	guint path_steps; /* siblings looked at for the positions in paths */
	gsize place_offset; /* of the last place that was asked for */
	int place_line, place_column;
	char *refused;	      /* why parsing was stopped */
	int error_line, error_column;
	char *error_message;  /* first complaint of libxml2 */
	char *invalid;	      /* first finding that CONF_VALIDATE makes an error */
};

/* Line and column, from 1, of the tag of @node or its attribute @attr. */
void reader_place(BindReader *reader, xmlNode *node, const char *attr, int *line, int *column);

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
/*
 * Whether a note would be kept. Asked first, for a document may be full of what nobody knows, and
 * to say where and what is like it costs more than to see it.
 */
bool reader_takes_note(BindReader *reader);
/* A warning, or with CONF_VALIDATE what makes the document invalid. Takes @message. */
void reader_note(BindReader *reader, const ReaderFinding *finding, char *message);

/* conf/bind/repeat.c */
/* Whether two elements say the same, whatever the order of attributes and the blanks between. */
bool reader_same(xmlNode *a, xmlNode *b);
/* Moves all that is in @from to the end of @into; an attribute that both have must be equal. */
bool reader_merge(BindReader *reader, xmlNode *into, xmlNode *from, GError **error);
/*
 * @node stands where @first stood already, which alone has a place: nothing is lost when both say
 * the same, which is noted; else, or with @once, it is an error.
 */
bool reader_repeated(BindReader *reader, xmlNode *first, xmlNode *node, bool once, GError **error);
