/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tests/golden/qemu-args: NAME.xml is a prepared definition, NAME.args the command line without
 * descriptors, NAME.opened.args the one for which everything was opened; "error CODE: ..." for
 * those that are refused. With $REEVE_UPDATE they are written anew; look at the difference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "drivers/qemu/argv/command.h"
#include "tests/unit/golden.h"

enum { FIRST_FD = 900 }; /* numbers that no test program has open */

static char *folder(void)
{
	return golden_source_path("tests/golden/qemu-args");
}

/* ---- Everything opened, under made-up numbers */

static void layer_free(gpointer data)
{
	GuestLayer *layer = data;

	g_free(layer->path);
	g_free(layer->format);
	g_free(layer);
}

typedef struct Opened {
	GHashTable *resources;
	int next;
} Opened;

static void open_layer(Opened *opened, const char *key, const char *path, const char *format)
{
	GPtrArray *layers = g_hash_table_lookup(opened->resources, key);
	GuestLayer *layer = g_new0(GuestLayer, 1);

	if (!layers) {
		layers = g_ptr_array_new_with_free_func(layer_free);
		g_hash_table_insert(opened->resources, g_strdup(key), layers);
	}
	layer->path = g_strdup(path);
	layer->format = g_strdup(format ? format : "");
	layer->fd = opened->next++;
	g_ptr_array_add(layers, layer);
}

static void open_disk(Opened *opened, const DomainDisk *disk)
{
	g_autofree char *key = g_strconcat("disk:", disk->target, NULL);

	if (!disk->source.path)
		return;
	open_layer(opened, key, disk->source.path, storage_format_name(disk->format));
	for (const DomainBacking *b = disk->backing; b && b->source.path; b = b->backing)
		open_layer(opened, key, b->source.path, storage_format_name(b->format));
}

static void open_nets(Opened *opened, const DomainDef *def)
{
	for (guint i = 0; i < list_length(def->interfaces); i++) {
		const DomainInterface *net = list_get(def->interfaces, i);
		g_autofree char *tap = g_strconcat("net:", net->target, NULL);
		g_autofree char *vhost = g_strconcat("vhost:", net->target, NULL);

		for (guint q = 0; net->target && q < MAX(net->queues, 1); q++) {
			open_layer(opened, tap, "/dev/net/tun", NULL);
			if (net->driver == INTERFACE_DRIVER_VHOST)
				open_layer(opened, vhost, "/dev/vhost-net", NULL);
		}
	}
}

static void open_chardevs(Opened *opened, const GPtrArray *list)
{
	for (guint i = 0; i < list_length(list); i++) {
		const DomainChardev *device = list_get(list, i);
		g_autofree char *log = g_strconcat(device->info.alias, "-log", NULL);

		if (device->source.type == CHARDEV_FILE || device->source.type == CHARDEV_UNIX)
			open_layer(opened, device->info.alias, device->source.path, NULL);
		if (device->source.log_file)
			open_layer(opened, log, device->source.log_file, NULL);
	}
}

static GHashTable *open_all(const DomainDef *def)
{
	Opened opened = {
		.resources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						   (GDestroyNotify)g_ptr_array_unref),
		.next = FIRST_FD,
	};
	const struct {
		const char *key, *path;
	} files[] = {
		{ "kernel", def->os.kernel },
		{ "initrd", def->os.initrd },
		{ "dtb", def->os.dtb },
		{ "loader", def->os.loader ? def->os.loader->path : NULL },
		{ "nvram", def->os.nvram ? def->os.nvram->path : NULL },
		{ "acpi:0", list_length(def->os.acpi_tables) ? "table" : NULL },
		{ "vsock0", list_length(def->vsocks) ? "/dev/vhost-vsock" : NULL },
		{ "hostdev0", list_length(def->hostdevs) ? "/dev/bus/usb/001/002" : NULL },
		{ "hostdev2", list_length(def->hostdevs) ? "/dev/bus/usb/003/007" : NULL },
		{ "input0", list_length(def->hostdevs) ? "/dev/input/event1" : NULL },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++)
		if (files[i].path)
			open_layer(&opened, files[i].key, files[i].path, NULL);
	for (guint i = 0; i < list_length(def->disks); i++)
		open_disk(&opened, list_get(def->disks, i));
	open_nets(&opened, def);
	open_chardevs(&opened, def->serials);
	open_chardevs(&opened, def->channels);
	return opened.resources;
}

/* ---- One case */

static char *build(const DomainDef *def, bool opened)
{
	g_autoptr(GHashTable) resources = opened ? open_all(def) : NULL;
	QemuCommandContext context = {
		.resources = resources,
		.run_dir = "/run/reeve/vm/x",
		.monitor_fd = opened ? FIRST_FD - 1 : -1,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(QemuCommandLine) line = qemu_command_line(def, &context, &error);

	if (!line)
		return g_strdup_printf("error %d: %s\n", error_code(error), error->message);
	return qemu_command_line_text(line);
}

static bool compare(const char *path, const char *text)
{
	g_autofree char *expected = NULL;

	if (getenv("REEVE_UPDATE"))
		return g_file_set_contents(path, text, -1, NULL);
	if (!g_file_get_contents(path, &expected, NULL, NULL)) {
		print_error("%s is missing; REEVE_UPDATE=1 writes it\n", path);
		return false;
	}
	if (strcmp(expected, text) == 0)
		return true;
	print_error("%s differs; now it is:\n%s", path, text);
	return false;
}

static bool run_case(const char *dir, const char *name)
{
	g_autofree char *xml_path = g_strdup_printf("%s/%s.xml", dir, name);
	g_autofree char *plain_path = g_strdup_printf("%s/%s.args", dir, name);
	g_autofree char *opened_path = g_strdup_printf("%s/%s.opened.args", dir, name);
	g_autofree char *xml = NULL, *plain = NULL, *opened = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(DomainDef) def = NULL;
	g_autoptr(ConfDiags) diags = conf_diags_new();
	gsize length;

	if (g_file_get_contents(xml_path, &xml, &length, &error))
		def = domain_def_parse(xml, length, CONF_VALIDATE, diags, &error);
	if (!def) {
		print_error("%s: %s\n", xml_path, error->message);
		return false;
	}
	plain = build(def, false);
	opened = build(def, true);
	return compare(plain_path, plain) &
	       (g_str_has_prefix(plain, "error") || compare(opened_path, opened));
}

static void test_golden(G_GNUC_UNUSED void **state)
{
	g_autofree char *path = folder();
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	unsigned cases = 0;
	const char *file;
	bool ok = true;

	assert_non_null(dir);
	while ((file = g_dir_read_name(dir))) {
		g_autofree char *name = g_strdup(file);

		if (!g_str_has_suffix(name, ".xml"))
			continue;
		name[strlen(name) - strlen(".xml")] = '\0';
		ok &= run_case(path, name);
		cases++;
	}
	assert_true(ok);
	assert_true(cases >= 6);
}

static void test_node_names(G_GNUC_UNUSED void **state)
{
	g_autofree char *node = qemu_node_name("vda", 3);
	g_autofree char *target = qemu_node_target("vda.3.file");

	assert_string_equal(node, "vda.3");
	assert_string_equal(target, "vda");
	assert_null(qemu_node_target("pflash0-storage"));
	assert_null(qemu_node_target(".1"));
	assert_null(qemu_node_target("#block123"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_node_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
