/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(cpu_mode, CPU_MODE)
CONF_ENUM_DEFINE(cpu_match, CPU_MATCH)
CONF_ENUM_DEFINE(cpu_check, CPU_CHECK)
CONF_ENUM_DEFINE(cpu_fallback, CPU_FALLBACK)
CONF_ENUM_DEFINE(cpu_policy, CPU_POLICY)
CONF_ENUM_DEFINE(cpu_cache_mode, CPU_CACHE_MODE)
CONF_ENUM_DEFINE(cpu_physaddr_mode, CPU_PHYSADDR)
CONF_ENUM_DEFINE(mem_access, MEM_ACCESS)
CONF_ENUM_DEFINE(cache_associativity, CACHE_ASSOC)
CONF_ENUM_DEFINE(cache_policy, CACHE_POLICY)
CONF_ENUM_DEFINE(interconnect_type, INTERCONNECT)

static const BindRow model_rows[] = {
	ATTR(DomainCpu, "fallback", fallback, cpu_fallback, 0),
	ATTR(DomainCpu, "vendor_id", vendor_id, str, G),
	TEXT(DomainCpu, model, token, G),
	END_ROWS
};
static ELEMENT(cpu_model, NULL, DomainCpu, model_rows);

static const BindRow topology_rows[] = {
	ATTR(DomainCpu, "sockets", sockets, uint, BIND_REQUIRED | BIND_NONZERO | G),
	ATTR(DomainCpu, "dies", dies, uint, BIND_NONZERO | G),
	ATTR(DomainCpu, "clusters", clusters, uint, BIND_NONZERO | G),
	ATTR(DomainCpu, "cores", cores, uint, BIND_REQUIRED | BIND_NONZERO | G),
	ATTR(DomainCpu, "threads", threads, uint, BIND_REQUIRED | BIND_NONZERO | G),
	END_ROWS
};
static ELEMENT(cpu_topology, NULL, DomainCpu, topology_rows);

static const BindRow cache_rows[] = {
	ATTR(DomainCpu, "level", cache_level, uint, G, HAS(DomainCpu, has_cache_level)),
	ATTR(DomainCpu, "mode", cache_mode, cpu_cache_mode, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(cpu_cache, NULL, DomainCpu, cache_rows);

static const BindRow physaddr_rows[] = {
	ATTR(DomainCpu, "mode", physaddr_mode, cpu_physaddr_mode, BIND_REQUIRED | G),
	ATTR(DomainCpu, "bits", physaddr_bits, uint, BIND_NONZERO | G),
	ATTR(DomainCpu, "limit", physaddr_limit, uint, BIND_NONZERO | G),
	END_ROWS
};
static ELEMENT(cpu_physaddr, NULL, DomainCpu, physaddr_rows);

static const BindRow feature_rows[] = {
	ATTR(CpuFeature, "policy", policy, cpu_policy, G, MISSING(CPU_POLICY_REQUIRE),
	     .code = VIR_ERR_CONFIG_UNSUPPORTED),
	ATTR(CpuFeature, "name", name, str, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(cpu_feature, NULL, CpuFeature, feature_rows);

static const BindRow sibling_rows[] = {
	ATTR(NumaDistance, "id", id, uint, BIND_REQUIRED | G),
	ATTR(NumaDistance, "value", value, uint, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(numa_sibling, NULL, NumaDistance, sibling_rows);
static const BindRow distances_rows[] = {
	LIST(NumaCell, "sibling", distances, numa_sibling, G),
	END_ROWS
};
static ELEMENT(numa_distances, NULL, NumaCell, distances_rows);

static const BindRow cache_size_rows[] = {
	ATTR(NumaCache, "value", size_value, uint, BIND_REQUIRED | G),
	ATTR(NumaCache, "unit", size_unit, str, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(numa_cache_size, NULL, NumaCache, cache_size_rows);
static const BindRow cache_line_rows[] = {
	ATTR(NumaCache, "value", line_value, uint, BIND_REQUIRED | G),
	ATTR(NumaCache, "unit", line_unit, str, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(numa_cache_line, NULL, NumaCache, cache_line_rows);
static const BindRow numa_cache_rows[] = {
	ATTR(NumaCache, "level", level, uint, BIND_REQUIRED | G),
	ATTR(NumaCache, "associativity", associativity, cache_associativity, BIND_REQUIRED | G),
	ATTR(NumaCache, "policy", policy, cache_policy, BIND_REQUIRED | G),
	CHILD("size", numa_cache_size, 0),
	CHILD("line", numa_cache_line, 0),
	END_ROWS
};
static ELEMENT(numa_cache, NULL, NumaCache, numa_cache_rows);

static const BindRow cell_rows[] = {
	ATTR(NumaCell, "id", id, uint, G, HAS(NumaCell, has_id)),
	ATTR(NumaCell, "cpus", cpus, cpuset, G),
	SIZE_ATTR(NumaCell, "memory", memory_kib, 1024, BIND_REQUIRED | G),
	ATTR(NumaCell, "memAccess", access, mem_access, 0),
	ATTR(NumaCell, "discard", discard, yes_no, 0),
	CHILD("distances", numa_distances, 0),
	LIST(NumaCell, "cache", caches, numa_cache, G),
	END_ROWS
};
static ELEMENT(numa_cell, NULL, NumaCell, cell_rows);

static const BindRow latency_rows[] = {
	ATTR(NumaInterconnect, "initiator", initiator, uint, BIND_REQUIRED | G),
	ATTR(NumaInterconnect, "target", target, uint, BIND_REQUIRED | G),
	ATTR(NumaInterconnect, "cache", cache, uint, G, HAS(NumaInterconnect, has_cache)),
	ATTR(NumaInterconnect, "type", type, interconnect_type, BIND_REQUIRED | G),
	ATTR(NumaInterconnect, "value", value, uint64, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(numa_latency, NULL, NumaInterconnect, latency_rows);
static const BindRow bandwidth_rows[] = {
	ATTR(NumaInterconnect, "initiator", initiator, uint, BIND_REQUIRED | G),
	ATTR(NumaInterconnect, "target", target, uint, BIND_REQUIRED | G),
	ATTR(NumaInterconnect, "cache", cache, uint, G, HAS(NumaInterconnect, has_cache)),
	ATTR(NumaInterconnect, "type", type, interconnect_type, BIND_REQUIRED | G),
	SIZE_ATTR(NumaInterconnect, "value", value, 1024, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(numa_bandwidth, NULL, NumaInterconnect, bandwidth_rows);
static const BindRow interconnects_rows[] = {
	LIST(DomainCpu, "latency", latencies, numa_latency, G),
	LIST(DomainCpu, "bandwidth", bandwidths, numa_bandwidth, G),
	END_ROWS
};
static ELEMENT(numa_interconnects, NULL, DomainCpu, interconnects_rows);
static const BindRow numa_rows[] = {
	LIST(DomainCpu, "cell", cells, numa_cell, G),
	CHILD("interconnects", numa_interconnects, 0),
	END_ROWS
};
static ELEMENT(cpu_numa, NULL, DomainCpu, numa_rows);

static const BindRow cpu_rows[] = {
	ATTR(DomainCpu, "mode", mode, cpu_mode, G),
	ATTR(DomainCpu, "match", match, cpu_match, G),
	ATTR(DomainCpu, "check", check, cpu_check, 0),
	ATTR(DomainCpu, "migratable", migratable, on_off, G),
	ATTR(DomainCpu, "deprecated_features", deprecated_features, on_off, G),
	CHILD("model", cpu_model, 0),
	LEAF(DomainCpu, "vendor", vendor, token, G),
	CHILD("topology", cpu_topology, 0),
	CHILD("cache", cpu_cache, BIND_ONCE, HAS(DomainCpu, has_cache)),
	CHILD("maxphysaddr", cpu_physaddr, 0),
	LIST(DomainCpu, "feature", features, cpu_feature, G),
	CHILD("numa", cpu_numa, 0),
	END_ROWS
};
ELEMENT(cpu, "cpu", DomainCpu, cpu_rows, .doc = N_("The processor that the guest sees."));
