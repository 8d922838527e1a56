/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/domain/check.h"

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

static bool source_check(const StorageSource *source, const char *target, GError **error)
{
	if (source->type != STORAGE_NETWORK)
		return true;
	for (guint i = 0; i < list_length(source->hosts); i++) {
		const StorageHost *host = list_get(source->hosts, i);
		bool local = host->transport == STORAGE_TRANSPORT_UNIX;

		if (local && !host->socket)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("disk '%s': a host with transport='unix' needs 'socket'"),
					target);
		if (!local && host->socket)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("disk '%s': a host has a 'socket' only with transport='unix'"),
				    target);
		if (!local && !host->name)
			return fail(error, VIR_ERR_XML_ERROR, _("disk '%s': a host has no 'name'"),
				    target);
	}
	if (source->snapshot && source->protocol != STORAGE_PROTOCOL_RBD &&
	    source->protocol != STORAGE_PROTOCOL_SHEEPDOG)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s': <snapshot> is not supported for protocol '%s'"), target,
			    storage_protocol_name(source->protocol));
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
	if (!disk_device_check(disk, error) || !disk_identity_check(disk, error) ||
	    !source_check(&disk->source, disk->target, error))
		return false;
	if (!disk_address_fits(disk) && def->os.type == OS_TYPE_HVM)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s' on the %s bus cannot have an address of type '%s'"),
			    disk->target, disk_bus_name(disk->bus),
			    address_type_name(disk->info.address.type));
	if (disk->transient && disk->readonly && disk->device != DISK_DEVICE_CDROM)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s' is both transient and read-only"), disk->target);
	return virtio_options_check(&disk->virtio, disk->bus == DISK_BUS_VIRTIO, what, error);
}
