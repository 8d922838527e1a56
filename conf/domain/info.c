/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(address_type, ADDRESS)
CONF_ENUM_DEFINE(virtio_model, VIRTIO_MODEL)
CONF_ENUM_DEFINE(seclabel_type, SECLABEL)

/* Ranges of the PCI and ZPCI standards. */
static bool pci_address_parsed(BindReader *reader, void *object, GError **error)
{
	const PciAddress *pci = object;

	if (pci->domain > 0xffff)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("PCI domain 0x%x is beyond 0xffff"), pci->domain);
	if (pci->bus > 0xff)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("PCI bus 0x%x is beyond 0xff"), pci->bus);
	if (pci->slot > 0x1f)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("PCI slot 0x%x is beyond 0x1f"), pci->slot);
	if (pci->function > 7)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("PCI function 0x%x is beyond 7"), pci->function);
	if (pci->has_zpci_uid && (pci->zpci_uid > 0xffff || pci->zpci_uid == 0))
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("zPCI uid 0x%x is not between 1 and 0xffff"),
					pci->zpci_uid);
	return true;
}

static bool device_address_parsed(BindReader *reader, void *object, GError **error)
{
	DeviceAddress *address = object;

	switch (address->type) {
	case ADDRESS_PCI:
		return pci_address_parsed(reader, &address->pci, error);
	case ADDRESS_CCW:
		if (address->ccw.assigned && (address->ccw.cssid > 0xfe || address->ccw.ssid > 3 ||
					      address->ccw.devno > 0xffff))
			return bind_reader_fail(reader, error, VIR_ERR_INVALID_ARG,
						_("a CCW address has cssid up to 0xfe, ssid up to 3 "
						  "and devno up to 0xffff"));
		return true;
	default:
		return true;
	}
}

static const BindRow pci_rows[] = {
	ATTR(PciAddress, "domain", domain, hex4, G, HAS(PciAddress, assigned)),
	ATTR(PciAddress, "bus", bus, hex2, G, HAS(PciAddress, assigned)),
	ATTR(PciAddress, "slot", slot, hex2, G, HAS(PciAddress, assigned)),
	ATTR(PciAddress, "function", function, hex1, G, HAS(PciAddress, assigned)),
	ATTR(PciAddress, "multifunction", multifunction, on_off, G),
	END_ROWS
};
ELEMENT(pci_address, NULL, PciAddress, pci_rows, .parsed = pci_address_parsed,
	.doc = N_("Place of a function on a PCI bus."));

static const BindRow zpci_rows[] = {
	ATTR(PciAddress, "uid", zpci_uid, hex4, G, HAS(PciAddress, has_zpci_uid)),
	ATTR(PciAddress, "fid", zpci_fid, hex8, G, HAS(PciAddress, has_zpci_fid)),
	END_ROWS
};
static ELEMENT(zpci, NULL, PciAddress, zpci_rows);

#define AT(type_name) WHEN(DeviceAddress, type, BIT(ADDRESS_##type_name))
static const BindRow address_rows[] = {
	ATTR(DeviceAddress, "type", type, address_type, BIND_REQUIRED | G),
	INCLUDE_IN(DeviceAddress, pci, pci_address, AT(PCI)),
	CHILD_IN(DeviceAddress, "zpci", pci, zpci, G, AT(PCI)),
	ATTR(DeviceAddress, "controller", drive.controller, uint, BIND_ALWAYS | G, AT(DRIVE)),
	ATTR(DeviceAddress, "bus", drive.bus, uint, BIND_ALWAYS | G, AT(DRIVE)),
	ATTR(DeviceAddress, "target", drive.target, uint, BIND_ALWAYS | G, AT(DRIVE)),
	ATTR(DeviceAddress, "unit", drive.unit, uint64, BIND_ALWAYS | G, AT(DRIVE)),
	ATTR(DeviceAddress, "controller", serial.controller, uint, BIND_ALWAYS | G,
	     AT(VIRTIO_SERIAL)),
	ATTR(DeviceAddress, "bus", serial.bus, uint, BIND_ALWAYS | G, AT(VIRTIO_SERIAL)),
	ATTR(DeviceAddress, "port", serial.port, uint, BIND_ALWAYS | G, AT(VIRTIO_SERIAL)),
	ATTR(DeviceAddress, "controller", ccid.controller, uint, BIND_ALWAYS | G, AT(CCID)),
	ATTR(DeviceAddress, "slot", ccid.slot, uint, BIND_ALWAYS | G, AT(CCID)),
	ATTR(DeviceAddress, "bus", usb.bus, uint, BIND_ALWAYS | G, AT(USB)),
	ATTR(DeviceAddress, "port", usb.port, str, G, AT(USB)),
	ATTR(DeviceAddress, "reg", spapr.reg, hex64_8, G, HAS(DeviceAddress, spapr.has_reg),
	     AT(SPAPR_VIO)),
	ATTR(DeviceAddress, "cssid", ccw.cssid, hex1, G, HAS(DeviceAddress, ccw.assigned), AT(CCW)),
	ATTR(DeviceAddress, "ssid", ccw.ssid, hex1, G, HAS(DeviceAddress, ccw.assigned), AT(CCW)),
	ATTR(DeviceAddress, "devno", ccw.devno, hex4, G, HAS(DeviceAddress, ccw.assigned), AT(CCW)),
	ATTR(DeviceAddress, "iobase", isa.iobase, hex1, G, HAS(DeviceAddress, isa.has_iobase),
	     AT(ISA)),
	ATTR(DeviceAddress, "irq", isa.irq, hex1, G, HAS(DeviceAddress, isa.has_irq), AT(ISA)),
	ATTR(DeviceAddress, "slot", dimm.slot, uint, G, HAS(DeviceAddress, dimm.has_slot),
	     AT(DIMM)),
	ATTR(DeviceAddress, "base", dimm.base, hex64, G, HAS(DeviceAddress, dimm.has_base),
	     AT(DIMM)),
	END_ROWS
};
ELEMENT(device_address, "address", DeviceAddress, address_rows, .parsed = device_address_parsed,
	.doc = N_("Where the guest finds the device. Assigned when absent, and stable from then on."));

static const BindRow boot_rows[] = {
	ATTR(DeviceInfo, "order", boot_order, uint, BIND_REQUIRED | BIND_NONZERO | G),
	ATTR(DeviceInfo, "loadparm", loadparm, str, G),
	END_ROWS
};
static ELEMENT(boot, NULL, DeviceInfo, boot_rows);
static const BindRow device_boot_rows[] = { CHILD("boot", boot, 0), END_ROWS };
ELEMENT(device_boot, NULL, DeviceInfo, device_boot_rows);

static const BindRow device_alias_rows[] = {
	VALUE(DeviceInfo, "alias", "name", alias, str, BIND_USER_ALIAS,
	      .doc = N_("Name of the device for management; kept when it begins with ua-.")),
	END_ROWS
};
ELEMENT(device_alias, NULL, DeviceInfo, device_alias_rows);

static const BindRow rom_rows[] = {
	ATTR(DeviceInfo, "enabled", rom_enabled, yes_no, G),
	ATTR(DeviceInfo, "bar", rom_bar, on_off, G),
	ATTR(DeviceInfo, "file", rom_file, str, 0),
	END_ROWS
};
static ELEMENT(rom, NULL, DeviceInfo, rom_rows);
static const BindRow device_rom_rows[] = { CHILD("rom", rom, 0), END_ROWS };
ELEMENT(device_rom, NULL, DeviceInfo, device_rom_rows);

static const BindRow acpi_rows[] = {
	ATTR(DeviceInfo, "index", acpi_index, uint, BIND_NONZERO | G),
	ATTR(DeviceInfo, "nodeset", acpi_nodeset, cpuset, G),
	END_ROWS
};
static ELEMENT(acpi, NULL, DeviceInfo, acpi_rows);
static const BindRow device_place_rows[] = {
	CHILD("acpi", acpi, 0),
	CHILD_IN(DeviceInfo, "address", address, device_address, 0),
	END_ROWS
};
ELEMENT(device_place, NULL, DeviceInfo, device_place_rows);

static const BindRow device_info_rows[] = { INCLUDE(device_alias), INCLUDE(device_place),
     END_ROWS };
ELEMENT(device_info, NULL, DeviceInfo, device_info_rows);

static const BindRow virtio_rows[] = {
	ATTR(VirtioOptions, "iommu", iommu, on_off, G),
	ATTR(VirtioOptions, "ats", ats, on_off, G),
	ATTR(VirtioOptions, "packed", packed, on_off, G),
	ATTR(VirtioOptions, "page_per_vq", page_per_vq, on_off, G),
	END_ROWS
};
ELEMENT(virtio_options, NULL, VirtioOptions, virtio_rows);
static const BindRow virtio_driver_rows[] = { CHILD("driver", virtio_options, 0), END_ROWS };
ELEMENT(virtio_driver, NULL, VirtioOptions, virtio_driver_rows);

static const BindRow seclabel_rows[] = {
	ATTR(Seclabel, "type", type, seclabel_type, 0, MISSING(SECLABEL_DYNAMIC)),
	ATTR(Seclabel, "model", model, str, 0),
	ATTR(Seclabel, "relabel", relabel, yes_no, 0),
	LEAF(Seclabel, "label", label, str, BIND_LIVE, WHEN(Seclabel, type, BIT(SECLABEL_DYNAMIC))),
	LEAF(Seclabel, "imagelabel", imagelabel, str, BIND_LIVE, WHEN(Seclabel, type,
	     BIT(SECLABEL_DYNAMIC))),
	LEAF(Seclabel, "label", label, str, 0, WHEN(Seclabel, type,
	     BIT(SECLABEL_STATIC) | BIT(SECLABEL_NONE))),
	LEAF(Seclabel, "imagelabel", imagelabel, str, BIND_LIVE, WHEN(Seclabel, type,
	     BIT(SECLABEL_STATIC))),
	LEAF(Seclabel, "baselabel", baselabel, str, 0),
	END_ROWS
};
ELEMENT(seclabel, "seclabel", Seclabel, seclabel_rows);

static const BindRow source_seclabel_rows[] = {
	ATTR(Seclabel, "model", model, str, 0),
	ATTR(Seclabel, "labelskip", labelskip, yes_no, 0),
	ATTR(Seclabel, "relabel", relabel, yes_no, 0),
	LEAF(Seclabel, "label", label, str, 0),
	END_ROWS
};
ELEMENT(source_seclabel, NULL, Seclabel, source_seclabel_rows);

bool pci_address_equal(const PciAddress *a, const PciAddress *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot &&
	       a->function == b->function;
}

char *pci_address_text(const PciAddress *address)
{
	return g_strdup_printf("%04x:%02x:%02x.%x", address->domain, address->bus, address->slot,
			       address->function);
}

bool device_address_wanted(const DeviceAddress *address)
{
	switch (address->type) {
	case ADDRESS_ABSENT:
		return true;
	case ADDRESS_PCI:
		return !address->pci.assigned;
	case ADDRESS_CCW:
		return !address->ccw.assigned;
	case ADDRESS_USB:
		return !address->usb.port;
	default:
		return false;
	}
}

char *device_address_text(const DeviceAddress *address)
{
	g_autofree char *pci = NULL;

	switch (address->type) {
	case ADDRESS_PCI:
		pci = pci_address_text(&address->pci);
		return g_strdup_printf("PCI %s", pci);
	case ADDRESS_DRIVE:
		return g_strdup_printf("controller='%u' bus='%u' target='%u' unit='%" G_GUINT64_FORMAT
				       "'", address->drive.controller, address->drive.bus,
				       address->drive.target, address->drive.unit);
	case ADDRESS_VIRTIO_SERIAL:
		return g_strdup_printf("controller='%u' bus='%u' port='%u'",
				       address->serial.controller, address->serial.bus,
				       address->serial.port);
	case ADDRESS_USB:
		return g_strdup_printf("USB %u:%s", address->usb.bus,
				       address->usb.port ? address->usb.port : "");
	case ADDRESS_CCW:
		return g_strdup_printf("CCW %x.%x.%04x", address->ccw.cssid, address->ccw.ssid,
				       address->ccw.devno);
	default:
		return g_strdup(address->type ? address_type_name(address->type) : "");
	}
}
