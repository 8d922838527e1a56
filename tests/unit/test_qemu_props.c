/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values of QEMU's options and their two renderings. What is right for the command line stands in
 * qemu(1) under "-device": a comma in a value is doubled; for JSON in QEMU's qdev properties, where
 * a number, a boolean and an OnOffAuto (a string) are three types.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/qemu/argv/props.h"

static void assert_renders(const Props *props, const char *key_value, const char *json)
{
	g_autofree char *text = props_key_value(props);
	g_autofree char *device = props_json_text(props, "driver");
	json_t *got = json_loads(device, 0, NULL), *want = json_loads(json, 0, NULL);

	assert_string_equal(text, key_value);
	assert_non_null(want);
	if (!json_equal(got, want))
		print_error("got %s, want %s\n", device, json);
	assert_true(json_equal(got, want));
	json_decref(got);
	json_decref(want);
}

static void test_values(void **state)
{
	g_autoptr(Props) props = props_new("virtio-blk-pci");

	(void)state;
	props_str(props, "id", "virtio-disk0");
	props_str(props, "absent", NULL);
	props_tristate(props, "absent", TRISTATE_ABSENT);
	props_num(props, "bootindex", 1);
	props_bool(props, "share-rw", true);
	props_tristate(props, "event_idx", TRISTATE_NO);
	props_onoff(props, "write-cache", true);
	props_spelled(props, "iobase", "0x%" G_GINT64_MODIFIER "x", 0x3f8);
	props_kib(props, "size", 4);
	assert_renders(props,
		       "virtio-blk-pci,id=virtio-disk0,bootindex=1,share-rw=on,event_idx=off,"
		       "write-cache=on,iobase=0x3f8,size=4k",
		       "{\"driver\": \"virtio-blk-pci\", \"id\": \"virtio-disk0\", \"bootindex\": 1,"
		       "\"share-rw\": true, \"event_idx\": false, \"write-cache\": \"on\","
		       "\"iobase\": 1016, \"size\": 4096}");
}

static void test_text(void **state)
{
	g_autoptr(Props) props = props_new("ide-hd");

	(void)state;
	props_str(props, "serial", "a,b=\"c\\\n\xc3\xa4");
	assert_renders(props, "ide-hd,serial=a,,b=\"c\\\n\xc3\xa4",
		       "{\"driver\": \"ide-hd\", \"serial\": \"a,b=\\\"c\\\\\\n\\u00e4\"}");
}

static void test_lists(void **state)
{
	g_autoptr(Props) props = props_new("memory-backend-ram");

	(void)state;
	props_str(props, "host-nodes", "0");
	props_str(props, "host-nodes", "2-3");
	props_str(props, "host-nodes", "5");
	assert_renders(props, "memory-backend-ram,host-nodes=0,host-nodes=2-3,host-nodes=5",
		       "{\"driver\": \"memory-backend-ram\", \"host-nodes\": [\"0\", \"2-3\", \"5\"]}");
}

static void test_overrides(void **state)
{
	g_autoptr(Props) props = props_new("e1000");

	(void)state;
	/* A value that looks like another property stays a value. */
	props_str(props, "romfile", "x,mac=y");
	props_str(props, "mac", "52:54:00:00:00:01");
	props_num(props, "bootindex", 1);
	props_override(props, "mac", json_string("52:54:00:00:00:02"));
	props_override(props, "bootindex", NULL);
	props_override(props, "absent", NULL);
	props_override(props, "rombar", json_integer(-1));
	props_override(props, "autonegotiation", json_false());
	assert_renders(props,
		       "e1000,romfile=x,,mac=y,mac=52:54:00:00:00:02,rombar=-1,autonegotiation=off",
		       "{\"driver\": \"e1000\", \"romfile\": \"x,mac=y\", \"mac\": \"52:54:00:00:00:02\","
		       "\"rombar\": -1, \"autonegotiation\": false}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_overrides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
