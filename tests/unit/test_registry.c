/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fiber.h"
#include "daemon/client/events.h"
#include "daemon/core/settings.h"
#include "daemon/registry/registry.h"

static Engine engine;
static char *dir, *path;

static int set_up(G_GNUC_UNUSED void **state)
{
	static const StoreLoader nothing = { 0 };

	memset(&engine, 0, sizeof(engine));
	sd_event_new(&engine.loop);
	fiber_init(engine.loop, NULL);
	dir = g_dir_make_tmp("reeve-registry-XXXXXX", NULL);
	path = g_build_filename(dir, "reeve.db", NULL);
	engine.settings = settings_new();
	engine.settings->call_timeout = 1;
	engine.registry = registry_new(&engine);
	engine.store = store_open(path, engine.loop, &nothing, NULL, NULL);
	engine.events = events_new(&engine);
	return engine.store ? 0 : -1;
}

static int tear_down(G_GNUC_UNUSED void **state)
{
	store_close(engine.store);
	events_free(engine.events);
	registry_free(engine.registry);
	settings_free(engine.settings);
	remove(path);
	remove(dir);
	g_free(path);
	g_free(dir);
	fiber_done();
	sd_event_unref(engine.loop);
	return 0;
}

/* A definition of that name; the UUID ends with @number. */
static DomainDef *make_def(const char *name, unsigned char number)
{
	DomainDef *def = domain_def_new();

	def->name = g_strdup(name);
	def->uuid.bytes[15] = number;
	return def;
}

static DomainHold claim(const char *name, unsigned char number, GError **error)
{
	g_autoptr(DomainDef) def = make_def(name, number);

	return registry_claim_wait(engine.registry, &test_driver, def, error);
}

/* A persistent, visible domain; the caller's reference is the registry's. */
static Domain *add(const char *name, unsigned char number)
{
	g_auto(DomainHold) domain = claim(name, number, NULL);
	g_autoptr(Text) text = text_new("<domain type='test'/>");
	DomainSummary summary = { .vcpus = 1 };

	assert_non_null(domain);
	domain_set_stored(domain, text, &summary);
	registry_publish(domain);
	return domain;
}

static void test_find(G_GNUC_UNUSED void **state)
{
	Domain *a = add("a", 1);
	uint8_t uuid[16] = { [15] = 1 };
	g_autoptr(GError) error = NULL;

	assert_ptr_equal(registry_find_name(engine.registry, &test_driver, "a"), a);
	assert_ptr_equal(registry_find_uuid(engine.registry, &test_driver, uuid), a);
	assert_null(registry_find_name(engine.registry, &qemu_driver, "a"));
	assert_null(registry_find_id(engine.registry, &test_driver, -1));
	domain_set_id(a, 7);
	assert_ptr_equal(registry_find_id(engine.registry, &test_driver, 7), a);
	assert_int_equal(registry_next_id(engine.registry, &test_driver), 8);
	domain_set_id(a, -1);
	assert_null(registry_find_id(engine.registry, &test_driver, 7));
	uuid[15] = 2;
	assert_null(registry_get_uuid(engine.registry, &test_driver, uuid, &error));
	assert_int_equal(error_code(error), VIR_ERR_NO_DOMAIN);
}

static void test_pending_is_invisible(G_GNUC_UNUSED void **state)
{
	DomainHold domain = claim("a", 1, NULL);

	assert_true(domain->pending);
	assert_null(registry_find_name(engine.registry, &test_driver, "a"));
	registry_drop(domain);
	domain_hold_clear(&domain);
	assert_int_equal(registry_count(engine.registry), 0);
}

static void test_conflicts(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) other_uuid = NULL, other_name = NULL;

	add("a", 1);
	assert_null(claim("a", 2, &other_uuid));
	assert_int_equal(error_code(other_uuid), VIR_ERR_OPERATION_FAILED);
	assert_null(claim("b", 1, &other_name));
	assert_int_equal(error_code(other_name), VIR_ERR_OPERATION_FAILED);
	/* The other driver has names of its own. */
	g_autoptr(DomainDef) def = make_def("a", 1);
	g_auto(DomainHold) twin = registry_claim_wait(engine.registry, &qemu_driver, def, NULL);

	assert_non_null(twin);
}

static char order[8];

static void hold_one(void *data)
{
	char letter = (char)GPOINTER_TO_INT(data);
	Domain *a = registry_find_name(engine.registry, &test_driver, "a");

	assert_true(domain_hold_wait(a, "a test", 0, NULL));
	order[strlen(order)] = letter;
	fiber_sleep_wait(1000, NULL);
	domain_release(a);
}

static void test_hold_is_in_order(G_GNUC_UNUSED void **state)
{
	add("a", 1);
	memset(order, 0, sizeof(order));
	for (char c = 'a'; c < 'e'; c++)
		assert_true(fiber_spawn("holder", hold_one, GINT_TO_POINTER((int)c), NULL));
	while (fiber_count() > 0)
		sd_event_run(engine.loop, UINT64_MAX);
	assert_string_equal(order, "abcd");
}

static void test_hold_times_out(G_GNUC_UNUSED void **state)
{
	Domain *a = add("a", 1);
	g_autoptr(GError) error = NULL;

	assert_true(domain_hold_wait(a, "a first change", 0, NULL));
	assert_false(domain_hold_wait(a, "a second change", 1000, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_TIMEOUT);
	assert_non_null(strstr(error->message, "a first change"));
	domain_release(a);
	assert_null(a->hold.what);
}

static void test_rename(G_GNUC_UNUSED void **state)
{
	Domain *a = add("a", 1);

	add("b", 2);
	assert_false(registry_rename(a, "b", NULL));
	assert_true(registry_rename(a, "c", NULL));
	assert_null(registry_find_name(engine.registry, &test_driver, "a"));
	assert_ptr_equal(registry_find_name(engine.registry, &test_driver, "c"), a);
}

static void test_moves(G_GNUC_UNUSED void **state)
{
	Domain *a = add("a", 1);
	DomainMove run = { VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED,
			   VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED };
	DomainMove crash = { VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED, -1, 0 };
	DomainMove stop = { VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED,
			    VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED };

	assert_false(domain_move(a, &crash, NULL, NULL)); /* from "shut off" */
	domain_set_id(a, 3);
	assert_true(domain_move(a, &run, NULL, NULL));
	assert_true(domain_move(a, &crash, NULL, NULL));
	assert_true(domain_move(a, &stop, NULL, NULL));
	assert_int_equal(a->id, -1);
	assert_int_equal(a->reason, VIR_DOMAIN_SHUTOFF_DESTROYED);
	assert_int_equal(events_last(engine.events), 2);
}

static void test_transient_vanishes(G_GNUC_UNUSED void **state)
{
	g_auto(DomainHold) domain = claim("t", 9, NULL);
	DomainMove run = { VIR_DOMAIN_RUNNING, 0, -1, 0 };
	DomainMove stop = { VIR_DOMAIN_SHUTOFF, 0, -1, 0 };

	domain_set_id(domain, 4);
	assert_true(domain_move(domain, &run, NULL, NULL));
	registry_publish(domain);
	assert_int_equal(registry_count(engine.registry), 1);
	assert_true(domain_move(domain, &stop, NULL, NULL));
	assert_true(domain->removed);
	assert_int_equal(registry_count(engine.registry), 0);
}

/* Every state has a way to "shut off", and no row leads out of the table. */
static void test_moves_table(G_GNUC_UNUSED void **state)
{
	for (int from = VIR_DOMAIN_NOSTATE; from <= VIR_DOMAIN_PMSUSPENDED; from++) {
		assert_true(domain_may_move(from, VIR_DOMAIN_SHUTOFF));
		assert_non_null(domain_state_name(from));
	}
	assert_false(domain_may_move(VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_CRASHED));
	assert_false(domain_may_move(-1, 0));
	assert_false(domain_may_move(0, 99));
}

int main(void)
{
#define REGISTRY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		REGISTRY_TEST(test_find),	      REGISTRY_TEST(test_pending_is_invisible),
		REGISTRY_TEST(test_conflicts),	      REGISTRY_TEST(test_hold_is_in_order),
		REGISTRY_TEST(test_hold_times_out),   REGISTRY_TEST(test_rename),
		REGISTRY_TEST(test_moves),	      REGISTRY_TEST(test_transient_vanishes),
		cmocka_unit_test(test_moves_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
