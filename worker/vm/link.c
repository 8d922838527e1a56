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
	Vm *vm = data;

	if (reason)
		log_warning(_("lost the engine: %s"), reason->message);
	if (vm->conn != conn)
		return;
	vm->conn = NULL;
	vm->greeted = false;
	rpc_conn_unref(conn);
	/* From now on events are only here. */
	if (vm->active || vm->ended)
		vm_state_save(vm);
	vm_check_end(vm);
}

static const RpcConnHandler handler = {
	.message = on_message,
	.closed = on_closed,
};

/* A hypervisor that broke out has our user id: it shall not pass for the engine. */
static bool peer_admit(const Vm *vm, const RpcPeer *peer)
{
	if (vm->session)
		return peer->uid == (gint64)geteuid();
	return peer->uid != (gint64)geteuid();
}

static void connection_take(Vm *vm, int fd)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpcTransport) transport = rpc_transport_new(fd, &error);

	if (!transport) {
		log_warning("%s", error->message);
		return;
	}
	if (!peer_admit(vm, &transport->peer)) {
		log_warning(_("refused a connection of user %ld, who is not the engine"),
			    (long)transport->peer.uid);
		return;
	}
	if (vm->conn) {
		rpc_conn_close(vm->conn);
		rpc_conn_unref(vm->conn);
	}
	vm->greeted = false;
	vm->conn = rpc_conn_new(vm->guest.loop, g_steal_pointer(&transport), &handler, vm);
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

bool vm_link_listen(Vm *vm, int fd, GError **error)
{
	int r;

	/* The hypervisor must not get it: a successor could not listen while that runs. */
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || !fd_set_nonblocking(fd, error))
		return false;
	r = sd_event_add_io(vm->guest.loop, &vm->listener, fd, EPOLLIN, on_connect, vm);
	if (r < 0)
		return fail_errno(error, -r, _("cannot listen for the engine"));
	sd_event_source_set_io_fd_own(vm->listener, true);
	return true;
}

void vm_link_close(Vm *vm)
{
	g_clear_pointer(&vm->listener, sd_event_source_disable_unref);
	if (vm->conn)
		rpc_conn_close(vm->conn);
	g_clear_pointer(&vm->conn, rpc_conn_unref);
}

void vm_link_post(Vm *vm, const RpcProc *proc, const void *message)
{
	const RpcHeader header = {
		.program = proc->program,
		.version = rpc_program_version(proc->program),
		.procedure = proc->number,
		.type = RPC_TYPE_MESSAGE,
	};
	g_autoptr(RpcMessage) frame = NULL;
	g_autoptr(GError) error = NULL;

	if (!vm->conn || !vm->greeted)
		return;
	frame = rpc_message_new(&header, proc->args_filter, message, &error);
	if (!frame || !rpc_conn_send(vm->conn, frame, &error))
		log_warning(_("cannot tell the engine: %s"), error->message);
}
