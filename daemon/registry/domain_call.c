/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <libvirt/libvirt.h>

#include "daemon/client/events.h"
#include "daemon/core/settings.h"
#include "daemon/registry/domain_call.h"
#include "rpc/wire/wire.h"

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

DomainHold call_hold_wait(Call *call, Domain *domain, const char *what, GError **error)
{
	uint64_t timeout = (uint64_t)call->engine->settings->call_timeout * G_USEC_PER_SEC;

	if (!domain_hold_wait(domain, what, timeout, error))
		return NULL;
	return domain_ref(domain);
}

void events_emit_domain(const Domain *domain, int id, xdrproc_t filter, void *message)
{
	gsize length;
	g_autofree guint8 *payload = rpc_encode(filter, message, 0, &length, NULL);
	Event event = {
		.kind = EVENT_DOMAIN,
		.id = id,
		.driver = domain->driver,
		.uuid = domain->uuid,
		.payload = payload,
		.length = length,
	};

	if (payload)
		events_emit(domain->engine->events, &event);
}

void events_emit_lifecycle(const Domain *domain, int event, int detail)
{
	remote_domain_event_lifecycle_msg message = { .event = event, .detail = detail };

	call_fill_domain(domain, &message.dom);
	events_emit_domain(domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
			   (xdrproc_t)xdr_remote_domain_event_lifecycle_msg, &message);
	rpc_free((xdrproc_t)xdr_remote_nonnull_domain, &message.dom);
}
