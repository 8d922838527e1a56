/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/address/address.h"

#define SCSI_UNITS 7 /* of a narrow bus; the controller is one of them */
#define DISK_NUMBER_MAX 100000

int disk_target_number(const char *target)
{
	static const char *const prefixes[] = { "fd", "hd", "vd", "sd", "xvd", "ubd", NULL };
	int number = 0;

	for (const char *const *prefix = prefixes; target && *prefix; prefix++) {
		const char *letter;

		if (!g_str_has_prefix(target, *prefix))
			continue;
		for (letter = target + strlen(*prefix); *letter >= 'a' && *letter <= 'z';
		     letter++) {
			if (number > DISK_NUMBER_MAX)
				return -1;
			number = number * 26 + (*letter - 'a' + 1);
		}
		/* A partition number may follow. */
		while (*letter >= '0' && *letter <= '9')
			letter++;
		return *letter == '\0' ? number - 1 : -1;
	}
	return -1;
}

int controller_free_index(const DomainDef *def, ControllerType type)
{
	int index = 0;

	while (domain_def_controller(def, type, index))
		index++;
	return index;
}

void controllers_add_up_to(DomainDef *def, ControllerType type, int index)
{
	g_autofree bool *there = g_new0(bool, (gsize)index + 1);

	for (guint i = 0; i < list_length(def->controllers); i++) {
		const DomainController *controller = list_get(def->controllers, i);

		if (controller->type == type && controller->index >= 0 &&
		    controller->index <= index)
			there[controller->index] = true;
	}
	for (int i = 0; i <= index; i++) {
		DomainController *controller;

		if (there[i])
			continue;
		controller = domain_def_add(def, DEVICE_CONTROLLER);
		controller->type = type;
		controller->index = i;
		controller->has_index = true;
	}
}

static bool drive_equal(const DeviceAddress *a, const DeviceAddress *b)
{
	return a->drive.controller == b->drive.controller && a->drive.bus == b->drive.bus &&
	       a->drive.target == b->drive.target && a->drive.unit == b->drive.unit;
}

/* The SCSI host device or disk other than @self at @address. */
static bool scsi_is_taken(const DomainDef *def, const DeviceAddress *address, const void *self,
			  bool disks)
{
	for (guint i = 0; i < list_length(def->hostdevs); i++) {
		const DomainHostdev *hostdev = list_get(def->hostdevs, i);

		if (hostdev != self && hostdev->type == HOSTDEV_SCSI &&
		    hostdev->info.address.type == ADDRESS_DRIVE &&
		    drive_equal(&hostdev->info.address, address))
			return true;
	}
	for (guint i = 0; disks && i < list_length(def->disks); i++) {
		const DomainDisk *disk = list_get(def->disks, i);

		if (disk != self && disk->bus == DISK_BUS_SCSI &&
		    disk->info.address.type == ADDRESS_DRIVE &&
		    drive_equal(&disk->info.address, address))
			return true;
	}
	return false;
}

static bool disk_address(DomainDef *def, DomainDisk *disk, GError **error)
{
	int number = disk_target_number(disk->target);
	DeviceAddress *address = &disk->info.address;
	/* controllers, buses and units per bus */
	guint units = disk->bus == DISK_BUS_SCSI ? SCSI_UNITS : disk->bus == DISK_BUS_SATA ? 6 : 2;
	guint buses = disk->bus == DISK_BUS_IDE ? 2 : 1;

	if (number < 0)
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("disk '%s': no place on its bus follows from that name: name it like "
			      "'sda', or give it an <address>"),
			    disk->target ?: "");
	address->type = ADDRESS_DRIVE;
	address->drive.controller = (guint)number / (units * buses);
	address->drive.bus = (guint)number / units % buses;
	address->drive.target = 0;
	address->drive.unit = (guint)number % units;
	if (disk->bus == DISK_BUS_SCSI && scsi_is_taken(def, address, disk, false))
		return fail(
			error, VIR_ERR_CONFIG_UNSUPPORTED,
			_("disk '%s' would be where a SCSI host device is (controller %u, bus %u, "
			  "target %u, unit %" PRIu64
			  "): give one of them another <address>"),
			disk->target, address->drive.controller, address->drive.bus,
			address->drive.target, address->drive.unit);
	return true;
}

/* @next: the first number that may be free. */
static void hostdev_address(const DomainDef *def, DomainHostdev *hostdev, guint *next)
{
	DeviceAddress *address = &hostdev->info.address;

	address->type = ADDRESS_DRIVE;
	for (;;) {
		guint number = (*next)++;

		address->drive.controller = number / SCSI_UNITS;
		address->drive.bus = 0;
		address->drive.target = 0;
		address->drive.unit = number % SCSI_UNITS;
		if (!scsi_is_taken(def, address, hostdev, true))
			return;
	}
}

static ControllerType bus_controller(DiskBus bus)
{
	switch (bus) {
	case DISK_BUS_IDE:
		return CONTROLLER_IDE;
	case DISK_BUS_FDC:
		return CONTROLLER_FDC;
	case DISK_BUS_SCSI:
		return CONTROLLER_SCSI;
	case DISK_BUS_SATA:
		return CONTROLLER_SATA;
	case DISK_BUS_NVME:
		return CONTROLLER_NVME;
	default:
		return CONTROLLER_ABSENT;
	}
}

#define CONTROLLER_INDEX_MAX 1024

static bool controllers_for(DomainDef *def, ControllerType type, const DeviceAddress *address,
			    GError **error)
{
	if (address->type != ADDRESS_DRIVE)
		return true;
	if (address->drive.controller > CONTROLLER_INDEX_MAX)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s controller %u: numbers of controllers end at %d"),
			    controller_type_name(type), address->drive.controller,
			    CONTROLLER_INDEX_MAX);
	controllers_add_up_to(def, type, (int)address->drive.controller);
	return true;
}

bool drive_addresses_complete(DomainDef *def, GError **error)
{
	guint next = 0;

	for (guint i = 0; i < list_length(def->disks); i++) {
		DomainDisk *disk = list_get(def->disks, i);

		if (!bus_controller(disk->bus))
			continue;
		if (disk->info.address.type == ADDRESS_ABSENT && !disk_address(def, disk, error))
			return false;
		if (!controllers_for(def, bus_controller(disk->bus), &disk->info.address, error))
			return false;
	}
	for (guint i = 0; i < list_length(def->hostdevs); i++) {
		DomainHostdev *hostdev = list_get(def->hostdevs, i);

		if (hostdev->mode == HOSTDEV_MODE_CAPABILITIES || hostdev->type != HOSTDEV_SCSI)
			continue;
		if (hostdev->info.address.type == ADDRESS_ABSENT)
			hostdev_address(def, hostdev, &next);
		if (!controllers_for(def, CONTROLLER_SCSI, &hostdev->info.address, error))
			return false;
	}
	return true;
}
