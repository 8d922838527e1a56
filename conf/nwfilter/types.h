/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields of network filters: each is kept as text, which is a variable ("$NAME", "$NAME[@1]") or a
 * value of its kind in one spelling. Only for the tables of conf/nwfilter/nwfilter.c.
 */
#pragma once

#include "conf/bind/bind.h"

/* A text type with what its parse function needs to know; bind_nw_x is its .base. */
typedef struct NwFieldType {
	BindType base;
	guint64 minimum, maximum;
	const char *const *words; /* allowed beside numbers, NULL-terminated */
} NwFieldType;

extern const NwFieldType nw_mac, nw_ipv4, nw_ipv6, nw_mask4, nw_mask6, nw_uint8, nw_uint16,
	nw_uint32, nw_dscp, nw_vlanid, nw_ethertype, nw_ip_protocol, nw_arp_opcode, nw_boolean,
	nw_state, nw_tcp_flags, nw_ipset, nw_ipset_flags;

#define bind_nw_mac nw_mac.base
#define bind_nw_ipv4 nw_ipv4.base
#define bind_nw_ipv6 nw_ipv6.base
#define bind_nw_mask4 nw_mask4.base
#define bind_nw_mask6 nw_mask6.base
#define bind_nw_uint8 nw_uint8.base
#define bind_nw_uint16 nw_uint16.base
#define bind_nw_uint32 nw_uint32.base
#define bind_nw_dscp nw_dscp.base
#define bind_nw_vlanid nw_vlanid.base
#define bind_nw_ethertype nw_ethertype.base
#define bind_nw_ip_protocol nw_ip_protocol.base
#define bind_nw_arp_opcode nw_arp_opcode.base
#define bind_nw_boolean nw_boolean.base
#define bind_nw_state nw_state.base
#define bind_nw_tcp_flags nw_tcp_flags.base
#define bind_nw_ipset nw_ipset.base
#define bind_nw_ipset_flags nw_ipset_flags.base
