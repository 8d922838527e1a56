/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small buses: virtio-serial, CCID, and those of pseries and s390 machines. */
#include "config.h"

#include <inttypes.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/address/address.h"
#include "drivers/qemu/device/kind.h"
#include "drivers/qemu/machine/machine.h"

#define VIRTIO_SERIAL_PORTS 31 /* unless the controller says otherwise */
#define VIRTIO_SERIAL_CONTROLLER_MAX 255
#define VIRTIO_SERIAL_PORTS_MAX 511 /* QEMU's own */

/* ---- virtio-serial ---- */

/* The ports in use, by port_key(). */
typedef GHashTable PortSet;

static gpointer port_key(guint controller, guint port)
{
	return GUINT_TO_POINTER((controller << 16) + port + 1);
}

static void ports_note(PortSet *taken, const GPtrArray *chardevs)
{
	for (guint i = 0; i < list_length(chardevs); i++) {
		const DomainChardev *chardev = list_get(chardevs, i);
		const DeviceAddress *address = &chardev->info.address;

		if (address->type == ADDRESS_VIRTIO_SERIAL)
			g_hash_table_add(
				taken, port_key(address->serial.controller, address->serial.port));
	}
}

static guint controller_ports(const DomainController *controller)
{
	return controller->has_ports ? controller->ports : VIRTIO_SERIAL_PORTS;
}

/* Port 0 is kept for a console. @ret_port stays as it is when none is free. */
static bool controller_free_port(PortSet *taken, const DomainController *controller,
				 guint *ret_port)
{
	guint ports = MIN(controller_ports(controller), VIRTIO_SERIAL_PORTS_MAX);

	for (guint port = 1; port < ports; port++) {
		if (!g_hash_table_add(taken, port_key((guint)controller->index, port)))
			continue;
		*ret_port = port;
		return true;
	}
	return false;
}

static bool channel_address(DomainDef *def, PortSet *taken, DomainChardev *channel, GError **error)
{
	DeviceAddress *address = &channel->info.address;
	bool given = address->type == ADDRESS_VIRTIO_SERIAL;
	int n = controller_free_index(def, CONTROLLER_VIRTIO_SERIAL);

	if (given && address->serial.controller > VIRTIO_SERIAL_CONTROLLER_MAX)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("virtio-serial controller %u: numbers of controllers end at %d"),
			    address->serial.controller, VIRTIO_SERIAL_CONTROLLER_MAX);

	for (int index = given ? (int)address->serial.controller : 0; index <= n; index++) {
		DomainController *controller =
			domain_def_controller(def, CONTROLLER_VIRTIO_SERIAL, index);

		if (!controller) {
			controllers_add_up_to(def, CONTROLLER_VIRTIO_SERIAL, index);
			controller = domain_def_controller(def, CONTROLLER_VIRTIO_SERIAL, index);
		}
		if (controller_free_port(taken, controller, &address->serial.port)) {
			address->type = ADDRESS_VIRTIO_SERIAL;
			address->serial.controller = (guint)index;
			return true;
		}
		if (given)
			break;
	}
	return fail(error, VIR_ERR_XML_ERROR,
		    _("no port of a virtio-serial controller is free for the channel '%s'"),
		    channel->name ?: "");
}

static bool given_port_check(DomainDef *def, PortSet *taken, const DomainChardev *channel,
			     GError **error)
{
	const DeviceAddress *address = &channel->info.address;
	const DomainController *controller;

	if (address->serial.controller > VIRTIO_SERIAL_CONTROLLER_MAX)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("virtio-serial controller %u: numbers of controllers end at %d"),
			    address->serial.controller, VIRTIO_SERIAL_CONTROLLER_MAX);
	controllers_add_up_to(def, CONTROLLER_VIRTIO_SERIAL, (int)address->serial.controller);
	controller = domain_def_controller(def, CONTROLLER_VIRTIO_SERIAL,
					   (int)address->serial.controller);
	if (address->serial.port >= controller_ports(controller))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("virtio-serial controller %u has ports below %u"),
			    address->serial.controller, controller_ports(controller));
	if (!g_hash_table_add(taken, port_key(address->serial.controller, address->serial.port)))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("port %u of virtio-serial controller %u is used twice"),
			    address->serial.port, address->serial.controller);
	return true;
}

static bool channels_complete(DomainDef *def, PortSet *taken, GError **error)
{
	for (guint i = 0; i < list_length(def->channels); i++) {
		const DomainChardev *channel = list_get(def->channels, i);

		if (channel->info.address.type == ADDRESS_VIRTIO_SERIAL &&
		    channel->info.address.serial.port > 0 &&
		    !given_port_check(def, taken, channel, error))
			return false;
	}
	for (guint i = 0; i < list_length(def->channels); i++) {
		DomainChardev *channel = list_get(def->channels, i);
		const DeviceAddress *address = &channel->info.address;

		if (channel->channel_target != CHANNEL_TARGET_VIRTIO ||
		    (address->type != ADDRESS_ABSENT && address->type != ADDRESS_VIRTIO_SERIAL))
			continue;
		if ((address->type == ADDRESS_ABSENT || address->serial.port == 0) &&
		    !channel_address(def, taken, channel, error))
			return false;
	}
	return true;
}

bool serial_addresses_complete(DomainDef *def, GError **error)
{
	g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);

	ports_note(taken, def->consoles);
	if (!channels_complete(def, taken, error))
		return false;
	for (guint i = 0; i < list_length(def->consoles); i++) {
		const DomainChardev *console = list_get(def->consoles, i);

		if (console->console_target == CONSOLE_TARGET_VIRTIO &&
		    !domain_def_controller(def, CONTROLLER_VIRTIO_SERIAL, 0))
			controllers_add_up_to(def, CONTROLLER_VIRTIO_SERIAL, 0);
	}
	return true;
}

/* ---- CCID ---- */

static bool slot_is_taken(const DomainDef *def, guint controller, guint slot, const void *self)
{
	for (guint i = 0; i < list_length(def->smartcards); i++) {
		const DomainSmartcard *card = list_get(def->smartcards, i);

		if (card != self && card->info.address.type == ADDRESS_CCID &&
		    card->info.address.ccid.controller == controller &&
		    card->info.address.ccid.slot == slot)
			return true;
	}
	return false;
}

bool ccid_addresses_complete(DomainDef *def, GError **error)
{
	guint next = 0;

	for (guint i = 0; i < list_length(def->smartcards); i++) {
		DomainSmartcard *card = list_get(def->smartcards, i);
		DeviceAddress *address = &card->info.address;

		if (address->type == ADDRESS_ABSENT) {
			while (slot_is_taken(def, 0, next, card))
				next++;
			address->type = ADDRESS_CCID;
			address->ccid.controller = 0;
			address->ccid.slot = next++;
		}
		if (address->type != ADDRESS_CCID || address->ccid.controller > 255)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("a smartcard needs an address of type 'ccid'"));
		controllers_add_up_to(def, CONTROLLER_CCID, (int)address->ccid.controller);
	}
	return true;
}

/* ---- The virtual I/O bus of pseries ---- */

typedef struct SpaprSearch {
	const void *self;
	guint64 reg;
	bool taken;
} SpaprSearch;

static bool spapr_note(DomainDef *def, const DomainDevice *device, void *data)
{
	SpaprSearch *search = data;
	const DeviceAddress *address = &device->info->address;

	(void)def;
	if (device->info != search->self && address->type == ADDRESS_SPAPR_VIO &&
	    address->spapr.has_reg && address->spapr.reg == search->reg)
		search->taken = true;
	return true;
}

/* Where registers of each kind of device begin; 0 when it is not on that bus. */
static guint64 spapr_first(const DomainDevice *device)
{
	switch (device->kind) {
	case DEVICE_INTERFACE:
		return g_strcmp0(device->interface->model, "spapr-vlan") == 0 ? 0x1000 : 0;
	case DEVICE_CONTROLLER:
		return device->controller->type == CONTROLLER_SCSI &&
				       device->controller->model == MODEL_IBMVSCSI
			       ? 0x2000
			       : 0;
	case DEVICE_SERIAL:
		return device->chardev->serial_target == SERIAL_TARGET_SPAPR_VIO ? 0x30000000 : 0;
	case DEVICE_NVRAM:
		return 0x3000;
	default:
		return 0;
	}
}

static bool spapr_assign(DomainDef *def, const DomainDevice *device, void *data)
{
	DeviceAddress *address = &device->info->address;
	SpaprSearch search = { .self = device->info, .reg = spapr_first(device) };
	bool given = address->type == ADDRESS_SPAPR_VIO && address->spapr.has_reg;

	if (!search.reg || (address->type != ADDRESS_ABSENT && address->type != ADDRESS_SPAPR_VIO))
		return true;
	if (given)
		search.reg = address->spapr.reg;
	for (;;) {
		search.taken = false;
		domain_def_each_device(def, spapr_note, &search);
		if (!search.taken)
			break;
		if (given)
			return fail(data, VIR_ERR_XML_ERROR,
				    _("spapr-vio address 0x%" PRIx64 " is used twice"), search.reg);
		search.reg += 0x1000;
	}
	address->type = ADDRESS_SPAPR_VIO;
	address->spapr.reg = search.reg;
	address->spapr.has_reg = true;
	return true;
}

bool spapr_addresses_complete(DomainDef *def, GError **error)
{
	return domain_def_each_device(def, spapr_assign, error);
}

/* ---- Channel I/O of s390 ---- */

#define CCW_CSSID 0xfe
#define CCW_DEVNO_MAX 0xffff

typedef struct CcwMap {
	GHashTable *taken; /* devno + 1 of channel subsystem 0xfe, set 0 */
	guint next;
	GError **error;
} CcwMap;

static bool ccw_is_wanted(const DomainDevice *device)
{
	const QemuDeviceKind *kind = qemu_device_kinds[device->kind];

	return kind && kind->ccw && kind->ccw(device);
}

static bool ccw_take(DomainDef *def, const DomainDevice *device, void *data)
{
	CcwMap *map = data;
	const DeviceAddress *address = &device->info->address;
	gpointer key = GUINT_TO_POINTER(address->ccw.devno + 1 + (address->ccw.ssid << 20));

	(void)def;
	if (address->type != ADDRESS_CCW || !address->ccw.assigned)
		return true;
	if (!g_hash_table_add(map->taken, key))
		return fail(map->error, VIR_ERR_XML_ERROR,
			    _("CCW address %x.%x.%04x is used twice"), address->ccw.cssid,
			    address->ccw.ssid, address->ccw.devno);
	return true;
}

static bool ccw_assign(DomainDef *def, const DomainDevice *device, void *data)
{
	CcwMap *map = data;
	DeviceAddress *address = &device->info->address;

	(void)def;
	if (!ccw_is_wanted(device) || !(address->type == ADDRESS_ABSENT ||
					(address->type == ADDRESS_CCW && !address->ccw.assigned)))
		return true;
	while (g_hash_table_contains(map->taken, GUINT_TO_POINTER(map->next + 1)))
		map->next++;
	if (map->next > CCW_DEVNO_MAX)
		return fail(map->error, VIR_ERR_XML_ERROR, _("no CCW address is left"));
	g_hash_table_add(map->taken, GUINT_TO_POINTER(map->next + 1));
	address->type = ADDRESS_CCW;
	address->ccw.cssid = CCW_CSSID;
	address->ccw.ssid = 0;
	address->ccw.devno = map->next;
	address->ccw.assigned = true;
	return true;
}

bool ccw_addresses_complete(DomainDef *def, GError **error)
{
	CcwMap map = { .taken = g_hash_table_new(NULL, NULL), .error = error };
	bool done = domain_def_each_device(def, ccw_take, &map) &&
		    domain_def_each_device(def, ccw_assign, &map);

	g_hash_table_unref(map.taken);
	return done;
}
