/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A look into a guest's memory, and another size of its disks. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "drivers/qemu/argv/command.h"
#include "drivers/qemu/live/live.h"

static const DomainDisk *disk_find(const DomainDef *def, const char *name)
{
	const DomainDisk *disk = domain_def_disk_by_target(def, name);

	for (guint i = 0; !disk && i < list_length(def->disks); i++) {
		const DomainDisk *other = list_get(def->disks, i);

		if (g_strcmp0(other->source.path, name) == 0)
			disk = other;
	}
	return disk;
}

bool live_block_resize(Guest *guest, const char *name, uint64_t bytes, GError **error)
{
	const DomainDisk *disk = disk_find(guest->def, name);
	g_autofree char *node = NULL;

	if (!disk)
		return fail(error, VIR_ERR_INVALID_ARG, _("invalid path '%s' not assigned to domain '%s'"), name,
			    guest->def->name);
	if (disk->readonly || disk->source.type == STORAGE_ABSENT)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("disk '%s' is read-only or empty, so it has no other size"), disk->target);
	node = qemu_node_name(disk->target, 0);
	return live_call(guest, "block_resize", json_pack("{s:s,s:I}", "node-name", node, "size", (json_int_t)bytes),
			 NULL, error);
}

/* ---- Memory */

/* QEMU writes into a file of the guest's directory, which is in memory. */
static const char peek_name[] = "peek";

static bool file_take(const char *path, GByteArray *ret, GError **error)
{
	g_autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	unlink(path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(error, errno, _("cannot read what the hypervisor wrote"));
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t)ret->len ||
	    pread(fd, ret->data, ret->len, 0) != (ssize_t)ret->len)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("the hypervisor did not write %u bytes of memory"),
			    ret->len);
	return true;
}

bool live_memory_peek(Guest *guest, uint64_t address, bool is_virtual, GByteArray *ret, GError **error)
{
	g_autofree char *path = g_build_filename(guest->run_dir, peek_name, NULL);
	json_t *arguments = json_pack("{s:I,s:I,s:s}", "val", (json_int_t)address, "size", (json_int_t)ret->len,
				      "filename", path);

	unlink(path);
	return live_call(guest, is_virtual ? "memsave" : "pmemsave", arguments, NULL, error) &&
	       file_take(path, ret, error);
}
