/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What reeve-priv may be asked to touch: the one place that says so. An allow list: what no rule
 * names is refused, whoever asks, since the engine faces the network and may have been taken over.
 * The rules are the presets below, a file that only root can write (priv.conf, see reeved(8)), and
 * the daemon's own directories. Where a file really is (by its descriptor) counts, not how it was
 * called; of several rules the one with the longest directory decides.
 *
 * A process that does not call policy_enforce() has no rules: a session's worker opens files with the
 * rights of its user, who asked for it. Written at start only.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <glib.h>

typedef enum PolicyUse {
	POLICY_IMAGE = 1 << 0,	/* disk images, for reading and writing */
	POLICY_READ = 1 << 1,	/* kernels, firmware, templates: for reading */
	POLICY_CREATE = 1 << 2, /* logs and outputs of guests: made and written */
	POLICY_NVRAM = 1 << 3,	/* firmware variables: made, written, removed */
	POLICY_SOCKET = 1 << 4, /* sockets that guests listen on: made and replaced */
	POLICY_POOL = 1 << 5,	/* storage pools: made, read, filled, emptied, removed */
	POLICY_SAVE = 1 << 7,	/* memory of guests: made, read, replaced, removed */
	POLICY_PUBLIC = 1 << 6, /* reading only of what every user of the host may read */
} PolicyUse;

/* All that may be done below a directory of images. */
#define POLICY_IMAGES                                                                              \
	(POLICY_IMAGE | POLICY_READ | POLICY_CREATE | POLICY_NVRAM | POLICY_SOCKET | POLICY_POOL | \
	 POLICY_SAVE)

/* From now on only what rules allow; there are none yet. */
void policy_enforce(void);
/* Reads @path, or takes the presets when there is no such file. Errors name file and line. */
bool policy_load(const char *path, GError **error);
/* A directory (or file) of the daemon: @uses of it are allowed, 0: none. Links in it are resolved now. */
void policy_add(const char *path, unsigned uses);

/*
 * May the file of descriptor @fd (O_PATH is enough), which was asked for as @path, be used for one of @uses?
 * A file with several names counts as being at all of them, so it is refused where somebody else than
 * its owner could have given it this one.
 */
bool policy_check(int fd, unsigned uses, const char *path, const char *what, GError **error);
/* The same for an entry @name of the directory @fd, which need not exist. */
bool policy_check_entry(int fd, const char *name, PolicyUse use, const char *what, GError **error);
/* May guests be given this device? @path and @what for the error. */
bool policy_check_device(const struct stat *st, const char *path, const char *what, GError **error);

/* Where the file of @fd is now. NULL and an error for one that has no name any more. */
char *policy_locate(int fd, const char *path, GError **error);
