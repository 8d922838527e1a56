/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* USB devices of a remote client. */
#include "config.h"

#include <stdio.h>

#include "drivers/qemu/device/kind.h"

static bool redirdev_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainRedirdev *redirdev = device->redirdev;

	(void)completion;
	if (!redirdev->bus)
		redirdev->bus = DISK_BUS_USB;
	if (redirdev->source.type == CHARDEV_DBUS)
		qemu_complete_string(&redirdev->source.channel, "org.qemu.usbredir");
	return true;
}

static bool redirdev_check(const QemuCheck *check, const DomainDevice *device)
{
	return qemu_source_check(check, device, &device->redirdev->source);
}

static void redirdev_resources(const QemuResources *all, const DomainDevice *device)
{
	qemu_source_resources(all, &device->redirdev->source, device->info->alias);
}

/* "class:vendor:product:version:allow|...", -1 for any. */
static char *redirect_filter(const DomainRedirFilter *filter)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < list_length(filter->devices); i++) {
		const RedirFilterDevice *device = list_get(filter->devices, i);
		unsigned major = 0, minor = 0;
		int version = -1;

		if (device->version && device->version[0] != '-' &&
		    sscanf(device->version, "%u.%u", &major, &minor) >= 1)
			version = (int)((major / 10 % 10) << 12 | (major % 10) << 8 |
					(minor / 10 % 10) << 4 | minor % 10);
		if (i > 0)
			g_string_append_c(text, '|');
		g_string_append_printf(
			text, device->usb_class < 0 ? "%d:" : "0x%02X:", device->usb_class);
		g_string_append_printf(text,
				       device->vendor < 0 ? "%d:" : "0x%04X:", device->vendor);
		g_string_append_printf(text,
				       device->product < 0 ? "%d:" : "0x%04X:", device->product);
		g_string_append_printf(text, version < 0 ? "%d:" : "0x%04X:", version);
		g_string_append(text, device->allow == TRISTATE_YES ? "1" : "0");
	}
	return g_string_free(text, FALSE);
}

static bool redirdev_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainRedirdev *redirdev = device->redirdev;
	const DomainRedirFilter *filter = cmd->def->redirfilter;
	g_autofree char *rules = filter ? redirect_filter(filter) : NULL;
	g_autofree char *id = g_strconcat("char", redirdev->info.alias, NULL);
	ChardevSource source = redirdev->source;
	Props *opts;

	if (source.type == CHARDEV_SPICEVMC && !source.channel)
		source.channel = (char *)"usbredir";
	if (!command_chardev(cmd, &source, id, redirdev->info.alias, error))
		return false;
	opts = props_new("usb-redir");
	props_str(opts, "chardev", id);
	props_str(opts, "filter", rules);
	return command_device(cmd, opts, &redirdev->info, error);
}

const QemuDeviceKind qemu_redirdev = {
	.prefix = "redir",
	.complete = redirdev_complete,
	.check = redirdev_check,
	.resources = redirdev_resources,
	.hotplug = qemu_hotplug_always,
	.build = redirdev_build,
};
