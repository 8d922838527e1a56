/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the host uses its memory: merging of equal pages (KSM), pools of huge pages. Read here, set by reeve-priv. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"
#include "daemon/host/priv_request.h"
#include "rpc/wire/params.h"

static const struct {
	const char *name, *file;
	int knob; /* -1: can only be read */
	bool wide; /* of 64 bits */
} parameters[] = {
	{ VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN, "pages_to_scan", PRIV_KNOB_KSM_PAGES, false },
	{ VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS, "sleep_millisecs", PRIV_KNOB_KSM_SLEEP, false },
	{ VIR_NODE_MEMORY_SHARED_PAGES_SHARED, "pages_shared", -1, true },
	{ VIR_NODE_MEMORY_SHARED_PAGES_SHARING, "pages_sharing", -1, true },
	{ VIR_NODE_MEMORY_SHARED_PAGES_UNSHARED, "pages_unshared", -1, true },
	{ VIR_NODE_MEMORY_SHARED_PAGES_VOLATILE, "pages_volatile", -1, true },
	{ VIR_NODE_MEMORY_SHARED_FULL_SCANS, "full_scans", -1, true },
	{ VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES, "merge_across_nodes", PRIV_KNOB_KSM_MERGE, false },
};

/* A file of the kernel, which does not block. */
static bool number_read(const char *path, guint64 *ret)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return false;
	return g_ascii_string_to_unsigned(g_strstrip(text), 10, 0, G_MAXUINT64, ret, NULL);
}

bool serve_node_get_memory_parameters(Call *call, remote_node_get_memory_parameters_args *args,
				      remote_node_get_memory_parameters_ret *ret, GError **error)
{
	g_autoptr(RpcParams) params = rpc_params_new();
	unsigned known = 0;

	if (!call_flags(call, args->flags, VIR_TYPED_PARAM_STRING_OKAY, error))
		return false;
	if (args->nparams < 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no room for %d parameters"),
			    args->nparams);
	for (unsigned i = 0; i < G_N_ELEMENTS(parameters); i++) {
		g_autofree char *path = g_build_filename("/sys/kernel/mm/ksm", parameters[i].file, NULL);
		guint64 value = 0;

		if (!number_read(path, &value))
			continue;
		known++;
		if (known > (unsigned)args->nparams)
			continue;
		if (parameters[i].wide)
			rpc_params_add_ullong(params, value, "%s", parameters[i].name);
		else
			rpc_params_add_uint(params, (unsigned)value, "%s", parameters[i].name);
	}
	if (known == 0)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("the host's kernel does not merge equal pages (KSM)"));
	ret->nparams = args->nparams ? (int)rpc_params_count(params) : (int)known;
	rpc_params_move(params, &ret->params.params_len, &ret->params.params_val);
	return true;
}

static int knob_of(const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(parameters); i++)
		if (g_str_equal(parameters[i].name, name))
			return parameters[i].knob;
	return -1;
}

static bool memory_params_check(const remote_node_set_memory_parameters_args *args, GError **error)
{
	for (unsigned i = 0; i < args->params.params_len; i++) {
		const remote_typed_param *param = &args->params.params_val[i];

		if (knob_of(param->field) < 0)
			return fail(error, VIR_ERR_INVALID_ARG, _("'%s' is no parameter that can be set"),
				    param->field);
		if (param->value.type != VIR_TYPED_PARAM_UINT ||
		    rpc_params_find(args->params.params_val, i, param->field))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("'%s' must be given once, as an unsigned number"), param->field);
	}
	return true;
}

static bool host_set_call(Engine *engine, const priv_set_host_args *args, GError **error)
{
	priv_nothing nothing = { 0 };

	if (!engine->priv)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("the host's memory cannot be tuned in session mode"));
	return PRIV_CALL(engine, set_host, args, &nothing, NULL, error);
}

bool serve_node_set_memory_parameters(Call *call, remote_node_set_memory_parameters_args *args,
				      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (!call_flags(call, args->flags, 0, error) || !memory_params_check(args, error))
		return false;
	for (unsigned i = 0; i < args->params.params_len; i++) {
		const remote_typed_param *param = &args->params.params_val[i];
		priv_set_host_args knob = { .knob = knob_of(param->field), .node = -1 };

		rpc_param_as_uint64(param, &knob.value);
		if (!host_set_call(call->engine, &knob, error))
			return false;
	}
	return true;
}

/* ---- Huge pages ---------------------------------------------------------------------------- */

static char *pages_path(int node, unsigned size)
{
	return node < 0 ? g_strdup_printf("/sys/kernel/mm/hugepages/hugepages-%ukB/nr_hugepages", size) :
			  g_strdup_printf("/sys/devices/system/node/node%d/hugepages/"
					  "hugepages-%ukB/nr_hugepages", node, size);
}

/* The kernel takes as many as it finds room for, and does not say so. */
static bool pages_set_call(Engine *engine, priv_set_host_args knob, bool add, GError **error)
{
	g_autofree char *path = pages_path(knob.node, knob.size_kib);
	guint64 now = 0, count = knob.value;

	if (!number_read(path, &now))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the host has no huge pages of %u KiB, or no such NUMA node (%s)"),
			    knob.size_kib, path);
	if (add && count > G_MAXUINT64 - now)
		return fail(error, VIR_ERR_INVALID_ARG, _("%" PRIu64 " more pages are too many"),
			    count);
	knob.value = add ? now + count : count;
	if (!host_set_call(engine, &knob, error))
		return false;
	if (!number_read(path, &now) || now < knob.value)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("Allocated only %" PRIu64 " huge pages of %u KiB: there is no "
			      "room for %" PRIu64), now, knob.size_kib,
			    (guint64)knob.value);
	return true;
}

bool serve_node_alloc_pages(Call *call, remote_node_alloc_pages_args *args,
			    remote_node_alloc_pages_ret *ret, GError **error)
{
	bool add = !(args->flags & VIR_NODE_ALLOC_PAGES_SET);
	unsigned n = args->pageSizes.pageSizes_len, cells = MAX(args->cellCount, 1);

	ret->ret = 0;
	if (!call_flags(call, args->flags, VIR_NODE_ALLOC_PAGES_SET, error))
		return false;
	if (n == 0 || n != args->pageCounts.pageCounts_len || cells > 1024 || args->startCell < -1)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("sizes and counts of pages do not match, or there is no such NUMA node"));
	for (unsigned cell = 0; cell < cells; cell++)
		for (unsigned i = 0; i < n; i++) {
			const priv_set_host_args knob = {
				.knob = PRIV_KNOB_HUGE_PAGES,
				.node = args->startCell < 0 ? -1 : args->startCell + (int)cell,
				.size_kib = args->pageSizes.pageSizes_val[i],
				.value = args->pageCounts.pageCounts_val[i],
			};

			if (!pages_set_call(call->engine, knob, add, error))
				return false;
			ret->ret++;
		}
	return true;
}
