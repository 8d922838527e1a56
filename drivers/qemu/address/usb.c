/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/address/address.h"

#define USB_BUSES 64
#define USB_PORTS_MAX 31
#define USB_HUB_PORTS 8

/* A hub, or the ports of a controller. */
typedef struct UsbHub {
	unsigned n_ports;
	guint32 used; /* bit of port - 1 */
	struct UsbHub *hubs[USB_PORTS_MAX];
} UsbHub;

typedef struct UsbMap {
	DomainDef *def;
	UsbHub *buses[USB_BUSES];
	unsigned wanted; /* devices without a port */
	GError **error;
} UsbMap;

static void hub_free(UsbHub *hub)
{
	if (!hub)
		return;
	for (unsigned i = 0; i < hub->n_ports; i++)
		hub_free(hub->hubs[i]);
	g_free(hub);
}

static unsigned controller_ports(const DomainController *controller)
{
	switch (controller->model) {
	case MODEL_PIIX3_UHCI:
	case MODEL_PIIX4_UHCI:
	case MODEL_VT82C686B_UHCI:
	case MODEL_ICH9_UHCI1:
	case MODEL_ICH9_UHCI2:
	case MODEL_ICH9_UHCI3:
		return 2;
	case MODEL_EHCI:
	case MODEL_ICH9_EHCI1:
		return 6;
	case MODEL_PCI_OHCI:
		return 3;
	case MODEL_NEC_XHCI:
	case MODEL_QEMU_XHCI:
		return controller->has_ports ? MIN(controller->ports, 15) : 4;
	default:
		return 0;
	}
}

static void map_fill(UsbMap *map)
{
	for (guint i = 0; i < list_length(map->def->controllers); i++) {
		const DomainController *controller = list_get(map->def->controllers, i);
		unsigned ports = controller_ports(controller);
		UsbHub **bus;

		if (controller->type != CONTROLLER_USB || !ports || controller->index < 0 ||
		    controller->index >= USB_BUSES)
			continue;
		/* Companions share the ports of their master, which has the most. */
		bus = &map->buses[controller->index];
		if (!*bus)
			*bus = g_new0(UsbHub, 1);
		(*bus)->n_ports = MAX((*bus)->n_ports, ports);
	}
}

/* Whether @device has an address of type usb. */
static bool device_is_usb(const DomainDevice *device)
{
	switch (device->kind) {
	case DEVICE_DISK:
		return device->disk->bus == DISK_BUS_USB;
	case DEVICE_INPUT:
		return device->input->bus == INPUT_BUS_USB;
	case DEVICE_HUB:
		return true;
	case DEVICE_HOSTDEV:
		return device->hostdev->mode != HOSTDEV_MODE_CAPABILITIES &&
		       device->hostdev->type == HOSTDEV_USB;
	case DEVICE_REDIRDEV:
		return device->redirdev->bus == DISK_BUS_USB;
	case DEVICE_SOUND:
		return device->sound->model == SOUND_USB;
	case DEVICE_SERIAL:
		return device->chardev->serial_target == SERIAL_TARGET_USB;
	case DEVICE_CONTROLLER:
		return device->controller->type == CONTROLLER_CCID;
	default:
		return false;
	}
}

static bool note_usb(DomainDef *def, const DomainDevice *device, void *data)
{
	(void)def;
	if (device_is_usb(device))
		*(bool *)data = true;
	return !*(bool *)data;
}

bool usb_is_wanted(const DomainDef *def)
{
	bool wanted = false;

	domain_def_each_device((DomainDef *)def, note_usb, &wanted);
	return wanted;
}

static bool device_wants_port(const DomainDevice *device)
{
	const DeviceAddress *address = &device->info->address;

	return device_is_usb(device) &&
	       (address->type == ADDRESS_ABSENT ||
		(address->type == ADDRESS_USB && (!address->usb.port || !*address->usb.port)));
}

/* The hub that the last number of @port is a port of; *ret_port is that number. */
static UsbHub *hub_find(UsbHub *bus, const char *port, unsigned *ret_port)
{
	UsbHub *hub = bus;

	for (;;) {
		char *end;
		unsigned long number = strtoul(port, &end, 10);

		if (end == port || number < 1 || number > hub->n_ports)
			return NULL;
		*ret_port = (unsigned)number;
		if (*end == '\0')
			return hub;
		hub = hub->hubs[number - 1];
		if (!hub || *end != '.')
			return NULL;
		port = end + 1;
	}
}

static bool map_take(UsbMap *map, const DomainDevice *device)
{
	const DeviceAddress *address = &device->info->address;
	unsigned bus = address->usb.bus, number;
	UsbHub *hub;

	if (bus >= USB_BUSES || !map->buses[bus])
		return fail(
			map->error, VIR_ERR_XML_ERROR,
			_("USB address on bus %u, but there is no USB controller with that index"),
			bus);
	hub = hub_find(map->buses[bus], address->usb.port, &number);
	if (!hub)
		return fail(map->error, VIR_ERR_XML_ERROR, _("USB bus %u has no port %s"), bus,
			    address->usb.port);
	if (hub->used & (1u << (number - 1)))
		return fail(map->error, VIR_ERR_XML_ERROR, _("port %s of USB bus %u is used twice"),
			    address->usb.port, bus);
	hub->used |= 1u << (number - 1);
	if (device->kind == DEVICE_HUB) {
		hub->hubs[number - 1] = g_new0(UsbHub, 1);
		hub->hubs[number - 1]->n_ports = USB_HUB_PORTS;
	}
	return true;
}

static bool take_given(DomainDef *def, const DomainDevice *device, void *data)
{
	UsbMap *map = data;

	(void)def;
	if (device->kind == DEVICE_CONSOLE)
		return true;
	if (device_wants_port(device))
		map->wanted++;
	if (device->info->address.type != ADDRESS_USB || device_wants_port(device) ||
	    !device->info->address.usb.port || device->kind == DEVICE_HUB)
		return true;
	return map_take(map, device);
}

/* Given hubs, those nearest to the root first, as the others hang on them. */
static bool take_hubs(UsbMap *map)
{
	for (unsigned depth = 0; depth < USB_PORT_DEPTH; depth++)
		for (guint i = 0; i < list_length(map->def->hubs); i++) {
			DomainDevice device = { .kind = DEVICE_HUB,
						.hub = list_get(map->def->hubs, i) };
			const char *port = device.info->address.usb.port;
			unsigned dots = 0;

			if (device_wants_port(&device) || !port)
				continue;
			for (const char *at = port; *at; at++)
				dots += *at == '.';
			if (dots == depth && !map_take(map, &device))
				return false;
		}
	return true;
}

/* A free port of @hub or else below it, as text behind @path. */
static char *hub_free_port(const UsbHub *hub, const char *path, unsigned depth)
{
	for (unsigned i = 0; i < hub->n_ports; i++)
		if (!(hub->used & (1u << i)))
			return g_strdup_printf("%s%u", path, i + 1);
	if (depth + 1 >= USB_PORT_DEPTH)
		return NULL;
	for (unsigned i = 0; i < hub->n_ports; i++) {
		g_autofree char *below = g_strdup_printf("%s%u.", path, i + 1);
		char *port = hub->hubs[i] ? hub_free_port(hub->hubs[i], below, depth + 1) : NULL;

		if (port)
			return port;
	}
	return NULL;
}

static unsigned hub_free_ports(const UsbHub *hub)
{
	unsigned count = 0;

	for (unsigned i = 0; hub && i < hub->n_ports; i++) {
		count += !(hub->used & (1u << i));
		count += hub_free_ports(hub->hubs[i]);
	}
	return count;
}

static bool map_assign(UsbMap *map, const DomainDevice *device)
{
	DeviceAddress *address = &device->info->address;
	bool given = address->type == ADDRESS_USB;

	for (unsigned bus = 0; bus < USB_BUSES; bus++) {
		char *port;

		if (!map->buses[bus] || (given && bus != address->usb.bus))
			continue;
		port = hub_free_port(map->buses[bus], "", 0);
		if (!port)
			continue;
		g_free(address->usb.port);
		address->type = ADDRESS_USB;
		address->usb.bus = bus;
		address->usb.port = port;
		return map_take(map, device);
	}
	if (given)
		return fail(
			map->error, VIR_ERR_XML_ERROR,
			_("USB bus %u has no free port, or there is no controller with that index"),
			address->usb.bus);
	return fail(
		map->error, VIR_ERR_XML_ERROR,
		_("no USB port is free: add a <controller type='usb'/> or a <hub type='usb'/>"));
}

static bool assign_kind(UsbMap *map, DeviceKind kind)
{
	GPtrArray *list = domain_def_devices(map->def, kind);

	for (guint i = 0; i < list_length(list); i++) {
		DomainDevice device = { .kind = kind, .any = list_get(list, i) };

		if (device_wants_port(&device) && !map_assign(map, &device))
			return false;
	}
	return true;
}

/* So many hubs that all devices and the hubs themselves find a port. */
static void hubs_add(UsbMap *map)
{
	unsigned ports = 0;

	for (unsigned bus = 0; bus < USB_BUSES; bus++)
		ports += hub_free_ports(map->buses[bus]);
	if (ports == 0)
		return;
	for (guint i = 0; i < list_length(map->def->hubs); i++) {
		DomainDevice device = { .kind = DEVICE_HUB, .hub = list_get(map->def->hubs, i) };

		if (device_wants_port(&device))
			ports += USB_HUB_PORTS;
	}
	while (ports < map->wanted) {
		DomainHub *hub = domain_def_add(map->def, DEVICE_HUB);

		hub->type = HUB_USB;
		map->wanted++;
		ports += USB_HUB_PORTS;
	}
}

static bool map_complete(UsbMap *map)
{
	static const DeviceKind order[] = {
		DEVICE_HUB,   DEVICE_HOSTDEV, DEVICE_DISK,  DEVICE_CONTROLLER,
		DEVICE_INPUT, DEVICE_SERIAL,  DEVICE_SOUND, DEVICE_REDIRDEV,
	};

	map_fill(map);
	if (!take_hubs(map) || !domain_def_each_device(map->def, take_given, map))
		return false;
	if (map->wanted == 0)
		return true;
	hubs_add(map);
	for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
		if (!assign_kind(map, order[i]))
			return false;
	return true;
}

bool usb_addresses_complete(DomainDef *def, GError **error)
{
	UsbMap map = { .def = def, .error = error };
	bool done = map_complete(&map);

	for (unsigned bus = 0; bus < USB_BUSES; bus++)
		hub_free(map.buses[bus]);
	return done;
}
