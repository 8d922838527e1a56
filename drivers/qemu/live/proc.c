/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hypervisor as the kernel sees it: these never wait for it. See proc(5). */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "drivers/qemu/live/live.h"

enum { NS_PER_SECOND = 1000000000 };

/* A small file of /proc as text; false when it is gone. */
static bool read_small(const char *path, char *text, size_t size)
{
	g_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return true;
}

static uint64_t ticks_to_ns(unsigned long long ticks)
{
	static long per_second;

	if (per_second == 0)
		per_second = sysconf(_SC_CLK_TCK);
	return ticks * (NS_PER_SECOND / (uint64_t)per_second);
}

static void thread_path(pid_t pid, pid_t thread, const char *file, char *path, size_t size)
{
	if (thread > 0)
		snprintf(path, size, "/proc/%d/task/%d/%s", pid, thread, file);
	else
		snprintf(path, size, "/proc/%d/%s", pid, file);
}

bool proc_times(pid_t pid, pid_t thread, ProcTimes *ret)
{
	unsigned long long user, system;
	char path[64], text[1024];
	const char *rest;
	char state;
	int cpu = -1;

	thread_path(pid, thread, "stat", path, sizeof(path));
	if (!read_small(path, text, sizeof(text)))
		return false;
	rest = strrchr(text, ')'); /* the name before it may hold anything */
	if (!rest || sscanf(rest + 1,
			    " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d "
			    "%*d %*d %*u %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u "
			    "%*u %*d %d",
			    &state, &user, &system, &cpu) < 3)
		return false;
	*ret = (ProcTimes){ .user_ns = ticks_to_ns(user),
			    .system_ns = ticks_to_ns(system),
			    .cpu = cpu,
			    .state = state };
	if (thread > 0) {
		unsigned long long run, delay;

		/* To the nanosecond, where the kernel counts so. */
		thread_path(pid, thread, "schedstat", path, sizeof(path));
		if (read_small(path, text, sizeof(text)) &&
		    sscanf(text, "%llu %llu", &run, &delay) == 2 && run > 0) {
			ret->user_ns = run > ret->system_ns ? run - ret->system_ns : 0;
			ret->run_delay_ns = delay;
		}
	}
	return true;
}

uint64_t proc_rss_kib(pid_t pid)
{
	unsigned long pages = 0;
	char path[64], text[256];

	thread_path(pid, 0, "statm", path, sizeof(path));
	if (!read_small(path, text, sizeof(text)) || sscanf(text, "%*u %lu", &pages) != 1)
		return 0;
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

uint64_t proc_started(pid_t pid)
{
	unsigned long long started = 0;
	char path[64], text[1024];
	const char *rest;

	thread_path(pid, 0, "stat", path, sizeof(path));
	if (!read_small(path, text, sizeof(text)))
		return 0;
	rest = strrchr(text, ')');
	if (!rest || sscanf(rest + 1,
			    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			    "%*d %*d %llu",
			    &started) != 1)
		return 0;
	return started;
}
