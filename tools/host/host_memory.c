/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory and CPU models of the host. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/tune.h"
#include "tools/cli/xmlfile.h"

/* Numbers of NUMA cells and page sizes by the capabilities; arrays of guint. */
typedef struct Cells {
	GArray *ids, *sizes_kib;
} Cells;

static void cells_free(void *data)
{
	Cells *cells = data;

	g_array_unref(cells->ids);
	g_array_unref(cells->sizes_kib);
	g_free(cells);
}

static void numbers_read(Session *session, XmlView *view, const char *path, GArray *list)
{
	XmlNodes *nodes = xml_find(session, view, NULL, path);

	for (int i = 0; i < nodes->n; i++) {
		guint64 number;
		guint small;

		if (!g_ascii_string_to_unsigned(xml_text(session, view, nodes->nodes[i], "."), 10, 0, G_MAXUINT,
						&number, NULL))
			continue;
		small = (guint)number;
		g_array_append_val(list, small);
	}
}

static Cells *cells_ask(Session *session, GError **error)
{
	remote_connect_get_capabilities_ret *ret = GET(session, connect_get_capabilities, error);
	XmlView *view = ret ? xml_view(session, ret->capabilities, error) : NULL;
	Cells *cells;

	if (!view)
		return NULL;
	cells = session_keep(session, g_new0(Cells, 1), cells_free);
	cells->ids = g_array_new(FALSE, FALSE, sizeof(guint));
	cells->sizes_kib = g_array_new(FALSE, FALSE, sizeof(guint));
	numbers_read(session, view, "/capabilities/host/topology/cells/cell/@id", cells->ids);
	numbers_read(session, view, "/capabilities/host/cpu/pages/@size", cells->sizes_kib);
	return cells;
}

static bool freecell_all(Session *session, GError **error)
{
	Cells *cells = cells_ask(session, error);
	json_auto_t *array = json_array();
	uint64_t total = 0;

	if (!cells)
		return false;
	for (guint i = 0; i < cells->ids->len; i++) {
		remote_node_get_cells_free_memory_args call = { (int)g_array_index(cells->ids, guint, i), 1 };
		remote_node_get_cells_free_memory_ret *ret =
			ASK(session, node_get_cells_free_memory, &call, error);
		uint64_t free_kib;

		if (!ret || !ret->cells.cells_len)
			return failed(session, _("failed to get free memory for NUMA node number: %d"),
				      call.startCell);
		free_kib = ret->cells.cells_val[0] / 1024;
		total += free_kib;
		out_print(session, "%5d: %10" G_GUINT64_FORMAT " KiB\n", call.startCell, free_kib);
		json_array_append_new(array, json_pack("{s:i,s:I}", "cell", call.startCell, "free_kib",
						       (json_int_t)free_kib));
	}
	out_extra(session, "--------------------\n");
	out_print(session, "%5s: %10" G_GUINT64_FORMAT " KiB\n", _("Total"), total);
	out_value(session, json_incref(array));
	return true;
}

bool cmd_freecell(Session *session, const Args *args, GError **error)
{
	remote_node_get_cells_free_memory_args call = { 0, 1 };
	remote_node_get_cells_free_memory_ret *ret;
	remote_node_get_free_memory_ret *all;

	if (!args_exclusive(args, "all", "cellno", error) || !args_int(args, "cellno", &call.startCell, error))
		return false;
	if (args_has(args, "all"))
		return freecell_all(session, error);
	if (!args_has(args, "cellno")) {
		all = GET(session, node_get_free_memory, error);
		if (!all)
			return false;
		out_print(session, "%s: %" G_GUINT64_FORMAT " KiB\n", _("Total"), all->freeMem / 1024);
		out_value(session, json_pack("{s:I}", "free_kib", (json_int_t)(all->freeMem / 1024)));
		return true;
	}
	ret = ASK(session, node_get_cells_free_memory, &call, error);
	if (!ret || !ret->cells.cells_len)
		return false;
	out_print(session, "%d: %" G_GUINT64_FORMAT " KiB\n", call.startCell, ret->cells.cells_val[0] / 1024);
	out_value(session, json_pack("{s:i,s:I}", "cell", call.startCell, "free_kib",
				     (json_int_t)(ret->cells.cells_val[0] / 1024)));
	return true;
}

/* A bare page size is in KiB. */
static bool page_size_read(const Args *args, guint *ret_kib, GError **error)
{
	uint64_t bytes = 0;

	if (!args_size(args, "pagesize", 1024, &bytes, error))
		return false;
	if (!bytes || bytes % 1024 || bytes / 1024 > G_MAXUINT)
		return fail(error, VIR_ERR_INVALID_ARG, _("page size has to be a multiple of 1 KiB, not '%s'"),
			    args_text(args, "pagesize"));
	*ret_kib = (guint)(bytes / 1024);
	return true;
}

typedef struct Sizes {
	guint *kib;
	guint n;
} Sizes;

static bool pages_out(Session *session, int cell, Sizes sizes, json_t *array, GError **error)
{
	remote_node_get_free_pages_args call = { .startCell = cell, .cellCount = 1 };
	remote_node_get_free_pages_ret *ret;

	call.pages.pages_len = sizes.n;
	call.pages.pages_val = sizes.kib;
	ret = ASK(session, node_get_free_pages, &call, error);
	if (!ret)
		return false;
	for (guint i = 0; i < sizes.n && i < ret->counts.counts_len; i++) {
		out_print(session, "%uKiB: %" G_GUINT64_FORMAT "\n", sizes.kib[i], ret->counts.counts_val[i]);
		json_array_append_new(array, json_pack("{s:i,s:i,s:I}", "cell", cell, "page_kib",
						       (int)sizes.kib[i],
						       "free", (json_int_t)ret->counts.counts_val[i]));
	}
	return true;
}

bool cmd_freepages(Session *session, const Args *args, GError **error)
{
	json_auto_t *array = json_array();
	Cells *cells;
	guint size;
	Sizes sizes = { &size, 1 };
	int cell = -1;

	if (!args_exclusive(args, "all", "cellno", error) || !args_int(args, "cellno", &cell, error) ||
	    (args_has(args, "pagesize") && !page_size_read(args, &size, error)))
		return false;
	if (!args_has(args, "all")) {
		if (cell < 0 || !args_has(args, "pagesize"))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("give --all, or a cell number and --pagesize"));
		out_value(session, json_incref(array));
		return pages_out(session, cell, sizes, array, error);
	}
	cells = cells_ask(session, error);
	if (!cells)
		return false;
	if (!args_has(args, "pagesize"))
		sizes = (Sizes){ (guint *)(void *)cells->sizes_kib->data, cells->sizes_kib->len };
	for (guint i = 0; i < cells->ids->len; i++) {
		int id = (int)g_array_index(cells->ids, guint, i);

		out_print(session, _("Node %d:\n"), id);
		if (!pages_out(session, id, sizes, array, error))
			return false;
		out_print(session, "\n");
	}
	out_value(session, json_incref(array));
	return true;
}

bool cmd_allocpages(Session *session, const Args *args, GError **error)
{
	remote_node_alloc_pages_args call = { .startCell = -1, .cellCount = 1 };
	uint64_t count = 0;
	guint size;

	if (!args_exclusive(args, "all", "cellno", error) || !page_size_read(args, &size, error) ||
	    !args_ulong(args, "pagecount", &count, error) || !args_int(args, "cellno", &call.startCell, error))
		return false;
	if (args_has(args, "all")) {
		Cells *cells = cells_ask(session, error);

		if (!cells)
			return false;
		call.startCell = 0;
		call.cellCount = cells->ids->len;
	}
	call.pageSizes.pageSizes_len = call.pageCounts.pageCounts_len = 1;
	call.pageSizes.pageSizes_val = &size;
	call.pageCounts.pageCounts_val = &count;
	call.flags = args_has(args, "add") ? VIR_NODE_ALLOC_PAGES_ADD : VIR_NODE_ALLOC_PAGES_SET;
	if (!ASK(session, node_alloc_pages, &call, error))
		return false;
	out_value(session, json_pack("{s:s}", "done", "allocpages"));
	return true;
}

static const TuneOption tune_options[] = {
	{ "shm-pages-to-scan", VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN, VIR_TYPED_PARAM_UINT, 0, 0, NULL },
	{ "shm-sleep-millisecs", VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS, VIR_TYPED_PARAM_UINT, 0, 0, NULL },
	{ "shm-merge-across-nodes", VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES, VIR_TYPED_PARAM_UINT, 0, 0,
	  NULL },
	{ NULL, NULL, 0, 0, 0, NULL },
};

bool cmd_node_memory_tune(Session *session, const Args *args, GError **error)
{
	TuneParams *tune = tune_read(session, args, tune_options, error);
	remote_node_set_memory_parameters_args tell = { 0 };
	remote_node_get_memory_parameters_args ask = { .flags = VIR_TYPED_PARAM_STRING_OKAY };
	remote_node_get_memory_parameters_ret *ret;

	if (!tune)
		return false;
	if (tune->n) {
		tell.params.params_len = tune->n;
		tell.params.params_val = tune->params;
		if (!TELL(session, node_set_memory_parameters, &tell, error))
			return failed(session, _("Unable to change memory parameters"));
		out_value(session, json_pack("{s:s}", "done", "node-memory-tune"));
		return true;
	}
	ret = TUNE_GET(session, node_get_memory_parameters, &ask, error);
	if (!ret)
		return failed(session, _("Unable to get number of memory parameters"));
	out_print(session, _("Shared memory:\n"));
	for (guint i = 0; i < ret->params.params_len; i++)
		out_print(session, "\t%-15s %s\n", ret->params.params_val[i].field,
			  param_text(session, &ret->params.params_val[i]));
	out_value(session, params_json(ret->params.params_val, ret->params.params_len));
	return true;
}

bool cmd_nodesevinfo(Session *session, G_GNUC_UNUSED const Args *args, GError **error)
{
	remote_node_get_sev_info_args call = { .flags = VIR_TYPED_PARAM_STRING_OKAY };
	remote_node_get_sev_info_ret *ret = TUNE_GET(session, node_get_sev_info, &call, error);

	if (!ret)
		return failed(session, _("Unable to get host SEV information"));
	for (guint i = 0; i < ret->params.params_len; i++)
		out_print(session, "%-18s: %s\n", ret->params.params_val[i].field,
			  param_text(session, &ret->params.params_val[i]));
	out_value(session, params_json(ret->params.params_val, ret->params.params_len));
	return true;
}

/* --- CPU models --- */

void show_models(Session *session, const ActionReply *reply)
{
	const remote_connect_get_cpu_model_names_ret *ret = reply->ret;
	json_t *array = json_array();

	if (!ret->models.models_len)
		out_print(session, _("all CPU models are accepted\n"));
	for (guint i = 0; i < ret->models.models_len; i++) {
		out_print(session, "%s\n", ret->models.models_val[i]);
		json_array_append_new(array, json_text(ret->models.models_val[i]));
	}
	out_value(session, array);
}

/* Optional texts as the wire has them: a pointer to each that was given. */
#define OPTIONAL(text) ((text) ? &(text) : NULL)

/* The <cpu> elements of a file that may have anything around them. */
static char **cpus_read(Session *session, const Args *args, GError **error)
{
	const char *xml = xmlfile_read(session, args, "file", error);
	g_autofree char *wrapped = xml ? g_strdup_printf("<container>%s</container>",
							 g_str_has_prefix(xml, "<?xml") ?
								 strstr(xml, "?>") + 2 : xml) : NULL;
	XmlView *view = wrapped ? xml_view(session, wrapped, error) : NULL;
	XmlNodes *nodes;
	char **list;

	if (!view)
		return NULL;
	nodes = xml_find(session, view, NULL,
			 "//cpu[not(ancestor::cpu) and not(ancestor::mode)] | "
			 "//mode[@name='host-model' and @supported='yes']");
	if (!nodes->n)
		return (char **)fail_null(error, VIR_ERR_XML_ERROR,
					  _("File '%s' does not contain any <cpu> element or valid domain "
					    "XML, host capabilities XML, or domain capabilities XML"),
					  args_text(args, "file"));
	list = session_keep(session, g_new0(char *, (gsize)nodes->n + 1), g_free);
	for (int i = 0; i < nodes->n; i++) {
		/* In domain capabilities the CPU is what stands inside of <mode>. */
		if (!strcmp((const char *)nodes->nodes[i]->name, "mode"))
			xmlNodeSetName(nodes->nodes[i], (const xmlChar *)"cpu");
		list[i] = (char *)xml_node_text(session, view, nodes->nodes[i]);
	}
	return list;
}

static bool compare_out(Session *session, const Args *args, int result, bool host, GError **error)
{
	static const char *const words[] = { "incompatible", "identical", "superset" };
	const char *file = args_text(args, "file");

	if (result < 0 || (gsize)result >= G_N_ELEMENTS(words))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    host ? _("Failed to compare host CPU with %s") :
				   _("Failed to compare hypervisor CPU with %s"), file);
	if (!host)
		out_print(session, result == VIR_CPU_COMPARE_INCOMPATIBLE ?
					   _("CPU described in %s is incompatible with the CPU provided by "
					     "hypervisor on the host\n") :
				   result == VIR_CPU_COMPARE_IDENTICAL ?
					   _("CPU described in %s is identical to the CPU provided by "
					     "hypervisor on the host\n") :
					   _("The CPU provided by hypervisor on the host is a superset of CPU "
					     "described in %s\n"), file);
	else
		out_print(session, result == VIR_CPU_COMPARE_INCOMPATIBLE ?
					   _("CPU described in %s is incompatible with host CPU\n") :
				   result == VIR_CPU_COMPARE_IDENTICAL ?
					   _("CPU described in %s is identical to host CPU\n") :
					   _("Host CPU is a superset of CPU described in %s\n"), file);
	out_value(session, json_pack("{s:s}", "result", words[result]));
	return result != VIR_CPU_COMPARE_INCOMPATIBLE;
}

static const FlagOption compare_flags[] = {
	{ "error", VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE },
	{ "validate", VIR_CONNECT_COMPARE_CPU_VALIDATE_XML },
	{ NULL, 0 },
};

bool cmd_cpu_compare(Session *session, const Args *args, GError **error)
{
	char **cpus = cpus_read(session, args, error);
	remote_connect_compare_cpu_args call = { .flags = args_flags(args, compare_flags) };
	remote_connect_compare_cpu_ret *ret;

	if (!cpus)
		return false;
	call.xml = cpus[0];
	ret = ASK(session, connect_compare_cpu, &call, error);
	return ret && compare_out(session, args, ret->result, true, error);
}

bool cmd_hypervisor_cpu_compare(Session *session, const Args *args, GError **error)
{
	char *emulator = (char *)args_text(args, "emulator"), *arch = (char *)args_text(args, "arch");
	char *machine = (char *)args_text(args, "machine"), *type = (char *)args_text(args, "virttype");
	char **cpus = cpus_read(session, args, error);
	remote_connect_compare_hypervisor_cpu_args call = {
		OPTIONAL(emulator), OPTIONAL(arch), OPTIONAL(machine), OPTIONAL(type), cpus ? cpus[0] : NULL,
		args_flags(args, compare_flags),
	};
	remote_connect_compare_hypervisor_cpu_ret *ret =
		cpus ? ASK(session, connect_compare_hypervisor_cpu, &call, error) : NULL;

	return ret && compare_out(session, args, ret->result, false, error);
}

static const FlagOption baseline_flags[] = {
	{ "features", VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES },
	{ "migratable", VIR_CONNECT_BASELINE_CPU_MIGRATABLE },
	{ NULL, 0 },
};

bool cmd_cpu_baseline(Session *session, const Args *args, GError **error)
{
	char **cpus = cpus_read(session, args, error);
	remote_connect_baseline_cpu_args call = { .flags = args_flags(args, baseline_flags) };
	remote_connect_baseline_cpu_ret *ret;

	if (!cpus)
		return false;
	call.xmlCPUs.xmlCPUs_len = g_strv_length(cpus);
	call.xmlCPUs.xmlCPUs_val = cpus;
	ret = ASK(session, connect_baseline_cpu, &call, error);
	if (ret)
		out_text(session, "xml", ret->cpu);
	return ret;
}

bool cmd_hypervisor_cpu_baseline(Session *session, const Args *args, GError **error)
{
	char *emulator = (char *)args_text(args, "emulator"), *arch = (char *)args_text(args, "arch");
	char *machine = (char *)args_text(args, "machine"), *type = (char *)args_text(args, "virttype");
	const char *model = args_text(args, "model");
	char *named[] = { model ? session_printf(session, "<cpu><model>%s</model></cpu>",
						 xml_escape(session, model)) : NULL, NULL };
	remote_connect_baseline_hypervisor_cpu_args call = {
		.emulator = OPTIONAL(emulator), .arch = OPTIONAL(arch), .machine = OPTIONAL(machine),
		.virttype = OPTIONAL(type), .flags = args_flags(args, baseline_flags),
	};
	remote_connect_baseline_hypervisor_cpu_ret *ret;
	char **cpus;

	if (!args_exclusive(args, "file", "model", error))
		return false;
	if (!model && !args_has(args, "file"))
		return fail(error, VIR_ERR_INVALID_ARG, _("give --file or --model"));
	cpus = model ? named : cpus_read(session, args, error);
	if (!cpus)
		return false;
	call.xmlCPUs.xmlCPUs_len = g_strv_length(cpus);
	call.xmlCPUs.xmlCPUs_val = cpus;
	ret = ASK(session, connect_baseline_hypervisor_cpu, &call, error);
	if (ret)
		out_text(session, "xml", ret->cpu);
	return ret;
}
