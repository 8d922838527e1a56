/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/priv/fresh.h"

#define PREFIX ".reeve-new-"

static int directory_open(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Is @fd a directory that only we can have made? Nobody else can give one to that user. */
static bool is_ours(const PrivConfig *config, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_uid == priv_tool_uid(config) && S_ISDIR(st.st_mode) &&
	       (st.st_mode & 07777) == 0700;
}

bool fresh_make(const PrivConfig *config, int parent, Fresh *ret, GError **error)
{
	const uid_t uid = priv_tool_uid(config);
	g_autofd int fd = -1;
	char name[sizeof(ret->name)];
	uint64_t number;
	struct stat st;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return fail_errno(error, errno, _("cannot choose a name"));
	snprintf(name, sizeof(name), PREFIX "%016" G_GINT64_MODIFIER "x", number);
	if (mkdirat(parent, name, 0700) < 0)
		return fail_errno(error, errno, _("cannot make a directory"));
	fd = directory_open(parent, name);
	/* Whoever owns the parent may have put another one in its place: it would not be root's and empty. */
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || st.st_nlink > 2 ||
	    flock(fd, LOCK_EX | LOCK_NB) < 0 || fchown(fd, uid, uid) < 0 || fchmod(fd, 0700) < 0) {
		fail_errno(error, errno, _("cannot set up a directory"));
		unlinkat(parent, name, AT_REMOVEDIR);
		return false;
	}
	ret->parent = parent;
	ret->fd = take_fd(&fd);
	memcpy(ret->name, name, sizeof(name));
	return true;
}

static bool publish_failed(const char *name, GError **error)
{
	if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR)
		return fail(error, VIR_ERR_STORAGE_VOL_EXIST, _("there is a '%s' already"), name);
	return fail_errno(error, errno, _("cannot make '%s'"), name);
}

bool fresh_publish(const Fresh *fresh, const char *name, GError **error)
{
	struct stat st;

	if (renameat2(fresh->fd, name, fresh->parent, name, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return publish_failed(name, error);
	/* A file system that cannot promise this: a second name can never replace something. */
	if (fstatat(fresh->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
	    mkdirat(fresh->parent, name, 0700) == 0)
		return renameat(fresh->fd, name, fresh->parent, name) == 0 ||
		       publish_failed(name, error);
	if (linkat(fresh->fd, name, fresh->parent, name, 0) < 0)
		return publish_failed(name, error);
	unlinkat(fresh->fd, name, 0);
	return true;
}

bool fresh_publish_directory(const Fresh *fresh, const char *name, GError **error)
{
	if (renameat2(fresh->parent, fresh->name, fresh->parent, name, RENAME_NOREPLACE) == 0)
		return true;
	/* Without that promise at worst an empty directory is replaced. */
	if ((errno == EINVAL || errno == ENOSYS) &&
	    renameat(fresh->parent, fresh->name, fresh->parent, name) == 0)
		return true;
	return publish_failed(name, error);
}

/* Takes @fd. What it holds is plain files and empty directories; by its descriptor, wherever it is now. */
static void contents_remove(int fd)
{
	DIR *directory = fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		close(fd);
		return;
	}
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlinkat(fd, entry->d_name, 0) < 0)
			unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	closedir(directory);
}

void fresh_clear(Fresh *fresh)
{
	if (fresh->fd < 0)
		return;
	contents_remove(fresh->fd);
	fresh->fd = -1;
	unlinkat(fresh->parent, fresh->name, AT_REMOVEDIR);
}

bool fresh_is_name(const char *name)
{
	return g_str_has_prefix(name, PREFIX);
}

void fresh_sweep(const PrivConfig *config, int parent, const char *name)
{
	g_autofd int fd = directory_open(parent, name);

	if (fd < 0 || !is_ours(config, fd) || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	contents_remove(take_fd(&fd));
	unlinkat(parent, name, AT_REMOVEDIR);
}
