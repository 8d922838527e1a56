/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines split into commands, differences of texts, CPU sets, completion. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "tools/object/cpumap.h"
#include "tools/domain/keycodes.h"
#include "tools/cli/xmlfile.h"

/* "a|b;c" for the commands "a b" and "c". */
static char *split_shown(const char *line)
{
	g_autoptr(GPtrArray) list = shell_split(line, NULL);
	GString *text = g_string_new(NULL);

	if (!list)
		return g_string_free(text, FALSE);
	for (guint i = 0; i < list->len; i++) {
		g_autofree char *words = g_strjoinv("|", list->pdata[i]);

		g_string_append_printf(text, "%s%s", i ? ";" : "", words);
	}
	return g_string_free(text, FALSE);
}

static void test_split(G_GNUC_UNUSED void **state)
{
	static const struct {
		const char *line, *shown;
	} cases[] = {
		{ "list --all", "list|--all" },
		{ "a; b c ;;d", "a;b|c;d" },
		{ "echo 'a b' \"c \\\" d\" e\\ f", "echo|a b|c \" d|e f" },
		{ "echo 'a;b' # comment ; x\nc", "echo|a;b;c" },
		{ "a#b", "a#b" },
		{ "''", "" },
		{ "  ", "" },
		{ "a \\\n b", "a|b" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *shown = split_shown(cases[i].line);

		assert_string_equal(shown, cases[i].shown);
	}
	assert_null(shell_split("echo 'open", NULL));
}

static void test_split_partial(G_GNUC_UNUSED void **state)
{
	g_autofree char *partial = NULL;
	g_autoptr(GPtrArray) words = shell_split_partial("list; dominfo --domain we", &partial);

	assert_int_equal(words->len, 2);
	assert_string_equal(words->pdata[0], "dominfo");
	assert_string_equal(partial, "we");
}

static void test_diff(G_GNUC_UNUSED void **state)
{
	static const struct {
		const char *a, *b, *diff;
	} cases[] = {
		{ "x\n", "x\n", "" },
		{ "a\nb\nc\n", "a\nB\nc\n", "--- o\n+++ n\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n" },
		{ "", "a\n", "--- o\n+++ n\n@@ -1,0 +1,1 @@\n+a\n" },
		{ "a\n", "", "--- o\n+++ n\n@@ -1,1 +1,0 @@\n-a\n" },
		{ "a\nb\nc\nd\ne\n", "b\nc\nX\ne\n",
		  "--- o\n+++ n\n@@ -1,5 +1,4 @@\n-a\n b\n c\n-d\n+X\n e\n" },
		{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\n0\n",
		  "--- o\n+++ n\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+0\n" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *diff = text_diff(cases[i].a, cases[i].b, "o", "n");

		assert_string_equal(diff, cases[i].diff);
	}
}

static const struct {
	const char *text, *shown;
} cpusets[] = { { "0-3,^2,7", "0-1,3,7" }, { "r", "0-9" }, { "5", "5" } };

static void test_cpuset(G_GNUC_UNUSED void **state)
{
	Session session = { 0 };
	static const char *const bad[] = { "", "x", "10", "3-1", "1-", "0,,1", "-1" };

	for (gsize i = 0; i < G_N_ELEMENTS(cpusets); i++) {
		guint8 *map = cpumap_parse(&session, cpusets[i].text, 10, NULL);

		assert_non_null(map);
		assert_string_equal(cpumap_format(&session, map, 2), cpusets[i].shown);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_null(cpumap_parse(&session, bad[i], 10, NULL));
	session_forget(&session);
}

static void test_completion(G_GNUC_UNUSED void **state)
{
	Session session = { 0 };
	char *none[] = { NULL }, *list[] = { "list", NULL };
	g_auto(GStrv) commands_found = complete_word(&session, none, "domst");
	g_auto(GStrv) options_found = complete_word(&session, list, "--with-s");

	assert_true(g_strv_contains((const char *const *)commands_found, "domstate"));
	assert_true(g_strv_contains((const char *const *)commands_found, "domstats"));
	assert_int_equal(g_strv_length(commands_found), 2);
	assert_int_equal(g_strv_length(options_found), 1);
	assert_string_equal(options_found[0], "--with-snapshot");
}

static void test_uuid(G_GNUC_UNUSED void **state)
{
	unsigned char uuid[16];
	char text[37];

	assert_true(uuid_read("6695eb01-f6a4-8304-79aa-97f2502e193f", uuid));
	assert_string_equal(uuid_text(uuid, text), "6695eb01-f6a4-8304-79aa-97f2502e193f");
	assert_true(uuid_read("6695eb01f6a4830479aa97f2502e193f", uuid));
	assert_false(uuid_read("6695eb01-f6a4-8304-79aa-97f2502e193", uuid));
	assert_false(uuid_read("6695eb01-f6a4-8304-79aa-97f2502e193f0", uuid));
	assert_false(uuid_read("web", uuid));
}

static void test_keys(G_GNUC_UNUSED void **state)
{
	guint set, code;

	assert_true(keycode_set_find("linux", &set, NULL));
	assert_true(keycode_find(set, "KEY_ENTER", &code, NULL));
	assert_int_equal(code, 28);
	assert_true(keycode_find(set, "0x1c", &code, NULL));
	assert_int_equal(code, 28);
	assert_false(keycode_find(set, "KEY_NOSUCH", &code, NULL));
	assert_false(keycode_set_find("nosuch", &set, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),	   cmocka_unit_test(test_split_partial),
		cmocka_unit_test(test_diff),	   cmocka_unit_test(test_cpuset),
		cmocka_unit_test(test_completion), cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
