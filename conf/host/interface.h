/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration of a host's network interface, as netcf-style <interface> documents say it. */
#pragma once

#include "conf/bind/types.h"

#define HOST_INTERFACE_VALUES(X) \
	X(HOST_INTERFACE_ETHERNET, "ethernet") X(HOST_INTERFACE_BRIDGE, "bridge") \
	X(HOST_INTERFACE_BOND, "bond") X(HOST_INTERFACE_VLAN, "vlan")
CONF_ENUM(HostInterfaceType, host_interface_type, HOST_INTERFACE)

#define START_MODE_VALUES(X) \
	X(START_MODE_ONBOOT, "onboot") X(START_MODE_NONE, "none") X(START_MODE_HOTPLUG, "hotplug")
CONF_ENUM(StartMode, start_mode, START_MODE)

#define BOND_MODE_VALUES(X) \
	X(BOND_MODE_RR, "balance-rr") X(BOND_MODE_BACKUP, "active-backup") \
	X(BOND_MODE_XOR, "balance-xor") X(BOND_MODE_BROADCAST, "broadcast") \
	X(BOND_MODE_8023AD, "802.3ad") X(BOND_MODE_TLB, "balance-tlb") X(BOND_MODE_ALB, "balance-alb")
CONF_ENUM(BondMode, bond_mode, BOND_MODE)
#define BOND_CARRIER_VALUES(X) X(BOND_CARRIER_IOCTL, "ioctl") X(BOND_CARRIER_NETIF, "netif")
CONF_ENUM(BondCarrier, bond_carrier, BOND_CARRIER)
#define BOND_VALIDATE_VALUES(X) \
	X(BOND_VALIDATE_NONE, "none") X(BOND_VALIDATE_ACTIVE, "active") \
	X(BOND_VALIDATE_BACKUP, "backup") X(BOND_VALIDATE_ALL, "all")
CONF_ENUM(BondValidate, bond_validate, BOND_VALIDATE)

typedef struct HostInterfaceIp {
	char *address;
	guint prefix;
	bool has_prefix;
} HostInterfaceIp;
typedef struct HostInterfaceDhcp {
	Tristate peerdns;
} HostInterfaceDhcp;
typedef struct HostInterfaceRoute {
	char *gateway;
} HostInterfaceRoute;
typedef struct HostInterfaceProtocol {
	char *family; /* ipv4, ipv6 */
	bool autoconf;
	HostInterfaceDhcp *dhcp;
	GPtrArray *ips;	   /* HostInterfaceIp */
	GPtrArray *routes; /* HostInterfaceRoute */
} HostInterfaceProtocol;

typedef struct HostInterfaceLink {
	guint speed; /* Mbit/s */
	char *state; /* of the moment */
} HostInterfaceLink;

typedef struct BondMiimon {
	guint freq, downdelay, updelay; /* ms */
	bool has_downdelay, has_updelay;
	BondCarrier carrier;
} BondMiimon;
typedef struct BondArpmon {
	guint interval; /* ms */
	char *target;
	BondValidate validate;
} BondArpmon;
typedef struct HostBond {
	BondMode mode;
	BondMiimon *miimon;
	BondArpmon *arpmon;
	GPtrArray *interfaces; /* HostInterfaceDef */
} HostBond;
typedef struct HostBridge {
	Tristate stp;
	char *delay; /* seconds, a decimal fraction */
	GPtrArray *interfaces; /* HostInterfaceDef */
} HostBridge;
typedef struct HostVlan {
	guint tag;
	char *interface;
} HostVlan;

typedef struct HostInterfaceDef {
	HostInterfaceType type;
	char *name;
	StartMode start;
	guint mtu;
	char *mac;
	GPtrArray *protocols; /* HostInterfaceProtocol */
	HostInterfaceLink *link;
	HostBridge *bridge;
	HostBond *bond;
	HostVlan *vlan;
} HostInterfaceDef;

/* @flags as of bind_parse(). */
HostInterfaceDef *host_interface_def_parse(const char *xml, gsize length, unsigned flags,
					   ConfDiags *diags, GError **error);
char *host_interface_def_format(const HostInterfaceDef *def, unsigned flags);
void host_interface_def_free(HostInterfaceDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostInterfaceDef, host_interface_def_free)

extern BindElement bind_el_host_interface;
