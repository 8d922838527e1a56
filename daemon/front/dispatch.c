/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/log.h"
#include "daemon/client/access.h"
#include "daemon/client/stream.h"
#include "daemon/client/user.h"
#include "daemon/core/settings.h"
#include "daemon/core/slice.h"
#include "daemon/front/dispatch.h"
#include "daemon/front/resolve.h"
#include "daemon/guest/route.h"
#include "daemon/object/object.h"
#include "daemon/registry/domain_call.h"
#include "rpc/wire/dispatch.h"
#include "rpc/wire/wire.h"
#include "rpc/wire/wire_error.h"

/* ---- Which function serves a row ----------------------------------------------------------- */

#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_ENGINE_##where(RPC_WRAP(serve_##name, Call, args, ret))
#include "rpc/tables/calls.def"
#undef CALL
#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_ENGINE_##where(RPC_WRAP(serve_qemu_##name, Call, args, ret))
#include "rpc/tables/qemu_calls.def"
#undef CALL
#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_ENGINE_##where(RPC_WRAP(serve_reeve_##name, Call, args, ret))
#include "rpc/tables/reeve_calls.def"
#undef CALL

static const RpcHandler remote_handlers[] = {
#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_ENGINE_##where([number] = wrap_serve_##name, )
#include "rpc/tables/calls.def"
#undef CALL
};

static const RpcHandler qemu_handlers[] = {
	[0] = NULL,
#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_ENGINE_##where([number] = wrap_serve_qemu_##name, )
#include "rpc/tables/qemu_calls.def"
#undef CALL
};

static const RpcHandler reeve_handlers[] = {
	[0] = NULL,
#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)                  \
	RPC_IF_ENGINE_##where([number] = wrap_serve_reeve_##name, )
#include "rpc/tables/reeve_calls.def"
#undef CALL
};

static RpcHandler handler_find(const RpcProc *proc)
{
	const RpcHandler *handlers = remote_handlers;
	gsize count = G_N_ELEMENTS(remote_handlers);

	if (proc->program == QEMU_PROGRAM) {
		handlers = qemu_handlers;
		count = G_N_ELEMENTS(qemu_handlers);
	} else if (proc->program == REEVE_PROGRAM_NUMBER) {
		handlers = reeve_handlers;
		count = G_N_ELEMENTS(reeve_handlers);
	}
	return (gsize)proc->number < count ? handlers[proc->number] : NULL;
}

/* ---- Before the call ----------------------------------------------------------------------- */

static bool needs_connection(const RpcProc *proc)
{
	return proc->program != REMOTE_PROGRAM ||
	       !(rpc_proc_before_login(proc) || proc->number == REMOTE_PROC_connect_open ||
		 proc->number == REMOTE_PROC_connect_close ||
		 proc->number == REMOTE_PROC_connect_supports_feature);
}

/* All that can be refused without looking at the arguments. */
static bool admit(const Client *client, const RpcProc *proc, GError **error)
{
	if (!client->authenticated && !rpc_proc_before_login(proc))
		return fail(error, VIR_ERR_RPC, _("authentication required before call '%s'"),
			    proc->name);
	if (!client->driver && needs_connection(proc))
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("hypervisor connection not open: '%s' must come after connect_open"),
			    proc->name);
	return access_check(client, proc, error);
}

static int error_domain(const Client *client, const RpcProc *proc)
{
	static const int domains[] = {
		[RPC_OBJECT_NETWORK] = VIR_FROM_NETWORK,
		[RPC_OBJECT_NETWORK_PORT] = VIR_FROM_NETWORK,
		[RPC_OBJECT_INTERFACE] = VIR_FROM_INTERFACE,
		[RPC_OBJECT_STORAGE_POOL] = VIR_FROM_STORAGE,
		[RPC_OBJECT_STORAGE_VOL] = VIR_FROM_STORAGE,
		[RPC_OBJECT_NODE_DEVICE] = VIR_FROM_NODEDEV,
		[RPC_OBJECT_NWFILTER] = VIR_FROM_NWFILTER,
		[RPC_OBJECT_NWFILTER_BINDING] = VIR_FROM_NWFILTER,
		[RPC_OBJECT_SECRET] = VIR_FROM_SECRET,
	};

	if ((gsize)proc->object < G_N_ELEMENTS(domains) && domains[proc->object])
		return domains[proc->object];
	return client->driver ? client->driver->error_domain : VIR_FROM_RPC;
}

/* The row of a frame that may be served, else the refusal (NULL: drop it). */
static const RpcProc *row_find(const Client *client, const RpcMessage *message,
			       RpcMessage **ret_refusal)
{
	const RpcProc *proc = rpc_dispatch_find(message, ret_refusal);
	g_autoptr(GError) reason = NULL;

	if (!proc)
		return NULL;
	if (proc->program == CONTROL_PROGRAM_NUMBER) {
		fail(&reason, VIR_ERR_RPC, "Cannot find program %u version %u",
		     message->header.program, message->header.version);
		*ret_refusal = wire_error_reply(&message->header, reason, VIR_FROM_RPC);
		return NULL;
	}
	if (!admit(client, proc, &reason)) {
		*ret_refusal =
			wire_error_reply(&message->header, reason, error_domain(client, proc));
		return NULL;
	}
	if (proc->where == RPC_WHERE_NONE) {
		*ret_refusal = rpc_dispatch_missing(message, proc);
		return NULL;
	}
	return proc;
}

/* What readers send is small; none of it is stored before that is known, and to parse it keeps nobody waiting. */
static bool check_length(const Client *client, const RpcProc *proc, gsize length, GError **error)
{
	const bool list = proc->args_filter == (xdrproc_t)xdr_remote_connect_get_all_domain_stats_args;
	const int most = list ? LIMIT_FRAME_READER_LIST : LIMIT_FRAME_READER;

	return !(client->read_only_socket || client->read_only) || length <= (gsize)most ||
	       fail(error, VIR_ERR_RPC,
		    _("a read-only connection can send at most %d bytes with this call, not %zu"), most,
		    length);
}

bool dispatch_begin(Client *client, const RpcHeader *header, gsize length)
{
	g_autoptr(RpcMessage) empty = NULL, refusal = NULL;
	g_autoptr(GError) reason = NULL;
	const RpcProc *proc;

	if (client->closing)
		return false;
	if (header->type != RPC_TYPE_CALL && header->type != RPC_TYPE_CALL_FDS)
		return header->type == RPC_TYPE_STREAM;
	empty = rpc_message_new_bytes(header, NULL, 0);
	proc = row_find(client, empty, &refusal);
	if (proc && check_length(client, proc, length, &reason))
		return true;
	if (proc)
		refusal = wire_error_reply(header, reason, error_domain(client, proc));
	if (refusal)
		rpc_conn_send(client->conn, refusal, NULL);
	return false;
}

/* ---- The call ------------------------------------------------------------------------------ */

static bool check_args(void *context, const RpcProc *proc, const void *args, GError **error)
{
	return access_check_when(((Call *)context)->client, proc, args, error);
}

static GArray *take_fds(void *context)
{
	return g_steal_pointer(&((Call *)context)->fds);
}

static int call_error_domain(void *context, const RpcProc *proc)
{
	return error_domain(((Call *)context)->client, proc);
}

static RpcMessage *call_serve_here(Call *call)
{
	static const RpcService service = {
		.check = check_args,
		.take_fds = take_fds,
		.error_domain = call_error_domain,
	};

	return rpc_dispatch_call(&service, call->proc, handler_find(call->proc), call->message,
				 call);
}

/* Does the worker of the call's domain answer it? */
static bool is_routed(const Call *call)
{
	switch (call->proc->where) {
	case RPC_WHERE_WORKER:
		return true;
	case RPC_WHERE_BOTH:
		return domain_is_active(call->domain);
	default:
		return false;
	}
}

static RpcMessage *call_serve(Call *call)
{
	g_autoptr(GError) reason = NULL;
	RpcMessage *reply = NULL;

	if (call_resolve(call, &reason)) {
		if (!is_routed(call))
			return call_serve_here(call);
		reply = route_call(call, &reason);
		if (reply)
			return reply;
	}
	return wire_error_reply(&call->message->header, reason,
				error_domain(call->client, call->proc));
}

static void call_free(Call *call)
{
	for (unsigned i = 0; call->fds && i < call->fds->len; i++)
		close(g_array_index(call->fds, int, i));
	g_clear_pointer(&call->fds, g_array_unref);
	domain_unref(call->domain);
	object_unref(call->object);
	g_free(call->volume);
	rpc_message_unref(call->message);
	client_unref(call->client);
	g_free(call);
}

/* A routed reply has the worker's serial and perhaps descriptors; the header is made anew. */
static void call_reply(Call *call, RpcMessage *reply)
{
	RpcHeader header = call->message->header;
	g_autoptr(RpcMessage) own = NULL;

	header.type = reply->header.type;
	header.status = reply->header.status;
	own = rpc_message_new_forward(&header, reply);
	rpc_conn_send(call->client->conn, own, NULL);
}

static int on_idle(sd_event_source *source, G_GNUC_UNUSED uint64_t usec, G_GNUC_UNUSED void *data)
{
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	malloc_trim(0);
	return 0;
}

/*
 * A listing of ten thousand leaves holes that the heap would keep for ever. Not at once: whoever
 * lists again would have every page of it cleared and mapped anew, which costs more than the listing.
 */
static void give_back_memory(Engine *engine, gsize length)
{
	static sd_event_source *timer;
	const gsize large = 64 * 1024;
	const uint64_t after = 10 * G_USEC_PER_SEC;

	if (length <= large)
		return;
	if (!timer) {
		sd_event_add_time_relative(engine->loop, &timer, CLOCK_MONOTONIC, after,
					   G_USEC_PER_SEC, on_idle, NULL);
		sd_event_source_set_floating(timer, true);
		return;
	}
	sd_event_source_set_time_relative(timer, after);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

enum {
	READER_CALLS_MAX = LIMIT_FIBERS / 4 * 3, /* at the same time; the others are for who manages */
};

static unsigned reader_calls; /* of read-only clients, in progress; also of those that have gone */

static void call_run(void *data)
{
	Call *call = data;
	Client *client = call->client;
	RpcMessage *reply = (slice_note(call->proc->name), call_serve(call));
	bool good = reply->header.status == RPC_STATUS_OK;
	gsize length = MAX(reply->length, call->message->length);

	if (client->conn)
		call_reply(call, reply);
	rpc_message_unref(reply);
	give_back_memory(client->engine, length);
	if (call->stream)
		stream_begin(call->stream, good && client->conn);
	if (client->conn && client->closing)
		rpc_conn_finish(client->conn);
	client_release(client);
	reader_calls -= call->read_only;
	call_free(call);
}

/* Everybody may read: whoever asks a guest that hangs for more than there can be stops readers only. */
static bool call_spawn(Call *call, GError **error)
{
	if (call->read_only && reader_calls >= READER_CALLS_MAX)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("too many calls in progress (%d); try again later"), READER_CALLS_MAX);
	reader_calls += call->read_only; /* now: a call that need not wait is gone after the spawn */
	if (fiber_spawn(call->proc->name, call_run, call, error))
		return true;
	reader_calls -= call->read_only;
	return false;
}

static void call_begin(Client *client, const RpcProc *proc, RpcMessage *message)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(RpcMessage) refusal = NULL;
	Call *call = g_new0(Call, 1);

	call->engine = client->engine;
	call->client = client_ref(client);
	call->driver = client->driver;
	call->proc = proc;
	call->message = rpc_message_ref(message);
	call->read_only = client->read_only;
	client_take(client);
	if (call_spawn(call, &reason))
		return;
	refusal = wire_error_reply(&message->header, reason, VIR_FROM_RPC);
	rpc_conn_send(client->conn, refusal, NULL);
	client_release(client);
	call_free(call);
}

void dispatch_message(Client *client, RpcMessage *message)
{
	g_autoptr(RpcMessage) refusal = NULL;
	const RpcProc *proc;

	if (client->closing)
		return;
	if (message->header.type == RPC_TYPE_STREAM || message->header.type == RPC_TYPE_HOLE) {
		stream_message(client, message);
		return;
	}
	proc = row_find(client, message, &refusal);
	if (proc)
		call_begin(client, proc, message);
	else if (refusal)
		rpc_conn_send(client->conn, refusal, NULL);
}
