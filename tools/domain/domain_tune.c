/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits and weights of a domain: memory, CPU time, block and network I/O, NUMA. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/tune.h"

/*
 * A command that shows the parameters of a domain, or sets those whose options were given. @get and
 * @set are the two procedures; @show prints.
 */
#define TUNE_COMMAND(function, get, set, options, show, bad_get, bad_set) \
	bool function(Session *session, const Args *args, GError **error) \
	{ \
		remote_##get##_args ask = { 0 }; \
		remote_##set##_args tell = { 0 }; \
		const Domain *domain = domain_arg(session, args, error); \
		TuneParams *tune = domain ? tune_read(session, args, options, error) : NULL; \
		remote_##get##_ret *ret; \
\
		if (!tune || !domain_affect(session, args, domain, &ask.flags, error)) \
			return false; \
		ask.dom = tell.dom = *domain; \
		tell.flags = ask.flags; \
		if (tune->n) { \
			tell.params.params_len = tune->n; \
			tell.params.params_val = tune->params; \
			if (!TELL(session, set, &tell, error)) \
				return failed(session, _(bad_set)); \
			out_value(session, domain_result(domain, "set")); \
			return true; \
		} \
		ask.flags |= VIR_TYPED_PARAM_STRING_OKAY; \
		ret = TUNE_GET(session, get, &ask, error); \
		if (!ret) \
			return failed(session, _(bad_get)); \
		show(session, ret->params.params_val, ret->params.params_len); \
		return true; \
	}

static void limits_out(Session *session, const remote_typed_param *params, guint n)
{
	for (guint i = 0; i < n; i++) {
		guint64 value;

		if (rpc_param_as_uint64(&params[i], &value) && value == VIR_DOMAIN_MEMORY_PARAM_UNLIMITED)
			out_print(session, "%-15s: %s\n", params[i].field, _("unlimited"));
		else
			out_print(session, "%-15s: %s\n", params[i].field, param_text(session, &params[i]));
	}
	out_value(session, params_json(params, n));
}

static const TuneOption memory_options[] = {
	{ "hard-limit", VIR_DOMAIN_MEMORY_HARD_LIMIT, VIR_TYPED_PARAM_ULLONG, 1024, 1024, NULL },
	{ "soft-limit", VIR_DOMAIN_MEMORY_SOFT_LIMIT, VIR_TYPED_PARAM_ULLONG, 1024, 1024, NULL },
	{ "swap-hard-limit", VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT, VIR_TYPED_PARAM_ULLONG, 1024, 1024, NULL },
	{ "min-guarantee", VIR_DOMAIN_MEMORY_MIN_GUARANTEE, VIR_TYPED_PARAM_ULLONG, 1024, 1024, NULL },
	{ NULL, NULL, 0, 0, 0, NULL },
};
TUNE_COMMAND(cmd_memtune, domain_get_memory_parameters, domain_set_memory_parameters, memory_options,
	     limits_out, N_("Unable to get memory parameters"), N_("Unable to change memory parameters"))

static const TuneOption blkio_options[] = {
	{ "weight", VIR_DOMAIN_BLKIO_WEIGHT, VIR_TYPED_PARAM_UINT, 0, 0, NULL },
	{ "device-weights", VIR_DOMAIN_BLKIO_DEVICE_WEIGHT, VIR_TYPED_PARAM_STRING, 0, 0, NULL },
	{ "device-read-iops-sec", VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS, VIR_TYPED_PARAM_STRING, 0, 0, NULL },
	{ "device-write-iops-sec", VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS, VIR_TYPED_PARAM_STRING, 0, 0, NULL },
	{ "device-read-bytes-sec", VIR_DOMAIN_BLKIO_DEVICE_READ_BPS, VIR_TYPED_PARAM_STRING, 0, 0, NULL },
	{ "device-write-bytes-sec", VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS, VIR_TYPED_PARAM_STRING, 0, 0, NULL },
	{ NULL, NULL, 0, 0, 0, NULL },
};
TUNE_COMMAND(cmd_blkiotune, domain_get_blkio_parameters, domain_set_blkio_parameters, blkio_options,
	     params_out, N_("Unable to get blkio parameters"), N_("Unable to change blkio parameters"))

static const char *const numa_modes[] = {
	[VIR_DOMAIN_NUMATUNE_MEM_STRICT] = "strict",
	[VIR_DOMAIN_NUMATUNE_MEM_PREFERRED] = "preferred",
	[VIR_DOMAIN_NUMATUNE_MEM_INTERLEAVE] = "interleave",
	[VIR_DOMAIN_NUMATUNE_MEM_RESTRICTIVE] = "restrictive",
	NULL,
};

static void numa_out(Session *session, const remote_typed_param *params, guint n)
{
	json_t *object = params_json(params, n);

	for (guint i = 0; i < n; i++) {
		gint64 mode;
		const char *text = param_text(session, &params[i]);

		if (!strcmp(params[i].field, VIR_DOMAIN_NUMA_MODE) &&
		    rpc_param_as_int64(&params[i], &mode) && mode >= 0 &&
		    mode < (gint64)G_N_ELEMENTS(numa_modes) - 1) {
			text = numa_modes[mode];
			json_object_set_new(object, params[i].field, json_string(text));
		}
		out_print(session, "%-15s: %s\n", params[i].field, text);
	}
	out_value(session, object);
}

static const TuneOption numa_options[] = {
	{ "mode", VIR_DOMAIN_NUMA_MODE, VIR_TYPED_PARAM_INT, 0, 0, numa_modes },
	{ "nodeset", VIR_DOMAIN_NUMA_NODESET, VIR_TYPED_PARAM_STRING, 0, 0, NULL },
	{ NULL, NULL, 0, 0, 0, NULL },
};
TUNE_COMMAND(cmd_numatune, domain_get_numa_parameters, domain_set_numa_parameters, numa_options,
	     numa_out, N_("Unable to get numa parameters"), N_("Unable to change numa parameters"))

/* --- CPU time --- */

/* Adds "name=value" with the type that the parameter has now. */
static bool sched_add(RpcParams *params, const remote_domain_get_scheduler_parameters_flags_ret *now,
		      const char *name, const char *value, GError **error)
{
	const remote_typed_param *param =
		rpc_params_find(now->params.params_val, now->params.params_len, name);
	guint64 large = 0;
	gint64 number = 0;
	bool good;

	if (!param)
		return fail(error, VIR_ERR_INVALID_ARG, _("invalid scheduler option: %s"), name);
	good = param->value.type == VIR_TYPED_PARAM_ULLONG || param->value.type == VIR_TYPED_PARAM_UINT ?
		       g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT64, &large, NULL) :
		       g_ascii_string_to_signed(value, 10, G_MININT64, G_MAXINT64, &number, NULL);
	if (!good)
		return fail(error, VIR_ERR_INVALID_ARG, _("'%s' is not a number for scheduler option %s"),
			    value, name);
	if (param->value.type == VIR_TYPED_PARAM_ULLONG)
		rpc_params_add_ullong(params, large, "%s", name);
	else if (param->value.type == VIR_TYPED_PARAM_UINT)
		rpc_params_add_uint(params, (unsigned)large, "%s", name);
	else if (param->value.type == VIR_TYPED_PARAM_LLONG)
		rpc_params_add_llong(params, number, "%s", name);
	else
		rpc_params_add_int(params, (int)number, "%s", name);
	return true;
}

static bool sched_read(const Args *args, const remote_domain_get_scheduler_parameters_flags_ret *now,
		       RpcParams *params, GError **error)
{
	static const char *const own[] = { "weight", "cap" };
	const char *const *words = args_rest(args, "set");

	for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
		if (args_has(args, own[i]) &&
		    !sched_add(params, now, own[i], args_text(args, own[i]), error))
			return false;
	for (gsize i = 0; words[i]; i++) {
		g_auto(GStrv) parts = g_strsplit(words[i], "=", 2);

		if (!parts[0] || !parts[1])
			return fail(error, VIR_ERR_INVALID_ARG, _("'%s' is not parameter=value"), words[i]);
		if (!sched_add(params, now, parts[0], parts[1], error))
			return false;
	}
	return true;
}

/* Without flags by the plain call, which every driver has. */
static remote_domain_get_scheduler_parameters_flags_ret *
sched_ask(Session *session, const Args *args, const remote_domain_get_scheduler_parameters_flags_args *ask,
	  GError **error)
{
	remote_domain_get_scheduler_parameters_args plain = { ask->dom, ask->nparams };
	remote_domain_get_scheduler_parameters_flags_args call = *ask;
	remote_domain_get_scheduler_parameters_flags_ret *ret;
	remote_domain_get_scheduler_parameters_ret *plain_ret;

	call.flags |= VIR_TYPED_PARAM_STRING_OKAY;
	if (ask->flags || args_has(args, "current"))
		return ASK(session, domain_get_scheduler_parameters_flags, &call, error);
	plain_ret = ASK(session, domain_get_scheduler_parameters, &plain, error);
	if (!plain_ret)
		return NULL;
	ret = session_keep(session, g_new0(remote_domain_get_scheduler_parameters_flags_ret, 1), g_free);
	ret->params.params_len = plain_ret->params.params_len;
	ret->params.params_val = plain_ret->params.params_val;
	return ret;
}

bool cmd_schedinfo(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_get_scheduler_type_args type_args = { 0 };
	remote_domain_get_scheduler_type_ret *type;
	remote_domain_get_scheduler_parameters_flags_args ask = { 0 };
	remote_domain_get_scheduler_parameters_flags_ret *ret;
	remote_domain_set_scheduler_parameters_flags_args tell = { 0 };
	g_autoptr(RpcParams) params = rpc_params_new();

	if (!domain || !args_affect(args, &ask.flags, error))
		return false;
	type_args.dom = ask.dom = tell.dom = *domain;
	tell.flags = ask.flags;
	type = ASK(session, domain_get_scheduler_type, &type_args, error);
	if (!type)
		return false;
	ask.nparams = type->nparams;
	ret = sched_ask(session, args, &ask, error);
	if (!ret || !sched_read(args, ret, params, error))
		return false;
	if (rpc_params_count(params)) {
		TuneParams sent;
		bool good;

		rpc_params_move(params, &sent.n, &sent.params);
		tell.params.params_len = sent.n;
		tell.params.params_val = sent.params;
		good = TELL(session, domain_set_scheduler_parameters_flags, &tell, error);
		tune_params_free(&sent);
		ret = good ? sched_ask(session, args, &ask, error) : NULL;
	}
	if (!ret)
		return false;
	out_print(session, "%s: %s\n", out_pad(session, _("Scheduler"), 15), type->type);
	params_out(session, ret->params.params_val, ret->params.params_len);
	return true;
}

/* --- throttling of a disk --- */

#define IOTUNE(option, name) { option, name, VIR_TYPED_PARAM_ULLONG, 0, 0, NULL }
#define IOTUNE_BYTES(option, name) { option, name, VIR_TYPED_PARAM_ULLONG, 1, 1, NULL }

static const TuneOption iotune_options[] = {
	IOTUNE_BYTES("total-bytes-sec", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC),
	IOTUNE_BYTES("read-bytes-sec", VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC),
	IOTUNE_BYTES("write-bytes-sec", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC),
	IOTUNE("total-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC),
	IOTUNE("read-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC),
	IOTUNE("write-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC),
	IOTUNE_BYTES("total-bytes-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX),
	IOTUNE_BYTES("read-bytes-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX),
	IOTUNE_BYTES("write-bytes-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX),
	IOTUNE("total-iops-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX),
	IOTUNE("read-iops-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX),
	IOTUNE("write-iops-sec-max", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX),
	IOTUNE_BYTES("size-iops-sec", VIR_DOMAIN_BLOCK_IOTUNE_SIZE_IOPS_SEC),
	{ "group-name", VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME, VIR_TYPED_PARAM_STRING, 0, 0, NULL },
	IOTUNE("total-bytes-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX_LENGTH),
	IOTUNE("read-bytes-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX_LENGTH),
	IOTUNE("write-bytes-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX_LENGTH),
	IOTUNE("total-iops-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX_LENGTH),
	IOTUNE("read-iops-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX_LENGTH),
	IOTUNE("write-iops-sec-max-length", VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX_LENGTH),
	{ NULL, NULL, 0, 0, 0, NULL },
};

bool cmd_blkdeviotune(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	TuneParams *tune = domain ? tune_read(session, args, iotune_options, error) : NULL;
	char *disk = (char *)args_text(args, "device");
	remote_domain_get_block_io_tune_args ask = { .disk = &disk };
	remote_domain_set_block_io_tune_args tell = { .disk = disk };
	remote_domain_get_block_io_tune_ret *ret;

	if (!tune || !args_affect(args, &ask.flags, error))
		return false;
	ask.dom = tell.dom = *domain;
	tell.flags = ask.flags;
	if (tune->n) {
		tell.params.params_len = tune->n;
		tell.params.params_val = tune->params;
		if (!TELL(session, domain_set_block_io_tune, &tell, error))
			return failed(session, _("Unable to change block I/O throttle"));
		out_value(session, domain_result(domain, "set"));
		return true;
	}
	ask.flags |= VIR_TYPED_PARAM_STRING_OKAY;
	ret = TUNE_GET(session, domain_get_block_io_tune, &ask, error);
	if (!ret)
		return failed(session, _("Unable to get block I/O throttle parameters"));
	params_out(session, ret->params.params_val, ret->params.params_len);
	return true;
}

/* --- memory size --- */

static bool memory_set(Session *session, const Args *args, unsigned int more, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_set_memory_flags_args call = { 0 };
	remote_domain_set_memory_args plain = { 0 };
	remote_domain_set_max_memory_args max = { 0 };
	uint64_t bytes = 0;

	if (!domain || !args_affect(args, &call.flags, error) ||
	    !args_size(args, "size", 1024, &bytes, error))
		return false;
	call.dom = plain.dom = max.dom = *domain;
	call.memory = plain.memory = max.memory = bytes / 1024;
	if (!(call.flags |= more) && !args_has(args, "current"))
		return TELL(session, domain_set_memory, &plain, error);
	if (call.flags == VIR_DOMAIN_MEM_MAXIMUM && !args_has(args, "current"))
		return TELL(session, domain_set_max_memory, &max, error);
	return TELL(session, domain_set_memory_flags, &call, error);
}

bool cmd_setmem(Session *session, const Args *args, GError **error)
{
	return memory_set(session, args, 0, error);
}

bool cmd_setmaxmem(Session *session, const Args *args, GError **error)
{
	return memory_set(session, args, VIR_DOMAIN_MEM_MAXIMUM, error) ||
	       failed(session, _("Unable to change MaxMemorySize"));
}

/* --- performance events --- */

static void perf_add(RpcParams *params, const char *list, bool on)
{
	g_auto(GStrv) names = g_strsplit(list ? list : "", ",", -1);

	for (gsize i = 0; names[i]; i++)
		rpc_params_add_boolean(params, on, "%s", g_strdelimit(names[i], "-", '_'));
}

bool cmd_perf(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_get_perf_events_args ask = { 0 };
	remote_domain_set_perf_events_args tell = { 0 };
	remote_domain_get_perf_events_ret *ret;
	g_autoptr(RpcParams) params = rpc_params_new();
	bool good;

	if (!domain || !args_affect(args, &ask.flags, error))
		return false;
	ask.dom = tell.dom = *domain;
	tell.flags = ask.flags;
	perf_add(params, args_text(args, "enable"), true);
	perf_add(params, args_text(args, "disable"), false);
	if (rpc_params_count(params)) {
		TuneParams sent;

		rpc_params_move(params, &sent.n, &sent.params);
		tell.params.params_len = sent.n;
		tell.params.params_val = sent.params;
		good = TELL(session, domain_set_perf_events, &tell, error);
		tune_params_free(&sent);
		return good || failed(session, _("Unable to enable/disable perf events"));
	}
	ret = ASK(session, domain_get_perf_events, &ask, error);
	if (!ret)
		return failed(session, _("Unable to get perf events"));
	for (guint i = 0; i < ret->params.params_len; i++)
		out_print(session, "%-15s: %s\n", ret->params.params_val[i].field,
			  ret->params.params_val[i].value.remote_typed_param_value_u.b ? _("enabled") :
											 _("disabled"));
	out_value(session, params_json(ret->params.params_val, ret->params.params_len));
	return true;
}
