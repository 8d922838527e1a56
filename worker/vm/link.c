/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "rpc/wire/wire.h"
#include "worker/vm/vm.h"

static void on_message(G_GNUC_UNUSED RpcConn *conn, RpcMessage *message, void *data)
{
	vm_serve(data, message);
}

static void on_closed(RpcConn *conn, const GError *reason, void *data)
{
	Worker *worker = data;

	if (reason)
		log_warning(_("lost the engine: %s"), reason->message);
	if (worker->conn != conn)
		return;
	worker->conn = NULL;
	worker->greeted = false;
	rpc_conn_unref(conn);
	/* From now on events are only here. */
	if (worker->active || worker->ended)
		vm_state_save(worker);
	vm_check_end(worker);
}

static const RpcConnHandler handler = {
	.message = on_message,
	.closed = on_closed,
};

/* A hypervisor that broke out has our user id: it shall not pass for the engine. */
static bool peer_admit(const Worker *worker, const RpcPeer *peer)
{
	if (worker->session)
		return peer->uid == (gint64)geteuid();
	return peer->uid != (gint64)geteuid();
}

static void connection_take(Worker *worker, int fd)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpcTransport) transport = rpc_transport_new(fd, &error);

	if (!transport) {
		log_warning("%s", error->message);
		return;
	}
	if (!peer_admit(worker, &transport->peer)) {
		log_warning(_("refused a connection of user %ld, who is not the engine"),
			    (long)transport->peer.uid);
		return;
	}
	if (worker->conn) {
		rpc_conn_close(worker->conn);
		rpc_conn_unref(worker->conn);
	}
	worker->greeted = false;
	worker->conn = rpc_conn_new(worker->guest.loop, g_steal_pointer(&transport), &handler, worker);
}

static int on_connect(G_GNUC_UNUSED sd_event_source *source, int listener, uint32_t events, void *data)
{
	int fd;

	if (!(events & EPOLLIN))
		return 0;
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		connection_take(data, fd);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		log_warning(_("cannot accept a connection: %s"), g_strerror(errno));
	return 0;
}

bool vm_link_listen(Worker *worker, int fd, GError **error)
{
	int r;

	/* The hypervisor must not get it: a successor could not listen while that runs. */
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || !fd_set_nonblocking(fd, error))
		return false;
	r = sd_event_add_io(worker->guest.loop, &worker->listener, fd, EPOLLIN, on_connect, worker);
	if (r < 0)
		return fail_errno(error, -r, _("cannot listen for the engine"));
	sd_event_source_set_io_fd_own(worker->listener, true);
	return true;
}

void vm_link_close(Worker *worker)
{
	g_clear_pointer(&worker->listener, sd_event_source_disable_unref);
	if (worker->conn)
		rpc_conn_close(worker->conn);
	g_clear_pointer(&worker->conn, rpc_conn_unref);
}

void vm_link_post(Worker *worker, const RpcProc *proc, const void *message)
{
	const RpcHeader header = {
		.program = proc->program,
		.version = rpc_program_version(proc->program),
		.procedure = proc->number,
		.type = RPC_TYPE_MESSAGE,
	};
	g_autoptr(RpcMessage) frame = NULL;
	g_autoptr(GError) error = NULL;

	if (!worker->conn || !worker->greeted)
		return;
	frame = rpc_message_new(&header, proc->args_filter, message, &error);
	if (!frame || !rpc_conn_send(worker->conn, frame, &error))
		log_warning(_("cannot tell the engine: %s"), error->message);
}
