/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/wire/outgoing.h"

#include <string.h>

void outgoing_free(Outgoing *outgoing)
{
	rpc_message_unref(outgoing->message);
	g_free(outgoing);
}

static void put_word(guint8 *place, guint32 word)
{
	word = GUINT32_TO_BE(word);
	memcpy(place, &word, sizeof(word));
}

bool outgoing_counts_fds(const RpcMessage *message)
{
	return message->header.type == RPC_TYPE_CALL_FDS ||
	       message->header.type == RPC_TYPE_REPLY_FDS;
}

void outgoing_init(Outgoing *outgoing, RpcMessage *message)
{
	const RpcHeader *header = &message->header;
	guint8 *head = outgoing->head;

	*outgoing = (Outgoing){ .message = message, .head_length = RPC_HEADER_SIZE };
	if (outgoing_counts_fds(message)) {
		put_word(head + RPC_HEADER_SIZE, message->n_fds);
		outgoing->head_length += 4;
	}
	put_word(head, (guint32)(outgoing->head_length + message->length));
	put_word(head + 4, header->program);
	put_word(head + 8, header->version);
	put_word(head + 12, (guint32)header->procedure);
	put_word(head + 16, (guint32)header->type);
	put_word(head + 20, header->serial);
	put_word(head + 24, (guint32)header->status);
}

gsize outgoing_size(const Outgoing *outgoing)
{
	return outgoing->head_length + outgoing->message->length;
}

unsigned outgoing_fds(const Outgoing *outgoing)
{
	return outgoing_counts_fds(outgoing->message) ? outgoing->message->n_fds : 0;
}

bool outgoing_done(const Outgoing *outgoing)
{
	return outgoing->sent == outgoing_size(outgoing) &&
	       outgoing->fds_sent == outgoing_fds(outgoing);
}

int outgoing_parts(const Outgoing *outgoing, struct iovec *parts)
{
	gsize sent = outgoing->sent;
	int n = 0;

	if (sent < outgoing->head_length) {
		parts[n].iov_base = (guint8 *)outgoing->head + sent;
		parts[n++].iov_len = outgoing->head_length - sent;
		sent = 0;
	} else {
		sent -= outgoing->head_length;
	}
	if (sent < outgoing->message->length) {
		parts[n].iov_base = outgoing->message->payload + sent;
		parts[n++].iov_len = outgoing->message->length - sent;
	}
	return n;
}
