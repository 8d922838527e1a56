/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "rpc/wire/message.h"
#include "rpc/wire/wire.h"

/* A message and its payload are one block, so that a small one costs a single allocation. */
static guint8 *inline_payload(RpcMessage *message)
{
	return (guint8 *)(message + 1);
}

static RpcMessage *message_init(void *block, const RpcHeader *header, gsize length)
{
	RpcMessage *message = block;

	*message = (RpcMessage){ .refs = 1, .header = *header, .length = length };
	message->payload = inline_payload(message);
	return message;
}

RpcMessage *rpc_message_new(const RpcHeader *header, xdrproc_t filter, const void *value,
			    GError **error)
{
	bool asks = header->type == RPC_TYPE_CALL || header->type == RPC_TYPE_CALL_FDS;
	gsize length;
	guint8 *block;

	/* What hosts, images and guests tell is made readable; what is asked for is not changed. */
	block = (asks ? rpc_encode : rpc_encode_mended)(filter, value, sizeof(RpcMessage), &length,
							error);
	return block ? message_init(block, header, length - sizeof(RpcMessage)) : NULL;
}

RpcMessage *rpc_message_new_space(const RpcHeader *header, gsize length)
{
	return message_init(g_malloc(sizeof(RpcMessage) + length), header, length);
}

RpcMessage *rpc_message_new_bytes(const RpcHeader *header, const void *bytes, gsize length)
{
	RpcMessage *message = rpc_message_new_space(header, length);

	if (length)
		memcpy(message->payload, bytes, length);
	return message;
}

RpcMessage *rpc_message_new_prefixed(const RpcHeader *header, const guint32 *words, gsize n_words,
				     GBytes *bytes)
{
	gsize length;
	const void *data = g_bytes_get_data(bytes, &length);
	RpcMessage *message = rpc_message_new_space(header, n_words * 4 + length);

	for (gsize i = 0; i < n_words; i++) {
		guint32 word = GUINT32_TO_BE(words[i]);

		memcpy(message->payload + i * 4, &word, 4);
	}
	if (length)
		memcpy(message->payload + n_words * 4, data, length);
	return message;
}

RpcMessage *rpc_message_new_forward(const RpcHeader *header, RpcMessage *base)
{
	RpcMessage *message = rpc_message_new_space(header, 0);

	message->base = rpc_message_ref(base);
	message->payload = base->payload;
	message->length = base->length;
	message->fds = base->fds;
	message->n_fds = base->n_fds;
	return message;
}

RpcMessage *rpc_message_new_reply(const RpcHeader *call, xdrproc_t filter, const void *value,
				  GError **error)
{
	RpcHeader header = *call;

	header.type = RPC_TYPE_REPLY;
	header.status = RPC_STATUS_OK;
	return rpc_message_new(&header, filter, value, error);
}

RpcMessage *rpc_message_ref(RpcMessage *message)
{
	message->refs++;
	return message;
}

void rpc_message_unref(RpcMessage *message)
{
	if (!message || --message->refs > 0)
		return;
	if (message->base) {
		rpc_message_unref(message->base);
		g_free(message);
		return;
	}
	for (unsigned i = 0; i < message->n_fds; i++)
		if (message->fds[i] >= 0)
			close(message->fds[i]);
	g_free(message->fds);
	g_free(message);
}

void rpc_message_shorten(RpcMessage *message, gsize length)
{
	g_assert(length <= message->length && message->refs == 1);
	message->length = length;
}

static void close_all(const int *fds, unsigned n_fds)
{
	for (unsigned i = 0; i < n_fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

bool rpc_message_add_fds(RpcMessage *message, int *fds, unsigned n_fds, GError **error)
{
	g_assert(!message->base);
	if (message->n_fds + n_fds > LIMIT_FDS) {
		close_all(fds, n_fds);
		return fail(error, VIR_ERR_RPC,
			    _("a message cannot carry more than %d descriptors"), LIMIT_FDS);
	}
	message->fds = g_renew(int, message->fds, message->n_fds + n_fds);
	memcpy(message->fds + message->n_fds, fds, n_fds * sizeof(int));
	message->n_fds += n_fds;
	if (message->header.type == RPC_TYPE_CALL)
		message->header.type = RPC_TYPE_CALL_FDS;
	else if (message->header.type == RPC_TYPE_REPLY)
		message->header.type = RPC_TYPE_REPLY_FDS;
	return true;
}

int rpc_message_take_fd(RpcMessage *message, unsigned index)
{
	int fd;

	if (index >= message->n_fds)
		return -1;
	fd = message->fds[index];
	message->fds[index] = -1;
	return fd;
}

bool rpc_message_decode(const RpcMessage *message, xdrproc_t filter, void *value, GError **error)
{
	return rpc_decode(message->payload, message->length, filter, value, error);
}

bool rpc_message_decode_args(const RpcMessage *call, xdrproc_t filter, void *args, GError **error)
{
	return rpc_decode_whole(call->payload, call->length, filter, args, error);
}
