/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/fiber.h"
#include "daemon/store/store.h"
#include "tests/unit/faulty_vfs.h"

typedef struct Fixture {
	sd_event *loop;
	char *dir, *path;
	Store *store;
	GHashTable *names; /* of what was loaded: name -> text */
	unsigned runs, objects;
} Fixture;

static void take_domain(const StoreDomain *row, void *data)
{
	Fixture *fixture = data;

	g_hash_table_insert(fixture->names, g_strdup(row->name), text_dup(row->text));
	assert_int_equal(row->summary->vcpus, 2);
	assert_string_equal(row->summary->title, "a title");
}

static void take_run(const StoreRun *row, void *data)
{
	Fixture *fixture = data;

	assert_string_equal(row->start_xml, "<domain/>");
	fixture->runs++;
}

static void take_object(G_GNUC_UNUSED const StoreObject *row, void *data)
{
	((Fixture *)data)->objects++;
}

static void open_store(Fixture *fixture)
{
	static const StoreLoader loader = {
		.domain = take_domain, .run = take_run, .object = take_object,
	};
	g_autoptr(GError) error = NULL;

	g_hash_table_remove_all(fixture->names);
	fixture->runs = fixture->objects = 0;
	fixture->store = store_open(fixture->path, fixture->loop, &loader, fixture, &error);
	assert_non_null(fixture->store);
}

static void reopen(Fixture *fixture)
{
	store_close(fixture->store);
	open_store(fixture);
}

static int set_up(void **state)
{
	Fixture *fixture = g_new0(Fixture, 1);

	sd_event_new(&fixture->loop);
	fiber_init(fixture->loop, NULL);
	fixture->dir = g_dir_make_tmp("reeve-store-XXXXXX", NULL);
	fixture->path = g_build_filename(fixture->dir, "reeve.db", NULL);
	fixture->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	open_store(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	Fixture *fixture = *state;
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	store_close(fixture->store);
	for (unsigned i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = g_strconcat(fixture->path, suffixes[i], NULL);

		remove(path);
	}
	remove(fixture->dir);
	g_hash_table_unref(fixture->names);
	g_free(fixture->path);
	g_free(fixture->dir);
	fiber_done();
	sd_event_unref(fixture->loop);
	g_free(fixture);
	return 0;
}

static void put(StoreBatch *batch, unsigned number, const char *name, const char *xml)
{
	uint8_t uuid[16] = { [14] = (uint8_t)(number >> 8), [15] = (uint8_t)number };
	DomainSummary summary = { .vcpus = 2, .title = (char *)"a title" };
	g_autoptr(Text) text = text_new(xml);
	StoreOrigin origin = { .uid = 7, .user = "somebody", .origin = "test", .action = "define" };
	StoreDomain row = {
		.driver = "test", .uuid = uuid, .name = name, .text = text, .summary = &summary,
	};

	store_batch_domain(batch, &row, &origin);
}

static void test_commit_and_load(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(StoreBatch) batch = store_batch_new();
	uint8_t uuid[16] = { [15] = 1 };
	StoreRun run = { .driver = "test", .uuid = uuid, .name = "a", .start_xml = "<domain/>" };
	StoreObject object = { .kind = "network", .driver = "", .parent = "", .key = "k",
			       .name = "n", .xml = "<network/>" };

	put(batch, 1, "a", "<domain>a</domain>");
	put(batch, 2, "b", "<domain>b</domain>");
	store_batch_run(batch, &run);
	run.start_xml = NULL; /* stays as it is */
	store_batch_run(batch, &run);
	store_batch_object(batch, &object, NULL);
	assert_true(store_commit(fixture->store, batch, NULL));
	reopen(fixture);
	assert_int_equal(g_hash_table_size(fixture->names), 2);
	assert_string_equal(g_hash_table_lookup(fixture->names, "b"), "<domain>b</domain>");
	assert_int_equal(fixture->runs, 1);
	assert_int_equal(fixture->objects, 1);
}

static void test_batch_is_whole_or_absent(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(StoreBatch) good = store_batch_new();
	g_autoptr(StoreBatch) bad = store_batch_new();
	g_autoptr(GError) error = NULL;

	put(good, 1, "a", "<domain/>");
	assert_true(store_commit(fixture->store, good, NULL));
	put(bad, 2, "b", "<domain/>");
	put(bad, 3, "a", "<domain/>"); /* the name is taken */
	assert_false(store_commit(fixture->store, bad, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_FAILED);
	reopen(fixture);
	assert_int_equal(g_hash_table_size(fixture->names), 1);
}

static void test_history(void **state)
{
	static const char key[] = "00000000-0000-0000-0000-000000000001";
	Fixture *fixture = *state;
	uint8_t uuid[16] = { [15] = 1 };
	StoreDomain row = { .driver = "test", .uuid = uuid, .name = "a" };
	g_autoptr(StoreRevision) revision = NULL;
	g_autoptr(StoreBatch) removal = store_batch_new();

	for (unsigned i = 0; i < 5; i++) {
		g_autoptr(StoreBatch) batch = store_batch_new();
		g_autofree char *xml = g_strdup_printf("<domain>%u</domain>", i);

		put(batch, 1, "a", xml);
		store_set_keep(fixture->store, 3, 100);
		assert_true(store_commit(fixture->store, batch, NULL));
	}
	store_batch_domain_remove(removal, &row, NULL);
	assert_true(store_commit(fixture->store, removal, NULL));

	g_autoptr(GPtrArray) found =
		store_history_call(fixture->store, "domain", "test", key, NULL);

	assert_int_equal(found->len, 3);
	assert_int_equal(((StoreRevision *)found->pdata[0])->revision, 6);
	assert_string_equal(((StoreRevision *)found->pdata[0])->origin, "reeved");
	assert_string_equal(((StoreRevision *)found->pdata[1])->user, "somebody");
	revision = store_revision_call(fixture->store, "test", key, 5, NULL);
	assert_string_equal(revision->xml, "<domain>4</domain>");
	assert_null(store_revision_call(fixture->store, "test", key, 1, NULL));
}

static unsigned seen_events;

static void see_event(const StoreEvent *row, G_GNUC_UNUSED void *data)
{
	assert_int_equal(row->length, 4);
	assert_memory_equal(row->payload, "\0\1\2\3", 4);
	seen_events++;
}

static void test_events(void **state)
{
	Fixture *fixture = *state;
	const StoreEventVisit all = { .max = 1000, .visit = see_event };

	store_set_keep(fixture->store, 0, 100);
	for (int64_t i = 1; i <= 600; i++) {
		StoreEvent event = { .sequence = i, .driver = "test", .object = "x",
				     .payload = "\0\1\2\3", .length = 4 };

		store_queue_event(fixture->store, &event);
	}
	seen_events = 0;
	assert_true(store_events_call(fixture->store, &all, NULL));
	assert_in_range(seen_events, 100, 400);
	reopen(fixture);
	assert_int_equal(store_last_event(fixture->store), 600);
}

static void test_second_reeved_is_refused(void **state)
{
	Fixture *fixture = *state;
	static const StoreLoader nothing = { 0 };
	g_autoptr(GError) error = NULL;

	assert_null(store_open(fixture->path, fixture->loop, &nothing, NULL, &error));
	assert_non_null(strstr(error->message, "another reeved"));
}

/* The disk is full: an error that says so, nothing half-written, and all is well after. */
static void test_full_disk(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(StoreBatch) small = store_batch_new();
	g_autoptr(StoreBatch) again = store_batch_new();
	struct rlimit limit, old;
	unsigned stored = 0;
	bool good = true;

	put(small, 1, "first", "<domain/>");
	assert_true(store_commit(fixture->store, small, NULL));
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 200 * 1024;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	for (unsigned i = 2; good && i < 1000; i++) {
		g_autoptr(StoreBatch) batch = store_batch_new();
		g_autofree char *name = g_strdup_printf("n%u", i);
		g_autofree char *xml = g_strnfill(4000, 'x');
		g_autoptr(GError) error = NULL;

		for (unsigned c = 0; c < 4000; c++) /* not to be packed */
			xml[c] = (char)g_random_int_range(33, 127);
		put(batch, i, name, xml);
		good = store_commit(fixture->store, batch, &error);
		stored += good;
		if (!good)
			assert_int_equal(error_code(error), VIR_ERR_SYSTEM_ERROR);
	}
	assert_false(good);
	setrlimit(RLIMIT_FSIZE, &old);
	put(again, 2000, "after", "<domain/>");
	assert_true(store_commit(fixture->store, again, NULL));
	reopen(fixture);
	assert_int_equal(g_hash_table_size(fixture->names), stored + 2);
}

static bool put_one(Fixture *fixture, unsigned number, GError **error)
{
	g_autoptr(StoreBatch) batch = store_batch_new();
	g_autofree char *name = g_strdup_printf("n%u", number);
	g_autofree char *xml = g_strnfill(20000, 'x');

	for (unsigned c = 0; c < 20000; c++) /* not to be packed: some pages */
		xml[c] = (char)g_random_int_range(33, 127);
	put(batch, number, name, xml);
	return store_commit(fixture->store, batch, error);
}

/* Whoever was told that it is stored finds it, and each text is whole. */
static void check_stored(const Fixture *fixture, const GArray *acknowledged, unsigned tried)
{
	GHashTableIter iter;
	void *text;

	for (guint i = 0; i < acknowledged->len; i++) {
		g_autofree char *name =
			g_strdup_printf("n%u", g_array_index(acknowledged, unsigned, i));

		assert_true(g_hash_table_contains(fixture->names, name));
	}
	assert_true(g_hash_table_size(fixture->names) <= tried);
	g_hash_table_iter_init(&iter, fixture->names);
	while (g_hash_table_iter_next(&iter, NULL, &text))
		assert_int_equal(strlen(text), 20000);
}

/* Each read, write and flush that a commit needs fails in turn: an error, and the next one works. */
static void test_disk_errors(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(GArray) acknowledged = g_array_new(FALSE, FALSE, sizeof(unsigned));
	unsigned number = 1, errors = 0;
	bool fault = true;

	reopen(fixture);
	for (int nth = 1; fault; nth++) {
		g_autoptr(GError) error = NULL;
		bool good;

		faulty_vfs_arm(nth, false);
		good = put_one(fixture, number, &error);
		fault = faulty_vfs_disarm();
		if (good) {
			g_array_append_val(acknowledged, number);
		} else {
			assert_true(fault);
			assert_int_equal(error_code(error), VIR_ERR_SYSTEM_ERROR);
			assert_int_equal(error_errno(error), EIO);
			errors++;
		}
		number++;
		assert_true(put_one(fixture, number, NULL));
		g_array_append_val(acknowledged, number);
		number++;
	}
	assert_true(errors >= 5);
	reopen(fixture);
	check_stored(fixture, acknowledged, number);
}

/* The disk is gone for good, also while the database is closed and opened. */
static void test_dead_disk(void **state)
{
	Fixture *fixture = *state;
	g_autoptr(GArray) acknowledged = g_array_new(FALSE, FALSE, sizeof(unsigned));
	static const StoreLoader nothing = { 0 };
	unsigned number = 1;

	reopen(fixture);
	for (; number <= 20; number++) {
		assert_true(put_one(fixture, number, NULL));
		g_array_append_val(acknowledged, number);
	}
	for (int nth = 1; nth < 12; nth++) {
		Store *store;

		faulty_vfs_arm(nth, true);
		put_one(fixture, number++, NULL);
		store_close(fixture->store);
		store = store_open(fixture->path, fixture->loop, &nothing, NULL, NULL);
		store_close(store);
		faulty_vfs_disarm();
		open_store(fixture);
		check_stored(fixture, acknowledged, number);
	}
}

/* Events that the disk refuses, more than one transaction takes, keep nobody waiting and are kept. */
static void test_long_queue(void **state)
{
	enum { EVENTS = 1300 };
	Fixture *fixture = *state;
	g_autoptr(GError) error = NULL;

	reopen(fixture);
	faulty_vfs_arm(1, true);
	for (int64_t i = 1; i <= EVENTS; i++) {
		StoreEvent event = { .sequence = i, .driver = "test", .object = "x" };

		store_queue_event(fixture->store, &event);
	}
	assert_false(put_one(fixture, 1, &error));
	assert_int_equal(error_errno(error), EIO);
	faulty_vfs_disarm();
	assert_true(put_one(fixture, 2, NULL));
	reopen(fixture);
	assert_int_equal(store_last_event(fixture->store), EVENTS);
}

typedef struct Writer {
	Fixture *fixture;
	unsigned number, left;
	unsigned *done;
} Writer;

static void write_some(void *data)
{
	Writer *writer = data;

	for (; writer->left > 0; writer->left--) {
		g_autoptr(StoreBatch) batch = store_batch_new();
		unsigned number = writer->number * 100 + writer->left;
		g_autofree char *name = g_strdup_printf("n%u", number);

		put(batch, number, name, "<domain/>");
		assert_true(store_commit(writer->fixture->store, batch, NULL));
		(*writer->done)++;
	}
}

static void test_many_writers(void **state)
{
	Fixture *fixture = *state;
	Writer writers[20];
	unsigned done = 0;

	for (unsigned i = 0; i < 20; i++) {
		writers[i] = (Writer){ fixture, i, 20, &done };
		assert_true(fiber_spawn("writer", write_some, &writers[i], NULL));
	}
	while (done < 400)
		sd_event_run(fixture->loop, UINT64_MAX);
	reopen(fixture);
	assert_int_equal(g_hash_table_size(fixture->names), 400);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_commit_and_load),	   STORE_TEST(test_batch_is_whole_or_absent),
		STORE_TEST(test_history),		   STORE_TEST(test_events),
		STORE_TEST(test_second_reeved_is_refused), STORE_TEST(test_full_disk),
		STORE_TEST(test_many_writers),		   STORE_TEST(test_disk_errors),
		STORE_TEST(test_dead_disk),		   STORE_TEST(test_long_queue),
	};

	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
