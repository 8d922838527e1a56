/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/caps/host.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "conf/bind/types.h"

#define NODES "/sys/devices/system/node"
#define CPUS "/sys/devices/system/cpu"

/* ---- Small files of the kernel ---- */

/* First line of the file, without blanks around it; NULL when it cannot be read. Caller frees. */
static char *line_read(const char *format, ...) G_GNUC_PRINTF(1, 2);
static char *line_read(const char *format, ...)
{
	g_autofree char *path = NULL;
	char *text = NULL, *end;
	va_list args;

	va_start(args, format);
	path = g_strdup_vprintf(format, args);
	va_end(args);
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return NULL;
	end = strchr(text, '\n');
	if (end)
		*end = '\0';
	return g_strstrip(text);
}

static guint64 number_read(guint64 fallback, const char *format, const char *name, guint index)
{
	g_autofree char *path = g_strdup_printf("%s%u%s", format, index, name);
	g_autofree char *text = line_read("%s", path);

	return text ? g_ascii_strtoull(text, NULL, 10) : fallback;
}

/* A line "Key: 123 kB" of a meminfo file; 0 when it is not there. */
static guint64 meminfo_kib(const char *path, const char *key)
{
	g_autofree char *text = NULL;
	const char *at;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return 0;
	at = strstr(text, key);
	return at ? g_ascii_strtoull(at + strlen(key), NULL, 10) : 0;
}

/* ---- Identity ---- */

static void host_uuid(GString *out)
{
	g_autofree char *text = line_read("/sys/class/dmi/id/product_uuid");
	char formatted[UUID_TEXT];
	Uuid uuid;

	if (!text || !uuid_parse(text, &uuid)) {
		g_free(text);
		text = line_read("/etc/machine-id");
		if (!text || !uuid_parse(text, &uuid))
			return;
	}
	uuid_format(&uuid, formatted);
	g_string_append_printf(out, "    <uuid>%s</uuid>\n", formatted);
}

/* ---- Processor ---- */

static Cpuset *cpus_online(void)
{
	g_autofree char *text = line_read(CPUS "/online");
	Cpuset *set = text ? cpuset_parse(text) : NULL;

	return set ? set : cpuset_add(NULL, 0);
}

static guint cpu_siblings(guint cpu)
{
	g_autofree char *text = line_read(CPUS "/cpu%u/topology/thread_siblings_list", cpu);
	g_autoptr(Cpuset) set = text ? cpuset_parse(text) : NULL;

	return set ? MAX(cpuset_count(set), 1) : 1;
}

/* How many different values a topology file has. */
static guint topology_count(const Cpuset *cpus, const char *file)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	for (int cpu = 0; cpu <= cpuset_last(cpus); cpu++)
		if (cpuset_has(cpus, (guint)cpu))
			g_hash_table_add(
				seen,
				GUINT_TO_POINTER(
					(guint)number_read(0, CPUS "/cpu", file, (guint)cpu) + 1));
	return MAX(g_hash_table_size(seen), 1);
}

static void host_cpu_topology(GString *out)
{
	g_autoptr(Cpuset) cpus = cpus_online();
	guint sockets = topology_count(cpus, "/topology/physical_package_id");
	guint dies = topology_count(cpus, "/topology/die_id");
	guint threads = cpu_siblings(0);
	guint cores = MAX(cpuset_count(cpus) / (sockets * dies * threads), 1);

	g_string_append_printf(out,
			       "      <topology sockets='%u' dies='%u' cores='%u' threads='%u'/>\n",
			       sockets, dies, cores, threads);
}

/* A line "key : value" of /proc/cpuinfo, of its first processor. Caller frees. */
static char *cpuinfo_value(const char *key)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL))
		return NULL;
	lines = g_strsplit(text, "\n", 200);
	for (char **line = lines; *line; line++) {
		char *colon = strchr(*line, ':');

		if (!colon)
			continue;
		*colon = '\0';
		if (strcmp(g_strstrip(*line), key) == 0)
			return g_strdup(g_strstrip(colon + 1));
	}
	return NULL;
}

static void host_signature(GString *out)
{
	g_autofree char *family = cpuinfo_value("cpu family");
	g_autofree char *model = cpuinfo_value("model");
	g_autofree char *stepping = cpuinfo_value("stepping");
	g_autofree char *microcode = cpuinfo_value("microcode");

	if (microcode)
		g_string_append_printf(out, "      <microcode version='%" G_GUINT64_FORMAT "'/>\n",
				       g_ascii_strtoull(microcode, NULL, 16));
	if (family && model && stepping)
		g_string_append_printf(out,
				       "      <signature family='%s' model='%s' stepping='%s'/>\n",
				       family, model, stepping);
}

static const char *vendor_name(const char *vendor)
{
	if (g_strcmp0(vendor, "AuthenticAMD") == 0)
		return "AMD";
	if (g_strcmp0(vendor, "GenuineIntel") == 0)
		return "Intel";
	if (g_strcmp0(vendor, "HygonGenuine") == 0)
		return "Hygon";
	return NULL;
}

static void host_pages(GString *out)
{
	GDir *dir = g_dir_open("/sys/kernel/mm/hugepages", 0, NULL);
	const char *name;

	g_string_append_printf(out, "      <pages unit='KiB' size='%ld'/>\n",
			       sysconf(_SC_PAGESIZE) / 1024);
	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_prefix(name, "hugepages-"))
			g_string_append_printf(
				out, "      <pages unit='KiB' size='%" G_GUINT64_FORMAT "'/>\n",
				g_ascii_strtoull(name + strlen("hugepages-"), NULL, 10));
	if (dir)
		g_dir_close(dir);
}

static void host_cpu(GString *out, const QemuCaps *caps)
{
	const QemuHostCpu *cpu = caps ? caps->host_cpu : NULL;

	g_string_append_printf(out, "    <cpu>\n      <arch>%s</arch>\n", qemu_arch_host());
	if (cpu)
		g_string_append_printf(out, "      <model>%s</model>\n", cpu->model);
	if (cpu && vendor_name(cpu->vendor))
		g_string_append_printf(out, "      <vendor>%s</vendor>\n",
				       vendor_name(cpu->vendor));
	host_signature(out);
	host_cpu_topology(out);
	for (guint i = 0; cpu && i < cpu->features->len; i++) {
		const QemuCpuFeature *feature = g_ptr_array_index(cpu->features, i);

		if (feature->wanted)
			g_string_append_printf(out, "      <feature name='%s'/>\n", feature->name);
	}
	host_pages(out);
	g_string_append(out, "    </cpu>\n");
}

/* ---- NUMA cells ---- */

static void cell_pages(GString *out, guint cell, guint64 memory_kib)
{
	g_autofree char *path = g_strdup_printf(NODES "/node%u/hugepages", cell);
	GDir *dir = g_dir_open(path, 0, NULL);
	long page_kib = sysconf(_SC_PAGESIZE) / 1024;
	const char *name;

	g_string_append_printf(
		out, "          <pages unit='KiB' size='%ld'>%" G_GUINT64_FORMAT "</pages>\n",
		page_kib, memory_kib / (guint64)page_kib);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *count = line_read("%s/%s/nr_hugepages", path, name);

		if (!g_str_has_prefix(name, "hugepages-"))
			continue;
		g_string_append_printf(out,
				       "          <pages unit='KiB' size='%" G_GUINT64_FORMAT
				       "'>%s</pages>\n",
				       g_ascii_strtoull(name + strlen("hugepages-"), NULL, 10),
				       count ? count : "0");
	}
	if (dir)
		g_dir_close(dir);
}

static void cell_distances(GString *out, guint cell)
{
	g_autofree char *text = line_read(NODES "/node%u/distance", cell);
	g_auto(GStrv) values = g_strsplit(text ? text : "10", " ", -1);

	g_string_append(out, "          <distances>\n");
	for (guint i = 0; values[i]; i++)
		g_string_append_printf(out, "            <sibling id='%u' value='%s'/>\n", i,
				       values[i]);
	g_string_append(out, "          </distances>\n");
}

static void cell_cpus(GString *out, const Cpuset *cpus)
{
	g_string_append_printf(out, "          <cpus num='%u'>\n", cpuset_count(cpus));
	for (int i = 0; i <= cpuset_last(cpus); i++) {
		guint cpu = (guint)i;
		g_autofree char *siblings = NULL;

		if (!cpuset_has(cpus, cpu))
			continue;
		siblings = line_read(CPUS "/cpu%u/topology/thread_siblings_list", cpu);
		g_string_append_printf(
			out,
			"            <cpu id='%u' socket_id='%" G_GUINT64_FORMAT
			"' die_id='%" G_GUINT64_FORMAT "' core_id='%" G_GUINT64_FORMAT
			"' siblings='%s'/>\n",
			cpu, number_read(0, CPUS "/cpu", "/topology/physical_package_id", cpu),
			number_read(0, CPUS "/cpu", "/topology/die_id", cpu),
			number_read(0, CPUS "/cpu", "/topology/core_id", cpu),
			siblings ? siblings : "0");
	}
	g_string_append(out, "          </cpus>\n");
}

static void host_cell(GString *out, guint cell, bool numa)
{
	g_autofree char *meminfo =
		numa ? g_strdup_printf(NODES "/node%u/meminfo", cell) : g_strdup("/proc/meminfo");
	g_autofree char *list = numa ? line_read(NODES "/node%u/cpulist", cell) : NULL;
	g_autoptr(Cpuset) cpus = list && *list ? cpuset_parse(list) : numa ? NULL : cpus_online();
	guint64 memory_kib = meminfo_kib(meminfo, "MemTotal:");

	g_string_append_printf(
		out,
		"        <cell id='%u'>\n          <memory unit='KiB'>%" G_GUINT64_FORMAT
		"</memory>\n",
		cell, memory_kib);
	cell_pages(out, cell, memory_kib);
	cell_distances(out, cell);
	if (cpus)
		cell_cpus(out, cpus);
	g_string_append(out, "        </cell>\n");
}

Cpuset *host_nodes(void)
{
	g_autofree char *online = line_read(NODES "/online");

	return online ? cpuset_parse(online) : NULL;
}

static void host_topology(GString *out)
{
	g_autoptr(Cpuset) nodes = host_nodes();

	g_string_append_printf(out, "    <topology>\n      <cells num='%u'>\n",
			       nodes ? cpuset_count(nodes) : 1);
	if (!nodes)
		host_cell(out, 0, false);
	for (int i = 0; nodes && i <= cpuset_last(nodes); i++)
		if (cpuset_has(nodes, (guint)i))
			host_cell(out, (guint)i, true);
	g_string_append(out, "      </cells>\n    </topology>\n");
}

/* ---- The rest ---- */

static const char security[] =
	"    <secmodel>\n      <model>none</model>\n      <doi>0</doi>\n    </secmodel>\n"
	/* Images are opened by a process of root, whoever the guest then runs as. */
	"    <secmodel>\n      <model>dac</model>\n      <doi>0</doi>\n"
	"      <baselabel type='kvm'>+0:+0</baselabel>\n"
	"      <baselabel type='qemu'>+0:+0</baselabel>\n    </secmodel>\n";

static bool host_has_iommu(void)
{
	GDir *dir = g_dir_open("/sys/kernel/iommu_groups", 0, NULL);
	bool any = dir && g_dir_read_name(dir);

	if (dir)
		g_dir_close(dir);
	return any;
}

void host_format(GString *out, const QemuCaps *caps)
{
	g_string_append(out, "  <host>\n");
	host_uuid(out);
	host_cpu(out, caps);
	g_string_append(out, "    <power_management/>\n");
	g_string_append_printf(out, "    <iommu support='%s'/>\n", host_has_iommu() ? "yes" : "no");
	host_topology(out);
	g_string_append(out, security);
	g_string_append(out, "  </host>\n\n");
}
