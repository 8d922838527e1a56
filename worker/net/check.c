/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/plain.h"
#include "worker/host/policy.h"
#include "worker/net/check.h"

enum {
	TEXT_MAX = 255, /* bytes of a name, as DNS has it */
	LINE_MAX_OURS = 1000, /* of dnsmasq's configuration; it reads 1024 */
	MTU_MIN = 68,
	MTU_MAX = 65535,
	PORT_MAX = 65535,
	DELAY_MAX = 3000, /* hundredths of a second, as the kernel has it */
};

/* Options of dnsmasq(8) that a definition may add; others reach beyond the network's bridge, or run programs. */
static const char *const options_allowed[] = {
	"add-cpe-id", "add-mac", "add-subnet", "addn-hosts", "address", "alias", "all-servers",
	"bogus-nxdomain", "bogus-priv", "bootp-dynamic", "cache-size", "caa-record", "clear-on-reload",
	"cname", "dhcp-alternate-port", "dhcp-authoritative", "dhcp-boot",
	"dhcp-circuitid", "dhcp-client-update", "dhcp-duid", "dhcp-fqdn", "dhcp-generate-names",
	"dhcp-host", "dhcp-hostsdir", "dhcp-hostsfile", "dhcp-ignore", "dhcp-ignore-clid",
	"dhcp-ignore-names", "dhcp-lease-max", "dhcp-mac", "dhcp-match", "dhcp-name-match",
	"dhcp-no-override", "dhcp-option", "dhcp-option-force", "dhcp-option-pxe", "dhcp-optsdir",
	"dhcp-optsfile", "dhcp-proxy", "dhcp-range", "dhcp-rapid-commit", "dhcp-remoteid", "dhcp-reply-delay",
	"dhcp-sequential-ip", "dhcp-subscrid", "dhcp-ttl", "dhcp-userclass", "dhcp-vendorclass",
	"dns-forward-max", "dns-loop-detect", "dns-rr", "dnssec", "dnssec-check-unsigned",
	"dnssec-no-timecheck", "domain", "domain-needed", "domain-suffix", "dynamic-host", "edns-packet-max",
	"enable-ra", "enable-tftp", "expand-hosts", "fast-dns-retry", "filter-A", "filter-AAAA", "filterwin2k",
	"host-record", "hostsdir", "ignore-address", "interface-name", "ip6addr", "leasequery",
	"local", "local-ttl", "localise-queries", "localmx", "log-async", "log-debug", "log-dhcp", "log-queries",
	"max-cache-ttl", "max-port", "max-ttl", "min-cache-ttl", "min-port", "mx-host", "mx-target",
	"naptr-record", "neg-ttl", "no-0x20-encode", "no-dhcpv4-interface", "no-dhcpv6-interface", "no-hosts",
	"no-ident", "no-negcache", "no-ping", "no-poll", "no-resolv", "no-round-robin", "ptr-record",
	"pxe-prompt", "pxe-service", "query-port", "quiet-dhcp", "quiet-dhcp6", "quiet-ra", "quiet-tftp",
	"ra-param", "read-ethers", "rebind-domain-ok", "rebind-localhost-ok", "resolv-file", "rev-server",
	"selfmx", "server", "servers-file", "shared-network", "srv-host", "stop-dns-rebind",
	"strict-order", "synth-domain", "tag-if", "tftp-lowercase", "tftp-max", "tftp-mtu",
	"tftp-no-blocksize", "tftp-no-fail", "tftp-port-range", "tftp-single-port", "trust-anchor",
	"txt-record", "umbrella", "use-stale-cache",
};

bool device_name_check(const char *name, const char *what, GError **error)
{
	size_t length = strlen(name);
	bool good = length > 0 && length < IFNAMSIZ && !g_str_equal(name, ".") &&
		    !g_str_equal(name, "..");

	for (const char *c = name; *c && good; c++)
		good = g_ascii_isalnum(*c) || strchr("_.-", *c);
	return good || fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("'%s' cannot be the name of a %s: 1 to %d letters, digits, '_', '.' and "
			      "'-' are allowed"),
			    name, what, IFNAMSIZ - 1);
}

/* 4 or 6; 0 for what is no address in plain digits. */
static int family_of(const char *text)
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		return 4;
	return inet_pton(AF_INET6, text, bytes) == 1 ? 6 : 0;
}

static bool address_check(const char *text, bool optional, const char *what, GError **error)
{
	if ((optional && !*text) || family_of(text))
		return true;
	return fail(error, VIR_ERR_XML_ERROR, _("'%s' of %s is no IP address"), text, what);
}

/* Names of hosts, services and domains. */
static bool word_check(const char *text, bool optional, const char *what, GError **error)
{
	bool good = strlen(text) <= TEXT_MAX && (*text || optional);

	for (const char *c = text; *c && good; c++)
		good = g_ascii_isalnum(*c) || strchr("_.-", *c) || (*c & 0x80);
	return (good && text_is_line(text)) ||
	       fail(error, VIR_ERR_XML_ERROR,
		    _("'%s' cannot be %s: letters, digits, '_', '.' and '-' are allowed, at most %d"), text,
		    what, TEXT_MAX);
}

static bool hex_check(const char *text, const char *what, GError **error)
{
	if (strlen(text) <= TEXT_MAX && strspn(text, "0123456789abcdefABCDEF:") == strlen(text))
		return true;
	return fail(error, VIR_ERR_XML_ERROR, _("'%s' is no %s"), text, what);
}

/* A path of a file, without what has a meaning in a line of configuration. */
static bool path_check(const char *text, bool absolute, const char *what, GError **error)
{
	if (!*text || (strlen(text) < LINE_MAX_OURS && text_is_line(text) && !strpbrk(text, "\"\\,#") &&
		       (!absolute || *text == '/')))
		return true;
	return fail(error, VIR_ERR_XML_ERROR, _("'%s' cannot be the path of %s"), text, what);
}

static bool lease_check(int64_t lease, GError **error)
{
	return (lease >= -1 && lease <= UINT32_MAX) ||
	       fail(error, VIR_ERR_XML_ERROR, _("a lease cannot last %lld seconds"), (long long)lease);
}

static bool ip_check(const priv_network_ip *ip, GError **error)
{
	int family = family_of(ip->address);

	if (!address_check(ip->address, false, _("the bridge"), error))
		return false;
	return ip->prefix <= (family == 4 ? 32u : 128u) ||
	       fail(error, VIR_ERR_XML_ERROR, _("the prefix %u of '%s' is too long"), ip->prefix,
		    ip->address);
}

static bool route_check(const priv_network_route *route, GError **error)
{
	int family = family_of(route->destination);

	return address_check(route->destination, false, _("a route"), error) &&
	       ((family == family_of(route->gateway) && route->prefix <= (family == 4 ? 32u : 128u)) ||
		fail(error, VIR_ERR_XML_ERROR, _("the route to '%s/%u' by '%s' is none"),
		     route->destination, route->prefix, route->gateway));
}

static bool nat_check(const priv_network_nat *nat, GError **error)
{
	int family = family_of(nat->first);

	if (*nat->first || *nat->last)
		if (family == 0 || family_of(nat->last) != family)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("'%s' to '%s' are no addresses to appear under"), nat->first,
				    nat->last);
	return (nat->first_port <= nat->last_port && nat->last_port <= PORT_MAX) ||
	       fail(error, VIR_ERR_XML_ERROR, _("ports %u to %u are no range"), nat->first_port,
		    nat->last_port);
}

static bool option_check(const char *option, GError **error)
{
	g_autofree char *word = g_strndup(option, strcspn(option, "="));

	g_strstrip(word);
	if (strlen(option) > LINE_MAX_OURS || !text_is_line(option))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("an option of dnsmasq is longer than %d bytes, or more than a line"),
			    LINE_MAX_OURS);
	for (unsigned i = 0; i < G_N_ELEMENTS(options_allowed); i++)
		if (g_str_equal(word, options_allowed[i]))
			return true;
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("dnsmasq's option '%s' is refused: it reaches beyond the network, or is not known"),
		    word);
}

static bool tftp_check(const char *path, GError **error)
{
	g_autofd int fd = -1;

	if (!*path)
		return true;
	if (!path_check(path, true, _("the files for TFTP"), error))
		return false;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, _("cannot open the directory '%s' for TFTP"), path);
	return policy_check(fd, POLICY_READ | POLICY_IMAGES, path, _("directory for TFTP"), error);
}

static bool names_check(const priv_dnsmasq *dnsmasq, GError **error)
{
	for (unsigned i = 0; i < dnsmasq->forwarders.forwarders_len; i++) {
		const priv_dns_forwarder *one = &dnsmasq->forwarders.forwarders_val[i];

		if (!word_check(one->domain, true, _("the domain of a forwarder"), error) ||
		    !address_check(one->address, true, _("a forwarder"), error))
			return false;
	}
	for (unsigned i = 0; i < dnsmasq->txts.txts_len; i++) {
		const priv_dns_txt *one = &dnsmasq->txts.txts_val[i];

		if (!word_check(one->name, false, _("the name of a TXT record"), error))
			return false;
		if (strlen(one->value) > TEXT_MAX || !text_is_line(one->value))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("the value of the TXT record '%s' is longer than %d bytes or more "
				      "than a line"),
				    one->name, TEXT_MAX);
	}
	for (unsigned i = 0; i < dnsmasq->srvs.srvs_len; i++) {
		const priv_dns_srv *one = &dnsmasq->srvs.srvs_val[i];

		if (!word_check(one->service, false, _("the service of a SRV record"), error) ||
		    !word_check(one->protocol, false, _("the protocol of a SRV record"), error) ||
		    !word_check(one->domain, true, _("the domain of a SRV record"), error) ||
		    !word_check(one->target, true, _("the target of a SRV record"), error))
			return false;
		if (one->port > PORT_MAX || one->priority > PORT_MAX || one->weight > PORT_MAX)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("the numbers of the SRV record '%s' are at most %d"), one->service,
				    PORT_MAX);
	}
	for (unsigned i = 0; i < dnsmasq->names.names_len; i++) {
		const priv_dns_host *one = &dnsmasq->names.names_val[i];

		if (!address_check(one->ip, false, _("a DNS host"), error))
			return false;
		for (unsigned k = 0; k < one->names.names_len; k++)
			if (!word_check(one->names.names_val[k], false, _("the name of a host"), error))
				return false;
	}
	return true;
}

static bool leases_check(const priv_dnsmasq *dnsmasq, GError **error)
{
	for (unsigned i = 0; i < dnsmasq->ranges.ranges_len; i++) {
		const priv_dhcp_range *one = &dnsmasq->ranges.ranges_val[i];

		if (!address_check(one->first, false, _("a range"), error) ||
		    !address_check(one->last, false, _("a range"), error) ||
		    !lease_check(one->lease, error))
			return false;
	}
	for (unsigned i = 0; i < dnsmasq->hosts.hosts_len; i++) {
		const priv_dhcp_host *one = &dnsmasq->hosts.hosts_val[i];

		if (!hex_check(one->mac, _("MAC address"), error) ||
		    !hex_check(one->id, _("identifier of a DHCP host"), error) ||
		    !word_check(one->name, true, _("the name of a DHCP host"), error) ||
		    !address_check(one->ip, true, _("a DHCP host"), error) ||
		    !lease_check(one->lease, error))
			return false;
	}
	return true;
}

static bool dnsmasq_check(const priv_dnsmasq *dnsmasq, GError **error)
{
	for (unsigned i = 0; i < dnsmasq->options.options_len; i++)
		if (!option_check(dnsmasq->options.options_val[i], error))
			return false;
	return word_check(dnsmasq->domain, true, _("the domain"), error) &&
	       path_check(dnsmasq->boot_file, false, _("the boot file"), error) &&
	       (family_of(dnsmasq->boot_server) ||
		word_check(dnsmasq->boot_server, true, _("the boot server"), error)) &&
	       tftp_check(dnsmasq->tftp_root, error) && names_check(dnsmasq, error) &&
	       leases_check(dnsmasq, error);
}

bool network_check(const priv_network *network, GError **error)
{
	if (!text_is_line(network->name) || !device_name_check(network->bridge, _("bridge"), error) ||
	    (*network->out_dev && !device_name_check(network->out_dev, _("network device"), error)))
		return false;
	if (network->mac[0] & 1)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the bridge '%s' cannot have a multicast MAC address"), network->bridge);
	if (network->mtu && (network->mtu < MTU_MIN || network->mtu > MTU_MAX))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("the MTU %u of bridge '%s' is none"),
			    network->mtu, network->bridge);
	if (network->delay > DELAY_MAX)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the delay of bridge '%s' is longer than %d s"), network->bridge,
			    DELAY_MAX / 100);
	if ((unsigned)network->mode > PRIV_NETWORK_OPEN)
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no mode %d of networks"),
			    network->mode);
	for (unsigned i = 0; i < network->ips.ips_len; i++)
		if (!ip_check(&network->ips.ips_val[i], error))
			return false;
	for (unsigned i = 0; i < network->routes.routes_len; i++)
		if (!route_check(&network->routes.routes_val[i], error))
			return false;
	return nat_check(&network->nat, error) &&
	       (!network->dnsmasq || dnsmasq_check(network->dnsmasq, error));
}
