/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices whatever their kind: one table says where they live in a DomainDef. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/tables.h"

#define KIND(k, n, member, element, one) \
	[k] = { k, n, offsetof(DomainDef, member), one, &bind_el_##element }
const DeviceKindRow domain_device_kinds[DEVICE_LAST] = {
	KIND(DEVICE_DISK, "disk", disks, domain_disk, false),
	KIND(DEVICE_CONTROLLER, "controller", controllers, domain_controller, false),
	KIND(DEVICE_LEASE, "lease", leases, domain_lease, false),
	KIND(DEVICE_FILESYSTEM, "filesystem", filesystems, domain_filesystem, false),
	KIND(DEVICE_INTERFACE, "interface", interfaces, domain_interface, false),
	KIND(DEVICE_SMARTCARD, "smartcard", smartcards, domain_smartcard, false),
	KIND(DEVICE_SERIAL, "serial", serials, domain_serial, false),
	KIND(DEVICE_PARALLEL, "parallel", parallels, domain_parallel, false),
	KIND(DEVICE_CONSOLE, "console", consoles, domain_console, false),
	KIND(DEVICE_CHANNEL, "channel", channels, domain_channel, false),
	KIND(DEVICE_INPUT, "input", inputs, domain_input, false),
	KIND(DEVICE_TPM, "tpm", tpms, domain_tpm, false),
	KIND(DEVICE_GRAPHICS, "graphics", graphics, domain_graphics, false),
	KIND(DEVICE_SOUND, "sound", sounds, domain_sound, false),
	KIND(DEVICE_AUDIO, "audio", audios, domain_audio, false),
	KIND(DEVICE_VIDEO, "video", videos, domain_video, false),
	KIND(DEVICE_HOSTDEV, "hostdev", hostdevs, domain_hostdev, false),
	KIND(DEVICE_REDIRDEV, "redirdev", redirdevs, domain_redirdev, false),
	KIND(DEVICE_HUB, "hub", hubs, domain_hub, false),
	KIND(DEVICE_WATCHDOG, "watchdog", watchdogs, domain_watchdog, false),
	KIND(DEVICE_MEMBALLOON, "memballoon", memballoons, domain_memballoon, true),
	KIND(DEVICE_RNG, "rng", rngs, domain_rng, false),
	KIND(DEVICE_NVRAM, "nvram", nvrams, domain_nvram, true),
	KIND(DEVICE_SHMEM, "shmem", shmems, domain_shmem, false),
	KIND(DEVICE_MEMORY, "memory", memories, domain_memory_device, false),
	KIND(DEVICE_PANIC, "panic", panics, domain_panic, false),
	KIND(DEVICE_IOMMU, "iommu", iommus, domain_iommu, true),
	KIND(DEVICE_VSOCK, "vsock", vsocks, domain_vsock, true),
	KIND(DEVICE_CRYPTO, "crypto", cryptos, domain_crypto, false),
	KIND(DEVICE_PSTORE, "pstore", pstores, domain_pstore, true),
};

DomainDevice *domain_device_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
				  GError **error)
{
	g_autoptr(BindReader) reader = bind_reader_open(xml, length, flags, diags, error);
	DomainDevice *device;
	void *content;

	if (!reader)
		return NULL;
	for (int kind = DEVICE_NONE + 1; kind < DEVICE_LAST; kind++) {
		if (strcmp(domain_device_kinds[kind].name, bind_reader_root(reader)) != 0)
			continue;
		content = bind_reader_parse(reader, domain_device_kinds[kind].element, error);
		if (!content)
			return NULL;
		device = g_new0(DomainDevice, 1);
		device->kind = (DeviceKind)kind;
		device->any = content;
		return device;
	}
	return fail_null(error, VIR_ERR_XML_ERROR, _("<%s> is not a device of a domain"),
			 bind_reader_root(reader));
}

char *domain_device_format(const DomainDevice *device, unsigned flags)
{
	return bind_format(domain_device_kinds[device->kind].element, device->any, flags);
}

DomainDevice *domain_device_copy(const DomainDevice *device)
{
	DomainDevice *copy = g_new0(DomainDevice, 1);

	copy->kind = device->kind;
	copy->any = bind_copy(domain_device_kinds[device->kind].element, device->any);
	return copy;
}

void domain_device_free(DomainDevice *device)
{
	if (!device)
		return;
	bind_free(domain_device_kinds[device->kind].element, device->any);
	g_free(device);
}

GPtrArray *domain_def_devices(DomainDef *def, DeviceKind kind)
{
	GPtrArray **list = (GPtrArray **)(void *)((guint8 *)def + domain_device_kinds[kind].list);

	if (!*list)
		*list = g_ptr_array_new();
	return *list;
}

void *domain_def_add(DomainDef *def, DeviceKind kind)
{
	void *device = bind_new(domain_device_kinds[kind].element);

	g_ptr_array_add(domain_def_devices(def, kind), device);
	return device;
}

void domain_def_take_device(DomainDef *def, DomainDevice *device)
{
	g_ptr_array_add(domain_def_devices(def, device->kind), device->any);
	g_free(device);
}

bool domain_def_each_device(DomainDef *def, DomainDeviceFn fn, void *data)
{
	for (int kind = DEVICE_NONE + 1; kind < DEVICE_LAST; kind++) {
		const GPtrArray *list = *(GPtrArray *const *)(const void *)(
			(const guint8 *)def + domain_device_kinds[kind].list);

		for (guint i = 0; i < list_length(list); i++) {
			DomainDevice device = { .kind = (DeviceKind)kind, .any = list_get(list,
				i) };

			if (!fn(def, &device, data))
				return false;
		}
	}
	return true;
}
