/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stream seen from the client: a console, an upload, a download. It lives from the call that
 * opens it until the server confirmed its end or said what failed. Owned by the one who opened it.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "rpc/client/rpc_client.h"

typedef struct RpcClientStream RpcClientStream;

/* Called from the loop. All may be NULL. None may free the stream but ended(). */
typedef struct RpcClientStreamHandler {
	/* @length 0: the server has no more. */
	void (*received)(RpcClientStream *stream, const void *bytes, gsize length, void *data);
	void (*hole)(RpcClientStream *stream, gint64 length, void *data);
	/* What was sent has left; send more. */
	void (*writable)(RpcClientStream *stream, void *data);
	/* The server failed it, or the connection ended; not called after finish or abort. */
	void (*ended)(RpcClientStream *stream, const GError *error, void *data);
} RpcClientStreamHandler;

typedef struct RpcClientStreamSpec {
	const RpcProc *proc;
	const void *args;
	void *ret;
	const RpcClientStreamHandler *handler;
	void *data;
} RpcClientStreamSpec;

/* Calls and waits for the reply. Data may be handed out before this returns. */
RpcClientStream *rpc_client_stream_open_call(RpcClient *client, const RpcClientStreamSpec *spec,
					     GError **error);
/* Any length; cut into frames of LIMIT_STREAM_CHUNK. */
bool rpc_client_stream_send(RpcClientStream *stream, const void *bytes, gsize length,
			    GError **error);
bool rpc_client_stream_send_hole(RpcClientStream *stream, gint64 length, GError **error);
/* Bytes that the server has not taken yet: stop reading the source when it is much. */
gsize rpc_client_stream_queued(const RpcClientStream *stream);

/* Ends it well and waits for the confirmation; a late error of the server comes here. */
bool rpc_client_stream_finish_call(RpcClientStream *stream, GError **error);
/* Ends it without caring for the rest. */
bool rpc_client_stream_abort_call(RpcClientStream *stream, GError **error);
/* Frees; a stream that is still open is aborted without waiting. */
void rpc_client_stream_free(RpcClientStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcClientStream, rpc_client_stream_free)
