/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who shares a budget: all connections of one uid, of one certificate, of one address of the
 * network; those that may only read apart from those that manage. However many connections a user
 * makes, there is one user's worth of calls, memory and turns for them. Engine only.
 */
#pragma once

#include <glib.h>

#include "daemon/client/client.h"
#include "rpc/wire/conn.h"

enum {
	USER_PRIORITY_READERS = 10, /* in the loop: behind all that is not a reader's, which has 0 */
};

struct User {
	unsigned refs;
	char *key;
	bool reads; /* connections of the read-only socket */
	RpcAccount account;
	GQueue clients; /* connected ones */
	unsigned calls; /* in progress */
	bool paused;	/* nothing is read from any of them: `calls` is at its limit */
};

/* Of the peer of @client, which joins it; the reference is the client's. */
User *user_join(Client *client, const RpcPeer *peer);
/* It is no longer connected, though calls of it may be in progress. */
void user_leave(User *user, Client *client);
User *user_unref(User *user);

/* Whether others of this user are there already, as many as one may have: @max, but for root. */
bool user_is_full(const User *user, const Client *client, unsigned max);
/* Place in the loop: those who manage first, then who has few connections. */
int64_t user_priority(const User *user);

void user_take(User *user);
void user_release(User *user);
