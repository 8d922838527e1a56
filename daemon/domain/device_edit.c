/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/domain/device_edit.h"
#include "daemon/registry/domain_call.h"

static const char *kind_name(DeviceKind kind)
{
	return domain_device_kinds[kind].name;
}

/* What a device is known by, where a client's document need not tell the rest. */
static bool same_by_key(const DomainDevice *a, const DomainDevice *b, bool *ret_same)
{
	switch (a->kind) {
	case DEVICE_DISK:
		*ret_same = g_strcmp0(a->disk->target, b->disk->target) == 0;
		return true;
	case DEVICE_INTERFACE:
		if (!b->interface->mac.set)
			return false;
		*ret_same = memcmp(a->interface->mac.bytes, b->interface->mac.bytes,
				   sizeof(a->interface->mac.bytes)) == 0;
		return true;
	case DEVICE_CONTROLLER:
		*ret_same = a->controller->type == b->controller->type &&
			    a->controller->index == b->controller->index;
		return true;
	case DEVICE_FILESYSTEM:
		*ret_same = g_strcmp0(a->filesystem->target, b->filesystem->target) == 0;
		return true;
	case DEVICE_MEMBALLOON:
	case DEVICE_NVRAM:
	case DEVICE_IOMMU:
	case DEVICE_VSOCK:
		*ret_same = true; /* there is at most one */
		return true;
	case DEVICE_GRAPHICS:
		*ret_same = a->graphics->type == b->graphics->type;
		return true;
	default:
		return false;
	}
}

/* The text of @device, without what the wanted one leaves open. */
static char *text_like(const DomainDevice *device, const DomainDevice *wanted)
{
	g_autoptr(DomainDevice) copy = domain_device_copy(device);

	if (wanted->info->address.type == ADDRESS_ABSENT)
		copy->info->address = wanted->info->address;
	if (!wanted->info->alias)
		g_clear_pointer(&copy->info->alias, g_free);
	return domain_device_format(copy, CONF_INACTIVE | CONF_SECURE);
}

static bool same_device(const DomainDevice *device, const DomainDevice *wanted)
{
	g_autofree char *a = NULL, *b = NULL;
	bool same;

	if (wanted->info->alias && device->info->alias)
		return strcmp(device->info->alias, wanted->info->alias) == 0;
	if (same_by_key(device, wanted, &same))
		return same;
	a = text_like(device, wanted);
	b = domain_device_format(wanted, CONF_INACTIVE | CONF_SECURE);
	return strcmp(a, b) == 0;
}

/* For messages: "disk 'vda'", "interface '52:54:00:...'", "rng". */
static char *device_text(const DomainDevice *device)
{
	char mac[MAC_TEXT];

	if (device->kind == DEVICE_DISK && device->disk->target)
		return g_strdup_printf("disk '%s'", device->disk->target);
	if (device->kind == DEVICE_INTERFACE && device->interface->mac.set) {
		mac_format(&device->interface->mac, mac);
		return g_strdup_printf("interface '%s'", mac);
	}
	return g_strdup(kind_name(device->kind));
}

int device_find(DomainDef *def, const DomainDevice *device, GError **error)
{
	GPtrArray *list = domain_def_devices(def, device->kind);
	g_autofree char *text = device_text(device);
	int found = -1;

	for (unsigned i = 0; i < list->len; i++) {
		DomainDevice other = { .kind = device->kind, .any = list_get(list, i) };

		if (!same_device(&other, device))
			continue;
		if (found >= 0) {
			fail(error, VIR_ERR_OPERATION_FAILED,
			     _("several devices of domain '%s' could be meant by %s; say which by "
			       "its address or alias"),
			     def->name, text);
			return -1;
		}
		found = (int)i;
	}
	if (found < 0)
		fail(error, VIR_ERR_DEVICE_MISSING, _("device not found: domain '%s' has no such %s"),
		     def->name, text);
	return found;
}

bool device_add(DomainDef *def, DomainDevice *device, GError **error)
{
	GPtrArray *list = domain_def_devices(def, device->kind);

	if (domain_device_kinds[device->kind].single && list->len > 0)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("domain '%s' has a %s already, and can have one only"), def->name,
			    kind_name(device->kind));
	if (device->kind == DEVICE_DISK && device->disk->target &&
	    domain_def_disk_by_target(def, device->disk->target))
		return fail(error, VIR_ERR_OPERATION_INVALID, _("target %s already exists."),
			    device->disk->target);
	if (!domain_device_complete_generic(def, device, error) ||
	    !domain_device_check_generic(def, device, error))
		return false;
	domain_def_take_device(def, device);
	return true;
}

static void remove_at(DomainDef *def, DeviceKind kind, unsigned index)
{
	DomainDevice *device = g_new0(DomainDevice, 1);

	device->kind = kind;
	device->any = g_ptr_array_steal_index(domain_def_devices(def, kind), index);
	domain_device_free(device);
}

bool device_remove(DomainDef *def, const DomainDevice *device, GError **error)
{
	int index = device_find(def, device, error);

	if (index < 0)
		return false;
	remove_at(def, device->kind, (unsigned)index);
	return true;
}

bool device_remove_alias(DomainDef *def, const char *alias, GError **error)
{
	for (int kind = DEVICE_NONE + 1; kind < DEVICE_LAST; kind++) {
		GPtrArray *list = domain_def_devices(def, (DeviceKind)kind);

		for (unsigned i = 0; i < list->len; i++) {
			const DeviceInfo *info = list_get(list, i);

			if (g_strcmp0(info->alias, alias) != 0)
				continue;
			remove_at(def, (DeviceKind)kind, i);
			return true;
		}
	}
	return fail(error, VIR_ERR_DEVICE_MISSING,
		    _("device not found: domain '%s' has none with alias '%s'"), def->name, alias);
}

bool device_replace(DomainDef *def, DomainDevice *device, GError **error)
{
	int index = device_find(def, device, error);
	GPtrArray *list = domain_def_devices(def, device->kind);
	g_autoptr(DomainDevice) old = NULL;
	DomainDevice present = { .kind = device->kind };

	if (index < 0)
		return false;
	present.any = list_get(list, (guint)index);
	if (device->info->address.type == ADDRESS_ABSENT) {
		/* The content goes over; a string in it would be owned twice otherwise. */
		device->info->address = present.info->address;
		memset(&present.info->address, 0, sizeof(present.info->address));
	}
	if (!device->info->alias)
		device->info->alias = g_steal_pointer(&present.info->alias);
	if (!domain_device_complete_generic(def, device, error))
		return false;
	old = g_new0(DomainDevice, 1);
	old->kind = device->kind;
	old->any = present.any;
	list->pdata[index] = device->any;
	g_free(device);
	return true;
}
