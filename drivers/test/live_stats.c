/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures of a guest that does nothing: they follow from the time since its start. */
#include "config.h"

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/test/live_private.h"

/* Each vCPU is busy for a tenth of the time. */
static uint64_t vcpu_time(const Guest *guest)
{
	const TestGuest *own = guest->driver_data;

	return ((uint64_t)g_get_monotonic_time() - own->started_usec) * 100;
}

static uint64_t seconds(const Guest *guest)
{
	return vcpu_time(guest) / 100000000;
}

bool test_info(Guest *guest, GuestInfo *ret, GError **error)
{
	const TestGuest *own = guest->driver_data;

	if (!test_behave(guest, "info", error))
		return false;
	ret->max_memory_kib = guest->def->memory.total_kib;
	ret->memory_kib = own->memory_kib;
	ret->vcpus = domain_def_vcpus_current(guest->def);
	ret->cpu_time_ns = vcpu_time(guest) * ret->vcpus;
	return true;
}

int64_t test_sample(Guest *guest, G_GNUC_UNUSED unsigned groups, G_GNUC_UNUSED uint64_t timeout_usec)
{
	return test_behave(guest, "sample", NULL) ? 0 : G_MAXINT64;
}

static void add_nonsense(StatsSink *sink)
{
	stats_add_int(sink, -2147483647, "state.state");
	stats_add_ullong(sink, UINT64_MAX, "balloon.current");
	stats_add_string(sink, "", "%s", "");
	stats_add_double(sink, -1e300, "cpu.time");
	stats_add_string(sink, "\x01<>&\"'", "block.0.name");
	for (unsigned i = 0; i < 64; i++)
		stats_add_uint(sink, i, "vcpu.%u.%0120u", i, i);
}

static void add_vcpus(const Guest *guest, StatsSink *sink)
{
	unsigned current = domain_def_vcpus_current(guest->def);

	stats_add_uint(sink, current, "vcpu.current");
	stats_add_uint(sink, guest->def->vcpus.count, "vcpu.maximum");
	for (unsigned i = 0; i < current; i++) {
		stats_add_int(sink, VIR_VCPU_RUNNING, "vcpu.%u.state", i);
		stats_add_ullong(sink, vcpu_time(guest), "vcpu.%u.time", i);
	}
}

static void add_blocks(const Guest *guest, StatsSink *sink)
{
	stats_add_uint(sink, list_length(guest->def->disks), "block.count");
	for (unsigned i = 0; i < list_length(guest->def->disks); i++) {
		const DomainDisk *disk = list_get(guest->def->disks, i);

		stats_add_string(sink, disk->target, "block.%u.name", i);
		if (disk->source.path)
			stats_add_string(sink, disk->source.path, "block.%u.path", i);
		stats_add_ullong(sink, seconds(guest), "block.%u.rd.reqs", i);
		stats_add_ullong(sink, seconds(guest) * 512, "block.%u.rd.bytes", i);
		stats_add_ullong(sink, seconds(guest), "block.%u.wr.reqs", i);
		stats_add_ullong(sink, seconds(guest) * 512, "block.%u.wr.bytes", i);
	}
}

static void add_interfaces(const Guest *guest, StatsSink *sink)
{
	stats_add_uint(sink, list_length(guest->def->interfaces), "net.count");
	for (unsigned i = 0; i < list_length(guest->def->interfaces); i++) {
		const DomainInterface *nic = list_get(guest->def->interfaces, i);

		if (!nic->target)
			continue;
		stats_add_string(sink, nic->target, "net.%u.name", i);
		stats_add_ullong(sink, seconds(guest) * 60, "net.%u.rx.bytes", i);
		stats_add_ullong(sink, seconds(guest) * 60, "net.%u.tx.bytes", i);
	}
}

bool test_stats(Guest *guest, unsigned groups, StatsSink *sink, GError **error)
{
	const TestGuest *own = guest->driver_data;

	if (!test_behave(guest, "stats", error))
		return false;
	if (own->nonsense)
		add_nonsense(sink);
	if (groups & VIR_DOMAIN_STATS_STATE) {
		stats_add_int(sink, guest->state, "state.state");
		stats_add_int(sink, guest->reason, "state.reason");
	}
	if (groups & VIR_DOMAIN_STATS_CPU_TOTAL)
		stats_add_ullong(sink, vcpu_time(guest) * domain_def_vcpus_current(guest->def),
				 "cpu.time");
	if (groups & VIR_DOMAIN_STATS_BALLOON) {
		stats_add_ullong(sink, own->memory_kib, "balloon.current");
		stats_add_ullong(sink, guest->def->memory.total_kib, "balloon.maximum");
	}
	if (groups & VIR_DOMAIN_STATS_VCPU)
		add_vcpus(guest, sink);
	if (groups & VIR_DOMAIN_STATS_INTERFACE)
		add_interfaces(guest, sink);
	if (groups & VIR_DOMAIN_STATS_BLOCK)
		add_blocks(guest, sink);
	return true;
}

static const DomainDisk *disk_find(const Guest *guest, const char *name)
{
	for (unsigned i = 0; i < list_length(guest->def->disks); i++) {
		const DomainDisk *disk = list_get(guest->def->disks, i);

		if (g_strcmp0(disk->target, name) == 0 || g_strcmp0(disk->source.path, name) == 0)
			return disk;
	}
	return NULL;
}

bool test_block_stats(Guest *guest, const char *disk, G_GNUC_UNUSED bool sized, BlockStats *ret,
		      GError **error)
{
	int64_t n = (int64_t)seconds(guest);

	if (!test_behave(guest, "block_stats", error))
		return false;
	if (*disk && !disk_find(guest, disk))
		return fail(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no disk '%s'"),
			    guest->def->name, disk);
	*ret = (BlockStats){
		.rd_req = n, .rd_bytes = n * 512, .rd_total_ns = n * 1000,
		.wr_req = n, .wr_bytes = n * 512, .wr_total_ns = n * 1000,
		.flush_req = -1, .flush_total_ns = -1, .errors = -1, .used = -1,
	};
	return true;
}

bool test_interface_stats(Guest *guest, const char *device, InterfaceStats *ret, GError **error)
{
	int64_t n = (int64_t)seconds(guest);

	if (!test_behave(guest, "interface_stats", error))
		return false;
	for (unsigned i = 0; i < list_length(guest->def->interfaces); i++) {
		const DomainInterface *nic = list_get(guest->def->interfaces, i);
		char mac[MAC_TEXT] = "";

		if (nic->mac.set)
			mac_format(&nic->mac, mac);
		if (g_strcmp0(nic->target, device) != 0 && !g_str_equal(mac, device))
			continue;
		*ret = (InterfaceStats){ .rx_bytes = n * 60, .rx_packets = n,
					 .tx_bytes = n * 60, .tx_packets = n };
		return true;
	}
	return fail(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no interface '%s'"),
		    guest->def->name, device);
}

int test_memory_stats(Guest *guest, MemoryStat *ret, unsigned max, GError **error)
{
	const TestGuest *own = guest->driver_data;
	const MemoryStat stats[] = {
		{ VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, own->memory_kib },
		{ VIR_DOMAIN_MEMORY_STAT_AVAILABLE, own->memory_kib },
		{ VIR_DOMAIN_MEMORY_STAT_UNUSED, own->memory_kib / 2 },
	};
	unsigned n = MIN(max, G_N_ELEMENTS(stats));

	if (!test_behave(guest, "memory_stats", error))
		return -1;
	memcpy(ret, stats, n * sizeof(stats[0]));
	return (int)n;
}

GArray *test_vcpu_info(Guest *guest, GError **error)
{
	GArray *list;

	if (!test_behave(guest, "vcpu_info", error))
		return NULL;
	list = g_array_new(FALSE, TRUE, sizeof(VcpuInfo));
	for (unsigned i = 0; i < domain_def_vcpus_current(guest->def); i++) {
		const VcpuInfo vcpu = { .number = i, .state = VIR_VCPU_RUNNING,
					.cpu_time_ns = vcpu_time(guest), .cpu = 0 };

		g_array_append_val(list, vcpu);
	}
	return list;
}
