/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One line per message to standard error: level, program, message; with sd-daemon's <N> prefix
 * when the journal reads it ($JOURNAL_STREAM). A function either logs or returns an error.
 */
#pragma once

#include <glib.h>

typedef enum LogLevel {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
} LogLevel;

/* @program is borrowed for the life of the process. Messages above @level are dropped. */
void log_init(const char *program, LogLevel level);
void log_set_level(LogLevel level);
void log_message(LogLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);

#define log_error(...) log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)
