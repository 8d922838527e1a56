/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/error.h"
#include "rpc/client/uri.h"
#include "rpc/wire/params.h"

static void test_names(G_GNUC_UNUSED void **state)
{
	/* What stock clients send for each. */
	static const struct {
		const char *text, *name;
		RpcUriTransport transport;
		const char *host;
		unsigned port;
	} cases[] = {
		{ "qemu:///system", "qemu:///system", RPC_URI_UNIX, NULL, 0 },
		{ "qemu+unix:///system?socket=/tmp/s", "qemu:///system", RPC_URI_UNIX, NULL, 0 },
		{ "qemu+tls://h/system", "qemu:///system", RPC_URI_TLS, "h", 0 },
		{ "qemu://h:1234/system", "qemu:///system", RPC_URI_TLS, "h", 1234 },
		{ "qemu+ssh://root@[::1]:22/session", "qemu:///session", RPC_URI_SSH, "::1", 22 },
		{ "qemu+tcp://h/system?foo=bar", "qemu:///system?foo=bar", RPC_URI_TCP, "h", 0 },
		{ "qemu:///system?Socket=/x&foo=b%26r&NO_VERIFY=1", "qemu:///system?foo=b%26r",
		  RPC_URI_UNIX, NULL, 0 },
		{ "remote+unix:///?socket=/s", "", RPC_URI_UNIX, NULL, 0 },
		{ "test:///default", "test:///default", RPC_URI_UNIX, NULL, 0 },
		{ "qemu+tls://h/system?name=test:///default", "test:///default", RPC_URI_TLS, "h",
		  0 },
		{ "qemu+ext:///system?command=/bin/x", "qemu:///system", RPC_URI_EXT, NULL, 0 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(RpcUri) uri = rpc_uri_parse(cases[i].text, &error);

		if (!uri)
			print_error("%s\n", error->message);
		assert_non_null(uri);
		assert_string_equal(uri->name, cases[i].name);
		assert_int_equal(uri->transport, cases[i].transport);
		assert_true(g_strcmp0(uri->host, cases[i].host) == 0);
		assert_int_equal(uri->port, cases[i].port);
	}
}

static void test_wrong(G_GNUC_UNUSED void **state)
{
	static const char *const cases[] = {
		"",
		"qemu",
		"/system",
		"qemu+carrier://h/system",
		"qemu+unix://h/system",
		"qemu+tls:///system",
		"qemu+ssh:///system",
		"qemu+ext:///system",
		"qemu:///system?no_verify=maybe",
		"qemu:///system?proxy=some",
		"qemu:///system?mode=some",
		"qemu:///system?=%zz",
		"qemu+tls://h:99999/system",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		assert_null(rpc_uri_parse(cases[i], &error));
		assert_int_equal(error_code(error), VIR_ERR_INVALID_ARG);
	}
}

static void test_sockets(G_GNUC_UNUSED void **state)
{
	g_autoptr(RpcUri) named = rpc_uri_parse("qemu+unix:///system?socket=/tmp/s", NULL);
	g_autoptr(RpcUri) plain = rpc_uri_parse("qemu:///system", NULL);
	g_autoptr(RpcUri) none = rpc_uri_parse("qemu:", NULL);
	g_auto(GStrv) one = rpc_uri_sockets(named, true);
	g_auto(GStrv) several = rpc_uri_sockets(plain, true);
	g_auto(GStrv) bare = rpc_uri_sockets(none, false);

	assert_non_null(bare[0]);
	assert_string_equal(one[0], "/tmp/s");
	assert_null(one[1]);
	assert_true(g_str_has_suffix(several[0], "/reeve/reeve-sock-ro"));
	assert_true(
		g_strv_contains((const char *const *)several, "/run/libvirt/virtqemud-sock-ro"));
	assert_true(g_strv_contains((const char *const *)several, "/run/libvirt/libvirt-sock-ro"));
}

static void test_ssh(G_GNUC_UNUSED void **state)
{
	g_autoptr(RpcUri) uri = rpc_uri_parse(
		"qemu+ssh://me@-oProxyCommand=x:77/system?socket=/a%20b&keyfile=/k&no_tty=1", NULL);
	g_auto(GStrv) words = rpc_uri_proxy_command(uri, false, NULL);
	guint count = g_strv_length(words);

	assert_string_equal(words[0], "ssh");
	assert_true(g_strv_contains((const char *const *)words, "-p77"));
	assert_true(g_strv_contains((const char *const *)words, "-lme"));
	assert_true(g_strv_contains((const char *const *)words, "-i/k"));
	/* A host that looks like an option stays a host. */
	assert_string_equal(words[count - 3], "--");
	assert_string_equal(words[count - 2], "-oProxyCommand=x");
	assert_non_null(strstr(words[count - 1], "/a b"));
}

static void test_params(G_GNUC_UNUSED void **state)
{
	static const RpcParamKnown known[] = {
		{ "a.1", VIR_TYPED_PARAM_INT },
		{ "b", VIR_TYPED_PARAM_STRING },
		{ NULL, 0 },
	};
	g_autoptr(RpcParams) params = rpc_params_new();
	g_autoptr(GError) error = NULL;
	remote_typed_param *list;
	u_int count;
	gint64 number;

	rpc_params_add_int(params, -5, "a.%d", 1);
	rpc_params_add_string(params, "text", "b");
	rpc_params_add_ullong(params, G_MAXUINT64, "c");
	assert_int_equal(rpc_params_count(params), 3);
	rpc_params_move(params, &count, &list);
	assert_int_equal(rpc_params_count(params), 0);
	assert_true(rpc_param_as_int64(rpc_params_find(list, count, "a.1"), &number));
	assert_int_equal(number, -5);
	assert_false(rpc_param_as_int64(rpc_params_find(list, count, "c"), &number));
	assert_string_equal(rpc_param_as_string(rpc_params_find(list, count, "b")), "text");
	assert_true(rpc_params_check(list, 2, known, NULL));
	assert_false(rpc_params_check(list, 3, known, &error));
	assert_int_equal(error_code(error), VIR_ERR_ARGUMENT_UNSUPPORTED);
	for (u_int i = 0; i < count; i++)
		xdr_free((xdrproc_t)xdr_remote_typed_param, &list[i]);
	g_free(list);
}

static void test_params_without_strings(G_GNUC_UNUSED void **state)
{
	g_autoptr(RpcParams) params = rpc_params_new();

	rpc_params_add_string(params, "x", "a");
	rpc_params_add_boolean(params, true, "b");
	rpc_params_add_string(params, "x", "c");
	rpc_params_drop_strings(params);
	assert_int_equal(rpc_params_count(params), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),   cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_sockets), cmocka_unit_test(test_ssh),
		cmocka_unit_test(test_params),  cmocka_unit_test(test_params_without_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
