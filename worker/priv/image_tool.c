/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
	IDLE_MS = 1000,
	NOT_STARTED = 126, /* exit statuses of the child before it is the program */
	NOT_FOUND = 127,
};
#define MEMORY_MAX (UINT64_C(4) * 1024 * 1024 * 1024) /* of addresses, most of them never used */

static bool limit_set(int resource, uint64_t value)
{
	const struct rlimit limit = { .rlim_cur = value, .rlim_max = value };

	return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

static bool limits_set(const ImageTool *tool)
{
	if (!tool->work && (alarm(SECONDS_MAX), !limit_set(RLIMIT_CPU, CPU_SECONDS_MAX)))
		return false;
	return limit_set(RLIMIT_CORE, 0) && limit_set(RLIMIT_NOFILE, FILES_MAX) &&
	       limit_set(RLIMIT_AS, MEMORY_MAX) && limit_set(RLIMIT_FSIZE, tool->size_max);
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
	if (!descriptors_place(tool, input, output) || !limits_set(tool) ||
	    !priv_confine(uid, uid, tool->directory >= 0, NULL))
		_exit(NOT_STARTED);
	putenv(path);
	for (const char *const *program = tool->programs; *program; program++)
		execvpe(*program, (char *const *)tool->arguments, environment);
	_exit(NOT_FOUND);
}

/* A running one. */
typedef struct Running {
	const ImageTool *tool;
	pid_t pid;
	int from, to; /* its output; its input, or -1 */
	GString *text; /* what it said, as far as it is kept */
	GString *line; /* that has not ended yet */
} Running;

static void answer(const Running *running, const char *line)
{
	const char *words = running->tool->talk(line, running->tool->data);

	/* One that has closed its input is about to end, and says why. */
	if (words && write(running->to, words, strlen(words)) < 0)
		return;
}

static void take_output(Running *running, const char *bytes, gsize length)
{
	/* What is too much is thrown away, so that the program does not stall. */
	if (running->text->len < OUTPUT_MAX)
		g_string_append_len(running->text, bytes, (gssize)length);
	for (gsize i = 0; running->tool->talk && i < length; i++) {
		if (bytes[i] != '\n') {
			if (running->line->len < OUTPUT_MAX)
				g_string_append_c(running->line, bytes[i]);
			continue;
		}
		answer(running, running->line->str);
		g_string_truncate(running->line, 0);
	}
}

/* Until its output ends. */
static void output_follow(Running *running)
{
	struct pollfd fds[] = { { .fd = running->from, .events = POLLIN },
				{ .fd = running->tool->work ? *running->tool->work : -1 } };
	char buffer[4096];

	for (;;) {
		int r = poll(fds, G_N_ELEMENTS(fds), running->tool->talk ? IDLE_MS : -1);
		ssize_t n;

		if (r < 0 && errno == EINTR)
			continue;
		if (r == 0)
			answer(running, NULL);
		if (fds[1].revents) {
			kill(running->pid, SIGKILL);
			fds[1].fd = -1;
		}
		if (r <= 0 || !fds[0].revents)
			continue;
		n = read(running->from, buffer, sizeof(buffer));
		if (n == 0 || (n < 0 && errno != EINTR))
			return;
		take_output(running, buffer, (gsize)MAX(n, 0));
	}
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

/* Its input: a memory file, or a pipe of which *ret_to is our end. */
static int input_open(const ImageTool *tool, int *ret_to, GError **error)
{
	int pipes[2];

	if (!tool->talk)
		return input_make(tool->input, error);
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return fail_errno(error, errno, _("cannot make a pipe")), -1;
	*ret_to = pipes[1];
	return pipes[0];
}

static char *tool_follow(Running *running)
{
	running->text = g_string_new(NULL);
	running->line = g_string_new(NULL);
	output_follow(running);
	g_string_free(running->line, TRUE);
	return g_strstrip(g_string_free(running->text, FALSE));
}

/* Its wait status and what it said; -1 and an error. */
static int tool_wait(const ImageTool *tool, char **ret_output, GError **error)
{
	g_autofd int to = -1;
	g_autofd int input = input_open(tool, &to, error);
	g_autofd int reading = -1;
	Running running = { .tool = tool };
	int pipes[2], status;

	if (input < 0)
		return -1;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return fail_errno(error, errno, _("cannot make a pipe")), -1;
	reading = running.from = pipes[0];
	running.to = to;
	signal(SIGCHLD, SIG_DFL);
	running.pid = fork();
	if (running.pid == 0)
		child_run(tool, input, pipes[1]);
	close(pipes[1]);
	fd_clear(&input);
	if (running.pid < 0)
		return fail_errno(error, errno, _("cannot start %s"), tool->arguments[0]), -1;
	*ret_output = tool_follow(&running);
	fd_clear(&to);
	while (waitpid(running.pid, &status, 0) < 0)
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
