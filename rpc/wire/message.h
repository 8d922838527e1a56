/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A message is one frame: a header of 28 bytes, a payload, perhaps descriptors. It is immutable
 * once made, counted by references, and may stand in the queues of several connections. Everywhere.
 *
 *     u32 length | u32 program | u32 version | i32 procedure | i32 type | u32 serial | i32 status
 */
#pragma once

#include <stdbool.h>

#include <glib.h>
#include <rpc/rpc.h>

enum {
	RPC_HEADER_SIZE = 28, /* the length word included */
};

typedef enum RpcType {
	RPC_TYPE_CALL = 0,
	RPC_TYPE_REPLY = 1,
	RPC_TYPE_MESSAGE = 2, /* event, keepalive */
	RPC_TYPE_STREAM = 3,
	RPC_TYPE_CALL_FDS = 4,
	RPC_TYPE_REPLY_FDS = 5,
	RPC_TYPE_HOLE = 6, /* in a stream */
} RpcType;

typedef enum RpcStatus {
	RPC_STATUS_OK = 0,
	RPC_STATUS_ERROR = 1,
	RPC_STATUS_CONTINUE = 2, /* streams only */
} RpcStatus;

/* type and status are the peer's words, not checked: compare, do not switch without a default. */
typedef struct RpcHeader {
	guint32 program;
	guint32 version;
	gint32 procedure;
	gint32 type;
	guint32 serial;
	gint32 status;
} RpcHeader;

/* Members are read-only for everybody but those who fill a message from rpc_message_new_space(). */
typedef struct RpcMessage {
	unsigned refs;
	RpcHeader header;
	guint8 *payload; /* without the count of descriptors */
	gsize length;    /* of the payload */
	int *fds;        /* owned; -1 where one was taken */
	unsigned n_fds;
	struct RpcMessage *base; /* that owns the payload and descriptors, or NULL */
} RpcMessage;

/* @value encoded by @filter; NULL with VIR_ERR_RPC when it exceeds a bound. */
RpcMessage *rpc_message_new(const RpcHeader *header, xdrproc_t filter, const void *value,
			    GError **error);
/* A payload of @length bytes for the caller to fill at once; see rpc_message_shorten(). */
RpcMessage *rpc_message_new_space(const RpcHeader *header, gsize length);
RpcMessage *rpc_message_new_bytes(const RpcHeader *header, const void *bytes, gsize length);
/* As _bytes, with @n_words (at most 4) words before them: the callback id of an event. */
RpcMessage *rpc_message_new_prefixed(const RpcHeader *header, const guint32 *words, gsize n_words,
				     GBytes *bytes);
/* The payload and the descriptors of @base under another header, without copying. */
RpcMessage *rpc_message_new_forward(const RpcHeader *header, RpcMessage *base);

/* The reply with status ok to @call, without descriptors; errors: see wire_error.h. */
RpcMessage *rpc_message_new_reply(const RpcHeader *call, xdrproc_t filter, const void *value,
				  GError **error);

RpcMessage *rpc_message_ref(RpcMessage *message);
void rpc_message_unref(RpcMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcMessage, rpc_message_unref)

/* Drops the end of a payload from rpc_message_new_space(). */
void rpc_message_shorten(RpcMessage *message, gsize length);

/*
 * Adds descriptors to a message that was just made (not a forwarded one), and turns its type into
 * the one with descriptors. They are taken. At most LIMIT_FDS (VIR_ERR_RPC).
 */
bool rpc_message_add_fds(RpcMessage *message, int *fds, unsigned n_fds, GError **error);

/* The descriptor at @index becomes the caller's; -1 when there is none or it was taken. */
int rpc_message_take_fd(RpcMessage *message, unsigned index);

/* rpc_decode() of the payload: @value must be zeroed; trailing bytes are ignored. */
bool rpc_message_decode(const RpcMessage *message, xdrproc_t filter, void *value, GError **error);
/* Of a call, which has no more in it than its arguments. */
bool rpc_message_decode_args(const RpcMessage *call, xdrproc_t filter, void *args, GError **error);
