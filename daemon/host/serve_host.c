/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls about the host. */
#include <string.h>
#include <sys/utsname.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"
#include "daemon/host/host.h"

bool serve_node_get_info(G_GNUC_UNUSED Call *call, G_GNUC_UNUSED NOTHING *args,
			 remote_node_get_info_ret *ret, GError **error)
{
	struct utsname name;
	HostTopology topology;

	if (!host_topology(&topology, error))
		return false;
	if (!host_meminfo(-1, "MemTotal", &ret->memory))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("cannot read the size of memory in '/proc/meminfo'"));
	uname(&name);
	g_strlcpy(ret->model, name.machine, sizeof(ret->model));
	ret->cpus = (int)topology.online;
	ret->mhz = (int)topology.mhz;
	ret->nodes = (int)topology.nodes;
	ret->sockets = (int)topology.sockets;
	ret->cores = (int)topology.cores;
	ret->threads = (int)topology.threads;
	return true;
}

bool serve_node_get_cpu_stats(Call *call, remote_node_get_cpu_stats_args *args,
			      remote_node_get_cpu_stats_ret *ret, GError **error)
{
	HostCpuTimes times;

	*ret = (remote_node_get_cpu_stats_ret){ .nparams = 0 };
	if (!call_flags(call, args->flags, 0, error) ||
	    !host_cpu_times(args->cpuNum, &times, error))
		return false;

	const remote_node_get_cpu_stats all[] = {
		{ (char *)VIR_NODE_CPU_STATS_KERNEL, times.kernel },
		{ (char *)VIR_NODE_CPU_STATS_USER, times.user },
		{ (char *)VIR_NODE_CPU_STATS_IDLE, times.idle },
		{ (char *)VIR_NODE_CPU_STATS_IOWAIT, times.iowait },
	};

	ret->nparams = G_N_ELEMENTS(all);
	if (args->nparams == 0)
		return true;
	if (args->nparams < ret->nparams)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("there are %d statistics of a processor, room is for %d"),
			    ret->nparams, args->nparams);
	ret->params.params_len = G_N_ELEMENTS(all);
	ret->params.params_val = g_new0(remote_node_get_cpu_stats, G_N_ELEMENTS(all));
	for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
		ret->params.params_val[i].field = g_strdup(all[i].field);
		ret->params.params_val[i].value = all[i].value;
	}
	return true;
}

bool serve_node_get_memory_stats(Call *call, remote_node_get_memory_stats_args *args,
				 remote_node_get_memory_stats_ret *ret, GError **error)
{
	static const struct {
		const char *field, *line;
	} all[] = {
		{ VIR_NODE_MEMORY_STATS_TOTAL, "MemTotal" },
		{ VIR_NODE_MEMORY_STATS_FREE, "MemFree" },
		{ VIR_NODE_MEMORY_STATS_BUFFERS, "Buffers" },
		{ VIR_NODE_MEMORY_STATS_CACHED, "Cached" },
	};
	bool whole = args->cellNum == VIR_NODE_MEMORY_STATS_ALL_CELLS;
	unsigned count = whole ? G_N_ELEMENTS(all) : 2; /* a cell's are not told apart further */
	uint64_t total;

	*ret = (remote_node_get_memory_stats_ret){ .nparams = 0 };
	if (!call_flags(call, args->flags, 0, error))
		return false;
	if (args->cellNum < -1 || !host_meminfo(args->cellNum, "MemTotal", &total))
		return fail(error, VIR_ERR_INVALID_ARG, _("the host has no NUMA cell %d"),
			    args->cellNum);
	ret->nparams = (int)count;
	if (args->nparams == 0)
		return true;
	if (args->nparams < ret->nparams)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("there are %d statistics of memory, room is for %d"), ret->nparams,
			    args->nparams);
	ret->params.params_val = g_new0(remote_node_get_memory_stats, count);
	ret->params.params_len = count;
	for (unsigned i = 0; i < count; i++) {
		ret->params.params_val[i].field = g_strdup(all[i].field);
		host_meminfo(args->cellNum, all[i].line, &ret->params.params_val[i].value);
	}
	return true;
}

bool serve_node_get_cells_free_memory(G_GNUC_UNUSED Call *call,
				      remote_node_get_cells_free_memory_args *args,
				      remote_node_get_cells_free_memory_ret *ret, GError **error)
{
	g_autoptr(GArray) cells = host_cells();
	unsigned last = g_array_index(cells, unsigned, cells->len - 1);
	unsigned count;

	if (args->maxcells < 0 || args->maxcells > REMOTE_NODE_MAX_CELLS)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("the number of NUMA cells must be from 0 to %d, not %d"),
			    REMOTE_NODE_MAX_CELLS, args->maxcells);
	if (args->startCell < 0 || (unsigned)args->startCell > last)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("the host has no NUMA cell %d; the last is %u"), args->startCell,
			    last);
	count = MIN((unsigned)args->maxcells, last - (unsigned)args->startCell + 1);
	ret->cells.cells_len = count;
	ret->cells.cells_val = g_new0(uint64_t, MAX(count, 1));
	for (unsigned i = 0; i < count; i++) {
		uint64_t kib = 0;

		host_meminfo(args->startCell + (int)i, "MemFree", &kib);
		ret->cells.cells_val[i] = kib * 1024;
	}
	return true;
}

bool serve_node_get_free_memory(G_GNUC_UNUSED Call *call, G_GNUC_UNUSED NOTHING *args,
				remote_node_get_free_memory_ret *ret, GError **error)
{
	uint64_t kib;

	if (!host_meminfo(-1, "MemFree", &kib))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("cannot read the free memory in '/proc/meminfo'"));
	ret->freeMem = kib * 1024;
	return true;
}

bool serve_node_get_cpu_map(Call *call, remote_node_get_cpu_map_args *args,
			    remote_node_get_cpu_map_ret *ret, GError **error)
{
	g_autofree uint8_t *map = NULL;
	unsigned present;
	gsize length;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	map = host_cpu_map(&length, &present, &ret->online);
	ret->ret = (int)present;
	ret->cpumap.cpumap_len = 0;
	ret->cpumap.cpumap_val = NULL;
	if (!args->need_online)
		ret->online = 0;
	if (!args->need_map)
		return true;
	ret->cpumap.cpumap_len = (u_int)MIN(length, REMOTE_CPUMAP_MAX);
	ret->cpumap.cpumap_val = (char *)g_steal_pointer(&map);
	return true;
}

bool serve_node_get_free_pages(Call *call, remote_node_get_free_pages_args *args,
			       remote_node_get_free_pages_ret *ret, GError **error)
{
	guint64 count = (guint64)args->pages.pages_len * args->cellCount;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	if (args->startCell < 0 || count == 0 || count > REMOTE_NODE_MAX_CELLS)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("sizes of pages times cells must be from 1 to %d, the first cell at "
			      "least 0"),
			    REMOTE_NODE_MAX_CELLS);
	ret->counts.counts_val = g_new0(uint64_t, count);
	ret->counts.counts_len = (u_int)count;
	for (unsigned c = 0; c < args->cellCount; c++)
		for (unsigned p = 0; p < args->pages.pages_len; p++) {
			unsigned cell = (unsigned)args->startCell + c;
			unsigned i = c * args->pages.pages_len + p;

			if (!host_free_pages(cell, args->pages.pages_val[p],
					     &ret->counts.counts_val[i]))
				return fail(error, VIR_ERR_OPERATION_FAILED,
					    _("NUMA cell %u has no pages of %u KiB"), cell,
					    args->pages.pages_val[p]);
		}
	return true;
}

/* Guests are kept apart by user ids of their own; there are no labels to tell. */
bool serve_node_get_security_model(G_GNUC_UNUSED Call *call, G_GNUC_UNUSED NOTHING *args,
				   remote_node_get_security_model_ret *ret,
				   G_GNUC_UNUSED GError **error)
{
	ret->model.model_val = g_new0(char, 1);
	ret->model.model_len = 1; /* the NUL is sent too */
	ret->doi.doi_val = g_new0(char, 1);
	ret->doi.doi_len = 1;
	return true;
}

bool serve_connect_get_sysinfo(Call *call, remote_connect_get_sysinfo_args *args,
			       remote_connect_get_sysinfo_ret *ret, GError **error)
{
	if (!call_flags(call, args->flags, 0, error))
		return false;
	ret->sysinfo = host_sysinfo(error);
	return ret->sysinfo != NULL;
}
