/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces: the card that the guest sees, and what it is plugged into on the host. */
#include "config.h"

#include <string.h>

#include "drivers/qemu/device/kind.h"

#define VHOST_NET "/dev/vhost-net"

static const char *interface_default_model(const QemuCompletion *completion)
{
	const DomainDef *def = completion->def;

	if (qemu_arch_is_x86(def->os.arch)) {
		static const char *const models[] = { "rtl8139", "e1000", NULL };

		for (const char *const *model = models; *model; model++)
			if (qemu_caps_has_device(completion->caps, *model))
				return *model;
	}
	return "virtio";
}

static bool interface_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainInterface *interface = device->interface;

	if (!interface->model && interface->type == INTERFACE_VDPA)
		interface->model = g_strdup("virtio");
	if (!interface->model && interface->type != INTERFACE_HOSTDEV)
		interface->model = g_strdup(interface_default_model(completion));
	/* Once, capitals did not matter here. */
	if (interface->model && g_ascii_strcasecmp(interface->model, "virtio") == 0)
		memcpy(interface->model, "virtio", strlen("virtio"));
	if (!interface->mac.set) {
		/* The block of KVM's guests; the rest by chance. */
		guint32 chance = g_random_int();
		const guint8 bytes[6] = { 0x52,
					  0x54,
					  0x00,
					  (guint8)chance,
					  (guint8)(chance >> 8),
					  (guint8)(chance >> 16) };

		memcpy(interface->mac.bytes, bytes, sizeof(bytes));
		interface->mac.set = true;
	}
	return true;
}

static bool is_virtio(const DomainInterface *net)
{
	return net->model && g_str_has_prefix(net->model, "virtio");
}

static const char *interface_text(const DomainInterface *interface, char text[MAC_TEXT])
{
	mac_format(&interface->mac, text);
	return text;
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
		return refuse(
			check,
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

static bool interface_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainInterface *interface = device->interface;
	char text[MAC_TEXT];
	const char *name = interface_text(interface, text);

	return check_driver(check, interface, name) && check_ips(check, interface, name) &&
	       check_type_options(check, interface, name) &&
	       check_teaming(check, interface, name) && check_target(check, interface, name) &&
	       check_udp(check, interface, name);
}

static bool interface_prepare(const QemuPrepare *prepare, const DomainDevice *device)
{
	DomainInterface *interface = device->interface;
	const DomainDef *live = prepare->live;
	GError **error = prepare->error;

	switch (interface->type) {
	case INTERFACE_DIRECT:
	case INTERFACE_INTERNAL:
	case INTERFACE_VDS:
	case INTERFACE_NULL:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s': interfaces of type '%s' are not supported"), live->name,
			    interface_type_name(interface->type));
	case INTERFACE_NETWORK: /* the engine has found its bridge */
	case INTERFACE_BRIDGE:
	case INTERFACE_ETHERNET:
		if (interface->target_managed == TRISTATE_NO)
			return true;
		if (!prepare->settings->privileged)
			return fail(
				error, VIR_ERR_CONFIG_UNSUPPORTED,
				_("domain '%s': an interface of type '%s' needs root's help, which "
				  "a session has not; use type 'user'"),
				live->name, interface_type_name(interface->type));
		if (!interface->target)
			interface->target = prepare->tap_choose(live);
		return true;
	default:
		return true;
	}
}

static bool interface_wants_vhost(const DomainDef *live, const DomainInterface *interface)
{
	if (!interface->model || !g_str_has_prefix(interface->model, "virtio") ||
	    interface->driver == INTERFACE_DRIVER_QEMU)
		return false;
	return interface->driver == INTERFACE_DRIVER_VHOST || live->virt == VIRT_KVM;
}

static void interface_resources(const QemuResources *all, const DomainDevice *device)
{
	const DomainInterface *interface = device->interface;
	char mac[MAC_TEXT];
	Resource *tap, *vhost;

	if (interface->type != INTERFACE_NETWORK && interface->type != INTERFACE_BRIDGE &&
	    interface->type != INTERFACE_ETHERNET)
		return;
	tap = qemu_resource_add(all, RESOURCE_TAP, g_strdup_printf("net:%s", interface->target),
				NULL);
	mac_format(&interface->mac, mac);
	tap->name = g_strdup(interface->target);
	tap->bridge = interface->type == INTERFACE_ETHERNET ? NULL : g_strdup(interface->bridge);
	tap->mac = g_strdup(mac);
	tap->mtu = interface->mtu;
	tap->queues = MAX(interface->queues, 1);
	tap->existing = interface->target_managed == TRISTATE_NO;
	tap->what = N_("network device");
	if (!interface_wants_vhost(all->live, interface))
		return;
	vhost = qemu_resource_add(all, RESOURCE_DEVICE,
				  g_strdup_printf("vhost:%s", interface->target), VHOST_NET);
	vhost->queues = tap->queues;
	vhost->optional = interface->driver != INTERFACE_DRIVER_VHOST;
	vhost->what = N_("accelerator of network devices");
}

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

		g_autofree char *name = g_strdup_printf("%s-%u", key, i);
		g_autofree char *passed = NULL;

		if (fd < 0)
			continue; /* QEMU has it already */
		g_strdelimit(name, ":", '-'); /* which parts the list */
		passed = command_pass(cmd, fd, name);
		g_string_append_printf(text, "%s%s", text->len > 0 ? ":" : "", passed);
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

static bool build_card(QemuCommand *cmd, const DomainInterface *net, const char *netdev,
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

static bool interface_refuse(const DomainInterface *net, GError **error)
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
	if (net->backend_log_file || net->backend_hostname || net->backend_fqdn)
		return command_refuse(error, "backend logFile, hostname, fqdn",
				      _("passt is not supported"));
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

static bool interface_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainInterface *net = device->interface;
	g_autofree char *id = NULL;
	Props *opts;

	if (!net->info.alias)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the definition is not prepared: an interface has no alias"));
	if (!interface_refuse(net, error))
		return false;
	if (net->type == INTERFACE_HOSTDEV)
		return command_hostdev_pci(cmd, &net->host, net->teaming, &net->info, error);
	if (net->type == INTERFACE_NULL)
		return build_card(cmd, net, NULL, error);
	id = g_strconcat("host", net->info.alias, NULL);
	opts = props_new(NULL);
	if (!netdev_opts(cmd, net, opts, error)) {
		props_free(opts);
		return false;
	}
	props_str(opts, "id", id);
	command_opts(cmd, "-netdev", opts);
	return build_card(cmd, net, id, error);
}

static PciConnect interface_pci(const DomainDevice *device)
{
	const DomainInterface *interface = device->interface;
	static const char *const conventional[] = {
		"rtl8139",  "e1000",     "virtio-transitional",
		"vmxnet",   "vmxnet2",   "vmxnet3",
		"vlance",   "Am79C970A", "Am79C973",
		"82540EM",  "82545EM",   "82543GC",
		"netfront", "smc91c111", "lan9118",
		NULL,
	};

	if (interface->type == INTERFACE_HOSTDEV)
		return interface->host.type == ADDRESS_USB ? 0 : PCI_CONNECT_EXPRESS;
	if (!interface->model)
		return PCI_CONNECT_EXPRESS;
	if (strcmp(interface->model, "usb-net") == 0 || strcmp(interface->model, "spapr-vlan") == 0)
		return 0;
	return g_strv_contains(conventional, interface->model) ? PCI_CONNECT_DEVICE
							       : PCI_CONNECT_EXPRESS;
}

static bool interface_ccw(const DomainDevice *device)
{
	return g_strcmp0(device->interface->model, "virtio") == 0;
}

static bool interface_hotplug(const DomainDevice *device)
{
	return device->interface->type != INTERFACE_HOSTDEV;
}

const QemuDeviceKind qemu_interface = {
	.prefix = "net",
	.complete = interface_complete,
	.check = interface_check,
	.prepare = interface_prepare,
	.resources = interface_resources,
	.pci = interface_pci,
	.ccw = interface_ccw,
	.hotplug = interface_hotplug,
	.build = interface_build,
};
