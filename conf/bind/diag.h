/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was found while reading a document, besides the one error that stops it: elements and
 * attributes that nothing takes, repeated elements, old spellings. The list belongs to the caller
 * of a parse function. Used wherever definitions are read.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

typedef enum { CONF_NOTE, CONF_WARNING, CONF_ERROR } ConfSeverity;

typedef struct {
	ConfSeverity severity;
	int line, column; /* from 1; 0 when not known */
	char *path;	  /* /domain/devices/disk[2]/iotun, attributes as .../@bus */
	char *message;	  /* translated sentence */
	char *nearest;	  /* known name that is most alike, or NULL */
} ConfDiag;

typedef struct {
	GPtrArray *items; /* ConfDiag, in document order */
	guint dropped;	  /* beyond CONF_DIAGS_MAX */
} ConfDiags;

#define CONF_DIAGS_MAX 200

ConfDiags *conf_diags_new(void);
void conf_diags_free(ConfDiags *diags);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConfDiags, conf_diags_free)

/* Takes ownership of @path and @message; copies @nearest. @diags may be NULL: they are freed. */
typedef struct {
	ConfSeverity severity;
	int line, column;
	const char *nearest;
} ConfDiagPlace;
/* Whether one more would be kept; if not, it is counted as dropped. */
bool conf_diags_room(ConfDiags *diags);
void conf_diags_add(ConfDiags *diags, const ConfDiagPlace *place, char *path, char *message);

/* "file:12:5: warning: ... (did you mean 'iotune'?)", one line without newline. Caller frees. */
char *conf_diag_text(const ConfDiag *diag, const char *file);

/* The one of @names (NULL-terminated) that is most like @name, or NULL when none is alike. */
const char *conf_nearest(const char *name, const char *const *names);
