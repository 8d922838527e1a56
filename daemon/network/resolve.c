/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/network/resolve.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/tables.h"
#include "daemon/network/network.h"

/* The group that @interface names, else the network's default one, else NULL. */
static bool group_find(const NetworkDef *def, const DomainInterface *interface,
		       const PortGroup **ret, GError **error)
{
	*ret = NULL;
	for (guint i = 0; def->portgroups && i < def->portgroups->len; i++) {
		const PortGroup *group = def->portgroups->pdata[i];

		if (interface->portgroup ? strcmp(group->name, interface->portgroup) == 0 :
					   group->is_default == TRISTATE_YES)
			*ret = group;
	}
	return *ret || !interface->portgroup ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("network '%s' has no port group '%s'"), def->name,
		    interface->portgroup);
}

static void merge(DomainInterface *interface, const NetworkDef *def, const PortGroup *group)
{
	const Vlan *vlan = group && group->vlan ? group->vlan : def->vlan;
	const VirtualPort *port = group && group->virtualport ? group->virtualport : def->virtualport;

	if (!interface->vlan && vlan)
		interface->vlan = bind_copy(&bind_el_vlan, vlan);
	if (!interface->virtualport && port)
		interface->virtualport = bind_copy(&bind_el_virtualport, port);
	if (!interface->bandwidth && group && group->bandwidth)
		interface->bandwidth = bind_copy(&bind_el_bandwidth, group->bandwidth);
	if (interface->isolated == TRISTATE_ABSENT)
		interface->isolated = def->port_isolated;
	if (interface->trust_guest_rx_filters == TRISTATE_ABSENT)
		interface->trust_guest_rx_filters = group && group->trust_guest_rx_filters ?
							    group->trust_guest_rx_filters :
							    def->trust_guest_rx_filters;
}

static void port_make(DomainInterface *interface)
{
	char text[UUID_TEXT];
	Uuid uuid;

	uuid_generate(&uuid);
	uuid_format(&uuid, text);
	g_free(interface->portid);
	interface->portid = g_strdup(text);
}

bool network_resolve(Engine *engine, DomainInterface *interface, GError **error)
{
	const Object *object;
	const ActiveNetwork *network;
	const PortGroup *group;
	const NetworkDef *def;

	if (interface->type != INTERFACE_NETWORK)
		return true;
	object = object_get_name(engine->objects, OBJECT_NETWORK, NULL, interface->network, error);
	network = object ? network_active(object, error) : NULL;
	if (!network)
		return false;
	def = network->def;
	if (!def->bridge || !def->bridge->name)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("an interface on network '%s' is refused: its mode '%s' without a bridge is "
			      "not supported"),
			    def->name, forward_mode_name(def->forward->mode));
	if (!group_find(def, interface, &group, error))
		return false;
	merge(interface, def, group);
	if (!network_def_has_own_bridge(def))
		interface->type = INTERFACE_BRIDGE;
	g_free(interface->bridge);
	interface->bridge = g_strdup(def->bridge->name);
	port_make(interface);
	return true;
}

bool networks_resolve(Engine *engine, DomainDef *live, GError **error)
{
	for (guint i = 0; i < list_length(live->interfaces); i++)
		if (!network_resolve(engine, list_get(live->interfaces, i), error)) {
			g_prefix_error(error, _("domain '%s': "), live->name);
			return false;
		}
	return true;
}
