/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of domains. */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/domain_ref.h"
#include "tools/object/tune.h"

static const FlagOption groups[] = {
	{ "state", VIR_DOMAIN_STATS_STATE },	     { "cpu-total", VIR_DOMAIN_STATS_CPU_TOTAL },
	{ "balloon", VIR_DOMAIN_STATS_BALLOON },     { "vcpu", VIR_DOMAIN_STATS_VCPU },
	{ "interface", VIR_DOMAIN_STATS_INTERFACE }, { "block", VIR_DOMAIN_STATS_BLOCK },
	{ "perf", VIR_DOMAIN_STATS_PERF },	     { "iothread", VIR_DOMAIN_STATS_IOTHREAD },
	{ "memory", VIR_DOMAIN_STATS_MEMORY },	     { "dirtyrate", VIR_DOMAIN_STATS_DIRTYRATE },
	{ "vm", VIR_DOMAIN_STATS_VM },		     { NULL, 0 },
};

static const FlagOption stats_flags[] = {
	{ "list-active", VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE },
	{ "list-inactive", VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE },
	{ "list-persistent", VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT },
	{ "list-transient", VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT },
	{ "list-running", VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING },
	{ "list-paused", VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED },
	{ "list-shutoff", VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF },
	{ "list-other", VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER },
	{ "nowait", VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT },
	{ "backing", VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING },
	{ "enforce", VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS },
	{ NULL, 0 },
};

/* Words for the numbers that have some; --raw leaves them out. */
static const char *stats_text(Session *session, const remote_typed_param *param)
{
	static const char *const vcpu[] = { N_("offline"), N_("running"), N_("blocked") };
	gint64 value;

	if (!g_str_has_prefix(param->field, "vcpu.") || !g_str_has_suffix(param->field, ".state") ||
	    !rpc_param_as_int64(param, &value) || value < 0 || value >= (gint64)G_N_ELEMENTS(vcpu))
		return param_text(session, param);
	return session_printf(session, "%s (%s)", param_text(session, param), _(vcpu[value]));
}

static json_t *record_out(Session *session, const Args *args, const remote_domain_stats_record *record)
{
	json_t *row = json_object();

	out_print(session, _("Domain: '%s'\n"), record->dom.name);
	for (guint i = 0; i < record->params.params_len; i++) {
		const remote_typed_param *param = &record->params.params_val[i];

		out_print(session, "  %s=%s\n", param->field,
			  args_has(args, "raw") ? param_text(session, param) : stats_text(session, param));
	}
	json_object_set_new(row, "domain", json_text(record->dom.name));
	json_object_set_new(row, "uuid", json_uuid(record->dom.uuid));
	json_object_set_new(row, "stats",
			    params_json(record->params.params_val, record->params.params_len));
	return row;
}

/* The domains that were named, as an array of handles; empty for all. */
static GArray *domains_read(Session *session, const Args *args, GError **error)
{
	const char *const *names = args_rest(args, "domain");
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(Domain));

	for (gsize i = 0; names[i]; i++) {
		const Domain *domain = domain_find(session, names[i], error);

		if (!domain)
			return NULL;
		g_array_append_vals(list, domain, 1);
	}
	return g_steal_pointer(&list);
}

bool cmd_domstats(Session *session, const Args *args, GError **error)
{
	remote_connect_get_all_domain_stats_args call = { .stats = args_flags(args, groups),
							  .flags = args_flags(args, stats_flags) };
	remote_connect_get_all_domain_stats_ret *ret;
	g_autoptr(GArray) domains = domains_read(session, args, error);
	json_t *array;

	if (!domains)
		return false;
	call.doms.doms_len = domains->len;
	call.doms.doms_val = (Domain *)(void *)domains->data;
	ret = ASK(session, connect_get_all_domain_stats, &call, error);
	if (!ret)
		return false;
	array = json_array();
	for (guint i = 0; i < ret->retStats.retStats_len; i++) {
		if (i)
			out_print(session, "\n");
		json_array_append_new(array, record_out(session, args, &ret->retStats.retStats_val[i]));
	}
	out_value(session, array);
	return true;
}

static const char *const memory_tags[] = {
	[VIR_DOMAIN_MEMORY_STAT_SWAP_IN] = "swap_in",
	[VIR_DOMAIN_MEMORY_STAT_SWAP_OUT] = "swap_out",
	[VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT] = "major_fault",
	[VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT] = "minor_fault",
	[VIR_DOMAIN_MEMORY_STAT_UNUSED] = "unused",
	[VIR_DOMAIN_MEMORY_STAT_AVAILABLE] = "available",
	[VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON] = "actual",
	[VIR_DOMAIN_MEMORY_STAT_RSS] = "rss",
	[VIR_DOMAIN_MEMORY_STAT_USABLE] = "usable",
	[VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE] = "last_update",
	[VIR_DOMAIN_MEMORY_STAT_DISK_CACHES] = "disk_caches",
	[VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC] = "hugetlb_pgalloc",
	[VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL] = "hugetlb_pgfail",
};

bool cmd_dommemstat(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_set_memory_stats_period_args period = { 0 };
	remote_domain_memory_stats_args call = { .maxStats = G_N_ELEMENTS(memory_tags) };
	remote_domain_memory_stats_ret *ret;
	json_t *object;

	if (!domain || !args_affect(args, &period.flags, error) ||
	    !args_int(args, "period", &period.period, error))
		return false;
	call.dom = period.dom = *domain;
	if (args_has(args, "period")) {
		if (!TELL(session, domain_set_memory_stats_period, &period, error))
			return failed(session, _("Unable to change balloon collection period."));
		out_value(session, domain_result(domain, "dommemstat"));
		return true;
	}
	ret = ASK(session, domain_memory_stats, &call, error);
	if (!ret)
		return failed(session, _("Failed to get memory statistics for domain %s"), domain->name);
	object = json_object();
	for (guint i = 0; i < ret->stats.stats_len; i++) {
		const remote_domain_memory_stat *stat = &ret->stats.stats_val[i];

		if (stat->tag < 0 || (gsize)stat->tag >= G_N_ELEMENTS(memory_tags))
			continue;
		out_print(session, "%s %" G_GUINT64_FORMAT "\n", memory_tags[stat->tag], stat->val);
		json_object_set_new(object, memory_tags[stat->tag], json_integer((json_int_t)stat->val));
	}
	out_value(session, object);
	return true;
}

/* --- CPU time by host CPU --- */

static void times_out(Session *session, const remote_typed_param *params, guint n)
{
	for (guint i = 0; i < n; i++) {
		guint64 value;

		if (rpc_param_as_uint64(&params[i], &value))
			out_print(session, "\t%-12s %9" G_GUINT64_FORMAT ".%09" G_GUINT64_FORMAT " seconds\n",
				  params[i].field, value / 1000000000, value % 1000000000);
	}
}

/* How many values there are for each CPU, then the values: the call tells either. */
static remote_domain_get_cpu_stats_ret *cpu_stats_ask(Session *session, const Domain *domain, int start,
						      guint n, GError **error)
{
	remote_domain_get_cpu_stats_args call = { *domain, 0, start, start < 0 ? 1 : n,
						  VIR_TYPED_PARAM_STRING_OKAY };
	remote_domain_get_cpu_stats_args count = call;
	remote_domain_get_cpu_stats_ret *ret;

	count.ncpus = 1;
	count.start_cpu = start < 0 ? -1 : 0;
	ret = ASK(session, domain_get_cpu_stats, &count, error);
	if (!ret || ret->nparams <= 0)
		return ret;
	call.nparams = (guint)ret->nparams;
	return ASK(session, domain_get_cpu_stats, &call, error);
}

static guint host_cpus(Session *session, const Domain *domain, GError **error)
{
	remote_domain_get_cpu_stats_args count = { *domain, 0, 0, 0, 0 };
	remote_domain_get_cpu_stats_ret *ret = ASK(session, domain_get_cpu_stats, &count, error);

	return ret && ret->nparams > 0 ? (guint)ret->nparams : 0;
}

typedef struct Range {
	int start;
	guint n;
} Range;

static bool per_cpu_out(Session *session, const Domain *domain, Range range, json_t *result, GError **error)
{
	json_t *array = json_array();

	json_object_set_new(result, "cpus", array);
	/* At most 128 CPUs go in one call. */
	for (guint done = 0; done < range.n; done += 128) {
		guint part = MIN(range.n - done, 128u);
		remote_domain_get_cpu_stats_ret *ret =
			cpu_stats_ask(session, domain, range.start + (int)done, part, error);
		guint each = ret && ret->nparams > 0 ? (guint)ret->nparams : 0;

		if (!ret)
			return failed(session, _("Failed to retrieve CPU statistics for domain '%s'"),
				      domain->name);
		for (guint i = 0; each && (i + 1) * each <= ret->params.params_len; i++) {
			const remote_typed_param *params = ret->params.params_val + (gsize)i * each;
			json_t *row = params_json(params, each);

			out_print(session, "CPU%u:\n", (guint)range.start + done + i);
			times_out(session, params, each);
			json_object_set_new(row, "cpu", json_integer((guint)range.start + done + i));
			json_array_append_new(array, row);
		}
	}
	return true;
}

bool cmd_cpu_stats(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	bool total_only = args_has(args, "total");
	bool cpus_only = args_has(args, "start") || args_has(args, "count");
	remote_domain_get_cpu_stats_ret *total;
	json_auto_t *result = json_object();
	int start = 0;
	unsigned int count = G_MAXUINT;
	guint available;

	if (!domain || !args_int(args, "start", &start, error) || !args_uint(args, "count", &count, error))
		return false;
	if (start < 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("Invalid value for start CPU"));
	if (!total_only || cpus_only) {
		available = host_cpus(session, domain, error);
		if (!available)
			return failed(session, _("Failed to retrieve CPU statistics for domain '%s'"),
				      domain->name);
		if ((guint)start >= available)
			return fail(error, VIR_ERR_INVALID_ARG, _("Only %u CPUs available to show"), available);
		if (!per_cpu_out(session, domain, (Range){ start, MIN(count, available - (guint)start) },
				 result, error))
			return false;
	}
	if (total_only || !cpus_only) {
		total = cpu_stats_ask(session, domain, -1, 1, error);
		if (!total)
			return failed(session, _("Failed to retrieve CPU statistics for domain '%s'"),
				      domain->name);
		out_print(session, total->nparams ? _("Total:\n") : _("No total stats available\n"));
		times_out(session, total->params.params_val, total->params.params_len);
		json_object_set_new(result, "total",
				    params_json(total->params.params_val, total->params.params_len));
	}
	out_value(session, json_incref(result));
	return true;
}
