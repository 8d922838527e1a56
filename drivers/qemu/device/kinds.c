/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

extern const QemuDeviceKind qemu_disk, qemu_controller, qemu_lease, qemu_filesystem, qemu_interface,
	qemu_smartcard, qemu_serial, qemu_parallel, qemu_console, qemu_channel, qemu_input,
	qemu_tpm, qemu_graphics, qemu_sound, qemu_audio, qemu_video, qemu_hostdev, qemu_redirdev,
	qemu_hub, qemu_watchdog, qemu_memballoon, qemu_rng, qemu_nvram, qemu_shmem, qemu_memory,
	qemu_panic, qemu_iommu, qemu_vsock, qemu_crypto, qemu_pstore;

const QemuDeviceKind *const qemu_device_kinds[DEVICE_LAST] = {
	[DEVICE_DISK] = &qemu_disk,
	[DEVICE_CONTROLLER] = &qemu_controller,
	[DEVICE_LEASE] = &qemu_lease,
	[DEVICE_FILESYSTEM] = &qemu_filesystem,
	[DEVICE_INTERFACE] = &qemu_interface,
	[DEVICE_SMARTCARD] = &qemu_smartcard,
	[DEVICE_SERIAL] = &qemu_serial,
	[DEVICE_PARALLEL] = &qemu_parallel,
	[DEVICE_CONSOLE] = &qemu_console,
	[DEVICE_CHANNEL] = &qemu_channel,
	[DEVICE_INPUT] = &qemu_input,
	[DEVICE_TPM] = &qemu_tpm,
	[DEVICE_GRAPHICS] = &qemu_graphics,
	[DEVICE_SOUND] = &qemu_sound,
	[DEVICE_AUDIO] = &qemu_audio,
	[DEVICE_VIDEO] = &qemu_video,
	[DEVICE_HOSTDEV] = &qemu_hostdev,
	[DEVICE_REDIRDEV] = &qemu_redirdev,
	[DEVICE_HUB] = &qemu_hub,
	[DEVICE_WATCHDOG] = &qemu_watchdog,
	[DEVICE_MEMBALLOON] = &qemu_memballoon,
	[DEVICE_RNG] = &qemu_rng,
	[DEVICE_NVRAM] = &qemu_nvram,
	[DEVICE_SHMEM] = &qemu_shmem,
	[DEVICE_MEMORY] = &qemu_memory,
	[DEVICE_PANIC] = &qemu_panic,
	[DEVICE_IOMMU] = &qemu_iommu,
	[DEVICE_VSOCK] = &qemu_vsock,
	[DEVICE_CRYPTO] = &qemu_crypto,
	[DEVICE_PSTORE] = &qemu_pstore,
};

const DeviceKind qemu_device_order[] = {
	DEVICE_LEASE,    DEVICE_IOMMU,      DEVICE_CONTROLLER, DEVICE_HUB,       DEVICE_MEMORY,
	DEVICE_DISK,     DEVICE_FILESYSTEM, DEVICE_INTERFACE,  DEVICE_SMARTCARD, DEVICE_SERIAL,
	DEVICE_PARALLEL, DEVICE_CHANNEL,    DEVICE_CONSOLE,    DEVICE_INPUT,     DEVICE_AUDIO,
	DEVICE_SOUND,    DEVICE_GRAPHICS,   DEVICE_VIDEO,      DEVICE_HOSTDEV,   DEVICE_REDIRDEV,
	DEVICE_TPM,      DEVICE_WATCHDOG,   DEVICE_MEMBALLOON, DEVICE_RNG,       DEVICE_NVRAM,
	DEVICE_PANIC,    DEVICE_SHMEM,      DEVICE_VSOCK,      DEVICE_CRYPTO,    DEVICE_PSTORE,
};
const unsigned qemu_device_order_length = G_N_ELEMENTS(qemu_device_order);

char *qemu_device_alias(const DomainDef *def, const DomainDevice *device, unsigned number)
{
	const QemuDeviceKind *kind = qemu_device_kinds[device->kind];

	if (kind && kind->alias)
		return kind->alias(def, device, number);
	return kind && kind->prefix ? g_strdup_printf("%s%u", kind->prefix, number) : NULL;
}

/* ---- Names */

typedef struct Search {
	const char *alias;
	DomainDevice device;
} Search;

static bool note_alias(G_GNUC_UNUSED DomainDef *def, const DomainDevice *device, void *data)
{
	Search *search = data;

	if (g_strcmp0(device->info->alias, search->alias) != 0)
		return true;
	search->device = *device;
	return false;
}

bool qemu_device_find(const DomainDef *def, const char *alias, DomainDevice *ret)
{
	Search search = { .alias = alias };

	if (domain_def_each_device((DomainDef *)def, note_alias, &search))
		return false;
	*ret = search.device;
	return true;
}

static bool alias_is_free(const DomainDef *def, GHashTable *retired, const char *alias)
{
	DomainDevice device;

	return !qemu_device_find(def, alias, &device) && !g_hash_table_contains(retired, alias);
}

char *qemu_device_alias_new(const DomainDef *def, const DomainDevice *device, GHashTable *retired)
{
	g_autofree char *base = NULL;

	for (unsigned number = 0; number < G_MAXUINT16; number++) {
		g_autofree char *alias = qemu_device_alias(def, device, number);

		if (alias && alias_is_free(def, retired, alias))
			return g_steal_pointer(&alias);
		/* A name that tells the place of the device knows no numbers. */
		if (!alias || g_strcmp0(alias, base) == 0)
			break;
		g_free(base);
		base = g_steal_pointer(&alias);
	}
	for (unsigned number = 2; base && number < G_MAXUINT16; number++) {
		g_autofree char *alias = g_strdup_printf("%s-%u", base, number);

		if (alias_is_free(def, retired, alias))
			return g_steal_pointer(&alias);
	}
	return NULL;
}

bool qemu_device_hotplug(const DomainDevice *device, GError **error)
{
	const QemuDeviceKind *kind = qemu_device_kinds[device->kind];

	return (kind && kind->hotplug && kind->hotplug(device)) ||
	       fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
		    _("this <%s> cannot be plugged into or out of a running guest"),
		    domain_device_kinds[device->kind].name);
}

/* ---- What devices are made of */

bool qemu_device_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const QemuDeviceKind *kind = qemu_device_kinds[device->kind];

	if (!kind || !kind->build)
		return command_refuse(error, domain_device_kinds[device->kind].name,
				      _("it is not supported"));
	if (device->info->acpi_nodeset)
		return command_refuse(error, "acpi nodeset",
				      _("QEMU ties devices to NUMA cells from version 9.0 on"));
	return kind->build(cmd, device, error);
}

GPtrArray *qemu_device_parts(const DomainDef *def, const DomainDevice *device,
			     const QemuCommandContext *context, unsigned fdsets, GError **error)
{
	g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(command_part_free);
	g_autoptr(GHashTable) order = g_hash_table_new(NULL, NULL);
	QemuCommand cmd = { .def = def,
			    .context = context,
			    .parts = parts,
			    .fdsets = fdsets,
			    .boot_order = order };

	return qemu_device_build(&cmd, device, error) ? g_steal_pointer(&parts) : NULL;
}

/* ---- What rows share */

void qemu_complete_string(char **member, const char *value)
{
	if (!*member)
		*member = g_strdup(value);
}

Resource *qemu_resource_add(const QemuResources *all, ResourceKind kind, char *key,
			    const char *path)
{
	Resource *resource = g_new0(Resource, 1);

	resource->kind = kind;
	resource->key = key;
	resource->path = g_strdup(path);
	resource->what = N_("file");
	g_ptr_array_add(all->list, resource);
	return resource;
}

void qemu_node_add(const QemuResources *all, const char *alias, const char *path)
{
	Resource *resource = qemu_resource_add(all, RESOURCE_DEVICE, g_strdup(alias), path);

	resource->what = N_("device");
}

PciConnect qemu_pci_virtio(bool transitional)
{
	return transitional ? PCI_CONNECT_DEVICE : PCI_CONNECT_EXPRESS;
}

bool qemu_ccw_always(G_GNUC_UNUSED const DomainDevice *device)
{
	return true;
}

bool qemu_hotplug_always(G_GNUC_UNUSED const DomainDevice *device)
{
	return true;
}
