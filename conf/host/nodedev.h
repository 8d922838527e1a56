/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device of the host, as <device> documents describe it: where it is and what it can do. Plain
 * data; whoever looks at the host fills it in, clients give it to make virtual devices. Any process.
 */
#pragma once

#include "conf/def/info.h"

#define NODE_CAP_VALUES(X) \
	X(NODE_CAP_SYSTEM, "system") X(NODE_CAP_PCI, "pci") X(NODE_CAP_USB_DEVICE, "usb_device") \
	X(NODE_CAP_USB_INTERFACE, "usb") X(NODE_CAP_NET, "net") X(NODE_CAP_SCSI_HOST, "scsi_host") \
	X(NODE_CAP_SCSI_TARGET, "scsi_target") X(NODE_CAP_SCSI, "scsi") \
	X(NODE_CAP_SCSI_GENERIC, "scsi_generic") X(NODE_CAP_STORAGE, "storage") \
	X(NODE_CAP_DRM, "drm") X(NODE_CAP_MDEV, "mdev") X(NODE_CAP_CCW, "ccw") \
	X(NODE_CAP_CSS, "css") X(NODE_CAP_VDPA, "vdpa") X(NODE_CAP_AP_CARD, "ap_card") \
	X(NODE_CAP_AP_QUEUE, "ap_queue") X(NODE_CAP_AP_MATRIX, "ap_matrix")
CONF_ENUM(NodeCapType, node_cap_type, NODE_CAP)

#define NODE_DEVNODE_VALUES(X) X(NODE_DEVNODE_DEV, "dev") X(NODE_DEVNODE_LINK, "link")
CONF_ENUM(NodeDevnodeType, node_devnode_type, NODE_DEVNODE)
#define NODE_DRM_VALUES(X) \
	X(NODE_DRM_PRIMARY, "primary") X(NODE_DRM_CONTROL, "control") X(NODE_DRM_RENDER, "render")
CONF_ENUM(NodeDrmType, node_drm_type, NODE_DRM)
#define NODE_LINK_VALUES(X) X(NODE_LINK_CAP, "cap") X(NODE_LINK_STA, "sta")
CONF_ENUM(NodeLinkValidity, node_link_validity, NODE_LINK)

/* Maker or product: its number, and its name where the host's tables have one. */
typedef struct NodeId {
	guint id;
	char *name;
} NodeId;

typedef struct NodeSystem {
	char *product;
	char *vendor, *version, *serial; /* of the hardware */
	Uuid uuid;
	char *firmware_vendor, *firmware_version, *firmware_date;
} NodeSystem;

typedef struct NodeFunctions {
	guint max_count;      /* of virtual functions */
	GPtrArray *addresses; /* PciAddress */
} NodeFunctions;
typedef struct NodeMdevType {
	char *id, *name, *device_api;
	guint available_instances;
} NodeMdevType;
typedef struct NodeMdevTypes {
	GPtrArray *types; /* NodeMdevType */
} NodeMdevTypes;
typedef struct NodeIommuGroup {
	guint number;
	GPtrArray *addresses; /* PciAddress */
} NodeIommuGroup;
typedef struct NodePcieLink {
	NodeLinkValidity validity;
	guint port, width;
	bool has_port;
	char *speed; /* GT/s, a decimal fraction */
} NodePcieLink;
typedef struct NodePcie {
	GPtrArray *links; /* NodePcieLink */
} NodePcie;
typedef struct NodeVpdField {
	char *index, *value;
} NodeVpdField;
typedef struct NodeVpdFields {
	char *change_level, *manufacture_id, *part_number, *serial_number; /* read only */
	char *asset_tag;						   /* writable */
	GPtrArray *vendor_fields, *system_fields;			   /* NodeVpdField */
} NodeVpdFields;
typedef struct NodeVpd {
	char *name;
	NodeVpdFields *read_only, *writable;
} NodeVpd;
typedef struct NodePci {
	guint class; /* 24 bits */
	bool has_class;
	guint domain, bus, slot, function;
	NodeId *product, *vendor;
	NodeFunctions *physical, *virtuals;
	bool pci_bridge, cardbus_bridge;
	NodeMdevTypes *mdev_types;
	NodeVpd *vpd;
	NodeIommuGroup *iommu_group;
	int numa_node;
	bool has_numa_node;
	NodePcie *pcie;
} NodePci;

typedef struct NodeUsb {
	guint bus, device;				/* usb_device */
	NodeId *product, *vendor;
	guint number, class, subclass, protocol;	/* usb */
	char *description;
} NodeUsb;

typedef struct NodeNetLink {
	guint speed; /* Mbit/s */
	char *state;
} NodeNetLink;
typedef struct NodeNetFeature {
	char *name;
} NodeNetFeature;
typedef struct NodeNet {
	char *interface, *address;
	NodeNetLink *link;
	GPtrArray *features; /* NodeNetFeature */
	bool wired, wireless;
} NodeNet;

typedef struct NodeFcHost {
	char *wwnn, *wwpn, *fabric_wwn;
} NodeFcHost;
typedef struct NodeVports {
	guint max, count;
} NodeVports;
typedef struct NodeRemotePort {
	char *rport, *wwpn;
} NodeRemotePort;
typedef struct NodeScsi {
	guint host, bus, target, lun; /* scsi; host of scsi_host, too */
	bool has_host;
	guint unique_id;
	bool has_unique_id;
	NodeFcHost *fc_host;
	NodeVports *vports;
	char *target_name; /* scsi_target */
	NodeRemotePort *remote_port;
	char *type;	   /* scsi */
	char *char_device; /* scsi_generic */
} NodeScsi;

typedef struct NodeMedia {
	guint available;
	guint64 size, logical_block_size, num_blocks; /* bytes, bytes, blocks */
	char *label;
} NodeMedia;
typedef struct NodeStorage {
	char *block, *bus, *drive_type, *model, *vendor, *serial;
	NodeMedia *removable;
	guint64 size, logical_block_size, num_blocks; /* of one that is not removable */
	bool hotpluggable;
} NodeStorage;

typedef struct NodeMdevAttr {
	char *name, *value;
} NodeMdevAttr;
typedef struct NodeMdev {
	char *type;
	NodeIommuGroup *iommu_group;
	Uuid uuid;
	char *parent_address;
	GPtrArray *attrs; /* NodeMdevAttr */
} NodeMdev;

typedef struct NodeCcw {
	guint cssid, ssid, devno;
} NodeCcw;
typedef struct NodeChannel {
	NodeCcw address;
	NodeCcw *device;	    /* css */
	NodeMdevTypes *mdev_types; /* css, ap_matrix */
	guint adapter, domain;	    /* ap_card, ap_queue */
} NodeChannel;

/* Which members count depends on the type. */
typedef struct NodeCapability {
	NodeCapType type;
	NodeSystem system;
	NodePci pci;
	NodeUsb usb; /* usb_device, usb */
	NodeNet net;
	NodeScsi scsi; /* scsi_host, scsi_target, scsi, scsi_generic */
	NodeStorage storage;
	NodeDrmType drm;
	NodeMdev mdev;
	NodeChannel channel; /* ccw, css, ap_card, ap_queue, ap_matrix */
	char *ccw_state;     /* ccw */
	char *vdpa;	     /* path of the character device */
} NodeCapability;

typedef struct NodeDevnode {
	NodeDevnodeType type;
	char *path;
} NodeDevnode;

/* By name, or one that a virtual device is to be made below, by its WWNs. */
typedef struct NodeParent {
	char *name, *wwnn, *wwpn, *fabric_wwn;
} NodeParent;

typedef struct NodeDeviceDef {
	char *name; /* NULL in a document that makes a device */
	char *path; /* in sysfs */
	GPtrArray *devnodes; /* NodeDevnode */
	NodeParent *parent;
	char *driver;
	GPtrArray *capabilities; /* NodeCapability */
} NodeDeviceDef;

/* @flags as of bind_parse(). */
NodeDeviceDef *node_device_def_parse(const char *xml, gsize length, unsigned flags,
				     ConfDiags *diags, GError **error);
char *node_device_def_format(const NodeDeviceDef *def, unsigned flags);
void node_device_def_free(NodeDeviceDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NodeDeviceDef, node_device_def_free)

extern BindElement bind_el_node_device;
