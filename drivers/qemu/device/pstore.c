/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that keeps the last words of a guest. */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool pstore_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainPstore *pstore = device->pstore;

	if (!qemu_arch_is_x86(check->def->os.arch) || !qemu_has_acpi(check->def))
		return refuse(check, _("pstore 'acpi-erst' is on x86 with <acpi/> in <features>"));
	if (!pstore->path || !pstore->size_kib)
		return reject(check, _("<pstore> needs a <path> and a <size>"));
	return true;
}

static bool pstore_build(G_GNUC_UNUSED QemuCommand *cmd, G_GNUC_UNUSED const DomainDevice *device,
			 GError **error)
{
	return command_refuse(error, "pstore", _("its file is not supported"));
}

static PciConnect pstore_pci(G_GNUC_UNUSED const DomainDevice *device)
{
	return PCI_CONNECT_DEVICE;
}

const QemuDeviceKind qemu_pstore = {
	.prefix = "pstore",
	.check = pstore_check,
	.pci = pstore_pci,
	.build = pstore_build,
};
