/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(placement, PLACEMENT)
CONF_ENUM_DEFINE(numa_mode, NUMA_MODE)
CONF_ENUM_DEFINE(mem_source, MEM_SOURCE)
CONF_ENUM_DEFINE(mem_allocation, MEM_ALLOCATION)
CONF_ENUM_DEFINE(scheduler, SCHEDULER)
CONF_ENUM_DEFINE(cache_type, CACHE_TYPE)
CONF_ENUM_DEFINE(perf_name, PERF)

static const BindRow page_rows[] = {
	SIZE_ATTR(HugePage, "size", size_kib, 1024, 0, HAS(HugePage, has_size)),
	ATTR(HugePage, "nodeset", nodeset, cpuset, 0),
	END_ROWS
};
static ELEMENT(huge_page, NULL, HugePage, page_rows);
static const BindRow hugepages_rows[] = {
	LIST(DomainMemoryBacking, "page", pages, huge_page, 0),
	END_ROWS
};
static ELEMENT(hugepages, NULL, DomainMemoryBacking, hugepages_rows);
static const BindRow allocation_rows[] = {
	ATTR(DomainMemoryBacking, "mode", allocation, mem_allocation, 0),
	ATTR(DomainMemoryBacking, "threads", allocation_threads, uint, 0),
	END_ROWS
};
static ELEMENT(mem_allocation, NULL, DomainMemoryBacking, allocation_rows);
static const BindRow backing_rows[] = {
	CHILD("hugepages", hugepages, 0, HAS(DomainMemoryBacking, hugepages)),
	FLAG(DomainMemoryBacking, "nosharepages", nosharepages, 0),
	FLAG(DomainMemoryBacking, "locked", locked, 0),
	VALUE(DomainMemoryBacking, "source", "type", source, mem_source, 0),
	VALUE(DomainMemoryBacking, "access", "mode", access, mem_access, 0),
	CHILD("allocation", mem_allocation, 0),
	FLAG(DomainMemoryBacking, "discard", discard, 0),
	END_ROWS
};
ELEMENT(domain_memory_backing, "memoryBacking", DomainMemoryBacking, backing_rows);

static const BindRow vcpu_rows[] = {
	ATTR(DomainVcpus, "placement", placement, placement, 0),
	ATTR(DomainVcpus, "cpuset", cpuset, cpuset, 0),
	ATTR(DomainVcpus, "current", current, uint, BIND_NONZERO),
	TEXT(DomainVcpus, count, uint, BIND_NONZERO | G),
	END_ROWS
};
ELEMENT(domain_vcpu, NULL, DomainVcpus, vcpu_rows);
static const BindRow entry_rows[] = {
	ATTR(VcpuEntry, "id", id, uint, BIND_REQUIRED | G),
	ATTR(VcpuEntry, "enabled", enabled, yes_no, BIND_REQUIRED),
	ATTR(VcpuEntry, "hotpluggable", hotpluggable, yes_no, 0),
	ATTR(VcpuEntry, "order", order, uint, 0),
	END_ROWS
};
static ELEMENT(vcpu_entry, NULL, VcpuEntry, entry_rows);
static const BindRow vcpus_rows[] = {
	LIST(DomainVcpus, "vcpu", entries, vcpu_entry, G),
	END_ROWS
};
ELEMENT(domain_vcpus, NULL, DomainVcpus, vcpus_rows);

static const BindRow poll_rows[] = {
	ATTR(DomainIothread, "max", poll_max, uint64, 0, HAS(DomainIothread, has_poll_max)),
	ATTR(DomainIothread, "grow", poll_grow, uint64, 0, HAS(DomainIothread, has_poll_grow)),
	ATTR(DomainIothread, "shrink", poll_shrink, uint64, 0, HAS(DomainIothread,
	     has_poll_shrink)),
	END_ROWS
};
static ELEMENT(iothread_poll, NULL, DomainIothread, poll_rows);
static const BindRow iothread_rows[] = {
	ATTR(DomainIothread, "id", id, uint, 0),
	ATTR(DomainIothread, "thread_pool_min", pool_min, int64, 0, HAS(DomainIothread,
	     has_pool_min)),
	ATTR(DomainIothread, "thread_pool_max", pool_max, int64, 0, HAS(DomainIothread,
	     has_pool_max)),
	CHILD("poll", iothread_poll, 0),
	END_ROWS
};
ELEMENT(domain_iothread, NULL, DomainIothread, iothread_rows);

static const BindRow blkio_device_rows[] = {
	LEAF(BlkioDevice, "path", path, str, BIND_REQUIRED),
	LEAF(BlkioDevice, "weight", weight, uint, 0),
	LEAF(BlkioDevice, "read_iops_sec", read_iops, uint, 0),
	LEAF(BlkioDevice, "write_iops_sec", write_iops, uint, 0),
	LEAF(BlkioDevice, "read_bytes_sec", read_bytes, uint64, 0),
	LEAF(BlkioDevice, "write_bytes_sec", write_bytes, uint64, 0),
	END_ROWS
};
static ELEMENT(blkio_device, NULL, BlkioDevice, blkio_device_rows);
static const BindRow blkio_rows[] = {
	LEAF(DomainBlkioTune, "weight", weight, uint, 0),
	LIST(DomainBlkioTune, "device", devices, blkio_device, 0),
	END_ROWS
};
ELEMENT(domain_blkiotune, "blkiotune", DomainBlkioTune, blkio_rows);

#define MEMORY(name) \
	SIZE_LEAF(DomainMemTune, #name, name##_kib, 1024, 0, HAS(DomainMemTune, has_##name))
static const BindRow memtune_rows[] = {
	MEMORY(hard_limit), MEMORY(soft_limit), MEMORY(min_guarantee), MEMORY(swap_hard_limit),
	END_ROWS
};
ELEMENT(domain_memtune, "memtune", DomainMemTune, memtune_rows);

static const BindRow vcpupin_rows[] = {
	ATTR(CpuPin, "vcpu", id, uint, BIND_REQUIRED),
	ATTR(CpuPin, "cpuset", cpuset, cpuset, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(vcpupin, NULL, CpuPin, vcpupin_rows);
static const BindRow iothreadpin_rows[] = {
	ATTR(CpuPin, "iothread", id, uint, BIND_REQUIRED),
	ATTR(CpuPin, "cpuset", cpuset, cpuset, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(iothreadpin, NULL, CpuPin, iothreadpin_rows);

static const BindRow sched_rows[] = {
	ATTR(CpuSched, "scheduler", scheduler, scheduler, BIND_REQUIRED),
	ATTR(CpuSched, "priority", priority, int, 0, HAS(CpuSched, has_priority)),
	END_ROWS
};
static ELEMENT(cpu_sched, NULL, CpuSched, sched_rows);
static const BindRow vcpusched_rows[] = {
	ATTR(CpuSched, "vcpus", ids, cpuset, BIND_REQUIRED), INCLUDE(cpu_sched), END_ROWS
};
static ELEMENT(vcpusched, NULL, CpuSched, vcpusched_rows);
static const BindRow iothreadsched_rows[] = {
	ATTR(CpuSched, "iothreads", ids, cpuset, BIND_REQUIRED), INCLUDE(cpu_sched), END_ROWS
};
static ELEMENT(iothreadsched, NULL, CpuSched, iothreadsched_rows);

static const BindRow allocation_cache_rows[] = {
	ATTR(CacheAllocation, "id", id, uint, BIND_REQUIRED),
	ATTR(CacheAllocation, "level", level, uint, BIND_REQUIRED),
	ATTR(CacheAllocation, "type", type, cache_type, BIND_REQUIRED),
	ATTR(CacheAllocation, "size", size, uint64, BIND_REQUIRED),
	ATTR(CacheAllocation, "unit", unit, str, 0),
	END_ROWS
};
static ELEMENT(cache_allocation, NULL, CacheAllocation, allocation_cache_rows);
static const BindRow cache_monitor_rows[] = {
	ATTR(ResourceMonitor, "level", level, uint, BIND_REQUIRED),
	ATTR(ResourceMonitor, "vcpus", vcpus, cpuset, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(cache_monitor, NULL, ResourceMonitor, cache_monitor_rows);
static const BindRow cachetune_rows[] = {
	ATTR(CacheTune, "vcpus", vcpus, cpuset, BIND_REQUIRED),
	ATTR(CacheTune, "id", id, str, BIND_LIVE),
	LIST(CacheTune, "cache", caches, cache_allocation, 0),
	LIST(CacheTune, "monitor", monitors, cache_monitor, 0),
	END_ROWS
};
static ELEMENT(cachetune, NULL, CacheTune, cachetune_rows);
static const BindRow memory_node_rows[] = {
	ATTR(MemoryBandwidth, "id", id, uint, BIND_REQUIRED),
	ATTR(MemoryBandwidth, "bandwidth", bandwidth, uint, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(memory_node, NULL, MemoryBandwidth, memory_node_rows);
static const BindRow memory_monitor_rows[] = {
	ATTR(ResourceMonitor, "vcpus", vcpus, cpuset, BIND_REQUIRED), END_ROWS
};
static ELEMENT(memory_monitor, NULL, ResourceMonitor, memory_monitor_rows);
static const BindRow memorytune_rows[] = {
	ATTR(MemoryTune, "vcpus", vcpus, cpuset, BIND_REQUIRED),
	LIST(MemoryTune, "node", nodes, memory_node, 0),
	LIST(MemoryTune, "monitor", monitors, memory_monitor, 0),
	END_ROWS
};
static ELEMENT(memorytune, NULL, MemoryTune, memorytune_rows);

static const BindRow cputune_rows[] = {
	LEAF(DomainCpuTune, "shares", shares, uint64, 0, HAS(DomainCpuTune, has_shares)),
	LEAF(DomainCpuTune, "period", period, uint64, 0),
	LEAF(DomainCpuTune, "quota", quota, int64, 0),
	LEAF(DomainCpuTune, "global_period", global_period, uint64, 0),
	LEAF(DomainCpuTune, "global_quota", global_quota, int64, 0),
	LEAF(DomainCpuTune, "emulator_period", emulator_period, uint64, 0),
	LEAF(DomainCpuTune, "emulator_quota", emulator_quota, int64, 0),
	LEAF(DomainCpuTune, "iothread_period", iothread_period, uint64, 0),
	LEAF(DomainCpuTune, "iothread_quota", iothread_quota, int64, 0),
	LIST(DomainCpuTune, "vcpupin", vcpupins, vcpupin, 0),
	VALUE(DomainCpuTune, "emulatorpin", "cpuset", emulatorpin, cpuset, BIND_REQUIRED | BIND_ONCE),
	LIST(DomainCpuTune, "iothreadpin", iothreadpins, iothreadpin, 0),
	LIST(DomainCpuTune, "vcpusched", vcpuscheds, vcpusched, 0),
	LIST(DomainCpuTune, "iothreadsched", iothreadscheds, iothreadsched, 0),
	POINTER(DomainCpuTune, "emulatorsched", emulatorsched, cpu_sched, 0),
	LIST(DomainCpuTune, "cachetune", cachetunes, cachetune, 0),
	LIST(DomainCpuTune, "memorytune", memorytunes, memorytune, 0),
	END_ROWS
};
ELEMENT(domain_cputune, "cputune", DomainCpuTune, cputune_rows,
	.doc = N_("Shares of the host's processors; periods and quotas in microseconds."));

static const BindRow numa_memory_rows[] = {
	ATTR(DomainNumaTune, "mode", mode, numa_mode, 0),
	ATTR(DomainNumaTune, "nodeset", nodeset, cpuset, 0),
	ATTR(DomainNumaTune, "placement", placement, placement, 0),
	END_ROWS
};
static ELEMENT(numa_memory, NULL, DomainNumaTune, numa_memory_rows);
static const BindRow memnode_rows[] = {
	ATTR(NumaMemnode, "cellid", cellid, uint, BIND_REQUIRED),
	ATTR(NumaMemnode, "mode", mode, numa_mode, 0),
	ATTR(NumaMemnode, "nodeset", nodeset, cpuset, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(numa_memnode, NULL, NumaMemnode, memnode_rows);
static const BindRow numatune_rows[] = {
	CHILD("memory", numa_memory, 0, HAS(DomainNumaTune, memory)),
	LIST(DomainNumaTune, "memnode", memnodes, numa_memnode, 0),
	END_ROWS
};
ELEMENT(domain_numatune, "numatune", DomainNumaTune, numatune_rows);

static const BindRow resource_rows[] = {
	LEAF(DomainResource, "partition", partition, str, 0),
	VALUE(DomainResource, "fibrechannel", "appid", appid, str, 0),
	END_ROWS
};
ELEMENT(domain_resource, "resource", DomainResource, resource_rows);

static const BindRow idmap_entry_rows[] = {
	ATTR(IdMapEntry, "start", start, uint, BIND_REQUIRED),
	ATTR(IdMapEntry, "target", target, uint, BIND_REQUIRED),
	ATTR(IdMapEntry, "count", count, uint, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(idmap_entry, NULL, IdMapEntry, idmap_entry_rows);
static const BindRow idmap_rows[] = {
	LIST(DomainIdMap, "uid", uids, idmap_entry, 0),
	LIST(DomainIdMap, "gid", gids, idmap_entry, 0),
	END_ROWS
};
ELEMENT(domain_idmap, "idmap", DomainIdMap, idmap_rows);

static const BindRow perf_rows[] = {
	ATTR(PerfEvent, "name", name, perf_name, BIND_REQUIRED),
	ATTR(PerfEvent, "enabled", enabled, yes_no, BIND_REQUIRED),
	END_ROWS
};
ELEMENT(perf_event, NULL, PerfEvent, perf_rows);
