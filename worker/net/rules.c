/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <nftables/libnftables.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/net/rules.h"

/* One subnet of the network, in words of nftables. */
typedef struct Subnet {
	const char *family; /* "ip", "ip6" */
	bool six;
	char *text; /* "192.168.122.1/24" */
} Subnet;

static Subnet subnet_of(const priv_network_ip *ip)
{
	bool six = strchr(ip->address, ':') != NULL;

	return (Subnet){ six ? "ip6" : "ip", six,
			 g_strdup_printf("%s/%u", ip->address, ip->prefix) };
}

static bool is_translated(const priv_network *network, const Subnet *subnet)
{
	return network->mode == PRIV_NETWORK_NAT && (!subnet->six || network->nat.ipv6);
}

/* " oifname "eth0"", where the network is forwarded through one device only. */
static char *device_match(const priv_network *network, const char *word)
{
	return *network->out_dev ? g_strdup_printf("%s \"%s\" ", word, network->out_dev) :
				   g_strdup("");
}

/* What comes in for the guests, and what they send out: the rest is refused by what follows. */
static void forward_subnet(GString *text, const priv_network *network, const Subnet *subnet)
{
	g_autofree char *in = device_match(network, "iifname");
	g_autofree char *out = device_match(network, "oifname");
	const char *bridge = network->bridge;

	g_string_append_printf(text, "oifname \"%s\" %s%s daddr %s %saccept\n", bridge, in,
			       subnet->family, subnet->text,
			       is_translated(network, subnet) ? "ct state established,related " : "");
	g_string_append_printf(text, "iifname \"%s\" %s%s saddr %s accept\n", bridge, out,
			       subnet->family, subnet->text);
}

/* Multicasts and broadcasts keep their sender: answers to them come back by no translation. */
static void translate_subnet(GString *text, const priv_network *network, const Subnet *subnet)
{
	const priv_network_nat *nat = &network->nat;
	g_autofree char *out = device_match(network, "oifname");
	g_autofree char *match = g_strdup_printf("%s%s saddr %s %s daddr != %s ", out, subnet->family,
						 subnet->text, subnet->family, subnet->text);
	bool listed = *nat->first && (strchr(nat->first, ':') != NULL) == subnet->six;
	g_autofree char *target = listed ? g_strdup_printf("snat %s to %s-%s", subnet->family,
							   nat->first, nat->last) :
					   g_strdup("masquerade");
	const char *to = listed ? "" : " to ";

	g_string_append_printf(text, "%s saddr %s %s daddr %s return\n", subnet->family, subnet->text,
			       subnet->family,
			       subnet->six ? "ff00::/8" : "{ 224.0.0.0/24, 255.255.255.255 }");
	/* Ports of privileged services of the host are not taken, whatever the guest's own port was. */
	g_string_append_printf(text, "%smeta l4proto { tcp, udp } %s%s:%u-%u\n", match, target, to,
			       nat->first_port ? nat->first_port : 1024,
			       nat->last_port ? nat->last_port : 65535);
	g_string_append_printf(text, "%s%s\n", match, target);
}

static void each_subnet(GString *text, const priv_network *network, bool translate)
{
	for (unsigned i = 0; i < network->ips.ips_len; i++) {
		Subnet subnet = subnet_of(&network->ips.ips_val[i]);

		if (!translate)
			forward_subnet(text, network, &subnet);
		else if (is_translated(network, &subnet))
			translate_subnet(text, network, &subnet);
		g_free(subnet.text);
	}
}

char *rules_text(const priv_network *network)
{
	const char *bridge = network->bridge;
	GString *text = g_string_new(NULL);

	/* That it exists lets the second line remove it whether it was there or not. */
	g_string_append_printf(text, "add table inet reeve-%s\ndelete table inet reeve-%s\n", bridge, bridge);
	if (network->mode == PRIV_NETWORK_OPEN)
		return g_string_free(text, FALSE);
	g_string_append_printf(text,
			       "table inet reeve-%s {\nchain forward {\n"
			       "type filter hook forward priority filter; policy accept;\n"
			       "iifname \"%s\" oifname \"%s\" accept\n",
			       bridge, bridge, bridge);
	if (network->mode != PRIV_NETWORK_ISOLATED)
		each_subnet(text, network, false);
	g_string_append_printf(text, "oifname \"%s\" reject\niifname \"%s\" reject\n}\n", bridge, bridge);
	if (network->mode == PRIV_NETWORK_NAT) {
		g_string_append(text, "chain postrouting {\n"
				      "type nat hook postrouting priority srcnat; policy accept;\n");
		each_subnet(text, network, true);
		g_string_append(text, "}\n");
	}
	g_string_append(text, "}\n");
	return g_string_free(text, FALSE);
}

bool rules_run(const char *text, const char *bridge, GError **error)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	bool done;

	nft_ctx_buffer_output(nft);
	nft_ctx_buffer_error(nft);
	done = nft_run_cmd_from_buffer(nft, text) == 0;
	if (!done) {
		g_autofree char *said = g_strdup(nft_ctx_get_error_buffer(nft));

		said[strcspn(said, "\n")] = '\0';
		fail(error, VIR_ERR_OPERATION_FAILED,
		     _("the rules of nftables for '%s' are refused: %s (does this kernel have nf_tables with "
		       "inet, nat and reject?)"),
		     bridge, said);
	}
	nft_ctx_free(nft);
	return done;
}

bool rules_apply(const priv_network *network, GError **error)
{
	g_autofree char *text = rules_text(network);

	return rules_run(text, network->bridge, error);
}

bool rules_remove(const char *bridge, GError **error)
{
	g_autofree char *text = g_strdup_printf("add table inet reeve-%s\ndelete table inet reeve-%s\n",
						bridge, bridge);

	return rules_run(text, bridge, error);
}
