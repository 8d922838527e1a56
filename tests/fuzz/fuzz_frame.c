/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes that a stranger sends: the reader puts frames together from pieces, the dispatcher finds
 * the row and decodes the arguments. Nothing is served. The first byte says how long the pieces
 * are.
 */
#include <fcntl.h>
#include <stdint.h>

#include "base/error.h"
#include "rpc/wire/dispatch.h"
#include "rpc/wire/handle.h"
#include "rpc/wire/reader.h"
#include "rpc/wire/wire_error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool refuse(G_GNUC_UNUSED void *context, G_GNUC_UNUSED void *args, G_GNUC_UNUSED void *ret,
		   GError **error)
{
	return fail(error, VIR_ERR_AUTH_FAILED, "log in first");
}

static bool on_message(RpcMessage *taken, G_GNUC_UNUSED void *data)
{
	static const RpcService service;
	g_autoptr(RpcMessage) message = taken;
	g_autoptr(RpcMessage) reply = NULL;
	g_autoptr(GError) error = NULL;
	const RpcProc *proc = rpc_dispatch_find(message, &reply);
	g_auto(RpcHandle) handle = { .name = NULL };

	if (proc) {
		rpc_handle_read(message, proc, &handle, NULL);
		reply = rpc_dispatch_call(&service, proc, refuse, message, NULL);
	}
	if (reply && reply->header.status == RPC_STATUS_ERROR)
		wire_error_raise_message(reply, &error);
	/* What a server sends is decoded by clients. */
	if (message->header.status == RPC_STATUS_ERROR) {
		g_clear_error(&error);
		wire_error_raise_message(message, &error);
	}
	return true;
}

static bool on_begin(G_GNUC_UNUSED const RpcHeader *header, gsize length, G_GNUC_UNUSED void *data)
{
	return length % 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const RpcReaderHandler handler = { .message = on_message, .begin = on_begin };
	gsize piece = size > 0 ? (gsize)data[0] + 1 : 1;
	RpcReader reader;

	rpc_reader_init(&reader, &handler, NULL);
	reader.takes_fds = true;
	for (gsize at = 1; at < size;) {
		gsize length = MIN(piece, size - at);

		/* Some pieces end with a byte that carries a descriptor. */
		if (data[at] % 7 == 0 &&
		    !rpc_reader_add_fd(&reader, reader.position + length - 1,
				       open("/dev/null", O_RDONLY | O_CLOEXEC), NULL))
			break;
		if (rpc_reader_feed(&reader, data + at, length, NULL) < 0)
			break;
		at += length;
	}
	rpc_reader_clear(&reader);
	return 0;
}
