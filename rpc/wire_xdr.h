/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Filters of strings, byte strings, arrays and optional members for rpcgen's output: as libtirpc's,
 * but careful with memory. Not to be called by hand.
 */
#pragma once

#include <rpc/rpc.h>

typedef struct RpcXdrArray {
	char **elements;
	u_int *count;
} RpcXdrArray;

bool_t rpc_xdr_string(XDR *xdrs, char **text, u_int limit);
bool_t rpc_xdr_bytes(XDR *xdrs, char **bytes, u_int *length, u_int limit);
bool_t rpc_xdr_array(XDR *xdrs, char **elements, u_int *count, u_int limit, u_int size,
		     xdrproc_t filter);
bool_t rpc_xdr_pointer(XDR *xdrs, char **object, u_int size, xdrproc_t filter);
