/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kinds of objects that commands are about: how a command names one, and what is said of it. Handles
 * live as long as the command runs. Process: reeve.
 */
#pragma once

#include "tools/cli/action.h"
#include "tools/cli/commands.h"

typedef struct ObjectKind {
	const char *handle; /* "remote_nonnull_domain" */
	const char *option; /* that names one */
	gsize size;	    /* of the handle */
	const void *(*find)(Session *session, const Args *args, GError **error);
	/* {"domain": name, ..., "done": what} */
	json_t *(*result)(const void *object, const char *done);
	/* What it is called; ends with the command. */
	const char *(*label)(Session *session, const void *object);
	const void *(*uuid)(const void *object); /* or NULL */
} ObjectKind;

/* NULL when it is none. */
const ObjectKind *object_kind(const char *handle);
/* Of the first option of the command that names one. */
const ObjectKind *object_kind_named(const Args *args);
/* The kind that calls name by a text. */
extern const ObjectKind object_kind_nodedev;
