/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "conf/bind/types.h"

static Cpuset *cpuset_sized(guint n_words)
{
	Cpuset *set = g_malloc0(sizeof(Cpuset) + n_words * sizeof(guint64));

	set->n_words = n_words;
	return set;
}

Cpuset *cpuset_add(Cpuset *set, guint number)
{
	guint word = number / 64;

	if (!set || word >= set->n_words) {
		Cpuset *grown = cpuset_sized(word + 1);

		if (set)
			memcpy(grown->words, set->words, set->n_words * sizeof(guint64));
		g_free(set);
		set = grown;
	}
	set->words[word] |= G_GUINT64_CONSTANT(1) << (number % 64);
	return set;
}

static bool number_take(const char **text, guint *ret)
{
	guint value = 0;

	if (!g_ascii_isdigit(**text))
		return false;
	for (; g_ascii_isdigit(**text); (*text)++) {
		value = value * 10 + (guint)(**text - '0');
		if (value >= CPUSET_MAX)
			return false;
	}
	*ret = value;
	return true;
}

static void blanks_skip(const char **text)
{
	while (g_ascii_isspace(**text))
		(*text)++;
}

Cpuset *cpuset_parse(const char *text)
{
	g_autoptr(Cpuset) set = NULL;

	for (;;) {
		guint first, last;
		bool without;

		blanks_skip(&text);
		without = *text == '^';
		text += without;
		if (!number_take(&text, &first))
			return NULL;
		last = first;
		blanks_skip(&text);
		if (*text == '-') {
			text++;
			blanks_skip(&text);
			if (!number_take(&text, &last) || last < first || without)
				return NULL;
			blanks_skip(&text);
		}
		if (without && cpuset_has(set, first))
			set->words[first / 64] &= ~(G_GUINT64_CONSTANT(1) << (first % 64));
		for (guint i = first; !without && i <= last; i++)
			set = cpuset_add(set, i);
		if (!*text)
			break;
		if (*text++ != ',')
			return NULL;
	}
	return cpuset_count(set) ? g_steal_pointer(&set) : NULL;
}

char *cpuset_format(const Cpuset *set)
{
	GString *text = g_string_new(NULL);
	int last = cpuset_last(set);

	for (int i = 0; i <= last; i++) {
		int end = i;

		if (!cpuset_has(set, (guint)i))
			continue;
		while (cpuset_has(set, (guint)end + 1))
			end++;
		if (text->len > 0)
			g_string_append_c(text, ',');
		g_string_append_printf(text, "%d", i);
		if (end > i)
			g_string_append_printf(text, "-%d", end);
		i = end;
	}
	return g_string_free(text, FALSE);
}

Cpuset *cpuset_copy(const Cpuset *set)
{
	return set ? g_memdup2(set, sizeof(Cpuset) + set->n_words * sizeof(guint64)) : NULL;
}

void cpuset_free(Cpuset *set)
{
	g_free(set);
}

bool cpuset_has(const Cpuset *set, guint number)
{
	return set && number / 64 < set->n_words && set->words[number / 64] >> (number % 64) & 1;
}

int cpuset_last(const Cpuset *set)
{
	for (guint word = set ? set->n_words : 0; word > 0; word--)
		if (set->words[word - 1])
			return (int)(word * 64) - 1 - __builtin_clzll(set->words[word - 1]);
	return -1;
}

guint cpuset_count(const Cpuset *set)
{
	guint count = 0;

	for (guint word = 0; set && word < set->n_words; word++)
		count += (guint)__builtin_popcountll(set->words[word]);
	return count;
}

static guint64 word_of(const Cpuset *set, guint word)
{
	return set && word < set->n_words ? set->words[word] : 0;
}

bool cpuset_equal(const Cpuset *a, const Cpuset *b)
{
	guint n_words = MAX(a ? a->n_words : 0, b ? b->n_words : 0);

	if (!a != !b)
		return false;
	for (guint word = 0; word < n_words; word++)
		if (word_of(a, word) != word_of(b, word))
			return false;
	return true;
}

bool cpuset_overlaps(const Cpuset *a, const Cpuset *b)
{
	guint n_words = MIN(a ? a->n_words : 0, b ? b->n_words : 0);

	for (guint word = 0; word < n_words; word++)
		if (a->words[word] & b->words[word])
			return true;
	return false;
}
