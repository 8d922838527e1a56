/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "rpc/wire/wire_error.h"
#include "worker/vm/calls.h"

#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_WORKER_##where(RPC_WRAP(vm_##name, VmCall, args, ret))
#include "rpc/tables/calls.def"
#undef CALL
#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_WORKER_##where(RPC_WRAP(vm_qemu_##name, VmCall, args, ret))
#include "rpc/tables/qemu_calls.def"
#undef CALL
#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_WORKER_##where(RPC_WRAP(control_##name, VmCall, args, ret))
#include "rpc/tables/control_calls.def"
#undef CALL

static const RpcHandler remote_handlers[] = {
	NULL,
#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_WORKER_##where([number] = wrap_vm_##name, )
#include "rpc/tables/calls.def"
#undef CALL
};

static const RpcHandler qemu_handlers[] = {
	NULL,
#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_WORKER_##where([number] = wrap_vm_qemu_##name, )
#include "rpc/tables/qemu_calls.def"
#undef CALL
};

static const RpcHandler control_handlers[] = {
#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_WORKER_##where([number] = wrap_control_##name, )
#include "rpc/tables/control_calls.def"
#undef CALL
};

static const struct {
	guint32 program;
	const RpcHandler *handlers;
	unsigned count;
} programs[] = {
	{ CONTROL_PROGRAM_NUMBER, control_handlers, G_N_ELEMENTS(control_handlers) },
	{ REMOTE_PROGRAM, remote_handlers, G_N_ELEMENTS(remote_handlers) },
	{ QEMU_PROGRAM, qemu_handlers, G_N_ELEMENTS(qemu_handlers) },
};

static RpcHandler handler_find(const RpcProc *proc)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(programs); i++)
		if (programs[i].program == proc->program)
			return (unsigned)proc->number < programs[i].count ?
				       programs[i].handlers[proc->number] :
				       NULL;
	return NULL;
}

void vm_call_add_fd(VmCall *call, int fd)
{
	if (!call->fds)
		call->fds = g_array_new(FALSE, FALSE, sizeof(int));
	g_array_append_val(call->fds, fd);
}

bool vm_call_check_active(VmCall *call, GError **error)
{
	if (call->worker->active && call->live)
		return true;
	return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
		    call->worker->name);
}

bool vm_call_unsupported(const VmCall *call, GError **error)
{
	return fail(error, VIR_ERR_NO_SUPPORT,
		    _("this function is not supported by the connection driver: %s"),
		    call->proc->name);
}

bool vm_call_flags(const VmCall *call, unsigned flags, unsigned known, GError **error)
{
	if (!(flags & ~known))
		return true;
	return fail(error, VIR_ERR_INVALID_ARG, _("unsupported flags (0x%x) in call '%s'"),
		    flags & ~known, call->proc->name);
}

static GArray *take_fds(void *context)
{
	VmCall *call = context;

	return g_steal_pointer(&call->fds);
}

static int error_domain(void *context, G_GNUC_UNUSED const RpcProc *proc)
{
	const VmCall *call = context;

	if (call->live && g_str_equal(call->live->name, "test"))
		return VIR_FROM_TEST;
	return VIR_FROM_QEMU;
}

static const RpcService service = {
	.take_fds = take_fds,
	.error_domain = error_domain,
};

typedef struct Served {
	Worker *worker;
	RpcConn *conn; /* the reply belongs to this connection, not to one that comes later */
	const RpcProc *proc;
	RpcHandler handler;
	RpcMessage *message;
} Served;

static void serve_on_fiber(void *data)
{
	Served *served = data;
	VmCall call = {
		.worker = served->worker,
		.guest = &served->worker->guest,
		.live = served->worker->live,
		.proc = served->proc,
		.message = served->message,
	};
	g_autoptr(RpcMessage) reply = rpc_dispatch_call(&service, served->proc, served->handler,
							served->message, &call);

	if (rpc_conn_is_open(served->conn))
		rpc_conn_send(served->conn, reply, NULL);
	if (call.after && served->worker->conn == served->conn)
		call.after(served->worker);
	for (unsigned i = 0; call.fds && i < call.fds->len; i++)
		close(g_array_index(call.fds, int, i));
	g_clear_pointer(&call.fds, g_array_unref);
	rpc_conn_unref(served->conn);
	rpc_message_unref(served->message);
	vm_check_end(served->worker);
	g_free(served);
}

/* Messages of the engine: there is one. */
static void message_take(Worker *worker, const RpcMessage *message)
{
	control_acknowledge_msg acknowledge = { 0 };

	if (message->header.program != CONTROL_PROGRAM_NUMBER ||
	    message->header.procedure != CONTROL_PROC_ACKNOWLEDGE)
		return;
	if (rpc_message_decode(message, (xdrproc_t)xdr_control_acknowledge_msg, &acknowledge, NULL))
		vm_event_acknowledge(worker, acknowledge.sequence);
}

static void refuse(Worker *worker, RpcMessage *refusal)
{
	if (refusal)
		rpc_conn_send(worker->conn, refusal, NULL);
	rpc_message_unref(refusal);
}

void vm_serve(Worker *worker, RpcMessage *message)
{
	g_autoptr(GError) error = NULL;
	RpcMessage *refusal = NULL;
	const RpcProc *proc;
	RpcHandler handler;
	Served *served;

	if (message->header.type == RPC_TYPE_MESSAGE)
		return message_take(worker, message);
	proc = rpc_dispatch_find(message, &refusal);
	if (!proc)
		return refuse(worker, refusal);
	handler = handler_find(proc);
	if (!handler)
		return refuse(worker, rpc_dispatch_missing(message, proc));
	served = g_new0(Served, 1);
	*served = (Served){ worker, rpc_conn_ref(worker->conn), proc, handler, rpc_message_ref(message) };
	if (fiber_spawn(proc->name, serve_on_fiber, served, &error))
		return;
	refuse(worker, wire_error_reply(&message->header, error, VIR_FROM_QEMU));
	rpc_conn_unref(served->conn);
	rpc_message_unref(served->message);
	g_free(served);
}
