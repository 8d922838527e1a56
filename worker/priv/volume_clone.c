/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume made out of another: its bytes where both have the same shape, else what a guest sees in it. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/path.h"
#include "worker/host/volume.h"
#include "worker/priv/fresh.h"
#include "worker/priv/priv.h"
#include "worker/priv/volume.h"
#include "worker/priv/work.h"

enum { PIECE = 8 * 1024 * 1024 };

/* ---- bytes --------------------------------------------------------------------------------- */

typedef struct Copy {
	int from, to, work;
	const char *name;
} Copy;

/* By a buffer, where the kernel cannot copy between the two. */
static ssize_t copy_by_hand(const Copy *copy, off_t at, size_t length)
{
	g_autofree char *buffer = g_malloc(MIN(length, 1 << 20));
	ssize_t n = pread(copy->from, buffer, MIN(length, 1 << 20), at);

	return n <= 0 ? n : pwrite(copy->to, buffer, (size_t)n, at);
}

static bool copy_data(const Copy *copy, off_t at, off_t end, GError **error)
{
	while (at < end) {
		off_t in = at, out = at;
		const size_t length = (size_t)MIN(end - at, PIECE);
		ssize_t n = copy_file_range(copy->from, &in, copy->to, &out, length, 0);

		if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
			n = copy_by_hand(copy, at, length);
		if (n < 0 && errno != EINTR)
			return fail_errno(error, errno, _("cannot copy the volume '%s'"), copy->name);
		if (n == 0) /* it became shorter meanwhile: what is missing reads as zeros */
			return true;
		at += MAX(n, 0);
		if (!work_goes_on(copy->work, error))
			return false;
	}
	return true;
}

/* The holes of the one are those of the other. */
static bool copy_extents(const Copy *copy, off_t size, GError **error)
{
	off_t data, end = 0;

	while (end < size) {
		data = lseek(copy->from, end, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0) { /* no holes there */
			data = end;
			end = size;
		} else {
			end = lseek(copy->from, data, SEEK_HOLE);
		}
		if (end <= data)
			return fail_errno(error, errno, _("cannot find the holes of the volume '%s'"), copy->name);
		if (!copy_data(copy, data, MIN(end, size), error))
			return false;
	}
	return true;
}

/* Shares the blocks where the file system can; with @shared it has to. */
static bool copy_bytes(const Copy *copy, bool shared, GError **error)
{
	off_t size;

	if (ioctl(copy->to, FICLONE, copy->from) == 0)
		return true;
	if (shared)
		return fail_errno(error, errno, _("volume '%s' cannot be copied by sharing its blocks (reflink)"),
				  copy->name);
	size = lseek(copy->from, 0, SEEK_END);
	if (size < 0 || ftruncate(copy->to, size) < 0)
		return fail_errno(error, errno, _("cannot make a copy of the volume '%s'"), copy->name);
	return copy_extents(copy, size, error);
}

static int clone_bytes(const Fresh *fresh, int from, const priv_volume_clone_args *args, int work, GError **error)
{
	const priv_volume_create_args *made = &args->made;
	g_autofd int fd = openat(fresh->fd, made->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	const Copy copy = { .from = from, .to = fd, .work = work, .name = args->name };
	struct stat st;

	if (fd < 0)
		return fail_errno(error, errno, _("cannot make the volume '%s'"), made->name), -1;
	if (!copy_bytes(&copy, args->reflink, error))
		return -1;
	if (!volume_is_raw(made->format))
		return take_fd(&fd);
	if (fstat(fd, &st) < 0 ||
	    ((uint64_t)st.st_size < made->capacity && ftruncate(fd, (off_t)made->capacity) < 0))
		return fail_errno(error, errno, _("cannot make the volume '%s' longer"), made->name), -1;
	return take_fd(&fd);
}

/* ---- the request --------------------------------------------------------------------------- */

/* May the bytes be taken as they are? What is shared has to keep its shape. */
static bool is_copied_as_bytes(const priv_volume_clone_args *args)
{
	const priv_volume_create_args *made = &args->made;

	if (volume_is_raw(made->format) && volume_is_raw(args->format))
		return made->secret.secret_len == 0;
	return args->reflink && strcmp(made->format, args->format) == 0;
}

static int clone_into(PrivCall *call, const Fresh *fresh, int from, const priv_volume_clone_args *args,
		      GError **error)
{
	const int work = call->in->fds[0];

	if (is_copied_as_bytes(args))
		return clone_bytes(fresh, from, args, work, error);
	if (args->reflink)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s' cannot share its blocks (reflink) with one of another format"),
			    args->made.name),
		       -1;
	return volume_image_convert(call, fresh->fd, from, args, error);
}

bool priv_volume_clone(PrivCall *call, const priv_volume_clone_args *args, priv_volume_ret *ret, GError **error)
{
	const priv_volume_create_args *made = &args->made;
	g_autofd int directory = volume_place_open(call->config, made, error);
	g_auto(Fresh) fresh = FRESH_INIT;
	g_autofd int source = -1, from = -1, fd = -1;

	if (directory < 0 || !volume_name_check(args->name, error))
		return false;
	source = pool_open(args->pool, error);
	if (source < 0)
		return false;
	from = path_open_at(source, args->name, O_RDONLY, _("volume"), error);
	if (from < 0 || !fresh_make(call->config, directory, &fresh, error))
		return false;
	fd = clone_into(call, &fresh, from, args, error);
	if (fd < 0)
		return false;
	if (fdatasync(fd) < 0)
		return fail_errno(error, errno, _("cannot write the volume '%s'"), made->name);
	return volume_finish(call, &fresh, fd, made, error) && volume_tell(directory, made->name, ret, error);
}
