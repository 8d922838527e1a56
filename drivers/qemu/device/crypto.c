/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool crypto_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainCrypto *crypto = device->crypto;
	g_autofree char *object = g_strconcat("obj", crypto->info.alias, NULL);
	g_autofree char *driver =
		virtio_device("virtio-crypto", VIRTIO_MODEL_VIRTIO, &crypto->info);
	Props *opts =
		props_new(crypto->backend == CRYPTO_BACKEND_LKCF ? "cryptodev-backend-lkcf"
								 : "cryptodev-backend-builtin");

	props_str(opts, "id", object);
	if (crypto->queues > 0)
		props_num(opts, "queues", crypto->queues);
	command_opts(cmd, "-object", opts);
	opts = props_new(driver);
	props_str(opts, "cryptodev", object);
	virtio_opts(opts, &crypto->virtio);
	return command_device(cmd, opts, &crypto->info, error);
}

static PciConnect crypto_pci(G_GNUC_UNUSED const DomainDevice *device)
{
	return PCI_CONNECT_EXPRESS;
}

const QemuDeviceKind qemu_crypto = {
	.prefix = "crypto",
	.pci = crypto_pci,
	.ccw = qemu_ccw_always,
	.build = crypto_build,
};
