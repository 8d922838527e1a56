/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is noted with an image, as attributes of its file, because a guest may write into the image whatever it likes:
 * its format, and which files may back it. Where a file system has no attributes nothing is noted, and what the image
 * says of itself is believed. Runs in children of reeve-priv: may block.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* Notes what the file of @fd was made as, or is given to a guest as. */
void image_mark_format(int fd, const char *format);

/* Forgets all of it: a client fills the image anew, and what it is then tells its header. */
void image_mark_forget(int fd);

/* Is it noted that it has no header, so that what looks like one is some guest's? */
bool image_is_marked_raw(int fd);

/*
 * Compares the chain @layers (of ResourceLayer, top first) with what was noted when its files were first given to a
 * guest, or notes it. A chain may become shorter; a file that was not in it makes it an error: whoever took over a
 * hypervisor could otherwise have any image read to it at the next start.
 */
bool image_chain_check(const GPtrArray *layers, GError **error);
