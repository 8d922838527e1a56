/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of a guest: from the kernel at once, from QEMU by the last sample. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/live/live.h"

/* ---- Parts */

static uint64_t memory_now_kib(const QemuLive *live)
{
	const DomainMemory *memory = &live->guest->def->memory;

	if (live->sample.balloon_kib > 0)
		return live->sample.balloon_kib;
	return memory->current_kib > 0 ? memory->current_kib : memory->total_kib;
}

static unsigned vcpus_online(const QemuLive *live)
{
	if (live->sample.vcpus)
		return live->sample.vcpus->len;
	return domain_def_vcpus_current(live->guest->def);
}

static bool not_running(const Guest *guest, GError **error)
{
	return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
		    guest->def->name);
}

bool live_info(Guest *guest, GuestInfo *ret, GError **error)
{
	QemuLive *live = live_of(guest);
	ProcTimes times = { 0 };

	if (!live)
		return not_running(guest, error);
	proc_times(live->pid, 0, &times);
	*ret = (GuestInfo){ .max_memory_kib = guest->def->memory.total_kib,
			    .memory_kib = memory_now_kib(live),
			    .vcpus = vcpus_online(live),
			    .cpu_time_ns = times.user_ns + times.system_ns };
	return true;
}

static void add_state(QemuLive *live, StatsSink *sink)
{
	stats_add_int(sink, live->guest->state, "state.state");
	stats_add_int(sink, live->guest->reason, "state.reason");
}

static void add_cpu(QemuLive *live, StatsSink *sink)
{
	ProcTimes times;

	if (!proc_times(live->pid, 0, &times))
		return;
	stats_add_ullong(sink, times.user_ns + times.system_ns, "cpu.time");
	stats_add_ullong(sink, times.user_ns, "cpu.user");
	stats_add_ullong(sink, times.system_ns, "cpu.system");
}

static const struct {
	int tag;
	const char *name;
} balloon_names[] = {
	{ VIR_DOMAIN_MEMORY_STAT_SWAP_IN, "swap_in" },
	{ VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, "swap_out" },
	{ VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, "major_fault" },
	{ VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, "minor_fault" },
	{ VIR_DOMAIN_MEMORY_STAT_UNUSED, "unused" },
	{ VIR_DOMAIN_MEMORY_STAT_AVAILABLE, "available" },
	{ VIR_DOMAIN_MEMORY_STAT_USABLE, "usable" },
	{ VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE, "last-update" },
	{ VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, "disk_caches" },
	{ VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, "hugetlb_pgalloc" },
	{ VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, "hugetlb_pgfail" },
};

static bool balloon_knows(const QemuLive *live, int tag)
{
	return live->sample.balloon_known & (UINT64_C(1) << tag);
}

static void add_balloon(QemuLive *live, StatsSink *sink)
{
	stats_add_ullong(sink, memory_now_kib(live), "balloon.current");
	stats_add_ullong(sink, live->guest->def->memory.total_kib, "balloon.maximum");
	for (unsigned i = 0; i < G_N_ELEMENTS(balloon_names); i++)
		if (balloon_knows(live, balloon_names[i].tag))
			stats_add_ullong(sink, live->sample.balloon_stats[balloon_names[i].tag],
					 "balloon.%s", balloon_names[i].name);
	stats_add_ullong(sink, proc_rss_kib(live->pid), "balloon.rss");
}

static void add_vcpus(QemuLive *live, StatsSink *sink)
{
	const GArray *vcpus = live->sample.vcpus;

	stats_add_uint(sink, vcpus_online(live), "vcpu.current");
	stats_add_uint(sink, live->guest->def->vcpus.count, "vcpu.maximum");
	for (guint i = 0; vcpus && i < vcpus->len; i++) {
		const VcpuInfo *vcpu = &g_array_index(vcpus, VcpuInfo, i);
		ProcTimes times;

		stats_add_int(sink, vcpu->state, "vcpu.%u.state", vcpu->number);
		/* TCG may run all vCPUs on one thread or on several; the kernel knows threads. */
		if (vcpu->thread <= 0 || !proc_times(live->pid, vcpu->thread, &times))
			continue;
		stats_add_ullong(sink, times.user_ns + times.system_ns, "vcpu.%u.time",
				 vcpu->number);
		stats_add_ullong(sink, times.run_delay_ns, "vcpu.%u.delay", vcpu->number);
	}
}

/* ---- Network */

static bool is_tap(const DomainInterface *net)
{
	return net->target && !strchr(net->target, '/') &&
	       (net->type == INTERFACE_BRIDGE || net->type == INTERFACE_NETWORK ||
		net->type == INTERFACE_ETHERNET || net->type == INTERFACE_DIRECT);
}

/* What the host receives from a tap is what the guest sent; of macvtap it is the other way round. */
static bool read_counters(const DomainInterface *net, InterfaceStats *ret)
{
	InterfaceStats host;

	if (!live_net_counters(net->target, &host))
		return false;
	*ret = host;
	if (net->type == INTERFACE_DIRECT)
		return true;
	*ret = (InterfaceStats){
		.rx_bytes = host.tx_bytes,
		.rx_packets = host.tx_packets,
		.rx_errs = host.tx_errs,
		.rx_drop = host.tx_drop,
		.tx_bytes = host.rx_bytes,
		.tx_packets = host.rx_packets,
		.tx_errs = host.rx_errs,
		.tx_drop = host.rx_drop,
	};
	return true;
}

static void add_interface(StatsSink *sink, unsigned i, const DomainInterface *net)
{
	InterfaceStats s;

	if (net->target)
		stats_add_string(sink, net->target, "net.%u.name", i);
	if (!is_tap(net) || !read_counters(net, &s))
		return;
	stats_add_ullong(sink, (uint64_t)s.rx_bytes, "net.%u.rx.bytes", i);
	stats_add_ullong(sink, (uint64_t)s.rx_packets, "net.%u.rx.pkts", i);
	stats_add_ullong(sink, (uint64_t)s.rx_errs, "net.%u.rx.errs", i);
	stats_add_ullong(sink, (uint64_t)s.rx_drop, "net.%u.rx.drop", i);
	stats_add_ullong(sink, (uint64_t)s.tx_bytes, "net.%u.tx.bytes", i);
	stats_add_ullong(sink, (uint64_t)s.tx_packets, "net.%u.tx.pkts", i);
	stats_add_ullong(sink, (uint64_t)s.tx_errs, "net.%u.tx.errs", i);
	stats_add_ullong(sink, (uint64_t)s.tx_drop, "net.%u.tx.drop", i);
}

static void add_interfaces(QemuLive *live, StatsSink *sink)
{
	const GPtrArray *nets = live->guest->def->interfaces;

	stats_add_uint(sink, list_length(nets), "net.count");
	for (guint i = 0; i < list_length(nets); i++)
		add_interface(sink, i, list_get(nets, i));
}

bool live_interface_stats(Guest *guest, const char *device, InterfaceStats *ret, GError **error)
{
	for (guint i = 0; i < list_length(guest->def->interfaces); i++) {
		const DomainInterface *net = list_get(guest->def->interfaces, i);
		char mac[MAC_TEXT];

		mac_format(&net->mac, mac);
		if (g_strcmp0(net->target, device) != 0 && g_ascii_strcasecmp(mac, device) != 0)
			continue;
		if (is_tap(net) && read_counters(net, ret))
			return true;
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("interface '%s' of type '%s' is not counted on the host"), device,
			    interface_type_name(net->type));
	}
	return fail(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no interface '%s'"),
		    guest->def->name, device);
}

/* ---- Disks */

static void add_counter(StatsSink *sink, int64_t value, unsigned i, const char *name)
{
	if (value >= 0)
		stats_add_ullong(sink, (uint64_t)value, "block.%u.%s", i, name);
}

static void add_disk(QemuLive *live, StatsSink *sink, unsigned i, const DomainDisk *disk)
{
	const DiskSample *sample =
		live->sample.disks ? g_hash_table_lookup(live->sample.disks, disk->target) : NULL;

	stats_add_string(sink, disk->target, "block.%u.name", i);
	if (disk->source.path)
		stats_add_string(sink, disk->source.path, "block.%u.path", i);
	if (disk->source.index > 0)
		stats_add_uint(sink, disk->source.index, "block.%u.backingIndex", i);
	if (!sample || !sample->counted)
		return;
	add_counter(sink, sample->stats.rd_req, i, "rd.reqs");
	add_counter(sink, sample->stats.rd_bytes, i, "rd.bytes");
	add_counter(sink, sample->stats.rd_total_ns, i, "rd.times");
	add_counter(sink, sample->stats.wr_req, i, "wr.reqs");
	add_counter(sink, sample->stats.wr_bytes, i, "wr.bytes");
	add_counter(sink, sample->stats.wr_total_ns, i, "wr.times");
	add_counter(sink, sample->stats.flush_req, i, "fl.reqs");
	add_counter(sink, sample->stats.flush_total_ns, i, "fl.times");
	if (!sample->sized)
		return;
	stats_add_ullong(sink, sample->stats.highest, "block.%u.allocation", i);
	stats_add_ullong(sink, sample->stats.capacity, "block.%u.capacity", i);
	stats_add_ullong(sink,
			 sample->stats.used >= 0 ? (uint64_t)sample->stats.used : sample->stats.length,
			 "block.%u.physical", i);
}

static void add_blocks(QemuLive *live, StatsSink *sink)
{
	const GPtrArray *disks = live->guest->def->disks;

	stats_add_uint(sink, list_length(disks), "block.count");
	for (guint i = 0; i < list_length(disks); i++)
		add_disk(live, sink, i, list_get(disks, i));
}

static void block_stats_sum(BlockStats *ret, const BlockStats *disk)
{
	ret->rd_req += MAX(disk->rd_req, 0);
	ret->rd_bytes += MAX(disk->rd_bytes, 0);
	ret->rd_total_ns += MAX(disk->rd_total_ns, 0);
	ret->wr_req += MAX(disk->wr_req, 0);
	ret->wr_bytes += MAX(disk->wr_bytes, 0);
	ret->wr_total_ns += MAX(disk->wr_total_ns, 0);
	ret->flush_req += MAX(disk->flush_req, 0);
	ret->flush_total_ns += MAX(disk->flush_total_ns, 0);
	ret->highest += disk->highest;
	ret->capacity += disk->capacity;
	ret->length += disk->length;
	ret->used = disk->used;
}

/* It answers no more, and what ended it is not told yet. */
static bool is_ending(const QemuLive *live)
{
	return live->gone || live->end != LIVE_END_NONE || !live->qmp || qmp_is_closed(live->qmp);
}

/* What is known of @disk: counters, and with @sized its sizes too; NULL when that was never told. */
static const DiskSample *disk_known(const QemuLive *live, const DomainDisk *disk, bool sized)
{
	const DiskSample *sample =
		live->sample.disks ? g_hash_table_lookup(live->sample.disks, disk->target) : NULL;

	return sample && sample->counted && (sample->sized || !sized) ? sample : NULL;
}

/* A drive without a medium has had no requests, and has no size; of all else it is an error. */
static bool disk_may_be_unknown(const QemuLive *live, const DomainDisk *disk, bool sized,
				GError **error)
{
	const char *name = live->guest->def->name;

	if (storage_source_is_empty(&disk->source))
		return !sized || fail(error, VIR_ERR_INVALID_ARG,
				      _("disk '%s' of domain '%s' has no medium"), disk->target,
				      name);
	if (is_ending(live))
		return not_running(live->guest, error);
	return fail(error, VIR_ERR_OPERATION_TIMEOUT,
		    _("the hypervisor of domain '%s' has told nothing about disk '%s' yet"), name,
		    disk->target);
}

/* A disk by its target or its source; all of them summed up for "". */
bool live_block_stats(Guest *guest, const char *name, bool sized, BlockStats *ret, GError **error)
{
	QemuLive *live = live_of(guest);
	bool all = !*name, found = false;

	if (!live)
		return not_running(guest, error);
	*ret = (BlockStats){ .errors = -1 };
	for (guint i = 0; i < list_length(guest->def->disks); i++) {
		const DomainDisk *disk = list_get(guest->def->disks, i);
		const DiskSample *sample;

		if (!all && g_strcmp0(disk->target, name) != 0 &&
		    g_strcmp0(disk->source.path, name) != 0)
			continue;
		found = true;
		sample = disk_known(live, disk, sized);
		if (sample)
			block_stats_sum(ret, &sample->stats);
		else if (!disk_may_be_unknown(live, disk, sized && !all, error))
			return false;
	}
	if (found || all)
		return true;
	return fail(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no disk '%s'"), guest->def->name,
		    name);
}

/* ---- The rest */

static void add_iothreads(QemuLive *live, StatsSink *sink)
{
	const GArray *iothreads = live->sample.iothreads;

	if (live->guest->def->iothread_count == 0)
		return;
	stats_add_uint(sink, live->guest->def->iothread_count, "iothread.count");
	for (guint i = 0; iothreads && i < iothreads->len; i++) {
		const IothreadSample *io = &g_array_index(iothreads, IothreadSample, i);

		stats_add_ullong(sink, io->poll_max_ns, "iothread.%u.poll-max-ns", io->id);
		stats_add_uint(sink, (unsigned)io->poll_grow, "iothread.%u.poll-grow", io->id);
		stats_add_uint(sink, (unsigned)io->poll_shrink, "iothread.%u.poll-shrink", io->id);
	}
}

static void add_dirty_rate(QemuLive *live, StatsSink *sink)
{
	live_dirty_rate_add(&live->sample.dirty_rate, sink);
}

static const struct {
	unsigned group;
	void (*add)(QemuLive *live, StatsSink *sink);
} groups_table[] = {
	{ VIR_DOMAIN_STATS_STATE, add_state },          { VIR_DOMAIN_STATS_CPU_TOTAL, add_cpu },
	{ VIR_DOMAIN_STATS_BALLOON, add_balloon },      { VIR_DOMAIN_STATS_VCPU, add_vcpus },
	{ VIR_DOMAIN_STATS_INTERFACE, add_interfaces }, { VIR_DOMAIN_STATS_BLOCK, add_blocks },
	{ VIR_DOMAIN_STATS_IOTHREAD, add_iothreads },   { VIR_DOMAIN_STATS_DIRTYRATE, add_dirty_rate },
};

bool live_stats(Guest *guest, unsigned groups, StatsSink *sink, GError **error)
{
	QemuLive *live = live_of(guest);

	if (!live)
		return not_running(guest, error);
	for (unsigned i = 0; i < G_N_ELEMENTS(groups_table); i++)
		if (groups & groups_table[i].group)
			groups_table[i].add(live, sink);
	return true;
}

int live_memory_stats(Guest *guest, MemoryStat *ret, unsigned max, GError **error)
{
	QemuLive *live = live_of(guest);
	unsigned n = 0;

	if (!live)
		return not_running(guest, error), -1;
	if (n < max)
		ret[n++] =
			(MemoryStat){ VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, memory_now_kib(live) };
	for (unsigned i = 0; i < G_N_ELEMENTS(balloon_names) && n < max; i++)
		if (balloon_knows(live, balloon_names[i].tag))
			ret[n++] = (MemoryStat){ balloon_names[i].tag,
						 live->sample.balloon_stats[balloon_names[i].tag] };
	if (n < max)
		ret[n++] = (MemoryStat){ VIR_DOMAIN_MEMORY_STAT_RSS, proc_rss_kib(live->pid) };
	return (int)n;
}

GArray *live_vcpu_info(Guest *guest, GError **error)
{
	QemuLive *live = live_of(guest);
	GArray *info;

	if (!live)
		return not_running(guest, error), NULL;
	if (!live_sample_vcpus(live, G_USEC_PER_SEC, error))
		return NULL;
	info = g_array_copy(live->sample.vcpus);
	for (guint i = 0; i < info->len; i++) {
		VcpuInfo *vcpu = &g_array_index(info, VcpuInfo, i);
		ProcTimes times;

		if (vcpu->thread <= 0 || !proc_times(live->pid, vcpu->thread, &times))
			continue;
		vcpu->cpu_time_ns = times.user_ns + times.system_ns;
		vcpu->cpu = times.cpu;
	}
	return info;
}
