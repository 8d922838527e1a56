/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two ways of pumping share: plain bytes (stream.c) and records (stream_records.c). */
#pragma once

#include "daemon/client/stream.h"
#include "rpc/wire/record.h"

/* What the other side of the descriptor says, as far as it has come. */
typedef struct RecordsIn {
	RecordHeader header;
	gsize header_bytes;  /* of it that have come */
	RpcMessage *message; /* being filled with what follows it */
	gsize bytes;
} RecordsIn;

struct Stream {
	Client *client; /* referenced */
	RpcHeader header; /* of the call that opened it */
	int fd;
	sd_event_source *io;   /* NULL for a file, which is always ready */
	sd_event_source *turn; /* in place of `io` for a file */
	bool to_client, from_client;
	bool records;	/* the descriptor takes and gives those of rpc/wire/record.h */
	bool begun;
	bool end_sent;	/* the descriptor has ended */
	bool finishing; /* the client has said finish */
	bool end_written; /* of records: that has been passed on */
	GQueue incoming; /* of RpcMessage that wait for the descriptor */
	gsize written;	 /* of the first of them, with its record's header */
	RecordsIn in;
	char *key;
	void (*ended)(const GError *error, void *data);
	void *data;
};

RpcHeader stream_frame(const Stream *stream, RpcType type, RpcStatus status);
void stream_send(Stream *stream, RpcType type, RpcStatus status, const void *bytes, gsize length);
void stream_send_message(Stream *stream, RpcMessage *message);
/* The good end, told to the client; the stream is gone after it, as after the next two. */
void stream_confirm(Stream *stream);
void stream_fail(Stream *stream, const GError *error);
void stream_fail_errno(Stream *stream, int errnum, const char *doing);
bool stream_client_is_behind(const Stream *stream);
/* The first of the messages that wait has been dealt with. */
void stream_incoming_drop(Stream *stream);

/* As their namesakes for plain bytes; false when the stream is gone. */
bool stream_records_read(Stream *stream);
bool stream_records_write(Stream *stream);
/* May a hole of the client's be passed on? Ends the stream otherwise. */
bool stream_records_check_hole(Stream *stream, const RpcMessage *message);
