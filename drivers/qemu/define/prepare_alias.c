/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/machine/machine.h"
#include "drivers/qemu/define/prepare.h"

static char *drive_alias(const char *bus, const DeviceAddress *address, bool with_target)
{
	if (with_target)
		return g_strdup_printf("%s%u-%u-%u-%" G_GUINT64_FORMAT, bus,
				       address->drive.controller, address->drive.bus,
				       address->drive.target, address->drive.unit);
	return g_strdup_printf("%s%u-%u-%" G_GUINT64_FORMAT, bus, address->drive.controller,
			       address->drive.bus, address->drive.unit);
}

static char *disk_alias(const DomainDisk *disk, unsigned number)
{
	const char *bus = disk_bus_name(disk->bus) ?: "disk";

	if (disk->info.address.type == ADDRESS_DRIVE)
		return drive_alias(bus, &disk->info.address, disk->bus == DISK_BUS_SCSI);
	return g_strdup_printf("%s-disk%u", bus, number);
}

static char *controller_alias(const DomainDef *def, const DomainController *controller)
{
	MachineFamily family = machine_family(def);
	const char *type = controller_type_name(controller->type);

	switch (controller->type) {
	case CONTROLLER_PCI:
		if (controller->model == MODEL_PCIE_ROOT)
			return g_strdup_printf("pcie.%d", controller->index);
		return g_strdup_printf("pci.%d", controller->index);
	case CONTROLLER_IDE:
		/* The one on the board has QEMU's own name. */
		if (controller->index == 0 && family == MACHINE_I440FX)
			return g_strdup("ide");
		break;
	case CONTROLLER_SATA:
		if (controller->index == 0 && family == MACHINE_Q35)
			return g_strdup("ide");
		break;
	case CONTROLLER_USB:
		/* The first USB bus has always been called just so. */
		if (controller->index == 0)
			return g_strdup("usb");
		break;
	default:
		break;
	}
	return g_strdup_printf("%s%d", type, controller->index);
}

/* Prefixes of devices that are simply numbered. */
static const char *const prefixes[DEVICE_LAST] = {
	[DEVICE_FILESYSTEM] = "fs",
	[DEVICE_INTERFACE] = "net",
	[DEVICE_SMARTCARD] = "smartcard",
	[DEVICE_SERIAL] = "serial",
	[DEVICE_PARALLEL] = "parallel",
	[DEVICE_CONSOLE] = "console",
	[DEVICE_CHANNEL] = "channel",
	[DEVICE_INPUT] = "input",
	[DEVICE_TPM] = "tpm",
	[DEVICE_SOUND] = "sound",
	[DEVICE_VIDEO] = "video",
	[DEVICE_HOSTDEV] = "hostdev",
	[DEVICE_REDIRDEV] = "redir",
	[DEVICE_HUB] = "hub",
	[DEVICE_WATCHDOG] = "watchdog",
	[DEVICE_MEMBALLOON] = "balloon",
	[DEVICE_RNG] = "rng",
	[DEVICE_NVRAM] = "nvram",
	[DEVICE_SHMEM] = "shmem",
	[DEVICE_PANIC] = "panic",
	[DEVICE_IOMMU] = "iommu",
	[DEVICE_VSOCK] = "vsock",
	[DEVICE_CRYPTO] = "crypto",
};

static char *memory_alias(const DomainMemoryDevice *memory, unsigned number)
{
	if (memory->info.address.type == ADDRESS_DIMM && memory->info.address.dimm.has_slot)
		number = memory->info.address.dimm.slot;
	switch (memory->model) {
	case MEMORY_MODEL_NVDIMM:
		return g_strdup_printf("nvdimm%u", number);
	case MEMORY_MODEL_VIRTIO_PMEM:
		return g_strdup_printf("virtiopmem%u", number);
	case MEMORY_MODEL_VIRTIO_MEM:
		return g_strdup_printf("virtiomem%u", number);
	case MEMORY_MODEL_SGX_EPC:
		return g_strdup_printf("epc%u", number);
	default:
		return g_strdup_printf("dimm%u", number);
	}
}

static char *device_alias(DomainDef *def, const DomainDevice *device, unsigned number)
{
	switch (device->kind) {
	case DEVICE_DISK:
		return disk_alias(device->disk, number);
	case DEVICE_CONTROLLER:
		return controller_alias(def, device->controller);
	case DEVICE_MEMORY:
		return memory_alias(device->memory, number);
	case DEVICE_CONSOLE:
		/* The console that is a serial port is that serial port. */
		if (device->chardev->console_target == CONSOLE_TARGET_SERIAL &&
		    list_length(def->serials) > 0)
			return g_strdup(((DomainChardev *)list_get(def->serials, 0))->info.alias);
		return g_strdup_printf("console%u", number);
	default:
		if (!prefixes[device->kind])
			return NULL;
		return g_strdup_printf("%s%u", prefixes[device->kind], number);
	}
}

void prepare_aliases(DomainDef *live)
{
	for (DeviceKind kind = DEVICE_NONE + 1; kind < DEVICE_LAST; kind++) {
		GPtrArray *list = domain_def_devices(live, kind);

		for (guint i = 0; i < list_length(list); i++) {
			DomainDevice device = { .kind = kind, .any = list_get(list, i) };

			if (!device.info->alias)
				device.info->alias = device_alias(live, &device, i);
		}
	}
}
