/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/listen.h"
#include "worker/host/spawn.h"

enum {
	KILL_PASSES = 1000, /* over /proc until nobody is left */
	FIRST_FREE_FD = 4,
	LISTEN_BACKLOG = 16,
	REMOVE_DEPTH_MAX = 8, /* each level holds a descriptor */
	REMOVE_PASSES = 10000,
};

/* All that passes from our environment: how to speak to people, to sanitizers' runtime, to tests. */
static const char *const passed[] = {
	"LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "TZ", "REEVE_LOCALEDIR", "ASAN_OPTIONS",
	"UBSAN_OPTIONS", "LSAN_OPTIONS", "REEVE_POISON", "XDG_RUNTIME_DIR", "HOME",
};

int pidfd_open_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int pidfd_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

void pidfd_reap(int pidfd)
{
	siginfo_t info;

	waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
}

static char **environment_make(bool changes_user)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new();

	g_ptr_array_add(list, g_strdup("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
				       "/sbin:/bin"));
	for (unsigned i = 0; i < G_N_ELEMENTS(passed); i++) {
		const char *value = getenv(passed[i]);

		if (changes_user && (g_str_equal(passed[i], "HOME") ||
				     g_str_equal(passed[i], "XDG_RUNTIME_DIR")))
			continue;
		if (value)
			g_ptr_array_add(list, g_strdup_printf("%s=%s", passed[i], value));
	}
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
}

static void signals_reset(void)
{
	sigset_t none;

	for (int s = 1; s < SIGRTMIN; s++)
		if (s != SIGKILL && s != SIGSTOP)
			signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Puts the descriptors into their places: first all out of the way of each other. */
static bool descriptors_place(const SpawnSpec *spec)
{
	int from[] = { open("/dev/null", O_RDWR | O_CLOEXEC), spec->output, spec->errors,
		       spec->extra };

	for (int i = 0; i < FIRST_FREE_FD; i++)
		if (from[i] >= 0) {
			from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 16);
			if (from[i] < 0)
				return false;
		}
	for (int i = 0; i < FIRST_FREE_FD; i++)
		if (from[i] >= 0 && dup2(from[i], i) < 0)
			return false;
	if (spec->extra < 0)
		close(3);
	return syscall(SYS_close_range, FIRST_FREE_FD, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) == 0;
}

/* In the child. Comes back only on failure. */
static void child_run(const SpawnSpec *spec, char **environment, GError **error)
{
	/* Both may lie where the descriptors go. */
	int binary = fcntl(spec->binary, F_DUPFD_CLOEXEC, 16);
	int directory = spec->directory;

	setsid();
	signals_reset();
	umask(0027);
	if ((directory < 0 ? chdir("/") : fchdir(directory)) < 0) {
		fail_errno(error, errno, _("cannot enter the directory of the guest"));
		return;
	}
	if (binary < 0 || !descriptors_place(spec)) {
		fail_errno(error, errno, _("cannot pass descriptors to reeve-vm"));
		return;
	}
	if (spec->become && !spec->become(spec->data, error))
		return;
	/* Whose socket it is, is told by the kernel to those who connect: the user and the process of now. */
	if (spec->listens && listen(FIRST_FREE_FD - 1, LISTEN_BACKLOG) < 0) {
		fail_errno(error, errno, _("cannot listen for reeved"));
		return;
	}
	fexecve(binary, (char *const *)spec->argv, environment);
	fail_errno(error, errno, _("cannot execute reeve-vm"));
}

/* The child writes why it failed; nothing when exec closed the pipe. */
static bool report_read(int pipe_fd, GError **error)
{
	char text[1024];
	size_t length = 0;
	ssize_t n;

	while (length < sizeof(text) - 1) {
		n = read(pipe_fd, text + length, sizeof(text) - 1 - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	text[length] = '\0';
	return length == 0 || fail(error, VIR_ERR_OPERATION_FAILED, "%s", text);
}

static void child_report(int pipe_fd, const GError *error)
{
	if (write(pipe_fd, error->message, strlen(error->message)) < 0)
		_exit(2);
	_exit(1);
}

pid_t spawn(const SpawnSpec *spec, int *ret_pidfd, GError **error)
{
	g_auto(GStrv) environment = environment_make(spec->become != NULL);
	g_autofd int report_in = -1;
	g_autofd int pidfd = -1;
	int pipe_fds[2];
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return fail_errno(error, errno, _("cannot make a pipe")), -1;
	report_in = pipe_fds[0];
	pid = fork();
	if (pid == 0) {
		g_autoptr(GError) reason = NULL;
		int report = fcntl(pipe_fds[1], F_DUPFD_CLOEXEC, 16);

		child_run(spec, environment, &reason);
		child_report(report, reason);
	}
	close(pipe_fds[1]);
	if (pid < 0)
		return fail_errno(error, errno, _("cannot start a process for reeve-vm")), -1;
	/* Nobody but us can reap it, so the number cannot belong to another one yet. */
	pidfd = pidfd_open_of(pid);
	if (!report_read(report_in, error)) {
		waitpid(pid, NULL, 0);
		return -1;
	}
	if (pidfd < 0) {
		fail_errno(error, errno, _("cannot watch reeve-vm"));
		kill(pid, SIGKILL);
		return -1;
	}
	*ret_pidfd = take_fd(&pidfd);
	return pid;
}

int worker_bind(int directory, const char *name, GError **error)
{
	return listen_bind_at(directory, "sock", name, error);
}

/* The removal of one directory with all that is in it. */
typedef struct Removal {
	int top;
	int64_t deadline; /* CLOCK_MONOTONIC, usec */
} Removal;

static bool entries_remove(const Removal *removal, int fd, const char *name, int depth,
			   GError **error);

/* What lies too deep is put higher up, under a name that nobody can have foreseen. */
static bool entry_raise(int top, int parent, const char *name, GError **error)
{
	g_autofree char *raised = g_strdup_printf("%08x%08x", g_random_int(), g_random_int());

	return renameat(parent, name, top, raised) == 0 ||
	       fail_errno(error, errno, _("cannot remove the directory '%s'"), name);
}

static bool entry_remove(const Removal *removal, int parent, const char *name, int depth,
			 GError **error)
{
	g_autofd int fd = -1;

	if (g_get_monotonic_time() > removal->deadline)
		return fail(error, VIR_ERR_OPERATION_TIMEOUT,
			    _("the directory has more in it than can be removed in time"));
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM)
		return fail_errno(error, errno, _("cannot remove '%s'"), name);
	if (depth >= REMOVE_DEPTH_MAX)
		return entry_raise(removal->top, parent, name, error);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, _("cannot open the directory '%s'"), name);
	if (!entries_remove(removal, take_fd(&fd), name, depth + 1, error))
		return false;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0)
		return fail_errno(error, errno, _("cannot remove the directory '%s'"), name);
	return true;
}

/* Takes @fd. */
static bool entries_remove(const Removal *removal, int fd, const char *name, int depth,
			   GError **error)
{
	DIR *directory = fdopendir(fd);
	const struct dirent *entry;
	bool good = true;

	if (!directory) {
		close(fd);
		return fail_errno(error, errno, _("cannot read the directory '%s'"), name);
	}
	while (good && (entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			good = entry_remove(removal, dirfd(directory), entry->d_name, depth, error);
	closedir(directory);
	return good;
}

bool directory_remove(int parent, const char *name, uint64_t timeout_usec, GError **error)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	g_autofd int top = openat(parent, name, flags);
	const Removal removal = { top, g_get_monotonic_time() + (int64_t)timeout_usec };

	if (top < 0 && errno == ENOENT)
		return true;
	if (top < 0)
		return fail_errno(error, errno, _("cannot open the directory '%s'"), name);
	for (unsigned pass = 0; pass < REMOVE_PASSES; pass++) {
		int fd = openat(top, ".", flags);

		if (fd < 0)
			return fail_errno(error, errno, _("cannot open the directory '%s'"), name);
		if (!entries_remove(&removal, fd, name, 0, error))
			return false;
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
			return true;
		if (errno != ENOTEMPTY)
			break;
	}
	return fail_errno(error, errno, _("cannot remove the directory '%s'"), name);
}

/* Does @entry of /proc work in the directory @wanted? */
static bool works_in(int processes, const char *entry, const struct stat *wanted)
{
	g_autofree char *link = g_strdup_printf("%s/cwd", entry);
	struct stat cwd;

	return g_ascii_isdigit(*entry) && fstatat(processes, link, &cwd, 0) == 0 &&
	       cwd.st_dev == wanted->st_dev && cwd.st_ino == wanted->st_ino;
}

/* Kills those that are in the directory @wanted just now; their number. */
static unsigned directory_kill_pass(DIR *processes, const struct stat *wanted)
{
	const struct dirent *entry;
	unsigned killed = 0;

	rewinddir(processes);
	while ((entry = readdir(processes))) {
		g_autofd int pidfd = -1;

		if (!works_in(dirfd(processes), entry->d_name, wanted))
			continue;
		pidfd = pidfd_open_of((pid_t)g_ascii_strtoll(entry->d_name, NULL, 10));
		/* Looked at once more: now the number cannot pass to another one unnoticed. */
		if (pidfd >= 0 && works_in(dirfd(processes), entry->d_name, wanted) &&
		    pidfd_signal(pidfd, SIGKILL) == 0)
			killed++;
	}
	return killed;
}

void directory_kill(int directory)
{
	DIR *processes = opendir("/proc");
	unsigned passes = KILL_PASSES;
	struct stat wanted;

	/* One that was forked while we looked elsewhere is found by the next pass. */
	if (processes && fstat(directory, &wanted) == 0)
		while (directory_kill_pass(processes, &wanted) > 0 && --passes > 0)
			sched_yield();
	if (processes)
		closedir(processes);
}
