/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/limits.h"
#include "worker/host/image.h"
#include "worker/host/nvram.h"
#include "worker/host/path.h"
#include "worker/host/policy.h"
#include "worker/host/resource_open.h"

static char *directory;

static char *in_directory(const char *name)
{
	return g_build_filename(directory, name, NULL);
}

static void put32(unsigned char *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static void put64(unsigned char *at, uint64_t value)
{
	value = htobe64(value);
	memcpy(at, &value, sizeof(value));
}

/* A first cluster as qemu-img writes it; @format NULL: the extension is left out. */
static void qcow2_make(unsigned char head[512], const char *backing, const char *format)
{
	unsigned char *extension = head + 104;

	memset(head, 0, 512);
	memcpy(head, "QFI\xfb", 4);
	put32(head + 4, 3);
	put32(head + 20, 16);
	put32(head + 100, 104);
	if (!backing)
		return;
	put64(head + 8, 256);
	put32(head + 16, (uint32_t)strlen(backing));
	memcpy(head + 256, backing, strlen(backing));
	put32(extension, 0x6803f857); /* a table of features, to be skipped */
	put32(extension + 4, 5);
	extension += 16;
	if (!format)
		return;
	put32(extension, 0xe2792aca);
	put32(extension + 4, (uint32_t)strlen(format));
	memcpy(extension + 8, format, strlen(format));
}

static char *qcow2_write(const char *name, const char *backing, const char *format)
{
	g_autofree char *path = in_directory(name);
	unsigned char head[512];

	qcow2_make(head, backing, format);
	assert_true(g_file_set_contents(path, (char *)head, sizeof(head), NULL));
	return g_steal_pointer(&path);
}

/* The error code of reading @head, 0 for a good one. */
static int header_try(const unsigned char *head, size_t length, ImageBacking *ret)
{
	g_autoptr(GError) error = NULL;
	g_autofd int fd = memfd_create("head", MFD_CLOEXEC);

	assert_int_equal(write(fd, head, length), length);
	if (image_backing_read(fd, "/images/top.qcow2", "qcow2", ret, &error))
		return 0;
	return error_code(error);
}

static void test_backing_is_read(G_GNUC_UNUSED void **state)
{
	g_auto(ImageBacking) backing = { 0 };
	unsigned char head[512];

	qcow2_make(head, "base.img", "raw");
	assert_int_equal(header_try(head, sizeof(head), &backing), 0);
	assert_string_equal(backing.path, "/images/base.img");
	assert_string_equal(backing.format, "raw");
}

static void test_no_backing(G_GNUC_UNUSED void **state)
{
	g_auto(ImageBacking) backing = { 0 };
	unsigned char head[512];

	qcow2_make(head, NULL, NULL);
	assert_int_equal(header_try(head, sizeof(head), &backing), 0);
	assert_null(backing.path);
}

static void test_damaged_headers(G_GNUC_UNUSED void **state)
{
	g_auto(ImageBacking) backing = { 0 };
	unsigned char head[512];

	qcow2_make(head, "base.img", "raw");
	for (size_t length = 0; length < 264; length++)
		assert_int_not_equal(header_try(head, length, &backing), 0);
	put64(head + 8, UINT64_MAX);
	assert_int_equal(header_try(head, sizeof(head), &backing), VIR_ERR_CONFIG_UNSUPPORTED);
	qcow2_make(head, "base.img", "raw");
	put32(head + 16, 1u << 31);
	assert_int_equal(header_try(head, sizeof(head), &backing), VIR_ERR_CONFIG_UNSUPPORTED);
	qcow2_make(head, "base.img", "raw");
	put32(head + 108, UINT32_MAX); /* length of an extension */
	assert_int_equal(header_try(head, sizeof(head), &backing), VIR_ERR_CONFIG_UNSUPPORTED);
	qcow2_make(head, "base.img", "raw");
	put32(head + 20, 63);
	assert_int_equal(header_try(head, sizeof(head), &backing), VIR_ERR_CONFIG_UNSUPPORTED);
	qcow2_make(head, "base.img", "raw");
	put64(head + 72, 4); /* external data file */
	assert_int_equal(header_try(head, sizeof(head), &backing), VIR_ERR_CONFIG_UNSUPPORTED);
	assert_null(backing.path);
}

static void test_undeclared_and_remote_backing(G_GNUC_UNUSED void **state)
{
	g_auto(ImageBacking) backing = { 0 };
	unsigned char head[512];

	qcow2_make(head, "base.img", NULL);
	assert_int_equal(header_try(head, sizeof(head), &backing), VIR_ERR_CONFIG_UNSUPPORTED);
	qcow2_make(head, "nbd://host/disk", "raw");
	assert_int_equal(header_try(head, sizeof(head), &backing), VIR_ERR_CONFIG_UNSUPPORTED);
	qcow2_make(head, "json:{\"driver\":\"null-co\"}", "raw");
	assert_int_equal(header_try(head, sizeof(head), &backing), VIR_ERR_CONFIG_UNSUPPORTED);
}

static GPtrArray *open_path(priv_kind kind, const char *path, const char *format, bool read_only,
			    GError **error)
{
	char what[] = "disk image";
	priv_path declared = (char *)format;
	priv_open_args args = {
		.kind = kind,
		.key = what,
		.what = what,
		.path = (char *)path,
		.format = format ? &declared : NULL,
		.read_only = read_only,
	};

	return resource_open(&args, error);
}

static int open_error(priv_kind kind, const char *path, const char *format)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) layers = open_path(kind, path, format, false, &error);

	assert_true(layers || error);
	return error ? error_code(error) : 0;
}

static void test_chain_is_opened(G_GNUC_UNUSED void **state)
{
	g_autofree char *base = in_directory("base.img");
	g_autofree char *middle = qcow2_write("middle.qcow2", "base.img", "raw");
	g_autofree char *top = qcow2_write("top.qcow2", middle, "qcow2");
	g_autoptr(GPtrArray) layers = NULL;
	const ResourceLayer *layer;

	assert_true(g_file_set_contents(base, "x", 1, NULL));
	layers = open_path(PRIV_KIND_IMAGE, top, "qcow2", false, NULL);
	assert_non_null(layers);
	assert_int_equal(layers->len, 3);
	layer = g_ptr_array_index(layers, 0);
	assert_false(layer->read_only);
	assert_int_equal(fcntl(layer->fd, F_GETFL) & O_ACCMODE, O_RDWR);
	layer = g_ptr_array_index(layers, 2);
	assert_string_equal(layer->path, base);
	assert_string_equal(layer->format, "raw");
	assert_int_equal(fcntl(layer->fd, F_GETFL) & O_ACCMODE, O_RDONLY);
}

static void test_loops_end(G_GNUC_UNUSED void **state)
{
	g_autofree char *one = qcow2_write("one.qcow2", "two.qcow2", "qcow2");
	g_autofree char *two = qcow2_write("two.qcow2", "one.qcow2", "qcow2");

	assert_int_equal(open_error(PRIV_KIND_IMAGE, one, "qcow2"), VIR_ERR_CONFIG_UNSUPPORTED);
	assert_int_equal(open_error(PRIV_KIND_IMAGE, two, "qcow2"), VIR_ERR_CONFIG_UNSUPPORTED);
}

static void test_chain_is_bounded(G_GNUC_UNUSED void **state)
{
	for (unsigned i = 0; i <= LIMIT_BACKING_CHAIN; i++) {
		g_autofree char *name = g_strdup_printf("chain%u", i);
		g_autofree char *next = g_strdup_printf("chain%u", i + 1);
		g_autofree char *path = qcow2_write(name, next, "qcow2");
	}
	g_autofree char *last = g_strdup_printf("chain%u", LIMIT_BACKING_CHAIN + 1);
	g_autofree char *bottom = qcow2_write(last, NULL, NULL);
	g_autofree char *first = in_directory("chain0");
	g_autofree char *second = in_directory("chain2");

	assert_int_equal(open_error(PRIV_KIND_IMAGE, first, "qcow2"), VIR_ERR_CONFIG_UNSUPPORTED);
	assert_int_equal(open_error(PRIV_KIND_IMAGE, second, "qcow2"), 0);
}

static void test_odd_files_are_refused(G_GNUC_UNUSED void **state)
{
	g_autofree char *fifo = in_directory("fifo");
	g_autofree char *link = in_directory("link");
	g_autofree char *missing = in_directory("missing/disk");
	g_autofree char *parent = g_build_filename(directory, "..", "disk", NULL);
	g_autofree char *plain = in_directory("plain");

	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink("/etc/shadow", link), 0);
	assert_true(g_file_set_contents(plain, "x", 1, NULL));
	assert_int_equal(open_error(PRIV_KIND_IMAGE, fifo, "raw"), VIR_ERR_CONFIG_UNSUPPORTED);
	assert_int_equal(open_error(PRIV_KIND_IMAGE, "/dev/zero", "raw"),
			 VIR_ERR_CONFIG_UNSUPPORTED);
	assert_int_equal(open_error(PRIV_KIND_IMAGE, directory, "raw"), VIR_ERR_CONFIG_UNSUPPORTED);
	assert_int_equal(open_error(PRIV_KIND_IMAGE, link, "raw"), VIR_ERR_OPERATION_DENIED);
	assert_int_equal(open_error(PRIV_KIND_IMAGE, "/proc/self/environ", "raw"),
			 VIR_ERR_OPERATION_DENIED);
	assert_int_equal(open_error(PRIV_KIND_IMAGE, missing, "raw"), VIR_ERR_SYSTEM_ERROR);
	assert_int_equal(open_error(PRIV_KIND_IMAGE, parent, "raw"), VIR_ERR_CONFIG_UNSUPPORTED);
	assert_int_equal(open_error(PRIV_KIND_IMAGE, "relative", "raw"),
			 VIR_ERR_CONFIG_UNSUPPORTED);
	assert_int_equal(open_error(PRIV_KIND_IMAGE, plain, "qcow2"), VIR_ERR_CONFIG_UNSUPPORTED);
	assert_int_equal(open_error(PRIV_KIND_IMAGE, plain, "cow3"), VIR_ERR_CONFIG_UNSUPPORTED);
	assert_int_equal(open_error(PRIV_KIND_FILE_APPEND, link, NULL), VIR_ERR_OPERATION_DENIED);
	assert_int_equal(open_error(PRIV_KIND_FILE_WRITE, fifo, NULL), VIR_ERR_SYSTEM_ERROR);
	assert_int_equal(open_error(PRIV_KIND_DEVICE, "/dev/zero", NULL), VIR_ERR_OPERATION_DENIED);
	assert_int_equal(open_error(PRIV_KIND_DEVICE, "/dev/null", NULL), 0);
}

static void test_error_names_the_component(G_GNUC_UNUSED void **state)
{
	g_autofree char *path = in_directory("nowhere/deep/disk");
	g_autofree char *culprit = in_directory("nowhere");
	g_autofree char *quoted = g_strdup_printf("because of '%s'", culprit);
	g_autoptr(GError) error = NULL;

	assert_null(open_path(PRIV_KIND_IMAGE, path, "raw", false, &error));
	assert_non_null(strstr(error->message, quoted));
	assert_int_equal(error_errno(error), ENOENT);
}

static void test_optional_may_be_missing(G_GNUC_UNUSED void **state)
{
	g_autofree char *path = in_directory("not-there.iso");
	char what[] = "disk image";
	priv_open_args args = {
		.kind = PRIV_KIND_IMAGE, .key = what, .what = what, .path = path, .optional = true
	};
	g_autoptr(GPtrArray) layers = resource_open(&args, NULL);

	assert_non_null(layers);
	assert_int_equal(layers->len, 0);
}

static void test_logs_are_appended_to(G_GNUC_UNUSED void **state)
{
	g_autofree char *path = in_directory("serial.log");

	for (unsigned i = 0; i < 2; i++) {
		g_autoptr(GPtrArray) layers =
			open_path(PRIV_KIND_FILE_APPEND, path, NULL, false, NULL);
		const ResourceLayer *layer = g_ptr_array_index(layers, 0);

		assert_int_equal(write(layer->fd, "line\n", 5), 5);
	}
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 10);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_nvram_is_made_and_removed(G_GNUC_UNUSED void **state)
{
	g_autofree char *template = in_directory("VARS.fd");
	g_autofree char *path = in_directory("guest.fd");
	g_autofree char *other = in_directory("other");
	g_autofree char *text = NULL;
	char content[128] = { 0 };
	gsize length;
	int fd;

	memcpy(content + 40, "_FVH", 4);
	assert_int_equal(nvram_open(path, NULL, false, NULL), -1);
	assert_true(g_file_set_contents(template, content, sizeof(content), NULL));
	fd = nvram_open(path, template, false, NULL);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "changed", 7, 100), 7);
	close(fd);
	close(nvram_open(path, template, false, NULL));
	assert_true(g_file_get_contents(path, &text, &length, NULL));
	assert_memory_equal(text + 100, "changed", 7);
	g_clear_pointer(&text, g_free);
	close(nvram_open(path, template, true, NULL));
	assert_true(g_file_get_contents(path, &text, &length, NULL));
	assert_memory_equal(text, content, sizeof(content));
	assert_true(nvram_remove(path, NULL));
	assert_true(nvram_remove(path, NULL));
	assert_true(g_file_set_contents(other, "precious", 8, NULL));
	assert_false(nvram_remove(other, NULL));
	assert_int_equal(access(other, F_OK), 0);
}

static void test_stale_socket_is_replaced(G_GNUC_UNUSED void **state)
{
	g_autofree char *path = in_directory("channel.sock");
	g_autoptr(GPtrArray) first = open_path(PRIV_KIND_UNIX_LISTEN, path, NULL, false, NULL);
	struct stat st;

	assert_non_null(first);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(open_error(PRIV_KIND_UNIX_LISTEN, path, NULL), VIR_ERR_OPERATION_FAILED);
	g_clear_pointer(&first, g_ptr_array_unref);
	assert_int_equal(open_error(PRIV_KIND_UNIX_LISTEN, path, NULL), 0);
}

static int set_up(G_GNUC_UNUSED void **state)
{
	directory = g_dir_make_tmp("reeve-test-XXXXXX", NULL);
	policy_enforce();
	policy_add(directory, POLICY_IMAGES);
	return directory == NULL;
}

static int tear_down(G_GNUC_UNUSED void **state)
{
	GDir *dir = g_dir_open(directory, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = in_directory(name);

		unlink(path);
	}
	g_dir_close(dir);
	rmdir(directory);
	g_clear_pointer(&directory, g_free);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backing_is_read),
		cmocka_unit_test(test_no_backing),
		cmocka_unit_test(test_damaged_headers),
		cmocka_unit_test(test_undeclared_and_remote_backing),
		cmocka_unit_test(test_chain_is_opened),
		cmocka_unit_test(test_loops_end),
		cmocka_unit_test(test_chain_is_bounded),
		cmocka_unit_test(test_odd_files_are_refused),
		cmocka_unit_test(test_error_names_the_component),
		cmocka_unit_test(test_optional_may_be_missing),
		cmocka_unit_test(test_logs_are_appended_to),
		cmocka_unit_test(test_nvram_is_made_and_removed),
		cmocka_unit_test(test_stale_socket_is_replaced),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
