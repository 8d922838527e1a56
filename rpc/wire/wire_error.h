/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors on the wire: a GError as a remote_error and back. The message is always present; of errors
 * with an errno int1 carries it. Used by both sides.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "rpc/tables/remote.h"
#include "rpc/wire/message.h"

/* @domain is a virErrorDomain. Strings belong to @ret: xdr_free() or rpc_free(). */
void wire_error_fill(remote_error *ret, const GError *error, int domain);

/* Sets *error from @wire; returns false. */
bool wire_error_raise(const remote_error *wire, GError **error);

/* The error reply to @call; a call with descriptors gets a plain one. Never NULL. */
RpcMessage *wire_error_reply(const RpcHeader *call, const GError *error, int domain);
/* The end of the stream that @call opened. Never NULL. */
RpcMessage *wire_error_stream(const RpcHeader *call, const GError *error, int domain);
/* Sets *error from the payload of a message whose status is error; returns false. */
bool wire_error_raise_message(const RpcMessage *message, GError **error);
