/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <systemd/sd-daemon.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/client/admit.h"
#include "daemon/client/client_private.h"
#include "daemon/client/user.h"
#include "daemon/core/settings.h"
#include "daemon/front/dispatch.h"
#include "daemon/front/server.h"
#include "rpc/transport/listener.h"

typedef enum SocketKind { SOCKET_RW, SOCKET_RO, SOCKET_TLS, SOCKET_TCP } SocketKind;

/* Names as reeved.socket gives them by FileDescriptorName=. */
static const char *const socket_names[] = {
	[SOCKET_RW] = "rw", [SOCKET_RO] = "ro", [SOCKET_TLS] = "tls", [SOCKET_TCP] = "tcp",
};

enum {
	RESERVED = 10, /* one in so many connections is for the read-write socket alone */
	CUTS_LOG_SECONDS = 10,
};

/* One listening socket. */
typedef struct Socket {
	SocketKind kind;
	Server *server;
	int fd; /* until the listener has it */
	char *path; /* to remove at the end; NULL: not ours */
	RpcListener *listener;
	bool paused;
} Socket;

struct Server {
	Engine *engine;
	GPtrArray *sockets;
	GQueue clients;
	RpcTlsContext *tls;
	unsigned tls_port, tcp_port;
	unsigned cuts; /* of connections that had not logged in */
	gint64 cuts_logged; /* when that was last said, 0: never */
	gint64 crowd_logged; /* the same of users who have too many */
};

static void socket_free(void *data)
{
	Socket *socket = data;

	g_clear_pointer(&socket->listener, rpc_listener_free);
	fd_clear(&socket->fd);
	if (socket->path)
		unlink(socket->path);
	g_free(socket->path);
	g_free(socket);
}

static void socket_add(Server *server, SocketKind kind, int fd, const char *path)
{
	Socket *socket = g_new0(Socket, 1);

	socket->kind = kind;
	socket->server = server;
	socket->fd = fd;
	socket->path = g_strdup(path);
	g_ptr_array_add(server->sockets, socket);
}

/* ---- Making sockets ------------------------------------------------------------------------ */

/* Leaves *ret alone where the setting is empty. */
static bool mode_parse(const char *name, const char *text, mode_t *ret, GError **error)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (!*text)
		return true;
	if (end == text || *end || mode > 0777)
		return fail(error, VIR_ERR_CONF_SYNTAX,
			    _("setting '%s' must be an octal mode such as 0660, not '%s'"), name,
			    text);
	*ret = (mode_t)mode;
	return true;
}

static bool group_apply(const Settings *settings, const char *path, GError **error)
{
	const struct group *group;
	char *end;
	unsigned long gid = strtoul(settings->unix_group, &end, 10);

	if (!*settings->unix_group)
		return true;
	if (*end) {
		group = getgrnam(settings->unix_group);
		if (!group)
			return fail(error, VIR_ERR_CONF_SYNTAX,
				    _("setting 'unix_group': there is no group '%s'"),
				    settings->unix_group);
		gid = group->gr_gid;
	}
	if (chown(path, (uid_t)-1, (gid_t)gid) < 0)
		return fail_errno(error, errno, _("cannot give '%s' to group '%s'"), path,
				  settings->unix_group);
	return true;
}

static bool mode_of(const Settings *settings, SocketKind kind, mode_t *ret, GError **error)
{
	return kind == SOCKET_RW ? mode_parse("unix_mode", settings->unix_mode, ret, error) :
				   mode_parse("unix_mode_ro", settings->unix_mode_ro, ret, error);
}

/* Where the UNIX socket @fd lies; NULL: it is none, or lies in no directory. Caller frees. */
static char *bound_path(int fd)
{
	struct sockaddr_un address = { 0 };
	socklen_t length = sizeof(address) - 1;

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0 || address.sun_family != AF_UNIX ||
	    !address.sun_path[0])
		return NULL;
	return g_strdup(address.sun_path);
}

/* The settings hold for a socket of the service manager's, too, as far as they say something. */
static bool inherited_apply(const Settings *settings, SocketKind kind, int fd, GError **error)
{
	g_autofree char *path = bound_path(fd);
	mode_t mode = (mode_t)-1;

	if (!path)
		return true;
	if (!mode_of(settings, kind, &mode, error) || !group_apply(settings, path, error))
		return false;
	if (mode != (mode_t)-1 && chmod(path, mode) < 0)
		return fail_errno(error, errno, _("cannot set the mode of socket '%s'"), path);
	return true;
}

/* Is a daemon alive behind the socket that lies there already? Then it must not be taken away. */
static bool socket_is_served(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return false;
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN;
}

static bool listen_unix(Server *server, SocketKind kind, const char *path, GError **error)
{
	const Settings *settings = server->engine->settings;
	mode_t mode = kind == SOCKET_RW ? 0660 : 0666;
	g_autofd int fd = -1;

	if (!mode_of(settings, kind, &mode, error))
		return false;
	if (socket_is_served(path))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("another daemon is already listening on '%s'"), path);
	fd = rpc_listen_unix(path, mode, error);
	if (fd < 0 || !group_apply(settings, path, error))
		return false;
	socket_add(server, kind, take_fd(&fd), path);
	return true;
}

static unsigned bound_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return 0;
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&address)->sin_port);
	return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
}

/* Whoever reaches that socket may do everything: nobody but this host's own programs. */
static bool check_loopback(const char *name, int fd, GError **error)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	const struct sockaddr_in *four = (void *)&address;
	const struct sockaddr_in6 *six = (void *)&address;
	bool loopback = false;

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return fail_errno(error, errno, _("cannot tell the address of a socket"));
	if (address.ss_family == AF_INET)
		loopback = ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	else if (address.ss_family == AF_INET6)
		loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) ||
			   (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) &&
			    six->sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
	return loopback ||
	       fail(error, VIR_ERR_CONF_SYNTAX,
		    _("plain TCP has no authentication and must not listen on '%s'; set "
		      "listen_address to 127.0.0.1, or listen_tcp to no and use TLS"),
		    name);
}

static bool listen_net(Server *server, SocketKind kind, GError **error)
{
	const Settings *settings = server->engine->settings;
	bool tls = kind == SOCKET_TLS;
	const char *address = *settings->listen_address ? settings->listen_address :
			      tls			? NULL :
							  "127.0.0.1";
	g_autofd int fd =
		rpc_listen_tcp(address, (unsigned)(tls ? settings->tls_port : settings->tcp_port),
			       error);

	if (fd < 0 || (!tls && !check_loopback(address, fd, error)))
		return false;
	*(tls ? &server->tls_port : &server->tcp_port) = bound_port(fd);
	socket_add(server, kind, take_fd(&fd), NULL);
	return true;
}

static bool sockets_inherit(Server *server, GError **error)
{
	g_auto(GStrv) given = NULL;
	int count = sd_listen_fds_with_names(1, &given);

	for (int i = 0; i < count; i++) {
		int fd = SD_LISTEN_FDS_START + i;
		unsigned kind = 0;

		while (kind < G_N_ELEMENTS(socket_names) &&
		       strcmp(socket_names[kind], given[i]) != 0)
			kind++;
		if (kind == G_N_ELEMENTS(socket_names))
			return fail(error, VIR_ERR_CONF_SYNTAX,
				    _("socket '%s' of the service manager: its name must be rw, ro, "
				      "tls or tcp"),
				    given[i]);
		if (kind == SOCKET_TLS || kind == SOCKET_TCP)
			*(kind == SOCKET_TLS ? &server->tls_port : &server->tcp_port) =
				bound_port(fd);
		if (kind == SOCKET_TCP && !check_loopback(given[i], fd, error))
			return false;
		if ((kind == SOCKET_RW || kind == SOCKET_RO) &&
		    !inherited_apply(server->engine->settings, kind, fd, error))
			return false;
		socket_add(server, kind, fd, NULL);
	}
	return true;
}

static bool has_kind(const Server *server, SocketKind kind)
{
	for (unsigned i = 0; i < server->sockets->len; i++)
		if (((Socket *)g_ptr_array_index(server->sockets, i))->kind == kind)
			return true;
	return false;
}

/* A path that was asked for is listened on beside the service manager's socket, unless it is that one. */
static bool needs_unix(const Server *server, SocketKind kind, const char *wanted, bool asked)
{
	for (unsigned i = 0; i < server->sockets->len; i++) {
		const Socket *socket = g_ptr_array_index(server->sockets, i);
		g_autofree char *path = socket->kind == kind ? bound_path(socket->fd) : NULL;

		if (path && !strcmp(path, wanted))
			return false;
	}
	return asked || !has_kind(server, kind);
}

static bool sockets_make(Server *server, GError **error)
{
	const Settings *settings = server->engine->settings;
	g_autofree char *beside = g_strconcat(settings->unix_socket, "-ro", NULL);
	const char *ro = *settings->unix_socket_ro ? settings->unix_socket_ro : beside;

	if (needs_unix(server, SOCKET_RW, settings->unix_socket, settings->own_socket) &&
	    !listen_unix(server, SOCKET_RW, settings->unix_socket, error))
		return false;
	if (strcmp(ro, "none") != 0 &&
	    needs_unix(server, SOCKET_RO, ro, settings->own_socket || *settings->unix_socket_ro) &&
	    !listen_unix(server, SOCKET_RO, ro, error))
		return false;
	if (settings->listen_tls && !has_kind(server, SOCKET_TLS) &&
	    !listen_net(server, SOCKET_TLS, error))
		return false;
	if (settings->listen_tcp && !has_kind(server, SOCKET_TCP) &&
	    !listen_net(server, SOCKET_TCP, error))
		return false;
	if (!has_kind(server, SOCKET_TLS))
		return true;

	RpcTlsFiles files = {
		.ca = settings->tls_ca,
		.crl = *settings->tls_crl ? settings->tls_crl : NULL,
		.cert = settings->tls_cert,
		.key = settings->tls_key,
		.priority = *settings->tls_priority ? settings->tls_priority : NULL,
	};

	/* As root: the private key need not be readable for anybody else. */
	server->tls = rpc_tls_context_new(&files, true, error);
	return server->tls != NULL;
}

Server *server_new(Engine *engine, GError **error)
{
	Server *server = g_new0(Server, 1);

	server->engine = engine;
	server->sockets = g_ptr_array_new_with_free_func(socket_free);
	g_queue_init(&server->clients);
	if (sockets_inherit(server, error) && sockets_make(server, error))
		return server;
	server_free(server);
	return NULL;
}

/* ---- Accepting ----------------------------------------------------------------------------- */

/* Everybody may reach the other sockets; whoever fills them does not lock the administrator out. */
static unsigned room(const Socket *socket)
{
	const unsigned max = (unsigned)socket->server->engine->settings->max_clients;

	return socket->kind == SOCKET_RW ? max : max - max / RESERVED;
}

void server_balance(Server *server)
{
	for (unsigned i = 0; i < server->sockets->len; i++) {
		Socket *socket = g_ptr_array_index(server->sockets, i);
		bool full = server->clients.length >= room(socket);

		if (!socket->listener || full == socket->paused)
			continue;
		socket->paused = full;
		if (full)
			log_warning(_("%u connections: no more are accepted on socket '%s' until "
				      "some have ended"),
				    server->clients.length, socket_names[socket->kind]);
		rpc_listener_pause(socket->listener, full);
	}
}

/* ---- Those who do not log in --------------------------------------------------------------- */

static unsigned count_waiting(const Server *server)
{
	unsigned count = 0;

	for (GList *l = server->clients.head; l; l = l->next)
		count += !((Client *)l->data)->driver;
	return count;
}

/* How many connections of each user (-1: of the network) have not opened anything. */
static GHashTable *count_by_user(const Server *server)
{
	GHashTable *counts = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

	for (GList *l = server->clients.head; l; l = l->next) {
		const Client *client = l->data;
		gint64 uid = client->uid;
		unsigned count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, &uid));

		if (!client->driver)
			g_hash_table_insert(counts, g_memdup2(&uid, sizeof(uid)),
					    GUINT_TO_POINTER(count + 1));
	}
	return counts;
}

static unsigned rivals(GHashTable *counts, const Client *client)
{
	gint64 uid = client->uid;

	return GPOINTER_TO_UINT(g_hash_table_lookup(counts, &uid));
}

/*
 * Of the user who has most of them, the oldest that never said anything; else the oldest. Who has a
 * call in progress waits for us.
 */
static Client *choose_idle(const Server *server, GHashTable *counts, const Client *newest)
{
	Client *chosen = NULL;
	bool silent = false;

	for (GList *l = server->clients.head; l; l = l->next) {
		Client *client = l->data;
		bool more = chosen && rivals(counts, client) > rivals(counts, chosen);

		if (client->driver || client->calls > 0 || client == newest)
			continue;
		if (chosen && !more &&
		    (silent || rivals(counts, client) < rivals(counts, chosen) ||
		     !rpc_conn_is_silent(client->conn)))
			continue;
		chosen = client;
		silent = rpc_conn_is_silent(client->conn);
	}
	return chosen;
}

static void note_cut(Server *server, unsigned waiting, const Client *idle)
{
	gint64 now = g_get_monotonic_time();

	server->cuts++;
	if (server->cuts_logged && now - server->cuts_logged < CUTS_LOG_SECONDS * G_USEC_PER_SEC)
		return;
	server->cuts_logged = now;
	log_warning(_("%u connections have not logged in; the oldest are cut off for new ones (%u so "
		      "far, the last of user %ld)"),
		    waiting, server->cuts, (long)idle->uid);
}

/* Makes room for @newest, so that those who connect and do nothing are in nobody's way. */
static void cut_idle(Server *server, const Client *newest)
{
	unsigned waiting = count_waiting(server);
	g_autoptr(GHashTable) counts = NULL;
	Client *idle;

	if (waiting <= (unsigned)server->engine->settings->max_anonymous_clients)
		return;
	counts = count_by_user(server);
	idle = choose_idle(server, counts, newest);
	if (!idle)
		return;
	note_cut(server, waiting, idle);
	client_close(idle, "others want to log in");
}

static void note_crowd(Server *server, const Client *client)
{
	gint64 now = g_get_monotonic_time();

	if (server->crowd_logged && now - server->crowd_logged < CUTS_LOG_SECONDS * G_USEC_PER_SEC)
		return;
	server->crowd_logged = now;
	log_warning(_("%s: user %ld has %ld connections already; no more are accepted (max_user_clients)"),
		    client->address, (long)client->uid,
		    (long)server->engine->settings->max_user_clients);
}

static void on_gone(Client *client)
{
	Server *server = client->engine->server;

	g_queue_unlink(&server->clients, &client->link);
	server_balance(server);
}

static const ClientHandler client_handler = {
	.message = dispatch_message,
	.begin = dispatch_begin,
	.gone = on_gone,
};

static void on_accepted(RpcTransport *transport, void *data)
{
	Socket *socket = data;
	Server *server = socket->server;
	Client *client = client_new(server->engine, transport, socket->kind == SOCKET_RO,
				    &client_handler);

	g_queue_push_tail_link(&server->clients, &client->link);
	if (user_is_full(client->user_of, client, (unsigned)server->engine->settings->max_user_clients)) {
		note_crowd(server, client);
		client_close(client, "its user has too many connections");
		return;
	}
	cut_idle(server, client);
	server_balance(server);
}

static bool on_admit(const RpcPeer *peer, void *data, GError **error)
{
	const Socket *socket = data;

	return access_admit_dn(socket->server->engine, peer->dn, error);
}

static void on_refused(const char *address, const GError *reason, G_GNUC_UNUSED void *data)
{
	log_info(_("%s was refused: %s"), address ? address : "?", reason->message);
}

bool server_begin(Server *server, GError **error)
{
	static const RpcListenerHandler handler = {
		.accepted = on_accepted,
		.admit = on_admit,
		.refused = on_refused,
	};

	for (unsigned i = 0; i < server->sockets->len; i++) {
		Socket *socket = g_ptr_array_index(server->sockets, i);

		if (!fd_set_nonblocking(socket->fd, error))
			return false;
		socket->listener = rpc_listener_new(server->engine->loop, take_fd(&socket->fd),
						    socket->kind == SOCKET_TLS ? server->tls : NULL,
						    &handler, socket);
		/* Whoever connects over and over keeps nobody waiting who is in. */
		if (socket->kind == SOCKET_RO)
			rpc_listener_set_priority(socket->listener, USER_PRIORITY_READERS);
	}
	return true;
}

bool server_reload(Server *server, GError **error)
{
	return !server->tls || rpc_tls_context_reload(server->tls, error);
}

GQueue *server_clients(Server *server)
{
	return &server->clients;
}

unsigned server_port(const Server *server, bool tls)
{
	return tls ? server->tls_port : server->tcp_port;
}

void server_free(Server *server)
{
	if (!server)
		return;
	/* Emptied, not freed: the end of a client looks whether others can be let in. */
	g_ptr_array_set_size(server->sockets, 0);
	while (server->clients.head)
		client_close(server->clients.head->data, "reeved ends");
	g_ptr_array_unref(server->sockets);
	g_clear_pointer(&server->tls, rpc_tls_context_unref);
	g_free(server);
}
