/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands as reeve(1) has them, made from their rows: `reeve --help-commands-roff`. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "tools/cli/commands.h"
#include "tools/cli/support.h"

static const struct {
	const char *name, *text;
} groups[] = {
#define GROUP(name, text) { #name, text },
#include "tools/cli/groups.def"
#undef GROUP
};

static void roff_print(const char *text)
{
	for (; *text; text++)
		if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\'')
			fputs("\\(aq", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
}

static void option_print(const Option *option)
{
	g_autofree char *upper = g_ascii_strup(option->name, -1);
	const char *more = option->kind == OPTION_REST ? "..." : "";
	g_autofree char *text =
		option->kind == OPTION_FLAG ? g_strdup_printf(" [--%s]", option->name) :
		option->required	    ? g_strdup_printf(" %s%s", upper, more) :
					      g_strdup_printf(" [--%s %s%s]", option->name, upper, more);

	roff_print(text);
}

/* The first letter is a capital, the end a full stop. */
static void command_print(const Command *command)
{
	g_autoptr(GArray) options = command_options(command);

	fputs(".TP\n\\fB", stdout);
	roff_print(command->name);
	fputs("\\fR", stdout);
	if (!options->len)
		putchar(' ');
	for (guint i = 0; i < options->len; i++)
		option_print(&g_array_index(options, Option, i));
	printf("\n%c", g_ascii_toupper(command->help[0]));
	roff_print(command->help + 1);
	fputs(".\n", stdout);
	if (!command_is_supported(command->name))
		fputs("Not supported yet.\n", stdout);
}

static int command_compare(const void *a, const void *b)
{
	return strcmp((*(const Command *const *)a)->name, (*(const Command *const *)b)->name);
}

void manual_print(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
		g_autoptr(GPtrArray) members = g_ptr_array_new();

		for (const Command *command = commands; command->name; command++)
			if (!strcmp(command->group, groups[i].name))
				g_ptr_array_add(members, (void *)command);
		g_ptr_array_sort(members, command_compare);
		printf(".SS %s\n", groups[i].text);
		for (guint j = 0; j < members->len; j++)
			command_print(members->pdata[j]);
	}
}
