/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Firmware, processors, features, clock, actions: the machine as a whole. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/check.h"
#include "drivers/qemu/machine/machine.h"

/* ---- Firmware and boot ---- */

static bool check_firmware(const QemuCheck *check)
{
	const DomainOs *os = &check->def->os;
	const OsLoader *loader = os->loader;
	bool secure = loader && loader->secure == TRISTATE_YES;

	if (os->varstore && os->nvram)
		return fail(check->error, VIR_ERR_XML_DETAIL,
			    _("firmware has its variables in <nvram> or in <varstore>, not in both"));
	if (os->firmware == OS_FIRMWARE_BIOS && os->nvram)
		return fail(check->error, VIR_ERR_XML_DETAIL, _("firmware 'bios' has no <nvram>"));
	if (!secure)
		return true;
	/* What is chosen automatically brings what it needs. */
	if (machine_family(check->def) != MACHINE_Q35)
		return refuse(check, _("a secure loader is for machine type 'q35' only"));
	if (!os->firmware &&
	    (!check->def->features.smm || check->def->features.smm_state == TRISTATE_NO))
		return refuse(check, _("a secure loader needs <smm state='on'/> in <features>"));
	return true;
}

static bool check_os(const QemuCheck *check)
{
	const DomainDef *def = check->def;

	if (def->bootloader)
		return refuse(check, _("QEMU has no <bootloader>: use <os>"));
	if (def->os.bios_useserial == TRISTATE_YES && list_length(def->serials) == 0)
		return reject(check,
			      _("firmware that writes to a serial port needs one: add a <serial>"));
	return check_firmware(check);
}

/* ---- Processors ---- */

static bool check_vcpus(const QemuCheck *check)
{
	const QemuMachine *machine = qemu_caps_machine(check->caps, check->def->os.machine);

	if (machine && machine->max_cpus && check->def->vcpus.count > machine->max_cpus)
		return refuse(check, _("%u vCPUs, but machine type '%s' has at most %u"),
			      check->def->vcpus.count, machine->name, machine->max_cpus);
	for (guint i = 0; i < list_length(check->def->vcpus.entries); i++) {
		const VcpuEntry *vcpu = list_get(check->def->vcpus.entries, i);

		if (vcpu->id != 0)
			continue;
		if (vcpu->enabled == TRISTATE_NO)
			return refuse(check, _("vCPU 0 cannot be off"));
		if (vcpu->hotpluggable == TRISTATE_YES)
			return refuse(check, _("vCPU 0 cannot be unplugged"));
	}
	return true;
}

static bool check_cpu_cache(const QemuCheck *check, const DomainCpu *cpu)
{
	bool host = cpu->mode == CPU_MODE_HOST_PASSTHROUGH || cpu->mode == CPU_MODE_MAXIMUM;

	switch (cpu->has_cache ? cpu->cache_mode : CPU_CACHE_MODE_ABSENT) {
	case CPU_CACHE_MODE_EMULATE:
		if (!cpu->has_cache_level || cpu->cache_level != 3)
			return refuse(check, _("the CPU cache is emulated at level 3 only"));
		return true;
	case CPU_CACHE_MODE_PASSTHROUGH:
		if (!host)
			return refuse(check, _("the host's CPU cache is shown to CPUs of mode "
					       "'host-passthrough' and 'maximum' only"));
		if (cpu->has_cache_level)
			return refuse(check,
				      _("the host's CPU cache is shown as a whole, without level"));
		return true;
	case CPU_CACHE_MODE_DISABLE:
		if (cpu->has_cache_level)
			return refuse(check,
				      _("the CPU cache is disabled as a whole, without level"));
		return true;
	default:
		return true;
	}
}

static bool check_cpu(const QemuCheck *check)
{
	const DomainCpu *cpu = check->def->cpu;

	if (!cpu)
		return true;
	if (cpu->migratable && cpu->mode != CPU_MODE_HOST_PASSTHROUGH &&
	    cpu->mode != CPU_MODE_MAXIMUM)
		return refuse(
			check,
			_("'migratable' is for CPUs of mode 'host-passthrough' and 'maximum'"));
	if (cpu->physaddr_mode == CPU_PHYSADDR_PASSTHROUGH && cpu->physaddr_bits)
		return refuse(check,
			      _("CPU: maxphysaddr of mode 'passthrough' takes the host's bits"));
	if (cpu->clusters > 1 && !qemu_arch_is_arm(check->def->os.arch))
		return refuse(check, _("CPU: this architecture has no clusters"));
	return check_cpu_cache(check, cpu);
}

/* ---- Features ---- */

static bool check_arch_features(const QemuCheck *check)
{
	const DomainDef *def = check->def;
	const DomainFeatures *features = &def->features;
	bool pseries = machine_family(def) == MACHINE_PSERIES;
	const struct {
		bool used, there;
		const char *name;
	} rows[] = {
		{ features->gic, qemu_arch_is_arm(def->os.arch), "gic" },
		{ features->hpt_resizing != HPT_ABSENT, pseries, "hpt" },
		{ features->htm != TRISTATE_ABSENT, pseries, "htm" },
		{ features->aia != AIA_ABSENT, qemu_arch_is_riscv(def->os.arch), "aia" },
		{ features->nested_hv != TRISTATE_ABSENT, pseries, "nested-hv" },
		{ features->ccf_assist != TRISTATE_ABSENT, pseries, "ccf-assist" },
		{ features->cfpc != CFPC_ABSENT, pseries, "cfpc" },
		{ features->sbbc != SBBC_ABSENT, pseries, "sbbc" },
		{ features->ibs != IBS_ABSENT, pseries, "ibs" },
		{ features->smm, qemu_arch_is_x86(def->os.arch), "smm" },
		{ features->kvm, qemu_arch_is_x86(def->os.arch) || qemu_arch_is_arm(def->os.arch),
		  "kvm" },
		{ features->has_tseg_size, machine_family(def) == MACHINE_Q35, "tseg" },
		{ features->async_teardown != TRISTATE_ABSENT, qemu_arch_is_s390(def->os.arch),
		  "async-teardown" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].used && !rows[i].there)
			return refuse(check,
				      _("there is no feature '%s' on machine type '%s' of %s"),
				      rows[i].name, def->os.machine, def->os.arch);
	return true;
}

/* ---- Clock and actions ---- */

static bool check_timer(const QemuCheck *check, const ClockTimer *timer)
{
	const char *name = timer_name_name(timer->name);
	const char *policy = tick_policy_name(timer->tickpolicy);

	switch (timer->name) {
	case TIMER_PLATFORM:
		return refuse(check, _("QEMU has no timer '%s'"), name);
	case TIMER_RTC:
		if (timer->track && timer->track != TIMER_TRACK_GUEST &&
		    timer->track != TIMER_TRACK_WALL)
			return refuse(check, _("timer '%s' cannot track '%s'"), name,
				      timer_track_name(timer->track));
		if (timer->tickpolicy && timer->tickpolicy != TICK_DELAY &&
		    timer->tickpolicy != TICK_CATCHUP)
			return refuse(check, _("timer '%s' cannot '%s' ticks"), name, policy);
		return true;
	case TIMER_PIT:
		if (timer->tickpolicy && timer->tickpolicy != TICK_DELAY &&
		    timer->tickpolicy != TICK_DISCARD && timer->tickpolicy != TICK_CATCHUP)
			return refuse(check, _("timer '%s' cannot '%s' ticks"), name, policy);
		return true;
	case TIMER_ARMVTIMER:
		if (check->def->virt != VIRT_KVM || !qemu_arch_is_arm(check->def->os.arch))
			return refuse(check, _("timer '%s' is on ARM under KVM only"), name);
		return true;
	default:
		return true;
	}
}

static bool check_clock(const QemuCheck *check)
{
	for (guint i = 0; i < list_length(check->def->clock.timers); i++)
		if (!check_timer(check, list_get(check->def->clock.timers, i)))
			return false;
	return true;
}

static bool check_actions(const QemuCheck *check)
{
	const DomainDef *def = check->def;
	const struct {
		LifecycleAction action;
		const char *name;
		bool crash;
	} rows[] = {
		{ def->on_poweroff, "on_poweroff", false },
		{ def->on_reboot, "on_reboot", false },
		{ def->on_crash, "on_crash", true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		LifecycleAction action = rows[i].action;
		bool dump = action == LIFECYCLE_COREDUMP_DESTROY ||
			    action == LIFECYCLE_COREDUMP_RESTART;

		if (action == LIFECYCLE_RENAME_RESTART ||
		    (!rows[i].crash && (dump || action == LIFECYCLE_PRESERVE)))
			return refuse(check, _("<%s> cannot be '%s' with QEMU"), rows[i].name,
				      lifecycle_action_name(action));
	}
	return true;
}

/* ---- Resources ---- */

static bool check_resources(const QemuCheck *check)
{
	const DomainDef *def = check->def;
	const DomainCpuTune *tune = &def->cputune;

	if (def->memtune.has_min_guarantee)
		return refuse(check, _("Linux has no <min_guarantee> of memory"));
	if (tune->has_shares && tune->shares && (tune->shares < 2 || tune->shares > 262144))
		return refuse(check, _("<shares> of <cputune> go from 2 to 262144"));
	for (guint i = 0; i < list_length(tune->iothreadpins); i++) {
		const CpuPin *pin = list_get(tune->iothreadpins, i);

		if (!qemu_has_iothread(def, pin->id))
			return refuse(check,
				      _("<iothreadpin> of I/O thread %u, which is not there"),
				      pin->id);
	}
	if ((list_length(tune->cachetunes) > 0 || list_length(tune->memorytunes) > 0) &&
	    def->virt != VIRT_KVM)
		return refuse(check,
			      _("<cachetune> and <memorytune> are for domains of type 'kvm' only"));
	if (list_length(def->idmap.uids) != 0 && list_length(def->idmap.gids) == 0)
		return refuse(check, _("<idmap> maps users, but no groups"));
	return true;
}

static bool check_seclabels(const QemuCheck *check)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < list_length(check->def->seclabels); i++) {
		const Seclabel *label = list_get(check->def->seclabels, i);

		if (!label->model && label->baselabel)
			return reject(check, _("<seclabel> with a <baselabel> needs a model"));
		if (label->type == SECLABEL_STATIC && !label->label)
			return reject(check, _("<seclabel type='static'> needs a <label>"));
		if (label->type == SECLABEL_DYNAMIC && label->relabel == TRISTATE_NO)
			return refuse(check,
				      _("<seclabel type='dynamic'> cannot have relabel='no'"));
		if (label->type == SECLABEL_NONE && label->relabel == TRISTATE_YES)
			return refuse(check, _("<seclabel type='none'> cannot have relabel='yes'"));
		if (label->model && !g_hash_table_add(seen, label->model))
			return fail(check->error, VIR_ERR_XML_DETAIL,
				    _("there are two <seclabel> of model '%s'"), label->model);
	}
	return true;
}

/* Entries for the firmware: what is not below opt/ belongs to QEMU and the firmware themselves. */
static bool check_fwcfg(const QemuCheck *check, const DomainSysinfo *sysinfo)
{
	for (guint i = 0; i < list_length(sysinfo->fwcfgs); i++) {
		const SysinfoFwcfg *entry = list_get(sysinfo->fwcfgs, i);
		const char *name = entry->name ?: "";

		if (!g_str_has_prefix(name, "opt/"))
			return refuse(check, _("firmware entry '%s': names begin with opt/"), name);
		if (g_str_has_prefix(name, "opt/ovmf/") || g_str_has_prefix(name, "opt/org.qemu/"))
			return refuse(check, _("firmware entry '%s': that name is reserved"), name);
	}
	return true;
}

static bool check_foreign(const QemuCheck *check)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	const DomainDef *def = check->def;

	for (guint i = 0; i < list_length(def->sysinfos); i++)
		if (!check_fwcfg(check, list_get(def->sysinfos, i)))
			return false;
	for (guint i = 0; i < list_length(def->qemu.envs); i++) {
		const QemuEnv *env = list_get(def->qemu.envs, i);

		if (!env->name || !(g_ascii_isalpha(env->name[0]) || env->name[0] == '_'))
			return fail(check->error, VIR_ERR_INTERNAL_ERROR,
				    _("<qemu:env>: the name '%s' does not begin with a letter"),
				    env->name ?: "");
	}
	for (guint i = 0; i < list_length(def->blkiotune.devices); i++) {
		const BlkioDevice *device = list_get(def->blkiotune.devices, i);

		if (device->path && !g_hash_table_add(seen, device->path))
			return refuse(check, _("<blkiotune> has two entries for '%s'"),
				      device->path);
	}
	return true;
}

static bool check_launch_security(const QemuCheck *check)
{
	const DomainLaunchSecurity *security = check->def->launch_security;

	if (!security)
		return true;
	if (security->type == LAUNCH_SECURITY_SEV && check->caps->sev)
		return true;
	if (security->type == LAUNCH_SECURITY_S390_PV && qemu_arch_is_s390(check->def->os.arch))
		return true;
	return refuse(check, _("this host has no launch security of type '%s' for guests"),
		      launch_security_type_name(security->type));
}

bool qemu_check_platform(const QemuCheck *check)
{
	return check_os(check) && check_vcpus(check) && check_cpu(check) &&
	       check_arch_features(check) && check_clock(check) && check_actions(check) &&
	       check_resources(check) && check_seclabels(check) && check_foreign(check) &&
	       check_launch_security(check);
}
