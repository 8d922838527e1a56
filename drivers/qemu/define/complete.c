/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/machine/complete.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/address/address.h"
#include "drivers/qemu/address/pci.h"
#include "drivers/qemu/machine/machine.h"

/* More than any machine type has places for. Placing them costs the square of it. */
#define DEVICES_MAX 2048u

static bool def_is_for_qemu(const DomainDef *def, const QemuCaps *caps, GError **error)
{
	if (def->virt != VIRT_QEMU && def->virt != VIRT_KVM)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("'%s' cannot run a domain of type '%s': use 'kvm' or 'qemu'"),
			    caps->path, virt_type_name(def->virt));
	if (def->os.type != OS_TYPE_HVM)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("'%s' cannot run an operating system of type '%s': use 'hvm'"),
			    caps->path, os_type_name(def->os.type) ?: "");
	return true;
}

/* A 32-bit emulator does not run 64-bit guests; the other way round it may do. */
static bool caps_run_arch(const QemuCaps *caps, const char *arch)
{
	if (strcmp(caps->arch, arch) == 0)
		return true;
	if (strcmp(caps->arch, "x86_64") == 0 || strcmp(caps->arch, "aarch64") == 0)
		return qemu_arch_is_x86(caps->arch) ? qemu_arch_is_x86(arch)
						    : qemu_arch_is_arm(arch);
	return (qemu_arch_is_ppc64(caps->arch) && qemu_arch_is_ppc64(arch)) ||
	       (strcmp(caps->arch, "armv7l") == 0 && strcmp(arch, "armv6l") == 0);
}

bool complete_platform(DomainDef *def, const QemuCaps **ret_caps, GError **error)
{
	const QemuMachine *machine;
	const QemuCaps *caps;

	if (!def->os.type)
		return fail(error, VIR_ERR_XML_ERROR, _("the definition has no <type> in <os>"));
	if (!def->os.arch)
		def->os.arch = g_strdup(qemu_arch_host());
	if (!qemu_arch_find(def->os.arch))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("there is no architecture '%s'"),
			    def->os.arch);
	caps = qemu_caps_of_def_wait(def, error);
	if (!caps || !def_is_for_qemu(def, caps, error))
		return false;
	if (!caps_run_arch(caps, def->os.arch))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("'%s' emulates %s and cannot run a guest of architecture '%s'"),
			    caps->path, caps->arch, def->os.arch);
	if (!def->emulator)
		def->emulator = g_strdup(caps->path);
	machine = def->os.machine ? qemu_caps_machine(caps, def->os.machine)
				  : qemu_caps_default_machine(caps, def->os.arch);
	if (!machine)
		return fail(
			error, VIR_ERR_CONFIG_UNSUPPORTED,
			_("'%s' has no machine type '%s': see the output of '%s -machine help'"),
			caps->path, def->os.machine ?: "", caps->path);
	g_free(def->os.machine);
	def->os.machine = g_strdup(machine->name);
	*ret_caps = caps;
	return true;
}

char *qemu_nvram_default_path(const DomainDef *def)
{
	return g_strdup_printf("%s/nvram/%s_VARS.fd", qemu_settings()->state_dir, def->name);
}

/* Read-only flash has its variables elsewhere: in a file that belongs to the guest. */
static void complete_nvram(DomainDef *def)
{
	const OsLoader *loader = def->os.loader;
	OsNvram *nvram = def->os.nvram;

	if (!loader || !loader->path || def->os.firmware || loader->type != LOADER_TYPE_PFLASH ||
	    loader->readonly != TRISTATE_YES || loader->stateless == TRISTATE_YES)
		return;
	if (!nvram)
		nvram = def->os.nvram = g_new0(OsNvram, 1);
	if (!nvram->path && !nvram->source.type)
		nvram->path = qemu_nvram_default_path(def);
}

static bool note_boot_order(DomainDef *def, const DomainDevice *device, void *data)
{
	(void)def;
	if (device->info->boot_order > 0)
		*(bool *)data = true;
	return true;
}

bool complete_boot(DomainDef *def, GError **error)
{
	const OsLoader *loader = def->os.loader;
	bool uefi = def->os.firmware == OS_FIRMWARE_EFI ||
		    (loader && loader->type == LOADER_TYPE_PFLASH);
	bool ordered = false;

	if (uefi && qemu_arch_is_x86(def->os.arch) && !def->features.acpi)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("UEFI needs <acpi/> in <features> on this architecture"));
	if (def->os.loader && def->os.loader->path && !def->os.loader->type)
		def->os.loader->type = LOADER_TYPE_ROM;
	complete_nvram(def);
	domain_def_each_device(def, note_boot_order, &ordered);
	if (list_length(def->os.boots) == 0 && !ordered) {
		OsBoot *boot = g_new0(OsBoot, 1);

		boot->device = BOOT_DEVICE_HD;
		if (!def->os.boots)
			def->os.boots = g_ptr_array_new();
		g_ptr_array_add(def->os.boots, boot);
	}
	return true;
}

static DomainCpu *cpu_get(DomainDef *def)
{
	if (!def->cpu)
		def->cpu = g_new0(DomainCpu, 1);
	return def->cpu;
}

/* A CPU that was not asked for is the machine's own, which QEMU never changes for it. */
static void complete_cpu_default(DomainDef *def, const QemuMachine *machine)
{
	DomainCpu *cpu;

	if (!machine || !machine->default_cpu)
		return;
	cpu = cpu_get(def);
	if (def->virt == VIRT_KVM && !qemu_arch_is_x86(def->os.arch) &&
	    (qemu_arch_is_s390(def->os.arch) || qemu_arch_is_arm(def->os.arch))) {
		cpu->mode = CPU_MODE_HOST_PASSTHROUGH;
		return;
	}
	cpu->mode = CPU_MODE_CUSTOM;
	cpu->match = CPU_MATCH_EXACT;
	cpu->check = CPU_CHECK_NONE;
	cpu->model = g_strdup(machine->default_cpu);
	cpu->fallback = CPU_FALLBACK_FORBID;
}

static void complete_cpu_named(const DomainDef *def, DomainCpu *cpu)
{
	if (!cpu->mode)
		cpu->mode = CPU_MODE_CUSTOM;
	if (!cpu->match)
		cpu->match = CPU_MATCH_EXACT;
	if (!cpu->fallback)
		cpu->fallback = CPU_FALLBACK_ALLOW;
	/* Without KVM, nothing of the host's processor reaches the guest. */
	if (!cpu->check)
		cpu->check = def->virt == VIRT_KVM ? CPU_CHECK_PARTIAL : CPU_CHECK_NONE;
}

bool complete_cpu(DomainDef *def, const QemuCaps *caps, GError **error)
{
	DomainCpu *cpu = def->cpu;

	(void)error;
	if (!cpu || (!cpu->model && (!cpu->mode || cpu->mode == CPU_MODE_CUSTOM)))
		complete_cpu_default(def, qemu_caps_machine(caps, def->os.machine));
	cpu = def->cpu;
	if (!cpu)
		return true;
	switch (cpu->mode) {
	case CPU_MODE_HOST_PASSTHROUGH:
		if (!cpu->check)
			cpu->check = CPU_CHECK_NONE;
		if (!cpu->migratable && qemu_arch_is_x86(def->os.arch))
			cpu->migratable =
				strcmp(def->os.arch, "x86_64") == 0 ? TRISTATE_YES : TRISTATE_NO;
		break;
	case CPU_MODE_MAXIMUM:
		if (!cpu->check)
			cpu->check = CPU_CHECK_NONE;
		break;
	case CPU_MODE_HOST_MODEL:
		if (!cpu->check)
			cpu->check = CPU_CHECK_PARTIAL;
		break;
	default:
		if (cpu->model)
			complete_cpu_named(def, cpu);
		break;
	}
	for (guint i = 0; i < list_length(cpu->features); i++) {
		CpuFeature *feature = list_get(cpu->features, i);

		if (!feature->policy)
			feature->policy = CPU_POLICY_REQUIRE;
	}
	return true;
}

/* Slots of memory modules, in their order. */
static bool memory_slot_is_taken(const DomainDef *def, guint slot)
{
	for (guint i = 0; i < def->memories->len; i++) {
		const DomainMemoryDevice *memory = list_get(def->memories, i);

		if (memory->info.address.type == ADDRESS_DIMM &&
		    memory->info.address.dimm.has_slot && memory->info.address.dimm.slot == slot)
			return true;
	}
	return false;
}

static void complete_memory_slots(DomainDef *def)
{
	guint next = 0;

	for (guint i = 0; i < list_length(def->memories); i++) {
		DomainMemoryDevice *memory = list_get(def->memories, i);
		DeviceAddress *address = &memory->info.address;

		if (memory->model != MEMORY_MODEL_DIMM && memory->model != MEMORY_MODEL_NVDIMM)
			continue;
		if (address->type != ADDRESS_ABSENT &&
		    (address->type != ADDRESS_DIMM || address->dimm.has_slot))
			continue;
		while (memory_slot_is_taken(def, next))
			next++;
		address->type = ADDRESS_DIMM;
		address->dimm.slot = next++;
		address->dimm.has_slot = true;
	}
}

static bool complete_addresses(DomainDef *def, const QemuCaps *caps, GError **error)
{
	complete_memory_slots(def);
	/* Drives, channels and cards first: they bring controllers, which want addresses. */
	if (!drive_addresses_complete(def, error) || !serial_addresses_complete(def, error) ||
	    !ccid_addresses_complete(def, error) || !complete_controllers(def, caps, error) ||
	    !usb_addresses_complete(def, error))
		return false;
	switch (machine_family(def)) {
	case MACHINE_PSERIES:
		if (!spapr_addresses_complete(def, error))
			return false;
		break;
	case MACHINE_S390:
		if (!ccw_addresses_complete(def, error))
			return false;
		break;
	default:
		break;
	}
	return pci_addresses_complete(def, error);
}

static bool devices_count_check(DomainDef *def, GError **error)
{
	guint count = 0;

	for (DeviceKind kind = DEVICE_NONE + 1; kind < DEVICE_LAST; kind++)
		count += list_length(domain_def_devices(def, kind));
	if (count <= DEVICES_MAX)
		return true;
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("%u devices: a guest has at most %u"),
		    count, DEVICES_MAX);
}

bool qemu_complete(DomainDef *def, GError **error)
{
	const QemuCaps *caps;

	return devices_count_check(def, error) && complete_platform(def, &caps, error) &&
	       complete_cpu(def, caps, error) && complete_boot(def, error) &&
	       complete_controllers(def, caps, error) && complete_devices(def, caps, error) &&
	       complete_implicit(def, caps, error) && complete_addresses(def, caps, error);
}

bool qemu_complete_added_wait(DomainDef *def, GError **error)
{
	const QemuCaps *caps;

	return devices_count_check(def, error) && complete_platform(def, &caps, error) &&
	       complete_controllers(def, caps, error) && complete_devices(def, caps, error) &&
	       complete_addresses(def, caps, error);
}
