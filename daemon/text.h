/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A text that is kept packed (LZ4): definitions in memory and in the database. Ten thousand of them
 * must not cost 60 MB. Never changes once made, so it may be shared between threads.
 */
#pragma once

#include <glib.h>

typedef struct Text Text;

Text *text_new(const char *plain);
/* From what text_blob() gave; NULL when it is damaged or larger than LIMIT_XML_SIZE. */
Text *text_from_blob(const void *blob, gsize length);
Text *text_ref(Text *text);
void text_unref(Text *text); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Text, text_unref)

/* Does the plain text hold secrets? Not known at first. Loop's thread only; not in the blob. */
typedef enum TextSecrets { TEXT_NOT_LOOKED, TEXT_PUBLIC, TEXT_SECRET } TextSecrets;
TextSecrets text_secrets(const Text *text);
void text_set_secrets(Text *text, TextSecrets secrets);

/* A plain copy; the caller frees. */
char *text_dup(const Text *text);
/* Bytes of the plain text, without the NUL. */
gsize text_size(const Text *text);
/* The packed form, borrowed. */
const void *text_blob(const Text *text, gsize *ret_length);
