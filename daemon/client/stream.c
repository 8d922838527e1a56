/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "daemon/client/stream_private.h"
#include "rpc/wire/wire_error.h"

enum {
	AHEAD = 256 * 1024, /* unsent bytes of a connection above which nothing more is read for it */
	READ_SIZE = 64 * 1024,
};

static GHashTable *keys; /* key -> Stream that has it */

RpcHeader stream_frame(const Stream *stream, RpcType type, RpcStatus status)
{
	RpcHeader header = stream->header;

	header.type = type;
	header.status = status;
	return header;
}

void stream_send_message(Stream *stream, RpcMessage *message)
{
	if (stream->client->conn)
		rpc_conn_send(stream->client->conn, message, NULL);
}

void stream_send(Stream *stream, RpcType type, RpcStatus status, const void *bytes, gsize length)
{
	RpcHeader header = stream_frame(stream, type, status);
	g_autoptr(RpcMessage) message = rpc_message_new_bytes(&header, bytes, length);

	stream_send_message(stream, message);
}

static void stream_free(Stream *stream)
{
	for (RpcMessage *message; (message = g_queue_pop_head(&stream->incoming));) {
		rpc_message_unref(message);
		client_release(stream->client);
	}
	sd_event_source_disable_unref(stream->io);
	sd_event_source_disable_unref(stream->turn);
	fd_clear(&stream->fd);
	g_clear_pointer(&stream->in.message, rpc_message_unref);
	client_unref(stream->client);
	g_free(stream->key);
	g_free(stream);
}

/* @error NULL: a good end. The client is told elsewhere. */
static void stream_end(Stream *stream, const GError *error)
{
	g_hash_table_remove(stream->client->streams, GUINT_TO_POINTER(stream->header.serial));
	if (stream->key && g_hash_table_lookup(keys, stream->key) == stream)
		g_hash_table_remove(keys, stream->key);
	if (stream->ended)
		stream->ended(error, stream->data);
	stream_free(stream);
}

/* After an error no more frames follow, and none of the client's are answered. */
void stream_fail(Stream *stream, const GError *error)
{
	g_autoptr(RpcMessage) message =
		wire_error_stream(&stream->header, error, VIR_FROM_STREAMS);

	if (stream->client->conn && stream->begun)
		rpc_conn_send(stream->client->conn, message, NULL);
	stream_end(stream, error);
}

void stream_fail_errno(Stream *stream, int errnum, const char *doing)
{
	g_autoptr(GError) error = NULL;

	fail_errno(&error, errnum, "%s", doing);
	stream_fail(stream, error);
}

/* ---- From the descriptor to the client ----------------------------------------------------- */

bool stream_client_is_behind(const Stream *stream)
{
	return !stream->client->conn || rpc_conn_queued(stream->client->conn) > AHEAD;
}

/* False when the stream is gone. */
static bool stream_read(Stream *stream)
{
	g_autofree char *buffer = NULL;
	ssize_t n;

	if (stream->records)
		return stream_records_read(stream);
	if (!stream->to_client || stream->end_sent || stream_client_is_behind(stream))
		return true;
	buffer = g_malloc(READ_SIZE);
	n = read(stream->fd, buffer, READ_SIZE);
	if (n > 0) {
		stream_send(stream, RPC_TYPE_STREAM, RPC_STATUS_CONTINUE, buffer, (gsize)n);
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	/* A pty whose other side is closed reads as EIO. */
	if (n == 0 || errno == EIO || errno == ECONNRESET) {
		stream->end_sent = true;
		stream_send(stream, RPC_TYPE_STREAM, RPC_STATUS_CONTINUE, NULL, 0);
		return true;
	}
	stream_fail_errno(stream, errno, _("cannot read from the stream's source"));
	return false;
}

/* ---- From the client to the descriptor ----------------------------------------------------- */

void stream_confirm(Stream *stream)
{
	stream_send(stream, RPC_TYPE_STREAM, RPC_STATUS_OK, NULL, 0);
	stream_end(stream, NULL);
}

void stream_incoming_drop(Stream *stream)
{
	rpc_message_unref(g_queue_pop_head(&stream->incoming));
	stream->written = 0;
	client_release(stream->client);
}

/* False when the stream is gone. */
static bool stream_write(Stream *stream)
{
	if (stream->records)
		return stream_records_write(stream);
	for (RpcMessage *message; (message = g_queue_peek_head(&stream->incoming));) {
		ssize_t n = 0;

		if (message->length > stream->written)
			n = write(stream->fd, message->payload + stream->written,
				  message->length - stream->written);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n < 0) {
			stream_fail_errno(stream, errno, _("cannot write to the stream's target"));
			return false;
		}
		stream->written += (gsize)n;
		if (stream->written == message->length)
			stream_incoming_drop(stream);
	}
	if (!stream->finishing)
		return true;
	stream_confirm(stream);
	return false;
}

/* ---- Events -------------------------------------------------------------------------------- */

static int on_turn(sd_event_source *source, void *data);

/*
 * Regular files cannot be polled: they are served once a turn of the loop. The source is made anew,
 * for the loop takes those first that were made first, and all others would wait.
 */
static void turn_arm(Stream *stream, bool wanted)
{
	sd_event *loop = stream->client->engine->loop;

	stream->turn = sd_event_source_disable_unref(stream->turn);
	if (wanted && sd_event_add_defer(loop, &stream->turn, on_turn, stream) < 0)
		g_error("out of memory");
}

/* What the stream waits for: nothing is polled for that could not be dealt with. */
static void stream_arm(Stream *stream)
{
	uint32_t events = 0;
	bool reads = (stream->to_client || stream->records) && !stream->end_sent &&
		     !stream_client_is_behind(stream);

	if (reads)
		events |= EPOLLIN;
	if (!g_queue_is_empty(&stream->incoming) ||
	    (stream->records && stream->from_client && stream->finishing && !stream->end_written))
		events |= EPOLLOUT;
	if (stream->io) {
		sd_event_source_set_io_events(stream->io, events);
		sd_event_source_set_enabled(stream->io, events ? SD_EVENT_ON : SD_EVENT_OFF);
	} else {
		turn_arm(stream, events != 0);
	}
}

static void stream_pump(Stream *stream)
{
	if (stream_write(stream) && stream_read(stream))
		stream_arm(stream);
}

static int on_io(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd,
		 G_GNUC_UNUSED uint32_t revents, void *data)
{
	stream_pump(data);
	return 0;
}

static int on_turn(G_GNUC_UNUSED sd_event_source *source, void *data)
{
	stream_pump(data);
	return 0;
}

static bool stream_watch(Stream *stream, GError **error)
{
	sd_event *loop = stream->client->engine->loop;
	int r = sd_event_add_io(loop, &stream->io, stream->fd, 0, on_io, stream);

	if (r < 0 && r != -EPERM)
		return fail_errno(error, -r, _("cannot watch the descriptor of a stream"));
	if (stream->io)
		sd_event_source_set_enabled(stream->io, SD_EVENT_OFF);
	return true;
}

/* ---- Opening ------------------------------------------------------------------------------- */

bool stream_key_taken(G_GNUC_UNUSED Engine *engine, const char *key)
{
	return keys && g_hash_table_contains(keys, key);
}

static bool key_take(Stream *stream, const StreamSpec *spec, GError **error)
{
	g_autoptr(GError) reason = NULL;
	Stream *other;

	if (!spec->key)
		return true;
	if (!keys)
		keys = g_hash_table_new(g_str_hash, g_str_equal);
	other = g_hash_table_lookup(keys, spec->key);
	if (other && !spec->force)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("Active console session exists for this domain; use force to take "
			      "it over"));
	if (other) {
		fail(&reason, VIR_ERR_OPERATION_ABORTED, _("another client took the console over"));
		stream_fail(other, reason);
	}
	stream->key = g_strdup(spec->key);
	g_hash_table_insert(keys, stream->key, stream);
	return true;
}

bool stream_open(Call *call, const StreamSpec *spec, GError **error)
{
	g_autofd int fd = spec->fd;
	Client *client = call->client;
	void *serial = GUINT_TO_POINTER(call->message->header.serial);
	Stream *stream;

	if (g_hash_table_size(client->streams) >= LIMIT_CLIENT_STREAMS)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("this connection has %d streams open already"), LIMIT_CLIENT_STREAMS);
	if (call->stream || g_hash_table_contains(client->streams, serial))
		return fail(error, VIR_ERR_INVALID_ARG, _("there is a stream of this serial"));
	if (!fd_set_nonblocking(fd, error))
		return false;
	stream = g_new0(Stream, 1);
	stream->client = client_ref(client);
	stream->header = call->message->header;
	stream->fd = take_fd(&fd);
	stream->to_client = spec->to_client;
	stream->from_client = spec->from_client;
	stream->records = spec->records;
	g_queue_init(&stream->incoming);
	if (!stream_watch(stream, error) || !key_take(stream, spec, error)) {
		stream_free(stream);
		return false;
	}
	stream->ended = spec->ended;
	stream->data = spec->data;
	g_hash_table_insert(client->streams, serial, stream);
	call->stream = stream;
	return true;
}

void stream_begin(Stream *stream, bool good)
{
	if (!good) {
		stream_end(stream, NULL);
		return;
	}
	stream->begun = true;
	stream_arm(stream);
}

/* ---- The client's frames ------------------------------------------------------------------- */

static void stream_data(Stream *stream, RpcMessage *message)
{
	if (message->length == 0 || stream->finishing)
		return;
	if (!stream->from_client) {
		g_autoptr(GError) error = NULL;

		fail(&error, VIR_ERR_OPERATION_INVALID, _("nothing can be sent on this stream"));
		stream_fail(stream, error);
		return;
	}
	g_queue_push_tail(&stream->incoming, rpc_message_ref(message));
	client_take(stream->client);
	stream_pump(stream);
}

void stream_message(Client *client, RpcMessage *message)
{
	Stream *stream = g_hash_table_lookup(client->streams,
					     GUINT_TO_POINTER(message->header.serial));
	g_autoptr(GError) reason = NULL;

	if (!stream || stream->header.procedure != message->header.procedure ||
	    stream->header.program != message->header.program)
		return;
	if (message->header.type == RPC_TYPE_HOLE && !stream_records_check_hole(stream, message))
		return;
	switch (message->header.status) {
	case RPC_STATUS_CONTINUE:
		stream_data(stream, message);
		break;
	case RPC_STATUS_OK:
		stream->finishing = true;
		stream_pump(stream);
		break;
	case RPC_STATUS_ERROR:
		fail(&reason, VIR_ERR_OPERATION_ABORTED, _("the client gave the stream up"));
		stream_send(stream, RPC_TYPE_STREAM, RPC_STATUS_OK, NULL, 0);
		stream_end(stream, reason);
		break;
	default:
		break;
	}
}

void stream_resume_all(Client *client)
{
	GHashTableIter iter;
	void *stream;

	g_hash_table_iter_init(&iter, client->streams);
	while (g_hash_table_iter_next(&iter, NULL, &stream))
		if (((Stream *)stream)->begun)
			stream_arm(stream);
}

void stream_abort_all(Client *client)
{
	g_autoptr(GList) streams = g_hash_table_get_values(client->streams);
	g_autoptr(GError) reason = NULL;

	fail(&reason, VIR_ERR_OPERATION_ABORTED, _("the client left"));
	/* One that has not begun is its call's: stream_begin() ends it. */
	for (GList *l = streams; l; l = l->next)
		if (((Stream *)l->data)->begun)
			stream_end(l->data, reason);
}
