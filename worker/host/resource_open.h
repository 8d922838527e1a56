/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens what a guest needs before it starts: images with all that backs them, firmware, logs, taps,
 * sockets. The same code runs in reeve-priv (system mode) and in reeve-vm (session mode); it blocks.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "rpc/tables/priv.h"

typedef struct ResourceLayer {
	char *path; /* of a tap: the interface's name */
	char *format; /* of an image, else "" */
	char *name; /* of an image: as what it backs calls it */
	bool read_only;
	int fd; /* owned */
} ResourceLayer;

void resource_layer_free(ResourceLayer *layer);

/*
 * GPtrArray of ResourceLayer, top first; empty for an optional file that is missing. NULL and an
 * error otherwise. @args comes from a peer and is checked here.
 */
GPtrArray *resource_open(const priv_open_args *args, GError **error);
