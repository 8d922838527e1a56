/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/check.h"
#include "drivers/qemu/machine/machine.h"

#define VSOCK_CID_MIN 3

static bool check_filesystem(const QemuCheck *check, const DomainFilesystem *fs)
{
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

static bool check_input(const QemuCheck *check, const DomainInput *input)
{
	const char *type = input_type_name(input->type);

	if (input->bus == INPUT_BUS_PS2 && input->type != INPUT_MOUSE &&
	    input->type != INPUT_KEYBOARD)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR, _("there is no PS/2 %s"), type);
	if (input->bus == INPUT_BUS_XEN || input->bus == INPUT_BUS_PARALLELS)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR, _("QEMU has no input bus '%s'"),
			    input_bus_name(input->bus));
	if (input->bus == INPUT_BUS_PS2 && !machine_has_ps2(check->def))
		return refuse(check, _("machine type '%s' has no PS/2 bus for a %s"),
			      check->def->os.machine, type);
	if (input->type == INPUT_PASSTHROUGH && input->bus != INPUT_BUS_VIRTIO)
		return refuse(check, _("input of type 'passthrough' needs bus 'virtio'"));
	if (input->model && input->bus != INPUT_BUS_VIRTIO)
		return refuse(check, _("a %s on bus '%s' has no model of virtio"), type,
			      input_bus_name(input->bus) ?: "");
	if (input->model && input->model != VIRTIO_MODEL_VIRTIO && input->type != INPUT_PASSTHROUGH)
		return refuse(check, _("a %s has no (non-)transitional models of virtio"), type);
	return true;
}

static bool check_watchdog(const QemuCheck *check, const DomainWatchdog *watchdog)
{
	AddressType address = watchdog->info.address.type;

	if (check->def->watchdogs->len > 1)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("QEMU has one watchdog per guest"));
	switch (watchdog->model) {
	case WATCHDOG_I6300ESB:
		if (address && address != ADDRESS_PCI)
			return refuse(check, _("a watchdog i6300esb is on PCI, not '%s'"),
				      address_type_name(address));
		return true;
	case WATCHDOG_IB700:
		if (address && address != ADDRESS_ISA)
			return refuse(check, _("a watchdog ib700 is on ISA, not '%s'"),
				      address_type_name(address));
		return true;
	case WATCHDOG_DIAG288:
		if (!qemu_arch_is_s390(check->def->os.arch))
			return refuse(check, _("a watchdog diag288 is on s390x only"));
		return true;
	case WATCHDOG_ITCO:
		if (machine_family(check->def) != MACHINE_Q35)
			return refuse(check, _("a watchdog itco is on machine type 'q35' only"));
		return true;
	default:
		return true;
	}
}

static bool check_panic(const QemuCheck *check, const DomainPanic *panic)
{
	for (guint i = 0; i < check->def->panics->len; i++) {
		const DomainPanic *other = list_get(check->def->panics, i);

		if (other != panic && other->model == panic->model)
			return reject(check, _("there are two panic devices of model '%s'"),
				      panic_model_name(panic->model));
	}
	switch (panic->model) {
	case PANIC_PSERIES:
		if (machine_family(check->def) != MACHINE_PSERIES)
			return refuse(check,
				      _("panic model 'pseries' is on pseries machines only"));
		return true;
	case PANIC_HYPERV:
		if (!qemu_arch_is_x86(check->def->os.arch))
			return refuse(check, _("panic model 'hyperv' is on x86 only"));
		return true;
	case PANIC_S390:
		if (!qemu_arch_is_s390(check->def->os.arch))
			return refuse(check, _("panic model 's390' is on s390x only"));
		return true;
	case PANIC_ISA:
		if (!qemu_arch_is_x86(check->def->os.arch))
			return refuse(check, _("panic model 'isa' is on x86 only"));
		if (panic->info.address.type && panic->info.address.type != ADDRESS_ISA)
			return refuse(check, _("panic model 'isa' is on ISA, not '%s'"),
				      address_type_name(panic->info.address.type));
		return true;
	default:
		return true;
	}
}

static bool check_tpm(const QemuCheck *check, const DomainTpm *tpm)
{
	guint proxies = 0;

	for (guint i = 0; i < check->def->tpms->len; i++)
		proxies += ((DomainTpm *)list_get(check->def->tpms, i))->model ==
			   TPM_MODEL_SPAPR_PROXY;
	if (check->def->tpms->len - proxies > 1 || proxies > 1)
		return refuse(check, _("QEMU has one TPM per guest"));
	if ((tpm->model == TPM_MODEL_SPAPR || tpm->model == TPM_MODEL_SPAPR_PROXY) &&
	    machine_family(check->def) != MACHINE_PSERIES)
		return refuse(check, _("TPM model '%s' is on pseries machines only"),
			      tpm_model_name(tpm->model));
	if (tpm->model == TPM_MODEL_CRB && tpm->version == TPM_VERSION_1_2)
		return refuse(check, _("TPM model 'tpm-crb' has version 2.0, not 1.2"));
	return true;
}

static bool check_shmem(const QemuCheck *check, const DomainShmem *shmem)
{
	const char *model = shmem_model_name(shmem->model);

	switch (shmem->model) {
	case SHMEM_MODEL_IVSHMEM:
		return refuse(check,
			      _("shmem '%s': QEMU no longer has model 'ivshmem': use "
				"'ivshmem-plain' or 'ivshmem-doorbell'"),
			      shmem->name ?: "");
	case SHMEM_MODEL_PLAIN:
		if (shmem->server)
			return refuse(check, _("shmem '%s': model '%s' has no <server>"),
				      shmem->name ?: "", model);
		break;
	case SHMEM_MODEL_DOORBELL:
		if (!shmem->server)
			return refuse(check, _("shmem '%s': model '%s' needs a <server>"),
				      shmem->name ?: "", model);
		if (shmem->size_mib)
			return refuse(check,
				      _("shmem '%s': the server of model '%s' says the size"),
				      shmem->name ?: "", model);
		break;
	default:
		break;
	}
	if (shmem->msi && !shmem->server)
		return reject(check, _("shmem '%s': <msi> needs a <server>"), shmem->name ?: "");
	return true;
}

static bool check_iommu_intel(const QemuCheck *check, const DomainIommu *iommu)
{
	if (machine_family(check->def) != MACHINE_Q35)
		return refuse(check, _("iommu model 'intel' is on machine type 'q35' only"));
	if (iommu->intremap == TRISTATE_YES && check->def->features.ioapic_driver != IOAPIC_QEMU)
		return refuse(check,
			      _("iommu: remapping of interrupts needs <ioapic driver='qemu'/> in "
				"<features>"));
	if (iommu->eim == TRISTATE_YES && iommu->intremap != TRISTATE_YES)
		return refuse(check, _("iommu: 'eim' needs intremap='on'"));
	return true;
}

static bool check_iommu(const QemuCheck *check, const DomainIommu *iommu)
{
	switch (iommu->model) {
	case IOMMU_INTEL:
		return check_iommu_intel(check, iommu);
	case IOMMU_SMMUV3:
		if (!qemu_arch_is_arm(check->def->os.arch) ||
		    machine_family(check->def) != MACHINE_VIRT)
			return refuse(check,
				      _("iommu model 'smmuv3' is on ARM's machine type 'virt' "
					"only"));
		return true;
	case IOMMU_VIRTIO:
		if (iommu->info.address.type != ADDRESS_PCI)
			return refuse(check, _("iommu model 'virtio' is on PCI only"));
		if (machine_family(check->def) != MACHINE_Q35 &&
		    machine_family(check->def) != MACHINE_VIRT)
			return refuse(check, _("iommu model 'virtio' is on machine types 'q35' and "
					       "'virt' only"));
		if (!qemu_has_acpi(check->def))
			return refuse(check, _("iommu model 'virtio' needs <acpi/> in <features>"));
		return true;
	default:
		return true;
	}
}

static bool check_memballoon(const QemuCheck *check, const DomainMemballoon *balloon)
{
	if (balloon->model == MEMBALLOON_XEN)
		return refuse(check, _("QEMU has no memory balloon of model 'xen'"));
	if (check->def->memballoons->len > 1)
		return reject(check, _("a guest has one <memballoon>"));
	return true;
}

static bool check_usb_address(const QemuCheck *check, const DomainDevice *device)
{
	bool usb = (device->kind == DEVICE_INPUT && device->input->bus == INPUT_BUS_USB) ||
		   device->kind == DEVICE_HUB;
	AddressType address = device->info->address.type;

	if (usb && address && address != ADDRESS_USB)
		return reject(check, _("<%s>: a USB device cannot have an address of type '%s'"),
			      domain_device_kinds[device->kind].name, address_type_name(address));
	return true;
}

bool qemu_check_small(const QemuCheck *check, const DomainDevice *device)
{
	if (!check_usb_address(check, device))
		return false;
	switch (device->kind) {
	case DEVICE_FILESYSTEM:
		return check_filesystem(check, device->filesystem);
	case DEVICE_INPUT:
		return check_input(check, device->input);
	case DEVICE_WATCHDOG:
		return check_watchdog(check, device->watchdog);
	case DEVICE_PANIC:
		return check_panic(check, device->panic);
	case DEVICE_TPM:
		return check_tpm(check, device->tpm);
	case DEVICE_SHMEM:
		return check_shmem(check, device->shmem);
	case DEVICE_IOMMU:
		return check_iommu(check, device->iommu);
	case DEVICE_MEMBALLOON:
		return check_memballoon(check, device->memballoon);
	case DEVICE_VSOCK:
		if (device->vsock->cid && device->vsock->cid < VSOCK_CID_MIN)
			return refuse(check, _("vsock: addresses of guests begin at %d"),
				      VSOCK_CID_MIN);
		return true;
	case DEVICE_NVRAM:
		if (machine_family(check->def) != MACHINE_PSERIES)
			return refuse(check, _("<nvram> as a device is on pseries machines only"));
		return true;
	default:
		return true;
	}
}
