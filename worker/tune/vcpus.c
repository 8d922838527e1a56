/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which vCPUs a guest has, and which of them it can get and give up while it runs. */
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/tune/private.h"

static VcpuEntry *entry_find(const DomainVcpus *vcpus, unsigned id)
{
	for (guint i = 0; i < list_length(vcpus->entries); i++) {
		VcpuEntry *entry = list_get(vcpus->entries, i);

		if (entry->id == id)
			return entry;
	}
	return NULL;
}

void tune_vcpus_expand(DomainDef *def)
{
	DomainVcpus *vcpus = &def->vcpus;
	unsigned current = domain_def_vcpus_current(def);
	GPtrArray *entries = g_ptr_array_new();

	for (unsigned id = 0; id < vcpus->count; id++) {
		VcpuEntry *entry = entry_find(vcpus, id);

		if (!entry) {
			entry = g_new0(VcpuEntry, 1);
			entry->id = id;
		}
		if (!entry->enabled)
			entry->enabled = id < current ? TRISTATE_YES : TRISTATE_NO;
		if (!entry->hotpluggable)
			entry->hotpluggable = entry->enabled == TRISTATE_YES ? TRISTATE_NO :
									       TRISTATE_YES;
		g_ptr_array_add(entries, entry);
	}
	g_clear_pointer(&vcpus->entries, g_ptr_array_unref);
	vcpus->entries = entries;
}

static void entries_drop(DomainVcpus *vcpus)
{
	for (unsigned i = 0; i < list_length(vcpus->entries); i++)
		g_free(list_get(vcpus->entries, i));
	g_clear_pointer(&vcpus->entries, g_ptr_array_unref);
}

/* The number follows from the entries. */
static void current_update(DomainVcpus *vcpus)
{
	unsigned n = 0;

	for (guint i = 0; i < list_length(vcpus->entries); i++)
		n += ((VcpuEntry *)list_get(vcpus->entries, i))->enabled == TRISTATE_YES;
	vcpus->current = n >= vcpus->count ? 0 : n;
}

static bool maximum_set(DomainDef *def, unsigned count, GError **error)
{
	unsigned current = domain_def_vcpus_current(def);

	if (def->has_id)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("the maximum of processors cannot change while the guest runs"));
	if (def->cpu && def->cpu->sockets)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("CPU topology doesn't match the desired vcpu count: change <topology> "
			      "and <vcpu> together by 'reeve edit'"));
	entries_drop(&def->vcpus);
	def->vcpus.count = count;
	def->vcpus.current = current >= count ? 0 : current;
	return true;
}

/* Up from the first that is off, down from the last that can go. */
static bool live_count_set(DomainDef *def, unsigned count, GError **error)
{
	unsigned now = domain_def_vcpus_current(def);

	tune_vcpus_expand(def);
	for (unsigned id = 0; id < def->vcpus.count && now < count; id++) {
		VcpuEntry *entry = list_get(def->vcpus.entries, id);

		if (entry->enabled == TRISTATE_YES)
			continue;
		entry->enabled = entry->hotpluggable = TRISTATE_YES;
		now++;
	}
	for (unsigned id = def->vcpus.count; id-- > 0 && now > count;) {
		VcpuEntry *entry = list_get(def->vcpus.entries, id);

		if (entry->enabled != TRISTATE_YES || entry->hotpluggable != TRISTATE_YES)
			continue;
		entry->enabled = TRISTATE_NO;
		now--;
	}
	if (now != count)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("failed to find appropriate hotpluggable vcpus to reach the desired "
			      "target vcpu count: %u of domain '%s' were there at its start and stay"),
			    now, def->name);
	current_update(&def->vcpus);
	return true;
}

bool tune_set_vcpus(DomainDef *def, unsigned count, unsigned flags, GError **error)
{
	bool hotpluggable = flags & VIR_DOMAIN_VCPU_HOTPLUGGABLE;

	if (count == 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("a guest needs a processor: 0 are none"));
	if (flags & VIR_DOMAIN_VCPU_MAXIMUM)
		return maximum_set(def, count, error);
	if (count > def->vcpus.count)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("requested vcpus is greater than max allowable vcpus for the domain: "
			      "%u > %u"), count, def->vcpus.count);
	if (def->has_id)
		return live_count_set(def, count, error);
	/* Entries for single processors would contradict the new number. */
	if (!hotpluggable)
		entries_drop(&def->vcpus);
	else
		tune_vcpus_expand(def);
	for (unsigned id = 0; hotpluggable && id < def->vcpus.count; id++) {
		VcpuEntry *entry = list_get(def->vcpus.entries, id);
		bool was = entry->enabled == TRISTATE_YES;

		entry->enabled = id < count ? TRISTATE_YES : TRISTATE_NO;
		if (!was || id >= count)
			entry->hotpluggable = TRISTATE_YES;
	}
	def->vcpus.current = count >= def->vcpus.count ? 0 : count;
	return true;
}

bool tune_edit_vcpus(DomainDef *def, const remote_domain_set_vcpus_args *args, GError **error)
{
	return tune_set_vcpus(def, args->nvcpus, 0, error);
}

bool tune_edit_vcpus_flags(DomainDef *def, const remote_domain_set_vcpus_flags_args *args,
			   GError **error)
{
	return tune_set_vcpus(def, args->nvcpus, args->flags, error);
}

static bool vcpu_set(DomainDef *def, VcpuEntry *entry, bool on, GError **error)
{
	if ((entry->enabled == TRISTATE_YES) == on)
		return fail(error, VIR_ERR_INVALID_ARG, _("vCPU %u of domain '%s' is already %s"),
			    entry->id, def->name, on ? _("there") : _("off"));
	if (entry->id == 0)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("vCPU 0 stays: it cannot be unplugged"));
	if (def->has_id && !on && entry->hotpluggable != TRISTATE_YES)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("vCPU %u of domain '%s' was there at its start and stays"), entry->id,
			    def->name);
	entry->enabled = on ? TRISTATE_YES : TRISTATE_NO;
	entry->hotpluggable = TRISTATE_YES;
	return true;
}

bool tune_edit_vcpu(DomainDef *def, const remote_domain_set_vcpu_args *args, GError **error)
{
	g_autoptr(Cpuset) set = cpuset_parse(args->cpumap);

	if (!set)
		return fail(error, VIR_ERR_INVALID_ARG, _("'%s' is no set of vCPUs"), args->cpumap);
	if (args->state != 0 && args->state != 1)
		return fail(error, VIR_ERR_INVALID_ARG, _("a vCPU is on (1) or off (0), not %d"),
			    args->state);
	if (cpuset_last(set) >= (int)def->vcpus.count)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("vCPU %d is not one of the %u of domain '%s'"), cpuset_last(set),
			    def->vcpus.count, def->name);
	tune_vcpus_expand(def);
	for (unsigned id = 0; id < def->vcpus.count; id++)
		if (cpuset_has(set, id) &&
		    !vcpu_set(def, list_get(def->vcpus.entries, id), args->state == 1, error))
			return false;
	current_update(&def->vcpus);
	return true;
}
