/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/wire/handle.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

/*
 * How the handles of remote.x lie on the wire: u a UUID, - a string that says nothing more than
 * that, n p k a string that is the name, the pool, the key.
 */
static const char *const layouts[] = {
	[RPC_NAMES_NOTHING] = "",	   [RPC_NAMES_DOMAIN] = "-u",
	[RPC_NAMES_SNAPSHOT] = "n-u",	   [RPC_NAMES_CHECKPOINT] = "n-u",
	[RPC_NAMES_NETWORK] = "-u",	   [RPC_NAMES_NETWORK_PORT] = "-u",
	[RPC_NAMES_INTERFACE] = "n",	   [RPC_NAMES_STORAGE_POOL] = "-u",
	[RPC_NAMES_STORAGE_VOL] = "pnk",   [RPC_NAMES_NODE_DEVICE] = "n",
	[RPC_NAMES_NWFILTER] = "-u",	   [RPC_NAMES_NWFILTER_BINDING] = "n",
	[RPC_NAMES_SECRET] = "u",
};

enum { WORD = 4 };

void rpc_handle_clear(RpcHandle *handle)
{
	g_clear_pointer(&handle->name, g_free);
	g_clear_pointer(&handle->pool, g_free);
	g_clear_pointer(&handle->key, g_free);
}

/* A string at *offset: its length, its bytes, padding. @ret NULL: only stepped over. */
static bool read_string(const RpcMessage *message, gsize *offset, char **ret)
{
	gsize left = message->length - *offset;
	guint32 length;

	if (left < WORD)
		return false;
	memcpy(&length, message->payload + *offset, WORD);
	length = GUINT32_FROM_BE(length);
	if (length > REMOTE_STRING_MAX || (length + WORD - 1) / WORD * WORD > left - WORD)
		return false;
	if (ret)
		*ret = g_strndup((const char *)message->payload + *offset + WORD, length);
	*offset += WORD + (length + WORD - 1) / WORD * WORD;
	return true;
}

static bool read_part(const RpcMessage *message, char part, gsize *offset, RpcHandle *ret)
{
	switch (part) {
	case 'n':
		return read_string(message, offset, &ret->name);
	case 'p':
		return read_string(message, offset, &ret->pool);
	case 'k':
		return read_string(message, offset, &ret->key);
	case 'u':
		if (message->length - *offset < sizeof(ret->uuid))
			return false;
		memcpy(ret->uuid, message->payload + *offset, sizeof(ret->uuid));
		*offset += sizeof(ret->uuid);
		return true;
	default:
		return read_string(message, offset, NULL);
	}
}

bool rpc_handle_read(const RpcMessage *call, const RpcProc *proc, RpcHandle *ret, GError **error)
{
	g_auto(RpcHandle) handle = { .name = NULL };
	const char *layout = layouts[proc->names];
	gsize offset = 0;

	if (!*layout)
		return fail(error, VIR_ERR_INVALID_ARG, _("call '%s' names no object"), proc->name);
	for (; *layout; layout++)
		if (!read_part(call, *layout, &offset, &handle))
			return fail(error, VIR_ERR_RPC,
				    _("the arguments of call '%s' do not begin with the object that "
				      "it is about"),
				    proc->name);
	*ret = handle;
	handle = (RpcHandle){ .name = NULL };
	return true;
}
