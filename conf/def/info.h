/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What all devices of a domain have in common: alias, boot order, and the address on a bus of the
 * guest. Part of a DomainDef, owned by its device.
 */
#pragma once

#include "conf/bind/types.h"

#define ADDRESS_VALUES(X) \
	X(ADDRESS_PCI, "pci") X(ADDRESS_DRIVE, "drive") X(ADDRESS_VIRTIO_SERIAL, "virtio-serial") \
	X(ADDRESS_CCID, "ccid") X(ADDRESS_USB, "usb") X(ADDRESS_SPAPR_VIO, "spapr-vio") \
	X(ADDRESS_VIRTIO_S390, "virtio-s390") X(ADDRESS_CCW, "ccw") \
	X(ADDRESS_VIRTIO_MMIO, "virtio-mmio") X(ADDRESS_ISA, "isa") X(ADDRESS_DIMM, "dimm") \
	X(ADDRESS_UNASSIGNED, "unassigned")
CONF_ENUM(AddressType, address_type, ADDRESS)

typedef struct {
	guint domain, bus, slot, function;
	bool assigned; /* false: <address type='pci'/>, to be filled in */
	Tristate multifunction;
	guint zpci_uid, zpci_fid;
	bool has_zpci_uid, has_zpci_fid;
} PciAddress;

#define USB_PORT_DEPTH 4
typedef struct {
	AddressType type; /* decides which of the following counts */
	PciAddress pci;
	struct {
		guint controller, bus, target;
		guint64 unit;
	} drive; /* also virtio-serial: controller, bus, port; ccid: controller, slot */
	struct {
		guint controller, bus, port;
	} serial;
	struct {
		guint controller, slot;
	} ccid;
	struct {
		guint bus;
		char *port; /* "1.2.3" */
	} usb;
	struct {
		guint64 reg;
		bool has_reg;
	} spapr;
	struct {
		guint cssid, ssid, devno;
		bool assigned;
	} ccw;
	struct {
		guint iobase, irq;
		bool has_iobase, has_irq;
	} isa;
	struct {
		guint slot;
		bool has_slot;
		guint64 base;
		bool has_base;
	} dimm;
} DeviceAddress;

typedef struct {
	DeviceAddress address;
	char *alias;	    /* "virtio-disk0"; chosen by the user when it begins with "ua-" */
	guint boot_order;   /* from 1, 0 = not bootable */
	char *loadparm;	    /* s390x */
	guint acpi_index;
	Cpuset *acpi_nodeset; /* NUMA cells of the guest that a host device brings memory of */
	Tristate rom_enabled, rom_bar;
	char *rom_file;
	guint master_startport; /* companion USB controllers */
	bool has_master;
} DeviceInfo;

/* Options of all virtio devices. */
typedef struct {
	Tristate iommu, ats, packed, page_per_vq;
} VirtioOptions;

#define VIRTIO_MODEL_VALUES(X) \
	X(VIRTIO_MODEL_VIRTIO, "virtio") X(VIRTIO_MODEL_TRANSITIONAL, "virtio-transitional") \
	X(VIRTIO_MODEL_NON_TRANSITIONAL, "virtio-non-transitional")
CONF_ENUM(VirtioModel, virtio_model, VIRTIO_MODEL)

/* <seclabel> of a domain or of one source. */
#define SECLABEL_VALUES(X) \
	X(SECLABEL_DYNAMIC, "dynamic") X(SECLABEL_STATIC, "static") X(SECLABEL_NONE, "none")
CONF_ENUM(SeclabelType, seclabel_type, SECLABEL)
typedef struct {
	SeclabelType type; /* domain only */
	char *model;	   /* "dac", "selinux", ... */
	Tristate relabel;
	Tristate labelskip; /* sources only */
	char *label, *imagelabel, *baselabel;
} Seclabel;

bool pci_address_equal(const PciAddress *a, const PciAddress *b); /* domain, bus, slot, function */
/* "0000:00:02.0"; caller frees. */
char *pci_address_text(const PciAddress *address);
/* No type, or a PCI or CCW address that still wants numbers. */
bool device_address_wanted(const DeviceAddress *address);
/* Short text of an address for messages; caller frees. */
char *device_address_text(const DeviceAddress *address);
