/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keepalive is a program of two messages, ping and pong, that tells a peer which is silent from one
 * that is gone. A part of a connection: it pings when nothing was heard, and says when to give up.
 */
#pragma once

#include <stdbool.h>

#include "rpc/wire/conn.h"

typedef struct RpcKeepalive RpcKeepalive;

/* @gone is called from the loop with the reason, which stays the caller's of it; may free. */
RpcKeepalive *rpc_keepalive_new(RpcConn *conn, int interval_seconds, unsigned count,
				void (*gone)(const GError *reason, void *data));
void rpc_keepalive_free(RpcKeepalive *keepalive);
/* Something came from the peer. NULL is allowed. */
void rpc_keepalive_heard(RpcKeepalive *keepalive);

/* A message of this program? Others never see those. */
bool rpc_keepalive_is(const RpcHeader *header);
/* The pong to a ping, else NULL. */
RpcMessage *rpc_keepalive_answer(const RpcMessage *message);
