/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Linked into the programs of a build with -fsanitize-coverage=trace-pc: notes which places were reached
 * in the file TRACE_DIR/<program>, a byte for each address from the program's first. The file is
 * mapped, so that it is true of processes that are killed, change their user or call _exit(), too; all
 * processes of a program write into one.
 */
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern const char __executable_start[], etext[];

void __sanitizer_cov_trace_pc(void);

static unsigned char *reached;
static size_t size;

void __sanitizer_cov_trace_pc(void)
{
	size_t at = (size_t)((const char *)__builtin_return_address(0) - __executable_start);

	if (reached && at < size)
		reached[at] = 1;
}

/* Mode 0666 whatever the umask is: the next process of the program may have another user. */
static int open_notes(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd >= 0 && fchmod(fd, 0666) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

__attribute__((constructor)) static void begin(void)
{
	char program[PATH_MAX], path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	const char *name;
	void *notes;
	int fd;

	if (length < 0)
		return;
	program[length] = '\0';
	name = strrchr(program, '/');
	if (!name || (size_t)snprintf(path, sizeof(path), "%s%s", TRACE_DIR, name) >= sizeof(path))
		return;
	fd = open_notes(path);
	if (fd < 0)
		return;
	size = (size_t)(etext - __executable_start);
	if (ftruncate(fd, (off_t)size) == 0) {
		notes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (notes != MAP_FAILED)
			reached = notes;
	}
	close(fd);
}
