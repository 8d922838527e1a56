/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/call.h"
#include "daemon/client/client_private.h"
#include "daemon/core/settings.h"

StoreOrigin call_origin(const Call *call, const char *action)
{
	Client *client = call->client;

	if (!client->user && client->uid >= 0)
		client->user = client_user_name(client->uid);
	return (StoreOrigin){
		.uid = client->uid,
		.user = client->user,
		.origin = client->address,
		.action = action ? action : call->action ? call->action : call->proc->name,
	};
}

bool call_flags(const Call *call, unsigned flags, unsigned known, GError **error)
{
	if (!(flags & ~known))
		return true;
	return fail(error, VIR_ERR_INVALID_ARG, _("unsupported flags (0x%x) in call '%s'"),
		    flags & ~known, call->proc->name);
}
