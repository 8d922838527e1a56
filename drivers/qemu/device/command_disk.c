/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks as the guest sees them. Their contents are in command_block.c. */
#include "drivers/qemu/argv/command_build.h"

/* What no kind of disk can do here. */
static bool disk_check(const DomainDisk *disk, GError **error)
{
	if (disk->transient)
		return command_refuse(error, "transient", _("transient disks are not supported"));
	if (disk->mirror)
		return command_refuse(error, "mirror", _("it is the result of a job, not a wish"));
	if (disk->sgio == SGIO_UNFILTERED)
		return command_refuse(error, "disk sgio='unfiltered'",
				      _("kernels no longer have that switch"));
	if (disk->rawio == TRISTATE_YES)
		return command_refuse(error, "disk rawio='yes'",
				      _("hypervisors run without capabilities"));
	if (disk->source.reservations)
		return command_refuse(error, "reservations",
				      _("persistent reservations are not supported"));
	if (disk->backenddomain)
		return command_refuse(error, "backenddomain", _("QEMU has no driver domains"));
	if (list_length(disk->iothreads) > 0)
		return command_refuse(error, "iothreads",
				      _("several I/O threads for one disk are not supported"));
	return true;
}

static void geometry_opts(GString *opts, const DomainDisk *disk)
{
	if (disk->logical_block_size > 0)
		opts_num(opts, "logical_block_size", disk->logical_block_size);
	if (disk->physical_block_size > 0)
		opts_num(opts, "physical_block_size", disk->physical_block_size);
	if (disk->has_discard_granularity)
		opts_num(opts, "discard_granularity", disk->discard_granularity);
	if (disk->cylinders > 0) {
		opts_num(opts, "cyls", disk->cylinders);
		opts_num(opts, "heads", disk->heads);
		opts_num(opts, "secs", disk->sectors);
	}
	if (disk->trans > DISK_TRANS_DEFAULT && disk->bus == DISK_BUS_IDE)
		opts_str(opts, "bios-chs-trans", disk_trans_name(disk->trans));
}

static const char *error_action(DiskErrorPolicy policy, bool reading)
{
	/* Reads know no lack of space: QEMU takes that word for writes alone. */
	if (policy == DISK_ERROR_ENOSPACE)
		return reading ? NULL : "enospc";
	return policy > DISK_ERROR_DEFAULT ? disk_error_policy_name(policy) : NULL;
}

static void policy_opts(GString *opts, const DomainDisk *disk)
{
	DiskErrorPolicy reading =
		disk->rerror_policy > DISK_ERROR_DEFAULT ? disk->rerror_policy : disk->error_policy;

	if (disk->bus == DISK_BUS_FDC)
		return;
	opts_str(opts, "werror", error_action(disk->error_policy, false));
	opts_str(opts, "rerror", error_action(reading, true));
	if (disk->shareable)
		opts_str(opts, "share-rw", "on");
	if (disk->cache > DISK_CACHE_DEFAULT)
		opts_flag(opts, "write-cache",
			  disk->cache != DISK_CACHE_WRITETHROUGH &&
				  disk->cache != DISK_CACHE_DIRECTSYNC);
}

static GString *virtio_disk(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	VirtioModel model = disk->model == DISK_MODEL_TRANSITIONAL ? VIRTIO_MODEL_TRANSITIONAL
			    : disk->model == DISK_MODEL_NON_TRANSITIONAL
				    ? VIRTIO_MODEL_NON_TRANSITIONAL
				    : VIRTIO_MODEL_VIRTIO;
	g_autofree char *driver = virtio_device("virtio-blk", model, &disk->info);
	GString *opts = opts_new(driver);

	virtio_opts(opts, &disk->virtio);
	if (disk->iothread > 0)
		opts_printf(opts, "iothread", "iothread%u", disk->iothread);
	opts_tristate(opts, "ioeventfd", disk->ioeventfd);
	opts_tristate(opts, "event_idx", disk->event_idx);
	if (disk->queues > 0)
		opts_num(opts, "num-queues", disk->queues);
	if (disk->queue_size > 0)
		opts_num(opts, "queue-size", disk->queue_size);
	if (address_opts(cmd, opts, &disk->info, error))
		return opts;
	g_string_free(opts, TRUE);
	return NULL;
}

static GString *usb_disk(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	GString *opts = opts_new("usb-storage");

	opts_tristate(opts, "removable", disk->removable);
	if (address_opts(cmd, opts, &disk->info, error))
		return opts;
	g_string_free(opts, TRUE);
	return NULL;
}

static GString *drive_disk(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	bool scsi = disk->bus == DISK_BUS_SCSI;
	bool cdrom = disk->device == DISK_DEVICE_CDROM;
	const char *driver = scsi ? (cdrom ? "scsi-cd" : "scsi-hd") : (cdrom ? "ide-cd" : "ide-hd");
	GString *opts = opts_new(disk->device == DISK_DEVICE_LUN ? "scsi-block" : driver);

	if (scsi && disk->device != DISK_DEVICE_LUN)
		opts_tristate(opts, "removable", disk->removable);
	if (disk->rotation_rate > 0 && !cdrom)
		opts_num(opts, "rotation_rate", disk->rotation_rate);
	opts_str(opts, "vendor", disk->vendor);
	opts_str(opts, scsi ? "product" : "model", disk->product);
	if (disk->wwn)
		opts_printf(opts, "wwn", "0x%s", disk->wwn);
	if (drive_opts(cmd, opts, disk, error))
		return opts;
	g_string_free(opts, TRUE);
	return NULL;
}

static GString *floppy_disk(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	GString *opts = opts_new("floppy");

	if (drive_opts(cmd, opts, disk, error))
		return opts;
	g_string_free(opts, TRUE);
	return NULL;
}

static GString *disk_frontend(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	switch (disk->bus) {
	case DISK_BUS_VIRTIO:
		return virtio_disk(cmd, disk, error);
	case DISK_BUS_USB:
		return usb_disk(cmd, disk, error);
	case DISK_BUS_IDE:
	case DISK_BUS_SATA:
	case DISK_BUS_SCSI:
		return drive_disk(cmd, disk, error);
	case DISK_BUS_FDC:
		return floppy_disk(cmd, disk, error);
	case DISK_BUS_SD:
		return opts_new("sd-card");
	default:
		fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("disk '%s': bus '%s' is not supported"),
		     disk->target, disk_bus_name(disk->bus));
		return NULL;
	}
}

/* A disk that another program serves over a UNIX socket. */
static bool command_vhost_user_disk(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	g_autofree char *id = g_strconcat("chr-vu-", disk->info.alias, NULL);
	g_autofree char *driver = virtio_device("vhost-user-blk", VIRTIO_MODEL_VIRTIO, &disk->info);
	GString *chardev = opts_new("socket");
	GString *opts = opts_new(driver);

	opts_str(chardev, "id", id);
	opts_str(chardev, "path", disk->source.path);
	if (disk->source.reconnect.enabled == TRISTATE_YES)
		opts_num(chardev, "reconnect", disk->source.reconnect.timeout);
	command_opts(cmd, "-chardev", chardev);
	opts_str(opts, "chardev", id);
	if (disk->queues > 0)
		opts_num(opts, "num-queues", disk->queues);
	if (disk->queue_size > 0)
		opts_num(opts, "queue-size", disk->queue_size);
	return command_device(cmd, opts, &disk->info, error);
}

static bool command_disk(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	g_autofree char *node = NULL;
	GString *opts;

	if (!disk_check(disk, error))
		return false;
	if (disk->source.type == STORAGE_VHOST_USER)
		return command_vhost_user_disk(cmd, disk, error);
	if (!command_blockdevs(cmd, disk, &node, error))
		return false;
	opts = disk_frontend(cmd, disk, error);
	if (!opts)
		return false;
	opts_str(opts, "drive", node);
	if (disk->bus != DISK_BUS_FDC && disk->bus != DISK_BUS_SD) {
		geometry_opts(opts, disk);
		opts_str(opts, "serial", disk->serial);
	}
	if (node)
		policy_opts(opts, disk);
	return command_device_bare(cmd, opts, &disk->info, error);
}

static bool has_floppy(const DomainDef *def)
{
	for (guint i = 0; i < list_length(def->disks); i++)
		if (((DomainDisk *)list_get(def->disks, i))->bus == DISK_BUS_FDC)
			return true;
	return false;
}

bool command_disks(QemuCommand *cmd, GError **error)
{
	/* PIIX machines have a floppy controller of their own, the others get one when needed. */
	if (has_floppy(cmd->def) && command_is_q35(cmd))
		command_pair(cmd, "-device", "isa-fdc,id=fdc0");
	for (guint i = 0; i < list_length(cmd->def->disks); i++)
		if (!command_disk(cmd, list_get(cmd->def->disks, i), error))
			return false;
	return true;
}
