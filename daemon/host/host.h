/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the host is: processors, memory, NUMA cells, firmware's words, read from /proc and /sys when
 * asked. Those files answer at once, so the loop's thread may read them. Engine only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

typedef struct HostTopology {
	unsigned online, present; /* processors; present: highest number + 1 */
	unsigned nodes, sockets, cores, threads; /* sockets: per node */
	unsigned mhz;
} HostTopology;

bool host_topology(HostTopology *ret, GError **error);

/* Numbers of the NUMA cells, ascending; at least cell 0. The caller frees. */
GArray *host_cells(void);

/* A line of /proc/meminfo, or of one cell's with @cell not negative; KiB. False: no such line. */
bool host_meminfo(int cell, const char *name, uint64_t *ret_kib);

/* Time that processor @cpu (-1: all) has spent, in nanoseconds. VIR_ERR_INVALID_ARG: no such. */
typedef struct HostCpuTimes {
	uint64_t kernel, user, idle, iowait;
} HostCpuTimes;
bool host_cpu_times(int cpu, HostCpuTimes *ret, GError **error);

/* Set of online processors, a bit each, lowest first: @ret_length bytes. The caller frees. */
uint8_t *host_cpu_map(gsize *ret_length, unsigned *ret_present, unsigned *ret_online);

/* Free pages of @size_kib in @cell; false when the cell or the size does not exist. */
bool host_free_pages(unsigned cell, unsigned size_kib, uint64_t *ret);

/* <sysinfo type='smbios'>. VIR_ERR_CONFIG_UNSUPPORTED where the firmware says nothing. */
char *host_sysinfo(GError **error);

/* Small files: whole content without the newline at its end, NULL when it cannot be read. */
char *host_read(const char *format, ...) G_GNUC_PRINTF(1, 2);
