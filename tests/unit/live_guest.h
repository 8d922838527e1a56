/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest for tests of the live half of the qemu driver: a real QEMU, and this program as its
 * worker. It has no system but the firmware. For one file of tests each.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "drivers/driver.h"
#include "drivers/qemu/argv/command.h"
#include "drivers/stats.h"

enum { SECOND = 1000 * 1000 };

static const char emulator[] = "/usr/bin/qemu-system-x86_64";

typedef struct TestGuest {
	Guest guest;
	char *dir;
	GString *log;        /* "state 1/1", "event 0" ... in the order in which they came */
	unsigned events[64]; /* by virDomainEventID */
	int ended_reason, ended_detail;
	bool ended;
	char *last_alias; /* of the device that was added last */
} TestGuest;

static sd_event *loop;

/* ---- The worker's part */

static void host_event(Guest *guest, const GuestEvent *event)
{
	TestGuest *test = (TestGuest *)guest;

	if (event->id >= 0)
		test->events[event->id]++;
	if (event->id == VIR_DOMAIN_EVENT_ID_DEVICE_ADDED) {
		g_free(test->last_alias);
		test->last_alias = g_strdup(event->device.alias);
	}
}

static void host_state(Guest *guest, int state, int reason, int event, int detail)
{
	TestGuest *test = (TestGuest *)guest;

	guest->state = state;
	guest->reason = reason;
	if (event >= 0)
		g_string_append_printf(test->log, "%d:%d/%d:%d ", state, reason, event, detail);
}

static void host_changed(G_GNUC_UNUSED Guest *guest)
{
}

static void host_ended(Guest *guest, int reason, int detail)
{
	TestGuest *test = (TestGuest *)guest;

	test->ended = true;
	test->ended_reason = reason;
	test->ended_detail = detail;
	guest->state = VIR_DOMAIN_SHUTOFF;
}

static const GuestHost host = { host_event, host_state, host_changed, host_ended };

static void layer_free(gpointer data)
{
	GuestLayer *layer = data;

	fd_clear(&layer->fd);
	g_free(layer->path);
	g_free(layer->format);
	g_free(layer);
}

static void layers_free(gpointer layers)
{
	g_ptr_array_unref(layers);
}

static GHashTable *resources_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, layers_free);
}

static void add_layer(GHashTable *resources, const char *key, const char *path, const char *format,
		      int flags)
{
	GPtrArray *layers = g_hash_table_lookup(resources, key);
	GuestLayer *layer = g_new0(GuestLayer, 1);

	if (!layers) {
		layers = g_ptr_array_new_with_free_func(layer_free);
		g_hash_table_insert(resources, g_strdup(key), layers);
	}
	layer->path = g_strdup(path);
	layer->format = g_strdup(format);
	layer->read_only = flags == O_RDONLY;
	/* "fd:N": handed down by whoever started us, who may open more than we may. */
	layer->fd =
		g_str_has_prefix(path, "fd:") ? dup(atoi(path + 3)) : open(path, flags | O_CLOEXEC);
	fcntl(layer->fd, F_SETFD, FD_CLOEXEC);
	assert_true(layer->fd >= 0);
	g_ptr_array_add(layers, layer);
}

static TestGuest *guest_new_on(const char *machine, const char *bus, const char *devices,
			       const char *os)
{
	TestGuest *test = g_new0(TestGuest, 1);
	g_autofree char *log = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = g_strdup_printf(
		"<domain type='qemu'><name>unit</name>"
		"<uuid>c7a5fdbd-cdaf-9455-926a-d65c16db1809</uuid><memory>65536</memory>"
		"<vcpu>1</vcpu><os><type arch='x86_64' machine='%s'>hvm</type>%s</os>"
		"<features><acpi/></features><on_poweroff>destroy</on_poweroff>"
		"<on_reboot>restart</on_reboot><on_crash>destroy</on_crash><devices>"
		"<emulator>%s</emulator>"
		"<controller type='pci' index='0' model='%s-root'><alias "
		"name='%s.0'/></controller>"
		"<controller type='virtio-serial' index='0'><alias name='virtio-serial0'/>"
		"<address type='pci' domain='0' bus='0' slot='7' function='0'/></controller>"
		"<serial type='pty'><target type='isa-serial' port='0'><model name='isa-serial'/>"
		"</target><alias name='serial0'/></serial>"
		"<console type='pty'><target type='serial' port='0'/><alias "
		"name='serial0'/></console>"
		"<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/>"
		"<alias name='channel0'/>"
		"<address type='virtio-serial' controller='0' bus='0' port='1'/></channel>"
		"<video><model type='vga' vram='16384' heads='1' primary='yes'/><alias "
		"name='video0'/>"
		"<address type='pci' domain='0' bus='0' slot='2' function='0'/></video>"
		"<memballoon model='virtio'><stats period='2'/><alias name='balloon0'/>"
		"<address type='pci' domain='0' bus='0' slot='5' function='0'/></memballoon>"
		"%s</devices></domain>",
		machine, os, emulator, bus, bus, devices);

	test->dir = g_dir_make_tmp("reeve-live-XXXXXX", NULL);
	test->log = g_string_new(NULL);
	test->guest.loop = loop;
	test->guest.host = &host;
	test->guest.run_dir = test->dir;
	log = g_build_filename(test->dir, "log", NULL);
	test->guest.log_fd = open(log, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	test->guest.resources = resources_new();
	test->guest.def = domain_def_parse(xml, strlen(xml), 0, NULL, &error);
	if (error)
		print_error("%s\n", error->message);
	assert_non_null(test->guest.def);
	return test;
}

static inline TestGuest *guest_new(const char *devices, const char *os)
{
	return guest_new_on("pc-i440fx-7.2", "pci", devices, os);
}

static void guest_free(TestGuest *test)
{
	static const char *const files[] = { "log",        "qmp",        "agent",
					     "hypervisor", "disk.qcow2", "base.raw" };

	if (test->guest.driver_data)
		qemu_live.release(&test->guest);
	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(test->dir, files[i], NULL);

		unlink(path);
	}
	assert_int_equal(rmdir(test->dir), 0);
	close(test->guest.log_fd);
	g_hash_table_unref(test->guest.resources);
	domain_def_free(test->guest.def);
	g_string_free(test->log, TRUE);
	g_free(test->dir);
	g_free(test->last_alias);
	g_free(test);
}

static void expect(bool ok, GError **error)
{
	if (!ok)
		print_error("%s\n", *error ? (*error)->message : "?");
	assert_true(ok);
}

/* ---- Before and after all tests */

static int set_up(G_GNUC_UNUSED void **state)
{
	signal(SIGPIPE, SIG_IGN);
	return sd_event_new(&loop) < 0 || !fiber_init(loop, NULL);
}

/* A test that failed left its hypervisor. */
static void kill_children(void)
{
	g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", getpid());
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		kill(atoi(word), SIGKILL);
}

static int tear_down(G_GNUC_UNUSED void **state)
{
	kill_children();
	fiber_done();
	loop = sd_event_unref(loop);
	return 0;
}
