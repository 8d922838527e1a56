/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File descriptors that close themselves, and descriptors sent over UNIX sockets. Every process. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <unistd.h>

#include <glib.h>

static inline void fd_clear(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

#define g_autofd __attribute__((cleanup(fd_clear)))

/* Gives the descriptor to the caller; the variable no longer owns it. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

bool fd_set_nonblocking(int fd, GError **error);

/*
 * Sends one byte @carrier with @fd attached. Blocks if the socket does.
 * Returns 0, or a negative errno (-EAGAIN when nothing was sent).
 */
int fd_send(int socket, unsigned char carrier, int fd);

/*
 * Receives one byte with at most one descriptor attached; *ret_fd is -1 when none came.
 * Returns 1, 0 at the end of the stream, or a negative errno.
 */
int fd_receive(int socket, unsigned char *ret_carrier, int *ret_fd);

/* Writes @text to the new file @path by way of a temporary file and rename(); synced to disk. */
bool file_replace(const char *path, const char *text, gsize length, mode_t mode, GError **error);
