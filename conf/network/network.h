/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definition of a virtual network. Plain data; engine and network worker. */
#pragma once

#include "conf/def/interface.h"

#define FORWARD_VALUES(X) \
	X(FORWARD_NONE, "none") X(FORWARD_NAT, "nat") X(FORWARD_ROUTE, "route") \
	X(FORWARD_OPEN, "open") X(FORWARD_BRIDGE, "bridge") X(FORWARD_PRIVATE, "private") \
	X(FORWARD_VEPA, "vepa") X(FORWARD_PASSTHROUGH, "passthrough") X(FORWARD_HOSTDEV, "hostdev")
CONF_ENUM(ForwardMode, forward_mode, FORWARD)

#define FORWARD_DRIVER_VALUES(X) \
	X(FORWARD_DRIVER_DEFAULT, "default") X(FORWARD_DRIVER_KVM, "kvm") \
	X(FORWARD_DRIVER_VFIO, "vfio")
CONF_ENUM(ForwardDriver, forward_driver, FORWARD_DRIVER)

#define LEASE_UNIT_VALUES(X) \
	X(LEASE_UNIT_SECONDS, "seconds") X(LEASE_UNIT_MINUTES, "minutes") \
	X(LEASE_UNIT_HOURS, "hours")
CONF_ENUM(LeaseUnit, lease_unit, LEASE_UNIT)

typedef struct ForwardInterface {
	char *dev;
	guint connections; /* live */
} ForwardInterface;

typedef struct ForwardAddress {
	char *type; /* "pci" */
	PciAddress pci;
	guint connections; /* live */
} ForwardAddress;

typedef struct AddressRange {
	char *start, *end;
} AddressRange;
typedef struct PortRange {
	guint start, end;
} PortRange;
typedef struct ForwardNat {
	Tristate ipv6;
	AddressRange *addresses; /* NULL: the host's own */
	PortRange *ports;
} ForwardNat;

typedef struct NetworkForward {
	char *dev;
	ForwardMode mode;
	Tristate managed;
	GPtrArray *interfaces; /* ForwardInterface */
	GPtrArray *addresses;  /* ForwardAddress */
	char *pf;	       /* physical function whose virtual ones are used */
	ForwardDriver driver;
	ForwardNat *nat;
} NetworkForward;

typedef struct NetworkBridge {
	char *name, *zone;
	Tristate stp;
	guint64 delay; /* seconds */
	MacTableManager mac_table_manager;
} NetworkBridge;

typedef struct NetworkLease {
	guint64 expiry; /* in @unit; 0: for ever */
	LeaseUnit unit;
} NetworkLease;
typedef struct DhcpRange {
	char *start, *end;
	NetworkLease *lease;
} DhcpRange;
typedef struct DhcpHost {
	char *mac, *id, *name, *ip;
	NetworkLease *lease;
} DhcpHost;
typedef struct DhcpBootp {
	char *file, *server;
} DhcpBootp;
typedef struct NetworkDhcp {
	GPtrArray *ranges; /* DhcpRange */
	GPtrArray *hosts;  /* DhcpHost */
	DhcpBootp *bootp;
} NetworkDhcp;

typedef struct NetworkIp {
	char *family; /* NULL: ipv4 */
	char *address, *netmask;
	guint prefix;
	bool has_prefix;
	Tristate local_ptr;
	char *tftp_root;
	NetworkDhcp *dhcp;
} NetworkIp;

typedef struct DnsForwarder {
	char *domain, *address;
} DnsForwarder;
typedef struct DnsTxt {
	char *name, *value;
} DnsTxt;
typedef struct DnsSrv {
	char *service, *protocol, *domain, *target;
	guint port, priority, weight;
	bool has_port, has_priority, has_weight;
} DnsSrv;
typedef struct DnsHost {
	char *ip;
	GPtrArray *names; /* char * */
} DnsHost;
typedef struct NetworkDns {
	Tristate enable, forward_plain_names;
	GPtrArray *forwarders; /* DnsForwarder */
	GPtrArray *txts;       /* DnsTxt */
	GPtrArray *srvs;       /* DnsSrv */
	GPtrArray *hosts;      /* DnsHost */
} NetworkDns;

typedef struct NetworkDomain {
	char *name;
	Tristate local_only, register_;
} NetworkDomain;

typedef struct PortGroup {
	char *name;
	Tristate is_default, trust_guest_rx_filters;
	VirtualPort *virtualport;
	Bandwidth *bandwidth;
	Vlan *vlan;
} PortGroup;

typedef struct DnsmasqOption {
	char *value;
} DnsmasqOption;

typedef struct NetworkDef {
	guint connections; /* live */
	Tristate ipv6, trust_guest_rx_filters;
	char *name;
	Uuid uuid;
	char *title, *description;
	char *metadata; /* the whole element as given */
	NetworkForward *forward;
	NetworkBridge *bridge;
	guint mtu;
	Mac mac;
	NetworkDomain *domain;
	NetworkDns *dns;
	Vlan *vlan;
	Bandwidth *bandwidth;
	Tristate port_isolated;
	GPtrArray *ips;	       /* NetworkIp */
	GPtrArray *routes;     /* NetRoute */
	VirtualPort *virtualport;
	GPtrArray *portgroups; /* PortGroup */
	GPtrArray *dnsmasq_options; /* DnsmasqOption; taints the network */
} NetworkDef;

/* @flags as of bind_parse(). Completed: UUID, MAC, forward mode, bridge's defaults. */
NetworkDef *network_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			      GError **error);
char *network_def_format(const NetworkDef *def, unsigned flags);
NetworkDef *network_def_copy(const NetworkDef *def);
void network_def_free(NetworkDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetworkDef, network_def_free)

/* Whether libvirt-style networks of this kind have a bridge of their own (nat, route, open, isolated). */
bool network_def_has_own_bridge(const NetworkDef *def);

extern BindElement bind_el_network;
extern const BindNamespace bind_ns_dnsmasq;
