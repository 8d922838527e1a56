/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual CPUs and I/O threads: how many, what they do, on which host CPUs. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/cpumap.h"
#include "tools/object/domain_ref.h"
#include "tools/object/tune.h"

static const char *const vcpu_states[] = {
	[VIR_VCPU_OFFLINE] = N_("offline"),
	[VIR_VCPU_RUNNING] = N_("running"),
	[VIR_VCPU_BLOCKED] = N_("blocked"),
};

static const OutColumn vcpu_lines[] = {
	{ "vcpu", N_("VCPU:"), OUT_PLAIN },	  { "cpu", N_("CPU:"), OUT_PLAIN },
	{ "state", N_("State:"), OUT_TRANSLATE }, { "cpu_time_ns", N_("CPU time:"), OUT_SECONDS },
	{ "affinity", N_("CPU Affinity:"), OUT_PLAIN }, { NULL, NULL, OUT_PLAIN },
};

static json_t *vcpu_row(Session *session, const Args *args, const remote_vcpu_info *info, const guint8 *map,
			guint n_cpus)
{
	gsize length = (n_cpus + 7) / 8;
	bool known = info && info->state >= 0 && (gsize)info->state < G_N_ELEMENTS(vcpu_states);
	json_t *row = json_object();
	const char *affinity = cpumap_format(session, map, length);

	json_object_set_new(row, "cpu", info && info->cpu >= 0 ? json_integer(info->cpu) : json_string("N/A"));
	json_object_set_new(row, "state", json_string(known ? vcpu_states[info->state] : "N/A"));
	if (info && info->cpu_time)
		json_object_set_new(row, "cpu_time_ns", json_integer((json_int_t)info->cpu_time));
	if (session->json)
		json_object_set_new(row, "affinity", json_text(affinity));
	else if (args_has(args, "pretty"))
		json_object_set_new(row, "affinity", json_text(session_printf(session, _("%s (out of %u)"),
									      affinity, n_cpus)));
	else
		json_object_set_new(row, "affinity",
				    json_text(cpumap_letters(session, map, length, n_cpus)));
	return row;
}

static remote_domain_get_vcpu_pin_info_ret *pins_ask(Session *session, const Domain *domain, guint n_cpus,
						     unsigned int flags, GError **error)
{
	remote_domain_get_vcpus_flags_args count_args = { *domain,
							  VIR_DOMAIN_VCPU_MAXIMUM | VIR_DOMAIN_VCPU_CONFIG };
	remote_domain_get_vcpus_flags_ret *count = ASK(session, domain_get_vcpus_flags, &count_args, NULL);
	remote_domain_get_vcpu_pin_info_args args = { *domain, 0, (int)((n_cpus + 7) / 8), flags };

	if (!count) {
		count_args.flags = VIR_DOMAIN_VCPU_MAXIMUM | VIR_DOMAIN_VCPU_LIVE;
		count = ASK(session, domain_get_vcpus_flags, &count_args, error);
	}
	if (!count)
		return NULL;
	args.ncpumaps = count->num;
	return ASK(session, domain_get_vcpu_pin_info, &args, error);
}

bool cmd_vcpuinfo(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_get_info_args info_args = { 0 };
	remote_domain_get_info_ret *info;
	remote_domain_get_vcpus_args call = { 0 };
	remote_domain_get_vcpus_ret *ret = NULL;
	remote_domain_get_vcpu_pin_info_ret *pins = NULL;
	guint n_cpus = domain ? host_cpu_count(session, error) : 0, n;
	json_t *array;

	if (!n_cpus)
		return false;
	info_args.dom = call.dom = *domain;
	info = ASK(session, domain_get_info, &info_args, error);
	if (!info)
		return false;
	call.maxinfo = info->nrVirtCpu;
	call.maplen = (int)((n_cpus + 7) / 8);
	if (info->state == VIR_DOMAIN_SHUTOFF)
		pins = pins_ask(session, domain, n_cpus, VIR_DOMAIN_AFFECT_CONFIG, error);
	else
		ret = ASK(session, domain_get_vcpus, &call, error);
	if (!ret && !pins)
		return false;
	array = json_array();
	n = ret ? ret->info.info_len : (guint)MAX(pins->num, 0);
	for (guint i = 0; i < n; i++) {
		const char *maps = ret ? ret->cpumaps.cpumaps_val : pins->cpumaps.cpumaps_val;
		const remote_vcpu_info *one = ret ? &ret->info.info_val[i] : NULL;
		json_t *row = vcpu_row(session, args, one,
				       (const guint8 *)maps + (gsize)i * (gsize)call.maplen, n_cpus);

		json_object_set_new(row, "vcpu", json_integer(one ? one->number : i));
		json_array_append_new(array, row);
	}
	out_records(session, vcpu_lines, 15, array);
	return true;
}

/* --- how many --- */

static const FlagOption count_flags[] = {
	{ "maximum", VIR_DOMAIN_VCPU_MAXIMUM }, { "config", VIR_DOMAIN_VCPU_CONFIG },
	{ "live", VIR_DOMAIN_VCPU_LIVE },	{ "guest", VIR_DOMAIN_VCPU_GUEST },
	{ NULL, 0 },
};

static int vcpu_count(Session *session, const Domain *domain, unsigned int flags, GError **error)
{
	remote_domain_get_vcpus_flags_args call = { *domain, flags };
	remote_domain_get_vcpus_flags_ret *ret = ASK(session, domain_get_vcpus_flags, &call, error);

	return ret ? ret->num : -1;
}

static bool vcpu_counts_out(Session *session, const Domain *domain)
{
	static const struct {
		const char *what, *where, *key;
		unsigned int flags;
	} lines[] = {
		{ N_("maximum"), N_("config"), "maximum_config", VIR_DOMAIN_VCPU_CONFIG | VIR_DOMAIN_VCPU_MAXIMUM },
		{ N_("maximum"), N_("live"), "maximum_live", VIR_DOMAIN_VCPU_LIVE | VIR_DOMAIN_VCPU_MAXIMUM },
		{ N_("current"), N_("config"), "current_config", VIR_DOMAIN_VCPU_CONFIG },
		{ N_("current"), N_("live"), "current_live", VIR_DOMAIN_VCPU_LIVE },
	};
	json_t *object = json_object();

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		int count = vcpu_count(session, domain, lines[i].flags, NULL);

		if (count < 0)
			continue;
		out_print(session, "%s %s %3d\n", out_pad(session, _(lines[i].what), 12),
			  out_pad(session, _(lines[i].where), 12), count);
		json_object_set_new(object, lines[i].key, json_integer(count));
	}
	out_value(session, object);
	return true;
}

bool cmd_vcpucount(Session *session, const Args *args, GError **error)
{
	static const char *const any[] = { "maximum", "active", "live", "config", "current", "guest" };
	const Domain *domain = domain_arg(session, args, error);
	bool asked = false;
	json_t *object;
	int count;

	if (!domain || !args_exclusive(args, "live", "config", error) ||
	    !args_exclusive(args, "active", "maximum", error))
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(any); i++)
		asked |= args_has(args, any[i]);
	if (!asked)
		return vcpu_counts_out(session, domain);
	count = vcpu_count(session, domain, args_flags(args, count_flags), error);
	if (count < 0)
		return false;
	out_print(session, "%d\n", count);
	object = json_object();
	json_object_set_new(object, "count", json_integer(count));
	out_value(session, object);
	return true;
}

bool cmd_setvcpus(Session *session, const Args *args, GError **error)
{
	static const FlagOption table[] = {
		{ "maximum", VIR_DOMAIN_VCPU_MAXIMUM },
		{ "guest", VIR_DOMAIN_VCPU_GUEST },
		{ "hotpluggable", VIR_DOMAIN_VCPU_HOTPLUGGABLE },
		{ NULL, 0 },
	};
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_set_vcpus_flags_args call = { 0 };
	remote_domain_set_vcpus_args plain = { 0 };

	if (!domain || !args_affect(args, &call.flags, error) ||
	    !args_exclusive(args, "guest", "config", error) ||
	    !args_uint(args, "count", &call.nvcpus, error))
		return false;
	if (!call.nvcpus)
		return fail(error, VIR_ERR_INVALID_ARG, _("Can't set 0 processors for a VM"));
	call.flags |= args_flags(args, table);
	call.dom = plain.dom = *domain;
	plain.nvcpus = call.nvcpus;
	if (!(call.flags || args_has(args, "current") ? TELL(session, domain_set_vcpus_flags, &call, error) :
							TELL(session, domain_set_vcpus, &plain, error)))
		return false;
	out_value(session, domain_result(domain, "setvcpus"));
	return true;
}

bool cmd_guestvcpus(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_get_guest_vcpus_args ask = { 0 };
	remote_domain_set_guest_vcpus_args tell = { .cpumap = (char *)args_text(args, "cpulist") };
	remote_domain_get_guest_vcpus_ret *ret;

	if (!domain || !args_exclusive(args, "enable", "disable", error))
		return false;
	ask.dom = tell.dom = *domain;
	tell.state = args_has(args, "enable");
	if (tell.cpumap) {
		if (!args_has(args, "enable") && !args_has(args, "disable"))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("One of options --enable or --disable is required by option --cpulist"));
		return TELL(session, domain_set_guest_vcpus, &tell, error);
	}
	ret = ASK(session, domain_get_guest_vcpus, &ask, error);
	if (!ret)
		return false;
	params_out(session, ret->params.params_val, ret->params.params_len);
	return true;
}

/* --- pinning --- */

static const OutColumn pin_columns[] = {
	{ "vcpu", N_("VCPU"), OUT_PLAIN },
	{ "affinity", N_("CPU Affinity"), OUT_PLAIN },
	{ NULL, NULL, OUT_PLAIN },
};

static bool pins_out(Session *session, const Args *args, const Domain *domain, guint n_cpus, GError **error)
{
	unsigned int flags, vcpu = G_MAXUINT;
	remote_domain_get_vcpu_pin_info_ret *ret;
	gsize length = (n_cpus + 7) / 8;
	json_t *rows;

	if (!args_affect(args, &flags, error) || !args_uint(args, "vcpu", &vcpu, error))
		return false;
	ret = pins_ask(session, domain, n_cpus, flags, error);
	if (!ret)
		return false;
	if (args_has(args, "vcpu") && (int)vcpu >= ret->num)
		return fail(error, VIR_ERR_INVALID_ARG, _("vcpu %u is out of range of cpu count %d"), vcpu,
			    ret->num);
	rows = json_array();
	for (int i = 0; i < ret->num && (gsize)(i + 1) * length <= ret->cpumaps.cpumaps_len; i++) {
		json_t *row;

		if (args_has(args, "vcpu") && (unsigned int)i != vcpu)
			continue;
		row = json_object();
		json_object_set_new(row, "vcpu", json_integer(i));
		json_object_set_new(row, "affinity",
				    json_text(cpumap_format(session,
							    ret->cpumaps.cpumaps_val + (gsize)i * length,
							    length)));
		json_array_append_new(rows, row);
	}
	out_table(session, pin_columns, rows);
	return true;
}

bool cmd_vcpupin(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	guint n_cpus = domain ? host_cpu_count(session, error) : 0;
	remote_domain_pin_vcpu_flags_args call = { 0 };

	if (!n_cpus)
		return false;
	if (!args_has(args, "cpulist"))
		return pins_out(session, args, domain, n_cpus, error);
	if (!args_has(args, "vcpu"))
		return fail(error, VIR_ERR_INVALID_ARG, _("vcpupin: Missing vCPU number in pin mode."));
	call.cpumap.cpumap_val = (char *)cpumap_parse(session, args_text(args, "cpulist"), n_cpus, error);
	if (!call.cpumap.cpumap_val || !args_affect(args, &call.flags, error) ||
	    !args_uint(args, "vcpu", &call.vcpu, error))
		return false;
	call.dom = *domain;
	call.cpumap.cpumap_len = (n_cpus + 7) / 8;
	if (!TELL(session, domain_pin_vcpu_flags, &call, error))
		return false;
	out_value(session, domain_result(domain, "vcpupin"));
	return true;
}

bool cmd_emulatorpin(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	guint n_cpus = domain ? host_cpu_count(session, error) : 0;
	remote_domain_pin_emulator_args tell = { 0 };
	remote_domain_get_emulator_pin_info_args ask = { .maplen = (int)((n_cpus + 7) / 8) };
	remote_domain_get_emulator_pin_info_ret *ret;
	const char *text;

	if (!n_cpus || !args_affect(args, &ask.flags, error))
		return false;
	ask.dom = tell.dom = *domain;
	tell.flags = ask.flags;
	if (args_has(args, "cpulist")) {
		tell.cpumap.cpumap_val =
			(char *)cpumap_parse(session, args_text(args, "cpulist"), n_cpus, error);
		tell.cpumap.cpumap_len = (n_cpus + 7) / 8;
		return tell.cpumap.cpumap_val && TELL(session, domain_pin_emulator, &tell, error);
	}
	ret = ASK(session, domain_get_emulator_pin_info, &ask, error);
	if (!ret)
		return false;
	text = cpumap_format(session, ret->cpumaps.cpumaps_val, ret->cpumaps.cpumaps_len);
	out_extra(session, "%s %s\n----------------------------------\n", _("emulator:"), _("CPU Affinity"));
	out_print(session, "       *: %s\n", text);
	out_value(session, json_pack("{s:s}", "affinity", text));
	return true;
}

/* --- I/O threads --- */

void show_iothreads(Session *session, const ActionReply *reply)
{
	static const OutColumn columns[] = { { "iothread", N_("IOThread ID"), OUT_PLAIN },
					     { "affinity", N_("CPU Affinity"), OUT_PLAIN },
					     { NULL, NULL, OUT_PLAIN } };
	const remote_domain_get_iothread_info_ret *ret = reply->ret;
	json_t *rows = json_array();

	for (guint i = 0; i < ret->info.info_len; i++) {
		const remote_domain_iothread_info *info = &ret->info.info_val[i];
		json_t *row = json_object();

		json_object_set_new(row, "iothread", json_integer(info->iothread_id));
		json_object_set_new(row, "affinity",
				    json_text(cpumap_format(session, info->cpumap.cpumap_val,
							    info->cpumap.cpumap_len)));
		json_array_append_new(rows, row);
	}
	if (ret->info.info_len)
		out_table(session, columns, rows);
	else
		out_done(session, rows, _("No IOThreads found for the domain"));
}

bool cmd_iothreadpin(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	guint n_cpus = domain ? host_cpu_count(session, error) : 0;
	remote_domain_pin_iothread_args call = { 0 };

	if (!n_cpus || !args_affect(args, &call.flags, error) ||
	    !args_uint(args, "iothread", &call.iothreads_id, error))
		return false;
	call.dom = *domain;
	call.cpumap.cpumap_val = (char *)cpumap_parse(session, args_text(args, "cpulist"), n_cpus, error);
	call.cpumap.cpumap_len = (n_cpus + 7) / 8;
	return call.cpumap.cpumap_val && TELL(session, domain_pin_iothread, &call, error);
}

bool cmd_iothreadadd(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_add_iothread_args call = { 0 };

	if (!domain || !args_affect(args, &call.flags, error) ||
	    !args_uint(args, "id", &call.iothread_id, error))
		return false;
	if (!call.iothread_id)
		return fail(error, VIR_ERR_INVALID_ARG, _("Invalid IOThread id value: '0'"));
	call.dom = *domain;
	return TELL(session, domain_add_iothread, &call, error);
}

bool cmd_iothreaddel(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_del_iothread_args call = { 0 };

	if (!domain || !args_affect(args, &call.flags, error) ||
	    !args_uint(args, "id", &call.iothread_id, error))
		return false;
	if (!call.iothread_id)
		return fail(error, VIR_ERR_INVALID_ARG, _("Invalid IOThread id value: '0'"));
	call.dom = *domain;
	return TELL(session, domain_del_iothread, &call, error);
}

static const TuneOption iothread_options[] = {
	{ "poll-max-ns", VIR_DOMAIN_IOTHREAD_POLL_MAX_NS, VIR_TYPED_PARAM_ULLONG, 0, 0, NULL },
	{ "poll-grow", VIR_DOMAIN_IOTHREAD_POLL_GROW, VIR_TYPED_PARAM_UINT, 0, 0, NULL },
	{ "poll-shrink", VIR_DOMAIN_IOTHREAD_POLL_SHRINK, VIR_TYPED_PARAM_UINT, 0, 0, NULL },
	{ "thread-pool-min", VIR_DOMAIN_IOTHREAD_THREAD_POOL_MIN, VIR_TYPED_PARAM_INT, 0, 0, NULL },
	{ "thread-pool-max", VIR_DOMAIN_IOTHREAD_THREAD_POOL_MAX, VIR_TYPED_PARAM_INT, 0, 0, NULL },
	{ NULL, NULL, 0, 0, 0, NULL },
};

bool cmd_iothreadset(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	TuneParams *tune = domain ? tune_read(session, args, iothread_options, error) : NULL;
	remote_domain_set_iothread_params_args call = { 0 };

	if (!tune || !args_affect(args, &call.flags, error) ||
	    !args_uint(args, "id", &call.iothread_id, error))
		return false;
	if (!tune->n)
		return fail(error, VIR_ERR_INVALID_ARG, _("Not enough arguments passed, nothing to set"));
	call.dom = *domain;
	call.params.params_len = tune->n;
	call.params.params_val = tune->params;
	return TELL(session, domain_set_iothread_params, &call, error);
}
