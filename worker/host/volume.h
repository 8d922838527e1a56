/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Volumes of a pool that is a directory: files in it, by single names. Nothing is followed out of the
 * directory. Runs in children of reeve-priv: may block. What stands in the header of an image is only
 * shown, never used to open anything else.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "rpc/tables/priv.h"

/* Opens the directory of a pool; -1 and an error when it is none, or is out of bounds. */
int pool_open(const char *path, GError **error);

/* May @name stand in a directory by itself? */
bool volume_name_check(const char *name, GError **error);

/*
 * Fills @ret (malloc'ed strings) with what is known of @name in @directory. False without an error
 * where it is not a volume: a socket, a link, a device.
 */
bool volume_describe(int directory, const char *name, priv_volume *ret, GError **error);
