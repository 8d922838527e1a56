/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/live/live.h"

#include <string.h>

#include "base/error.h"

static void disk_error_clear(void *data)
{
	g_free(((DiskError *)data)->disk);
}

/* The disk whose device stands in @path of QEMU's tree: "/machine/peripheral/<alias>/...". */
static const DomainDisk *find_disk(const Guest *guest, const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	for (guint i = 0; i < list_length(guest->def->disks); i++) {
		const DomainDisk *disk = list_get(guest->def->disks, i);

		if (disk->info.alias && g_strv_contains((const char *const *)parts, disk->info.alias))
			return disk;
	}
	return NULL;
}

static int error_code_of(const char *status)
{
	if (g_strcmp0(status, "nospace") == 0)
		return VIR_DOMAIN_DISK_ERROR_NO_SPACE;
	return g_strcmp0(status, "failed") == 0 ? VIR_DOMAIN_DISK_ERROR_UNSPEC :
						  VIR_DOMAIN_DISK_ERROR_NONE;
}

GArray *live_disk_errors(Guest *guest, GError **error)
{
	GArray *errors;
	json_t *blocks, *block;
	size_t i;

	if (!live_call(guest, "query-block", NULL, &blocks, error))
		return NULL;
	errors = g_array_new(FALSE, TRUE, sizeof(DiskError));
	g_array_set_clear_func(errors, disk_error_clear);
	json_array_foreach(blocks, i, block) {
		const char *path = json_string_value(json_object_get(block, "qdev"));
		const DomainDisk *disk = path ? find_disk(guest, path) : NULL;
		DiskError failed = { 0 };

		failed.error = error_code_of(json_string_value(json_object_get(block, "io-status")));
		if (!disk || failed.error == VIR_DOMAIN_DISK_ERROR_NONE)
			continue;
		failed.disk = g_strdup(disk->target);
		g_array_append_val(errors, failed);
	}
	json_decref(blocks);
	return errors;
}
