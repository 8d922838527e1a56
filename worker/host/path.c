/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/path.h"

bool path_check(const char *path, const char *what, GError **error)
{
	size_t length = strlen(path);

	if (path[0] != '/')
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the path of the %s must be absolute: '%s'"), what, path);
	if (length >= PATH_MAX)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the path of the %s is too long: %zu bytes"), what, length);
	if (strstr(path, "/../") || g_str_has_suffix(path, "/.."))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the path of the %s must not hold '..': '%s'"), what, path);
	if (path[length - 1] == '/')
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the path of the %s names a directory: '%s'"), what, path);
	return true;
}

static int open_beneath(int directory, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = mode,
		.resolve = resolve,
	};

	return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

/* The first component of @path that cannot be reached or, if all can, @path itself. */
static char *find_culprit(const char *path)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		g_autofree char *prefix = g_strndup(path, (gsize)(slash - path));
		struct stat st;

		if (stat(prefix, &st) < 0)
			return g_steal_pointer(&prefix);
		if (!S_ISDIR(st.st_mode) || access(prefix, X_OK) < 0)
			return g_steal_pointer(&prefix);
	}
	return g_strdup(path);
}

bool path_fail(GError **error, int errnum, const char *path, const char *what)
{
	g_autofree char *culprit = find_culprit(path);

	if (g_str_equal(culprit, path))
		return fail_errno(error, errnum, _("cannot open %s '%s' as user %u"), what, path,
				  (unsigned)geteuid());
	return fail_errno(error, errnum, _("cannot open %s '%s' as user %u, because of '%s'"), what,
			  path, (unsigned)geteuid(), culprit);
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return N_("a regular file");
	case S_IFBLK:
		return N_("a block device");
	case S_IFCHR:
		return N_("a character device");
	case S_IFDIR:
		return N_("a directory");
	case S_IFIFO:
		return N_("a named pipe");
	case S_IFSOCK:
		return N_("a socket");
	default:
		return N_("a symbolic link");
	}
}

static const char *kind_name(PathKind kind)
{
	if (kind & PATH_IMAGE)
		return _("a regular file or a block device");
	return kind & PATH_FILE ? _("a regular file") : _("a character device");
}

static bool kind_check(int fd, PathKind kind, const char *path, const char *what, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_errno(error, errno, _("cannot look at %s '%s'"), what, path);
	if (S_ISREG(st.st_mode) && (kind & (PATH_IMAGE | PATH_FILE)))
		return true;
	if ((S_ISBLK(st.st_mode) && (kind & PATH_IMAGE)) ||
	    (S_ISCHR(st.st_mode) && (kind & PATH_DEVICE)))
		return policy_check_device(&st, path, what, error);
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("%s '%s' is %s; expected %s"), what, path,
		    _(type_name(st.st_mode)), kind_name(kind));
}

/* What somebody asks for, and how people call it. */
typedef struct Wanted {
	const char *path, *what;
	PathKind kind;
	unsigned uses; /* of PolicyUse: one of them must be allowed where a file is */
} Wanted;

/* Is @fd what is wanted, and allowed? Where a device lies does not matter. */
static bool found_check(int fd, const Wanted *wanted, GError **error)
{
	struct stat st;

	if (!kind_check(fd, wanted->kind, wanted->path, wanted->what, error))
		return false;
	return (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) ||
	       policy_check(fd, wanted->uses, wanted->path, wanted->what, error);
}

/* Opens again what the O_PATH descriptor @pin has pinned, so that nobody can swap it in between. */
static int pinned_open(int pin, const Wanted *wanted, int flags, GError **error)
{
	g_autofd int fd = -1;
	char link[64];

	if (!found_check(pin, wanted, error))
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", pin);
	fd = open(link, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return path_fail(error, errno, wanted->path, wanted->what), -1;
	if (wanted->kind != PATH_DEVICE && fcntl(fd, F_SETFL, flags & O_APPEND) < 0)
		return fail_errno(error, errno, _("cannot set up '%s'"), wanted->path), -1;
	return take_fd(&fd);
}

/* What is only read may lie where others may read it, too. */
static unsigned uses_of(PathKind kind, bool writing)
{
	if (kind & PATH_IMAGE)
		return writing ? POLICY_IMAGE : POLICY_IMAGE | POLICY_READ;
	return writing ? POLICY_NVRAM : POLICY_READ;
}

int path_open(const char *path, PathKind kind, int flags, const char *what, GError **error)
{
	bool writing = (flags & O_ACCMODE) != O_RDONLY;
	const Wanted wanted = { path, what, kind, uses_of(kind, writing) };
	g_autofd int pin = -1;

	if (!path_check(path, what, error))
		return -1;
	pin = open_beneath(AT_FDCWD, path, O_PATH, 0, RESOLVE_NO_MAGICLINKS);
	if (pin < 0)
		return path_fail(error, errno, path, what), -1;
	return pinned_open(pin, &wanted, flags, error);
}

int path_open_at(int directory, const char *name, int flags, const char *what, GError **error)
{
	const Wanted wanted = { name, what, PATH_FILE, POLICY_IMAGE };
	g_autofd int pin = open_beneath(directory, name, O_PATH | O_NOFOLLOW, 0,
					RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

	if (pin < 0 && errno == ELOOP)
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("%s '%s' is a symbolic link, which is not followed"), what, name),
		       -1;
	if (pin < 0)
		return fail_errno(error, errno, _("cannot open %s '%s'"), what, name), -1;
	return pinned_open(pin, &wanted, flags, error);
}

int path_open_parent(const char *path, PolicyUse use, const char *what, const char **ret_name,
		     GError **error)
{
	g_autofree char *directory = NULL;
	g_autofd int fd = -1;
	const char *name;

	if (!path_check(path, what, error))
		return -1;
	name = strrchr(path, '/') + 1;
	directory = name == path + 1 ? g_strdup("/") : g_strndup(path, (gsize)(name - 1 - path));
	if (g_str_equal(name, ".") || strlen(name) > NAME_MAX)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("'%s' cannot be the path of a %s"),
			    path, what),
		       -1;
	fd = open_beneath(AT_FDCWD, directory, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
	if (fd < 0)
		return path_fail(error, errno, path, what), -1;
	if (!policy_check_entry(fd, name, use, what, error))
		return -1;
	*ret_name = name;
	return take_fd(&fd);
}

int path_create(const char *path, int flags, const char *what, GError **error)
{
	const Wanted wanted = { path, what, PATH_FILE, POLICY_CREATE };
	g_autofd int parent = -1;
	g_autofd int fd = -1;
	const char *name;

	parent = path_open_parent(path, POLICY_CREATE, what, &name, error);
	if (parent < 0)
		return -1;
	/* O_NONBLOCK so that a named pipe does not hang; what it is is looked at before use. */
	fd = open_beneath(parent, name, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0600,
			  RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH);
	if (fd < 0 && errno == ELOOP)
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("%s '%s' is a symbolic link; nothing is written through one"), what,
			    path),
		       -1;
	if (fd < 0)
		return path_fail(error, errno, path, what), -1;
	if (!found_check(fd, &wanted, error))
		return -1;
	if ((flags & O_TRUNC) && ftruncate(fd, 0) < 0)
		return fail_errno(error, errno, _("cannot empty %s '%s'"), what, path), -1;
	if (fcntl(fd, F_SETFL, flags & O_APPEND) < 0)
		return fail_errno(error, errno, _("cannot set up %s '%s'"), what, path), -1;
	return take_fd(&fd);
}
