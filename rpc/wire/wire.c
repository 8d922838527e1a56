/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "rpc/wire/wire.h"
#include "rpc/wire/wire_xdr.h"

enum {
	ENCODE_FIRST = 256, /* bytes allocated at first */
	WORD = 4,
};

#define POISON_WORD 0xa5a5a5a5u

bool rpc_poison_wanted(void)
{
	static int wanted = -1;

	if (wanted < 0)
		wanted = g_strcmp0(g_getenv("REEVE_POISON"), "1") == 0;
	return wanted;
}

/*
 * An XDR stream that grows: x_private is the buffer, x_handy how much of it is used, x_public
 * points to its size. One pass over the value instead of one to measure and one to write.
 */
static bool encoder_grow(XDR *xdrs, gsize more)
{
	gsize *size = (gsize *)(void *)xdrs->x_public;

	if (xdrs->x_handy + more <= *size)
		return true;
	if (xdrs->x_handy + more > 2 * (gsize)LIMIT_FRAME)
		return false;
	*size = MAX(*size * 2, xdrs->x_handy + more);
	xdrs->x_private = g_realloc(xdrs->x_private, *size);
	return true;
}

static bool_t encoder_putlong(XDR *xdrs, const long *value)
{
	guint32 word = GUINT32_TO_BE((guint32)*value);

	if ((guint32)*value == POISON_WORD && rpc_poison_wanted())
		return FALSE;
	if (!encoder_grow(xdrs, WORD))
		return FALSE;
	memcpy((guint8 *)xdrs->x_private + xdrs->x_handy, &word, WORD);
	xdrs->x_handy += WORD;
	return TRUE;
}

static bool_t encoder_putbytes(XDR *xdrs, const char *bytes, u_int length)
{
	if (!encoder_grow(xdrs, length))
		return FALSE;
	memcpy((guint8 *)xdrs->x_private + xdrs->x_handy, bytes, length);
	xdrs->x_handy += length;
	return TRUE;
}

static int32_t *encoder_inline(XDR *xdrs, u_int length)
{
	guint8 *place;

	if (rpc_poison_wanted() || !encoder_grow(xdrs, length))
		return NULL;
	place = (guint8 *)xdrs->x_private + xdrs->x_handy;
	xdrs->x_handy += length;
	return (int32_t *)(void *)place;
}

guint8 *rpc_encode(xdrproc_t filter, const void *value, gsize reserve, gsize *ret_length,
		   GError **error)
{
	static struct xdr_ops ops = {
		.x_putlong = encoder_putlong,
		.x_putbytes = encoder_putbytes,
		.x_inline = encoder_inline,
	};
	gsize size = reserve + ENCODE_FIRST;
	XDR xdrs = {
		.x_op = XDR_ENCODE,
		.x_ops = (void *)&ops,
		.x_public = (char *)&size,
		.x_private = g_malloc(size),
		.x_handy = (u_int)reserve,
	};

	if (!filter(&xdrs, value) || xdrs.x_handy - reserve > LIMIT_FRAME) {
		g_free(xdrs.x_private);
		return fail_null(error, VIR_ERR_RPC,
				 _("the message does not fit the limits of the protocol"));
	}
	*ret_length = xdrs.x_handy;
	return xdrs.x_private;
}

guint8 *rpc_encode_mended(xdrproc_t filter, const void *value, gsize reserve, gsize *ret_length,
			  GError **error)
{
	RpcXdrTexts before = rpc_xdr_texts(RPC_XDR_TEXTS_MEND);
	guint8 *bytes = rpc_encode(filter, value, reserve, ret_length, error);

	rpc_xdr_texts(before);
	return bytes;
}

/* How many of the @length bytes are @value; -1 and an error when they are none. */
static gssize decode(const void *bytes, gsize length, xdrproc_t filter, void *value, GError **error)
{
	XDR xdrs;

	xdrmem_create(&xdrs, (char *)bytes, (u_int)length, XDR_DECODE);
	if (filter(&xdrs, value))
		return (gssize)xdr_getpos(&xdrs);
	rpc_free(filter, value);
	fail(error, VIR_ERR_RPC, _("the message is too short or exceeds the limits of the protocol"));
	return -1;
}

bool rpc_decode(const void *bytes, gsize length, xdrproc_t filter, void *value, GError **error)
{
	return decode(bytes, length, filter, value, error) >= 0;
}

bool rpc_decode_whole(const void *bytes, gsize length, xdrproc_t filter, void *value, GError **error)
{
	gssize used = decode(bytes, length, filter, value, error);

	if (used < 0 || (gsize)used == length)
		return used >= 0;
	rpc_free(filter, value);
	return fail(error, VIR_ERR_RPC, _("the message is %zu bytes longer than it says"),
		    length - (gsize)used);
}

void rpc_free(xdrproc_t filter, void *value)
{
	xdr_free(filter, value);
}
