/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/nvram.h"
#include "worker/host/path.h"

enum {
	NVRAM_MAX = 64 * 1024 * 1024,
	/* Of a UEFI firmware volume: a zero vector and a GUID, a length, then the signature. */
	SIGNATURE_OFFSET = 40,
};

static bool copy_all(int from, int to)
{
	char buffer[65536];
	size_t total = 0;
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		total += (size_t)n;
		if (total > NVRAM_MAX)
			return errno = EFBIG, false;
		for (ssize_t done = 0; done < n;) {
			ssize_t w = write(to, buffer + done, (size_t)(n - done));

			if (w < 0 && errno != EINTR)
				return false;
			done += MAX(w, 0);
		}
	}
	return fsync(to) == 0;
}

static bool looks_like_nvram(int fd)
{
	unsigned char head[SIGNATURE_OFFSET + 4];
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > NVRAM_MAX)
		return false;
	if (pread(fd, head, sizeof(head), 0) != sizeof(head))
		return false;
	return memcmp(head + SIGNATURE_OFFSET, "_FVH", 4) == 0 || memcmp(head, "QFI\xfb", 4) == 0;
}

/*
 * A copy gets its name when it is whole, so that no half of it is ever found. Unless it is to @replace
 * older variables, it takes no other file's place.
 */
static bool nvram_make(int parent, const char *path, const char *template, bool replace,
		       GError **error)
{
	g_autofree char *temporary =
		g_strdup_printf(".reeve-new-%08x%08x", g_random_int(), g_random_int());
	const char *name = strrchr(path, '/') + 1;
	g_autofd int from = -1;
	g_autofd int to = -1;

	from = path_open(template, PATH_FILE, O_RDONLY, _("template of firmware variables"), error);
	if (from < 0)
		return false;
	to = openat(parent, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to < 0)
		return path_fail(error, errno, path, _("file for firmware variables"));
	if (copy_all(from, to) &&
	    (replace ? renameat(parent, temporary, parent, name) :
		       renameat2(parent, temporary, parent, name, RENAME_NOREPLACE)) == 0)
		return true;
	fail_errno(error, errno, _("cannot copy the firmware variables '%s' to '%s'"), template, path);
	unlinkat(parent, temporary, 0);
	return false;
}

/* Is what @name in @parent stands for something that a fresh copy may replace? */
static bool replace_check(int parent, const char *name, const char *path, GError **error)
{
	g_autofd int fd = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	return (fd >= 0 && looks_like_nvram(fd)) ||
	       fail(error, VIR_ERR_OPERATION_DENIED,
		    _("'%s' does not hold firmware variables; it is not replaced"), path);
}

int nvram_open(const char *path, const char *template, bool reset, GError **error)
{
	g_autofd int parent = -1;
	const char *name;
	struct stat st;
	bool missing;

	parent = path_open_parent(path, POLICY_NVRAM, _("file with firmware variables"), &name, error);
	if (parent < 0)
		return -1;
	missing = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0;
	if (!missing && reset && !replace_check(parent, name, path, error))
		return -1;
	if (reset || missing) {
		if (!template)
			return fail(error, VIR_ERR_OPERATION_FAILED,
				    _("firmware variables '%s' are missing and there is no template "
				      "to make them from; set <nvram template='...'>"),
				    path),
			       -1;
		if (!nvram_make(parent, path, template, !missing, error))
			return -1;
	}
	return path_open(path, PATH_FILE, O_RDWR, _("file with firmware variables"), error);
}

bool nvram_remove(const char *path, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autofd int parent = -1;
	g_autofd int fd = -1;
	const char *name;

	parent = path_open_parent(path, POLICY_NVRAM, _("file with firmware variables"), &name, error);
	if (parent < 0)
		return false;
	fd = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0)
		return path_fail(error, errno, path, _("file with firmware variables"));
	if (!looks_like_nvram(fd))
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("'%s' does not hold firmware variables; it is not removed"), path);
	if (unlinkat(parent, name, 0) < 0)
		return fail_errno(error, errno, _("cannot remove firmware variables '%s'"), path);
	return true;
}
