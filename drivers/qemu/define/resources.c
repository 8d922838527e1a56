/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must be opened for a guest; the keys are those that command.h looks for. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/define/definition.h"

#define VHOST_NET "/dev/vhost-net"
#define VHOST_VSOCK "/dev/vhost-vsock"

static Resource *resource_add(GPtrArray *list, ResourceKind kind, char *key, const char *path)
{
	Resource *resource = g_new0(Resource, 1);

	resource->kind = kind;
	resource->key = key;
	resource->path = g_strdup(path);
	resource->what = N_("file");
	g_ptr_array_add(list, resource);
	return resource;
}

static void file_add(GPtrArray *list, const char *key, const char *path, const char *what)
{
	Resource *resource;

	if (!path)
		return;
	resource = resource_add(list, RESOURCE_FILE_READ, g_strdup(key), path);
	resource->read_only = true;
	resource->what = what;
}

/* ---- Firmware and kernel ---- */

static void nvram_add(GPtrArray *list, const OsNvram *nvram)
{
	const char *path = nvram->path ?: nvram->source.path;
	Resource *resource;

	if (!path || (nvram->source.type && nvram->source.type != STORAGE_FILE &&
		      nvram->source.type != STORAGE_BLOCK))
		return;
	resource = resource_add(list, RESOURCE_NVRAM, g_strdup("nvram"), path);
	resource->template = g_strdup(nvram->template);
	resource->format = g_strdup(storage_format_name(nvram->format) ?: "raw");
	resource->what = N_("firmware variables");
}

static void boot_add(GPtrArray *list, const DomainDef *live)
{
	const DomainOs *os = &live->os;

	if (os->loader && os->loader->path && os->loader->readonly == TRISTATE_NO) {
		Resource *code =
			resource_add(list, RESOURCE_NVRAM, g_strdup("loader"), os->loader->path);

		code->what = N_("firmware");
	} else if (os->loader) {
		file_add(list, "loader", os->loader->path, N_("firmware"));
	}
	if (os->nvram)
		nvram_add(list, os->nvram);
	file_add(list, "kernel", os->kernel, N_("kernel"));
	file_add(list, "initrd", os->initrd, N_("initial RAM disk"));
	file_add(list, "dtb", os->dtb, N_("device tree"));
	for (guint i = 0; i < list_length(os->acpi_tables); i++) {
		const OsAcpiTable *table = list_get(os->acpi_tables, i);
		g_autofree char *key = g_strdup_printf("acpi:%u", i);

		file_add(list, key, table->path, N_("ACPI table"));
	}
	for (guint i = 0; i < list_length(live->sysinfos); i++) {
		const DomainSysinfo *sysinfo = list_get(live->sysinfos, i);

		for (guint j = 0; j < list_length(sysinfo->fwcfgs); j++) {
			const SysinfoFwcfg *entry = list_get(sysinfo->fwcfgs, j);
			g_autofree char *key = g_strdup_printf("fwcfg:%s", entry->name);

			file_add(list, key, entry->file, N_("firmware entry"));
		}
	}
}

/* ---- Disks ---- */

static void disk_add(GPtrArray *list, const DomainDisk *disk)
{
	Resource *resource;

	if ((disk->source.type != STORAGE_FILE && disk->source.type != STORAGE_BLOCK) ||
	    !disk->source.path)
		return;
	resource = resource_add(list, RESOURCE_IMAGE, g_strdup_printf("disk:%s", disk->target),
				disk->source.path);
	resource->format = g_strdup(storage_format_name(disk->format) ?: "raw");
	resource->read_only = disk->readonly;
	resource->optional = disk->source.startup_policy == STARTUP_OPTIONAL;
	resource->what = N_("disk image");
}

/* ---- Character devices ---- */

static ResourceKind output_kind(Tristate append)
{
	return append == TRISTATE_NO ? RESOURCE_FILE_WRITE : RESOURCE_FILE_APPEND;
}

static void chardev_add(GPtrArray *list, const ChardevSource *source, const char *alias)
{
	Resource *resource = NULL;

	switch (source->type) {
	case CHARDEV_FILE:
		resource = resource_add(list, output_kind(source->append), g_strdup(alias),
					source->path);
		resource->what = N_("output file");
		break;
	case CHARDEV_DEV:
		resource = resource_add(list, RESOURCE_DEVICE, g_strdup(alias), source->path);
		resource->what = N_("character device");
		break;
	case CHARDEV_UNIX:
		if (source->mode != CHARDEV_MODE_BIND && source->mode != CHARDEV_MODE_SERVER)
			break;
		resource = resource_add(list, RESOURCE_UNIX_LISTEN, g_strdup(alias), source->path);
		resource->what = N_("socket");
		break;
	default:
		break;
	}
	if (!source->log_file)
		return;
	resource = resource_add(list, output_kind(source->log_append),
				g_strdup_printf("%s-log", alias), source->log_file);
	resource->what = N_("log file");
}

static void chardevs_add(GPtrArray *list, const GPtrArray *chardevs)
{
	for (guint i = 0; i < list_length(chardevs); i++) {
		const DomainChardev *chardev = list_get(chardevs, i);

		chardev_add(list, &chardev->source, chardev->info.alias);
	}
}

/* A console that is a serial port has been opened with it. */
static void consoles_add(GPtrArray *list, const DomainDef *live)
{
	for (guint i = 0; i < list_length(live->consoles); i++) {
		const DomainChardev *console = list_get(live->consoles, i);

		if (console->console_target != CONSOLE_TARGET_SERIAL ||
		    list_length(live->serials) == 0)
			chardev_add(list, &console->source, console->info.alias);
	}
}

/* ---- Interfaces ---- */

static bool interface_wants_vhost(const DomainDef *live, const DomainInterface *interface)
{
	if (!interface->model || !g_str_has_prefix(interface->model, "virtio") ||
	    interface->driver == INTERFACE_DRIVER_QEMU)
		return false;
	return interface->driver == INTERFACE_DRIVER_VHOST || live->virt == VIRT_KVM;
}

static void interface_add(GPtrArray *list, const DomainDef *live, const DomainInterface *interface)
{
	char mac[MAC_TEXT];
	Resource *tap, *vhost;

	if (interface->type != INTERFACE_BRIDGE && interface->type != INTERFACE_ETHERNET)
		return;
	tap = resource_add(list, RESOURCE_TAP, g_strdup_printf("net:%s", interface->target), NULL);
	mac_format(&interface->mac, mac);
	tap->name = g_strdup(interface->target);
	tap->bridge = interface->type == INTERFACE_BRIDGE ? g_strdup(interface->bridge) : NULL;
	tap->mac = g_strdup(mac);
	tap->mtu = interface->mtu;
	tap->queues = MAX(interface->queues, 1);
	tap->existing = interface->target_managed == TRISTATE_NO;
	tap->what = N_("network device");
	if (!interface_wants_vhost(live, interface))
		return;
	vhost = resource_add(list, RESOURCE_DEVICE, g_strdup_printf("vhost:%s", interface->target),
			     VHOST_NET);
	vhost->queues = tap->queues;
	vhost->optional = interface->driver != INTERFACE_DRIVER_VHOST;
	vhost->what = N_("accelerator of network devices");
}

/* ---- Device nodes ---- */

static void node_add(GPtrArray *list, const char *alias, const char *path)
{
	Resource *resource = resource_add(list, RESOURCE_DEVICE, g_strdup(alias), path);

	resource->what = N_("device");
}

static void hostdev_add(GPtrArray *list, const DomainHostdev *hostdev)
{
	g_autofree char *path = NULL;

	if (hostdev->mode == HOSTDEV_MODE_CAPABILITIES || hostdev->type != HOSTDEV_USB ||
	    hostdev->host.type != ADDRESS_USB || !hostdev->host.usb_bus)
		return;
	path = g_strdup_printf("/dev/bus/usb/%03u/%03u", hostdev->host.usb_bus,
			       hostdev->host.usb_device);
	node_add(list, hostdev->info.alias, path);
}

static void nodes_add(GPtrArray *list, const DomainDef *live)
{
	for (guint i = 0; i < list_length(live->hostdevs); i++)
		hostdev_add(list, list_get(live->hostdevs, i));
	for (guint i = 0; i < list_length(live->inputs); i++) {
		const DomainInput *input = list_get(live->inputs, i);

		if (input->evdev)
			node_add(list, input->info.alias, input->evdev);
	}
	for (guint i = 0; i < list_length(live->tpms); i++) {
		const DomainTpm *tpm = list_get(live->tpms, i);

		if (tpm->backend == TPM_BACKEND_PASSTHROUGH)
			node_add(list, tpm->info.alias, tpm->device ?: "/dev/tpm0");
	}
	for (guint i = 0; i < list_length(live->vsocks); i++)
		node_add(list, ((DomainVsock *)list_get(live->vsocks, i))->info.alias, VHOST_VSOCK);
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

GPtrArray *qemu_resources(const DomainDef *live, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)resource_free);

	boot_add(list, live);
	for (guint i = 0; i < list_length(live->disks); i++)
		disk_add(list, list_get(live->disks, i));
	chardevs_add(list, live->serials);
	chardevs_add(list, live->parallels);
	consoles_add(list, live);
	chardevs_add(list, live->channels);
	for (guint i = 0; i < list_length(live->redirdevs); i++) {
		const DomainRedirdev *redirdev = list_get(live->redirdevs, i);

		chardev_add(list, &redirdev->source, redirdev->info.alias);
	}
	for (guint i = 0; i < list_length(live->interfaces); i++)
		interface_add(list, live, list_get(live->interfaces, i));
	nodes_add(list, live);
	return paths_are_given(list, error) ? g_steal_pointer(&list) : NULL;
}
