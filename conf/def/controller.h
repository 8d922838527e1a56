/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Controllers: the buses that other devices of a guest sit on. Part of a DomainDef. */
#pragma once

#include "conf/def/info.h"

#define CONTROLLER_VALUES(X) \
	X(CONTROLLER_IDE, "ide") X(CONTROLLER_FDC, "fdc") X(CONTROLLER_SCSI, "scsi") \
	X(CONTROLLER_SATA, "sata") X(CONTROLLER_VIRTIO_SERIAL, "virtio-serial") \
	X(CONTROLLER_CCID, "ccid") X(CONTROLLER_USB, "usb") X(CONTROLLER_PCI, "pci") \
	X(CONTROLLER_XENBUS, "xenbus") X(CONTROLLER_ISA, "isa") X(CONTROLLER_NVME, "nvme")
CONF_ENUM(ControllerType, controller_type, CONTROLLER)

/* Models of all types in one list; controller_model_fits() says which belongs where. */
#define CONTROLLER_MODEL_VALUES(X) \
	X(MODEL_PCI_ROOT, "pci-root") X(MODEL_PCIE_ROOT, "pcie-root") \
	X(MODEL_PCI_BRIDGE, "pci-bridge") X(MODEL_DMI_TO_PCI_BRIDGE, "dmi-to-pci-bridge") \
	X(MODEL_PCIE_TO_PCI_BRIDGE, "pcie-to-pci-bridge") \
	X(MODEL_PCIE_ROOT_PORT, "pcie-root-port") \
	X(MODEL_PCIE_SWITCH_UPSTREAM_PORT, "pcie-switch-upstream-port") \
	X(MODEL_PCIE_SWITCH_DOWNSTREAM_PORT, "pcie-switch-downstream-port") \
	X(MODEL_PCI_EXPANDER_BUS, "pci-expander-bus") \
	X(MODEL_PCIE_EXPANDER_BUS, "pcie-expander-bus") \
	X(MODEL_AUTO, "auto") X(MODEL_BUSLOGIC, "buslogic") X(MODEL_LSILOGIC, "lsilogic") \
	X(MODEL_LSISAS1068, "lsisas1068") X(MODEL_VMPVSCSI, "vmpvscsi") \
	X(MODEL_IBMVSCSI, "ibmvscsi") X(MODEL_VIRTIO_SCSI, "virtio-scsi") \
	X(MODEL_LSISAS1078, "lsisas1078") X(MODEL_NCR53C90, "ncr53c90") X(MODEL_DC390, "dc390") \
	X(MODEL_AM53C974, "am53c974") X(MODEL_VIRTIO, "virtio") \
	X(MODEL_VIRTIO_TRANSITIONAL, "virtio-transitional") \
	X(MODEL_VIRTIO_NON_TRANSITIONAL, "virtio-non-transitional") \
	X(MODEL_PIIX3_UHCI, "piix3-uhci") X(MODEL_PIIX4_UHCI, "piix4-uhci") X(MODEL_EHCI, "ehci") \
	X(MODEL_ICH9_EHCI1, "ich9-ehci1") X(MODEL_ICH9_UHCI1, "ich9-uhci1") \
	X(MODEL_ICH9_UHCI2, "ich9-uhci2") X(MODEL_ICH9_UHCI3, "ich9-uhci3") \
	X(MODEL_VT82C686B_UHCI, "vt82c686b-uhci") X(MODEL_PCI_OHCI, "pci-ohci") \
	X(MODEL_NEC_XHCI, "nec-xhci") X(MODEL_QEMU_XHCI, "qemu-xhci") X(MODEL_QUSB1, "qusb1") \
	X(MODEL_QUSB2, "qusb2") X(MODEL_USB_NONE, "none") \
	X(MODEL_PIIX3, "piix3") X(MODEL_PIIX4, "piix4") X(MODEL_ICH6, "ich6")
CONF_ENUM(ControllerModel, controller_model, CONTROLLER_MODEL)

#define PCI_MODEL_NAME_VALUES(X) \
	X(PCI_MODEL_NAME_PCI_BRIDGE, "pci-bridge") \
	X(PCI_MODEL_NAME_I82801B11, "i82801b11-bridge") X(PCI_MODEL_NAME_IOH3420, "ioh3420") \
	X(PCI_MODEL_NAME_X3130_UPSTREAM, "x3130-upstream") \
	X(PCI_MODEL_NAME_XIO3130_DOWNSTREAM, "xio3130-downstream") \
	X(PCI_MODEL_NAME_PXB, "pxb") X(PCI_MODEL_NAME_PXB_PCIE, "pxb-pcie") \
	X(PCI_MODEL_NAME_PCIE_ROOT_PORT, "pcie-root-port") \
	X(PCI_MODEL_NAME_SPAPR_PHB, "spapr-pci-host-bridge") \
	X(PCI_MODEL_NAME_PCIE_PCI_BRIDGE, "pcie-pci-bridge")
CONF_ENUM(PciModelName, pci_model_name, PCI_MODEL_NAME)

typedef struct {
	DeviceInfo info;
	ControllerType type;
	int index;
	bool has_index; /* all have one after completion */
	ControllerModel model;
	guint ports, vectors;
	bool has_ports, has_vectors;
	guint max_grant_frames, max_event_channels;
	bool has_max_grant_frames, has_max_event_channels;
	char *nvme_serial;
	guint queues, cmd_per_lun, max_sectors, iothread;
	Tristate ioeventfd;
	VirtioOptions virtio;
	GPtrArray *iothreads; /* DiskIothread */
	/* pci */
	PciModelName model_name;
	int chassis_nr, chassis, port, bus_nr, target_index;
	bool has_chassis_nr, has_chassis, has_port, has_bus_nr, has_target_index;
	Tristate hotplug;
	guint numa_node;
	bool has_numa_node;
	guint64 pcihole64_kib;
	bool has_pcihole64;
} DomainController;

bool controller_model_fits(ControllerType type, ControllerModel model);
