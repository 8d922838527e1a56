/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/network/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/host/host.h"

#define ROUTES "/proc/self/net/route"

static unsigned mask_prefix(const char *netmask)
{
	struct in_addr mask = { 0 };

	inet_pton(AF_INET, netmask, &mask);
	return (unsigned)__builtin_popcount(mask.s_addr);
}

/* The class of an address decided before there were masks. */
static unsigned class_prefix(const char *address)
{
	unsigned char bytes[4];

	if (inet_pton(AF_INET, address, bytes) != 1)
		return 64;
	return bytes[0] < 128 ? 8 : bytes[0] < 192 ? 16 : 24;
}

unsigned network_ip_prefix(const NetworkIp *ip)
{
	if (ip->has_prefix)
		return ip->prefix;
	return ip->netmask ? mask_prefix(ip->netmask) : class_prefix(ip->address);
}

unsigned network_route_prefix(const NetRoute *route)
{
	if (route->has_prefix)
		return route->prefix;
	return route->netmask ? mask_prefix(route->netmask) : class_prefix(route->address);
}

/* One line of the kernel's table; numbers are in the network's byte order, as the host reads them. */
typedef struct HostRoute {
	char dev[32];
	uint32_t destination, gateway, mask;
} HostRoute;

static bool route_parse(const char *line, HostRoute *ret)
{
	unsigned destination, gateway, mask;

	if (sscanf(line, "%31s %x %x %*s %*s %*s %*s %x", ret->dev, &destination, &gateway, &mask) != 4)
		return false;
	ret->destination = ntohl(destination);
	ret->gateway = gateway;
	ret->mask = ntohl(mask);
	return true;
}

/*
 * Who is on a link with us would no longer be reached; and what has a route of its own within the subnet would be
 * none of its guests. A wider route by a gateway does not matter: the subnet's own is preferred.
 */
static bool collides(const HostRoute *route, Subnet4 subnet)
{
	uint32_t common = route->mask & subnet.mask;
	bool wider = route->mask < subnet.mask;

	if (route->mask == 0 || (route->destination & common) != (subnet.address & common))
		return false;
	return !wider || route->gateway == 0;
}

char *subnet_in_use(Subnet4 subnet, const char *own)
{
	g_autofree char *text = host_read(ROUTES);
	g_auto(GStrv) lines = text ? g_strsplit(text, "\n", 0) : NULL;

	for (unsigned i = 1; lines && lines[0] && lines[i]; i++) {
		HostRoute route;

		if (route_parse(lines[i], &route) && g_strcmp0(route.dev, own) != 0 &&
		    collides(&route, subnet))
			return g_strdup(route.dev);
	}
	return NULL;
}

bool network_addresses_check(const NetworkDef *def, GError **error)
{
	for (guint i = 0; def->ips && i < def->ips->len; i++) {
		const NetworkIp *ip = def->ips->pdata[i];
		unsigned prefix = network_ip_prefix(ip);
		g_autofree char *dev = NULL;
		struct in_addr address;

		if (inet_pton(AF_INET, ip->address, &address) != 1)
			continue;
		dev = subnet_in_use((Subnet4){ ntohl(address.s_addr), prefix ? ~0u << (32 - prefix) : 0 },
				    def->bridge->name);
		if (dev)
			return fail(error, VIR_ERR_INTERNAL_ERROR,
				    _("network '%s': the addresses %s/%u are in use by interface '%s' "
				      "already"),
				    def->name, ip->address, prefix, dev);
	}
	return true;
}
