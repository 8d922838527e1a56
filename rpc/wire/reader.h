/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reader puts frames together from bytes as they come, in pieces of any size, and pairs them with
 * the descriptors that follow each. It allocates for a payload what has come of it (doubled), never
 * what its header promises. A part of a connection; knows no descriptor to read from.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "base/limits.h"
#include "rpc/wire/message.h"

typedef struct RpcReaderHandler {
	/* A frame is complete; @message is given away. False stops feeding after it. */
	bool (*message)(RpcMessage *message, void *data);
	/* A payload above RPC_LARGE begins; false: throw it away. */
	bool (*begin)(const RpcHeader *header, gsize length, void *data);
} RpcReaderHandler;

typedef struct RpcReader {
	const RpcReaderHandler *handler;
	void *data;
	gsize limit;    /* of a frame */
	bool takes_fds; /* may descriptors come at all? */

	guint8 head[RPC_HEADER_SIZE];
	gsize head_fill;
	RpcMessage *message; /* being filled; its length is that of the whole payload */
	gsize fill;          /* bytes of its payload that are there */
	gsize capacity;      /* bytes of its payload that have room */
	gsize discard;       /* bytes to throw away */
	unsigned counting;   /* of them, those of the count of descriptors */
	unsigned carriers;   /* bytes to come that carry a descriptor each; dropped without a message */
	bool stop;           /* message() said so */

	guint64 position; /* of the next byte in the whole stream */
	struct {
		guint64 position; /* of the byte that it came with */
		int fd;
	} fds[LIMIT_FDS];
	unsigned n_fds;
} RpcReader;

void rpc_reader_init(RpcReader *reader, const RpcReaderHandler *handler, void *data);
void rpc_reader_clear(RpcReader *reader);

/* A descriptor came with the byte at @position of the stream. It is taken, also on failure. */
bool rpc_reader_add_fd(RpcReader *reader, guint64 position, int fd, GError **error);

/* How many of @bytes were used: all unless message() said stop. -1 (VIR_ERR_RPC): not our protocol.
 */
gssize rpc_reader_feed(RpcReader *reader, const guint8 *bytes, gsize length, GError **error);

/*
 * Where the next bytes belong when a long payload is on its way, to read them in place; NULL: feed
 * them. After reading, tell rpc_reader_filled() how many they were (as rpc_reader_feed()).
 */
guint8 *rpc_reader_space(RpcReader *reader, gsize *ret_size);
gssize rpc_reader_filled(RpcReader *reader, gsize length, GError **error);

/* Bytes that are kept for a frame that is not complete. */
gsize rpc_reader_held(const RpcReader *reader);
/* Whether a frame has begun and is not complete. */
bool rpc_reader_is_within(const RpcReader *reader);
