/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* USB hubs. */
#include "config.h"

#include "drivers/qemu/device/kind.h"

bool qemu_usb_address_check(const QemuCheck *check, const DomainDevice *device)
{
	AddressType address = device->info->address.type;

	if (address && address != ADDRESS_USB)
		return reject(check, _("<%s>: a USB device cannot have an address of type '%s'"),
			      domain_device_kinds[device->kind].name, address_type_name(address));
	return true;
}

static bool hub_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	return command_device(cmd, props_new("usb-hub"), device->info, error);
}

const QemuDeviceKind qemu_hub = {
	.prefix = "hub",
	.check = qemu_usb_address_check,
	.hotplug = qemu_hotplug_always,
	.build = hub_build,
};
