/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the arguments and replies of calls consist of, as the .x files say (rpc/tables/fields.awk). With
 * it a row of a table can name a member of a call where else a function would. Process: reeve.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>
#include <jansson.h>

#include "rpc/wire/procs.h"

typedef enum FieldKind {
	FIELD_INT,
	FIELD_UINT,
	FIELD_HYPER,
	FIELD_UHYPER,
	FIELD_UCHAR,
	FIELD_DOUBLE,
	FIELD_TEXT,
	FIELD_MAYBE_TEXT, /* NULL, or a pointer to one */
	FIELD_UUID,
	FIELD_BYTE,
	FIELD_STRUCT,
} FieldKind;

/* A list of them ends with a NULL name. */
typedef struct Field {
	const char *name;
	FieldKind kind;
	const char *type;	     /* of a STRUCT: its name */
	const struct Field *members; /* of a STRUCT */
	gsize offset, size;	     /* of a list: where the pointer to its items is, and the size of one */
	bool many;
	gsize length; /* of a list: where the number of its items, a u_int, is */
} Field;

const Field *fields_of_args(const RpcProc *proc);
const Field *fields_of_reply(const RpcProc *proc);
/* NULL when there is none. */
const Field *field_find(const Field *fields, const char *name);
/* Where it is in @block. */
void *field_at(const Field *field, const void *block);
guint field_length(const Field *field, const void *block);
/* The value, of a list its items; null for a text that is absent. */
json_t *field_json(const Field *field, const void *block);
