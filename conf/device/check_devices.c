/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"

static bool text_missing(const char *text, const char *what, GError **error)
{
	if (text)
		return false;
	fail(error, VIR_ERR_INTERNAL_ERROR, _("the <source> of a character device lacks '%s'"),
		what);
	return true;
}

bool chardev_source_check(const ChardevSource *source, bool optional_path, GError **error)
{
	if (!reconnect_check(&source->reconnect, _("a character device"), error))
		return false;
	switch (source->type) {
	case CHARDEV_FILE:
	case CHARDEV_DEV:
	case CHARDEV_PIPE:
		return !text_missing(source->path, "path", error);
	case CHARDEV_UNIX:
		return optional_path || !text_missing(source->path, "path", error);
	case CHARDEV_NMDM:
		return !text_missing(source->master, "master", error) &&
		       !text_missing(source->slave, "slave", error);
	case CHARDEV_TCP:
		return !text_missing(source->host, "host", error) &&
		       !text_missing(source->service, "service", error);
	case CHARDEV_UDP:
		return !text_missing(source->service, "service", error);
	case CHARDEV_SPICEPORT:
	case CHARDEV_DBUS:
		return !text_missing(source->channel, "channel", error);
	default:
		return true;
	}
}

static bool model_valid(const char *model)
{
	return strspn(model, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
	       strlen(model);
}

static bool interface_source_check(const DomainInterface *interface, GError **error)
{
	const char *missing = NULL;

	switch (interface->type) {
	case INTERFACE_NETWORK:
		missing = interface->network ? NULL : "network";
		break;
	case INTERFACE_BRIDGE:
		missing = interface->bridge ? NULL : "bridge";
		break;
	case INTERFACE_DIRECT:
	case INTERFACE_VDPA:
		missing = interface->dev ? NULL : "dev";
		break;
	case INTERFACE_VHOSTUSER:
		if (interface->vhost.type != CHARDEV_UNIX)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("an interface of type 'vhostuser' needs <source type='unix'>"));
		missing = !interface->vhost.path ? "path" : interface->vhost.mode ? NULL : "mode";
		break;
	case INTERFACE_VDS:
		missing = interface->switchid ? NULL : "switchid";
		break;
	case INTERFACE_INTERNAL:
		missing = interface->name ? NULL : "name";
		break;
	case INTERFACE_CLIENT:
	case INTERFACE_MCAST:
	case INTERFACE_UDP:
		missing = interface->address ? interface->port ? NULL : "port" : "address";
		break;
	case INTERFACE_SERVER:
		missing = interface->port ? NULL : "port";
		break;
	case INTERFACE_HOSTDEV:
		if (!interface->host.type)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("an interface of type 'hostdev' needs a <source> with an "
				      "<address>"));
		break;
	default:
		break;
	}
	return !missing || fail(error, VIR_ERR_XML_ERROR,
				_("the <source> of an interface of type '%s' lacks '%s'"),
				interface_type_name(interface->type), missing);
}

bool interface_check(const DomainInterface *interface, GError **error)
{
	bool virtio = interface->model && g_str_has_prefix(interface->model, "virtio");
	char mac[MAC_TEXT];
	g_autofree char *what = NULL;

	mac_format(&interface->mac, mac);
	what = g_strdup_printf(_("interface %s"), mac);
	if (!interface_source_check(interface, error) ||
	    !interface_net_check(interface, what, error))
		return false;
	if (interface->model && !model_valid(interface->model))
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("%s: its model '%s' has characters that no model has"), what,
			    interface->model);
	if (interface->teaming && interface->teaming->type == TEAMING_TRANSIENT &&
	    !interface->teaming->persistent)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: teaming of type 'transient' names its 'persistent' interface"),
				what);
	if (interface->teaming && interface->teaming->type == TEAMING_PERSISTENT &&
	    interface->teaming->persistent)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: teaming of type 'persistent' names no other interface"), what);
	return virtio_options_check(&interface->virtio, virtio, what, error);
}

/* Everything that must be there once, with who has it. */
typedef struct {
	GHashTable *targets, *aliases, *boots, *controllers, *drives, *hostdevs;
	GError **error;
} Seen;

/* Notes @key (taken) as belonging to @owner; returns who had it before, or NULL. */
static const char *seen_before(GHashTable *table, char *key, const char *owner)
{
	const char *other = g_hash_table_lookup(table, key);

	if (other)
		g_free(key);
	else
		g_hash_table_insert(table, key, g_strdup(owner));
	return other;
}

static bool drive_unique(Seen *seen, const DeviceInfo *info, const char *bus, const char *owner)
{
	const char *other;
	g_autofree char *place = NULL;

	if (info->address.type != ADDRESS_DRIVE)
		return true;
	place = device_address_text(&info->address);
	other = seen_before(seen->drives, g_strdup_printf("%s %s", bus, place), owner);
	return !other || fail(seen->error, VIR_ERR_CONFIG_UNSUPPORTED,
			      _("%s and %s have the same address %s"), owner, other, place);
}

static bool disk_unique(Seen *seen, const DomainDisk *disk)
{
	g_autofree char *owner = g_strdup_printf(_("disk '%s'"), disk->target ? disk->target : "");

	if (disk->target && seen_before(seen->targets, g_strdup(disk->target), owner))
		return fail(seen->error, VIR_ERR_XML_ERROR,
			    _("the target '%s' is given to two disks"), disk->target);
	return drive_unique(seen, &disk->info, disk_bus_name(disk->bus), owner);
}

/* Which device of the host it is, so that none is given away twice; NULL when that cannot be said. */
static char *hostdev_key(const DomainHostdev *hostdev)
{
	g_autofree char *pci = NULL;
	char uuid[UUID_TEXT];

	if (hostdev->mode != HOSTDEV_MODE_SUBSYSTEM)
		return NULL;
	switch (hostdev->type) {
	case HOSTDEV_PCI:
		pci = pci_address_text(&hostdev->host.pci);
		return g_strdup_printf("pci %s", pci);
	case HOSTDEV_USB:
		if (hostdev->host.usb_bus)
			return g_strdup_printf("usb %u.%u", hostdev->host.usb_bus,
					       hostdev->host.usb_device);
		return g_strdup_printf("usb %04x:%04x", hostdev->host.usb_vendor,
				       hostdev->host.usb_product);
	case HOSTDEV_SCSI:
		if (hostdev->scsi_protocol == SCSI_PROTOCOL_ISCSI)
			return g_strdup_printf("iscsi %s", hostdev->iscsi.name);
		return g_strdup_printf("scsi %s %u:%u:%" G_GUINT64_FORMAT, hostdev->scsi_adapter,
				       hostdev->scsi_bus, hostdev->scsi_target, hostdev->scsi_unit);
	case HOSTDEV_SCSI_HOST:
		return g_strdup_printf("vhost %s", hostdev->wwpn);
	case HOSTDEV_MDEV:
		uuid_format(&hostdev->mdev_uuid, uuid);
		return g_strdup_printf("mdev %s", uuid);
	default:
		return NULL;
	}
}

static bool interface_unique(Seen *seen, const DomainInterface *interface)
{
	g_autofree char *pci = NULL;

	if (interface->type != INTERFACE_HOSTDEV || interface->host.type != ADDRESS_PCI)
		return true;
	pci = pci_address_text(&interface->host.pci);
	return !seen_before(seen->hostdevs, g_strdup_printf("pci %s", pci), "interface") ||
	       fail(seen->error, VIR_ERR_XML_ERROR,
		    _("the PCI device %s of the host is given to the domain twice"), pci);
}

static bool hostdev_unique(Seen *seen, const DomainHostdev *hostdev)
{
	char *key = hostdev_key(hostdev);

	if (key && seen_before(seen->hostdevs, key, "hostdev"))
		return fail(seen->error, VIR_ERR_XML_ERROR,
			    _("a host device of type '%s' is given to the domain twice"),
			    hostdev_type_name(hostdev->type));
	if (hostdev->type != HOSTDEV_SCSI)
		return true;
	return drive_unique(seen, &hostdev->info, "scsi", _("a SCSI host device"));
}

static bool controller_unique(Seen *seen, const DomainController *controller)
{
	bool companion = controller->type == CONTROLLER_USB && controller->info.has_master;
	char *key;

	if (companion || (controller->type == CONTROLLER_USB &&
			  controller->model >= MODEL_ICH9_UHCI1 &&
			  controller->model <= MODEL_ICH9_UHCI3))
		return true;
	key = g_strdup_printf("%d %d", controller->type, controller->index);
	return !seen_before(seen->controllers, key, "controller") ||
	       fail(seen->error, VIR_ERR_XML_ERROR,
		    _("there are two controllers of type '%s' with index %d"),
		    controller_type_name(controller->type), controller->index);
}

static bool info_unique(Seen *seen, const DomainDevice *device)
{
	const DeviceInfo *info = device->info;
	const char *name = domain_device_kinds[device->kind].name;
	const char *other;

	/* The first console is the first serial port under another name. */
	if (info->alias && device->kind != DEVICE_CONSOLE) {
		other = seen_before(seen->aliases, g_strdup(info->alias), name);
		if (other)
			return fail(seen->error, VIR_ERR_XML_ERROR,
				    _("the alias '%s' is given to a %s and a %s"), info->alias,
					other,
				    name);
	}
	if (!info->boot_order)
		return true;
	other = seen_before(seen->boots, g_strdup_printf("%u", info->boot_order), name);
	return !other || fail(seen->error, VIR_ERR_INTERNAL_ERROR,
			      _("the boot order %u is given to two devices, a %s and a %s"),
			      info->boot_order, other, name);
}

static bool device_unique(DomainDef *def G_GNUC_UNUSED, const DomainDevice *device, void *data)
{
	Seen *seen = data;

	if (!info_unique(seen, device))
		return false;
	switch (device->kind) {
	case DEVICE_DISK:
		return disk_unique(seen, device->disk);
	case DEVICE_HOSTDEV:
		return hostdev_unique(seen, device->hostdev);
	case DEVICE_INTERFACE:
		return interface_unique(seen, device->interface);
	case DEVICE_CONTROLLER:
		return controller_unique(seen, device->controller);
	default:
		return true;
	}
}

static GHashTable *seen_table(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

/* Members of a group share their limits. */
static bool iotune_groups_check(const DomainDef *def, GError **error)
{
	for (guint i = 0; i < list_length(def->disks); i++) {
		const DomainDisk *one = list_get(def->disks, i);

		for (guint k = 0; one->iotune.group_name && k < i; k++) {
			const DomainDisk *other = list_get(def->disks, k);

			if (g_strcmp0(one->iotune.group_name, other->iotune.group_name) == 0 &&
			    !disk_iotune_agrees(&one->iotune, &other->iotune))
				return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
					    _("the disks '%s' and '%s' are of the group '%s', but with "
					      "other limits in <iotune>"), other->target, one->target,
					    one->iotune.group_name);
		}
	}
	return true;
}

bool devices_check_unique(DomainDef *def, GError **error)
{
	g_autoptr(GHashTable) targets = seen_table(), aliases = seen_table(),
			      boots = seen_table(), controllers = seen_table(),
			      drives = seen_table(), hostdevs = seen_table();
	Seen seen = { targets, aliases, boots, controllers, drives, hostdevs, error };

	if (!domain_def_each_device(def, device_unique, &seen) || !iotune_groups_check(def, error))
		return false;
	if (g_hash_table_size(boots) > 0 && list_length(def->os.boots) > 0)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s' has a boot order both in <os> and in its devices; keep one"),
			    def->name);
	return true;
}
