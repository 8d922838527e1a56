/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/host/interface.h"

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/rows.h"

CONF_ENUM_DEFINE(host_interface_type, HOST_INTERFACE)
CONF_ENUM_DEFINE(start_mode, START_MODE)
CONF_ENUM_DEFINE(bond_mode, BOND_MODE)
CONF_ENUM_DEFINE(bond_carrier, BOND_CARRIER)
CONF_ENUM_DEFINE(bond_validate, BOND_VALIDATE)

static const BindRow ip_rows[] = {
	ATTR(HostInterfaceIp, "address", address, str, BIND_REQUIRED, .doc = N_("IP address.")),
	ATTR(HostInterfaceIp, "prefix", prefix, uint, 0, HAS(HostInterfaceIp, has_prefix),
	     .doc = N_("Length of the network's part.")),
	END_ROWS
};
static ELEMENT(host_interface_ip, "ip", HostInterfaceIp, ip_rows);

static const BindRow dhcp_rows[] = {
	ATTR(HostInterfaceDhcp, "peerdns", peerdns, yes_no, 0,
	     .doc = N_("Take name servers from DHCP.")),
	END_ROWS
};
static ELEMENT(host_interface_dhcp, "dhcp", HostInterfaceDhcp, dhcp_rows);

static const BindRow route_rows[] = {
	ATTR(HostInterfaceRoute, "gateway", gateway, str, BIND_REQUIRED,
	     .doc = N_("Address of the router.")),
	END_ROWS
};
static ELEMENT(host_interface_route, "route", HostInterfaceRoute, route_rows);

static const BindRow protocol_rows[] = {
	ATTR(HostInterfaceProtocol, "family", family, str, BIND_REQUIRED, .doc = N_("ipv4 or ipv6.")),
	FLAG(HostInterfaceProtocol, "autoconf", autoconf, 0, .doc = N_("IPv6 autoconfiguration.")),
	POINTER(HostInterfaceProtocol, "dhcp", dhcp, host_interface_dhcp, 0,
		.doc = N_("Address by DHCP.")),
	LIST(HostInterfaceProtocol, "ip", ips, host_interface_ip, 0, .doc = N_("Fixed address.")),
	LIST(HostInterfaceProtocol, "route", routes, host_interface_route, 0,
	     .doc = N_("Default route.")),
	END_ROWS
};
static ELEMENT(host_interface_protocol, "protocol", HostInterfaceProtocol, protocol_rows);

static const BindRow link_rows[] = {
	ATTR(HostInterfaceLink, "speed", speed, uint, 0, .doc = N_("Mbit per second.")),
	ATTR(HostInterfaceLink, "state", state, str, 0, .doc = N_("State of the moment.")),
	END_ROWS
};
static ELEMENT(host_interface_link, "link", HostInterfaceLink, link_rows);

static const BindRow miimon_rows[] = {
	ATTR(BondMiimon, "freq", freq, uint, BIND_REQUIRED, .doc = N_("Interval in ms.")),
	ATTR(BondMiimon, "downdelay", downdelay, uint, 0, HAS(BondMiimon, has_downdelay),
	     .doc = N_("Delay before a link counts as down, in ms.")),
	ATTR(BondMiimon, "updelay", updelay, uint, 0, HAS(BondMiimon, has_updelay),
	     .doc = N_("Delay before a link counts as up, in ms.")),
	ATTR(BondMiimon, "carrier", carrier, bond_carrier, 0, .doc = N_("How the link is asked.")),
	END_ROWS
};
static ELEMENT(bond_miimon, "miimon", BondMiimon, miimon_rows);

static const BindRow arpmon_rows[] = {
	ATTR(BondArpmon, "interval", interval, uint, BIND_REQUIRED, .doc = N_("Interval in ms.")),
	ATTR(BondArpmon, "target", target, str, BIND_REQUIRED, .doc = N_("Address that is asked.")),
	ATTR(BondArpmon, "validate", validate, bond_validate, 0, .doc = N_("Which links are checked.")),
	END_ROWS
};
static ELEMENT(bond_arpmon, "arpmon", BondArpmon, arpmon_rows);

static const BindRow bond_rows[] = {
	ATTR(HostBond, "mode", mode, bond_mode, 0, .doc = N_("How links share the traffic.")),
	POINTER(HostBond, "miimon", miimon, bond_miimon, 0, .doc = N_("Watch links by MII.")),
	POINTER(HostBond, "arpmon", arpmon, bond_arpmon, 0, .doc = N_("Watch links by ARP.")),
	LIST(HostBond, "interface", interfaces, host_interface, 0, .doc = N_("Link of the bond.")),
	END_ROWS
};
static ELEMENT(host_bond, "bond", HostBond, bond_rows);

static const BindRow bridge_rows[] = {
	ATTR(HostBridge, "stp", stp, on_off, 0, .doc = N_("Spanning tree protocol.")),
	ATTR(HostBridge, "delay", delay, token, 0, .doc = N_("Delay before forwarding, in seconds.")),
	LIST(HostBridge, "interface", interfaces, host_interface, 0, .doc = N_("Port of the bridge.")),
	END_ROWS
};
static ELEMENT(host_bridge, "bridge", HostBridge, bridge_rows);

static const BindRow vlan_rows[] = {
	ATTR(HostVlan, "tag", tag, uint, BIND_REQUIRED, .doc = N_("Number of the VLAN.")),
	VALUE(HostVlan, "interface", "name", interface, str, BIND_REQUIRED,
	      .doc = N_("Interface below.")),
	END_ROWS
};

static bool vlan_parsed(BindReader *reader, void *object, GError **error)
{
	const HostVlan *vlan = object;

	if (vlan->tag > 4095)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("the VLAN %u is above 4095"), vlan->tag);
	if (!vlan->interface)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("a VLAN needs <interface name='...'/>, the one below"));
	return true;
}
static ELEMENT(host_vlan, "vlan", HostVlan, vlan_rows, .parsed = vlan_parsed);

static const BindRow interface_rows[] = {
	ATTR(HostInterfaceDef, "type", type, host_interface_type, BIND_REQUIRED,
	     .doc = N_("Kind of interface.")),
	ATTR(HostInterfaceDef, "name", name, str, 0, .doc = N_("Name of the interface.")),
	VALUE(HostInterfaceDef, "start", "mode", start, start_mode, 0,
	      .doc = N_("When it is brought up.")),
	VALUE(HostInterfaceDef, "mtu", "size", mtu, uint, 0, .doc = N_("Largest packet.")),
	LIST(HostInterfaceDef, "protocol", protocols, host_interface_protocol, 0,
	     .doc = N_("Addresses of a family.")),
	POINTER(HostInterfaceDef, "link", link, host_interface_link, 0, .doc = N_("State of the link.")),
	VALUE(HostInterfaceDef, "mac", "address", mac, str, 0, .doc = N_("MAC address.")),
	POINTER(HostInterfaceDef, "bridge", bridge, host_bridge, 0,
		WHEN(HostInterfaceDef, type, BIT(HOST_INTERFACE_BRIDGE)), .doc = N_("The bridge.")),
	POINTER(HostInterfaceDef, "bond", bond, host_bond, 0,
		WHEN(HostInterfaceDef, type, BIT(HOST_INTERFACE_BOND)), .doc = N_("The bond.")),
	POINTER(HostInterfaceDef, "vlan", vlan, host_vlan, 0,
		WHEN(HostInterfaceDef, type, BIT(HOST_INTERFACE_VLAN)), .doc = N_("The VLAN.")),
	END_ROWS
};

static bool interface_parsed(BindReader *reader, void *object, GError **error)
{
	const HostInterfaceDef *def = object;

	if (!def->name && def->type != HOST_INTERFACE_VLAN)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("an interface of type '%s' needs 'name'"),
					host_interface_type_name(def->type));
	if ((def->type == HOST_INTERFACE_VLAN && !def->vlan) ||
	    (def->type == HOST_INTERFACE_BOND && !def->bond) ||
	    (def->type == HOST_INTERFACE_BRIDGE && !def->bridge))
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("an interface of type '%s' needs <%s>"),
					host_interface_type_name(def->type),
					host_interface_type_name(def->type));
	return true;
}
ELEMENT(host_interface, "interface", HostInterfaceDef, interface_rows, .parsed = interface_parsed,
	.doc = N_("A network interface of the host."));

HostInterfaceDef *host_interface_def_parse(const char *xml, gsize length, unsigned flags,
					   ConfDiags *diags, GError **error)
{
	return bind_parse(&bind_el_host_interface,
			  bind_reader_open(xml, length, flags, diags, error), error);
}

char *host_interface_def_format(const HostInterfaceDef *def, unsigned flags)
{
	return bind_format(&bind_el_host_interface, def, flags);
}

void host_interface_def_free(HostInterfaceDef *def)
{
	bind_free(&bind_el_host_interface, def);
}
