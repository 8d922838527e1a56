/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/nwfilter/types.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "conf/bind/types.h"

/* ---- text members -------------------------------------------------------------------------- */

static void field_format(G_GNUC_UNUSED const BindType *type, const void *member, GString *out)
{
	g_string_append(out, *(char *const *)member);
}

static bool field_absent(const void *member)
{
	return *(char *const *)member == NULL;
}

static bool field_equal(const void *a, const void *b)
{
	return g_strcmp0(*(char *const *)a, *(char *const *)b) == 0;
}

static void field_copy(void *target, const void *source)
{
	*(char **)target = g_strdup(*(char *const *)source);
}

static void field_clear(void *member)
{
	g_clear_pointer((char **)member, g_free);
}

static void field_set(void *member, char *text)
{
	*(char **)member = text;
}

static const NwFieldType *field_type(const BindType *type)
{
	return (const NwFieldType *)type;
}

/* "$NAME", "$NAME[3]", "$NAME[@3]"; blanks are allowed around the name and the index. */
static bool is_variable(const char *text)
{
	if (*text++ != '$')
		return false;
	text += strspn(text, " ");
	gsize name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	if (name == 0)
		return false;
	text += name;
	if (*text == '[') {
		text += 1 + strspn(text + 1, " ");
		if (*text == '@')
			text++;
		gsize digits = strspn(text, "0123456789");
		if (digits == 0)
			return false;
		text += digits;
		text += strspn(text, " ");
		if (*text++ != ']')
			return false;
	}
	return text[strspn(text, " ")] == '\0';
}

static bool is_word(const char *text, gsize length, const char *const *words)
{
	for (; words && *words; words++)
		if (strlen(*words) == length && g_ascii_strncasecmp(text, *words, length) == 0)
			return true;
	return false;
}

/* ---- values -------------------------------------------------------------------------------- */

static bool parse_mac(G_GNUC_UNUSED const BindType *type, const char *text, void *member)
{
	char spelled[MAC_TEXT];
	Mac mac;

	if (is_variable(text))
		return field_set(member, g_strdup(text)), true;
	if (!mac_parse(text, &mac))
		return false;
	mac_format(&mac, spelled);
	field_set(member, g_strdup(spelled));
	return true;
}

static bool parse_ip(int family, const char *text, void *member)
{
	unsigned char address[16];
	char spelled[INET6_ADDRSTRLEN];

	if (is_variable(text))
		return field_set(member, g_strdup(text)), true;
	if (inet_pton(family, text, address) != 1)
		return false;
	inet_ntop(family, address, spelled, sizeof(spelled));
	field_set(member, g_strdup(spelled));
	return true;
}

static bool parse_ipv4(G_GNUC_UNUSED const BindType *type, const char *text, void *member)
{
	return parse_ip(AF_INET, text, member);
}

static bool parse_ipv6(G_GNUC_UNUSED const BindType *type, const char *text, void *member)
{
	return parse_ip(AF_INET6, text, member);
}

/* The number of leading ones; -1 when a one follows a zero. */
static int prefix_length(const unsigned char *mask, int bytes)
{
	int bits = 0;

	while (bits < bytes * 8 && mask[bits / 8] & (0x80 >> bits % 8))
		bits++;
	for (int i = bits; i < bytes * 8; i++)
		if (mask[i / 8] & (0x80 >> i % 8))
			return -1;
	return bits;
}

static bool parse_mask(int family, int bytes, const char *text, void *member)
{
	unsigned char mask[16];
	guint64 number;
	int bits;

	if (is_variable(text))
		return field_set(member, g_strdup(text)), true;
	if (number_parse_uint64(text, 10, (guint64)bytes * 8, &number))
		bits = (int)number;
	else if (inet_pton(family, text, mask) == 1)
		bits = prefix_length(mask, bytes);
	else
		return false;
	if (bits < 0)
		return false;
	field_set(member, g_strdup_printf("%d", bits));
	return true;
}

static bool parse_mask4(G_GNUC_UNUSED const BindType *type, const char *text, void *member)
{
	return parse_mask(AF_INET, 4, text, member);
}

static bool parse_mask6(G_GNUC_UNUSED const BindType *type, const char *text, void *member)
{
	return parse_mask(AF_INET6, 16, text, member);
}

/* A number keeps its base. */
static bool parse_number(const BindType *base, const char *text, void *member)
{
	const NwFieldType *type = field_type(base);
	guint64 number;

	if (is_variable(text) || is_word(text, strlen(text), type->words))
		return field_set(member, g_strdup(text)), true;
	if (!number_parse_uint64(text, 0, type->maximum, &number) || number < type->minimum)
		return false;
	if (g_str_has_prefix(text, "0x") || g_str_has_prefix(text, "0X"))
		field_set(member, g_strdup_printf("0x%" G_GINT64_MODIFIER "x", number));
	else
		field_set(member, g_strdup_printf("%" G_GUINT64_FORMAT, number));
	return true;
}

static bool all_words(const char *text, gsize length, const char *const *words)
{
	while (length > 0) {
		const char *comma = memchr(text, ',', length);
		gsize word = comma ? (gsize)(comma - text) : length;

		if (!is_word(text, word, words))
			return false;
		if (!comma)
			return true;
		text += word + 1;
		length -= word + 1;
		if (length == 0)
			return false;
	}
	return true;
}

static bool parse_words(const BindType *base, const char *text, void *member)
{
	if (!*text || !all_words(text, strlen(text), field_type(base)->words))
		return false;
	field_set(member, g_strdup(text));
	return true;
}

/* Flags that must be set, of flags that are looked at: "SYN/SYN,ACK". */
static bool parse_tcp_flags(const BindType *base, const char *text, void *member)
{
	const char *const *words = field_type(base)->words;
	const char *slash = strchr(text, '/');

	if (!slash || !all_words(text, (gsize)(slash - text), words) ||
	    !all_words(slash + 1, strlen(slash + 1), words))
		return false;
	field_set(member, g_strdup(text));
	return true;
}

static bool parse_ipset(G_GNUC_UNUSED const BindType *type, const char *text, void *member)
{
	gsize length = strlen(text);

	if (!is_variable(text) &&
	    (length == 0 || length > 31 ||
	     strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-+ ") !=
		     length))
		return false;
	field_set(member, g_strdup(text));
	return true;
}

/* ---- the types ----------------------------------------------------------------------------- */

static const char *const ethertypes[] = { "arp", "rarp", "ipv4", "ipv6", "vlan", NULL };
static const char *const ip_protocols[] = { "tcp",  "udp",  "udplite", "esp", "ah",
					    "icmp", "igmp", "sctp",    "icmpv6", NULL };
static const char *const arp_opcodes[] = { "Request",	      "Reply",	      "Request_Reverse",
					   "Reply_Reverse",   "DRARP_Request", "DRARP_Reply",
					   "DRARP_Error",     "InARP_Request", "ARP_NAK", NULL };
static const char *const booleans[] = { "yes", "no", "true", "false", "1", "0", NULL };
static const char *const states[] = { "NEW", "ESTABLISHED", "RELATED", "INVALID", "NONE", NULL };
static const char *const tcp_flags[] = { "SYN", "ACK", "URG", "PSH", "FIN", "RST", "ALL", "NONE", NULL };
static const char *const set_flags[] = { "src", "dst", NULL };

#define FIELD(text, parse_function) \
	.base = { .what = text, .size = sizeof(char *), .parse = parse_function, \
		  .format = field_format, .absent = field_absent, .equal = field_equal, \
		  .copy = field_copy, .clear = field_clear }

const NwFieldType nw_mac = { FIELD(N_("a MAC address or a variable"), parse_mac) };
const NwFieldType nw_ipv4 = { FIELD(N_("an IPv4 address or a variable"), parse_ipv4) };
const NwFieldType nw_ipv6 = { FIELD(N_("an IPv6 address or a variable"), parse_ipv6) };
const NwFieldType nw_mask4 = { FIELD(N_("an IPv4 mask, 0 to 32 or a variable"), parse_mask4) };
const NwFieldType nw_mask6 = { FIELD(N_("an IPv6 mask, 0 to 128 or a variable"), parse_mask6) };
const NwFieldType nw_uint8 = { FIELD(N_("a number up to 255 or a variable"), parse_number),
			       .maximum = 255 };
const NwFieldType nw_uint16 = { FIELD(N_("a number up to 65535 or a variable"), parse_number),
				.maximum = 65535 };
const NwFieldType nw_uint32 = { FIELD(N_("a number up to 4294967295 or a variable"), parse_number),
				.maximum = G_MAXUINT32 };
const NwFieldType nw_dscp = { FIELD(N_("a number up to 63 or a variable"), parse_number),
			      .maximum = 63 };
const NwFieldType nw_vlanid = { FIELD(N_("a number up to 4095 or a variable"), parse_number),
				.maximum = 4095 };
const NwFieldType nw_ethertype = { FIELD(N_("a protocol's name, 0x600 to 0xffff or a variable"),
					 parse_number),
				   .minimum = 0x600, .maximum = 0xffff, .words = ethertypes };
const NwFieldType nw_ip_protocol = { FIELD(N_("a protocol's name, 0 to 255 or a variable"),
					   parse_number),
				     .maximum = 255, .words = ip_protocols };
const NwFieldType nw_arp_opcode = { FIELD(N_("the name of an ARP operation, 0 to 65535 or a variable"),
					  parse_number),
				    .maximum = 65535, .words = arp_opcodes };
const NwFieldType nw_boolean = { FIELD(N_("yes or no"), parse_words), .words = booleans };
const NwFieldType nw_state = { FIELD(N_("a list of NEW, ESTABLISHED, RELATED, INVALID, or NONE"),
				     parse_words),
			       .words = states };
const NwFieldType nw_tcp_flags = { FIELD(N_("two lists of TCP flags with '/' between them"),
					 parse_tcp_flags),
				   .words = tcp_flags };
const NwFieldType nw_ipset = { FIELD(N_("the name of an IP set or a variable"), parse_ipset) };
const NwFieldType nw_ipset_flags = { FIELD(N_("a list of src and dst"), parse_words),
				     .words = set_flags };
