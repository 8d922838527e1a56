/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/plain.h"

#include <string.h>

#include <glib.h>

static bool is_blank(gunichar c)
{
	return c == '\t' || c == '\n' || c == '\r';
}

/* Bytes of the character at @text, 0 when XML cannot hold what is there. */
static gsize plain_length(const char *text)
{
	gunichar c = g_utf8_get_char_validated(text, -1);

	if (c & 0x80000000 || c == 0xfffe || c == 0xffff || (c < 0x20 && !is_blank(c)))
		return 0;
	return (gsize)(g_utf8_next_char(text) - text);
}

/* The first that is not plain, or the end. */
static char *odd_find(char *text)
{
	while (*text) {
		gsize length = 1;

		/* Nearly all of it is printable ASCII. */
		if (*text < 0x20 || *text >= 0x7f)
			length = plain_length(text);
		if (length == 0)
			break;
		text += length;
	}
	return text;
}

bool text_is_plain(const char *text)
{
	return *odd_find((char *)text) == '\0';
}

bool text_is_line(const char *text)
{
	return text_is_plain(text) && !strpbrk(text, "\t\n\r");
}

char *text_mend(char *text)
{
	for (char *odd = odd_find(text); *odd; odd = odd_find(odd + 1))
		*odd = '?';
	return text;
}
