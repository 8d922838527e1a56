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

static void geometry_opts(Props *opts, const DomainDisk *disk)
{
	if (disk->logical_block_size > 0)
		props_num(opts, "logical_block_size", disk->logical_block_size);
	if (disk->physical_block_size > 0)
		props_num(opts, "physical_block_size", disk->physical_block_size);
	if (disk->has_discard_granularity)
		props_num(opts, "discard_granularity", disk->discard_granularity);
	if (disk->cylinders > 0) {
		props_num(opts, "cyls", disk->cylinders);
		props_num(opts, "heads", disk->heads);
		props_num(opts, "secs", disk->sectors);
	}
	if (disk->trans > DISK_TRANS_DEFAULT && disk->bus == DISK_BUS_IDE)
		props_str(opts, "bios-chs-trans", disk_trans_name(disk->trans));
}

static const char *error_action(DiskErrorPolicy policy, bool reading)
{
	/* Reads know no lack of space: QEMU takes that word for writes alone. */
	if (policy == DISK_ERROR_ENOSPACE)
		return reading ? NULL : "enospc";
	return policy > DISK_ERROR_DEFAULT ? disk_error_policy_name(policy) : NULL;
}

static void policy_opts(Props *opts, const DomainDisk *disk)
{
	DiskErrorPolicy reading =
		disk->rerror_policy > DISK_ERROR_DEFAULT ? disk->rerror_policy : disk->error_policy;

	if (disk->bus == DISK_BUS_FDC)
		return;
	props_str(opts, "werror", error_action(disk->error_policy, false));
	props_str(opts, "rerror", error_action(reading, true));
	if (disk->shareable)
		props_bool(opts, "share-rw", true);
	if (disk->cache > DISK_CACHE_DEFAULT)
		props_onoff(opts, "write-cache",
			  disk->cache != DISK_CACHE_WRITETHROUGH &&
				  disk->cache != DISK_CACHE_DIRECTSYNC);
}

static Props *virtio_disk(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	VirtioModel model = disk->model == DISK_MODEL_TRANSITIONAL ? VIRTIO_MODEL_TRANSITIONAL
			    : disk->model == DISK_MODEL_NON_TRANSITIONAL
				    ? VIRTIO_MODEL_NON_TRANSITIONAL
				    : VIRTIO_MODEL_VIRTIO;
	g_autofree char *driver = virtio_device("virtio-blk", model, &disk->info);
	Props *opts = props_new(driver);

	virtio_opts(opts, &disk->virtio);
	if (disk->iothread > 0)
		props_printf(opts, "iothread", "iothread%u", disk->iothread);
	props_tristate(opts, "ioeventfd", disk->ioeventfd);
	props_tristate(opts, "event_idx", disk->event_idx);
	if (disk->queues > 0)
		props_num(opts, "num-queues", disk->queues);
	if (disk->queue_size > 0)
		props_num(opts, "queue-size", disk->queue_size);
	if (address_opts(cmd, opts, &disk->info, error))
		return opts;
	props_free(opts);
	return NULL;
}

static Props *usb_disk(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	Props *opts = props_new("usb-storage");

	props_tristate(opts, "removable", disk->removable);
	if (address_opts(cmd, opts, &disk->info, error))
		return opts;
	props_free(opts);
	return NULL;
}

static Props *drive_disk(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	bool scsi = disk->bus == DISK_BUS_SCSI;
	bool cdrom = disk->device == DISK_DEVICE_CDROM;
	const char *driver = scsi ? (cdrom ? "scsi-cd" : "scsi-hd") : (cdrom ? "ide-cd" : "ide-hd");
	Props *opts = props_new(disk->device == DISK_DEVICE_LUN ? "scsi-block" : driver);

	if (scsi && disk->device != DISK_DEVICE_LUN)
		props_tristate(opts, "removable", disk->removable);
	if (disk->rotation_rate > 0 && !cdrom)
		props_num(opts, "rotation_rate", disk->rotation_rate);
	props_str(opts, "vendor", disk->vendor);
	props_str(opts, scsi ? "product" : "model", disk->product);
	if (disk->wwn)
		props_spelled(opts, "wwn", "0x%016" G_GINT64_MODIFIER "x",
			      g_ascii_strtoull(disk->wwn, NULL, 16));
	if (drive_opts(cmd, opts, disk, error))
		return opts;
	props_free(opts);
	return NULL;
}

static Props *floppy_disk(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	Props *opts = props_new("floppy");

	if (drive_opts(cmd, opts, disk, error))
		return opts;
	props_free(opts);
	return NULL;
}

static Props *disk_frontend(QemuCommand *cmd, const DomainDisk *disk, GError **error)
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
		return props_new("sd-card");
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
	Props *chardev = props_new("socket");
	Props *opts = props_new(driver);

	props_str(chardev, "id", id);
	props_str(chardev, "path", disk->source.path);
	if (disk->source.reconnect.enabled == TRISTATE_YES)
		props_num(chardev, "reconnect", disk->source.reconnect.timeout);
	command_opts(cmd, "-chardev", chardev);
	props_str(opts, "chardev", id);
	if (disk->queues > 0)
		props_num(opts, "num-queues", disk->queues);
	if (disk->queue_size > 0)
		props_num(opts, "queue-size", disk->queue_size);
	return command_device(cmd, opts, &disk->info, error);
}

static bool command_disk(QemuCommand *cmd, const DomainDisk *disk, GError **error)
{
	g_autofree char *node = NULL;
	DeviceInfo info;
	Props *opts;

	if (!disk_check(disk, error))
		return false;
	if (disk->source.type == STORAGE_VHOST_USER)
		return command_vhost_user_disk(cmd, disk, error);
	if (!command_blockdevs(cmd, disk, &node, error))
		return false;
	opts = disk_frontend(cmd, disk, error);
	if (!opts)
		return false;
	props_str(opts, "drive", node);
	if (disk->bus != DISK_BUS_FDC && disk->bus != DISK_BUS_SD) {
		geometry_opts(opts, disk);
		props_str(opts, "serial", disk->serial);
	}
	if (node)
		policy_opts(opts, disk);
	info = disk->info;
	if (disk->bus == DISK_BUS_FDC)
		info.boot_order = 0; /* its controller has that */
	return command_device_bare(cmd, opts, disk->bus == DISK_BUS_FDC ? &info : &disk->info,
				   error);
}

/*
 * PIIX machines have a floppy controller of their own, the others get one when needed. It is the
 * controller that knows which of its drives to boot from.
 */
static void command_floppy_controller(QemuCommand *cmd)
{
	bool separate = command_is_q35(cmd), any = false;
	Props *opts = props_new(separate ? "isa-fdc" : NULL);

	if (separate)
		props_str(opts, "id", "fdc0");
	for (guint i = 0; i < list_length(cmd->def->disks); i++) {
		const DomainDisk *disk = list_get(cmd->def->disks, i);
		bool second = disk->info.address.drive.unit > 0;
		guint index = command_boot_index(cmd, &disk->info);

		if (disk->bus != DISK_BUS_FDC)
			continue;
		any |= separate;
		if (index == 0)
			continue;
		any = true;
		if (separate)
			props_num(opts, second ? "bootindexB" : "bootindexA", index);
		else
			props_num(opts, second ? "isa-fdc.bootindexB" : "isa-fdc.bootindexA",
				  index);
	}
	if (any)
		command_opts(cmd, separate ? "-device" : "-global", opts);
	else
		props_free(opts);
}

bool command_disks(QemuCommand *cmd, GError **error)
{
	command_floppy_controller(cmd);
	for (guint i = 0; i < list_length(cmd->def->disks); i++)
		if (!command_disk(cmd, list_get(cmd->def->disks, i), error))
			return false;
	return true;
}
