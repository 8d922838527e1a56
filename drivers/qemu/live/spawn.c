/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QEMU process: its birth, its sockets, its end. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "drivers/qemu/argv/command.h"
#include "drivers/qemu/live/live.h"

enum {
	GREETING_SECONDS = 60, /* of a QEMU that may have to fill huge pages first */
	TAIL_MAX = 2000,
};

static const char monitor_name[] = "qmp";

/* ---- Sockets in the guest's directory */

static bool socket_address(const char *path, struct sockaddr_un *ret, GError **error)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(ret->sun_path))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the path of socket '%s' is longer than %zu bytes"), path,
			    sizeof(ret->sun_path) - 1);
	strcpy(ret->sun_path, path);
	return true;
}

int live_listen(QemuLive *live, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(live->guest->run_dir, name, NULL);
	g_autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	if (fd < 0)
		return fail_errno(error, errno, _("cannot make a socket")), -1;
	if (!socket_address(path, &address, error))
		return -1;
	unlink(path);
	/* The mode of the descriptor is that of the file from the start. */
	fchmod(fd, 0600);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0)
		return fail_errno(error, errno, _("cannot listen on '%s'"), path), -1;
	return take_fd(&fd);
}

int live_socket_connect(const char *path, GError **error)
{
	g_autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;

	if (fd < 0)
		return fail_errno(error, errno, _("cannot make a socket")), -1;
	if (!socket_address(path, &address, error))
		return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail_errno(error, errno, _("cannot connect to '%s'"), path), -1;
	return take_fd(&fd);
}

/*
 * A socket of the guest that may be in its own directory, which the guest's user cannot always
 * reach by the path that others know it by.
 */
int live_channel_connect(const Guest *guest, const char *path, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *near = g_build_filename(guest->run_dir, name, NULL);

	return live_socket_connect(g_file_test(near, G_FILE_TEST_EXISTS) ? near : path, error);
}

/* ---- The end */

static const struct {
	LiveEnd end;
	int reason, detail;
} ends[] = {
	{ LIVE_END_DESTROYED, VIR_DOMAIN_SHUTOFF_DESTROYED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED },
	{ LIVE_END_SHUTDOWN, VIR_DOMAIN_SHUTOFF_SHUTDOWN, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN },
	{ LIVE_END_CRASHED, VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED_CRASHED },
	{ LIVE_END_SAVED, VIR_DOMAIN_SHUTOFF_SAVED, VIR_DOMAIN_EVENT_STOPPED_SAVED },
	{ LIVE_END_FROM_SNAPSHOT, VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT, VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT },
	{ LIVE_END_NONE, VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED_FAILED },
};

static void live_reap(QemuLive *live)
{
	siginfo_t info = { 0 };

	if (!live->child || waitid(P_PIDFD, (id_t)live->pidfd, &info, WEXITED | WNOHANG) < 0)
		return;
	if (live->end == LIVE_END_NONE && info.si_code == CLD_EXITED)
		log_warning(_("the hypervisor ended by itself with exit status %d"),
			    info.si_status);
	else if (live->end == LIVE_END_NONE)
		log_warning(_("the hypervisor was ended by signal %d"), info.si_status);
}

static int on_exit_of_qemu(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd,
			   G_GNUC_UNUSED uint32_t revents, void *data)
{
	QemuLive *live = data;
	Guest *guest = live->guest;
	unsigned i = 0;

	live_reap(live);
	g_clear_pointer(&live->exit_source, sd_event_source_disable_unref);
	live->gone = true;
	guest->pid = 0;
	for (guint k = 0; k < live->leavers->len; k++)
		fiber_event_set(g_ptr_array_index(live->leavers, k));
	g_ptr_array_set_size(live->leavers, 0);
	live_unplugs_wake(live);
	fiber_queue_wake_all(&live->migrating);
	fiber_queue_wake_all(&live->jobs_change);
	if (live->starting || live->end == LIVE_END_START_FAILED)
		return 0;
	while (ends[i].end != live->end && ends[i].end != LIVE_END_NONE)
		i++;
	guest->host->ended(guest, ends[i].reason, ends[i].detail);
	return 0;
}

bool live_watch(QemuLive *live, pid_t pid, bool child, GError **error)
{
	int r;

	live->pid = live->guest->pid = pid;
	live->child = child;
	live->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (live->pidfd < 0)
		return fail_errno(error, errno, _("cannot watch the hypervisor, process %d"), pid);
	r = sd_event_add_io(live->guest->loop, &live->exit_source, live->pidfd, EPOLLIN,
			    on_exit_of_qemu, live);
	if (r < 0)
		return fail_errno(error, -r, _("cannot watch the hypervisor, process %d"), pid);
	/* After the monitor: what it still said explains the end. */
	sd_event_source_set_priority(live->exit_source, SD_EVENT_PRIORITY_NORMAL + 1);
	return true;
}

bool live_kill(QemuLive *live, int signal, GError **error)
{
	if (live->gone || syscall(SYS_pidfd_send_signal, live->pidfd, signal, NULL, 0) == 0 ||
	    errno == ESRCH)
		return true;
	return fail_errno(error, errno, _("cannot send signal %d to the hypervisor of domain '%s'"),
			  signal, live->guest->def->name);
}

bool live_gone_wait(QemuLive *live, uint64_t timeout_usec, GError **error)
{
	FiberEvent gone = { 0 };
	bool ok;

	if (live->gone)
		return true;
	g_ptr_array_add(live->leavers, &gone);
	ok = fiber_event_wait(&gone, _("the end of the hypervisor"), timeout_usec, error);
	/* Once it is gone, so may be @live. */
	if (!ok)
		g_ptr_array_remove(live->leavers, &gone);
	return ok;
}

/* ---- The log */

int64_t live_log_position(const QemuLive *live)
{
	struct stat st;

	return fstat(live->guest->log_fd, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : -1;
}

char *live_log_tail(const QemuLive *live, int64_t offset)
{
	int64_t end = live_log_position(live);
	g_autofree char *text = NULL;
	char *words;
	ssize_t n;

	if (offset < 0 || end <= offset)
		return NULL;
	text = g_malloc(TAIL_MAX);
	n = pread(live->guest->log_fd, text, TAIL_MAX, MAX(offset, end - TAIL_MAX));
	if (n <= 0)
		return NULL;
	words = g_utf8_make_valid(text, n);
	for (char *c = words; *c; c++)
		if (g_ascii_iscntrl(*c) && *c != '\n')
			*c = ' ';
	return g_strchomp(words);
}

/* ---- The birth */

/* Nothing of the worker's environment reaches QEMU. */
static GPtrArray *environment(const QemuCommandLine *line)
{
	static const char *const fixed[] = { "LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin",
					     "HOME=.", "XDG_RUNTIME_DIR=.", "TMPDIR=/tmp" };
	GPtrArray *env = g_ptr_array_new();

	for (unsigned i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(env, (char *)fixed[i]);
	for (guint i = 0; i < line->env->len; i++)
		g_ptr_array_add(env, g_ptr_array_index(line->env, i)); /* NULL at the end */
	return env;
}

static int spawn_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	posix_spawnattr_init(attributes);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
							    POSIX_SPAWN_SETSID);
}

static void spawn_files(posix_spawn_file_actions_t *files, const QemuLive *live,
			const QemuCommandLine *line)
{
	posix_spawn_file_actions_init(files);
	posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(files, live->guest->log_fd, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(files, live->guest->log_fd, STDERR_FILENO);
	/* All our descriptors close themselves; onto itself means: but not this one. */
	for (guint i = 0; i < line->fds->len; i++) {
		int fd = g_array_index(line->fds, int, i);

		posix_spawn_file_actions_adddup2(files, fd, fd);
	}
}

static bool spawn(QemuLive *live, const QemuCommandLine *line, GError **error)
{
	g_autoptr(GPtrArray) env = environment(line);
	char **argv = (char **)line->argv->pdata;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	pid_t pid;
	int r;

	/* Whatever QEMU executes cannot gain what we do not have. */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	spawn_attributes(&attributes);
	spawn_files(&files, live, line);
	r = posix_spawn(&pid, argv[0], &files, &attributes, argv, (char **)env->pdata);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (r != 0)
		return fail_errno(error, r, _("cannot start emulator '%s'"), argv[0]);
	if (live_watch(live, pid, true, error))
		return true;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return false;
}

static void log_command(const QemuLive *live, const QemuCommandLine *line)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *date = g_date_time_format(now, "%Y-%m-%d %H:%M:%S UTC");
	g_autofree char *text = qemu_command_line_text(line);
	g_autofree char *entry =
		g_strdup_printf("%s: starting domain '%s'\n%s", date, live->guest->def->name, text);

	if (write(live->guest->log_fd, entry, strlen(entry)) < 0)
		log_warning(_("cannot write to the log of domain '%s': %s"), live->guest->def->name,
			    g_strerror(errno));
}

bool live_spawn(QemuLive *live, GError **error)
{
	Guest *guest = live->guest;
	g_autofd int monitor = live_listen(live, monitor_name, error);
	g_autoptr(QemuCommandLine) line = NULL;
	QemuCommandContext context = {
		.resources = guest->resources,
		.run_dir = guest->run_dir,
		.monitor_fd = monitor,
		.incoming = guest->restore && !guest->restore->snapshot && !guest->restore->boots,
	};

	if (monitor < 0)
		return false;
	line = qemu_command_line(guest->def, &context, error);
	if (!line)
		return false;
	log_command(live, line);
	return spawn(live, line, error);
}

/* The engine waits a little longer, so that the error says who did not answer. */
static uint64_t patience(const Guest *guest)
{
	const json_t *setting = json_object_get(guest->settings, "call_timeout_usec");

	return json_is_integer(setting) ? (uint64_t)json_integer_value(setting) : QMP_TIMEOUT_USEC;
}

/* The socket was listening before QEMU was there, so nothing has to be waited for to appear. */
bool live_connect(QemuLive *live, GError **error)
{
	g_autofree char *path = g_build_filename(live->guest->run_dir, monitor_name, NULL);
	int fd = live_socket_connect(path, error);

	if (fd < 0)
		return false;
	live->qmp = qmp_new(live->guest->loop, fd, &live_qmp_handler, live, error);
	if (!live->qmp)
		return false;
	qmp_set_domain(live->qmp, live->guest->def->name, patience(live->guest));
	return qmp_greet_call(live->qmp, GREETING_SECONDS * G_USEC_PER_SEC, error);
}
