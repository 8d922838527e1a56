/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interactive shell. While it waits for a key the event loop runs, so that the connection
 * stays alive.
 */
#include "config.h"

#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/cli/commands.h"

#define HISTORY_LINES 1000

typedef struct Editor {
	Session *session;
	EditLine *line;
	History *history;
	HistEvent event;
	char *file; /* of the history */
} Editor;

static Editor *editor_of(EditLine *line)
{
	Editor *editor = NULL;

	el_get(line, EL_CLIENTDATA, &editor);
	return editor;
}

static char *prompt(G_GNUC_UNUSED EditLine *line)
{
	static char text[] = "reeve > ";

	text[6] = geteuid() ? '>' : '#';
	return text;
}

/* Reads one character of the terminal's encoding; 1, 0 at the end, -1 on error. */
static int character_read(EditLine *line, wchar_t *ret)
{
	Editor *editor = editor_of(line);
	mbstate_t state = { 0 };
	bool never = false;

	for (;;) {
		char byte;
		ssize_t n;
		gsize used;

		if (!session_wait_input(editor->session, STDIN_FILENO, &never, NULL))
			return -1;
		n = read(STDIN_FILENO, &byte, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		used = mbrtowc(ret, &byte, 1, &state);
		if (used == (gsize)-2)
			continue;
		if (used == (gsize)-1)
			*ret = (unsigned char)byte;
		return 1;
	}
}

static char *common_prefix(char *const *list)
{
	gsize length = strlen(list[0]);

	for (gsize i = 1; list[i]; i++) {
		gsize n = 0;

		while (n < length && list[i][n] == list[0][n])
			n++;
		length = n;
	}
	return g_strndup(list[0], length);
}

static void candidates_print(Session *session, char *const *list)
{
	putchar('\n');
	for (gsize i = 0; list[i]; i++)
		printf("%s%s", out_pad(session, list[i], 24), list[i + 1] && i % 3 != 2 ? " " : "\n");
}

static unsigned char tab(EditLine *line, G_GNUC_UNUSED int key)
{
	Editor *editor = editor_of(line);
	const LineInfo *info = el_line(line);
	g_autofree char *text = g_strndup(info->buffer, (gsize)(info->cursor - info->buffer));
	g_autofree char *partial = NULL, *prefix = NULL;
	g_autoptr(GPtrArray) words = shell_split_partial(text, &partial);
	g_auto(GStrv) list = NULL;
	bool only;

	g_ptr_array_add(words, NULL);
	list = complete_word(editor->session, (char **)words->pdata, partial);
	if (!list[0])
		return CC_ERROR;
	prefix = common_prefix(list);
	only = !list[1];
	if (prefix[strlen(partial)])
		el_insertstr(line, prefix + strlen(partial));
	if (only && !g_str_has_suffix(prefix, "/"))
		el_insertstr(line, " ");
	if (only || prefix[strlen(partial)])
		return CC_REFRESH;
	candidates_print(editor->session, list);
	return CC_REDISPLAY;
}

static void editor_open(Editor *editor)
{
	g_autofree char *directory = g_build_filename(g_get_user_cache_dir(), "reeve", NULL);

	editor->history = history_init();
	history(editor->history, &editor->event, H_SETSIZE, HISTORY_LINES);
	history(editor->history, &editor->event, H_SETUNIQUE, 1);
	g_mkdir_with_parents(directory, 0700);
	editor->file = g_build_filename(directory, "history", NULL);
	history(editor->history, &editor->event, H_LOAD, editor->file);
	editor->line = el_init("reeve", stdin, stdout, stderr);
	el_set(editor->line, EL_CLIENTDATA, editor);
	el_set(editor->line, EL_PROMPT, prompt);
	el_set(editor->line, EL_EDITOR, "emacs");
	el_set(editor->line, EL_HIST, history, editor->history);
	el_set(editor->line, EL_GETCFN, character_read);
	el_set(editor->line, EL_ADDFN, "complete-word", "Complete the word", tab);
	el_set(editor->line, EL_BIND, "^I", "complete-word", NULL);
	el_set(editor->line, EL_SIGNAL, 1);
	el_source(editor->line, NULL);
}

static void editor_close(Editor *editor)
{
	history(editor->history, &editor->event, H_SAVE, editor->file);
	el_end(editor->line);
	history_end(editor->history);
	g_free(editor->file);
}

static void edit_lines(Session *session)
{
	Editor editor = { .session = session };

	printf(_("Welcome to reeve, the virtual machine manager.\n\n"
		 "Type:  'help' for help with commands\n"
		 "       'quit' to quit\n\n"));
	editor_open(&editor);
	while (!session->leave) {
		int length;
		const char *line = el_gets(editor.line, &length);

		if (!line) {
			putchar('\n');
			break;
		}
		if (line[strspn(line, " \t\n")])
			history(editor.history, &editor.event, H_ENTER, line);
		shell_run_line(session, line);
	}
	editor_close(&editor);
}

bool shell_interact(Session *session)
{
	g_autofree char *line = NULL;
	size_t size = 0;
	bool result = true;

	session->interactive = true;
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		edit_lines(session);
		return true;
	}
	while (!session->leave && getline(&line, &size, stdin) >= 0)
		result = shell_run_line(session, line);
	return result;
}
