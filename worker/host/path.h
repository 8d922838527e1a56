/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths that a definition names, opened with care: what is there is looked at before it is opened,
 * nothing is created through a symbolic link, the policy (policy.h) is asked about what was found, and
 * that is what is opened; a failure says which component of the path, for which user, and why. Runs in
 * reeve-priv and reeve-vm.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "worker/host/policy.h"

typedef enum PathKind {
	PATH_IMAGE = 1 << 0,  /* regular file or block device */
	PATH_FILE = 1 << 1,   /* regular file */
	PATH_DEVICE = 1 << 2, /* character device out of a list */
} PathKind;

/* Absolute, without "." and "..", not longer than the system takes? @what names it for people. */
bool path_check(const char *path, const char *what, GError **error);

/*
 * Opens the existing @path of @kind with @flags (O_RDONLY, O_RDWR, O_WRONLY, O_APPEND). Symbolic
 * links are followed, except those of /proc: the policy sees where they led. A file that is opened for
 * writing holds firmware variables. -1 and an error otherwise; error_errno() is ENOENT for a missing one.
 */
int path_open(const char *path, PathKind kind, int flags, const char *what, GError **error);

/*
 * Opens the image @name in @directory, a regular file: without following a link in that place, without
 * waiting for a FIFO and without waking a device.
 */
int path_open_at(int directory, const char *name, int flags, const char *what, GError **error);

/*
 * Opens the directory of @path (O_PATH), where something is about to be created for @use, and answers the
 * last component in *ret_name, pointing into @path.
 */
int path_open_parent(const char *path, PolicyUse use, const char *what, const char **ret_name,
		     GError **error);

/*
 * Opens or creates the regular file @path for writing with @flags (O_APPEND, O_TRUNC); a symbolic
 * link in the last place is refused. A new file has mode 0600.
 */
int path_create(const char *path, int flags, const char *what, GError **error);

/* Sets @error to why @path cannot be opened: @errnum, who, and at which component it fails. */
bool path_fail(GError **error, int errnum, const char *path, const char *what);
