/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/host/nodedev.h"

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/rows.h"

CONF_ENUM_DEFINE(node_cap_type, NODE_CAP)
CONF_ENUM_DEFINE(node_devnode_type, NODE_DEVNODE)
CONF_ENUM_DEFINE(node_drm_type, NODE_DRM)
CONF_ENUM_DEFINE(node_link_validity, NODE_LINK)

/* ---- system -------------------------------------------------------------------------------- */

static const BindRow hardware_rows[] = {
	LEAF(NodeSystem, "vendor", vendor, str, 0, .doc = N_("Maker of the device.")),
	LEAF(NodeSystem, "version", version, str, 0, .doc = N_("Version.")),
	LEAF(NodeSystem, "serial", serial, str, 0, .doc = N_("Serial number.")),
	LEAF(NodeSystem, "uuid", uuid, uuid, 0, .doc = N_("UUID of the host.")),
	END_ROWS
};
static ELEMENT(node_hardware, "hardware", NodeSystem, hardware_rows);

static const BindRow firmware_rows[] = {
	LEAF(NodeSystem, "vendor", firmware_vendor, str, 0, .doc = N_("Maker of the firmware.")),
	LEAF(NodeSystem, "version", firmware_version, str, 0, .doc = N_("Version.")),
	LEAF(NodeSystem, "release_date", firmware_date, str, 0, .doc = N_("Date of the version.")),
	END_ROWS
};
static ELEMENT(node_firmware, "firmware", NodeSystem, firmware_rows);

static const BindRow system_rows[] = {
	LEAF(NodeSystem, "product", product, str, 0, .doc = N_("Name of the product.")),
	CHILD("hardware", node_hardware, 0, .doc = N_("The machine.")),
	CHILD("firmware", node_firmware, 0, .doc = N_("Its firmware.")),
	END_ROWS
};
static ELEMENT(node_system, NULL, NodeSystem, system_rows);

/* ---- PCI ----------------------------------------------------------------------------------- */

static const BindRow address_rows[] = {
	ATTR(PciAddress, "domain", domain, hex4, BIND_ALWAYS, .doc = N_("PCI domain.")),
	ATTR(PciAddress, "bus", bus, hex2, BIND_ALWAYS, .doc = N_("PCI bus.")),
	ATTR(PciAddress, "slot", slot, hex2, BIND_ALWAYS, .doc = N_("PCI slot.")),
	ATTR(PciAddress, "function", function, hex1, BIND_ALWAYS, .doc = N_("PCI function.")),
	END_ROWS
};
static ELEMENT(node_address, "address", PciAddress, address_rows);

static const BindRow id_rows[] = {
	ATTR(NodeId, "id", id, hex4, BIND_ALWAYS, .doc = N_("Number that the device tells.")),
	TEXT(NodeId, name, str, 0, .doc = N_("Name that belongs to the number.")),
	END_ROWS
};
static ELEMENT(node_id, "product", NodeId, id_rows);

static const BindRow physical_rows[] = {
	LIST(NodeFunctions, "address", addresses, node_address, 0,
	     .doc = N_("PCI address of the physical function.")),
	END_ROWS
};
static ELEMENT(node_physical, "capability", NodeFunctions, physical_rows);

static const BindRow virtual_rows[] = {
	ATTR(NodeFunctions, "maxCount", max_count, uint, 0,
	     .doc = N_("How many virtual functions there can be.")),
	LIST(NodeFunctions, "address", addresses, node_address, 0,
	     .doc = N_("PCI address of a virtual function.")),
	END_ROWS
};
static ELEMENT(node_virtual, "capability", NodeFunctions, virtual_rows);

static const BindRow mdev_type_rows[] = {
	ATTR(NodeMdevType, "id", id, str, BIND_REQUIRED, .doc = N_("Name of the type.")),
	LEAF(NodeMdevType, "name", name, str, 0, .doc = N_("Name for people.")),
	LEAF(NodeMdevType, "deviceAPI", device_api, str, 0,
	     .doc = N_("vfio-pci, vfio-ccw or vfio-ap.")),
	LEAF(NodeMdevType, "availableInstances", available_instances, uint, BIND_ALWAYS,
	     .doc = N_("How many more can be made.")),
	END_ROWS
};
static ELEMENT(node_mdev_type, "type", NodeMdevType, mdev_type_rows);

static const BindRow mdev_types_rows[] = {
	LIST(NodeMdevTypes, "type", types, node_mdev_type, 0,
	     .doc = N_("Type of mediated device that can be made here.")),
	END_ROWS
};
static ELEMENT(node_mdev_types, "capability", NodeMdevTypes, mdev_types_rows);

static const BindRow iommu_rows[] = {
	ATTR(NodeIommuGroup, "number", number, uint, BIND_REQUIRED,
	     .doc = N_("Number of the IOMMU group.")),
	LIST(NodeIommuGroup, "address", addresses, node_address, 0,
	     .doc = N_("PCI device in the group.")),
	END_ROWS
};
static ELEMENT(node_iommu_group, "iommuGroup", NodeIommuGroup, iommu_rows);

static const BindRow link_rows[] = {
	ATTR(NodePcieLink, "validity", validity, node_link_validity, BIND_REQUIRED,
	     .doc = N_("cap: what it can do; sta: what it does.")),
	ATTR(NodePcieLink, "port", port, uint, 0, HAS(NodePcieLink, has_port),
	     .doc = N_("Number of the port.")),
	ATTR(NodePcieLink, "speed", speed, str, 0, .doc = N_("GT per second.")),
	ATTR(NodePcieLink, "width", width, uint, BIND_ALWAYS, .doc = N_("Number of lanes.")),
	END_ROWS
};
static ELEMENT(node_pcie_link, "link", NodePcieLink, link_rows);

static const BindRow pcie_rows[] = {
	LIST(NodePcie, "link", links, node_pcie_link, 0, .doc = N_("State of the link.")),
	END_ROWS
};
static ELEMENT(node_pcie, "pci-express", NodePcie, pcie_rows);

static const BindRow vpd_field_rows[] = {
	ATTR(NodeVpdField, "index", index, str, BIND_REQUIRED, .doc = N_("A letter or a digit.")),
	TEXT(NodeVpdField, value, str, 0, .doc = N_("Contents of the field.")),
	END_ROWS
};
static ELEMENT(node_vpd_field, "vendor_field", NodeVpdField, vpd_field_rows);

static const BindRow vpd_read_only_rows[] = {
	LEAF(NodeVpdFields, "change_level", change_level, str, 0,
	     .doc = N_("Level of engineering changes.")),
	LEAF(NodeVpdFields, "manufacture_id", manufacture_id, str, 0,
	     .doc = N_("Maker of the device.")),
	LEAF(NodeVpdFields, "part_number", part_number, str, 0, .doc = N_("Number of the part.")),
	LEAF(NodeVpdFields, "serial_number", serial_number, str, 0, .doc = N_("Serial number.")),
	LIST(NodeVpdFields, "vendor_field", vendor_fields, node_vpd_field, 0,
	     .doc = N_("Field of the maker.")),
	END_ROWS
};
static ELEMENT(node_vpd_read_only, "fields", NodeVpdFields, vpd_read_only_rows);

static const BindRow vpd_writable_rows[] = {
	LEAF(NodeVpdFields, "asset_tag", asset_tag, str, 0, .doc = N_("Asset tag.")),
	LIST(NodeVpdFields, "vendor_field", vendor_fields, node_vpd_field, 0,
	     .doc = N_("Field of the maker.")),
	LIST(NodeVpdFields, "system_field", system_fields, node_vpd_field, 0,
	     .doc = N_("Field of the system.")),
	END_ROWS
};
static ELEMENT(node_vpd_writable, "fields", NodeVpdFields, vpd_writable_rows);

static const BindRow vpd_rows[] = {
	LEAF(NodeVpd, "name", name, str, 0, .doc = N_("Name of the product.")),
	POINTER(NodeVpd, "fields", read_only, node_vpd_read_only, 0, SELECT("access", "readonly"),
		.doc = N_("Fields that cannot be written.")),
	POINTER(NodeVpd, "fields", writable, node_vpd_writable, 0, SELECT("access", "readwrite"),
		.doc = N_("Fields that can be written.")),
	END_ROWS
};
static ELEMENT(node_vpd, "capability", NodeVpd, vpd_rows);

static const BindRow pci_rows[] = {
	LEAF(NodePci, "class", class, hex6, 0, HAS(NodePci, has_class), .doc = N_("PCI class.")),
	LEAF(NodePci, "domain", domain, uint_any, BIND_ALWAYS, .doc = N_("PCI domain.")),
	LEAF(NodePci, "bus", bus, uint_any, BIND_ALWAYS, .doc = N_("PCI bus.")),
	LEAF(NodePci, "slot", slot, uint_any, BIND_ALWAYS, .doc = N_("PCI slot.")),
	LEAF(NodePci, "function", function, uint_any, BIND_ALWAYS, .doc = N_("PCI function.")),
	POINTER(NodePci, "product", product, node_id, 0, .doc = N_("Name of the product.")),
	POINTER(NodePci, "vendor", vendor, node_id, 0, .doc = N_("Maker of the device.")),
	POINTER(NodePci, "capability", physical, node_physical, 0, SELECT("type", "phys_function"),
		.doc = N_("It is a virtual function of another.")),
	POINTER(NodePci, "capability", virtuals, node_virtual, 0, SELECT("type", "virt_functions"),
		.doc = N_("It has virtual functions.")),
	FLAG(NodePci, "capability", pci_bridge, 0, SELECT("type", "pci-bridge"),
	     .doc = N_("It is a PCI bridge.")),
	FLAG(NodePci, "capability", cardbus_bridge, 0, SELECT("type", "cardbus-bridge"),
	     .doc = N_("It is a bridge to CardBus.")),
	POINTER(NodePci, "capability", mdev_types, node_mdev_types, 0, SELECT("type", "mdev_types"),
		.doc = N_("Mediated devices can be made of it.")),
	POINTER(NodePci, "capability", vpd, node_vpd, 0, SELECT("type", "vpd"),
		.doc = N_("Vital product data.")),
	POINTER(NodePci, "iommuGroup", iommu_group, node_iommu_group, 0,
		.doc = N_("Devices that cannot be kept apart.")),
	VALUE(NodePci, "numa", "node", numa_node, int, 0, HAS(NodePci, has_numa_node),
	      .doc = N_("NUMA node of the host.")),
	POINTER(NodePci, "pci-express", pcie, node_pcie, 0, .doc = N_("Links of PCI Express.")),
	END_ROWS
};
static ELEMENT(node_pci, NULL, NodePci, pci_rows);

/* ---- USB, network -------------------------------------------------------------------------- */

static const BindRow usb_device_rows[] = {
	LEAF(NodeUsb, "bus", bus, uint_any, BIND_ALWAYS, .doc = N_("USB bus.")),
	LEAF(NodeUsb, "device", device, uint_any, BIND_ALWAYS, .doc = N_("Number on the bus.")),
	POINTER(NodeUsb, "product", product, node_id, 0, .doc = N_("Name of the product.")),
	POINTER(NodeUsb, "vendor", vendor, node_id, 0, .doc = N_("Maker of the device.")),
	END_ROWS
};
static ELEMENT(node_usb_device, NULL, NodeUsb, usb_device_rows);

static const BindRow usb_rows[] = {
	LEAF(NodeUsb, "number", number, uint_any, BIND_ALWAYS, .doc = N_("Number of the interface.")),
	LEAF(NodeUsb, "class", class, uint_any, BIND_ALWAYS, .doc = N_("USB class.")),
	LEAF(NodeUsb, "subclass", subclass, uint_any, BIND_ALWAYS, .doc = N_("USB subclass.")),
	LEAF(NodeUsb, "protocol", protocol, uint_any, BIND_ALWAYS, .doc = N_("USB protocol.")),
	LEAF(NodeUsb, "description", description, str, 0, .doc = N_("Text for people.")),
	END_ROWS
};
static ELEMENT(node_usb_interface, NULL, NodeUsb, usb_rows);

static const BindRow net_link_rows[] = {
	ATTR(NodeNetLink, "speed", speed, uint, 0, .doc = N_("Mbit per second.")),
	ATTR(NodeNetLink, "state", state, str, 0, .doc = N_("State of the moment.")),
	END_ROWS
};
static ELEMENT(node_net_link, "link", NodeNetLink, net_link_rows);

static const BindRow net_feature_rows[] = {
	ATTR(NodeNetFeature, "name", name, str, BIND_REQUIRED, .doc = N_("Name of the offload.")),
	END_ROWS
};
static ELEMENT(node_net_feature, "feature", NodeNetFeature, net_feature_rows);

static const BindRow net_rows[] = {
	LEAF(NodeNet, "interface", interface, str, 0, .doc = N_("Name of the interface.")),
	LEAF(NodeNet, "address", address, str, 0, .doc = N_("MAC address.")),
	POINTER(NodeNet, "link", link, node_net_link, 0, .doc = N_("State of the link.")),
	LIST(NodeNet, "feature", features, node_net_feature, 0,
	     .doc = N_("Work that the hardware takes over.")),
	FLAG(NodeNet, "capability", wired, 0, SELECT("type", "80203"), .doc = N_("It is Ethernet.")),
	FLAG(NodeNet, "capability", wireless, 0, SELECT("type", "80211"),
	     .doc = N_("It is wireless.")),
	END_ROWS
};
static ELEMENT(node_net, NULL, NodeNet, net_rows);

/* ---- SCSI ---------------------------------------------------------------------------------- */

static const BindRow fc_host_rows[] = {
	LEAF(NodeFcHost, "wwnn", wwnn, token, 0, .doc = N_("Node name.")),
	LEAF(NodeFcHost, "wwpn", wwpn, token, 0, .doc = N_("Port name.")),
	LEAF(NodeFcHost, "fabric_wwn", fabric_wwn, token, 0, .doc = N_("Name of the fabric.")),
	END_ROWS
};
static ELEMENT(node_fc_host, "capability", NodeFcHost, fc_host_rows);

static const BindRow vports_rows[] = {
	LEAF(NodeVports, "max_vports", max, uint, BIND_ALWAYS,
	     .doc = N_("How many virtual ports there can be.")),
	LEAF(NodeVports, "vports", count, uint, BIND_ALWAYS,
	     .doc = N_("How many virtual ports there are.")),
	END_ROWS
};
static ELEMENT(node_vports, "capability", NodeVports, vports_rows);

static const BindRow scsi_host_rows[] = {
	LEAF(NodeScsi, "host", host, uint_any, 0, HAS(NodeScsi, has_host),
	     .doc = N_("Number of the SCSI host.")),
	LEAF(NodeScsi, "unique_id", unique_id, uint, 0, HAS(NodeScsi, has_unique_id),
	     .doc = N_("Tells hosts of the same PCI device apart.")),
	POINTER(NodeScsi, "capability", fc_host, node_fc_host, 0, SELECT("type", "fc_host"),
		.doc = N_("It is a port of Fibre Channel.")),
	POINTER(NodeScsi, "capability", vports, node_vports, 0, SELECT("type", "vport_ops"),
		.doc = N_("It can have virtual ports.")),
	END_ROWS
};
static ELEMENT(node_scsi_host, NULL, NodeScsi, scsi_host_rows);

static const BindRow remote_port_rows[] = {
	LEAF(NodeRemotePort, "rport", rport, str, 0, .doc = N_("Name of the remote port.")),
	LEAF(NodeRemotePort, "wwpn", wwpn, token, 0, .doc = N_("Port name.")),
	END_ROWS
};
static ELEMENT(node_remote_port, "capability", NodeRemotePort, remote_port_rows);

static const BindRow scsi_target_rows[] = {
	LEAF(NodeScsi, "target", target_name, str, 0, .doc = N_("Name of the target.")),
	POINTER(NodeScsi, "capability", remote_port, node_remote_port, 0,
		SELECT("type", "fc_remote_port"), .doc = N_("It is a remote port of Fibre Channel.")),
	END_ROWS
};
static ELEMENT(node_scsi_target, NULL, NodeScsi, scsi_target_rows);

static const BindRow scsi_rows[] = {
	LEAF(NodeScsi, "host", host, uint_any, BIND_ALWAYS, .doc = N_("Number of the SCSI host.")),
	LEAF(NodeScsi, "bus", bus, uint_any, BIND_ALWAYS, .doc = N_("SCSI bus.")),
	LEAF(NodeScsi, "target", target, uint_any, BIND_ALWAYS, .doc = N_("SCSI target.")),
	LEAF(NodeScsi, "lun", lun, uint_any, BIND_ALWAYS, .doc = N_("Logical unit.")),
	LEAF(NodeScsi, "type", type, str, 0, .doc = N_("Kind of SCSI device.")),
	END_ROWS
};
static ELEMENT(node_scsi, NULL, NodeScsi, scsi_rows);

static const BindRow scsi_generic_rows[] = {
	LEAF(NodeScsi, "char", char_device, str, 0, .doc = N_("Path of the device.")),
	END_ROWS
};
static ELEMENT(node_scsi_generic, NULL, NodeScsi, scsi_generic_rows);

/* ---- storage ------------------------------------------------------------------------------- */

static const BindRow media_rows[] = {
	LEAF(NodeMedia, "media_available", available, uint, BIND_ALWAYS,
	     .doc = N_("1 when a medium is in it.")),
	LEAF(NodeMedia, "media_size", size, uint64, BIND_ALWAYS, .doc = N_("Size in bytes.")),
	LEAF(NodeMedia, "media_label", label, str, 0, .doc = N_("Label of the medium.")),
	LEAF(NodeMedia, "logical_block_size", logical_block_size, uint64, 0,
	     .doc = N_("Bytes per block.")),
	LEAF(NodeMedia, "num_blocks", num_blocks, uint64, 0, .doc = N_("Number of blocks.")),
	END_ROWS
};
static ELEMENT(node_media, "capability", NodeMedia, media_rows);

static const BindRow storage_rows[] = {
	LEAF(NodeStorage, "block", block, str, 0, .doc = N_("Path of the device.")),
	LEAF(NodeStorage, "bus", bus, str, 0, .doc = N_("Bus that it is on: scsi, usb, ... .")),
	LEAF(NodeStorage, "drive_type", drive_type, str, 0, .doc = N_("disk, cdrom, floppy, ... .")),
	LEAF(NodeStorage, "model", model, str, 0, .doc = N_("Name of the product.")),
	LEAF(NodeStorage, "vendor", vendor, str, 0, .doc = N_("Maker of the device.")),
	LEAF(NodeStorage, "serial", serial, str, 0, .doc = N_("Serial number.")),
	POINTER(NodeStorage, "capability", removable, node_media, 0, SELECT("type", "removable"),
		.doc = N_("Its medium can be removed.")),
	LEAF(NodeStorage, "size", size, uint64, 0, .doc = N_("Size in bytes.")),
	LEAF(NodeStorage, "logical_block_size", logical_block_size, uint64, 0,
	     .doc = N_("Bytes per block.")),
	LEAF(NodeStorage, "num_blocks", num_blocks, uint64, 0, .doc = N_("Number of blocks.")),
	FLAG(NodeStorage, "capability", hotpluggable, 0, SELECT("type", "hotpluggable"),
	     .doc = N_("It can be unplugged.")),
	END_ROWS
};
static ELEMENT(node_storage, NULL, NodeStorage, storage_rows);

/* ---- mediated devices, channels, crypto ---------------------------------------------------- */

static const BindRow mdev_attr_rows[] = {
	ATTR(NodeMdevAttr, "name", name, str, BIND_REQUIRED, .doc = N_("Name of the attribute.")),
	ATTR(NodeMdevAttr, "value", value, str, BIND_REQUIRED, .doc = N_("Value of the attribute.")),
	END_ROWS
};
static ELEMENT(node_mdev_attr, "attr", NodeMdevAttr, mdev_attr_rows);

static const BindRow mdev_rows[] = {
	VALUE(NodeMdev, "type", "id", type, str, BIND_REQUIRED, .doc = N_("Name of the type.")),
	LEAF(NodeMdev, "uuid", uuid, uuid, 0, .doc = N_("Identity; made when absent.")),
	LEAF(NodeMdev, "parent_addr", parent_address, str, 0, .doc = N_("Address of the parent.")),
	POINTER(NodeMdev, "iommuGroup", iommu_group, node_iommu_group, 0,
		.doc = N_("Devices that cannot be kept apart.")),
	LIST(NodeMdev, "attr", attrs, node_mdev_attr, 0,
	     .doc = N_("Attribute of sysfs, written in this order when it is made.")),
	END_ROWS
};
static ELEMENT(node_mdev, NULL, NodeMdev, mdev_rows);

static const BindRow ccw_rows[] = {
	LEAF(NodeCcw, "cssid", cssid, hex1, BIND_ALWAYS, .doc = N_("Channel subsystem.")),
	LEAF(NodeCcw, "ssid", ssid, hex1, BIND_ALWAYS, .doc = N_("Subchannel set.")),
	LEAF(NodeCcw, "devno", devno, hex4, BIND_ALWAYS, .doc = N_("Device number.")),
	END_ROWS
};
static ELEMENT(node_ccw, "channel_dev_addr", NodeCcw, ccw_rows);

static const BindRow css_rows[] = {
	INCLUDE_IN(NodeChannel, address, node_ccw),
	POINTER(NodeChannel, "channel_dev_addr", device, node_ccw, 0,
		.doc = N_("Address of the device behind the subchannel.")),
	POINTER(NodeChannel, "capability", mdev_types, node_mdev_types, 0,
		SELECT("type", "mdev_types"), .doc = N_("Mediated devices can be made of it.")),
	END_ROWS
};
static ELEMENT(node_css, NULL, NodeChannel, css_rows);

#define AP_ADAPTER \
	LEAF(NodeChannel, "ap-adapter", adapter, hex2, BIND_ALWAYS, \
	     .doc = N_("Number of the crypto adapter."))
static const BindRow ap_card_rows[] = { AP_ADAPTER, END_ROWS };
static ELEMENT(node_ap_card, NULL, NodeChannel, ap_card_rows);

static const BindRow ap_queue_rows[] = {
	AP_ADAPTER,
	LEAF(NodeChannel, "ap-domain", domain, hex4, BIND_ALWAYS,
	     .doc = N_("Number of the crypto domain.")),
	END_ROWS
};
static ELEMENT(node_ap_queue, NULL, NodeChannel, ap_queue_rows);

static const BindRow ap_matrix_rows[] = {
	POINTER(NodeChannel, "capability", mdev_types, node_mdev_types, 0,
		SELECT("type", "mdev_types"), .doc = N_("Mediated devices can be made of it.")),
	END_ROWS
};
static ELEMENT(node_ap_matrix, NULL, NodeChannel, ap_matrix_rows);

/* ---- the device ---------------------------------------------------------------------------- */

#define OF_TYPE(cap, member, rows) \
	INCLUDE_IN(NodeCapability, member, rows, WHEN(NodeCapability, type, BIT(cap)))
static const BindRow capability_rows[] = {
	ATTR(NodeCapability, "type", type, node_cap_type, BIND_REQUIRED,
	     .doc = N_("What the device is.")),
	OF_TYPE(NODE_CAP_SYSTEM, system, node_system),
	OF_TYPE(NODE_CAP_PCI, pci, node_pci),
	OF_TYPE(NODE_CAP_USB_DEVICE, usb, node_usb_device),
	OF_TYPE(NODE_CAP_USB_INTERFACE, usb, node_usb_interface),
	OF_TYPE(NODE_CAP_NET, net, node_net),
	OF_TYPE(NODE_CAP_SCSI_HOST, scsi, node_scsi_host),
	OF_TYPE(NODE_CAP_SCSI_TARGET, scsi, node_scsi_target),
	OF_TYPE(NODE_CAP_SCSI, scsi, node_scsi),
	OF_TYPE(NODE_CAP_SCSI_GENERIC, scsi, node_scsi_generic),
	OF_TYPE(NODE_CAP_STORAGE, storage, node_storage),
	LEAF(NodeCapability, "type", drm, node_drm_type, 0,
	     WHEN(NodeCapability, type, BIT(NODE_CAP_DRM)), .doc = N_("Kind of DRM device.")),
	OF_TYPE(NODE_CAP_MDEV, mdev, node_mdev),
	LEAF(NodeCapability, "state", ccw_state, token, 0,
	     WHEN(NodeCapability, type, BIT(NODE_CAP_CCW)), .doc = N_("online or offline.")),
	INCLUDE_IN(NodeCapability, channel.address, node_ccw,
		   WHEN(NodeCapability, type, BIT(NODE_CAP_CCW))),
	OF_TYPE(NODE_CAP_CSS, channel, node_css),
	LEAF(NodeCapability, "chardev", vdpa, str, 0,
	     WHEN(NodeCapability, type, BIT(NODE_CAP_VDPA)), .doc = N_("Path of the device.")),
	OF_TYPE(NODE_CAP_AP_CARD, channel, node_ap_card),
	OF_TYPE(NODE_CAP_AP_QUEUE, channel, node_ap_queue),
	OF_TYPE(NODE_CAP_AP_MATRIX, channel, node_ap_matrix),
	END_ROWS
};

static bool capability_parsed(BindReader *reader, void *object, GError **error)
{
	const NodeCapability *capability = object;

	if (capability->type == NODE_CAP_MDEV && !capability->mdev.type)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("a mediated device needs <type id='...'/>"));
	return true;
}
static ELEMENT(node_capability, "capability", NodeCapability, capability_rows,
	       .parsed = capability_parsed);

static const BindRow devnode_rows[] = {
	ATTR(NodeDevnode, "type", type, node_devnode_type, BIND_REQUIRED,
	     .doc = N_("The device itself, or a link to it.")),
	TEXT(NodeDevnode, path, str, 0, .doc = N_("Path of the device.")),
	END_ROWS
};
static ELEMENT(node_devnode, "devnode", NodeDevnode, devnode_rows);

static const BindRow parent_rows[] = {
	ATTR(NodeParent, "wwnn", wwnn, token, 0, .doc = N_("Parent's node name.")),
	ATTR(NodeParent, "wwpn", wwpn, token, 0, .doc = N_("Parent's port name.")),
	ATTR(NodeParent, "fabric_wwn", fabric_wwn, token, 0, .doc = N_("Parent's fabric name.")),
	TEXT(NodeParent, name, token, 0, .doc = N_("Name of the parent.")),
	END_ROWS
};
static ELEMENT(node_parent, "parent", NodeParent, parent_rows);

static const BindRow driver_rows[] = {
	LEAF(NodeDeviceDef, "name", driver, str, 0, .doc = N_("Name of the driver.")),
	END_ROWS
};
static ELEMENT(node_driver, "driver", NodeDeviceDef, driver_rows);

static const BindRow device_rows[] = {
	LEAF(NodeDeviceDef, "name", name, str, 0, .doc = N_("Unique name.")),
	LEAF(NodeDeviceDef, "path", path, str, 0, .doc = N_("Path in sysfs.")),
	LIST(NodeDeviceDef, "devnode", devnodes, node_devnode, 0, .doc = N_("Path of the device.")),
	POINTER(NodeDeviceDef, "parent", parent, node_parent, 0, .doc = N_("Device that it is on.")),
	CHILD("driver", node_driver, 0, .doc = N_("Driver of the host that serves it.")),
	LIST(NodeDeviceDef, "capability", capabilities, node_capability, 0,
	     .doc = N_("What the device is and can do.")),
	END_ROWS
};
ELEMENT(node_device, "device", NodeDeviceDef, device_rows, .doc = N_("A device of the host."));

NodeDeviceDef *node_device_def_parse(const char *xml, gsize length, unsigned flags,
				     ConfDiags *diags, GError **error)
{
	return bind_parse(&bind_el_node_device, bind_reader_open(xml, length, flags, diags, error),
			  error);
}

char *node_device_def_format(const NodeDeviceDef *def, unsigned flags)
{
	return bind_format(&bind_el_node_device, def, flags);
}

void node_device_def_free(NodeDeviceDef *def)
{
	bind_free(&bind_el_node_device, def);
}
