/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "rpc/transport/listener.h"

enum {
	ACCEPTS_AT_ONCE = 16, /* before others have their turn */
	BACKLOG = 512,
	RETRY_USEC = 100 * 1000, /* when descriptors have run out */
	PATIENCE_SECONDS = 2,    /* of a handshake, before it is no longer the last in line */
};

/* A connection that shakes hands. */
typedef struct Handshake {
	RpcListener *listener;
	RpcTlsSession *session;
	sd_event_source *io, *deadline;
	bool hurried;
	GList link;
} Handshake;

struct RpcListener {
	sd_event *loop;
	int fd;
	RpcTlsContext *context; /* NULL: plain */
	const RpcListenerHandler *handler;
	void *data;
	sd_event_source *io, *retry;
	GQueue handshakes;
	bool paused;
	bool starved; /* no descriptors were left */
};

static void update(RpcListener *listener)
{
	bool accept = !listener->paused && !listener->starved &&
		      g_queue_get_length(&listener->handshakes) < RPC_HANDSHAKES_MAX;

	sd_event_source_set_enabled(listener->io, accept ? SD_EVENT_ON : SD_EVENT_OFF);
}

static void refused(RpcListener *listener, const char *address, const GError *reason)
{
	if (listener->handler->refused)
		listener->handler->refused(address, reason, listener->data);
}

/* --- handshakes --- */

static void handshake_free(Handshake *handshake)
{
	g_queue_unlink(&handshake->listener->handshakes, &handshake->link);
	sd_event_source_disable_unref(handshake->io);
	sd_event_source_disable_unref(handshake->deadline);
	rpc_tls_session_free(handshake->session);
	g_free(handshake);
}

/* Ends it without a connection, and says so. */
static void handshake_refuse(Handshake *handshake, const GError *reason)
{
	RpcListener *listener = handshake->listener;
	g_autofree char *address = g_strdup(rpc_tls_session_peer(handshake->session)->address);

	handshake_free(handshake);
	update(listener);
	refused(listener, address, reason);
}

static void handshake_step(Handshake *handshake)
{
	RpcListener *listener = handshake->listener;
	g_autoptr(GError) reason = NULL;
	RpcTransport *transport;
	int r = rpc_tls_session_step(handshake->session, &reason);

	if (r == 0) {
		sd_event_source_set_io_events(handshake->io,
					      rpc_tls_session_events(handshake->session));
		return;
	}
	if (r < 0) {
		handshake_refuse(handshake, reason);
		return;
	}
	transport = rpc_tls_session_finish(handshake->session);
	handshake_free(handshake);
	update(listener);
	listener->handler->accepted(transport, listener->data);
}

static int on_handshake(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd,
			G_GNUC_UNUSED uint32_t revents, void *data)
{
	handshake_step(data);
	return 0;
}

/* It comes last so long that it might starve: from now on it has its turn like everybody. */
static void handshake_hurry(Handshake *handshake)
{
	handshake->hurried = true;
	sd_event_source_set_priority(handshake->io, SD_EVENT_PRIORITY_NORMAL);
	sd_event_source_set_time_relative(
		handshake->deadline, (RPC_HANDSHAKE_SECONDS - PATIENCE_SECONDS) * G_USEC_PER_SEC);
	sd_event_source_set_enabled(handshake->deadline, SD_EVENT_ONESHOT);
}

static int on_deadline(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec,
		       void *data)
{
	Handshake *handshake = data;
	g_autoptr(GError) reason = NULL;

	if (!handshake->hurried) {
		handshake_hurry(handshake);
		return 0;
	}
	fail(&reason, VIR_ERR_OPERATION_TIMEOUT, _("the TLS handshake was not over in %d seconds"),
	     RPC_HANDSHAKE_SECONDS);
	handshake_refuse(handshake, reason);
	return 0;
}

/* 0 or a negative errno: the kernel bounds the number of watches. */
static int handshake_watch(Handshake *handshake, int fd)
{
	sd_event *loop = handshake->listener->loop;
	int r = sd_event_add_io(loop, &handshake->io, fd, EPOLLIN, on_handshake, handshake);

	if (r < 0)
		return r;
	/* After those who are logged in: a flood of new ones shall not be in their way. */
	sd_event_source_set_priority(handshake->io, SD_EVENT_PRIORITY_IDLE);
	return sd_event_add_time_relative(loop, &handshake->deadline, CLOCK_MONOTONIC,
					  PATIENCE_SECONDS * G_USEC_PER_SEC, G_USEC_PER_SEC / 10,
					  on_deadline, handshake);
}

/* Takes @fd. */
static void handshake_begin(RpcListener *listener, int fd)
{
	RpcTlsRules rules = { .admit = listener->handler->admit, .data = listener->data };
	g_autoptr(GError) reason = NULL;
	RpcTlsSession *session = rpc_tls_session_new(listener->context, fd, &rules, &reason);
	Handshake *handshake;
	int r;

	if (!session) {
		refused(listener, NULL, reason);
		return;
	}
	handshake = g_new0(Handshake, 1);
	handshake->listener = listener;
	handshake->session = session;
	handshake->link.data = handshake;
	g_queue_push_tail_link(&listener->handshakes, &handshake->link);
	r = handshake_watch(handshake, fd);
	if (r < 0) {
		fail_errno(&reason, -r, _("cannot watch a connection"));
		handshake_refuse(handshake, reason);
		return;
	}
	handshake_step(handshake);
}

/* --- accepting --- */

static int on_retry(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *data)
{
	RpcListener *listener = data;

	listener->starved = false;
	update(listener);
	return 0;
}

/* accept() failed. Out of descriptors: leave peers in the backlog for a moment. */
static void accept_failed(RpcListener *listener, int errnum)
{
	g_autoptr(GError) reason = NULL;

	if (errnum == EAGAIN || errnum == ECONNABORTED || errnum == EINTR)
		return;
	fail_errno(&reason, errnum, _("cannot accept a connection"));
	refused(listener, NULL, reason);
	listener->starved = true;
	sd_event_source_set_time_relative(listener->retry, RETRY_USEC);
	sd_event_source_set_enabled(listener->retry, SD_EVENT_ONESHOT);
	update(listener);
}

static void accepted(RpcListener *listener, int fd)
{
	g_autoptr(GError) reason = NULL;
	RpcTransport *transport;

	if (listener->context) {
		handshake_begin(listener, fd);
		return;
	}
	transport = rpc_transport_new(fd, &reason);
	if (transport)
		listener->handler->accepted(transport, listener->data);
	else
		refused(listener, NULL, reason);
}

static int on_accept(sd_event_source *source, int listening, G_GNUC_UNUSED uint32_t revents,
		     void *data)
{
	RpcListener *listener = data;
	int enabled = SD_EVENT_ON;

	for (int i = 0; i < ACCEPTS_AT_ONCE && enabled == SD_EVENT_ON; i++) {
		int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0) {
			accept_failed(listener, errno);
			break;
		}
		accepted(listener, fd);
		update(listener);
		sd_event_source_get_enabled(source, &enabled);
	}
	return 0;
}

RpcListener *rpc_listener_new(sd_event *loop, int fd, RpcTlsContext *context,
			      const RpcListenerHandler *handler, void *data)
{
	RpcListener *listener = g_new0(RpcListener, 1);

	listener->loop = sd_event_ref(loop);
	listener->fd = fd;
	listener->context = context ? rpc_tls_context_ref(context) : NULL;
	listener->handler = handler;
	listener->data = data;
	fd_set_nonblocking(fd, NULL);
	if (sd_event_add_io(loop, &listener->io, fd, EPOLLIN, on_accept, listener) < 0 ||
	    sd_event_add_time_relative(loop, &listener->retry, CLOCK_MONOTONIC, 0, 0, on_retry,
				       listener) < 0)
		g_error("cannot watch a listening socket");
	sd_event_source_set_enabled(listener->retry, SD_EVENT_OFF);
	return listener;
}

void rpc_listener_free(RpcListener *listener)
{
	Handshake *handshake;

	if (!listener)
		return;
	while ((handshake = g_queue_peek_head(&listener->handshakes)))
		handshake_free(handshake);
	sd_event_source_disable_unref(listener->io);
	sd_event_source_disable_unref(listener->retry);
	rpc_tls_context_unref(listener->context);
	fd_clear(&listener->fd);
	sd_event_unref(listener->loop);
	g_free(listener);
}

void rpc_listener_pause(RpcListener *listener, bool pause)
{
	listener->paused = pause;
	update(listener);
}

void rpc_listener_set_priority(RpcListener *listener, int64_t priority)
{
	sd_event_source_set_priority(listener->io, priority);
}

unsigned rpc_listener_handshakes(const RpcListener *listener)
{
	return g_queue_get_length(&((RpcListener *)listener)->handshakes);
}

/* --- sockets --- */

static bool bind_unix(int fd, const struct sockaddr_un *address, mode_t mode, GError **error)
{
	struct stat st;

	if (lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(address->sun_path);
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return fail_errno(error, errno, _("cannot make the socket '%s'"),
				  address->sun_path);
	/* Nobody gets in before listen(), so the mode is right in time. */
	if (chmod(address->sun_path, mode) < 0 || listen(fd, BACKLOG) < 0)
		return fail_errno(error, errno, _("cannot listen on '%s'"), address->sun_path);
	return true;
}

int rpc_listen_unix(const char *path, mode_t mode, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autofd int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path)) {
		fail(error, VIR_ERR_INVALID_ARG,
		     _("the socket's path '%s' is longer than %zu bytes"), path,
		     sizeof(address.sun_path) - 1);
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		fail_errno(error, errno, _("cannot make the socket '%s'"), path);
	return fd >= 0 && bind_unix(fd, &address, mode, error) ? take_fd(&fd) : -1;
}

static int listen_address(const struct addrinfo *address)
{
	g_autofd int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, off = 0;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return take_fd(&fd);
}

int rpc_listen_tcp(const char *address, unsigned port, GError **error)
{
	const char *const hosts[] = { address ? address : "::", address ? NULL : "0.0.0.0" };
	g_autofree char *service = g_strdup_printf("%u", port);
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
	};
	int fd = -1, saved = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(hosts) && hosts[i] && fd < 0; i++) {
		struct addrinfo *list = NULL;
		int r = getaddrinfo(hosts[i], service, &hints, &list);

		if (r != 0) {
			fail(error, VIR_ERR_INVALID_ARG,
			     _("'%s' is not an address to listen on: %s"), hosts[i],
			     gai_strerror(r));
			return -1;
		}
		fd = listen_address(list);
		saved = errno;
		freeaddrinfo(list);
	}
	if (fd < 0)
		fail_errno(error, saved, _("cannot listen on port %u of %s"), port,
			   address ? address : _("all addresses"));
	return fd;
}
