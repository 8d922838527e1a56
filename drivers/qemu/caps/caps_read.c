/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the probe's document to QemuCaps, and questions to one. */
#include "config.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/caps/probe.h"

const QemuArch qemu_arches[] = {
	{ "aarch64", "qemu-system-aarch64", 64 },
	{ "alpha", "qemu-system-alpha", 64 },
	{ "armv6l", "qemu-system-arm", 32 },
	{ "armv7l", "qemu-system-arm", 32 },
	{ "cris", "qemu-system-cris", 32 },
	{ "i686", "qemu-system-i386", 32 },
	{ "loongarch64", "qemu-system-loongarch64", 64 },
	{ "m68k", "qemu-system-m68k", 32 },
	{ "microblaze", "qemu-system-microblaze", 32 },
	{ "microblazeel", "qemu-system-microblazeel", 32 },
	{ "mips", "qemu-system-mips", 32 },
	{ "mipsel", "qemu-system-mipsel", 32 },
	{ "mips64", "qemu-system-mips64", 64 },
	{ "mips64el", "qemu-system-mips64el", 64 },
	{ "ppc", "qemu-system-ppc", 32 },
	{ "ppc64", "qemu-system-ppc64", 64 },
	{ "ppc64le", "qemu-system-ppc64", 64 },
	{ "riscv32", "qemu-system-riscv32", 32 },
	{ "riscv64", "qemu-system-riscv64", 64 },
	{ "s390x", "qemu-system-s390x", 64 },
	{ "sh4", "qemu-system-sh4", 32 },
	{ "sh4eb", "qemu-system-sh4eb", 32 },
	{ "sparc", "qemu-system-sparc", 32 },
	{ "sparc64", "qemu-system-sparc64", 64 },
	{ "x86_64", "qemu-system-x86_64", 64 },
	{ "xtensa", "qemu-system-xtensa", 32 },
	{ "xtensaeb", "qemu-system-xtensaeb", 32 },
	{ NULL, NULL, 0 },
};

const QemuArch *qemu_arch_find(const char *name)
{
	for (const QemuArch *arch = qemu_arches; name && arch->name; arch++)
		if (strcmp(arch->name, name) == 0)
			return arch;
	return NULL;
}

const char *qemu_arch_host(void)
{
	static struct utsname host;
	const QemuArch *arch;

	if (uname(&host) < 0)
		return "x86_64";
	if (strlen(host.machine) == 4 && host.machine[0] == 'i' &&
	    strcmp(host.machine + 2, "86") == 0)
		return "i686";
	arch = qemu_arch_find(host.machine);
	return arch ? arch->name : host.machine;
}

bool qemu_arch_is_x86(const char *arch)
{
	return g_strcmp0(arch, "x86_64") == 0 || g_strcmp0(arch, "i686") == 0;
}

bool qemu_arch_is_arm(const char *arch)
{
	return g_strcmp0(arch, "aarch64") == 0 || g_strcmp0(arch, "armv7l") == 0 ||
	       g_strcmp0(arch, "armv6l") == 0;
}

bool qemu_arch_is_ppc64(const char *arch)
{
	return g_strcmp0(arch, "ppc64") == 0 || g_strcmp0(arch, "ppc64le") == 0;
}

bool qemu_arch_is_s390(const char *arch)
{
	return g_strcmp0(arch, "s390x") == 0;
}

bool qemu_arch_is_riscv(const char *arch)
{
	return g_strcmp0(arch, "riscv64") == 0 || g_strcmp0(arch, "riscv32") == 0;
}

/* Architecture in our names of QEMU's target @target. */
static const char *arch_of_target(const char *target)
{
	if (g_strcmp0(target, "i386") == 0)
		return "i686";
	if (g_strcmp0(target, "arm") == 0)
		return "armv7l";
	return target;
}

/* Feature names that clients know by another spelling than QEMU's first one. */
static const struct {
	const char *qemu, *client;
} feature_names[] = {
	{ "avx512-4fmaps", "avx512-4fmaps" },
	{ "cmp-legacy", "cmp_legacy" },
	{ "ds-cpl", "ds_cpl" },
	{ "fxsr-opt", "fxsr_opt" },
	{ "lahf-lm", "lahf_lm" },
	{ "nodeid-msr", "nodeid_msr" },
	{ "pclmulqdq", "pclmuldq" },
	{ "perfctr-core", "perfctr_core" },
	{ "perfctr-nb", "perfctr_nb" },
	{ "tsc-adjust", "tsc_adjust" },
};

static const char *feature_client_name(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(feature_names); i++)
		if (strcmp(feature_names[i].qemu, name) == 0)
			return feature_names[i].client;
	return name;
}

static char *json_text(json_t *object, const char *key)
{
	return g_strdup(json_string_value(json_object_get(object, key)));
}

static void machine_free(void *data)
{
	QemuMachine *machine = data;

	g_free(machine->name);
	g_free(machine->alias);
	g_free(machine->default_cpu);
	g_free(machine->ram_id);
	g_free(machine);
}

static void cpu_model_free(void *data)
{
	QemuCpuModel *model = data;

	g_free(model->name);
	g_free(model->vendor);
	g_free(model);
}

static void cpu_feature_free(void *data)
{
	QemuCpuFeature *feature = data;

	g_free(feature->name);
	g_free(feature);
}

static void host_cpu_free(QemuHostCpu *cpu)
{
	if (!cpu)
		return;
	g_free(cpu->model);
	g_free(cpu->vendor);
	g_ptr_array_unref(cpu->features);
	g_free(cpu);
}

static void accel_free(QemuAccel *accel)
{
	if (!accel)
		return;
	g_ptr_array_unref(accel->models);
	host_cpu_free(accel->host_model);
	g_hash_table_unref(accel->features);
	g_free(accel);
}

void qemu_caps_free(QemuCaps *caps)
{
	if (!caps)
		return;
	g_free(caps->path);
	g_free(caps->arch);
	g_clear_pointer(&caps->machines, g_ptr_array_unref);
	g_clear_pointer(&caps->names, g_hash_table_unref);
	accel_free(caps->tcg);
	accel_free(caps->kvm);
	host_cpu_free(caps->host_cpu);
	json_decref(caps->sev);
	json_decref(caps->sgx);
	json_decref(caps->gic);
	g_free(caps);
}

static QemuMachine *machine_read(json_t *object)
{
	QemuMachine *machine = g_new0(QemuMachine, 1);
	const char *cpu = json_string_value(json_object_get(object, "default-cpu-type"));

	machine->name = json_text(object, "name");
	machine->alias = json_text(object, "alias");
	machine->ram_id = json_text(object, "default-ram-id");
	machine->max_cpus = (unsigned)json_integer_value(json_object_get(object, "cpu-max"));
	machine->is_default = json_is_true(json_object_get(object, "is-default"));
	machine->deprecated = json_is_true(json_object_get(object, "deprecated"));
	machine->hotpluggable_cpus = json_is_true(json_object_get(object, "hotpluggable-cpus"));
	machine->numa_memory = json_is_true(json_object_get(object, "numa-mem-supported"));
	/* "qemu64-x86_64-cpu" */
	if (cpu && g_str_has_suffix(cpu, "-cpu")) {
		g_autofree char *type = g_strndup(cpu, strlen(cpu) - strlen("-cpu"));
		char *dash = strrchr(type, '-');

		machine->default_cpu = dash ? g_strndup(type, (gsize)(dash - type)) : NULL;
	}
	return machine;
}

static int feature_order(gconstpointer a, gconstpointer b)
{
	const QemuCpuFeature *first = *(QemuCpuFeature *const *)a;
	const QemuCpuFeature *second = *(QemuCpuFeature *const *)b;

	if (first->wanted != second->wanted)
		return first->wanted ? -1 : 1;
	return strcmp(first->name, second->name);
}

static QemuHostCpu *host_cpu_read(json_t *object)
{
	QemuHostCpu *cpu;
	const char *name;
	json_t *state;

	if (!json_string_value(json_object_get(object, "model")))
		return NULL;
	cpu = g_new0(QemuHostCpu, 1);
	cpu->model = json_text(object, "model");
	cpu->vendor = json_text(object, "vendor");
	cpu->features = g_ptr_array_new_with_free_func(cpu_feature_free);
	json_object_foreach(json_object_get(object, "features"), name, state)
	{
		QemuCpuFeature *feature = g_new0(QemuCpuFeature, 1);

		feature->name = g_strdup(feature_client_name(name));
		feature->wanted = json_is_true(state);
		g_ptr_array_add(cpu->features, feature);
	}
	g_ptr_array_sort(cpu->features, feature_order);
	return cpu;
}

static QemuAccel *accel_read(json_t *object)
{
	QemuAccel *accel;
	json_t *item;
	size_t i;

	if (!json_is_object(object))
		return NULL;
	accel = g_new0(QemuAccel, 1);
	accel->models = g_ptr_array_new_with_free_func(cpu_model_free);
	json_array_foreach(json_object_get(object, "cpus"), i, item)
	{
		QemuCpuModel *model = g_new0(QemuCpuModel, 1);

		model->name = json_text(item, "name");
		model->vendor = json_text(item, "vendor");
		model->usable = json_is_true(json_object_get(item, "usable"));
		model->usability_known = json_object_get(item, "blockers") != NULL;
		model->deprecated = json_is_true(json_object_get(item, "deprecated"));
		if (!model->name)
			model->name = g_strdup("");
		g_ptr_array_add(accel->models, model);
	}
	accel->host_model = host_cpu_read(json_object_get(object, "host_model"));
	accel->features = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	json_array_foreach(json_object_get(object, "features"), i,
			   item) if (json_is_string(item))
		g_hash_table_add(accel->features,
				 g_strdup(feature_client_name(json_string_value(item))));
	return accel;
}

static void names_read(QemuCaps *caps, json_t *list, const char *kind)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) if (json_is_string(item)) g_hash_table_add(
		caps->names, g_strdup_printf("%s/%s", kind, json_string_value(item)));
}

QemuCaps *qemu_caps_read(const char *path, json_t *probe, GError **error)
{
	static const char *const kinds[][2] = {
		{ "devices", "device" },      { "objects", "object" },
		{ "commands", "command" },    { "displays", "display" },
		{ "netdevs", "netdev" },      { "block_drivers", "block" },
		{ "tpm_models", "tpmmodel" }, { "tpm_types", "tpmtype" },
	};
	g_autoptr(QemuCaps) caps = g_new0(QemuCaps, 1);
	json_t *item;
	size_t i;

	if (json_integer_value(json_object_get(probe, "format")) != QEMU_PROBE_FORMAT)
		return fail_null(error, VIR_ERR_OPERATION_FAILED,
				 _("the probe of '%s' gave no answer that can be read"), path);
	caps->path = g_strdup(path);
	caps->arch =
		g_strdup(arch_of_target(json_string_value(json_object_get(probe, "target")) ?: ""));
	caps->version = (uint64_t)json_integer_value(json_object_get(probe, "version"));
	caps->machines = g_ptr_array_new_with_free_func(machine_free);
	caps->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	json_array_foreach(
		json_object_get(probe, "machines"), i,
		item) if (json_string_value(json_object_get(item, "name")) &&
			  strcmp(json_string_value(json_object_get(item, "name")), "none"))
		g_ptr_array_add(caps->machines, machine_read(item));
	for (i = 0; i < G_N_ELEMENTS(kinds); i++)
		names_read(caps, json_object_get(probe, kinds[i][0]), kinds[i][1]);
	caps->tcg = accel_read(json_object_get(probe, "tcg"));
	caps->kvm = accel_read(json_object_get(probe, "kvm"));
	caps->host_cpu = host_cpu_read(json_object_get(probe, "host_cpu"));
	caps->sev = json_incref(json_object_get(probe, "sev"));
	caps->sgx = json_incref(json_object_get(probe, "sgx"));
	caps->gic = json_incref(json_object_get(probe, "gic"));
	return g_steal_pointer(&caps);
}

const QemuMachine *qemu_caps_machine(const QemuCaps *caps, const char *name)
{
	for (guint i = 0; i < caps->machines->len; i++) {
		const QemuMachine *machine = g_ptr_array_index(caps->machines, i);

		if (strcmp(machine->name, name) == 0 || g_strcmp0(machine->alias, name) == 0)
			return machine;
	}
	return NULL;
}

const QemuMachine *qemu_caps_default_machine(const QemuCaps *caps, const char *arch)
{
	/* Where QEMU has no default or one that nobody means. */
	static const char *const preferred[][2] = {
		{ "x86_64", "pc" },          { "i686", "pc" },
		{ "aarch64", "virt" },       { "armv7l", "virt" },
		{ "armv6l", "versatilepb" }, { "ppc64", "pseries" },
		{ "ppc64le", "pseries" },    { "s390x", "s390-ccw-virtio" },
		{ "riscv64", "virt" },       { "riscv32", "virt" },
	};
	const QemuMachine *machine = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(preferred) && !machine; i++)
		if (g_strcmp0(preferred[i][0], arch) == 0)
			machine = qemu_caps_machine(caps, preferred[i][1]);
	for (guint i = 0; i < caps->machines->len && !machine; i++) {
		const QemuMachine *candidate = g_ptr_array_index(caps->machines, i);

		if (candidate->is_default)
			machine = candidate;
	}
	if (!machine && caps->machines->len > 0)
		machine = g_ptr_array_index(caps->machines, 0);
	return machine;
}

static bool name_is_known(const QemuCaps *caps, const char *kind, const char *name)
{
	g_autofree char *key = g_strdup_printf("%s/%s", kind, name);

	return g_hash_table_contains(caps->names, key);
}

bool qemu_caps_has_device(const QemuCaps *caps, const char *device)
{
	return name_is_known(caps, "device", device);
}

bool qemu_caps_has_object(const QemuCaps *caps, const char *object)
{
	return name_is_known(caps, "object", object);
}

bool qemu_caps_has_command(const QemuCaps *caps, const char *command)
{
	return name_is_known(caps, "command", command);
}

bool qemu_caps_has_display(const QemuCaps *caps, const char *display)
{
	return name_is_known(caps, "display", display);
}

bool qemu_caps_has_netdev(const QemuCaps *caps, const char *netdev)
{
	return name_is_known(caps, "netdev", netdev);
}

const QemuCpuModel *qemu_accel_model(const QemuAccel *accel, const char *name)
{
	for (guint i = 0; accel && i < accel->models->len; i++) {
		const QemuCpuModel *model = g_ptr_array_index(accel->models, i);

		if (strcmp(model->name, name) == 0)
			return model;
	}
	return NULL;
}
