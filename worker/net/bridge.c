/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/net/bridge.h"
#include "worker/net/netlink.h"

#define MARK "reeve network " /* the alias of our bridges: this, then the UUID */

typedef struct Address {
	unsigned char family;
	unsigned char length;
	unsigned char bytes[16];
} Address;

static Address address_of(const char *text)
{
	Address address = { .family = AF_INET, .length = 4 };

	if (inet_pton(AF_INET, text, address.bytes) == 1)
		return address;
	address = (Address){ .family = AF_INET6, .length = 16 };
	inet_pton(AF_INET6, text, address.bytes); /* it was checked */
	return address;
}

bool bridge_look(const char *name, const char *uuid, bool claimed, bool *ret_there, GError **error)
{
	g_autofree char *mark = g_strconcat(MARK, uuid, NULL);
	LinkFacts facts;
	int r = netlink_link(name, &facts);

	*ret_there = r == 0;
	if (r == -ENODEV)
		return true;
	if (r < 0)
		return fail_errno(error, -r, _("cannot look at the bridge '%s'"), name);
	if (g_str_equal(facts.kind, "bridge") &&
	    (g_str_equal(facts.alias, mark) || (claimed && !*facts.alias)))
		return true;
	return fail(error, VIR_ERR_OPERATION_FAILED,
		    _("there is a network device '%s' on this host already, which is not this network's "
		      "bridge; choose another name in <bridge name=...> or remove the device"),
		    name);
}

/* A value below /proc/sys; a missing file (a kernel without IPv6) is no error where @optional. */
static bool kernel_set(const char *path, const char *value, bool optional, GError **error)
{
	g_autofd int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && optional)
		return true;
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return fail_errno(error, errno, _("cannot write '%s' to '%s'"), value, path);
	return true;
}

/* A bridge has no addresses but those of its network: it takes none from routers that guests pretend to be. */
static bool ipv6_set(const priv_network *network, GError **error)
{
	bool wanted = network->ipv6_inside;
	const struct {
		const char *name, *value;
	} rows[] = {
		{ "accept_ra", "0" },
		{ "autoconf", "0" },
		{ "disable_ipv6", NULL },
	};

	for (unsigned i = 0; i < network->ips.ips_len; i++)
		wanted |= strchr(network->ips.ips_val[i].address, ':') != NULL;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/proc/sys/net/ipv6/conf/%s/%s",
							network->bridge, rows[i].name);

		if (!kernel_set(path, rows[i].value ? rows[i].value : wanted ? "0" : "1", !wanted,
				error))
			return false;
	}
	return true;
}

static void bridge_options_put(Netlink *message, const priv_network *network, bool stp)
{
	size_t info = netlink_nest_begin(message, IFLA_LINKINFO);
	size_t data;

	netlink_put_text(message, IFLA_INFO_KIND, "bridge");
	data = netlink_nest_begin(message, IFLA_INFO_DATA);
	/* With STP on the kernel allows no delay below 2 s; so the one before the other. */
	if (!stp)
		netlink_put_u32(message, IFLA_BR_FORWARD_DELAY, network->delay);
	netlink_put_u32(message, IFLA_BR_STP_STATE, stp);
	netlink_nest_end(message, data);
	netlink_nest_end(message, info);
}

static int link_create(const priv_network *network)
{
	const struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	Netlink message =
		netlink_begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));

	netlink_put_text(&message, IFLA_IFNAME, network->bridge);
	netlink_put(&message, IFLA_ADDRESS, network->mac, sizeof(network->mac));
	bridge_options_put(&message, network, false);
	return netlink_send(&message);
}

static int link_change(const priv_network *network, const char *uuid)
{
	const struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	Netlink message = netlink_begin(RTM_NEWLINK, 0, &body, sizeof(body));
	g_autofree char *mark = g_strconcat(MARK, uuid, NULL);

	netlink_put_text(&message, IFLA_IFNAME, network->bridge);
	netlink_put(&message, IFLA_IFALIAS, mark, strlen(mark));
	if (network->mtu)
		netlink_put_u32(&message, IFLA_MTU, network->mtu);
	bridge_options_put(&message, network, network->stp);
	return netlink_send(&message);
}

bool bridge_make(const priv_network *network, const char *uuid, bool there, GError **error)
{
	int r = there ? 0 : link_create(network);

	if (r == 0)
		r = link_change(network, uuid);
	if (r == -EOPNOTSUPP)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("this host's kernel has no bridges: load the module 'bridge'"));
	if (r < 0)
		return fail_errno(error, -r, _("cannot make the bridge '%s'"), network->bridge);
	return ipv6_set(network, error);
}

static bool address_add(const priv_network *network, const priv_network_ip *ip, GError **error)
{
	Address address = address_of(ip->address);
	const struct ifaddrmsg body = {
		.ifa_family = address.family,
		.ifa_prefixlen = (unsigned char)ip->prefix,
		.ifa_flags = address.family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_index = if_nametoindex(network->bridge),
	};
	Netlink message = netlink_begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &body,
					sizeof(body));
	uint32_t host = ip->prefix < 32 ? ~0u >> ip->prefix : 0;
	int r;

	netlink_put(&message, IFA_LOCAL, address.bytes, address.length);
	netlink_put(&message, IFA_ADDRESS, address.bytes, address.length);
	if (address.family == AF_INET && ip->prefix < 31) {
		uint32_t broadcast;

		memcpy(&broadcast, address.bytes, sizeof(broadcast));
		broadcast |= htonl(host);
		netlink_put_u32(&message, IFA_BROADCAST, broadcast);
	}
	r = netlink_send(&message);
	if (r == 0 || r == -EEXIST)
		return true;
	return fail_errno(error, -r, _("cannot give the bridge '%s' the address '%s/%u'"),
			  network->bridge, ip->address, ip->prefix);
}

static bool route_add(const priv_network *network, const priv_network_route *route, GError **error)
{
	Address destination = address_of(route->destination);
	Address gateway = address_of(route->gateway);
	const struct rtmsg body = {
		.rtm_family = destination.family,
		.rtm_dst_len = (unsigned char)route->prefix,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
	Netlink message = netlink_begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &body,
					sizeof(body));
	int r;

	netlink_put(&message, RTA_DST, destination.bytes, destination.length);
	netlink_put(&message, RTA_GATEWAY, gateway.bytes, gateway.length);
	netlink_put_u32(&message, RTA_OIF, if_nametoindex(network->bridge));
	if (route->metric)
		netlink_put_u32(&message, RTA_PRIORITY, route->metric);
	r = netlink_send(&message);
	return r == 0 || fail_errno(error, -r, _("cannot add the route to '%s/%u' by '%s'"),
				    route->destination, route->prefix, route->gateway);
}

/* What goes from one network to another passes the host, which forwards only when it is told to. */
static bool forwarding_set(const priv_network *network, GError **error)
{
	bool four = false, six = false;

	if (network->mode == PRIV_NETWORK_ISOLATED)
		return true;
	for (unsigned i = 0; i < network->ips.ips_len; i++)
		*(strchr(network->ips.ips_val[i].address, ':') ? &six : &four) = true;
	return (!four || kernel_set("/proc/sys/net/ipv4/ip_forward", "1", false, error)) &&
	       (!six || kernel_set("/proc/sys/net/ipv6/conf/all/forwarding", "1", false, error));
}

static bool up_set(const priv_network *network, GError **error)
{
	const struct ifinfomsg body = { .ifi_family = AF_UNSPEC,
					.ifi_flags = IFF_UP,
					.ifi_change = IFF_UP };
	Netlink message = netlink_begin(RTM_NEWLINK, 0, &body, sizeof(body));
	int r;

	netlink_put_text(&message, IFLA_IFNAME, network->bridge);
	r = netlink_send(&message);
	return r == 0 || fail_errno(error, -r, _("cannot start the bridge '%s'"), network->bridge);
}

bool bridge_start(const priv_network *network, GError **error)
{
	for (unsigned i = 0; i < network->ips.ips_len; i++)
		if (!address_add(network, &network->ips.ips_val[i], error))
			return false;
	if (!forwarding_set(network, error) || !up_set(network, error))
		return false;
	for (unsigned i = 0; i < network->routes.routes_len; i++)
		if (!route_add(network, &network->routes.routes_val[i], error))
			return false;
	return true;
}

bool bridge_remove(const char *name, GError **error)
{
	const struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	Netlink message = netlink_begin(RTM_DELLINK, 0, &body, sizeof(body));
	int r;

	netlink_put_text(&message, IFLA_IFNAME, name);
	r = netlink_send(&message);
	return r == 0 || r == -ENODEV ||
	       fail_errno(error, -r, _("cannot remove the bridge '%s'"), name);
}
