/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that a guest's memory goes through on its way to a file, or back: gzip and the like, dd. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "drivers/qemu/live/live.h"

typedef struct Filter {
	char *name;
	int pidfd;
	sd_event_source *source;
	FiberEvent ended;
	bool gone;
	int status; /* as waitid() has it: the exit status, or minus the signal */
} Filter;

struct Filters {
	const QemuLive *live;
	GPtrArray *list; /* of Filter */
};

static void filter_free(void *data)
{
	Filter *filter = data;

	if (!filter->gone && filter->pidfd >= 0) {
		siginfo_t info;

		syscall(SYS_pidfd_send_signal, filter->pidfd, SIGKILL, NULL, 0);
		waitid(P_PIDFD, (id_t)filter->pidfd, &info, WEXITED);
	}
	sd_event_source_disable_unref(filter->source);
	fd_clear(&filter->pidfd);
	g_free(filter->name);
	g_free(filter);
}

void filters_free(Filters *filters)
{
	if (!filters)
		return;
	g_ptr_array_unref(filters->list);
	g_free(filters);
}

static int on_end(sd_event_source *source, G_GNUC_UNUSED int fd, G_GNUC_UNUSED uint32_t events, void *data)
{
	Filter *filter = data;
	siginfo_t info = { 0 };

	if (waitid(P_PIDFD, (id_t)filter->pidfd, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
		return 0;
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	filter->gone = true;
	filter->status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
	fiber_event_set(&filter->ended);
	return 0;
}

/* Runs @argv between two descriptors; what it complains of goes to the guest's log. */
static bool filter_spawn(Filters *filters, char **argv, int input, int output, GError **error)
{
	static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", locale[] = "LC_ALL=C";
	char *const environment[] = { path, locale, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	Filter *filter = g_new0(Filter, 1);
	sigset_t none, all;
	pid_t pid;
	int r;

	filter->name = g_strdup(argv[0]);
	filter->pidfd = -1;
	filter->gone = true;
	g_ptr_array_add(filters->list, filter);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, filters->live->guest->log_fd, STDERR_FILENO);
	r = posix_spawnp(&pid, argv[0], &files, &attributes, argv, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (r != 0)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("cannot start '%s' (%s); is it installed?"), argv[0],
			    g_strerror(r));
	filter->gone = false;
	filter->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	r = filter->pidfd < 0 ? -errno :
				sd_event_add_io(filters->live->guest->loop, &filter->source, filter->pidfd, EPOLLIN,
						on_end, filter);
	return r >= 0 || fail_errno(error, -r, _("cannot watch '%s'"), argv[0]);
}

/* From the file to the hypervisor, whichever way the data goes. The descriptor of that end; -1 and an error. */
static int filters_start(Filters *filters, const GPtrArray *programs, int file, bool write, GError **error)
{
	g_autofd int near = fcntl(file, F_DUPFD_CLOEXEC, 0);

	if (near < 0)
		return fail_errno(error, errno, _("cannot duplicate a descriptor")), -1;
	for (guint i = 0; i < list_length(programs); i++) {
		guint at = write ? programs->len - 1 - i : i;
		g_autofd int reading = -1;
		g_autofd int writing = -1;
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) < 0)
			return fail_errno(error, errno, _("cannot make a pipe")), -1;
		reading = ends[0];
		writing = ends[1];
		if (!filter_spawn(filters, g_ptr_array_index(programs, at), write ? reading : near,
				  write ? near : writing, error))
			return -1;
		close(near);
		near = take_fd(write ? &writing : &reading);
	}
	return take_fd(&near);
}

static Filters *filters_new(QemuLive *live)
{
	Filters *filters = g_new0(Filters, 1);

	filters->live = live;
	filters->list = g_ptr_array_new_with_free_func(filter_free);
	return filters;
}

Filters *filters_write(QemuLive *live, const GPtrArray *programs, int file, int *ret_end, GError **error)
{
	g_autoptr(Filters) filters = filters_new(live);

	*ret_end = filters_start(filters, programs, file, true, error);
	return *ret_end >= 0 ? g_steal_pointer(&filters) : NULL;
}

Filters *filters_read(QemuLive *live, const GPtrArray *programs, int file, int *ret_end, GError **error)
{
	g_autoptr(Filters) filters = filters_new(live);

	*ret_end = filters_start(filters, programs, file, false, error);
	return *ret_end >= 0 ? g_steal_pointer(&filters) : NULL;
}

bool filters_finish_wait(Filters *filters, GError **error)
{
	for (guint i = 0; i < filters->list->len; i++) {
		Filter *filter = g_ptr_array_index(filters->list, i);

		if (!filter->gone && !fiber_event_wait(&filter->ended, "a program that packs memory", 0, error))
			return false;
		if (filter->status < 0)
			return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' was ended by signal %d"), filter->name,
				    -filter->status);
		if (filter->status != 0)
			return fail(error, VIR_ERR_OPERATION_FAILED,
				    _("'%s' failed with exit status %d; what it said is in the guest's log"),
				    filter->name, filter->status);
	}
	return true;
}
