/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/guest/limits.h"
#include "daemon/host/priv_request.h"

enum { KIB = 1024, SHARES_USUAL = 1024, PERIOD_USUAL = 100000, WEIGHT_USUAL = 100 };

typedef struct Limits {
	const DomainDef *before, *wanted;
	GArray *all; /* priv_limit */
} Limits;

static void add(Limits *limits, int kind, int64_t value, int64_t other)
{
	const priv_limit limit = { .kind = kind, .value = value, .other = other };

	g_array_append_val(limits->all, limit);
}

/* ---- What stands in no control group -------------------------------------------------------- */

static bool refuse(const char *what, GError **error)
{
	return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
		    _("%s cannot be limited: single threads get no control groups of their own here"),
		    what);
}

static bool supported_check(const DomainDef *before, const DomainDef *wanted, GError **error)
{
	const DomainCpuTune *cpu = &wanted->cputune, *was = &before->cputune;

	if (cpu->period != was->period || cpu->quota != was->quota)
		return refuse(_("the time of single vCPUs (vcpu_period, vcpu_quota)"), error);
	if (cpu->emulator_period != was->emulator_period || cpu->emulator_quota != was->emulator_quota)
		return refuse(_("the time of the emulator (emulator_period, emulator_quota)"), error);
	if (cpu->iothread_period != was->iothread_period || cpu->iothread_quota != was->iothread_quota)
		return refuse(_("the time of I/O threads (iothread_period, iothread_quota)"), error);
	if (!cpuset_equal(wanted->numatune.nodeset, before->numatune.nodeset))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the NUMA nodes of a running domain's memory cannot be changed"));
	return true;
}

/* ---- Processors and memory ------------------------------------------------------------------ */

static void cpu_add(Limits *limits)
{
	const DomainCpuTune *cpu = &limits->wanted->cputune, *was = &limits->before->cputune;
	int64_t quota = cpu->global_quota > 0 ? cpu->global_quota : -1;
	guint64 period = cpu->global_period ? cpu->global_period : PERIOD_USUAL;

	if (cpu->has_shares != was->has_shares || cpu->shares != was->shares)
		add(limits, PRIV_LIMIT_CPU_SHARES, cpu->has_shares ? (int64_t)cpu->shares : SHARES_USUAL,
		    0);
	if (cpu->global_period != was->global_period)
		add(limits, PRIV_LIMIT_CPU_PERIOD, (int64_t)period, quota);
	if (cpu->global_quota != was->global_quota)
		add(limits, PRIV_LIMIT_CPU_QUOTA, quota, 0);
}

static int64_t bytes(bool has, guint64 kib)
{
	return has && kib < MEMTUNE_UNLIMITED && kib <= G_MAXINT64 / KIB ? (int64_t)kib * KIB : -1;
}

static void memory_add(Limits *limits)
{
	const DomainMemTune *now = &limits->wanted->memtune, *was = &limits->before->memtune;
	int64_t hard = bytes(now->has_hard_limit, now->hard_limit_kib);
	int64_t hard_was = bytes(was->has_hard_limit, was->hard_limit_kib);
	int64_t swap = bytes(now->has_swap_hard_limit, now->swap_hard_limit_kib);
	int64_t soft = bytes(now->has_soft_limit, now->soft_limit_kib);
	bool swap_differs = swap != bytes(was->has_swap_hard_limit, was->swap_hard_limit_kib);
	/* Together with swap it is never less than memory alone. */
	bool rises = hard_was >= 0 && (hard < 0 || hard > hard_was);

	if (swap_differs && rises)
		add(limits, PRIV_LIMIT_MEMORY_SWAP, swap, hard);
	if (hard != hard_was)
		add(limits, PRIV_LIMIT_MEMORY_HARD, hard, 0);
	if (swap_differs && !rises)
		add(limits, PRIV_LIMIT_MEMORY_SWAP, swap, hard);
	if (soft != bytes(was->has_soft_limit, was->soft_limit_kib))
		add(limits, PRIV_LIMIT_MEMORY_SOFT, soft, 0);
}

/* ---- Block devices -------------------------------------------------------------------------- */

static const BlkioDevice *device_of(const DomainDef *def, const char *path)
{
	static const BlkioDevice none = { .path = NULL };

	for (guint i = 0; i < list_length(def->blkiotune.devices); i++) {
		const BlkioDevice *device = list_get(def->blkiotune.devices, i);

		if (g_strcmp0(device->path, path) == 0)
			return device;
	}
	return &none;
}

/* Names in /dev are no files of a server that might not answer. */
static bool device_stat(const char *path, struct stat *ret, GError **error)
{
	if (!g_str_has_prefix(path, "/dev/") || strstr(path, "/../") || stat(path, ret) < 0 ||
	    !S_ISBLK(ret->st_mode))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("'%s' is no block device of the host below /dev"), path);
	return true;
}

static bool device_add(Limits *limits, const char *path, GError **error)
{
	const BlkioDevice *now = device_of(limits->wanted, path);
	const BlkioDevice *was = device_of(limits->before, path);
	struct stat st;
	const struct {
		int kind;
		guint64 now, was;
	} rows[] = {
		{ PRIV_LIMIT_DEVICE_READ_IOPS, now->read_iops, was->read_iops },
		{ PRIV_LIMIT_DEVICE_WRITE_IOPS, now->write_iops, was->write_iops },
		{ PRIV_LIMIT_DEVICE_READ_BYTES, now->read_bytes, was->read_bytes },
		{ PRIV_LIMIT_DEVICE_WRITE_BYTES, now->write_bytes, was->write_bytes },
	};

	if (now->weight != was->weight)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("the weight of '%s' cannot be set: weights of single devices are not "
			      "supported"), path);
	if (!device_stat(path, &st, error))
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		const priv_limit limit = {
			.kind = rows[i].kind,
			.major = major(st.st_rdev),
			.minor = minor(st.st_rdev),
			.value = (int64_t)MIN(rows[i].now, G_MAXINT64),
		};

		if (rows[i].now != rows[i].was)
			g_array_append_val(limits->all, limit);
	}
	return true;
}

static bool blkio_add(Limits *limits, GError **error)
{
	const DomainDef *defs[] = { limits->wanted, limits->before };
	guint weight = limits->wanted->blkiotune.weight;

	if (weight != limits->before->blkiotune.weight)
		add(limits, PRIV_LIMIT_IO_WEIGHT, weight ? weight : WEIGHT_USUAL, 0);
	for (unsigned k = 0; k < G_N_ELEMENTS(defs); k++)
		for (guint i = 0; i < list_length(defs[k]->blkiotune.devices); i++) {
			const BlkioDevice *device = list_get(defs[k]->blkiotune.devices, i);

			/* Those of both were seen in the first. */
			if (k > 0 && device_of(defs[0], device->path)->path)
				continue;
			if (!device_add(limits, device->path, error))
				return false;
		}
	return true;
}

/* ---- All together --------------------------------------------------------------------------- */

static bool limits_send_call(Engine *engine, const Limits *limits, GError **error)
{
	priv_limit_vm_args args = { .limits = { limits->all->len, (priv_limit *)limits->all->data } };
	priv_nothing nothing = { 0 };

	if (limits->all->len == 0)
		return true;
	if (!engine->priv)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("what domain '%s' uses cannot be limited in session mode"),
			    limits->wanted->name);
	if (limits->all->len > PRIV_LIMITS_MAX)
		return fail(error, VIR_ERR_INVALID_ARG, _("%u limits at once are too many"),
			    limits->all->len);
	memcpy(args.uuid, limits->wanted->uuid.bytes, sizeof(args.uuid));
	return PRIV_CALL(engine, limit_vm, &args, &nothing, NULL, error);
}

bool guest_limits_call(Engine *engine, const DomainDef *before, const DomainDef *wanted,
		       GError **error)
{
	g_autoptr(DomainDef) nothing = domain_def_new();
	g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(priv_limit));
	Limits limits = { before ? before : nothing, wanted, all };

	/* At a start the driver refuses what cannot be, with the element's name. */
	if (before && !supported_check(before, wanted, error))
		return false;
	cpu_add(&limits);
	memory_add(&limits);
	return blkio_add(&limits, error) && limits_send_call(engine, &limits, error);
}
