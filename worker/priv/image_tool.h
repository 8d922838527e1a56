/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMU's programs that make and change images. They are fed with what strangers wrote, so they run as a
 * user who owns nothing, without network and without the means to reach other processes, with limits of
 * time, memory and size; they get either an empty directory of their own, or descriptors. In a child of
 * reeve-priv; block until the program has ended.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "worker/priv/priv.h"

enum {
	IMAGE_TOOL_FD = 3, /* the first of the descriptors is this one for the program, and so on */
	IMAGE_TOOL_FDS_MAX = 210,
};

typedef struct ImageTool {
	const PrivConfig *config;
	const char *const *programs; /* the first that there is; ends with NULL */
	const char *const *arguments; /* all of them, its name included */
	int directory; /* where it may make files: becomes its working directory; -1: nowhere */
	const char *input; /* of its standard input; may be NULL */
	/*
	 * In place of @input: called with each line that it says, and with NULL when nothing came for a second;
	 * returns what to answer, which is @data's, or NULL.
	 */
	const char *(*talk)(const char *line, void *data);
	void *data;
	/* The socket of work.h: ended when nobody wants it any more, without another limit of time. NULL: none */
	const int *work;
	const int *fds;
	unsigned n_fds;
	uint64_t size_max; /* bytes that a file may grow to */
} ImageTool;

/*
 * Runs it. False and an error when it could not be run, was ended by a limit, or its status is not 0; the
 * last with what it said. *ret_output (may be NULL) gets that otherwise. It is text of a stranger.
 */
bool image_tool_run(const ImageTool *tool, char **ret_output, GError **error);
