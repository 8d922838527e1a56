/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/check.h"
#include "drivers/qemu/machine/machine.h"

#define ISA_SERIAL_PORTS 4

static bool check_source(const QemuCheck *check, const DomainDevice *device,
			 const ChardevSource *source)
{
	const char *name = domain_device_kinds[device->kind].name;

	switch (source->type) {
	case CHARDEV_SPICEVMC:
		if (device->kind == DEVICE_SERIAL || device->kind == DEVICE_PARALLEL ||
		    device->kind == DEVICE_CONSOLE)
			return refuse(check,
				      _("<%s>: type 'spicevmc' is for channels, smartcards and "
					"redirected USB devices"),
				      name);
		/* fall through */
	case CHARDEV_SPICEPORT:
		if (!qemu_has_graphics(check->def, GRAPHICS_SPICE))
			return refuse(check, _("<%s>: type '%s' needs spice graphics"), name,
				      chardev_type_name(source->type));
		return true;
	case CHARDEV_DBUS:
		if (!qemu_has_graphics(check->def, GRAPHICS_DBUS))
			return refuse(check, _("<%s>: type '%s' needs D-Bus graphics"), name,
				      chardev_type_name(source->type));
		return true;
	default:
		break;
	}
	if (source->reconnect.enabled == TRISTATE_YES && source->mode != CHARDEV_MODE_CONNECT)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("<%s>: only mode 'connect' can reconnect"), name);
	return true;
}

/* Which models go with which target, and where the targets are. */
static const struct {
	SerialModel model;
	SerialTarget target;
} serial_models[] = {
	{ SERIAL_MODEL_ISA_SERIAL, SERIAL_TARGET_ISA },
	{ SERIAL_MODEL_USB_SERIAL, SERIAL_TARGET_USB },
	{ SERIAL_MODEL_PCI_SERIAL, SERIAL_TARGET_PCI },
	{ SERIAL_MODEL_SPAPR_VTY, SERIAL_TARGET_SPAPR_VIO },
	{ SERIAL_MODEL_PL011, SERIAL_TARGET_SYSTEM },
	{ SERIAL_MODEL_16550A, SERIAL_TARGET_SYSTEM },
	{ SERIAL_MODEL_SCLPCONSOLE, SERIAL_TARGET_SCLP },
	{ SERIAL_MODEL_SCLPLMCONSOLE, SERIAL_TARGET_SCLP },
	{ SERIAL_MODEL_ISA_DEBUGCON, SERIAL_TARGET_ISA_DEBUG },
};

static bool serial_target_exists(const DomainDef *def, SerialTarget target)
{
	switch (target) {
	case SERIAL_TARGET_ISA:
	case SERIAL_TARGET_ISA_DEBUG:
		return qemu_arch_is_x86(def->os.arch);
	case SERIAL_TARGET_SPAPR_VIO:
		return machine_family(def) == MACHINE_PSERIES;
	case SERIAL_TARGET_SCLP:
		return qemu_arch_is_s390(def->os.arch);
	default:
		return true;
	}
}

static AddressType serial_address(SerialTarget target)
{
	switch (target) {
	case SERIAL_TARGET_ISA:
	case SERIAL_TARGET_ISA_DEBUG:
		return ADDRESS_ISA;
	case SERIAL_TARGET_USB:
		return ADDRESS_USB;
	case SERIAL_TARGET_PCI:
		return ADDRESS_PCI;
	case SERIAL_TARGET_SPAPR_VIO:
		return ADDRESS_SPAPR_VIO;
	default:
		return ADDRESS_ABSENT;
	}
}

static bool check_serial(const QemuCheck *check, const DomainChardev *serial)
{
	const char *target = serial_target_name(serial->serial_target) ?: "";

	for (size_t i = 0; i < G_N_ELEMENTS(serial_models); i++)
		if (serial_models[i].model == serial->serial_model &&
		    serial_models[i].target != serial->serial_target)
			return refuse(check,
				      _("serial port %u: model '%s' needs the target '%s', not "
					"'%s'"),
				      serial->port, serial_model_name(serial->serial_model),
				      serial_target_name(serial_models[i].target), target);
	if (!serial_target_exists(check->def, serial->serial_target))
		return refuse(check, _("serial port %u: machine type '%s' of %s has no '%s'"),
			      serial->port, check->def->os.machine, check->def->os.arch, target);
	if (serial->info.address.type &&
	    serial->info.address.type != serial_address(serial->serial_target))
		return refuse(check,
			      _("serial port %u: a '%s' cannot have an address of type '%s'"),
			      serial->port, target, address_type_name(serial->info.address.type));
	if (serial->serial_target == SERIAL_TARGET_ISA && serial->port > ISA_SERIAL_PORTS)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("serial port %u: there are %d ISA serial ports, from 0 on"),
			    serial->port, ISA_SERIAL_PORTS);
	return true;
}

static bool check_console(const QemuCheck *check, const DomainChardev *console)
{
	bool first = list_get(check->def->consoles, 0) == console;

	switch (console->console_target) {
	case CONSOLE_TARGET_SERIAL:
		return first || refuse(check, _("only the first console can be a serial port"));
	case CONSOLE_TARGET_VIRTIO:
	case CONSOLE_TARGET_ABSENT:
		return true;
	case CONSOLE_TARGET_SCLP:
	case CONSOLE_TARGET_SCLPLM:
		if (qemu_arch_is_s390(check->def->os.arch))
			return true;
		/* fall through */
	default:
		return refuse(check, _("QEMU of %s has no console of type '%s'"),
			      check->def->os.arch, console_target_name(console->console_target));
	}
}

static bool check_channel(const QemuCheck *check, const DomainChardev *channel)
{
	if (channel->channel_target == CHANNEL_TARGET_GUESTFWD &&
	    channel->source.type == CHARDEV_UNIX && !channel->source.path)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("a channel of type 'unix' that forwards %s has no <source> path"),
			    channel->guestfwd_address ?: "");
	return true;
}

bool qemu_check_chardev(const QemuCheck *check, const DomainDevice *device)
{
	switch (device->kind) {
	case DEVICE_SERIAL:
		return check_source(check, device, &device->chardev->source) &&
		       check_serial(check, device->chardev);
	case DEVICE_PARALLEL:
		return check_source(check, device, &device->chardev->source);
	case DEVICE_CONSOLE:
		return check_source(check, device, &device->chardev->source) &&
		       check_console(check, device->chardev);
	case DEVICE_CHANNEL:
		return check_source(check, device, &device->chardev->source) &&
		       check_channel(check, device->chardev);
	case DEVICE_SMARTCARD:
		if (check->def->smartcards->len > 1)
			return refuse(check, _("QEMU has one smartcard per guest"));
		return device->smartcard->mode != SMARTCARD_PASSTHROUGH ||
		       check_source(check, device, &device->smartcard->source);
	case DEVICE_REDIRDEV:
		return check_source(check, device, &device->redirdev->source);
	default:
		return true;
	}
}
