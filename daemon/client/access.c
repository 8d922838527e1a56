/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/access.h"

static bool refuse_read_only(const RpcProc *proc, GError **error)
{
	return fail(error, VIR_ERR_OPERATION_DENIED,
		    _("read only access prevents '%s'; connect without read-only"), proc->name);
}

bool access_check(const Client *client, const RpcProc *proc, GError **error)
{
	if (client->read_only && proc->read_only == RPC_READ_ONLY_REFUSED)
		return refuse_read_only(proc, error);
	return true;
}

bool access_check_when(const Client *client, const RpcProc *proc, const void *args,
		       GError **error)
{
	if (client->read_only && proc->read_only == RPC_READ_ONLY_WHEN &&
	    rpc_proc_permissions_when(proc, args) != 0)
		return refuse_read_only(proc, error);
	return true;
}

/* There are no roles yet: whoever may make a call may make it on every object, and see it. */

bool call_check_domain(const Call *call, G_GNUC_UNUSED const Domain *domain, GError **error)
{
	return access_check(call->client, call->proc, error);
}

bool call_check_object(const Call *call, G_GNUC_UNUSED const Object *object, GError **error)
{
	return access_check(call->client, call->proc, error);
}

bool call_sees_domain(G_GNUC_UNUSED const Call *call, G_GNUC_UNUSED const Domain *domain)
{
	return true;
}

bool call_sees_object(G_GNUC_UNUSED const Call *call, G_GNUC_UNUSED const Object *object)
{
	return true;
}
