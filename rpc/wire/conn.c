/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "rpc/wire/conn_private.h"
#include "rpc/wire/keepalive.h"
#include "rpc/wire/outgoing.h"

enum {
	READ_SIZE = 64 * 1024,
	READS_AT_ONCE = 8,  /* of a layer that holds bytes back, before others have their turn */
	PARTS_AT_ONCE = 64, /* of one write */
	MESSAGES_AT_ONCE = 16, /* of one peer, before others have their turn: a read holds thousands */
	TURN_USEC = 2000, /* the same: some calls cost as much as a thousand others */
	FINISH_SECONDS = 10,
};

/* --- the end --- */

void rpc_conn_close(RpcConn *conn)
{
	Outgoing *outgoing;

	if (!conn->transport)
		return;
	g_clear_pointer(&conn->io, sd_event_source_disable_unref);
	g_clear_pointer(&conn->later, sd_event_source_disable_unref);
	g_clear_pointer(&conn->deadline, sd_event_source_disable_unref);
	g_clear_pointer(&conn->unfinished, sd_event_source_disable_unref);
	g_clear_pointer(&conn->keepalive, rpc_keepalive_free);
	g_clear_pointer(&conn->transport, rpc_transport_free);
	while ((outgoing = g_queue_peek_head(&conn->out))) {
		g_queue_unlink(&conn->out, &outgoing->link);
		outgoing_free(outgoing);
	}
	conn_charge_out(conn, 0, conn->queued);
	rpc_reader_clear(&conn->reader);
	g_clear_pointer(&conn->held, g_free);
	conn->held_length = conn->held_at = 0;
	conn_charge_in(conn);
	conn->account = NULL; /* whose it is may go now */
}

void conn_end(RpcConn *conn, const GError *reason)
{
	if (!conn->transport)
		return;
	rpc_conn_close(conn);
	if (conn->handler->closed)
		conn->handler->closed(conn, reason, conn->data);
}

static int on_later(sd_event_source *source, void *data);

/*
 * Made anew each time: such a source stays as old as it was made, and the loop takes old ones first.
 * One peer that always has something left would keep all others waiting.
 */
static void run_later(RpcConn *conn)
{
	conn->later = sd_event_source_disable_unref(conn->later);
	if (!conn->transport)
		return;
	if (sd_event_add_defer(conn->loop, &conn->later, on_later, conn) < 0)
		g_error("out of memory");
	sd_event_source_set_priority(conn->later, conn->priority);
}

/* Ends the connection from the loop: the caller is in the midst of something. Takes @reason. */
static void conn_doom(RpcConn *conn, GError *reason)
{
	if (conn->doom)
		g_error_free(reason);
	else
		conn->doom = reason;
	run_later(conn);
}

/* --- out --- */

static void update_events(RpcConn *conn)
{
	uint32_t events = 0;

	if (!conn->paused && !conn->held_length && !conn->finishing && !conn->doom &&
	    !conn_is_behind(conn))
		events |= EPOLLIN;
	if (!g_queue_is_empty(&conn->out))
		events |= EPOLLOUT;
	if (events == conn->events || !conn->io)
		return;
	conn->events = events;
	sd_event_source_set_io_events(conn->io, events);
}

/* Each descriptor leaves with a byte of its own, after the frame. 0 or a negative errno. */
static int outgoing_send_fds(RpcConn *conn, Outgoing *outgoing)
{
	while (outgoing->fds_sent < outgoing_fds(outgoing)) {
		int fd = outgoing->message->fds[outgoing->fds_sent];
		int r = conn->transport->ops->send_fd(conn->transport, fd);

		if (r < 0)
			return r;
		outgoing->fds_sent++;
	}
	return 0;
}

/* Takes off the queue what @n bytes covered. */
static void queue_advance(RpcConn *conn, gsize n)
{
	conn_charge_out(conn, 0, n);
	while (n > 0) {
		Outgoing *outgoing = g_queue_peek_head(&conn->out);
		gsize part = MIN(n, outgoing_size(outgoing) - outgoing->sent);

		outgoing->sent += part;
		n -= part;
		if (!outgoing_done(outgoing))
			return;
		g_queue_unlink(&conn->out, &outgoing->link);
		outgoing_free(outgoing);
	}
}

/* Gathers the queue's beginning, not past a message with descriptors: they must follow it. */
static int queue_parts(const RpcConn *conn, struct iovec *parts)
{
	int n = 0;

	for (GList *l = conn->out.head; l && n + 2 <= PARTS_AT_ONCE; l = l->next) {
		n += outgoing_parts(l->data, parts + n);
		if (outgoing_fds(l->data) > 0)
			break;
	}
	return n;
}

/* Sends the descriptors of the queue's head when its bytes are gone. 0 or a negative errno. */
static int queue_send_fds(RpcConn *conn)
{
	Outgoing *head = g_queue_peek_head(&conn->out);
	int r;

	if (!head || head->sent < outgoing_size(head))
		return 0;
	r = outgoing_send_fds(conn, head);
	if (r < 0)
		return r;
	g_queue_unlink(&conn->out, &head->link);
	outgoing_free(head);
	return 0;
}

/* Writes as much as the peer takes. 0 when all is gone, -EAGAIN, or another negative errno. */
static int queue_flush(RpcConn *conn)
{
	struct iovec parts[PARTS_AT_ONCE];

	while (!g_queue_is_empty(&conn->out)) {
		int n_parts;
		ssize_t n;
		int r = queue_send_fds(conn);

		if (r < 0)
			return r;
		n_parts = queue_parts(conn, parts);
		if (n_parts == 0)
			continue;
		n = conn->transport->ops->write(conn->transport, parts, n_parts);
		if (n < 0)
			return (int)n;
		queue_advance(conn, (gsize)n);
	}
	conn->pong_queued = false;
	return 0;
}

/* Flushes and draws the consequences that need no handler. */
static void conn_flush(RpcConn *conn)
{
	GError *reason = NULL;
	int r = queue_flush(conn);

	if (r < 0 && r != -EAGAIN) {
		fail_errno(&reason, -r, _("cannot write to %s"), conn->peer.address);
		conn_doom(conn, reason);
	} else if (r < 0) {
		conn->congested = true;
	} else if (conn->finishing) {
		run_later(conn);
	}
	update_events(conn);
}

/* The peer does not take its messages: it is cut off rather than stored for. */
static bool refuse_to_queue(RpcConn *conn, gsize limit, GError **error)
{
	GError *reason = NULL;

	fail(&reason, VIR_ERR_RPC, _("%s left more than %zu bytes unread"), conn->peer.address,
	     limit);
	if (error)
		*error = g_error_copy(reason);
	conn_doom(conn, reason);
	return false;
}

static bool check_message(const RpcConn *conn, const RpcMessage *message, GError **error)
{
	if (!conn->transport || conn->doom)
		return fail(error, VIR_ERR_RPC, _("the connection to %s is closed"),
			    conn->peer.address);
	if (message->length + RPC_HEADER_SIZE + 4 > LIMIT_FRAME)
		return fail(error, VIR_ERR_RPC, _("a message of %zu bytes is too long to be sent"),
			    message->length);
	if (outgoing_counts_fds(message) && message->n_fds > 0 && !conn->passes_fds)
		return fail(error, VIR_ERR_NO_SUPPORT,
			    _("descriptors can only be sent over a UNIX socket, not to %s"),
			    conn->peer.address);
	for (unsigned i = 0; outgoing_counts_fds(message) && i < message->n_fds; i++)
		if (message->fds[i] < 0)
			return fail(error, VIR_ERR_RPC,
				    _("a descriptor of the message was taken before"));
	return true;
}

bool rpc_conn_send(RpcConn *conn, RpcMessage *message, GError **error)
{
	Outgoing *outgoing;

	if (!check_message(conn, message, error))
		return false;
	if (conn->queued + conn->out.length * OUTGOING_COST + message->length > LIMIT_CLIENT_BUFFER)
		return refuse_to_queue(conn, LIMIT_CLIENT_BUFFER, error);
	/* One reply goes through, whatever others of that user have left. */
	if (conn->account && conn->queued > 0 &&
	    conn->account->out + message->length > conn->account->out_max)
		return refuse_to_queue(conn, conn->account->out_max, error);
	outgoing = g_new(Outgoing, 1);
	outgoing_init(outgoing, rpc_message_ref(message));
	outgoing->link.data = outgoing;
	g_queue_push_tail_link(&conn->out, &outgoing->link);
	conn_charge_out(conn, outgoing_size(outgoing), 0);
	if (!conn->corked && !conn->congested)
		conn_flush(conn);
	return true;
}

gsize rpc_conn_queued(const RpcConn *conn)
{
	return conn->queued;
}

/* --- in --- */

/* Called by the reader. */
static bool on_message(RpcMessage *taken, void *data)
{
	g_autoptr(RpcMessage) message = taken;
	RpcConn *conn = data;
	RpcMessage *pong;

	if (!rpc_keepalive_is(&message->header)) {
		conn->frame_ended = true;
		conn->handler->message(conn, message, conn->data);
		return conn->transport && !conn->paused && !conn->finishing && !conn->doom &&
		       !conn_is_behind(conn) && ++conn->taken < MESSAGES_AT_ONCE &&
		       g_get_monotonic_time() - conn->turn_began < TURN_USEC;
	}
	pong = conn->pong_queued ? NULL : rpc_keepalive_answer(message);
	if (pong) {
		conn->pong_queued = true;
		rpc_conn_send(conn, pong, NULL);
		rpc_message_unref(pong);
	}
	return true;
}

static bool on_begin(const RpcHeader *header, gsize length, void *data)
{
	RpcConn *conn = data;

	return !conn->handler->begin || conn->handler->begin(conn, header, length, conn->data);
}

static const RpcReaderHandler reader_handler = {
	.message = on_message,
	.begin = on_begin,
};

/* Keeps what could not be looked at, because a handler paused or others shall have their turn. */
static void hold(RpcConn *conn, const guint8 *bytes, gsize length)
{
	g_free(conn->held);
	conn->held = g_memdup2(bytes, length);
	conn->held_at = 0;
	conn->held_length = length;
}

/* Reads once. The count, 0 at the end, or a negative errno. */
static gssize read_once(RpcConn *conn, GError **error)
{
	static guint8 scratch[READ_SIZE]; /* between two calls nothing is kept here */
	gsize size = sizeof(scratch);
	guint8 *space = rpc_reader_space(&conn->reader, &size);
	gssize n, used;

	n = conn->transport->ops->read(conn->transport, space ? space : scratch, size);
	if (n <= 0)
		return n;
	conn->received += (guint64)n;
	rpc_keepalive_heard(conn->keepalive);
	if (conn->transport->received >= 0 &&
	    !rpc_reader_add_fd(&conn->reader, conn->received - 1,
			       take_fd(&conn->transport->received), error))
		return -EBADMSG;
	used = space ? rpc_reader_filled(&conn->reader, (gsize)n, error)
		     : rpc_reader_feed(&conn->reader, scratch, (gsize)n, error);
	if (used < 0)
		return -EBADMSG;
	if (conn->transport && used < n)
		hold(conn, scratch + used, (gsize)(n - used));
	return n;
}

/* Bytes that were held may be looked at. */
static bool may_look(const RpcConn *conn)
{
	return conn->held_length && !conn->paused && !conn_is_behind(conn);
}

/* Reads what is there; replies of what it brings leave together. */
static void conn_read(RpcConn *conn)
{
	g_autoptr(GError) reason = NULL;
	gssize n = 1;

	conn->taken = 0;
	conn->turn_began = g_get_monotonic_time();
	conn->corked++;
	for (int i = 0; i < READS_AT_ONCE && conn_may_read(conn); i++) {
		n = read_once(conn, &reason);
		if (n <= 0 || !conn->transport || !conn->transport->ops->pending(conn->transport))
			break;
	}
	conn->corked--;
	if (!conn->transport)
		return;
	if (n > 0 && !reason)
		conn_check_unfinished(conn, &reason);
	if (n < 0 && n != -EAGAIN && !reason)
		fail_errno(&reason, (int)-n, _("cannot read from %s"), conn->peer.address);
	if (n == 0 || reason) {
		/* Whatever was answered before may still reach a peer that only stopped sending. */
		queue_flush(conn);
		conn_end(conn, reason);
		return;
	}
	if (!g_queue_is_empty(&conn->out) && !conn->congested)
		conn_flush(conn);
	if (may_look(conn) ||
	    (conn_may_read(conn) && conn->transport->ops->pending(conn->transport)))
		run_later(conn);
	update_events(conn);
}

/* Looks at the bytes that were held. */
static void conn_read_held(RpcConn *conn)
{
	g_autofree guint8 *held = g_steal_pointer(&conn->held);
	gsize at = conn->held_at, length = conn->held_length;
	g_autoptr(GError) reason = NULL;
	gssize used;

	conn->held_at = conn->held_length = 0;
	conn->taken = 0;
	conn->turn_began = g_get_monotonic_time();
	conn->corked++;
	used = rpc_reader_feed(&conn->reader, held + at, length, &reason);
	conn->corked--;
	if (!conn->transport)
		return;
	if (used < 0) {
		conn_end(conn, reason);
		return;
	}
	if ((gsize)used < length) {
		conn->held = g_steal_pointer(&held);
		conn->held_at = at + (gsize)used;
		conn->held_length = length - (gsize)used;
	}
	if (!conn_check_unfinished(conn, &reason)) {
		conn_end(conn, reason);
		return;
	}
	if (!g_queue_is_empty(&conn->out) && !conn->congested)
		conn_flush(conn);
	update_events(conn);
}

/* --- the loop --- */

static void conn_write(RpcConn *conn)
{
	bool behind = conn_is_behind(conn);

	conn_flush(conn);
	if (behind && may_look(conn))
		run_later(conn);
	if (!g_queue_is_empty(&conn->out) || !conn->congested)
		return;
	conn->congested = false;
	if (conn->handler->drained && !conn->doom)
		conn->handler->drained(conn, conn->data);
}

static int on_io(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd, uint32_t revents,
		 void *data)
{
	g_autoptr(RpcConn) conn = rpc_conn_ref(data);

	if (revents & EPOLLOUT)
		conn_write(conn);
	if (revents & EPOLLIN || (revents & (EPOLLHUP | EPOLLERR) && conn_may_read(conn)))
		conn_read(conn);
	else if (conn->transport && revents & (EPOLLHUP | EPOLLERR))
		conn_end(conn,
			 NULL); /* gone while we do not listen: nothing will be taken either */
	return 0;
}

/* What must not be done inside a call of our user. */
static int on_later(G_GNUC_UNUSED sd_event_source *source, void *data)
{
	g_autoptr(RpcConn) conn = rpc_conn_ref(data);

	if (conn->doom)
		conn_end(conn, conn->doom);
	else if (conn->finishing && g_queue_is_empty(&conn->out))
		conn_end(conn, NULL);
	else if (may_look(conn))
		conn_read_held(conn);
	else if (conn_may_read(conn) && conn->transport->ops->pending(conn->transport))
		conn_read(conn);
	if (conn->transport && may_look(conn))
		run_later(conn);
	return 0;
}

static int on_deadline(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec,
		       void *data)
{
	g_autoptr(RpcConn) conn = rpc_conn_ref(data);

	conn_end(conn, NULL);
	return 0;
}

RpcConn *rpc_conn_new(sd_event *loop, RpcTransport *transport, const RpcConnHandler *handler,
		      void *data)
{
	RpcConn *conn = g_new0(RpcConn, 1);
	GError *reason = NULL;
	int r;

	conn->refs = 1;
	conn->loop = sd_event_ref(loop);
	conn->transport = transport;
	conn->peer = transport->peer;
	transport->peer = (RpcPeer){ 0 };
	conn->handler = handler;
	conn->data = data;
	conn->passes_fds = transport->ops->send_fd != NULL;
	rpc_reader_init(&conn->reader, &reader_handler, conn);
	conn->reader.takes_fds = conn->passes_fds;
	conn->events = EPOLLIN;
	r = sd_event_add_io(loop, &conn->io, transport->fd, EPOLLIN, on_io, conn);
	if (r < 0) { /* the kernel's bound on watches: this one has to go */
		fail_errno(&reason, -r, _("cannot watch the connection to %s"), conn->peer.address);
		conn_doom(conn, reason);
	} else if (transport->ops->pending(transport)) {
		run_later(conn);
	}
	return conn;
}

RpcConn *rpc_conn_ref(RpcConn *conn)
{
	conn->refs++;
	return conn;
}

void rpc_conn_unref(RpcConn *conn)
{
	if (!conn || --conn->refs > 0)
		return;
	rpc_conn_close(conn);
	rpc_peer_clear(&conn->peer);
	g_clear_error(&conn->doom);
	sd_event_unref(conn->loop);
	g_free(conn);
}

void rpc_conn_finish(RpcConn *conn)
{
	if (!conn->transport || conn->finishing)
		return;
	conn->finishing = true;
	sd_event_add_time_relative(conn->loop, &conn->deadline, CLOCK_MONOTONIC,
				   FINISH_SECONDS * G_USEC_PER_SEC, 0, on_deadline, conn);
	if (g_queue_is_empty(&conn->out))
		run_later(conn);
	update_events(conn);
}

bool rpc_conn_is_silent(const RpcConn *conn)
{
	int unread = 0;

	return conn->received == 0 && conn->transport &&
	       ioctl(conn->transport->fd, FIONREAD, &unread) == 0 && unread == 0;
}

bool rpc_conn_is_open(const RpcConn *conn)
{
	return conn->transport && !conn->doom && !conn->finishing;
}

void rpc_conn_pause(RpcConn *conn)
{
	conn->paused++;
	if (conn->transport && !conn->corked)
		update_events(conn);
}

void rpc_conn_resume(RpcConn *conn)
{
	g_assert(conn->paused > 0);
	if (--conn->paused > 0 || !conn->transport)
		return;
	if (conn->held_length || conn->transport->ops->pending(conn->transport))
		run_later(conn);
	if (!conn->corked)
		update_events(conn);
}

bool rpc_conn_is_paused(const RpcConn *conn)
{
	return conn->paused > 0;
}

void rpc_conn_limit_frames(RpcConn *conn, gsize limit)
{
	conn->reader.limit = limit;
}

static void on_silence(const GError *reason, void *data)
{
	g_autoptr(RpcConn) conn = rpc_conn_ref(data);

	conn_end(conn, reason);
}

void rpc_conn_keepalive(RpcConn *conn, int interval, unsigned count)
{
	g_clear_pointer(&conn->keepalive, rpc_keepalive_free);
	if (interval > 0 && conn->transport)
		conn->keepalive = rpc_keepalive_new(conn, interval, count, on_silence);
}

const RpcPeer *rpc_conn_peer(const RpcConn *conn)
{
	return &conn->peer;
}

sd_event *rpc_conn_loop(const RpcConn *conn)
{
	return conn->loop;
}

bool rpc_conn_passes_fds(const RpcConn *conn)
{
	return conn->passes_fds;
}

void *rpc_conn_data(const RpcConn *conn)
{
	return conn->data;
}

void rpc_conn_set_data(RpcConn *conn, void *data)
{
	conn->data = data;
}
