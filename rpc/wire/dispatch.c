/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "rpc/wire/dispatch.h"
#include "rpc/wire/wire.h"
#include "rpc/wire/wire_error.h"
#include "rpc/wire/wire_xdr.h"

static bool is_call(const RpcMessage *message)
{
	return message->header.type == RPC_TYPE_CALL || message->header.type == RPC_TYPE_CALL_FDS;
}

static RpcMessage *refuse(const RpcMessage *call, const char *format, ...) G_GNUC_PRINTF(2, 3);

static RpcMessage *refuse(const RpcMessage *call, const char *format, ...)
{
	g_autoptr(GError) reason = NULL;
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	reason = error_new(VIR_ERR_RPC, 0, text);
	return wire_error_reply(&call->header, reason, VIR_FROM_RPC);
}

RpcMessage *rpc_dispatch_missing(const RpcMessage *call, const RpcProc *proc)
{
	/* Clients know a missing call by how this begins, in English whatever the language. */
	if (proc)
		return refuse(call, "unknown procedure: %d (%s is not supported yet)",
			      call->header.procedure, proc->name);
	return refuse(call, "unknown procedure: %d", call->header.procedure);
}

const RpcProc *rpc_dispatch_find(const RpcMessage *message, RpcMessage **ret_refusal)
{
	const RpcHeader *header = &message->header;
	guint32 version = rpc_program_version(header->program);
	const RpcProc *proc;

	*ret_refusal = NULL;
	if (!is_call(message))
		return NULL;
	if (version == 0 || header->version != version) {
		*ret_refusal = refuse(message, "Cannot find program %u version %u", header->program,
				      header->version);
		return NULL;
	}
	if (header->status != RPC_STATUS_OK) {
		*ret_refusal = refuse(message, _("a call has status 0, not %d"), header->status);
		return NULL;
	}
	proc = rpc_proc_find(header->program, header->procedure);
	if (!proc || proc->kind == RPC_KIND_EVENT) {
		*ret_refusal = rpc_dispatch_missing(message, NULL);
		return NULL;
	}
	return proc;
}

/* All that belongs to one call being served. */
typedef struct Serving {
	const RpcService *service;
	const RpcProc *proc;
	RpcHandler handler;
	const RpcMessage *call;
	void *context;
} Serving;

static bool decode_args(const Serving *serving, void *args, GError **error)
{
	const RpcProc *proc = serving->proc;
	RpcXdrTexts before = rpc_xdr_texts(RPC_XDR_TEXTS_REFUSE);
	bool good = rpc_message_decode_args(serving->call, proc->args_filter, args, NULL);
	bool odd = rpc_xdr_was_odd();

	rpc_xdr_texts(before);
	if (good)
		return true;
	/* It would end up in a definition that nobody can read any more. */
	if (odd)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("a text in the arguments of call '%s' is not UTF-8 or has control "
			      "characters that XML cannot hold"),
			    proc->name);
	return fail(
		error, VIR_ERR_RPC,
		_("the arguments of call '%s' are too short or too long, or exceed the limits of the protocol"),
		proc->name);
}

static RpcMessage *attach_fds(RpcMessage *reply, GArray *fds)
{
	if (!reply || !fds || fds->len == 0)
		return reply;
	if (rpc_message_add_fds(reply, (int *)(void *)fds->data, fds->len, NULL))
		return reply;
	rpc_message_unref(reply);
	return NULL;
}

/* The reply with its descriptors; NULL when it breaks a limit. */
static RpcMessage *encode_ret(const Serving *serving, void *ret)
{
	const RpcService *service = serving->service;
	g_autoptr(GArray) fds = service->take_fds ? service->take_fds(serving->context) : NULL;
	RpcMessage *reply = rpc_message_new_reply(&serving->call->header,
						  serving->proc->ret_filter, ret, NULL);

	if (reply && reply->length > LIMIT_FRAME - RPC_HEADER_SIZE)
		g_clear_pointer(&reply, rpc_message_unref);
	for (guint i = 0; !reply && fds && i < fds->len; i++)
		fd_clear(&g_array_index(fds, int, i));
	return attach_fds(reply, fds);
}

/* Calls the function with decoded arguments; NULL with *error set. */
static RpcMessage *serve_call(const Serving *serving, void *args, GError **error)
{
	const RpcProc *proc = serving->proc;
	const RpcService *service = serving->service;
	g_autofree void *ret = g_malloc0(proc->ret_size);
	RpcMessage *reply;

	if (service->check && !service->check(serving->context, proc, args, error))
		return NULL;
	if (rpc_poison_wanted())
		memset(ret, RPC_POISON, proc->ret_size);
	if (!serving->handler(serving->context, args, ret, error)) {
		if (!rpc_poison_wanted())
			rpc_free(proc->ret_filter, ret);
		return NULL;
	}
	reply = encode_ret(serving, ret);
	if (reply || !rpc_poison_wanted())
		rpc_free(proc->ret_filter, ret);
	if (!reply)
		fail(error, VIR_ERR_RPC,
		     _("the reply to call '%s' exceeds the limits of the protocol; ask for less"),
		     proc->name);
	return reply;
}

RpcMessage *rpc_dispatch_call(const RpcService *service, const RpcProc *proc, RpcHandler handler,
			      const RpcMessage *call, void *context)
{
	const Serving serving = { service, proc, handler, call, context };
	g_autofree void *args = g_malloc0(proc->args_size);
	g_autoptr(GError) reason = NULL;
	RpcMessage *reply = NULL;
	int domain = VIR_FROM_REMOTE;

	if (decode_args(&serving, args, &reason)) {
		reply = serve_call(&serving, args, &reason);
		rpc_free(proc->args_filter, args);
	}
	if (reply)
		return reply;
	if (!reason)
		fail(&reason, VIR_ERR_OPERATION_FAILED, _("call '%s' failed without a reason"),
		     proc->name);
	if (service->error_domain)
		domain = service->error_domain(context, proc);
	return wire_error_reply(&call->header, reason, domain);
}
