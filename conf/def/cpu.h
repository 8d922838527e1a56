/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The processor that a guest sees: <cpu>, its topology and NUMA cells. Part of a DomainDef. */
#pragma once

#include "conf/bind/types.h"

#define CPU_MODE_VALUES(X) \
	X(CPU_MODE_CUSTOM, "custom") X(CPU_MODE_HOST_MODEL, "host-model") \
	X(CPU_MODE_HOST_PASSTHROUGH, "host-passthrough") X(CPU_MODE_MAXIMUM, "maximum")
CONF_ENUM(CpuMode, cpu_mode, CPU_MODE)
#define CPU_MATCH_VALUES(X) \
	X(CPU_MATCH_MINIMUM, "minimum") X(CPU_MATCH_EXACT, "exact") X(CPU_MATCH_STRICT, "strict")
CONF_ENUM(CpuMatch, cpu_match, CPU_MATCH)
#define CPU_CHECK_VALUES(X) \
	X(CPU_CHECK_NONE, "none") X(CPU_CHECK_PARTIAL, "partial") X(CPU_CHECK_FULL, "full")
CONF_ENUM(CpuCheck, cpu_check, CPU_CHECK)
#define CPU_FALLBACK_VALUES(X) X(CPU_FALLBACK_ALLOW, "allow") X(CPU_FALLBACK_FORBID, "forbid")
CONF_ENUM(CpuFallback, cpu_fallback, CPU_FALLBACK)
#define CPU_POLICY_VALUES(X) \
	X(CPU_POLICY_FORCE, "force") X(CPU_POLICY_REQUIRE, "require") \
	X(CPU_POLICY_OPTIONAL, "optional") X(CPU_POLICY_DISABLE, "disable") \
	X(CPU_POLICY_FORBID, "forbid")
CONF_ENUM(CpuPolicy, cpu_policy, CPU_POLICY)
#define CPU_CACHE_MODE_VALUES(X) \
	X(CPU_CACHE_MODE_EMULATE, "emulate") X(CPU_CACHE_MODE_PASSTHROUGH, "passthrough") \
	X(CPU_CACHE_MODE_DISABLE, "disable")
CONF_ENUM(CpuCacheMode, cpu_cache_mode, CPU_CACHE_MODE)
#define CPU_PHYSADDR_VALUES(X) \
	X(CPU_PHYSADDR_EMULATE, "emulate") X(CPU_PHYSADDR_PASSTHROUGH, "passthrough")
CONF_ENUM(CpuPhysAddrMode, cpu_physaddr_mode, CPU_PHYSADDR)
#define MEM_ACCESS_VALUES(X) X(MEM_ACCESS_SHARED, "shared") X(MEM_ACCESS_PRIVATE, "private")
CONF_ENUM(MemAccess, mem_access, MEM_ACCESS)
#define CACHE_ASSOC_VALUES(X) \
	X(CACHE_ASSOC_NONE, "none") X(CACHE_ASSOC_DIRECT, "direct") X(CACHE_ASSOC_FULL, "full")
CONF_ENUM(CacheAssociativity, cache_associativity, CACHE_ASSOC)
#define CACHE_POLICY_VALUES(X) \
	X(CACHE_POLICY_NONE, "none") X(CACHE_POLICY_WRITEBACK, "writeback") \
	X(CACHE_POLICY_WRITETHROUGH, "writethrough")
CONF_ENUM(CachePolicy, cache_policy, CACHE_POLICY)
#define INTERCONNECT_VALUES(X) \
	X(INTERCONNECT_ACCESS, "access") X(INTERCONNECT_READ, "read") X(INTERCONNECT_WRITE, "write")
CONF_ENUM(InterconnectType, interconnect_type, INTERCONNECT)

typedef struct {
	char *name;
	CpuPolicy policy;
} CpuFeature;

typedef struct {
	guint id, value;
} NumaDistance;

typedef struct {
	guint level;
	CacheAssociativity associativity;
	CachePolicy policy;
	guint size_value, line_value; /* in the units named beside them */
	char *size_unit, *line_unit;
} NumaCache;

typedef struct {
	guint id;
	bool has_id; /* all have one after completion */
	Cpuset *cpus;
	guint64 memory_kib;
	MemAccess access;
	Tristate discard;
	GPtrArray *distances; /* NumaDistance */
	GPtrArray *caches;    /* NumaCache */
} NumaCell;

/* Latency in nanoseconds, bandwidth in KiB/s. */
typedef struct {
	guint initiator, target, cache;
	bool has_cache;
	InterconnectType type;
	guint64 value;
} NumaInterconnect;

typedef struct {
	CpuMode mode;
	CpuMatch match;
	CpuCheck check;
	Tristate migratable;
	Tristate deprecated_features; /* host-model of s390: on, off */
	char *model, *vendor, *vendor_id;
	CpuFallback fallback;
	guint sockets, dies, clusters, cores, threads; /* sockets 0 = no <topology> */
	bool has_cache;
	guint cache_level;
	bool has_cache_level;
	CpuCacheMode cache_mode;
	CpuPhysAddrMode physaddr_mode;
	guint physaddr_bits, physaddr_limit;
	GPtrArray *features;   /* CpuFeature */
	GPtrArray *cells;      /* NumaCell */
	GPtrArray *latencies;  /* NumaInterconnect */
	GPtrArray *bandwidths; /* NumaInterconnect */
} DomainCpu;
