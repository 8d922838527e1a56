/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/cli/options.h"
#include "tools/cli/support.h"

typedef struct Value {
	const char *text; /* of a flag: "" */
} Value;

struct Args {
	const Command *command;
	GArray *options;
	Value *values; /* beside options */
	GPtrArray *rest;
	GPtrArray *words; /* own the texts */
	bool json, help;
};

static void option_clear(void *data)
{
	g_free(((Option *)data)->name);
}

/* Reads one word of the option string; see the head of options.h. */
static Option option_from_word(const char *word)
{
	Option option = { .kind = OPTION_TEXT, .required = true };
	g_autofree char *bare = NULL;
	gsize length;

	if (g_str_has_prefix(word, "--"))
		return (Option){ .name = g_strdup(word + 2), .kind = OPTION_FLAG };
	if (word[0] == '[') {
		option.required = false;
		bare = g_strndup(word + 1, strlen(word) - 2);
	} else {
		bare = g_strdup(word);
	}
	if (g_str_has_prefix(bare, "--")) {
		option.named = true;
		memmove(bare, bare + 2, strlen(bare + 2) + 1);
	}
	length = strlen(bare);
	if (g_str_has_suffix(bare, "...")) {
		option.kind = OPTION_REST;
		length -= 3;
	} else if (g_str_has_suffix(bare, "#")) {
		option.kind = OPTION_NUMBER;
		length--;
	}
	option.name = g_strndup(bare, length);
	return option;
}

GArray *command_options(const Command *command)
{
	g_auto(GStrv) words = g_strsplit(command->options, " ", -1);
	GArray *options = g_array_new(FALSE, FALSE, sizeof(Option));

	g_array_set_clear_func(options, option_clear);
	for (gsize i = 0; words[i]; i++) {
		Option option;

		if (!words[i][0])
			continue;
		option = option_from_word(words[i]);
		g_array_append_val(options, option);
	}
	return options;
}

static int option_index(const GArray *options, const char *name)
{
	for (guint i = 0; i < options->len; i++)
		if (!strcmp(g_array_index(options, Option, i).name, name))
			return (int)i;
	return -1;
}

/* The next option, in the row's order, that takes a value and has none. */
static int option_next(const Args *args)
{
	for (guint i = 0; i < args->options->len; i++) {
		const Option *option = &g_array_index(args->options, Option, i);

		if (option->kind == OPTION_FLAG || option->named)
			continue;
		if (option->kind == OPTION_REST || !args->values[i].text)
			return (int)i;
	}
	return -1;
}

static bool value_store(Args *args, guint index, const char *text, GError **error)
{
	const Option *option = &g_array_index(args->options, Option, index);

	if (option->kind == OPTION_REST) {
		g_ptr_array_add(args->rest, (char *)text);
	} else if (args->values[index].text) {
		return fail(error, VIR_ERR_INVALID_ARG, _("option --%s is given twice"), option->name);
	}
	args->values[index].text = text;
	return true;
}

static const char *word_keep(Args *args, const char *text)
{
	char *copy = g_strdup(text);

	g_ptr_array_add(args->words, copy);
	return copy;
}

static bool fail_option(const Args *args, const char *name, GError **error)
{
	const char *nearest = option_nearest(args->options, name);

	if (nearest)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("command '%s' doesn't support option --%s (did you mean --%s?)"),
			    args->command->name, name, nearest);
	return fail(error, VIR_ERR_INVALID_ARG, _("command '%s' doesn't support option --%s"),
		    args->command->name, name);
}

/* One "--name" or "--name=value"; takes the value from the following word where it must. */
static bool named_store(Args *args, char *const *words, gsize n_words, gsize *i, GError **error)
{
	const char *equals = strchr(words[*i], '=');
	g_autofree char *name = equals ? g_strndup(words[*i] + 2, (gsize)(equals - words[*i] - 2)) :
					 g_strdup(words[*i] + 2);
	int index = option_index(args->options, name);
	const Option *option;

	if (index < 0 && !equals && !strcmp(name, "json"))
		return args->json = true;
	if (index < 0 && !equals && !strcmp(name, "help"))
		return args->help = true;
	if (index < 0)
		return fail_option(args, name, error);
	option = &g_array_index(args->options, Option, index);
	if (option->kind == OPTION_FLAG && equals)
		return fail(error, VIR_ERR_INVALID_ARG, _("option --%s takes no value: leave out '=%s'"),
			    name, equals + 1);
	if (option->kind == OPTION_FLAG)
		return value_store(args, (guint)index, "", error);
	if (equals)
		return value_store(args, (guint)index, word_keep(args, equals + 1), error);
	if (*i + 1 >= n_words)
		return fail(error, VIR_ERR_INVALID_ARG, _("expected syntax: --%s <%s>"), name,
			    option->kind == OPTION_NUMBER ? _("number") : _("string"));
	return value_store(args, (guint)index, word_keep(args, words[++*i]), error);
}

static bool args_complete(const Args *args, GError **error)
{
	for (guint i = 0; i < args->options->len; i++) {
		const Option *option = &g_array_index(args->options, Option, i);

		if (option->required && !args->values[i].text)
			return fail(error, VIR_ERR_INVALID_ARG, _("command '%s' requires <%s> option"),
				    args->command->name, option->name);
	}
	return true;
}

Args *args_parse(const Command *command, char *const *words, gsize n_words, GError **error)
{
	g_autoptr(Args) args = g_new0(Args, 1);
	bool names = true;

	args->command = command;
	args->options = command_options(command);
	args->values = g_new0(Value, args->options->len + 1);
	args->rest = g_ptr_array_new();
	args->words = g_ptr_array_new_with_free_func(g_free);
	for (gsize i = 0; i < n_words; i++) {
		int index;

		if (names && !strcmp(words[i], "--")) {
			names = false;
			continue;
		}
		if (names && g_str_has_prefix(words[i], "--") && words[i][2]) {
			if (!named_store(args, words, n_words, &i, error))
				return NULL;
			continue;
		}
		index = option_next(args);
		if (index < 0)
			return fail_null(error, VIR_ERR_INVALID_ARG, _("unexpected data '%s'"), words[i]);
		if (!value_store(args, (guint)index, word_keep(args, words[i]), error))
			return NULL;
	}
	g_ptr_array_add(args->rest, NULL);
	if (!args->help && !args_complete(args, error))
		return NULL;
	return g_steal_pointer(&args);
}

void args_free(Args *args)
{
	if (!args)
		return;
	g_clear_pointer(&args->options, g_array_unref);
	g_clear_pointer(&args->rest, g_ptr_array_unref);
	g_clear_pointer(&args->words, g_ptr_array_unref);
	g_free(args->values);
	g_free(args);
}

const Command *args_command(const Args *args)
{
	return args->command;
}

bool args_has(const Args *args, const char *name)
{
	int index = option_index(args->options, name);

	if (index < 0 && !strcmp(name, "json"))
		return args->json;
	if (index < 0 && !strcmp(name, "help"))
		return args->help;
	return index >= 0 && args->values[index].text;
}

const char *args_text(const Args *args, const char *name)
{
	int index = option_index(args->options, name);

	return index < 0 ? NULL : args->values[index].text;
}

const char *const *args_rest(const Args *args, const char *name)
{
	static const char *const none[] = { NULL };

	return args_has(args, name) ? (const char *const *)args->rest->pdata : none;
}

static bool number_failed(const Args *args, const char *name, GError **error)
{
	return fail(error, VIR_ERR_INVALID_ARG,
		    _("Numeric value '%s' for <%s> option is malformed or out of range"),
		    args_text(args, name), name);
}

bool args_int(const Args *args, const char *name, int *value, GError **error)
{
	const char *text = args_text(args, name);
	gint64 number;

	if (!text)
		return true;
	if (!g_ascii_string_to_signed(text, 10, G_MININT, G_MAXINT, &number, NULL))
		return number_failed(args, name, error);
	*value = (int)number;
	return true;
}

bool args_uint(const Args *args, const char *name, unsigned int *value, GError **error)
{
	const char *text = args_text(args, name);
	guint64 number;

	if (!text)
		return true;
	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT, &number, NULL))
		return number_failed(args, name, error);
	*value = (unsigned int)number;
	return true;
}

bool args_ulong(const Args *args, const char *name, uint64_t *value, GError **error)
{
	const char *text = args_text(args, name);
	guint64 number;

	if (!text)
		return true;
	/* -1 is the traditional way to say "no limit". */
	if (!strcmp(text, "-1"))
		number = G_MAXUINT64;
	else if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL))
		return number_failed(args, name, error);
	*value = number;
	return true;
}

/* Bytes that one unit counts; 0 when there is no such unit. */
static uint64_t unit_scale(const char *unit, uint64_t bare)
{
	static const char letters[] = "KMGTPE";
	const char *letter;
	uint64_t base = 1024, scale = 1;

	if (!unit[0])
		return bare;
	if (!g_ascii_strcasecmp(unit, "b") || !g_ascii_strcasecmp(unit, "byte") ||
	    !g_ascii_strcasecmp(unit, "bytes"))
		return 1;
	letter = strchr(letters, g_ascii_toupper(unit[0]));
	if (!letter)
		return 0;
	if (!g_ascii_strcasecmp(unit + 1, "b"))
		base = 1000;
	else if (unit[1] && g_ascii_strcasecmp(unit + 1, "ib"))
		return 0;
	for (const char *l = letters; l <= letter; l++)
		scale *= base;
	return scale;
}

bool size_parse(const char *text, uint64_t scale, uint64_t *ret_bytes, GError **error)
{
	char *end;
	uint64_t number, unit;

	errno = 0;
	number = g_ascii_strtoull(text, &end, 10);
	if (end == text || errno || !g_ascii_isdigit(text[0]))
		return fail(error, VIR_ERR_INVALID_ARG, _("'%s' is not a size: give a number, with a unit "
							  "such as MiB or G if you like"), text);
	while (*end == ' ')
		end++;
	unit = unit_scale(end, scale);
	if (!unit)
		return fail(error, VIR_ERR_INVALID_ARG, _("'%s' has no unit that is known: use b, k, M, G, "
							  "T, P or E"), text);
	if (number > G_MAXUINT64 / unit)
		return fail(error, VIR_ERR_OVERFLOW, _("the size '%s' is too large"), text);
	*ret_bytes = number * unit;
	return true;
}

bool args_size(const Args *args, const char *name, uint64_t scale, uint64_t *value, GError **error)
{
	const char *text = args_text(args, name);

	if (!text)
		return true;
	if (!size_parse(text, scale, value, NULL))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("Scaled numeric value '%s' for <%s> option is malformed or out of range"),
			    text, name);
	return true;
}

unsigned int args_flags(const Args *args, const FlagOption *table)
{
	unsigned int flags = 0;

	for (const FlagOption *row = table; row->name; row++)
		if (args_has(args, row->name))
			flags |= row->flag;
	return flags;
}

bool args_words(const Args *args, const char *name, const FlagWords *known, unsigned int *flags,
		GError **error)
{
	const char *text = args_text(args, name);
	g_auto(GStrv) words = g_strsplit(text ? text : "", ",", -1);

	for (gsize i = 0; words[i]; i++) {
		const FlagOption *row = known->table;

		while (row->name && strcmp(row->name, words[i]) != 0)
			row++;
		if (!row->name)
			return fail(error, VIR_ERR_INVALID_ARG, _(known->bad), words[i]);
		*flags |= row->flag;
	}
	return true;
}

bool args_exclusive(const Args *args, const char *one, const char *other, GError **error)
{
	if (args_has(args, one) && args_has(args, other))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("Options --%s and --%s are mutually exclusive"), one, other);
	return true;
}

bool args_affect(const Args *args, unsigned int *ret_flags, GError **error)
{
	static const FlagOption table[] = {
		{ "live", VIR_DOMAIN_AFFECT_LIVE },
		{ "config", VIR_DOMAIN_AFFECT_CONFIG },
		{ NULL, 0 },
	};

	if (!args_exclusive(args, "current", "live", error) ||
	    !args_exclusive(args, "current", "config", error) ||
	    !args_exclusive(args, "persistent", "current", error))
		return false;
	*ret_flags = args_flags(args, table);
	return true;
}
