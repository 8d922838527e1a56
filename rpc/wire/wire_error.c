/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rpc/wire/wire.h"
#include "rpc/wire/wire_error.h"

static remote_optional_string optional(const char *text)
{
	remote_optional_string string = g_new(char *, 1);

	*string = g_strdup(text);
	return string;
}

/* The protocol's bound on strings; a longer message would not encode. */
static char *cut(const char *message)
{
	gsize length = strnlen(message, REMOTE_STRING_MAX);

	/* g_strndup() would write zeros up to the bound it is given. */
	return g_strndup(message, length);
}

void wire_error_fill(remote_error *ret, const GError *error, int domain)
{
	int errnum = error_errno(error);

	*ret = (remote_error){
		.code = error_code(error),
		.domain = domain,
		.level = VIR_ERR_ERROR,
		.int1 = errnum ? errnum : -1,
		.int2 = -1,
	};
	ret->message = g_new(char *, 1);
	*ret->message = cut(*error->message ? error->message : _("no reason was given"));
	/* Clients show str1 as the kind of error, and some look at str2 for the detail. */
	ret->str1 = optional("%s");
	ret->str2 = g_new(char *, 1);
	*ret->str2 = g_strdup(*ret->message);
}

bool wire_error_raise(const remote_error *wire, GError **error)
{
	const char *message = wire->message ? *wire->message : NULL;
	int errnum = wire->code == VIR_ERR_SYSTEM_ERROR && wire->int1 > 0 ? wire->int1 : 0;

	if (error)
		*error = error_new(wire->code, errnum,
				   message && *message ? message : _("the server gave no reason"));
	return false;
}

static RpcMessage *error_message(const RpcHeader *header, const GError *error, int domain)
{
	remote_error wire;
	RpcMessage *message;

	wire_error_fill(&wire, error, domain);
	message = rpc_message_new(header, (xdrproc_t)xdr_remote_error, &wire, NULL);
	rpc_free((xdrproc_t)xdr_remote_error, &wire);
	/* Cannot fail: all that it holds is bounded above. */
	g_assert(message);
	return message;
}

RpcMessage *wire_error_reply(const RpcHeader *call, const GError *error, int domain)
{
	RpcHeader header = *call;

	header.type = RPC_TYPE_REPLY;
	header.status = RPC_STATUS_ERROR;
	return error_message(&header, error, domain);
}

RpcMessage *wire_error_stream(const RpcHeader *call, const GError *error, int domain)
{
	RpcHeader header = *call;

	header.type = RPC_TYPE_STREAM;
	header.status = RPC_STATUS_ERROR;
	return error_message(&header, error, domain);
}

bool wire_error_raise_message(const RpcMessage *message, GError **error)
{
	remote_error wire = { 0 };

	if (!rpc_message_decode(message, (xdrproc_t)xdr_remote_error, &wire, error))
		return false;
	wire_error_raise(&wire, error);
	rpc_free((xdrproc_t)xdr_remote_error, &wire);
	return false;
}
