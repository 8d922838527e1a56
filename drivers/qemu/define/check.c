/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/device/kind.h"

static guint graphics_count(const DomainDef *def, GraphicsType type)
{
	guint count = 0;

	for (guint i = 0; i < list_length(def->graphics); i++)
		count += ((DomainGraphics *)list_get(def->graphics, i))->type == type;
	return count;
}

/* What displays and screens can be together. */
static bool check_displays(const QemuCheck *check)
{
	const DomainDef *def = check->def;

	if (graphics_count(def, GRAPHICS_EGL_HEADLESS) > 0 &&
	    graphics_count(def, GRAPHICS_SDL) + graphics_count(def, GRAPHICS_DBUS) > 0)
		return refuse(check,
			      _("graphics of type 'egl-headless' go with 'vnc' or 'spice' only"));
	for (guint i = 0; i < list_length(def->videos); i++) {
		const DomainVideo *video = list_get(def->videos, i);

		if (video->type == VIDEO_NONE && def->videos->len > 1)
			return refuse(check, _("there are other screens beside the <video> of type "
					       "'none', which stands for none at all"));
		if (i > 0 && video->primary == TRISTATE_YES)
			return refuse(check, _("two screens are the primary one"));
	}
	return true;
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

static bool visit(G_GNUC_UNUSED DomainDef *def, const DomainDevice *device, void *data)
{
	const QemuDeviceKind *kind = qemu_device_kinds[device->kind];

	if (kind && kind->check && !kind->check(data, device))
		return false;
	return check_address(data, device);
}

bool qemu_check_device_wait(const DomainDef *def, const DomainDevice *device, GError **error)
{
	QemuCheck check = { .def = def, .error = error, .caps = qemu_caps_of_def_wait(def, error) };

	return check.caps && visit((DomainDef *)def, device, &check);
}

bool qemu_check(const DomainDef *def, GError **error)
{
	QemuCheck check = { .def = def, .error = error };

	check.caps = qemu_caps_of_def_wait(def, error);
	if (!check.caps)
		return false;
	return qemu_check_platform(&check) && qemu_check_memory(&check) && check_displays(&check) &&
	       domain_def_each_device((DomainDef *)def, visit, &check);
}
