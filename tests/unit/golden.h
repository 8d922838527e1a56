/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Golden files of definitions, for the tests of the domain and of the other documents: a file in
 * our own layout stays as it is; otherwise NAME.out.xml beside it says what it becomes.
 * REEVE_UPDATE=1 writes the expected files. Faults end the running cmocka test.
 */
#pragma once

#include "conf/bind/bind.h"

/* Returns what @text becomes, which the caller frees; @name is for messages. */
typedef char *(*GoldenTransform)(const char *text, gsize length, const char *name,
				 const void *data);

/* A path below the source directory; caller frees. */
char *golden_source_path(const char *below);

/* Every *.xml of a folder below the source directory; there must be one. */
void golden_folder(const char *below, GoldenTransform transform, const void *data);
/* The same files, but what they become is not compared with anything. */
void golden_each(const char *below, GoldenTransform transform, const void *data);

/*
 * Since bind_coverage_start() each row of @element must have been met, but those that belong to
 * @except (may be NULL), too: a row that no golden file reaches is not tested at all.
 */
void golden_covered(BindElement *element, BindElement *except);

/* Members of all rows have the size that their type expects. */
void golden_members(BindElement *element);

/*
 * Calls @fn for files in those folders of the corpus whose names begin with @prefix; returns their
 * number. The corpus lies in $REEVE_XMLBAR or beside the checkout; without one the test is skipped.
 */
typedef void (*GoldenCorpusFn)(const char *path, const char *text, gsize length, const void *data);
guint golden_corpus(const char *prefix, GoldenCorpusFn fn, const void *data);
