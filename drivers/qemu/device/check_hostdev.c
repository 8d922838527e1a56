/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/check.h"
#include "drivers/qemu/machine/machine.h"

static bool has_zpci(const DeviceInfo *info)
{
	return info->address.pci.has_zpci_uid || info->address.pci.has_zpci_fid;
}

static bool check_pci(const QemuCheck *check, const DomainHostdev *hostdev)
{
	if (hostdev->write_filtering)
		return refuse(check, _("PCI host device: QEMU does not filter writes to its "
				       "configuration"));
	if (hostdev->guest_reset)
		return refuse(check, _("guestReset is for USB host devices only"));
	return true;
}

static bool check_usb(const QemuCheck *check, const DomainHostdev *hostdev)
{
	if (hostdev->host.has_usb_vendor && !hostdev->host.usb_vendor)
		return reject(check, _("USB host device: there is no vendor 0"));
	if (hostdev->host.has_usb_vendor && !hostdev->host.usb_product)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("USB host device: the vendor is given without the product"));
	return true;
}

static bool check_scsi_host(const QemuCheck *check, const DomainHostdev *hostdev)
{
	if (hostdev->info.boot_order)
		return refuse(check, _("firmware cannot boot from a vhost SCSI host device"));
	return true;
}

static bool check_mdev(const QemuCheck *check, const DomainHostdev *hostdev)
{
	if (uuid_is_absent(&hostdev->mdev_uuid))
		return refuse(check, _("a mediated host device has its uuid in <source><address>"));
	switch (hostdev->model) {
	case HOSTDEV_MODEL_VFIO_CCW:
	case HOSTDEV_MODEL_VFIO_AP:
		if (!qemu_arch_is_s390(check->def->os.arch))
			return refuse(check,
				      _("mediated host devices of model '%s' are on s390x only"),
				      hostdev_model_name(hostdev->model));
		break;
	case HOSTDEV_MODEL_VFIO_PCI:
		break;
	default:
		return reject(check, _("a mediated host device has a model, like 'vfio-pci'"));
	}
	if (hostdev->display == TRISTATE_YES && list_length(check->def->graphics) == 0)
		return refuse(check, _("a host device with display='on' needs <graphics>"));
	return true;
}

/* What is for mediated devices only. */
static bool check_mdev_options(const QemuCheck *check, const DomainHostdev *hostdev)
{
	bool scsi_host = hostdev->type == HOSTDEV_SCSI_HOST;

	if (hostdev->type == HOSTDEV_MDEV)
		return true;
	if (hostdev->display)
		return reject(check, _("only mediated host devices have a display"));
	if (hostdev->model && !scsi_host)
		return reject(check, _("a host device of type '%s' has no model"),
			      hostdev_type_name(hostdev->type));
	return true;
}

bool qemu_check_hostdev(const QemuCheck *check, const DomainHostdev *hostdev)
{
	if (hostdev->mode == HOSTDEV_MODE_CAPABILITIES)
		return refuse(check, _("QEMU has no host devices of mode 'capabilities'"));
	if (has_zpci(&hostdev->info) && !qemu_arch_is_s390(check->def->os.arch))
		return refuse(check,
			      _("a host device has a <zpci> address, which is on s390x only"));
	if (hostdev->rawio && hostdev->type != HOSTDEV_SCSI)
		return reject(check, _("only SCSI host devices have 'rawio'"));
	if (!check_mdev_options(check, hostdev))
		return false;
	switch (hostdev->type) {
	case HOSTDEV_PCI:
		return check_pci(check, hostdev);
	case HOSTDEV_USB:
		return check_usb(check, hostdev);
	case HOSTDEV_SCSI_HOST:
		return check_scsi_host(check, hostdev);
	case HOSTDEV_MDEV:
		return check_mdev(check, hostdev);
	default:
		return true;
	}
}
