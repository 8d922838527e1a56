/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI addresses of a definition: which slots there are, what fits into each, who has which. Used by
 * completion in the engine; lives for one call.
 */
#pragma once

#include "conf/def/domain.h"
#include "drivers/qemu/device/kind.h"

/* What @device needs, 0 when it is not on PCI. */
PciConnect pci_connect_of(const DomainDef *def, const DomainDevice *device);

#define PCI_BUSES 256
#define PCI_SLOTS 32

typedef struct PciBus {
	ControllerModel model;  /* ABSENT: there is none */
	unsigned accepts;       /* PciConnect bits */
	bool automatic;         /* addresses are chosen on it */
	guint8 first, last;     /* slots */
	guint8 used[PCI_SLOTS]; /* functions, one bit each */
	guint32 shared;         /* slots given out function by function */
} PciBus;

typedef struct PciMap {
	DomainDef *def;
	bool express; /* bus 0 is pcie-root */
	unsigned n_buses;
	bool grown; /* controllers were added to def */
	PciBus buses[PCI_BUSES];
} PciMap;

/* The buses of @def with nothing on them. NULL and @error for controllers that contradict. */
PciMap *pci_map_new(DomainDef *def, GError **error);
/* Takes a given address; fails when it is taken or does not fit. */
bool pci_map_take(PciMap *map, const PciAddress *address, PciConnect connect, GError **error);
bool pci_map_is_free(const PciMap *map, const PciAddress *address);
/* Marks without any check, for what is soldered on. */
void pci_map_mark(PciMap *map, unsigned slot, guint8 functions);
/* Finds a place, adding controllers to the definition where there is none, and takes it. */
bool pci_map_assign(PciMap *map, PciConnect connect, PciAddress *ret, GError **error);
/* Takes a slot of the root for a device that is part of the board. */
bool pci_map_assign_root(PciMap *map, PciAddress *ret, GError **error);
/* Whether a place for @connect is free as things are. */
bool pci_map_has_room(const PciMap *map, PciConnect connect);
bool pci_map_grow(PciMap *map, PciConnect connect, GError **error);

/* Gives every device on PCI its address, and every PCI controller its numbers. */
bool pci_addresses_complete(DomainDef *def, GError **error);
