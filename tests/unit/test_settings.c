/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "daemon/core/settings.h"

static void test_rows_are_complete(G_GNUC_UNUSED void **state)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(Settings) settings = settings_new(); /* every preset is in its range */
	unsigned count;
	const SettingRow *rows = settings_rows(&count);

	for (unsigned i = 0; i < count; i++) {
		g_autofree char *value = settings_format(settings, &rows[i]);

		assert_true(g_hash_table_add(seen, (char *)rows[i].name));
		assert_true(strlen(rows[i].text) > 10);
		assert_true(settings_set(settings, rows[i].name, value, NULL));
	}
}

static void test_values(G_GNUC_UNUSED void **state)
{
	g_autoptr(Settings) settings = settings_new();

	assert_true(settings_assign(settings, "tls_port=0", NULL));
	assert_int_equal(settings->tls_port, 0);
	assert_true(settings_assign(settings, "listen_tls = on", NULL) ||
		    settings_assign(settings, "listen_tls=on", NULL));
	assert_true(settings->listen_tls);
	assert_true(settings_assign(settings, "unix_users=a, b c", NULL));
	assert_int_equal(g_strv_length(settings->unix_users), 3);
	assert_true(settings_assign(settings, "tls_allowed_dn=C=DE,O=x y,CN=a;CN=b*", NULL));
	assert_int_equal(g_strv_length(settings->tls_allowed_dn), 2);
	assert_string_equal(settings->tls_allowed_dn[0], "C=DE,O=x y,CN=a");
}

static void test_refusals(G_GNUC_UNUSED void **state)
{
	static const char *const bad[] = {
		"tls_port=65536", "tls_port=-1", "tls_port=", "tls_port=1x", "log_level=loud",
		"listen_tls=maybe", "tlsport=1", "nonsense", "=1", "max_clients=99999999999999999999",
	};
	g_autoptr(Settings) settings = settings_new();

	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		assert_false(settings_assign(settings, bad[i], &error));
		assert_int_equal(error_code(error), VIR_ERR_CONF_SYNTAX);
	}
}

static void test_file(G_GNUC_UNUSED void **state)
{
	g_autofree char *dir = g_dir_make_tmp("reeve-settings-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "reeved.conf", NULL);
	g_autoptr(Settings) settings = settings_new();
	g_autoptr(GError) error = NULL;

	g_file_set_contents(path, "# comment\n\n tls_port = 7 # why\nuser = \" x # y \" # z\n", -1,
			    NULL);
	assert_true(settings_load(settings, path, NULL));
	assert_int_equal(settings->tls_port, 7);
	assert_string_equal(settings->user, " x # y ");
	g_file_set_contents(path, "tls_port = 8\nmax_client = 3\n", -1, NULL);
	assert_false(settings_load(settings, path, &error));
	assert_non_null(strstr(error->message, "reeved.conf:2: "));
	assert_non_null(strstr(error->message, "max_clients"));
	remove(path);
	remove(dir);
}

static void test_reload(G_GNUC_UNUSED void **state)
{
	g_autoptr(Settings) settings = settings_new();
	g_autoptr(Settings) fresh = settings_new();

	assert_true(settings_assign(fresh, "max_clients=7", NULL));
	assert_true(settings_assign(fresh, "user=other", NULL));
	assert_int_equal(settings_reload(settings, fresh), 1);
	assert_int_equal(settings->max_clients, 7);
	assert_string_equal(settings->user, "reeve");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_complete), cmocka_unit_test(test_values),
		cmocka_unit_test(test_refusals),	  cmocka_unit_test(test_file),
		cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
