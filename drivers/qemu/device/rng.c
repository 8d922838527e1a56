/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool rng_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainRng *rng = device->rng;

	(void)completion;
	if (!rng->model)
		rng->model = RNG_MODEL_VIRTIO;
	if (rng->backend == RNG_BACKEND_RANDOM)
		qemu_complete_string(&rng->path, "/dev/random");
	return true;
}

/* A device node that was opened for @alias, as QEMU shall open it; the caller frees. */
static char *opened_node(QemuCommand *cmd, const char *alias, const char *path)
{
	GPtrArray *layers = command_layers(cmd, alias);

	if (list_length(layers) == 0)
		return g_strdup(path);
	return command_fdset(cmd, ((GuestLayer *)list_get(layers, 0))->fd, alias);
}

static bool rng_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainRng *rng = device->rng;
	static const VirtioModel models[RNG_MODEL_LAST] = {
		[RNG_MODEL_VIRTIO] = VIRTIO_MODEL_VIRTIO,
		[RNG_MODEL_TRANSITIONAL] = VIRTIO_MODEL_TRANSITIONAL,
		[RNG_MODEL_NON_TRANSITIONAL] = VIRTIO_MODEL_NON_TRANSITIONAL,
	};
	g_autofree char *object = g_strconcat("obj", rng->info.alias, NULL);
	g_autofree char *chardev = g_strconcat("char", rng->info.alias, NULL);
	g_autofree char *driver = virtio_device("virtio-rng", models[rng->model], &rng->info);
	Props *opts = props_new(rng->backend == RNG_BACKEND_EGD       ? "rng-egd"
				: rng->backend == RNG_BACKEND_BUILTIN ? "rng-builtin"
								      : "rng-random");

	props_str(opts, "id", object);
	if (rng->backend == RNG_BACKEND_RANDOM || rng->backend == RNG_BACKEND_ABSENT) {
		g_autofree char *node =
			opened_node(cmd, rng->info.alias, rng->path ? rng->path : "/dev/urandom");

		props_str(opts, "filename", node);
	} else if (rng->backend == RNG_BACKEND_EGD) {
		if (!command_chardev(cmd, &rng->source, chardev, rng->info.alias, error)) {
			props_free(opts);
			return false;
		}
		props_str(opts, "chardev", chardev);
	}
	command_opts(cmd, "-object", opts);
	opts = props_new(driver);
	props_str(opts, "rng", object);
	virtio_opts(opts, &rng->virtio);
	if (rng->rate_bytes > 0) {
		props_num(opts, "max-bytes", rng->rate_bytes);
		props_num(opts, "period", rng->rate_period_ms ? rng->rate_period_ms : 1000);
	}
	return command_device(cmd, opts, &rng->info, error);
}

static PciConnect rng_pci(const DomainDevice *device)
{
	return qemu_pci_virtio(device->rng->model == RNG_MODEL_TRANSITIONAL);
}

const QemuDeviceKind qemu_rng = {
	.prefix = "rng",
	.complete = rng_complete,
	.pci = rng_pci,
	.ccw = qemu_ccw_always,
	.hotplug = qemu_hotplug_always,
	.build = rng_build,
};
