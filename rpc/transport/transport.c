/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "rpc/transport/transport.h"

/* Room for more than one, so that a second descriptor is seen and closed instead of cut off. */
enum {
	FDS_AT_ONCE = 8,
};

static ssize_t take_received(RpcTransport *transport, struct msghdr *msg, ssize_t n)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		int fds[FDS_AT_ONCE];
		gsize count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = MIN(count, G_N_ELEMENTS(fds));
		memcpy(fds, CMSG_DATA(c), count * sizeof(int));
		for (gsize i = 0; i < count; i++) {
			if (transport->received < 0 && i == 0) {
				transport->received = fds[i];
				continue;
			}
			close(fds[i]);
			n = -EBADMSG;
		}
	}
	return msg->msg_flags & MSG_CTRUNC ? -EBADMSG : n;
}

static ssize_t plain_read(RpcTransport *transport, void *buffer, gsize size)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(FDS_AT_ONCE * sizeof(int))];
	} control;
	struct iovec part = { .iov_base = buffer, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	do
		n = recvmsg(transport->fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return msg.msg_controllen ? take_received(transport, &msg, n) : n;
}

static ssize_t plain_write(RpcTransport *transport, const struct iovec *parts, int n_parts)
{
	struct msghdr msg = {
		.msg_iov = (struct iovec *)parts,
		.msg_iovlen = (size_t)n_parts,
	};
	ssize_t n;

	do
		n = sendmsg(transport->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static bool plain_pending(G_GNUC_UNUSED RpcTransport *transport)
{
	return false;
}

static int plain_send_fd(RpcTransport *transport, int fd)
{
	return fd_send(transport->fd, 0, fd);
}

static void plain_free(RpcTransport *transport)
{
	g_free(transport);
}

static const RpcTransportOps plain_ops = {
	.read = plain_read,
	.write = plain_write,
	.pending = plain_pending,
	.free = plain_free,
};

static const RpcTransportOps unix_ops = {
	.read = plain_read,
	.write = plain_write,
	.pending = plain_pending,
	.send_fd = plain_send_fd,
	.free = plain_free,
};

static char *internet_address(const struct sockaddr_storage *address, socklen_t length)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getnameinfo((const struct sockaddr *)address, length, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return g_strdup("tcp");
	return g_strdup_printf(strchr(host, ':') ? "tcp [%s]:%s" : "tcp %s:%s", host, port);
}

bool rpc_transport_init(RpcTransport *transport, const RpcTransportOps *ops, int fd, GError **error)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	struct ucred who;
	socklen_t who_length = sizeof(who);
	int on = 1;

	transport->ops = ops;
	transport->fd = fd;
	transport->received = -1;
	transport->peer = (RpcPeer){ .uid = -1, .gid = -1 };
	if (!fd_set_nonblocking(fd, error))
		return false;
	if (getpeername(fd, (struct sockaddr *)&address, &length) < 0)
		return fail_errno(error, errno, _("cannot ask who is connected"));
	if (address.ss_family != AF_UNIX) {
		transport->peer.medium = RPC_MEDIUM_TCP;
		transport->peer.address = internet_address(&address, length);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		return true;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &who_length) < 0)
		return fail_errno(error, errno, _("cannot ask who is connected"));
	transport->peer.medium = RPC_MEDIUM_UNIX;
	transport->peer.pid = who.pid;
	transport->peer.uid = who.uid;
	transport->peer.gid = who.gid;
	transport->peer.address = g_strdup_printf("unix pid %d", (int)who.pid);
	return true;
}

RpcTransport *rpc_transport_new(int fd, GError **error)
{
	g_autoptr(RpcTransport) transport = g_new0(RpcTransport, 1);

	if (!rpc_transport_init(transport, &plain_ops, fd, error))
		return NULL;
	if (transport->peer.medium == RPC_MEDIUM_UNIX)
		transport->ops = &unix_ops;
	return g_steal_pointer(&transport);
}

RpcTransport *rpc_transport_new_pipe(int fd, const char *command, GError **error)
{
	g_autoptr(RpcTransport) transport = g_new0(RpcTransport, 1);

	if (!rpc_transport_init(transport, &plain_ops, fd, error))
		return NULL;
	rpc_peer_clear(&transport->peer);
	transport->peer = (RpcPeer){ .medium = RPC_MEDIUM_PIPE, .uid = -1, .gid = -1 };
	transport->peer.address = g_strdup_printf("command %s", command);
	return g_steal_pointer(&transport);
}

void rpc_peer_clear(RpcPeer *peer)
{
	g_clear_pointer(&peer->dn, g_free);
	g_clear_pointer(&peer->address, g_free);
}

void rpc_transport_free(RpcTransport *transport)
{
	int fd;

	if (!transport)
		return;
	fd = transport->fd;
	fd_clear(&transport->received);
	rpc_peer_clear(&transport->peer);
	transport->ops->free(transport);
	fd_clear(&fd);
}
