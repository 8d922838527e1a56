/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual networks: their class, and the calls that no other kind of object has. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/network/network.h"
#include "daemon/client/serve.h"
#include "daemon/network/network.h"
#include "daemon/object/class.h"

static void *parse(const char *xml, unsigned conf, GError **error)
{
	return network_def_parse(xml, strlen(xml), CONF_INACTIVE | conf, NULL, error);
}

static char *format(const void *def)
{
	return network_def_format(def, CONF_INACTIVE | CONF_SECURE);
}

static void def_free(void *def)
{
	network_def_free(def);
}

static uint8_t *def_uuid(void *def)
{
	return ((NetworkDef *)def)->uuid.bytes;
}

static char *def_name(const void *def)
{
	return g_strdup(((const NetworkDef *)def)->name);
}

static void emit(const Object *object, int event)
{
	remote_network_event_lifecycle_msg message = { .event = event };

	object_fill_named(object, &message.net);
	object_emit(object, EVENT_NETWORK, VIR_NETWORK_EVENT_ID_LIFECYCLE,
		    (xdrproc_t)xdr_remote_network_event_lifecycle_msg, &message);
	g_free(message.net.name);
}

static const struct ObjectPair pairs[] = {
	{ VIR_CONNECT_LIST_NETWORKS_ACTIVE, VIR_CONNECT_LIST_NETWORKS_INACTIVE, object_is_active },
	{ VIR_CONNECT_LIST_NETWORKS_PERSISTENT, VIR_CONNECT_LIST_NETWORKS_TRANSIENT,
	  object_is_persistent },
	{ VIR_CONNECT_LIST_NETWORKS_AUTOSTART, VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART,
	  object_is_autostarted },
	{ 0 },
};

const ObjectClass network_class = {
	.stored = "network",
	.text = N_("network"),
	.missing = VIR_ERR_NO_NETWORK,
	.exists = VIR_ERR_OPERATION_FAILED,
	.define_flags = VIR_NETWORK_DEFINE_VALIDATE,
	.parse = parse,
	.format = format,
	.free = def_free,
	.uuid = def_uuid,
	.name = def_name,
	.settle = network_settle,
	.show_flags = VIR_NETWORK_XML_INACTIVE,
	.show = network_show,
	.handle_size = sizeof(remote_nonnull_network),
	.fill = object_fill_named,
	.pairs = pairs,
	.emit = emit,
	.defined = VIR_NETWORK_EVENT_DEFINED,
	.undefined = VIR_NETWORK_EVENT_UNDEFINED,
	.started = VIR_NETWORK_EVENT_STARTED,
	.stopped = VIR_NETWORK_EVENT_STOPPED,
	.recorded = true,
	.start_call = network_start_call,
	.stop_call = network_stop_call,
};

bool serve_network_get_bridge_name(Call *call,
				   G_GNUC_UNUSED remote_network_get_bridge_name_args *args,
				   remote_network_get_bridge_name_ret *ret, GError **error)
{
	const Object *object = call->object;
	g_autoptr(NetworkDef) def = network_def_now(object, error);

	if (!def)
		return false;
	if (!def->bridge || !def->bridge->name)
		return fail(error, VIR_ERR_INTERNAL_ERROR, _("network '%s' has no bridge"),
			    object->name);
	ret->name = g_strdup(def->bridge->name);
	return true;
}
