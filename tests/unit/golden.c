/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/golden.h"

#define SHOWN 20 /* rows named in a message; one change often misses many */

char *golden_source_path(const char *below)
{
	const char *source = getenv("REEVE_SOURCE");

	if (!source)
		source = getenv("srcdir");
	return g_build_filename(source ? source : ".", below, NULL);
}

static void file_check(const char *path, GoldenTransform transform, const void *data)
{
	g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".xml"));
	g_autofree char *out_path = g_strconcat(stem, ".out.xml", NULL);
	g_autofree char *text = NULL, *expected = NULL, *got = NULL;
	gsize length;

	assert_true(g_file_get_contents(path, &text, &length, NULL));
	got = transform(text, length, path, data);
	if (getenv("REEVE_UPDATE") && strcmp(got, text) != 0)
		assert_true(g_file_set_contents(out_path, got, -1, NULL));
	if (!g_file_get_contents(out_path, &expected, NULL, NULL))
		expected = g_strdup(text);
	if (strcmp(expected, got) != 0)
		fail_msg("%s became:\n%s", path, got);
}

/* Calls @check for every *.xml of a folder that is an input; there must be one. */
static void folder_check(const char *below, GoldenTransform transform, const void *data,
			 void (*check)(const char *path, GoldenTransform transform, const void *data))
{
	g_autofree char *folder = golden_source_path(below);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	guint files = 0;

	if (!dir)
		fail_msg("there is no folder %s", folder);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (!g_str_has_suffix(name, ".xml") || g_str_has_suffix(name, ".out.xml"))
			continue;
		check(path, transform, data);
		files++;
	}
	if (files == 0)
		fail_msg("there is no file in %s", folder);
}

void golden_folder(const char *below, GoldenTransform transform, const void *data)
{
	folder_check(below, transform, data, file_check);
}

static void file_visit(const char *path, GoldenTransform transform, const void *data)
{
	g_autofree char *text = NULL, *unused = NULL;
	gsize length;

	assert_true(g_file_get_contents(path, &text, &length, NULL));
	unused = transform(text, length, path, data);
}

void golden_each(const char *below, GoldenTransform transform, const void *data)
{
	folder_check(below, transform, data, file_visit);
}

typedef struct {
	GHashTable *except; /* rows of other tests */
	guint missed;
} Coverage;

static void row_add(BindElement *element G_GNUC_UNUSED, const BindRow *row, void *data)
{
	g_hash_table_add(data, (void *)row);
}

static void row_covered(BindElement *element, const BindRow *row, void *data)
{
	Coverage *coverage = data;

	if (row->kind == BIND_INCLUDE || row->flags & BIND_WRITE_ONLY || bind_coverage_met(row) ||
	    g_hash_table_contains(coverage->except, row))
		return;
	if (coverage->missed++ < SHOWN)
		print_error("no golden file has %s: %s %s\n", element->type_name,
			    row->name ? row->name : "text", row->attr ? row->attr : "");
}

void golden_covered(BindElement *element, BindElement *except)
{
	g_autoptr(GHashTable) rows = g_hash_table_new(NULL, NULL);
	Coverage coverage = { rows, 0 };

	if (except)
		bind_each_row(except, row_add, rows);
	bind_each_row(element, row_covered, &coverage);
	if (coverage.missed > 0)
		fail_msg("%u rows of <%s> are in no golden file", coverage.missed, element->name);
}

static void row_fits(BindElement *element, const BindRow *row, void *data G_GNUC_UNUSED)
{
	if (row->type && row->size != row->type->size)
		fail_msg("%s: member of %s has %u bytes, its type %zu", element->type_name,
			 row->name ? row->name : "text", row->size, row->type->size);
	if (row->kind == BIND_FLAG)
		assert_int_equal(row->size, sizeof(bool));
	if (row->kind == BIND_LIST || row->kind == BIND_STRINGS || row->kind == BIND_POINTER)
		assert_int_equal(row->size, sizeof(void *));
	assert_true(row->element || row->kind == BIND_STRINGS || row->kind == BIND_RAW ||
		    row->kind == BIND_FLAG || row->type);
}

void golden_members(BindElement *element)
{
	bind_each_row(element, row_fits, NULL);
}

static guint corpus_folder(const char *folder, GoldenCorpusFn fn, const void *data)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	guint files = 0;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_autofree char *text = NULL;
		gsize length;

		if (!g_str_has_suffix(name, ".xml") ||
		    !g_file_get_contents(path, &text, &length, NULL))
			continue;
		fn(path, text, length, data);
		files++;
	}
	return files;
}

guint golden_corpus(const char *prefix, GoldenCorpusFn fn, const void *data)
{
	const char *given = getenv("REEVE_XMLBAR");
	g_autofree char *beside = golden_source_path("../shared/xmlbar");
	g_autofree char *public = g_build_filename(given ? given : beside, "corpus", "public",
		NULL);
	g_autoptr(GDir) dir = g_dir_open(public, 0, NULL);
	const char *name;
	guint files = 0;

	if (!dir) { /* skip() does not come back */
		g_clear_pointer(&beside, g_free);
		g_clear_pointer(&public, g_free);
		skip();
	}
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *folder = g_build_filename(public, name, NULL);

		if (g_str_has_prefix(name, prefix))
			files += corpus_folder(folder, fn, data);
	}
	return files;
}
