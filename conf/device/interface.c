/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(virtualport_type, VIRTUALPORT)
CONF_ENUM_DEFINE(native_vlan_mode, NATIVE_VLAN)
CONF_ENUM_DEFINE(interface_type, INTERFACE)
CONF_ENUM_DEFINE(macvtap_mode, MACVTAP)
CONF_ENUM_DEFINE(mac_type, MAC_TYPE)
CONF_ENUM_DEFINE(link_state, LINK_STATE)
CONF_ENUM_DEFINE(interface_driver, INTERFACE_DRIVER)
CONF_ENUM_DEFINE(txmode, TXMODE)
CONF_ENUM_DEFINE(interface_backend, INTERFACE_BACKEND)
CONF_ENUM_DEFINE(teaming_type, TEAMING)
CONF_ENUM_DEFINE(port_forward_protocol, PORT_FORWARD)
CONF_ENUM_DEFINE(mac_table_manager, MAC_TABLE)

static const BindRow parameters_rows[] = {
	ATTR(VirtualPort, "managerid", managerid, uint_any, 0, HAS(VirtualPort, has_managerid)),
	ATTR(VirtualPort, "typeid", typeid, uint_any, 0, HAS(VirtualPort, has_typeid)),
	ATTR(VirtualPort, "typeidversion", typeidversion, uint_any, 0, HAS(VirtualPort,
	     has_typeidversion)),
	ATTR(VirtualPort, "instanceid", instanceid, uuid, 0),
	ATTR(VirtualPort, "interfaceid", interfaceid, uuid, 0),
	ATTR(VirtualPort, "profileid", profileid, str, 0),
	END_ROWS
};
static ELEMENT(virtualport_parameters, NULL, VirtualPort, parameters_rows);
static const BindRow virtualport_rows[] = {
	ATTR(VirtualPort, "type", type, virtualport_type, 0),
	CHILD("parameters", virtualport_parameters, 0),
	END_ROWS
};
ELEMENT(virtualport, NULL, VirtualPort, virtualport_rows);

static const BindRow tag_rows[] = {
	ATTR(VlanTag, "id", id, uint, BIND_REQUIRED),
	ATTR(VlanTag, "nativeMode", native_mode, native_vlan_mode, 0),
	END_ROWS
};
static ELEMENT(vlan_tag, NULL, VlanTag, tag_rows);
static const BindRow vlan_rows[] = {
	ATTR(Vlan, "trunk", trunk, yes_no, 0),
	LIST(Vlan, "tag", tags, vlan_tag, 0),
	END_ROWS
};
ELEMENT(vlan, NULL, Vlan, vlan_rows);

static const BindRow rate_rows[] = {
	ATTR(BandwidthRate, "average", average, uint64, 0, HAS(BandwidthRate, has_average)),
	ATTR(BandwidthRate, "peak", peak, uint64, 0),
	ATTR(BandwidthRate, "floor", floor, uint64, 0, HAS(BandwidthRate, has_floor)),
	ATTR(BandwidthRate, "burst", burst, uint64, 0),
	END_ROWS
};
static ELEMENT(bandwidth_rate, NULL, BandwidthRate, rate_rows);
static const BindRow bandwidth_rows[] = {
	ATTR(Bandwidth, "classID", class_id, uint, BIND_LIVE),
	POINTER(Bandwidth, "inbound", in, bandwidth_rate, BIND_ONCE),
	POINTER(Bandwidth, "outbound", out, bandwidth_rate, BIND_ONCE),
	END_ROWS
};
ELEMENT(bandwidth, NULL, Bandwidth, bandwidth_rows);

static const BindRow ip_rows[] = {
	ATTR(NetIp, "address", address, str, BIND_REQUIRED),
	ATTR(NetIp, "family", family, str, 0),
	ATTR(NetIp, "prefix", prefix, uint, 0, HAS(NetIp, has_prefix)),
	ATTR(NetIp, "peer", peer, str, 0),
	END_ROWS
};
ELEMENT(net_ip, NULL, NetIp, ip_rows);
static const BindRow route_rows[] = {
	ATTR(NetRoute, "family", family, str, 0),
	ATTR(NetRoute, "address", address, str, BIND_REQUIRED),
	ATTR(NetRoute, "netmask", netmask, str, 0),
	ATTR(NetRoute, "prefix", prefix, uint, 0, HAS(NetRoute, has_prefix)),
	ATTR(NetRoute, "gateway", gateway, str, BIND_REQUIRED),
	ATTR(NetRoute, "metric", metric, uint, 0, HAS(NetRoute, has_metric)),
	END_ROWS
};
ELEMENT(net_route, NULL, NetRoute, route_rows);

static const BindRow teaming_rows[] = {
	ATTR(Teaming, "type", type, teaming_type, BIND_REQUIRED | G),
	ATTR(Teaming, "persistent", persistent, str, G),
	END_ROWS
};
ELEMENT(teaming, NULL, Teaming, teaming_rows);

static const BindRow range_rows[] = {
	ATTR(PortForwardRange, "start", start, uint, BIND_REQUIRED),
	ATTR(PortForwardRange, "end", end, uint, 0),
	ATTR(PortForwardRange, "to", to, uint, 0),
	ATTR(PortForwardRange, "exclude", exclude, yes_no, 0),
	END_ROWS
};
static ELEMENT(port_forward_range, NULL, PortForwardRange, range_rows);
static const BindRow forward_rows[] = {
	ATTR(PortForward, "proto", protocol, port_forward_protocol, BIND_REQUIRED),
	ATTR(PortForward, "address", address, str, 0),
	ATTR(PortForward, "dev", dev, str, 0),
	LIST(PortForward, "range", ranges, port_forward_range, 0),
	END_ROWS
};
static ELEMENT(port_forward, NULL, PortForward, forward_rows);

static const BindRow parameter_rows[] = {
	ATTR(FilterParameter, "name", name, str, BIND_REQUIRED),
	ATTR(FilterParameter, "value", value, str, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(filter_parameter, NULL, FilterParameter, parameter_rows);
static const BindRow filterref_rows[] = {
	ATTR(FilterRef, "filter", filter, str, BIND_REQUIRED),
	LIST(FilterRef, "parameter", parameters, filter_parameter, 0),
	END_ROWS
};
ELEMENT(filterref, NULL, FilterRef, filterref_rows);

static const BindRow mac_rows[] = {
	ATTR(DomainInterface, "address", mac, mac, BIND_REQUIRED | G),
	ATTR(DomainInterface, "type", mac_type, mac_type, 0),
	ATTR(DomainInterface, "check", mac_check, yes_no, 0),
	END_ROWS
};
static ELEMENT(interface_mac, NULL, DomainInterface, mac_rows);

#define IS(types) WHEN(DomainInterface, type, types)
#define NAMED (BIT(INTERFACE_NETWORK) | BIT(INTERFACE_BRIDGE) | BIT(INTERFACE_DIRECT))
#define SOCKETS (BIT(INTERFACE_SERVER) | BIT(INTERFACE_CLIENT) | BIT(INTERFACE_MCAST) | BIT(INTERFACE_UDP))
static const BindRow local_rows[] = {
	ATTR(DomainInterface, "address", local_address, str, BIND_REQUIRED),
	ATTR(DomainInterface, "port", local_port, uint, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(interface_local, NULL, DomainInterface, local_rows);

#define HOST_PCI WHEN(HostAddress, type, BIT(ADDRESS_PCI))
#define HOST_USB WHEN(HostAddress, type, BIT(ADDRESS_USB))
static const BindRow host_address_rows[] = {
	ATTR(HostAddress, "type", type, address_type, BIND_REQUIRED),
	INCLUDE_IN(HostAddress, pci, pci_address, HOST_PCI),
	ATTR(HostAddress, "bus", usb_bus, uint_any, 0, HOST_USB),
	ATTR(HostAddress, "device", usb_device, uint_any, 0, HOST_USB),
	END_ROWS
};
static ELEMENT(host_address, NULL, HostAddress, host_address_rows);
static const BindRow source_rows[] = {
	ATTR(DomainInterface, "network", network, str, BIND_REQUIRED, IS(BIT(INTERFACE_NETWORK))),
	ATTR(DomainInterface, "network", network, str, BIND_LIVE,
	     IS(BIT(INTERFACE_BRIDGE) | BIT(INTERFACE_DIRECT))),
	ATTR(DomainInterface, "portgroup", portgroup, str, 0, IS(NAMED)),
	ATTR(DomainInterface, "portid", portid, str, BIND_LIVE, IS(NAMED)),
	ATTR(DomainInterface, "bridge", bridge, str, BIND_REQUIRED, IS(BIT(INTERFACE_BRIDGE))),
	ATTR(DomainInterface, "bridge", bridge, str, BIND_LIVE, IS(BIT(INTERFACE_NETWORK))),
	ATTR(DomainInterface, "macTableManager", mac_table_manager, mac_table_manager, BIND_LIVE,
	     IS(BIT(INTERFACE_NETWORK) | BIT(INTERFACE_BRIDGE))),
	ATTR(DomainInterface, "dev", dev, str, BIND_REQUIRED,
	     IS(BIT(INTERFACE_DIRECT) | BIT(INTERFACE_VDPA))),
	ATTR(DomainInterface, "dev", dev, str, 0, IS(BIT(INTERFACE_USER))),
	ATTR(DomainInterface, "dev", dev, str, BIND_LIVE, IS(BIT(INTERFACE_NETWORK))),
	ATTR(DomainInterface, "mode", dev_mode, macvtap_mode, 0, IS(BIT(INTERFACE_DIRECT))),
	ATTR(DomainInterface, "name", name, str, BIND_REQUIRED, IS(BIT(INTERFACE_INTERNAL))),
	ATTR(DomainInterface, "address", address, str, 0, IS(SOCKETS)),
	ATTR(DomainInterface, "port", port, uint, BIND_REQUIRED, IS(SOCKETS)),
	ATTR(DomainInterface, "switchid", switchid, str, BIND_REQUIRED, IS(BIT(INTERFACE_VDS))),
	ATTR(DomainInterface, "portid", vds_portid, int64, BIND_REQUIRED,
	     IS(BIT(INTERFACE_VDS))),
	ATTR(DomainInterface, "portgroupid", portgroupid, str, BIND_REQUIRED,
	     IS(BIT(INTERFACE_VDS))),
	ATTR(DomainInterface, "connectionid", connectionid, int64, BIND_REQUIRED,
	     IS(BIT(INTERFACE_VDS))),
	INCLUDE_IN(DomainInterface, vhost, unix_source, IS(BIT(INTERFACE_VHOSTUSER))),
	CHILD("local", interface_local, 0, IS(BIT(INTERFACE_UDP)), HAS(DomainInterface, has_local)),
	CHILD_IN(DomainInterface, "address", host, host_address, 0, IS(BIT(INTERFACE_HOSTDEV))),
	LIST(DomainInterface, "ip", source_ips, net_ip, 0, IS(BIT(INTERFACE_ETHERNET))),
	LIST(DomainInterface, "route", source_routes, net_route, 0, IS(BIT(INTERFACE_ETHERNET))),
	END_ROWS
};
static ELEMENT(interface_source, NULL, DomainInterface, source_rows);

#define OFFLOAD(name) ATTR(InterfaceOffloads, #name, name, on_off, G)
static const BindRow host_offload_rows[] = {
	OFFLOAD(csum), OFFLOAD(gso), OFFLOAD(tso4), OFFLOAD(tso6), OFFLOAD(ecn), OFFLOAD(ufo),
	OFFLOAD(mrg_rxbuf),
	END_ROWS
};
static ELEMENT(host_offloads, NULL, InterfaceOffloads, host_offload_rows);
static const BindRow guest_offload_rows[] = {
	OFFLOAD(csum), OFFLOAD(tso4), OFFLOAD(tso6), OFFLOAD(ecn), OFFLOAD(ufo), END_ROWS
};
static ELEMENT(guest_offloads, NULL, InterfaceOffloads, guest_offload_rows);
static const BindRow driver_rows[] = {
	ATTR(DomainInterface, "name", driver, interface_driver, 0),
	ATTR(DomainInterface, "txmode", txmode, txmode, G, .code = VIR_ERR_CONFIG_UNSUPPORTED),
	ATTR(DomainInterface, "ioeventfd", ioeventfd, on_off, G),
	ATTR(DomainInterface, "event_idx", event_idx, on_off, G),
	ATTR(DomainInterface, "queues", queues, uint, G),
	ATTR(DomainInterface, "rx_queue_size", rx_queue_size, uint, G),
	ATTR(DomainInterface, "tx_queue_size", tx_queue_size, uint, G),
	ATTR(DomainInterface, "rss", rss, on_off, G),
	ATTR(DomainInterface, "rss_hash_report", rss_hash_report, on_off, G),
	INCLUDE_IN(DomainInterface, virtio, virtio_options),
	CHILD_IN(DomainInterface, "host", host_offloads, host_offloads, 0),
	CHILD_IN(DomainInterface, "guest", guest_offloads, guest_offloads, 0),
	END_ROWS
};
static ELEMENT(interface_driver, NULL, DomainInterface, driver_rows);

static const BindRow backend_rows[] = {
	ATTR(DomainInterface, "type", backend, interface_backend, 0),
	ATTR(DomainInterface, "tap", backend_tap, str, 0),
	ATTR(DomainInterface, "vhost", backend_vhost, str, 0),
	ATTR(DomainInterface, "logFile", backend_log_file, str, 0),
	ATTR(DomainInterface, "hostname", backend_hostname, str, 0),
	ATTR(DomainInterface, "fqdn", backend_fqdn, str, 0),
	END_ROWS
};
static ELEMENT(interface_backend, NULL, DomainInterface, backend_rows);
static const BindRow target_rows[] = {
	ATTR(DomainInterface, "dev", target, str, 0),
	ATTR(DomainInterface, "managed", target_managed, yes_no, 0),
	END_ROWS
};
static ELEMENT(interface_target, NULL, DomainInterface, target_rows);
static const BindRow guest_rows[] = {
	ATTR(DomainInterface, "dev", guest_dev, str, G),
	ATTR(DomainInterface, "actual", guest_actual, str, BIND_LIVE),
	END_ROWS
};
static ELEMENT(interface_guest, NULL, DomainInterface, guest_rows);
static const BindRow tune_rows[] = {
	LEAF(DomainInterface, "sndbuf", sndbuf, uint64, 0, HAS(DomainInterface, has_sndbuf)),
	     END_ROWS
};
static ELEMENT(interface_tune, NULL, DomainInterface, tune_rows);
static const BindRow frames_rows[] = {
	VALUE(DomainInterface, "frames", "max", coalesce_rx_frames, uint, 0), END_ROWS
};
static ELEMENT(coalesce_rx, NULL, DomainInterface, frames_rows);
static const BindRow coalesce_rows[] = { CHILD("rx", coalesce_rx, 0), END_ROWS };
static ELEMENT(interface_coalesce, NULL, DomainInterface, coalesce_rows);

/* Names that are made up at each start are not part of a definition. */
static bool interface_parsed(BindReader *reader, void *object, GError **error)
{
	static const char *const generated[] = { "vnet", "vif", "macvtap", "macvlan" };
	DomainInterface *interface = object;

	if (interface->mac.set && mac_is_multicast(&interface->mac))
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("a network interface needs a unicast MAC address"));
	if (!(bind_reader_flags(reader) & CONF_INACTIVE) || !interface->target ||
	    interface->target_managed == TRISTATE_NO)
		return true;
	for (guint i = 0; i < G_N_ELEMENTS(generated); i++)
		if (g_str_has_prefix(interface->target, generated[i])) {
			g_clear_pointer(&interface->target, g_free);
			break;
		}
	return true;
}

static const BindRow interface_rows[] = {
	ATTR(DomainInterface, "type", type, interface_type, 0, MISSING(INTERFACE_USER)),
	ATTR(DomainInterface, "managed", managed, yes_no, 0, IS(BIT(INTERFACE_HOSTDEV))),
	ATTR(DomainInterface, "trustGuestRxFilters", trust_guest_rx_filters, yes_no, 0),
	CHILD("mac", interface_mac, 0),
	CHILD("source", interface_source, 0),
	POINTER(DomainInterface, "vlan", vlan, vlan, 0),
	POINTER(DomainInterface, "virtualport", virtualport, virtualport, 0),
	POINTER(DomainInterface, "bandwidth", bandwidth, bandwidth, 0),
	VALUE(DomainInterface, "port", "isolated", isolated, yes_no, 0),
	LIST(DomainInterface, "ip", ips, net_ip, 0),
	LIST(DomainInterface, "route", routes, net_route, 0),
	LIST(DomainInterface, "portForward", port_forwards, port_forward, 0),
	VALUE(DomainInterface, "script", "path", script, str, 0),
	VALUE(DomainInterface, "downscript", "path", downscript, str, 0),
	VALUE(DomainInterface, "backenddomain", "name", backenddomain, str, 0),
	CHILD("target", interface_target, 0),
	CHILD("guest", interface_guest, 0),
	VALUE(DomainInterface, "model", "type", model, str, G),
	CHILD("driver", interface_driver, 0),
	CHILD("backend", interface_backend, 0),
	POINTER(DomainInterface, "filterref", filter, filterref, 0),
	CHILD("tune", interface_tune, 0),
	VALUE(DomainInterface, "link", "state", link, link_state, 0),
	VALUE(DomainInterface, "mtu", "size", mtu, uint, G),
	CHILD("coalesce", interface_coalesce, 0),
	POINTER(DomainInterface, "teaming", teaming, teaming, G),
	INCLUDE_IN(DomainInterface, info, device_boot),
	INCLUDE_IN(DomainInterface, info, device_alias),
	INCLUDE_IN(DomainInterface, info, device_rom),
	INCLUDE_IN(DomainInterface, info, device_place),
	END_ROWS
};
ELEMENT(domain_interface, "interface", DomainInterface, interface_rows,
	.parsed = interface_parsed);
