/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a domain is tuned, as its stored or its live definition tells. */
#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"
#include "daemon/domain/affect.h"
#include "worker/tune/tune.h"

#define READ_FLAGS ((unsigned)(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG))

static const DomainDef *def_of(Call *call, unsigned flags, GError **error)
{
	DomainWhich which;

	if (!call_flags(call, flags, READ_FLAGS | VIR_TYPED_PARAM_STRING_OKAY, error) ||
	    !affect_which(call->domain, flags & READ_FLAGS, &which, error))
		return NULL;
	return domain_def_get(call->domain, which, error);
}

/* ---- Parameters ---------------------------------------------------------------------------- */

typedef struct Wanted {
	TuneTarget target;
	unsigned flags;
	int room; /* 0: only the number is asked for */
} Wanted;

/* The first ones, as many as there is room for. */
static void params_cut(unsigned room, u_int *count, remote_typed_param *params)
{
	for (; *count > room; --*count) {
		remote_typed_param *last = &params[*count - 1];

		g_free(last->field);
		if (last->value.type == VIR_TYPED_PARAM_STRING)
			g_free(last->value.remote_typed_param_value_u.s);
	}
}

static bool params_read(Call *call, const Wanted *wanted, u_int *ret_count,
			remote_typed_param **ret_params, GError **error)
{
	const DomainDef *def = def_of(call, wanted->flags, error);
	g_autoptr(RpcParams) params = rpc_params_new();

	if (!def || !tune_read(def, &wanted->target, params, error))
		return false;
	if (!(wanted->flags & VIR_TYPED_PARAM_STRING_OKAY))
		rpc_params_drop_strings(params);
	rpc_params_move(params, ret_count, ret_params);
	return true;
}

static bool params_get(Call *call, const Wanted *wanted, u_int *ret_count,
		       remote_typed_param **ret_params, GError **error)
{
	if (wanted->room < 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no room for %d parameters"),
			    wanted->room);
	if (!params_read(call, wanted, ret_count, ret_params, error))
		return false;
	params_cut((unsigned)wanted->room, ret_count, *ret_params);
	return true;
}

#define TUNED(name, flags, target_group, target_name)                                              \
	bool serve_domain_get_##name(Call *call, remote_domain_get_##name##_args *args,            \
				     remote_domain_get_##name##_ret *ret, GError **error)          \
	{                                                                                          \
		const Wanted wanted = { { TUNE_##target_group, target_name, 0 }, flags,            \
					args->nparams };                                           \
                                                                                                   \
		ret->nparams = (int)tune_count(TUNE_##target_group);                               \
		if (!params_get(call, &wanted, &ret->params.params_len, &ret->params.params_val,   \
				error))                                                            \
			return false;                                                              \
		if (args->nparams > 0)                                                             \
			ret->nparams = (int)ret->params.params_len;                                \
		return true;                                                                       \
	}

TUNED(memory_parameters, args->flags, MEMORY, NULL)
TUNED(blkio_parameters, args->flags, BLKIO, NULL)
TUNED(numa_parameters, args->flags, NUMA, NULL)
TUNED(interface_parameters, args->flags, INTERFACE, args->device)
TUNED(block_io_tune, args->flags, DISK, args->disk ? *args->disk : NULL)

bool serve_domain_get_scheduler_parameters_flags(
	Call *call, remote_domain_get_scheduler_parameters_flags_args *args,
	remote_domain_get_scheduler_parameters_flags_ret *ret, GError **error)
{
	const Wanted wanted = { { .group = TUNE_SCHEDULER }, args->flags, args->nparams };

	return params_get(call, &wanted, &ret->params.params_len, &ret->params.params_val, error);
}

bool serve_domain_get_scheduler_parameters(Call *call,
					   remote_domain_get_scheduler_parameters_args *args,
					   remote_domain_get_scheduler_parameters_ret *ret,
					   GError **error)
{
	const Wanted wanted = { { .group = TUNE_SCHEDULER }, 0, args->nparams };

	return params_get(call, &wanted, &ret->params.params_len, &ret->params.params_val, error);
}

bool serve_domain_get_scheduler_type(G_GNUC_UNUSED Call *call,
				     G_GNUC_UNUSED remote_domain_get_scheduler_type_args *args,
				     remote_domain_get_scheduler_type_ret *ret,
				     G_GNUC_UNUSED GError **error)
{
	ret->type = g_strdup("posix");
	ret->nparams = (int)tune_count(TUNE_SCHEDULER);
	return true;
}

bool serve_domain_get_perf_events(Call *call, remote_domain_get_perf_events_args *args,
				  remote_domain_get_perf_events_ret *ret, GError **error)
{
	const Wanted wanted = { .target = { .group = TUNE_PERF }, .flags = args->flags };

	return params_read(call, &wanted, &ret->params.params_len, &ret->params.params_val, error);
}

/* ---- Where threads may run ----------------------------------------------------------------- */

static unsigned host_cpus(void)
{
	return (unsigned)MAX(sysconf(_SC_NPROCESSORS_CONF), 1);
}

/* Host CPUs of @set (NULL: all) as @length bytes. */
static void map_fill(const Cpuset *set, char *bytes, unsigned length)
{
	unsigned cpus = host_cpus();

	for (unsigned cpu = 0; cpu < cpus && cpu / 8 < length; cpu++)
		if (!set || cpuset_has(set, cpu))
			bytes[cpu / 8] = (char)((unsigned char)bytes[cpu / 8] | 1u << cpu % 8);
}

static bool maps_check(int count, int length, GError **error)
{
	if (count >= 0 && count <= REMOTE_VCPUINFO_MAX && length > 0 &&
	    (int64_t)count * length <= REMOTE_CPUMAPS_MAX)
		return true;
	return fail(error, VIR_ERR_INVALID_ARG, _("%d maps of %d bytes each cannot be asked for"), count,
		    length);
}

bool serve_domain_get_vcpu_pin_info(Call *call, remote_domain_get_vcpu_pin_info_args *args,
				    remote_domain_get_vcpu_pin_info_ret *ret, GError **error)
{
	const DomainDef *def = def_of(call, args->flags, error);
	unsigned n, length;

	if (!def || !maps_check(args->ncpumaps, args->maplen, error))
		return false;
	n = MIN((unsigned)args->ncpumaps, def->vcpus.count);
	length = (unsigned)args->maplen;
	ret->num = (int)n;
	ret->cpumaps.cpumaps_len = n * length;
	ret->cpumaps.cpumaps_val = g_malloc0((gsize)n * length + 1);
	for (unsigned i = 0; i < n; i++)
		map_fill(tune_pin(def, TUNE_VCPU_PIN, i), ret->cpumaps.cpumaps_val + (gsize)i * length,
			 length);
	return true;
}

bool serve_domain_get_emulator_pin_info(Call *call, remote_domain_get_emulator_pin_info_args *args,
					remote_domain_get_emulator_pin_info_ret *ret, GError **error)
{
	const DomainDef *def = def_of(call, args->flags, error);

	if (!def || !maps_check(1, args->maplen, error))
		return false;
	ret->ret = 1;
	ret->cpumaps.cpumaps_len = (u_int)args->maplen;
	ret->cpumaps.cpumaps_val = g_malloc0((gsize)args->maplen + 1);
	map_fill(tune_pin(def, TUNE_EMULATOR_PIN, 0), ret->cpumaps.cpumaps_val,
		 (unsigned)args->maplen);
	return true;
}

bool serve_domain_get_iothread_info(Call *call, remote_domain_get_iothread_info_args *args,
				    remote_domain_get_iothread_info_ret *ret, GError **error)
{
	const DomainDef *def = def_of(call, args->flags, error);
	unsigned length = (host_cpus() + 7) / 8, n;

	if (!def)
		return false;
	n = MAX(def->iothread_count, list_length(def->iothreads));
	if (n > REMOTE_IOTHREAD_INFO_MAX)
		return fail(error, VIR_ERR_RPC, _("%u I/O threads are too many for a reply"), n);
	ret->ret = n;
	ret->info.info_len = n;
	ret->info.info_val = g_new0(remote_domain_iothread_info, n + 1);
	for (unsigned i = 0; i < n; i++) {
		remote_domain_iothread_info *info = &ret->info.info_val[i];
		guint id = domain_def_iothread_id(def, i);

		info->iothread_id = id;
		info->cpumap.cpumap_len = length;
		info->cpumap.cpumap_val = g_malloc0(length);
		map_fill(tune_pin(def, TUNE_IOTHREAD_PIN, id), info->cpumap.cpumap_val, length);
	}
	return true;
}
