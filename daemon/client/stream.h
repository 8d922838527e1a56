/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stream between a client and a descriptor (pty, socket, pipe, file) that the engine pumps: reads
 * only what the client takes, takes only what the descriptor accepts. It belongs to the client
 * and ends with it. Engine only.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "daemon/client/call.h"

typedef struct StreamSpec {
	int fd;	      /* taken, also on failure */
	bool to_client; /* what can be read from it goes to the client */
	bool from_client;
	bool records; /* @fd is a socket on which rpc/wire/record.h is spoken; one of the two above */
	/*
	 * Where only one may have it at a time (a console): a name for the thing, else NULL. A stream
	 * that has it already makes the second one fail with VIR_ERR_OPERATION_FAILED, or with @force
	 * is itself ended with an error.
	 */
	const char *key;
	bool force;
	/* Called once at the end, whatever it was; @error is NULL after a good end. May be NULL. */
	void (*ended)(const GError *error, void *data);
	void *data;
} StreamSpec;

/* Opens a stream on the call's serial; it begins after the reply. One per call. */
bool stream_open(Call *call, const StreamSpec *spec, GError **error);
/* Is there a stream that has @key? */
bool stream_key_taken(Engine *engine, const char *key);

/* After the reply was queued; @good: it was no error, else the stream is dropped. */
void stream_begin(Stream *stream, bool good);
/* A frame of type stream or hole for @client: taken care of, dropped if it is nobody's. */
void stream_message(Client *client, RpcMessage *message);
/* The client took what was queued for it. */
void stream_resume_all(Client *client);
/* The client is gone. */
void stream_abort_all(Client *client);
