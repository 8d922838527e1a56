/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "drivers/qemu/caps/probe.h"
#include "drivers/qemu/monitor/qmp.h"

#define PROBE_CALL_USEC (20 * G_USEC_PER_SEC)

typedef struct Probe {
	pid_t pid;
	Qmp *qmp;
} Probe;

/* The child: nothing but an idle machine without devices, its monitor on @fd as 0 and 1. */
G_GNUC_NORETURN static void probe_exec(const char *path, const char *accel, int fd, pid_t parent)
{
	g_autofree char *machine = g_strdup_printf("none,accel=%s", accel);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it was faster */
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	execl(path, path, "-S", "-no-user-config", "-nodefaults", "-display", "none", "-machine",
	      machine, "-qmp", "stdio", NULL);
	_exit(127);
}

static void probe_end(Probe *probe)
{
	qmp_free(probe->qmp);
	probe->qmp = NULL;
	if (probe->pid <= 0)
		return;
	kill(probe->pid, SIGKILL);
	while (waitpid(probe->pid, NULL, 0) < 0 && errno == EINTR)
		;
	probe->pid = 0;
}

static bool probe_begin(Probe *probe, const char *path, const char *accel, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autofd int ours = -1;
	g_autofd int theirs = -1;
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(error, errno, _("cannot make a monitor socket"));
	ours = pair[0];
	theirs = pair[1];
	probe->pid = fork();
	if (probe->pid < 0)
		return fail_errno(error, errno, _("cannot run '%s'"), path);
	if (probe->pid == 0)
		probe_exec(path, accel, theirs, parent);
	close(take_fd(&theirs));
	int fd = take_fd(&ours);

	probe->qmp = qmp_new_blocking(fd, fd, NULL, NULL, error);
	if (!probe->qmp)
		return false;
	if (qmp_greet_call(probe->qmp, PROBE_CALL_USEC, &cause))
		return true;
	return fail(error, VIR_ERR_OPERATION_FAILED,
		    _("'%s' does not answer as a QEMU would (accelerator %s): %s"), path, accel,
		    cause->message);
}

/* The reply to @command, or NULL: what a binary does not know is left out of the answer. */
static json_t *probe_ask(Probe *probe, const char *command, json_t *arguments)
{
	return qmp_call(probe->qmp, command, arguments, PROBE_CALL_USEC, NULL);
}

/* The strings @key of a list of objects, sorted by the binary. */
static json_t *probe_names(json_t *list, const char *key)
{
	json_t *names = json_array();
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) json_array_append(names, json_object_get(item, key));
	json_decref(list);
	return names;
}

static json_t *probe_types(Probe *probe, const char *implements)
{
	json_t *arguments = json_pack("{s:s, s:b}", "implements", implements, "abstract", 0);

	return probe_names(probe_ask(probe, "qom-list-types", arguments), "name");
}

/*
 * Enumerations of the QMP schema have no names there: the ones wanted are found by a value that
 * only they have.
 */
static json_t *probe_schema_enum(json_t *schema, const char *value)
{
	json_t *type, *item;
	size_t i, j;

	json_array_foreach(schema, i, type)
	{
		json_t *values = json_object_get(type, "values");

		json_array_foreach(values, j,
				   item) if (strcmp(json_string_value(item) ?: "", value) ==
					     0) return json_incref(values);
	}
	return json_array();
}

static void probe_schema(Probe *probe, json_t *answer)
{
	json_t *schema = probe_ask(probe, "query-qmp-schema", NULL);

	json_object_set_new(answer, "displays", probe_schema_enum(schema, "egl-headless"));
	json_object_set_new(answer, "netdevs", probe_schema_enum(schema, "hubport"));
	json_object_set_new(answer, "block_drivers", probe_schema_enum(schema, "vvfat"));
	json_decref(schema);
}

/* CPU features by name, with their states; identification (vendor, family, ...) among them. */
static json_t *probe_cpu_features(Probe *probe, const char *model)
{
	json_t *arguments = json_pack("{s:s, s:{s:s}}", "type", "static", "model", "name", model);
	json_t *reply = probe_ask(probe, "query-cpu-model-expansion", arguments);
	json_t *props = json_incref(json_object_get(json_object_get(reply, "model"), "props"));

	json_decref(reply);
	return props;
}

static bool cpu_feature_counts(const char *name)
{
	return !g_str_has_prefix(name, "vmx-") && !g_str_has_prefix(name, "kvm") &&
	       !g_str_has_prefix(name, "sgx");
}

/* How many features differ; fills @diff with {name: state wanted} when it is not NULL. */
static unsigned cpu_features_differ(json_t *wanted, json_t *model, json_t *diff)
{
	unsigned count = 0;
	const char *name;
	json_t *state;

	json_object_foreach(wanted, name, state)
	{
		json_t *have = json_object_get(model, name);

		if (!json_is_boolean(state) || !json_is_boolean(have) ||
		    !cpu_feature_counts(name) || json_is_true(have) == json_is_true(state))
			continue;
		count++;
		if (diff)
			json_object_set(diff, name, state);
	}
	return count;
}

/* Names that the kernel shows in /proc/cpuinfo where QEMU has others. */
static const struct {
	const char *kernel, *qemu;
} cpu_flag_names[] = {
	{ "sse4_1", "sse4.1" },
	{ "sse4_2", "sse4.2" },
	{ "fxsr_opt", "fxsr-opt" },
	{ "lahf_lm", "lahf-lm" },
	{ "cmp_legacy", "cmp-legacy" },
	{ "cr8_legacy", "cr8legacy" },
	{ "tsc_adjust", "tsc-adjust" },
	{ "tsc_deadline_timer", "tsc-deadline" },
	{ "sha_ni", "sha-ni" },
	{ "avx512_bf16", "avx512-bf16" },
	{ "avx512_vbmi2", "avx512vbmi2" },
	{ "avx512_vnni", "avx512vnni" },
	{ "avx512_bitalg", "avx512bitalg" },
	{ "avx512_vpopcntdq", "avx512-vpopcntdq" },
	{ "perfctr_core", "perfctr-core" },
	{ "perfctr_nb", "perfctr-nb" },
	{ "nrip_save", "nrip-save" },
	{ "ds_cpl", "ds-cpl" },
	{ "svm_lock", "svm-lock" },
	{ "tsc_scale", "tsc-scale" },
	{ "vmcb_clean", "vmcb-clean" },
	{ "pausefilter", "pause-filter" },
	{ "avx_vnni", "avx-vnni" },
	{ "amx_bf16", "amx-bf16" },
	{ "amx_int8", "amx-int8" },
	{ "amx_tile", "amx-tile" },
	{ "arch_capabilities", "arch-capabilities" },
	{ "arch_lbr", "arch-lbr" },
	{ "nodeid_msr", "nodeid-msr" },
	{ "v_vmsave_vmload", "v-vmsave-vmload" },
};

static const char *cpu_flag_name(const char *flag)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cpu_flag_names); i++)
		if (strcmp(cpu_flag_names[i].kernel, flag) == 0)
			return cpu_flag_names[i].qemu;
	return flag;
}

/* The value of the first line of /proc/cpuinfo called @key; caller frees. */
static char *cpuinfo_value(const char *key)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL))
		return NULL;
	lines = g_strsplit(text, "\n", 200);
	for (char **line = lines; *line; line++) {
		char *colon = strchr(*line, ':');

		if (colon && g_str_has_prefix(*line, key) && (*line)[strlen(key)] == '\t')
			return g_strdup(g_strstrip(colon + 1));
	}
	return NULL;
}

/* The processor of this host as QEMU would name it: an object of features. NULL: not x86. */
static json_t *probe_host_flags(void)
{
	g_autofree char *flags = cpuinfo_value("flags");
	g_autofree char *vendor = cpuinfo_value("vendor_id");
	g_auto(GStrv) names = NULL;
	json_t *features;

	if (!flags || !vendor)
		return NULL;
	features = json_pack("{s:s}", "vendor", vendor);
	names = g_strsplit(flags, " ", -1);
	for (char **name = names; *name; name++)
		json_object_set_new(features, cpu_flag_name(*name), json_true());
	return features;
}

/* The named model nearest to @host, which clients show and put into portable definitions. */
typedef struct CpuSearch {
	json_t *host;
	bool within;  /* only models all of whose features @host has */
	json_t *best; /* its features */
	char *name;
	unsigned distance;
} CpuSearch;

static bool cpu_features_within(json_t *model, json_t *host)
{
	const char *name;
	json_t *state;

	json_object_foreach(model, name, state)
	{
		/* Never shown by the kernel, or given by every hypervisor. */
		bool hidden = strcmp(name, "monitor") == 0 || strcmp(name, "x2apic") == 0;

		if (json_is_true(state) && cpu_feature_counts(name) && !hidden &&
		    !json_is_true(json_object_get(host, name)))
			return false;
	}
	return true;
}

static void cpu_search_try(CpuSearch *search, const char *name, json_t *features)
{
	const char *vendor = json_string_value(json_object_get(features, "vendor")) ?: "";
	unsigned distance = cpu_features_differ(search->host, features, NULL);

	if (search->within && !cpu_features_within(features, search->host))
		return;
	/* Another vendor's model only if nothing of the own is near. */
	if (strcmp(vendor, json_string_value(json_object_get(search->host, "vendor")) ?: ""))
		distance += 1000;
	if (search->best && distance >= search->distance)
		return;
	json_decref(search->best);
	search->best = json_incref(features);
	g_free(search->name);
	search->name = g_strdup(name);
	search->distance = distance;
}

static bool cpu_name_is_versioned(const char *name)
{
	const char *dash = strrchr(name, '-');

	return dash && dash[1] == 'v' && g_ascii_isdigit(dash[2]) && !dash[3 + (dash[3] != '\0')];
}

static json_t *probe_host_model(CpuSearch *search)
{
	json_t *model = NULL;

	if (search->best) {
		json_t *diff = json_object();

		cpu_features_differ(search->host, search->best, diff);
		model = json_pack("{s:s, s:O, s:o}", "model", search->name, "vendor",
				  json_object_get(search->host, "vendor"), "features", diff);
	}
	json_decref(search->best);
	json_decref(search->host);
	g_free(search->name);
	return model;
}

/* One entry of "cpus": its name, whether it runs here and what stands against it. */
static json_t *probe_cpu(Probe *probe, json_t *definition, CpuSearch *search, CpuSearch *host)
{
	const char *name = json_string_value(json_object_get(definition, "name"));
	json_t *blockers = json_object_get(definition, "unavailable-features");
	bool usable = blockers && json_array_size(blockers) == 0;
	json_t *cpu = json_pack("{s:s, s:b, s:b}", "name", name, "usable", usable, "deprecated",
				json_is_true(json_object_get(definition, "deprecated")));

	if (blockers)
		json_object_set(cpu, "blockers", blockers);
	if (search->host && strcmp(name, "max") && strcmp(name, "host") && strcmp(name, "base")) {
		json_t *features = probe_cpu_features(probe, name);

		if (features) {
			json_object_set(cpu, "vendor", json_object_get(features, "vendor"));
			cpu_search_try(search, name, features);
			if (host && host->host)
				cpu_search_try(host, name, features);
		}
		json_decref(features);
	}
	return cpu;
}

/* Names of all that @features has. */
static json_t *cpu_features_names(json_t *features)
{
	json_t *names = json_array();
	const char *name;
	json_t *state;

	json_object_foreach(features, name, state)
		if (json_is_true(state))
			json_array_append_new(names, json_string(name));
	return names;
}

/* @host may be NULL: the search for a name of the host's own processor. */
static json_t *probe_accel(Probe *probe, const char *host_cpu, CpuSearch *host)
{
	json_t *definitions = probe_ask(probe, "query-cpu-definitions", NULL);
	CpuSearch search = { .host = probe_cpu_features(probe, host_cpu) };
	json_t *cpus = json_array();
	json_t *accel, *definition, *model;
	size_t i;

	json_array_foreach(
		definitions, i,
		definition) if (!cpu_name_is_versioned(json_string_value(json_object_get(definition,
											 "name"))
							       ?: ""))
		json_array_append_new(cpus, probe_cpu(probe, definition, &search, host));
	json_decref(definitions);
	accel = json_pack("{s:o, s:o}", "cpus", cpus, "features", cpu_features_names(search.host));
	model = probe_host_model(&search);
	if (model)
		json_object_set_new(accel, "host_model", model);
	return accel;
}

static void probe_general(Probe *probe, json_t *answer)
{
	json_t *target = probe_ask(probe, "query-target", NULL);

	json_object_set(answer, "target", json_object_get(target, "arch"));
	json_decref(target);
	json_object_set_new(answer, "version", json_integer((json_int_t)qmp_version(probe->qmp)));
	json_object_set_new(answer, "machines",
			    probe_ask(probe, "query-machines", NULL) ?: json_array());
	json_object_set_new(answer, "devices", probe_types(probe, "device"));
	json_object_set_new(answer, "objects", probe_types(probe, "user-creatable"));
	json_object_set_new(answer, "commands",
			    probe_names(probe_ask(probe, "query-commands", NULL), "name"));
	json_object_set_new(answer, "tpm_models",
			    probe_ask(probe, "query-tpm-models", NULL) ?: json_array());
	json_object_set_new(answer, "tpm_types",
			    probe_ask(probe, "query-tpm-types", NULL) ?: json_array());
	probe_schema(probe, answer);
}

/* Under KVM: the CPUs that the host's processor can give, and what else depends on it. */
static void probe_with_kvm(const char *path, json_t *answer)
{
	Probe probe = { 0 };

	if (probe_begin(&probe, path, "kvm", NULL)) {
		json_t *sev = probe_ask(&probe, "query-sev-capabilities", NULL);
		json_t *sgx = probe_ask(&probe, "query-sgx-capabilities", NULL);
		json_t *gic = probe_ask(&probe, "query-gic-capabilities", NULL);

		json_object_set_new(answer, "kvm", probe_accel(&probe, "host", NULL));
		if (sev)
			json_object_set_new(answer, "sev", sev);
		if (sgx)
			json_object_set_new(answer, "sgx", sgx);
		if (gic)
			json_object_set_new(answer, "gic", gic);
	}
	probe_end(&probe);
}

json_t *qemu_probe_binary(const char *path, bool kvm, GError **error)
{
	json_t *answer = json_pack("{s:i}", "format", QEMU_PROBE_FORMAT);
	CpuSearch host = { .host = probe_host_flags(), .within = true };
	Probe probe = { 0 };
	json_t *host_cpu;

	if (!probe_begin(&probe, path, "tcg", error)) {
		probe_end(&probe);
		json_decref(host.host);
		json_decref(answer);
		return NULL;
	}
	probe_general(&probe, answer);
	json_object_set_new(answer, "tcg", probe_accel(&probe, "max", &host));
	probe_end(&probe);
	host_cpu = probe_host_model(&host);
	if (host_cpu)
		json_object_set_new(answer, "host_cpu", host_cpu);
	if (kvm)
		probe_with_kvm(path, answer);
	return answer;
}
