/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of commands, and the commands about commands. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/cli/action.h"
#include "tools/cli/commands.h"
#include "tools/cli/support.h"

const Command commands[] = {
#define COMMAND(name, group, function, options, help) { name, #group, function, options, help, NULL },
#define ACTION(name, group, options, help, ...) \
	{ name, #group, action_run, options, help, &(const Action){ __VA_ARGS__ } },
#include "tools/cli/commands.def"
#undef COMMAND
#undef ACTION
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};

typedef struct OptionText {
	const char *name, *text;
} OptionText;

static const OptionText option_texts[] = {
#define OPTION(name, text) { name, text },
#include "tools/cli/options.def"
#undef OPTION
};

static const OptionText groups[] = {
#define GROUP(name, text) { #name, text },
#include "tools/cli/groups.def"
#undef GROUP
};

const Command *command_find(const char *name)
{
	for (const Command *command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

const char *option_help(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(option_texts); i++)
		if (!strcmp(option_texts[i].name, name))
			return _(option_texts[i].text);
	return NULL;
}

static void synopsis_append(GString *text, const Option *option)
{
	const char *type = option->kind == OPTION_NUMBER ? "number" : "string";

	if (option->kind == OPTION_FLAG)
		g_string_append_printf(text, " [--%s]", option->name);
	else if (option->kind == OPTION_REST)
		g_string_append_printf(text, option->required ? " {[--%s] <%s>}..." : " [[--%s] <%s>]...",
				       option->name, type);
	else if (option->required)
		g_string_append_printf(text, " <%s>", option->name);
	else
		g_string_append_printf(text, " [--%s <%s>]", option->name, type);
}

static void option_print(const Option *option)
{
	const char *type = option->kind == OPTION_NUMBER ? "number" : "string";
	const char *help = option_help(option->name);
	g_autofree char *left = NULL;

	if (option->kind == OPTION_FLAG)
		left = g_strdup_printf("--%s", option->name);
	else if (option->required || option->kind == OPTION_REST)
		left = g_strdup_printf("[--%s] <%s>", option->name, type);
	else
		left = g_strdup_printf("--%s <%s>", option->name, type);
	printf("    %-15s  %s\n", left, help ? help : "");
}

void help_print(const Command *command)
{
	g_autoptr(GArray) options = command_options(command);
	g_autoptr(GString) synopsis = g_string_new(command->name);

	for (guint i = 0; i < options->len; i++)
		synopsis_append(synopsis, &g_array_index(options, Option, i));
	printf(_("  NAME\n    %s - %s\n"), command->name, _(command->help));
	printf(_("\n  SYNOPSIS\n    %s\n"), synopsis->str);
	if (options->len)
		printf(_("\n  OPTIONS\n"));
	for (guint i = 0; i < options->len; i++)
		option_print(&g_array_index(options, Option, i));
	printf("\n");
	if (!command_is_supported(command->name)) {
		g_autofree char *note = command_unsupported(command->name);

		printf(_("  NOTE\n    %s\n\n"), note);
	}
}

static json_t *group_list(Session *session, const OptionText *group)
{
	json_t *array = json_array();

	out_print(session, _(" %s (help keyword '%s'):\n"), _(group->text), group->name);
	for (const Command *command = commands; command->name; command++) {
		bool supported;
		json_t *row;

		if (strcmp(command->group, group->name) != 0)
			continue;
		supported = command_is_supported(command->name);
		out_print(session, "    %-30s %s%s\n", command->name, _(command->help),
			  supported ? "" : _(" (not supported yet)"));
		row = json_object();
		json_object_set_new(row, "name", json_string(command->name));
		json_object_set_new(row, "group", json_string(command->group));
		json_object_set_new(row, "options", json_string(command->options));
		json_object_set_new(row, "supported", json_boolean(supported));
		json_array_append_new(array, row);
	}
	out_print(session, "\n");
	return array;
}

bool cmd_help(Session *session, const Args *args, GError **error)
{
	const char *name = args_text(args, "command");
	const Command *command = name ? command_find(name) : NULL;
	json_auto_t *all = json_array();

	if (command && !session->json) {
		help_print(command);
		return true;
	}
	if (!name)
		out_print(session, _("Grouped commands:\n\n"));
	for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
		json_t *part;

		if (name && strcmp(name, groups[i].name) != 0)
			continue;
		part = group_list(session, &groups[i]);
		json_array_extend(all, part);
		json_decref(part);
	}
	if (name && !json_array_size(all) && !command && !command_is_supported(name))
		return command_fail_unknown(name, error);
	if (name && !json_array_size(all) && !command)
		return fail(error, VIR_ERR_INVALID_ARG, _("command or command group '%s' doesn't exist"), name);
	out_value(session, json_incref(all));
	return true;
}

bool cmd_quit(Session *session, G_GNUC_UNUSED const Args *args, G_GNUC_UNUSED GError **error)
{
	session->leave = true;
	return true;
}

bool cmd_pwd(Session *session, G_GNUC_UNUSED const Args *args, G_GNUC_UNUSED GError **error)
{
	g_autofree char *directory = g_get_current_dir();

	out_text(session, "directory", directory);
	return true;
}

bool cmd_cd(Session *session, const Args *args, GError **error)
{
	const char *directory = args_text(args, "dir");

	if (!session->interactive)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("cd: works in the interactive shell only"));
	if (!directory)
		directory = g_get_home_dir();
	if (chdir(directory) < 0)
		return fail_errno(error, errno, _("cd: %s"), directory);
	return true;
}

static char *echo_word(const Args *args, const char *word)
{
	if (args_has(args, "xml"))
		return g_markup_escape_text(word, -1);
	if (args_has(args, "shell") && (!word[0] || strpbrk(word, " \t\r\n\"'\\$`|&;<>()*?[]{}!#~")))
		return g_shell_quote(word);
	return g_strdup(word);
}

bool cmd_echo(Session *session, const Args *args, G_GNUC_UNUSED GError **error)
{
	const char *const *words = args_rest(args, "string");
	g_autoptr(GString) text = g_string_new(NULL);

	for (gsize i = 0; words[i]; i++) {
		g_autofree char *word = echo_word(args, words[i]);

		g_string_append_printf(text, "%s%s", i ? " " : "", word);
	}
	if (args_has(args, "err"))
		fprintf(stderr, "%s\n", text->str);
	else if (session->json)
		out_text(session, "text", text->str);
	else
		out_print(session, "%s%s", text->str, session->quiet ? "\n" : "");
	return true;
}

bool cmd_complete(Session *session, const Args *args, G_GNUC_UNUSED GError **error)
{
	g_autofree char *partial = NULL;
	g_autoptr(GPtrArray) words = NULL;
	g_auto(GStrv) list = NULL;
	const char *const *given = args_rest(args, "string");
	g_autofree char *line = g_strjoinv(" ", (char **)given);

	words = shell_split_partial(line, &partial);
	g_ptr_array_add(words, NULL);
	list = complete_word(session, (char **)words->pdata, partial);
	for (gsize i = 0; list[i]; i++)
		printf("%s\n", list[i]);
	session->quiet = true;
	return true;
}
