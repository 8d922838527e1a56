/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks as the guest sees them. Their contents are in block.c. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "drivers/qemu/device/kind.h"

#define THROTTLE_MAX G_GUINT64_CONSTANT(1000000000000000) /* QEMU's own */
#define SERIAL_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+.: "

static char *drive_alias(const char *bus, const DeviceAddress *address, bool with_target)
{
	if (with_target)
		return g_strdup_printf("%s%u-%u-%u-%" G_GUINT64_FORMAT, bus,
				       address->drive.controller, address->drive.bus,
				       address->drive.target, address->drive.unit);
	return g_strdup_printf("%s%u-%u-%" G_GUINT64_FORMAT, bus, address->drive.controller,
			       address->drive.bus, address->drive.unit);
}

static char *disk_alias(G_GNUC_UNUSED const DomainDef *def, const DomainDevice *device,
			unsigned number)
{
	const DomainDisk *disk = device->disk;
	const char *bus = disk_bus_name(disk->bus) ?: "disk";

	if (disk->info.address.type == ADDRESS_DRIVE)
		return drive_alias(bus, &disk->info.address, disk->bus == DISK_BUS_SCSI);
	return g_strdup_printf("%s-disk%u", bus, number);
}

static const struct {
	const char *prefix; /* of the target's name */
	DiskBus bus;
} disk_buses[] = {
	{ "hd", DISK_BUS_IDE },    { "sd", DISK_BUS_SCSI }, { "fd", DISK_BUS_FDC },
	{ "vd", DISK_BUS_VIRTIO }, { "xvd", DISK_BUS_XEN }, { "ubd", DISK_BUS_UML },
};

static DiskBus disk_default_bus(const DomainDisk *disk)
{
	for (size_t i = 0; disk->target && i < G_N_ELEMENTS(disk_buses); i++)
		if (g_str_has_prefix(disk->target, disk_buses[i].prefix))
			return disk_buses[i].bus;
	return disk->device == DISK_DEVICE_FLOPPY ? DISK_BUS_FDC : DISK_BUS_IDE;
}

static bool disk_complete(G_GNUC_UNUSED const QemuCompletion *completion,
			  const DomainDevice *device)
{
	DomainDisk *disk = device->disk;

	if (!disk->device)
		disk->device = DISK_DEVICE_DISK;
	if (!disk->source.type)
		disk->source.type = STORAGE_FILE;
	if (!disk->bus)
		disk->bus = disk_default_bus(disk);
	if (disk->device == DISK_DEVICE_CDROM)
		disk->readonly = true;
	/* A drive without a medium. */
	if (disk->source.type == STORAGE_NETWORK && !disk->source.protocol &&
	    disk->device != DISK_DEVICE_DISK && disk->device != DISK_DEVICE_LUN)
		disk->source.type = STORAGE_FILE;
	qemu_storage_source_complete(&disk->source);
	if (disk->encryption && !disk->encryption->engine)
		disk->encryption->engine = ENCRYPTION_ENGINE_QEMU;
	if (disk->source.type == STORAGE_VHOST_USER)
		return true;
	qemu_complete_string(&disk->driver_name, "qemu");
	/* What format a volume has, its pool knows. */
	if (!disk->format && disk->source.type != STORAGE_VOLUME)
		disk->format =
			disk->source.type == STORAGE_DIR ? STORAGE_FORMAT_FAT : STORAGE_FORMAT_RAW;
	return true;
}

static bool check_bus(const QemuCheck *check, const DomainDisk *disk)
{
	switch (disk->bus) {
	case DISK_BUS_IDE:
		if (!machine_has_ide(check->def))
			return refuse(check,
				      _("disk '%s': machine type '%s' has no IDE controller; use "
					"bus 'sata'"),
				      disk->target, check->def->os.machine);
		break;
	case DISK_BUS_FDC:
		if (disk->device != DISK_DEVICE_FLOPPY)
			return refuse(check, _("disk '%s': bus 'fdc' is for floppies only"),
				      disk->target);
		break;
	case DISK_BUS_VIRTIO:
		if (disk->device == DISK_DEVICE_CDROM || disk->device == DISK_DEVICE_FLOPPY)
			return refuse(
				check,
				_("disk '%s': media of bus 'virtio' cannot be changed, so there "
				  "is no %s on it"),
				disk->target, disk_device_name(disk->device));
		break;
	case DISK_BUS_SCSI:
	case DISK_BUS_SATA:
	case DISK_BUS_USB:
	case DISK_BUS_SD:
	case DISK_BUS_NVME:
	case DISK_BUS_XEN: /* the start fails; older definitions are kept */
		break;
	default:
		return refuse(check, _("disk '%s': QEMU has no bus '%s'"), disk->target,
			      disk_bus_name(disk->bus) ?: "");
	}
	if (disk->device == DISK_DEVICE_FLOPPY && disk->bus != DISK_BUS_FDC)
		return refuse(check, _("floppy '%s': floppies sit on bus 'fdc', not '%s'"),
			      disk->target, disk_bus_name(disk->bus));
	return true;
}

static bool check_model(const QemuCheck *check, const DomainDisk *disk)
{
	bool usb = disk->model == DISK_MODEL_USB_STORAGE || disk->model == DISK_MODEL_USB_BOT;

	if (!disk->model)
		return true;
	if (disk->bus != (usb ? DISK_BUS_USB : DISK_BUS_VIRTIO))
		return refuse(check, _("disk '%s': there is no model '%s' on bus '%s'"),
			      disk->target, disk_model_name(disk->model), disk_bus_name(disk->bus));
	return true;
}

static bool check_lun(const QemuCheck *check, const DomainDisk *disk)
{
	const StorageSource *source = &disk->source;

	if (disk->device != DISK_DEVICE_LUN) {
		if (source->reservations)
			return refuse(check,
				      _("disk '%s': <reservations> are for device 'lun' only"),
				      disk->target);
		return true;
	}
	if (source->type != STORAGE_BLOCK && source->type != STORAGE_VOLUME &&
	    !(source->type == STORAGE_NETWORK && source->protocol == STORAGE_PROTOCOL_ISCSI))
		return refuse(check, _("disk '%s': device 'lun' must be a block device or iSCSI"),
			      disk->target);
	if (disk->bus != DISK_BUS_SCSI && disk->bus != DISK_BUS_VIRTIO)
		return refuse(check, _("disk '%s': device 'lun' needs bus 'scsi', not '%s'"),
			      disk->target, disk_bus_name(disk->bus));
	if (disk->format && disk->format != STORAGE_FORMAT_RAW)
		return refuse(check, _("disk '%s': device 'lun' is raw, not '%s'"), disk->target,
			      storage_format_name(disk->format));
	return true;
}

/* Options of the driver that only a virtio disk has. */
static bool check_virtio_options(const QemuCheck *check, const DomainDisk *disk)
{
	const struct {
		bool used;
		const char *name;
	} options[] = {
		{ disk->ioeventfd != TRISTATE_ABSENT, "ioeventfd" },
		{ disk->event_idx != TRISTATE_ABSENT, "event_idx" },
		{ disk->queues > 0, "queues" },
		{ disk->iothread > 0, "iothread" },
	};

	if (disk->iothread > 0 && disk->bus == DISK_BUS_VIRTIO &&
	    !qemu_has_iothread(check->def, disk->iothread))
		return refuse(check, _("disk '%s': there is no I/O thread %u in <iothreadids>"),
			      disk->target, disk->iothread);
	if (disk->bus == DISK_BUS_VIRTIO)
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if (options[i].used)
			return refuse(check,
				      _("disk '%s': '%s' is for bus 'virtio' only, not '%s'"),
				      disk->target, options[i].name, disk_bus_name(disk->bus));
	return true;
}

static bool check_driver(const QemuCheck *check, const DomainDisk *disk)
{
	if (disk->driver_name && strcmp(disk->driver_name, "qemu") != 0)
		return refuse(check, _("disk '%s': the driver is 'qemu', there is no '%s'"),
			      disk->target, disk->driver_name);
	if (disk->rerror_policy == DISK_ERROR_ENOSPACE)
		return refuse(check,
			      _("disk '%s': reading cannot fail for want of space, so there is no "
				"rerror_policy 'enospace'"),
			      disk->target);
	if (disk->io == DISK_IO_NATIVE && disk->cache != DISK_CACHE_NONE &&
	    disk->cache != DISK_CACHE_DIRECTSYNC)
		return refuse(check,
			      _("disk '%s': io 'native' goes with cache 'none' or 'directsync' "
				"only"),
			      disk->target);
	if (disk->copy_on_read == TRISTATE_YES && disk->readonly)
		return refuse(check,
			      _("disk '%s': what is read cannot be copied into a read-only disk"),
			      disk->target);
	if (disk->copy_on_read == TRISTATE_YES && disk->device != DISK_DEVICE_DISK)
		return refuse(check, _("disk '%s': copy_on_read is for device 'disk' only"),
			      disk->target);
	if (disk->shareable && disk->format && disk->format != STORAGE_FORMAT_RAW)
		return refuse(check, _("disk '%s': guests can share raw images only, not '%s'"),
			      disk->target, storage_format_name(disk->format));
	return check_virtio_options(check, disk);
}

static bool check_identity(const QemuCheck *check, const DomainDisk *disk)
{
	if (disk->serial && strspn(disk->serial, SERIAL_CHARACTERS) != strlen(disk->serial))
		return fail(
			check->error, VIR_ERR_INTERNAL_ERROR,
			_("disk '%s': the serial '%s' has characters other than letters, digits, "
			  "spaces and _-+.:"),
			disk->target, disk->serial);
	if (disk->wwn && disk->bus != DISK_BUS_SCSI && disk->bus != DISK_BUS_IDE &&
	    disk->bus != DISK_BUS_SATA)
		return refuse(check, _("disk '%s': a disk on bus '%s' has no <wwn>"), disk->target,
			      disk_bus_name(disk->bus));
	if ((disk->vendor || disk->product) && disk->bus != DISK_BUS_SCSI)
		return refuse(check, _("disk '%s': only SCSI disks have <vendor> and <product>"),
			      disk->target);
	if (disk->rotation_rate && disk->bus != DISK_BUS_SCSI && disk->bus != DISK_BUS_IDE &&
	    disk->bus != DISK_BUS_SATA)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("disk '%s': a disk on bus '%s' has no rotation_rate"), disk->target,
			    disk_bus_name(disk->bus));
	if (disk->dpofua && disk->bus != DISK_BUS_SCSI)
		return refuse(check, _("disk '%s': only SCSI disks have dpofua"), disk->target);
	if (disk->removable && disk->bus != DISK_BUS_USB)
		return reject(check, _("disk '%s': only USB disks are removable or not"),
			      disk->target);
	if (disk->tray && disk->device != DISK_DEVICE_CDROM && disk->device != DISK_DEVICE_FLOPPY)
		return refuse(check, _("disk '%s': a hard disk has no tray"), disk->target);
	return true;
}

static bool check_throttle(const QemuCheck *check, const DomainDisk *disk)
{
	const DiskIoTune *tune = &disk->iotune;
	const guint64 limits[] = {
		tune->total_bytes_sec,     tune->read_bytes_sec,     tune->write_bytes_sec,
		tune->total_iops_sec,      tune->read_iops_sec,      tune->write_iops_sec,
		tune->total_bytes_sec_max, tune->read_bytes_sec_max, tune->write_bytes_sec_max,
		tune->total_iops_sec_max,  tune->read_iops_sec_max,  tune->write_iops_sec_max,
		tune->size_iops_sec,
	};
	bool any = false;

	for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
		if (limits[i] > THROTTLE_MAX)
			return fail(check->error, VIR_ERR_ARGUMENT_UNSUPPORTED,
				    _("disk '%s': a limit of <iotune> is above QEMU's highest, "
				      "%" PRIu64),
				    disk->target, (uint64_t)THROTTLE_MAX);
		any = any || limits[i] > 0;
	}
	if (tune->group_name && !any)
		return refuse(check, _("disk '%s': <group_name> without any limit in <iotune>"),
			      disk->target);
	return true;
}

static bool encryption_is_old(const StorageEncryption *encryption)
{
	return encryption &&
	       (encryption->format == ENCRYPTION_QCOW || encryption->format == ENCRYPTION_DEFAULT);
}

static bool check_vhost_user(const QemuCheck *check, const DomainDisk *disk)
{
	if (disk->source.type != STORAGE_VHOST_USER)
		return true;
	if (disk->bus != DISK_BUS_VIRTIO)
		return refuse(check, _("disk '%s': a disk of type 'vhostuser' needs bus 'virtio'"),
			      disk->target);
	if (!qemu_memory_is_shared(check->def))
		return refuse(check,
			      _("disk '%s': type 'vhostuser' needs shared memory: <memoryBacking> "
				"with <access mode='shared'/>"),
			      disk->target);
	return true;
}

static bool check_source(const QemuCheck *check, const DomainDisk *disk)
{
	const StorageSource *source = &disk->source;

	if (storage_source_is_empty(source) &&
	    (disk->device == DISK_DEVICE_DISK || disk->device == DISK_DEVICE_LUN))
		return fail(check->error, VIR_ERR_NO_SOURCE,
			    _("disk '%s' has no <source>: only drives for media can be empty"),
			    disk->target);
	if (encryption_is_old(source->encryption) || encryption_is_old(disk->encryption))
		return refuse(check,
			      _("disk '%s': QEMU no longer decrypts the old encryption of qcow; "
				"use format 'luks'"),
			      disk->target);
	if (source->type == STORAGE_DIR && disk->format != STORAGE_FORMAT_FAT)
		return refuse(check, _("disk '%s': a directory is shown as format 'fat' only"),
			      disk->target);
	if (source->type == STORAGE_NETWORK && source->protocol == STORAGE_PROTOCOL_TFTP)
		return refuse(check, _("disk '%s': QEMU does not read images by TFTP"),
			      disk->target);
	if (source->startup_policy && source->startup_policy != STARTUP_MANDATORY) {
		if (source->type == STORAGE_NETWORK)
			return reject(check,
				      _("disk '%s': there is no startupPolicy for network disks"),
				      disk->target);
		if (source->startup_policy == STARTUP_REQUISITE &&
		    disk->device != DISK_DEVICE_CDROM && disk->device != DISK_DEVICE_FLOPPY)
			return reject(check,
				      _("disk '%s': startupPolicy 'requisite' is for media that "
					"can be changed"),
				      disk->target);
	}
	return check_vhost_user(check, disk);
}

static bool disk_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainDisk *disk = device->disk;

	return check_bus(check, disk) && check_model(check, disk) && check_lun(check, disk) &&
	       check_driver(check, disk) && check_identity(check, disk) &&
	       check_throttle(check, disk) && check_source(check, disk);
}

static bool disk_prepare(const QemuPrepare *prepare, const DomainDevice *device)
{
	DomainDisk *disk = device->disk;

	/* What others write must not be answered from this host's cache. */
	if (disk->shareable && !disk->readonly && disk->cache <= DISK_CACHE_DEFAULT)
		disk->cache = DISK_CACHE_NONE;
	if (disk->source.type == STORAGE_VOLUME)
		return fail(prepare->error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s': disk '%s' is a volume of pool '%s'; that is looked up when a guest "
			      "is started, not when a disk is plugged: use type 'file' or 'block'"),
			    prepare->live->name, disk->target, disk->source.pool ?: "");
	return true;
}

static void disk_resources(const QemuResources *all, const DomainDevice *device)
{
	const DomainDisk *disk = device->disk;
	Resource *resource;

	if ((disk->source.type != STORAGE_FILE && disk->source.type != STORAGE_BLOCK) ||
	    !disk->source.path)
		return;
	resource = qemu_resource_add(all, RESOURCE_IMAGE, g_strdup_printf("disk:%s", disk->target),
				     disk->source.path);
	resource->format = g_strdup(storage_format_name(disk->format) ?: "raw");
	resource->read_only = disk->readonly;
	resource->optional = disk->source.startup_policy == STARTUP_OPTIONAL;
	resource->what = N_("disk image");
}

static bool disk_has_data_store(const DomainDisk *disk)
{
	bool any = disk->source.data_store != NULL;

	for (const DomainBacking *backing = disk->backing; backing; backing = backing->backing)
		any |= backing->source.data_store != NULL;
	return any;
}

/* What later versions of the format say and QEMU or we cannot do. */
static bool disk_refuse_later(const DomainDisk *disk, GError **error)
{
	if (list_length(disk->throttle_filters) > 0)
		return command_refuse(error, "throttlefilters",
				      _("several groups of limits for one disk are not supported; "
					"use <iotune> with a <group_name>"));
	if (list_length(disk->statistics) > 0)
		return command_refuse(error, "driver statistics",
				      _("histograms of latencies are not supported"));
	if (disk_has_data_store(disk))
		return command_refuse(error, "dataStore",
				      _("images with their data elsewhere are not supported"));
	return true;
}

/* What no kind of disk can do here. */
static bool disk_refuse(const DomainDisk *disk, GError **error)
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
	return disk_refuse_later(disk, error);
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
	props_tristate(opts, "dpofua", disk->dpofua);
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
static bool build_vhost_user(QemuCommand *cmd, const DomainDisk *disk, GError **error)
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
	virtio_opts(opts, &disk->virtio);
	if (disk->queues > 0)
		props_num(opts, "num-queues", disk->queues);
	if (disk->queue_size > 0)
		props_num(opts, "queue-size", disk->queue_size);
	return command_device(cmd, opts, &disk->info, error);
}

static bool disk_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainDisk *disk = device->disk;
	g_autofree char *node = NULL;
	DeviceInfo info;
	Props *opts;

	if (!disk_refuse(disk, error))
		return false;
	if (disk->source.type == STORAGE_VHOST_USER)
		return build_vhost_user(cmd, disk, error);
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
static bool disks_ahead(QemuCommand *cmd, G_GNUC_UNUSED GError **error)
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
	return true;
}

static PciConnect disk_pci(const DomainDevice *device)
{
	if (device->disk->bus != DISK_BUS_VIRTIO)
		return 0;
	return qemu_pci_virtio(device->disk->model == DISK_MODEL_TRANSITIONAL);
}

static bool disk_ccw(const DomainDevice *device)
{
	return device->disk->bus == DISK_BUS_VIRTIO;
}

static bool disk_hotplug(const DomainDevice *device)
{
	return device->disk->bus == DISK_BUS_VIRTIO || device->disk->bus == DISK_BUS_USB ||
	       device->disk->bus == DISK_BUS_SCSI;
}

const QemuDeviceKind qemu_disk = {
	.alias = disk_alias,
	.complete = disk_complete,
	.check = disk_check,
	.prepare = disk_prepare,
	.resources = disk_resources,
	.pci = disk_pci,
	.ccw = disk_ccw,
	.hotplug = disk_hotplug,
	.ahead = disks_ahead,
	.build = disk_build,
};
