/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool memballoon_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainMemballoon *balloon = device->memballoon;

	(void)completion;
	if (!balloon->model)
		balloon->model = MEMBALLOON_VIRTIO;
	return true;
}

static bool memballoon_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainMemballoon *balloon = device->memballoon;

	if (balloon->model == MEMBALLOON_XEN)
		return refuse(check, _("QEMU has no memory balloon of model 'xen'"));
	if (check->def->memballoons->len > 1)
		return reject(check, _("a guest has one <memballoon>"));
	return true;
}

static bool memballoon_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainMemballoon *balloon = device->memballoon;
	VirtioModel model = balloon->model == MEMBALLOON_TRANSITIONAL ? VIRTIO_MODEL_TRANSITIONAL
			    : balloon->model == MEMBALLOON_NON_TRANSITIONAL
				    ? VIRTIO_MODEL_NON_TRANSITIONAL
				    : VIRTIO_MODEL_VIRTIO;
	g_autofree char *driver = virtio_device("virtio-balloon", model, &balloon->info);
	Props *opts;

	if (balloon->model == MEMBALLOON_NONE)
		return true;
	if (balloon->model == MEMBALLOON_XEN)
		return command_refuse(error, "memballoon model='xen'", _("this is not Xen"));
	opts = props_new(driver);
	virtio_opts(opts, &balloon->virtio);
	props_tristate(opts, "deflate-on-oom", balloon->autodeflate);
	props_tristate(opts, "free-page-reporting", balloon->free_page_reporting);
	return command_device(cmd, opts, &balloon->info, error);
}

static PciConnect memballoon_pci(const DomainDevice *device)
{
	if (device->memballoon->model == MEMBALLOON_NONE)
		return 0;
	return qemu_pci_virtio(device->memballoon->model == MEMBALLOON_TRANSITIONAL);
}

static bool memballoon_ccw(const DomainDevice *device)
{
	return device->memballoon->model == MEMBALLOON_VIRTIO;
}

const QemuDeviceKind qemu_memballoon = {
	.prefix = "balloon",
	.complete = memballoon_complete,
	.check = memballoon_check,
	.pci = memballoon_pci,
	.ccw = memballoon_ccw,
	.build = memballoon_build,
};
