/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text that may stand in an XML document and in a message to a client: UTF-8, and only characters
 * that XML 1.0 has (its rule 2, Char): no control characters but tab, newline and return. What comes
 * from outside is refused or mended before it is kept, for nobody could read a document with it.
 */
#pragma once

#include <stdbool.h>

bool text_is_plain(const char *text);
/* The same without tab, newline and return: for names, which stand in lists and logs. */
bool text_is_line(const char *text);
/* Puts '?' in the place of each byte that is not; returns @text. */
char *text_mend(char *text);
