/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every length and count in the arguments and replies of every call, found by walking the call
 * tables: -1, 2^31, the bound and one, and more than the message has do not decode, and next to
 * nothing is allocated on the way. A new call is covered the day it gets its row.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "rpc/wire/procs.h"
#include "rpc/wire/wire.h"
#include "rpc/wire/wire_xdr.h"

/* The real filters, under other names and with a measure on what they allocate. */
static size_t allocated;

static void *measured_malloc(size_t size)
{
	allocated += size;
	return (malloc)(size);
}

static void *measured_calloc(size_t count, size_t size)
{
	allocated += count * size;
	return (calloc)(count, size);
}

bool_t real_string(XDR *xdrs, char **text, u_int limit);
bool_t real_bytes(XDR *xdrs, char **bytes, u_int *length, u_int limit);
bool_t real_array(XDR *xdrs, RpcXdrArray array, u_int limit, u_int size, xdrproc_t filter);
bool_t real_pointer(XDR *xdrs, char **object, u_int size, xdrproc_t filter);

#define malloc(size) measured_malloc(size)
#define calloc(count, size) measured_calloc(count, size)
#define rpc_xdr_string real_string
#define rpc_xdr_bytes real_bytes
#define rpc_xdr_array real_array
#define rpc_xdr_pointer real_pointer
#include "rpc/wire/wire_xdr.c"
#undef malloc
#undef calloc
#undef rpc_xdr_string
#undef rpc_xdr_bytes
#undef rpc_xdr_array
#undef rpc_xdr_pointer

enum {
	SPACE = 16 * 1024, /* of a message in which every array has one element */
	LENGTHS_MAX = 256, /* of one message */
	FILLER = 10 * 1024 *
		 1024, /* more than any bound, times the size of an element on the wire */
	TRIFLE = 64 * 1024,
};

typedef struct Length {
	u_int position; /* of the word in the message */
	u_int limit;
} Length;

/* While this is set, filters write the message that they are asked to read, and note the lengths.
 */
static struct {
	bool on;
	guint8 *message;
	Length lengths[LENGTHS_MAX];
	unsigned count;
} recorder;

static u_int position_of(const XDR *xdrs)
{
	return SPACE - xdrs->x_handy;
}

static void put(u_int position, guint32 word)
{
	word = GUINT32_TO_BE(word);
	memcpy(recorder.message + position, &word, sizeof(word));
}

static void note(const XDR *xdrs, u_int limit)
{
	assert_true(recorder.count < LENGTHS_MAX);
	recorder.lengths[recorder.count].position = position_of(xdrs);
	recorder.lengths[recorder.count++].limit = limit;
}

/* Called by rpcgen's output in place of the real ones. */
bool_t rpc_xdr_string(XDR *xdrs, char **text, u_int limit)
{
	if (recorder.on && xdrs->x_op == XDR_DECODE)
		note(xdrs, limit);
	return real_string(xdrs, text, limit);
}

bool_t rpc_xdr_bytes(XDR *xdrs, char **bytes, u_int *length, u_int limit)
{
	if (recorder.on && xdrs->x_op == XDR_DECODE)
		note(xdrs, limit);
	return real_bytes(xdrs, bytes, length, limit);
}

bool_t rpc_xdr_array(XDR *xdrs, RpcXdrArray array, u_int limit, u_int size, xdrproc_t filter)
{
	u_int at = position_of(xdrs);

	if (recorder.on && xdrs->x_op == XDR_DECODE) {
		note(xdrs, limit);
		put(at, 1);
		/* An element of this kind needs a type that exists, behind its (empty) name. */
		if (filter == (xdrproc_t)xdr_remote_typed_param)
			put(at + 8, VIR_TYPED_PARAM_STRING);
	}
	return real_array(xdrs, array, limit, size, filter);
}

bool_t rpc_xdr_pointer(XDR *xdrs, char **object, u_int size, xdrproc_t filter)
{
	if (recorder.on && xdrs->x_op == XDR_DECODE)
		put(position_of(xdrs), 1);
	return real_pointer(xdrs, object, size, filter);
}

/* Finds the lengths of what @filter reads, and a message that has one of everything. */
static void record(xdrproc_t filter, gsize size, guint8 *message)
{
	g_autofree void *value = g_malloc0(size);

	memset(message, 0, SPACE);
	recorder.message = message;
	recorder.count = 0;
	recorder.on = true;
	assert_true(rpc_decode(message, SPACE, filter, value, NULL));
	recorder.on = false;
	rpc_free(filter, value);
}

static const char *current; /* call, for messages */
static unsigned lengths;    /* tried */

static void must_fail(xdrproc_t filter, gsize size, const guint8 *message, gsize length)
{
	g_autofree void *value = g_malloc0(size);
	bool decoded;

	allocated = 0;
	decoded = rpc_decode(message, length, filter, value, NULL);
	if (decoded || allocated > TRIFLE)
		print_error("%s: decoded %d, allocated %zu\n", current, decoded, allocated);
	assert_false(decoded);
	assert_true(allocated <= TRIFLE);
}

static void check_filter(xdrproc_t filter, gsize size)
{
	static guint8 message[SPACE];
	static guint8 *filler;

	if (!filler)
		filler = g_malloc0(FILLER);
	record(filter, size, message);
	for (unsigned i = 0; i < recorder.count; i++) {
		Length length = recorder.lengths[i];
		const guint32 wrong[] = { 0xffffffffu, 0x80000000u, SPACE - length.position,
					  length.limit + 1 };

		recorder.message = filler;
		memset(filler, 0, SPACE * 2);
		memcpy(filler, message, length.position);
		for (gsize w = 0; w < G_N_ELEMENTS(wrong); w++) {
			bool long_enough = w == 3; /* so that only the bound can refuse it */

			put(length.position, wrong[w]);
			must_fail(filter, size, filler, long_enough ? FILLER : SPACE);
		}
		lengths++;
	}
}

static void check_proc(const RpcProc *proc, void *data)
{
	unsigned *procs = data;

	current = proc->name;
	check_filter(proc->args_filter, proc->args_size);
	check_filter(proc->ret_filter, proc->ret_size);
	(*procs)++;
}

static void test_every_length(G_GNUC_UNUSED void **state)
{
	unsigned procs = 0;

	rpc_proc_each(check_proc, &procs);
	print_message("%u lengths in %u calls\n", lengths, procs);
	assert_true(procs > 443);
	assert_true(lengths > procs);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_length) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
