/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "rpc/client/private.h"
#include "rpc/wire/wire.h"
#include "rpc/wire/wire_error.h"

enum {
	DEFAULT_SECONDS = 30,
	CONNECT_SECONDS = 10,
};

static uint64_t now_usec(void)
{
	return (uint64_t)g_get_monotonic_time();
}

static void pending_free(RpcPending *pending)
{
	g_clear_pointer(&pending->reply, rpc_message_unref);
	g_clear_error(&pending->error);
	g_free(pending);
}

/* --- what comes --- */

/* Any value of @table, which is then no longer in it; NULL when it is empty. */
static void *take_any(GHashTable *table)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, table);
	if (!g_hash_table_iter_next(&iter, NULL, &value))
		return NULL;
	g_hash_table_iter_steal(&iter);
	return value;
}

/* The connection is over for everybody who waits. */
static void client_end(RpcClient *client, const GError *reason)
{
	RpcPending *pending;
	RpcClientStream *stream;

	if (client->ended)
		return;
	if (reason)
		client->ended = g_error_copy(reason);
	else
		fail(&client->ended, VIR_ERR_RPC, _("the server closed the connection"));
	while ((pending = take_any(client->pending))) {
		pending->client = NULL;
		if (pending->abandoned) {
			pending_free(pending);
			continue;
		}
		pending->error = g_error_copy(client->ended);
		fiber_event_set(&pending->event);
	}
	while ((stream = take_any(client->streams)))
		client_stream_ended(stream, client->ended);
}

/* The peer does not speak our protocol. */
static void client_break(RpcClient *client, const char *what)
{
	g_autoptr(GError) reason = NULL;

	fail(&reason, VIR_ERR_RPC, _("the server sent %s; the connection is closed"), what);
	rpc_conn_close(client->conn);
	client_end(client, reason);
	if (client->on_closed)
		client->on_closed(client->ended, client->closed_data);
}

static void on_reply(RpcClient *client, RpcMessage *message)
{
	gpointer key = GUINT_TO_POINTER(message->header.serial);
	RpcPending *pending = g_hash_table_lookup(client->pending, key);

	if (!pending || pending->header.program != message->header.program ||
	    pending->header.procedure != message->header.procedure) {
		client_break(client, _("a reply to a call that was not made"));
		return;
	}
	g_hash_table_steal(client->pending, key);
	pending->client = NULL;
	if (pending->abandoned) {
		pending_free(pending);
		return;
	}
	pending->reply = rpc_message_ref(message);
	fiber_event_set(&pending->event);
}

static void on_stream(RpcClient *client, RpcMessage *message)
{
	RpcClientStream *stream =
		g_hash_table_lookup(client->streams, GUINT_TO_POINTER(message->header.serial));

	/* Frames of a stream that we gave up may still be on their way. */
	if (stream)
		client_stream_received(stream, message);
}

static void on_message(G_GNUC_UNUSED RpcConn *conn, RpcMessage *message, void *data)
{
	RpcClient *client = data;

	switch (message->header.type) {
	case RPC_TYPE_REPLY:
	case RPC_TYPE_REPLY_FDS:
		on_reply(client, message);
		break;
	case RPC_TYPE_STREAM:
	case RPC_TYPE_HOLE:
		on_stream(client, message);
		break;
	case RPC_TYPE_MESSAGE:
		if (client->on_message)
			client->on_message(message, client->message_data);
		break;
	default:
		client_break(client, _("a call"));
	}
}

static void on_closed(RpcConn *conn, const GError *reason, void *data)
{
	RpcClient *client = data;
	g_autoptr(GError) proxy_ended = NULL;

	if (rpc_conn_peer(conn)->medium == RPC_MEDIUM_PIPE) {
		fail(&proxy_ended, VIR_ERR_RPC,
		     _("the %s that connects us to the server ended; what it printed may say why"),
		     rpc_conn_peer(conn)->address);
		reason = proxy_ended;
	}
	client_end(client, reason);
	if (client->on_closed)
		client->on_closed(client->ended, client->closed_data);
}

static void on_drained(G_GNUC_UNUSED RpcConn *conn, void *data)
{
	RpcClient *client = data;
	g_autoptr(GList) serials = g_hash_table_get_keys(client->streams);

	/* By serial: what one stream is told may end another. */
	for (GList *l = serials; l; l = l->next) {
		RpcClientStream *stream = g_hash_table_lookup(client->streams, l->data);

		if (stream)
			client_stream_drained(stream);
	}
}

static const RpcConnHandler conn_handler = {
	.message = on_message,
	.closed = on_closed,
	.drained = on_drained,
};

/* --- life --- */

RpcClient *rpc_client_new(sd_event *loop, RpcTransport *transport)
{
	RpcClient *client = g_new0(RpcClient, 1);

	client->loop = sd_event_ref(loop);
	client->pending = g_hash_table_new(NULL, NULL);
	client->streams = g_hash_table_new(NULL, NULL);
	client->timeout_usec = DEFAULT_SECONDS * G_USEC_PER_SEC;
	client->conn = rpc_conn_new(loop, transport, &conn_handler, client);
	return client;
}

RpcClient *rpc_client_new_fd(sd_event *loop, int fd, GError **error)
{
	RpcTransport *transport = rpc_transport_new(fd, error);

	return transport ? rpc_client_new(loop, transport) : NULL;
}

/* On a fiber nothing may block: a socket whose backlog is full counts as failed there. */
static bool connect_unix(int fd, const struct sockaddr_un *address)
{
	struct timeval patience = { .tv_sec = CONNECT_SECONDS };

	if (fiber_current())
		fd_set_nonblocking(fd, NULL);
	else
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
}

RpcClient *rpc_client_new_unix(sd_event *loop, const char *path, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autofd int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("the socket's path '%s' is longer than %zu bytes"), path,
				 sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || !connect_unix(fd, &address)) {
		fail_errno(error, errno, _("cannot connect to '%s'"), path);
		return NULL;
	}
	return rpc_client_new_fd(loop, take_fd(&fd), error);
}

/* The command ends by itself when its input does; if not, it is told to. */
static void reap_proxy(pid_t pid)
{
	if (pid <= 0 || waitpid(pid, NULL, WNOHANG) == pid)
		return;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

void rpc_client_free(RpcClient *client)
{
	g_autoptr(GError) reason = NULL;

	if (!client)
		return;
	fail(&reason, VIR_ERR_RPC, _("the connection was closed"));
	rpc_conn_close(client->conn);
	client_end(client, reason);
	rpc_conn_unref(client->conn);
	reap_proxy(client->proxy);
	g_hash_table_unref(client->pending);
	g_hash_table_unref(client->streams);
	g_clear_error(&client->ended);
	sd_event_unref(client->loop);
	g_free(client->uri);
	g_free(client);
}

bool rpc_client_is_open(const RpcClient *client)
{
	return !client->ended && rpc_conn_is_open(client->conn);
}

RpcConn *rpc_client_conn(RpcClient *client)
{
	return client->conn;
}

void rpc_client_set_timeout(RpcClient *client, uint64_t usec)
{
	client->timeout_usec = usec;
}

void rpc_client_on_message(RpcClient *client, void (*handler)(RpcMessage *message, void *data),
			   void *data)
{
	client->on_message = handler;
	client->message_data = data;
}

void rpc_client_on_closed(RpcClient *client, void (*handler)(const GError *reason, void *data),
			  void *data)
{
	client->on_closed = handler;
	client->closed_data = data;
}

/* --- calls --- */

RpcHeader client_header(const RpcProc *proc, RpcType type)
{
	return (RpcHeader){
		.program = proc->program,
		.version = rpc_program_version(proc->program),
		.procedure = proc->number,
		.type = (gint32)type,
		.status = RPC_STATUS_OK,
	};
}

static bool check_open(const RpcClient *client, GError **error)
{
	if (!client->ended)
		return true;
	if (error)
		*error = g_error_copy(client->ended);
	return false;
}

RpcPending *client_expect(RpcClient *client, RpcMessage *call, const RpcProc *proc,
			  uint64_t timeout_usec, GError **error)
{
	RpcPending *pending;

	if (!check_open(client, error))
		return NULL;
	call->header.serial = client->serial;
	if (!rpc_conn_send(client->conn, call, error))
		return NULL;
	client->serial++;
	pending = g_new0(RpcPending, 1);
	pending->client = client;
	pending->proc = proc;
	pending->header = call->header;
	pending->deadline = timeout_usec ? now_usec() + timeout_usec : 0;
	g_hash_table_insert(client->pending, GUINT_TO_POINTER(call->header.serial), pending);
	return pending;
}

RpcMessage *client_reply_call(RpcPending *pending, GError **error)
{
	uint64_t now = now_usec();
	uint64_t left = pending->deadline > now ? pending->deadline - now : 1;
	g_autoptr(GError) late = NULL;
	RpcMessage *reply;

	if (!fiber_event_wait(&pending->event, pending->proc->name, pending->deadline ? left : 0,
			      &late)) {
		rpc_client_forget(pending);
		/* The number tells our own impatience from a timeout that the other side reports. */
		g_propagate_error(error, error_new(error_code(late), ETIMEDOUT, late->message));
		return NULL;
	}
	reply = g_steal_pointer(&pending->reply);
	if (!reply)
		g_propagate_error(error, g_steal_pointer(&pending->error));
	pending_free(pending);
	return reply;
}

bool client_decode_reply(const RpcMessage *reply, const RpcProc *proc, void *ret, GError **error)
{
	g_autofree void *unwanted = NULL;

	if (reply->header.status != RPC_STATUS_OK)
		return wire_error_raise_message(reply, error);
	if (!ret)
		ret = unwanted = g_malloc0(proc->ret_size);
	if (!rpc_message_decode(reply, proc->ret_filter, ret, NULL))
		return fail(error, VIR_ERR_RPC,
			    _("the server's reply to call '%s' does not fit the protocol"),
			    proc->name);
	if (unwanted)
		rpc_free(proc->ret_filter, unwanted);
	return true;
}

static RpcMessage *call_new(const RpcProc *proc, const void *args, GError **error)
{
	RpcHeader header = client_header(proc, RPC_TYPE_CALL);
	NOTHING nothing = { 0 };
	RpcMessage *call =
		rpc_message_new(&header, proc->args_filter, args ? args : &nothing, NULL);

	if (!call)
		fail(error, VIR_ERR_RPC,
		     _("the arguments of call '%s' exceed the limits of the protocol"), proc->name);
	return call;
}

static bool add_copies(RpcMessage *call, const int *fds, unsigned n_fds, GError **error)
{
	for (unsigned i = 0; i < n_fds; i++) {
		int copy = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

		if (copy < 0)
			return fail_errno(error, errno, _("cannot send descriptor %d"), fds[i]);
		if (!rpc_message_add_fds(call, &copy, 1, error))
			return false;
	}
	return true;
}

RpcPending *rpc_client_begin(RpcClient *client, const RpcProc *proc, const void *args,
			     GError **error)
{
	g_autoptr(RpcMessage) call = call_new(proc, args, error);

	return call ? client_expect(client, call, proc, client->timeout_usec, error) : NULL;
}

bool rpc_client_finish_call(RpcPending *pending, void *ret, GError **error)
{
	const RpcProc *proc = pending->proc;
	g_autoptr(RpcMessage) reply = client_reply_call(pending, error);

	return reply && client_decode_reply(reply, proc, ret, error);
}

void rpc_client_forget(RpcPending *pending)
{
	if (pending->client)
		pending->abandoned = true; /* freed when the reply comes, or the connection ends */
	else
		pending_free(pending);
}

bool rpc_client_call(RpcClient *client, const RpcProc *proc, const void *args, void *ret,
		     GError **error)
{
	RpcPending *pending = rpc_client_begin(client, proc, args, error);

	return pending && rpc_client_finish_call(pending, ret, error);
}

bool rpc_client_exchange_call(RpcClient *client, const RpcExchange *exchange, GError **error)
{
	g_autoptr(RpcMessage) call = call_new(exchange->proc, exchange->args, error);
	g_autoptr(RpcMessage) reply = NULL;
	uint64_t timeout = exchange->timeout_usec ? exchange->timeout_usec : client->timeout_usec;
	RpcPending *pending;

	if (!call || !add_copies(call, exchange->fds, exchange->n_fds, error))
		return false;
	pending = client_expect(client, call, exchange->proc, timeout, error);
	if (!pending)
		return false;
	reply = client_reply_call(pending, error);
	if (!reply || !client_decode_reply(reply, exchange->proc, exchange->ret, error))
		return false;
	if (exchange->reply)
		*exchange->reply = g_steal_pointer(&reply);
	return true;
}

bool rpc_client_forward_call(RpcClient *client, RpcMessage *request, uint64_t timeout_usec,
			     RpcMessage **ret_reply, GError **error)
{
	const RpcProc *proc = rpc_proc_find(request->header.program, request->header.procedure);
	g_autoptr(RpcMessage) call = rpc_message_new_forward(&request->header, request);
	g_autoptr(RpcMessage) reply = NULL;
	RpcPending *pending;
	RpcHeader header;

	pending = client_expect(client, call, proc, timeout_usec, error);
	if (!pending)
		return false;
	reply = client_reply_call(pending, error);
	if (!reply)
		return false;
	header = reply->header;
	header.serial = request->header.serial;
	*ret_reply = rpc_message_new_forward(&header, reply);
	return true;
}

bool rpc_client_post(RpcClient *client, const RpcProc *proc, const void *msg, GError **error)
{
	RpcHeader header = client_header(proc, RPC_TYPE_MESSAGE);
	g_autoptr(RpcMessage) message = NULL;

	if (!check_open(client, error))
		return false;
	message = rpc_message_new(&header, proc->args_filter, msg, error);
	return message && rpc_conn_send(client->conn, message, error);
}
