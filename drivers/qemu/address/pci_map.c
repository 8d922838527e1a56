/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/address/pci.h"
#include "drivers/qemu/machine/machine.h"

/* What each controller offers. Slot 0 of a bus with bridges' own registers is theirs. */
static const struct {
	ControllerModel model;
	unsigned accepts;
	bool automatic;
	guint8 first, last;
} bus_kinds[] = {
	{ MODEL_PCI_ROOT, PCI_CONNECT_DEVICE | PCI_CONNECT_BRIDGE | PCI_CONNECT_EXPANDER, true, 1,
	  31 },
	{ MODEL_PCI_BRIDGE, PCI_CONNECT_DEVICE | PCI_CONNECT_BRIDGE, true, 1, 31 },
	{ MODEL_PCI_EXPANDER_BUS, PCI_CONNECT_DEVICE | PCI_CONNECT_BRIDGE, false, 0, 31 },
	{ MODEL_PCIE_ROOT,
	  PCI_CONNECT_EXPRESS | PCI_CONNECT_ROOT_PORT | PCI_CONNECT_DMI_BRIDGE |
		  PCI_CONNECT_EXPRESS_EXPANDER,
	  true, 1, 31 },
	{ MODEL_DMI_TO_PCI_BRIDGE, PCI_CONNECT_DEVICE | PCI_CONNECT_BRIDGE, true, 0, 31 },
	{ MODEL_PCIE_TO_PCI_BRIDGE, PCI_CONNECT_DEVICE | PCI_CONNECT_BRIDGE, true, 1, 31 },
	{ MODEL_PCIE_ROOT_PORT,
	  PCI_CONNECT_EXPRESS | PCI_CONNECT_UPSTREAM | PCI_CONNECT_EXPRESS_BRIDGE, true, 0, 0 },
	{ MODEL_PCIE_SWITCH_UPSTREAM_PORT, PCI_CONNECT_DOWNSTREAM, true, 0, 31 },
	{ MODEL_PCIE_SWITCH_DOWNSTREAM_PORT,
	  PCI_CONNECT_EXPRESS | PCI_CONNECT_UPSTREAM | PCI_CONNECT_EXPRESS_BRIDGE, true, 0, 0 },
	{ MODEL_PCIE_EXPANDER_BUS, PCI_CONNECT_ROOT_PORT | PCI_CONNECT_DMI_BRIDGE, false, 0, 31 },
};

static const struct {
	PciConnect connect;
	const char *name;
} connect_names[] = {
	{ PCI_CONNECT_DEVICE, "standard PCI device" },
	{ PCI_CONNECT_EXPRESS, "PCI Express device" },
	{ PCI_CONNECT_BRIDGE, "pci-bridge" },
	{ PCI_CONNECT_ROOT_PORT, "pcie-root-port" },
	{ PCI_CONNECT_UPSTREAM, "pcie-switch-upstream-port" },
	{ PCI_CONNECT_DOWNSTREAM, "pcie-switch-downstream-port" },
	{ PCI_CONNECT_DMI_BRIDGE, "dmi-to-pci-bridge" },
	{ PCI_CONNECT_EXPANDER, "pci-expander-bus" },
	{ PCI_CONNECT_EXPRESS_EXPANDER, "pcie-expander-bus" },
	{ PCI_CONNECT_EXPRESS_BRIDGE, "pcie-to-pci-bridge" },
};

static const char *connect_name(PciConnect connect)
{
	for (size_t i = 0; i < G_N_ELEMENTS(connect_names); i++)
		if (connect_names[i].connect == connect)
			return connect_names[i].name;
	return "PCI device";
}

static void bus_set(PciBus *bus, ControllerModel model)
{
	for (size_t i = 0; i < G_N_ELEMENTS(bus_kinds); i++) {
		if (bus_kinds[i].model != model)
			continue;
		bus->model = model;
		bus->accepts = bus_kinds[i].accepts;
		bus->automatic = bus_kinds[i].automatic;
		bus->first = bus_kinds[i].first;
		bus->last = bus_kinds[i].last;
	}
}

static void map_add(PciMap *map, unsigned index, ControllerModel model)
{
	bus_set(&map->buses[index], model);
	if (map->n_buses <= index)
		map->n_buses = index + 1;
}

static void controller_add(PciMap *map, ControllerModel model)
{
	DomainController *controller = domain_def_add(map->def, DEVICE_CONTROLLER);

	controller->type = CONTROLLER_PCI;
	controller->model = model;
	controller->index = (int)map->n_buses;
	controller->has_index = true;
	map_add(map, map->n_buses, model);
	map->grown = true;
}

/* Each kind of root has its own. */
static bool expander_fits(const PciMap *map, const DomainController *controller, GError **error)
{
	ControllerModel other = map->express ? MODEL_PCI_EXPANDER_BUS : MODEL_PCIE_EXPANDER_BUS;

	if (controller->model != other)
		return true;
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("machine type '%s' has no %s; use %s"),
		    map->def->os.machine, controller_model_name(other),
		    controller_model_name(map->express ? MODEL_PCIE_EXPANDER_BUS
						       : MODEL_PCI_EXPANDER_BUS));
}

static bool map_fill(PciMap *map, GError **error)
{
	ControllerModel root = map->express ? MODEL_PCIE_ROOT : MODEL_PCI_ROOT;

	for (guint i = 0; i < list_length(map->def->controllers); i++) {
		const DomainController *controller = list_get(map->def->controllers, i);

		if (controller->type != CONTROLLER_PCI)
			continue;
		if (controller->index < 0 || controller->index >= PCI_BUSES)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("PCI controller index %d is above the highest, %d"),
				    controller->index, PCI_BUSES - 1);
		if (!expander_fits(map, controller, error))
			return false;
		if (map->buses[controller->index].model)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("there are several PCI controllers with index %d"),
				    controller->index);
		if (controller->index == 0 && controller->model != root &&
		    machine_family(map->def) != MACHINE_PSERIES)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("the PCI controller with index 0 is a '%s', but on this "
				      "machine type it must be '%s'"),
				    controller_model_name(controller->model) ?: "",
				    controller_model_name(root));
		map_add(map, (unsigned)controller->index, controller->model);
	}
	return true;
}

PciMap *pci_map_new(DomainDef *def, GError **error)
{
	g_autofree PciMap *map = g_new0(PciMap, 1);
	unsigned n_buses;

	map->def = def;
	map->express = machine_has_pcie_root(def);
	if (!map_fill(map, error))
		return NULL;
	/* Holes in the numbering are filled, so that each bus has a controller. */
	n_buses = map->n_buses;
	for (unsigned i = 1; i < n_buses; i++) {
		if (map->buses[i].model)
			continue;
		map->n_buses = i;
		controller_add(map, map->express ? MODEL_PCIE_ROOT_PORT : MODEL_PCI_BRIDGE);
		map->n_buses = n_buses;
	}
	return g_steal_pointer(&map);
}

void pci_map_mark(PciMap *map, unsigned slot, guint8 functions)
{
	map->buses[0].used[slot] |= functions;
}

bool pci_map_is_free(const PciMap *map, const PciAddress *address)
{
	return address->bus < map->n_buses && address->slot < PCI_SLOTS &&
	       map->buses[address->bus].used[address->slot] == 0;
}

/* An address that names a bus which is not there yet makes it. */
static bool map_reach(PciMap *map, const PciAddress *address, PciConnect connect, GError **error)
{
	while (map->n_buses <= address->bus) {
		bool last = map->n_buses == address->bus;

		if (map->express)
			controller_add(map, last && connect == PCI_CONNECT_DEVICE
						    ? MODEL_PCIE_TO_PCI_BRIDGE
						    : MODEL_PCIE_ROOT_PORT);
		else
			controller_add(map, MODEL_PCI_BRIDGE);
		if (map->n_buses >= PCI_BUSES && map->n_buses <= address->bus)
			return fail(error, VIR_ERR_XML_ERROR, _("PCI bus 0x%02x is out of range"),
				    address->bus);
	}
	return true;
}

/* Whether the guest can have such an address, apart from what else is there. */
static bool address_is_possible(const PciMap *map, const PciAddress *address)
{
	const PciBus *bus;

	if (address->domain != 0 || address->bus >= PCI_BUSES || address->slot >= PCI_SLOTS ||
	    address->function > 7)
		return false;
	bus = &map->buses[address->bus];
	return map->n_buses <= address->bus ||
	       (address->slot >= bus->first && address->slot <= bus->last);
}

static bool address_check(const PciMap *map, const PciAddress *address, GError **error)
{
	g_autofree char *text = NULL;
	const PciBus *bus;

	if (address_is_possible(map, address))
		return true;
	text = pci_address_text(address);
	if (address->domain != 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("PCI address %s: guests have only PCI domain 0"), text);
	if (address->bus >= PCI_BUSES || address->slot >= PCI_SLOTS || address->function > 7)
		return fail(error, VIR_ERR_XML_ERROR, _("PCI address %s is out of range"), text);
	bus = &map->buses[address->bus];
	return fail(error, VIR_ERR_XML_ERROR,
		    _("PCI address %s: slots of the %s with index %u go from %u to %u"), text,
		    controller_model_name(bus->model), address->bus, bus->first, bus->last);
}

/* Whether @bus takes what connects so, and has nothing there yet. */
static bool bus_check(const PciBus *bus, const PciAddress *address, PciConnect connect,
		      GError **error)
{
	/* Who gives an address may put PCI and PCI Express endpoints into each other's slots. */
	bool fits = (bus->accepts & connect) ||
		    ((bus->accepts & PCI_CONNECT_ENDPOINTS) && (connect & PCI_CONNECT_ENDPOINTS));
	g_autofree char *text = NULL;

	if (fits && !(bus->used[address->slot] & (1 << address->function)))
		return true;
	text = pci_address_text(address);
	if (fits)
		return fail(error, VIR_ERR_XML_ERROR, _("PCI address %s is used twice"), text);
	return fail(error, VIR_ERR_XML_ERROR,
		    _("PCI address %s is on the %s with index %u, which does not accept a %s"),
		    text, controller_model_name(bus->model), address->bus, connect_name(connect));
}

bool pci_map_take(PciMap *map, const PciAddress *address, PciConnect connect, GError **error)
{
	PciBus *bus;

	if (!address_check(map, address, error) || !map_reach(map, address, connect, error) ||
	    !address_check(map, address, error))
		return false;
	bus = &map->buses[address->bus];
	if (!bus_check(bus, address, connect, error))
		return false;
	bus->used[address->slot] |= (guint8)(1 << address->function);
	if (connect == PCI_CONNECT_ROOT_PORT)
		bus->shared |= 1u << address->slot;
	return true;
}

/* The first function of @slot that @connect may have, or -1. */
static int slot_function(const PciBus *bus, unsigned slot, PciConnect connect)
{
	if (bus->used[slot] == 0)
		return 0;
	if (connect != PCI_CONNECT_ROOT_PORT || !(bus->shared & (1u << slot)))
		return -1;
	for (int function = 0; function < 8; function++)
		if (!(bus->used[slot] & (1 << function)))
			return function;
	return -1;
}

static bool bus_takes(const PciBus *bus, PciConnect connect)
{
	/* Express devices on the root itself cannot be unplugged: only by a given address. */
	if (bus->model == MODEL_PCIE_ROOT && (connect & PCI_CONNECT_ENDPOINTS))
		return false;
	/* Nor can devices right on a DMI bridge. */
	if (bus->model == MODEL_DMI_TO_PCI_BRIDGE && connect == PCI_CONNECT_DEVICE)
		return false;
	return bus->automatic && (bus->accepts & connect);
}

static bool map_find(const PciMap *map, PciConnect connect, PciAddress *ret)
{
	for (unsigned i = 0; i < map->n_buses; i++) {
		const PciBus *bus = &map->buses[i];

		if (!bus_takes(bus, connect))
			continue;
		for (unsigned slot = bus->first; slot <= bus->last; slot++) {
			int function = slot_function(bus, slot, connect);

			if (function < 0)
				continue;
			ret->domain = 0;
			ret->bus = i;
			ret->slot = slot;
			ret->function = (guint)function;
			ret->assigned = true;
			return true;
		}
	}
	return false;
}

bool pci_map_has_room(const PciMap *map, PciConnect connect)
{
	PciAddress address = { 0 };

	return map_find(map, connect, &address);
}

bool pci_map_grow(PciMap *map, PciConnect connect, GError **error)
{
	if (map->n_buses + 2 >= PCI_BUSES)
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("no PCI slot is left for a %s, and all %u buses are in use"),
			    connect_name(connect), PCI_BUSES);
	if (map->express && (connect == PCI_CONNECT_DEVICE || connect == PCI_CONNECT_BRIDGE)) {
		controller_add(map, MODEL_PCIE_ROOT_PORT);
		controller_add(map, MODEL_PCIE_TO_PCI_BRIDGE);
		/* The bridge itself has to go somewhere. */
		return pci_map_assign(map, PCI_CONNECT_EXPRESS_BRIDGE, &(PciAddress){ 0 }, error);
	}
	if (map->express && (connect == PCI_CONNECT_EXPRESS || connect == PCI_CONNECT_UPSTREAM ||
			     connect == PCI_CONNECT_EXPRESS_BRIDGE)) {
		controller_add(map, MODEL_PCIE_ROOT_PORT);
		return true;
	}
	if (!map->express && (connect & PCI_CONNECT_ENDPOINTS)) {
		controller_add(map, MODEL_PCI_BRIDGE);
		return true;
	}
	return fail(error, VIR_ERR_INTERNAL_ERROR,
		    _("no PCI slot is left for a %s, and none can be added by itself"),
		    connect_name(connect));
}

bool pci_map_assign(PciMap *map, PciConnect connect, PciAddress *ret, GError **error)
{
	/* What is plugged into conventional slots only is the same to them. */
	if (!map->express && (connect & PCI_CONNECT_ENDPOINTS))
		connect = PCI_CONNECT_DEVICE;
	if (!map_find(map, connect, ret)) {
		if (!pci_map_grow(map, connect, error))
			return false;
		if (!map_find(map, connect, ret))
			return fail(error, VIR_ERR_INTERNAL_ERROR,
				    _("no PCI slot is left for a %s"), connect_name(connect));
	}
	return pci_map_take(map, ret, connect, error);
}

bool pci_map_assign_root(PciMap *map, PciAddress *ret, GError **error)
{
	PciBus *root = &map->buses[0];

	for (unsigned slot = root->first; slot <= root->last; slot++) {
		if (root->used[slot] != 0)
			continue;
		*ret = (PciAddress){ .slot = slot, .assigned = true };
		root->used[slot] = 1;
		return true;
	}
	return fail(error, VIR_ERR_INTERNAL_ERROR, _("no slot of PCI's root is left"));
}
