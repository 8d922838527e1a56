/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listening UNIX sockets made for a guest. Runs in reeve-priv and reeve-vm. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

/*
 * Binds and listens at @path; a socket that nobody listens on any more is replaced, anything else is
 * not. As root the socket is given to @uid, mode 0660. -1 and an error on failure.
 */
int listen_open(const char *path, uid_t uid, const char *what, GError **error);

/* The same for @name in the directory @parent; @path is for messages. */
int listen_open_at(int parent, const char *name, const char *path, GError **error);
/* Binds only: whoever will listen is to be seen by those who connect. */
int listen_bind_at(int parent, const char *name, const char *path, GError **error);
