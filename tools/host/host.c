/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host, the hypervisor and the connection to them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "tools/object/cpumap.h"
#include "tools/cli/xmlfile.h"

bool cmd_connect(Session *session, const Args *args, GError **error)
{
	session_disconnect(session);
	if (args_has(args, "name")) {
		g_free(session->uri);
		session->uri = g_strdup(args_text(args, "name"));
	}
	session->read_only = args_has(args, "readonly");
	if (!session_client(session, error))
		return false;
	out_value(session, json_pack("{s:s,s:b}", "uri", rpc_client_uri(session->client), "read_only",
				     session->read_only));
	return true;
}

/* As the user wrote it, else as the server calls it. */
bool cmd_uri(Session *session, G_GNUC_UNUSED const Args *args, GError **error)
{
	remote_connect_get_uri_ret *ret;

	if (session->uri) {
		if (!session_client(session, error))
			return false;
		out_text(session, "uri", session->uri);
		return true;
	}
	ret = GET(session, connect_get_uri, error);
	if (!ret)
		return failed(session, _("failed to get URI"));
	out_text(session, "uri", ret->uri);
	return true;
}

static const char *version_text(Session *session, uint64_t version)
{
	return session_printf(session, "%u.%u.%u", (guint)(version / 1000000),
			      (guint)(version / 1000 % 1000), (guint)(version % 1000));
}

bool cmd_version(Session *session, const Args *args, GError **error)
{
	remote_connect_get_type_ret *type = GET(session, connect_get_type, error);
	remote_connect_get_version_ret *version = GET(session, connect_get_version, NULL);
	remote_connect_get_lib_version_ret *daemon;
	const char *interface = version_text(session, LIBVIR_VERSION_NUMBER), *running;
	json_t *object;

	if (!type)
		return failed(session, _("failed to get hypervisor type"));
	out_print(session, _("Compiled against library: reeve %s\n"), PACKAGE_VERSION);
	out_print(session, _("Using library: reeve %s\n"), PACKAGE_VERSION);
	out_print(session, _("Using API: %s %s\n"), type->type, interface);
	running = version && version->hv_ver ? version_text(session, version->hv_ver) : NULL;
	if (running)
		out_print(session, _("Running hypervisor: %s %s\n"), type->type, running);
	else
		out_print(session, _("Cannot extract running %s hypervisor version\n"), type->type);
	object = json_pack("{s:s,s:s,s:s,s:o}", "client", PACKAGE_VERSION, "interface", interface, "type",
			   type->type, "hypervisor", json_text(running));
	daemon = GET(session, connect_get_lib_version, NULL);
	if (daemon) {
		json_object_set_new(object, "daemon", json_text(version_text(session, daemon->lib_ver)));
		if (args_has(args, "daemon"))
			out_print(session, _("Running against daemon: %s\n"),
				  version_text(session, daemon->lib_ver));
	}
	out_value(session, object);
	return true;
}

void show_node(Session *session, const ActionReply *reply)
{
	static const OutColumn lines[] = {
		{ "model", N_("CPU model:"), OUT_PLAIN },
		{ "cpus", N_("CPU(s):"), OUT_PLAIN },
		{ "mhz", N_("CPU frequency:"), OUT_MHZ },
		{ "sockets", N_("CPU socket(s):"), OUT_PLAIN },
		{ "cores_per_socket", N_("Core(s) per socket:"), OUT_PLAIN },
		{ "threads_per_core", N_("Thread(s) per core:"), OUT_PLAIN },
		{ "numa_cells", N_("NUMA cell(s):"), OUT_PLAIN },
		{ "memory_kib", N_("Memory size:"), OUT_KIB },
		{ NULL, NULL, OUT_PLAIN },
	};
	const remote_node_get_info_ret *info = reply->ret;
	char model[sizeof(info->model) + 1];

	memcpy(model, info->model, sizeof(info->model));
	model[sizeof(info->model)] = 0;
	out_record(session, lines, 20,
		   json_pack("{s:o,s:i,s:i,s:i,s:i,s:i,s:i,s:I}", "model", json_text(model), "cpus",
			     info->cpus, "mhz", info->mhz, "sockets", info->sockets, "cores_per_socket",
			     info->cores, "threads_per_core", info->threads, "numa_cells", info->nodes,
			     "memory_kib", (json_int_t)info->memory));
}

void show_cpus(Session *session, const ActionReply *reply)
{
	const remote_node_get_cpu_map_ret *ret = reply->ret;
	const char *online;

	online = cpumap_format(session, ret->cpumap.cpumap_val, ret->cpumap.cpumap_len);
	out_print(session, "%s %d\n%s %u\n%s %s\n", out_pad(session, _("CPUs present:"), 15), ret->ret,
		  out_pad(session, _("CPUs online:"), 15), ret->online, out_pad(session, _("CPU map:"), 15),
		  args_has(reply->args, "pretty") ? online :
					     cpumap_letters(session, ret->cpumap.cpumap_val,
							    ret->cpumap.cpumap_len, (guint)MAX(ret->ret, 0)));
	out_value(session, json_pack("{s:i,s:i,s:s}", "present", ret->ret, "online", (int)ret->online, "map",
				     online));
}

/* --- CPU time --- */

typedef struct CpuTimes {
	guint n;
	struct {
		char name[32];
		uint64_t value;
	} times[REMOTE_NODE_CPU_STATS_MAX];
} CpuTimes;

static bool cpu_times_ask(Session *session, int cpu, CpuTimes *times, GError **error)
{
	remote_node_get_cpu_stats_args call = { .cpuNum = cpu };
	remote_node_get_cpu_stats_ret *ret = ASK(session, node_get_cpu_stats, &call, error);

	if (ret) {
		call.nparams = ret->nparams;
		ret = ASK(session, node_get_cpu_stats, &call, error);
	}
	times->n = 0;
	for (guint i = 0; ret && i < ret->params.params_len; i++) {
		g_strlcpy(times->times[i].name, ret->params.params_val[i].field, sizeof(times->times[i].name));
		times->times[i].value = ret->params.params_val[i].value;
		times->n++;
	}
	return ret || failed(session, _("Unable to get node cpu stats"));
}

/* @name is the label; the host's own time goes by another name on the wire. */
static uint64_t cpu_time(const CpuTimes *times, const char *name, bool *ret_there)
{
	if (!strcmp(name, "system"))
		name = VIR_NODE_CPU_STATS_KERNEL;
	for (guint i = 0; i < times->n; i++)
		if (!strcmp(times->times[i].name, name)) {
			*ret_there = true;
			return times->times[i].value;
		}
	*ret_there = false;
	return 0;
}

static const char *const time_names[] = { "user", "system", "idle", "iowait", "intr" };

static void cpu_times_out(Session *session, const CpuTimes *times)
{
	json_t *object = json_object();

	for (gsize i = 0; i < G_N_ELEMENTS(time_names); i++) {
		bool there;
		uint64_t value = cpu_time(times, time_names[i], &there);
		g_autofree char *title = g_strconcat(time_names[i], ":", NULL);

		if (!there)
			continue;
		out_print(session, "%-15s %20" G_GUINT64_FORMAT "\n", title, value);
		json_object_set_new(object, time_names[i], json_integer((json_int_t)value));
	}
	out_value(session, object);
}

/* Shares of the second between two samples. */
static void cpu_shares_out(Session *session, const CpuTimes *before, const CpuTimes *after)
{
	double delta[G_N_ELEMENTS(time_names)] = { 0 }, total = 0, idle = 0;
	json_t *object = json_object();
	bool there;

	for (gsize i = 0; i < G_N_ELEMENTS(time_names); i++) {
		delta[i] = (double)cpu_time(after, time_names[i], &there) -
			   (double)cpu_time(before, time_names[i], &there);
		total += delta[i];
	}
	idle = delta[2];
	out_print(session, "%s %5.1f%%\n", out_pad(session, _("usage:"), 15),
		  total > 0 ? (total - idle) / total * 100 : 0.0);
	json_object_set_new(object, "usage", json_real(total > 0 ? (total - idle) / total * 100 : 0.0));
	for (gsize i = 0; i < G_N_ELEMENTS(time_names); i++) {
		g_autofree char *title = g_strconcat(time_names[i], ":", NULL);
		double share = total > 0 ? delta[i] / total * 100 : 0.0;

		cpu_time(after, time_names[i], &there);
		if (!there)
			continue;
		out_print(session, "%-15s %5.1f%%\n", title, share);
		json_object_set_new(object, time_names[i], json_real(share));
	}
	out_value(session, object);
}

bool cmd_nodecpustats(Session *session, const Args *args, GError **error)
{
	int cpu = VIR_NODE_CPU_STATS_ALL_CPUS;
	CpuTimes before, after;

	if (!args_int(args, "cpu", &cpu, error) || !cpu_times_ask(session, cpu, &before, error))
		return false;
	if (!args_has(args, "percent")) {
		cpu_times_out(session, &before);
		return true;
	}
	/* A share needs two samples; the second between them is what is asked for. */
	if (!fiber_sleep_wait(1000000, error) || !cpu_times_ask(session, cpu, &after, error))
		return false;
	cpu_shares_out(session, &before, &after);
	return true;
}

bool cmd_nodememstats(Session *session, const Args *args, GError **error)
{
	remote_node_get_memory_stats_args call = { .cellNum = VIR_NODE_MEMORY_STATS_ALL_CELLS };
	remote_node_get_memory_stats_ret *ret;
	json_t *object;

	if (!args_int(args, "cell", &call.cellNum, error))
		return false;
	ret = ASK(session, node_get_memory_stats, &call, error);
	if (ret) {
		call.nparams = ret->nparams;
		ret = ASK(session, node_get_memory_stats, &call, error);
	}
	if (!ret)
		return failed(session, _("Unable to get number of memory stats"));
	object = json_object();
	for (guint i = 0; i < ret->params.params_len; i++) {
		const remote_node_get_memory_stats *stat = &ret->params.params_val[i];

		out_print(session, "%-7s: %20" G_GUINT64_FORMAT " KiB\n", stat->field, stat->value);
		json_object_set_new(object, stat->field, json_integer((json_int_t)stat->value));
	}
	out_value(session, object);
	return true;
}

void show_max_vcpus(Session *session, const ActionReply *reply)
{
	const remote_connect_get_max_vcpus_ret *ret = reply->ret;

	out_print(session, "%d\n", ret->max_vcpus);
	out_value(session, json_pack("{s:i}", "max_vcpus", ret->max_vcpus));
}

