/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces: the host's end (-netdev) and the guest's card. */
#include <string.h>

#include "drivers/qemu/argv/command_build.h"

static bool is_virtio(const DomainInterface *net)
{
	return net->model && g_str_has_prefix(net->model, "virtio");
}

/* ---- The host's end */

/* Descriptors of @key as "a:b:c"; the caller frees. NULL when it was not opened. */
static char *fd_list(QemuCommand *cmd, const char *key)
{
	GPtrArray *layers = command_layers(cmd, key);
	GString *text;

	if (list_length(layers) == 0)
		return NULL;
	text = g_string_new(NULL);
	for (guint i = 0; i < layers->len; i++) {
		int fd = ((GuestLayer *)list_get(layers, i))->fd;

		command_inherit(cmd, fd);
		g_string_append_printf(text, "%s%d", i > 0 ? ":" : "", fd);
	}
	return g_string_free(text, FALSE);
}

static void add_fds(Props *opts, const char *one, const char *many, const char *fds)
{
	if (fds)
		props_str(opts, strchr(fds, ':') ? many : one, fds);
}

static bool tap_opts(QemuCommand *cmd, const DomainInterface *net, Props *opts, GError **error)
{
	g_autofree char *key = g_strconcat("net:", net->target, NULL);
	g_autofree char *vhost_key = g_strconcat("vhost:", net->target, NULL);
	g_autofree char *fds = fd_list(cmd, key);
	g_autofree char *vhost = fd_list(cmd, vhost_key);

	if (!fds && cmd->context->resources)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("interface '%s' of type '%s' needs a tap device, which was not made"),
			    net->target, interface_type_name(net->type));
	props_set_kind(opts, "tap");
	if (fds) {
		add_fds(opts, "fd", "fds", fds);
	} else {
		props_str(opts, "ifname", net->target);
		props_str(opts, "script", "no");
		props_str(opts, "downscript", "no");
	}
	if (vhost) {
		props_bool(opts, "vhost", true);
		add_fds(opts, "vhostfd", "vhostfds", vhost);
	} else if (net->driver == INTERFACE_DRIVER_VHOST && cmd->context->resources) {
		return command_refuse(error, "driver name='vhost'",
				      _("/dev/vhost-net cannot be used on this host"));
	}
	if (net->has_sndbuf)
		props_num(opts, "sndbuf", net->sndbuf);
	return true;
}

static bool user_opts(const DomainInterface *net, Props *opts, GError **error)
{
	if (net->backend == INTERFACE_BACKEND_PASST || list_length(net->port_forwards) > 0)
		return command_refuse(error, "backend type='passt'",
				      _("passt and its port forwards are not supported"));
	props_set_kind(opts, "user");
	for (guint i = 0; i < list_length(net->ips); i++) {
		const NetIp *ip = list_get(net->ips, i);
		bool v6 = strchr(ip->address, ':') != NULL;

		if (v6) {
			props_str(opts, "ipv6-prefix", ip->address);
			if (ip->has_prefix)
				props_num(opts, "ipv6-prefixlen", ip->prefix);
		} else if (ip->has_prefix) {
			props_printf(opts, "net", "%s/%u", ip->address, ip->prefix);
		} else {
			props_str(opts, "net", ip->address);
		}
	}
	return true;
}

static bool socket_opts(const DomainInterface *net, Props *opts)
{
	const char *address = net->address ? net->address : "";

	props_set_kind(opts, "socket");
	switch (net->type) {
	case INTERFACE_SERVER:
		props_printf(opts, "listen", "%s:%u", address, net->port);
		break;
	case INTERFACE_CLIENT:
		props_printf(opts, "connect", "%s:%u", address, net->port);
		break;
	case INTERFACE_MCAST:
		props_printf(opts, "mcast", "%s:%u", address, net->port);
		if (net->has_local)
			props_str(opts, "localaddr", net->local_address);
		break;
	default:
		props_printf(opts, "udp", "%s:%u", address, net->port);
		props_printf(opts, "localaddr", "%s:%u",
			    net->local_address ? net->local_address : "", net->local_port);
		break;
	}
	return true;
}

static bool vhost_user_opts(QemuCommand *cmd, const DomainInterface *net, Props *opts,
			    GError **error)
{
	g_autofree char *id = g_strconcat("char", net->info.alias, NULL);

	if (!is_virtio(net))
		return command_refuse(error, "interface type='vhostuser'",
				      _("it needs a card of model 'virtio'"));
	if (!command_chardev(cmd, &net->vhost, id, net->info.alias, error))
		return false;
	props_set_kind(opts, "vhost-user");
	props_str(opts, "chardev", id);
	if (net->queues > 1)
		props_num(opts, "queues", net->queues);
	return true;
}

static bool vdpa_opts(QemuCommand *cmd, const DomainInterface *net, Props *opts, GError **error)
{
	GPtrArray *layers = command_layers(cmd, net->info.alias);
	g_autofree char *set = NULL;

	if (list_length(layers) == 0 && cmd->context->resources)
		return command_refuse(error, "interface type='vdpa'",
				      _("its device could not be opened"));
	if (list_length(layers) > 0)
		set = command_fdset(cmd, ((GuestLayer *)list_get(layers, 0))->fd, net->info.alias);
	props_set_kind(opts, "vhost-vdpa");
	props_str(opts, "vhostdev", set ? set : net->dev);
	return true;
}

static bool netdev_opts(QemuCommand *cmd, const DomainInterface *net, Props *opts, GError **error)
{
	switch (net->type) {
	case INTERFACE_USER:
		return user_opts(net, opts, error);
	case INTERFACE_BRIDGE:
	case INTERFACE_NETWORK:
	case INTERFACE_ETHERNET:
	case INTERFACE_DIRECT:
		return tap_opts(cmd, net, opts, error);
	case INTERFACE_SERVER:
	case INTERFACE_CLIENT:
	case INTERFACE_MCAST:
	case INTERFACE_UDP:
		return socket_opts(net, opts);
	case INTERFACE_VHOSTUSER:
		return vhost_user_opts(cmd, net, opts, error);
	case INTERFACE_VDPA:
		return vdpa_opts(cmd, net, opts, error);
	default:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("interfaces of type '%s' are not supported"),
			    interface_type_name(net->type));
	}
}

/* ---- The guest's card */

static void offload_opts(Props *opts, const DomainInterface *net)
{
	const InterfaceOffloads *host = &net->host_offloads, *guest = &net->guest_offloads;

	props_tristate(opts, "csum", host->csum);
	props_tristate(opts, "gso", host->gso);
	props_tristate(opts, "host_tso4", host->tso4);
	props_tristate(opts, "host_tso6", host->tso6);
	props_tristate(opts, "host_ecn", host->ecn);
	props_tristate(opts, "host_ufo", host->ufo);
	props_tristate(opts, "mrg_rxbuf", host->mrg_rxbuf);
	props_tristate(opts, "guest_csum", guest->csum);
	props_tristate(opts, "guest_tso4", guest->tso4);
	props_tristate(opts, "guest_tso6", guest->tso6);
	props_tristate(opts, "guest_ecn", guest->ecn);
	props_tristate(opts, "guest_ufo", guest->ufo);
}

static void virtio_net_opts(Props *opts, const DomainInterface *net)
{
	virtio_opts(opts, &net->virtio);
	if (net->txmode != TXMODE_ABSENT)
		props_str(opts, "tx", net->txmode == TXMODE_IOTHREAD ? "bh" : "timer");
	props_tristate(opts, "ioeventfd", net->ioeventfd);
	props_tristate(opts, "event_idx", net->event_idx);
	offload_opts(opts, net);
	if (net->queues > 1) {
		props_bool(opts, "mq", true);
		/* Two for each queue, one for the configuration, one for control. */
		if (net->info.address.type == ADDRESS_PCI)
			props_num(opts, "vectors", 2 * (guint64)net->queues + 2);
	}
	props_tristate(opts, "rss", net->rss);
	props_tristate(opts, "hash", net->rss_hash_report);
	if (net->rx_queue_size > 0)
		props_num(opts, "rx_queue_size", net->rx_queue_size);
	if (net->tx_queue_size > 0)
		props_num(opts, "tx_queue_size", net->tx_queue_size);
	if (net->mtu > 0)
		props_num(opts, "host_mtu", net->mtu);
	if (net->teaming && net->teaming->type == TEAMING_PERSISTENT)
		props_bool(opts, "failover", true);
}

static char *card_driver(const DomainInterface *net)
{
	if (!net->model)
		return g_strdup("rtl8139");
	if (strcmp(net->model, "virtio") == 0)
		return virtio_device("virtio-net", VIRTIO_MODEL_VIRTIO, &net->info);
	if (strcmp(net->model, "virtio-transitional") == 0)
		return virtio_device("virtio-net", VIRTIO_MODEL_TRANSITIONAL, &net->info);
	if (strcmp(net->model, "virtio-non-transitional") == 0)
		return virtio_device("virtio-net", VIRTIO_MODEL_NON_TRANSITIONAL, &net->info);
	return g_strdup(net->model);
}

static bool command_card(QemuCommand *cmd, const DomainInterface *net, const char *netdev,
			 GError **error)
{
	g_autofree char *driver = card_driver(net);
	char mac[MAC_TEXT];
	Props *opts;

	opts = props_new(driver);
	if (is_virtio(net))
		virtio_net_opts(opts, net);
	props_str(opts, "netdev", netdev);
	mac_format(&net->mac, mac);
	props_str(opts, "mac", net->mac.set ? mac : NULL);
	return command_device(cmd, opts, &net->info, error);
}

static bool interface_check(const DomainInterface *net, GError **error)
{
	if (net->filter)
		return command_refuse(error, "filterref", _("network filters are not supported"));
	if (net->bandwidth)
		return command_refuse(error, "bandwidth", _("it is not supported"));
	if (net->vlan)
		return command_refuse(error, "vlan", _("VLAN tags on taps are not supported"));
	if (net->virtualport && net->virtualport->type != VIRTUALPORT_ABSENT)
		return command_refuse(error, "virtualport", _("it is not supported"));
	if (net->script || net->downscript)
		return command_refuse(
			error, "script",
			_("hypervisors may not run programs; make the tap beforehand"));
	if (net->coalesce_rx_frames > 0)
		return command_refuse(error, "coalesce", _("it is not supported"));
	if (net->isolated == TRISTATE_YES)
		return command_refuse(error, "port isolated='yes'", _("it is not supported"));
	if (net->backend_log_file)
		return command_refuse(error, "backend logFile", _("passt is not supported"));
	if (net->trust_guest_rx_filters == TRISTATE_YES)
		return command_refuse(error, "interface trustGuestRxFilters='yes'",
				      _("it is not supported"));
	if (net->mac_table_manager == MAC_TABLE_LIBVIRT)
		return command_refuse(error, "bridge macTableManager='libvirt'",
				      _("the kernel keeps the table"));
	if (net->guest_dev || net->guest_actual)
		return command_refuse(error, "guest", _("it belongs to containers"));
	if (net->backenddomain)
		return command_refuse(error, "backenddomain", _("QEMU has no driver domains"));
	if (list_length(net->routes) > 0 || list_length(net->source_ips) > 0 ||
	    list_length(net->source_routes) > 0)
		return command_refuse(error, "route",
				      _("addresses and routes of the host's end are "
					"not supported"));
	return true;
}

static bool command_interface(QemuCommand *cmd, const DomainInterface *net, GError **error)
{
	g_autofree char *id = NULL;
	Props *opts;

	if (!net->info.alias)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the definition is not prepared: an interface has no alias"));
	if (!interface_check(net, error))
		return false;
	if (net->type == INTERFACE_HOSTDEV)
		return command_hostdev_pci(cmd, &net->host, net->teaming, &net->info, error);
	if (net->type == INTERFACE_NULL)
		return command_card(cmd, net, NULL, error);
	id = g_strconcat("host", net->info.alias, NULL);
	opts = props_new(NULL);
	if (!netdev_opts(cmd, net, opts, error)) {
		props_free(opts);
		return false;
	}
	props_str(opts, "id", id);
	command_opts(cmd, "-netdev", opts);
	return command_card(cmd, net, id, error);
}

bool command_interfaces(QemuCommand *cmd, GError **error)
{
	for (guint i = 0; i < list_length(cmd->def->interfaces); i++)
		if (!command_interface(cmd, list_get(cmd->def->interfaces, i), error))
			return false;
	return true;
}
