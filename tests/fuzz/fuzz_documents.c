/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Documents besides the domain, from anybody: what is accepted must survive writing and reading
 * unchanged, and its copy must be equal. The root decides on the kind, as it does for clients.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/def/domain.h"
#include "conf/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void document_check(const ConfDocument *kind, const void *def)
{
	g_autofree char *text = bind_format(kind->element, def, CONF_SECURE);
	void *again = kind->parse(text, strlen(text), 0, NULL, NULL);
	void *copy = bind_copy(kind->element, def);
	g_autofree char *second = NULL, *third = NULL;

	if (!again || !bind_equal(kind->element, def, again, BIND_COMPARE_ALL, NULL))
		abort();
	second = bind_format(kind->element, again, CONF_SECURE);
	third = bind_format(kind->element, copy, CONF_SECURE);
	if (strcmp(text, second) != 0 || strcmp(text, third) != 0)
		abort();
	bind_free(kind->element, again);
	bind_free(kind->element, copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	for (const ConfDocument *kind = conf_documents; kind->name; kind++) {
		g_autoptr(ConfDiags) diags = NULL;
		void *def;

		if (kind->element == &bind_el_domain ||
		    !g_strstr_len(text, (gssize)size, kind->element->name))
			continue;
		diags = conf_diags_new();
		def = kind->parse(text, size, 0, diags, NULL);
		if (!def)
			continue;
		document_check(kind, def);
		bind_free(kind->element, def);
	}
	return 0;
}
