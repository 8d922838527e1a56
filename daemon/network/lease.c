/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/network/lease.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/plain.h"
#include "daemon/client/serve.h"
#include "daemon/network/address.h"
#include "daemon/network/network.h"
#include "daemon/object/class.h"

enum { FILE_MAX = 32 * 1024 * 1024 };

/* ---- the file ------------------------------------------------------------------------------ */

static void lease_free(void *data)
{
	Lease *lease = data;

	g_free(lease->mac);
	g_free(lease->iaid);
	g_free(lease->address);
	g_free(lease->name);
	g_free(lease->client_id);
	g_free(lease);
}

static char *file_read(const Object *object)
{
	g_autofree char *path = g_build_filename(object->engine->run_dir, "net", object->key, "leases",
						 NULL);
	g_autofd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	g_autofree char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return NULL;
	text = g_malloc0((gsize)st.st_size + 1);
	n = read(fd, text, (size_t)st.st_size);
	if (n < 0)
		return NULL;
	text[n] = '\0';
	return text_mend(g_steal_pointer(&text));
}

/* dnsmasq's word for nothing. */
static char *word_or_null(const char *word)
{
	return strcmp(word, "*") == 0 ? NULL : g_strdup(word);
}

/* Two sorts of a client's identifier in DHCPv6 (LLT, LL) end with its MAC address. */
static char *mac_of_duid(const char *duid)
{
	size_t length = strlen(duid);
	Mac mac;

	if (length == 3 * 14 - 1 && g_str_has_prefix(duid, "00:01:00:01:"))
		duid += 3 * 8;
	else if (length == 3 * 10 - 1 && g_str_has_prefix(duid, "00:03:00:01:"))
		duid += 3 * 4;
	else
		return NULL;
	return mac_parse(duid, &mac) ? g_strdup(duid) : NULL;
}

/* "EXPIRES MAC ADDRESS NAME CLIENTID", of IPv6 "EXPIRES IAID ADDRESS NAME DUID"; NULL for other lines. */
static Lease *lease_parse(const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 6);
	unsigned char bytes[16];
	guint64 expires;
	Lease *lease;
	Mac mac;
	bool six;

	if (g_strv_length(words) < 5 ||
	    !g_ascii_string_to_unsigned(words[0], 10, 0, G_MAXINT64, &expires, NULL))
		return NULL;
	six = inet_pton(AF_INET6, words[2], bytes) == 1;
	if (!six && (inet_pton(AF_INET, words[2], bytes) != 1 || !mac_parse(words[1], &mac)))
		return NULL;
	lease = g_new0(Lease, 1);
	lease->expires = (int64_t)expires;
	lease->six = six;
	lease->mac = six ? mac_of_duid(words[4]) : g_strdup(words[1]);
	lease->iaid = six ? g_strdup(words[1]) : NULL;
	lease->address = g_strdup(words[2]);
	lease->name = word_or_null(words[3]);
	lease->client_id = word_or_null(words[4]);
	return lease;
}

GPtrArray *network_leases(const Object *object)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(lease_free);
	g_autofree char *text = object->active ? file_read(object) : NULL;
	g_auto(GStrv) lines = text ? g_strsplit(text, "\n", 0) : NULL;
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;

	for (char **line = lines; line && *line; line++) {
		Lease *lease = lease_parse(*line);

		if (lease && (lease->expires == 0 || lease->expires >= now))
			g_ptr_array_add(list, lease);
		else if (lease)
			lease_free(lease);
	}
	return list;
}

/* ---- calls --------------------------------------------------------------------------------- */

/* Of the first <ip> of that family, as clients know it. */
static unsigned prefix_of(const NetworkDef *def, bool six)
{
	for (guint i = 0; def->ips && i < def->ips->len; i++) {
		const NetworkIp *ip = def->ips->pdata[i];

		if ((strchr(ip->address, ':') != NULL) == six)
			return network_ip_prefix(ip);
	}
	return 0;
}

static remote_optional_string optional(const char *text)
{
	remote_optional_string copy = text ? g_new(remote_string, 1) : NULL;

	if (copy)
		*copy = g_strdup(text);
	return copy;
}

static void lease_fill(const NetworkDef *def, const Lease *lease, remote_network_dhcp_lease *ret)
{
	*ret = (remote_network_dhcp_lease){
		.iface = g_strdup(def->bridge->name),
		.expirytime = lease->expires,
		.type = lease->six ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4,
		.mac = optional(lease->mac),
		.iaid = optional(lease->iaid),
		.ipaddr = g_strdup(lease->address),
		.prefix = prefix_of(def, lease->six),
		.hostname = optional(lease->name),
		.clientid = optional(lease->client_id),
	};
}

static bool is_of(const Lease *lease, const Mac *wanted)
{
	Mac mac;

	return !wanted || (lease->mac && mac_parse(lease->mac, &mac) &&
			   memcmp(mac.bytes, wanted->bytes, sizeof(mac.bytes)) == 0);
}

bool serve_network_get_dhcp_leases(Call *call, remote_network_get_dhcp_leases_args *args,
				   remote_network_get_dhcp_leases_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) leases = NULL;
	g_autoptr(NetworkDef) def = NULL;
	Mac mac;

	*ret = (remote_network_get_dhcp_leases_ret){ 0 };
	if (!call_flags(call, args->flags, 0, error))
		return false;
	if (args->mac && !mac_parse(*args->mac, &mac))
		return fail(error, VIR_ERR_INVALID_MAC, _("'%s' is no MAC address"), *args->mac);
	def = network_def_now(call->object, error);
	if (!def)
		return false;
	leases = network_leases(call->object);
	if (args->need_results)
		ret->leases.leases_val = g_new0(remote_network_dhcp_lease, leases->len + 1);
	for (guint i = 0; i < leases->len && ret->ret < REMOTE_NETWORK_DHCP_LEASES_MAX; i++) {
		if (!is_of(leases->pdata[i], args->mac ? &mac : NULL))
			continue;
		if (args->need_results)
			lease_fill(def, leases->pdata[i],
				   &ret->leases.leases_val[ret->leases.leases_len++]);
		ret->ret++;
	}
	return true;
}

/* ---- a guest's ----------------------------------------------------------------------------- */

static void interface_fill(const DomainInterface *interface, const NetworkDef *def, GPtrArray *leases,
			   remote_domain_interface *ret)
{
	char mac[MAC_TEXT];

	mac_format(&interface->mac, mac);
	ret->name = g_strdup(interface->target ? interface->target : "");
	ret->hwaddr = optional(mac);
	ret->addrs.addrs_val = g_new0(remote_domain_ip_addr, leases->len + 1);
	for (guint i = 0; i < leases->len && ret->addrs.addrs_len < REMOTE_DOMAIN_IP_ADDR_MAX; i++) {
		const Lease *lease = leases->pdata[i];

		if (is_of(lease, &interface->mac))
			ret->addrs.addrs_val[ret->addrs.addrs_len++] = (remote_domain_ip_addr){
				.type = lease->six ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4,
				.addr = g_strdup(lease->address),
				.prefix = prefix_of(def, lease->six),
			};
	}
}

void leases_of_domain(Engine *engine, const DomainDef *def, remote_domain_interface_addresses_ret *ret)
{
	guint count = list_length(def->interfaces);

	ret->ifaces.ifaces_val = g_new0(remote_domain_interface, count + 1);
	for (guint i = 0; i < count && ret->ifaces.ifaces_len < REMOTE_DOMAIN_INTERFACE_MAX; i++) {
		const DomainInterface *interface = list_get(def->interfaces, i);
		const Object *object = interface->network ? object_find_name(engine->objects, OBJECT_NETWORK,
									      NULL, interface->network) :
							    NULL;
		const ActiveNetwork *network = object ? network_active(object, NULL) : NULL;
		g_autoptr(GPtrArray) leases = NULL;
		remote_domain_interface *one = &ret->ifaces.ifaces_val[ret->ifaces.ifaces_len];

		if (!network || !network_def_has_own_bridge(network->def))
			continue;
		leases = network_leases(object);
		interface_fill(interface, network->def, leases, one);
		if (one->addrs.addrs_len > 0)
			ret->ifaces.ifaces_len++;
		else
			xdr_free((xdrproc_t)xdr_remote_domain_interface, one);
	}
}
