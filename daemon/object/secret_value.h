/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values of secrets at rest: encrypted with AES-256-GCM under a key of this host, which lies in a
 * file of its own (state/secret.key, mode 0600), so that a copy of the database gives nothing away.
 * The UUID is authenticated too: a value cannot be moved to another secret. Engine only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "daemon/core/engine.h"

/* Text for the store; the caller frees. NULL and an error without a key. */
char *secret_value_seal(Engine *engine, const uint8_t uuid[16], const void *value, gsize length,
			GError **error);

/* The value; the caller wipes and frees it with secret_value_free(). NULL and an error when damaged. */
void *secret_value_open(Engine *engine, const uint8_t uuid[16], const char *sealed,
			gsize *ret_length, GError **error);

void secret_value_free(void *value, gsize length);
