/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What devices leave open, and the order in which they stand. */
#include "config.h"

#include <string.h>

#include "drivers/qemu/address/address.h"
#include "drivers/qemu/device/kind.h"
#include "drivers/qemu/machine/complete.h"

static bool complete_device(G_GNUC_UNUSED DomainDef *def, const DomainDevice *device, void *data)
{
	const QemuDeviceKind *kind = qemu_device_kinds[device->kind];

	return !kind || !kind->complete || kind->complete(data, device);
}

/* Disks of one bus stand in the order of their names, as machines have them. */
static void disks_sort(DomainDef *def)
{
	guint n = list_length(def->disks);

	for (guint i = 1; i < n; i++) {
		DomainDisk *disk = list_get(def->disks, i);
		guint place = i, last = i;

		for (guint j = 0; j < i; j++) {
			const DomainDisk *other = list_get(def->disks, j);

			if (other->bus != disk->bus)
				continue;
			if (disk_target_number(other->target) > disk_target_number(disk->target)) {
				place = j;
				break;
			}
			last = j + 1;
		}
		if (place == i && last < i)
			place = last;
		if (place == i)
			continue;
		memmove(&def->disks->pdata[place + 1], &def->disks->pdata[place],
			(i - place) * sizeof(gpointer));
		def->disks->pdata[place] = disk;
	}
}

/* The screen that firmware uses comes first. */
static void videos_sort(DomainDef *def)
{
	for (guint i = 1; i < list_length(def->videos); i++) {
		DomainVideo *video = list_get(def->videos, i);

		if (video->primary != TRISTATE_YES)
			continue;
		memmove(&def->videos->pdata[1], &def->videos->pdata[0], i * sizeof(gpointer));
		def->videos->pdata[0] = video;
		return;
	}
}

bool complete_devices(DomainDef *def, const QemuCaps *caps, GError **error)
{
	QemuCompletion completion = { .def = def, .caps = caps, .error = error };

	videos_sort(def);
	if (!domain_def_each_device(def, complete_device, &completion))
		return false;
	disks_sort(def);
	return true;
}
