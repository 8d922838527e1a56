/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <lz4.h>

#include "base/limits.h"
#include "daemon/store/text.h"

/* A blob is a word (big endian: TextSecrets in its highest byte, the plain size), then LZ4's block. */
enum { HEAD = 4, SECRETS_SHIFT = 24, SIZE_MASK = (1 << SECRETS_SHIFT) - 1 };

struct Text {
	gatomicrefcount refs;
	guint32 size;
	guint32 length; /* of blob */
	TextSecrets secrets;
	char blob[];
};

static Text *text_allocate(gsize size, gsize length)
{
	Text *text = g_malloc(sizeof(Text) + length);

	g_atomic_ref_count_init(&text->refs);
	text->size = (guint32)size;
	text->length = (guint32)length;
	text->secrets = TEXT_NOT_LOOKED;
	return text;
}

Text *text_new(const char *plain)
{
	return text_new_marked(plain, TEXT_NOT_LOOKED);
}

Text *text_new_marked(const char *plain, TextSecrets secrets)
{
	int size = (int)strlen(plain);
	int bound = LZ4_compressBound(size);
	g_autofree char *packed = g_malloc((gsize)bound);
	int length = LZ4_compress_default(plain, packed, size, bound);
	guint32 head = GUINT32_TO_BE((guint32)size | (guint32)secrets << SECRETS_SHIFT);
	Text *text = text_allocate((gsize)size, HEAD + (gsize)length);

	memcpy(text->blob, &head, HEAD);
	memcpy(text->blob + HEAD, packed, (gsize)length);
	text->secrets = secrets;
	return text;
}

Text *text_from_blob(const void *blob, gsize length)
{
	guint32 head;
	Text *text;

	if (length < HEAD || length > 2 * LIMIT_XML_SIZE)
		return NULL;
	memcpy(&head, blob, HEAD);
	head = GUINT32_FROM_BE(head);
	if ((head & SIZE_MASK) > LIMIT_XML_SIZE || head >> SECRETS_SHIFT > TEXT_SECRET)
		return NULL;
	text = text_allocate(head & SIZE_MASK, length);
	text->secrets = (TextSecrets)(head >> SECRETS_SHIFT);
	memcpy(text->blob, blob, length);
	return text;
}

Text *text_ref(Text *text)
{
	g_atomic_ref_count_inc(&text->refs);
	return text;
}

void text_unref(Text *text)
{
	if (text && g_atomic_ref_count_dec(&text->refs))
		g_free(text);
}

char *text_dup(const Text *text)
{
	char *plain = g_malloc((gsize)text->size + 1);
	int got = LZ4_decompress_safe(text->blob + HEAD, plain, (int)(text->length - HEAD),
				      (int)text->size);

	/* A damaged block gives what could be read of it, never more. */
	plain[MAX(got, 0)] = '\0';
	return plain;
}

gsize text_size(const Text *text)
{
	return text->size;
}

const void *text_blob(const Text *text, gsize *ret_length)
{
	*ret_length = text->length;
	return text->blob;
}

TextSecrets text_secrets(const Text *text)
{
	return text->secrets;
}

void text_set_secrets(Text *text, TextSecrets secrets)
{
	text->secrets = secrets;
}
