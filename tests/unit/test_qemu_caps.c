/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What emulators can do: reading the probe's answer, the cache on disk, waiting for a probe; and
 * the documents made of it. The probe itself is played here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/fiber.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/caps/probe.h"
#include "drivers/qemu/caps/probe_kvm.h"
#include "tests/unit/golden.h"

static char *state_dir;
static unsigned probes; /* that were asked for */
static bool probe_fails;
static struct {
	void (*done)(const char *output, const GError *error, void *data);
	void *data;
	char *what;
} waiting[64];
static unsigned n_waiting;

static bool probe_later(const char *driver, const char *what,
			void (*done)(const char *output, const GError *error, void *data),
			void *data, GError **error)
{
	(void)error;
	assert_string_equal(driver, "qemu");
	assert_true(n_waiting < G_N_ELEMENTS(waiting));
	waiting[n_waiting].done = done;
	waiting[n_waiting].data = data;
	waiting[n_waiting++].what = g_strdup(what);
	probes++;
	return true;
}

static char *answer_of(const char *what)
{
	g_autofree char *path = NULL;
	char *text = NULL;

	if (strcmp(what, "kvm") == 0)
		return g_strdup("{\"format\": 1, \"usable\": false, \"reason\": \"it is slow\"}");
	path = golden_source_path("tests/golden/qemu/caps/qemu-system-x86_64.json");
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static int probes_answer(sd_event_source *timer, uint64_t now, void *data)
{
	(void)timer;
	(void)now;
	(void)data;
	for (unsigned i = 0; i < n_waiting; i++) {
		g_autofree char *output = answer_of(waiting[i].what);
		g_autoptr(GError) error = NULL;

		if (probe_fails)
			fail(&error, VIR_ERR_OPERATION_FAILED, "it does not run");
		waiting[i].done(probe_fails ? NULL : output, error, waiting[i].data);
		g_free(waiting[i].what);
	}
	n_waiting = 0;
	return 0;
}

static sd_event *loop;

static int setup(void **state)
{
	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	assert_true(fiber_init(loop, NULL));
	return 0;
}

static void directory_remove(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		if (g_file_test(child, G_FILE_TEST_IS_DIR))
			directory_remove(child);
		else
			unlink(child);
	}
	if (dir)
		g_dir_close(dir);
	rmdir(path);
}

static int teardown(void **state)
{
	(void)state;
	qemu_caps_done();
	fiber_done();
	sd_event_unref(loop);
	return 0;
}

static DriverSettings settings = { .probe = probe_later, .privileged = true };

static int each_setup(void **state)
{
	(void)state;
	state_dir = g_dir_make_tmp("caps-XXXXXX", NULL);
	settings.state_dir = state_dir;
	settings.run_dir = state_dir;
	settings.log_dir = state_dir;
	probes = n_waiting = 0;
	probe_fails = false;
	qemu_caps_done();
	return 0;
}

static int each_teardown(void **state)
{
	(void)state;
	probes_answer(NULL, 0, NULL);
	qemu_caps_done();
	directory_remove(state_dir);
	g_clear_pointer(&state_dir, g_free);
	return 0;
}

static void answer_soon(void)
{
	sd_event_source *timer = NULL;

	assert_true(sd_event_add_time_relative(loop, &timer, CLOCK_MONOTONIC, 1000, 0,
					       probes_answer, NULL) >= 0);
	sd_event_source_set_floating(timer, 1);
	sd_event_source_unref(timer);
}

/* A file that is there, whatever the machine has installed. */
static char *fake_emulator(const char *text)
{
	char *path = g_build_filename(state_dir, "qemu-system-x86_64", NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void test_read(void **state)
{
	g_autofree char *text = answer_of("/usr/bin/qemu-system-x86_64");
	json_t *probe = json_loads(text, 0, NULL);
	g_autoptr(QemuCaps) caps = qemu_caps_read("/q", probe, NULL);
	const QemuMachine *machine;

	(void)state;
	json_decref(probe);
	assert_non_null(caps);
	assert_string_equal(caps->arch, "x86_64");
	assert_int_equal(caps->version / 1000000, 7);
	machine = qemu_caps_machine(caps, "q35");
	assert_non_null(machine);
	assert_string_equal(machine->name, "pc-q35-7.2");
	assert_ptr_equal(machine, qemu_caps_machine(caps, "pc-q35-7.2"));
	assert_string_equal(machine->default_cpu, "qemu64");
	assert_string_equal(qemu_caps_default_machine(caps, "x86_64")->alias, "pc");
	assert_null(qemu_caps_machine(caps, "none"));
	assert_null(qemu_caps_machine(caps, "nosuch"));
	assert_true(qemu_caps_has_device(caps, "virtio-net-pci"));
	assert_false(qemu_caps_has_device(caps, "nosuch"));
	assert_true(qemu_caps_has_object(caps, "memory-backend-memfd"));
	assert_non_null(qemu_accel_model(caps->tcg, "EPYC"));
	assert_null(caps->kvm);
}

static void test_read_garbage(void **state)
{
	static const char *const texts[] = { "{}", "[]", "{\"format\": 99}", "3" };
	g_autoptr(GError) error = NULL;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		json_t *probe = json_loads(texts[i], JSON_DECODE_ANY, NULL);

		assert_null(qemu_caps_read("/q", probe, NULL));
		json_decref(probe);
	}
	assert_null(qemu_caps_read("/q", NULL, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_FAILED);
}

/* The first question waits for the probe, the second does not; a new daemon reads the cache. */
static void test_cache(void **state)
{
	g_autofree char *path = fake_emulator("one");
	const QemuCaps *caps;
	unsigned before;

	(void)state;
	assert_true(qemu_caps_init(&settings, NULL));
	answer_soon();
	caps = qemu_caps_get_wait(path, NULL);
	assert_non_null(caps);
	before = probes;
	assert_ptr_equal(qemu_caps_get_wait(path, NULL), caps);
	assert_int_equal(probes, before);
	qemu_caps_done();
	assert_true(qemu_caps_init(&settings, NULL));
	assert_non_null(qemu_caps_get_wait(path, NULL));
	assert_int_equal(probes, before);
	/* Another file under that name is asked anew; the old answer stays valid for who holds it.
	 */
	caps = qemu_caps_get_wait(path, NULL);
	g_free(fake_emulator("number two"));
	answer_soon();
	assert_ptr_not_equal(qemu_caps_get_wait(path, NULL), caps);
	assert_int_equal(probes, before + 1);
	assert_string_equal(caps->arch, "x86_64");
}

static void test_failures(void **state)
{
	g_autofree char *path = fake_emulator("x");
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_true(qemu_caps_init(&settings, NULL));
	assert_null(qemu_caps_get_wait("/nosuch/emulator", &error));
	assert_int_equal(error_code(error), VIR_ERR_SYSTEM_ERROR);
	g_clear_error(&error);
	probe_fails = true;
	answer_soon();
	assert_null(qemu_caps_get_wait(path, &error));
	assert_non_null(strstr(error->message, "it does not run"));
	/* The next one tries again. */
	probe_fails = false;
	answer_soon();
	assert_non_null(qemu_caps_get_wait(path, NULL));
}

static void test_kvm_reason(void **state)
{
	const char *reason = NULL;

	(void)state;
	assert_true(qemu_caps_init(&settings, NULL));
	answer_soon();
	assert_false(qemu_caps_kvm_wait(&reason));
	assert_non_null(reason);
	assert_true(*reason != '\0');
}

static void test_documents(void **state)
{
	static const char *const wanted[] = { "<machine>pc-q35-7.2</machine>", "<vcpu max='288'/>",
					      "<model fallback='forbid'>EPYC</model>",
					      "<mode name='host-passthrough' supported='no'/>" };
	g_autofree char *path = fake_emulator("x");
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_true(qemu_caps_init(&settings, NULL));
	answer_soon();
	text = qemu_domain_capabilities(path, NULL, "q35", NULL, &error);
	assert_non_null(text);
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
		assert_non_null(strstr(text, wanted[i]));
	assert_null(qemu_domain_capabilities(path, NULL, "nosuch", NULL, &error));
	assert_int_equal(error_code(error), VIR_ERR_INVALID_ARG);
	g_clear_error(&error);
	assert_null(qemu_domain_capabilities(path, "nosuch", NULL, NULL, &error));
	assert_int_equal(error_code(error), VIR_ERR_INVALID_ARG);
	g_clear_error(&error);
	answer_soon();
	assert_null(qemu_domain_capabilities(path, NULL, NULL, "kvm", &error));
	assert_non_null(strstr(error->message, "KVM"));
	g_free(text);
	answer_soon();
	text = qemu_capabilities(NULL);
	assert_non_null(strstr(text, "<host>"));
	assert_non_null(strstr(text, "<topology>"));
}

/* The real thing: it ends in time, with an answer or a reason. */
static void test_kvm_probe(void **state)
{
	g_autofree char *reason = NULL;
	gint64 begin = g_get_monotonic_time();
	bool usable = kvm_probe_usable(&reason);

	(void)state;
	assert_true(usable ? reason == NULL : reason != NULL);
	assert_true(g_get_monotonic_time() - begin < (KVM_PROBE_SECONDS + 2) * G_USEC_PER_SEC);
}

static void test_probe_of_no_qemu(void **state)
{
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(qemu_probe_binary("/bin/true", false, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_FAILED);
	assert_non_null(strstr(error->message, "/bin/true"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, each_setup, each_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_garbage),
		TEST(test_cache),
		TEST(test_failures),
		TEST(test_kvm_reason),
		TEST(test_documents),
		cmocka_unit_test(test_kvm_probe),
		cmocka_unit_test(test_probe_of_no_qemu),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
