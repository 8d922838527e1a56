/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/listen.h"
#include "worker/host/path.h"

/* Through the directory's descriptor, which also lifts the limit on the length of the path. */
static bool address_set(struct sockaddr_un *address, int parent, const char *name)
{
	address->sun_family = AF_UNIX;
	return snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s", parent,
			name) < (int)sizeof(address->sun_path);
}

/* Removes a socket that its owner left behind. */
static bool stale_remove(int parent, const char *name, const struct sockaddr_un *address,
			 const char *path, GError **error)
{
	g_autofd int probe = -1;
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	if (!S_ISSOCK(st.st_mode))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("cannot listen at '%s': something else than a socket is there"), path);
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe < 0)
		return fail_errno(error, errno, _("cannot make a socket"));
	if (connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	    errno != ECONNREFUSED)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("cannot listen at '%s': somebody else does already"), path);
	if (unlinkat(parent, name, 0) < 0)
		return fail_errno(error, errno, _("cannot remove the old socket '%s'"), path);
	return true;
}

int listen_bind_at(int parent, const char *name, const char *path, GError **error)
{
	struct sockaddr_un address = { 0 };
	g_autofd int fd = -1;
	mode_t umask_before;
	int r;

	if (!address_set(&address, parent, name))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the name of the socket '%s' is too long"), path),
		       -1;
	if (!stale_remove(parent, name, &address, path, error))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail_errno(error, errno, _("cannot make a socket")), -1;
	/* The mode comes from the umask, so that the socket never has a wider one. */
	umask_before = umask(0117);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(umask_before);
	if (r < 0)
		return fail_errno(error, errno, _("cannot make the socket '%s'"), path), -1;
	return take_fd(&fd);
}

int listen_open_at(int parent, const char *name, const char *path, GError **error)
{
	g_autofd int fd = listen_bind_at(parent, name, path, error);

	if (fd >= 0 && listen(fd, 16) < 0)
		return fail_errno(error, errno, _("cannot listen at '%s'"), path), -1;
	return take_fd(&fd);
}

/* Only root, or the guest @uid that the socket is for, may have a say about what is in @parent. */
static bool parent_check(int parent, uid_t uid, const char *path, uid_t *ret_owner, GError **error)
{
	struct stat st;

	if (fstat(parent, &st) < 0)
		return fail_errno(error, errno, _("cannot look at the directory of '%s'"), path);
	*ret_owner = st.st_uid;
	if (geteuid() != 0 || st.st_uid == uid)
		return true;
	/* In a sticky one nobody else can put another file in the place of root's. */
	if (st.st_uid == 0 && (!(st.st_mode & 022) || (st.st_mode & S_ISVTX)))
		return true;
	return fail(error, VIR_ERR_OPERATION_DENIED,
		    _("cannot listen at '%s': its directory belongs to user %u and has the mode %04o; it must be "
		      "the guest's, or root's and nobody else's to write"),
		    path, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
}

/* With the file rights of the guest, whose directory @parent is: under the name may be whatever it has put there. */
static int listen_open_as(uid_t uid, int parent, const char *name, const char *path, GError **error)
{
	uid_t own = (uid_t)setfsuid(uid);
	int fd = listen_open_at(parent, name, path, error);

	setfsuid(own);
	return fd;
}

/* In a directory in which only root gives names to files. */
static int listen_open_for(uid_t uid, int parent, const char *name, const char *path, GError **error)
{
	g_autofd int fd = listen_open_at(parent, name, path, error);

	if (fd >= 0 && fchownat(parent, name, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(error, errno, _("cannot give the socket '%s' to the guest"), path),
		       -1;
	return take_fd(&fd);
}

int listen_open(const char *path, uid_t uid, const char *what, GError **error)
{
	g_autofd int parent = -1;
	const char *name;
	uid_t owner = 0;

	parent = path_open_parent(path, POLICY_SOCKET, what, &name, error);
	if (parent < 0 || !parent_check(parent, uid, path, &owner, error))
		return -1;
	if (geteuid() != 0)
		return listen_open_at(parent, name, path, error);
	return owner == uid ? listen_open_as(uid, parent, name, path, error) :
			      listen_open_for(uid, parent, name, path, error);
}
