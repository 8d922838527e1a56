/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A message on its way out: how it is written, and how far that has come. Private to conn.c. */
#pragma once

#include <stdbool.h>
#include <sys/uio.h>

#include "rpc/wire/message.h"

typedef struct Outgoing {
	RpcMessage *message;
	guint8 head[RPC_HEADER_SIZE + 4];
	gsize head_length;
	gsize sent; /* bytes of head and payload */
	unsigned fds_sent;
	GList link;
} Outgoing;

/* What a message costs while it waits, besides its payload; events are small. */
#define OUTGOING_COST (sizeof(Outgoing) + sizeof(RpcMessage) + 64)

/* Takes @message. */
void outgoing_init(Outgoing *outgoing, RpcMessage *message);
void outgoing_free(Outgoing *outgoing);
/* Whether messages of that type say how many descriptors follow. */
bool outgoing_counts_fds(const RpcMessage *message);
gsize outgoing_size(const Outgoing *outgoing);
unsigned outgoing_fds(const Outgoing *outgoing);
bool outgoing_done(const Outgoing *outgoing);
/* What is left to write of it, in at most two parts; returns how many. */
int outgoing_parts(const Outgoing *outgoing, struct iovec *parts);
