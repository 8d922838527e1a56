/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is set on a QEMU that is there but has not begun: threads, throttles, links, balloon. */
#include "config.h"

#include <dirent.h>
#include <inttypes.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/live/live.h"

/* ---- What cannot be set */

static bool refuse(GError **error, const char *element)
{
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("<%s> cannot be honoured: control groups are not supported; remove it"),
		    element);
}

/* Of a privileged guest these are set, before QEMU is there, by control groups. */
static bool groups_check(const DomainDef *def, GError **error)
{
	const DomainCpuTune *cpu = &def->cputune;
	const DomainMemTune *memory = &def->memtune;
	const DomainBlkioTune *io = &def->blkiotune;

	if (cpu->has_shares || cpu->global_period || cpu->global_quota)
		return refuse(error, "cputune/shares, global_period, global_quota");
	if (memory->has_hard_limit || memory->has_soft_limit || memory->has_swap_hard_limit)
		return refuse(error, "memtune");
	if (io->weight > 0 || list_length(io->devices) > 0)
		return refuse(error, "blkiotune");
	return true;
}

bool live_tune_check(const Guest *guest, GError **error)
{
	const DomainDef *def = guest->def;
	const DomainCpuTune *cpu = &def->cputune;
	const char *partition = def->resource.partition;

	if (!json_is_true(json_object_get(guest->settings, "privileged")) && !groups_check(def, error))
		return false;
	if (cpu->period || cpu->quota || cpu->emulator_period || cpu->emulator_quota ||
	    cpu->iothread_period || cpu->iothread_quota)
		return refuse(error, "cputune/period, quota");
	if (list_length(cpu->cachetunes) > 0 || list_length(cpu->memorytunes) > 0)
		return refuse(error, "cputune/cachetune, memorytune");
	if (def->memtune.has_min_guarantee)
		return refuse(error, "memtune/min_guarantee");
	if (def->numatune.mode == NUMA_MODE_RESTRICTIVE)
		return refuse(error, "numatune mode='restrictive'");
	if (def->resource.appid || (partition && strcmp(partition, "/machine") != 0))
		return refuse(error, "resource");
	return true;
}

/* ---- Threads */

static bool pin(pid_t thread, const Cpuset *cpus, const char *what, GError **error)
{
	int last = cpuset_last(cpus);
	size_t size = CPU_ALLOC_SIZE((size_t)last + 1);
	cpu_set_t *set = CPU_ALLOC((size_t)last + 1);
	int r, saved;

	CPU_ZERO_S(size, set);
	for (int i = 0; i <= last; i++)
		if (cpuset_has(cpus, (guint)i))
			CPU_SET_S((size_t)i, size, set);
	r = sched_setaffinity(thread, size, set);
	saved = errno;
	CPU_FREE(set);
	if (r < 0)
		return fail_errno(error, saved, _("cannot pin %s to host CPUs"), what);
	return true;
}

static bool schedule(pid_t thread, const CpuSched *sched, const char *what, GError **error)
{
	static const int policies[SCHEDULER_LAST] = {
		[SCHEDULER_BATCH] = SCHED_BATCH,
		[SCHEDULER_IDLE] = SCHED_IDLE,
		[SCHEDULER_FIFO] = SCHED_FIFO,
		[SCHEDULER_RR] = SCHED_RR,
	};
	struct sched_param param = { .sched_priority = sched->has_priority ? sched->priority : 0 };

	if (sched_setscheduler(thread, policies[sched->scheduler], &param) < 0)
		return fail_errno(error, errno, _("cannot set the scheduler of %s to '%s'"), what,
				  scheduler_name(sched->scheduler));
	return true;
}

static const Cpuset *pin_of(const GPtrArray *pins, unsigned id)
{
	for (guint i = 0; i < list_length(pins); i++) {
		const CpuPin *entry = list_get(pins, i);

		if (entry->id == id)
			return entry->cpuset;
	}
	return NULL;
}

static const CpuSched *sched_of(const GPtrArray *scheds, unsigned id)
{
	for (guint i = 0; i < list_length(scheds); i++) {
		const CpuSched *entry = list_get(scheds, i);

		if (entry->ids && cpuset_has(entry->ids, id))
			return entry;
	}
	return NULL;
}

bool live_pin_emulator(QemuLive *live, const DomainDef *def, GHashTable *others, GError **error)
{
	const Cpuset *cpus =
		def->cputune.emulatorpin ? def->cputune.emulatorpin : def->vcpus.cpuset;
	const CpuSched *sched = def->cputune.emulatorsched;
	g_autofree char *path = g_strdup_printf("/proc/%d/task", live->pid);
	const struct dirent *entry;
	bool ok = true;
	DIR *dir;

	if (!cpus && !sched)
		return true;
	dir = opendir(path);
	if (!dir)
		return fail_errno(error, errno, _("cannot list the hypervisor's threads"));
	while (ok && (entry = readdir(dir))) {
		pid_t thread = atoi(entry->d_name);

		if (thread <= 0 || (others && g_hash_table_contains(others, GINT_TO_POINTER(thread))))
			continue;
		ok = (!cpus || pin(thread, cpus, _("the emulator"), error)) &&
		     (!sched || schedule(thread, sched, _("the emulator"), error));
	}
	closedir(dir);
	return ok;
}

bool live_pin_vcpu(const DomainDef *def, const VcpuInfo *vcpu, GError **error)
{
	const DomainCpuTune *tune = &def->cputune;
	const Cpuset *cpus = pin_of(tune->vcpupins, vcpu->number);
	const CpuSched *sched = sched_of(tune->vcpuscheds, vcpu->number);
	g_autofree char *what = g_strdup_printf(_("vCPU %u"), vcpu->number);

	if (!cpus)
		cpus = def->vcpus.cpuset;
	return (!cpus || pin(vcpu->thread, cpus, what, error)) &&
	       (!sched || schedule(vcpu->thread, sched, what, error));
}

bool live_tune_vcpus(QemuLive *live, GError **error)
{
	const DomainDef *def = live->guest->def;
	const DomainCpuTune *tune = &def->cputune;

	if (!tune->vcpupins && !tune->vcpuscheds && !def->vcpus.cpuset)
		return true;
	if (!live_sample_vcpus(live, QMP_TIMEOUT_USEC, error))
		return false;
	for (guint i = 0; i < live->sample.vcpus->len; i++)
		if (!live_pin_vcpu(def, &g_array_index(live->sample.vcpus, VcpuInfo, i), error))
			return false;
	return true;
}

static bool tune_iothread(const DomainCpuTune *tune, json_t *entry, GError **error)
{
	const char *name = json_string_value(json_object_get(entry, "id"));
	pid_t thread = (pid_t)json_integer_value(json_object_get(entry, "thread-id"));
	const CpuSched *sched;
	const Cpuset *cpus;
	unsigned id;

	if (!name || sscanf(name, "iothread%u", &id) != 1 || thread <= 0)
		return true;
	cpus = pin_of(tune->iothreadpins, id);
	sched = sched_of(tune->iothreadscheds, id);
	return (!cpus || pin(thread, cpus, name, error)) &&
	       (!sched || schedule(thread, sched, name, error));
}

bool live_tune_iothreads(QemuLive *live, const DomainDef *def, GError **error)
{
	const DomainCpuTune *tune = &def->cputune;
	json_t *reply, *entry;
	bool ok = true;
	size_t index;

	if (!tune->iothreadpins && !tune->iothreadscheds)
		return true;
	if (!live_call(live->guest, "query-iothreads", NULL, &reply, error))
		return false;
	json_array_foreach(reply, index, entry) ok = ok && tune_iothread(tune, entry, error);
	json_decref(reply);
	return ok;
}

/* ---- Devices */

static json_t *throttle(const DomainDisk *disk)
{
	const DiskIoTune *t = &disk->iotune;
	const struct {
		const char *name;
		guint64 value;
	} all[] = {
		{ "bps", t->total_bytes_sec },
		{ "bps_rd", t->read_bytes_sec },
		{ "bps_wr", t->write_bytes_sec },
		{ "iops", t->total_iops_sec },
		{ "iops_rd", t->read_iops_sec },
		{ "iops_wr", t->write_iops_sec },
		{ "bps_max", t->total_bytes_sec_max },
		{ "bps_rd_max", t->read_bytes_sec_max },
		{ "bps_wr_max", t->write_bytes_sec_max },
		{ "iops_max", t->total_iops_sec_max },
		{ "iops_rd_max", t->read_iops_sec_max },
		{ "iops_wr_max", t->write_iops_sec_max },
		{ "iops_size", t->size_iops_sec },
		{ "bps_max_length", t->total_bytes_sec_max_length },
		{ "bps_rd_max_length", t->read_bytes_sec_max_length },
		{ "bps_wr_max_length", t->write_bytes_sec_max_length },
		{ "iops_max_length", t->total_iops_sec_max_length },
		{ "iops_rd_max_length", t->read_iops_sec_max_length },
		{ "iops_wr_max_length", t->write_iops_sec_max_length },
	};
	enum { BASIC = 6 }; /* these must be there even when 0 */
	json_t *arguments = json_object();

	for (unsigned i = 0; i < G_N_ELEMENTS(all); i++)
		if (i < BASIC || all[i].value > 0)
			json_object_set_new(arguments, all[i].name,
					    json_integer((json_int_t)all[i].value));
	if (t->group_name)
		json_object_set_new(arguments, "group", json_string(t->group_name));
	return arguments;
}

/* Where QEMU keeps what is read and written for @disk; the caller frees. */
static char *backend_path(const DomainDisk *disk)
{
	const char *alias = disk->info.alias;

	switch (disk->bus) {
	case DISK_BUS_VIRTIO:
		return g_strdup_printf("/machine/peripheral/%s/virtio-backend", alias);
	case DISK_BUS_USB: /* a bridge to a SCSI disk of its own */
		return g_strdup_printf("/machine/peripheral/%s/%s.0/legacy[0]", alias, alias);
	default:
		return g_strdup_printf("/machine/peripheral/%s", alias);
	}
}

bool live_tune_throttle(QemuLive *live, const DomainDisk *disk, GError **error)
{
	g_autofree char *path = backend_path(disk);
	json_t *arguments = throttle(disk);

	json_object_set_new(arguments, "id", json_string(path));
	return live_call(live->guest, "block_set_io_throttle", arguments, NULL, error);
}

static bool tune_tray(QemuLive *live, const DomainDisk *disk, GError **error)
{
	return disk->tray != DISK_TRAY_OPEN ||
	       live_call(live->guest, "blockdev-open-tray",
			 json_pack("{s:s}", "id", disk->info.alias), NULL, error);
}

static bool tune_link(QemuLive *live, const DomainInterface *net, GError **error)
{
	return net->link != LINK_STATE_DOWN ||
	       live_call(live->guest, "set_link",
			 json_pack("{s:s,s:b}", "name", net->info.alias, "up", 0), NULL, error);
}

static bool is_limited(const DomainDisk *disk)
{
	DiskIoTune limits = disk->iotune;
	const DiskIoTune none = { 0 };

	limits.group_name = NULL;
	return memcmp(&limits, &none, sizeof(none)) != 0;
}

bool live_tune_device(QemuLive *live, const DomainDevice *device, GError **error)
{
	if (device->kind == DEVICE_DISK)
		return (!is_limited(device->disk) ||
			live_tune_throttle(live, device->disk, error)) &&
		       tune_tray(live, device->disk, error);
	return device->kind != DEVICE_INTERFACE || tune_link(live, device->interface, error);
}

typedef struct Tuning {
	QemuLive *live;
	GError **error;
} Tuning;

static bool tune_visit(G_GNUC_UNUSED DomainDef *def, const DomainDevice *device, void *data)
{
	const Tuning *tuning = data;

	return live_tune_device(tuning->live, device, tuning->error);
}

static bool tune_devices(QemuLive *live, GError **error)
{
	Tuning tuning = { live, error };

	return domain_def_each_device(live->guest->def, tune_visit, &tuning);
}

static DomainMemballoon *find_balloon(const DomainDef *def)
{
	DomainMemballoon *balloon =
		list_length(def->memballoons) > 0 ? list_get(def->memballoons, 0) : NULL;

	return balloon && balloon->model != MEMBALLOON_NONE ? balloon : NULL;
}

static bool set_period(Guest *guest, const DomainMemballoon *balloon, unsigned seconds,
		       GError **error)
{
	g_autofree char *path = g_strconcat("/machine/peripheral/", balloon->info.alias, NULL);

	return live_call(guest, "qom-set",
			 json_pack("{s:s,s:s,s:i}", "path", path, "property",
				   "guest-stats-polling-interval", "value", (int)seconds),
			 NULL, error);
}

static bool tune_balloon(QemuLive *live, GError **error)
{
	const DomainMemory *memory = &live->guest->def->memory;
	const DomainMemballoon *balloon = find_balloon(live->guest->def);

	if (!balloon)
		return true;
	if (balloon->stats_period > 0 &&
	    !set_period(live->guest, balloon, balloon->stats_period, error))
		return false;
	if (memory->current_kib == 0 || memory->current_kib >= memory->total_kib)
		return true;
	return live_set_memory(live->guest, memory->current_kib, error);
}

bool live_tune(QemuLive *live, GError **error)
{
	const DomainDef *def = live->guest->def;

	/* All threads at once: those with a place of their own get it afterwards. */
	return live_vcpus_start(live, error) && live_pin_emulator(live, def, NULL, error) &&
	       live_tune_vcpus(live, error) && live_tune_iothreads(live, def, error) &&
	       tune_devices(live, error) && tune_balloon(live, error);
}

/* ---- Later */

static bool fail_no_balloon(const Guest *guest, GError **error)
{
	return fail(error, VIR_ERR_OPERATION_INVALID,
		    _("domain '%s' has no memory balloon; its memory cannot change while it runs"),
		    guest->def->name);
}

bool live_set_memory(Guest *guest, uint64_t kib, GError **error)
{
	if (!find_balloon(guest->def))
		return fail_no_balloon(guest, error);
	if (kib == 0 || kib > guest->def->memory.total_kib)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("%" PRIu64
			      " KiB: domain '%s' can have 1 to %" PRIu64 " KiB"),
			    kib, guest->def->name, guest->def->memory.total_kib);
	return live_call(guest, "balloon", json_pack("{s:I}", "value", (json_int_t)(kib * 1024)),
			 NULL, error);
}

bool live_set_memory_stats_period(Guest *guest, int seconds, GError **error)
{
	DomainMemballoon *balloon = find_balloon(guest->def);

	if (!balloon)
		return fail_no_balloon(guest, error);
	if (seconds < 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("%d seconds is no period"), seconds);
	if (!set_period(guest, balloon, (unsigned)seconds, error))
		return false;
	balloon->stats_period = (guint)seconds;
	guest->host->changed(guest);
	return true;
}
