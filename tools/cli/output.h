/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a command has to say. Every command builds JSON values; they are printed as they are with
 * --json, else as the tables, records and sentences that virsh's users and their scripts know.
 * The JSON is in the C locale and its shapes are documented in reeve(1): a list is an array of
 * objects, a record an object, a document {"xml": ...}, a change an object that names what was done
 * to what. Process: reeve.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <jansson.h>

typedef struct Session Session;

typedef enum OutFormat {
	OUT_PLAIN,     /* string or number as it is; "-" when absent in a table */
	OUT_TRANSLATE, /* a fixed word of ours, marked with N_() where it is made */
	OUT_YES_NO,    /* boolean */
	OUT_ENABLE,    /* boolean: enable, disable */
	OUT_KIB,       /* number of KiB, with the unit */
	OUT_BYTES,     /* number of bytes, in the largest fitting unit */
	OUT_BYTES_3,   /* the same with three decimals */
	OUT_SECONDS,   /* number of nanoseconds, as seconds */
	OUT_MHZ,       /* number with unit */
} OutFormat;

/* One column of a table or line of a record; a list of them ends with a NULL key. */
typedef struct OutColumn {
	const char *key;
	const char *title; /* marked with N_() */
	OutFormat format;
} OutColumn;

/* Table of the array @rows, which is consumed. */
void out_table(Session *session, const OutColumn *columns, json_t *rows);
/* The same, or only the values of @key, a line each, when there is one. */
void out_list(Session *session, const OutColumn *columns, const char *key, json_t *rows);
/* "Title:   value" lines of @object, which is consumed; members that are absent are left out. */
void out_record(Session *session, const OutColumn *lines, int width, json_t *object);
/* Several records with an empty line between them; @array is consumed. */
void out_records(Session *session, const OutColumn *lines, int width, json_t *array);

/* A line of its own, or a document; JSON: {key: text}. A missing final newline is added. */
void out_text(Session *session, const char *key, const char *text);
/* A sentence that --quiet silences, with a final newline of its own; @value is consumed. */
void out_done(Session *session, json_t *value, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* @text filled up with blanks to @width columns of the terminal; ends with the command. */
const char *out_pad(Session *session, const char *text, int width);
/* Text without JSON beside it: use together with out_value(). */
void out_print(Session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
void out_extra(Session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The command's result for --json; consumed. An earlier result is replaced. */
void out_value(Session *session, json_t *value);
/* Printed at once, one value a line: for what never ends, such as events. Consumed. */
void out_stream(Session *session, json_t *value, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Prints the result of the command that has ended. */
void out_finish(Session *session);

/* "1.50 GiB": the number and, in *ret_unit, its unit (static). */
double bytes_pretty(uint64_t bytes, const char **ret_unit);
/* json_string() that takes what a guest or a peer made, valid UTF-8 or not; NULL gives null. */
json_t *json_text(const char *text);
/* The UUID's usual spelling; the buffer holds 37 bytes. */
const char *uuid_text(const void *uuid, char *buffer);
json_t *json_uuid(const void *uuid);
/* False when @text is not a UUID. */
bool uuid_read(const char *text, unsigned char *uuid);
