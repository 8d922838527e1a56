/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool check_intel(const QemuCheck *check, const DomainIommu *iommu)
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

static bool iommu_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainIommu *iommu = device->iommu;

	switch (iommu->model) {
	case IOMMU_INTEL:
		return check_intel(check, iommu);
	case IOMMU_AMD:
		if (machine_family(check->def) != MACHINE_Q35)
			return refuse(check, _("iommu model 'amd' is on machine type 'q35' only"));
		return true;
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

/* What later versions of QEMU have. */
static bool iommu_refuse(const DomainIommu *iommu, GError **error)
{
	const struct {
		bool used;
		const char *element;
	} later[] = {
		{ iommu->xtsup == TRISTATE_YES, "iommu/driver xtsup" },
		{ iommu->has_pci_bus, "iommu/driver pciBus" },
		{ iommu->accel != TRISTATE_ABSENT, "iommu/driver accel" },
		{ iommu->ats != TRISTATE_ABSENT, "iommu/driver ats" },
		{ iommu->ril != TRISTATE_ABSENT, "iommu/driver ril" },
		{ iommu->pasid != TRISTATE_ABSENT, "iommu/driver pasid" },
		{ iommu->oas > 0, "iommu/driver oas" },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(later); i++)
		if (later[i].used)
			return command_refuse(error, later[i].element,
					      _("later versions of QEMU have it"));
	if (iommu->passthrough && iommu->model != IOMMU_AMD)
		return command_refuse(error, "iommu/driver passthrough",
				      _("only model 'amd' has it"));
	return true;
}

static bool build_amd(QemuCommand *cmd, const DomainIommu *iommu)
{
	Props *opts = props_new("amd-iommu");

	props_str(opts, "id", iommu->info.alias ? iommu->info.alias : "iommu0");
	props_onoff_tristate(opts, "intremap", iommu->intremap);
	props_tristate(opts, "pt", iommu->passthrough);
	props_tristate(opts, "device-iotlb", iommu->iotlb);
	command_opts(cmd, "-device", opts);
	return true;
}

static bool iommu_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainIommu *iommu = device->iommu;
	Props *opts;

	if (!iommu_refuse(iommu, error))
		return false;
	if (iommu->model == IOMMU_AMD)
		return build_amd(cmd, iommu);
	if (iommu->model == IOMMU_SMMUV3)
		return true; /* an option of the machine */
	if (iommu->model == IOMMU_VIRTIO)
		return command_device(cmd, props_new("virtio-iommu"), &iommu->info, error);
	opts = props_new("intel-iommu");
	props_str(opts, "id", iommu->info.alias ? iommu->info.alias : "iommu0");
	props_onoff_tristate(opts, "intremap", iommu->intremap);
	props_tristate(opts, "caching-mode", iommu->caching_mode);
	props_onoff_tristate(opts, "eim", iommu->eim);
	props_tristate(opts, "device-iotlb", iommu->iotlb);
	props_tristate(opts, "dma-translation", iommu->dma_translation);
	if (iommu->aw_bits > 0)
		props_num(opts, "aw-bits", iommu->aw_bits);
	command_opts(cmd, "-device", opts);
	return true;
}

/* Only on the root itself, which no other device is given of itself. */
static PciConnect iommu_pci(const DomainDevice *device)
{
	return device->iommu->model == IOMMU_VIRTIO ? PCI_CONNECT_EXPRESS : 0;
}

const QemuDeviceKind qemu_iommu = {
	.prefix = "iommu",
	.check = iommu_check,
	.pci = iommu_pci,
	.build = iommu_build,
};
