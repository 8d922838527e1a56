/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory, vCPUs and the host resources that a guest may use. Part of a DomainDef. */
#pragma once

#include "conf/def/cpu.h"

#define PLACEMENT_VALUES(X) X(PLACEMENT_STATIC, "static") X(PLACEMENT_AUTO, "auto")
CONF_ENUM(Placement, placement, PLACEMENT)
#define NUMA_MODE_VALUES(X) \
	X(NUMA_MODE_STRICT, "strict") X(NUMA_MODE_PREFERRED, "preferred") \
	X(NUMA_MODE_INTERLEAVE, "interleave") X(NUMA_MODE_RESTRICTIVE, "restrictive")
CONF_ENUM(NumaMode, numa_mode, NUMA_MODE)
#define MEM_SOURCE_VALUES(X) \
	X(MEM_SOURCE_FILE, "file") X(MEM_SOURCE_ANONYMOUS, "anonymous") X(MEM_SOURCE_MEMFD, "memfd")
CONF_ENUM(MemSource, mem_source, MEM_SOURCE)
#define MEM_ALLOCATION_VALUES(X) \
	X(MEM_ALLOCATION_IMMEDIATE, "immediate") X(MEM_ALLOCATION_ONDEMAND, "ondemand")
CONF_ENUM(MemAllocation, mem_allocation, MEM_ALLOCATION)
#define SCHEDULER_VALUES(X) \
	X(SCHEDULER_BATCH, "batch") X(SCHEDULER_IDLE, "idle") X(SCHEDULER_FIFO, "fifo") \
	X(SCHEDULER_RR, "rr")
CONF_ENUM(Scheduler, scheduler, SCHEDULER)
#define CACHE_TYPE_VALUES(X) \
	X(CACHE_TYPE_BOTH, "both") X(CACHE_TYPE_CODE, "code") X(CACHE_TYPE_DATA, "data")
CONF_ENUM(CacheType, cache_type, CACHE_TYPE)

typedef struct {
	guint64 size_kib;
	bool has_size;
	Cpuset *nodeset;
} HugePage;

typedef struct {
	bool hugepages, nosharepages, locked, discard;
	GPtrArray *pages; /* HugePage */
	MemSource source;
	MemAccess access;
	MemAllocation allocation;
	guint allocation_threads;
} DomainMemoryBacking;

typedef struct {
	guint64 total_kib; /* <memory>; with hotplugged devices */
	Tristate dump_core;
	guint64 current_kib, max_kib;
	bool has_current;
	guint max_slots;
	DomainMemoryBacking backing;
} DomainMemory;

typedef struct {
	guint id;
	Tristate enabled, hotpluggable;
	guint order;
} VcpuEntry;

typedef struct {
	guint count, current; /* current 0: all */
	Placement placement;
	Cpuset *cpuset;
	GPtrArray *entries; /* VcpuEntry */
} DomainVcpus;

typedef struct {
	guint id;
	gint64 pool_min, pool_max;
	bool has_pool_min, has_pool_max;
	guint64 poll_max, poll_grow, poll_shrink; /* nanoseconds, factors */
	bool has_poll_max, has_poll_grow, has_poll_shrink;
} DomainIothread;

typedef struct {
	guint id; /* vCPU or I/O thread */
	Cpuset *cpuset;
} CpuPin;

typedef struct {
	Cpuset *ids; /* NULL for the emulator */
	Scheduler scheduler;
	int priority;
	bool has_priority;
} CpuSched;

typedef struct {
	guint id, level;
	CacheType type;
	guint64 size;
	char *unit;
} CacheAllocation;
typedef struct {
	guint level;
	Cpuset *vcpus;
} ResourceMonitor;
typedef struct {
	Cpuset *vcpus;
	char *id; /* live */
	GPtrArray *caches;   /* CacheAllocation */
	GPtrArray *monitors; /* ResourceMonitor */
} CacheTune;
typedef struct {
	guint id, bandwidth;
} MemoryBandwidth;
typedef struct {
	Cpuset *vcpus;
	GPtrArray *nodes;    /* MemoryBandwidth */
	GPtrArray *monitors; /* ResourceMonitor */
} MemoryTune;

typedef struct {
	guint64 shares;
	bool has_shares;
	guint64 period, global_period, emulator_period, iothread_period; /* microseconds */
	gint64 quota, global_quota, emulator_quota, iothread_quota;	 /* microseconds, -1 none */
	GPtrArray *vcpupins;	   /* CpuPin */
	Cpuset *emulatorpin;
	GPtrArray *iothreadpins;   /* CpuPin */
	GPtrArray *vcpuscheds;	   /* CpuSched */
	GPtrArray *iothreadscheds; /* CpuSched */
	CpuSched *emulatorsched;
	GPtrArray *cachetunes;	   /* CacheTune */
	GPtrArray *memorytunes;	   /* MemoryTune */
} DomainCpuTune;

typedef struct {
	guint cellid;
	NumaMode mode;
	Cpuset *nodeset;
} NumaMemnode;
typedef struct {
	bool memory; /* <memory> is there */
	NumaMode mode;
	Placement placement;
	Cpuset *nodeset;
	GPtrArray *memnodes; /* NumaMemnode */
} DomainNumaTune;

typedef struct {
	char *path;
	guint weight, read_iops, write_iops;
	guint64 read_bytes, write_bytes;
} BlkioDevice;
typedef struct {
	guint weight;
	GPtrArray *devices; /* BlkioDevice */
} DomainBlkioTune;

/* KiB; MEMTUNE_UNLIMITED = no limit. */
#define MEMTUNE_UNLIMITED G_GUINT64_CONSTANT(9007199254740991)
typedef struct {
	guint64 hard_limit_kib, soft_limit_kib, min_guarantee_kib, swap_hard_limit_kib;
	bool has_hard_limit, has_soft_limit, has_min_guarantee, has_swap_hard_limit;
} DomainMemTune;

typedef struct {
	char *partition, *appid;
} DomainResource;

typedef struct {
	guint start, target, count;
} IdMapEntry;
typedef struct {
	GPtrArray *uids, *gids; /* IdMapEntry */
} DomainIdMap;

#define PERF_VALUES(X) \
	X(PERF_CMT, "cmt") \
	X(PERF_MBMT, "mbmt") \
	X(PERF_MBML, "mbml") \
	X(PERF_CPU_CYCLES, "cpu_cycles") \
	X(PERF_INSTRUCTIONS, "instructions") \
	X(PERF_CACHE_REFERENCES, "cache_references") \
	X(PERF_CACHE_MISSES, "cache_misses") \
	X(PERF_BRANCH_INSTRUCTIONS, "branch_instructions") \
	X(PERF_BRANCH_MISSES, "branch_misses") \
	X(PERF_BUS_CYCLES, "bus_cycles") \
	X(PERF_STALLED_CYCLES_FRONTEND, "stalled_cycles_frontend") \
	X(PERF_STALLED_CYCLES_BACKEND, "stalled_cycles_backend") \
	X(PERF_REF_CPU_CYCLES, "ref_cpu_cycles") \
	X(PERF_CPU_CLOCK, "cpu_clock") \
	X(PERF_TASK_CLOCK, "task_clock") \
	X(PERF_PAGE_FAULTS, "page_faults") \
	X(PERF_CONTEXT_SWITCHES, "context_switches") \
	X(PERF_CPU_MIGRATIONS, "cpu_migrations") \
	X(PERF_PAGE_FAULTS_MIN, "page_faults_min") \
	X(PERF_PAGE_FAULTS_MAJ, "page_faults_maj") \
	X(PERF_ALIGNMENT_FAULTS, "alignment_faults") \
	X(PERF_EMULATION_FAULTS, "emulation_faults")
CONF_ENUM(PerfName, perf_name, PERF)
typedef struct {
	PerfName name;
	Tristate enabled;
} PerfEvent;
