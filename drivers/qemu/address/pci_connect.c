/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices are on PCI, and on which kind of it. */
#include "config.h"

#include <string.h>

#include "drivers/qemu/address/pci.h"
#include "drivers/qemu/machine/machine.h"

static PciConnect connect_controller_pci(ControllerModel model)
{
	switch (model) {
	case MODEL_PCI_BRIDGE:
		return PCI_CONNECT_BRIDGE;
	case MODEL_PCIE_ROOT_PORT:
		return PCI_CONNECT_ROOT_PORT;
	case MODEL_PCIE_SWITCH_UPSTREAM_PORT:
		return PCI_CONNECT_UPSTREAM;
	case MODEL_PCIE_SWITCH_DOWNSTREAM_PORT:
		return PCI_CONNECT_DOWNSTREAM;
	case MODEL_DMI_TO_PCI_BRIDGE:
		return PCI_CONNECT_DMI_BRIDGE;
	case MODEL_PCI_EXPANDER_BUS:
		return PCI_CONNECT_EXPANDER;
	case MODEL_PCIE_EXPANDER_BUS:
		return PCI_CONNECT_EXPRESS_EXPANDER;
	case MODEL_PCIE_TO_PCI_BRIDGE:
		return PCI_CONNECT_EXPRESS_BRIDGE;
	default:
		return 0;
	}
}

static PciConnect connect_controller(const DomainController *controller)
{
	switch (controller->type) {
	case CONTROLLER_PCI:
		return connect_controller_pci(controller->model);
	case CONTROLLER_IDE:
	case CONTROLLER_SATA:
		return PCI_CONNECT_DEVICE;
	case CONTROLLER_NVME:
		return PCI_CONNECT_EXPRESS;
	case CONTROLLER_SCSI:
		if (controller->model == MODEL_IBMVSCSI || controller->model == MODEL_NCR53C90)
			return 0;
		return controller->model == MODEL_VIRTIO_SCSI ||
				       controller->model == MODEL_VIRTIO_NON_TRANSITIONAL
			       ? PCI_CONNECT_EXPRESS
			       : PCI_CONNECT_DEVICE;
	case CONTROLLER_VIRTIO_SERIAL:
		return controller->model == MODEL_VIRTIO_TRANSITIONAL ? PCI_CONNECT_DEVICE
								      : PCI_CONNECT_EXPRESS;
	case CONTROLLER_USB:
		if (controller->model == MODEL_USB_NONE || controller->model == MODEL_QUSB1 ||
		    controller->model == MODEL_QUSB2)
			return 0;
		return controller->model == MODEL_QEMU_XHCI || controller->model == MODEL_NEC_XHCI
			       ? PCI_CONNECT_EXPRESS
			       : PCI_CONNECT_DEVICE;
	default:
		return 0;
	}
}

static PciConnect connect_interface(const DomainInterface *interface)
{
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

static PciConnect connect_sound(const DomainSound *sound)
{
	switch (sound->model) {
	case SOUND_ES1370:
	case SOUND_AC97:
	case SOUND_ICH6:
	case SOUND_ICH9:
		return PCI_CONNECT_DEVICE;
	case SOUND_VIRTIO:
		return PCI_CONNECT_EXPRESS;
	default:
		return 0;
	}
}

static PciConnect connect_video(const DomainVideo *video)
{
	switch (video->type) {
	case VIDEO_VGA:
	case VIDEO_CIRRUS:
	case VIDEO_VMVGA:
	case VIDEO_QXL:
	case VIDEO_BOCHS:
	case VIDEO_XEN:
		return PCI_CONNECT_DEVICE;
	case VIDEO_VIRTIO:
		return PCI_CONNECT_EXPRESS;
	default:
		return 0;
	}
}

static PciConnect connect_hostdev(const DomainHostdev *hostdev)
{
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

static PciConnect connect_virtio(bool transitional)
{
	return transitional ? PCI_CONNECT_DEVICE : PCI_CONNECT_EXPRESS;
}

static PciConnect connect_small(const DomainDevice *device)
{
	switch (device->kind) {
	case DEVICE_FILESYSTEM:
		return connect_virtio(device->filesystem->model == VIRTIO_MODEL_TRANSITIONAL);
	case DEVICE_MEMBALLOON:
		if (device->memballoon->model == MEMBALLOON_NONE)
			return 0;
		return connect_virtio(device->memballoon->model == MEMBALLOON_TRANSITIONAL);
	case DEVICE_RNG:
		return connect_virtio(device->rng->model == RNG_MODEL_TRANSITIONAL);
	case DEVICE_VSOCK:
		return connect_virtio(device->vsock->model == VIRTIO_MODEL_TRANSITIONAL);
	case DEVICE_INPUT:
		return device->input->bus == INPUT_BUS_VIRTIO ? PCI_CONNECT_EXPRESS : 0;
	case DEVICE_WATCHDOG:
		return device->watchdog->model == WATCHDOG_I6300ESB ? PCI_CONNECT_DEVICE : 0;
	case DEVICE_SHMEM:
		return PCI_CONNECT_DEVICE;
	case DEVICE_SERIAL:
		return device->chardev->serial_target == SERIAL_TARGET_PCI ? PCI_CONNECT_DEVICE : 0;
	case DEVICE_PANIC:
		return device->panic->model == PANIC_PVPANIC ? PCI_CONNECT_DEVICE : 0;
	case DEVICE_CRYPTO:
		return PCI_CONNECT_EXPRESS;
	default:
		return 0;
	}
}

PciConnect pci_connect_of(const DomainDef *def, const DomainDevice *device)
{
	if (!machine_has_pci(def))
		return 0;
	switch (device->kind) {
	case DEVICE_CONTROLLER:
		return connect_controller(device->controller);
	case DEVICE_INTERFACE:
		return connect_interface(device->interface);
	case DEVICE_SOUND:
		return connect_sound(device->sound);
	case DEVICE_VIDEO:
		return connect_video(device->video);
	case DEVICE_HOSTDEV:
		return connect_hostdev(device->hostdev);
	case DEVICE_DISK:
		if (device->disk->bus != DISK_BUS_VIRTIO)
			return 0;
		return connect_virtio(device->disk->model == DISK_MODEL_TRANSITIONAL);
	case DEVICE_MEMORY:
		return device->memory->model == MEMORY_MODEL_VIRTIO_PMEM ||
				       device->memory->model == MEMORY_MODEL_VIRTIO_MEM
			       ? PCI_CONNECT_EXPRESS
			       : 0;
	case DEVICE_IOMMU:
		/* Only on the root itself, which no other device is given of itself. */
		return device->iommu->model == IOMMU_VIRTIO ? PCI_CONNECT_EXPRESS : 0;
	default:
		return connect_small(device);
	}
}
