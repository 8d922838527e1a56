/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rpc/wire/conn.h"
#include "rpc/wire/reader.h"

enum {
	WORD = 4,
};

void rpc_reader_init(RpcReader *reader, const RpcReaderHandler *handler, void *data)
{
	*reader = (RpcReader){ .handler = handler, .data = data, .limit = LIMIT_FRAME };
}

void rpc_reader_clear(RpcReader *reader)
{
	for (unsigned i = 0; i < reader->n_fds; i++)
		close(reader->fds[i].fd);
	reader->n_fds = 0;
	g_clear_pointer(&reader->message, rpc_message_unref);
}

bool rpc_reader_add_fd(RpcReader *reader, guint64 position, int fd, GError **error)
{
	if (!reader->takes_fds || reader->n_fds == G_N_ELEMENTS(reader->fds)) {
		close(fd);
		return fail(error, VIR_ERR_RPC,
			    _("the peer sent a descriptor that no message has"));
	}
	reader->fds[reader->n_fds].position = position;
	reader->fds[reader->n_fds++].fd = fd;
	return true;
}

static guint32 get_word(const guint8 *bytes)
{
	guint32 word;

	memcpy(&word, bytes, sizeof(word));
	return GUINT32_FROM_BE(word);
}

static bool has_fds(const RpcHeader *header)
{
	return header->type == RPC_TYPE_CALL_FDS || header->type == RPC_TYPE_REPLY_FDS;
}

/* A descriptor that came with a byte which is no carrier would shift all that follow. */
static bool check_stale_fd(const RpcReader *reader, GError **error)
{
	if (reader->n_fds == 0 || reader->fds[0].position >= reader->position)
		return true;
	return fail(error, VIR_ERR_RPC, _("the peer sent a descriptor that no message has"));
}

static bool frame_begin(RpcReader *reader, const guint8 *head, GError **error)
{
	guint32 length = get_word(head);
	RpcHeader header = {
		.program = get_word(head + 4),
		.version = get_word(head + 8),
		.procedure = (gint32)get_word(head + 12),
		.type = (gint32)get_word(head + 16),
		.serial = get_word(head + 20),
		.status = (gint32)get_word(head + 24),
	};
	gsize payload;

	if (length < RPC_HEADER_SIZE || length > reader->limit)
		return fail(error, VIR_ERR_RPC,
			    _("the peer sent a frame of %u bytes, expected %d to %zu"), length,
			    RPC_HEADER_SIZE, reader->limit);
	if (!check_stale_fd(reader, error))
		return false;
	payload = length - RPC_HEADER_SIZE;
	if (has_fds(&header) && payload < WORD)
		return fail(error, VIR_ERR_RPC,
			    _("the peer sent a frame that does not count its descriptors"));
	if (payload > RPC_LARGE && reader->handler->begin &&
	    !reader->handler->begin(&header, payload, reader->data)) {
		reader->discard = payload;
		reader->counting = has_fds(&header) ? WORD : 0;
		return true;
	}
	reader->capacity = MIN(payload, RPC_LARGE);
	reader->fill = 0;
	reader->message = rpc_message_new_space(&header, reader->capacity);
	reader->message->length = payload;
	return true;
}

/* Makes room for more of the payload. The message is nobody else's yet, so it may move. */
static void grow(RpcReader *reader)
{
	gsize capacity = MIN(reader->capacity * 2, reader->message->length);

	if (reader->fill < reader->capacity || reader->capacity >= reader->message->length)
		return;
	reader->message = g_realloc(reader->message, sizeof(RpcMessage) + capacity);
	reader->message->payload = (guint8 *)(reader->message + 1);
	reader->capacity = capacity;
}

static void frame_deliver(RpcReader *reader)
{
	RpcMessage *message = g_steal_pointer(&reader->message);

	reader->stop = !reader->handler->message(message, reader->data);
}

static bool carriers_expect(RpcReader *reader, guint32 count, GError **error)
{
	guint32 most = reader->takes_fds ? LIMIT_FDS : 0;

	if (count > most)
		return fail(
			error, VIR_ERR_RPC,
			_("the peer announced %u descriptors with a message, at most %d can come"),
			count, most);
	reader->carriers = count;
	return true;
}

/* The payload is complete: counts its descriptors, or hands the message out. */
static bool frame_filled(RpcReader *reader, GError **error)
{
	RpcMessage *message = reader->message;
	guint32 count = 0;

	if (has_fds(&message->header)) {
		count = get_word(message->payload);
		message->payload += WORD;
		message->length -= WORD;
	}
	if (!carriers_expect(reader, count, error))
		return false;
	if (count == 0)
		frame_deliver(reader);
	return true;
}

/* One byte between frames that brings a descriptor. */
static bool carrier_take(RpcReader *reader, GError **error)
{
	RpcMessage *message = reader->message;

	if (reader->n_fds == 0 || reader->fds[0].position != reader->position)
		return fail(error, VIR_ERR_RPC,
			    _("the peer announced a descriptor and did not send it"));
	if (message) {
		message->fds = g_renew(int, message->fds, message->n_fds + 1);
		message->fds[message->n_fds++] = reader->fds[0].fd;
	} else {
		close(reader->fds[0].fd);
	}
	reader->n_fds--;
	memmove(&reader->fds[0], &reader->fds[1], reader->n_fds * sizeof(reader->fds[0]));
	reader->position++;
	if (--reader->carriers == 0 && message)
		frame_deliver(reader);
	return true;
}

/* Collects the header. Returns how many bytes it used, -1 on error. */
static gssize head_feed(RpcReader *reader, const guint8 *bytes, gsize length, GError **error)
{
	const guint8 *head = bytes;
	gsize used = MIN(length, RPC_HEADER_SIZE - reader->head_fill);

	reader->position += used;
	if (used < RPC_HEADER_SIZE) {
		memcpy(reader->head + reader->head_fill, bytes, used);
		reader->head_fill += used;
		head = reader->head;
		if (reader->head_fill < RPC_HEADER_SIZE)
			return (gssize)used;
	}
	reader->head_fill = 0;
	if (!frame_begin(reader, head, error))
		return -1;
	if (reader->message && reader->message->length == 0)
		frame_deliver(reader);
	return (gssize)used;
}

/* Throws away what belongs to a frame that is not wanted; its descriptors follow it. */
static gssize discard(RpcReader *reader, const guint8 *bytes, gsize length, GError **error)
{
	gsize used = MIN(length, reader->discard);

	if (reader->counting > 0) {
		used = MIN(used, reader->counting);
		memcpy(reader->head + WORD - reader->counting, bytes, used);
		reader->counting -= (unsigned)used;
		if (reader->counting == 0 &&
		    !carriers_expect(reader, get_word(reader->head), error))
			return -1;
	}
	reader->discard -= used;
	reader->position += used;
	return (gssize)used;
}

/* Uses the next bytes for whatever they belong to; the count, or -1 on error. */
static gssize feed_some(RpcReader *reader, const guint8 *bytes, gsize length, GError **error)
{
	gsize used;

	if (reader->discard > 0)
		return discard(reader, bytes, length, error);
	if (reader->carriers > 0)
		return carrier_take(reader, error) ? 1 : -1;
	if (!reader->message)
		return head_feed(reader, bytes, length, error);
	grow(reader);
	used = MIN(length, reader->capacity - reader->fill);
	memcpy(reader->message->payload + reader->fill, bytes, used);
	return rpc_reader_filled(reader, used, error);
}

gssize rpc_reader_feed(RpcReader *reader, const guint8 *bytes, gsize length, GError **error)
{
	gsize used = 0;

	reader->stop = false;
	while (used < length && !reader->stop) {
		gssize n = feed_some(reader, bytes + used, length - used, error);

		if (n < 0)
			return -1;
		used += (gsize)n;
	}
	return (gssize)used;
}

guint8 *rpc_reader_space(RpcReader *reader, gsize *ret_size)
{
	if (!reader->message || reader->carriers > 0 ||
	    reader->message->length - reader->fill < RPC_LARGE)
		return NULL;
	grow(reader);
	*ret_size = reader->capacity - reader->fill;
	return reader->message->payload + reader->fill;
}

gssize rpc_reader_filled(RpcReader *reader, gsize length, GError **error)
{
	reader->fill += length;
	reader->position += length;
	if (reader->fill == reader->message->length && !frame_filled(reader, error))
		return -1;
	return (gssize)length;
}

gsize rpc_reader_held(const RpcReader *reader)
{
	return reader->message ? sizeof(RpcMessage) + reader->capacity : 0;
}

bool rpc_reader_is_within(const RpcReader *reader)
{
	return reader->message || reader->head_fill > 0 || reader->discard > 0 ||
	       reader->carriers > 0;
}
