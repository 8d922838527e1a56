/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Phases of a guest as the engine sees it, and what it makes of the words of a worker. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <libvirt/libvirt.h>

#include "daemon/guest/private.h"
#include "rpc/wire/procs.h"
#include "rpc/wire/wire.h"

/* Which phases can follow @from, after however many moves. */
static unsigned reachable(VmPhase from, unsigned seen)
{
	for (int to = 0; to < VM_PHASES; to++)
		if (vm_may_move(from, (VmPhase)to) && !(seen & 1u << to))
			seen = reachable((VmPhase)to, seen | 1u << to);
	return seen;
}

static void test_every_phase_is_entered_and_left(G_GNUC_UNUSED void **state)
{
	const unsigned first = 1u << VM_STARTING | 1u << VM_LINKING;

	assert_int_equal(reachable(VM_STARTING, first) | first, (1u << VM_PHASES) - 1);
	for (int phase = 0; phase < VM_PHASES; phase++) {
		const bool is_last = phase == VM_ENDED || phase == VM_LEFT;

		assert_int_equal(reachable((VmPhase)phase, 0) == 0, is_last);
		assert_true(is_last || vm_may_move((VmPhase)phase, VM_ENDED));
	}
}

static void test_what_was_never_told_is_never_left(G_GNUC_UNUSED void **state)
{
	assert_false(vm_may_move(VM_STARTING, VM_LEFT));
	assert_false(vm_may_move(VM_GIVEN_UP, VM_LINKED));
	assert_false(vm_may_move(VM_KILLING, VM_LINKED));
	assert_false(vm_may_move(VM_KILLING, VM_LINKING));
}

static Domain own = { .name = (char *)"own", .uuid = "0123456789abcdef", .id = 7 };

static guint8 *remake(int id, xdrproc_t filter, const void *message, gsize skip, gsize *ret_length)
{
	gsize length;
	g_autofree guint8 *bytes = rpc_encode(filter, message, 0, &length, NULL);
	const control_event_msg event = {
		.sequence = 1, .event_id = id, .payload = { (u_int)(length - skip), (char *)bytes + skip }
	};
	g_autofree char *word = NULL;
	guint8 *made = vm_event_remake(&own, &event, ret_length, &word, NULL);

	if (made && id < 0)
		assert_string_equal(word, "NAME");
	return made;
}

static void test_events_are_about_the_guest_itself(G_GNUC_UNUSED void **state)
{
	remote_domain_event_lifecycle_msg told = {
		.dom = { .name = (char *)"other", .uuid = "fedcba9876543210", .id = 3 }, .event = 5, .detail = 1
	};
	remote_domain_event_lifecycle_msg got = { 0 };
	gsize length;
	g_autofree guint8 *bytes = remake(VIR_DOMAIN_EVENT_ID_LIFECYCLE,
					  (xdrproc_t)xdr_remote_domain_event_lifecycle_msg, &told, 0, &length);

	assert_non_null(bytes);
	assert_true(rpc_decode(bytes, length, (xdrproc_t)xdr_remote_domain_event_lifecycle_msg, &got, NULL));
	assert_string_equal(got.dom.name, "own");
	assert_memory_equal(got.dom.uuid, "0123456789abcdef", 16);
	assert_int_equal(got.dom.id, 7);
	assert_int_equal(got.event, 5);
	assert_int_equal(got.detail, 1);
	rpc_free((xdrproc_t)xdr_remote_domain_event_lifecycle_msg, &got);
}

static bool monitor_is_passed_on(const char *name, const char *details)
{
	remote_string text = (char *)details;
	qemu_domain_monitor_event_msg told = {
		.dom = { .name = (char *)"other" }, .event = (char *)name, .details = details ? &text : NULL
	};
	gsize length;
	g_autofree guint8 *bytes =
		remake(-1, (xdrproc_t)xdr_qemu_domain_monitor_event_msg, &told, 4, &length);

	return bytes != NULL;
}

static void test_texts_are_such_as_xml_can_hold(G_GNUC_UNUSED void **state)
{
	g_autofree char *large = g_strnfill(40000, 'x');

	assert_true(monitor_is_passed_on("NAME", NULL));
	assert_true(monitor_is_passed_on("NAME", "{\"a\":\"\xc3\xa4\n\"}"));
	assert_false(monitor_is_passed_on("NA\x01ME", NULL));
	assert_false(monitor_is_passed_on("NA\xffME", NULL));
	assert_false(monitor_is_passed_on("NAME", "\x1b"));
	assert_false(monitor_is_passed_on("NAME", "\xef\xbf\xbe")); /* U+FFFE */
	assert_false(monitor_is_passed_on("NAME", large));
}

static void test_events_that_there_are_not(G_GNUC_UNUSED void **state)
{
	static const int ids[] = { -2, 4711, VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, VIR_DOMAIN_EVENT_ID_TUNABLE };
	remote_domain_event_reboot_msg told = { .dom = { .name = (char *)"other" } };
	gsize length;

	for (unsigned i = 0; i < G_N_ELEMENTS(ids); i++)
		assert_null(remake(ids[i], (xdrproc_t)xdr_remote_domain_event_reboot_msg, &told, 0, &length));
	/* A shorter one than its kind has. */
	assert_null(remake(VIR_DOMAIN_EVENT_ID_IO_ERROR, (xdrproc_t)xdr_remote_domain_event_reboot_msg, &told,
			   0, &length));
}

static void test_states_that_there_are_not(G_GNUC_UNUSED void **state)
{
	static const struct {
		int state, reason;
		bool possible;
	} rows[] = {
		{ VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, true },
		{ VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED, true },
		{ VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED, true },
		{ VIR_DOMAIN_NOSTATE, 0, false },
		{ -1, 0, false },
		{ 99, 0, false },
		{ VIR_DOMAIN_RUNNING, -1, false },
		{ VIR_DOMAIN_RUNNING, 1000, false },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		const control_state told = { .state = rows[i].state, .reason = rows[i].reason };

		assert_int_equal(vm_state_is_possible(&told), rows[i].possible);
	}
}

static void test_a_budget_runs_out(G_GNUC_UNUSED void **state)
{
	VmBudget budget = { 0 };

	assert_true(vm_budget_take(&budget, 600, 1000, 0));
	assert_false(vm_budget_take(&budget, 600, 1000, 0));
	assert_true(vm_budget_take(&budget, 400, 1000, 0));
	assert_false(vm_budget_take(&budget, 1, 1000, 0));
	budget.filled_usec -= G_USEC_PER_SEC; /* as if a second had gone by */
	assert_true(vm_budget_take(&budget, 500, 1000, 500));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_phase_is_entered_and_left),
		cmocka_unit_test(test_what_was_never_told_is_never_left),
		cmocka_unit_test(test_events_are_about_the_guest_itself),
		cmocka_unit_test(test_texts_are_such_as_xml_can_hold),
		cmocka_unit_test(test_events_that_there_are_not),
		cmocka_unit_test(test_states_that_there_are_not),
		cmocka_unit_test(test_a_budget_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
