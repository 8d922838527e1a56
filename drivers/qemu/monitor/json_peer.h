/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A peer that speaks JSON, one value per line, over a descriptor, and that is not trusted: lines
 * are bounded in bytes, nesting and number of values, reading is done in small turns. Owned by the
 * monitor (qmp.h) or the agent (agent.h) built upon it, in the worker and in the probe process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <jansson.h>
#include <systemd/sd-event.h>

typedef struct JsonPeer JsonPeer;

/* All are called on the loop (or inside json_peer_turn()) and must not park. */
typedef struct JsonPeerHandler {
	void (*message)(json_t *message, void *data);
	/*
	 * A line that is no JSON or beyond the limits. True: it is dropped and reading goes on;
	 * false: the connection is closed for the reason @why.
	 */
	bool (*garbage)(const GError *why, void *data);
	/* The connection has ended, once. @why is NULL at an orderly end of file. */
	void (*closed)(const GError *why, void *data);
} JsonPeerHandler;

typedef struct JsonPeerOptions {
	sd_event *loop;	    /* that serves it; NULL: json_peer_turn() alone does */
	gsize line_max;	    /* bytes of one line */
	bool delimited;	    /* a byte 0xff makes void whatever came before it */
	const char *what;   /* for messages, static: "monitor of the hypervisor" */
} JsonPeerOptions;

/*
 * Takes both @fds, for reading and for writing (equal for a socket), whether it succeeds or not.
 */
JsonPeer *json_peer_new(const int fds[2], const JsonPeerOptions *options,
			const JsonPeerHandler *handler, void *data, GError **error);
/* Closes without calling closed(). May be called from inside a handler. NULL is fine. */
void json_peer_free(JsonPeer *peer);

/*
 * Queues @text (with its newline), and with its first byte a copy of @fd unless that is -1. Fails
 * when the connection is closed or the peer has left too much unread.
 */
bool json_peer_send(JsonPeer *peer, const char *text, gsize length, int fd, GError **error);
/* Bytes that the peer has not read yet. */
gsize json_peer_unsent(const JsonPeer *peer);
/* When a byte last came, CLOCK_MONOTONIC; the time of creation when none did. */
int64_t json_peer_heard(const JsonPeer *peer);

/* Without a loop: waits for one turn of reading or writing until @deadline (CLOCK_MONOTONIC). */
bool json_peer_turn(JsonPeer *peer, int64_t deadline, GError **error);

/* Parses @text within the bounds of nesting and number of values. The caller owns the result. */
json_t *json_parse_bounded(const char *text, gsize length, GError **error);

/* What a peer said, fit to be shown: valid UTF-8, one line, not endless. The caller frees. */
char *json_peer_words(const char *text);
