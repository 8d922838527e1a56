/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host that are given to a guest. Part of a DomainDef. */
#pragma once

#include "conf/def/interface.h"

#define HOSTDEV_MODE_VALUES(X) \
	X(HOSTDEV_MODE_SUBSYSTEM, "subsystem") X(HOSTDEV_MODE_CAPABILITIES, "capabilities")
CONF_ENUM(HostdevMode, hostdev_mode, HOSTDEV_MODE)
#define HOSTDEV_VALUES(X) \
	X(HOSTDEV_USB, "usb") X(HOSTDEV_PCI, "pci") X(HOSTDEV_SCSI, "scsi") \
	X(HOSTDEV_SCSI_HOST, "scsi_host") X(HOSTDEV_MDEV, "mdev") X(HOSTDEV_STORAGE, "storage") \
	X(HOSTDEV_MISC, "misc") X(HOSTDEV_NET, "net")
CONF_ENUM(HostdevType, hostdev_type, HOSTDEV)
#define HOSTDEV_MODEL_VALUES(X) \
	X(HOSTDEV_MODEL_VFIO_PCI, "vfio-pci") X(HOSTDEV_MODEL_VFIO_CCW, "vfio-ccw") \
	X(HOSTDEV_MODEL_VFIO_AP, "vfio-ap") X(HOSTDEV_MODEL_VIRTIO, "virtio") \
	X(HOSTDEV_MODEL_TRANSITIONAL, "virtio-transitional") \
	X(HOSTDEV_MODEL_NON_TRANSITIONAL, "virtio-non-transitional")
CONF_ENUM(HostdevModel, hostdev_model, HOSTDEV_MODEL)
#define HOSTDEV_DRIVER_VALUES(X) \
	X(HOSTDEV_DRIVER_KVM, "kvm") X(HOSTDEV_DRIVER_VFIO, "vfio") X(HOSTDEV_DRIVER_XEN, "xen")
CONF_ENUM(HostdevDriver, hostdev_driver, HOSTDEV_DRIVER)
#define GUEST_RESET_VALUES(X) \
	X(GUEST_RESET_OFF, "off") X(GUEST_RESET_UNINITIALIZED, "uninitialized") \
	X(GUEST_RESET_ON, "on")
CONF_ENUM(GuestReset, guest_reset, GUEST_RESET)
#define SCSI_PROTOCOL_VALUES(X) \
	X(SCSI_PROTOCOL_ADAPTER, "adapter") X(SCSI_PROTOCOL_ISCSI, "iscsi") \
	X(SCSI_PROTOCOL_VHOST, "vhost")
CONF_ENUM(ScsiProtocol, scsi_protocol, SCSI_PROTOCOL)

typedef struct {
	DeviceInfo info;
	HostdevMode mode;
	HostdevType type;
	Tristate managed;
	HostdevModel model;
	Tristate display, ramfb; /* mdev: on, off */
	Tristate rawio;
	Sgio sgio;
	HostdevDriver driver;
	char *driver_model;
	Tristate iommufd;
	StartupPolicy startup_policy;
	Tristate write_filtering;
	GuestReset guest_reset;
	HostAddress host;	      /* pci, usb */
	ScsiProtocol scsi_protocol;
	char *scsi_adapter;	      /* "scsi_host0" */
	guint scsi_bus, scsi_target;
	guint64 scsi_unit;
	bool has_scsi_address;
	StorageSource iscsi;	      /* name, hosts, auth, initiator */
	char *wwpn;		      /* scsi_host */
	Uuid mdev_uuid;
	char *block, *character, *net_interface; /* capabilities: storage, misc, net */
	GPtrArray *ips, *routes;      /* NetIp, NetRoute; net */
	Teaming *teaming;
	bool readonly, shareable;
} DomainHostdev;
