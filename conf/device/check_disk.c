/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"

bool virtio_options_check(const VirtioOptions *options, bool virtio, const char *what,
			  GError **error)
{
	if (virtio || !(options->iommu || options->ats || options->packed || options->page_per_vq))
		return true;
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("the driver options iommu, ats, packed and page_per_vq are for virtio devices, "
		      "which %s is not"), what);
}

/* A total and its parts exclude each other; NULL when all is well, else the name of the limit. */
static const char *iotune_conflict(const DiskIoTune *tune)
{
	const struct {
		const char *name;
		guint64 total, read, write;
	} limits[] = {
		{ "bytes_sec", tune->total_bytes_sec, tune->read_bytes_sec, tune->write_bytes_sec },
		{ "iops_sec", tune->total_iops_sec, tune->read_iops_sec, tune->write_iops_sec },
		{ "bytes_sec_max", tune->total_bytes_sec_max, tune->read_bytes_sec_max,
		  tune->write_bytes_sec_max },
		{ "iops_sec_max", tune->total_iops_sec_max, tune->read_iops_sec_max,
		  tune->write_iops_sec_max },
	};

	for (guint i = 0; i < G_N_ELEMENTS(limits); i++)
		if (limits[i].total && (limits[i].read || limits[i].write))
			return limits[i].name;
	return NULL;
}

static bool printable(const char *text, gsize most)
{
	if (strlen(text) > most)
		return false;
	for (; *text; text++)
		if (!g_ascii_isprint(*text))
			return false;
	return true;
}

static bool wwn_valid(const char *wwn)
{
	if (g_str_has_prefix(wwn, "0x"))
		wwn += 2;
	return strlen(wwn) == 16 && strspn(wwn, "0123456789abcdefABCDEF") == 16;
}

static bool disk_identity_check(const DomainDisk *disk, GError **error)
{
	if (disk->vendor && !printable(disk->vendor, 8))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("disk '%s': <vendor> is at most 8 printable characters"),
				disk->target);
	if (disk->product && !printable(disk->product, 16))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("disk '%s': <product> is at most 16 printable characters"),
			    disk->target);
	if (disk->wwn && !wwn_valid(disk->wwn))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("disk '%s': the <wwn> '%s' is not 16 hexadecimal digits"),
				disk->target,
			    disk->wwn);
	return true;
}

/* What a bus can take as an address in the guest. */
static bool disk_address_fits(const DomainDisk *disk)
{
	AddressType type = disk->info.address.type;

	if (!type || type == ADDRESS_UNASSIGNED)
		return true;
	switch (disk->bus) {
	case DISK_BUS_IDE:
	case DISK_BUS_FDC:
	case DISK_BUS_SATA:
	case DISK_BUS_SCSI:
	case DISK_BUS_NVME:
		return type == ADDRESS_DRIVE;
	case DISK_BUS_VIRTIO:
		return type == ADDRESS_PCI || type == ADDRESS_CCW || type == ADDRESS_VIRTIO_S390 ||
		       type == ADDRESS_VIRTIO_MMIO;
	case DISK_BUS_USB:
		return type == ADDRESS_USB;
	default:
		return true;
	}
}

static bool disk_device_check(const DomainDisk *disk, GError **error)
{
	static const char *const prefixes[] = { "hd", "sd", "vd", "xvd", "ubd", "nvme", "ioemu:" };
	bool known = false;

	if (disk->device == DISK_DEVICE_LUN) {
		if (disk->source.type != STORAGE_BLOCK && disk->source.type != STORAGE_VOLUME &&
		    !(disk->source.type == STORAGE_NETWORK &&
		      disk->source.protocol == STORAGE_PROTOCOL_ISCSI))
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("disk '%s': device='lun' needs a block device or iSCSI as its "
				      "source"), disk->target);
	} else if (disk->rawio || disk->sgio) {
		return fail(error, VIR_ERR_XML_ERROR,
			    _("disk '%s': rawio and sgio are for device='lun' only"), disk->target);
	}
	if (disk->device == DISK_DEVICE_FLOPPY && !g_str_has_prefix(disk->target, "fd"))
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("the target of a floppy disk begins with 'fd', not as '%s'"),
			    disk->target);
	for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++)
		known |= g_str_has_prefix(disk->target, prefixes[i]);
	if ((disk->device == DISK_DEVICE_DISK || disk->device == DISK_DEVICE_LUN) && !known)
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("the target of a disk begins with hd, sd, vd or xvd, not as '%s'"),
			    disk->target);
	return true;
}

static bool geometry_check(const DomainDisk *disk, GError **error)
{
	bool given = disk->cylinders || disk->heads || disk->sectors;

	if (given && disk->bus == DISK_BUS_USB)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s': a disk on the usb bus has no <geometry>"), disk->target);
	if (disk->trans && disk->trans != DISK_TRANS_DEFAULT && disk->bus != DISK_BUS_IDE)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s': only <geometry> of the ide bus is translated, not of '%s'"),
			    disk->target, disk_bus_name(disk->bus));
	return true;
}

/* A LUN is the device of the host itself: what it says of itself cannot be changed. */
static bool lun_check(const DomainDisk *disk, GError **error)
{
	const char *given = disk->wwn ? "wwn" : disk->vendor ? "vendor" : disk->product ? "product" :
			    disk->serial && disk->bus == DISK_BUS_SCSI ? "serial" : NULL;

	if (disk->device != DISK_DEVICE_LUN || !given)
		return true;
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("disk '%s': with device='lun' the <%s> is that of the host's device"),
		    disk->target, given);
}

static bool transient_check(const DomainDisk *disk, GError **error)
{
	if (!disk->transient)
		return true;
	if (disk->readonly)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s' is both transient and read-only"), disk->target);
	if (disk->source.type != STORAGE_FILE)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s': only a disk of type='file' can be transient"), disk->target);
	if (disk->share_backing == TRISTATE_YES && disk->bus != DISK_BUS_VIRTIO &&
	    disk->bus != DISK_BUS_USB && disk->bus != DISK_BUS_SCSI)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s': a transient disk on the %s bus cannot share its image"),
			    disk->target, disk_bus_name(disk->bus));
	return true;
}

static bool metadata_cache_check(const DomainDisk *disk, GError **error)
{
	return !disk->metadata_cache_max_size || disk->format == STORAGE_FORMAT_QCOW2 ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("disk '%s': <metadata_cache> is for images of format 'qcow2'"), disk->target);
}

static bool iotune_given(const DiskIoTune *tune)
{
	return tune->total_bytes_sec || tune->read_bytes_sec || tune->write_bytes_sec ||
	       tune->total_iops_sec || tune->read_iops_sec || tune->write_iops_sec;
}

bool disk_iotune_agrees(const DiskIoTune *a, const DiskIoTune *b)
{
	DiskIoTune one = *a, other = *b;

	if (!iotune_given(a) || !iotune_given(b))
		return true;
	one.group_name = other.group_name = NULL;
	return memcmp(&one, &other, sizeof(one)) == 0;
}

/* What goes past QEMU: another process reads and writes. */
static bool vhostuser_check(const DomainDisk *disk, GError **error)
{
	const struct {
		bool given;
		const char *name;
	} options[] = {
		{ disk->cache && disk->cache != DISK_CACHE_DEFAULT, "cache" },
		{ disk->io && disk->io != DISK_IO_DEFAULT, "io" },
		{ disk->error_policy && disk->error_policy != DISK_ERROR_DEFAULT, "error_policy" },
		{ disk->rerror_policy && disk->rerror_policy != DISK_ERROR_DEFAULT, "rerror_policy" },
		{ disk->discard && disk->discard != DISK_DISCARD_DEFAULT, "discard" },
		{ disk->detect_zeroes && disk->detect_zeroes != DISK_ZEROES_DEFAULT,
		  "detect_zeroes" },
		{ disk->copy_on_read == TRISTATE_YES, "copy_on_read" },
		{ disk->iothread || list_length(disk->iothreads) > 0, "iothread" },
		{ iotune_given(&disk->iotune), "iotune" },
		{ disk->serial, "serial" },
		{ disk->wwn, "wwn" },
		{ disk->readonly, "readonly" },
		{ disk->shareable, "shareable" },
		{ disk->transient, "transient" },
		{ disk->encryption || disk->source.encryption, "encryption" },
		{ disk->logical_block_size || disk->physical_block_size, "blockio" },
		{ disk->cylinders > 0, "geometry" },
	};

	if (disk->source.type != STORAGE_VHOST_USER)
		return true;
	for (guint i = 0; i < G_N_ELEMENTS(options); i++)
		if (options[i].given)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("disk '%s' of type 'vhostuser' cannot have '%s': another process "
				      "serves it"), disk->target, options[i].name);
	return true;
}

bool drive_address_check(const DomainDef *def, const DeviceAddress *address, DiskBus bus,
			 const char *what, GError **error)
{
	const DomainController *controller;

	if (address->type != ADDRESS_DRIVE)
		return true;
	if (bus == DISK_BUS_SATA && (address->drive.bus || address->drive.target))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: in an address of the sata bus both 'bus' and 'target' are 0"), what);
	if (bus != DISK_BUS_SCSI)
		return true;
	if (address->drive.bus)
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("%s: a SCSI controller has one bus, number 0"), what);
	controller = domain_def_controller(def, CONTROLLER_SCSI, (int)address->drive.controller);
	if (controller && controller->model == MODEL_LSILOGIC && address->drive.target)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: the target is 0 for a controller of model 'lsilogic'"), what);
	return true;
}

/* "vda", or "sdab": a prefix and letters; behind them @ret_rest may be digits, a partition. */
static bool target_name(const char *target, const char **ret_rest)
{
	static const char *const prefixes[] = { "fd", "hd", "vd", "sd", "xvd", "ubd" };
	enum { MOST_LETTERS = 6 };

	if (g_str_has_prefix(target, "ioemu:"))
		target += strlen("ioemu:");
	for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		const char *letters = target + strlen(prefixes[i]);
		gsize n = g_str_has_prefix(target, prefixes[i]) ?
				  strspn(letters, "abcdefghijklmnopqrstuvwxyz") : 0;

		if (n > 0 && n <= MOST_LETTERS) {
			*ret_rest = letters + n;
			return true;
		}
	}
	return false;
}

bool disk_target_known(const DomainDisk *disk)
{
	const char *rest;

	if (disk->bus == DISK_BUS_NVME)
		return true;
	return target_name(disk->target, &rest) && strspn(rest, "0123456789") == strlen(rest);
}

static bool target_check(const DomainDisk *disk, GError **error)
{
	const char *rest;

	if (disk->bus == DISK_BUS_NVME)
		return true;
	if (!disk_target_known(disk))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the target '%s' is not the name of a disk, as vda or sdb"),
			    disk->target);
	target_name(disk->target, &rest);
	return !*rest || fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			      _("the target '%s' names a partition; a guest is given whole disks, "
				"as '%.*s'"), disk->target, (int)(rest - disk->target), disk->target);
}

static bool throttle_group_exists(const DomainDef *def, const char *name)
{
	for (guint i = 0; i < list_length(def->throttle_groups); i++)
		if (g_strcmp0(((DiskIoTune *)list_get(def->throttle_groups, i))->group_name,
			      name) == 0)
			return true;
	return false;
}

static bool throttle_check(const DomainDef *def, const DomainDisk *disk, GError **error)
{
	for (guint i = 0; i < list_length(disk->throttle_filters); i++) {
		const ThrottleFilter *filter = list_get(disk->throttle_filters, i);

		if (!throttle_group_exists(def, filter->group))
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("disk '%s': there is no <throttlegroup> '%s'"), disk->target,
				    filter->group);
	}
	return true;
}

bool disk_check(const DomainDef *def, const DomainDisk *disk, GError **error)
{
	g_autofree char *what = g_strdup_printf(_("disk '%s'"), disk->target ? disk->target : "");
	const char *conflict = iotune_conflict(&disk->iotune);

	if (!disk->target)
		return fail(error, VIR_ERR_NO_TARGET, _("a disk has no <target dev='...'/>"));
	if (conflict)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s': <iotune> has both total_%s and read_ or write_%s; only one "
			      "can hold"), disk->target, conflict, conflict);
	if (!disk_device_check(disk, error) || !target_check(disk, error) ||
	    !disk_identity_check(disk, error) || !disk_source_check(disk, what, error) ||
	    !geometry_check(disk, error) || !lun_check(disk, error) ||
	    !transient_check(disk, error) || !metadata_cache_check(disk, error) ||
	    !vhostuser_check(disk, error) || !throttle_check(def, disk, error))
		return false;
	if (!disk_address_fits(disk) && def->os.type == OS_TYPE_HVM)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s' on the %s bus cannot have an address of type '%s'"),
			    disk->target, disk_bus_name(disk->bus),
			    address_type_name(disk->info.address.type));
	if (!drive_address_check(def, &disk->info.address, disk->bus, what, error))
		return false;
	return virtio_options_check(&disk->virtio, disk->bus == DISK_BUS_VIRTIO, what, error);
}
