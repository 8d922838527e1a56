/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of commands: reading words, numbers and sizes; every row of the tables is complete. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "tools/cli/action.h"
#include "tools/cli/commands.h"

static const Command sample = { "sample", "shell", NULL, "domain [size#] [--named] --live --config [words...]",
				"for the test", NULL };

static Args *parse(const char *line, GError **error)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);

	return args_parse(&sample, words, line[0] ? g_strv_length(words) : 0, error);
}

static void test_forms(G_GNUC_UNUSED void **state)
{
	static const char *const lines[] = {
		"web 12 --live", "--domain web --size 12 --live", "--size=12 --live --domain=web",
		"--live web --size 12",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(Args) args = parse(lines[i], NULL);
		uint64_t size = 0;

		assert_non_null(args);
		assert_string_equal(args_text(args, "domain"), "web");
		assert_true(args_ulong(args, "size", &size, NULL));
		assert_int_equal(size, 12);
		assert_true(args_has(args, "live"));
		assert_false(args_has(args, "config"));
	}
}

static void test_named_is_not_positional(G_GNUC_UNUSED void **state)
{
	g_autoptr(Args) args = parse("web 12 a b", NULL);

	assert_non_null(args);
	assert_false(args_has(args, "named"));
	assert_string_equal(args_rest(args, "words")[0], "a");
	assert_string_equal(args_rest(args, "words")[1], "b");
	assert_null(args_rest(args, "words")[2]);
}

static void test_double_dash_ends_names(G_GNUC_UNUSED void **state)
{
	g_autoptr(Args) args = parse("web 1 -- --live", NULL);

	assert_non_null(args);
	assert_false(args_has(args, "live"));
	assert_string_equal(args_rest(args, "words")[0], "--live");
}

static void test_refused(G_GNUC_UNUSED void **state)
{
	static const char *const lines[] = {
		"", "--nosuch web", "web --live=1", "--domain", "--domain a --domain b",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(parse(lines[i], &error));
		assert_int_equal(error_code(error), VIR_ERR_INVALID_ARG);
	}
}

static void test_json_everywhere(G_GNUC_UNUSED void **state)
{
	g_autoptr(Args) args = parse("web --json", NULL);

	assert_non_null(args);
	assert_true(args_has(args, "json"));
}

static const struct {
	const char *text;
	uint64_t bytes;
} sizes[] = {
	{ "1", 1024 },	 { "1b", 1 },	    { "1KB", 1000 },
	{ "1KiB", 1024 }, { "2k", 2048 },   { "1M", 1 << 20 },
	{ "0", 0 },	 { "3bytes", 3 },   { "1 GiB", UINT64_C(1) << 30 },
	{ "1TB", UINT64_C(1000000000000) },
};

static void test_sizes(G_GNUC_UNUSED void **state)
{
	static const char *const bad[] = { "", "x", "-1", "1x", "1MM", "99999999999999999999", "20E", " 1" };
	uint64_t bytes;

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		assert_true(size_parse(sizes[i].text, 1024, &bytes, NULL));
		assert_int_equal(bytes, sizes[i].bytes);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_false(size_parse(bad[i], 1024, &bytes, NULL));
}

static void test_affect(G_GNUC_UNUSED void **state)
{
	g_autoptr(Args) args = parse("web --live --config", NULL);
	unsigned int flags;

	assert_true(args_affect(args, &flags, NULL));
	assert_int_equal(flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG);
	assert_false(args_exclusive(args, "live", "config", NULL));
}

/* Names are unique, options readable and documented, flags before nothing that swallows them. */
static void test_tables(G_GNUC_UNUSED void **state)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	for (const Command *command = commands; command->name; command++) {
		g_autoptr(GArray) options = command_options(command);
		bool optional = false;

		assert_true(g_hash_table_add(names, (void *)command->name));
		assert_non_null(command->run);
		assert_true(command->help[0]);
		for (guint i = 0; i < options->len; i++) {
			const Option *option = &g_array_index(options, Option, i);

			if (!option_help(option->name))
				print_error("option %s of %s has no text\n", option->name, command->name);
			assert_non_null(option_help(option->name));
			if (option->kind == OPTION_TEXT && !option->named) {
				assert_false(option->required && optional);
				optional |= !option->required;
			}
			if (option->kind == OPTION_REST)
				for (guint j = i + 1; j < options->len; j++)
					assert_true(g_array_index(options, Option, j).kind == OPTION_FLAG);
		}
	}
}

static void option_known(const Command *command, const char *name)
{
	g_autoptr(GArray) options = command_options(command);
	bool known = false;

	for (guint i = 0; i < options->len; i++)
		known |= !strcmp(g_array_index(options, Option, i).name, name);
	if (!known)
		print_error("%s: its row names the option %s, which it does not take\n", command->name, name);
	assert_true(known);
}

static void options_known(const Command *command, const char *list)
{
	g_auto(GStrv) words = g_strsplit_set(list ? list : "", " ,", -1);

	for (gsize i = 0; words[i]; i++)
		if (words[i][0])
			option_known(command, words[i]);
}

static void flags_known(const Command *command, const FlagOption *flags)
{
	for (; flags && flags->name; flags++)
		option_known(command, flags->name);
}

/* A member of the call, or of its older form. */
static void member_known(const Command *command, const char *name)
{
	const Action *action = command->action;
	const RpcProc *call = rpc_proc_find(REMOTE_PROGRAM, action->call);
	const RpcProc *plain = action->plain ? rpc_proc_find(REMOTE_PROGRAM, action->plain) : call;
	bool known = field_find(fields_of_args(call), name) || field_find(fields_of_args(plain), name);

	if (!known)
		print_error("%s: %s has no member %s\n", command->name, call->name, name);
	assert_true(known);
}

static void sources_known(const Command *command, const char *fields)
{
	g_auto(GStrv) words = g_strsplit(fields ? fields : "", " ", -1);

	for (gsize i = 0; words[i]; i++) {
		g_auto(GStrv) parts = g_strsplit(words[i], "=", 2);
		const char *colon = strchr(parts[1], ':');

		member_known(command, parts[0]);
		if (!g_ascii_isdigit(parts[1][0]) && parts[1][0] != '-')
			option_known(command, colon ? colon + 1 : parts[1]);
	}
}

/* What a row of one call names is there: nothing would complain of a misspelt word at run time. */
static void test_actions(G_GNUC_UNUSED void **state)
{
	guint n = 0;

	for (const Command *command = commands; command->name; command++) {
		const Action *action = command->action;

		if (!action)
			continue;
		n++;
		assert_true(action->call || action->name || action->own_uuid);
		sources_known(command, action->fields);
		flags_known(command, action->flags);
		flags_known(command, action->store_flags);
		options_known(command, action->modes);
		options_known(command, action->apart);
		options_known(command, action->one_of);
		options_known(command, action->named);
		options_known(command, action->with);
		options_known(command, action->when);
		for (gsize i = 0; i < G_N_ELEMENTS(action->choices) && action->choices[i].option; i++) {
			option_known(command, action->choices[i].option);
			member_known(command, action->choices[i].member);
		}
	}
	assert_true(n > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_named_is_not_positional),
		cmocka_unit_test(test_double_dash_ends_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_json_everywhere),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_affect),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
