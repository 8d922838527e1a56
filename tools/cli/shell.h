/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines of commands: splitting them into words, running them, reporting what went wrong; and the
 * interactive loop. Process: reeve.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

typedef struct Session Session;

/*
 * Splits a line into commands (array of char **, each NULL-terminated, freed with the array).
 * Commands end at ';' or a newline; '#' at the start of a word begins a comment; words are quoted
 * with '...', "..." (where \ escapes) or \. Fails with VIR_ERR_INVALID_ARG.
 */
GPtrArray *shell_split(const char *line, GError **error);
/* As above but takes an unfinished line; *ret_partial is its last word (caller frees). */
GPtrArray *shell_split_partial(const char *line, char **ret_partial);

/* Runs one command; reports its error. True when it succeeded. */
bool shell_run(Session *session, char *const *words);
/* Runs all commands of a line until one fails. */
bool shell_run_line(Session *session, const char *line);
/* Reads lines until quit or end of file; edits them when standard input is a terminal. */
bool shell_interact(Session *session);

/* Completions of the word @partial after @words (NULL-terminated); caller frees with strv. */
char **complete_word(Session *session, char *const *words, const char *partial);

/* Reports as one or two "error:" lines, as an object with --json. */
void shell_report(Session *session, const GError *error);
/* Says what could not be done, before the error itself; returns false. */
bool failed(Session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
