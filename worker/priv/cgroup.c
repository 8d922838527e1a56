/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <glib.h>
#include <linux/magic.h>

#include "base/fd.h"
#include "worker/priv/cgroup.h"

#define NAME "reeve-guest-"

enum {
	NAME_MAX_LENGTH = 40,
	EMPTY_MS = 1000, /* until the last one, which has ended, has left its group */
};

/* Where version 2 is mounted: alone, or beside version 1. */
static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

/* Where we put the engine and ourselves, where a group with limits may not have processes of its own. */
static const char engine_group[] = "reeve-engine";

/*
 * Our own group in the hierarchy whose line in /proc/self/cgroup begins with @prefix up to the path. The caller
 * frees.
 */
static char *group_of(const char *prefix)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/proc/self/cgroup", &text, NULL, NULL))
		return NULL;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		const char *rest = strchr(*line, ':');
		char *path;

		if (!rest || !g_str_has_prefix(rest + 1, prefix) || rest[1 + strlen(prefix)] != ':')
			continue;
		path = g_strdup(rest + 1 + strlen(prefix) + 2);
		if (g_str_has_suffix(path, engine_group))
			path[strlen(path) - strlen(engine_group)] = '\0';
		return path;
	}
	return NULL;
}

static int own_group_open(void)
{
	g_autofree char *group = group_of("");
	struct statfs kind;

	for (unsigned i = 0; group && i < G_N_ELEMENTS(mounts); i++) {
		g_autofree char *path = g_build_filename(mounts[i], group, NULL);
		g_autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && fstatfs(fd, &kind) == 0 && kind.f_type == CGROUP2_SUPER_MAGIC)
			return take_fd(&fd);
	}
	return -1;
}

static void group_name(uid_t uid, char name[NAME_MAX_LENGTH])
{
	snprintf(name, NAME_MAX_LENGTH, NAME "%u", (unsigned)uid);
}

int cgroup_open(uid_t uid, bool make)
{
	g_autofd int parent = own_group_open();
	char name[NAME_MAX_LENGTH];

	group_name(uid, name);
	if (parent < 0)
		return -1;
	if (make)
		mkdirat(parent, name, 0755);
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool file_write(int cgroup, const char *file, const char *text)
{
	g_autofd int fd = openat(cgroup, file, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

bool cgroup_enter(int cgroup)
{
	return file_write(cgroup, "cgroup.procs", "0");
}

void cgroup_kill(int cgroup)
{
	if (cgroup >= 0)
		file_write(cgroup, "cgroup.kill", "1");
}

bool cgroup_is_empty(int cgroup)
{
	g_autofd int fd = cgroup < 0 ? -1 : openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);
	char text[256];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return strstr(text, "populated 0") != NULL;
}

/* The kernel tells when the members of a group become none. */
static void empty_wait(int cgroup)
{
	struct pollfd wait = { .fd = openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC),
			       .events = POLLPRI };
	int64_t deadline = g_get_monotonic_time() + EMPTY_MS * G_TIME_SPAN_MILLISECOND;
	int64_t left = EMPTY_MS;

	while (wait.fd >= 0 && !cgroup_is_empty(cgroup) && left > 0) {
		poll(&wait, 1, (int)left);
		left = (deadline - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;
	}
	fd_clear(&wait.fd);
}

/* ---- Controllers --------------------------------------------------------------------------- */

static const char *const controllers[] = { "cpu", "memory", "blkio" };

/* Our own group in the hierarchy of version 1 that has @controller; -1 where there is none. */
static int old_group_open(const char *controller)
{
	g_autofree char *group = group_of(controller);
	g_autofree char *path = NULL;

	if (!group)
		return -1;
	path = g_build_filename("/sys/fs/cgroup", controller, group, NULL);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Moves the processes that @from lists; false when some cannot be. */
static bool procs_move(int from, int to)
{
	g_autofd int fd = openat(from, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	bool good = n >= 0;

	if (n <= 0)
		return good;
	text[n] = '\0';
	for (char *save = NULL, *pid = strtok_r(text, "\n", &save); pid;
	     pid = strtok_r(NULL, "\n", &save))
		good &= file_write(to, "cgroup.procs", pid) || errno == ESRCH;
	return good;
}

/*
 * Version 2 gives limits to the children of a group only while that has no processes of its own: the engine and
 * we move into one beside the guests'. That the group is ours alone is what Delegate= of our unit means.
 */
static bool controller_enable(int parent, const char *controller)
{
	g_autofree char *word = g_strconcat("+", controller, NULL);
	g_autofd int own = -1;

	if (file_write(parent, "cgroup.subtree_control", word))
		return true;
	if (errno != EBUSY)
		return false;
	mkdirat(parent, engine_group, 0755);
	own = openat(parent, engine_group, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return own >= 0 && procs_move(parent, own) &&
	       file_write(parent, "cgroup.subtree_control", word);
}

int cgroup_controller_open(const char *controller, uid_t uid, bool *ret_old)
{
	g_autofd int old = old_group_open(controller);
	g_autofd int all = cgroup_open(uid, false);
	g_autofd int group = -1;
	char name[NAME_MAX_LENGTH];

	*ret_old = old >= 0;
	if (old < 0) {
		g_autofd int parent = own_group_open();
		bool block = strcmp(controller, "blkio") == 0;

		return all >= 0 && parent >= 0 &&
				       controller_enable(parent, block ? "io" : controller) ?
			       take_fd(&all) :
			       -1;
	}
	group_name(uid, name);
	mkdirat(old, name, 0755);
	group = openat(old, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* Twice: what was begun meanwhile by one that was not moved yet. */
	if (group < 0 || all < 0 || !procs_move(all, group) || !procs_move(all, group))
		return -1;
	return take_fd(&group);
}

static void group_remove(int parent, const char *name)
{
	g_autofd int cgroup = -1;

	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno != EBUSY)
		return;
	cgroup = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (cgroup >= 0)
		empty_wait(cgroup);
	unlinkat(parent, name, AT_REMOVEDIR);
}

void cgroup_remove(uid_t uid)
{
	g_autofd int parent = own_group_open();
	char name[NAME_MAX_LENGTH];

	group_name(uid, name);
	if (parent >= 0)
		group_remove(parent, name);
	for (unsigned i = 0; i < G_N_ELEMENTS(controllers); i++) {
		g_autofd int old = old_group_open(controllers[i]);

		if (old >= 0)
			unlinkat(old, name, AT_REMOVEDIR);
	}
}

static void groups_sweep(int parent, uid_t first, unsigned count)
{
	DIR *groups = parent < 0 ? NULL : fdopendir(dup(parent));
	const struct dirent *entry;

	while (groups && (entry = readdir(groups))) {
		guint64 uid;

		if (g_str_has_prefix(entry->d_name, NAME) &&
		    g_ascii_string_to_unsigned(entry->d_name + strlen(NAME), 10, first,
					       (guint64)first + count - 1, &uid, NULL))
			unlinkat(parent, entry->d_name, AT_REMOVEDIR);
	}
	if (groups)
		closedir(groups);
}

void cgroup_sweep(uid_t first, unsigned count)
{
	g_autofd int parent = own_group_open();

	groups_sweep(parent, first, count);
	for (unsigned i = 0; i < G_N_ELEMENTS(controllers); i++) {
		g_autofd int old = old_group_open(controllers[i]);

		groups_sweep(old, first, count);
	}
}
