/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"
#include "daemon/client/access.h"
#include "daemon/core/settings.h"
#include "daemon/guest/route.h"
#include "daemon/guest/vm.h"
#include "daemon/registry/domain_call.h"
#include "rpc/wire/wire.h"
#include "rpc/wire/wire_error.h"

static uint64_t call_timeout(const Call *call)
{
	return (uint64_t)call->engine->settings->call_timeout * G_USEC_PER_SEC;
}

/* A worker's calls are decoded there; here only where a read-only client's arguments decide. */
static bool check_routed(const Call *call, GError **error)
{
	const RpcProc *proc = call->proc;
	g_autofree void *args = NULL;
	bool good;

	if (!call->client->read_only || proc->read_only != RPC_READ_ONLY_WHEN)
		return true;
	args = g_malloc0(proc->args_size);
	if (!rpc_message_decode_args(call->message, proc->args_filter, args, error))
		return false;
	good = access_check_when(call->client, proc, args, error);
	rpc_free(proc->args_filter, args);
	return good;
}

RpcMessage *route_call(Call *call, GError **error)
{
	RpcMessage *reply = NULL;

	if (!domain_require_active(call->domain, error) || !check_routed(call, error) ||
	    !vm_forward_call(call->domain, call->message, call_timeout(call), &reply, error))
		return NULL;
	return reply;
}

bool route_live_call(Call *call, GError **error)
{
	g_autoptr(RpcMessage) reply = route_call(call, error);

	if (!reply)
		return false;
	return reply->header.status != RPC_STATUS_ERROR || wire_error_raise_message(reply, error);
}
