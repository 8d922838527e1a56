/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/network/network.h"

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/tables.h"

CONF_ENUM_DEFINE(forward_mode, FORWARD)
CONF_ENUM_DEFINE(forward_driver, FORWARD_DRIVER)
CONF_ENUM_DEFINE(lease_unit, LEASE_UNIT)

const BindNamespace bind_ns_dnsmasq = { "dnsmasq",
					"http://libvirt.org/schemas/network/dnsmasq/1.0" };

/* ---- forward ------------------------------------------------------------------------------- */

static const BindRow forward_interface_rows[] = {
	ATTR(ForwardInterface, "dev", dev, str, BIND_REQUIRED, .doc = N_("Host interface.")),
	ATTR(ForwardInterface, "connections", connections, uint, BIND_LIVE,
	     .doc = N_("Guests that use it.")),
	END_ROWS
};
static ELEMENT(forward_interface, "interface", ForwardInterface, forward_interface_rows);

static const BindRow forward_address_rows[] = {
	ATTR(ForwardAddress, "type", type, str, BIND_REQUIRED, .doc = N_("Always \"pci\".")),
	ATTR(ForwardAddress, "domain", pci.domain, hex4, BIND_ALWAYS, .doc = N_("PCI domain.")),
	ATTR(ForwardAddress, "bus", pci.bus, hex2, BIND_ALWAYS, .doc = N_("PCI bus.")),
	ATTR(ForwardAddress, "slot", pci.slot, hex2, BIND_ALWAYS, .doc = N_("PCI slot.")),
	ATTR(ForwardAddress, "function", pci.function, hex1, BIND_ALWAYS, .doc = N_("PCI function.")),
	ATTR(ForwardAddress, "connections", connections, uint, BIND_LIVE,
	     .doc = N_("Guests that use it.")),
	END_ROWS
};
static ELEMENT(forward_address, "address", ForwardAddress, forward_address_rows);

static const BindRow address_range_rows[] = {
	ATTR(AddressRange, "start", start, str, BIND_REQUIRED, .doc = N_("First address.")),
	ATTR(AddressRange, "end", end, str, BIND_REQUIRED, .doc = N_("Last address.")),
	END_ROWS
};
static ELEMENT(address_range, "address", AddressRange, address_range_rows);

static const BindRow port_range_rows[] = {
	ATTR(PortRange, "start", start, uint, BIND_REQUIRED, .doc = N_("First port.")),
	ATTR(PortRange, "end", end, uint, BIND_REQUIRED, .doc = N_("Last port.")),
	END_ROWS
};

static bool port_range_parsed(BindReader *reader, void *object, GError **error)
{
	const PortRange *range = object;

	if (range->start < 1 || range->end > 65535 || range->start > range->end)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("ports %u to %u are no range within 1 to 65535"),
					range->start, range->end);
	return true;
}
static ELEMENT(port_range, "port", PortRange, port_range_rows, .parsed = port_range_parsed);

static const BindRow nat_rows[] = {
	ATTR(ForwardNat, "ipv6", ipv6, yes_no, 0, .doc = N_("Translate IPv6 addresses, too.")),
	POINTER(ForwardNat, "address", addresses, address_range, 0,
		.doc = N_("Addresses that guests appear under.")),
	POINTER(ForwardNat, "port", ports, port_range, BIND_ONCE,
		.doc = N_("Ports that guests appear under.")),
	END_ROWS
};
static ELEMENT(forward_nat, "nat", ForwardNat, nat_rows);

static const BindRow forward_rows[] = {
	ATTR(NetworkForward, "dev", dev, str, 0, .doc = N_("Only through this interface.")),
	ATTR(NetworkForward, "mode", mode, forward_mode, 0, MISSING(FORWARD_NAT),
	     .doc = N_("How guests reach the world.")),
	ATTR(NetworkForward, "managed", managed, yes_no, 0,
	     .doc = N_("Detach devices from the host as needed.")),
	VALUE(NetworkForward, "driver", "name", driver, forward_driver, 0,
	      .doc = N_("How devices are assigned.")),
	VALUE(NetworkForward, "pf", "dev", pf, str, 0,
	      .doc = N_("Physical function whose virtual ones are handed out.")),
	POINTER(NetworkForward, "nat", nat, forward_nat, BIND_ONCE, .doc = N_("How addresses are translated.")),
	LIST(NetworkForward, "interface", interfaces, forward_interface, 0,
	     .doc = N_("One of several host interfaces.")),
	LIST(NetworkForward, "address", addresses, forward_address, 0,
	     .doc = N_("One of several devices.")),
	END_ROWS
};
static ELEMENT(network_forward, "forward", NetworkForward, forward_rows);

/* ---- addresses ----------------------------------------------------------------------------- */

static const BindRow lease_rows[] = {
	ATTR(NetworkLease, "expiry", expiry, uint64, BIND_REQUIRED | BIND_ALWAYS,
	     .doc = N_("How long; 0 is for ever.")),
	ATTR(NetworkLease, "unit", unit, lease_unit, 0, .doc = N_("Of the number; minutes when absent.")),
	END_ROWS
};
static ELEMENT(network_lease, "lease", NetworkLease, lease_rows);

static const BindRow range_rows[] = {
	ATTR(DhcpRange, "start", start, str, BIND_REQUIRED, .doc = N_("First address.")),
	ATTR(DhcpRange, "end", end, str, BIND_REQUIRED, .doc = N_("Last address.")),
	POINTER(DhcpRange, "lease", lease, network_lease, 0, .doc = N_("How long it is lent.")),
	END_ROWS
};
static ELEMENT(dhcp_range, "range", DhcpRange, range_rows);

static const BindRow host_rows[] = {
	ATTR(DhcpHost, "mac", mac, str, 0, .doc = N_("MAC address of the guest.")),
	ATTR(DhcpHost, "id", id, str, 0, .doc = N_("DHCPv6 identifier of the guest.")),
	ATTR(DhcpHost, "name", name, str, 0, .doc = N_("Name that it is given.")),
	ATTR(DhcpHost, "ip", ip, str, 0, .doc = N_("Address that it is given.")),
	POINTER(DhcpHost, "lease", lease, network_lease, 0, .doc = N_("How long it is lent.")),
	END_ROWS
};
static ELEMENT(dhcp_host, "host", DhcpHost, host_rows);

static const BindRow bootp_rows[] = {
	ATTR(DhcpBootp, "file", file, str, BIND_REQUIRED, .doc = N_("Boot file.")),
	ATTR(DhcpBootp, "server", server, str, 0, .doc = N_("Server that has it.")),
	END_ROWS
};
static ELEMENT(dhcp_bootp, "bootp", DhcpBootp, bootp_rows);

static const BindRow dhcp_rows[] = {
	LIST(NetworkDhcp, "range", ranges, dhcp_range, 0, .doc = N_("Addresses that are lent.")),
	LIST(NetworkDhcp, "host", hosts, dhcp_host, 0, .doc = N_("Guest with a fixed address.")),
	POINTER(NetworkDhcp, "bootp", bootp, dhcp_bootp, 0, .doc = N_("What guests boot from.")),
	END_ROWS
};
static ELEMENT(network_dhcp, "dhcp", NetworkDhcp, dhcp_rows);

static const BindRow ip_rows[] = {
	ATTR(NetworkIp, "family", family, str, 0, .doc = N_("ipv4 or ipv6.")),
	ATTR(NetworkIp, "address", address, str, 0, .doc = N_("Address of the bridge.")),
	ATTR(NetworkIp, "netmask", netmask, str, 0, .doc = N_("Mask of an IPv4 network.")),
	ATTR(NetworkIp, "prefix", prefix, uint, 0, HAS(NetworkIp, has_prefix),
	     .doc = N_("Length of the network's part.")),
	ATTR(NetworkIp, "localPtr", local_ptr, yes_no, 0,
	     .doc = N_("Answer reverse look-ups only here.")),
	VALUE(NetworkIp, "tftp", "root", tftp_root, str, 0, .doc = N_("Directory served by TFTP.")),
	POINTER(NetworkIp, "dhcp", dhcp, network_dhcp, 0, .doc = N_("Addresses for guests.")),
	END_ROWS
};
static ELEMENT(network_ip, "ip", NetworkIp, ip_rows);

/* ---- names --------------------------------------------------------------------------------- */

static const BindRow forwarder_rows[] = {
	ATTR(DnsForwarder, "domain", domain, str, 0, .doc = N_("Only for names in it.")),
	ATTR(DnsForwarder, "addr", address, str, 0, .doc = N_("Server that is asked.")),
	END_ROWS
};
static ELEMENT(dns_forwarder, "forwarder", DnsForwarder, forwarder_rows);

static const BindRow txt_rows[] = {
	ATTR(DnsTxt, "name", name, str, BIND_REQUIRED, .doc = N_("Name of the record.")),
	ATTR(DnsTxt, "value", value, str, 0, .doc = N_("Its text.")),
	END_ROWS
};
static ELEMENT(dns_txt, "txt", DnsTxt, txt_rows);

static const BindRow srv_rows[] = {
	ATTR(DnsSrv, "service", service, str, BIND_REQUIRED, .doc = N_("Name of the service.")),
	ATTR(DnsSrv, "protocol", protocol, str, BIND_REQUIRED, .doc = N_("tcp or udp.")),
	ATTR(DnsSrv, "domain", domain, str, 0, .doc = N_("Domain that it belongs to.")),
	ATTR(DnsSrv, "target", target, str, 0, .doc = N_("Host that provides it.")),
	ATTR(DnsSrv, "port", port, uint, 0, HAS(DnsSrv, has_port), .doc = N_("Its port.")),
	ATTR(DnsSrv, "priority", priority, uint, 0, HAS(DnsSrv, has_priority),
	     .doc = N_("Lower ones are asked first.")),
	ATTR(DnsSrv, "weight", weight, uint, 0, HAS(DnsSrv, has_weight),
	     .doc = N_("Share among those of equal priority.")),
	END_ROWS
};
static ELEMENT(dns_srv, "srv", DnsSrv, srv_rows);

static const BindRow dns_host_rows[] = {
	ATTR(DnsHost, "ip", ip, str, 0, .doc = N_("Address.")),
	STRINGS(DnsHost, "hostname", names, 0, .doc = N_("Name of the address.")),
	END_ROWS
};
static ELEMENT(dns_host, "host", DnsHost, dns_host_rows);

static const BindRow dns_rows[] = {
	ATTR(NetworkDns, "enable", enable, yes_no, 0, .doc = N_("Run a name server.")),
	ATTR(NetworkDns, "forwardPlainNames", forward_plain_names, yes_no, 0,
	     .doc = N_("Ask others for names without a domain.")),
	LIST(NetworkDns, "forwarder", forwarders, dns_forwarder, 0, .doc = N_("Server that is asked.")),
	LIST(NetworkDns, "txt", txts, dns_txt, 0, .doc = N_("TXT record.")),
	LIST(NetworkDns, "srv", srvs, dns_srv, 0, .doc = N_("SRV record.")),
	LIST(NetworkDns, "host", hosts, dns_host, 0, .doc = N_("Names of an address.")),
	END_ROWS
};
static ELEMENT(network_dns, "dns", NetworkDns, dns_rows);

static const BindRow domain_rows[] = {
	ATTR(NetworkDomain, "name", name, str, BIND_REQUIRED, .doc = N_("DNS domain of the guests.")),
	ATTR(NetworkDomain, "localOnly", local_only, yes_no, 0,
	     .doc = N_("Never ask others for names in it.")),
	ATTR(NetworkDomain, "register", register_, yes_no, 0,
	     .doc = N_("Make guests' names known to the host's resolver.")),
	END_ROWS
};
static ELEMENT(network_domain, "domain", NetworkDomain, domain_rows);

/* ---- the network --------------------------------------------------------------------------- */

static const BindRow bridge_rows[] = {
	ATTR(NetworkBridge, "name", name, str, 0, .doc = N_("Name of the host's bridge.")),
	ATTR(NetworkBridge, "zone", zone, str, 0, .doc = N_("Zone of firewalld.")),
	ATTR(NetworkBridge, "stp", stp, on_off, 0, .doc = N_("Spanning tree protocol.")),
	ATTR(NetworkBridge, "delay", delay, uint64, BIND_ALWAYS,
	     WHEN(NetworkBridge, stp, BIT(TRISTATE_YES) | BIT(TRISTATE_NO)),
	     .doc = N_("Delay before forwarding, in seconds.")),
	ATTR(NetworkBridge, "delay", delay, uint64, 0, WHEN(NetworkBridge, stp, BIT(TRISTATE_ABSENT)),
	     .doc = N_("Delay before forwarding, in seconds.")),
	ATTR(NetworkBridge, "macTableManager", mac_table_manager, mac_table_manager, 0,
	     .doc = N_("Who keeps the table of addresses.")),
	END_ROWS
};
static ELEMENT(network_bridge, "bridge", NetworkBridge, bridge_rows);

static const BindRow portgroup_rows[] = {
	ATTR(PortGroup, "name", name, str, BIND_REQUIRED, .doc = N_("Name, unique in the network.")),
	ATTR(PortGroup, "default", is_default, yes_no, 0,
	     .doc = N_("For interfaces that name none.")),
	ATTR(PortGroup, "trustGuestRxFilters", trust_guest_rx_filters, yes_no, 0,
	     .doc = N_("Follow changes of the guest's MAC.")),
	POINTER(PortGroup, "vlan", vlan, vlan, 0, .doc = N_("VLANs of the port.")),
	POINTER(PortGroup, "virtualport", virtualport, virtualport, 0,
		.doc = N_("Parameters of the switch's port.")),
	POINTER(PortGroup, "bandwidth", bandwidth, bandwidth, 0, .doc = N_("Limits of the port.")),
	END_ROWS
};
static ELEMENT(network_portgroup, "portgroup", PortGroup, portgroup_rows);

static const BindRow option_rows[] = {
	ATTR(DnsmasqOption, "value", value, str, BIND_REQUIRED, .doc = N_("Line of the configuration.")),
	END_ROWS
};
static ELEMENT(dnsmasq_option, "option", DnsmasqOption, option_rows);

static const BindRow options_rows[] = {
	LIST(NetworkDef, "option", dnsmasq_options, dnsmasq_option, 0, .ns = &bind_ns_dnsmasq,
	     .doc = N_("Option of dnsmasq(8).")),
	END_ROWS
};
static ELEMENT(dnsmasq_options, "options", NetworkDef, options_rows);

static const BindRow network_rows[] = {
	ATTR(NetworkDef, "connections", connections, uint, BIND_LIVE,
	     .doc = N_("Guests that use the network.")),
	ATTR(NetworkDef, "ipv6", ipv6, yes_no, 0,
	     .doc = N_("IPv6 between guests, though there is no address.")),
	ATTR(NetworkDef, "trustGuestRxFilters", trust_guest_rx_filters, yes_no, 0,
	     .doc = N_("Follow changes of guests' MACs.")),
	LEAF(NetworkDef, "name", name, str, BIND_REQUIRED, .doc = N_("Unique name.")),
	LEAF(NetworkDef, "uuid", uuid, uuid, 0, .doc = N_("Identity; made when absent.")),
	LEAF(NetworkDef, "title", title, str, 0, .doc = N_("A line for people.")),
	LEAF(NetworkDef, "description", description, str, 0, .doc = N_("Text for people.")),
	RAW(NetworkDef, "metadata", metadata, 0, .doc = N_("Applications' own data.")),
	POINTER(NetworkDef, "forward", forward, network_forward, 0,
		.doc = N_("How guests reach the world; absent: not at all.")),
	POINTER(NetworkDef, "bridge", bridge, network_bridge, 0, .doc = N_("Bridge of the network.")),
	VALUE(NetworkDef, "mtu", "size", mtu, uint, 0, .doc = N_("Largest packet.")),
	VALUE(NetworkDef, "mac", "address", mac, mac, 0, .doc = N_("MAC address of the bridge.")),
	POINTER(NetworkDef, "domain", domain, network_domain, 0, .doc = N_("DNS domain.")),
	POINTER(NetworkDef, "dns", dns, network_dns, 0, .doc = N_("Name server.")),
	POINTER(NetworkDef, "vlan", vlan, vlan, 0, .doc = N_("VLANs of guests' ports.")),
	POINTER(NetworkDef, "bandwidth", bandwidth, bandwidth, 0, .doc = N_("Limits of the network.")),
	VALUE(NetworkDef, "port", "isolated", port_isolated, yes_no, 0,
	      .doc = N_("Guests cannot reach each other.")),
	LIST(NetworkDef, "ip", ips, network_ip, 0, .doc = N_("Address of the bridge.")),
	LIST(NetworkDef, "route", routes, net_route, 0, .doc = N_("Static route.")),
	POINTER(NetworkDef, "virtualport", virtualport, virtualport, 0,
		.doc = N_("Parameters of the switch's ports.")),
	LIST(NetworkDef, "portgroup", portgroups, network_portgroup, 0, .doc = N_("Kind of port.")),
	CHILD("options", dnsmasq_options, BIND_MERGE, .ns = &bind_ns_dnsmasq,
	      .doc = N_("Options of dnsmasq(8); taints the network.")),
	END_ROWS
};
ELEMENT(network, "network", NetworkDef, network_rows, .doc = N_("A virtual network."));

char *network_def_format(const NetworkDef *def, unsigned flags)
{
	return bind_format(&bind_el_network, def, flags);
}

NetworkDef *network_def_copy(const NetworkDef *def)
{
	return bind_copy(&bind_el_network, def);
}

void network_def_free(NetworkDef *def)
{
	bind_free(&bind_el_network, def);
}
