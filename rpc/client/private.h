/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the client (client.c, client_open.c, client_stream.c) share. */
#pragma once

#include "base/fiber.h"
#include "rpc/client/rpc_client.h"
#include "rpc/client/stream.h"

struct RpcClient {
	sd_event *loop;
	RpcConn *conn;
	guint32 serial;      /* of the next call */
	GHashTable *pending; /* serial -> RpcPending */
	GHashTable *streams; /* serial -> RpcClientStream, borrowed */
	uint64_t timeout_usec;
	GError *ended; /* why the connection is over */

	void (*on_message)(RpcMessage *message, void *data);
	void *message_data;
	void (*on_closed)(const GError *reason, void *data);
	void *closed_data;

	pid_t proxy; /* of the command between us and the server, 0: none */
	char *uri;
	bool read_only;
	guint32 features_asked, features_there; /* bit n: feature n */
};

/* A call that was sent. Belongs to the one who waits, or to the client when nobody does any more.
 */
struct RpcPending {
	RpcClient *client; /* NULL when it is gone */
	const RpcProc *proc;
	RpcHeader header; /* as sent */
	FiberEvent event;
	uint64_t deadline; /* CLOCK_MONOTONIC, 0: none */
	bool abandoned;
	RpcMessage *reply;
	GError *error;
};

/* Sends @call with the next serial, which is set in it, and expects its reply. NULL on failure. */
RpcPending *client_expect(RpcClient *client, RpcMessage *call, const RpcProc *proc,
			  uint64_t timeout_usec, GError **error);
/* The reply to @pending, whatever its status; ends @pending. */
RpcMessage *client_reply_call(RpcPending *pending, GError **error);
/* As it, decoded into @ret; an error of the server becomes *error. */
bool client_decode_reply(const RpcMessage *reply, const RpcProc *proc, void *ret, GError **error);

/* In client_stream.c. */
void client_stream_received(RpcClientStream *stream, RpcMessage *message);
void client_stream_ended(RpcClientStream *stream, const GError *reason);
void client_stream_drained(RpcClientStream *stream);

/* A header of @proc; the serial is filled in when it is sent. */
RpcHeader client_header(const RpcProc *proc, RpcType type);
