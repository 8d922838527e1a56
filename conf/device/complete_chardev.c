/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/complete.h"

#include "conf/def/tables.h"

static void source_share(ChardevSource *target, const ChardevSource *source)
{
	ChardevSource *copy = bind_copy(&bind_el_chardev_source, source);

	bind_clear(&bind_el_chardev_source, target);
	*target = *copy;
	g_free(copy);
}

/* Whether a serial port of this kind also serves as the console of the guest. */
static bool serial_is_console(const DomainChardev *serial)
{
	switch (serial->serial_target) {
	case SERIAL_TARGET_ABSENT:
	case SERIAL_TARGET_ISA:
	case SERIAL_TARGET_SPAPR_VIO:
	case SERIAL_TARGET_SYSTEM:
	case SERIAL_TARGET_SCLP:
		return true;
	default:
		return false;
	}
}

static void console_from_serial(DomainDef *def)
{
	const DomainChardev *serial = list_get(def->serials, 0);
	DomainChardev *console;

	if (!serial_is_console(serial))
		return;
	console = domain_def_add(def, DEVICE_CONSOLE);
	source_share(&console->source, &serial->source);
	console->console_target = CONSOLE_TARGET_SERIAL;
	console->port = 0;
	console->has_port = true;
}

void consoles_pair(DomainDef *def)
{
	DomainChardev *console, *serial;

	if (def->os.type != OS_TYPE_HVM)
		return;
	if (list_length(def->consoles) == 0) {
		if (list_length(def->serials) > 0)
			console_from_serial(def);
		return;
	}
	console = list_get(def->consoles, 0);
	if (console->console_target && console->console_target != CONSOLE_TARGET_SERIAL)
		return;
	console->console_target = CONSOLE_TARGET_SERIAL;
	if (list_length(def->serials) == 0) {
		serial = domain_def_add(def, DEVICE_SERIAL);
		source_share(&serial->source, &console->source);
		serial->port = 0;
		serial->has_port = true;
		return;
	}
	serial = list_get(def->serials, 0);
	source_share(&console->source, &serial->source);
}

static void ports_number(GPtrArray *list)
{
	guint next = 0;

	for (guint i = 0; i < list_length(list); i++) {
		const DomainChardev *chardev = list_get(list, i);

		if (chardev->has_port && chardev->port >= next)
			next = chardev->port + 1;
	}
	for (guint i = 0; i < list_length(list); i++) {
		DomainChardev *chardev = list_get(list, i);

		if (!chardev->has_port)
			chardev->port = next++;
		chardev->has_port = true;
	}
}

void chardevs_number(DomainDef *def)
{
	ports_number(def->serials);
	ports_number(def->parallels);
	ports_number(def->consoles);
}
