/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file with a guest's firmware variables: made from the firmware's template at the first start,
 * removed with the guest. Runs in reeve-priv and, in session mode, in reeve-vm; blocks.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

/*
 * Opens @path read-write. When it is missing, or @reset, it is made whole from @template first (NULL:
 * there is none, and a missing file is an error). -1 and an error on failure.
 */
int nvram_open(const char *path, const char *template, bool reset, GError **error);

/* Removes @path if it looks like firmware variables and nothing else; a missing file is no error. */
bool nvram_remove(const char *path, GError **error);
