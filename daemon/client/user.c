/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/client/user.h"

#include <string.h>

#include "base/limits.h"

enum {
	FEW = 8,	       /* connections that have their turn before those of users with more */
	STEPS = 10,
};

static GHashTable *users; /* key -> User */

/* The address of a peer without its port. */
static char *peer_key(const RpcPeer *peer, bool reads)
{
	const char *port = peer->address ? strrchr(peer->address, ':') : NULL;
	g_autofree char *who = NULL;

	if (peer->uid >= 0)
		who = g_strdup_printf("uid %ld", (long)peer->uid);
	else if (peer->dn)
		who = g_strdup(peer->dn);
	else if (port)
		who = g_strndup(peer->address, (gsize)(port - peer->address));
	return g_strdup_printf("%s %s", reads ? "ro" : "rw", who ? who : "");
}

static User *user_new(char *key, bool reads)
{
	User *user = g_new0(User, 1);

	user->key = key;
	user->reads = reads;
	user->account.in_max = reads ? LIMIT_READER_IN : LIMIT_USER_IN;
	user->account.out_max = reads ? LIMIT_READER_OUT : LIMIT_USER_OUT;
	g_queue_init(&user->clients);
	g_hash_table_insert(users, user->key, user);
	return user;
}

User *user_join(Client *client, const RpcPeer *peer)
{
	bool reads = client->read_only_socket;
	g_autofree char *key = peer_key(peer, reads);
	User *user;

	if (!users)
		users = g_hash_table_new(g_str_hash, g_str_equal);
	user = g_hash_table_lookup(users, key);
	if (!user)
		user = user_new(g_steal_pointer(&key), reads);
	user->refs++;
	g_queue_push_tail(&user->clients, client);
	return user;
}

void user_leave(User *user, Client *client)
{
	g_queue_remove(&user->clients, client);
}

User *user_unref(User *user)
{
	if (!user || --user->refs > 0)
		return NULL;
	g_hash_table_remove(users, user->key);
	g_free(user->key);
	g_free(user);
	return NULL;
}

bool user_is_full(const User *user, const Client *client, unsigned max)
{
	return client->uid != 0 && user->clients.length > max;
}

int64_t user_priority(const User *user)
{
	if (!user->reads)
		return 0;
	return USER_PRIORITY_READERS + MIN(user->clients.length / FEW, STEPS);
}

static void pause_all(User *user, bool paused)
{
	user->paused = paused;
	for (GList *l = user->clients.head; l; l = l->next) {
		const Client *client = l->data;

		if (client->conn)
			(paused ? rpc_conn_pause : rpc_conn_resume)(client->conn);
	}
}

void user_take(User *user)
{
	user->calls++;
	if (user->reads && !user->paused && user->calls >= LIMIT_READER_CALLS)
		pause_all(user, true);
}

/* All may go on when half is free: to stop and go at each call would cost more than the calls. */
void user_release(User *user)
{
	user->calls--;
	if (user->paused && user->calls <= LIMIT_READER_CALLS / 2)
		pause_all(user, false);
}
