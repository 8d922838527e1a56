/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection sends and receives whole messages over a transport, on the event loop, without ever
 * blocking. It answers keepalive by itself. Owned (referenced) by the one who made it: a client of
 * the engine, the link to a worker, an RpcClient.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "rpc/transport/transport.h"
#include "rpc/wire/message.h"

typedef struct RpcConn RpcConn;

/* All may be NULL but message. Each may close the connection and drop its reference. */
typedef struct RpcConnHandler {
	/* One frame came. @message is borrowed: take a reference to keep it. */
	void (*message)(RpcConn *conn, RpcMessage *message, void *data);
	/*
	 * A frame with a payload above RPC_LARGE begins. False: it is read and thrown away without
	 * being stored, and never handed to message().
	 */
	bool (*begin)(RpcConn *conn, const RpcHeader *header, gsize length, void *data);
	/*
	 * The connection is over: the peer left (@reason NULL), it broke the protocol, was silent
	 * for too long, or did not take its messages. Called once, and not after rpc_conn_close().
	 */
	void (*closed)(RpcConn *conn, const GError *reason, void *data);
	/* All that was queued has been written, after some of it had to wait. */
	void (*drained)(RpcConn *conn, void *data);
} RpcConnHandler;

enum {
	RPC_LARGE = 64 * 1024,
};

/* Takes @transport. @handler is borrowed for the life of the connection. Reading begins at once. */
RpcConn *rpc_conn_new(sd_event *loop, RpcTransport *transport, const RpcConnHandler *handler,
		      void *data);
RpcConn *rpc_conn_ref(RpcConn *conn);
/* The last reference closes. */
void rpc_conn_unref(RpcConn *conn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcConn, rpc_conn_unref)

/* Closes now; what is queued is lost; no handler is called any more. Idempotent. */
void rpc_conn_close(RpcConn *conn);
/* Stops reading, writes what is queued, then closes and calls closed() with a NULL reason. */
void rpc_conn_finish(RpcConn *conn);
bool rpc_conn_is_open(const RpcConn *conn);

/*
 * Sends @message (a reference is taken), at once if the peer takes it, else as soon as it does.
 * False when the connection is closed, or when more than LIMIT_CLIENT_BUFFER bytes wait for the
 * peer: it is then cut off, and closed() is called from the loop.
 */
bool rpc_conn_send(RpcConn *conn, RpcMessage *message, GError **error);
/* Bytes that wait to be written. */
gsize rpc_conn_queued(const RpcConn *conn);
/* Has the peer sent nothing at all, not even what has not been read yet? */
bool rpc_conn_is_silent(const RpcConn *conn);

/* While paused nothing is read, so the peer feels back-pressure; counts, so pause twice: resume
 * twice. */
void rpc_conn_pause(RpcConn *conn);
void rpc_conn_resume(RpcConn *conn);
bool rpc_conn_is_paused(const RpcConn *conn);

/* Longest frame that is accepted, LIMIT_FRAME at first; a smaller one before the peer has logged
 * in. */
void rpc_conn_limit_frames(RpcConn *conn, gsize limit);
/* How long the peer may take to send one, from its first byte; 0: as long as it likes. */
void rpc_conn_limit_time(RpcConn *conn, unsigned seconds);

/* What several connections, of one user, may make us keep. */
typedef struct RpcAccount {
	gsize in;  /* bytes of messages that are not complete */
	gsize out; /* bytes that the peers have not taken */
	gsize in_max, out_max; /* whoever goes beyond is cut off */
} RpcAccount;

/*
 * Right after rpc_conn_new(), and again to change @priority. @account is borrowed for as long as the
 * connection is open; with one, nothing more is read while LIMIT_CLIENT_AHEAD bytes wait for the
 * peer. Those with a larger @priority have their turn later; 0 is what all others have.
 */
void rpc_conn_share(RpcConn *conn, RpcAccount *account, int64_t priority);

/*
 * Pings a peer that was silent for @interval seconds; after @count pings without any frame from it
 * the connection is over. @interval <= 0 stops that. Pings of the peer are always answered.
 */
void rpc_conn_keepalive(RpcConn *conn, int interval, unsigned count);

const RpcPeer *rpc_conn_peer(const RpcConn *conn);
sd_event *rpc_conn_loop(const RpcConn *conn);
bool rpc_conn_passes_fds(const RpcConn *conn);
/* The handler's data, as given or as set anew. */
void *rpc_conn_data(const RpcConn *conn);
void rpc_conn_set_data(RpcConn *conn, void *data);
