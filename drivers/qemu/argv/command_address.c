/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/argv/command_build.h"

/* ---- Names of buses */

static const DomainController *find_controller(const QemuCommand *cmd, ControllerType type,
					       int index)
{
	for (guint i = 0; i < list_length(cmd->def->controllers); i++) {
		const DomainController *controller = list_get(cmd->def->controllers, i);

		if (controller->type == type && controller->index == index &&
		    !controller->info.has_master)
			return controller;
	}
	return NULL;
}

char *controller_id(const QemuCommand *cmd, ControllerType type, int index)
{
	const DomainController *controller = find_controller(cmd, type, index);

	if (controller && controller->info.alias)
		return g_strdup(controller->info.alias);
	return g_strdup_printf("%s%d", controller_type_name(type), index);
}

char *pci_bus_name(const QemuCommand *cmd, unsigned bus)
{
	const DomainController *controller = find_controller(cmd, CONTROLLER_PCI, (int)bus);

	if (!controller)
		return g_strdup_printf("pci.%u", bus);
	if (controller->model == MODEL_PCIE_ROOT)
		return g_strdup("pcie.0");
	if (controller->model != MODEL_PCI_ROOT)
		return controller->info.alias ? g_strdup(controller->info.alias)
					      : g_strdup_printf("pci.%u", bus);
	if (bus == 0)
		return g_strdup("pci.0");
	/* Further host bridges of pSeries name their bus after themselves. */
	return g_strdup_printf("%s.0", controller->info.alias ? controller->info.alias : "pci");
}

/* The disk bus of a built-in IDE or SATA controller has QEMU's name, that of another its own. */
static char *drive_bus_name(const QemuCommand *cmd, const DeviceAddress *address,
			    ControllerType type)
{
	g_autofree char *id = controller_id(cmd, type, (int)address->drive.controller);
	bool first = address->drive.controller == 0;

	if (type == CONTROLLER_IDE && first && command_is_i440fx(cmd))
		return g_strdup_printf("ide.%u", address->drive.bus);
	if (type == CONTROLLER_SATA && first && command_is_q35(cmd))
		return g_strdup_printf("ide.%" G_GUINT64_FORMAT, address->drive.unit);
	if (type == CONTROLLER_SATA)
		return g_strdup_printf("%s.%" G_GUINT64_FORMAT, id, address->drive.unit);
	return g_strdup_printf("%s.%u", id, address->drive.bus);
}

/* ---- Addresses */

static bool pci_opts(QemuCommand *cmd, Props *opts, const PciAddress *pci, GError **error)
{
	g_autofree char *bus = pci_bus_name(cmd, pci->bus);

	if (pci->domain != 0)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("PCI domain %u: QEMU's machines have PCI domain 0 only"),
			    pci->domain);
	props_str(opts, "bus", bus);
	props_tristate(opts, "multifunction", pci->multifunction);
	if (pci->function > 0)
		props_printf(opts, "addr", "0x%x.0x%x", pci->slot, pci->function);
	else
		props_printf(opts, "addr", "0x%x", pci->slot);
	return true;
}

static void usb_opts(QemuCommand *cmd, Props *opts, const DeviceAddress *address)
{
	g_autofree char *id = controller_id(cmd, CONTROLLER_USB, (int)address->usb.bus);

	props_printf(opts, "bus", "%s.0", id);
	props_str(opts, "port", address->usb.port);
}

static void serial_opts(QemuCommand *cmd, Props *opts, const DeviceAddress *address)
{
	g_autofree char *id =
		controller_id(cmd, CONTROLLER_VIRTIO_SERIAL, (int)address->serial.controller);

	props_printf(opts, "bus", "%s.%u", id, address->serial.bus);
	props_num(opts, "nr", address->serial.port);
}

static bool zpci_check(const PciAddress *pci, GError **error)
{
	if (!pci->has_zpci_uid && !pci->has_zpci_fid)
		return true;
	return command_refuse(error, "zpci", _("zPCI devices are not supported"));
}

static void isa_opts(Props *opts, const DeviceAddress *address)
{
	if (address->isa.has_iobase)
		props_spelled(opts, "iobase", "0x%" G_GINT64_MODIFIER "x", address->isa.iobase);
	if (address->isa.has_irq)
		props_spelled(opts, "irq", "0x%" G_GINT64_MODIFIER "x", address->isa.irq);
}

static void ccid_opts(QemuCommand *cmd, Props *opts, const DeviceAddress *address)
{
	g_autofree char *id = controller_id(cmd, CONTROLLER_CCID, (int)address->ccid.controller);

	props_printf(opts, "bus", "%s.0", id);
}

bool address_opts(QemuCommand *cmd, Props *opts, const DeviceInfo *info, GError **error)
{
	const DeviceAddress *address = &info->address;

	switch (address->type) {
	case ADDRESS_PCI:
		return zpci_check(&address->pci, error) &&
		       pci_opts(cmd, opts, &address->pci, error);
	case ADDRESS_USB:
		usb_opts(cmd, opts, address);
		return true;
	case ADDRESS_VIRTIO_SERIAL:
		serial_opts(cmd, opts, address);
		return true;
	case ADDRESS_CCW:
		if (address->ccw.assigned)
			props_printf(opts, "devno", "%x.%x.%04x", address->ccw.cssid,
				    address->ccw.ssid, address->ccw.devno);
		return true;
	case ADDRESS_SPAPR_VIO:
		if (address->spapr.has_reg)
			props_spelled(opts, "reg", "0x%08" G_GINT64_MODIFIER "x", address->spapr.reg);
		return true;
	case ADDRESS_ISA:
		isa_opts(opts, address);
		return true;
	case ADDRESS_CCID:
		ccid_opts(cmd, opts, address);
		return true;
	case ADDRESS_DIMM:
		if (address->dimm.has_slot)
			props_num(opts, "slot", address->dimm.slot);
		if (address->dimm.has_base)
			props_num(opts, "addr", address->dimm.base);
		return true;
	default: /* drives are placed by command_disk.c; the rest QEMU places itself */
		return true;
	}
}

char *virtio_device(const char *base, VirtioModel model, const DeviceInfo *info)
{
	const char *suffix = "pci";

	if (info->address.type == ADDRESS_CCW)
		suffix = "ccw";
	else if (info->address.type == ADDRESS_VIRTIO_MMIO)
		suffix = "device";
	else if (model == VIRTIO_MODEL_TRANSITIONAL)
		suffix = "pci-transitional";
	else if (model == VIRTIO_MODEL_NON_TRANSITIONAL)
		suffix = "pci-non-transitional";
	return g_strdup_printf("%s-%s", base, suffix);
}

void virtio_opts(Props *opts, const VirtioOptions *virtio)
{
	props_tristate(opts, "iommu_platform", virtio->iommu);
	props_tristate(opts, "ats", virtio->ats);
	props_tristate(opts, "packed", virtio->packed);
	props_tristate(opts, "page-per-vq", virtio->page_per_vq);
}

/* ---- Drives */

bool drive_opts(QemuCommand *cmd, Props *opts, const DomainDisk *disk, GError **error)
{
	const DeviceAddress *address = &disk->info.address;
	g_autofree char *bus = NULL;

	if (address->type != ADDRESS_DRIVE)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the definition is not prepared: disk '%s' has no drive address"),
			    disk->target);
	switch (disk->bus) {
	case DISK_BUS_IDE:
		bus = drive_bus_name(cmd, address, CONTROLLER_IDE);
		props_str(opts, "bus", bus);
		props_num(opts, "unit", address->drive.unit);
		return true;
	case DISK_BUS_SATA:
		bus = drive_bus_name(cmd, address, CONTROLLER_SATA);
		props_str(opts, "bus", bus);
		return true;
	case DISK_BUS_FDC:
		props_num(opts, "unit", address->drive.unit);
		return true;
	default:
		bus = controller_id(cmd, CONTROLLER_SCSI, (int)address->drive.controller);
		props_printf(opts, "bus", "%s.0", bus);
		props_num(opts, "channel", address->drive.bus);
		props_num(opts, "scsi-id", address->drive.target);
		props_num(opts, "lun", address->drive.unit);
		return true;
	}
}
