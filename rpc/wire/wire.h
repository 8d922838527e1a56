/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * XDR to and from memory, by the filters that rpcgen makes. Values that come out of decoding
 * belong to malloc and are given back by rpc_free(). Used by everybody who handles messages.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>
#include <rpc/rpc.h>

/*
 * The bytes of @value after @reserve bytes left free for the caller; *ret_length counts both. Free
 * with g_free(). NULL with VIR_ERR_RPC when a bound of the .x file or LIMIT_FRAME is exceeded.
 */
guint8 *rpc_encode(xdrproc_t filter, const void *value, gsize reserve, gsize *ret_length,
		   GError **error);

/* The same for what a client gets: each byte of a text that could not be read there becomes '?'. */
guint8 *rpc_encode_mended(xdrproc_t filter, const void *value, gsize reserve, gsize *ret_length,
			  GError **error);

/*
 * Fills the zeroed @value from the beginning of @bytes; bytes that are left over are ignored. On
 * failure (VIR_ERR_RPC) what was filled is freed again.
 */
bool rpc_decode(const void *bytes, gsize length, xdrproc_t filter, void *value, GError **error);

/* The same for bytes that are to be @value and nothing more. */
bool rpc_decode_whole(const void *bytes, gsize length, xdrproc_t filter, void *value, GError **error);

/* Frees what @value points to, not @value itself; harmless when done twice. */
void rpc_free(xdrproc_t filter, void *value);

/*
 * In tests: replies are filled with this byte before the handler runs, and a word of them that is
 * still there when it is encoded is an error. Set by REEVE_POISON=1 in the environment.
 */
#define RPC_POISON 0xa5
bool rpc_poison_wanted(void);
