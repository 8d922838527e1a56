/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest of the test driver exists in its worker's memory only. On request it misbehaves: its
 * definition then has, inside <metadata>,
 *
 *	<t:behave xmlns:t='urn:reeve:test' hang='destroy stats' crash-ms='500'/>
 *
 * hang        names of operations (members of DriverLive) that never come back; "worker": the whole
 *             process stops at its start
 * fail        names of operations that fail
 * start-ms    how long a start takes
 * crash-ms    when after its start the guest crashes (on_crash decides what follows)
 * poweroff-ms when it switches itself off (on_poweroff decides)
 * exit-ms     when the worker dies without a word
 * nonsense    "yes": statistics, states and events that make no sense
 */
#pragma once

#include "drivers/driver.h"

#define TEST_NAMESPACE "urn:reeve:test"

typedef struct TestGuest {
	uint64_t started_usec; /* CLOCK_MONOTONIC */
	uint64_t memory_kib;
	char *hang, *fail; /* lists of words */
	unsigned start_ms, crash_ms, poweroff_ms, exit_ms;
	bool nonsense;
	sd_event_source *crash, *poweroff, *exit;
	GList *consoles; /* of TestConsole */
} TestGuest;

/* Reads the wishes out of the metadata. */
bool test_behave_read(Guest *guest, GError **error);
/* Hangs or fails where that is wished for @operation; call it first in each. */
bool test_behave(Guest *guest, const char *operation, GError **error);

/* live_stats.c */
bool test_info(Guest *guest, GuestInfo *ret, GError **error);
int64_t test_sample(Guest *guest, unsigned groups, uint64_t timeout_usec);
bool test_stats(Guest *guest, unsigned groups, StatsSink *sink, GError **error);
bool test_block_stats(Guest *guest, const char *disk, bool sized, BlockStats *ret, GError **error);
bool test_interface_stats(Guest *guest, const char *device, InterfaceStats *ret, GError **error);
int test_memory_stats(Guest *guest, MemoryStat *ret, unsigned max, GError **error);
GArray *test_vcpu_info(Guest *guest, GError **error);

/* live_console.c: a console that says hello and gives back what is typed. */
int test_console_open(Guest *guest, const char *alias, GError **error);
void test_consoles_close(TestGuest *own);
int test_screenshot(Guest *guest, unsigned screen, const char **ret_mime, GError **error);
