/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories of the host: virtiofs and 9p. */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool build_virtiofs(QemuCommand *cmd, const DomainFilesystem *fs, GError **error)
{
	g_autofree char *id = g_strconcat("chr-vu-", fs->info.alias, NULL);
	g_autofree char *driver = virtio_device("vhost-user-fs", fs->model, &fs->info);
	Props *chardev, *opts;

	if (!fs->socket)
		return command_refuse(error, "filesystem/driver type='virtiofs'",
				      _("starting virtiofsd is not supported; run one and name its "
					"socket"));
	chardev = props_new("socket");
	props_str(chardev, "id", id);
	props_str(chardev, "path", fs->socket);
	command_opts(cmd, "-chardev", chardev);
	opts = props_new(driver);
	props_str(opts, "chardev", id);
	if (fs->queue > 0)
		props_num(opts, "queue-size", fs->queue);
	props_str(opts, "tag", fs->target);
	virtio_opts(opts, &fs->virtio);
	return command_device(cmd, opts, &fs->info, error);
}

static bool build_9p(QemuCommand *cmd, const DomainFilesystem *fs, GError **error)
{
	static const char *const models[FS_ACCESS_LAST] = {
		[FS_ACCESS_ABSENT] = "passthrough",
		[FS_ACCESS_PASSTHROUGH] = "passthrough",
		[FS_ACCESS_MAPPED] = "mapped",
		[FS_ACCESS_SQUASH] = "none",
	};
	g_autofree char *id = g_strconcat("fsdev-", fs->info.alias, NULL);
	g_autofree char *driver = virtio_device("virtio-9p", fs->model, &fs->info);
	Props *device, *opts = props_new("local");

	props_str(opts, "security_model", models[fs->access]);
	if (fs->multidevs > FS_MULTIDEVS_DEFAULT)
		props_str(opts, "multidevs", filesystem_multidevs_name(fs->multidevs));
	if (fs->has_fmode)
		props_printf(opts, "fmode", "%04o", fs->fmode);
	if (fs->has_dmode)
		props_printf(opts, "dmode", "%04o", fs->dmode);
	if (fs->wrpolicy == FS_WRPOLICY_IMMEDIATE)
		props_str(opts, "writeout", "immediate");
	props_str(opts, "id", id);
	props_str(opts, "path", fs->source);
	if (fs->readonly)
		props_bool(opts, "readonly", true);
	command_opts(cmd, "-fsdev", opts);
	device = props_new(driver);
	props_str(device, "fsdev", id);
	props_str(device, "mount_tag", fs->target);
	virtio_opts(device, &fs->virtio);
	return command_device(cmd, device, &fs->info, error);
}

/* Switches of a virtiofsd that we would start. */
static bool filesystem_refuse(const DomainFilesystem *fs, GError **error)
{
	if (fs->type != FS_MOUNT && fs->type != FS_ABSENT)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("file systems of type '%s' are not supported"),
			    filesystem_type_name(fs->type));
	if (fs->space_hard_limit || fs->space_soft_limit)
		return command_refuse(error, "space_hard_limit", _("quotas belong to containers"));
	if (fs->binary || fs->xattr || fs->cache || fs->sandbox || fs->lock_posix ||
	    fs->lock_flock || fs->has_thread_pool_size || fs->openfiles)
		return command_refuse(error, "binary",
				      _("starting virtiofsd is not supported; run one and name its "
					"socket"));
	if (list_length(fs->uids) > 0 || list_length(fs->gids) > 0)
		return command_refuse(error, "idmap", _("starting virtiofsd is not supported"));
	if (fs->format != STORAGE_FORMAT_ABSENT)
		return command_refuse(error, "filesystem/driver format",
				      _("images as file systems belong to containers"));
	return true;
}

static bool filesystem_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainFilesystem *fs = device->filesystem;

	if (!filesystem_refuse(fs, error))
		return false;
	return fs->driver == FS_DRIVER_VIRTIOFS ? build_virtiofs(cmd, fs, error)
						: build_9p(cmd, fs, error);
}

static bool filesystem_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainFilesystem *fs = device->filesystem;

	if (fs->type != FS_MOUNT)
		return refuse(check, _("filesystem '%s': QEMU knows type 'mount' only, not '%s'"),
			      fs->target ?: "", filesystem_type_name(fs->type));
	if ((fs->has_fmode || fs->has_dmode) && fs->access != FS_ACCESS_MAPPED)
		return refuse(check,
			      _("filesystem '%s': fmode and dmode go with accessmode 'mapped'"),
			      fs->target ?: "");
	if (fs->driver == FS_DRIVER_LOOP || fs->driver == FS_DRIVER_NBD ||
	    fs->driver == FS_DRIVER_PLOOP)
		return refuse(check, _("filesystem '%s': QEMU has no driver '%s'"),
			      fs->target ?: "", filesystem_driver_name(fs->driver));
	if (fs->driver != FS_DRIVER_VIRTIOFS)
		return true;
	if (fs->readonly)
		return refuse(check, _("filesystem '%s': virtiofs is not read-only"),
			      fs->target ?: "");
	if (fs->access && fs->access != FS_ACCESS_PASSTHROUGH)
		return refuse(check,
			      _("filesystem '%s': virtiofs knows accessmode 'passthrough' only"),
			      fs->target ?: "");
	if (fs->wrpolicy)
		return refuse(check, _("filesystem '%s': virtiofs has no wrpolicy"),
			      fs->target ?: "");
	if (fs->model)
		return refuse(check, _("filesystem '%s': virtiofs has no model"), fs->target ?: "");
	if (fs->multidevs && fs->multidevs != FS_MULTIDEVS_DEFAULT)
		return refuse(check, _("filesystem '%s': virtiofs has no multidevs"),
			      fs->target ?: "");
	if (!qemu_memory_is_shared(check->def))
		return refuse(check,
			      _("filesystem '%s': virtiofs needs shared memory: <memoryBacking> "
				"with <access mode='shared'/>"),
			      fs->target ?: "");
	return true;
}

static bool filesystem_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainFilesystem *filesystem = device->filesystem;

	(void)completion;
	if (!filesystem->type)
		filesystem->type = FS_MOUNT;
	if (!filesystem->access && filesystem->type == FS_MOUNT &&
	    filesystem->driver != FS_DRIVER_VIRTIOFS)
		filesystem->access = FS_ACCESS_PASSTHROUGH;
	return true;
}

static PciConnect filesystem_pci(const DomainDevice *device)
{
	return qemu_pci_virtio(device->filesystem->model == VIRTIO_MODEL_TRANSITIONAL);
}

static bool filesystem_hotplug(const DomainDevice *device)
{
	return device->filesystem->driver == FS_DRIVER_VIRTIOFS;
}

const QemuDeviceKind qemu_filesystem = {
	.prefix = "fs",
	.complete = filesystem_complete,
	.check = filesystem_check,
	.pci = filesystem_pci,
	.ccw = qemu_ccw_always,
	.hotplug = filesystem_hotplug,
	.build = filesystem_build,
};
