/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool panic_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainPanic *panic = device->panic;

	if (panic->model)
		return true;
	if (machine_family(completion->def) == MACHINE_PSERIES)
		panic->model = PANIC_PSERIES;
	else if (qemu_arch_is_s390(completion->def->os.arch))
		panic->model = PANIC_S390;
	else
		panic->model = PANIC_ISA;
	return true;
}

static bool panic_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainPanic *panic = device->panic;

	for (guint i = 0; i < check->def->panics->len; i++) {
		const DomainPanic *other = list_get(check->def->panics, i);

		if (other != panic && other->model == panic->model)
			return reject(check, _("there are two panic devices of model '%s'"),
				      panic_model_name(panic->model));
	}
	switch (panic->model) {
	case PANIC_PSERIES:
		if (machine_family(check->def) != MACHINE_PSERIES)
			return refuse(check,
				      _("panic model 'pseries' is on pseries machines only"));
		return true;
	case PANIC_HYPERV:
		if (!qemu_arch_is_x86(check->def->os.arch))
			return refuse(check, _("panic model 'hyperv' is on x86 only"));
		return true;
	case PANIC_S390:
		if (!qemu_arch_is_s390(check->def->os.arch))
			return refuse(check, _("panic model 's390' is on s390x only"));
		return true;
	case PANIC_ISA:
		if (!qemu_arch_is_x86(check->def->os.arch))
			return refuse(check, _("panic model 'isa' is on x86 only"));
		if (panic->info.address.type && panic->info.address.type != ADDRESS_ISA)
			return refuse(check, _("panic model 'isa' is on ISA, not '%s'"),
				      address_type_name(panic->info.address.type));
		return true;
	default:
		return true;
	}
}

static bool panic_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainPanic *panic = device->panic;
	Props *opts;

	switch (panic->model) {
	case PANIC_ISA:
		opts = props_new("pvpanic");
		if (panic->info.address.type == ADDRESS_ISA && panic->info.address.isa.has_iobase)
			props_num(opts, "ioport", panic->info.address.isa.iobase);
		command_opts(cmd, "-device", opts);
		return true;
	case PANIC_PVPANIC:
		return command_device(cmd, props_new("pvpanic-pci"), &panic->info, error);
	default: /* parts of the processor or the machine */
		return true;
	}
}

static PciConnect panic_pci(const DomainDevice *device)
{
	return device->panic->model == PANIC_PVPANIC ? PCI_CONNECT_DEVICE : 0;
}

const QemuDeviceKind qemu_panic = {
	.prefix = "panic",
	.complete = panic_complete,
	.check = panic_check,
	.pci = panic_pci,
	.build = panic_build,
};
