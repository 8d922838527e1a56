/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"

static bool topology_check(const DomainDef *def, GError **error)
{
	const DomainCpu *cpu = def->cpu;
	guint64 count;

	if (!cpu->sockets)
		return true;
	count = (guint64)cpu->sockets * MAX(1, cpu->dies) * MAX(1, cpu->clusters);
	if (count <= G_MAXUINT32)
		count *= cpu->cores;
	if (count <= G_MAXUINT32)
		count *= cpu->threads;
	if (count != def->vcpus.count)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the CPU <topology> of domain '%s' has %" PRIu64
			      " vCPUs, but <vcpu> says %u"), def->name, count, def->vcpus.count);
	return true;
}

static bool cache_check(const DomainCpu *cpu, GError **error)
{
	bool host = cpu->mode == CPU_MODE_HOST_PASSTHROUGH || cpu->mode == CPU_MODE_MAXIMUM;

	if (!cpu->has_cache)
		return true;
	if (cpu->has_cache_level && (cpu->cache_level < 1 || cpu->cache_level > 3))
		return fail(error, VIR_ERR_XML_ERROR, _("the level of a CPU <cache> is 1, 2 or 3"));
	if (cpu->cache_mode == CPU_CACHE_MODE_EMULATE && cpu->has_cache_level && cpu->cache_level != 3)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("only the CPU cache of level 3 can be emulated"));
	if (cpu->cache_mode == CPU_CACHE_MODE_PASSTHROUGH && !host)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the host's CPU cache can be passed through only with mode "
			      "'host-passthrough' or 'maximum'"));
	if (cpu->cache_mode != CPU_CACHE_MODE_EMULATE && cpu->has_cache_level)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("a CPU cache of mode '%s' has no level"),
			    cpu_cache_mode_name(cpu->cache_mode));
	return true;
}

static bool features_check(const DomainCpu *cpu, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	if (!cpu->mode && !cpu->model && cpu->vendor)
		return fail(error, VIR_ERR_XML_ERROR, _("<cpu> has a vendor, but no model"));
	if (cpu->vendor_id && (strlen(cpu->vendor_id) != 12 || strchr(cpu->vendor_id, ',')))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the vendor_id '%s' is not 12 characters without comma"),
			    cpu->vendor_id);
	for (guint i = 0; i < list_length(cpu->features); i++) {
		const CpuFeature *feature = list_get(cpu->features, i);

		if (!g_hash_table_add(seen, feature->name))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("the CPU feature '%s' is given twice"), feature->name);
	}
	return true;
}

static bool physaddr_check(const DomainCpu *cpu, GError **error)
{
	return cpu->physaddr_mode != CPU_PHYSADDR_EMULATE || cpu->physaddr_bits ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("<maxphysaddr mode='emulate'> needs its 'bits'"));
}

bool cpu_check_generic(const DomainDef *def, GError **error)
{
	if (!def->cpu)
		return true;
	return cache_check(def->cpu, error) && features_check(def->cpu, error) &&
	       physaddr_check(def->cpu, error) && numa_check(def, error) && topology_check(def, error);
}

static bool period_check(const char *name, guint64 period, GError **error)
{
	return !period || (period >= 1000 && period <= 1000000) ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("<cputune> %s is between 1000 and 1000000 microseconds"), name);
}

static bool quota_check(const char *name, gint64 quota, GError **error)
{
	return quota <= 0 || (quota >= 1000 && quota <= G_GINT64_CONSTANT(17592186044415)) ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("<cputune> %s is between 1000 and 17592186044415 microseconds"), name);
}

static bool pins_check(const DomainDef *def, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < list_length(def->cputune.vcpupins); i++) {
		const CpuPin *pin = list_get(def->cputune.vcpupins, i);

		if (!g_hash_table_add(seen, GUINT_TO_POINTER(pin->id)))
			return fail(error, VIR_ERR_INTERNAL_ERROR,
				    _("<cputune> pins vCPU %u twice"), pin->id);
	}
	return true;
}

static bool caches_check(const CacheTune *tune, GHashTable *seen, GError **error)
{
	for (guint i = 0; i < list_length(tune->caches); i++) {
		const CacheAllocation *cache = list_get(tune->caches, i);
		bool both = cache->type == CACHE_TYPE_BOTH;
		guint first = both ? CACHE_TYPE_BOTH : (guint)cache->type;
		guint last = both ? CACHE_TYPE_LAST - 1 : (guint)cache->type;

		for (guint type = first; type <= last; type++) {
			char *key = g_strdup_printf("%p %u %u %u", (const void *)tune, cache->level,
						    cache->id, type);

			if (!g_hash_table_add(seen, key))
				return fail(error, VIR_ERR_XML_ERROR,
					    _("<cachetune> allocates the cache of level %u, id %u "
					      "twice"), cache->level, cache->id);
		}
		if (!both)
			g_hash_table_add(seen, g_strdup_printf("%p %u %u %u", (const void *)tune,
							       cache->level, cache->id,
							       CACHE_TYPE_BOTH));
	}
	return true;
}

static bool cachetunes_check(const DomainCpuTune *tune, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < list_length(tune->cachetunes); i++) {
		const CacheTune *one = list_get(tune->cachetunes, i);

		for (guint k = 0; k < i; k++)
			if (cpuset_overlaps(one->vcpus,
					    ((CacheTune *)list_get(tune->cachetunes, k))->vcpus))
				return fail(error, VIR_ERR_XML_ERROR,
					    _("two <cachetune> share vCPUs"));
		if (!caches_check(one, seen, error))
			return false;
	}
	return true;
}

static bool numatune_check(const DomainDef *def, GError **error)
{
	const DomainNumaTune *tune = &def->numatune;
	guint cells = def->cpu ? list_length(def->cpu->cells) : 0;
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	if (tune->memory && tune->placement == PLACEMENT_STATIC && !tune->nodeset)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("<numatune> with static placement needs a nodeset"));
	for (guint i = 0; i < list_length(tune->memnodes); i++) {
		const NumaMemnode *node = list_get(tune->memnodes, i);

		if (node->cellid >= cells)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("<memnode> speaks of the NUMA cell %u, which the guest does not "
				      "have"), node->cellid);
		if (!g_hash_table_add(seen, GUINT_TO_POINTER(node->cellid)))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("there are two <memnode> for cell %u"), node->cellid);
		if ((tune->mode == NUMA_MODE_RESTRICTIVE) != (node->mode == NUMA_MODE_RESTRICTIVE) &&
		    tune->memory)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("the mode 'restrictive' is for <memory> and all <memnode> of "
				      "<numatune> or for none"));
	}
	return true;
}

static bool hugepages_check(const DomainDef *def, GError **error)
{
	guint cells = def->cpu ? list_length(def->cpu->cells) : 0;
	GPtrArray *pages = def->memory.backing.pages;
	guint masters = 0;

	for (guint i = 0; i < list_length(pages); i++) {
		const HugePage *page = list_get(pages, i);
		int last = cpuset_last(page->nodeset);

		if (last >= (int)MAX(1, cells))
			return fail(error, VIR_ERR_XML_DETAIL,
				    _("<hugepages> speaks of the NUMA node %d, which the guest does "
				      "not have"), last);
		if (!page->size_kib)
			return fail(error, VIR_ERR_XML_DETAIL,
				    _("the size of a <page> in <hugepages> is not 0"));
		/* Without cells a nodeset of 0 is all of the guest. */
		masters += !page->nodeset || cells == 0;
		for (guint k = 0; k < i; k++)
			if (cpuset_overlaps(page->nodeset, ((HugePage *)list_get(pages, k))->nodeset))
				return fail(error, VIR_ERR_XML_DETAIL,
					    _("two <page> in <hugepages> are for the same NUMA node"));
	}
	return masters <= 1 || fail(error, VIR_ERR_XML_DETAIL,
				    _("two <page> in <hugepages> are for the same memory"));
}

static bool placement_check(const DomainNumaTune *tune, GError **error)
{
	return !tune->memory || tune->placement != PLACEMENT_AUTO ||
	       list_length(tune->memnodes) == 0 ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("<memnode> binds a cell to nodes, placement='auto' lets the host choose; only "
		      "one can hold"));
}

static bool resource_check(const DomainResource *resource, GError **error)
{
	enum { APPID_MAX = 128 };

	return !resource->appid || strlen(resource->appid) <= APPID_MAX ||
	       fail(error, VIR_ERR_INVALID_ARG,
		    _("the appid of <fibrechannel> has at most %d bytes"), APPID_MAX);
}

static bool perf_check(const DomainDef *def, GError **error)
{
	for (guint i = 0; i < list_length(def->perf_events); i++)
		for (guint k = 0; k < i; k++)
			if (((PerfEvent *)list_get(def->perf_events, i))->name ==
			    ((PerfEvent *)list_get(def->perf_events, k))->name)
				return fail(error, VIR_ERR_XML_ERROR,
					    _("the <perf> event '%s' is given twice"),
					    perf_name_name(((PerfEvent *)list_get(def->perf_events,
										  i))->name));
	return true;
}

bool tune_check_generic(const DomainDef *def, GError **error)
{
	const DomainCpuTune *tune = &def->cputune;

	return period_check("period", tune->period, error) &&
	       period_check("global_period", tune->global_period, error) &&
	       period_check("emulator_period", tune->emulator_period, error) &&
	       period_check("iothread_period", tune->iothread_period, error) &&
	       quota_check("quota", tune->quota, error) &&
	       quota_check("global_quota", tune->global_quota, error) &&
	       quota_check("emulator_quota", tune->emulator_quota, error) &&
	       quota_check("iothread_quota", tune->iothread_quota, error) &&
	       pins_check(def, error) && cachetunes_check(tune, error) &&
	       numatune_check(def, error) && hugepages_check(def, error) &&
	       placement_check(&def->numatune, error) && resource_check(&def->resource, error) &&
	       perf_check(def, error);
}
