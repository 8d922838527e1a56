/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/types.h"
#include "daemon/host/host.h"

#define CPU_DIR "/sys/devices/system/cpu"
#define NODE_DIR "/sys/devices/system/node"

char *host_read(const char *format, ...)
{
	g_autofree char *path = NULL;
	char *text = NULL;
	va_list args;

	va_start(args, format);
	path = g_strdup_vprintf(format, args);
	va_end(args);
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return NULL;
	return g_strchomp(text);
}

/* "0-3,8" as of sysfs; an empty file is NULL. */
static Cpuset *read_set(const char *path)
{
	g_autofree char *text = host_read("%s", path);

	return text && *text ? cpuset_parse(text) : NULL;
}

GArray *host_cells(void)
{
	g_autoptr(Cpuset) online = read_set(NODE_DIR "/online");
	GArray *cells = g_array_new(FALSE, FALSE, sizeof(unsigned));

	for (int i = 0; online && i <= cpuset_last(online); i++)
		if (cpuset_has(online, (guint)i))
			g_array_append_val(cells, i);
	if (cells->len == 0) {
		unsigned zero = 0;

		g_array_append_val(cells, zero);
	}
	return cells;
}

bool host_meminfo(int cell, const char *name, uint64_t *ret_kib)
{
	g_autofree char *text = cell < 0 ? host_read("/proc/meminfo") :
					   host_read(NODE_DIR "/node%d/meminfo", cell);
	g_autofree char *wanted = g_strconcat(name, ":", NULL);
	const char *found;

	/* One without NUMA has no files of cells: cell 0 is all there is. */
	if (!text && cell == 0)
		return host_meminfo(-1, name, ret_kib);
	found = text ? strstr(text, wanted) : NULL;
	if (!found)
		return false;
	*ret_kib = g_ascii_strtoull(found + strlen(wanted), NULL, 10);
	return true;
}

static unsigned cpu_mhz(void)
{
	g_autofree char *text = host_read("/proc/cpuinfo");
	const char *found = text ? strstr(text, "cpu MHz") : NULL;

	found = found ? strchr(found, ':') : NULL;
	return found ? (unsigned)g_ascii_strtod(found + 1, NULL) : 0;
}

/* A number of one processor's topology; what the kernel does not tell counts as the first. */
static int topology_number(int cpu, const char *name)
{
	g_autofree char *text = host_read(CPU_DIR "/cpu%d/topology/%s", cpu, name);

	return text ? MAX(atoi(text), 0) : 0;
}

/* Distinct sockets, most cores in one socket, most threads in one core. */
static void topology_count(const Cpuset *online, HostTopology *ret)
{
	g_autoptr(GHashTable) sockets = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) cores = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) in_socket = g_hash_table_new(NULL, NULL);

	for (int cpu = 0; cpu <= cpuset_last(online); cpu++) {
		int socket, core;
		gpointer key, socket_key;
		unsigned threads, count;

		if (!cpuset_has(online, (guint)cpu))
			continue;
		socket = topology_number(cpu, "physical_package_id");
		core = topology_number(cpu, "core_id");
		socket_key = GINT_TO_POINTER(socket + 1);
		key = GSIZE_TO_POINTER((gsize)socket << 20 | (gsize)core | (gsize)1 << 40);
		g_hash_table_add(sockets, socket_key);
		threads = GPOINTER_TO_UINT(g_hash_table_lookup(cores, key)) + 1;
		g_hash_table_insert(cores, key, GUINT_TO_POINTER(threads));
		ret->threads = MAX(ret->threads, threads);
		if (threads > 1)
			continue;
		count = GPOINTER_TO_UINT(g_hash_table_lookup(in_socket, socket_key)) + 1;
		g_hash_table_insert(in_socket, socket_key, GUINT_TO_POINTER(count));
		ret->cores = MAX(ret->cores, count);
	}
	ret->sockets = MAX(g_hash_table_size(sockets), 1);
}

bool host_topology(HostTopology *ret, GError **error)
{
	g_autoptr(Cpuset) online = read_set(CPU_DIR "/online");
	g_autoptr(Cpuset) present = read_set(CPU_DIR "/present");
	g_autoptr(GArray) cells = host_cells();

	*ret = (HostTopology){ .nodes = cells->len, .mhz = cpu_mhz() };
	if (!online)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("cannot read the list of processors in '%s'"), CPU_DIR "/online");
	ret->online = cpuset_count(online);
	ret->present = (unsigned)cpuset_last(present ? present : online) + 1;
	topology_count(online, ret);
	/* Clients multiply nodes, sockets, cores, threads: say the truth in a form that fits. */
	if (ret->sockets % ret->nodes == 0)
		ret->sockets /= ret->nodes;
	if (ret->nodes * ret->sockets * ret->cores * ret->threads < ret->online) {
		ret->nodes = ret->sockets = ret->threads = 1;
		ret->cores = ret->online;
	}
	return true;
}

bool host_cpu_times(int cpu, HostCpuTimes *ret, GError **error)
{
	g_autofree char *text = host_read("/proc/stat");
	g_autofree char *wanted = cpu < 0 ? g_strdup("cpu ") : g_strdup_printf("cpu%d ", cpu);
	const char *line = text ? g_strstr_len(text, -1, wanted) : NULL;
	uint64_t tick = G_GUINT64_CONSTANT(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t n[7] = { 0 }; /* user nice system idle iowait irq softirq */

	if (!line)
		return fail(error, VIR_ERR_INVALID_ARG, _("the host has no processor %d"), cpu);
	line += strlen(wanted);
	for (unsigned i = 0; i < G_N_ELEMENTS(n); i++)
		n[i] = g_ascii_strtoull(line, (char **)&line, 10) * tick;
	ret->user = n[0] + n[1];
	ret->kernel = n[2] + n[5] + n[6];
	ret->idle = n[3];
	ret->iowait = n[4];
	return true;
}

uint8_t *host_cpu_map(gsize *ret_length, unsigned *ret_present, unsigned *ret_online)
{
	g_autoptr(Cpuset) online = read_set(CPU_DIR "/online");
	g_autoptr(Cpuset) present = read_set(CPU_DIR "/present");
	unsigned count = present ? (unsigned)cpuset_last(present) + 1 : 1;
	gsize length = (count + 7) / 8;
	uint8_t *map = g_malloc0(length);

	for (unsigned i = 0; i < count; i++)
		if (online ? cpuset_has(online, i) : i == 0)
			map[i / 8] |= (uint8_t)(1 << (i % 8));
	*ret_length = length;
	*ret_present = count;
	*ret_online = online ? cpuset_count(online) : 1;
	return map;
}

bool host_free_pages(unsigned cell, unsigned size_kib, uint64_t *ret)
{
	g_autofree char *text = NULL;
	uint64_t kib = 0;

	if (size_kib == (unsigned)(sysconf(_SC_PAGESIZE) / 1024)) {
		if (!host_meminfo((int)cell, "MemFree", &kib))
			return false;
		*ret = kib / size_kib;
		return true;
	}
	text = host_read(NODE_DIR "/node%u/hugepages/hugepages-%ukB/free_hugepages", cell,
			 size_kib);
	if (!text && cell == 0)
		text = host_read("/sys/kernel/mm/hugepages/hugepages-%ukB/free_hugepages",
				 size_kib);
	if (!text)
		return false;
	*ret = g_ascii_strtoull(text, NULL, 10);
	return true;
}

typedef struct SysinfoEntry {
	const char *block, *name, *file;
} SysinfoEntry;

static const SysinfoEntry sysinfo_entries[] = {
	{ "bios", "vendor", "bios_vendor" },
	{ "bios", "version", "bios_version" },
	{ "bios", "date", "bios_date" },
	{ "bios", "release", "bios_release" },
	{ "system", "manufacturer", "sys_vendor" },
	{ "system", "product", "product_name" },
	{ "system", "version", "product_version" },
	{ "system", "serial", "product_serial" },
	{ "system", "uuid", "product_uuid" },
	{ "system", "sku", "product_sku" },
	{ "system", "family", "product_family" },
	{ "baseBoard", "manufacturer", "board_vendor" },
	{ "baseBoard", "product", "board_name" },
	{ "baseBoard", "version", "board_version" },
	{ "baseBoard", "serial", "board_serial" },
	{ "baseBoard", "asset", "board_asset_tag" },
	{ "chassis", "manufacturer", "chassis_vendor" },
	{ "chassis", "version", "chassis_version" },
	{ "chassis", "serial", "chassis_serial" },
	{ "chassis", "asset", "chassis_asset_tag" },
};

char *host_sysinfo(GError **error)
{
	g_autoptr(GString) xml = g_string_new("<sysinfo type='smbios'>\n");
	const char *block = NULL;

	for (unsigned i = 0; i < G_N_ELEMENTS(sysinfo_entries); i++) {
		const SysinfoEntry *entry = &sysinfo_entries[i];
		g_autofree char *text = host_read("/sys/class/dmi/id/%s", entry->file);
		g_autofree char *line = NULL;

		if (!text || !*g_strstrip(text))
			continue;
		if (g_strcmp0(block, entry->block) != 0) {
			if (block)
				g_string_append_printf(xml, "  </%s>\n", block);
			block = entry->block;
			g_string_append_printf(xml, "  <%s>\n", block);
		}
		line = g_markup_printf_escaped("    <entry name='%s'>%s</entry>\n", entry->name,
					       text);
		g_string_append(xml, line);
	}
	if (!block)
		return fail_null(error, VIR_ERR_CONFIG_UNSUPPORTED,
				 _("the host's firmware gives no SMBIOS information in "
				   "/sys/class/dmi/id"));
	g_string_append_printf(xml, "  </%s>\n</sysinfo>\n", block);
	return g_string_free(g_steal_pointer(&xml), FALSE);
}
