/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel, initrd and the like: QEMU opens them by path, as /proc/self/fd/N. That opens the file
 * anew with the guest's rights, which may not suffice though the descriptor is there; a copy in
 * memory belongs to the guest.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "drivers/qemu/live/live.h"

static bool reopens(int fd)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	g_autofd int again = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return again >= 0;
}

static bool copy_all(int from, int to)
{
	off_t offset = 0;
	struct stat st;

	if (fstat(from, &st) < 0)
		return false;
	while (offset < st.st_size) {
		ssize_t n = sendfile(to, from, &offset, (size_t)(st.st_size - offset));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
	}
	return true;
}

static bool layer_prepare(GuestLayer *layer, GError **error)
{
	g_autofd int copy = -1;

	if (layer->fd < 0 || reopens(layer->fd))
		return true;
	copy = memfd_create("reeve", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy < 0 || !copy_all(layer->fd, copy))
		return fail_errno(error, errno, _("cannot copy '%s' for the hypervisor"),
				  layer->path);
	fcntl(copy, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	fd_clear(&layer->fd);
	layer->fd = take_fd(&copy);
	return true;
}

static bool opened_by_path(const Guest *guest, const char *key)
{
	const OsLoader *loader = guest->def->os.loader;

	return g_str_equal(key, "kernel") || g_str_equal(key, "initrd") ||
	       g_str_equal(key, "dtb") || g_str_has_prefix(key, "acpi:") ||
	       g_str_has_prefix(key, "fwcfg:") ||
	       (g_str_equal(key, "loader") && loader && loader->type != LOADER_TYPE_PFLASH);
}

bool live_files_prepare(Guest *guest, GError **error)
{
	GHashTableIter iter;
	gpointer key, layers;

	g_hash_table_iter_init(&iter, guest->resources);
	while (g_hash_table_iter_next(&iter, &key, &layers))
		if (opened_by_path(guest, key) && list_length(layers) > 0 &&
		    !layer_prepare(list_get((GPtrArray *)layers, 0), error))
			return false;
	return true;
}

/* ---- What was found below each disk, for clients to see */

static void source_describe(StorageSource *source, const GuestLayer *layer, guint index)
{
	struct stat st;
	bool block = layer->fd >= 0 && fstat(layer->fd, &st) == 0 && S_ISBLK(st.st_mode);

	source->index = index;
	if (source->type == STORAGE_ABSENT)
		source->type = block ? STORAGE_BLOCK : STORAGE_FILE;
	if (!source->path)
		source->path = g_strdup(layer->path);
}

static void disk_describe(DomainDisk *disk, const GPtrArray *layers, guint *next)
{
	DomainBacking **end = &disk->detected_backing;

	source_describe(&disk->source, list_get(layers, 0), (*next)++);
	/* A chain that the definition spells out is shown as it is given. */
	if (disk->backing || disk->detected_backing)
		return;
	for (guint i = 1; i < layers->len; i++) {
		const GuestLayer *layer = list_get(layers, i);

		*end = g_new0(DomainBacking, 1);
		source_describe(&(*end)->source, layer, (*next)++);
		(*end)->format = storage_format_parse(layer->format);
		end = &(*end)->backing;
	}
	*end = g_new0(DomainBacking, 1); /* one without a source is the end */
}

void live_files_describe(Guest *guest)
{
	guint next = 1;

	for (guint i = 0; i < list_length(guest->def->disks); i++) {
		DomainDisk *disk = list_get(guest->def->disks, i);
		g_autofree char *key = g_strconcat("disk:", disk->target, NULL);
		const GPtrArray *layers = guest_resource(guest, key);

		if (list_length(layers) > 0)
			disk_describe(disk, layers, &next);
	}
}

void live_files_close(Guest *guest)
{
	GHashTableIter iter;
	gpointer key, layers;

	g_hash_table_iter_init(&iter, guest->resources);
	while (g_hash_table_iter_next(&iter, &key, &layers))
		for (guint i = 0; i < list_length(layers) && !g_str_equal(key, "restore"); i++)
			fd_clear(&((GuestLayer *)list_get((GPtrArray *)layers, i))->fd);
}
