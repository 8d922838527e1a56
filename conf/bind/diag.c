/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/bind/diag.h"

#include <string.h>

#include "base/i18n.h"

static void diag_free(void *item)
{
	ConfDiag *diag = item;

	g_free(diag->path);
	g_free(diag->message);
	g_free(diag->nearest);
	g_free(diag);
}

ConfDiags *conf_diags_new(void)
{
	ConfDiags *diags = g_new0(ConfDiags, 1);

	diags->items = g_ptr_array_new_with_free_func(diag_free);
	return diags;
}

void conf_diags_free(ConfDiags *diags)
{
	if (!diags)
		return;
	g_ptr_array_unref(diags->items);
	g_free(diags);
}

bool conf_diags_room(ConfDiags *diags)
{
	if (diags && diags->items->len < CONF_DIAGS_MAX)
		return true;
	if (diags)
		diags->dropped++;
	return false;
}

void conf_diags_add(ConfDiags *diags, const ConfDiagPlace *place, char *path, char *message)
{
	ConfDiag *diag;

	if (!diags || diags->items->len >= CONF_DIAGS_MAX) {
		if (diags)
			diags->dropped++;
		g_free(path);
		g_free(message);
		return;
	}
	diag = g_new0(ConfDiag, 1);
	diag->severity = place->severity;
	diag->line = place->line;
	diag->column = place->column;
	diag->path = path;
	diag->message = message;
	diag->nearest = g_strdup(place->nearest);
	g_ptr_array_add(diags->items, diag);
}

char *conf_diag_text(const ConfDiag *diag, const char *file)
{
	static const char *const names[] = { N_("note"), N_("warning"), N_("error") };
	GString *text = g_string_new(NULL);

	if (file)
		g_string_append_printf(text, "%s:", file);
	if (diag->line > 0)
		g_string_append_printf(text, "%d:%d:", diag->line, diag->column);
	if (text->len > 0)
		g_string_append_c(text, ' ');
	g_string_append_printf(text, "%s: ", _(names[diag->severity]));
	if (diag->path)
		g_string_append_printf(text, "%s: ", diag->path);
	g_string_append(text, diag->message);
	if (diag->nearest)
		g_string_append_printf(text, _(" (did you mean '%s'?)"), diag->nearest);
	return g_string_free(text, FALSE);
}

#define NEAREST_MAX 40

/* Number of characters to add, remove, change or swap; @limit + 1 when more than @limit. */
static guint edit_distance(const char *a, const char *b, guint limit)
{
	guint rows[3][NEAREST_MAX + 1];
	gsize la = strlen(a), lb = strlen(b);

	if (la > NEAREST_MAX || lb > NEAREST_MAX)
		return limit + 1;
	for (guint j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (guint i = 1; i <= la; i++) {
		guint *now = rows[i % 3], *before = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];

		now[0] = i;
		for (guint j = 1; j <= lb; j++) {
			guint cost = g_ascii_tolower(a[i - 1]) != g_ascii_tolower(b[j - 1]);

			now[j] = MIN(MIN(before[j] + 1, now[j - 1] + 1), before[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = MIN(now[j], older[j - 2] + 1);
		}
	}
	return rows[la % 3][lb];
}

const char *conf_nearest(const char *name, const char *const *names)
{
	guint limit = MAX(1, (guint)MIN(strlen(name), NEAREST_MAX) / 3), best = limit + 1;
	const char *found = NULL;

	for (; *names; names++) {
		guint distance = edit_distance(name, *names, limit);

		if (distance < best) {
			best = distance;
			found = *names;
		}
	}
	return found;
}
