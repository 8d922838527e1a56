/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks the call tables. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/plain.h"
#include "rpc/wire/procs.h"
#include "rpc/wire/wire.h"

typedef struct Walk {
	gint32 last;
	guint32 program;
	unsigned calls;
} Walk;

/* Numbers grow: no call comes twice. Each is found by its number. */
static void check_row(const RpcProc *proc, void *data)
{
	Walk *walk = data;

	if (proc->program != walk->program)
		walk->last = 0;
	assert_true(proc->number > walk->last);
	walk->program = proc->program;
	walk->last = proc->number;
	walk->calls += proc->program == REMOTE_PROGRAM;
	assert_ptr_equal(rpc_proc_find(proc->program, proc->number), proc);
	assert_true(rpc_program_version(proc->program) > 0);
	assert_non_null(proc->args_filter);
	assert_non_null(proc->ret_filter);
	if (proc->kind == RPC_KIND_EVENT)
		assert_int_equal(proc->where, RPC_WHERE_NONE);
	/* Permissions are to an object. */
	if (proc->permissions)
		assert_int_not_equal(proc->object, RPC_OBJECT_NONE);
	if (proc->where == RPC_WHERE_WORKER && proc->program != CONTROL_PROGRAM_NUMBER)
		assert_true(proc->names == RPC_NAMES_DOMAIN || proc->names == RPC_NAMES_SNAPSHOT ||
			    proc->names == RPC_NAMES_CHECKPOINT);
}

static void test_rows(G_GNUC_UNUSED void **state)
{
	Walk walk = { 0 };

	rpc_proc_each(check_row, &walk);
	assert_int_equal(walk.calls, 443);
}

static void test_not_there(G_GNUC_UNUSED void **state)
{
	assert_null(rpc_proc_find(REMOTE_PROGRAM, 0));
	assert_null(rpc_proc_find(REMOTE_PROGRAM, -1));
	assert_null(rpc_proc_find(REMOTE_PROGRAM, 444));
	assert_null(rpc_proc_find(REMOTE_PROGRAM, G_MAXINT32));
	assert_null(rpc_proc_find(1, 1));
	assert_int_equal(rpc_program_version(1), 0);
}

static void test_permissions_by_arguments(G_GNUC_UNUSED void **state)
{
	const RpcProc *dump = rpc_proc_find(REMOTE_PROGRAM, REMOTE_PROC_domain_get_xml_desc);
	const RpcProc *attach =
		rpc_proc_find(REMOTE_PROGRAM, REMOTE_PROC_domain_attach_device_flags);
	remote_domain_get_xml_desc_args args = { 0 };
	remote_domain_attach_device_flags_args change = { 0 };
	const guint64 secure = UINT64_C(1) << RPC_MAY_READ_SECURE;
	const guint64 save = UINT64_C(1) << RPC_MAY_SAVE;

	assert_int_equal(dump->read_only, RPC_READ_ONLY_WHEN);
	assert_true(rpc_proc_permissions_when(dump, &args) == 0);
	args.flags = VIR_DOMAIN_XML_SECURE;
	assert_true(rpc_proc_permissions_when(dump, &args) == secure);
	assert_true(rpc_proc_permissions_when(attach, &change) == save);
	change.flags = VIR_DOMAIN_AFFECT_LIVE;
	assert_true(rpc_proc_permissions_when(attach, &change) == 0);
	change.flags = VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG;
	assert_true(rpc_proc_permissions_when(attach, &change) == save);
}

static void check_when(const RpcProc *proc, G_GNUC_UNUSED void *data)
{
	g_autofree guint8 *args = g_malloc(proc->args_size);

	if (proc->read_only != RPC_READ_ONLY_WHEN)
		return;
	/* All bits set: if no rule ever applies, the row lets everybody in. */
	memset(args, 0xff, proc->args_size);
	if (proc->number == REMOTE_PROC_domain_interface_addresses)
		((remote_domain_interface_addresses_args *)(void *)args)->source =
			VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT;
	assert_true(rpc_proc_permissions_when(proc, args) != 0);
}

static void test_every_when_has_its_rule(G_GNUC_UNUSED void **state)
{
	rpc_proc_each(check_when, NULL);
}

static void test_names(G_GNUC_UNUSED void **state)
{
	for (int i = 0; i < RPC_PERMISSIONS; i++) {
		assert_non_null(rpc_permission_name((RpcPermission)i));
		assert_true(*rpc_permission_text((RpcPermission)i) != '\0');
	}
	assert_true(RPC_PERMISSIONS <= 64); /* they are bits */
	assert_string_equal(rpc_object_name(RPC_OBJECT_SECRET), "secret");
}

static void test_before_login(G_GNUC_UNUSED void **state)
{
	assert_true(rpc_proc_before_login(rpc_proc_find(REMOTE_PROGRAM, REMOTE_PROC_auth_list)));
	assert_false(rpc_proc_before_login(rpc_proc_find(REMOTE_PROGRAM, 65)));
	assert_false(rpc_proc_before_login(rpc_proc_find(REMOTE_PROGRAM, 71)));
}

/* What is encoded takes the bytes that the interface says. */
static void test_layout(G_GNUC_UNUSED void **state)
{
	remote_node_get_info_ret info = { .model = "x86_64" };
	gsize length;
	g_autofree guint8 *bytes =
		rpc_encode((xdrproc_t)xdr_remote_node_get_info_ret, &info, 0, &length, NULL);

	assert_int_equal(length, 188 - 28);
	assert_int_equal(bytes[3], 'x');
	assert_int_equal(bytes[7], '8');
}

static void test_encoding_is_bounded(G_GNUC_UNUSED void **state)
{
	g_autofree char *much = g_strnfill(REMOTE_STRING_MAX + 1, 'x');
	char *text = much;
	remote_domain_define_xml_args args = { .xml = text };
	gsize length;

	assert_null(
		rpc_encode((xdrproc_t)xdr_remote_domain_define_xml_args, &args, 0, &length, NULL));
	args.xml = NULL; /* a member that somebody forgot */
	assert_null(
		rpc_encode((xdrproc_t)xdr_remote_domain_define_xml_args, &args, 0, &length, NULL));
}

/* RFC 4506, 4.4: a bool is 0 or 1. There is a client that writes 0x01000000, and libvirtd reads it. */
static void test_whatever_is_not_zero_is_there(G_GNUC_UNUSED void **state)
{
	static const guint32 flags[] = { 1, 2, 0x01000000, 0xffffffff };

	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
		const guint32 words[] = { GUINT32_TO_BE(flags[i]), GUINT32_TO_BE(4), 0, 0 };
		guint8 bytes[sizeof(words)];
		remote_connect_open_args args = { 0 };

		memcpy(bytes, words, sizeof(words));
		memcpy(bytes + 8, "test", 4);
		assert_true(rpc_decode(bytes, sizeof(bytes), (xdrproc_t)xdr_remote_connect_open_args,
				       &args, NULL));
		assert_string_equal(*args.name, "test");
		rpc_free((xdrproc_t)xdr_remote_connect_open_args, &args);
	}
}

/* Extensible Markup Language 1.0, rule 2; UTF-8 as of RFC 3629. */
static void test_plain_text(G_GNUC_UNUSED void **state)
{
	static const struct {
		const char *text, *mended;
	} cases[] = {
		{ "", "" },
		{ "plain \t\r\n", "plain \t\r\n" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f" },
		{ "a\x01z\x1f", "a?z?" },
		{ "\xff\xfe", "??" },
		{ "a\xc3", "a?" },
		{ "\xc3(", "?(" },
		{ "\xed\xa0\x80", "???" },	     /* a surrogate */
		{ "\xef\xbf\xbe.", "???." },     /* U+FFFE */
		{ "\xc0\xaf\xe0\x80\xaf", "?????" }, /* too long */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup(cases[i].text);

		assert_int_equal(text_is_plain(text), strcmp(text, cases[i].mended) == 0);
		assert_string_equal(text_mend(text), cases[i].mended);
	}
	assert_true(text_is_line("a b"));
	assert_false(text_is_line("a\nb"));
}

static void test_replies_are_mended(G_GNUC_UNUSED void **state)
{
	char name[] = "a\x01\xff";
	remote_connect_get_hostname_ret ret = { .hostname = name };
	gsize length;
	g_autofree guint8 *bytes = rpc_encode_mended((xdrproc_t)xdr_remote_connect_get_hostname_ret,
						     &ret, 0, &length, NULL);
	g_autofree guint8 *plain =
		rpc_encode((xdrproc_t)xdr_remote_connect_get_hostname_ret, &ret, 0, &length, NULL);

	assert_memory_equal(bytes, "\0\0\0\3a??\0", 8);
	assert_memory_equal(plain, "\0\0\0\3a\1\377\0", 8); /* paths are bytes */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_permissions_by_arguments),
		cmocka_unit_test(test_every_when_has_its_rule),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_before_login),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_encoding_is_bounded),
		cmocka_unit_test(test_whatever_is_not_zero_is_there),
		cmocka_unit_test(test_plain_text),
		cmocka_unit_test(test_replies_are_mended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
