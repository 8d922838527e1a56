/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last sample of what only QEMU knows. A question about the guest waits for QEMU's answer to a
 * question of its own; while QEMU does not answer, whoever asks gets the sample before, with its age.
 */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/argv/command.h"
#include "drivers/qemu/live/live.h"

static void disk_sample_free(gpointer data)
{
	DiskSample *disk = data;

	g_free(disk->node_name);
	g_free(disk);
}

void live_sample_clear(LiveSample *sample)
{
	g_clear_pointer(&sample->disks, g_hash_table_unref);
	g_clear_pointer(&sample->vcpus, g_array_unref);
	g_clear_pointer(&sample->iothreads, g_array_unref);
	live_dirty_rate_clear(&sample->dirty_rate);
}

/*
 * One question of a sample, within what is left of its time. A QEMU that does not know the question
 * (of dirty rates, before 5.2) has answered it: *@ret is NULL then.
 */
static bool ask(QemuLive *live, const char *command, json_t *arguments, int64_t deadline,
		json_t **ret)
{
	int64_t left = deadline - g_get_monotonic_time();
	g_autoptr(GError) error = NULL;

	if (left <= 0 || !live->qmp || live->gone) {
		json_decref(arguments);
		return false;
	}
	*ret = qmp_call(live->qmp, command, arguments, (uint64_t)left, &error);
	return *ret || error_code(error) == VIR_ERR_OPERATION_UNSUPPORTED;
}

int64_t live_number(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* ---- Disks */

/* Of a disk that the guest has: however many a hypervisor invents, no more are kept. */
static DiskSample *disk_sample(QemuLive *live, const char *node)
{
	g_autofree char *target = node ? qemu_node_target(node) : NULL;
	LiveSample *sample = &live->sample;
	DiskSample *disk;

	if (!target || !domain_def_disk_by_target(live->guest->def, target))
		return NULL;
	if (!sample->disks)
		sample->disks =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, disk_sample_free);
	disk = g_hash_table_lookup(sample->disks, target);
	if (disk)
		return disk;
	disk = g_new0(DiskSample, 1);
	disk->node_name = g_strdup(node);
	disk->stats.used = -1;
	g_hash_table_insert(sample->disks, g_steal_pointer(&target), disk);
	return disk;
}

static void take_block_stats(QemuLive *live, json_t *entry)
{
	const char *node = json_string_value(json_object_get(entry, "node-name"));
	json_t *stats = json_object_get(entry, "stats");
	const char *qdev = json_string_value(json_object_get(entry, "qdev"));
	DiskSample *disk;
	int64_t highest;

	/* Only what is plugged into a device counts the guest's own requests. */
	if (!qdev || !*qdev)
		return;
	disk = disk_sample(live, node);
	if (!disk)
		return;
	disk->counted = true;
	disk->stats.rd_req = live_number(stats, "rd_operations");
	disk->stats.rd_bytes = live_number(stats, "rd_bytes");
	disk->stats.rd_total_ns = live_number(stats, "rd_total_time_ns");
	disk->stats.wr_req = live_number(stats, "wr_operations");
	disk->stats.wr_bytes = live_number(stats, "wr_bytes");
	disk->stats.wr_total_ns = live_number(stats, "wr_total_time_ns");
	disk->stats.flush_req = live_number(stats, "flush_operations");
	disk->stats.flush_total_ns = live_number(stats, "flush_total_time_ns");
	disk->stats.errors = -1;
	/* How far the file below the format has been written. */
	highest = live_number(json_object_get(json_object_get(entry, "parent"), "stats"),
			 "wr_highest_offset");
	if (highest < 0)
		highest = live_number(stats, "wr_highest_offset");
	if (highest >= 0)
		disk->stats.highest = (uint64_t)highest;
}

static bool sample_counters(QemuLive *live, int64_t deadline)
{
	json_t *reply, *entry;
	size_t index;

	if (list_length(live->guest->def->disks) == 0)
		return true;
	if (!ask(live, "query-blockstats", NULL, deadline, &reply))
		return false;
	json_array_foreach(reply, index, entry) take_block_stats(live, entry);
	json_decref(reply);
	return true;
}

/* "vda.0" tells the capacity, "vda.0.file" the size of its file or device. */
static void take_image(QemuLive *live, json_t *entry)
{
	const char *node = json_string_value(json_object_get(entry, "node-name"));
	const char *driver = json_string_value(json_object_get(entry, "drv"));
	json_t *image = json_object_get(entry, "image");
	int64_t size = live_number(image, "virtual-size");
	g_autofree char *target = node ? qemu_node_target(node) : NULL;
	g_autofree char *top = target ? qemu_node_name(target, 0) : NULL;
	g_autofree char *file = top ? g_strconcat(top, ".file", NULL) : NULL;
	DiskSample *disk;

	if (!top || size < 0)
		return;
	if (strcmp(node, top) != 0 && strcmp(node, file) != 0)
		return;
	disk = disk_sample(live, top);
	if (!disk)
		return;
	if (strcmp(node, top) == 0) {
		disk->stats.capacity = (uint64_t)size;
		disk->sized = true;
		return;
	}
	disk->stats.length = (uint64_t)size;
	disk->stats.used = g_strcmp0(driver, "file") == 0 ? live_number(image, "actual-size") : -1;
}

static bool sample_sizes(QemuLive *live, int64_t deadline)
{
	json_t *reply, *entry;
	size_t index;

	if (list_length(live->guest->def->disks) == 0)
		return true;
	if (!ask(live, "query-named-block-nodes", json_pack("{s:b}", "flat", true), deadline,
		 &reply))
		return false;
	json_array_foreach(reply, index, entry) take_image(live, entry);
	json_decref(reply);
	return true;
}

/* ---- Balloon */

static const DomainMemballoon *find_balloon(const DomainDef *def)
{
	const DomainMemballoon *balloon =
		list_length(def->memballoons) > 0 ? list_get(def->memballoons, 0) : NULL;

	return balloon && balloon->model != MEMBALLOON_NONE ? balloon : NULL;
}

static const struct {
	const char *name;
	int tag;
	unsigned divisor; /* to KiB where the tag is in KiB */
} balloon_words[] = {
	{ "stat-swap-in", VIR_DOMAIN_MEMORY_STAT_SWAP_IN, 1024 },
	{ "stat-swap-out", VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, 1024 },
	{ "stat-major-faults", VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, 1 },
	{ "stat-minor-faults", VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, 1 },
	{ "stat-free-memory", VIR_DOMAIN_MEMORY_STAT_UNUSED, 1024 },
	{ "stat-total-memory", VIR_DOMAIN_MEMORY_STAT_AVAILABLE, 1024 },
	{ "stat-available-memory", VIR_DOMAIN_MEMORY_STAT_USABLE, 1024 },
	{ "stat-disk-caches", VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, 1024 },
	{ "stat-htlb-pgalloc", VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, 1 },
	{ "stat-htlb-pgfail", VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, 1 },
};

static void take_balloon_stats(LiveSample *sample, json_t *reply)
{
	json_t *stats = json_object_get(reply, "stats");
	int64_t update = live_number(reply, "last-update");

	sample->balloon_known = 0;
	for (unsigned i = 0; i < G_N_ELEMENTS(balloon_words); i++) {
		int64_t value = live_number(stats, balloon_words[i].name);

		if (value < 0) /* QEMU says -1 for what the guest did not tell */
			continue;
		sample->balloon_stats[balloon_words[i].tag] =
			(uint64_t)value / balloon_words[i].divisor;
		sample->balloon_known |= UINT64_C(1) << balloon_words[i].tag;
	}
	if (update <= 0)
		return;
	sample->balloon_stats[VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE] = (uint64_t)update;
	sample->balloon_known |= UINT64_C(1) << VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE;
}

static bool sample_balloon(QemuLive *live, int64_t deadline)
{
	const DomainMemballoon *balloon = find_balloon(live->guest->def);
	g_autofree char *path = NULL;
	json_t *reply;

	if (!balloon || !balloon->info.alias)
		return true;
	if (!ask(live, "query-balloon", NULL, deadline, &reply))
		return false;
	live->sample.balloon_kib = (uint64_t)MAX(live_number(reply, "actual"), 0) / 1024;
	json_decref(reply);
	if (balloon->stats_period == 0)
		return true;
	path = g_strconcat("/machine/peripheral/", balloon->info.alias, NULL);
	if (!ask(live, "qom-get", json_pack("{s:s,s:s}", "path", path, "property", "guest-stats"),
		 deadline, &reply))
		return false;
	take_balloon_stats(&live->sample, reply);
	json_decref(reply);
	return true;
}

/* ---- Threads */

bool live_sample_vcpus(QemuLive *live, uint64_t timeout_usec, GError **error)
{
	json_t *reply, *entry;
	size_t index;

	if (live->sample.vcpus)
		return true;
	if (!live->qmp || live->gone)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
			    live->guest->def->name);
	reply = qmp_call(live->qmp, "query-cpus-fast", NULL, timeout_usec, error);
	if (!reply)
		return false;
	/* Somebody else may have asked meanwhile. */
	g_clear_pointer(&live->sample.vcpus, g_array_unref);
	live->sample.vcpus = g_array_new(FALSE, TRUE, sizeof(VcpuInfo));
	json_array_foreach(reply, index, entry)
	{
		int64_t thread = live_number(entry, "thread-id");
		VcpuInfo vcpu = {
			.number = (unsigned)CLAMP(live_number(entry, "cpu-index"), 0, CPUSET_MAX),
			.state = VIR_VCPU_RUNNING,
			.cpu = -1,
			.thread = thread > 0 && thread <= G_MAXINT ? (pid_t)thread : 0,
		};

		if (index < CPUSET_MAX)
			g_array_append_val(live->sample.vcpus, vcpu);
	}
	json_decref(reply);
	return true;
}

static bool sample_iothreads(QemuLive *live, int64_t deadline)
{
	json_t *reply, *entry;
	size_t index;

	if (live->sample.iothreads || live->guest->def->iothread_count == 0)
		return true;
	if (!ask(live, "query-iothreads", NULL, deadline, &reply))
		return false;
	live->sample.iothreads = g_array_new(FALSE, TRUE, sizeof(IothreadSample));
	json_array_foreach(reply, index, entry)
	{
		const char *id = json_string_value(json_object_get(entry, "id"));
		IothreadSample io = {
			.thread = (pid_t)CLAMP(live_number(entry, "thread-id"), 0, G_MAXINT),
			.poll_max_ns = (uint64_t)MAX(live_number(entry, "poll-max-ns"), 0),
			.poll_grow = (uint64_t)MAX(live_number(entry, "poll-grow"), 0),
			.poll_shrink = (uint64_t)MAX(live_number(entry, "poll-shrink"), 0),
		};

		if (id && sscanf(id, "iothread%u", &io.id) == 1)
			g_array_append_val(live->sample.iothreads, io);
	}
	json_decref(reply);
	return true;
}

/* ---- Memory that changes */

static bool sample_dirty_rate(QemuLive *live, int64_t deadline)
{
	json_t *reply;

	if (!ask(live, "query-dirty-rate", NULL, deadline, &reply))
		return false;
	live_dirty_rate_take(&live->sample.dirty_rate, reply);
	json_decref(reply);
	return true;
}

/* ---- The whole */

static bool sample_vcpus(QemuLive *live, int64_t deadline)
{
	int64_t left = deadline - g_get_monotonic_time();

	return live->sample.vcpus || (left > 0 && live_sample_vcpus(live, (uint64_t)left, NULL));
}

static const struct {
	unsigned groups;
	bool (*ask)(QemuLive *live, int64_t deadline);
} parts[SAMPLE_PARTS] = {
	[SAMPLE_VCPUS] = { VIR_DOMAIN_STATS_VCPU, sample_vcpus },
	[SAMPLE_COUNTERS] = { VIR_DOMAIN_STATS_BLOCK, sample_counters },
	[SAMPLE_SIZES] = { VIR_DOMAIN_STATS_BLOCK, sample_sizes },
	[SAMPLE_BALLOON] = { VIR_DOMAIN_STATS_BALLOON, sample_balloon },
	[SAMPLE_IOTHREADS] = { VIR_DOMAIN_STATS_IOTHREAD, sample_iothreads },
	[SAMPLE_DIRTY_RATE] = { VIR_DOMAIN_STATS_DIRTYRATE, sample_dirty_rate },
};

/* Waits until nobody else is asking; false when the time is over or the guest has ended. */
static bool turn_wait(Guest *guest, int64_t deadline)
{
	QemuLive *live;

	for (live = live_of(guest); live && live->sampling; live = live_of(guest)) {
		int64_t left = deadline - g_get_monotonic_time();

		if (left <= 0 || !fiber_queue_wait(&live->samplers, "a sample of the hypervisor",
						   (uint64_t)left, NULL))
			return false;
	}
	return live && live->qmp && !live->gone;
}

/* Asks for the parts that were not asked for since @asked. */
static void sample_parts(Guest *guest, unsigned groups, int64_t asked, int64_t deadline)
{
	QemuLive *live = live_of(guest);

	live->sampling = true;
	for (unsigned i = 0; i < SAMPLE_PARTS; i++) {
		int64_t now = g_get_monotonic_time();
		bool answered;

		if (!(parts[i].groups & groups) || live->sample.taken[i] >= asked)
			continue;
		answered = parts[i].ask(live, deadline);
		live = live_of(guest);
		if (!live)
			return;
		if (answered)
			live->sample.taken[i] = now;
	}
	live->sampling = false;
	fiber_queue_wake_all(&live->samplers);
}

/* Of the oldest part that @groups need. */
static int64_t sample_age(const QemuLive *live, unsigned groups)
{
	int64_t oldest = g_get_monotonic_time(), now = oldest;

	for (unsigned i = 0; live && i < SAMPLE_PARTS; i++)
		if (parts[i].groups & groups)
			oldest = MIN(oldest, live->sample.taken[i]);
	return live && oldest > 0 ? now - oldest : G_MAXINT64;
}

int64_t live_sample(Guest *guest, unsigned groups, uint64_t timeout_usec)
{
	QemuLive *live = live_of(guest);
	int64_t asked = g_get_monotonic_time();
	int64_t silent = live && live->qmp ? qmp_silent_ms(live->qmp) * 1000 : 0;
	int64_t deadline = asked + (int64_t)timeout_usec - silent;

	if (deadline > asked && turn_wait(guest, deadline))
		sample_parts(guest, groups, asked, deadline);
	return sample_age(live_of(guest), groups);
}
