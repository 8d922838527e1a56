/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/check.h"

static const char *interface_text(const DomainInterface *interface, char text[MAC_TEXT])
{
	mac_format(&interface->mac, text);
	return text;
}

static bool is_virtio(const DomainInterface *interface)
{
	return interface->model && g_str_has_prefix(interface->model, "virtio");
}

static bool is_tap(const DomainInterface *interface)
{
	switch (interface->type) {
	case INTERFACE_NETWORK:
	case INTERFACE_BRIDGE:
	case INTERFACE_ETHERNET:
	case INTERFACE_DIRECT:
		return true;
	default:
		return false;
	}
}

static bool power_of_two(guint value)
{
	return (value & (value - 1)) == 0;
}

static bool check_driver(const QemuCheck *check, const DomainInterface *interface, const char *name)
{
	if (interface->rx_queue_size && !power_of_two(interface->rx_queue_size))
		return refuse(check, _("interface %s: rx_queue_size must be a power of two"), name);
	if (interface->tx_queue_size && !power_of_two(interface->tx_queue_size))
		return refuse(check, _("interface %s: tx_queue_size must be a power of two"), name);
	if (interface->type == INTERFACE_VHOSTUSER && !is_virtio(interface))
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("interface %s: type 'vhostuser' needs <model type='virtio'/>"), name);
	if (interface->type == INTERFACE_VDPA && !is_virtio(interface))
		return refuse(check, _("interface %s: type 'vdpa' needs <model type='virtio'/>"),
			      name);
	return true;
}

/* Addresses inside of the guest can be given by QEMU's own network only. */
static bool check_ips(const QemuCheck *check, const DomainInterface *interface, const char *name)
{
	guint v4 = 0, v6 = 0;

	if (list_length(interface->routes) > 0)
		return refuse(check, _("interface %s: QEMU gives the guest no <route>"), name);
	if (list_length(interface->ips) == 0)
		return true;
	if (interface->type != INTERFACE_USER && interface->type != INTERFACE_VDS)
		return refuse(
			check,
			_("interface %s: QEMU gives the guest an <ip> with type 'user' only, not "
			  "'%s'"),
			name, interface_type_name(interface->type));
	for (guint i = 0; i < interface->ips->len; i++) {
		const NetIp *ip = list_get(interface->ips, i);
		bool six = ip->family ? strcmp(ip->family, "ipv6") == 0
				      : ip->address && strchr(ip->address, ':');

		if (++*(six ? &v6 : &v4) > 1)
			return refuse(check,
				      _("interface %s: there is one %s address per interface"),
				      name, six ? "IPv6" : "IPv4");
		if (!g_hostname_is_ip_address(ip->address ?: ""))
			return reject(check, _("interface %s: '%s' in <ip> is no address"), name,
				      ip->address ?: "");
		if (ip->has_prefix && ip->prefix > (six ? 128u : 32u))
			return reject(check,
				      _("interface %s: an %s address has no prefix of %u bits"),
				      name, six ? "IPv6" : "IPv4", ip->prefix);
		if (ip->peer)
			return refuse(check, _("interface %s: there is no 'peer' in <ip> here"),
				      name);
	}
	return true;
}

/* What only some types of interface have. */
static bool check_type_options(const QemuCheck *check, const DomainInterface *interface,
			       const char *name)
{
	const char *type = interface_type_name(interface->type);
	bool bridged = interface->type == INTERFACE_NETWORK || interface->type == INTERFACE_BRIDGE;

	if (interface->virtualport && interface->virtualport->type &&
	    interface->virtualport->type != VIRTUALPORT_NONE && !is_tap(interface) &&
	    interface->type != INTERFACE_HOSTDEV)
		return refuse(check, _("interface %s: type '%s' has no <virtualport>"), name, type);
	if (interface->isolated && !bridged)
		return refuse(check, _("interface %s: type '%s' has no <port isolated=.../>"), name,
			      type);
	if (interface->coalesce_rx_frames && !is_tap(interface))
		return refuse(check, _("interface %s: type '%s' has no <coalesce>"), name, type);
	if (interface->mtu && !is_tap(interface) && interface->type != INTERFACE_VHOSTUSER)
		return refuse(check, _("interface %s: type '%s' has no <mtu>"), name, type);
	if (interface->bandwidth && interface->bandwidth->in && interface->bandwidth->in->floor &&
	    interface->type != INTERFACE_NETWORK)
		return refuse(check,
			      _("interface %s: 'floor' is kept by networks only, not by type '%s'"),
			      name, type);
	if (interface->info.rom_enabled == TRISTATE_NO &&
	    (interface->info.rom_file || interface->info.rom_bar))
		return refuse(check, _("interface %s: its ROM is disabled, and yet has options"),
			      name);
	return true;
}

/* A tap that somebody else has made is named, and joins no bridge by us. */
static bool check_target(const QemuCheck *check, const DomainInterface *interface, const char *name)
{
	if (interface->target_managed != TRISTATE_NO)
		return true;
	if (interface->type != INTERFACE_ETHERNET)
		return refuse(check,
			      _("interface %s: <target managed='no'/> goes with type 'ethernet', not "
				"'%s'"),
			      name, interface_type_name(interface->type));
	if (!interface->target)
		return refuse(check,
			      _("interface %s: <target managed='no'/> needs the name of the tap "
				"device in 'dev'"),
			      name);
	return true;
}

static bool check_udp(const QemuCheck *check, const DomainInterface *interface, const char *name)
{
	if (interface->type == INTERFACE_UDP && !interface->has_local)
		return reject(check,
			      _("interface %s: type 'udp' needs a <local> address in <source>"),
			      name);
	return true;
}

static bool check_teaming(const QemuCheck *check, const DomainInterface *interface,
			  const char *name)
{
	const Teaming *teaming = interface->teaming;

	if (!teaming)
		return true;
	if (teaming->type == TEAMING_PERSISTENT && !is_virtio(interface))
		return refuse(check,
			      _("interface %s: the persistent one of a team is of model 'virtio'"),
			      name);
	if (teaming->type == TEAMING_TRANSIENT && interface->type != INTERFACE_HOSTDEV &&
	    interface->type != INTERFACE_NETWORK)
		return refuse(check,
			      _("interface %s: the transient one of a team is of type 'hostdev'"),
			      name);
	return true;
}

bool qemu_check_interface(const QemuCheck *check, const DomainInterface *interface)
{
	char text[MAC_TEXT];
	const char *name = interface_text(interface, text);

	return check_driver(check, interface, name) && check_ips(check, interface, name) &&
	       check_type_options(check, interface, name) &&
	       check_teaming(check, interface, name) && check_target(check, interface, name) &&
	       check_udp(check, interface, name);
}
