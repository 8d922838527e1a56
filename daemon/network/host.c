/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/network/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "daemon/host/priv_request.h"
#include "daemon/network/address.h"
#include "rpc/wire/wire.h"

#define APPLY_USEC (60 * G_USEC_PER_SEC)

/* The wire's structs borrow all texts from the definition; only their arrays are made. */
static char *text(const char *value)
{
	return (char *)(value ? value : "");
}

static guint length_of(const GPtrArray *list)
{
	return list ? list->len : 0;
}

/* An array of the wire for the elements of @list. */
#define ARRAY_FOR(wire, member, list)                                                              \
	((wire)->member.member##_len = length_of(list),                                            \
	 (wire)->member.member##_val = g_malloc0_n(MAX(length_of(list), 1),                        \
						   sizeof(*(wire)->member.member##_val)))

static int64_t lease_seconds(const NetworkLease *lease)
{
	static const int64_t units[] = {
		[LEASE_UNIT_SECONDS] = 1, [LEASE_UNIT_MINUTES] = 60, [LEASE_UNIT_HOURS] = 3600
	};

	if (!lease)
		return 0;
	if (lease->expiry == 0)
		return -1;
	return (int64_t)MIN(lease->expiry, UINT32_MAX / 3600) *
	       (lease->unit ? units[lease->unit] : units[LEASE_UNIT_MINUTES]);
}

/* ---- names --------------------------------------------------------------------------------- */

static void dns_hosts_fill(priv_dnsmasq *wire, const NetworkDns *dns)
{
	ARRAY_FOR(wire, names, dns->hosts);
	for (guint i = 0; i < length_of(dns->hosts); i++) {
		const DnsHost *host = dns->hosts->pdata[i];
		priv_dns_host *one = &wire->names.names_val[i];

		one->ip = text(host->ip);
		ARRAY_FOR(one, names, host->names);
		for (guint k = 0; k < length_of(host->names); k++)
			one->names.names_val[k] = text(host->names->pdata[k]);
	}
}

static void dns_fill(priv_dnsmasq *wire, const NetworkDns *dns)
{
	ARRAY_FOR(wire, forwarders, dns->forwarders);
	for (guint i = 0; i < length_of(dns->forwarders); i++) {
		const DnsForwarder *one = dns->forwarders->pdata[i];

		wire->forwarders.forwarders_val[i] =
			(priv_dns_forwarder){ text(one->domain), text(one->address) };
	}
	ARRAY_FOR(wire, txts, dns->txts);
	for (guint i = 0; i < length_of(dns->txts); i++) {
		const DnsTxt *one = dns->txts->pdata[i];

		wire->txts.txts_val[i] = (priv_dns_txt){ text(one->name), text(one->value) };
	}
	ARRAY_FOR(wire, srvs, dns->srvs);
	for (guint i = 0; i < length_of(dns->srvs); i++) {
		const DnsSrv *one = dns->srvs->pdata[i];

		wire->srvs.srvs_val[i] = (priv_dns_srv){
			.service = text(one->service),
			.protocol = text(one->protocol),
			.domain = text(one->domain),
			.target = text(one->target),
			.port = one->port,
			.priority = one->has_priority ? (int)one->priority : -1,
			.weight = one->has_weight ? (int)one->weight : -1,
		};
	}
	dns_hosts_fill(wire, dns);
}

/* ---- leases -------------------------------------------------------------------------------- */

/* Of both families at once: there is one <dhcp> of each. */
static void dhcp_fill(priv_dnsmasq *wire, const NetworkDef *def)
{
	g_autoptr(GPtrArray) ranges = g_ptr_array_new(), hosts = g_ptr_array_new();

	for (guint i = 0; i < length_of(def->ips); i++) {
		const NetworkIp *ip = def->ips->pdata[i];

		if (ip->tftp_root)
			wire->tftp_root = ip->tftp_root;
		if (!ip->dhcp)
			continue;
		for (guint k = 0; k < length_of(ip->dhcp->ranges); k++)
			g_ptr_array_add(ranges, ip->dhcp->ranges->pdata[k]);
		for (guint k = 0; k < length_of(ip->dhcp->hosts); k++)
			g_ptr_array_add(hosts, ip->dhcp->hosts->pdata[k]);
		if (ip->dhcp->bootp) {
			wire->boot_file = text(ip->dhcp->bootp->file);
			wire->boot_server = text(ip->dhcp->bootp->server);
		}
	}
	ARRAY_FOR(wire, ranges, ranges);
	for (guint i = 0; i < ranges->len; i++) {
		const DhcpRange *one = ranges->pdata[i];

		wire->ranges.ranges_val[i] = (priv_dhcp_range){ text(one->start), text(one->end),
								lease_seconds(one->lease) };
	}
	ARRAY_FOR(wire, hosts, hosts);
	for (guint i = 0; i < hosts->len; i++) {
		const DhcpHost *one = hosts->pdata[i];

		wire->hosts.hosts_val[i] = (priv_dhcp_host){ text(one->mac), text(one->id),
							     text(one->name), text(one->ip),
							     lease_seconds(one->lease) };
	}
}

/* Is there anything for it to do? */
static bool dnsmasq_wanted(const NetworkDef *def)
{
	bool wanted = !def->dns || def->dns->enable != TRISTATE_NO;

	for (guint i = 0; i < length_of(def->ips); i++) {
		const NetworkIp *ip = def->ips->pdata[i];

		wanted |= ip->dhcp != NULL || strchr(ip->address, ':') != NULL;
	}
	return wanted && length_of(def->ips) > 0;
}

static priv_dnsmasq *dnsmasq_make(const NetworkDef *def)
{
	static const NetworkDns nothing;
	const NetworkDns *dns = def->dns ? def->dns : &nothing;
	priv_dnsmasq *wire;

	if (!dnsmasq_wanted(def))
		return NULL;
	wire = g_new0(priv_dnsmasq, 1);
	wire->dns = dns->enable != TRISTATE_NO;
	wire->plain_names = dns->forward_plain_names != TRISTATE_NO;
	wire->domain = text(def->domain ? def->domain->name : NULL);
	wire->local_only = def->domain && def->domain->local_only == TRISTATE_YES;
	wire->tftp_root = wire->boot_file = wire->boot_server = text(NULL);
	dns_fill(wire, dns);
	dhcp_fill(wire, def);
	ARRAY_FOR(wire, options, def->dnsmasq_options);
	for (guint i = 0; i < length_of(def->dnsmasq_options); i++)
		wire->options.options_val[i] =
			text(((const DnsmasqOption *)def->dnsmasq_options->pdata[i])->value);
	return wire;
}

static void dnsmasq_free(priv_dnsmasq *wire)
{
	if (!wire)
		return;
	for (u_int i = 0; i < wire->names.names_len; i++)
		g_free(wire->names.names_val[i].names.names_val);
	g_free(wire->names.names_val);
	g_free(wire->forwarders.forwarders_val);
	g_free(wire->txts.txts_val);
	g_free(wire->srvs.srvs_val);
	g_free(wire->ranges.ranges_val);
	g_free(wire->hosts.hosts_val);
	g_free(wire->options.options_val);
	g_free(wire);
}

/* ---- the network --------------------------------------------------------------------------- */

static priv_network_mode mode_of(const NetworkDef *def)
{
	switch (def->forward ? def->forward->mode : FORWARD_NONE) {
	case FORWARD_NAT:
		return PRIV_NETWORK_NAT;
	case FORWARD_ROUTE:
		return PRIV_NETWORK_ROUTE;
	case FORWARD_OPEN:
		return PRIV_NETWORK_OPEN;
	default:
		return PRIV_NETWORK_ISOLATED;
	}
}

static void forward_fill(priv_network *wire, const NetworkForward *forward)
{
	const ForwardNat *nat = forward ? forward->nat : NULL;

	wire->out_dev = text(forward ? forward->dev : NULL);
	wire->nat.first = wire->nat.last = text(NULL);
	if (!nat)
		return;
	wire->nat.ipv6 = nat->ipv6 == TRISTATE_YES;
	if (nat->addresses) {
		wire->nat.first = text(nat->addresses->start);
		wire->nat.last = text(nat->addresses->end ? nat->addresses->end : nat->addresses->start);
	}
	if (nat->ports) {
		wire->nat.first_port = nat->ports->start;
		wire->nat.last_port = nat->ports->end;
	}
}

static void addresses_fill(priv_network *wire, const NetworkDef *def)
{
	ARRAY_FOR(wire, ips, def->ips);
	for (guint i = 0; i < length_of(def->ips); i++) {
		const NetworkIp *ip = def->ips->pdata[i];

		wire->ips.ips_val[i] = (priv_network_ip){
			.address = text(ip->address),
			.prefix = network_ip_prefix(ip),
			.local_ptr = ip->local_ptr == TRISTATE_YES,
			.dhcp = ip->dhcp != NULL,
		};
	}
	ARRAY_FOR(wire, routes, def->routes);
	for (guint i = 0; i < length_of(def->routes); i++) {
		const NetRoute *route = def->routes->pdata[i];

		wire->routes.routes_val[i] = (priv_network_route){
			.destination = text(route->address),
			.prefix = network_route_prefix(route),
			.gateway = text(route->gateway),
			.metric = route->metric,
		};
	}
}

/* The description as bytes in a memory file: -1 and an error, or its descriptor. */
static int description_make(const NetworkDef *def, gsize *ret_size, GError **error)
{
	priv_network wire = {
		.name = text(def->name),
		.bridge = text(def->bridge->name),
		.mtu = def->mtu,
		.stp = def->bridge->stp != TRISTATE_NO,
		.delay = (unsigned)MIN(def->bridge->delay, UINT32_MAX / 100) * 100,
		.mode = mode_of(def),
		.ipv6_inside = def->ipv6 == TRISTATE_YES,
		.dnsmasq = dnsmasq_make(def),
	};
	g_autofd int fd = memfd_create("network", MFD_CLOEXEC);
	g_autofree guint8 *bytes = NULL;

	memcpy(wire.mac, def->mac.bytes, sizeof(wire.mac));
	forward_fill(&wire, def->forward);
	addresses_fill(&wire, def);
	bytes = rpc_encode((xdrproc_t)xdr_priv_network, &wire, 0, ret_size, error);
	dnsmasq_free(wire.dnsmasq);
	g_free(wire.ips.ips_val);
	g_free(wire.routes.routes_val);
	if (!bytes)
		return -1;
	if (fd < 0 || write(fd, bytes, *ret_size) != (ssize_t)*ret_size)
		return fail_errno(error, errno, _("cannot write down network '%s'"), def->name), -1;
	return take_fd(&fd);
}

bool network_host_apply_call(Engine *engine, const NetworkDef *def, NetworkHost *ret, GError **error)
{
	gsize size = 0;
	g_autofd int fd = description_make(def, &size, error);
	priv_network_apply_args args = { .size = (unsigned)size };
	priv_network_apply_ret wire = { 0 };
	PrivRequest request = { .number = PRIV_REQUEST_network_apply, .args = &args, .ret = &wire,
				.send_fd = fd, .timeout_usec = APPLY_USEC };

	*ret = (NetworkHost){ .pidfd = -1 };
	memcpy(args.uuid, def->uuid.bytes, sizeof(args.uuid));
	if (fd < 0 || !priv_request_fd_call(engine, request, &ret->pidfd, error))
		return false;
	ret->dnsmasq = (pid_t)wire.pid;
	ret->respawned = wire.respawned;
	return true;
}

bool network_host_remove_call(Engine *engine, const Uuid *uuid, GError **error)
{
	priv_network_remove_args args;
	priv_nothing nothing = { 0 };
	const PrivRequest request = { .number = PRIV_REQUEST_network_remove, .args = &args,
				      .ret = &nothing, .send_fd = -1, .timeout_usec = APPLY_USEC };

	memcpy(args.uuid, uuid->bytes, sizeof(args.uuid));
	return priv_request_call(engine, &request, error);
}
