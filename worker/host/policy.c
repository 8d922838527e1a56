/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "worker/host/policy.h"

enum { FILE_MAX = 64 * 1024 }; /* bytes of priv.conf */

typedef struct Rule {
	char *path;
	unsigned uses;
} Rule;

static struct {
	bool enforced;
	GPtrArray *rules;	  /* of Rule */
	GPtrArray *block_devices; /* of patterns */
	GPtrArray *char_devices;
} policy;

/* What the lines of priv.conf may say. A key that the file has replaces its presets. */
static const struct {
	const char *key;
	unsigned uses; /* of a directory; 0: a pattern for devices */
	const char *const *presets;
} keys[] = {
	{ "image_dir", POLICY_IMAGES,
	  (const char *const[]){ LOCALSTATEDIR "/lib/reeve/images", "/var/lib/libvirt/images",
				 "/var/lib/libvirt/boot", NULL } },
	{ "nvram_dir", POLICY_NVRAM, (const char *const[]){ "/var/lib/libvirt/qemu/nvram", NULL } },
	{ "socket_dir", POLICY_SOCKET,
	  (const char *const[]){ "/var/lib/libvirt/qemu/channel", NULL } },
	{ "read_dir", POLICY_READ | POLICY_PUBLIC,
	  (const char *const[]){ "/boot", "/usr/share", "/usr/lib", "/usr/local/share", NULL } },
	{ "block_device", 0, (const char *const[]){ "/dev/sr[0-9]*", NULL } },
	{ "char_device", 0, (const char *const[]){ NULL } },
	{ "save_dir", POLICY_SAVE,
	  (const char *const[]){ "/var/lib/libvirt/qemu/save", "/var/lib/libvirt/qemu/dump", NULL } },
};

/* Character devices that guests are given without being named. Minors first to last. */
static const struct {
	unsigned major, first, last;
} devices[] = {
	{ 1, 3, 3 },	     /* null */
	{ 1, 8, 9 },	     /* random, urandom */
	{ 4, 64, 255 },	     /* ttyS; below are the host's own consoles */
	{ 10, 183, 183 },    /* hwrng */
	{ 10, 196, 196 },    /* vfio */
	{ 10, 200, 200 },    /* net/tun */
	{ 10, 232, 232 },    /* kvm */
	{ 10, 238, 238 },    /* vhost-net */
	{ 10, 241, 241 },    /* vhost-vsock */
	{ 99, 0, 255 },	     /* parport */
	{ 166, 0, UINT_MAX }, /* ttyACM */
	{ 188, 0, UINT_MAX }, /* ttyUSB */
	{ 189, 0, UINT_MAX }, /* usb */
	{ 204, 64, 255 },    /* ttyAMA and others */
};

/* ---- Rules */

static void rule_free(void *data)
{
	Rule *rule = data;

	g_free(rule->path);
	g_free(rule);
}

static void rule_add(const char *path, unsigned uses)
{
	Rule *rule = g_new0(Rule, 1);

	rule->path = g_strdup(path);
	rule->uses = uses;
	g_ptr_array_add(policy.rules, rule);
}

void policy_enforce(void)
{
	policy.enforced = true;
	policy.rules = g_ptr_array_new_with_free_func(rule_free);
	policy.block_devices = g_ptr_array_new_with_free_func(g_free);
	policy.char_devices = g_ptr_array_new_with_free_func(g_free);
}

void policy_add(const char *path, unsigned uses)
{
	char real[PATH_MAX];
	g_autofree char *parent = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *joined = NULL;

	if (realpath(path, real)) {
		rule_add(real, uses);
		return;
	}
	/* It may be made later; then where it is said to be. */
	joined = g_build_filename(realpath(parent, real) ? real : parent, name, NULL);
	rule_add(joined, uses);
}

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && (path[length] == '/' || !path[length]);
}

/* What may be done at the real @path: the longest rule; of equal ones the stricter. */
static unsigned uses_at(const char *path)
{
	size_t best = 0;
	unsigned uses = 0;

	for (unsigned i = 0; i < policy.rules->len; i++) {
		const Rule *rule = g_ptr_array_index(policy.rules, i);
		size_t length = strlen(rule->path);

		if (!is_below(path, rule->path) || length < best)
			continue;
		uses = length == best ? uses & rule->uses : rule->uses;
		best = length;
	}
	return uses;
}

/* ---- priv.conf */

/* A link would be followed at each start, by then perhaps to where somebody else has made it lead. */
static void dir_warn(const char *key, const char *value)
{
	char real[PATH_MAX];

	if (realpath(value, real) && !g_str_equal(real, value))
		log_warning(_("%s '%s' is at '%s'; nothing below it is allowed unless it is named so"),
			    key, value, real);
}

static bool value_take(unsigned key, const char *value, GError **error)
{
	g_autofree char *path = NULL;

	if (value[0] != '/')
		return fail(error, VIR_ERR_CONF_SYNTAX, _("the value of '%s' must be an absolute path"),
			    keys[key].key);
	if (keys[key].uses == 0) {
		g_ptr_array_add(key == 4 ? policy.block_devices : policy.char_devices,
				g_strdup(value));
		return true;
	}
	path = g_canonicalize_filename(value, "/");
	if (g_str_equal(path, "/"))
		return fail(error, VIR_ERR_CONF_SYNTAX, _("the value of '%s' must not be '/'"),
			    keys[key].key);
	dir_warn(keys[key].key, path);
	rule_add(path, keys[key].uses);
	return true;
}

/* Which key @line sets; *ret_value points into it, NULL for an empty line. -1 and an error for nonsense. */
static int line_parse(char *line, const char **ret_value, GError **error)
{
	char *equals;

	g_strstrip(line);
	*ret_value = NULL;
	if (!*line || *line == '#')
		return 0;
	equals = strchr(line, '=');
	if (equals) {
		*equals = '\0';
		g_strchomp(line);
		*ret_value = g_strchug(equals + 1);
	}
	for (unsigned i = 0; equals && i < G_N_ELEMENTS(keys); i++)
		if (g_str_equal(line, keys[i].key))
			return (int)i;
	return fail(error, VIR_ERR_CONF_SYNTAX,
		    _("'%s' is not of the form key = path; the keys are image_dir, nvram_dir, "
		      "socket_dir, read_dir, save_dir, block_device and char_device"),
		    line),
	       -1;
}

static bool text_parse(const char *path, const char *text, bool *given, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (unsigned i = 0; lines[i]; i++) {
		const char *value;
		int key = line_parse(lines[i], &value, error);

		/* A key with an empty value only takes the presets away. */
		if (key < 0 || (value && *value && !value_take((unsigned)key, value, error))) {
			g_prefix_error(error, "%s:%u: ", path, i + 1);
			return false;
		}
		if (value)
			given[key] = true;
	}
	return true;
}

/* Could somebody else than root have written what is at @st? */
static bool is_roots(const struct stat *st)
{
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);

	return st->st_uid == 0 && (!(st->st_mode & 022) || sticky);
}

/* *ret_text NULL: there is no such file. */
static bool file_read(const char *path, char **ret_text, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	g_autofree char *text = g_malloc0(FILE_MAX + 1);
	struct stat st, parent;
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0 || fstat(fd, &st) < 0 || stat(folder, &parent) < 0)
		return fail_errno(error, errno, _("cannot open '%s'"), path);
	if (!S_ISREG(st.st_mode) || !is_roots(&st) || !is_roots(&parent))
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("'%s' must be a file that belongs to root and that, like its directory, "
			      "nobody else may write"),
			    path);
	n = read(fd, text, FILE_MAX + 1);
	if (n < 0)
		return fail_errno(error, errno, _("cannot read '%s'"), path);
	if (n > FILE_MAX || memchr(text, '\0', (size_t)n))
		return fail(error, VIR_ERR_CONF_SYNTAX, _("'%s' is not a configuration file"), path);
	*ret_text = g_steal_pointer(&text);
	return true;
}

bool policy_load(const char *path, GError **error)
{
	bool given[G_N_ELEMENTS(keys)] = { false };
	g_autofree char *text = NULL;

	if (!file_read(path, &text, error) || (text && !text_parse(path, text, given, error)))
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++)
		for (const char *const *preset = keys[i].presets; !given[i] && *preset; preset++)
			value_take(i, *preset, NULL);
	policy_add(path, 0);
	return true;
}

/* ---- Checks */

char *policy_locate(int fd, const char *path, GError **error)
{
	char link[64];
	char real[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, real, sizeof(real) - 1);
	if (n < 0)
		return fail_errno(error, errno, _("cannot find out where '%s' is"), path), NULL;
	real[n] = '\0';
	return g_strdup(real);
}

static bool uses_check(const char *real, unsigned uses, const char *path, const char *what,
		       GError **error)
{
	if (uses_at(real) & uses)
		return true;
	return fail(error, VIR_ERR_OPERATION_DENIED,
		    _("%s '%s' is refused: '%s' is not in a directory that priv.conf names for that; see "
		      "reeved(8)"),
		    what, path, real);
}

/*
 * A second name of a file lets its content be reached from a directory that is not its own. Nobody but the
 * owner can have given it that name where nobody else may write the directory.
 */
static bool names_check(const struct stat *st, const char *real, const char *path, const char *what,
			GError **error)
{
	g_autofree char *folder = g_path_get_dirname(real);
	struct stat parent;

	if (st->st_nlink == 1)
		return true;
	if (st->st_nlink > 1 && stat(folder, &parent) == 0 && parent.st_uid == st->st_uid &&
	    !(parent.st_mode & 022))
		return true;
	return fail(error, VIR_ERR_OPERATION_DENIED,
		    _("%s '%s' is refused: the file has %lu names (hard links), and others than its owner "
		      "may have made this one; make a copy of it"),
		    what, path, (unsigned long)st->st_nlink);
}

bool policy_check(int fd, unsigned uses, const char *path, const char *what, GError **error)
{
	g_autofree char *real = NULL;
	struct stat st;

	if (!policy.enforced)
		return true;
	real = policy_locate(fd, path, error);
	if (!real || !uses_check(real, uses, path, what, error))
		return false;
	if (fstat(fd, &st) < 0)
		return fail_errno(error, errno, _("cannot look at %s '%s'"), what, path);
	if (!S_ISREG(st.st_mode))
		return true;
	if ((uses_at(real) & POLICY_PUBLIC) && !(st.st_mode & S_IROTH))
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("%s '%s' is refused: not everybody may read it"), what, path);
	return names_check(&st, real, path, what, error);
}

bool policy_check_entry(int fd, const char *name, PolicyUse use, const char *what, GError **error)
{
	g_autofree char *directory = NULL;
	g_autofree char *real = NULL;

	if (!policy.enforced)
		return true;
	directory = policy_locate(fd, name, error);
	if (!directory)
		return false;
	real = g_build_filename(directory, name, NULL);
	return uses_check(real, use, real, what, error);
}

/* Is the device one of those that @patterns name? By number, since names in /dev are often links. */
static bool patterns_match(const GPtrArray *patterns, const struct stat *wanted)
{
	bool found = false;

	for (unsigned i = 0; i < patterns->len && !found; i++) {
		glob_t names = { 0 };
		struct stat st;

		if (glob(g_ptr_array_index(patterns, i), GLOB_NOSORT, NULL, &names) == 0)
			for (size_t k = 0; k < names.gl_pathc && !found; k++)
				found = stat(names.gl_pathv[k], &st) == 0 &&
					(st.st_mode & S_IFMT) == (wanted->st_mode & S_IFMT) &&
					st.st_rdev == wanted->st_rdev;
		globfree(&names);
	}
	return found;
}

static bool is_known(dev_t device)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(devices); i++)
		if (devices[i].major == major(device) && devices[i].first <= minor(device) &&
		    devices[i].last >= minor(device))
			return true;
	return false;
}

bool policy_check_device(const struct stat *st, const char *path, const char *what, GError **error)
{
	bool block = S_ISBLK(st->st_mode);

	if (!block && is_known(st->st_rdev))
		return true;
	if (!policy.enforced && (block || major(st->st_rdev) != 1))
		return true;
	if (policy.enforced &&
	    patterns_match(block ? policy.block_devices : policy.char_devices, st))
		return true;
	return fail(error, VIR_ERR_OPERATION_DENIED,
		    _("%s '%s' is refused: device %u:%u is none that guests may use; root allows it with "
		      "a line '%s = %s' in priv.conf, see reeved(8)"),
		    what, path, major(st->st_rdev), minor(st->st_rdev),
		    block ? "block_device" : "char_device", path);
}
