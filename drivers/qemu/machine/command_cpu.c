/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* -cpu: the model, its features, and what timers and <features> mean to the processor. */
#include "drivers/qemu/argv/command_build.h"

/* The model that stands for "nothing said", when features must be hung on something. */
static const char *default_model(const QemuCommand *cmd)
{
	if (g_strcmp0(cmd->def->os.arch, "x86_64") == 0)
		return "qemu64";
	if (g_strcmp0(cmd->def->os.arch, "i686") == 0)
		return "qemu32";
	return command_is_kvm(cmd) ? "host" : "max";
}

static const char *cpu_model(const QemuCommand *cmd, const DomainCpu *cpu, GError **error)
{
	switch (cpu->mode) {
	case CPU_MODE_HOST_PASSTHROUGH:
		if (!command_is_kvm(cmd)) {
			fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			     _("CPU mode 'host-passthrough' needs KVM; use mode 'maximum'"));
			return NULL;
		}
		return "host";
	case CPU_MODE_MAXIMUM:
		return "max";
	case CPU_MODE_HOST_MODEL:
		/* Live definitions carry the host's model spelled out; this is the rest. */
		if (!cpu->model)
			return command_is_kvm(cmd) ? "host" : "max";
		return cpu->model;
	default:
		return cpu->model ? cpu->model : default_model(cmd);
	}
}

static void feature_opts(Props *opts, const DomainCpu *cpu)
{
	for (guint i = 0; i < list_length(cpu->features); i++) {
		const CpuFeature *feature = list_get(cpu->features, i);
		bool off = feature->policy == CPU_POLICY_DISABLE ||
			   feature->policy == CPU_POLICY_FORBID;
		g_autofree char *name = g_strdup(feature->name ? feature->name : "");

		g_strdelimit(name, "_", '-');
		props_bool(opts, name, !off);
	}
}

static void cache_opts(Props *opts, const DomainCpu *cpu)
{
	if (!cpu->has_cache)
		return;
	if (cpu->cache_mode == CPU_CACHE_MODE_PASSTHROUGH) {
		props_bool(opts, "host-cache-info", true);
		props_bool(opts, "l3-cache", false);
	} else if (cpu->cache_mode == CPU_CACHE_MODE_EMULATE) {
		props_bool(opts, "l3-cache", true);
	} else {
		props_bool(opts, "host-cache-info", false);
		props_bool(opts, "l3-cache", false);
	}
}

static bool cpu_check(const DomainCpu *cpu, GError **error)
{
	if (cpu->deprecated_features)
		return command_refuse(error, "cpu deprecated_features",
				      _("QEMU tells which features are deprecated from version 9.1 "
					"on"));
	if (cpu->has_cache_level &&
	    (cpu->cache_level != 3 || cpu->cache_mode != CPU_CACHE_MODE_EMULATE))
		return command_refuse(error, "cpu/cache",
				      _("only mode 'emulate' has a level, which must be 3"));
	if (cpu->physaddr_limit > 0 && cpu->physaddr_mode != CPU_PHYSADDR_PASSTHROUGH)
		return command_refuse(error, "maxphysaddr limit",
				      _("only mode 'passthrough' has it"));
	return true;
}

static void address_bits_opts(Props *opts, const DomainCpu *cpu)
{
	if (cpu->physaddr_mode == CPU_PHYSADDR_PASSTHROUGH) {
		props_bool(opts, "host-phys-bits", true);
		if (cpu->physaddr_limit > 0)
			props_num(opts, "host-phys-bits-limit", cpu->physaddr_limit);
	} else if (cpu->physaddr_bits > 0) {
		props_num(opts, "phys-bits", cpu->physaddr_bits);
	}
}

static void timer_opts(QemuCommand *cmd, Props *opts)
{
	for (guint i = 0; i < list_length(cmd->def->clock.timers); i++) {
		const ClockTimer *timer = list_get(cmd->def->clock.timers, i);

		if (timer->name == TIMER_KVMCLOCK && timer->present != TRISTATE_ABSENT)
			props_bool(opts, "kvmclock", timer->present == TRISTATE_YES);
		if (timer->name == TIMER_HYPERVCLOCK && timer->present == TRISTATE_YES)
			props_bool(opts, "hv-time", true);
		if (timer->name == TIMER_TSC && timer->frequency > 0)
			props_num(opts, "tsc-frequency", timer->frequency);
		if (timer->name == TIMER_ARMVTIMER && timer->tickpolicy != TICK_ABSENT)
			props_bool(opts, "kvm-no-adjvtime", timer->tickpolicy == TICK_DISCARD);
	}
}

static void hyperv_opts(Props *opts, const FeaturesHyperv *hv)
{
	const struct {
		Tristate value;
		const char *name;
	} flags[] = {
		{ hv->relaxed, "hv-relaxed" },
		{ hv->vapic, "hv-vapic" },
		{ hv->vpindex, "hv-vpindex" },
		{ hv->runtime, "hv-runtime" },
		{ hv->synic, "hv-synic" },
		{ hv->stimer, "hv-stimer" },
		{ hv->stimer_direct, "hv-stimer-direct" },
		{ hv->reset, "hv-reset" },
		{ hv->frequencies, "hv-frequencies" },
		{ hv->reenlightenment, "hv-reenlightenment" },
		{ hv->tlbflush, "hv-tlbflush" },
		{ hv->tlbflush_direct, "hv-tlbflush-direct" },
		{ hv->tlbflush_extended, "hv-tlbflush-ext" },
		{ hv->ipi, "hv-ipi" },
		{ hv->evmcs, "hv-evmcs" },
		{ hv->avic, "hv-avic" },
		{ hv->emsr_bitmap, "hv-emsr-bitmap" },
		{ hv->xmm_input, "hv-xmm-input" },
	};

	if (!hv->present)
		return;
	if (hv->mode == HYPERV_MODE_PASSTHROUGH)
		props_bool(opts, "hv-passthrough", true);
	for (unsigned i = 0; i < G_N_ELEMENTS(flags); i++)
		if (flags[i].value == TRISTATE_YES)
			props_bool(opts, flags[i].name, true);
	if (hv->spinlocks == TRISTATE_YES)
		props_printf(opts, "hv-spinlocks", "0x%x", hv->spinlock_retries);
	if (hv->vendor_id == TRISTATE_YES)
		props_str(opts, "hv-vendor-id", hv->vendor_id_value);
}

/* QEMU's TCG knows the names of what KVM adds, and leaves it out with a word in its log. */
static void feature_element_opts(QemuCommand *cmd, Props *opts)
{
	const DomainFeatures *f = &cmd->def->features;

	if (f->kvm_hidden == TRISTATE_YES)
		props_bool(opts, "kvm", false);
	if (f->kvm_hint_dedicated == TRISTATE_YES)
		props_bool(opts, "kvm-hint-dedicated", true);
	if (f->kvm_poll_control == TRISTATE_YES)
		props_bool(opts, "kvm-poll-control", true);
	if (f->kvm_pv_ipi == TRISTATE_NO) /* else KVM's own choice */
		props_bool(opts, "kvm-pv-ipi", false);
	if (f->pvspinlock)
		props_bool(opts, "kvm-pv-unhalt", f->pvspinlock_state != TRISTATE_NO);
	if (f->apic && f->apic_eoi != TRISTATE_ABSENT)
		props_bool(opts, "kvm-pv-eoi", f->apic_eoi == TRISTATE_YES);
	if (f->pmu)
		props_bool(opts, "pmu", f->pmu_state != TRISTATE_NO);
	hyperv_opts(opts, &f->hyperv);
	for (guint i = 0; i < list_length(cmd->def->panics); i++)
		if (((DomainPanic *)list_get(cmd->def->panics, i))->model == PANIC_HYPERV)
			props_bool(opts, "hv-crash", true);
}

bool command_cpu(QemuCommand *cmd, GError **error)
{
	const DomainCpu *cpu = cmd->def->cpu;
	bool named = cpu && (cpu->model || cpu->mode > CPU_MODE_CUSTOM);
	const char *model = named ? cpu_model(cmd, cpu, error) : default_model(cmd);
	Props *opts;

	if (!model || (cpu && !cpu_check(cpu, error)))
		return false;
	opts = props_new(model);
	if (named && cpu->mode == CPU_MODE_HOST_PASSTHROUGH)
		props_tristate(opts, "migratable", cpu->migratable);
	if (cpu) {
		props_str(opts, "vendor", cpu->vendor_id);
		feature_opts(opts, cpu);
		cache_opts(opts, cpu);
		address_bits_opts(opts, cpu);
	}
	timer_opts(cmd, opts);
	feature_element_opts(cmd, opts);
	if (named || !props_is_empty(opts))
		command_opts(cmd, "-cpu", opts);
	else
		props_free(opts);
	return true;
}
