/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static const char *program_name = "reeve";
static LogLevel threshold = LOG_LEVEL_INFO;
static bool journal;

static const struct {
	const char *name;
	int priority; /* of syslog(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARNING] = { "warning", 4 },
	[LOG_LEVEL_INFO] = { "info", 6 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

void log_init(const char *program, LogLevel level)
{
	program_name = program;
	threshold = level;
	journal = getenv("JOURNAL_STREAM") != NULL;
}

void log_set_level(LogLevel level)
{
	threshold = level;
}

/* Control characters of a peer's making must not reach a terminal or forge a second line. */
static void neutralise(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

void log_message(LogLevel level, const char *format, ...)
{
	g_autofree char *text = NULL;
	g_autofree char *line = NULL;
	va_list args;

	if (level > threshold)
		return;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	neutralise(text);
	if (journal) {
		line = g_strdup_printf("<%d>%s\n", levels[level].priority, text);
	} else {
		struct timespec now;
		struct tm broken;
		char stamp[32];

		clock_gettime(CLOCK_REALTIME, &now);
		localtime_r(&now.tv_sec, &broken);
		strftime(stamp, sizeof(stamp), "%F %T", &broken);
		line = g_strdup_printf("%s.%03ld %s[%d] %s: %s\n", stamp, now.tv_nsec / 1000000,
				       program_name, (int)getpid(), levels[level].name, text);
	}
	/* One write, so that lines of several processes do not mix. */
	if (write(STDERR_FILENO, line, strlen(line)) < 0)
		return;
}
