/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a network is given when its document does not say, and what it cannot be. */
#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "conf/network/check.h"

static ForwardMode network_mode(const NetworkDef *def)
{
	return def->forward ? def->forward->mode : FORWARD_NONE;
}

bool network_def_has_own_bridge(const NetworkDef *def)
{
	ForwardMode mode = network_mode(def);

	return mode == FORWARD_NONE || mode == FORWARD_NAT || mode == FORWARD_ROUTE ||
	       mode == FORWARD_OPEN;
}

/* ---- completion ---------------------------------------------------------------------------- */

/* "dev" and the first <interface> say the same thing; either stands for both. */
static void complete_forward(NetworkForward *forward)
{
	ForwardInterface *first;

	if (forward->dev && (!forward->interfaces || forward->interfaces->len == 0)) {
		if (!forward->interfaces)
			forward->interfaces = g_ptr_array_new();
		first = g_new0(ForwardInterface, 1);
		first->dev = g_strdup(forward->dev);
		g_ptr_array_add(forward->interfaces, first);
	} else if (!forward->dev && forward->interfaces && forward->interfaces->len > 0) {
		first = forward->interfaces->pdata[0];
		forward->dev = g_strdup(first->dev);
	}
	if (forward->mode == FORWARD_HOSTDEV)
		g_clear_pointer(&forward->dev, g_free);
}

static void complete_bridge(NetworkDef *def)
{
	if (!def->bridge)
		def->bridge = g_new0(NetworkBridge, 1);
	if (def->bridge->stp == TRISTATE_ABSENT)
		def->bridge->stp = TRISTATE_YES;
	if (!def->mac.set) {
		guint32 random = g_random_int();

		def->mac = (Mac){ .bytes = { 0x52, 0x54, 0x00, random & 0xff, random >> 8 & 0xff,
					     random >> 16 & 0xff },
				  .set = true };
	}
}

static void complete(NetworkDef *def)
{
	if (uuid_is_absent(&def->uuid))
		uuid_generate(&def->uuid);
	if (def->forward)
		complete_forward(def->forward);
	if (network_def_has_own_bridge(def))
		complete_bridge(def);
}

/* ---- checks -------------------------------------------------------------------------------- */

static int address_family(const char *text, unsigned char *ret)
{
	if (inet_pton(AF_INET, text, ret) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, ret) == 1 ? AF_INET6 : AF_UNSPEC;
}

static bool check_vlan(const NetworkDef *def, const Vlan *vlan, const VirtualPort *port,
		       GError **error)
{
	ForwardMode mode = network_mode(def);

	if (!vlan || mode == FORWARD_HOSTDEV || mode == FORWARD_PASSTHROUGH)
		return true;
	if (port && port->type == VIRTUALPORT_OPENVSWITCH)
		return true;
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("network '%s' cannot have <vlan>: it takes a virtual port of "
		      "type 'openvswitch', or the mode 'hostdev' or 'passthrough'"),
		    def->name);
}

static bool check_forward_addresses(const NetworkDef *def, GError **error)
{
	GPtrArray *addresses = def->forward ? def->forward->addresses : NULL;

	for (guint i = 0; addresses && i < addresses->len; i++) {
		const ForwardAddress *a = addresses->pdata[i];

		for (guint j = 0; j < i; j++) {
			const ForwardAddress *b = addresses->pdata[j];

			if (pci_address_equal(&a->pci, &b->pci)) {
				g_autofree char *text = pci_address_text(&a->pci);

				return fail(error, VIR_ERR_XML_ERROR,
					    _("network '%s' lists the PCI device '%s' twice"),
					    def->name, text);
			}
		}
	}
	return true;
}

static bool check_forward(const NetworkDef *def, GError **error)
{
	const NetworkForward *forward = def->forward;
	bool interfaces, addresses, pf;

	if (!forward)
		return true;
	interfaces = forward->interfaces && forward->interfaces->len > 0;
	addresses = forward->addresses && forward->addresses->len > 0;
	pf = forward->pf != NULL;
	if (pf && (interfaces || addresses))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': <pf> excludes <interface> and <address> in <forward>"),
			    def->name);
	if (addresses && forward->mode != FORWARD_HOSTDEV)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': <address> in <forward> takes the mode 'hostdev'"),
			    def->name);
	if (forward->nat && forward->mode != FORWARD_NAT)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': <nat> in <forward> takes the mode 'nat'"), def->name);
	if (forward->mode == FORWARD_PASSTHROUGH || forward->mode == FORWARD_PRIVATE ||
	    forward->mode == FORWARD_VEPA || forward->mode == FORWARD_HOSTDEV)
		if (def->bridge)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("network '%s': the mode '%s' excludes <bridge>"), def->name,
				    forward_mode_name(forward->mode));
	if (forward->mode == FORWARD_BRIDGE && def->bridge && (interfaces || pf))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': with <bridge> the mode 'bridge' takes no <interface>"),
			    def->name);
	return check_forward_addresses(def, error);
}

static bool check_range(const NetworkDef *def, const DhcpRange *range, GError **error)
{
	unsigned char start[16], end[16];
	int family = address_family(range->start, start);
	gsize length = family == AF_INET ? 4 : 16;

	if (family == AF_UNSPEC || address_family(range->end, end) != family)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': '%s' to '%s' is no range of addresses"), def->name,
			    range->start, range->end);
	if (memcmp(start, end, length) > 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the range of addresses '%s' to '%s' ends before it begins"),
			    def->name, range->start, range->end);
	return true;
}

static bool check_dhcp_host(const NetworkDef *def, const DhcpHost *host, GError **error)
{
	unsigned char address[16];
	Mac mac;

	if (host->mac && !mac_parse(host->mac, &mac))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': '%s' of a DHCP host is no MAC address"), def->name,
			    host->mac);
	if (host->mac && mac_is_multicast(&mac))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': '%s' of a DHCP host is a multicast MAC address"),
			    def->name, host->mac);
	if (!host->mac && !host->name && !host->id)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': a DHCP host needs 'mac', 'id' or 'name'"), def->name);
	if (!host->ip && !host->name)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': a DHCP host needs 'ip' or 'name'"), def->name);
	if (host->ip && address_family(host->ip, address) == AF_UNSPEC)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': '%s' of a DHCP host is no IP address"), def->name,
			    host->ip);
	return true;
}

static bool check_dhcp(const NetworkDef *def, const NetworkDhcp *dhcp, GError **error)
{
	for (guint i = 0; dhcp->ranges && i < dhcp->ranges->len; i++)
		if (!check_range(def, dhcp->ranges->pdata[i], error))
			return false;
	for (guint i = 0; dhcp->hosts && i < dhcp->hosts->len; i++)
		if (!check_dhcp_host(def, dhcp->hosts->pdata[i], error))
			return false;
	return true;
}

static bool check_ip(const NetworkDef *def, const NetworkIp *ip, GError **error)
{
	unsigned char address[16];
	int family;

	if (!ip->address)
		return fail(error, VIR_ERR_XML_ERROR, _("network '%s': <ip> needs 'address'"),
			    def->name);
	family = address_family(ip->address, address);
	if (family == AF_UNSPEC)
		return fail(error, VIR_ERR_XML_ERROR, _("network '%s': '%s' is no IP address"),
			    def->name, ip->address);
	if (ip->family && strcmp(ip->family, family == AF_INET ? "ipv4" : "ipv6") != 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the address '%s' is not of family '%s'"), def->name,
			    ip->address, ip->family);
	if (!ip->family && family == AF_INET6)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the address '%s' needs family='ipv6'"), def->name,
			    ip->address);
	if (ip->netmask && (family == AF_INET6 || inet_pton(AF_INET, ip->netmask, address) != 1))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': '%s' is no mask of the address '%s'"), def->name,
			    ip->netmask, ip->address);
	if (ip->netmask && ip->has_prefix)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': <ip> has both 'netmask' and 'prefix'"), def->name);
	if (ip->has_prefix && ip->prefix > (family == AF_INET ? 32 : 128))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the prefix %u of '%s' is too long"), def->name,
			    ip->prefix, ip->address);
	return !ip->dhcp || check_dhcp(def, ip->dhcp, error);
}

static bool check_ips(const NetworkDef *def, GError **error)
{
	guint n = def->ips ? def->ips->len : 0;
	guint dhcp4 = 0, dhcp6 = 0;

	if (n > 0 && !network_def_has_own_bridge(def))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("network '%s': the mode '%s' excludes <ip>"), def->name,
			    forward_mode_name(def->forward->mode));
	for (guint i = 0; i < n; i++) {
		const NetworkIp *ip = def->ips->pdata[i];

		if (!check_ip(def, ip, error))
			return false;
		if (ip->dhcp)
			(*(g_strcmp0(ip->family, "ipv6") == 0 ? &dhcp6 : &dhcp4))++;
	}
	if (dhcp4 > 1 || dhcp6 > 1)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("network '%s' has more than one <dhcp> of a family"), def->name);
	if (def->forward && (def->forward->mode == FORWARD_NAT || def->forward->mode == FORWARD_ROUTE) &&
	    n == 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the mode '%s' needs an <ip>"), def->name,
			    forward_mode_name(def->forward->mode));
	return true;
}

static bool check_portgroups(const NetworkDef *def, GError **error)
{
	bool has_default = false;

	for (guint i = 0; def->portgroups && i < def->portgroups->len; i++) {
		const PortGroup *group = def->portgroups->pdata[i];

		if (!check_vlan(def, group->vlan,
				group->virtualport ? group->virtualport : def->virtualport, error))
			return false;
		if (group->is_default == TRISTATE_YES && has_default)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("network '%s' has more than one default <portgroup>"),
				    def->name);
		has_default |= group->is_default == TRISTATE_YES;
		for (guint j = 0; j < i; j++)
			if (strcmp(((const PortGroup *)def->portgroups->pdata[j])->name,
				   group->name) == 0)
				return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
					    _("network '%s' has two port groups named '%s'"),
					    def->name, group->name);
	}
	return true;
}

static bool check_name(const NetworkDef *def, GError **error)
{
	if (!*def->name || strlen(def->name) > LIMIT_NAME || strchr(def->name, '/') ||
	    strcmp(def->name, ".") == 0 || strcmp(def->name, "..") == 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("'%s' cannot be the name of a network: it becomes a file's name"),
			    def->name);
	if (network_def_has_own_bridge(def) && def->mac.set && mac_is_multicast(&def->mac))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("network '%s': the bridge cannot have a multicast MAC address"),
			    def->name);
	return true;
}

NetworkDef *network_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			      GError **error)
{
	g_autoptr(NetworkDef) def =
		bind_parse(&bind_el_network, bind_reader_open(xml, length, flags, diags, error),
			   error);

	if (!def)
		return NULL;
	complete(def);
	if (!check_name(def, error) || !check_forward(def, error) ||
	    !check_vlan(def, def->vlan, def->virtualport, error) ||
	    !check_portgroups(def, error) || !check_ips(def, error) ||
	    !network_parts_check(def, error))
		return NULL;
	return g_steal_pointer(&def);
}
