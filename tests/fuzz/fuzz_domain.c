/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Definitions from anybody: what is accepted must survive writing and reading unchanged, its copy
 * must be equal, and completion and checks must end, whatever they find.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/def/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(ConfDiags) diags = conf_diags_new();
	g_autoptr(DomainDef) def = domain_def_parse((const char *)data, size, 0, diags, NULL);
	g_autoptr(DomainDef) again = NULL, copy = NULL;
	g_autofree char *text = NULL, *second = NULL, *third = NULL;

	if (!def)
		return 0;
	text = domain_def_format(def, CONF_SECURE);
	again = domain_def_parse(text, strlen(text), 0, NULL, NULL);
	if (!again)
		abort();
	second = domain_def_format(again, CONF_SECURE);
	copy = domain_def_copy(def);
	third = domain_def_format(copy, CONF_SECURE);
	if (strcmp(text, second) != 0 || strcmp(text, third) != 0)
		abort();
	if (domain_def_complete_generic(again, NULL))
		domain_def_check_generic(again, NULL);
	return 0;
}
