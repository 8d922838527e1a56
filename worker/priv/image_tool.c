/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/priv/image_tool.h"

enum {
	OUTPUT_MAX = 16 * 1024,
	SECONDS_MAX = 600, /* metadata of a large image on a slow disk */
	CPU_SECONDS_MAX = 300,
	FILES_MAX = 1024,
	NOT_STARTED = 126, /* exit statuses of the child before it is the program */
	NOT_FOUND = 127,
};
#define MEMORY_MAX (UINT64_C(4) * 1024 * 1024 * 1024) /* of addresses, most of them never used */

static bool limit_set(int resource, uint64_t value)
{
	const struct rlimit limit = { .rlim_cur = value, .rlim_max = value };

	return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

static bool limits_set(uint64_t size_max)
{
	alarm(SECONDS_MAX);
	return limit_set(RLIMIT_CORE, 0) && limit_set(RLIMIT_NOFILE, FILES_MAX) &&
	       limit_set(RLIMIT_CPU, CPU_SECONDS_MAX) && limit_set(RLIMIT_AS, MEMORY_MAX) &&
	       limit_set(RLIMIT_FSIZE, size_max);
}

/* Puts the descriptors into their places, first all out of the way of each other; the rest is closed by exec. */
static bool descriptors_place(const ImageTool *tool, int input, int output)
{
	int moved[IMAGE_TOOL_FD + IMAGE_TOOL_FDS_MAX];
	const unsigned n = IMAGE_TOOL_FD + tool->n_fds;

	for (unsigned i = 0; i < n; i++) {
		int from = i == 0 ? input : i < IMAGE_TOOL_FD ? output : tool->fds[i - IMAGE_TOOL_FD];

		moved[i] = fcntl(from, F_DUPFD_CLOEXEC, IMAGE_TOOL_FD + IMAGE_TOOL_FDS_MAX);
		if (moved[i] < 0)
			return false;
	}
	for (unsigned i = 0; i < n; i++)
		if (dup2(moved[i], (int)i) < 0)
			return false;
	return syscall(SYS_close_range, n, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) == 0;
}

static void child_run(const ImageTool *tool, int input, int output)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/libexec";
	static char locale[] = "LC_ALL=C";
	char *const environment[] = { path, locale, NULL };
	const uid_t uid = priv_tool_uid(tool->config);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	if (tool->directory >= 0 ? fchdir(tool->directory) < 0 : chdir("/") < 0)
		_exit(NOT_STARTED);
	if (!descriptors_place(tool, input, output) || !limits_set(tool->size_max) ||
	    !priv_confine(uid, uid, tool->directory >= 0, NULL))
		_exit(NOT_STARTED);
	putenv(path);
	for (const char *const *program = tool->programs; *program; program++)
		execvpe(*program, (char *const *)tool->arguments, environment);
	_exit(NOT_FOUND);
}

static char *output_read(int fd)
{
	GString *text = g_string_new(NULL);
	char buffer[1024];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		/* What is too much is thrown away, so that the program does not stall. */
		if (n > 0 && text->len < OUTPUT_MAX)
			g_string_append_len(text, buffer, n);
	}
	return g_strstrip(g_string_free(text, FALSE));
}

/* A memory file with @text, at its begin. */
static int input_make(const char *text, GError **error)
{
	g_autofd int fd = text ? memfd_create("input", MFD_CLOEXEC) :
				 open("/dev/null", O_RDONLY | O_CLOEXEC);
	const size_t length = text ? strlen(text) : 0;

	if (fd < 0 || (text && pwrite(fd, text, length, 0) != (ssize_t)length))
		return fail_errno(error, errno, _("cannot make a memory file")), -1;
	return take_fd(&fd);
}

/* Its wait status and what it said; -1 and an error. */
static int tool_wait(const ImageTool *tool, char **ret_output, GError **error)
{
	g_autofd int input = input_make(tool->input, error);
	g_autofd int reading = -1;
	int pipes[2], status;
	pid_t pid;

	if (input < 0)
		return -1;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return fail_errno(error, errno, _("cannot make a pipe")), -1;
	reading = pipes[0];
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid == 0)
		child_run(tool, input, pipes[1]);
	close(pipes[1]);
	if (pid < 0)
		return fail_errno(error, errno, _("cannot start %s"), tool->arguments[0]), -1;
	*ret_output = output_read(reading);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail_errno(error, errno, _("cannot wait for %s"), tool->arguments[0]), -1;
	return status;
}

bool image_tool_run(const ImageTool *tool, char **ret_output, GError **error)
{
	const char *name = tool->arguments[0];
	g_autofree char *output = NULL;
	int status;

	if (tool->n_fds > IMAGE_TOOL_FDS_MAX)
		return fail(error, VIR_ERR_INVALID_ARG, _("%s cannot take %u descriptors"), name,
			    tool->n_fds);
	status = tool_wait(tool, &output, error);
	if (status < 0)
		return false;
	if (WIFSIGNALED(status))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("%s was ended by signal %d: it exceeded its limits of time, memory or size, "
			      "or crashed"),
			    name, WTERMSIG(status));
	if (WEXITSTATUS(status) == NOT_FOUND)
		return fail(error, VIR_ERR_NO_SUPPORT,
			    _("%s is missing; install it (packages qemu-utils, qemu-system)"), name);
	if (WEXITSTATUS(status) == NOT_STARTED)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("%s cannot be confined, so it was not started"), name);
	if (WEXITSTATUS(status) != 0) {
		g_autofree char *said = g_utf8_make_valid(output, -1);

		return fail(error, VIR_ERR_OPERATION_FAILED, _("%s failed: %s"), name,
			    *said ? said : _("no reason given"));
	}
	if (ret_output)
		*ret_output = g_steal_pointer(&output);
	return true;
}
