/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include <pwd.h>

#include "base/i18n.h"
#include "base/limits.h"
#include "base/log.h"
#include "daemon/client/admit.h"
#include "daemon/client/client_private.h"
#include "daemon/client/events.h"
#include "daemon/client/stream.h"
#include "daemon/client/user.h"
#include "daemon/core/settings.h"

struct ClientWatch {
	Client *client;
	void (*gone)(void *data);
	void *data;
};

Client *client_ref(Client *client)
{
	client->refs++;
	return client;
}

void client_unref(Client *client)
{
	if (!client || --client->refs > 0)
		return;
	sd_event_source_disable_unref(client->login_timer);
	user_unref(client->user_of);
	g_hash_table_unref(client->streams);
	g_free(client->user);
	g_free(client->address);
	g_free(client->uri);
	g_free(client);
}

ClientWatch *client_watch(Client *client, void (*gone)(void *data), void *data)
{
	ClientWatch *watch = g_new0(ClientWatch, 1);

	watch->client = client;
	watch->gone = gone;
	watch->data = data;
	g_queue_push_tail(&client->watches, watch);
	return watch;
}

void client_unwatch(ClientWatch *watch)
{
	if (!watch)
		return;
	g_queue_remove(&watch->client->watches, watch);
	g_free(watch);
}

/* Everything that hangs on the connection goes with it; calls in progress run to their end. */
static void client_gone(Client *client)
{
	g_autoptr(RpcConn) conn = g_steal_pointer(&client->conn);

	if (!conn)
		return;
	rpc_conn_close(conn);
	user_leave(client->user_of, client);
	client->login_timer = sd_event_source_disable_unref(client->login_timer);
	events_forget(client->engine->events, client);
	stream_abort_all(client);
	for (ClientWatch *watch; (watch = g_queue_pop_head(&client->watches));) {
		watch->gone(watch->data);
		g_free(watch);
	}
	client->handler->gone(client);
	client_unref(client);
}

void client_close(Client *client, const char *reason)
{
	log_debug("%s: connection closed: %s", client->address, reason);
	client_gone(client);
}

static void on_message(G_GNUC_UNUSED RpcConn *conn, RpcMessage *message, void *data)
{
	Client *client = data;

	client->handler->message(client, message);
}

static bool on_begin(G_GNUC_UNUSED RpcConn *conn, const RpcHeader *header, gsize length, void *data)
{
	Client *client = data;

	return client->handler->begin(client, header, length);
}

static void on_closed(G_GNUC_UNUSED RpcConn *conn, const GError *reason, void *data)
{
	client_close(data, reason ? reason->message : "the client left");
}

static void on_drained(G_GNUC_UNUSED RpcConn *conn, void *data)
{
	stream_resume_all(data);
}

static const RpcConnHandler conn_handler = {
	.message = on_message,
	.begin = on_begin,
	.closed = on_closed,
	.drained = on_drained,
};

static int on_login_timeout(sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *data)
{
	Client *client = data;

	/* Its call is still being served: the delay is not its own. */
	if (client->calls > 0) {
		sd_event_source_set_time_relative(source, G_USEC_PER_SEC);
		sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
		return 0;
	}
	log_info(_("%s did not log in within %ld seconds and is cut off"), client->address,
		 (long)client->engine->settings->login_timeout);
	client_close(client, "it did not log in");
	return 0;
}

char *client_user_name(int64_t uid)
{
	g_autofree char *name = NULL;
	struct passwd entry, *found = NULL;
	char buffer[1024];
	FILE *file;

	/* Of the file itself: the name service may ask the network, and this is the loop's thread. */
	file = fopen("/etc/passwd", "re");
	while (file && fgetpwent_r(file, &entry, buffer, sizeof(buffer), &found) == 0)
		if ((int64_t)entry.pw_uid == uid) {
			name = g_strdup(entry.pw_name);
			break;
		}
	if (file)
		fclose(file);
	return g_steal_pointer(&name);
}

Client *client_new(Engine *engine, RpcTransport *transport, bool read_only,
		   const ClientHandler *handler)
{
	static uint64_t numbers;
	Client *client = g_new0(Client, 1);
	const RpcPeer *peer = &transport->peer;

	client->refs = 1;
	client->engine = engine;
	client->handler = handler;
	client->number = ++numbers;
	client->connected_usec = (uint64_t)g_get_real_time();
	client->read_only_socket = client->read_only = read_only;
	client->secure = peer->medium != RPC_MEDIUM_TCP;
	client->pid = peer->pid;
	client->uid = peer->uid;
	client->gid = peer->gid;
	client->address = g_strdup(peer->address);
	client->user = peer->dn ? g_strdup(peer->dn) : NULL;
	client->streams = g_hash_table_new(NULL, NULL);
	g_queue_init(&client->watches);
	client->link.data = client;
	access_admit(client);
	client->user_of = user_join(client, peer);
	client->conn = rpc_conn_new(engine->loop, transport, &conn_handler, client);
	rpc_conn_share(client->conn, &client->user_of->account, 0);
	if (read_only)
		rpc_conn_limit_time(client->conn, LIMIT_READER_SECONDS);
	if (client->user_of->paused)
		rpc_conn_pause(client->conn);
	/* Of who has not logged in little is believed, and not for long. */
	if (!client->authenticated)
		rpc_conn_limit_frames(client->conn, LIMIT_FRAME_ANONYMOUS);
	sd_event_add_time_relative(engine->loop, &client->login_timer, CLOCK_MONOTONIC,
				   (uint64_t)engine->settings->login_timeout * G_USEC_PER_SEC, 0,
				   on_login_timeout, client);
	return client;
}

void client_logged_in(Client *client)
{
	client->authenticated = true;
	if (client->conn)
		rpc_conn_limit_frames(client->conn, LIMIT_FRAME);
}

void client_opened(Client *client)
{
	client->login_timer = sd_event_source_disable_unref(client->login_timer);
	/* To log in costs little and must not wait for those who do much, nor for those who only come. */
	if (client->conn)
		rpc_conn_share(client->conn, &client->user_of->account,
			       user_priority(client->user_of));
}

void client_take(Client *client)
{
	client->calls++;
	user_take(client->user_of);
	if (client->paused || !client->conn ||
	    client->calls < (unsigned)client->engine->settings->max_client_requests)
		return;
	client->paused = true;
	rpc_conn_pause(client->conn);
}

void client_release(Client *client)
{
	client->calls--;
	user_release(client->user_of);
	if (!client->paused || !client->conn ||
	    client->calls >= (unsigned)client->engine->settings->max_client_requests)
		return;
	client->paused = false;
	rpc_conn_resume(client->conn);
}
