/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is set anew in a QEMU that runs. Each function makes one part of the wanted definition true. */
#include "config.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/live/live.h"

/* ---- Disks --------------------------------------------------------------------------------- */

static bool iotune_equal(const DomainDisk *a, const DomainDisk *b)
{
	DiskIoTune one = a->iotune, other = b->iotune;

	if (g_strcmp0(one.group_name, other.group_name) != 0)
		return false;
	one.group_name = other.group_name = NULL;
	return memcmp(&one, &other, sizeof(one)) == 0;
}

/* Those of one group share their limits, so more than one may change. */
static bool retune_disks(Guest *guest, G_GNUC_UNUSED const TuneTarget *target,
			 const DomainDef *wanted, GError **error)
{
	for (guint i = 0; i < list_length(wanted->disks); i++) {
		const DomainDisk *disk = list_get(wanted->disks, i);
		const DomainDisk *before = domain_def_disk_by_target(guest->def, disk->target);

		if (before && !iotune_equal(disk, before) &&
		    !live_tune_throttle(live_of(guest), disk, error))
			return false;
	}
	return true;
}

/* ---- Threads ------------------------------------------------------------------------------- */

static bool retune_vcpu_pin(Guest *guest, const TuneTarget *target, const DomainDef *wanted,
			    GError **error)
{
	QemuLive *live = live_of(guest);

	if (!live_sample_vcpus(live, QMP_TIMEOUT_USEC, error))
		return false;
	for (guint i = 0; i < live->sample.vcpus->len; i++) {
		const VcpuInfo *vcpu = &g_array_index(live->sample.vcpus, VcpuInfo, i);

		if (vcpu->number == target->id)
			return live_pin_vcpu(wanted, vcpu, error);
	}
	return true; /* it is off: it gets its place when it comes */
}

/* Threads of vCPUs and I/O threads, which have places of their own. */
static bool own_threads(Guest *guest, GHashTable *ret, GError **error)
{
	QemuLive *live = live_of(guest);
	json_t *reply, *entry;
	size_t index;

	if (!live_sample_vcpus(live, QMP_TIMEOUT_USEC, error))
		return false;
	for (guint i = 0; i < live->sample.vcpus->len; i++)
		g_hash_table_add(ret, GINT_TO_POINTER(g_array_index(live->sample.vcpus, VcpuInfo, i)
							      .thread));
	if (!live_call(guest, "query-iothreads", NULL, &reply, error))
		return false;
	json_array_foreach(reply, index, entry)
		g_hash_table_add(ret, GINT_TO_POINTER((int)live_number(entry, "thread-id")));
	json_decref(reply);
	return true;
}

static bool retune_emulator_pin(Guest *guest, G_GNUC_UNUSED const TuneTarget *target,
				const DomainDef *wanted, GError **error)
{
	g_autoptr(GHashTable) others = g_hash_table_new(NULL, NULL);

	return own_threads(guest, others, error) &&
	       live_pin_emulator(live_of(guest), wanted, others, error);
}

static bool retune_iothread_pins(Guest *guest, G_GNUC_UNUSED const TuneTarget *target,
				 const DomainDef *wanted, GError **error)
{
	return live_tune_iothreads(live_of(guest), wanted, error);
}

/* ---- I/O threads --------------------------------------------------------------------------- */

static const DomainIothread *iothread_of(const DomainDef *def, unsigned id)
{
	for (guint i = 0; i < list_length(def->iothreads); i++) {
		const DomainIothread *thread = list_get(def->iothreads, i);

		if (thread->id == id)
			return thread;
	}
	return NULL;
}

static bool retune_iothreads(Guest *guest, const TuneTarget *target, const DomainDef *wanted,
			     GError **error)
{
	bool add = iothread_of(wanted, target->id) != NULL;
	g_autofree char *name = g_strdup_printf("iothread%u", target->id);
	json_t *arguments = json_pack("{s:s}", "id", name);
	QemuLive *live = live_of(guest);

	if (add)
		json_object_set_new(arguments, "qom-type", json_string("iothread"));
	if (!live_call(guest, add ? "object-add" : "object-del", arguments, NULL, error))
		return false;
	if (live->sample.iothreads)
		g_clear_pointer(&live->sample.iothreads, g_array_unref);
	live->sample.taken[SAMPLE_IOTHREADS] = 0;
	return true;
}

static bool iothread_set(Guest *guest, unsigned id, const char *name, int64_t value, GError **error)
{
	g_autofree char *path = g_strdup_printf("/objects/iothread%u", id);

	return live_call(guest, "qom-set",
			 json_pack("{s:s,s:s,s:I}", "path", path, "property", name, "value",
				   (json_int_t)value),
			 NULL, error);
}

/* In an order in which the least is never more than the most. */
static bool pool_set(Guest *guest, const DomainIothread *before, const DomainIothread *now,
		     GError **error)
{
	bool least = now->has_pool_min && (!before->has_pool_min || now->pool_min != before->pool_min);
	bool most = now->has_pool_max && (!before->has_pool_max || now->pool_max != before->pool_max);
	bool falls = most && before->has_pool_min && now->pool_max < before->pool_min;

	if (falls && least && !iothread_set(guest, now->id, "thread-pool-min", now->pool_min, error))
		return false;
	if (most && !iothread_set(guest, now->id, "thread-pool-max", now->pool_max, error))
		return false;
	return !least || falls ||
	       iothread_set(guest, now->id, "thread-pool-min", now->pool_min, error);
}

static bool retune_iothread(Guest *guest, const TuneTarget *target, const DomainDef *wanted,
			    GError **error)
{
	const DomainIothread *now = iothread_of(wanted, target->id);
	const DomainIothread *before = iothread_of(guest->def, target->id);
	const DomainIothread unsaid = { .id = target->id }; /* only the number of threads was told */
	QemuLive *live = live_of(guest);

	if (!now)
		return fail(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no I/O thread %u"),
			    guest->def->name, target->id);

	const struct {
		const char *name;
		bool set;
		guint64 value;
	} rows[] = {
		{ "poll-max-ns", now->has_poll_max, now->poll_max },
		{ "poll-grow", now->has_poll_grow, now->poll_grow },
		{ "poll-shrink", now->has_poll_shrink, now->poll_shrink },
	};

	if (!pool_set(guest, before ? before : &unsaid, now, error))
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].set &&
		    !iothread_set(guest, target->id, rows[i].name, (int64_t)rows[i].value, error))
			return false;
	if (live->sample.iothreads)
		g_clear_pointer(&live->sample.iothreads, g_array_unref);
	live->sample.taken[SAMPLE_IOTHREADS] = 0;
	return true;
}

/* ---- Others -------------------------------------------------------------------------------- */

/* QEMU must know beforehand whether a reboot of the guest is one. */
static bool retune_lifecycle(Guest *guest, G_GNUC_UNUSED const TuneTarget *target,
			     const DomainDef *wanted, GError **error)
{
	bool stays = wanted->on_reboot == LIFECYCLE_RESTART || wanted->on_reboot == LIFECYCLE_ABSENT;

	if (wanted->on_crash == LIFECYCLE_COREDUMP_DESTROY ||
	    wanted->on_crash == LIFECYCLE_COREDUMP_RESTART)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("dumping a crashed guest's memory is not supported; choose destroy, "
			      "restart or preserve"));
	return live_call(guest, "set-action",
			 json_pack("{s:s}", "reboot", stays ? "reset" : "shutdown"), NULL, error);
}

static bool refuse_bandwidth(Guest *guest, const TuneTarget *target,
			     G_GNUC_UNUSED const DomainDef *wanted, GError **error)
{
	return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
		    _("the bandwidth of interface '%s' of running domain '%s' cannot be changed; "
		      "change the definition (--config)"), target->name, guest->def->name);
}

static bool nothing_to_do(G_GNUC_UNUSED Guest *guest, G_GNUC_UNUSED const TuneTarget *target,
			  G_GNUC_UNUSED const DomainDef *wanted, G_GNUC_UNUSED GError **error)
{
	return true;
}

static bool (*const groups[])(Guest *guest, const TuneTarget *target, const DomainDef *wanted,
			      GError **error) = {
	[TUNE_SCHEDULER] = nothing_to_do, /* control groups: the engine has had them written */
	[TUNE_MEMORY] = nothing_to_do,
	[TUNE_BLKIO] = nothing_to_do,
	[TUNE_NUMA] = nothing_to_do,
	[TUNE_DISK] = retune_disks,
	[TUNE_INTERFACE] = refuse_bandwidth,
	[TUNE_PERF] = nothing_to_do, /* switching one on is refused before */
	[TUNE_VCPU_PIN] = retune_vcpu_pin,
	[TUNE_EMULATOR_PIN] = retune_emulator_pin,
	[TUNE_IOTHREAD_PIN] = retune_iothread_pins,
	[TUNE_IOTHREADS] = retune_iothreads,
	[TUNE_IOTHREAD] = retune_iothread,
	[TUNE_VCPUS] = live_vcpus_change,
	[TUNE_LIFECYCLE] = retune_lifecycle,
};

bool live_retune(Guest *guest, const TuneTarget *target, const DomainDef *wanted, GError **error)
{
	return live_monitor(guest, error) && groups[target->group](guest, target, wanted, error);
}
