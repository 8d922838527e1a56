/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images with all that backs them, given to a QEMU without a machine by descriptors. See image_tool.h. */
#pragma once

#include "worker/priv/image_tool.h"

/* Any of them knows all formats; NULL at the end. */
extern const char *const image_qemu_programs[];

/* Data of @capacity, the tables for it in the smallest clusters, and some room. */
uint64_t image_size_limit(uint64_t capacity);

typedef struct ImageChains {
	GPtrArray *list; /* of GPtrArray of ResourceLayer, top first */
	uint64_t capacity; /* bytes that the largest of them is about to hold */
} ImageChains;

/*
 * Runs @input, commands for its monitor, on the chains; the top of the Nth is node "volumeN", writable. What it
 * answers is a line for each command, the words of a stranger.
 */
bool image_chains_run(const PrivConfig *config, const ImageChains *chains, const char *input, char **ret_output,
		      GError **error);
