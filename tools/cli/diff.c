/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unified difference of two texts, line by line: common head and tail, then the longest common
 * subsequence of what is between (E. Myers, "An O(ND) difference algorithm", 1986). */
#include "config.h"

#include <string.h>

#include "tools/cli/xmlfile.h"

#define CONTEXT 3
#define DIFFERENCES_MAX 2000

typedef struct Edits {
	char **a, **b; /* lines */
	int n, m;      /* their numbers */
	bool *removed, *added;
} Edits;

static int lines_split(const char *text, char ***ret_lines)
{
	int n;

	*ret_lines = g_strsplit(text, "\n", -1);
	n = (int)g_strv_length(*ret_lines);
	/* What follows the last newline is no line. */
	if (n && !(*ret_lines)[n - 1][0])
		n--;
	return n;
}

/* Furthest point on diagonal @k with one more difference; @v is indexed from -bound. */
static int step_furthest(const Edits *e, const int *v, int k, int d)
{
	int x = k == -d || (k != d && v[k - 1] < v[k + 1]) ? v[k + 1] : v[k - 1] + 1;

	while (x < e->n && x - k < e->m && !strcmp(e->a[x], e->b[x - k]))
		x++;
	return x;
}

/* Follows the rows of furthest points back from the end, marking what was removed and added. */
static void trace_back(Edits *e, GPtrArray *rows)
{
	int x = e->n, y = e->m;

	for (int d = (int)rows->len - 1; d > 0; d--) {
		const int *v = (const int *)rows->pdata[d - 1] + d - 1;
		int k = x - y;
		int before = k == -d || (k != d && v[k - 1] < v[k + 1]) ? k + 1 : k - 1;
		int px = v[before], py = px - before;

		while (x > px && y > py) {
			x--;
			y--;
		}
		if (before == k + 1 && y > py)
			e->added[--y] = true;
		else if (x > px)
			e->removed[--x] = true;
		x = px;
		y = py;
	}
}

/* One round of the search: all diagonals with @d differences. True when the end is reached. */
static bool round_search(const Edits *e, int *v, int d)
{
	for (int k = -d; k <= d; k += 2) {
		v[k] = d ? step_furthest(e, v, k, d) : 0;
		if (v[k] >= e->n && v[k] - k >= e->m)
			return true;
	}
	return false;
}

/* False when the texts differ too much to be worth the search. The first lines must differ. */
static bool edits_find(Edits *e)
{
	g_autofree int *row = g_new0(int, 2 * DIFFERENCES_MAX + 5);
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);
	int *v = row + DIFFERENCES_MAX + 2;

	for (int d = 0; d <= DIFFERENCES_MAX; d++) {
		if (round_search(e, v, d)) {
			g_ptr_array_add(rows, NULL);
			trace_back(e, rows);
			return true;
		}
		g_ptr_array_add(rows, g_memdup2(v - d, (2 * (gsize)d + 1) * sizeof(int)));
	}
	return false;
}

/* Whether anything differs within CONTEXT lines after the point (x, y). */
static bool change_near(const Edits *e, int x, int y)
{
	for (int i = 0; i <= 2 * CONTEXT; i++)
		if ((x + i < e->n && e->removed[x + i]) || (y + i < e->m && e->added[y + i]))
			return true;
	return false;
}

static void hunk_append(const Edits *e, GString *out, int *x, int *y)
{
	g_autoptr(GString) body = g_string_new(NULL);
	int from_x = *x, from_y = *y, quiet = 0;

	while (*x < e->n || *y < e->m) {
		if (*x < e->n && e->removed[*x]) {
			g_string_append_printf(body, "-%s\n", e->a[(*x)++]);
			quiet = 0;
		} else if (*y < e->m && e->added[*y]) {
			g_string_append_printf(body, "+%s\n", e->b[(*y)++]);
			quiet = 0;
		} else {
			if (quiet >= CONTEXT && !change_near(e, *x, *y))
				break;
			g_string_append_printf(body, " %s\n", e->a[*x]);
			(*x)++;
			(*y)++;
			quiet++;
		}
	}
	g_string_append_printf(out, "@@ -%d,%d +%d,%d @@\n%s", from_x + 1, *x - from_x, from_y + 1,
			       *y - from_y, body->str);
}

static char *edits_text(const Edits *e, const char *old_label, const char *new_label)
{
	GString *out = g_string_new(NULL);
	int x = 0, y = 0;

	g_string_append_printf(out, "--- %s\n+++ %s\n", old_label, new_label);
	while (x < e->n || y < e->m) {
		bool near = false;

		for (int i = 0; i <= CONTEXT && !near; i++)
			near = (x + i < e->n && e->removed[x + i]) || (y + i < e->m && e->added[y + i]);
		if (near) {
			hunk_append(e, out, &x, &y);
		} else {
			x++;
			y++;
		}
	}
	return g_string_free(out, FALSE);
}

/* Lines that both ends share need not be searched. */
static Edits edits_between(const Edits *e, int *ret_head)
{
	Edits middle = *e;
	int head = 0;

	while (head < e->n && head < e->m && !strcmp(e->a[head], e->b[head]))
		head++;
	while (middle.n > head && middle.m > head && !strcmp(e->a[middle.n - 1], e->b[middle.m - 1])) {
		middle.n--;
		middle.m--;
	}
	middle.a += head;
	middle.b += head;
	middle.n -= head;
	middle.m -= head;
	middle.removed += head;
	middle.added += head;
	*ret_head = head;
	return middle;
}

char *text_diff(const char *old, const char *new, const char *old_label, const char *new_label)
{
	g_auto(GStrv) a = NULL, b = NULL;
	g_autofree bool *removed = NULL, *added = NULL;
	Edits all, middle;
	int head;

	if (!strcmp(old, new))
		return g_strdup("");
	all.n = lines_split(old, &a);
	all.m = lines_split(new, &b);
	all.a = a;
	all.b = b;
	all.removed = removed = g_new0(bool, (gsize)all.n + 1);
	all.added = added = g_new0(bool, (gsize)all.m + 1);
	middle = edits_between(&all, &head);
	if (!edits_find(&middle)) {
		memset(middle.removed, 1, (gsize)middle.n * sizeof(bool));
		memset(middle.added, 1, (gsize)middle.m * sizeof(bool));
	}
	return edits_text(&all, old_label, new_label);
}
