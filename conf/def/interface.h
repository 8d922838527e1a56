/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network interfaces of a guest, and the parts that they share with <network> documents: virtual
 * ports, VLANs, bandwidths, addresses and routes. Part of a DomainDef or a NetworkDef.
 */
#pragma once

#include "conf/def/chardev.h"

#define VIRTUALPORT_VALUES(X) \
	X(VIRTUALPORT_NONE, "none") X(VIRTUALPORT_8021QBG, "802.1Qbg") \
	X(VIRTUALPORT_8021QBH, "802.1Qbh") X(VIRTUALPORT_OPENVSWITCH, "openvswitch") \
	X(VIRTUALPORT_MIDONET, "midonet")
CONF_ENUM(VirtualPortType, virtualport_type, VIRTUALPORT)
typedef struct {
	VirtualPortType type;
	guint managerid, typeid, typeidversion;
	bool has_managerid, has_typeid, has_typeidversion;
	Uuid instanceid, interfaceid;
	char *profileid;
} VirtualPort;

#define NATIVE_VLAN_VALUES(X) \
	X(NATIVE_VLAN_TAGGED, "tagged") X(NATIVE_VLAN_UNTAGGED, "untagged")
CONF_ENUM(NativeVlanMode, native_vlan_mode, NATIVE_VLAN)
typedef struct {
	guint id;
	NativeVlanMode native_mode;
} VlanTag;
typedef struct {
	Tristate trunk;
	GPtrArray *tags; /* VlanTag */
} Vlan;

/* KiB per second; burst in KiB. 0 = none. */
typedef struct {
	guint64 average, peak, floor, burst;
	bool has_average, has_floor;
} BandwidthRate;
typedef struct {
	guint class_id; /* live */
	BandwidthRate *in, *out;
} Bandwidth;

typedef struct {
	char *address, *family, *peer;
	guint prefix;
	bool has_prefix;
} NetIp;
typedef struct {
	char *family, *address, *netmask, *gateway;
	guint prefix, metric;
	bool has_prefix, has_metric;
} NetRoute;

#define INTERFACE_VALUES(X) \
	X(INTERFACE_USER, "user") X(INTERFACE_ETHERNET, "ethernet") \
	X(INTERFACE_VHOSTUSER, "vhostuser") X(INTERFACE_SERVER, "server") \
	X(INTERFACE_CLIENT, "client") X(INTERFACE_MCAST, "mcast") \
	X(INTERFACE_NETWORK, "network") X(INTERFACE_BRIDGE, "bridge") \
	X(INTERFACE_INTERNAL, "internal") X(INTERFACE_DIRECT, "direct") \
	X(INTERFACE_HOSTDEV, "hostdev") X(INTERFACE_UDP, "udp") X(INTERFACE_VDPA, "vdpa") \
	X(INTERFACE_NULL, "null") X(INTERFACE_VDS, "vds")
CONF_ENUM(InterfaceType, interface_type, INTERFACE)
#define MACVTAP_VALUES(X) \
	X(MACVTAP_VEPA, "vepa") X(MACVTAP_PRIVATE, "private") X(MACVTAP_BRIDGE, "bridge") \
	X(MACVTAP_PASSTHROUGH, "passthrough")
CONF_ENUM(MacvtapMode, macvtap_mode, MACVTAP)
#define MAC_TYPE_VALUES(X) X(MAC_TYPE_GENERATED, "generated") X(MAC_TYPE_STATIC, "static")
CONF_ENUM(MacType, mac_type, MAC_TYPE)
#define LINK_STATE_VALUES(X) X(LINK_STATE_UP, "up") X(LINK_STATE_DOWN, "down")
CONF_ENUM(LinkState, link_state, LINK_STATE)
#define INTERFACE_DRIVER_VALUES(X) \
	X(INTERFACE_DRIVER_QEMU, "qemu") X(INTERFACE_DRIVER_VHOST, "vhost") \
	X(INTERFACE_DRIVER_KVM, "kvm") X(INTERFACE_DRIVER_VFIO, "vfio") \
	X(INTERFACE_DRIVER_XEN, "xen")
CONF_ENUM(InterfaceDriver, interface_driver, INTERFACE_DRIVER)
#define TXMODE_VALUES(X) X(TXMODE_IOTHREAD, "iothread") X(TXMODE_TIMER, "timer")
CONF_ENUM(InterfaceTxMode, txmode, TXMODE)
#define INTERFACE_BACKEND_VALUES(X) \
	X(INTERFACE_BACKEND_DEFAULT, "default") X(INTERFACE_BACKEND_PASST, "passt")
CONF_ENUM(InterfaceBackend, interface_backend, INTERFACE_BACKEND)
#define TEAMING_VALUES(X) X(TEAMING_PERSISTENT, "persistent") X(TEAMING_TRANSIENT, "transient")
CONF_ENUM(TeamingType, teaming_type, TEAMING)
#define PORT_FORWARD_VALUES(X) X(PORT_FORWARD_TCP, "tcp") X(PORT_FORWARD_UDP, "udp")
CONF_ENUM(PortForwardProtocol, port_forward_protocol, PORT_FORWARD)
#define MAC_TABLE_VALUES(X) X(MAC_TABLE_KERNEL, "kernel") X(MAC_TABLE_LIBVIRT, "libvirt")
CONF_ENUM(MacTableManager, mac_table_manager, MAC_TABLE)

typedef struct {
	guint start, end, to;
	Tristate exclude;
} PortForwardRange;
typedef struct {
	PortForwardProtocol protocol;
	char *address, *dev;
	GPtrArray *ranges; /* PortForwardRange */
} PortForward;

typedef struct {
	TeamingType type;
	char *persistent;
} Teaming;

typedef struct {
	char *name, *value;
} FilterParameter;
typedef struct {
	char *filter;
	GPtrArray *parameters; /* FilterParameter */
} FilterRef;

typedef struct {
	Tristate csum, gso, tso4, tso6, ecn, ufo, mrg_rxbuf;
} InterfaceOffloads;

/* <hostdev> and interfaces of that type: a host device by its place. */
typedef struct {
	AddressType type; /* pci, usb */
	PciAddress pci;
	guint usb_bus, usb_device;
	guint usb_vendor, usb_product;
	bool has_usb_vendor;
} HostAddress;

typedef struct {
	DeviceInfo info;
	InterfaceType type;
	Mac mac;
	MacType mac_type;
	Tristate mac_check;
	Tristate managed; /* hostdev */
	Tristate trust_guest_rx_filters;
	char *network, *portgroup, *portid; /* network; portid is live */
	char *bridge;			    /* bridge; network: live */
	MacTableManager mac_table_manager;
	char *dev;	      /* direct, vdpa, user */
	MacvtapMode dev_mode; /* direct */
	char *name;	      /* internal */
	char *address, *local_address; /* server, client, mcast, udp */
	guint port, local_port;
	bool has_local;
	ChardevSource vhost;	       /* vhostuser: a unix socket */
	HostAddress host;	       /* hostdev */
	char *switchid, *portgroupid;  /* vds; portid as above */
	gint64 vds_portid, connectionid;
	GPtrArray *source_ips, *source_routes; /* ethernet: NetIp, NetRoute of the host side */
	VirtualPort *virtualport;
	Vlan *vlan;
	Tristate isolated;
	Bandwidth *bandwidth;
	char *script, *downscript, *backenddomain;
	char *target; /* "vnet0" */
	Tristate target_managed;
	char *guest_dev, *guest_actual; /* containers */
	char *model;			/* "virtio", "e1000", ... */
	InterfaceDriver driver;
	InterfaceTxMode txmode;
	Tristate ioeventfd, event_idx, rss, rss_hash_report;
	guint queues, rx_queue_size, tx_queue_size;
	VirtioOptions virtio;
	InterfaceOffloads host_offloads, guest_offloads;
	InterfaceBackend backend;
	char *backend_tap, *backend_vhost, *backend_log_file, *backend_hostname, *backend_fqdn;
	FilterRef *filter;
	guint64 sndbuf;
	bool has_sndbuf;
	LinkState link;
	guint mtu;
	guint coalesce_rx_frames;
	Teaming *teaming;
	GPtrArray *ips, *routes;     /* NetIp, NetRoute of the guest side */
	GPtrArray *port_forwards;    /* PortForward */
} DomainInterface;

/* Contradictions within them, for interfaces and networks. @what begins the sentence. */
bool vlan_check(const Vlan *vlan, const char *what, GError **error);
bool bandwidth_check(const Bandwidth *bandwidth, const char *what, GError **error);
/* @merged: what is missing may come from a network or its port group. */
bool virtualport_check(const VirtualPort *port, bool merged, const char *what, GError **error);
