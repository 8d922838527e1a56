/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/check.h"
#include "drivers/qemu/machine/machine.h"

#define THROTTLE_MAX G_GUINT64_CONSTANT(1000000000000000) /* QEMU's own */
#define SERIAL_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+.: "

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

static bool source_is_empty(const StorageSource *source)
{
	switch (source->type) {
	case STORAGE_FILE:
	case STORAGE_BLOCK:
	case STORAGE_DIR:
		return !source->path || !*source->path;
	case STORAGE_NETWORK:
		return !source->protocol;
	default:
		return false;
	}
}

static bool check_source(const QemuCheck *check, const DomainDisk *disk)
{
	const StorageSource *source = &disk->source;

	if (source_is_empty(source) &&
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

bool qemu_check_disk(const QemuCheck *check, const DomainDisk *disk)
{
	return check_bus(check, disk) && check_model(check, disk) && check_lun(check, disk) &&
	       check_driver(check, disk) && check_identity(check, disk) &&
	       check_throttle(check, disk) && check_source(check, disk);
}
