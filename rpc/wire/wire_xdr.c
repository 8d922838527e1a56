/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What rpcgen's output calls instead of libtirpc's functions of the same names (the header renames
 * them). These allocate nothing that the bytes at hand could not fill: a count or length that
 * promises more than is left of the message fails before memory is asked for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/plain.h"
#include "rpc/wire/wire_xdr.h"

enum {
	WORD = 4, /* no element takes less */
};

static u_int padding(u_int length)
{
	return (WORD - length % WORD) % WORD;
}

/* What a reply is filled with in tests (RPC_POISON): somebody forgot to set this member. */
static bool_t is_poison(const void *pointer)
{
	return (uintptr_t)pointer == (uintptr_t)0xa5a5a5a5a5a5a5a5u;
}

/* Of a stream made by xdrmem_create(). */
static u_int bytes_left(const XDR *xdrs)
{
	return xdrs->x_handy;
}

static bool_t put_opaque(XDR *xdrs, const char *bytes, u_int length)
{
	static const char zeros[WORD];

	if (length && !XDR_PUTBYTES(xdrs, (char *)bytes, length))
		return FALSE;
	return !padding(length) || XDR_PUTBYTES(xdrs, (char *)zeros, padding(length));
}

/* Decodes a length and so many bytes, with a terminator that does not count. */
static bool_t get_opaque(XDR *xdrs, char **ret_bytes, u_int *ret_length, u_int limit)
{
	char ignored[WORD];
	u_int length;
	char *bytes;

	if (!xdr_u_int(xdrs, &length) || length > limit || length > bytes_left(xdrs))
		return FALSE;
	bytes = malloc((size_t)length + 1);
	if (!bytes)
		return FALSE;
	if (!XDR_GETBYTES(xdrs, bytes, length) ||
	    (padding(length) && !XDR_GETBYTES(xdrs, ignored, padding(length)))) {
		free(bytes);
		return FALSE;
	}
	bytes[length] = '\0';
	free(*ret_bytes);
	*ret_bytes = bytes;
	*ret_length = length;
	return TRUE;
}

static __thread RpcXdrTexts texts = RPC_XDR_TEXTS_ANY;
static __thread bool odd; /* a text was refused */

RpcXdrTexts rpc_xdr_texts(RpcXdrTexts wanted)
{
	RpcXdrTexts before = texts;

	texts = wanted;
	odd = false;
	return before;
}

bool rpc_xdr_was_odd(void)
{
	return odd;
}

static bool_t get_string(XDR *xdrs, char **text, u_int limit)
{
	u_int length;

	/* A string with a NUL inside would be taken for its beginning by whoever checks it. */
	if (!get_opaque(xdrs, text, &length, limit) || strlen(*text) != length)
		return FALSE;
	if (texts != RPC_XDR_TEXTS_REFUSE || text_is_plain(*text))
		return TRUE;
	odd = true;
	return FALSE;
}

static bool_t put_string(XDR *xdrs, const char *text, u_int limit)
{
	size_t actual = text && !is_poison(text) ? strlen(text) : SIZE_MAX;
	u_int length = (u_int)actual;
	char *mended;
	bool_t good;

	if (actual > limit || !xdr_u_int(xdrs, &length))
		return FALSE;
	if (texts != RPC_XDR_TEXTS_MEND || text_is_plain(text))
		return put_opaque(xdrs, text, length);
	mended = strdup(text);
	good = mended && put_opaque(xdrs, text_mend(mended), length);
	free(mended);
	return good;
}

bool_t rpc_xdr_string(XDR *xdrs, char **text, u_int limit)
{
	switch (xdrs->x_op) {
	case XDR_DECODE:
		return get_string(xdrs, text, limit);
	case XDR_ENCODE:
		return put_string(xdrs, *text, limit);
	case XDR_FREE:
		free(*text);
		*text = NULL;
		return TRUE;
	}
	return FALSE;
}

bool_t rpc_xdr_bytes(XDR *xdrs, char **bytes, u_int *length, u_int limit)
{
	switch (xdrs->x_op) {
	case XDR_DECODE:
		return get_opaque(xdrs, bytes, length, limit);
	case XDR_ENCODE:
		return *length <= limit && (*bytes || !*length) && xdr_u_int(xdrs, length) &&
		       put_opaque(xdrs, *bytes, *length);
	case XDR_FREE:
		free(*bytes);
		*bytes = NULL;
		*length = 0;
		return TRUE;
	}
	return FALSE;
}

static bool_t each_element(XDR *xdrs, char *elements, u_int count, u_int size, xdrproc_t filter)
{
	for (u_int i = 0; i < count; i++)
		if (!filter(xdrs, elements + (size_t)i * size))
			return FALSE;
	return TRUE;
}

static bool_t get_array(XDR *xdrs, RpcXdrArray array, u_int limit, u_int size, xdrproc_t filter)
{
	u_int count;

	if (!xdr_u_int(xdrs, &count) || count > limit || count > bytes_left(xdrs) / WORD)
		return FALSE;
	*array.count = count;
	*array.elements = NULL;
	if (!count)
		return TRUE;
	*array.elements = calloc(count, size);
	if (!*array.elements) {
		*array.count = 0;
		return FALSE;
	}
	return each_element(xdrs, *array.elements, count, size, filter);
}

bool_t rpc_xdr_array(XDR *xdrs, RpcXdrArray array, u_int limit, u_int size, xdrproc_t filter)
{
	char **elements = array.elements;
	u_int *count = array.count;

	switch (xdrs->x_op) {
	case XDR_DECODE:
		return get_array(xdrs, array, limit, size, filter);
	case XDR_ENCODE:
		return *count <= limit && (*elements || !*count) && xdr_u_int(xdrs, count) &&
		       each_element(xdrs, *elements, *count, size, filter);
	case XDR_FREE:
		if (*elements)
			each_element(xdrs, *elements, *count, size, filter);
		free(*elements);
		*elements = NULL;
		*count = 0;
		return TRUE;
	}
	return FALSE;
}

bool_t rpc_xdr_pointer(XDR *xdrs, char **object, u_int size, xdrproc_t filter)
{
	u_int present = *object != NULL;

	if (xdrs->x_op == XDR_FREE) {
		if (*object)
			filter(xdrs, *object);
		free(*object);
		*object = NULL;
		return TRUE;
	}
	/* Not only 1 says that it is there: there are clients that write another number. */
	if (is_poison(*object) || !xdr_u_int(xdrs, &present))
		return FALSE;
	if (!present) {
		*object = NULL;
		return TRUE;
	}
	if (xdrs->x_op == XDR_DECODE)
		*object = calloc(1, size);
	return *object && filter(xdrs, *object);
}
