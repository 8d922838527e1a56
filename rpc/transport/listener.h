/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A listener accepts connections on one listening socket and, over TLS, shakes hands with each
 * before anybody else hears of it. Half-open handshakes are bounded in number and time, and cost
 * connections that are established nothing but CPU in small pieces. Owned by the server.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "rpc/transport/tls.h"
#include "rpc/transport/transport.h"

enum {
	RPC_HANDSHAKE_SECONDS = 10,
	RPC_HANDSHAKES_MAX = 64, /* at a time; further peers wait in the socket's backlog */
};

typedef struct RpcListener RpcListener;

typedef struct RpcListenerHandler {
	/* @transport is the handler's now. */
	void (*accepted)(RpcTransport *transport, void *data);
	/* TLS: as in RpcTlsRules; may be NULL. */
	bool (*admit)(const RpcPeer *peer, void *data, GError **error);
	/* A handshake or accept() failed; @address may be NULL. For the log. May be NULL. */
	void (*refused)(const char *address, const GError *reason, void *data);
} RpcListenerHandler;

/* Takes @fd (a listening stream socket). @context (referenced) makes it TLS, NULL plain. */
RpcListener *rpc_listener_new(sd_event *loop, int fd, RpcTlsContext *context,
			      const RpcListenerHandler *handler, void *data);
void rpc_listener_free(RpcListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcListener, rpc_listener_free)

/* Stops accepting (too many clients) and goes on again. */
void rpc_listener_pause(RpcListener *listener, bool pause);
/* Those with a larger one have their turn in the loop later; 0 at first. */
void rpc_listener_set_priority(RpcListener *listener, int64_t priority);
/* Handshakes in progress. */
unsigned rpc_listener_handshakes(const RpcListener *listener);

/* A listening UNIX socket; what lies at @path is removed if it is a socket. Mode as given. */
int rpc_listen_unix(const char *path, mode_t mode, GError **error);
/* A listening TCP socket of @address (numeric or NULL for all, both families) and @port. */
int rpc_listen_tcp(const char *address, unsigned port, GError **error);
