/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Definition of a network filter: references to other filters and rules that match fields of
 * packets. A field keeps its text, checked and in one spelling, as it may be a variable ("$IP")
 * that gets its value with each guest. Plain data, engine only.
 */
#pragma once

#include "conf/def/interface.h"

#define NWFILTER_ACTION_VALUES(X) \
	X(NWFILTER_ACTION_DROP, "drop") X(NWFILTER_ACTION_ACCEPT, "accept") \
	X(NWFILTER_ACTION_REJECT, "reject") X(NWFILTER_ACTION_RETURN, "return") \
	X(NWFILTER_ACTION_CONTINUE, "continue")
CONF_ENUM(NwFilterAction, nwfilter_action, NWFILTER_ACTION)

#define NWFILTER_DIRECTION_VALUES(X) \
	X(NWFILTER_DIRECTION_IN, "in") X(NWFILTER_DIRECTION_OUT, "out") \
	X(NWFILTER_DIRECTION_INOUT, "inout")
CONF_ENUM(NwFilterDirection, nwfilter_direction, NWFILTER_DIRECTION)

#define NWFILTER_STATEMATCH_VALUES(X) \
	X(NWFILTER_STATEMATCH_FALSE, "false") X(NWFILTER_STATEMATCH_0, "0")
CONF_ENUM(NwFilterStatematch, nwfilter_statematch, NWFILTER_STATEMATCH)

typedef enum NwFilterProtocol {
	NWFILTER_MAC,
	NWFILTER_VLAN,
	NWFILTER_STP,
	NWFILTER_ARP,
	NWFILTER_RARP,
	NWFILTER_IP,
	NWFILTER_IPV6,
	NWFILTER_TCP,
	NWFILTER_UDP,
	NWFILTER_UDPLITE,
	NWFILTER_ESP,
	NWFILTER_AH,
	NWFILTER_SCTP,
	NWFILTER_ICMP,
	NWFILTER_IGMP,
	NWFILTER_ALL,
	NWFILTER_TCP_IPV6,
	NWFILTER_UDP_IPV6,
	NWFILTER_UDPLITE_IPV6,
	NWFILTER_ESP_IPV6,
	NWFILTER_AH_IPV6,
	NWFILTER_SCTP_IPV6,
	NWFILTER_ICMPV6,
	NWFILTER_ALL_IPV6,
	NWFILTER_PROTOCOL_LAST
} NwFilterProtocol;

/* What a packet must have; NULL: anything. Which members count depends on the protocol. */
typedef struct NwFilterMatch {
	Tristate match; /* no: packets that are not like this */
	char *srcmacaddr, *srcmacmask, *dstmacaddr, *dstmacmask;
	char *protocolid, *vlanid, *encap_protocol;
	char *stp_type, *stp_flags;
	char *root_priority, *root_priority_hi, *root_address, *root_address_mask;
	char *root_cost, *root_cost_hi;
	char *sender_priority, *sender_priority_hi, *sender_address, *sender_address_mask;
	char *port, *port_hi, *age, *age_hi, *max_age, *max_age_hi, *hello_time, *hello_time_hi,
		*forward_delay, *forward_delay_hi;
	char *hwtype, *protocoltype, *opcode, *gratuitous;
	char *arpsrcmacaddr, *arpsrcipaddr, *arpsrcipmask, *arpdstmacaddr, *arpdstipaddr,
		*arpdstipmask;
	char *srcipaddr, *srcipmask, *dstipaddr, *dstipmask;
	char *srcipfrom, *srcipto, *dstipfrom, *dstipto;
	char *protocol, *dscp;
	char *srcportstart, *srcportend, *dstportstart, *dstportend;
	char *type, *type_end, *code, *code_end;
	char *state, *tcp_flags, *connlimit_above, *ipset, *ipset_flags;
	char *comment;
} NwFilterMatch;

typedef struct NwFilterRule {
	NwFilterAction action;
	NwFilterDirection direction;
	int priority; /* lower first */
	bool has_priority;
	NwFilterStatematch statematch;
	NwFilterMatch *match[NWFILTER_PROTOCOL_LAST]; /* all NULL: any packet */
} NwFilterRule;

typedef struct NwFilterDef {
	char *name, *chain;
	int priority;
	bool has_priority;
	Uuid uuid;
	bool uuid_made; /* the document had none */
	GPtrArray *references; /* FilterRef */
	GPtrArray *rules;      /* NwFilterRule */
} NwFilterDef;

/* @flags as of bind_parse(). Completed: UUID, chain, priorities of rules. */
NwFilterDef *nwfilter_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
				GError **error);
char *nwfilter_def_format(const NwFilterDef *def, unsigned flags);
void nwfilter_def_free(NwFilterDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NwFilterDef, nwfilter_def_free)

extern BindElement bind_el_nwfilter;
