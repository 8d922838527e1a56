/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who gets which PCI address. Given addresses come first, then what sits at a fixed place of the
 * board, then the others in a fixed order of kinds, so that the same definition always gets the
 * same addresses: guests name their disks and interfaces after them.
 */
#include "config.h"

#include "drivers/qemu/address/pci.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/machine.h"

#define PASSES_MAX 8

/* One attempt: what was given out can be taken back when it turns out that buses are missing. */
typedef struct PciPass {
	DomainDef *def;
	PciMap *map;
	GPtrArray *given; /* DeviceInfo */
	GError **error;
} PciPass;

static void pass_give(PciPass *pass, DeviceInfo *info, const PciAddress *address)
{
	info->address.type = ADDRESS_PCI;
	info->address.pci.domain = address->domain;
	info->address.pci.bus = address->bus;
	info->address.pci.slot = address->slot;
	info->address.pci.function = address->function;
	info->address.pci.assigned = true;
	g_ptr_array_add(pass->given, info);
}

static void pass_undo(PciPass *pass)
{
	for (guint i = 0; i < pass->given->len; i++) {
		DeviceInfo *info = g_ptr_array_index(pass->given, i);

		info->address.type = ADDRESS_ABSENT;
		memset(&info->address.pci, 0, sizeof(info->address.pci));
	}
	g_ptr_array_set_size(pass->given, 0);
}

static bool pass_wants(const DeviceInfo *info)
{
	const PciAddress *address = &info->address.pci;

	/* Slot 0 of the root is the host bridge: who writes that wants any address. */
	return info->address.type == ADDRESS_ABSENT ||
	       (info->address.type == ADDRESS_PCI &&
		(!address->assigned || (!address->domain && !address->bus && !address->slot)));
}

/* ---- Given addresses ---- */

static bool take_given(DomainDef *def, const DomainDevice *device, void *data)
{
	PciPass *pass = data;
	const DeviceAddress *address = &device->info->address;
	PciConnect connect;

	/* A console repeats the address of its serial port. */
	if (address->type != ADDRESS_PCI || pass_wants(device->info) ||
	    device->kind == DEVICE_CONSOLE)
		return true;
	connect = pci_connect_of(def, device);
	if (!connect)
		connect = PCI_CONNECT_DEVICE;
	if (device->kind == DEVICE_CONTROLLER && device->controller->type == CONTROLLER_PCI &&
	    address->pci.bus >= (guint)device->controller->index)
		return fail(
			pass->error, VIR_ERR_XML_ERROR,
			_("the PCI controller with index %d is on bus 0x%02x: its index must be "
			  "the greater"),
			device->controller->index, address->pci.bus);
	return pci_map_take(pass->map, &address->pci, connect, pass->error);
}

/* ---- The board ---- */

/* Puts @info at a place of the board if it has none; what was given must be that place. */
static bool board_place(PciPass *pass, DeviceInfo *info, guint slot, guint function,
			const char *what)
{
	PciAddress place = { .slot = slot, .function = function, .assigned = true };

	if (!pass_wants(info)) {
		if (info->address.type != ADDRESS_PCI ||
		    pci_address_equal(&info->address.pci, &place))
			return true;
		return fail(
			pass->error, VIR_ERR_INTERNAL_ERROR,
			_("the first %s of this machine type is always at PCI address 0:0:%x.%u"),
			what, slot, function);
	}
	if (!pci_map_take(pass->map, &place, PCI_CONNECT_DEVICE, pass->error))
		return false;
	pass_give(pass, info, &place);
	return true;
}

/* Function 0 of @slot on the root, unless somebody has it. */
static void board_place_if_free(PciPass *pass, DeviceInfo *info, guint slot)
{
	PciAddress place = { .slot = slot, .assigned = true };

	if (!pass_wants(info) || !pci_map_is_free(pass->map, &place))
		return;
	pci_map_mark(pass->map, slot, 1);
	pass_give(pass, info, &place);
}

/* The first screen is at @slot, or else at the first place that is free. */
static bool board_place_video(PciPass *pass, guint slot)
{
	DomainVideo *video = list_length(pass->def->videos) ? list_get(pass->def->videos, 0) : NULL;
	DomainDevice device = { .kind = DEVICE_VIDEO, .video = video };
	PciAddress address = { 0 };

	if (!video || !pci_connect_of(pass->def, &device))
		return true;
	board_place_if_free(pass, &video->info, slot);
	if (!pass_wants(&video->info))
		return true;
	if (!pci_map_assign(pass->map, pci_connect_of(pass->def, &device), &address, pass->error))
		return false;
	pass_give(pass, &video->info, &address);
	return true;
}

static bool board_i440fx(PciPass *pass)
{
	for (guint i = 0; i < list_length(pass->def->controllers); i++) {
		DomainController *controller = list_get(pass->def->controllers, i);

		if (controller->index != 0)
			continue;
		if (controller->type == CONTROLLER_IDE &&
		    !board_place(pass, &controller->info, 1, 1, "IDE controller"))
			return false;
		if (controller->type == CONTROLLER_USB && controller->model == MODEL_PIIX3_UHCI &&
		    !board_place(pass, &controller->info, 1, 2, "PIIX3 USB controller"))
			return false;
	}
	return board_place_video(pass, 2);
}

/* The first sets of USB 2 controllers are where the real chipset has them. */
static void board_place_ich9_usb(PciPass *pass)
{
	static const guint8 slots[] = { 0x1d, 0x1a };

	for (guint i = 0; i < list_length(pass->def->controllers); i++) {
		DomainController *controller = list_get(pass->def->controllers, i);

		if (controller->type != CONTROLLER_USB || controller->model != MODEL_ICH9_UHCI1 ||
		    !pass_wants(&controller->info))
			continue;
		for (guint j = 0; j < G_N_ELEMENTS(slots); j++) {
			PciAddress place = { .slot = slots[j], .assigned = true };

			if (!pci_map_is_free(pass->map, &place))
				continue;
			pci_map_mark(pass->map, slots[j], 1);
			pass_give(pass, &controller->info, &place);
			controller->info.address.pci.multifunction = TRISTATE_YES;
			break;
		}
	}
}

static bool board_q35(PciPass *pass)
{
	for (guint i = 0; i < list_length(pass->def->controllers); i++) {
		DomainController *controller = list_get(pass->def->controllers, i);

		if (controller->index == 0 && controller->type == CONTROLLER_SATA &&
		    !board_place(pass, &controller->info, 0x1f, 2, "SATA controller"))
			return false;
		if (controller->type == CONTROLLER_PCI &&
		    controller->model == MODEL_DMI_TO_PCI_BRIDGE)
			board_place_if_free(pass, &controller->info, 0x1e);
	}
	board_place_ich9_usb(pass);
	for (guint i = 0; i < list_length(pass->def->sounds); i++) {
		DomainSound *sound = list_get(pass->def->sounds, i);

		if (sound->model == SOUND_ICH9)
			board_place_if_free(pass, &sound->info, 0x1b);
	}
	return board_place_video(pass, 1);
}

/* Parts of the board that are no devices of a definition. */
static void board_reserve(PciPass *pass)
{
	switch (machine_family(pass->def)) {
	case MACHINE_I440FX:
		/* bridge to ISA and power management; IDE and USB are functions 1 and 2 of it */
		pci_map_mark(pass->map, 1, 0x09);
		break;
	case MACHINE_Q35:
		/* LPC bridge and SMBus; SATA is function 2 */
		pci_map_mark(pass->map, 0x1f, 0x09);
		break;
	default:
		break;
	}
}

static bool board_assign(PciPass *pass)
{
	switch (machine_family(pass->def)) {
	case MACHINE_I440FX:
		return board_i440fx(pass);
	case MACHINE_Q35:
		return board_q35(pass);
	default:
		return true;
	}
}

/* ---- The others ---- */

/* Functions of one USB 2 controller and its companions for older devices. */
static int companion_function(ControllerModel model)
{
	switch (model) {
	case MODEL_ICH9_UHCI1:
		return 0;
	case MODEL_ICH9_UHCI2:
		return 1;
	case MODEL_ICH9_UHCI3:
		return 2;
	case MODEL_ICH9_EHCI1:
		return 7;
	default:
		return -1;
	}
}

/* They share a slot: that of the first one which has an address. */
static bool assign_companion(PciPass *pass, DomainController *controller)
{
	guint function = (guint)companion_function(controller->model);
	PciAddress address = { 0 };

	for (guint i = 0; i < list_length(pass->def->controllers); i++) {
		const DomainController *other = list_get(pass->def->controllers, i);

		if (other->type != CONTROLLER_USB || other->index != controller->index ||
		    companion_function(other->model) < 0 || pass_wants(&other->info) ||
		    other->info.address.type != ADDRESS_PCI)
			continue;
		address = other->info.address.pci;
		address.function = function;
		if (!pci_map_take(pass->map, &address, PCI_CONNECT_DEVICE, pass->error))
			return false;
		pass_give(pass, &controller->info, &address);
		controller->info.address.pci.multifunction =
			function == 0 ? TRISTATE_YES : TRISTATE_ABSENT;
		return true;
	}
	if (!pci_map_assign(pass->map, PCI_CONNECT_DEVICE, &address, pass->error))
		return false;
	pass->map->buses[address.bus].used[address.slot] = (guint8)(1 << function);
	address.function = function;
	pass_give(pass, &controller->info, &address);
	if (function == 0)
		controller->info.address.pci.multifunction = TRISTATE_YES;
	return true;
}

static bool assign_device(PciPass *pass, const DomainDevice *device)
{
	PciConnect connect = pci_connect_of(pass->def, device);
	PciAddress address = { 0 };

	if (!connect || !pass_wants(device->info))
		return true;
	if (device->kind == DEVICE_CONTROLLER && device->controller->type == CONTROLLER_USB &&
	    companion_function(device->controller->model) >= 0)
		return assign_companion(pass, device->controller);
	if (device->kind == DEVICE_IOMMU
		    ? !pci_map_assign_root(pass->map, &address, pass->error)
		    : !pci_map_assign(pass->map, connect, &address, pass->error))
		return false;
	if (device->kind == DEVICE_CONTROLLER && device->controller->type == CONTROLLER_PCI &&
	    address.bus >= (guint)device->controller->index)
		return fail(pass->error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the PCI controller with index %d fits on bus 0x%02x only, but its "
			      "index must be the greater"),
			    device->controller->index, address.bus);
	pass_give(pass, device->info, &address);
	return true;
}

/* On boards without slots for virtio (ccw, mmio), other code gives addresses. */
static bool assign_kind(PciPass *pass, DeviceKind kind, bool pci_controllers)
{
	GPtrArray *list = domain_def_devices(pass->def, kind);
	guint n = list_length(list); /* growing appends controllers behind: for the next pass */

	for (guint i = 0; i < n; i++) {
		DomainDevice device = { .kind = kind, .any = list_get(list, i) };

		if (kind == DEVICE_CONTROLLER &&
		    (device.controller->type == CONTROLLER_PCI) != pci_controllers)
			continue;
		if (!assign_device(pass, &device))
			return false;
	}
	return true;
}

/* The order is old, and guests know their devices by the places that came of it. */
static const DeviceKind pci_order[] = {
	DEVICE_FILESYSTEM, DEVICE_INTERFACE,  DEVICE_SOUND, DEVICE_CONTROLLER, DEVICE_DISK,
	DEVICE_HOSTDEV,    DEVICE_MEMBALLOON, DEVICE_RNG,   DEVICE_WATCHDOG,   DEVICE_IOMMU,
	DEVICE_VIDEO,      DEVICE_SHMEM,      DEVICE_INPUT, DEVICE_SERIAL,     DEVICE_VSOCK,
	DEVICE_MEMORY,     DEVICE_CRYPTO,     DEVICE_PANIC,
};

static bool is_in_order(DeviceKind kind)
{
	for (size_t i = 0; i < G_N_ELEMENTS(pci_order); i++)
		if (pci_order[i] == kind)
			return true;
	return false;
}

/* Kinds that came later come last. */
static bool assign_all(PciPass *pass)
{
	if (!assign_kind(pass, DEVICE_CONTROLLER, true))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(pci_order); i++)
		if (!assign_kind(pass, pci_order[i], false))
			return false;
	for (DeviceKind kind = DEVICE_NONE + 1; kind < DEVICE_LAST; kind++)
		if (!is_in_order(kind) && !assign_kind(pass, kind, false))
			return false;
	return true;
}

PciConnect pci_connect_of(const DomainDef *def, const DomainDevice *device)
{
	const QemuDeviceKind *kind = qemu_device_kinds[device->kind];

	return machine_has_pci(def) && kind && kind->pci ? kind->pci(device) : 0;
}

static guint pci_controllers_count(const DomainDef *def)
{
	guint count = 0;

	for (guint i = 0; i < list_length(def->controllers); i++)
		if (((DomainController *)list_get(def->controllers, i))->type == CONTROLLER_PCI)
			count++;
	return count;
}

/* Is every slot of bus 0 spoken for by a given address? Then nobody wants a bridge for more. */
static bool root_is_given_away(const PciMap *map)
{
	for (unsigned slot = 1; slot < PCI_SLOTS; slot++)
		if (map->buses[0].used[slot] == 0)
			return false;
	return true;
}

static bool pass_run(PciPass *pass, bool *ret_given_away)
{
	pass->map = pci_map_new(pass->def, pass->error);
	if (!pass->map)
		return false;
	board_reserve(pass);
	if (!domain_def_each_device(pass->def, take_given, pass) || !board_assign(pass))
		return false;
	*ret_given_away = root_is_given_away(pass->map);
	return assign_all(pass);
}

/*
 * Room to grow, once: a definition that left PCI to us gets one more port for a device to be
 * plugged in later; and the last free slot of a conventional root is kept for a bridge.
 */
static bool pass_spare(PciPass *pass, bool fresh, bool given_away)
{
	PciMap *map = pass->map;

	if (machine_family(pass->def) == MACHINE_PSERIES)
		return true;
	if (!map->express)
		return given_away || map->n_buses > 1 ||
		       pci_map_has_room(map, PCI_CONNECT_DEVICE) ||
		       pci_map_grow(map, PCI_CONNECT_DEVICE, pass->error);
	if (!fresh || !map->grown)
		return true;
	return pci_map_has_room(map, PCI_CONNECT_EXPRESS) ||
	       pci_map_grow(map, PCI_CONNECT_EXPRESS, pass->error);
}

static bool passes_run(PciPass *pass, GError **error)
{
	bool fresh = pci_controllers_count(pass->def) <= 1;
	bool given_away = false;

	for (int i = 0; i < PASSES_MAX; i++) {
		bool grown;

		if (!pass_run(pass, &given_away) || !pass_spare(pass, fresh, given_away))
			return false;
		grown = pass->map->grown;
		g_clear_pointer(&pass->map, g_free);
		if (!grown)
			return true;
		pass_undo(pass);
	}
	return fail(error, VIR_ERR_INTERNAL_ERROR,
		    _("the PCI devices do not fit on this machine type"));
}

/* ---- Numbers of controllers, and function 0 of shared slots ---- */

static const struct {
	ControllerModel model;
	PciModelName name;
} default_names[] = {
	{ MODEL_PCI_BRIDGE, PCI_MODEL_NAME_PCI_BRIDGE },
	{ MODEL_DMI_TO_PCI_BRIDGE, PCI_MODEL_NAME_I82801B11 },
	{ MODEL_PCIE_TO_PCI_BRIDGE, PCI_MODEL_NAME_PCIE_PCI_BRIDGE },
	{ MODEL_PCIE_ROOT_PORT, PCI_MODEL_NAME_PCIE_ROOT_PORT },
	{ MODEL_PCIE_SWITCH_UPSTREAM_PORT, PCI_MODEL_NAME_X3130_UPSTREAM },
	{ MODEL_PCIE_SWITCH_DOWNSTREAM_PORT, PCI_MODEL_NAME_XIO3130_DOWNSTREAM },
	{ MODEL_PCI_EXPANDER_BUS, PCI_MODEL_NAME_PXB },
	{ MODEL_PCIE_EXPANDER_BUS, PCI_MODEL_NAME_PXB_PCIE },
};

/* Numbers of the buses behind expanders go down from the top; two apart leaves room for a bridge.
 */
static int expander_bus_number(const DomainDef *def)
{
	int lowest = PCI_BUSES;

	for (guint i = 0; i < list_length(def->controllers); i++) {
		const DomainController *controller = list_get(def->controllers, i);

		if (controller->type == CONTROLLER_PCI && controller->has_bus_nr &&
		    controller->bus_nr < lowest)
			lowest = controller->bus_nr;
	}
	return lowest - 2;
}

static int port_number(const DomainController *controller)
{
	const PciAddress *address = &controller->info.address.pci;

	if (controller->model == MODEL_PCIE_SWITCH_DOWNSTREAM_PORT)
		return (int)address->slot;
	return (int)((address->slot << 3) + address->function);
}

static void controller_number(const DomainDef *def, DomainController *controller)
{
	for (size_t i = 0; i < G_N_ELEMENTS(default_names); i++)
		if (default_names[i].model == controller->model && !controller->model_name)
			controller->model_name = default_names[i].name;
	switch (controller->model) {
	case MODEL_PCI_BRIDGE:
		if (!controller->has_chassis_nr)
			controller->chassis_nr = controller->index;
		controller->has_chassis_nr = true;
		break;
	case MODEL_PCIE_ROOT_PORT:
	case MODEL_PCIE_SWITCH_DOWNSTREAM_PORT:
		if (!controller->has_chassis)
			controller->chassis = controller->index;
		if (!controller->has_port)
			controller->port = port_number(controller);
		controller->has_chassis = controller->has_port = true;
		break;
	case MODEL_PCI_EXPANDER_BUS:
	case MODEL_PCIE_EXPANDER_BUS:
		if (!controller->has_bus_nr)
			controller->bus_nr = expander_bus_number(def);
		controller->has_bus_nr = true;
		break;
	default:
		break;
	}
}

static bool slot_note(DomainDef *def, const DomainDevice *device, void *data)
{
	guint8(*functions)[PCI_SLOTS] = data;
	const DeviceAddress *address = &device->info->address;

	(void)def;
	if (device->kind != DEVICE_CONSOLE && address->type == ADDRESS_PCI &&
	    address->pci.bus < PCI_BUSES && address->pci.slot < PCI_SLOTS)
		functions[address->pci.bus][address->pci.slot] |=
			(guint8)(1 << address->pci.function);
	return true;
}

static bool slot_announce(DomainDef *def, const DomainDevice *device, void *data)
{
	guint8(*functions)[PCI_SLOTS] = data;
	PciAddress *address = &device->info->address.pci;

	(void)def;
	if (device->info->address.type == ADDRESS_PCI && address->function == 0 &&
	    address->bus < PCI_BUSES && address->slot < PCI_SLOTS &&
	    address->multifunction == TRISTATE_ABSENT &&
	    (functions[address->bus][address->slot] & ~1))
		address->multifunction = TRISTATE_YES;
	return true;
}

bool pci_addresses_complete(DomainDef *def, GError **error)
{
	PciPass pass = { .def = def, .error = error };
	g_autofree guint8(*functions)[PCI_SLOTS] = NULL;
	bool done;

	if (!machine_has_pci(def))
		return true;
	pass.given = g_ptr_array_new();
	done = passes_run(&pass, error);
	g_free(pass.map);
	g_ptr_array_unref(pass.given);
	if (!done)
		return false;
	for (guint i = 0; i < list_length(def->controllers); i++) {
		DomainController *controller = list_get(def->controllers, i);

		if (controller->type == CONTROLLER_PCI)
			controller_number(def, controller);
	}
	functions = g_malloc0(PCI_BUSES * PCI_SLOTS);
	domain_def_each_device(def, slot_note, functions);
	domain_def_each_device(def, slot_announce, functions);
	return true;
}
