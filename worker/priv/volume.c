/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests about the volumes of a storage pool that is a directory. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/image_mark.h"
#include "worker/host/path.h"
#include "worker/host/volume.h"
#include "worker/priv/fresh.h"
#include "worker/priv/priv.h"
#include "worker/priv/volume.h"
#include "worker/priv/work.h"

#define VOLUME_MODE 0600
#define SIZE_MAX_BYTES (UINT64_C(1) << 62)

static void volume_ret_clear(priv_volume_ret *ret)
{
	xdr_free((xdrproc_t)xdr_priv_volume_ret, (char *)ret);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(priv_volume_ret, volume_ret_clear)

static int open_pool(const char *pool, const char *name, GError **error)
{
	return volume_name_check(name, error) ? pool_open(pool, error) : -1;
}

bool volume_tell(int directory, const char *name, priv_volume_ret *ret, GError **error)
{
	if (volume_describe(directory, name, &ret->volume, error))
		return true;
	if (error && *error)
		return false;
	return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' is neither a file nor a directory"), name);
}

bool volume_is_raw(const char *format)
{
	return strcmp(format, "raw") == 0 || strcmp(format, "iso") == 0;
}

static bool capacity_check(uint64_t capacity, const char *name, GError **error)
{
	return capacity <= SIZE_MAX_BYTES ||
	       fail(error, VIR_ERR_INVALID_ARG, _("volume '%s': %" PRIu64 " bytes are too many"), name,
		    capacity);
}

/* ---- Create */

static int create_raw(int directory, const priv_volume_create_args *args, GError **error)
{
	g_autofd int fd = openat(directory, args->name,
				 O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, VOLUME_MODE);
	uint64_t allocation = MIN(args->allocation, args->capacity);

	if (fd < 0)
		return fail_errno(error, errno, _("cannot make the volume '%s'"), args->name), -1;
	if (ftruncate(fd, (off_t)args->capacity) < 0)
		return fail_errno(error, errno, _("cannot make the volume '%s' %" PRIu64 " bytes long"),
				  args->name, args->capacity),
		       -1;
	if (allocation > 0) {
		int r = posix_fallocate(fd, 0, (off_t)allocation);

		if (r != 0)
			return fail_errno(error, r,
					  _("cannot allocate %" PRIu64 " bytes for the volume '%s'"),
					  allocation, args->name),
			       -1;
	}
	return take_fd(&fd);
}

static int create_directory(int directory, const priv_volume_create_args *args, GError **error)
{
	int fd = -1;

	if (mkdirat(directory, args->name, 0700) == 0)
		fd = openat(directory, args->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fail_errno(error, errno, _("cannot make the volume '%s'"), args->name);
	return fd;
}

/* What a confined program made is root's, not the program's, before anybody else sees it. */
static int create_image(const PrivConfig *config, int directory, const priv_volume_create_args *args,
			GError **error)
{
	g_autofd int fd = -1;
	struct stat st;

	if (!volume_image_create(config, directory, args, error))
		return -1;
	fd = openat(directory, args->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(error, errno, _("cannot open the volume '%s'"), args->name), -1;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != priv_tool_uid(config))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("what qemu-img made of the volume '%s' is not its own file"), args->name),
		       -1;
	if (fchown(fd, 0, 0) < 0)
		return fail_errno(error, errno, _("cannot change the owner of '%s'"), args->name), -1;
	return take_fd(&fd);
}

int volume_make(const PrivConfig *config, int directory, const priv_volume_create_args *args,
		  GError **error)
{
	if (strcmp(args->format, "dir") == 0)
		return create_directory(directory, args, error);
	if (!volume_is_raw(args->format))
		return create_image(config, directory, args, error);
	if (args->backing_path)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s': one of format '%s' cannot have a backing store"),
			    args->name, args->format),
		       -1;
	return create_raw(directory, args, error);
}

bool volume_finish(PrivCall *call, const Fresh *fresh, int fd, const priv_volume_create_args *args, GError **error)
{
	bool is_dir = strcmp(args->format, "dir") == 0;

	if (!is_dir)
		image_mark_format(fd, args->format);
	return priv_permissions_apply(fd, args->name, &args->permissions, is_dir ? 0700 : VOLUME_MODE, error) &&
	       work_may_finish(call->in->fds[0], error) && fresh_publish(fresh, args->name, error);
}

int volume_place_open(const PrivConfig *config, const priv_volume_create_args *args, GError **error)
{
	g_autofd int directory = open_pool(args->pool, args->name, error);
	struct stat st;

	if (directory < 0 || !capacity_check(args->capacity, args->name, error) ||
	    !priv_permissions_check(config, &args->permissions, args->name, error))
		return -1;
	if (fstatat(directory, args->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return fail(error, VIR_ERR_STORAGE_VOL_EXIST, _("there is a '%s' in '%s' already"),
			    args->name, args->pool),
		       -1;
	return take_fd(&directory);
}

bool priv_volume_create(PrivCall *call, const priv_volume_create_args *args, priv_volume_ret *ret,
			GError **error)
{
	g_autofd int directory = volume_place_open(call->config, args, error);
	g_auto(Fresh) fresh = FRESH_INIT;
	g_autofd int fd = -1;

	if (directory < 0 || !fresh_make(call->config, directory, &fresh, error))
		return false;
	fd = volume_make(call->config, fresh.fd, args, error);
	return fd >= 0 && volume_finish(call, &fresh, fd, args, error) &&
	       volume_tell(directory, args->name, ret, error);
}

/* ---- The rest */

bool priv_volume_delete(G_GNUC_UNUSED PrivCall *call, const priv_volume_args *args,
			G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	g_autofd int directory = open_pool(args->pool, args->name, error);
	struct stat st;

	if (directory < 0)
		return false;
	if (fstatat(directory, args->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(error, errno, _("cannot remove the volume '%s'"), args->name);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("'%s' is neither a file nor a directory"), args->name);
	if (unlinkat(directory, args->name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0)
		return fail_errno(error, errno, _("cannot remove the volume '%s'"), args->name);
	return true;
}

bool priv_volume_look(G_GNUC_UNUSED PrivCall *call, const priv_volume_args *args,
		      priv_volume_ret *ret, GError **error)
{
	g_autofd int directory = open_pool(args->pool, args->name, error);

	return directory >= 0 && volume_tell(directory, args->name, ret, error);
}

static bool resize_raw(int fd, const priv_volume_resize_args *args, GError **error)
{
	if (ftruncate(fd, (off_t)args->capacity) < 0)
		return fail_errno(error, errno, _("cannot resize the volume '%s'"), args->name);
	if (args->allocate) {
		int r = posix_fallocate(fd, 0, (off_t)args->capacity);

		if (r != 0)
			return fail_errno(error, r, _("cannot allocate the volume '%s'"), args->name);
	}
	return true;
}

/* Is the volume still what the engine takes it for? Its header may have been written by a guest. */
static bool resize_check(int directory, const priv_volume_resize_args *args, GError **error)
{
	g_auto(priv_volume_ret) now = { 0 };

	if (!volume_tell(directory, args->name, &now, error))
		return false;
	if (volume_is_raw(args->format) != volume_is_raw(now.volume.format) ||
	    (!volume_is_raw(args->format) && strcmp(args->format, now.volume.format) != 0))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the volume '%s' looks like one of format '%s', not '%s': refresh the pool, "
			      "and beware of what a guest may have written into it"),
			    args->name, now.volume.format, args->format);
	if (args->capacity < now.volume.capacity && !args->shrink)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("volume '%s' would shrink; the flag SHRINK allows that"), args->name);
	return true;
}

bool priv_volume_resize(PrivCall *call, const priv_volume_resize_args *args, priv_volume_ret *ret,
			GError **error)
{
	g_autofd int directory = open_pool(args->pool, args->name, error);
	g_autofd int fd = -1;

	if (directory < 0 || !capacity_check(args->capacity, args->name, error))
		return false;
	fd = path_open_at(directory, args->name, O_RDWR, _("volume"), error);
	if (fd < 0 || !resize_check(directory, args, error))
		return false;
	if (volume_is_raw(args->format) ? !resize_raw(fd, args, error) :
				   !volume_image_resize(call->config, fd, args, error))
		return false;
	return volume_tell(directory, args->name, ret, error);
}

bool priv_volume_open(PrivCall *call, const priv_volume_open_args *args, priv_volume_open_ret *ret,
		      GError **error)
{
	g_autofd int directory = open_pool(args->pool, args->name, error);
	g_autofd int fd = -1;
	struct stat st;

	if (directory < 0)
		return false;
	fd = path_open_at(directory, args->name, args->write ? O_RDWR : O_RDONLY, _("volume"), error);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0)
		return fail_errno(error, errno, _("cannot look at the volume '%s'"), args->name);
	ret->size = (uint64_t)st.st_size;
	priv_fds_add(&call->out, take_fd(&fd));
	return true;
}
