/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/front/call.h"
#include "daemon/front/client_private.h"
#include "daemon/settings.h"

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

Domain *call_domain(Call *call, const remote_nonnull_domain *dom, GError **error)
{
	return registry_get_uuid(call->engine->registry, call->driver, (const uint8_t *)dom->uuid,
				 error);
}

void call_fill_domain(const Domain *domain, remote_nonnull_domain *ret)
{
	ret->name = g_strdup(domain->name);
	memcpy(ret->uuid, domain->uuid, sizeof(domain->uuid));
	ret->id = domain->id;
}

bool call_flags(const Call *call, unsigned flags, unsigned known, GError **error)
{
	if (!(flags & ~known))
		return true;
	return fail(error, VIR_ERR_INVALID_ARG, _("unsupported flags (0x%x) in call '%s'"),
		    flags & ~known, call->proc->name);
}

DomainHold call_hold_wait(Call *call, Domain *domain, const char *what, GError **error)
{
	uint64_t timeout = (uint64_t)call->engine->settings->call_timeout * G_USEC_PER_SEC;

	if (!domain_hold_wait(domain, what, timeout, error))
		return NULL;
	return domain_ref(domain);
}
