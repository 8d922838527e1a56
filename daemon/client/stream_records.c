/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams of volumes: the descriptor is a socket to a process that reads or writes one, see rpc/wire/record.h. */
#include <inttypes.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/plain.h"
#include "daemon/client/stream_private.h"
#include "rpc/tables/remote.h"

/* ---- from the client ----------------------------------------------------------------------- */

/* False where it is damaged. */
static bool hole_length(const RpcMessage *message, gint64 *ret)
{
	remote_stream_hole hole = { 0 };

	if (!rpc_message_decode(message, (xdrproc_t)xdr_remote_stream_hole, &hole, NULL))
		return false;
	*ret = hole.length;
	return true;
}

bool stream_records_check_hole(Stream *stream, const RpcMessage *message)
{
	g_autoptr(GError) error = NULL;
	gint64 length = 0;

	if (!stream->records || !stream->from_client)
		fail(&error, VIR_ERR_OPERATION_INVALID, _("no hole can be sent on this stream"));
	else if (!hole_length(message, &length) || length <= 0)
		fail(&error, VIR_ERR_INVALID_ARG, _("a hole of %" PRId64 " bytes cannot be sent"),
		     length);
	if (!error)
		return true;
	stream_fail(stream, error);
	return false;
}

static RecordHeader record_of(const RpcMessage *message)
{
	gint64 length = 0;

	if (message->header.type != RPC_TYPE_HOLE)
		return (RecordHeader){ .kind = RECORD_DATA, .length = message->length };
	hole_length(message, &length);
	return (RecordHeader){ .kind = RECORD_HOLE, .length = (uint64_t)length };
}

/* What is left of @header and @bytes after those that were @written. 1: all, 0: not yet, -1: errno. */
static int record_send(Stream *stream, RecordHeader *header, const void *bytes, gsize length)
{
	const gsize before = MIN(stream->written, sizeof(*header));
	const gsize after = stream->written - before;
	struct iovec parts[] = {
		{ .iov_base = (char *)header + before, .iov_len = sizeof(*header) - before },
		{ .iov_base = (char *)bytes + after, .iov_len = length - after },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = G_N_ELEMENTS(parts) };
	ssize_t n = sendmsg(stream->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	stream->written += (gsize)n;
	return stream->written == sizeof(*header) + length;
}

bool stream_records_write(Stream *stream)
{
	RecordHeader end = { .kind = RECORD_END };
	int r = 1;

	for (RpcMessage *message; r > 0 && (message = g_queue_peek_head(&stream->incoming));) {
		RecordHeader header = record_of(message);

		r = record_send(stream, &header, message->payload,
				header.kind == RECORD_DATA ? message->length : 0);
		if (r > 0)
			stream_incoming_drop(stream);
	}
	if (r > 0 && stream->finishing && stream->from_client && !stream->end_written) {
		r = record_send(stream, &end, NULL, 0);
		stream->end_written = r > 0;
	}
	/* A process that ended has said why: that is read first. */
	if (r < 0 && errno != EPIPE && errno != ECONNRESET) {
		stream_fail_errno(stream, errno, _("cannot write to the volume"));
		return false;
	}
	if (!stream->finishing || stream->from_client)
		return true;
	stream_confirm(stream);
	return false;
}

/* ---- from the volume ----------------------------------------------------------------------- */

static bool fail_damaged(Stream *stream)
{
	g_autoptr(GError) error = NULL;

	fail(&error, VIR_ERR_OPERATION_FAILED, _("the process that serves the volume has ended"));
	stream_fail(stream, error);
	return false;
}

/* The message is for people; whoever wrote it is a stranger. */
static bool fail_as_told(Stream *stream)
{
	const RecordsIn *in = &stream->in;
	g_autofree char *text = g_strndup((const char *)in->message->payload, in->bytes);
	g_autoptr(GError) error = NULL;

	error = error_new(in->header.code & 0xffff, in->header.code >> 16 & 0x7fff, text_mend(text));
	stream_fail(stream, error);
	return false;
}

/* The volume's process has said all: what was sent is on disk, or what was asked for has been read. */
static bool volume_ended(Stream *stream)
{
	if (stream->from_client) {
		if (!stream->end_written)
			return fail_damaged(stream);
		stream_confirm(stream);
		return false;
	}
	stream->end_sent = true;
	stream_send(stream, RPC_TYPE_STREAM, RPC_STATUS_CONTINUE, NULL, 0);
	return true;
}

static bool pass_hole(Stream *stream)
{
	RpcHeader header = stream_frame(stream, RPC_TYPE_HOLE, RPC_STATUS_CONTINUE);
	remote_stream_hole hole = { .length = (int64_t)stream->in.header.length };
	g_autoptr(RpcMessage) message = NULL;

	if (hole.length <= 0)
		return fail_damaged(stream);
	message = rpc_message_new(&header, (xdrproc_t)xdr_remote_stream_hole, &hole, NULL);
	stream_send_message(stream, message);
	return true;
}

/* A header has come: is it one that may, and what follows it? */
static bool header_take(Stream *stream)
{
	RecordsIn *in = &stream->in;
	RpcHeader header = stream_frame(stream, RPC_TYPE_STREAM, RPC_STATUS_CONTINUE);
	const uint64_t most = in->header.kind == RECORD_ERROR ? RECORD_ERROR_MAX : RECORD_DATA_MAX;

	if (in->header.kind != RECORD_ERROR && in->header.kind != RECORD_END && !stream->to_client)
		return fail_damaged(stream);
	switch (in->header.kind) {
	case RECORD_HOLE:
		in->header_bytes = 0;
		return pass_hole(stream);
	case RECORD_END:
		in->header_bytes = 0;
		return volume_ended(stream);
	case RECORD_DATA:
	case RECORD_ERROR:
		if (in->header.length == 0 || in->header.length > most)
			return fail_damaged(stream);
		in->message = rpc_message_new_space(&header, (gsize)in->header.length);
		in->bytes = 0;
		return true;
	default:
		return fail_damaged(stream);
	}
}

/* One read of what is due: of a header, or of what follows it. 1: some came, 0: not now, -1: the end. */
static int receive(Stream *stream)
{
	RecordsIn *in = &stream->in;
	char *to = in->message ? (char *)in->message->payload + in->bytes :
				 (char *)&in->header + in->header_bytes;
	const gsize room = in->message ? in->message->length - in->bytes :
					 sizeof(in->header) - in->header_bytes;
	ssize_t n = recv(stream->fd, to, room, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	if (in->message)
		in->bytes += (gsize)n;
	else
		in->header_bytes += (gsize)n;
	return 1;
}

bool stream_records_read(Stream *stream)
{
	RecordsIn *in = &stream->in;
	int r = 0;

	while (!stream->end_sent && !stream_client_is_behind(stream) && (r = receive(stream)) > 0) {
		if (!in->message) {
			if (in->header_bytes == sizeof(in->header) && !header_take(stream))
				return false;
			continue;
		}
		if (in->bytes < in->message->length)
			continue;
		if (in->header.kind == RECORD_ERROR)
			return fail_as_told(stream);
		stream_send_message(stream, in->message);
		g_clear_pointer(&in->message, rpc_message_unref);
		in->header_bytes = 0;
		return true; /* others have their turn */
	}
	return r >= 0 || fail_damaged(stream);
}
