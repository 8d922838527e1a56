/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The binding engine on a document of its own, and the scalar types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <libvirt/virterror.h>

#include "conf/bind/rows.h"

#define THING_KIND_VALUES(X) X(THING_KIND_NEAR, "near") X(THING_KIND_FAR, "far")
CONF_ENUM(ThingKind, thing_kind, THING_KIND)
CONF_ENUM_DEFINE(thing_kind, THING_KIND)

typedef struct {
	char *address;
	guint port;
	bool has_port;
} ThingHost;

typedef struct {
	char *name, *raw, *near, *far, *first, *second, *secret;
	ThingKind kind;
	guint64 capacity_kib;
	bool ephemeral;
	Tristate state;
	GPtrArray *hosts, *words;
	ThingHost *single;
	Cpuset *cpus;
} Thing;

static const BindRow host_rows[] = {
	ATTR(ThingHost, "address", address, str, BIND_REQUIRED),
	ATTR(ThingHost, "port", port, uint, 0, HAS(ThingHost, has_port)),
	END_ROWS
};
static ELEMENT(thing_host, "host", ThingHost, host_rows);

static const BindRow first_rows[] = { TEXT(Thing, first, str, 0), END_ROWS };
static ELEMENT(thing_first, NULL, Thing, first_rows);

static const BindRow thing_rows[] = {
	ATTR(Thing, "kind", kind, thing_kind, G, MISSING(THING_KIND_NEAR)),
	ATTR(Thing, "place", near, str, 0, WHEN(Thing, kind, BIT(THING_KIND_NEAR))),
	ATTR(Thing, "place", far, str, 0, WHEN(Thing, kind, BIT(THING_KIND_FAR))),
	LEAF(Thing, "name", name, str, BIND_REQUIRED | G),
	SIZE_LEAF(Thing, "capacity", capacity_kib, 1024, G),
	FLAG(Thing, "ephemeral", ephemeral, 0),
	VALUE(Thing, "switch", "state", state, on_off, BIND_REQUIRED),
	CHILD("entry", thing_first, 0, SELECT("name", "first")),
	LEAF(Thing, "entry", second, str, 0, SELECT("name", "second")),
	LEAF(Thing, "secret", secret, str, BIND_SECRET),
	LIST(Thing, "host", hosts, thing_host, 0),
	STRINGS(Thing, "word", words, 0),
	POINTER(Thing, "single", single, thing_host, 0),
	LEAF(Thing, "cpus", cpus, cpuset, 0),
	RAW(Thing, "raw", raw, 0),
	END_ROWS
};
static ELEMENT(thing, "thing", Thing, thing_rows);

static Thing *thing_parse(const char *xml, unsigned flags, ConfDiags *diags, GError **error)
{
	return bind_parse(&bind_el_thing, bind_reader_open(xml, strlen(xml), flags, diags, error),
			  error);
}

static void thing_free(Thing *thing)
{
	bind_free(&bind_el_thing, thing);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Thing, thing_free)

static void test_round_trip(void **state G_GNUC_UNUSED)
{
	static const char text[] = "<thing kind='far' place='x&amp;y&#10;z'>\n"
				   "  <name>&lt;a&gt;</name>\n"
				   "  <capacity unit='KiB'>2048</capacity>\n"
				   "  <ephemeral/>\n"
				   "  <switch state='off'/>\n"
				   "  <entry name='first'>1</entry>\n"
				   "  <entry name='second'>2</entry>\n"
				   "  <host address='h' port='0'/>\n"
				   "  <host address='i'/>\n"
				   "  <word>w</word>\n"
				   "  <word></word>\n"
				   "  <single address='s'/>\n"
				   "  <cpus>0-2,5</cpus>\n"
				   "  <raw><x:a xmlns:x=\"u\">t</x:a></raw>\n"
				   "</thing>\n";
	g_autoptr(GError) error = NULL;
	g_autoptr(Thing) thing = thing_parse(text, CONF_VALIDATE, NULL, &error);
	g_autoptr(Thing) copy = NULL;
	g_autofree char *out = NULL, *out_copy = NULL;

	if (error)
		fail_msg("%s", error->message);
	assert_string_equal(thing->far, "x&y\nz");
	assert_null(thing->near);
	assert_int_equal(thing->capacity_kib, 2048);
	out = bind_format(&bind_el_thing, thing, 0);
	assert_string_equal(out, text);
	copy = bind_copy(&bind_el_thing, thing);
	assert_true(bind_equal(&bind_el_thing, thing, copy, BIND_COMPARE_ALL, NULL));
	out_copy = bind_format(&bind_el_thing, copy, 0);
	assert_string_equal(out_copy, text);
}

static void refuse(const char *xml, int code, const char *part)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Thing) thing = thing_parse(xml, 0, NULL, &error);

	assert_null(thing);
	assert_int_equal(error->code, code);
	if (!strstr(error->message, part))
		fail_msg("'%s' is not in '%s'", part, error->message);
}

static void test_errors(void **state G_GNUC_UNUSED)
{
	refuse("", VIR_ERR_XML_DETAIL, "well-formed");
	refuse("<thing>", VIR_ERR_XML_DETAIL, "line 1");
	refuse("<other/>", VIR_ERR_XML_ERROR, "<other>");
	refuse("<thing/>", VIR_ERR_XML_ERROR, "'name'");
	refuse("<thing kind='nerr'><name>a</name></thing>", VIR_ERR_XML_ERROR, "'near'");
	refuse("<thing><name>a</name>\n <host port='1'/></thing>", VIR_ERR_XML_ERROR,
	       "line 2, column 2, /thing/host");
	refuse("<thing><name>a</name><capacity unit='q'>1</capacity></thing>", VIR_ERR_INVALID_ARG,
	       "'q'");
	refuse("<thing><name>a</name><capacity unit='EiB'>99</capacity></thing>", VIR_ERR_OVERFLOW,
	       "too large");
	refuse("<thing><name>a</name><capacity>-1</capacity></thing>", VIR_ERR_XML_ERROR, "-1");
	refuse("<thing><name>a</name><switch/></thing>", VIR_ERR_XML_ERROR, "'state'");
	refuse("<thing><name>a</name><cpus>3-1</cpus></thing>", VIR_ERR_XML_ERROR, "3-1");
	refuse("<!DOCTYPE thing [<!ENTITY e 'x'>]><thing><name>&e;</name></thing>",
	       VIR_ERR_XML_ERROR, "document type");
}

static void test_limits(void **state G_GNUC_UNUSED)
{
	GString *deep = g_string_new("<thing><name>a</name>"), *many = g_string_new(deep->str);

	for (int i = 0; i < 100; i++)
		g_string_append(deep, "<x>");
	refuse(deep->str, VIR_ERR_XML_ERROR, "deep");
	for (int i = 0; i < 200001; i++)
		g_string_append(many, "<x/>");
	g_string_append(many, "</thing>");
	refuse(many->str, VIR_ERR_XML_ERROR, "too many");
	g_string_free(deep, TRUE);
	g_string_free(many, TRUE);
}

static void test_diagnostics(void **state G_GNUC_UNUSED)
{
	static const char text[] = "<thing bogus='1' place='p'>\n"
				   "  <name>a</name>\n"
				   "  <capasity>1</capasity>\n"
				   "  <host address='a'/>\n"
				   "  <host adress='x' address='b'/>\n"
				   "  <ephemeral/><ephemeral/>stray\n"
				   "</thing>\n";
	g_autoptr(ConfDiags) diags = conf_diags_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(Thing) thing = thing_parse(text, 0, diags, NULL);
	g_autofree char *line = NULL;
	const ConfDiag *diag;

	assert_non_null(thing);
	assert_int_equal(diags->items->len, 5);
	diag = g_ptr_array_index(diags->items, 0);
	assert_string_equal(diag->path, "/thing/@bogus");
	assert_int_equal(diag->column, 8);
	diag = g_ptr_array_index(diags->items, 2);
	assert_string_equal(diag->path, "/thing/capasity");
	assert_string_equal(diag->nearest, "capacity");
	assert_int_equal(diag->line, 3);
	assert_int_equal(diag->column, 3);
	diag = g_ptr_array_index(diags->items, 3);
	assert_string_equal(diag->path, "/thing/host[2]/@adress");
	line = conf_diag_text(diag, "f.xml");
	assert_non_null(strstr(line, "f.xml:5:9: warning: /thing/host[2]/@adress: "));
	assert_non_null(strstr(line, "'address'"));
	assert_null(thing_parse(text, CONF_VALIDATE, NULL, &error));
	assert_int_equal(error->code, VIR_ERR_XML_INVALID_SCHEMA);
}

static void test_secrets(void **state G_GNUC_UNUSED)
{
	g_autoptr(Thing) a = thing_parse("<thing><name>a</name><secret>s</secret></thing>", 0, NULL,
					 NULL);
	g_autoptr(Thing) b = thing_parse("<thing><name>a</name><secret>t</secret></thing>", 0, NULL,
					 NULL);
	g_autofree char *plain = bind_format(&bind_el_thing, a, 0);
	g_autofree char *secure = bind_format(&bind_el_thing, a, CONF_SECURE);
	g_autofree char *difference = NULL, *marked = NULL;
	bool secret;

	marked = bind_format_secure(&bind_el_thing, a, 0, &secret);
	assert_string_equal(marked, secure);
	assert_true(secret);
	assert_null(strstr(plain, "secret"));
	assert_non_null(strstr(secure, "<secret>s</secret>"));
	assert_true(bind_equal(&bind_el_thing, a, b, BIND_COMPARE_GUEST, NULL));
	assert_false(bind_equal(&bind_el_thing, a, b, BIND_COMPARE_ALL, &difference));
	assert_string_equal(difference, "/thing/secret: it differs");
}

static void test_sizes(void **state G_GNUC_UNUSED)
{
	assert_int_equal(size_unit("B"), 1);
	assert_int_equal(size_unit("bytes"), 1);
	assert_int_equal(size_unit("k"), 1024);
	assert_int_equal(size_unit("KB"), 1000);
	assert_int_equal(size_unit("MiB"), 1024 * 1024);
	assert_int_equal(size_unit("gb"), 1000000000);
	assert_true(size_unit("E") == G_GUINT64_CONSTANT(1) << 60);
	assert_int_equal(size_unit(""), 0);
	assert_int_equal(size_unit("kk"), 0);
}

static const struct {
	const char *text, *canonical; /* NULL: refused */
} cpusets[] = {
	{ "0", "0" },		 { "0-3", "0-3" },     { "1,2,3", "1-3" },
	{ "0-8,^3", "0-2,4-8" }, { " 5 , 7", "5,7" },  { "100-101", "100-101" },
	{ "", NULL },		 { "^1", NULL },       { "1-", NULL },
	{ "2-1", NULL },	 { "a", NULL },	       { "99999999999", NULL },
	{ "1,", NULL },
};

static void test_cpusets(void **state G_GNUC_UNUSED)
{
	for (guint i = 0; i < G_N_ELEMENTS(cpusets); i++) {
		g_autoptr(Cpuset) set = cpuset_parse(cpusets[i].text);
		g_autofree char *text = set ? cpuset_format(set) : NULL;

		if (g_strcmp0(text, cpusets[i].canonical) != 0)
			fail_msg("'%s' became '%s'", cpusets[i].text, text ? text : "nothing");
	}
}

static void test_identifiers(void **state G_GNUC_UNUSED)
{
	char text[UUID_TEXT], mac_text[MAC_TEXT];
	Uuid uuid;
	Mac mac;

	assert_true(uuid_parse("6F0B1C3E2b0d4c5a9f3e0d6a1b2c3d4e", &uuid));
	uuid_format(&uuid, text);
	assert_string_equal(text, "6f0b1c3e-2b0d-4c5a-9f3e-0d6a1b2c3d4e");
	assert_false(uuid_parse("6f0b1c3e-2b0d-4c5a-9f3e-0d6a1b2c3d4", &uuid));
	assert_false(uuid_parse("6f0b1c3e-2b0d-4c5a-9f3e-0d6a1b2c3d4ef", &uuid));
	assert_true(mac_parse("52:54:0:AB:cd:1", &mac));
	mac_format(&mac, mac_text);
	assert_string_equal(mac_text, "52:54:00:ab:cd:01");
	assert_false(mac_parse("52:54:00:ab:cd", &mac));
	assert_false(mac_parse("52:54:00:ab:cd:01:02", &mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_limits),	   cmocka_unit_test(test_diagnostics),
		cmocka_unit_test(test_secrets),	   cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_cpusets),	   cmocka_unit_test(test_identifiers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
