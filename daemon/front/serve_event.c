/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Registering for events, in both generations of the protocol. */
#include <libvirt/libvirt.h>
#include <libvirt/libvirt-qemu.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/events.h"
#include "daemon/client/serve.h"
#include "daemon/registry/domain_call.h"

static bool add(Call *call, const EventFilter *filter, int *ret_callback, GError **error)
{
	int ignored;

	/* The connection may have gone while the call waited; then nobody would forget it. */
	if (!call->client->conn)
		return fail(error, VIR_ERR_OPERATION_ABORTED, _("the client left"));
	return events_register(call->engine->events, call->client, filter,
			       ret_callback ? ret_callback : &ignored, error);
}

static bool drop(Call *call, EventKind kind, int callback, GError **error)
{
	return events_deregister(call->engine->events, call->client, kind, callback, error);
}

/* ---- The oldest generation: all domains, no callback ids ------------------------------------ */

bool serve_connect_domain_event_register(Call *call, G_GNUC_UNUSED NOTHING *args,
					 remote_connect_domain_event_register_ret *ret, GError **error)
{
	EventFilter filter = { .id = VIR_DOMAIN_EVENT_ID_LIFECYCLE, .legacy = true };

	ret->cb_registered = 0;
	return add(call, &filter, NULL, error);
}

bool serve_connect_domain_event_deregister(
	Call *call, G_GNUC_UNUSED NOTHING *args, remote_connect_domain_event_deregister_ret *ret,
	GError **error)
{
	ret->cb_registered = 0;
	return events_deregister_legacy(call->engine->events, call->client,
					VIR_DOMAIN_EVENT_ID_LIFECYCLE, error);
}

bool serve_connect_domain_event_register_any(Call *call,
					     remote_connect_domain_event_register_any_args *args,
					     G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	EventFilter filter = { .id = args->eventID, .legacy = true };

	return add(call, &filter, NULL, error);
}

bool serve_connect_domain_event_deregister_any(
	Call *call, remote_connect_domain_event_deregister_any_args *args,
	G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return events_deregister_legacy(call->engine->events, call->client, args->eventID, error);
}

/* ---- The present one ------------------------------------------------------------------------ */

bool serve_connect_domain_event_callback_register_any(
	Call *call, remote_connect_domain_event_callback_register_any_args *args,
	remote_connect_domain_event_callback_register_any_ret *ret, GError **error)
{
	EventFilter filter = { .kind = EVENT_DOMAIN, .id = args->eventID };

	if (args->dom && !call_domain(call, args->dom, error))
		return false;
	if (args->dom)
		filter.uuid = (const uint8_t *)args->dom->uuid;
	return add(call, &filter, &ret->callbackID, error);
}

bool serve_connect_domain_event_callback_deregister_any(
	Call *call, remote_connect_domain_event_callback_deregister_any_args *args,
	G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return drop(call, EVENT_DOMAIN, args->callbackID, error);
}

bool serve_connect_network_event_register_any(Call *call,
					      remote_connect_network_event_register_any_args *args,
					      remote_connect_network_event_register_any_ret *ret,
					      GError **error)
{
	EventFilter filter = { .kind = EVENT_NETWORK, .id = args->eventID };

	if (args->net)
		filter.uuid = (const uint8_t *)args->net->uuid;
	return add(call, &filter, &ret->callbackID, error);
}

bool serve_connect_network_event_deregister_any(
	Call *call, remote_connect_network_event_deregister_any_args *args,
	G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return drop(call, EVENT_NETWORK, args->callbackID, error);
}

bool serve_connect_storage_pool_event_register_any(
	Call *call, remote_connect_storage_pool_event_register_any_args *args,
	remote_connect_storage_pool_event_register_any_ret *ret, GError **error)
{
	EventFilter filter = { .kind = EVENT_STORAGE_POOL, .id = args->eventID };

	if (args->pool)
		filter.uuid = (const uint8_t *)args->pool->uuid;
	return add(call, &filter, &ret->callbackID, error);
}

bool serve_connect_storage_pool_event_deregister_any(
	Call *call, remote_connect_storage_pool_event_deregister_any_args *args,
	G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return drop(call, EVENT_STORAGE_POOL, args->callbackID, error);
}

bool serve_connect_node_device_event_register_any(
	Call *call, remote_connect_node_device_event_register_any_args *args,
	remote_connect_node_device_event_register_any_ret *ret, GError **error)
{
	EventFilter filter = { .kind = EVENT_NODE_DEVICE, .id = args->eventID };

	if (args->dev)
		filter.name = args->dev->name;
	return add(call, &filter, &ret->callbackID, error);
}

bool serve_connect_node_device_event_deregister_any(
	Call *call, remote_connect_node_device_event_deregister_any_args *args,
	G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return drop(call, EVENT_NODE_DEVICE, args->callbackID, error);
}

bool serve_connect_secret_event_register_any(Call *call,
					     remote_connect_secret_event_register_any_args *args,
					     remote_connect_secret_event_register_any_ret *ret,
					     GError **error)
{
	EventFilter filter = { .kind = EVENT_SECRET, .id = args->eventID };

	if (args->secret)
		filter.uuid = (const uint8_t *)args->secret->uuid;
	return add(call, &filter, &ret->callbackID, error);
}

bool serve_connect_secret_event_deregister_any(
	Call *call, remote_connect_secret_event_deregister_any_args *args,
	G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return drop(call, EVENT_SECRET, args->callbackID, error);
}

bool serve_qemu_connect_domain_monitor_event_register(
	Call *call, qemu_connect_domain_monitor_event_register_args *args,
	qemu_connect_domain_monitor_event_register_ret *ret, GError **error)
{
	const unsigned known = VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX |
			       VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE;
	EventFilter filter = { .kind = EVENT_MONITOR, .flags = args->flags };

	if (!call_flags(call, args->flags, known, error))
		return false;
	if (args->dom && !call_domain(call, args->dom, error))
		return false;
	if (args->dom)
		filter.uuid = (const uint8_t *)args->dom->uuid;
	if (args->event)
		filter.word = *args->event;
	return add(call, &filter, &ret->callbackID, error);
}

bool serve_qemu_connect_domain_monitor_event_deregister(
	Call *call, qemu_connect_domain_monitor_event_deregister_args *args,
	G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return drop(call, EVENT_MONITOR, args->callbackID, error);
}
