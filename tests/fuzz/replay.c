/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The main() of a fuzz target in an ordinary build: runs the target once on each file of its corpus,
 * tests/fuzz/corpus/<NAME> below $REEVE_SOURCE, where replay_<NAME> is what the program is called.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SKIPPED 77

int main(int argc, char **argv)
{
	const char *source = getenv("REEVE_SOURCE");
	g_autofree char *program = g_path_get_basename(argc > 0 ? argv[0] : "");
	g_autofree char *corpus = NULL;
	g_autoptr(GDir) dir = NULL;
	const char *entry;
	unsigned files = 0;

	if (!g_str_has_prefix(program, "replay_"))
		return EXIT_FAILURE;
	corpus = g_build_filename(source ? source : ".", "tests", "fuzz", "corpus",
				  program + strlen("replay_"), NULL);
	dir = g_dir_open(corpus, 0, NULL);
	while (dir && (entry = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(corpus, entry, NULL);
		g_autofree char *text = NULL;
		gsize length = 0;

		if (!g_file_get_contents(path, &text, &length, NULL))
			return EXIT_FAILURE;
		printf("%s\n", entry);
		fflush(stdout);
		LLVMFuzzerTestOneInput((const uint8_t *)text, length);
		files++;
	}
	printf("%u files of %s\n", files, corpus);
	return files ? EXIT_SUCCESS : SKIPPED;
}
