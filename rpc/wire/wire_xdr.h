/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Filters of strings, byte strings, arrays and optional members for rpcgen's output: as libtirpc's,
 * but careful with memory. Included before that output, with RPC_XDR_REPLACE defined.
 */
#pragma once

#include <stdbool.h>

#include <rpc/rpc.h>

typedef struct RpcXdrArray {
	char **elements;
	u_int *count;
} RpcXdrArray;

bool_t rpc_xdr_string(XDR *xdrs, char **text, u_int limit);
bool_t rpc_xdr_bytes(XDR *xdrs, char **bytes, u_int *length, u_int limit);
bool_t rpc_xdr_array(XDR *xdrs, RpcXdrArray array, u_int limit, u_int size, xdrproc_t filter);
bool_t rpc_xdr_pointer(XDR *xdrs, char **object, u_int size, xdrproc_t filter);

/* What becomes of strings that are not plain text (base/plain.h). */
typedef enum RpcXdrTexts {
	RPC_XDR_TEXTS_ANY,    /* between our own programs: paths are bytes */
	RPC_XDR_TEXTS_REFUSE, /* decoding fails, and rpc_xdr_was_odd() tells why */
	RPC_XDR_TEXTS_MEND,   /* encoded with '?' for what cannot be read */
} RpcXdrTexts;

/* For all that this thread encodes and decodes until the next call; returns what was before. */
RpcXdrTexts rpc_xdr_texts(RpcXdrTexts wanted);
bool rpc_xdr_was_odd(void);

#ifdef RPC_XDR_REPLACE
#define xdr_string rpc_xdr_string
#define xdr_bytes rpc_xdr_bytes
#define xdr_pointer rpc_xdr_pointer
#define xdr_array(xdrs, elements, count, limit, size, filter)                                      \
	rpc_xdr_array(xdrs, (RpcXdrArray){ elements, count }, limit, size, filter)
#endif
