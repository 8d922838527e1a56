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
#include "drivers/qemu/live.h"

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

void live_files_close(Guest *guest)
{
	GHashTableIter iter;
	gpointer layers;

	g_hash_table_iter_init(&iter, guest->resources);
	while (g_hash_table_iter_next(&iter, NULL, &layers))
		for (guint i = 0; i < list_length(layers); i++)
			fd_clear(&((GuestLayer *)list_get((GPtrArray *)layers, i))->fd);
}
