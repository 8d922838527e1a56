/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a call names by its first argument, read without decoding (or allocating for) the rest, so
 * that access is checked and the call routed first.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "rpc/wire/message.h"
#include "rpc/wire/procs.h"

/* Strings are owned; those that the kind of handle does not have are NULL. */
typedef struct RpcHandle {
	guint8 uuid[16]; /* of the domain, network, pool, filter or secret */
	char *name;	 /* of the snapshot, checkpoint, volume, device, interface or binding */
	char *pool, *key; /* of the volume */
} RpcHandle;

void rpc_handle_clear(RpcHandle *handle);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpcHandle, rpc_handle_clear)

/*
 * VIR_ERR_RPC when the payload is too short or wrong up to there, VIR_ERR_INVALID_ARG when the row
 * names nothing.
 */
bool rpc_handle_read(const RpcMessage *call, const RpcProc *proc, RpcHandle *ret, GError **error);
