/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which device of the host is meant, and what a device of its kind cannot have in the guest. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"

static bool address_fits(const DomainHostdev *hostdev)
{
	AddressType type = hostdev->info.address.type;

	if (!type || type == ADDRESS_UNASSIGNED)
		return true;
	switch (hostdev->type) {
	case HOSTDEV_PCI:
		return type == ADDRESS_PCI;
	case HOSTDEV_USB:
		return type == ADDRESS_USB;
	case HOSTDEV_SCSI:
		return type == ADDRESS_DRIVE;
	case HOSTDEV_SCSI_HOST:
	case HOSTDEV_MDEV:
		return type == ADDRESS_PCI || type == ADDRESS_CCW;
	default:
		return true;
	}
}

static bool kind_check(const DomainHostdev *hostdev, GError **error)
{
	const char *type = hostdev_type_name(hostdev->type);
	bool pci = hostdev->type == HOSTDEV_PCI ||
		   (hostdev->type == HOSTDEV_MDEV && hostdev->model == HOSTDEV_MODEL_VFIO_PCI);

	if (!address_fits(hostdev))
		return fail(error, hostdev->type == HOSTDEV_PCI ? VIR_ERR_INTERNAL_ERROR
								: VIR_ERR_CONFIG_UNSUPPORTED,
			    _("a host device of type '%s' cannot have an address of type '%s'"), type,
			    address_type_name(hostdev->info.address.type));
	if (hostdev->type != HOSTDEV_SCSI && (hostdev->rawio || hostdev->sgio))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("rawio and sgio are for host devices of type 'scsi', not '%s'"), type);
	if (hostdev->sgio == SGIO_UNFILTERED)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("sgio='unfiltered' is no longer there: kernels filter all SCSI "
			      "commands"));
	if (!pci && (hostdev->info.rom_bar || hostdev->info.rom_file || hostdev->info.rom_enabled))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("<rom> is for PCI devices; a host device of type '%s' has none"), type);
	if (hostdev->teaming && hostdev->type != HOSTDEV_PCI)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("<teaming> is for host devices of type 'pci', not '%s'"), type);
	if (hostdev->teaming && hostdev->teaming->type != TEAMING_TRANSIENT)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("<teaming> of a host device is of type 'transient'"));
	return true;
}

static bool iscsi_check(const StorageSource *source, GError **error)
{
	if (!source->name)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("an iSCSI host device needs the 'name' of its target"));
	if (list_length(source->hosts) != 1)
		return fail(error, VIR_ERR_XML_ERROR, _("an iSCSI host device has one <host>"));
	if (source->auth && source->auth->secret.type &&
	    source->auth->secret.type != STORAGE_SECRET_ISCSI)
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("an iSCSI host device needs a secret of type 'iscsi', not '%s'"),
			    storage_secret_type_name(source->auth->secret.type));
	return true;
}

static bool wwpn_valid(const char *wwpn)
{
	return g_str_has_prefix(wwpn, "naa.") && strlen(wwpn) == strlen("naa.") + 16 &&
	       strspn(wwpn + strlen("naa."), "0123456789abcdefABCDEF") == 16;
}

static bool source_check(const DomainHostdev *hostdev, GError **error)
{
	if (hostdev->mode != HOSTDEV_MODE_SUBSYSTEM)
		return true;
	if (hostdev->type == HOSTDEV_SCSI && hostdev->scsi_protocol == SCSI_PROTOCOL_ISCSI)
		return iscsi_check(&hostdev->iscsi, error);
	if (hostdev->type == HOSTDEV_SCSI && !hostdev->scsi_adapter)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("a SCSI host device needs the name of its <adapter>"));
	if (hostdev->type == HOSTDEV_SCSI && !hostdev->has_scsi_address)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("a SCSI host device needs its <address> on the host"));
	if (hostdev->type != HOSTDEV_SCSI_HOST)
		return true;
	if (!hostdev->wwpn)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("a host device of type 'scsi_host' needs a 'wwpn'"));
	return wwpn_valid(hostdev->wwpn) ||
	       fail(error, VIR_ERR_XML_ERROR,
		    _("the wwpn '%s' is not written naa. and 16 hexadecimal digits"), hostdev->wwpn);
}

bool hostdev_check(const DomainDef *def, const DomainHostdev *hostdev, GError **error)
{
	if (hostdev->type == HOSTDEV_MDEV && hostdev->display == TRISTATE_YES &&
	    list_length(def->graphics) == 0)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("a mediated device with display='on' needs <graphics> to show it"));
	if ((hostdev->type == HOSTDEV_SCSI_HOST ||
	     (hostdev->type == HOSTDEV_MDEV && hostdev->model == HOSTDEV_MODEL_VFIO_AP)) &&
	    hostdev->info.boot_order)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("a host device of type '%s' cannot be booted from"),
			    hostdev_type_name(hostdev->type));
	if (!kind_check(hostdev, error) || !source_check(hostdev, error))
		return false;
	return hostdev->type != HOSTDEV_SCSI ||
	       drive_address_check(def, &hostdev->info.address, DISK_BUS_SCSI,
				   _("a SCSI host device"), error);
}
