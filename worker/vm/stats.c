/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/stats.h"
#include "rpc/wire/params.h"
#include "worker/vm/calls.h"
#include "worker/vm/stats.h"

#define PATIENCE_USEC (5 * G_USEC_PER_SEC)
#define NOWAIT_USEC 20000 /* a monitor that needs longer has the last sample answered */

/* How long a hypervisor may be silent before it counts as mute. */
static uint64_t patience(const Guest *guest)
{
	const json_t *setting = json_object_get(guest->settings, "stats_timeout_usec");

	return json_is_integer(setting) ? (uint64_t)json_integer_value(setting) : PATIENCE_USEC;
}

/* Parks; the age of what there is then. */
static int64_t sample_wait(VmCall *call, unsigned groups, uint64_t timeout_usec)
{
	return call->live->sample ? call->live->sample(call->guest, groups, timeout_usec) : 0;
}

void vm_stats_sample(VmCall *call, unsigned groups)
{
	sample_wait(call, groups, patience(call->guest));
}

static void value_move(StatsValue *value, control_param *ret)
{
	ret->field = g_steal_pointer(&value->name);
	ret->value.type = value->type;
	switch (value->type) {
	case VIR_TYPED_PARAM_STRING:
		ret->value.text = g_new(control_string, 1);
		*ret->value.text = value->text ? g_steal_pointer(&value->text) : g_strdup("");
		break;
	case VIR_TYPED_PARAM_DOUBLE:
		ret->value.real = value->real;
		break;
	default:
		ret->value.number = value->number;
		break;
	}
}

void vm_stats_move(StatsSink *sink, u_int *ret_count, control_param **ret_params)
{
	*ret_params = g_new0(control_param, sink->values->len + 1);
	*ret_count = sink->values->len;
	for (unsigned i = 0; i < sink->values->len; i++)
		value_move(&g_array_index(sink->values, StatsValue, i), &(*ret_params)[i]);
}

void vm_stats_params(const StatsSink *sink, RpcParams *params)
{
	for (unsigned i = 0; i < sink->values->len; i++) {
		const StatsValue *value = &g_array_index(sink->values, StatsValue, i);

		if (value->type == VIR_TYPED_PARAM_STRING)
			rpc_params_add_string(params, value->text ? value->text : "", "%s", value->name);
		else if (value->type == VIR_TYPED_PARAM_BOOLEAN)
			rpc_params_add_boolean(params, value->number != 0, "%s", value->name);
		else if (value->type == VIR_TYPED_PARAM_INT)
			rpc_params_add_int(params, (int)value->number, "%s", value->name);
		else
			rpc_params_add_ullong(params, (guint64)value->number, "%s", value->name);
	}
}

bool vm_stats_collect(VmCall *call, const control_stats_args *args, control_stats_ret *ret,
		      GError **error)
{
	g_autoptr(StatsSink) sink = stats_sink_new();

	if (!call->live->stats)
		return vm_call_unsupported(call, error);
	ret->age_usec = sample_wait(call, args->stats,
				    args->flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT ?
					    NOWAIT_USEC :
					    patience(call->guest));
	if (!vm_call_check_active(call, error) ||
	    !call->live->stats(call->guest, args->stats, sink, error))
		return false;
	if (sink->values->len > CONTROL_PARAMS_MAX)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("domain '%s' has more statistics than fit into a reply"),
			    call->worker->name);
	vm_stats_move(sink, &ret->params.params_len, &ret->params.params_val);
	return true;
}

bool vm_domain_get_info(VmCall *call, G_GNUC_UNUSED remote_domain_get_info_args *args,
			remote_domain_get_info_ret *ret, GError **error)
{
	GuestInfo info = { 0 };

	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->info)
		return vm_call_unsupported(call, error);
	vm_stats_sample(call, VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU);
	if (!vm_call_check_active(call, error) || !call->live->info(call->guest, &info, error))
		return false;
	ret->state = (unsigned char)call->guest->state;
	ret->maxMem = info.max_memory_kib;
	ret->memory = info.memory_kib;
	ret->nrVirtCpu = (unsigned short)info.vcpus;
	ret->cpuTime = info.cpu_time_ns;
	return true;
}

static bool block_stats_get(VmCall *call, const char *disk, bool sized, BlockStats *ret,
			    GError **error)
{
	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->block_stats)
		return vm_call_unsupported(call, error);
	vm_stats_sample(call, VIR_DOMAIN_STATS_BLOCK);
	return vm_call_check_active(call, error) &&
	       call->live->block_stats(call->guest, disk, sized, ret, error);
}

bool vm_domain_block_stats(VmCall *call, remote_domain_block_stats_args *args,
			   remote_domain_block_stats_ret *ret, GError **error)
{
	BlockStats stats = { 0 };

	if (!block_stats_get(call, args->path, false, &stats, error))
		return false;
	ret->rd_req = stats.rd_req;
	ret->rd_bytes = stats.rd_bytes;
	ret->wr_req = stats.wr_req;
	ret->wr_bytes = stats.wr_bytes;
	ret->errs = stats.errors;
	return true;
}

bool vm_domain_get_disk_errors(VmCall *call, remote_domain_get_disk_errors_args *args,
			       remote_domain_get_disk_errors_ret *ret, GError **error)
{
	g_autoptr(GArray) errors = NULL;

	if (!call->live->disk_errors)
		return vm_call_unsupported(call, error);
	if (!vm_call_flags(call, args->flags, 0, error) || !vm_call_check_active(call, error))
		return false;
	if (args->maxerrors > REMOTE_DOMAIN_DISK_ERRORS_MAX)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("%u errors of disks were asked for; at most %d can be"),
			    args->maxerrors, REMOTE_DOMAIN_DISK_ERRORS_MAX);
	errors = call->live->disk_errors(call->guest, error);
	if (!errors)
		return false;
	/* With room for none the caller only asks how many disks there are. */
	ret->nerrors = args->maxerrors ? (int)MIN(errors->len, args->maxerrors) :
					 (int)list_length(call->guest->def->disks);
	ret->errors.errors_len = 0;
	ret->errors.errors_val = NULL;
	if (!args->maxerrors)
		return true;
	ret->errors.errors_val = g_new0(remote_domain_disk_error, ret->nerrors + 1);
	ret->errors.errors_len = (u_int)ret->nerrors;
	for (int i = 0; i < ret->nerrors; i++) {
		DiskError *failed = &g_array_index(errors, DiskError, (guint)i);

		ret->errors.errors_val[i].disk = g_steal_pointer(&failed->disk);
		ret->errors.errors_val[i].error = failed->error;
	}
	return true;
}

bool vm_domain_block_stats_flags(VmCall *call, remote_domain_block_stats_flags_args *args,
				 remote_domain_block_stats_flags_ret *ret, GError **error)
{
	g_autoptr(RpcParams) params = rpc_params_new();
	BlockStats stats = { 0 };

	if (!vm_call_flags(call, args->flags, VIR_TYPED_PARAM_STRING_OKAY, error) ||
	    !block_stats_get(call, args->path, false, &stats, error))
		return false;

	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
		{ VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES, stats.wr_bytes },
		{ VIR_DOMAIN_BLOCK_STATS_WRITE_REQ, stats.wr_req },
		{ VIR_DOMAIN_BLOCK_STATS_READ_BYTES, stats.rd_bytes },
		{ VIR_DOMAIN_BLOCK_STATS_READ_REQ, stats.rd_req },
		{ VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ, stats.flush_req },
		{ VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES, stats.wr_total_ns },
		{ VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES, stats.rd_total_ns },
		{ VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES, stats.flush_total_ns },
	};

	/* Without room the number alone is asked for; with too little room, the first ones. */
	ret->nparams = 0;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (rows[i].value < 0)
			continue;
		if (args->nparams == 0 || ret->nparams < args->nparams)
			ret->nparams++;
		if (rpc_params_count(params) < (unsigned)args->nparams)
			rpc_params_add_llong(params, rows[i].value, "%s", rows[i].name);
	}
	rpc_params_move(params, &ret->params.params_len, &ret->params.params_val);
	return true;
}

bool vm_domain_get_block_info(VmCall *call, remote_domain_get_block_info_args *args,
			      remote_domain_get_block_info_ret *ret, GError **error)
{
	BlockStats stats = { 0 };

	if (!vm_call_flags(call, args->flags, 0, error) ||
	    !block_stats_get(call, args->path, true, &stats, error))
		return false;
	ret->allocation = stats.used >= 0 ? (uint64_t)stats.used : stats.highest;
	ret->capacity = stats.capacity;
	ret->physical = stats.length;
	return true;
}

bool vm_domain_interface_stats(VmCall *call, remote_domain_interface_stats_args *args,
			       remote_domain_interface_stats_ret *ret, GError **error)
{
	InterfaceStats stats = { 0 };

	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->interface_stats)
		return vm_call_unsupported(call, error);
	if (!call->live->interface_stats(call->guest, args->device, &stats, error))
		return false;
	*ret = (remote_domain_interface_stats_ret){
		.rx_bytes = stats.rx_bytes, .rx_packets = stats.rx_packets,
		.rx_errs = stats.rx_errs,   .rx_drop = stats.rx_drop,
		.tx_bytes = stats.tx_bytes, .tx_packets = stats.tx_packets,
		.tx_errs = stats.tx_errs,   .tx_drop = stats.tx_drop,
	};
	return true;
}

bool vm_domain_memory_stats(VmCall *call, remote_domain_memory_stats_args *args,
			    remote_domain_memory_stats_ret *ret, GError **error)
{
	MemoryStat stats[VIR_DOMAIN_MEMORY_STAT_NR];
	unsigned max = MIN(args->maxStats, G_N_ELEMENTS(stats));
	int n;

	if (args->maxStats > REMOTE_DOMAIN_MEMORY_STATS_MAX)
		return fail(error, VIR_ERR_RPC, _("at most %d statistics can be asked for, not %u"),
			    REMOTE_DOMAIN_MEMORY_STATS_MAX, args->maxStats);
	if (!vm_call_flags(call, args->flags, 0, error) || !vm_call_check_active(call, error))
		return false;
	if (!call->live->memory_stats)
		return vm_call_unsupported(call, error);
	vm_stats_sample(call, VIR_DOMAIN_STATS_BALLOON);
	if (!vm_call_check_active(call, error))
		return false;
	n = call->live->memory_stats(call->guest, stats, max, error);
	if (n < 0)
		return false;
	ret->stats.stats_val = g_new0(remote_domain_memory_stat, max + 1);
	ret->stats.stats_len = (u_int)n;
	for (int i = 0; i < n; i++)
		ret->stats.stats_val[i] = (remote_domain_memory_stat){ stats[i].tag, stats[i].value };
	return true;
}

bool vm_domain_get_control_info(VmCall *call, remote_domain_get_control_info_args *args,
				remote_domain_get_control_info_ret *ret, GError **error)
{
	int64_t silent = 0;

	if (!vm_call_flags(call, args->flags, 0, error) || !vm_call_check_active(call, error))
		return false;
	if (call->live->monitor_silent_ms)
		silent = call->live->monitor_silent_ms(call->guest);
	*ret = (remote_domain_get_control_info_ret){
		.state = silent > 0 ? VIR_DOMAIN_CONTROL_OCCUPIED : VIR_DOMAIN_CONTROL_OK,
		.stateTime = (uint64_t)MAX(silent, 0),
	};
	return true;
}

/* Which host CPUs @vcpu may run on, as @length bytes. */
static void pinning_fill(const Guest *guest, unsigned vcpu, unsigned char *ret, unsigned length)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	const DomainCpuTune *tune = &guest->def->cputune;
	const Cpuset *set = guest->def->vcpus.cpuset;

	for (unsigned i = 0; tune->vcpupins && i < tune->vcpupins->len; i++) {
		const CpuPin *pin = g_ptr_array_index(tune->vcpupins, i);

		if (pin->id == vcpu)
			set = pin->cpuset;
	}
	for (unsigned cpu = 0; cpu < (unsigned)cpus && cpu / 8 < length; cpu++)
		if (!set || cpuset_has(set, cpu))
			ret[cpu / 8] |= (unsigned char)(1u << cpu % 8);
}

bool vm_domain_get_vcpus(VmCall *call, remote_domain_get_vcpus_args *args,
			 remote_domain_get_vcpus_ret *ret, GError **error)
{
	g_autoptr(GArray) vcpus = NULL;
	unsigned n, length;

	if (args->maxinfo < 0 || args->maxinfo > REMOTE_VCPUINFO_MAX || args->maplen < 0 ||
	    (int64_t)args->maxinfo * args->maplen > REMOTE_CPUMAPS_MAX)
		return fail(error, VIR_ERR_RPC, _("%d vCPUs with %d bytes each cannot be asked for"),
			    args->maxinfo, args->maplen);
	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->vcpu_info)
		return vm_call_unsupported(call, error);
	vm_stats_sample(call, VIR_DOMAIN_STATS_VCPU);
	if (!vm_call_check_active(call, error))
		return false;
	vcpus = call->live->vcpu_info(call->guest, error);
	if (!vcpus)
		return false;
	n = MIN(vcpus->len, (unsigned)args->maxinfo);
	length = (unsigned)args->maplen;
	ret->info.info_len = n;
	ret->info.info_val = g_new0(remote_vcpu_info, n + 1);
	ret->cpumaps.cpumaps_len = n * length;
	ret->cpumaps.cpumaps_val = g_malloc0((gsize)n * length + 1);
	for (unsigned i = 0; i < n; i++) {
		const VcpuInfo *vcpu = &g_array_index(vcpus, VcpuInfo, i);

		ret->info.info_val[i] = (remote_vcpu_info){ vcpu->number, vcpu->state,
							    vcpu->cpu_time_ns, vcpu->cpu };
		pinning_fill(call->guest, vcpu->number,
			     (unsigned char *)ret->cpumaps.cpumaps_val + (gsize)i * length, length);
	}
	return true;
}
