/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A call being served in the engine, on a fiber of its own. Handlers get it as their first
 * argument: bool serve_<name>(Call *call, <args> *args, <ret> *ret, GError **error). @ret is
 * zeroed before and freed by the dispatcher after: pointers in it come from malloc or GLib.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "daemon/client/client.h"
#include "daemon/core/engine.h"
#include "daemon/store/store.h"
#include "rpc/wire/message.h"
#include "rpc/wire/procs.h"

struct Call {
	Engine *engine;
	Client *client;	      /* referenced; its ->conn is NULL when it left meanwhile */
	const Driver *driver; /* of the connection; NULL only in calls that need none */
	const RpcProc *proc;
	RpcMessage *message; /* as received: header, payload, descriptors */
	bool read_only;
	/* Referenced: what the first argument names, or belongs to; see resolve.h. NULL else. */
	Domain *domain;
	Object *object; /* network, pool, filter, secret, snapshot or checkpoint */
	char *volume;	/* owned: a volume of the pool ->object, by name */
	GArray *fds;	 /* of int: descriptors to send with the reply; owned, NULL for none */
	Stream *stream;	 /* begins when the reply has been queued; see stream.h */
	const char *action; /* what history shall call it; NULL: the call's name */
};

/* Who is calling, for history. Strings belong to the call. */
StoreOrigin call_origin(const Call *call, const char *action);

/* Any bit outside of @known: VIR_ERR_INVALID_ARG "unsupported flags (0x...) in call '...'". */
bool call_flags(const Call *call, unsigned flags, unsigned known, GError **error);
