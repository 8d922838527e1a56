/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A transport moves bytes over a non-blocking descriptor: as they are (UNIX, TCP, the socketpair of
 * a proxy command), or through TLS or a SASL layer. It knows who is at the other end. Owned by the
 * connection. Layers: transport.c (plain), tls.c.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <glib.h>

typedef enum RpcMedium {
	RPC_MEDIUM_UNIX,
	RPC_MEDIUM_TCP,
	RPC_MEDIUM_TLS,
	RPC_MEDIUM_PIPE, /* a socketpair with an own child */
} RpcMedium;

typedef struct RpcPeer {
	RpcMedium medium;
	pid_t pid;  /* UNIX only, else 0 */
	gint64 uid; /* UNIX only, else -1 */
	gint64 gid;
	char *dn;      /* of the verified certificate (RFC 4514), TLS only, else NULL */
	char *address; /* "unix pid 812", "tls 192.0.2.1:4711" */
} RpcPeer;

typedef struct RpcTransport RpcTransport;

/* How a layer does it. Counts, or a negative errno; -EAGAIN when it must wait for the descriptor.
 */
typedef struct RpcTransportOps {
	/* 0 at the end of the stream. May set `received`, which then came with the last byte. */
	ssize_t (*read)(RpcTransport *transport, void *buffer, gsize size);
	/* After -EAGAIN the next call must begin with the same bytes. */
	ssize_t (*write)(RpcTransport *transport, const struct iovec *parts, int n_parts);
	/* Bytes that read() would return although the descriptor is not readable. */
	bool (*pending)(RpcTransport *transport);
	/* UNIX only: sends one byte, 0, that carries @fd. 0 or a negative errno. */
	int (*send_fd)(RpcTransport *transport, int fd);
	void (*free)(RpcTransport *transport);
} RpcTransportOps;

struct RpcTransport {
	const RpcTransportOps *ops;
	int fd;       /* owned */
	int received; /* a descriptor that read() found and nobody took yet, else -1 */
	RpcPeer peer;
};

/* Takes @fd, which is made non-blocking. The peer is asked of the kernel. */
RpcTransport *rpc_transport_new(int fd, GError **error);
/* The same for one end of a socketpair whose other end @command, an own child, reads and writes. */
RpcTransport *rpc_transport_new_pipe(int fd, const char *command, GError **error);
void rpc_transport_free(RpcTransport *transport);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcTransport, rpc_transport_free)

void rpc_peer_clear(RpcPeer *peer);

/* For the layers: sets up the common part of @transport. @fd is taken, also on failure. */
bool rpc_transport_init(RpcTransport *transport, const RpcTransportOps *ops, int fd,
			GError **error);
