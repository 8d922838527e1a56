/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(hostdev_mode, HOSTDEV_MODE)
CONF_ENUM_DEFINE(hostdev_type, HOSTDEV)
CONF_ENUM_DEFINE(hostdev_model, HOSTDEV_MODEL)
CONF_ENUM_DEFINE(hostdev_driver, HOSTDEV_DRIVER)
CONF_ENUM_DEFINE(guest_reset, GUEST_RESET)
CONF_ENUM_DEFINE(scsi_protocol, SCSI_PROTOCOL)

static const BindRow usb_address_rows[] = {
	ATTR(HostAddress, "bus", usb_bus, uint_any, BIND_REQUIRED),
	ATTR(HostAddress, "device", usb_device, uint_any, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(usb_host_address, NULL, HostAddress, usb_address_rows);
static const BindRow scsi_address_rows[] = {
	ATTR(DomainHostdev, "bus", scsi_bus, uint, BIND_REQUIRED),
	ATTR(DomainHostdev, "target", scsi_target, uint, BIND_REQUIRED),
	ATTR(DomainHostdev, "unit", scsi_unit, uint64, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(scsi_host_address, NULL, DomainHostdev, scsi_address_rows);
static const BindRow adapter_rows[] = {
	ATTR(DomainHostdev, "name", scsi_adapter, str, BIND_REQUIRED), END_ROWS
};
static ELEMENT(scsi_adapter, NULL, DomainHostdev, adapter_rows);
static const BindRow initiator_rows[] = {
	VALUE(StorageSource, "iqn", "name", initiator_iqn, str, 0), END_ROWS
};
static ELEMENT(iscsi_initiator, NULL, StorageSource, initiator_rows);
static const BindRow iscsi_rows[] = {
	ATTR(StorageSource, "name", name, str, BIND_REQUIRED),
	LIST(StorageSource, "host", hosts, storage_host, 0),
	POINTER(StorageSource, "auth", auth, storage_auth, 0),
	CHILD("initiator", iscsi_initiator, 0),
	END_ROWS
};
static ELEMENT(hostdev_iscsi, NULL, StorageSource, iscsi_rows);
static const BindRow mdev_rows[] = {
	ATTR(DomainHostdev, "uuid", mdev_uuid, uuid, BIND_REQUIRED), END_ROWS
};
static ELEMENT(mdev_address, NULL, DomainHostdev, mdev_rows);

#define OF(types) WHEN(DomainHostdev, type, types)
#define USB OF(BIT(HOSTDEV_USB))
#define PCI OF(BIT(HOSTDEV_PCI))
#define SCSI OF(BIT(HOSTDEV_SCSI))
#define SCSI_HOST OF(BIT(HOSTDEV_SCSI_HOST))
#define BY(protocols) WHEN(DomainHostdev, scsi_protocol, protocols)
static const BindRow scsi_source_rows[] = {
	ATTR(DomainHostdev, "protocol", scsi_protocol, scsi_protocol, 0),
	CHILD("adapter", scsi_adapter, 0, BY(BIT(0) | BIT(SCSI_PROTOCOL_ADAPTER))),
	CHILD("address", scsi_host_address, 0, BY(BIT(0) | BIT(SCSI_PROTOCOL_ADAPTER)),
	      HAS(DomainHostdev, has_scsi_address)),
	INCLUDE_IN(DomainHostdev, iscsi, hostdev_iscsi, BY(BIT(SCSI_PROTOCOL_ISCSI))),
	END_ROWS
};
static ELEMENT(scsi_source, NULL, DomainHostdev, scsi_source_rows);
static const BindRow scsi_host_source_rows[] = {
	ATTR(DomainHostdev, "protocol", scsi_protocol, scsi_protocol, BIND_REQUIRED),
	ATTR(DomainHostdev, "wwpn", wwpn, str, 0),
	END_ROWS
};
static ELEMENT(scsi_host_source, NULL, DomainHostdev, scsi_host_source_rows);
static const BindRow pci_source_rows[] = {
	ATTR(DomainHostdev, "startupPolicy", startup_policy, startup_policy, 0),
	ATTR(DomainHostdev, "writeFiltering", write_filtering, yes_no, 0),
	CHILD_IN(DomainHostdev, "address", host.pci, pci_address, BIND_REQUIRED | BIND_BARE),
	END_ROWS
};
static ELEMENT(pci_source, NULL, DomainHostdev, pci_source_rows);
static const BindRow usb_source_rows[] = {
	ATTR(DomainHostdev, "startupPolicy", startup_policy, startup_policy, 0),
	ATTR(DomainHostdev, "guestReset", guest_reset, guest_reset, 0),
	VALUE(DomainHostdev, "vendor", "id", host.usb_vendor, hex4, 0, HAS(DomainHostdev,
	     host.has_usb_vendor)),
	VALUE(DomainHostdev, "product", "id", host.usb_product, hex4, 0, HAS(DomainHostdev,
	     host.has_usb_vendor)),
	CHILD_IN(DomainHostdev, "address", host, usb_host_address, 0),
	END_ROWS
};
static ELEMENT(usb_source, NULL, DomainHostdev, usb_source_rows);
static const BindRow mdev_source_rows[] = { CHILD("address", mdev_address, 0), END_ROWS };
static ELEMENT(mdev_source, NULL, DomainHostdev, mdev_source_rows);
static const BindRow storage_source_rows[] = { LEAF(DomainHostdev, "block", block, str,
     BIND_REQUIRED), END_ROWS };
static ELEMENT(caps_storage, NULL, DomainHostdev, storage_source_rows);
static const BindRow misc_source_rows[] = { LEAF(DomainHostdev, "char", character, str,
     BIND_REQUIRED), END_ROWS };
static ELEMENT(caps_misc, NULL, DomainHostdev, misc_source_rows);
static const BindRow net_source_rows[] = { LEAF(DomainHostdev, "interface", net_interface, str,
     BIND_REQUIRED), END_ROWS };
static ELEMENT(caps_net, NULL, DomainHostdev, net_source_rows);

static const BindRow driver_rows[] = {
	ATTR(DomainHostdev, "name", driver, hostdev_driver, 0),
	ATTR(DomainHostdev, "model", driver_model, str, 0),
	ATTR(DomainHostdev, "iommufd", iommufd, yes_no, 0),
	END_ROWS
};
static ELEMENT(hostdev_driver, NULL, DomainHostdev, driver_rows);

#define MDEV OF(BIT(HOSTDEV_MDEV))
static const BindRow hostdev_rows[] = {
	ATTR(DomainHostdev, "mode", mode, hostdev_mode, 0, MISSING(HOSTDEV_MODE_SUBSYSTEM)),
	ATTR(DomainHostdev, "type", type, hostdev_type, BIND_REQUIRED | G),
	ATTR(DomainHostdev, "managed", managed, yes_no, 0),
	ATTR(DomainHostdev, "model", model, hostdev_model, G,
	     OF(BIT(HOSTDEV_MDEV) | BIT(HOSTDEV_SCSI_HOST))),
	ATTR(DomainHostdev, "display", display, on_off, G, MDEV),
	ATTR(DomainHostdev, "ramfb", ramfb, on_off, G, MDEV),
	ATTR(DomainHostdev, "rawio", rawio, yes_no, 0),
	ATTR(DomainHostdev, "sgio", sgio, sgio, 0),
	CHILD("driver", hostdev_driver, 0, PCI),
	CHILD("source", pci_source, 0, PCI),
	CHILD("source", usb_source, 0, USB),
	CHILD("source", scsi_source, 0, SCSI),
	CHILD("source", scsi_host_source, 0, SCSI_HOST),
	CHILD("source", mdev_source, 0, MDEV),
	CHILD("source", caps_storage, 0, OF(BIT(HOSTDEV_STORAGE))),
	CHILD("source", caps_misc, 0, OF(BIT(HOSTDEV_MISC))),
	CHILD("source", caps_net, 0, OF(BIT(HOSTDEV_NET))),
	LIST(DomainHostdev, "ip", ips, net_ip, 0, OF(BIT(HOSTDEV_NET))),
	LIST(DomainHostdev, "route", routes, net_route, 0, OF(BIT(HOSTDEV_NET))),
	POINTER(DomainHostdev, "teaming", teaming, teaming, G),
	FLAG(DomainHostdev, "readonly", readonly, G),
	FLAG(DomainHostdev, "shareable", shareable, 0),
	INCLUDE_IN(DomainHostdev, info, device_boot),
	INCLUDE_IN(DomainHostdev, info, device_alias),
	INCLUDE_IN(DomainHostdev, info, device_rom),
	INCLUDE_IN(DomainHostdev, info, device_place),
	END_ROWS
};
ELEMENT(domain_hostdev, "hostdev", DomainHostdev, hostdev_rows,
	.doc = N_("A device of the host that the guest gets."));
