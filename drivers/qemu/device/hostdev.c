/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host that are given to the guest. */
#include "config.h"

#include <string.h>

#include "drivers/qemu/device/kind.h"

#define VHOST_SCSI "/dev/vhost-scsi"

static bool hostdev_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainHostdev *hostdev = device->hostdev;

	(void)completion;
	if (!hostdev->mode)
		hostdev->mode = HOSTDEV_MODE_SUBSYSTEM;
	if (hostdev->mode == HOSTDEV_MODE_SUBSYSTEM && !hostdev->managed)
		hostdev->managed = TRISTATE_NO;
	if (hostdev->scsi_protocol == SCSI_PROTOCOL_ISCSI)
		qemu_storage_source_complete(&hostdev->iscsi);
	return true;
}

static bool has_zpci(const DeviceInfo *info)
{
	return info->address.pci.has_zpci_uid || info->address.pci.has_zpci_fid;
}

static bool check_pci(const QemuCheck *check, const DomainHostdev *hostdev)
{
	if (hostdev->write_filtering)
		return refuse(check, _("PCI host device: QEMU does not filter writes to its "
				       "configuration"));
	if (hostdev->guest_reset)
		return refuse(check, _("guestReset is for USB host devices only"));
	return true;
}

static bool check_usb(const QemuCheck *check, const DomainHostdev *hostdev)
{
	if (hostdev->host.has_usb_vendor && !hostdev->host.usb_vendor)
		return reject(check, _("USB host device: there is no vendor 0"));
	if (hostdev->host.has_usb_vendor && !hostdev->host.usb_product)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("USB host device: the vendor is given without the product"));
	return true;
}

static bool check_scsi_host(const QemuCheck *check, const DomainHostdev *hostdev)
{
	if (hostdev->info.boot_order)
		return refuse(check, _("firmware cannot boot from a vhost SCSI host device"));
	return true;
}

static bool check_mdev(const QemuCheck *check, const DomainHostdev *hostdev)
{
	if (uuid_is_absent(&hostdev->mdev_uuid))
		return refuse(check, _("a mediated host device has its uuid in <source><address>"));
	switch (hostdev->model) {
	case HOSTDEV_MODEL_VFIO_CCW:
	case HOSTDEV_MODEL_VFIO_AP:
		if (!qemu_arch_is_s390(check->def->os.arch))
			return refuse(check,
				      _("mediated host devices of model '%s' are on s390x only"),
				      hostdev_model_name(hostdev->model));
		break;
	case HOSTDEV_MODEL_VFIO_PCI:
		break;
	default:
		return reject(check, _("a mediated host device has a model, like 'vfio-pci'"));
	}
	if (hostdev->display == TRISTATE_YES && list_length(check->def->graphics) == 0)
		return refuse(check, _("a host device with display='on' needs <graphics>"));
	return true;
}

/* What is for mediated devices only. */
static bool check_mdev_options(const QemuCheck *check, const DomainHostdev *hostdev)
{
	bool scsi_host = hostdev->type == HOSTDEV_SCSI_HOST;

	if (hostdev->type == HOSTDEV_MDEV)
		return true;
	if (hostdev->display)
		return reject(check, _("only mediated host devices have a display"));
	if (hostdev->model && !scsi_host)
		return reject(check, _("a host device of type '%s' has no model"),
			      hostdev_type_name(hostdev->type));
	return true;
}

static bool hostdev_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainHostdev *hostdev = device->hostdev;

	if (hostdev->mode == HOSTDEV_MODE_CAPABILITIES)
		return refuse(check, _("QEMU has no host devices of mode 'capabilities'"));
	if (has_zpci(&hostdev->info) && !qemu_arch_is_s390(check->def->os.arch))
		return refuse(check,
			      _("a host device has a <zpci> address, which is on s390x only"));
	if (hostdev->rawio && hostdev->type != HOSTDEV_SCSI)
		return reject(check, _("only SCSI host devices have 'rawio'"));
	if (!check_mdev_options(check, hostdev))
		return false;
	switch (hostdev->type) {
	case HOSTDEV_PCI:
		return check_pci(check, hostdev);
	case HOSTDEV_USB:
		return check_usb(check, hostdev);
	case HOSTDEV_SCSI_HOST:
		return check_scsi_host(check, hostdev);
	case HOSTDEV_MDEV:
		return check_mdev(check, hostdev);
	default:
		return true;
	}
}

static void hostdev_resources(const QemuResources *all, const DomainDevice *device)
{
	const DomainHostdev *hostdev = device->hostdev;
	g_autofree char *path = NULL;

	if (hostdev->mode != HOSTDEV_MODE_CAPABILITIES && hostdev->type == HOSTDEV_SCSI_HOST)
		qemu_node_add(all, hostdev->info.alias, VHOST_SCSI);
	if (hostdev->mode == HOSTDEV_MODE_CAPABILITIES || hostdev->type != HOSTDEV_USB ||
	    hostdev->host.type != ADDRESS_USB || !hostdev->host.usb_bus)
		return;
	path = g_strdup_printf("/dev/bus/usb/%03u/%03u", hostdev->host.usb_bus,
			       hostdev->host.usb_device);
	qemu_node_add(all, hostdev->info.alias, path);
}

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

static bool build_usb(QemuCommand *cmd, const DomainHostdev *hostdev, GError **error)
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

/* An adapter of the kernel's own SCSI target, which serves the guest without QEMU. */
static bool build_scsi_host(QemuCommand *cmd, const DomainHostdev *hostdev, GError **error)
{
	VirtioModel model = hostdev->model == HOSTDEV_MODEL_TRANSITIONAL ? VIRTIO_MODEL_TRANSITIONAL
			    : hostdev->model == HOSTDEV_MODEL_NON_TRANSITIONAL
				    ? VIRTIO_MODEL_NON_TRANSITIONAL
				    : VIRTIO_MODEL_VIRTIO;
	g_autofree char *driver = virtio_device("vhost-scsi", model, &hostdev->info);
	g_autofree char *fd = command_passed(cmd, hostdev->info.alias);
	Props *opts;

	if (!fd && cmd->context->resources)
		return command_refuse(error, "hostdev type='scsi_host'",
				      _("/dev/vhost-scsi could not be opened; load the module "
					"vhost_scsi"));
	opts = props_new(driver);
	props_str(opts, "wwpn", hostdev->wwpn);
	props_str(opts, "vhostfd", fd);
	return command_device(cmd, opts, &hostdev->info, error);
}

static bool build_mdev(QemuCommand *cmd, const DomainHostdev *hostdev, GError **error)
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

static bool hostdev_refuse(const DomainHostdev *hostdev, GError **error)
{
	if (hostdev->rawio == TRISTATE_YES || hostdev->sgio == SGIO_UNFILTERED)
		return command_refuse(error, "hostdev rawio, sgio",
				      _("hypervisors run without capabilities"));
	if (hostdev->driver_model)
		return command_refuse(error, "driver model", _("it is not supported"));
	if (hostdev->iommufd == TRISTATE_YES)
		return command_refuse(error, "driver iommufd='yes'",
				      _("QEMU has it from version 8.2 on"));
	if (hostdev->write_filtering != TRISTATE_ABSENT)
		return command_refuse(error, "source writeFiltering", _("it belongs to Xen"));
	if (hostdev->readonly || hostdev->shareable)
		return command_refuse(error, "hostdev/readonly, shareable",
				      _("only SCSI devices have it, which are not supported"));
	return true;
}

static bool hostdev_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainHostdev *hostdev = device->hostdev;

	if (hostdev->mode == HOSTDEV_MODE_CAPABILITIES)
		return command_refuse(error, "hostdev mode='capabilities'",
				      _("it belongs to containers"));
	if (!hostdev_refuse(hostdev, error))
		return false;
	switch (hostdev->type) {
	case HOSTDEV_USB:
		return build_usb(cmd, hostdev, error);
	case HOSTDEV_PCI:
		if (hostdev->driver == HOSTDEV_DRIVER_KVM || hostdev->driver == HOSTDEV_DRIVER_XEN)
			return command_refuse(error, "hostdev/driver",
					      _("QEMU passes PCI devices through VFIO only"));
		return command_hostdev_pci(cmd, &hostdev->host, hostdev->teaming, &hostdev->info,
					   error);
	case HOSTDEV_SCSI_HOST:
		return build_scsi_host(cmd, hostdev, error);
	case HOSTDEV_MDEV:
		return build_mdev(cmd, hostdev, error);
	default:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("host devices of type '%s' are not supported"),
			    hostdev_type_name(hostdev->type));
	}
}

static PciConnect hostdev_pci(const DomainDevice *device)
{
	const DomainHostdev *hostdev = device->hostdev;

	if (hostdev->mode == HOSTDEV_MODE_CAPABILITIES)
		return 0;
	switch (hostdev->type) {
	case HOSTDEV_PCI:
		return PCI_CONNECT_EXPRESS;
	case HOSTDEV_SCSI_HOST:
		return hostdev->model == HOSTDEV_MODEL_TRANSITIONAL ? PCI_CONNECT_DEVICE
								    : PCI_CONNECT_EXPRESS;
	case HOSTDEV_MDEV:
		return hostdev->model == HOSTDEV_MODEL_VFIO_PCI ? PCI_CONNECT_EXPRESS : 0;
	default:
		return 0;
	}
}

static bool hostdev_ccw(const DomainDevice *device)
{
	return device->hostdev->type == HOSTDEV_SCSI_HOST ||
	       (device->hostdev->type == HOSTDEV_MDEV &&
		device->hostdev->model == HOSTDEV_MODEL_VFIO_CCW);
}

static bool hostdev_hotplug(const DomainDevice *device)
{
	return device->hostdev->mode != HOSTDEV_MODE_CAPABILITIES;
}

const QemuDeviceKind qemu_hostdev = {
	.prefix = "hostdev",
	.complete = hostdev_complete,
	.check = hostdev_check,
	.resources = hostdev_resources,
	.pci = hostdev_pci,
	.ccw = hostdev_ccw,
	.hotplug = hostdev_hotplug,
	.build = hostdev_build,
};
