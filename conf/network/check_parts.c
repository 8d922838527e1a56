/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of a network that contradict its mode, its addresses, or each other. */
#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/network/check.h"

enum { ADDRESS_MAX = 16, RANGE_MAX = 65535, LEASE_SECONDS_MIN = 120, PORT_MAX = 65535 };

static gsize family_length(int family)
{
	return family == AF_INET ? 4 : 16;
}

/* AF_INET, AF_INET6, or AF_UNSPEC when @text is no address. */
static int address_read(const char *text, unsigned char address[ADDRESS_MAX])
{
	if (inet_pton(AF_INET, text, address) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, address) == 1 ? AF_INET6 : AF_UNSPEC;
}

static bool bit_get(const unsigned char *address, guint bit)
{
	return address[bit / 8] >> (7 - bit % 8) & 1;
}

/* Whether the first @prefix bits are equal. */
static bool same_prefix(const unsigned char *a, const unsigned char *b, guint prefix)
{
	for (guint bit = 0; bit < prefix; bit++)
		if (bit_get(a, bit) != bit_get(b, bit))
			return false;
	return true;
}

/* Whether all bits behind the prefix are @value. */
static bool rest_is(const unsigned char *address, guint prefix, guint bits, bool value)
{
	for (guint bit = prefix; bit < bits; bit++)
		if (bit_get(address, bit) != value)
			return false;
	return true;
}

/* The length of the prefix that an <ip> gives, or that of its class; -1 for a mask with holes. */
static int ip_prefix(const char *netmask, bool has_prefix, guint prefix, int family,
		     const unsigned char *address)
{
	unsigned char mask[ADDRESS_MAX];
	guint bits = 0;

	if (has_prefix)
		return (int)prefix;
	if (!netmask) {
		if (family != AF_INET)
			return 64;
		return address[0] < 128 ? 8 : address[0] < 192 ? 16 : 24;
	}
	if (inet_pton(AF_INET, netmask, mask) != 1)
		return -1;
	while (bits < 32 && bit_get(mask, bits))
		bits++;
	return rest_is(mask, bits, 32, false) ? (int)bits : -1;
}

static bool forward_interfaces_check(const NetworkDef *def, GError **error)
{
	const NetworkForward *forward = def->forward;
	GPtrArray *list = forward->interfaces;
	guint n = list ? list->len : 0;

	for (guint i = 0; i < n; i++)
		for (guint k = 0; k < i; k++)
			if (g_strcmp0(((ForwardInterface *)list->pdata[i])->dev,
				      ((ForwardInterface *)list->pdata[k])->dev) == 0)
				return fail(error, VIR_ERR_XML_ERROR,
					    _("network '%s' lists the interface '%s' twice"), def->name,
					    ((ForwardInterface *)list->pdata[i])->dev);
	if (n > 0 && forward->dev && g_strcmp0(forward->dev,
					       ((ForwardInterface *)list->pdata[0])->dev) != 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': <forward dev='%s'> is not its first <interface dev='%s'>"),
			    def->name, forward->dev, ((ForwardInterface *)list->pdata[0])->dev);
	if (n > 0 && forward->mode == FORWARD_OPEN)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the mode 'open' forwards to all, not to a 'dev'"),
			    def->name);
	if (n > 0 && forward->mode == FORWARD_HOSTDEV)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("network '%s': the mode 'hostdev' takes <pf> or <address>, not "
			      "<interface>"), def->name);
	if (n > 1 && (forward->mode == FORWARD_NAT || forward->mode == FORWARD_ROUTE))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the mode '%s' forwards to one <interface>, not to %u"),
			    def->name, forward_mode_name(forward->mode), n);
	return true;
}

static bool nat_addresses_check(const NetworkDef *def, const AddressRange *range, GError **error)
{
	unsigned char start[ADDRESS_MAX], end[ADDRESS_MAX];
	int family;

	if (!range || !range->start)
		return true;
	family = address_read(range->start, start);
	if (family == AF_UNSPEC || (range->end && address_read(range->end, end) != family))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': '%s' to '%s' in <nat> are no addresses of one family"),
			    def->name, range->start, range->end ? range->end : "");
	return !range->end || memcmp(start, end, family_length(family)) <= 0 ||
	       fail(error, VIR_ERR_INTERNAL_ERROR,
		    _("network '%s': the range of addresses '%s' to '%s' ends before it begins"),
		    def->name, range->start, range->end);
}

/* What only a network has whose bridge is its own. */
static bool own_bridge_check(const NetworkDef *def, GError **error)
{
	const char *mode = def->forward ? forward_mode_name(def->forward->mode) : "";
	const NetworkBridge *bridge = def->bridge;
	const char *given = NULL;

	if (network_def_has_own_bridge(def))
		return true;
	if (def->mac.set)
		given = "mac";
	if (def->domain)
		given = "domain";
	if (given)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("network '%s': the mode '%s' excludes <%s>"), def->name, mode, given);
	if (def->mtu)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the mode '%s' excludes <mtu>: the bridge is not its own"),
			    def->name, mode);
	if (bridge && (bridge->stp || bridge->delay || bridge->zone))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the mode '%s' excludes stp, delay and zone: the bridge is "
			      "not its own"), def->name, mode);
	return true;
}

static bool dns_host_check(const NetworkDef *def, const DnsHost *host, GError **error)
{
	unsigned char address[ADDRESS_MAX];

	if (!host->ip || address_read(host->ip, address) == AF_UNSPEC)
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("network '%s': '%s' of a <host> in <dns> is no IP address"), def->name,
			    host->ip ? host->ip : "");
	return (host->names && host->names->len > 0) ||
	       fail(error, VIR_ERR_XML_DETAIL,
		    _("network '%s': the <host> '%s' in <dns> has no <hostname>"), def->name, host->ip);
}

static bool dns_srv_check(const NetworkDef *def, const DnsSrv *srv, GError **error)
{
	if (srv->has_port && !srv->target)
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("network '%s': <srv service='%s'> has a 'port', but no 'target'"),
			    def->name, srv->service);
	return !srv->has_port || (srv->port > 0 && srv->port <= PORT_MAX) ||
	       fail(error, VIR_ERR_XML_DETAIL,
		    _("network '%s': the port %u of <srv service='%s'> is none"), def->name, srv->port,
		    srv->service);
}

static bool dns_text_check(const NetworkDef *def, const DnsTxt *txt, GError **error)
{
	if (txt->name && strpbrk(txt->name, " ,"))
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("network '%s': the name '%s' of a <txt> has blanks or commas"), def->name,
			    txt->name);
	return txt->value || fail(error, VIR_ERR_XML_DETAIL,
				  _("network '%s': the <txt> '%s' has no 'value'"), def->name,
				  txt->name ? txt->name : "");
}

static bool dns_forwarder_check(const NetworkDef *def, const DnsForwarder *forwarder,
				GError **error)
{
	unsigned char address[ADDRESS_MAX];

	if (!forwarder->address && !forwarder->domain)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': a <forwarder> needs 'addr' or 'domain'"), def->name);
	return !forwarder->address || address_read(forwarder->address, address) != AF_UNSPEC ||
	       fail(error, VIR_ERR_XML_ERROR,
		    _("network '%s': '%s' of a <forwarder> is no IP address"), def->name,
		    forwarder->address);
}

static guint length_of(const GPtrArray *list)
{
	return list ? list->len : 0;
}

static bool dns_check(const NetworkDef *def, GError **error)
{
	const NetworkDns *dns = def->dns;

	if (!dns)
		return true;
	if (dns->enable == TRISTATE_NO && length_of(dns->hosts) + length_of(dns->txts) +
						  length_of(dns->srvs) +
						  length_of(dns->forwarders) > 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': <dns enable='no'> has nothing in it"), def->name);
	for (guint i = 0; i < length_of(dns->hosts); i++)
		if (!dns_host_check(def, dns->hosts->pdata[i], error))
			return false;
	for (guint i = 0; i < length_of(dns->srvs); i++)
		if (!dns_srv_check(def, dns->srvs->pdata[i], error))
			return false;
	for (guint i = 0; i < length_of(dns->txts); i++)
		if (!dns_text_check(def, dns->txts->pdata[i], error))
			return false;
	for (guint i = 0; i < length_of(dns->forwarders); i++)
		if (!dns_forwarder_check(def, dns->forwarders->pdata[i], error))
			return false;
	return true;
}

static bool lease_check(const NetworkDef *def, const NetworkLease *lease, GError **error)
{
	guint64 seconds;

	if (!lease || !lease->expiry)
		return true;
	seconds = lease->unit == LEASE_UNIT_HOURS	? lease->expiry * 3600
		  : lease->unit == LEASE_UNIT_SECONDS	? lease->expiry
							: lease->expiry * 60;
	return lease->expiry > G_MAXUINT32 || seconds >= LEASE_SECONDS_MIN ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("network '%s': a lease lasts two minutes or more"), def->name);
}

/* How many addresses lie between, up to RANGE_MAX + 1. */
static guint64 range_size(const unsigned char *start, const unsigned char *end, gsize length)
{
	guint64 size = 0;

	for (gsize i = 0; i < length; i++) {
		size = size * 256 + end[i] - start[i];
		if (size > RANGE_MAX * G_GUINT64_CONSTANT(512))
			return RANGE_MAX + 1;
	}
	return size;
}

static bool range_check(const NetworkDef *def, const NetworkIp *ip, const DhcpRange *range,
			GError **error)
{
	unsigned char own[ADDRESS_MAX], start[ADDRESS_MAX], end[ADDRESS_MAX];
	int family = address_read(ip->address, own), prefix;
	guint bits = family == AF_INET ? 32 : 128;

	if (address_read(range->start, start) != family || address_read(range->end, end) != family)
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("network '%s': the range '%s' to '%s' is of another family than '%s'"),
			    def->name, range->start, range->end, ip->address);
	prefix = ip_prefix(ip->netmask, ip->has_prefix, ip->prefix, family, own);
	if (prefix < 0)
		return true;
	if (!same_prefix(own, start, (guint)prefix) || !same_prefix(own, end, (guint)prefix))
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("network '%s': the range '%s' to '%s' is not within that of '%s'"),
			    def->name, range->start, range->end, ip->address);
	if (range_size(start, end, family_length(family)) > RANGE_MAX)
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("network '%s': the range '%s' to '%s' has more than %d addresses"),
			    def->name, range->start, range->end, RANGE_MAX);
	if (family == AF_INET && prefix < 31 &&
	    (rest_is(start, (guint)prefix, bits, false) || rest_is(end, (guint)prefix, bits, true)))
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("network '%s': the first and the last address of '%s' are none of guests"),
			    def->name, ip->address);
	return lease_check(def, range->lease, error);
}

static bool ip6_check(const NetworkDef *def, const NetworkIp *ip, GError **error)
{
	if (g_strcmp0(ip->family, "ipv6") != 0)
		return true;
	if (ip->tftp_root)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("network '%s': <tftp> is for IPv4"), def->name);
	for (guint i = 0; ip->dhcp && i < length_of(ip->dhcp->hosts); i++)
		if (((DhcpHost *)ip->dhcp->hosts->pdata[i])->mac)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("network '%s': a DHCP host of IPv6 is known by 'id' or 'name', "
				      "not by 'mac'"), def->name);
	return true;
}

static bool host_check(const NetworkDef *def, const DhcpHost *host, GError **error)
{
	if (host->id && strspn(host->id, "0123456789abcdefABCDEF:") != strlen(host->id))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the id '%s' of a DHCP host is hexadecimal digits with ':' "
			      "between them"), def->name, host->id);
	return lease_check(def, host->lease, error);
}

static bool ip_check(const NetworkDef *def, const NetworkIp *ip, GError **error)
{
	if (!ip6_check(def, ip, error))
		return false;
	for (guint i = 0; ip->dhcp && i < length_of(ip->dhcp->ranges); i++)
		if (!range_check(def, ip, ip->dhcp->ranges->pdata[i], error))
			return false;
	for (guint i = 0; ip->dhcp && i < length_of(ip->dhcp->hosts); i++)
		if (!host_check(def, ip->dhcp->hosts->pdata[i], error))
			return false;
	return true;
}

/* Whether an address of the network's own lies in one network with @gateway. */
static bool reachable(const NetworkDef *def, const unsigned char *gateway, int family)
{
	for (guint i = 0; i < length_of(def->ips); i++) {
		const NetworkIp *ip = def->ips->pdata[i];
		unsigned char own[ADDRESS_MAX];
		int prefix;

		if (address_read(ip->address, own) != family)
			continue;
		prefix = ip_prefix(ip->netmask, ip->has_prefix, ip->prefix, family, own);
		if (prefix >= 0 && same_prefix(own, gateway, (guint)prefix))
			return true;
	}
	return false;
}

static bool route_check(const NetworkDef *def, const NetRoute *route, GError **error)
{
	unsigned char address[ADDRESS_MAX], gateway[ADDRESS_MAX];
	int family = address_read(route->address, address), prefix;
	guint bits = family == AF_INET ? 32 : 128;

	if (family == AF_UNSPEC || address_read(route->gateway, gateway) != family ||
	    (g_strcmp0(route->family, "ipv6") == 0) != (family == AF_INET6))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the <route> to '%s' by '%s' is not of one family"),
			    def->name, route->address, route->gateway);
	if (route->has_prefix && route->netmask)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': a <route> has both 'netmask' and 'prefix'"), def->name);
	if (route->has_prefix && route->prefix > bits)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the prefix %u of '%s' is too long"), def->name,
			    route->prefix, route->address);
	if (route->has_metric && !route->metric)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the metric of a <route> is not 0"), def->name);
	prefix = ip_prefix(route->netmask, route->has_prefix, route->prefix, family, address);
	if (prefix < 0 || !rest_is(address, (guint)prefix, bits, false))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': '%s' of a <route> is not the address of a network"),
			    def->name, route->address);
	return reachable(def, gateway, family) ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("network '%s': the gateway '%s' of a <route> cannot be reached by any of its <ip>"),
		    def->name, route->gateway);
}

static bool ports_check(const NetworkDef *def, GError **error)
{
	g_autofree char *what = g_strdup_printf(_("network '%s'"), def->name);

	if (def->bandwidth && def->bandwidth->in && def->bandwidth->in->has_floor)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("network '%s': a 'floor' is for the <bandwidth> of a guest, or of a port "
			      "group"), def->name);
	if (!vlan_check(def->vlan, what, error) || !bandwidth_check(def->bandwidth, what, error) ||
	    !virtualport_check(def->virtualport, true, what, error))
		return false;
	for (guint i = 0; i < length_of(def->portgroups); i++) {
		const PortGroup *group = def->portgroups->pdata[i];

		if (!vlan_check(group->vlan, what, error) ||
		    !bandwidth_check(group->bandwidth, what, error) ||
		    !virtualport_check(group->virtualport, true, what, error))
			return false;
	}
	return true;
}

bool network_parts_check(const NetworkDef *def, GError **error)
{
	if (!own_bridge_check(def, error) || !dns_check(def, error) || !ports_check(def, error))
		return false;
	if (def->forward && (!forward_interfaces_check(def, error) ||
			     (def->forward->nat &&
			      !nat_addresses_check(def, def->forward->nat->addresses, error))))
		return false;
	for (guint i = 0; i < length_of(def->ips); i++)
		if (!ip_check(def, def->ips->pdata[i], error))
			return false;
	for (guint i = 0; i < length_of(def->routes); i++)
		if (!route_check(def, def->routes->pdata[i], error))
			return false;
	return true;
}
