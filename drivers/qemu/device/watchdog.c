/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool watchdog_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainWatchdog *watchdog = device->watchdog;

	(void)completion;
	if (!watchdog->action)
		watchdog->action = WATCHDOG_ACTION_RESET;
	return true;
}

static bool watchdog_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainWatchdog *watchdog = device->watchdog;
	AddressType address = watchdog->info.address.type;

	if (check->def->watchdogs->len > 1)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("QEMU has one watchdog per guest"));
	switch (watchdog->model) {
	case WATCHDOG_I6300ESB:
		if (address && address != ADDRESS_PCI)
			return refuse(check, _("a watchdog i6300esb is on PCI, not '%s'"),
				      address_type_name(address));
		return true;
	case WATCHDOG_IB700:
		if (address && address != ADDRESS_ISA)
			return refuse(check, _("a watchdog ib700 is on ISA, not '%s'"),
				      address_type_name(address));
		return true;
	case WATCHDOG_DIAG288:
		if (!qemu_arch_is_s390(check->def->os.arch))
			return refuse(check, _("a watchdog diag288 is on s390x only"));
		return true;
	case WATCHDOG_ITCO:
		if (machine_family(check->def) != MACHINE_Q35)
			return refuse(check, _("a watchdog itco is on machine type 'q35' only"));
		return true;
	default:
		return true;
	}
}

static bool watchdog_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainWatchdog *watchdog = device->watchdog;

	switch (watchdog->model) {
	case WATCHDOG_I6300ESB:
	case WATCHDOG_IB700:
	case WATCHDOG_DIAG288:
		return command_device(cmd, props_new(watchdog_model_name(watchdog->model)),
				      &watchdog->info, error);
	case WATCHDOG_ITCO: /* part of ICH9, but strapped off */
		command_pair(cmd, "-global", "ICH9-LPC.noreboot=off");
		return true;
	default:
		return command_refuse(error, "watchdog", _("it has no model"));
	}
}

static PciConnect watchdog_pci(const DomainDevice *device)
{
	return device->watchdog->model == WATCHDOG_I6300ESB ? PCI_CONNECT_DEVICE : 0;
}

static bool watchdog_hotplug(const DomainDevice *device)
{
	return device->watchdog->model == WATCHDOG_I6300ESB;
}

const QemuDeviceKind qemu_watchdog = {
	.prefix = "watchdog",
	.complete = watchdog_complete,
	.check = watchdog_check,
	.pci = watchdog_pci,
	.hotplug = watchdog_hotplug,
	.build = watchdog_build,
};
