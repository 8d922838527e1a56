/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/cli/commands.h"
#include "tools/cli/options.h"
#include "tools/cli/output.h"
#include "tools/cli/session.h"
#include "tools/cli/shell.h"
#include "tools/cli/support.h"

typedef struct Splitter {
	GPtrArray *commands;
	GPtrArray *words;
	GString *word; /* NULL between words */
	char quote;    /* open quotation mark, 0: none */
} Splitter;

static void words_free(void *words)
{
	g_strfreev(words);
}

static void splitter_init(Splitter *s)
{
	*s = (Splitter){ .commands = g_ptr_array_new_with_free_func(words_free),
			 .words = g_ptr_array_new_with_free_func(g_free) };
}

static void word_end(Splitter *s)
{
	if (s->word)
		g_ptr_array_add(s->words, g_string_free(g_steal_pointer(&s->word), FALSE));
}

static void command_end(Splitter *s)
{
	word_end(s);
	if (!s->words->len)
		return;
	g_ptr_array_add(s->words, NULL);
	g_ptr_array_add(s->commands, g_ptr_array_free(s->words, FALSE));
	s->words = g_ptr_array_new_with_free_func(g_free);
}

static void word_append(Splitter *s, char c)
{
	if (!s->word)
		s->word = g_string_new(NULL);
	g_string_append_c(s->word, c);
}

static void word_open(Splitter *s, char quote)
{
	if (!s->word)
		s->word = g_string_new(NULL);
	s->quote = quote;
}

/* One character inside quotation marks; returns how many were used. */
static gsize quoted_take(Splitter *s, const char *c)
{
	if (c[0] == s->quote) {
		s->quote = 0;
		return 1;
	}
	if (c[0] == '\\' && s->quote == '"' && c[1]) {
		word_append(s, c[1]);
		return 2;
	}
	word_append(s, c[0]);
	return 1;
}

static gsize bare_take(Splitter *s, const char *c)
{
	switch (c[0]) {
	case ' ':
	case '\t':
	case '\r':
		word_end(s);
		return 1;
	case ';':
	case '\n':
		command_end(s);
		return 1;
	case '#':
		if (s->word)
			break;
		return strcspn(c, "\n");
	case '"':
	case '\'':
		word_open(s, c[0]);
		return 1;
	case '\\':
		if (c[1] == '\n')
			return 2;
		if (!c[1])
			break;
		word_append(s, c[1]);
		return 2;
	default:
		break;
	}
	word_append(s, c[0]);
	return 1;
}

static void line_take(Splitter *s, const char *line)
{
	while (*line)
		line += s->quote ? quoted_take(s, line) : bare_take(s, line);
}

GPtrArray *shell_split(const char *line, GError **error)
{
	Splitter s;

	splitter_init(&s);
	line_take(&s, line);
	command_end(&s);
	g_ptr_array_unref(s.words);
	if (!s.quote)
		return s.commands;
	g_ptr_array_unref(s.commands);
	return fail_null(error, VIR_ERR_INVALID_ARG, _("the quotation mark %c is never closed"), s.quote);
}

GPtrArray *shell_split_partial(const char *line, char **ret_partial)
{
	Splitter s;
	g_autoptr(GPtrArray) done = NULL;

	splitter_init(&s);
	line_take(&s, line);
	*ret_partial = s.word ? g_string_free(g_steal_pointer(&s.word), FALSE) : g_strdup("");
	done = s.commands;
	return s.words;
}

bool failed(Session *session, const char *format, ...)
{
	va_list list;

	/* Nothing was asked: what could not be done is to connect, and that is said already. */
	if (session->unconnected)
		return false;
	va_start(list, format);
	g_free(session->context);
	session->context = g_strdup_vprintf(format, list);
	va_end(list);
	return false;
}

static void report_json(const Session *session, const GError *error)
{
	json_t *object = json_object(), *top = json_object();

	json_object_set_new(object, "code", json_integer(error_code(error)));
	json_object_set_new(object, "message", json_text(error->message));
	if (session->context)
		json_object_set_new(object, "context", json_text(session->context));
	json_object_set_new(top, "error", object);
	json_dumpf(top, stderr, JSON_COMPACT);
	fputc('\n', stderr);
	json_decref(top);
}

void shell_report(Session *session, const GError *error)
{
	fflush(stdout);
	if (session->json && error) {
		report_json(session, error);
	} else {
		if (session->context)
			fprintf(stderr, _("error: %s\n"), session->context);
		if (error)
			fprintf(stderr, _("error: %s\n"), error->message);
	}
	g_clear_pointer(&session->context, g_free);
}

/* JSON is for programs: the same in every locale, whatever the command was about to translate. */
static void language_set(bool json)
{
	setlocale(LC_MESSAGES, json ? "C" : "");
}

static bool command_run(Session *session, const Command *command, char *const *words, GError **error)
{
	g_autoptr(Args) args = NULL;
	gint64 start = g_get_monotonic_time();
	bool result;

	args = args_parse(command, words + 1, g_strv_length((char **)words) - 1, error);
	if (!args)
		return false;
	session->json = session->json_always || args_has(args, "json");
	language_set(session->json);
	if (args_has(args, "help")) {
		help_print(command);
		session->failed = false;
		return true;
	}
	result = command->run(session, args, error);
	if (!result) {
		command_explain(command->name, error);
		shell_report(session, error ? *error : NULL);
	}
	g_clear_error(error);
	if (result)
		out_finish(session);
	if (session->timing && !session->json)
		printf(_("\n(Time: %.3f ms)\n\n"), (double)(g_get_monotonic_time() - start) / 1000);
	else
		out_extra(session, "\n");
	fflush(stdout);
	session_forget(session);
	session->failed = !result;
	return true;
}

bool shell_run(Session *session, char *const *words)
{
	g_autoptr(GError) error = NULL;
	const Command *command = command_find(words[0]);

	session->json = session->json_always;
	language_set(session->json);
	session->unconnected = false;
	session->failed = true;
	if (!command)
		command_fail_unknown(words[0], &error);
	else if (command_run(session, command, words, &error))
		return !session->failed;
	shell_report(session, error);
	return false;
}

bool shell_run_line(Session *session, const char *line)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) list = shell_split(line, &error);

	if (!list) {
		shell_report(session, error);
		return false;
	}
	for (guint i = 0; i < list->len && !session->leave; i++)
		if (!shell_run(session, list->pdata[i]))
			return false;
	return true;
}
