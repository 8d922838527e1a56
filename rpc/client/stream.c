/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "rpc/client/private.h"
#include "rpc/wire/wire.h"
#include "rpc/wire/wire_error.h"

struct RpcClientStream {
	RpcClient *client; /* NULL when the stream is over, by whatever */
	RpcHeader header;  /* of its frames */
	const RpcProc *proc;
	const RpcClientStreamHandler *handler;
	void *data;
	bool closing; /* finish or abort was sent */
	FiberEvent closed;
	GError *error; /* why it is over, NULL: well */
};

static RpcHeader frame_header(const RpcClientStream *stream, RpcType type, RpcStatus status)
{
	RpcHeader header = stream->header;

	header.type = (gint32)type;
	header.status = (gint32)status;
	return header;
}

/* Nothing more comes or goes. @reason NULL: the server confirmed. */
static void stream_over(RpcClientStream *stream, const GError *reason)
{
	bool told = stream->closing;

	g_hash_table_remove(stream->client->streams, GUINT_TO_POINTER(stream->header.serial));
	stream->client = NULL;
	if (reason && !stream->error)
		stream->error = g_error_copy(reason);
	fiber_event_set(&stream->closed);
	if (!told && stream->handler->ended)
		stream->handler->ended(stream, stream->error, stream->data);
}

void client_stream_ended(RpcClientStream *stream, const GError *reason)
{
	stream_over(stream, reason);
}

void client_stream_drained(RpcClientStream *stream)
{
	if (stream->client && !stream->closing && stream->handler->writable)
		stream->handler->writable(stream, stream->data);
}

static void received_hole(RpcClientStream *stream, RpcMessage *message)
{
	remote_stream_hole hole = { 0 };
	g_autoptr(GError) reason = NULL;

	if (!rpc_message_decode(message, (xdrproc_t)xdr_remote_stream_hole, &hole, &reason)) {
		stream_over(stream, reason);
		return;
	}
	if (stream->handler->hole)
		stream->handler->hole(stream, hole.length, stream->data);
}

void client_stream_received(RpcClientStream *stream, RpcMessage *message)
{
	g_autoptr(GError) reason = NULL;

	switch (message->header.status) {
	case RPC_STATUS_CONTINUE:
		if (message->header.type == RPC_TYPE_HOLE)
			received_hole(stream, message);
		else if (stream->handler->received)
			stream->handler->received(stream, message->payload, message->length,
						  stream->data);
		break;
	case RPC_STATUS_OK:
		stream_over(stream, NULL);
		break;
	default:
		wire_error_raise_message(message, &reason);
		stream_over(stream, reason);
	}
}

RpcClientStream *rpc_client_stream_open_call(RpcClient *client, const RpcClientStreamSpec *spec,
					     GError **error)
{
	g_autoptr(RpcClientStream) stream = g_new0(RpcClientStream, 1);
	RpcPending *pending = rpc_client_begin(client, spec->proc, spec->args, error);

	if (!pending)
		return NULL;
	stream->header = pending->header;
	stream->proc = spec->proc;
	stream->handler = spec->handler;
	stream->data = spec->data;
	stream->closing = true; /* nobody is told of an end before it was open */
	stream->client = client;
	/* Known before the reply: servers may send data right behind it, or even before. */
	g_hash_table_insert(client->streams, GUINT_TO_POINTER(stream->header.serial), stream);
	if (!rpc_client_finish_call(pending, spec->ret, error)) {
		if (stream->client)
			g_hash_table_remove(client->streams,
					    GUINT_TO_POINTER(stream->header.serial));
		stream->client = NULL;
		return NULL;
	}
	stream->closing = false;
	if (stream->error) { /* it failed right behind the reply */
		if (error)
			*error = g_error_copy(stream->error);
		return NULL;
	}
	return g_steal_pointer(&stream);
}

/* Fails with the reason why the stream is over. */
static bool check_open(const RpcClientStream *stream, GError **error)
{
	if (stream->error) {
		if (error)
			*error = g_error_copy(stream->error);
		return false;
	}
	if (!stream->client || stream->closing)
		return fail(error, VIR_ERR_INVALID_STREAM, _("the stream is closed"));
	return true;
}

bool rpc_client_stream_send(RpcClientStream *stream, const void *bytes, gsize length,
			    GError **error)
{
	RpcHeader header = frame_header(stream, RPC_TYPE_STREAM, RPC_STATUS_CONTINUE);
	const guint8 *from = bytes;

	while (length > 0) {
		gsize part = MIN(length, LIMIT_STREAM_CHUNK);
		g_autoptr(RpcMessage) message = NULL;

		if (!check_open(stream, error))
			return false;
		message = rpc_message_new_bytes(&header, from, part);
		if (!rpc_conn_send(stream->client->conn, message, error))
			return false;
		from += part;
		length -= part;
	}
	return true;
}

bool rpc_client_stream_send_hole(RpcClientStream *stream, gint64 length, GError **error)
{
	RpcHeader header = frame_header(stream, RPC_TYPE_HOLE, RPC_STATUS_CONTINUE);
	remote_stream_hole hole = { .length = length };
	g_autoptr(RpcMessage) message = NULL;

	if (!check_open(stream, error))
		return false;
	message = rpc_message_new(&header, (xdrproc_t)xdr_remote_stream_hole, &hole, error);
	return message && rpc_conn_send(stream->client->conn, message, error);
}

gsize rpc_client_stream_queued(const RpcClientStream *stream)
{
	return stream->client ? rpc_conn_queued(stream->client->conn) : 0;
}

static bool send_end(RpcClientStream *stream, RpcStatus status, GError **error)
{
	RpcHeader header = frame_header(stream, RPC_TYPE_STREAM, status);
	g_autoptr(RpcMessage) message = rpc_message_new_space(&header, 0);

	stream->closing = true;
	return rpc_conn_send(stream->client->conn, message, error);
}

/* Sends the last frame and waits for the server's. */
static bool stream_close_call(RpcClientStream *stream, RpcStatus status, GError **error)
{
	uint64_t timeout = stream->client->timeout_usec;

	if (!send_end(stream, status, error) ||
	    !fiber_event_wait(&stream->closed, stream->proc->name, timeout, error))
		return false;
	if (!stream->error)
		return true;
	if (error)
		*error = g_error_copy(stream->error);
	return false;
}

bool rpc_client_stream_finish_call(RpcClientStream *stream, GError **error)
{
	return check_open(stream, error) && stream_close_call(stream, RPC_STATUS_OK, error);
}

bool rpc_client_stream_abort_call(RpcClientStream *stream, GError **error)
{
	if (!stream->client || stream->closing)
		return true;
	return stream_close_call(stream, RPC_STATUS_ERROR, error);
}

void rpc_client_stream_free(RpcClientStream *stream)
{
	if (!stream)
		return;
	if (stream->client) {
		if (!stream->closing)
			send_end(stream, RPC_STATUS_ERROR, NULL);
		g_hash_table_remove(stream->client->streams,
				    GUINT_TO_POINTER(stream->header.serial));
	}
	g_clear_error(&stream->error);
	g_free(stream);
}
