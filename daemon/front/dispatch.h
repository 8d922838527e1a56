/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a received frame to its reply: login, the table's row, access, the domain that is named, then
 * a function of the engine or the guest's worker. Each call is a fiber. Engine only.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "daemon/front/call.h"
#include "daemon/front/client.h"

/* One frame of @client. */
void dispatch_message(Client *client, RpcMessage *message);
/* A long frame begins: false throws it away; the refusal is sent then. */
bool dispatch_begin(Client *client, const RpcHeader *header, gsize length);
/* May the client go on reading? Called when a call or stream frame of it has ended. */
void dispatch_release(Client *client);
/* One frame more is in progress. */
void dispatch_take(Client *client);

/*
 * For calls that the engine orchestrates: the same call, unchanged, to the worker of the call's
 * domain. The worker leaves out what concerns the stored definition. Parks.
 */
bool call_live_call(Call *call, GError **error);
