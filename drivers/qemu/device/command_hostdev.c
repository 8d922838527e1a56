/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host that are given to the guest. */
#include "drivers/qemu/argv/command_build.h"

bool command_hostdev_pci(QemuCommand *cmd, const HostAddress *host, const Teaming *teaming,
			 const DeviceInfo *info, GError **error)
{
	Props *opts = props_new("vfio-pci");

	props_printf(opts, "host", "%04x:%02x:%02x.%x", host->pci.domain, host->pci.bus,
		    host->pci.slot, host->pci.function);
	if (teaming && teaming->type == TEAMING_TRANSIENT)
		props_str(opts, "failover_pair_id", teaming->persistent);
	return command_device(cmd, opts, info, error);
}

static bool command_usb_host(QemuCommand *cmd, const DomainHostdev *hostdev, GError **error)
{
	GPtrArray *layers = command_layers(cmd, hostdev->info.alias);
	const HostAddress *host = &hostdev->host;
	Props *opts;

	if (list_length(layers) == 0 && cmd->context->resources)
		return command_refuse(error, "hostdev type='usb'",
				      _("its device node was not opened"));
	opts = props_new("usb-host");
	if (list_length(layers) > 0) {
		g_autofree char *set = command_fdset(cmd, ((GuestLayer *)list_get(layers, 0))->fd,
						     hostdev->info.alias);

		props_str(opts, "hostdevice", set);
	} else if (host->usb_bus > 0) {
		props_num(opts, "hostbus", host->usb_bus);
		props_num(opts, "hostaddr", host->usb_device);
	} else {
		props_spelled(opts, "vendorid", "0x%04" G_GINT64_MODIFIER "x", host->usb_vendor);
		props_spelled(opts, "productid", "0x%04" G_GINT64_MODIFIER "x", host->usb_product);
	}
	if (hostdev->guest_reset == GUEST_RESET_OFF)
		props_bool(opts, "guest-reset", false);
	else if (hostdev->guest_reset == GUEST_RESET_UNINITIALIZED)
		props_bool(opts, "guest-resets-all", false);
	return command_device(cmd, opts, &hostdev->info, error);
}

static bool command_mdev(QemuCommand *cmd, const DomainHostdev *hostdev, GError **error)
{
	const char *driver = hostdev->model == HOSTDEV_MODEL_VFIO_CCW  ? "vfio-ccw"
			     : hostdev->model == HOSTDEV_MODEL_VFIO_AP ? "vfio-ap"
								       : "vfio-pci";
	char uuid[UUID_TEXT];
	Props *opts = props_new(driver);

	uuid_format(&hostdev->mdev_uuid, uuid);
	props_printf(opts, "sysfsdev", "/sys/bus/mdev/devices/%s", uuid);
	props_onoff_tristate(opts, "display", hostdev->display);
	props_tristate(opts, "ramfb", hostdev->ramfb);
	return command_device(cmd, opts, &hostdev->info, error);
}

static bool hostdev_check(const DomainHostdev *hostdev, GError **error)
{
	if (hostdev->rawio == TRISTATE_YES || hostdev->sgio == SGIO_UNFILTERED)
		return command_refuse(error, "hostdev rawio, sgio",
				      _("hypervisors run without capabilities"));
	if (hostdev->driver_model)
		return command_refuse(error, "driver model", _("it is not supported"));
	if (hostdev->write_filtering != TRISTATE_ABSENT)
		return command_refuse(error, "source writeFiltering", _("it belongs to Xen"));
	if (hostdev->readonly || hostdev->shareable)
		return command_refuse(error, "hostdev/readonly, shareable",
				      _("only SCSI devices have it, which are not supported"));
	return true;
}

static bool command_hostdev(QemuCommand *cmd, const DomainHostdev *hostdev, GError **error)
{
	if (hostdev->mode == HOSTDEV_MODE_CAPABILITIES)
		return command_refuse(error, "hostdev mode='capabilities'",
				      _("it belongs to containers"));
	if (!hostdev_check(hostdev, error))
		return false;
	switch (hostdev->type) {
	case HOSTDEV_USB:
		return command_usb_host(cmd, hostdev, error);
	case HOSTDEV_PCI:
		if (hostdev->driver == HOSTDEV_DRIVER_KVM || hostdev->driver == HOSTDEV_DRIVER_XEN)
			return command_refuse(error, "hostdev/driver",
					      _("QEMU passes PCI devices through VFIO only"));
		return command_hostdev_pci(cmd, &hostdev->host, hostdev->teaming, &hostdev->info,
					   error);
	case HOSTDEV_MDEV:
		return command_mdev(cmd, hostdev, error);
	default:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("host devices of type '%s' are not supported"),
			    hostdev_type_name(hostdev->type));
	}
}

bool command_hostdevs(QemuCommand *cmd, GError **error)
{
	for (guint i = 0; i < list_length(cmd->def->hostdevs); i++)
		if (!command_hostdev(cmd, list_get(cmd->def->hostdevs, i), error))
			return false;
	return true;
}
