/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "daemon/store/store.h"

void domain_summary_clear(DomainSummary *summary)
{
	g_free(summary->title);
	g_free(summary->os_type);
	g_strfreev(summary->disks);
	memset(summary, 0, sizeof(*summary));
}

void domain_summary_copy(const DomainSummary *from, DomainSummary *ret)
{
	*ret = *from;
	ret->title = g_strdup(from->title);
	ret->os_type = g_strdup(from->os_type);
	ret->disks = g_strdupv(from->disks);
}

char *domain_summary_disks_format(char **disks)
{
	json_t *list;
	char *text, *copy;

	if (!disks)
		return NULL;
	list = json_array();
	for (; *disks; disks++)
		json_array_append_new(list, json_string(*disks));
	text = json_dumps(list, JSON_COMPACT);
	copy = g_strdup(text);
	free(text);
	json_decref(list);
	return copy;
}

char **domain_summary_disks_parse(const char *text)
{
	json_t *list = text && *text == '[' ? json_loads(text, 0, NULL) : NULL;
	gsize count = json_array_size(list);
	char **disks;

	if (!json_is_array(list) || count % 2 != 0) {
		json_decref(list);
		return NULL;
	}
	disks = g_new0(char *, count + 1);
	for (gsize i = 0; i < count; i++) {
		const char *word = json_string_value(json_array_get(list, i));

		disks[i] = g_strdup(word ? word : "");
	}
	json_decref(list);
	return disks;
}
