/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must be opened for a guest; the keys are those that argv/command.h tells. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/device/kind.h"

/* ---- Firmware and kernel */

static void file_add(const QemuResources *all, const char *key, const char *path, const char *what)
{
	Resource *resource;

	if (!path)
		return;
	resource = qemu_resource_add(all, RESOURCE_FILE_READ, g_strdup(key), path);
	resource->read_only = true;
	resource->what = what;
}

static void nvram_add(const QemuResources *all, const OsNvram *nvram)
{
	const char *path = nvram->path ?: nvram->source.path;
	Resource *resource;

	if (!path || (nvram->source.type && nvram->source.type != STORAGE_FILE &&
		      nvram->source.type != STORAGE_BLOCK))
		return;
	resource = qemu_resource_add(all, RESOURCE_NVRAM, g_strdup("nvram"), path);
	resource->template = g_strdup(nvram->template);
	resource->format = g_strdup(storage_format_name(nvram->format) ?: "raw");
	resource->what = N_("firmware variables");
}

static void boot_add(const QemuResources *all)
{
	const DomainDef *live = all->live;
	const DomainOs *os = &live->os;

	if (os->loader && os->loader->path && os->loader->type == LOADER_TYPE_PFLASH &&
	    os->loader->readonly != TRISTATE_YES) {
		Resource *code = qemu_resource_add(all, RESOURCE_NVRAM, g_strdup("loader"),
						   os->loader->path);

		code->what = N_("firmware");
	} else if (os->loader) {
		file_add(all, "loader", os->loader->path, N_("firmware"));
	}
	if (os->nvram)
		nvram_add(all, os->nvram);
	file_add(all, "kernel", os->kernel, N_("kernel"));
	file_add(all, "initrd", os->initrd, N_("initial RAM disk"));
	file_add(all, "dtb", os->dtb, N_("device tree"));
	for (guint i = 0; i < list_length(os->acpi_tables); i++) {
		const OsAcpiTable *table = list_get(os->acpi_tables, i);
		g_autofree char *key = g_strdup_printf("acpi:%u", i);

		file_add(all, key, table->path, N_("ACPI table"));
	}
	for (guint i = 0; i < list_length(live->sysinfos); i++) {
		const DomainSysinfo *sysinfo = list_get(live->sysinfos, i);

		for (guint j = 0; j < list_length(sysinfo->fwcfgs); j++) {
			const SysinfoFwcfg *entry = list_get(sysinfo->fwcfgs, j);
			g_autofree char *key = g_strdup_printf("fwcfg:%s", entry->name);

			file_add(all, key, entry->file, N_("firmware entry"));
		}
	}
}

/* ---- Devices */

static bool device_add(G_GNUC_UNUSED DomainDef *def, const DomainDevice *device, void *data)
{
	const QemuDeviceKind *kind = qemu_device_kinds[device->kind];

	if (kind && kind->resources)
		kind->resources(data, device);
	return true;
}

static bool paths_are_given(const GPtrArray *list, GError **error)
{
	for (guint i = 0; i < list->len; i++) {
		const Resource *resource = g_ptr_array_index(list, i);

		if (resource->kind != RESOURCE_TAP && !resource->path)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("the path of a %s is missing (%s)"), _(resource->what),
				    resource->key);
	}
	return true;
}

GPtrArray *qemu_device_resources(const DomainDef *live, const DomainDevice *device, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)resource_free);
	QemuResources all = { .list = list, .live = live };

	device_add((DomainDef *)live, device, &all);
	return paths_are_given(list, error) ? g_steal_pointer(&list) : NULL;
}

GPtrArray *qemu_resources(const DomainDef *live, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)resource_free);
	QemuResources all = { .list = list, .live = live };

	boot_add(&all);
	domain_def_each_device((DomainDef *)live, device_add, &all);
	return paths_are_given(list, error) ? g_steal_pointer(&list) : NULL;
}
