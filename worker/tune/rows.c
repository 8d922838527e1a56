/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parameters of tuning calls: one row each says name, type, range, and where it is kept. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/tune/private.h"

#define QUOTA_MAX G_GINT64_CONSTANT(17592186044415)
#define THROTTLE_MAX G_GUINT64_CONSTANT(1000000000000000)

enum { PERIOD_MIN = 1000, PERIOD_MAX = 1000000, SHARES_MIN = 2, SHARES_MAX = 262144 };

#define AT(type, member) .offset = offsetof(type, member)
#define CPU(name, kind, member, ...)                                                               \
	{ TUNE_SCHEDULER, name, kind, AT(DomainDef, cputune.member), __VA_ARGS__ }
#define PERIOD(name, member) CPU(name, VIR_TYPED_PARAM_ULLONG, member, .min = PERIOD_MIN, .max = PERIOD_MAX)
#define QUOTA(name, member) CPU(name, VIR_TYPED_PARAM_LLONG, member, .min = PERIOD_MIN, .max = QUOTA_MAX)
#define MEMORY(name, member)                                                                       \
	{ TUNE_MEMORY, name, VIR_TYPED_PARAM_ULLONG, AT(DomainDef, memtune.member##_kib),          \
	  .has = offsetof(DomainDef, memtune.has_##member), .absent = MEMTUNE_UNLIMITED }
#define THROTTLE(member)                                                                           \
	{ TUNE_DISK, #member, VIR_TYPED_PARAM_ULLONG, AT(DomainDisk, iotune.member),               \
	  .max = THROTTLE_MAX }
#define IOTHREAD(name, kind, member, highest)                                                      \
	{ TUNE_IOTHREAD, name, kind, AT(DomainIothread, member),                                   \
	  .has = offsetof(DomainIothread, has_##member), .max = highest }
#define OWN(group, name, kind) { group, name, kind, .own = true }

static const TuneRow rows[] = {
	{ TUNE_SCHEDULER, "cpu_shares", VIR_TYPED_PARAM_ULLONG, AT(DomainDef, cputune.shares),
	  .has = offsetof(DomainDef, cputune.has_shares), .min = SHARES_MIN, .max = SHARES_MAX },
	PERIOD("vcpu_period", period),
	QUOTA("vcpu_quota", quota),
	PERIOD("emulator_period", emulator_period),
	QUOTA("emulator_quota", emulator_quota),
	PERIOD("global_period", global_period),
	QUOTA("global_quota", global_quota),
	PERIOD("iothread_period", iothread_period),
	QUOTA("iothread_quota", iothread_quota),

	MEMORY("hard_limit", hard_limit),
	MEMORY("soft_limit", soft_limit),
	MEMORY("swap_hard_limit", swap_hard_limit),

	{ TUNE_BLKIO, "weight", VIR_TYPED_PARAM_UINT, AT(DomainDef, blkiotune.weight), .min = 10,
	  .max = 1000 },
	OWN(TUNE_BLKIO, "device_weight", VIR_TYPED_PARAM_STRING),
	OWN(TUNE_BLKIO, "device_read_iops_sec", VIR_TYPED_PARAM_STRING),
	OWN(TUNE_BLKIO, "device_write_iops_sec", VIR_TYPED_PARAM_STRING),
	OWN(TUNE_BLKIO, "device_read_bytes_sec", VIR_TYPED_PARAM_STRING),
	OWN(TUNE_BLKIO, "device_write_bytes_sec", VIR_TYPED_PARAM_STRING),

	OWN(TUNE_NUMA, "numa_mode", VIR_TYPED_PARAM_INT),
	OWN(TUNE_NUMA, "numa_nodeset", VIR_TYPED_PARAM_STRING),

	THROTTLE(total_bytes_sec),
	THROTTLE(read_bytes_sec),
	THROTTLE(write_bytes_sec),
	THROTTLE(total_iops_sec),
	THROTTLE(read_iops_sec),
	THROTTLE(write_iops_sec),
	THROTTLE(total_bytes_sec_max),
	THROTTLE(read_bytes_sec_max),
	THROTTLE(write_bytes_sec_max),
	THROTTLE(total_iops_sec_max),
	THROTTLE(read_iops_sec_max),
	THROTTLE(write_iops_sec_max),
	THROTTLE(size_iops_sec),
	OWN(TUNE_DISK, "group_name", VIR_TYPED_PARAM_STRING),
	THROTTLE(total_bytes_sec_max_length),
	THROTTLE(read_bytes_sec_max_length),
	THROTTLE(write_bytes_sec_max_length),
	THROTTLE(total_iops_sec_max_length),
	THROTTLE(read_iops_sec_max_length),
	THROTTLE(write_iops_sec_max_length),

	OWN(TUNE_INTERFACE, "inbound.average", VIR_TYPED_PARAM_UINT),
	OWN(TUNE_INTERFACE, "inbound.peak", VIR_TYPED_PARAM_UINT),
	OWN(TUNE_INTERFACE, "inbound.burst", VIR_TYPED_PARAM_UINT),
	OWN(TUNE_INTERFACE, "inbound.floor", VIR_TYPED_PARAM_UINT),
	OWN(TUNE_INTERFACE, "outbound.average", VIR_TYPED_PARAM_UINT),
	OWN(TUNE_INTERFACE, "outbound.peak", VIR_TYPED_PARAM_UINT),
	OWN(TUNE_INTERFACE, "outbound.burst", VIR_TYPED_PARAM_UINT),

	IOTHREAD("poll_max_ns", VIR_TYPED_PARAM_ULLONG, poll_max, G_MAXINT64),
	IOTHREAD("poll_grow", VIR_TYPED_PARAM_UINT, poll_grow, G_MAXINT32),
	IOTHREAD("poll_shrink", VIR_TYPED_PARAM_UINT, poll_shrink, G_MAXINT32),
	IOTHREAD("thread_pool_min", VIR_TYPED_PARAM_INT, pool_min, G_MAXINT32),
	IOTHREAD("thread_pool_max", VIR_TYPED_PARAM_INT, pool_max, G_MAXINT32),
};

/* ---- Which there are ----------------------------------------------------------------------- */

unsigned tune_count(TuneGroup group)
{
	unsigned n = group == TUNE_PERF ? PERF_LAST - 1 : 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		n += rows[i].group == group;
	return n;
}

static const TuneRow *row_find(TuneGroup group, const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].group == group && g_str_equal(rows[i].name, name))
			return &rows[i];
	return NULL;
}

/* ---- Reading ------------------------------------------------------------------------------- */

#define MEMBER(base, at, type) (*(type *)((char *)(base) + (at)))

static void row_read(const TuneRow *row, const void *base, RpcParams *ret)
{
	bool absent = row->has && !MEMBER(base, row->has, bool);

	switch (row->type) {
	case VIR_TYPED_PARAM_LLONG:
		rpc_params_add_llong(ret, MEMBER(base, row->offset, gint64), "%s", row->name);
		break;
	case VIR_TYPED_PARAM_UINT:
		rpc_params_add_uint(ret, MEMBER(base, row->offset, guint), "%s", row->name);
		break;
	default:
		rpc_params_add_ullong(ret, absent ? row->absent : MEMBER(base, row->offset, guint64),
				      "%s", row->name);
	}
}

bool tune_read(const DomainDef *def, const TuneTarget *target, RpcParams *ret, GError **error)
{
	const void *base = tune_base(def, target, error);

	if (!base)
		return false;
	if (target->group == TUNE_PERF)
		tune_read_perf(def, ret);
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (rows[i].group != target->group)
			continue;
		if (rows[i].own)
			tune_read_own(base, &rows[i], ret);
		else
			row_read(&rows[i], base, ret);
	}
	return true;
}

/* ---- Writing ------------------------------------------------------------------------------- */

static bool fail_range(const TuneRow *row, GError **error)
{
	if (row->group == TUNE_DISK)
		return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
			    _("'%s' is at most %" PRIu64), row->name, row->max);
	if (row->group == TUNE_IOTHREAD)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("'%s' is between 0 and %" PRIu64), row->name, row->max);
	return fail(error, VIR_ERR_INVALID_ARG, _("'%s' is between %" PRIu64 " and %" PRIu64),
		    row->name, row->min, row->max);
}

/* A quota below zero is none; zero leaves a period or a quota as it is. */
static bool row_write_cpu(const TuneRow *row, DomainDef *def, const remote_typed_param *param,
			  GError **error)
{
	gint64 number = 0;
	guint64 unsigned_number = 0;

	if (row->type == VIR_TYPED_PARAM_LLONG) {
		if (!rpc_param_as_int64(param, &number))
			return fail_range(row, error);
		if (number == 0)
			return true;
		if (number > 0 && ((guint64)number < row->min || (guint64)number > row->max))
			return fail_range(row, error);
		MEMBER(def, row->offset, gint64) = number < 0 ? -1 : number;
		return true;
	}
	if (!rpc_param_as_uint64(param, &unsigned_number))
		return fail_range(row, error);
	if (unsigned_number == 0 && !row->has)
		return true;
	if (unsigned_number < row->min || unsigned_number > row->max)
		return fail_range(row, error);
	MEMBER(def, row->offset, guint64) = unsigned_number;
	if (row->has)
		MEMBER(def, row->has, bool) = true;
	return true;
}

static bool row_write(const TuneRow *row, void *base, const remote_typed_param *param,
		      GError **error)
{
	gint64 number = 0;
	guint64 value = 0;

	if (row->group == TUNE_SCHEDULER)
		return row_write_cpu(row, base, param, error);
	if (row->type == VIR_TYPED_PARAM_INT) {
		/* Of I/O threads: -1 is "not said". */
		if (!rpc_param_as_int64(param, &number) || number < -1)
			return fail_range(row, error);
		MEMBER(base, row->offset, gint64) = number;
		MEMBER(base, row->has, bool) = number >= 0;
		return true;
	}
	if (!rpc_param_as_uint64(param, &value) || (row->max && value > row->max) ||
	    (value > 0 && value < row->min))
		return fail_range(row, error);
	if (row->type == VIR_TYPED_PARAM_UINT && row->group == TUNE_BLKIO) {
		MEMBER(base, row->offset, guint) = (guint)value;
		return true;
	}
	if (row->absent)
		value = MIN(value, row->absent);
	MEMBER(base, row->offset, guint64) = value;
	if (row->has)
		MEMBER(base, row->has, bool) = !row->absent || value < row->absent;
	return true;
}

static bool param_check(TuneGroup group, const remote_typed_param *params, unsigned i,
			GError **error)
{
	const char *name = params[i].field;
	const TuneRow *row = row_find(group, name);

	if (!row)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("there is no parameter '%s' of this call"), name);
	if (row->type != params[i].value.type)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("parameter '%s' is of another type than the one given"), name);
	return !rpc_params_find(params, i, name) ||
	       fail(error, VIR_ERR_INVALID_ARG, _("parameter '%s' is given more than once"), name);
}

bool tune_write(DomainDef *def, const TuneTarget *target, const remote_typed_param *params,
		unsigned count, GError **error)
{
	void *base = tune_base(def, target, error);

	if (!base)
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!param_check(target->group, params, i, error))
			return false;
	if (target->group == TUNE_DISK)
		tune_disk_begin(base, params, count);
	for (unsigned i = 0; i < count; i++) {
		const TuneRow *row = row_find(target->group, params[i].field);

		if (!(row->own ? tune_write_own(base, row, &params[i], error) :
				 row_write(row, base, &params[i], error)))
			return false;
	}
	return tune_end(def, target, base, error);
}
