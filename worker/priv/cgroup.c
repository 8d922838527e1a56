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

/* Our own group in the hierarchy, which has the number 0 in /proc/self/cgroup. The caller frees. */
static char *own_group(void)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/proc/self/cgroup", &text, NULL, NULL))
		return NULL;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		if (g_str_has_prefix(*line, "0::/"))
			return g_strdup(*line + strlen("0::/"));
	return NULL;
}

static int own_group_open(void)
{
	g_autofree char *group = own_group();
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

void cgroup_remove(uid_t uid)
{
	g_autofd int parent = own_group_open();
	g_autofd int cgroup = -1;
	char name[NAME_MAX_LENGTH];

	group_name(uid, name);
	if (parent < 0 || unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno != EBUSY)
		return;
	cgroup = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (cgroup >= 0)
		empty_wait(cgroup);
	unlinkat(parent, name, AT_REMOVEDIR);
}

void cgroup_sweep(uid_t first, unsigned count)
{
	g_autofd int parent = own_group_open();
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
