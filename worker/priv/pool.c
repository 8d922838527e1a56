/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests about the directory of a storage pool. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "worker/host/path.h"
#include "worker/host/volume.h"
#include "worker/priv/priv.h"
#include "worker/priv/volume.h"

enum {
	POOL_MODE = 0711,
	SCAN_SIZE_MAX = 64 * 1024 * 1024, /* bytes of the answer */
};

bool priv_permissions_apply(int directory, const char *name, const priv_permissions *permissions,
			    GError **error)
{
	uid_t owner = permissions->owner < 0 ? (uid_t)-1 : (uid_t)permissions->owner;
	gid_t group = permissions->group < 0 ? (gid_t)-1 : (gid_t)permissions->group;

	if (permissions->owner > UINT32_MAX - 1 || permissions->group > UINT32_MAX - 1)
		return fail(error, VIR_ERR_INVALID_ARG, _("the owner or group of '%s' is no number of one"), name);
	if (fchownat(directory, name, owner, group, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(error, errno, _("cannot change the owner of '%s'"), name);
	/* The name was just made by us and is no link: fchmodat cannot be told not to follow. */
	if (permissions->has_mode && fchmodat(directory, name, permissions->mode & 07777, 0) < 0)
		return fail_errno(error, errno, _("cannot change the mode of '%s'"), name);
	return true;
}

bool priv_pool_build(G_GNUC_UNUSED PrivCall *call, const priv_pool_build_args *args,
		     G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	const char *name;
	g_autofd int parent = -1;

	if (!path_check(args->pool, _("storage pool"), error))
		return false;
	parent = path_open_parent(args->pool, _("storage pool"), &name, error);
	if (parent < 0)
		return false;
	if (mkdirat(parent, name, POOL_MODE) < 0) {
		struct stat st;

		if (errno != EEXIST || args->fail_if_exists)
			return fail_errno(error, errno, _("cannot make the directory '%s'"), args->pool);
		if (fstatat(parent, name, &st, 0) < 0 || !S_ISDIR(st.st_mode))
			return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no directory"), args->pool);
		return true;
	}
	/* As said here, not as our umask would have it. */
	if (fchmodat(parent, name, POOL_MODE, 0) < 0)
		return fail_errno(error, errno, _("cannot change the mode of '%s'"), args->pool);
	return priv_permissions_apply(parent, name, &args->permissions, error);
}

bool priv_pool_delete(G_GNUC_UNUSED PrivCall *call, const priv_pool_delete_args *args,
		      G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	const char *name;
	g_autofd int parent = -1;

	if (!path_check(args->pool, _("storage pool"), error))
		return false;
	parent = path_open_parent(args->pool, _("storage pool"), &name, error);
	if (parent < 0)
		return false;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0)
		return fail_errno(error, errno, _("cannot remove the directory '%s'"), args->pool);
	return true;
}

static bool scan(int directory, GArray *volumes, GError **error)
{
	g_autofd int copy = dup(directory);
	DIR *dir = fdopendir(copy);
	bool ok = true;

	if (!dir)
		return fail_errno(error, errno, _("cannot read a directory"));
	take_fd(&copy);
	for (const struct dirent *entry; ok && (entry = readdir(dir));) {
		g_autoptr(GError) vanished = NULL;
		priv_volume volume = { 0 };

		if (entry->d_name[0] == '.' && (!entry->d_name[1] || !strcmp(entry->d_name, "..")))
			continue;
		if (volumes->len >= PRIV_VOLUMES_MAX)
			ok = fail(error, VIR_ERR_OPERATION_FAILED,
				  _("a storage pool can have %d volumes at most"), PRIV_VOLUMES_MAX);
		else if (volume_describe(directory, entry->d_name, &volume, &vanished))
			g_array_append_val(volumes, volume);
	}
	closedir(dir);
	return ok;
}

/* The volumes as a memory file: a packet would be too small for many. */
static int encode(GArray *volumes, unsigned *ret_size, GError **error)
{
	priv_volumes all = { .volumes = { .volumes_len = volumes->len,
					  .volumes_val = (priv_volume *)(void *)volumes->data } };
	gsize space = 4 + (gsize)volumes->len * 16384;
	g_autofd int fd = memfd_create("volumes", MFD_CLOEXEC);
	g_autofree char *buffer = NULL;
	XDR xdr;

	if (fd < 0)
		return fail_errno(error, errno, _("cannot make a memory file")), -1;
	space = MIN(space, (gsize)SCAN_SIZE_MAX);
	buffer = g_malloc(space);
	xdrmem_create(&xdr, buffer, (unsigned)space, XDR_ENCODE);
	if (!xdr_priv_volumes(&xdr, &all))
		return fail(error, VIR_ERR_OPERATION_FAILED, _("the list of volumes is too long")), -1;
	*ret_size = xdr_getpos(&xdr);
	xdr_destroy(&xdr);
	if (write(fd, buffer, *ret_size) != (ssize_t)*ret_size)
		return fail_errno(error, errno, _("cannot write a memory file")), -1;
	return take_fd(&fd);
}

static void volume_clear(void *data)
{
	xdr_free((xdrproc_t)xdr_priv_volume, data);
}

bool priv_pool_scan(PrivCall *call, const priv_pool_scan_args *args, priv_pool_scan_ret *ret,
		    GError **error)
{
	g_autofd int directory = pool_open(args->pool, error);
	g_autoptr(GArray) volumes = g_array_new(FALSE, TRUE, sizeof(priv_volume));
	struct statvfs st;
	int fd;

	g_array_set_clear_func(volumes, volume_clear);
	if (directory < 0 || !scan(directory, volumes, error))
		return false;
	if (fstatvfs(directory, &st) < 0)
		return fail_errno(error, errno, _("cannot look at the file system of '%s'"), args->pool);
	ret->capacity = (uint64_t)st.f_blocks * st.f_frsize;
	ret->available = (uint64_t)st.f_bavail * st.f_frsize;
	ret->allocation = ret->capacity - ret->available;
	fd = encode(volumes, &ret->size, error);
	if (fd < 0)
		return false;
	priv_fds_add(&call->out, fd);
	return true;
}
