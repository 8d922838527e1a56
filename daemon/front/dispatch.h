/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a received frame to its reply: login, the table's row, access, the domain that is named, then
 * a function of the engine or the guest's worker. Each call is a fiber. Engine only.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "daemon/client/call.h"
#include "daemon/client/client.h"

/* One frame of @client. */
void dispatch_message(Client *client, RpcMessage *message);
/* A long frame begins: false throws it away; the refusal is sent then. */
bool dispatch_begin(Client *client, const RpcHeader *header, gsize length);
