/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The definition half of the qemu driver. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/driver.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/machine/complete.h"
#include "drivers/qemu/define/definition.h"

static uint64_t qemu_version(GError **error)
{
	const char *path = qemu_caps_emulator(qemu_arch_host());
	const QemuCaps *caps;

	if (!path)
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("no QEMU for this host's architecture (%s) is installed"),
			    qemu_arch_host());
	caps = qemu_caps_get_wait(path, error);
	return caps ? caps->version : 0;
}

static int qemu_max_vcpus(const char *virt_type, GError **error)
{
	if (!virt_type || g_ascii_strcasecmp(virt_type, "qemu") == 0 ||
	    g_ascii_strcasecmp(virt_type, "kvm") == 0) {
		const char *path = qemu_caps_emulator(qemu_arch_host());
		const QemuCaps *caps = path ? qemu_caps_get_wait(path, NULL) : NULL;
		unsigned most = 16;

		for (guint i = 0; caps && i < caps->machines->len; i++) {
			const QemuMachine *machine = g_ptr_array_index(caps->machines, i);

			most = MAX(most, machine->max_cpus);
		}
		return (int)most;
	}
	fail(error, VIR_ERR_INVALID_ARG, _("there is no type of domain '%s' here: use 'kvm' or 'qemu'"),
	     virt_type);
	return -1;
}

static char **qemu_cpu_models(const char *arch, GError **error)
{
	const char *path = qemu_caps_emulator(arch);
	g_autoptr(GPtrArray) names = NULL;
	const QemuCaps *caps;

	if (!qemu_arch_find(arch))
		return fail_null(error, VIR_ERR_INVALID_ARG, _("there is no architecture '%s'"), arch);
	names = g_ptr_array_new_with_free_func(g_free);
	if (path) {
		caps = qemu_caps_get_wait(path, error);
		if (!caps)
			return NULL;
		for (guint i = 0; caps->tcg && i < caps->tcg->models->len; i++) {
			const QemuCpuModel *model = g_ptr_array_index(caps->tcg->models, i);

			if (qemu_cpu_model_is_named(model->name))
				g_ptr_array_add(names, g_strdup(model->name));
		}
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

static char *qemu_nvram_path(const DomainDef *def)
{
	const OsNvram *nvram = def->os.nvram;

	if (nvram && nvram->path)
		return g_strdup(nvram->path);
	if (nvram && nvram->source.type == STORAGE_FILE)
		return g_strdup(nvram->source.path);
	if (def->os.firmware == OS_FIRMWARE_EFI &&
	    !(def->os.loader && def->os.loader->stateless == TRISTATE_YES))
		return qemu_nvram_default_path(def);
	return NULL;
}

const Driver qemu_driver = {
	.name = "qemu",
	.title = "QEMU",
	.error_domain = VIR_FROM_QEMU,
	.init = qemu_caps_init,
	.ready = qemu_caps_ready,
	.version = qemu_version,
	.capabilities = qemu_capabilities,
	.domain_capabilities = qemu_domain_capabilities,
	.max_vcpus = qemu_max_vcpus,
	.cpu_models = qemu_cpu_models,
	.complete = qemu_complete,
	.check = qemu_check,
	.prepare = qemu_prepare,
	.settle = qemu_settle,
	.resources = qemu_resources,
	.plan = qemu_plan_wait,
	.refit = qemu_refit_wait,
	.device_resources = qemu_device_resources,
	.nvram_path = qemu_nvram_path,
	.to_native = qemu_to_native,
};
