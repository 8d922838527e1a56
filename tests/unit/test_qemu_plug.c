/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices that a running QEMU gets and gives up. What it has is asked of QEMU itself. */
#include "tests/unit/live_guest.h"

/* Whether QEMU's answer to @command has @text in it. */
static bool qemu_says(Guest *guest, const char *command, const char *text)
{
	g_autofree char *request = g_strdup_printf("{\"execute\":%s}", command);
	g_autoptr(GError) error = NULL;
	g_autofree char *reply = qemu_live.monitor_command(guest, request, 0, &error);

	if (!reply)
		print_error("%s\n", error->message);
	assert_non_null(reply);
	return strstr(reply, text) != NULL;
}

#define PERIPHERAL "\"qom-list\",\"arguments\":{\"path\":\"/machine/peripheral\"}"

static char *image_new(const TestGuest *test)
{
	char *image = g_build_filename(test->dir, "base.raw", NULL);

	assert_true(g_file_set_contents(image, "", 0, NULL));
	assert_int_equal(truncate(image, 1024 * 1024), 0);
	return image;
}

/* Plugs the device of @xml in; its alias, which the caller frees. NULL when that failed. */
static char *plug(TestGuest *test, const char *xml, GHashTable *resources, GError **error)
{
	g_autoptr(DomainDevice) device = domain_device_parse(xml, strlen(xml), 0, NULL, error);

	assert_non_null(device);
	if (!qemu_live.plug(&test->guest, device, resources, error)) {
		assert_non_null(device->any);
		return NULL;
	}
	assert_null(device->any);
	return g_strdup(test->last_alias);
}

/* A guest that has nothing but its firmware answers no request to give up a PCI device. */
static void test_plug_disk(G_GNUC_UNUSED void **state)
{
	static const char disk[] =
		"<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
		"<source file='/nowhere'/><target dev='%s' bus='virtio'/>"
		"<address type='pci' domain='0' bus='0' slot='9' function='0'/>"
		"<iotune><total_iops_sec>500</total_iops_sec></iotune></disk>";
	g_autofree char *xml = g_strdup_printf(disk, "vdb");
	g_autofree char *other = g_strdup_printf(disk, "vdc");
	TestGuest *test = guest_new("", "");
	Guest *guest = &test->guest;
	g_autofree char *image = image_new(test);
	g_autoptr(GHashTable) resources = resources_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *alias = NULL;

	expect(qemu_live.start(guest, 0, &error), &error);
	add_layer(resources, "disk:vdb", image, "raw", O_RDWR);
	alias = plug(test, xml, resources, &error);
	expect(alias != NULL, &error);
	assert_string_equal(alias, "virtio-disk0");
	assert_int_equal(test->events[VIR_DOMAIN_EVENT_ID_DEVICE_ADDED], 1);
	assert_int_equal(list_length(guest->def->disks), 1);
	assert_true(qemu_says(guest, PERIPHERAL, "\"virtio-disk0\""));
	assert_true(qemu_says(guest, "\"query-fdsets\"", "vdb.0.file"));

	/* The same place again: refused by QEMU, and nothing of it is left. */
	g_hash_table_remove_all(resources);
	add_layer(resources, "disk:vdc", image, "raw", O_RDWR);
	assert_null(plug(test, other, resources, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_FAILED);
	g_clear_error(&error);
	assert_int_equal(list_length(guest->def->disks), 1);
	assert_false(qemu_says(guest, "\"query-named-block-nodes\"", "vdc.0"));
	assert_false(qemu_says(guest, "\"query-fdsets\"", "vdc.0"));

	assert_int_equal(qemu_live.unplug(guest, "virtio-disk0", true, &error), 0);
	assert_null(error);
	assert_int_equal(list_length(guest->def->disks), 1);
	assert_int_equal(test->events[VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED], 0);
	/* A reset makes QEMU take away what it has asked for. */
	expect(qemu_live.reset(guest, &error), &error);
	while (!test->events[VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED] && !test->ended)
		sd_event_run(loop, SECOND);
	assert_int_equal(list_length(guest->def->disks), 0);
	assert_false(qemu_says(guest, PERIPHERAL, "\"virtio-disk0\""));
	assert_false(qemu_says(guest, "\"query-named-block-nodes\"", "vdb.0"));
	assert_false(qemu_says(guest, "\"query-fdsets\"", "vdb.0"));
	expect(qemu_live.destroy(guest, 0, &error), &error);
	guest_free(test);
}

/* A port of PCI Express, of a guest that does not run yet. */
static void test_plug_port(G_GNUC_UNUSED void **state)
{
	static const char disk[] =
		"<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
		"<source file='/nowhere'/><target dev='vdb' bus='virtio'/>"
		"<address type='pci' domain='0' bus='1' slot='0' function='0'/></disk>";
	TestGuest *test = guest_new_on(
		"pc-q35-7.2", "pcie",
		"<controller type='pci' index='1' model='pcie-root-port'>"
		"<model name='pcie-root-port'/><target chassis='1' port='0x10'/>"
		"<alias name='pci.1'/>"
		"<address type='pci' domain='0' bus='0' slot='3' function='0'/></controller>",
		"");
	Guest *guest = &test->guest;
	g_autofree char *image = image_new(test);
	g_autoptr(GHashTable) resources = resources_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *alias = NULL, *again = NULL;

	expect(qemu_live.start(guest, VIR_DOMAIN_START_PAUSED, &error), &error);
	add_layer(resources, "disk:vdb", image, "raw", O_RDWR);
	alias = plug(test, disk, resources, &error);
	expect(alias != NULL, &error);
	assert_true(qemu_says(guest, PERIPHERAL, "\"virtio-disk0\""));
	assert_true(qemu_says(guest, "\"query-block\"", "virtio-disk0"));
	assert_int_equal(qemu_live.unplug(guest, alias, true, &error), 0);
	assert_true(qemu_says(guest, PERIPHERAL, "\"virtio-disk0\""));
	expect(qemu_live.reset(guest, &error), &error);
	while (!test->events[VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED] && !test->ended)
		sd_event_run(loop, SECOND);
	assert_false(qemu_says(guest, PERIPHERAL, "\"virtio-disk0\""));
	assert_false(qemu_says(guest, "\"query-named-block-nodes\"", "vdb.0"));
	/* The same disk in the same place has another name. */
	g_hash_table_remove_all(resources);
	add_layer(resources, "disk:vdb", image, "raw", O_RDWR);
	again = plug(test, disk, resources, &error);
	expect(again != NULL, &error);
	assert_string_not_equal(again, alias);
	expect(qemu_live.destroy(guest, 0, &error), &error);
	guest_free(test);
}

/* USB and virtio ports are given up at once, so that the whole can be seen. */
static void test_plug_unplug(G_GNUC_UNUSED void **state)
{
	static const char usb[] = "<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
				  "<source file='/nowhere'/><target dev='sda' bus='usb'/>"
				  "<address type='usb' bus='0' port='1'/></disk>";
	TestGuest *test = guest_new(
		"<controller type='usb' index='0' model='piix3-uhci'><alias name='usb'/>"
		"<address type='pci' domain='0' bus='0' slot='1' function='2'/></controller>",
		"");
	Guest *guest = &test->guest;
	g_autofree char *image = image_new(test);
	g_autoptr(GHashTable) resources = resources_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *first = NULL, *second = NULL, *port = NULL;

	expect(qemu_live.start(guest, 0, &error), &error);
	add_layer(resources, "disk:sda", image, "raw", O_RDWR);
	first = plug(test, usb, resources, &error);
	expect(first != NULL, &error);
	assert_int_equal(qemu_live.unplug(guest, first, true, &error), 1);
	assert_int_equal(test->events[VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED], 1);
	assert_int_equal(list_length(guest->def->disks), 0);
	assert_false(qemu_says(guest, "\"query-named-block-nodes\"", "sda.0"));
	assert_false(qemu_says(guest, "\"query-fdsets\"", "sda.0"));
	assert_int_equal(qemu_live.unplug(guest, first, true, &error), -1);
	assert_int_equal(error_code(error), VIR_ERR_DEVICE_MISSING);
	g_clear_error(&error);

	/* Another worker knows which names were given. */
	qemu_live.release(guest);
	guest->state = VIR_DOMAIN_RUNNING;
	expect(qemu_live.adopt(guest, &error), &error);
	g_hash_table_remove_all(resources);
	add_layer(resources, "disk:sda", image, "raw", O_RDWR);
	second = plug(test, usb, resources, &error);
	expect(second != NULL, &error);
	assert_string_not_equal(first, second);

	port = plug(test,
		    "<channel type='pty'><target type='virtio' name='org.reeve.test'/>"
		    "<address type='virtio-serial' controller='0' bus='0' port='2'/></channel>",
		    NULL, &error);
	expect(port != NULL, &error);
	assert_string_equal(port, "channel1");
	assert_true(qemu_says(guest, "\"query-chardev\"", "charchannel1"));
	assert_int_equal(qemu_live.unplug(guest, port, true, &error), 1);
	assert_false(qemu_says(guest, "\"query-chardev\"", "charchannel1"));
	assert_int_equal(list_length(guest->def->channels), 1);
	expect(qemu_live.destroy(guest, 0, &error), &error);
	guest_free(test);
}

static void test_plug_others(G_GNUC_UNUSED void **state)
{
	static const char card[] =
		"<interface type='user'><mac address='52:54:00:11:22:33'/>"
		"<model type='virtio'/><link state='down'/><alias name='net0'/>"
		"<address type='pci' domain='0' bus='0' slot='9' function='0'/></interface>";
	TestGuest *test = guest_new("", "");
	Guest *guest = &test->guest;
	g_autoptr(GError) error = NULL;
	g_autofree char *net = NULL, *rng = NULL;
	g_autoptr(GHashTable) resources = resources_new();

	expect(qemu_live.start(guest, 0, &error), &error);
	net = plug(test, card, NULL, &error);
	expect(net != NULL, &error);
	assert_true(qemu_says(guest, PERIPHERAL, "\"net0\""));

	add_layer(resources, "rng0", "/dev/urandom", "", O_RDONLY);
	rng = plug(test,
		   "<rng model='virtio'><backend model='random'>/dev/urandom</backend>"
		   "<alias name='rng0'/>"
		   "<address type='pci' domain='0' bus='0' slot='10' function='0'/></rng>",
		   resources, &error);
	expect(rng != NULL, &error);
	assert_true(
		qemu_says(guest, "\"qom-list\",\"arguments\":{\"path\":\"/objects\"}", "objrng0"));
	assert_null(plug(test,
			 "<video><model type='vga' vram='16384' heads='1'/><address type='pci' "
			 "domain='0' bus='0' slot='11' function='0'/></video>",
			 NULL, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_UNSUPPORTED);
	g_clear_error(&error);
	expect(qemu_live.destroy(guest, 0, &error), &error);
	guest_free(test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plug_disk),
		cmocka_unit_test(test_plug_port),
		cmocka_unit_test(test_plug_unplug),
		cmocka_unit_test(test_plug_others),
	};

	if (access(emulator, X_OK) != 0) {
		print_message("no %s\n", emulator);
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
