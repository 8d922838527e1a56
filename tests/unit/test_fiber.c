/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/limits.h"

static sd_event *loop;

typedef struct Case {
	FiberEvent event;
	FiberEvent done;
	Fiber *fiber;
	uint64_t timeout;
	bool result;
	int code;
} Case;

static void wait_for_event(void *data)
{
	Case *c = data;
	g_autoptr(GError) error = NULL;

	c->fiber = fiber_current();
	c->result = fiber_event_wait(&c->event, "the test", c->timeout, &error);
	c->code = error ? error_code(error) : 0;
	fiber_event_set(&c->done);
}

static void test_set_wakes(G_GNUC_UNUSED void **state)
{
	Case c = { .timeout = 10000000 };

	assert_true(fiber_spawn("waiter", wait_for_event, &c, NULL));
	assert_false(c.done.set);
	fiber_event_set(&c.event);
	assert_false(c.done.set); /* runs from the loop, not inside the call */
	assert_true(fiber_event_wait(&c.done, "the fiber", 10000000, NULL));
	assert_true(c.result);
	assert_int_equal(fiber_count(), 0);
}

static void test_deadline_ends_a_wait(G_GNUC_UNUSED void **state)
{
	Case c = { .timeout = 1000 };

	assert_true(fiber_spawn("waiter", wait_for_event, &c, NULL));
	assert_true(fiber_event_wait(&c.done, "the fiber", 10000000, NULL));
	assert_false(c.result);
	assert_int_equal(c.code, VIR_ERR_OPERATION_TIMEOUT);
}

static void test_cancel_fails_one_wait(G_GNUC_UNUSED void **state)
{
	Case c = { .timeout = 10000000 };

	assert_true(fiber_spawn("waiter", wait_for_event, &c, NULL));
	fiber_cancel(c.fiber);
	assert_true(fiber_event_wait(&c.done, "the fiber", 10000000, NULL));
	assert_false(c.result);
	assert_int_equal(c.code, VIR_ERR_OPERATION_ABORTED);
}

/* Not a wait for an event: its deadline is success. */
static void sleep_long(void *data)
{
	Case *c = data;
	g_autoptr(GError) error = NULL;

	c->fiber = fiber_current();
	c->result = fiber_sleep_wait(c->timeout, &error);
	c->code = error ? error_code(error) : 0;
	fiber_event_set(&c->done);
}

static void test_cancel_ends_a_sleep(G_GNUC_UNUSED void **state)
{
	Case c = { .timeout = 10000000 };

	assert_true(fiber_spawn("sleeper", sleep_long, &c, NULL));
	fiber_cancel(c.fiber);
	assert_true(fiber_event_wait(&c.done, "the fiber", 10000000, NULL));
	assert_false(c.result);
	assert_int_equal(c.code, VIR_ERR_OPERATION_ABORTED);

	c = (Case){ .timeout = 1 };
	assert_true(fiber_spawn("sleeper", sleep_long, &c, NULL));
	assert_true(fiber_event_wait(&c.done, "the fiber", 10000000, NULL));
	assert_true(c.result);
}

static void spawn_inner(void *data)
{
	Case *c = data;

	assert_true(fiber_spawn("inner", wait_for_event, &c[1], NULL));
	wait_for_event(&c[0]);
}

static void test_fibers_nest(G_GNUC_UNUSED void **state)
{
	Case c[2] = { { .timeout = 10000000 }, { .timeout = 10000000 } };

	assert_true(fiber_spawn("outer", spawn_inner, c, NULL));
	assert_int_equal(fiber_count(), 2);
	fiber_event_set(&c[0].event);
	assert_true(fiber_event_wait(&c[0].done, "the outer", 10000000, NULL));
	assert_false(c[1].done.set);
	fiber_event_set(&c[1].event);
	assert_true(fiber_event_wait(&c[1].done, "the inner", 10000000, NULL));
}

static void test_number_is_bounded(G_GNUC_UNUSED void **state)
{
	g_autofree Case *cases = g_new0(Case, LIMIT_FIBERS);
	g_autoptr(GError) error = NULL;
	Case extra = { 0 };

	for (unsigned i = 0; i < LIMIT_FIBERS; i++)
		assert_true(fiber_spawn("one of many", wait_for_event, &cases[i], NULL));
	assert_false(fiber_spawn("too many", wait_for_event, &extra, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_FAILED);
	for (unsigned i = 0; i < LIMIT_FIBERS; i++)
		fiber_event_set(&cases[i].event);
	assert_true(fiber_event_wait(&cases[LIMIT_FIBERS - 1].done, "the last", 10000000, NULL));
	assert_int_equal(fiber_count(), 0);
}

static int set_up(G_GNUC_UNUSED void **state)
{
	return sd_event_new(&loop) < 0 || !fiber_init(loop, NULL);
}

static int tear_down(G_GNUC_UNUSED void **state)
{
	fiber_done();
	loop = sd_event_unref(loop);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_wakes),
		cmocka_unit_test(test_deadline_ends_a_wait),
		cmocka_unit_test(test_cancel_fails_one_wait),
		cmocka_unit_test(test_cancel_ends_a_sleep),
		cmocka_unit_test(test_fibers_nest),
		cmocka_unit_test(test_number_is_bounded),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
