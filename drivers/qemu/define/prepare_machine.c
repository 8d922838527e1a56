/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a guest's processor and memory is known only here and now. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/caps/host.h"
#include "drivers/qemu/define/prepare.h"
#include "drivers/qemu/machine/machine.h"

/* ---- The CPU ---- */

static CpuFeature *feature_find(const DomainCpu *cpu, const char *name)
{
	for (guint i = 0; i < list_length(cpu->features); i++) {
		CpuFeature *feature = list_get(cpu->features, i);

		if (g_strcmp0(feature->name, name) == 0)
			return feature;
	}
	return NULL;
}

/* A mode or match that means this host's processor is spelled out, for the next host to give it, too. */
static void host_model_take(DomainCpu *cpu, const QemuHostCpu *host)
{
	cpu->mode = CPU_MODE_CUSTOM;
	cpu->match = CPU_MATCH_EXACT;
	if (!cpu->check)
		cpu->check = CPU_CHECK_PARTIAL;
	cpu->fallback = CPU_FALLBACK_FORBID;
	g_free(cpu->model);
	cpu->model = g_strdup(host->model);
	if (!cpu->features)
		cpu->features = g_ptr_array_new();
	for (guint i = 0; i < host->features->len; i++) {
		const QemuCpuFeature *wanted = g_ptr_array_index(host->features, i);
		CpuFeature *feature;

		if (feature_find(cpu, wanted->name))
			continue; /* what the definition says counts */
		feature = g_new0(CpuFeature, 1);
		feature->name = g_strdup(wanted->name);
		feature->policy = wanted->wanted ? CPU_POLICY_REQUIRE : CPU_POLICY_DISABLE;
		g_ptr_array_add(cpu->features, feature);
	}
}

/* Counters and switches of the operating system, which no model has and QEMU does not set. */
static bool feature_is_no_choice(const char *name)
{
	static const char *const names[] = { "cmt",	"mbm_total", "mbm_local",
					     "osxsave", "ospke",     NULL };

	return g_strv_contains(names, name);
}

static void features_settle(DomainCpu *cpu, const QemuAccel *accel)
{
	for (guint i = list_length(cpu->features); i-- > 0;) {
		CpuFeature *feature = list_get(cpu->features, i);

		if (!feature->name)
			continue;
		if (feature_is_no_choice(feature->name)) {
			g_free(feature->name);
			g_free(feature);
			g_ptr_array_remove_index(cpu->features, i);
		} else if (feature->policy == CPU_POLICY_OPTIONAL) {
			bool there = accel && g_hash_table_contains(accel->features, feature->name);

			feature->policy = there ? CPU_POLICY_REQUIRE : CPU_POLICY_DISABLE;
		}
	}
}

bool prepare_cpu_wait(DomainDef *live, GError **error)
{
	DomainCpu *cpu = live->cpu;
	const QemuAccel *accel;
	const QemuCaps *caps;
	bool host_model;

	if (!cpu)
		return true;
	host_model = cpu->mode == CPU_MODE_HOST_MODEL ||
		     (cpu->model && cpu->match == CPU_MATCH_MINIMUM);
	if (!host_model && list_length(cpu->features) == 0)
		return true;
	caps = qemu_caps_of_def_wait(live, error);
	if (!caps)
		return false;
	accel = live->virt == VIRT_KVM ? caps->kvm : caps->tcg;
	if (host_model && (!accel || !accel->host_model))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s': there is no named CPU model like this host's for "
			      "mode 'host-model' or match 'minimum'; use 'host-passthrough' or "
			      "'maximum'"),
			    live->name);
	if (host_model)
		host_model_take(cpu, accel->host_model);
	features_settle(cpu, accel);
	return true;
}

/* ---- Memory ---- */

#define PSERIES_BLOCK_KIB (256 * 1024)
#define MODULE_UNIT_KIB 2048 /* what a large page of the guest spans */

static guint64 rounded_up(guint64 kib, guint64 unit)
{
	return (kib + unit - 1) / unit * unit;
}

static bool nodes_are_there(const Cpuset *wanted, const Cpuset *there, GError **error)
{
	for (int node = 0; node <= cpuset_last(wanted); node++)
		if (cpuset_has(wanted, (guint)node) &&
		    !(there ? cpuset_has(there, (guint)node) : node == 0))
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("<numatune>: this host has no NUMA node %d"), node);
	return true;
}

/* The nodes of the host that memory is to come from. */
static bool nodes_check(const DomainDef *live, GError **error)
{
	const DomainNumaTune *tune = &live->numatune;
	g_autoptr(Cpuset) there = host_nodes();

	if (!nodes_are_there(tune->nodeset, there, error))
		return false;
	for (guint i = 0; i < list_length(tune->memnodes); i++)
		if (!nodes_are_there(((NumaMemnode *)list_get(tune->memnodes, i))->nodeset, there,
				     error))
			return false;
	for (guint i = 0; i < list_length(live->memories); i++)
		if (!nodes_are_there(((DomainMemoryDevice *)list_get(live->memories, i))->nodemask,
				     there, error))
			return false;
	return true;
}

/*
 * A machine has whole blocks of memory: MiB, on pseries what its firmware can plug. The stored
 * definition keeps what was asked for; what runs says what it has.
 */
bool prepare_memory(DomainDef *live, GError **error)
{
	guint64 unit = machine_family(live) == MACHINE_PSERIES ? PSERIES_BLOCK_KIB : 1024;
	DomainMemory *memory = &live->memory;
	bool full = memory->current_kib == memory->total_kib;
	guint64 cells = 0, modules = 0, initial = memory->total_kib;

	for (guint i = 0; i < list_length(live->memories); i++) {
		DomainMemoryDevice *module = list_get(live->memories, i);

		initial -= MIN(initial, module->size_kib);
		module->size_kib = rounded_up(module->size_kib, MAX(unit, MODULE_UNIT_KIB));
		modules += module->size_kib;
	}
	for (guint i = 0; live->cpu && i < list_length(live->cpu->cells); i++) {
		NumaCell *cell = list_get(live->cpu->cells, i);

		cell->memory_kib = rounded_up(cell->memory_kib, unit);
		cells += cell->memory_kib;
	}
	memory->total_kib = (cells ? cells : rounded_up(initial, unit)) + modules;
	memory->max_kib = rounded_up(memory->max_kib, unit);
	if (full)
		memory->current_kib = memory->total_kib;
	return nodes_check(live, error);
}
