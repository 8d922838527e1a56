/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The NVRAM device of pSeries; that of firmware is no device. */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool nvram_check(const QemuCheck *check, G_GNUC_UNUSED const DomainDevice *device)
{
	if (machine_family(check->def) != MACHINE_PSERIES)
		return refuse(check, _("<nvram> as a device is on pseries machines only"));
	return true;
}

static bool nvram_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainNvram *nvram = device->nvram;
	Props *opts;

	if (!command_is_ppc64(cmd))
		return command_refuse(error, "nvram", _("only pSeries machines have that device"));
	opts = props_new(NULL);
	props_printf(opts, "spapr-nvram.reg", "0x%" G_GINT64_MODIFIER "x",
		     nvram->info.address.spapr.reg);
	(void)error;
	command_opts(cmd, "-global", opts);
	return true;
}

const QemuDeviceKind qemu_nvram = {
	.prefix = "nvram",
	.check = nvram_check,
	.build = nvram_build,
};
