/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of the guest, its NUMA cells, processors' number, I/O threads and memory devices. */
#include <string.h>

#include "drivers/qemu/argv/command_build.h"
#include "drivers/qemu/machine/machine.h"

/* ---- Backends */

static const HugePage *page_for(const DomainMemoryBacking *backing, const MemoryBackend *backend)
{
	const HugePage *fallback = NULL;

	for (guint i = 0; i < list_length(backing->pages); i++) {
		const HugePage *page = list_get(backing->pages, i);

		if (!page->nodeset)
			fallback = page;
		else if (backend->has_node && cpuset_has(page->nodeset, backend->node))
			return page;
	}
	return fallback;
}

static void policy_opts(const QemuCommand *cmd, Props *opts, const MemoryBackend *backend)
{
	static const char *const words[NUMA_MODE_LAST] = {
		[NUMA_MODE_STRICT] = "bind",
		[NUMA_MODE_PREFERRED] = "preferred",
		[NUMA_MODE_INTERLEAVE] = "interleave",
	};
	const DomainNumaTune *tune = &cmd->def->numatune;
	const Cpuset *nodes = backend->host_nodes ? backend->host_nodes : tune->nodeset;
	NumaMode mode = tune->mode ? tune->mode : NUMA_MODE_STRICT;
	g_autofree char *text = NULL;

	for (guint i = 0; i < list_length(tune->memnodes) && backend->has_node; i++) {
		const NumaMemnode *memnode = list_get(tune->memnodes, i);

		if (memnode->cellid != backend->node)
			continue;
		nodes = memnode->nodeset;
		mode = memnode->mode ? memnode->mode : mode;
	}
	if (!nodes || !words[mode])
		return;
	text = cpuset_format(nodes);
	for (char *word = strtok(text, ","); word; word = strtok(NULL, ","))
		props_str(opts, "host-nodes", word);
	props_str(opts, "policy", words[mode]);
}

static bool backing_is_special(const DomainMemoryBacking *backing)
{
	return backing->hugepages || backing->source || backing->access || backing->discard ||
	       backing->allocation == MEM_ALLOCATION_IMMEDIATE;
}

void command_memory_backend(QemuCommand *cmd, const MemoryBackend *backend)
{
	const DomainMemoryBacking *backing = &cmd->def->memory.backing;
	const HugePage *page = backing->hugepages ? page_for(backing, backend) : NULL;
	MemAccess access = backend->access ? backend->access : backing->access;
	/* Explicit sizes win; <hugepages/> alone means the host's default size. */
	guint64 size = backend->page_kib ? backend->page_kib : page ? page->size_kib : 0;
	bool huge =
		!backend->path && ((backing->hugepages && (page || !backing->pages)) || size > 4);
	bool memfd = !backend->path && (huge || backing->source == MEM_SOURCE_MEMFD ||
					backing->source == MEM_SOURCE_FILE);
	Props *opts = props_new(backend->path ? "memory-backend-file"
				: memfd       ? "memory-backend-memfd"
					      : "memory-backend-ram");

	props_str(opts, "id", backend->id);
	props_str(opts, "mem-path", backend->path);
	if (huge)
		props_bool(opts, "hugetlb", true);
	if (huge && size > 4)
		props_kib(opts, "hugetlbsize", size);
	if (access || memfd)
		props_bool(opts, "share", access == MEM_ACCESS_SHARED);
	if (backing->allocation == MEM_ALLOCATION_IMMEDIATE || (huge && !backend->path)) {
		props_bool(opts, "prealloc", true);
		if (backing->allocation_threads > 0)
			props_num(opts, "prealloc-threads", backing->allocation_threads);
	}
	if (backend->path && (backing->discard || backend->discard == TRISTATE_YES))
		props_bool(opts, "discard-data", true);
	if (backend->align_kib > 0)
		props_kib(opts, "align", backend->align_kib);
	if (backend->pmem)
		props_bool(opts, "pmem", true);
	if (backend->read_only)
		props_bool(opts, "readonly", true);
	props_kib(opts, "size", backend->size_kib);
	policy_opts(cmd, opts, backend);
	command_opts(cmd, "-object", opts);
}

/* Memory that memory devices add on top of what the machine has. */
static guint64 devices_kib(const DomainDef *def)
{
	guint64 sum = 0;

	for (guint i = 0; i < list_length(def->memories); i++) {
		const DomainMemoryDevice *memory = list_get(def->memories, i);

		sum += memory->size_kib;
	}
	return sum;
}

static guint64 initial_kib(const DomainDef *def)
{
	guint64 devices = devices_kib(def);

	return def->memory.total_kib > devices ? def->memory.total_kib - devices
					       : def->memory.total_kib;
}

static bool has_cells(const DomainDef *def)
{
	return def->cpu && list_length(def->cpu->cells) > 0;
}

/* The name under which each machine keeps its memory, which must stay the same across hosts. */
static const struct {
	const char *machine, *id;
} ram_ids[] = {
	{ "pc", "pc.ram" },
	{ "q35", "pc.ram" },
	{ "isapc", "pc.ram" },
	{ "microvm", "microvm.ram" },
	{ "virt", "mach-virt.ram" },
	{ "pseries", "ppc_spapr.ram" },
	{ "s390-ccw-virtio", "s390.ram" },
};

const char *command_ram_id(const QemuCommand *cmd)
{
	bool bound = cmd->def->numatune.nodeset && !has_cells(cmd->def) &&
		     cmd->def->numatune.mode != NUMA_MODE_RESTRICTIVE;

	if (has_cells(cmd->def) || (!backing_is_special(&cmd->def->memory.backing) && !bound))
		return NULL;
	if (cmd->def->os.arch && g_str_has_prefix(cmd->def->os.arch, "riscv"))
		return "riscv_virt_board.ram";
	for (unsigned i = 0; i < G_N_ELEMENTS(ram_ids); i++)
		if (command_machine_is(cmd, ram_ids[i].machine))
			return ram_ids[i].id;
	return "reeve.ram";
}

static bool memory_check(const DomainDef *def, GError **error)
{
	if (def->numatune.placement == PLACEMENT_AUTO)
		return command_refuse(error, "numatune placement='auto'",
				      _("there is no numad to ask"));
	if (def->vcpus.placement == PLACEMENT_AUTO)
		return command_refuse(error, "vcpu placement='auto'",
				      _("there is no numad to ask"));
	return true;
}

bool command_memory(QemuCommand *cmd, GError **error)
{
	const DomainMemory *memory = &cmd->def->memory;
	const char *id = command_ram_id(cmd);
	guint64 size = initial_kib(cmd->def);
	Props *opts = props_new(NULL);

	props_kib(opts, "size", size);
	if (memory->max_slots > 0)
		props_num(opts, "slots", memory->max_slots);
	if (memory->max_kib > 0)
		props_kib(opts, "maxmem", memory->max_kib);
	command_opts(cmd, "-m", opts);
	if (id)
		command_memory_backend(cmd, &(MemoryBackend){ .id = id, .size_kib = size });
	command_pair(cmd, "-overcommit", memory->backing.locked ? "mem-lock=on" : "mem-lock=off");
	return memory_check(cmd->def, error);
}

/* ---- Processors */

/* Those that stay are a leading part: the others are plugged in before the guest runs. */
static bool entries_check(const DomainVcpus *vcpus, GError **error)
{
	bool off = false;

	for (guint i = 0; i < list_length(vcpus->entries); i++) {
		const VcpuEntry *entry = list_get(vcpus->entries, i);

		if (entry->enabled == TRISTATE_NO || entry->hotpluggable == TRISTATE_YES)
			off = true;
		else if (off)
			return command_refuse(error, "vcpus",
					      _("a vCPU that stays comes after one that is off or can "
						"be unplugged"));
	}
	return true;
}

static void command_iothreads(QemuCommand *cmd)
{
	const DomainDef *def = cmd->def;
	guint n = MAX(def->iothread_count, list_length(def->iothreads));

	for (guint i = 0; i < n; i++) {
		const DomainIothread *io =
			i < list_length(def->iothreads) ? list_get(def->iothreads, i) : NULL;
		Props *opts = props_new("iothread");

		props_printf(opts, "id", "iothread%u", domain_def_iothread_id(def, i));
		if (io && io->has_pool_min)
			props_num(opts, "thread-pool-min", (guint64)io->pool_min);
		if (io && io->has_pool_max)
			props_num(opts, "thread-pool-max", (guint64)io->pool_max);
		if (io && io->has_poll_max)
			props_num(opts, "poll-max-ns", io->poll_max);
		if (io && io->has_poll_grow)
			props_num(opts, "poll-grow", io->poll_grow);
		if (io && io->has_poll_shrink)
			props_num(opts, "poll-shrink", io->poll_shrink);
		command_opts(cmd, "-object", opts);
	}
	if (def->default_iothread &&
	    (def->default_iothread->has_pool_min || def->default_iothread->has_pool_max)) {
		Props *opts = props_new("main-loop");

		props_str(opts, "id", "main-loop");
		if (def->default_iothread->has_pool_min)
			props_num(opts, "thread-pool-min",
				  (guint64)def->default_iothread->pool_min);
		if (def->default_iothread->has_pool_max)
			props_num(opts, "thread-pool-max",
				  (guint64)def->default_iothread->pool_max);
		command_opts(cmd, "-object", opts);
	}
}

bool command_smp(QemuCommand *cmd, GError **error)
{
	const DomainVcpus *vcpus = &cmd->def->vcpus;
	const DomainCpu *cpu = cmd->def->cpu;
	guint total = MAX(vcpus->count, 1);
	guint current = MAX(domain_def_vcpus_cold(cmd->def), 1);
	Props *opts = props_new(NULL);

	if (!entries_check(vcpus, error)) {
		props_free(opts);
		return false;
	}
	props_num(opts, "cpus", current);
	if (total != current)
		props_num(opts, "maxcpus", total);
	if (cpu && cpu->sockets > 0) {
		props_num(opts, "sockets", cpu->sockets);
		if (cpu->dies > 1)
			props_num(opts, "dies", cpu->dies);
		if (cpu->clusters > 1)
			props_num(opts, "clusters", cpu->clusters);
		props_num(opts, "cores", cpu->cores);
		props_num(opts, "threads", cpu->threads);
	} else {
		props_num(opts, "sockets", total);
		props_str(opts, "cores", "1");
		props_str(opts, "threads", "1");
	}
	command_opts(cmd, "-smp", opts);
	command_iothreads(cmd);
	return true;
}

/* ---- NUMA */

/*
 * The cell whose processors are said to be nearest to the memory of @cell: its own, else those with
 * the least latency, else those with the most bandwidth, else the first. -1: there are none.
 */
static int numa_initiator(const DomainCpu *cpu, const NumaCell *cell)
{
	const NumaInterconnect *nearest = NULL, *widest = NULL;

	if (cell->cpus)
		return (int)cell->id;
	for (guint i = 0; i < list_length(cpu->latencies); i++) {
		const NumaInterconnect *link = list_get(cpu->latencies, i);

		if (link->target == cell->id && (!nearest || link->value < nearest->value))
			nearest = link;
	}
	for (guint i = 0; i < list_length(cpu->bandwidths); i++) {
		const NumaInterconnect *link = list_get(cpu->bandwidths, i);

		if (link->target == cell->id && (!widest || link->value > widest->value))
			widest = link;
	}
	if (nearest || widest)
		return (int)(nearest ? nearest : widest)->initiator;
	for (guint i = 0; i < cpu->cells->len; i++)
		if (((NumaCell *)list_get(cpu->cells, i))->cpus)
			return (int)((NumaCell *)list_get(cpu->cells, i))->id;
	return -1;
}

/*
 * Machines of the time before memory was an object of its own have it by size, and keep it under
 * that name when they move to another host.
 */
static bool numa_memory_is_plain(const QemuCommand *cmd)
{
	const DomainDef *def = cmd->def;

	if (!machine_is_older_than(def, 5, 1) || def->numatune.nodeset || command_has_hmat(def) ||
	    list_length(def->numatune.memnodes) > 0 || def->memory.backing.hugepages ||
	    def->memory.backing.source || def->memory.backing.access)
		return false;
	for (guint i = 0; i < def->cpu->cells->len; i++)
		if (((NumaCell *)list_get(def->cpu->cells, i))->access)
			return false;
	return true;
}

static void numa_cell(QemuCommand *cmd, const NumaCell *cell)
{
	g_autofree char *id = g_strdup_printf("ram-node%u", cell->id);
	g_autofree char *cpus = cell->cpus ? cpuset_format(cell->cpus) : NULL;
	bool plain = numa_memory_is_plain(cmd);
	int initiator = command_has_hmat(cmd->def) ? numa_initiator(cmd->def->cpu, cell) : -1;
	Props *opts = props_new("node");

	if (cell->memory_kib > 0 && !plain)
		command_memory_backend(cmd, &(MemoryBackend){ .id = id,
							      .size_kib = cell->memory_kib,
							      .node = cell->id,
							      .has_node = true,
							      .access = cell->access,
							      .discard = cell->discard });
	props_num(opts, "nodeid", cell->id);
	for (char *word = cpus ? strtok(cpus, ",") : NULL; word; word = strtok(NULL, ","))
		props_str(opts, "cpus", word);
	if (initiator >= 0)
		props_num(opts, "initiator", (guint64)initiator);
	if (plain)
		props_num(opts, "mem", cell->memory_kib / 1024); /* MiB */
	else if (cell->memory_kib > 0)
		props_str(opts, "memdev", id);
	command_opts(cmd, "-numa", opts);
}

static void numa_distances(QemuCommand *cmd, const NumaCell *cell)
{
	for (guint i = 0; i < list_length(cell->distances); i++) {
		const NumaDistance *distance = list_get(cell->distances, i);
		Props *opts = props_new("dist");

		props_num(opts, "src", cell->id);
		props_num(opts, "dst", distance->id);
		props_num(opts, "val", distance->value);
		command_opts(cmd, "-numa", opts);
	}
}

static void numa_interconnects(QemuCommand *cmd, const GPtrArray *list, bool latency)
{
	for (guint i = 0; i < list_length(list); i++) {
		const NumaInterconnect *link = list_get(list, i);
		Props *opts = props_new("hmat-lb");
		static const char *const levels[] = { "memory", "first-level", "second-level",
						      "third-level" };

		props_num(opts, "initiator", link->initiator);
		props_num(opts, "target", link->target);
		props_str(opts, "hierarchy", levels[link->has_cache ? MIN(link->cache, 3) : 0]);
		props_printf(opts, "data-type", "%s-%s", interconnect_type_name(link->type),
			     latency ? "latency" : "bandwidth");
		if (latency)
			props_num(opts, "latency", link->value);
		else
			props_printf(opts, "bandwidth", "%" G_GUINT64_FORMAT "K", link->value);
		command_opts(cmd, "-numa", opts);
	}
}

static void numa_caches(QemuCommand *cmd, const NumaCell *cell)
{
	static const char *const policies[CACHE_POLICY_LAST] = {
		[CACHE_POLICY_NONE] = "none",
		[CACHE_POLICY_WRITEBACK] = "write-back",
		[CACHE_POLICY_WRITETHROUGH] = "write-through",
	};
	static const char *const kinds[CACHE_ASSOC_LAST] = {
		[CACHE_ASSOC_NONE] = "none",
		[CACHE_ASSOC_DIRECT] = "direct",
		[CACHE_ASSOC_FULL] = "complex",
	};

	for (guint i = 0; i < list_length(cell->caches); i++) {
		const NumaCache *cache = list_get(cell->caches, i);
		guint64 unit = cache->size_unit ? size_unit(cache->size_unit) : 1;
		guint64 line = cache->line_unit ? size_unit(cache->line_unit) : 1;
		Props *opts = props_new("hmat-cache");

		props_num(opts, "node-id", cell->id);
		props_num(opts, "size", cache->size_value * unit);
		props_num(opts, "level", cache->level);
		props_str(opts, "associativity", kinds[cache->associativity]);
		props_str(opts, "policy", policies[cache->policy]);
		props_num(opts, "line", cache->line_value * line);
		command_opts(cmd, "-numa", opts);
	}
}

bool command_numa(QemuCommand *cmd, GError **error)
{
	const DomainCpu *cpu = cmd->def->cpu;

	(void)error;
	if (!has_cells(cmd->def))
		return true;
	for (guint i = 0; i < cpu->cells->len; i++)
		numa_cell(cmd, list_get(cpu->cells, i));
	for (guint i = 0; i < cpu->cells->len; i++)
		numa_distances(cmd, list_get(cpu->cells, i));
	numa_interconnects(cmd, cpu->latencies, true);
	numa_interconnects(cmd, cpu->bandwidths, false);
	for (guint i = 0; i < cpu->cells->len; i++)
		numa_caches(cmd, list_get(cpu->cells, i));
	return true;
}
