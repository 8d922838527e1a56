/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/nwfilter/nwfilter.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/tables.h"
#include "conf/nwfilter/types.h"

CONF_ENUM_DEFINE(nwfilter_action, NWFILTER_ACTION)
CONF_ENUM_DEFINE(nwfilter_direction, NWFILTER_DIRECTION)
CONF_ENUM_DEFINE(nwfilter_statematch, NWFILTER_STATEMATCH)

/* ---- fields, in groups that several protocols share ---------------------------------------- */

/* The code is what clients of this format know for a wrong value. */
#define FIELD(attribute, member, field_type, text) \
	ATTR(NwFilterMatch, attribute, member, field_type, 0, .code = VIR_ERR_INTERNAL_ERROR, \
	     .doc = text)

#define MATCH \
	ATTR(NwFilterMatch, "match", match, yes_no, 0, \
	     .doc = N_("\"no\": packets that are not like this."))
#define SOURCE_MAC FIELD("srcmacaddr", srcmacaddr, nw_mac, N_("MAC address of the sender."))
#define SOURCE_MAC_MASK FIELD("srcmacmask", srcmacmask, nw_mac, N_("Mask of the sender's MAC."))
#define TARGET_MAC \
	FIELD("dstmacaddr", dstmacaddr, nw_mac, N_("MAC address of the receiver.")), \
		FIELD("dstmacmask", dstmacmask, nw_mac, N_("Mask of the receiver's MAC."))
#define COMMENT \
	ATTR(NwFilterMatch, "comment", comment, str, 0, .doc = N_("Text for people."))
#define PORTS \
	FIELD("srcportstart", srcportstart, nw_uint16, N_("First port of the sender.")), \
		FIELD("srcportend", srcportend, nw_uint16, N_("Last port of the sender.")), \
		FIELD("dstportstart", dstportstart, nw_uint16, N_("First port of the receiver.")), \
		FIELD("dstportend", dstportend, nw_uint16, N_("Last port of the receiver."))
#define ADDRESSES(ip, mask) \
	FIELD("srcipaddr", srcipaddr, ip, N_("IP address of the sender.")), \
		FIELD("srcipmask", srcipmask, mask, N_("Mask of the sender's address.")), \
		FIELD("dstipaddr", dstipaddr, ip, N_("IP address of the receiver.")), \
		FIELD("dstipmask", dstipmask, mask, N_("Mask of the receiver's address."))
#define RANGES(ip) \
	FIELD("srcipfrom", srcipfrom, ip, N_("First address of the sender.")), \
		FIELD("srcipto", srcipto, ip, N_("Last address of the sender.")), \
		FIELD("dstipfrom", dstipfrom, ip, N_("First address of the receiver.")), \
		FIELD("dstipto", dstipto, ip, N_("Last address of the receiver."))
#define DSCP FIELD("dscp", dscp, nw_dscp, N_("Differentiated services code point."))
#define ICMP_TYPE \
	FIELD("type", type, nw_uint8, N_("Type of the ICMP message.")), \
		FIELD("code", code, nw_uint8, N_("Code of the ICMP message."))
#define CONNECTION \
	FIELD("state", state, nw_state, N_("State of the connection.")), \
		FIELD("connlimit-above", connlimit_above, nw_uint16, \
		      N_("More connections than these.")), \
		FIELD("ipset", ipset, nw_ipset, N_("Name of an IP set.")), \
		FIELD("ipsetflags", ipset_flags, nw_ipset_flags, N_("What is looked up in the set."))

#define PROTOCOL(id, xml_name, ...) \
	static const BindRow id##_rows[] = { MATCH, __VA_ARGS__, COMMENT, END_ROWS }; \
	static ELEMENT(nwfilter_##id, xml_name, NwFilterMatch, id##_rows)

PROTOCOL(mac, "mac", SOURCE_MAC, SOURCE_MAC_MASK, TARGET_MAC,
	 FIELD("protocolid", protocolid, nw_ethertype, N_("Type of the Ethernet frame.")));
PROTOCOL(vlan, "vlan", SOURCE_MAC, SOURCE_MAC_MASK, TARGET_MAC,
	 FIELD("vlanid", vlanid, nw_vlanid, N_("VLAN.")),
	 FIELD("encap-protocol", encap_protocol, nw_ethertype, N_("Type of the frame inside.")));

#define STP_RANGE(attribute, member, field_type, text) \
	FIELD(attribute, member, field_type, text), \
		FIELD(attribute "-hi", member##_hi, field_type, N_("Upper end of the range."))
PROTOCOL(stp, "stp", SOURCE_MAC, SOURCE_MAC_MASK,
	 FIELD("type", stp_type, nw_uint8, N_("Type of the bridge message.")),
	 FIELD("flags", stp_flags, nw_uint8, N_("Flags of the bridge message.")),
	 STP_RANGE("root-priority", root_priority, nw_uint16, N_("Priority of the root.")),
	 FIELD("root-address", root_address, nw_mac, N_("MAC address of the root.")),
	 FIELD("root-address-mask", root_address_mask, nw_mac, N_("Mask of the root's MAC.")),
	 STP_RANGE("root-cost", root_cost, nw_uint32, N_("Cost of the path to the root.")),
	 STP_RANGE("sender-priority", sender_priority, nw_uint16, N_("Priority of the sender.")),
	 FIELD("sender-address", sender_address, nw_mac, N_("MAC address of the sender.")),
	 FIELD("sender-address-mask", sender_address_mask, nw_mac, N_("Mask of the sender's MAC.")),
	 STP_RANGE("port", port, nw_uint16, N_("Port of the bridge.")),
	 STP_RANGE("age", age, nw_uint16, N_("Age of the message.")),
	 STP_RANGE("max-age", max_age, nw_uint16, N_("Age at which it is dropped.")),
	 STP_RANGE("hello-time", hello_time, nw_uint16, N_("Time between messages.")),
	 STP_RANGE("forward-delay", forward_delay, nw_uint16, N_("Delay before forwarding.")));

#define ARP_FIELDS \
	SOURCE_MAC, SOURCE_MAC_MASK, TARGET_MAC, \
		FIELD("hwtype", hwtype, nw_uint16, N_("Type of the hardware.")), \
		FIELD("protocoltype", protocoltype, nw_uint16, N_("Type of the protocol.")), \
		FIELD("opcode", opcode, nw_arp_opcode, N_("What is asked or answered.")), \
		FIELD("arpsrcmacaddr", arpsrcmacaddr, nw_mac, N_("MAC address of the asker.")), \
		FIELD("arpdstmacaddr", arpdstmacaddr, nw_mac, N_("MAC address of the asked.")), \
		FIELD("arpsrcipaddr", arpsrcipaddr, nw_ipv4, N_("IP address of the asker.")), \
		FIELD("arpsrcipmask", arpsrcipmask, nw_mask4, N_("Mask of the asker's address.")), \
		FIELD("arpdstipaddr", arpdstipaddr, nw_ipv4, N_("IP address of the asked.")), \
		FIELD("arpdstipmask", arpdstipmask, nw_mask4, N_("Mask of the asked one's address.")), \
		FIELD("gratuitous", gratuitous, nw_boolean, N_("Nobody had asked."))
PROTOCOL(arp, "arp", ARP_FIELDS);
PROTOCOL(rarp, "rarp", ARP_FIELDS);

#define IP_PROTOCOL FIELD("protocol", protocol, nw_ip_protocol, N_("Protocol inside of IP."))
PROTOCOL(ip, "ip", SOURCE_MAC, SOURCE_MAC_MASK, TARGET_MAC, ADDRESSES(nw_ipv4, nw_mask4),
	 IP_PROTOCOL, PORTS, DSCP);
PROTOCOL(ipv6, "ipv6", SOURCE_MAC, SOURCE_MAC_MASK, TARGET_MAC, ADDRESSES(nw_ipv6, nw_mask6),
	 IP_PROTOCOL, PORTS, FIELD("type", type, nw_uint8, N_("First ICMPv6 type.")),
	 FIELD("typeend", type_end, nw_uint8, N_("Last ICMPv6 type.")),
	 FIELD("code", code, nw_uint8, N_("First ICMPv6 code.")),
	 FIELD("codeend", code_end, nw_uint8, N_("Last ICMPv6 code.")));

#define LAYER_3(ip, mask) SOURCE_MAC, ADDRESSES(ip, mask), RANGES(ip), DSCP, CONNECTION
#define V4 LAYER_3(nw_ipv4, nw_mask4)
#define V6 LAYER_3(nw_ipv6, nw_mask6)
#define TCP_FLAGS FIELD("flags", tcp_flags, nw_tcp_flags, N_("TCP flags: set/looked at."))
PROTOCOL(tcp, "tcp", V4, PORTS, TCP_FLAGS);
PROTOCOL(udp, "udp", V4, PORTS);
PROTOCOL(udplite, "udplite", V4);
PROTOCOL(esp, "esp", V4);
PROTOCOL(ah, "ah", V4);
PROTOCOL(sctp, "sctp", V4, PORTS);
PROTOCOL(icmp, "icmp", V4, ICMP_TYPE);
PROTOCOL(igmp, "igmp", V4);
PROTOCOL(all, "all", V4);
PROTOCOL(tcp_ipv6, "tcp-ipv6", V6, PORTS, TCP_FLAGS);
PROTOCOL(udp_ipv6, "udp-ipv6", V6, PORTS);
PROTOCOL(udplite_ipv6, "udplite-ipv6", V6);
PROTOCOL(esp_ipv6, "esp-ipv6", V6);
PROTOCOL(ah_ipv6, "ah-ipv6", V6);
PROTOCOL(sctp_ipv6, "sctp-ipv6", V6, PORTS);
PROTOCOL(icmpv6, "icmpv6", V6, ICMP_TYPE);
PROTOCOL(all_ipv6, "all-ipv6", V6);

/* ---- rules and the filter ------------------------------------------------------------------ */

#define RULE(protocol, id, xml_name) \
	POINTER(NwFilterRule, xml_name, match[protocol], nwfilter_##id, 0, \
		.doc = N_("Packets of the protocol."))
static const BindRow rule_rows[] = {
	ATTR(NwFilterRule, "action", action, nwfilter_action, BIND_REQUIRED,
	     .doc = N_("What happens to the packet.")),
	ATTR(NwFilterRule, "direction", direction, nwfilter_direction, BIND_REQUIRED,
	     .doc = N_("Which way it goes, as the guest sees it.")),
	ATTR(NwFilterRule, "priority", priority, int, 0, HAS(NwFilterRule, has_priority),
	     .doc = N_("Rules with a lower one are tried first.")),
	ATTR(NwFilterRule, "statematch", statematch, nwfilter_statematch, 0,
	     .doc = N_("Do not track the connection.")),
	RULE(NWFILTER_MAC, mac, "mac"),
	RULE(NWFILTER_VLAN, vlan, "vlan"),
	RULE(NWFILTER_STP, stp, "stp"),
	RULE(NWFILTER_ARP, arp, "arp"),
	RULE(NWFILTER_RARP, rarp, "rarp"),
	RULE(NWFILTER_IP, ip, "ip"),
	RULE(NWFILTER_IPV6, ipv6, "ipv6"),
	RULE(NWFILTER_TCP, tcp, "tcp"),
	RULE(NWFILTER_UDP, udp, "udp"),
	RULE(NWFILTER_UDPLITE, udplite, "udplite"),
	RULE(NWFILTER_ESP, esp, "esp"),
	RULE(NWFILTER_AH, ah, "ah"),
	RULE(NWFILTER_SCTP, sctp, "sctp"),
	RULE(NWFILTER_ICMP, icmp, "icmp"),
	RULE(NWFILTER_IGMP, igmp, "igmp"),
	RULE(NWFILTER_ALL, all, "all"),
	RULE(NWFILTER_TCP_IPV6, tcp_ipv6, "tcp-ipv6"),
	RULE(NWFILTER_UDP_IPV6, udp_ipv6, "udp-ipv6"),
	RULE(NWFILTER_UDPLITE_IPV6, udplite_ipv6, "udplite-ipv6"),
	RULE(NWFILTER_ESP_IPV6, esp_ipv6, "esp-ipv6"),
	RULE(NWFILTER_AH_IPV6, ah_ipv6, "ah-ipv6"),
	RULE(NWFILTER_SCTP_IPV6, sctp_ipv6, "sctp-ipv6"),
	RULE(NWFILTER_ICMPV6, icmpv6, "icmpv6"),
	RULE(NWFILTER_ALL_IPV6, all_ipv6, "all-ipv6"),
	END_ROWS
};

#define PRIORITY_MIN (-1000)
#define PRIORITY_MAX 1000
#define RULE_PRIORITY 500 /* when a rule names none */

static bool rule_parsed(BindReader *reader, void *object, GError **error)
{
	NwFilterRule *rule = object;

	if (!rule->has_priority) {
		rule->priority = RULE_PRIORITY;
		rule->has_priority = true;
	}
	if (rule->priority < PRIORITY_MIN || rule->priority > PRIORITY_MAX)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("the priority %d of a rule is not between %d and %d"),
					rule->priority, PRIORITY_MIN, PRIORITY_MAX);
	return true;
}
static ELEMENT(nwfilter_rule, "rule", NwFilterRule, rule_rows, .parsed = rule_parsed);

static const BindRow nwfilter_rows[] = {
	ATTR(NwFilterDef, "name", name, str, BIND_REQUIRED, .doc = N_("Unique name.")),
	ATTR(NwFilterDef, "chain", chain, str, 0, .doc = N_("Chain that the rules are in.")),
	ATTR(NwFilterDef, "priority", priority, int, 0, HAS(NwFilterDef, has_priority),
	     .doc = N_("Chains with a lower one are tried first.")),
	LEAF(NwFilterDef, "uuid", uuid, uuid, 0, .doc = N_("Identity; made when absent.")),
	LIST(NwFilterDef, "filterref", references, filterref, 0,
	     .doc = N_("Rules of another filter.")),
	LIST(NwFilterDef, "rule", rules, nwfilter_rule, 0, .doc = N_("A rule.")),
	END_ROWS
};
ELEMENT(nwfilter, "filter", NwFilterDef, nwfilter_rows, .doc = N_("A network filter."));

/* A chain is "root", or a protocol's name with anything behind it, 13 characters at most. */
static bool check_chain(const NwFilterDef *def, GError **error)
{
	static const char *const prefixes[] = { "mac", "vlan", "stp", "arp", "rarp", "ipv4", "ipv6", NULL };
	gsize length = strlen(def->chain);

	if (strcmp(def->chain, "root") == 0)
		return true;
	if (length <= 13 &&
	    strspn(def->chain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-") ==
		    length)
		for (int i = 0; prefixes[i]; i++)
			if (g_str_has_prefix(def->chain, prefixes[i]))
				return true;
	return fail(error, VIR_ERR_INVALID_ARG,
		    _("network filter '%s': the chain '%s' must be 'root' or begin with "
		      "mac, vlan, stp, arp, rarp, ipv4 or ipv6"),
		    def->name, def->chain);
}

NwFilterDef *nwfilter_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
				GError **error)
{
	g_autoptr(NwFilterDef) def =
		bind_parse(&bind_el_nwfilter, bind_reader_open(xml, length, flags, diags, error),
			   error);

	if (!def)
		return NULL;
	def->uuid_made = uuid_is_absent(&def->uuid);
	if (def->uuid_made)
		uuid_generate(&def->uuid);
	if (!def->chain)
		def->chain = g_strdup("root");
	if (!check_chain(def, error))
		return NULL;
	if (def->has_priority && (def->priority < PRIORITY_MIN || def->priority > PRIORITY_MAX))
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("network filter '%s': the priority %d is not between %d and %d"),
				 def->name, def->priority, PRIORITY_MIN, PRIORITY_MAX);
	return g_steal_pointer(&def);
}

char *nwfilter_def_format(const NwFilterDef *def, unsigned flags)
{
	return bind_format(&bind_el_nwfilter, def, flags);
}

void nwfilter_def_free(NwFilterDef *def)
{
	bind_free(&bind_el_nwfilter, def);
}
