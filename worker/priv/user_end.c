/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/spawn.h"
#include "worker/priv/cgroup.h"
#include "worker/priv/priv.h"
#include "worker/priv/user_end.h"

enum {
	STATUS_MAX = 4096, /* of /proc/PID/status; users and threads stand in its first lines */
	LOOK_AGAIN_MS = 1000, /* a process may change its user without ending */
};

/* Where the value of @field ("\nUid:") in @status begins; NULL without it. */
static const char *status_field(const char *status, const char *field)
{
	const char *found = strstr(status, field);

	return found ? found + strlen(field) : NULL;
}

/* A leader that has ended while its threads run on looks like a zombie, too, but counts more than itself. */
static bool has_ended(const char *status)
{
	const char *state = status_field(status, "\nState:\t");
	const char *threads = status_field(status, "\nThreads:");

	return state && (*state == 'Z' || *state == 'X') && threads &&
	       g_ascii_strtoull(threads, NULL, 10) <= 1;
}

static UserOf status_user(const char *status, uid_t uid)
{
	const char *users = status_field(status, "\nUid:");
	unsigned long long id[4];
	unsigned same = 0;

	if (!users || sscanf(users, "%llu %llu %llu %llu", &id[0], &id[1], &id[2], &id[3]) != 4)
		return USER_NONE;
	for (unsigned i = 0; i < G_N_ELEMENTS(id); i++)
		same += id[i] == uid;
	if (same == 0)
		return USER_NONE;
	if (has_ended(status))
		return USER_ENDED;
	return same == G_N_ELEMENTS(id) ? USER_ALL : USER_SOME;
}

UserOf process_user(const char *pid, uid_t uid)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/status", pid);
	g_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char status[STATUS_MAX + 1];
	ssize_t n = fd < 0 ? -1 : read(fd, status, STATUS_MAX);

	if (n <= 0)
		return USER_NONE;
	status[n] = '\0';
	return status_user(status, uid);
}

/*
 * Everything of the guest's user at once, in one system call, so that nobody can fork out of it. Who does it has the
 * guest's user as its effective one only: it may signal what the guest may, but is not to be signalled by the guest.
 */
static bool everybody_kill(const UserEnd *end, GError **error)
{
	pid_t pid = fork();

	if (pid == 0) {
		uid_t real, effective, saved;

		/* Whoever keeps a capability here would end the host. */
		if (setresuid(end->killer, end->uid, end->killer) < 0 ||
		    getresuid(&real, &effective, &saved) < 0 || real != end->killer ||
		    effective != end->uid || saved != end->killer || !priv_capabilities_drop())
			_exit(1);
		kill(-1, SIGKILL);
		_exit(0);
	}
	if (pid < 0)
		return fail_errno(error, errno, _("cannot start a process to end those of user %u"),
				  (unsigned)end->uid);
	waitpid(pid, NULL, 0);
	return true;
}

/* Ends one that was seen; *ret_pidfd (empty) is how to wait for it. False when it has gone. */
static bool process_end(const char *entry, uid_t uid, int *ret_pidfd)
{
	g_autofd int pidfd = pidfd_open_of((pid_t)g_ascii_strtoll(entry, NULL, 10));
	UserOf user;

	if (pidfd < 0)
		return false;
	/* Looked at once more: now the number cannot pass to another one unnoticed. */
	user = process_user(entry, uid);
	if (user == USER_NONE || user == USER_ENDED || pidfd_signal(pidfd, SIGKILL) == -ESRCH)
		return false;
	*ret_pidfd = take_fd(&pidfd);
	return true;
}

/* Looks at everybody. How many of the user are left; *ret_pidfd (empty) is of one of them. -1 and an error. */
static int survivors_end(uid_t uid, int *ret_pidfd, GError **error)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	bool sees_others = false;
	int left = 0;

	if (!processes)
		return fail_errno(error, errno, _("cannot read '/proc'")), -1;
	while ((entry = readdir(processes))) {
		g_autofd int pidfd = -1;
		UserOf user;

		if (!g_ascii_isdigit(*entry->d_name))
			continue;
		sees_others |= strcmp(entry->d_name, "1") == 0;
		user = process_user(entry->d_name, uid);
		if ((user != USER_SOME && user != USER_ALL) ||
		    !process_end(entry->d_name, uid, &pidfd))
			continue;
		left++;
		if (*ret_pidfd < 0)
			*ret_pidfd = take_fd(&pidfd);
	}
	closedir(processes);
	/* Not to see anybody proves nothing. */
	if (!sees_others)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("'/proc' hides other users' processes (hidepid) from root: nobody can "
			      "tell whether processes of user %u are left"),
			    (unsigned)uid),
		       -1;
	return left;
}

static int milliseconds_left(int64_t deadline)
{
	int64_t left = (deadline - g_get_monotonic_time()) / 1000;

	return (int)CLAMP(left, 0, LOOK_AGAIN_MS);
}

/* Ends all that can be seen. True when nobody is left; *ret_left and *ret_pidfd tell of those who are. */
static bool pass_run(const UserEnd *end, int *ret_left, int *ret_pidfd, GError **error)
{
	cgroup_kill(end->cgroup);
	if (!everybody_kill(end, error))
		return false;
	*ret_left = survivors_end(end->uid, ret_pidfd, error);
	/* Where processes are hidden, the group of theirs still tells. */
	if (*ret_left < 0 && cgroup_is_empty(end->cgroup)) {
		g_clear_error(error);
		*ret_left = 0;
	}
	return *ret_left == 0;
}

bool user_end(const UserEnd *end, GError **error)
{
	int64_t deadline = g_get_monotonic_time() + (int64_t)end->timeout_usec;

	for (;;) {
		g_autofd int survivor = -1;
		g_autoptr(GError) reason = NULL;
		struct pollfd wait = { .events = POLLIN };
		int left = -1;

		if (pass_run(end, &left, &survivor, &reason))
			return true;
		if (left < 0) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return false;
		}
		if (milliseconds_left(deadline) == 0)
			return fail(error, VIR_ERR_OPERATION_TIMEOUT,
				    _("%d processes of user %u do not end, not even by SIGKILL"), left,
				    (unsigned)end->uid);
		wait.fd = survivor;
		poll(&wait, 1, milliseconds_left(deadline));
	}
}
