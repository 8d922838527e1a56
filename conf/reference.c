/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints what follows from the tables: the reference of a kind of document in Markdown, or its
 * RELAX NG schema. Run while building; not installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/document.h"

static int usage(void)
{
	fprintf(stderr, "conf-reference: markdown KIND | rng KIND | kinds\n");
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	const ConfDocument *document = argc == 3 ? conf_document_find(argv[2]) : NULL;
	g_autofree char *text = NULL;

	if (argc == 2 && strcmp(argv[1], "kinds") == 0) {
		for (document = conf_documents; document->name; document++)
			puts(document->name);
		return EXIT_SUCCESS;
	}
	if (!document)
		return usage();
	if (strcmp(argv[1], "markdown") == 0)
		text = bind_doc(document->element);
	else if (strcmp(argv[1], "rng") == 0)
		text = bind_rng(document->element);
	else
		return usage();
	return fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
