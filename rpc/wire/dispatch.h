/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dispatcher stands between a received call and the function that serves it: which row it is,
 * decode, call, encode, free. Used by the engine and by the workers.
 *
 * A server makes the table of its functions out of the call table:
 *
 *	#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)          \
 *		RPC_IF_ENGINE_##where(RPC_WRAP(serve_##name, Call, args, ret))
 *	#include "rpc/tables/calls.def"
 *	#undef CALL
 *
 *	static const RpcHandler handlers[] = {
 *	#define CALL(number, name, args, ret, names, object, may, read_only, where, kind)          \
 *		RPC_IF_ENGINE_##where([number] = wrap_serve_##name,)
 *	...
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "rpc/wire/message.h"
#include "rpc/wire/procs.h"

/*
 * Writes every member of @ret, which tests fill with RPC_POISON before. What it points to must come
 * from malloc or GLib and is freed by the dispatcher.
 */
typedef bool (*RpcHandler)(void *context, void *args, void *ret, GError **error);

/* Declares function @function and defines wrap_@function, an RpcHandler that calls it. */
#define RPC_WRAP(function, context_type, args_type, ret_type)                                      \
	bool function(context_type *context, args_type *args, ret_type *ret, GError **error);      \
	static bool wrap_##function(void *context, void *args, void *ret, GError **error)          \
	{                                                                                          \
		return function(context, args, ret, error);                                        \
	}

/* Keep their argument in rows that the engine, or a worker, serves. */
#define RPC_IF_ENGINE_NONE(...)
#define RPC_IF_ENGINE_ENGINE(...) __VA_ARGS__
#define RPC_IF_ENGINE_WORKER(...)
#define RPC_IF_ENGINE_BOTH(...) __VA_ARGS__
#define RPC_IF_ENGINE_PLANNED(...) __VA_ARGS__
#define RPC_IF_WORKER_NONE(...)
#define RPC_IF_WORKER_ENGINE(...)
#define RPC_IF_WORKER_WORKER(...) __VA_ARGS__
#define RPC_IF_WORKER_BOTH(...) __VA_ARGS__
#define RPC_IF_WORKER_PLANNED(...) __VA_ARGS__

/*
 * The row of a received frame. NULL when there is nothing to call: then *ret_refusal is the error
 * reply to send, or NULL where the frame is to be dropped in silence (replies, messages, stream
 * frames, types that do not exist).
 */
const RpcProc *rpc_dispatch_find(const RpcMessage *message, RpcMessage **ret_refusal);

/* The reply to a call of a row that is not built, in the form that makes clients fall back. */
RpcMessage *rpc_dispatch_missing(const RpcMessage *call, const RpcProc *proc);

typedef struct RpcService {
	/* Looks at the arguments before the function is called, e.g. access; may be NULL. */
	bool (*check)(void *context, const RpcProc *proc, const void *args, GError **error);
	/* After success: descriptors (of int) that go with the reply, given away; NULL: none. */
	GArray *(*take_fds)(void *context);
	/* The virErrorDomain of errors; may be NULL: VIR_FROM_REMOTE. */
	int (*error_domain)(void *context, const RpcProc *proc);
} RpcService;

/*
 * Decodes the arguments, calls @handler(@context), and returns the reply, which may be an error:
 * never NULL. Parks if the function does. Descriptors of the call stay in @call for the function to
 * take.
 */
RpcMessage *rpc_dispatch_call(const RpcService *service, const RpcProc *proc, RpcHandler handler,
			      const RpcMessage *call, void *context);
