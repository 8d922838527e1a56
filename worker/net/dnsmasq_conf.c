/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "worker/net/dnsmasq.h"

static bool is_six(const char *address)
{
	return strchr(address, ':') != NULL;
}

static void line(GString *text, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void line(GString *text, const char *format, ...)
{
	va_list words;

	va_start(words, format);
	g_string_append_vprintf(text, format, words);
	va_end(words);
	g_string_append_c(text, '\n');
}

/* ",3600", ",infinite", or nothing. */
static char *lease_text(int64_t lease)
{
	if (lease < 0)
		return g_strdup(",infinite");
	return lease ? g_strdup_printf(",%" PRId64, lease) : g_strdup("");
}

/* In quotes nothing but these two means anything. */
static char *quoted(const char *value)
{
	GString *text = g_string_new("\"");

	for (const char *c = value; *c; c++) {
		if (*c == '"' || *c == '\\')
			g_string_append_c(text, '\\');
		g_string_append_c(text, *c);
	}
	g_string_append_c(text, '"');
	return g_string_free(text, FALSE);
}

/* ---- names --------------------------------------------------------------------------------- */

/* The zone of the addresses of @ip, as far as its prefix goes in whole labels; NULL for none. */
static char *reverse_zone(const priv_network_ip *ip)
{
	GString *zone = g_string_new(NULL);
	unsigned char bytes[16];

	if (inet_pton(AF_INET, ip->address, bytes) == 1) {
		for (unsigned i = ip->prefix / 8; i > 0; i--)
			g_string_append_printf(zone, "%u.", bytes[i - 1]);
		g_string_append(zone, "in-addr.arpa");
		return g_string_free(zone, FALSE);
	}
	inet_pton(AF_INET6, ip->address, bytes);
	for (unsigned i = ip->prefix / 4; i > 0; i--)
		g_string_append_printf(zone, "%x.", bytes[(i - 1) / 2] >> (i % 2 ? 4 : 0) & 15);
	g_string_append(zone, "ip6.arpa");
	return g_string_free(zone, FALSE);
}

static void srv_line(GString *text, const priv_dns_srv *srv)
{
	g_string_append_printf(text, "srv-host=_%s._%s", srv->service, srv->protocol);
	if (*srv->domain)
		g_string_append_printf(text, ".%s", srv->domain);
	if (*srv->target) {
		g_string_append_printf(text, ",%s,%u", srv->target, srv->port ? srv->port : 1);
		if (srv->priority >= 0 || srv->weight >= 0)
			g_string_append_printf(text, ",%d", MAX(srv->priority, 0));
		if (srv->weight >= 0)
			g_string_append_printf(text, ",%d", srv->weight);
	}
	g_string_append_c(text, '\n');
}

static void domain_lines(GString *text, const priv_dnsmasq *dnsmasq)
{
	if (!dnsmasq->plain_names) {
		line(text, "domain-needed");
		line(text, "local=//");
	}
	if (*dnsmasq->domain) {
		line(text, "domain=%s", dnsmasq->domain);
		line(text, "expand-hosts");
		if (dnsmasq->local_only)
			line(text, "local=/%s/", dnsmasq->domain);
	}
}

static void name_lines(GString *text, const priv_network *network)
{
	const priv_dnsmasq *dnsmasq = network->dnsmasq;
	bool elsewhere = false;

	if (!dnsmasq->dns) {
		line(text, "port=0");
		return;
	}
	domain_lines(text, dnsmasq);
	for (unsigned i = 0; i < dnsmasq->forwarders.forwarders_len; i++) {
		const priv_dns_forwarder *one = &dnsmasq->forwarders.forwarders_val[i];

		if (*one->domain)
			line(text, "server=/%s/%s", one->domain, *one->address ? one->address : "#");
		else
			line(text, "server=%s", one->address);
		elsewhere |= !*one->domain;
	}
	if (elsewhere || network->mode == PRIV_NETWORK_ISOLATED)
		line(text, "no-resolv");
	for (unsigned i = 0; i < network->ips.ips_len; i++) {
		g_autofree char *zone = reverse_zone(&network->ips.ips_val[i]);

		if (network->ips.ips_val[i].local_ptr)
			line(text, "local=/%s/", zone);
	}
	for (unsigned i = 0; i < dnsmasq->txts.txts_len; i++) {
		g_autofree char *value = quoted(dnsmasq->txts.txts_val[i].value);

		line(text, "txt-record=%s,%s", dnsmasq->txts.txts_val[i].name, value);
	}
	for (unsigned i = 0; i < dnsmasq->srvs.srvs_len; i++)
		srv_line(text, &dnsmasq->srvs.srvs_val[i]);
}

/* ---- leases -------------------------------------------------------------------------------- */

static uint32_t number_of(const char *address)
{
	uint32_t number = 0;

	inet_pton(AF_INET, address, &number);
	return ntohl(number);
}

/* As many leases as there are addresses; of IPv6 as many as dnsmasq allows by itself. */
static unsigned leases_max(const priv_network *network)
{
	const priv_dnsmasq *dnsmasq = network->dnsmasq;
	uint64_t count = 0;

	for (unsigned i = 0; i < dnsmasq->ranges.ranges_len; i++) {
		const priv_dhcp_range *range = &dnsmasq->ranges.ranges_val[i];

		count += is_six(range->first) ? 1000 :
						(uint64_t)number_of(range->last) -
							number_of(range->first) + 1;
	}
	return (unsigned)MIN(count + dnsmasq->hosts.hosts_len, 1000000);
}

static void range_lines(GString *text, const priv_network *network, const priv_network_ip *ip)
{
	const priv_dnsmasq *dnsmasq = network->dnsmasq;
	bool six = is_six(ip->address);
	unsigned ranges = 0;

	for (unsigned i = 0; ip->dhcp && i < dnsmasq->ranges.ranges_len; i++) {
		const priv_dhcp_range *range = &dnsmasq->ranges.ranges_val[i];
		g_autofree char *lease = lease_text(range->lease);
		uint32_t mask = htonl(ip->prefix ? ~0u << (32 - ip->prefix % 33) : 0);
		char text_mask[INET_ADDRSTRLEN];

		if (is_six(range->first) != six)
			continue;
		ranges++;
		inet_ntop(AF_INET, &mask, text_mask, sizeof(text_mask));
		if (six)
			line(text, "dhcp-range=%s,%s,%u%s", range->first, range->last, ip->prefix, lease);
		else
			line(text, "dhcp-range=%s,%s,%s%s", range->first, range->last, text_mask, lease);
	}
	if (ranges > 0)
		return;
	/* Without a range those that are named get theirs, and of IPv6 guests find theirs by themselves. */
	if (ip->dhcp && six)
		line(text, "dhcp-range=%s,static,%u", ip->address, ip->prefix);
	else if (ip->dhcp)
		line(text, "dhcp-range=%s,static", ip->address);
	else if (six)
		line(text, "dhcp-range=%s,ra-only,%u", ip->address, ip->prefix);
}

static void boot_lines(GString *text, const priv_dnsmasq *dnsmasq)
{
	if (*dnsmasq->tftp_root) {
		line(text, "enable-tftp");
		line(text, "tftp-root=%s", dnsmasq->tftp_root);
	}
	if (*dnsmasq->boot_file && *dnsmasq->boot_server)
		line(text, "dhcp-boot=%s,,%s", dnsmasq->boot_file, dnsmasq->boot_server);
	else if (*dnsmasq->boot_file)
		line(text, "dhcp-boot=%s", dnsmasq->boot_file);
}

static void lease_lines(GString *text, const priv_network *network, const char *directory)
{
	bool four = false, six = false, leases6 = false;

	for (unsigned i = 0; i < network->ips.ips_len; i++) {
		const priv_network_ip *ip = &network->ips.ips_val[i];

		range_lines(text, network, ip);
		four |= ip->dhcp && !is_six(ip->address);
		leases6 |= ip->dhcp && is_six(ip->address);
		six |= is_six(ip->address);
	}
	/* Where nothing leads out the host is no router: neither by DHCP nor by advertisements. */
	if (network->mode == PRIV_NETWORK_ISOLATED && four)
		line(text, "dhcp-option=3");
	if (network->mode == PRIV_NETWORK_ISOLATED && six)
		line(text, "ra-param=*,0,0");
	if (leases6)
		line(text, "enable-ra");
	if (!four && !leases6)
		return;
	line(text, "dhcp-no-override");
	line(text, "dhcp-authoritative");
	line(text, "dhcp-lease-max=%u", leases_max(network));
	line(text, "dhcp-leasefile=%s/leases", directory);
	line(text, "dhcp-hostsfile=%s/hosts", directory);
	boot_lines(text, network->dnsmasq);
}

/* ---- the files ----------------------------------------------------------------------------- */

static char *conf_text(const priv_network *network, const char *directory)
{
	const priv_dnsmasq *dnsmasq = network->dnsmasq;
	GString *text = g_string_new("# Written by reeved for one of its networks; changes are lost.\n");

	line(text, "strict-order");
	line(text, "except-interface=lo");
	line(text, "interface=%s", network->bridge);
	line(text, "bind-dynamic");
	line(text, "pid-file=");
	line(text, "quiet-dhcp\nquiet-dhcp6\nquiet-ra");
	name_lines(text, network);
	if (dnsmasq->dns)
		line(text, "addn-hosts=%s/names", directory);
	lease_lines(text, network, directory);
	for (unsigned i = 0; i < dnsmasq->options.options_len; i++)
		line(text, "%s", dnsmasq->options.options_val[i]);
	return g_string_free(text, FALSE);
}

static void host_line(GString *text, const priv_dhcp_host *host)
{
	const char *who = *host->mac ? host->mac : "";

	if (*host->id)
		g_string_append_printf(text, "id:%s", host->id);
	else
		g_string_append(text, who);
	if (*host->name && (*host->id || *who))
		g_string_append_c(text, ',');
	g_string_append(text, host->name);
	if (*host->ip)
		g_string_append_printf(text, is_six(host->ip) ? ",[%s]" : ",%s", host->ip);
	if (host->lease < 0)
		g_string_append(text, ",infinite");
	else if (host->lease)
		g_string_append_printf(text, ",%" PRId64, host->lease);
	g_string_append_c(text, '\n');
}

DnsmasqFiles dnsmasq_files(const priv_network *network, const char *directory)
{
	const priv_dnsmasq *dnsmasq = network->dnsmasq;
	GString *hosts = g_string_new(NULL), *names = g_string_new(NULL);

	for (unsigned i = 0; i < dnsmasq->hosts.hosts_len; i++)
		host_line(hosts, &dnsmasq->hosts.hosts_val[i]);
	for (unsigned i = 0; i < dnsmasq->names.names_len; i++) {
		const priv_dns_host *host = &dnsmasq->names.names_val[i];

		g_string_append_printf(names, "%s\t", host->ip);
		for (unsigned k = 0; k < host->names.names_len; k++)
			g_string_append_printf(names, "%s\t", host->names.names_val[k]);
		g_string_append_c(names, '\n');
	}
	return (DnsmasqFiles){ conf_text(network, directory), g_string_free(hosts, FALSE),
			       g_string_free(names, FALSE) };
}

void dnsmasq_files_clear(DnsmasqFiles *files)
{
	g_clear_pointer(&files->conf, g_free);
	g_clear_pointer(&files->hosts, g_free);
	g_clear_pointer(&files->names, g_free);
}
