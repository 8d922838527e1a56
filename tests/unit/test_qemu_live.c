/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The live half of the qemu driver with a real QEMU, and this program as its worker. The guests
 * have no system but the firmware. With $REEVE_TEST_KERNEL and $REEVE_TEST_INITRD, which
 * tests/lib/guest-files prints, one more boots Linux and is shut down by its power button.
 */
#include "tests/unit/live_guest.h"

/* Turns the loop until @done, for at most @seconds. */
static void turn_until(const bool *done, unsigned seconds)
{
	int64_t deadline = g_get_monotonic_time() + (int64_t)seconds * SECOND;

	while (!*done && g_get_monotonic_time() < deadline)
		sd_event_run(loop, 50000);
	assert_true(*done);
}

/* ---- Tests */

static void test_life(G_GNUC_UNUSED void **state)
{
	TestGuest *test = guest_new("", "");
	Guest *guest = &test->guest;
	g_autoptr(GError) error = NULL;
	int64_t begin = g_get_monotonic_time();
	const DomainChardev *serial, *console;
	GuestInfo info;
	int fd;

	expect(qemu_live.start(guest, 0, &error), &error);
	print_message("start: %lld ms\n", (long long)(g_get_monotonic_time() - begin) / 1000);
	assert_int_equal(guest->state, VIR_DOMAIN_RUNNING);
	assert_true(guest->pid > 0);
	serial = list_get(guest->def->serials, 0);
	console = list_get(guest->def->consoles, 0);
	assert_true(g_str_has_prefix(serial->source.path, "/dev/pts/"));
	assert_string_equal(console->tty, serial->source.path);
	fd = qemu_live.open_console(guest, NULL, &error);
	assert_true(fd >= 0);
	close(fd);

	expect(qemu_live.suspend(guest, &error), &error);
	assert_int_equal(guest->state, VIR_DOMAIN_PAUSED);
	assert_int_equal(guest->reason, VIR_DOMAIN_PAUSED_USER);
	expect(qemu_live.resume(guest, &error), &error);
	assert_int_equal(guest->state, VIR_DOMAIN_RUNNING);
	assert_false(qemu_live.resume(guest, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_INVALID);
	g_clear_error(&error);
	expect(qemu_live.reset(guest, &error), &error);
	while (!test->events[VIR_DOMAIN_EVENT_ID_REBOOT])
		sd_event_run(loop, SECOND);
	expect(qemu_live.info(guest, &info, &error), &error);
	assert_int_equal(info.max_memory_kib, 65536);
	assert_false(qemu_live.shutdown(guest, VIR_DOMAIN_SHUTDOWN_GUEST_AGENT, &error));
	assert_int_equal(error_code(error), VIR_ERR_AGENT_UNRESPONSIVE);
	g_clear_error(&error);
	expect(qemu_live.shutdown(guest, 0, &error), &error); /* the firmware ignores it */

	begin = g_get_monotonic_time();
	expect(qemu_live.destroy(guest, 0, &error), &error);
	print_message("destroy: %lld ms\n", (long long)(g_get_monotonic_time() - begin) / 1000);
	assert_true(test->ended);
	assert_int_equal(test->ended_reason, VIR_DOMAIN_SHUTOFF_DESTROYED);
	assert_string_equal(test->log->str, "1:1/2:0 3:1/3:0 1:5/4:0 ");
	guest_free(test);
}

static void test_paused_and_stopped(G_GNUC_UNUSED void **state)
{
	TestGuest *test = guest_new("", "");
	Guest *guest = &test->guest;
	g_autoptr(GError) error = NULL;
	int64_t begin;

	expect(qemu_live.start(guest, VIR_DOMAIN_START_PAUSED, &error), &error);
	assert_int_equal(guest->state, VIR_DOMAIN_PAUSED);
	kill(guest->pid, SIGSTOP);
	begin = g_get_monotonic_time();
	assert_true(qemu_live.sample(guest, VIR_DOMAIN_STATS_BALLOON, 20000) > 0);
	assert_true(qemu_live.sample(guest, VIR_DOMAIN_STATS_BALLOON, 20000) > 0);
	assert_true(g_get_monotonic_time() - begin < 200000);
	assert_true(qemu_live.monitor_silent_ms(guest) > 0);
	begin = g_get_monotonic_time();
	expect(qemu_live.destroy(guest, 0, &error), &error);
	assert_true(g_get_monotonic_time() - begin < SECOND);
	assert_true(test->ended);
	guest_free(test);
}

/* Where a reset by the guest ends it, one by us does not. */
static void test_reset_without_reboot(G_GNUC_UNUSED void **state)
{
	TestGuest *test = guest_new("", "");
	g_autoptr(GError) error = NULL;
	char *reply;

	test->guest.def->on_reboot = LIFECYCLE_DESTROY;
	expect(qemu_live.start(&test->guest, 0, &error), &error);
	expect(qemu_live.reset(&test->guest, &error), &error);
	while (!test->events[VIR_DOMAIN_EVENT_ID_REBOOT] && !test->ended)
		sd_event_run(loop, SECOND);
	assert_false(test->ended);
	reply = qemu_live.monitor_command(&test->guest, "{\"execute\":\"system_reset\"}", 0,
					  &error);
	assert_non_null(reply);
	g_free(reply);
	turn_until(&test->ended, 5);
	assert_int_equal(test->ended_reason, VIR_DOMAIN_SHUTOFF_SHUTDOWN);
	guest_free(test);
}

static void test_crash(G_GNUC_UNUSED void **state)
{
	TestGuest *test = guest_new("", "");
	g_autoptr(GError) error = NULL;
	int64_t begin;

	expect(qemu_live.start(&test->guest, 0, &error), &error);
	kill(test->guest.pid, SIGKILL);
	begin = g_get_monotonic_time();
	turn_until(&test->ended, 5);
	print_message("end seen: %lld ms\n", (long long)(g_get_monotonic_time() - begin) / 1000);
	assert_int_equal(test->ended_reason, VIR_DOMAIN_SHUTOFF_CRASHED);
	assert_int_equal(test->ended_detail, VIR_DOMAIN_EVENT_STOPPED_FAILED);
	guest_free(test);
}

static void test_failure(G_GNUC_UNUSED void **state)
{
	TestGuest *test = guest_new("", "");
	g_autoptr(GError) error = NULL;

	g_free(test->guest.def->os.machine);
	test->guest.def->os.machine = g_strdup("no-such-machine");
	assert_false(qemu_live.start(&test->guest, 0, &error));
	assert_non_null(strstr(error->message, "unsupported machine type"));
	assert_null(test->guest.driver_data);
	assert_false(test->ended);
	guest_free(test);
}

/* An overlay and its base, as descriptors that the path would not give. */
static void test_disk(G_GNUC_UNUSED void **state)
{
	TestGuest *test =
		guest_new("<disk type='file' device='disk'><driver name='qemu' type='qcow2'"
			  " cache='none' discard='unmap'/><source file='/nowhere'/>"
			  "<target dev='vda' bus='virtio'/><serial>a,b</serial>"
			  "<alias name='virtio-disk0'/><address type='pci' domain='0' "
			  "bus='0' slot='4' function='0'/>"
			  "<iotune><total_iops_sec>500</total_iops_sec></iotune></disk>",
			  "");
	g_autofree char *base = g_build_filename(test->dir, "base.raw", NULL);
	g_autofree char *top = g_build_filename(test->dir, "disk.qcow2", NULL);
	g_autofree char *make =
		g_strdup_printf("qemu-img create -q -f raw %s 1M && qemu-img create -q "
				"-f qcow2 -F raw -b base.raw %s 8M",
				base, top);
	g_autoptr(GError) error = NULL;
	g_autoptr(StatsSink) sink = stats_sink_new();
	const DomainDisk *disk;
	BlockStats stats;

	assert_int_equal(system(make), 0);
	add_layer(test->guest.resources, "disk:vda", top, "qcow2", O_RDWR);
	add_layer(test->guest.resources, "disk:vda", base, "raw", O_RDONLY);
	expect(qemu_live.start(&test->guest, 0, &error), &error);
	disk = list_get(test->guest.def->disks, 0);
	assert_int_equal(disk->source.index, 1);
	assert_string_equal(disk->detected_backing->source.path, base);
	assert_int_equal(disk->detected_backing->format, STORAGE_FORMAT_RAW);
	assert_int_equal(disk->detected_backing->backing->source.type, STORAGE_ABSENT);
	assert_true(qemu_live.sample(&test->guest, ~0u, SECOND) < SECOND);
	expect(qemu_live.block_stats(&test->guest, "vda", true, &stats, &error), &error);
	assert_int_equal(stats.capacity, 8 * 1024 * 1024);
	assert_true(stats.length > 0);
	assert_true(stats.used > 0);
	expect(qemu_live.stats(&test->guest, ~0u, sink, &error), &error);
	assert_true(sink->values->len > 20);
	for (guint i = 0; i < sink->values->len && getenv("REEVE_TEST_VERBOSE"); i++) {
		const StatsValue *v = &g_array_index(sink->values, StatsValue, i);

		if (v->type == VIR_TYPED_PARAM_STRING)
			print_message("  %s=%s\n", v->name, v->text);
		else
			print_message("  %s=%lld\n", v->name, (long long)v->number);
	}
	expect(qemu_live.destroy(&test->guest, VIR_DOMAIN_DESTROY_GRACEFUL, &error), &error);
	guest_free(test);
}

static void test_screen_and_keys(G_GNUC_UNUSED void **state)
{
	TestGuest *test =
		guest_new("<graphics type='vnc' port='5999' passwd='x'><listen type='none'/>"
			  "</graphics>",
			  "");
	const unsigned codes[] = { 29, 56, 111 }, none[] = { 60000 };
	GuestKeys keys = { VIR_KEYCODE_SET_LINUX, 50, codes, 3 };
	g_autoptr(GError) error = NULL;
	const char *mime = NULL;
	unsigned char head[8] = { 0 };
	char *reply;
	int fd;

	expect(qemu_live.start(&test->guest, 0, &error), &error);
	fd = qemu_live.screenshot(&test->guest, 0, &mime, &error);
	expect(fd >= 0, &error);
	assert_string_equal(mime, "image/png");
	assert_int_equal(read(fd, head, sizeof(head)), sizeof(head));
	assert_memory_equal(head + 1, "PNG", 3);
	close(fd);
	assert_true(qemu_live.screenshot(&test->guest, 1, &mime, &error) < 0);
	g_clear_error(&error);
	expect(qemu_live.send_key(&test->guest, &keys, &error), &error);
	keys.keys = none;
	keys.n_keys = 1;
	assert_false(qemu_live.send_key(&test->guest, &keys, &error));
	g_clear_error(&error);
	fd = qemu_live.open_graphics(&test->guest, 0, true, &error);
	expect(fd >= 0, &error);
	assert_int_equal(read(fd, head, 3), 3);
	assert_memory_equal(head, "RFB", 3);
	close(fd);
	reply = qemu_live.monitor_command(&test->guest, "{\"execute\":\"query-status\"}", 0,
					  &error);
	assert_non_null(strstr(reply, "running"));
	g_free(reply);
	reply = qemu_live.monitor_command(&test->guest, "info version", 1, &error);
	assert_non_null(strchr(reply, '.'));
	g_free(reply);
	expect(qemu_live.destroy(&test->guest, 0, &error), &error);
	guest_free(test);
}

/* A worker dies and another takes over. */
static void test_adopt(G_GNUC_UNUSED void **state)
{
	TestGuest *test = guest_new("", "");
	Guest *guest = &test->guest;
	g_autoptr(GError) error = NULL;
	pid_t pid;

	expect(qemu_live.start(guest, 0, &error), &error);
	pid = guest->pid;
	qemu_live.release(guest);
	assert_null(guest->driver_data);
	guest->pid = 0;
	guest->state = VIR_DOMAIN_RUNNING;
	expect(qemu_live.adopt(guest, &error), &error);
	assert_int_equal(guest->pid, pid);
	expect(qemu_live.suspend(guest, &error), &error);
	assert_int_equal(guest->state, VIR_DOMAIN_PAUSED);
	expect(qemu_live.destroy(guest, 0, &error), &error);
	assert_true(test->ended);
	qemu_live.release(guest);
	waitpid(pid, NULL, 0);
	assert_false(qemu_live.adopt(guest, &error));
	guest_free(test);
}

static void destroy_on_fiber(void *data)
{
	g_autoptr(GError) error = NULL;

	expect(qemu_live.destroy(data, 0, &error), &error);
}

static void test_destroy_twice(G_GNUC_UNUSED void **state)
{
	TestGuest *test = guest_new("", "");
	g_autoptr(GError) error = NULL;

	expect(qemu_live.start(&test->guest, 0, &error), &error);
	for (unsigned i = 0; i < 3; i++)
		assert_true(fiber_spawn("destroy", destroy_on_fiber, &test->guest, &error));
	while (fiber_count() > 0)
		sd_event_run(loop, SECOND);
	assert_true(test->ended);
	guest_free(test);
}

static void test_linux(G_GNUC_UNUSED void **state)
{
	const char *kernel = getenv("REEVE_TEST_KERNEL"), *initrd = getenv("REEVE_TEST_INITRD");
	g_autofree char *os = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	TestGuest *test;
	char piece[512];
	int fd;

	if (!kernel || !initrd)
		skip();
	os = g_strdup_printf("<kernel>%s</kernel><initrd>%s</initrd><cmdline>console=ttyS0 "
			     "quiet</cmdline>",
			     kernel, initrd);
	test = guest_new("", os);
	test->guest.def->memory.total_kib = 262144;
	add_layer(test->guest.resources, "kernel", kernel, "", O_RDONLY);
	add_layer(test->guest.resources, "initrd", initrd, "", O_RDONLY);
	expect(qemu_live.start(&test->guest, 0, &error), &error);
	fd = qemu_live.open_console(&test->guest, "serial0", &error);
	expect(fd >= 0, &error);
	while (!strstr(text->str, "# ") && !test->ended) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n > 0)
			g_string_append_len(text, piece, n);
		sd_event_run(loop, 20000);
	}
	print_message("%s\n", text->str);
	expect(qemu_live.reboot(&test->guest, VIR_DOMAIN_REBOOT_ACPI_POWER_BTN, &error), &error);
	g_string_truncate(text, 0);
	while (!strstr(text->str, "# ") && !test->ended) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n > 0)
			g_string_append_len(text, piece, n);
		sd_event_run(loop, 20000);
	}
	assert_false(test->ended);
	expect(qemu_live.shutdown(&test->guest, 0, &error), &error);
	turn_until(&test->ended, 30);
	assert_int_equal(test->ended_reason, VIR_DOMAIN_SHUTOFF_SHUTDOWN);
	print_message("%s\n", test->log->str);
	close(fd);
	guest_free(test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_paused_and_stopped),
		cmocka_unit_test(test_reset_without_reboot),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_disk),
		cmocka_unit_test(test_screen_and_keys),
		cmocka_unit_test(test_adopt),
		cmocka_unit_test(test_destroy_twice),
		cmocka_unit_test(test_linux),
	};

	if (access(emulator, X_OK) != 0) {
		print_message("no %s\n", emulator);
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
