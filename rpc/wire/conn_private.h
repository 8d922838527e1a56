/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection, for conn.c and conn_limits.c. */
#pragma once

#include "rpc/wire/conn.h"
#include "rpc/wire/keepalive.h"
#include "rpc/wire/reader.h"

struct RpcConn {
	unsigned refs;
	sd_event *loop;
	RpcTransport *transport; /* NULL once closed */
	RpcPeer peer;
	bool passes_fds;
	const RpcConnHandler *handler;
	void *data;
	RpcKeepalive *keepalive; /* NULL: we do not ping */

	sd_event_source *io;
	sd_event_source *later;    /* one turn of the loop on: see on_later() */
	sd_event_source *deadline; /* of rpc_conn_finish() */
	uint32_t events;           /* that `io` waits for */

	RpcReader reader;
	guint64 received; /* bytes ever */
	guint8 *held;     /* bytes that came and may not be looked at yet */
	gsize held_at, held_length;
	unsigned taken; /* messages in this turn of the loop */
	unsigned paused;

	GQueue out;      /* of Outgoing */
	gsize queued;    /* bytes of it */
	unsigned corked; /* writing waits until what came has been dealt with */
	bool congested;  /* something had to wait since drained() was last called */
	bool pong_queued;
	bool finishing;
	RpcAccount *account; /* shared with other connections, or NULL */
	gsize charged_in;    /* of ours, in it */
	int64_t priority;    /* of our sources in the loop */
	sd_event_source *unfinished; /* how long a frame may take; NULL: as long as it likes */
	uint64_t unfinished_usec;
	bool frame_ended; /* one did since `unfinished` was last set */
	gint64 turn_began;
	GError *doom; /* why the connection is to end at the next turn of the loop */
};

/* Closes and tells. @reason may be NULL. */
void conn_end(RpcConn *conn, const GError *reason);

/* Counts what a frame that is not complete holds, and what waits to be looked at; false: too much. */
bool conn_charge_in(RpcConn *conn);
/* Bytes that wait to be written. */
void conn_charge_out(RpcConn *conn, gsize added, gsize gone);
/*
 * Who does not take what was answered gets no more answers. Not between our own programs, of which
 * each would wait for the other.
 */
bool conn_is_behind(const RpcConn *conn);
bool conn_may_read(const RpcConn *conn);
/* After something was read: who begins a frame finishes it, in time and within what there is room for. */
bool conn_check_unfinished(RpcConn *conn, GError **error);
