/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain format: golden files of tests/golden/domain; complete/ after completion. Where a corpus
 * of other people's definitions is at hand, all of it goes through as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libvirt/virterror.h>

#include "conf/def/domain.h"
#include "tests/unit/golden.h"

static DomainDef *parse_or_fail(const char *text, gsize length, unsigned flags, const char *name)
{
	g_autoptr(GError) error = NULL;
	DomainDef *def = domain_def_parse(text, length, flags, NULL, &error);

	if (!def)
		fail_msg("%s: %s", name, error->message);
	return def;
}

/* What reading and writing must keep: the struct, the bytes, and a copy equal to both. */
static void check_stable(const DomainDef *def, const char *text, const char *name)
{
	g_autoptr(DomainDef) again = parse_or_fail(text, strlen(text), 0, name);
	g_autoptr(DomainDef) copy = domain_def_copy(def);
	g_autofree char *second = domain_def_format(again, CONF_SECURE);
	g_autofree char *third = domain_def_format(copy, CONF_SECURE);
	g_autofree char *public = domain_def_format(def, 0);
	g_autofree char *difference = NULL, *marked = NULL;
	bool secret;

	marked = domain_def_format_secure(def, 0, &secret);
	assert_string_equal(text, marked);
	assert_int_equal(secret, strcmp(text, public) != 0);
	if (!domain_def_compare(def, again, BIND_COMPARE_ALL, &difference))
		fail_msg("%s: read again it differs: %s", name, difference);
	assert_true(domain_def_compare(def, copy, BIND_COMPARE_ALL, NULL));
	assert_string_equal(text, second);
	assert_string_equal(text, third);
}

static char *reformat(const char *text, gsize length, const char *name,
		      const void *data G_GNUC_UNUSED)
{
	g_autoptr(DomainDef) def = parse_or_fail(text, length, 0, name);
	char *out = domain_def_format(def, CONF_SECURE);

	check_stable(def, out, name);
	return out;
}

static char *complete(const char *text, gsize length, const char *name,
		      const void *data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(DomainDef) def = parse_or_fail(text, length, CONF_INACTIVE, name);
	g_autofree char *once = NULL;

	if (!domain_def_complete_generic(def, &error) || !domain_def_check_generic(def, &error))
		fail_msg("%s: %s", name, error->message);
	once = domain_def_format(def, CONF_SECURE | CONF_INACTIVE);
	assert_true(domain_def_complete_generic(def, &error));
	{
		char *twice = domain_def_format(def, CONF_SECURE | CONF_INACTIVE);

		assert_string_equal(once, twice);
		return twice;
	}
}

static void test_golden(void **state G_GNUC_UNUSED)
{
	bind_coverage_start();
	golden_folder("tests/golden/domain", reformat, NULL);
	golden_folder("tests/golden/domain/complete", complete, NULL);
}

/* After test_golden(). */
static void test_coverage(void **state G_GNUC_UNUSED)
{
	golden_covered(&bind_el_domain, NULL);
}

static void test_members(void **state G_GNUC_UNUSED)
{
	golden_members(&bind_el_domain);
}

static void corpus_file(const char *path, const char *text, gsize length,
			const void *data G_GNUC_UNUSED)
{
	g_autoptr(DomainDef) def = domain_def_parse(text, length, 0, NULL, NULL);
	g_autofree char *out = NULL;

	if (!def)
		return;
	out = domain_def_format(def, CONF_SECURE);
	check_stable(def, out, path);
}

static void test_corpus(void **state G_GNUC_UNUSED)
{
	assert_true(golden_corpus("domain", corpus_file, NULL) > 0);
}

static void test_flags(void **state G_GNUC_UNUSED)
{
	static const char text[] =
		"<domain type='kvm' id='3'><name>a</name><memory>1</memory><os><type>hvm</type></os>"
		"<devices><disk type='file'><source file='/a' index='2'/><target dev='vda'/>"
		"<alias name='virtio-disk0'/></disk><disk><target dev='vdb'/><alias name='ua-b'/>"
		"</disk><graphics type='vnc' passwd='secret'/></devices></domain>";
	g_autoptr(DomainDef) def = parse_or_fail(text, strlen(text), 0, "flags");
	g_autofree char *plain = domain_def_format(def, 0);
	g_autofree char *inactive = domain_def_format(def, CONF_INACTIVE | CONF_SECURE);
	g_autoptr(DomainDef) read = parse_or_fail(text, strlen(text), CONF_INACTIVE, "flags");
	g_autofree char *twice = domain_def_format(read, CONF_SECURE);

	assert_null(strstr(plain, "secret"));
	assert_non_null(strstr(plain, "virtio-disk0"));
	assert_non_null(strstr(plain, "id='3'"));
	assert_non_null(strstr(inactive, "secret"));
	assert_non_null(strstr(inactive, "ua-b"));
	assert_null(strstr(inactive, "virtio-disk0"));
	assert_null(strstr(inactive, "id='3'"));
	assert_null(strstr(inactive, "index"));
	assert_string_equal(inactive, twice);
}

static void test_metadata(void **state G_GNUC_UNUSED)
{
	static const char text[] = "<domain type='kvm'><name>a</name><memory>1</memory></domain>";
	g_autoptr(DomainDef) def = parse_or_fail(text, strlen(text), 0, "metadata");
	g_autoptr(GError) error = NULL;
	g_autofree char *got = NULL;

	assert_null(domain_def_metadata_get(def, "http://a", &error));
	assert_int_equal(error->code, VIR_ERR_NO_DOMAIN_METADATA);
	assert_true(domain_def_metadata_set(def, "http://a", "k", "<x y='1'><z/></x>", NULL));
	assert_true(domain_def_metadata_set(def, "http://b", "l", "<other/>", NULL));
	assert_non_null(strstr(def->metadata, "<k:x xmlns:k=\"http://a\" y=\"1\"><k:z/></k:x>"));
	got = domain_def_metadata_get(def, "http://a", NULL);
	assert_string_equal(got, "<x y=\"1\"><z/></x>");
	assert_true(domain_def_metadata_set(def, "http://a", NULL, NULL, NULL));
	assert_true(domain_def_metadata_set(def, "http://b", NULL, NULL, NULL));
	assert_null(def->metadata);
	assert_false(domain_def_metadata_set(def, "http://a", "k", "<x>", NULL));
}

static void test_compare(void **state G_GNUC_UNUSED)
{
	static const char text[] =
		"<domain type='kvm'><name>a</name><title>t</title><memory>1</memory><devices>"
		"<disk><source file='/a'/><target dev='vda'/></disk></devices></domain>";
	g_autoptr(DomainDef) a = parse_or_fail(text, strlen(text), 0, "compare");
	g_autoptr(DomainDef) b = domain_def_copy(a);
	DomainDisk *disk = list_get(b->disks, 0);
	g_autofree char *difference = NULL;
	g_autoptr(GPtrArray) lines = NULL;

	g_free(disk->source.path);
	disk->source.path = g_strdup("/b");
	assert_true(domain_def_compare(a, b, BIND_COMPARE_GUEST, NULL));
	assert_false(domain_def_compare(a, b, BIND_COMPARE_ALL, &difference));
	assert_string_equal(difference, "/domain/devices/disk/source/@file: '/a' became '/b'");
	disk->bus = DISK_BUS_SCSI;
	assert_false(domain_def_compare(a, b, BIND_COMPARE_GUEST, NULL));
	lines = bind_diff(&bind_el_domain, a, b);
	assert_int_equal(lines->len, 2);
	assert_true(g_str_has_prefix(list_get(lines, 1), "guest /domain/devices/disk/target/@bus"));
}

/* How the guest starts: its own words are its affair, files of the host are the host's. */
static void test_compare_boot(void **state G_GNUC_UNUSED)
{
	static const char form[] = "<domain type='kvm'><name>a</name><memory>1</memory>"
				   "<genid>%s</genid><os>"
				   "<type>hvm</type><loader type='%s'>%s</loader><kernel>%s</kernel>"
				   "<initrd>%s</initrd><cmdline>%s</cmdline><boot dev='%s'/></os></domain>";
	static const char *const old[] = { "00000000-0000-0000-0000-000000000001",
					   "rom", "/l", "/k", "/i", "quiet", "hd" };
	static const struct {
		const char *name, *value;
		bool guest;
	} parts[] = {
		{ "genid", "00000000-0000-0000-0000-000000000002", true },
		{ "loader/@type", "pflash", true },
		{ "loader", "/other", false },
		{ "kernel", "/other", false },
		{ "initrd", "/other", false },
		{ "cmdline", "single", true },
		{ "boot/@dev", "network", true },
	};
	g_autofree char *text = g_strdup_printf(form, old[0], old[1], old[2], old[3], old[4],
						old[5], old[6]);
	g_autoptr(DomainDef) a = parse_or_fail(text, strlen(text), 0, "compare");

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		const char *is[G_N_ELEMENTS(parts)];
		g_autofree char *changed = NULL;
		g_autoptr(DomainDef) b = NULL;

		memcpy(is, old, sizeof(is));
		is[i] = parts[i].value;
		changed = g_strdup_printf(form, is[0], is[1], is[2], is[3], is[4], is[5], is[6]);
		b = parse_or_fail(changed, strlen(changed), 0, parts[i].name);
		assert_false(domain_def_compare(a, b, BIND_COMPARE_ALL, NULL));
		if (domain_def_compare(a, b, BIND_COMPARE_GUEST, NULL) == parts[i].guest)
			fail_msg("%s", parts[i].name);
	}
}

static void test_devices(void **state G_GNUC_UNUSED)
{
	static const char text[] = "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>";
	g_autoptr(DomainDef) def = domain_def_new();
	g_autoptr(GError) error = NULL;
	DomainDevice *device = domain_device_parse(text, strlen(text), 0, NULL, &error);
	g_autofree char *out = NULL;

	assert_non_null(device);
	assert_int_equal(device->kind, DEVICE_INTERFACE);
	out = domain_device_format(device, 0);
	assert_string_equal(out, "<interface type='user'>\n  <mac address='52:54:00:00:00:01'/>\n"
				 "</interface>\n");
	domain_def_take_device(def, device);
	assert_int_equal(list_length(def->interfaces), 1);
	assert_null(domain_device_parse("<name/>", 7, 0, NULL, &error));
	assert_int_equal(error->code, VIR_ERR_XML_ERROR);
}

/* Contradictions, each with the code that clients know for it. */
static void test_refusals(void **state G_GNUC_UNUSED)
{
	static const struct {
		const char *name, *devices, *rest;
		int code;
	} cases[] = {
		{ "a/b", "", "", VIR_ERR_XML_ERROR },
		{ "a", "<disk><target dev='vda'/></disk><disk><target dev='vda'/></disk>", "",
		  VIR_ERR_XML_ERROR },
		{ "a", "<disk device='lun'><source file='/x'/><target dev='sda'/></disk>", "",
		  VIR_ERR_CONFIG_UNSUPPORTED },
		{ "a", "<controller type='usb' index='0'/><controller type='usb' index='0'/>", "",
		  VIR_ERR_XML_ERROR },
		{ "a", "<interface type='network'/>", "", VIR_ERR_XML_ERROR },
		{ "a",
			"<interface type='user'><boot order='1'/></interface><disk><target dev='vda'/>"
		       "<boot order='1'/></disk>", "", VIR_ERR_INTERNAL_ERROR },
		{ "a", "", "<cpu><topology sockets='1' cores='2' threads='1'/></cpu>",
		  VIR_ERR_CONFIG_UNSUPPORTED },
		{ "a", "", "<vcpu current='2'>1</vcpu>", VIR_ERR_INTERNAL_ERROR },
		{ "a", "", "<maxMemory slots='1'>10</maxMemory>", VIR_ERR_CONFIG_UNSUPPORTED },
		{ "a", "<serial type='unix'/>", "", VIR_ERR_INTERNAL_ERROR },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf(
			"<domain type='kvm'><name>%s</name><memory>1</memory><os><type>hvm</type></os>"
			"%s<devices>%s</devices></domain>", cases[i].name, cases[i].rest,
			cases[i].devices);
		g_autoptr(GError) error = NULL;
		g_autoptr(DomainDef) def = parse_or_fail(text, strlen(text), CONF_INACTIVE, text);

		if (domain_def_complete_generic(def, &error) && domain_def_check_generic(def,
			&error))
			fail_msg("accepted: %s", text);
		if (error->code != cases[i].code)
			fail_msg("%d: %s", error->code, error->message);
	}
}

/* Reads, completes and checks what a stranger wrote; whatever comes of it, it comes back. */
static void survive(const char *text)
{
	g_autoptr(DomainDef) def =
		domain_def_parse(text, strlen(text), CONF_INACTIVE, NULL, NULL);

	if (def && domain_def_complete_generic(def, NULL))
		domain_def_check_generic(def, NULL);
}

/* Each attribute of a file in turn without a value. */
static char *empty_each(const char *text, gsize length, const char *name,
			const void *data G_GNUC_UNUSED)
{
	guint emptied = 0;

	for (const char *value = strstr(text, "='"); value; value = strstr(value + 2, "='")) {
		const char *end = strchr(value + 2, '\'');
		g_autoptr(GString) changed = NULL;

		if (!end)
			break;
		changed = g_string_new_len(text, value + 2 - text);
		g_string_append_len(changed, end, text + length - end);
		survive(changed->str);
		emptied++;
	}
	if (emptied == 0)
		fail_msg("%s has no attributes", name);
	return NULL;
}

static void test_empty(void **state G_GNUC_UNUSED)
{
	static const char text[] = "<domain type='kvm'><name>a</name><memory>1</memory><os><type>hvm"
				   "</type></os><devices><shmem name=''/></devices></domain>";
	g_autoptr(GError) error = NULL;

	assert_null(domain_def_parse(text, strlen(text), CONF_INACTIVE, NULL, &error));
	assert_non_null(strstr(error->message, "the attribute 'name' is missing"));
	golden_each("tests/golden/domain", empty_each, NULL);
}

static void test_reference(void **state G_GNUC_UNUSED)
{
	g_autofree char *doc = bind_doc(&bind_el_domain);
	g_autofree char *rng = bind_rng(&bind_el_domain);

	assert_non_null(strstr(doc, "## /domain/devices/disk/iotune"));
	assert_non_null(strstr(rng, "<attribute name='rotation_rate'>"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),	  cmocka_unit_test(test_golden),
		cmocka_unit_test(test_coverage),  cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_flags),	  cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_compare),	  cmocka_unit_test(test_devices),
		cmocka_unit_test(test_compare_boot),
		cmocka_unit_test(test_refusals),  cmocka_unit_test(test_reference),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
