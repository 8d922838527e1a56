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
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/path.h"

/*
 * A guest has no business there, whoever asks: the engine, which faces the network, must not be able
 * to read the host's secrets or change its programs by calling them a disk.
 */
static const struct {
	const char *directory;
	bool reading; /* may at least be read */
} forbidden[] = {
	{ "/etc", false },  { "/proc", false }, { "/sys", false }, { "/usr", true },
	{ "/boot", true },  { "/bin", true },	{ "/sbin", true }, { "/lib", true },
	{ "/lib32", true }, { "/lib64", true }, { "/libx32", true },
};

/* Character devices that guests are given. Minor -1: all of that major. */
static const struct {
	unsigned major;
	int minor;
} devices[] = {
	{ 1, 3 },   /* null */
	{ 1, 8 },   /* random */
	{ 1, 9 },   /* urandom */
	{ 4, -1 },  /* ttyS */
	{ 10, -2 }, /* misc: see misc_minors */
	{ 13, -1 }, /* input */
	{ 99, -1 }, /* parport */
	{ 166, -1 }, /* ttyACM */
	{ 188, -1 }, /* ttyUSB */
	{ 189, -1 }, /* usb */
	{ 204, -1 }, /* ttyAMA and others */
};

/* kvm, vhost-net, vhost-vsock, net/tun, hwrng, vfio */
static const unsigned misc_minors[] = { 232, 238, 241, 200, 183, 196 };

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

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && (path[length] == '/' || !path[length]);
}

bool path_policy_check(int fd, bool writing, const char *path, const char *what, GError **error)
{
	char link[64];
	char real[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, real, sizeof(real) - 1);
	if (n < 0)
		return fail_errno(error, errno, _("cannot find out where '%s' really is"), path);
	real[n] = '\0';
	for (unsigned i = 0; i < G_N_ELEMENTS(forbidden); i++) {
		if (!is_below(real, forbidden[i].directory))
			continue;
		if (!writing && forbidden[i].reading)
			return true;
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("%s '%s' is refused: nothing below '%s' may be used by a guest%s"),
			    what, path, forbidden[i].directory,
			    forbidden[i].reading ? _(" for writing") : "");
	}
	return true;
}

static bool device_check(const struct stat *st)
{
	unsigned major = major(st->st_rdev);
	unsigned minor = minor(st->st_rdev);

	if (major >= 136 && major <= 143) /* pseudo terminals */
		return true;
	for (unsigned i = 0; i < G_N_ELEMENTS(devices); i++) {
		if (devices[i].major != major)
			continue;
		if (devices[i].minor == -1 || devices[i].minor == (int)minor)
			return true;
		for (unsigned k = 0; devices[i].minor == -2 && k < G_N_ELEMENTS(misc_minors); k++)
			if (misc_minors[k] == minor)
				return true;
	}
	return false;
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

static bool kind_check(int fd, PathKind kind, const char *path, const char *what, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_errno(error, errno, _("cannot look at %s '%s'"), what, path);
	if (S_ISREG(st.st_mode) && (kind & (PATH_IMAGE | PATH_FILE)))
		return true;
	if (S_ISBLK(st.st_mode) && (kind & PATH_IMAGE))
		return true;
	if (S_ISCHR(st.st_mode) && (kind & PATH_DEVICE)) {
		if (device_check(&st))
			return true;
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("%s '%s' is refused: device %u:%u is none that guests may use"), what,
			    path, major(st.st_rdev), minor(st.st_rdev));
	}
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("%s '%s' is %s, which cannot be used so"),
		    what, path, _(type_name(st.st_mode)));
}

/* Opens again what the O_PATH descriptor @fd has pinned, so that nobody can swap it in between. */
static int reopen(int fd, int flags)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return open(link, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int path_open(const char *path, PathKind kind, int flags, const char *what, GError **error)
{
	bool writing = (flags & O_ACCMODE) != O_RDONLY;
	g_autofd int pin = -1;
	g_autofd int fd = -1;

	if (!path_check(path, what, error))
		return -1;
	pin = open_beneath(AT_FDCWD, path, O_PATH, 0, RESOLVE_NO_MAGICLINKS);
	if (pin < 0)
		return path_fail(error, errno, path, what), -1;
	if (!kind_check(pin, kind, path, what, error) ||
	    !path_policy_check(pin, writing, path, what, error))
		return -1;
	fd = reopen(pin, flags);
	if (fd < 0)
		return path_fail(error, errno, path, what), -1;
	if (kind != PATH_DEVICE && fcntl(fd, F_SETFL, flags & O_APPEND) < 0)
		return fail_errno(error, errno, _("cannot set up '%s'"), path), -1;
	return take_fd(&fd);
}

int path_open_parent(const char *path, const char *what, const char **ret_name, GError **error)
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
	if (!path_policy_check(fd, true, path, what, error))
		return -1;
	*ret_name = name;
	return take_fd(&fd);
}

int path_create(const char *path, int flags, const char *what, GError **error)
{
	g_autofd int parent = -1;
	g_autofd int fd = -1;
	const char *name;

	parent = path_open_parent(path, what, &name, error);
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
	if (!kind_check(fd, PATH_FILE, path, what, error))
		return -1;
	if ((flags & O_TRUNC) && ftruncate(fd, 0) < 0)
		return fail_errno(error, errno, _("cannot empty %s '%s'"), what, path), -1;
	if (fcntl(fd, F_SETFL, flags & O_APPEND) < 0)
		return fail_errno(error, errno, _("cannot set up %s '%s'"), what, path), -1;
	return take_fd(&fd);
}
