/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Something new in a directory that others may write: it grows in a directory of its own, under a name that
 * nobody can foresee, and gets its place when it is whole, never in place of something else. What a killed
 * process left behind is swept away by the next look at the directory. reeve-priv only.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "worker/priv/priv.h"

typedef struct Fresh {
	int parent; /* borrowed */
	int fd; /* the directory of its own: mode 0700, of the tools' user; locked while it is in use */
	char name[32];
} Fresh;

#define FRESH_INIT { .parent = -1, .fd = -1 }

bool fresh_make(const PrivConfig *config, int parent, Fresh *ret, GError **error);
/*
 * Moves @name out of it to the same name in the parent. VIR_ERR_STORAGE_VOL_EXIST when there is one: what
 * is there is not touched.
 */
bool fresh_publish(const Fresh *fresh, const char *name, GError **error);
/* Gives the directory itself the name @name, as above. */
bool fresh_publish_directory(const Fresh *fresh, const char *name, GError **error);
/* Removes what is left of it. */
void fresh_clear(Fresh *fresh);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fresh, fresh_clear)

/* Is @name one of these directories'? */
bool fresh_is_name(const char *name);
/* Removes @name of @parent if it is one that nobody uses any more. */
void fresh_sweep(const PrivConfig *config, int parent, const char *name);
