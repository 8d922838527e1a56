/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A text that is kept packed (LZ4): definitions in memory and in the database. Ten thousand of them
 * must not cost 60 MB. Never changes once made, so it may be shared between threads.
 */
#pragma once

#include <glib.h>

typedef struct Text Text;

/* Does the plain text hold secrets? */
typedef enum TextSecrets { TEXT_NOT_LOOKED, TEXT_PUBLIC, TEXT_SECRET } TextSecrets;

Text *text_new(const char *plain);
/* The same of a text of which that is known; it goes into the blob. */
Text *text_new_marked(const char *plain, TextSecrets secrets);
/* From what text_blob() gave; NULL when it is damaged or larger than LIMIT_XML_SIZE. */
Text *text_from_blob(const void *blob, gsize length);
Text *text_ref(Text *text);
void text_unref(Text *text); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Text, text_unref)

/* What was found out later is known to the loop's thread only, and not in the blob. */
TextSecrets text_secrets(const Text *text);
void text_set_secrets(Text *text, TextSecrets secrets);

/* A plain copy; the caller frees. */
char *text_dup(const Text *text);
/* Bytes of the plain text, without the NUL. */
gsize text_size(const Text *text);
/* The packed form, borrowed. */
const void *text_blob(const Text *text, gsize *ret_length);
