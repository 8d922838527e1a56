/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kinds of devices. All that QEMU's driver knows of a kind stands in one file of this folder and in
 * its row, a QemuDeviceKind; what does the work for all of them (define/, live/) walks the table. A
 * member that is NULL has nothing to do. Pure: the table is in the engine and in the worker, so a
 * row neither waits nor asks the host; what it needs of either is in the context that it is given.
 */
#pragma once

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/driver.h"
#include "drivers/qemu/argv/command_build.h"
#include "drivers/qemu/machine/check.h"
#include "drivers/qemu/machine/machine.h"

typedef struct QemuCompletion {
	DomainDef *def;
	const QemuCaps *caps;
	GError **error;
} QemuCompletion;

typedef struct PortRange {
	const char *address; /* IPv4, IPv6; a name stands for all addresses */
	int first, last;
} PortRange;

/* What a start gets anew, chosen in the engine; see define/prepare.h. */
typedef struct QemuPrepare {
	DomainDef *live;
	const DriverSettings *settings;
	bool (*port_choose)(const DomainDef *live, const PortRange *range, int *ret,
			    GError **error);
	bool (*port_check)(const char *address, int port, GError **error);
	char *(*tap_choose)(const DomainDef *live);
	GError **error;
} QemuPrepare;

typedef struct QemuResources {
	GPtrArray *list; /* Resource */
	const DomainDef *live;
} QemuResources;

/* What a slot accepts and a device needs, one bit each. */
typedef enum PciConnect {
	PCI_CONNECT_DEVICE = 1 << 0, /* conventional PCI */
	PCI_CONNECT_EXPRESS = 1 << 1,
	PCI_CONNECT_BRIDGE = 1 << 2,
	PCI_CONNECT_ROOT_PORT = 1 << 3,
	PCI_CONNECT_UPSTREAM = 1 << 4,
	PCI_CONNECT_DOWNSTREAM = 1 << 5,
	PCI_CONNECT_DMI_BRIDGE = 1 << 6,
	PCI_CONNECT_EXPANDER = 1 << 7,
	PCI_CONNECT_EXPRESS_EXPANDER = 1 << 8,
	PCI_CONNECT_EXPRESS_BRIDGE = 1 << 9, /* pcie-to-pci-bridge */
} PciConnect;
#define PCI_CONNECT_ENDPOINTS (PCI_CONNECT_DEVICE | PCI_CONNECT_EXPRESS)

typedef struct QemuDeviceKind {
	/* Aliases: "@prefix" and a number, or what alias() makes; the caller frees. Neither: none.
	 */
	const char *prefix;
	char *(*alias)(const DomainDef *def, const DomainDevice *device, unsigned number);

	/* What the definition leaves open, decided when it is made. */
	bool (*complete)(const QemuCompletion *completion, const DomainDevice *device);
	/* What QEMU or the machine cannot do. */
	bool (*check)(const QemuCheck *check, const DomainDevice *device);
	/* What is chosen anew for each start. */
	bool (*prepare)(const QemuPrepare *prepare, const DomainDevice *device);
	/* What must be opened; the keys stand in argv/command.h. */
	void (*resources)(const QemuResources *all, const DomainDevice *device);

	/* The kinds of PCI that it may be plugged into; 0, as without a member: none. */
	PciConnect (*pci)(const DomainDevice *device);
	/* Whether it is on the channel I/O of s390. */
	bool (*ccw)(const DomainDevice *device);

	/* Whether a running guest can get it, and give it up. */
	bool (*hotplug)(const DomainDevice *device);

	/* Devices of one turn before those of the next; NULL: all in one. */
	unsigned (*turn)(const DomainDevice *device);
	unsigned turns;
	/* What all devices of the kind need before the first; at a start only. */
	bool (*ahead)(QemuCommand *cmd, GError **error);
	/* Back ends and the device itself, in the order in which QEMU must learn of them. */
	bool (*build)(QemuCommand *cmd, const DomainDevice *device, GError **error);
} QemuDeviceKind;

/* NULL for a kind that has no row. */
extern const QemuDeviceKind *const qemu_device_kinds[DEVICE_LAST];
/* The order in which QEMU wants to know of them: buses before what sits on them. */
extern const DeviceKind qemu_device_order[];
extern const unsigned qemu_device_order_length;

/* A new name for @device, the @number-th of its kind; NULL when its kind has none. Caller frees. */
char *qemu_device_alias(const DomainDef *def, const DomainDevice *device, unsigned number);
/*
 * A name for @device that nothing in @def has, nor had: names in @retired (a set of strings) are
 * gone, but a late word about one of them must not be taken for one about another. NULL when its
 * kind has none. The caller frees.
 */
char *qemu_device_alias_new(const DomainDef *def, const DomainDevice *device,
			    GHashTable *retired);
/* The device of @def with @alias. */
bool qemu_device_find(const DomainDef *def, const char *alias, DomainDevice *ret);
/* Whether a running guest can get @device, and give it up; else VIR_ERR_OPERATION_UNSUPPORTED. */
bool qemu_device_hotplug(const DomainDevice *device, GError **error);
/* Runs build() of @device; fails for a kind that cannot be built. */
bool qemu_device_build(QemuCommand *cmd, const DomainDevice *device, GError **error);

/*
 * CommandPart of all that @device is made of, for a running QEMU that has sets of descriptors up to
 * the number @fdsets. The caller frees.
 */
GPtrArray *qemu_device_parts(const DomainDef *def, const DomainDevice *device,
			     const QemuCommandContext *context, unsigned fdsets, GError **error);

/* ---- What rows share */

void qemu_complete_string(char **member, const char *value);
void qemu_storage_source_complete(StorageSource *source);
bool qemu_source_check(const QemuCheck *check, const DomainDevice *device,
		       const ChardevSource *source);
PciConnect qemu_pci_virtio(bool transitional);
bool qemu_hotplug_always(const DomainDevice *device);
bool qemu_ccw_always(const DomainDevice *device);
/* A device on USB has an address on USB or none. */
bool qemu_usb_address_check(const QemuCheck *check, const DomainDevice *device);

/* Takes @key. */
Resource *qemu_resource_add(const QemuResources *all, ResourceKind kind, char *key,
			    const char *path);
/* A device node that is found by the alias of what it belongs to. */
void qemu_node_add(const QemuResources *all, const char *alias, const char *path);
void qemu_source_resources(const QemuResources *all, const ChardevSource *source,
			   const char *alias);
