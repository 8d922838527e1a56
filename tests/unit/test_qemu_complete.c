/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completion and checks of definitions for QEMU. The cases are the files
 * tests/golden/qemu/NAME.xml; NAME.expected.xml is what is stored, or "error CODE". With
 * $UPDATE_GOLDEN they are written anew: look at the difference before it is committed. Emulators
 * are those of tests/golden/qemu/caps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "conf/def/domain.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/define/prepare.h"
#include "drivers/qemu/machine/complete.h"
#include "tests/unit/golden.h"

static const DriverSettings settings = { .state_dir = "/var/lib/reeve",
					 .run_dir = "/run/reeve",
					 .log_dir = "/var/log/reeve",
					 .privileged = true };

static char *definitions_folder(void)
{
	return golden_source_path("tests/golden/qemu");
}

static void caps_load(const char *folder, const char *binary)
{
	g_autofree char *path = g_strdup_printf("%s/caps/%s.json", folder, binary);
	g_autofree char *emulator = g_strdup_printf("/usr/bin/%s", binary);
	g_autoptr(GError) error = NULL;
	json_t *probe = json_load_file(path, 0, NULL);

	assert_non_null(probe);
	assert_true(qemu_caps_preload(emulator, probe, &error));
	json_decref(probe);
}

static int setup(void **state)
{
	g_autofree char *folder = definitions_folder();

	(void)state;
	assert_true(qemu_caps_init(&settings, NULL));
	caps_load(folder, "qemu-system-x86_64");
	caps_load(folder, "qemu-system-i386");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	qemu_caps_done();
	return 0;
}

static DomainDef *define(const char *xml, GError **error)
{
	g_autoptr(DomainDef) def = domain_def_parse(xml, strlen(xml), CONF_INACTIVE, NULL, error);

	if (!def || !domain_def_complete_generic(def, error) || !qemu_complete(def, error) ||
	    !domain_def_check_generic(def, error) || !qemu_check(def, error))
		return NULL;
	return g_steal_pointer(&def);
}

/* What is stored for @xml, or "error CODE". */
static char *outcome(const char *xml)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(DomainDef) def = define(xml, &error);

	if (!def)
		return g_strdup_printf("error %d\n", error_code(error));
	return domain_def_format(def, CONF_INACTIVE | CONF_SECURE);
}

static bool case_run(const char *path)
{
	g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".xml"));
	g_autofree char *expected_path = g_strconcat(stem, ".expected.xml", NULL);
	g_autofree char *expected = NULL, *xml = NULL, *got = NULL, *again = NULL;

	assert_true(g_file_get_contents(path, &xml, NULL, NULL));
	got = outcome(xml);
	if (getenv("UPDATE_GOLDEN"))
		assert_true(g_file_set_contents(expected_path, got, -1, NULL));
	assert_true(g_file_get_contents(expected_path, &expected, NULL, NULL));
	if (strcmp(got, expected) != 0) {
		print_error("%s is not what comes out:\n%s", expected_path, got);
		return false;
	}
	if (g_str_has_prefix(got, "error"))
		return true;
	/* What is stored is complete: nothing moves when it is read again. */
	again = outcome(got);
	if (strcmp(again, got) != 0)
		print_error("%s changes when it is defined again:\n%s", expected_path, again);
	return strcmp(again, got) == 0;
}

static void test_golden(void **state)
{
	g_autofree char *folder = definitions_folder();
	GDir *dir = g_dir_open(folder, 0, NULL);
	unsigned cases = 0, wrong = 0;
	const char *name;

	(void)state;
	assert_non_null(dir);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (!g_str_has_suffix(name, ".xml") || g_str_has_suffix(name, ".expected.xml"))
			continue;
		cases++;
		wrong += !case_run(path);
	}
	g_dir_close(dir);
	assert_true(cases > 40);
	assert_int_equal(wrong, 0);
}

static DomainDef *define_file(const char *name)
{
	g_autofree char *folder = definitions_folder();
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *xml = NULL;
	DomainDef *def;

	assert_true(g_file_get_contents(path, &xml, NULL, NULL));
	def = define(xml, NULL);
	assert_non_null(def);
	return def;
}

static bool alias_note(DomainDef *def, const DomainDevice *device, void *data)
{
	GHashTable *seen = data;
	/* A console is its serial port; companions are named after their master. */
	bool shared = device->kind == DEVICE_CONSOLE ||
		      (device->kind == DEVICE_CONTROLLER && device->info->has_master);

	(void)def;
	if (device->info->alias && !shared) {
		assert_false(g_hash_table_contains(seen, device->info->alias));
		g_hash_table_add(seen, device->info->alias);
	}
	return true;
}

/* Every device gets a name of its own, and the same one each time. */
static void test_aliases(void **state)
{
	static const char *const names[] = { "pc-devices.xml", "q35-devices.xml", "drives.xml",
					     "usb-hubs.xml",   "channels.xml",    "usb2-q35.xml" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(DomainDef) def = define_file(names[i]);
		g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

		prepare_aliases(def);
		domain_def_each_device(def, alias_note, seen);
	}
}

/* A prepared guest has a port, an address, a socket for its agent, and resources for its files. */
static void test_prepare(void **state)
{
	g_autoptr(DomainDef) def = define_file("q35-devices.xml");
	g_autoptr(GPtrArray) resources = NULL;
	g_autoptr(GError) error = NULL;
	const DomainChardev *channel = list_get(def->channels, 0);
	const DomainGraphics *graphics = list_get(def->graphics, 0);
	bool image = false, agent = false;

	(void)state;
	assert_true(qemu_prepare(def, 7, &error));
	assert_int_equal(def->id, 7);
	assert_true(graphics->port >= 5900);
	assert_string_equal(graphics->listen, "127.0.0.1");
	assert_string_equal(channel->source.path,
			    "/run/reeve/vm/c7a5fdbd-edaf-9455-926a-d65c16db1809/agent");
	resources = qemu_resources(def, &error);
	assert_non_null(resources);
	for (guint i = 0; i < resources->len; i++) {
		const Resource *resource = g_ptr_array_index(resources, i);

		image = image || (resource->kind == RESOURCE_IMAGE &&
				  strcmp(resource->key, "disk:vda") == 0);
		agent = agent || (resource->kind == RESOURCE_UNIX_LISTEN &&
				  strcmp(resource->key, "channel0") == 0);
	}
	assert_true(image);
	assert_true(agent);
}

/* Two displays that are prepared one after the other do not get the same port. */
static void test_ports(void **state)
{
	g_autoptr(DomainDef) first = define_file("q35-devices.xml");
	g_autoptr(DomainDef) second = define_file("q35-devices.xml");

	(void)state;
	assert_true(qemu_prepare(first, 1, NULL));
	assert_true(qemu_prepare(second, 2, NULL));
	assert_int_not_equal(((DomainGraphics *)list_get(first->graphics, 0))->port,
			     ((DomainGraphics *)list_get(second->graphics, 0))->port);
}

static void test_host_model(void **state)
{
	g_autoptr(DomainDef) def = define_file("cpu-host-model.xml");

	(void)state;
	assert_int_equal(def->cpu->mode, CPU_MODE_HOST_MODEL);
	assert_true(qemu_prepare(def, 1, NULL));
	assert_int_equal(def->cpu->mode, CPU_MODE_CUSTOM);
	assert_non_null(def->cpu->model);
	assert_true(list_length(def->cpu->features) > 0);
}

/* Type 'kvm' can be defined anywhere; its start says why it cannot be. */
static void test_kvm(void **state)
{
	g_autoptr(DomainDef) def = define_file("cpu-kvm.xml");
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_false(qemu_prepare(def, 1, &error));
	assert_int_equal(error_code(error), VIR_ERR_CONFIG_UNSUPPORTED);
	assert_non_null(strstr(error->message, "KVM"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),     cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_prepare),    cmocka_unit_test(test_ports),
		cmocka_unit_test(test_host_model), cmocka_unit_test(test_kvm),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
