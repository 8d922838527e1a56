/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client is one connection to reeved: who it is, what it opened, how much it has in flight.
 * Owned by the server while connected; calls in progress hold references. Engine only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <glib.h>

#include "daemon/core/engine.h"
#include "rpc/wire/conn.h"

typedef enum ClientAuth {
	CLIENT_AUTH_NONE,
	CLIENT_AUTH_POLKIT, /* root needs nothing more, others must be allowed by uid */
} ClientAuth;

/* What the front does about its clients. */
typedef struct ClientHandler {
	void (*message)(Client *client, RpcMessage *message); /* one frame */
	/* A long frame begins: false throws it away. */
	bool (*begin)(Client *client, const RpcHeader *header, gsize length);
	void (*gone)(Client *client); /* the connection has ended */
} ClientHandler;

typedef struct ClientWatch ClientWatch;
typedef struct User User;

struct Client {
	unsigned refs;
	Engine *engine;
	const ClientHandler *handler;
	RpcConn *conn; /* NULL once it is gone */
	uint64_t number; /* of this process's clients, from 1 */
	uint64_t connected_usec; /* CLOCK_REALTIME */
	bool read_only_socket;
	bool secure; /* TLS or UNIX */
	ClientAuth auth;
	bool authenticated;

	pid_t pid; /* of a UNIX peer, else 0 */
	int64_t uid, gid; /* -1 unless a UNIX peer */
	char *user; /* account name (once asked for), or the certificate's DN; may be NULL */
	char *address; /* "unix pid 812", "tls 192.0.2.1:4711" */

	const Driver *driver; /* of connect_open, NULL before */
	char *uri;
	bool read_only; /* by the socket, or asked for */
	bool closing;	/* replied to connect_close */
	bool wants_close_event;

	unsigned calls; /* read, not yet answered */
	bool paused;	/* reading stopped: `calls` is at its limit */
	User *user_of;	/* whose budget it shares */
	GHashTable *streams; /* serial -> Stream */
	sd_event_source *login_timer;
	GQueue watches; /* see client_watch() */
	GList link; /* in the server's list */
};

Client *client_ref(Client *client);
void client_unref(Client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, client_unref)

/*
 * @gone is called once when the connection ends (autodestroy, exclusive consoles). The watch
 * is freed then, or by client_unwatch() before.
 */
ClientWatch *client_watch(Client *client, void (*gone)(void *data), void *data);
void client_unwatch(ClientWatch *watch);

/* Cuts the connection off; what is queued is not sent. @reason goes to the log at debug level. */
void client_close(Client *client, const char *reason);

/* One frame more of it is in progress; it is not read from beyond setting max_client_requests. */
void client_take(Client *client);
/* A call or stream frame of it has ended: it may go on. */
void client_release(Client *client);
