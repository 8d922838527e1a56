/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases of a lock manager, of which there is none. */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool lease_build(QemuCommand *cmd, G_GNUC_UNUSED const DomainDevice *device, GError **error)
{
	return cmd->context->shown ||
	       command_refuse(error, "lease", _("there is no lock manager"));
}

const QemuDeviceKind qemu_lease = {
	.build = lease_build,
};
