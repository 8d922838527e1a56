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
#include "worker/priv/fresh.h"
#include "worker/priv/priv.h"
#include "worker/priv/volume.h"

enum {
	POOL_MODE = 0711,
	SCAN_SIZE_MAX = 64 * 1024 * 1024, /* bytes of the answer */
};

bool priv_permissions_check(const PrivConfig *config, const priv_permissions *permissions,
			    const char *name, GError **error)
{
	const int64_t ids[] = { permissions->owner, permissions->group };

	for (unsigned i = 0; i < G_N_ELEMENTS(ids); i++) {
		if (ids[i] < -1 || ids[i] > UINT32_MAX - 1)
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("the owner or group of '%s' is not the number of one"), name);
		/* A guest gets its disks as descriptors; by name it shall reach nothing. */
		if (ids[i] >= config->uid_base && ids[i] < (int64_t)config->uid_base + config->uid_count)
			return fail(error, VIR_ERR_OPERATION_DENIED,
				    _("'%s' cannot belong to %u, which is a guest's"), name,
				    (unsigned)ids[i]);
	}
	if (permissions->has_mode && (permissions->mode & ~0777u))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("the mode %04o of '%s' is refused: at most 0777 is allowed"),
			    permissions->mode, name);
	return true;
}

bool priv_permissions_apply(int fd, const char *name, const priv_permissions *permissions,
			    mode_t mode, GError **error)
{
	uid_t owner = permissions->owner < 0 ? (uid_t)-1 : (uid_t)permissions->owner;
	gid_t group = permissions->group < 0 ? (gid_t)-1 : (gid_t)permissions->group;

	if (fchown(fd, owner, group) < 0)
		return fail_errno(error, errno, _("cannot change the owner of '%s'"), name);
	if (fchmod(fd, permissions->has_mode ? permissions->mode & 0777 : mode) < 0)
		return fail_errno(error, errno, _("cannot change the mode of '%s'"), name);
	return true;
}

/* Makes the directory @name in @parent, with all that is said of it before it has its name. */
static bool build(const PrivConfig *config, int parent, const char *name,
		  const priv_permissions *permissions, GError **error)
{
	g_auto(Fresh) fresh = FRESH_INIT;

	if (!fresh_make(config, parent, &fresh, error))
		return false;
	if (fchown(fresh.fd, 0, 0) < 0)
		return fail_errno(error, errno, _("cannot change the owner of '%s'"), name);
	return priv_permissions_apply(fresh.fd, name, permissions, POOL_MODE, error) &&
	       fresh_publish_directory(&fresh, name, error);
}

bool priv_pool_build(PrivCall *call, const priv_pool_build_args *args,
		     G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	g_autofd int parent = -1;
	const char *name;
	struct stat st;

	if (!priv_permissions_check(call->config, &args->permissions, args->pool, error))
		return false;
	parent = path_open_parent(args->pool, POLICY_POOL, _("storage pool"), &name, error);
	if (parent < 0)
		return false;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return build(call->config, parent, name, &args->permissions, error);
	if (args->fail_if_exists)
		return fail_errno(error, EEXIST, _("cannot make the directory '%s'"), args->pool);
	if (!S_ISDIR(st.st_mode))
		return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' is not a directory"), args->pool);
	return true;
}

bool priv_pool_delete(G_GNUC_UNUSED PrivCall *call, const priv_pool_delete_args *args,
		      G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	const char *name;
	g_autofd int parent = -1;

	parent = path_open_parent(args->pool, POLICY_POOL, _("storage pool"), &name, error);
	if (parent < 0)
		return false;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0)
		return fail_errno(error, errno, _("cannot remove the directory '%s'"), args->pool);
	return true;
}

static bool scan(const PrivConfig *config, int directory, GArray *volumes, GError **error)
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
		if (fresh_is_name(entry->d_name)) {
			fresh_sweep(config, directory, entry->d_name);
			continue;
		}
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
	if (directory < 0 || !scan(call->config, directory, volumes, error))
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
