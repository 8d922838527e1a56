/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/machine/check.h"

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/machine/machine.h"

bool qemu_memory_is_shared(const DomainDef *def)
{
	guint shared = 0, cells = def->cpu ? list_length(def->cpu->cells) : 0;

	if (def->memory.backing.access == MEM_ACCESS_SHARED && cells == 0)
		return true;
	for (guint i = 0; i < cells; i++) {
		const NumaCell *cell = list_get(def->cpu->cells, i);

		if (cell->access == MEM_ACCESS_SHARED ||
		    (!cell->access && def->memory.backing.access == MEM_ACCESS_SHARED))
			shared++;
	}
	return cells > 0 && shared == cells;
}

bool qemu_has_iothread(const DomainDef *def, unsigned id)
{
	for (guint i = 0; i < list_length(def->iothreads); i++)
		if (((DomainIothread *)list_get(def->iothreads, i))->id == id)
			return true;
	return list_length(def->iothreads) == 0 && id > 0 && id <= def->iothread_count;
}

bool qemu_has_graphics(const DomainDef *def, GraphicsType type)
{
	for (guint i = 0; i < list_length(def->graphics); i++)
		if (((DomainGraphics *)list_get(def->graphics, i))->type == type)
			return true;
	return false;
}

bool qemu_has_acpi(const DomainDef *def)
{
	return def->features.acpi;
}

/* Addresses of a kind that this machine type has no bus for. */
static bool check_address(const QemuCheck *check, const DomainDevice *device)
{
	const char *name = domain_device_kinds[device->kind].name;

	switch (device->info->address.type) {
	case ADDRESS_UNASSIGNED:
		if (device->kind != DEVICE_HOSTDEV)
			return refuse(check,
				      _("<%s>: only a <hostdev> can have an address of type "
					"'unassigned'"),
				      name);
		return true;
	case ADDRESS_CCW:
		if (machine_family(check->def) != MACHINE_S390)
			return refuse(
				check,
				_("<%s>: machine type '%s' has no channel I/O for an address of "
				  "type 'ccw'"),
				name, check->def->os.machine);
		return true;
	default:
		return true;
	}
}

static bool check_family(const QemuCheck *check, const DomainDevice *device)
{
	switch (device->kind) {
	case DEVICE_DISK:
		return qemu_check_disk(check, device->disk);
	case DEVICE_CONTROLLER:
		return qemu_check_controller(check, device->controller);
	case DEVICE_INTERFACE:
		return qemu_check_interface(check, device->interface);
	case DEVICE_GRAPHICS:
		return qemu_check_graphics(check, device->graphics);
	case DEVICE_VIDEO:
		return qemu_check_video(check, device->video);
	case DEVICE_SOUND:
		return qemu_check_sound(check, device->sound);
	case DEVICE_AUDIO:
		return qemu_check_audio(check, device->audio);
	case DEVICE_SERIAL:
	case DEVICE_PARALLEL:
	case DEVICE_CONSOLE:
	case DEVICE_CHANNEL:
	case DEVICE_SMARTCARD:
	case DEVICE_REDIRDEV:
		return qemu_check_chardev(check, device);
	case DEVICE_HOSTDEV:
		return qemu_check_hostdev(check, device->hostdev);
	case DEVICE_MEMORY:
		return qemu_check_memory_device(check, device->memory);
	default:
		return qemu_check_small(check, device);
	}
}

static bool visit(DomainDef *def, const DomainDevice *device, void *data)
{
	(void)def;
	return check_family(data, device) && check_address(data, device);
}

bool qemu_check(const DomainDef *def, GError **error)
{
	QemuCheck check = { .def = def, .error = error };

	check.caps = qemu_caps_of_def_wait(def, error);
	if (!check.caps)
		return false;
	return qemu_check_platform(&check) && qemu_check_memory(&check) &&
	       qemu_check_displays(&check) &&
	       domain_def_each_device((DomainDef *)def, visit, &check);
}
