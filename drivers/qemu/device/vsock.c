/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

#define VSOCK_CID_MIN 3
#define VHOST_VSOCK "/dev/vhost-vsock"

static bool vsock_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainVsock *vsock = device->vsock;

	(void)completion;
	if (!vsock->model)
		vsock->model = VIRTIO_MODEL_VIRTIO;
	return true;
}

static bool vsock_check(const QemuCheck *check, const DomainDevice *device)
{
	if (device->vsock->cid && device->vsock->cid < VSOCK_CID_MIN)
		return refuse(check, _("vsock: addresses of guests begin at %d"), VSOCK_CID_MIN);
	return true;
}

static void vsock_resources(const QemuResources *all, const DomainDevice *device)
{
	qemu_node_add(all, device->info->alias, VHOST_VSOCK);
}

static bool vsock_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainVsock *vsock = device->vsock;
	g_autofree char *driver = virtio_device("vhost-vsock", vsock->model, &vsock->info);
	g_autofree char *fd = command_passed(cmd, vsock->info.alias);
	Props *opts;

	if (!fd && cmd->context->resources)
		return command_refuse(error, "vsock",
				      _("/dev/vhost-vsock could not be opened; load the module "
					"vhost_vsock"));
	opts = props_new(driver);
	virtio_opts(opts, &vsock->virtio);
	props_num(opts, "guest-cid", vsock->cid);
	props_str(opts, "vhostfd", fd);
	return command_device(cmd, opts, &vsock->info, error);
}

static PciConnect vsock_pci(const DomainDevice *device)
{
	return qemu_pci_virtio(device->vsock->model == VIRTIO_MODEL_TRANSITIONAL);
}

const QemuDeviceKind qemu_vsock = {
	.prefix = "vsock",
	.complete = vsock_complete,
	.check = vsock_check,
	.resources = vsock_resources,
	.pci = vsock_pci,
	.ccw = qemu_ccw_always,
	.hotplug = qemu_hotplug_always,
	.build = vsock_build,
};
