/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a URI to an open connection: connect, shake hands, log in, ask, open. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "rpc/client/private.h"
#include "rpc/transport/tls.h"
#include "rpc/wire/wire.h"

enum {
	OPEN_SECONDS = 30,
	GOODBYE_SECONDS = 2,
	FEATURES = 32, /* that fit our cache; libvirt has 16 */
	FEATURE_KEEPALIVE = 10,
	TLS_PORT = 16514,
	TCP_PORT = 16509,
};

/* The deadline of all that follows. */
typedef struct Opening {
	sd_event *loop;
	const RpcUri *uri;
	bool read_only;
	int64_t deadline; /* CLOCK_MONOTONIC, usec */
} Opening;

static uint64_t time_left(const Opening *opening)
{
	int64_t left = opening->deadline - g_get_monotonic_time();

	return left > 0 ? (uint64_t)left : 1;
}

/* --- waiting for a descriptor --- */

static int on_ready(sd_event_source *source, G_GNUC_UNUSED int fd, G_GNUC_UNUSED uint32_t revents,
		    void *data)
{
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	fiber_event_set(data);
	return 0;
}

static bool descriptor_wait(const Opening *opening, int fd, uint32_t events, GError **error)
{
	FiberEvent ready = { 0 };
	sd_event_source *source = NULL;
	bool ok;
	int r = sd_event_add_io(opening->loop, &source, fd, events, on_ready, &ready);

	if (r < 0)
		return fail_errno(error, -r, _("cannot wait for the server"));
	ok = fiber_event_wait(&ready, "the server", time_left(opening), error);
	sd_event_source_disable_unref(source);
	return ok;
}

/* --- UNIX --- */

static RpcClient *open_unix(const Opening *opening, GError **error)
{
	g_auto(GStrv) sockets = rpc_uri_sockets(opening->uri, opening->read_only);
	g_autofree char *tried = g_strjoinv(", ", sockets);

	for (char **path = sockets; *path; path++) {
		g_autoptr(GError) reason = NULL;
		RpcClient *client = rpc_client_new_unix(opening->loop, *path, &reason);

		if (client)
			return client;
		/* Nobody there: try the next. Anything else is worth telling. */
		if (error_errno(reason) != ENOENT && error_errno(reason) != ECONNREFUSED) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return NULL;
		}
	}
	return fail_null(error, VIR_ERR_NO_CONNECT, _("no server is running: nobody listens on %s"),
			 tried);
}

/* --- TCP and TLS --- */

static int connect_address(const Opening *opening, const struct addrinfo *address, GError **error)
{
	g_autofd int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int result = 0;
	socklen_t size = sizeof(result);

	if (fd < 0 ||
	    (connect(fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS)) {
		fail_errno(error, errno, _("cannot connect to '%s'"), opening->uri->host);
		return -1;
	}
	if (!descriptor_wait(opening, fd, EPOLLOUT, error))
		return -1;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &size);
	if (result != 0) {
		fail_errno(error, result, _("cannot connect to '%s'"), opening->uri->host);
		return -1;
	}
	return take_fd(&fd);
}

static int connect_host(const Opening *opening, unsigned default_port, GError **error)
{
	const RpcUri *uri = opening->uri;
	g_autofree char *port = g_strdup_printf("%u", uri->port ? uri->port : default_port);
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list = NULL;
	int fd = -1, r;

	if (fiber_current()) {
		fail(error, VIR_ERR_NO_SUPPORT,
		     _("host names are not looked up inside a call in progress"));
		return -1;
	}
	r = getaddrinfo(uri->host, port, &hints, &list);
	if (r != 0) {
		fail(error, VIR_ERR_UNKNOWN_HOST, _("cannot find host '%s': %s"), uri->host,
		     gai_strerror(r));
		return -1;
	}
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		g_clear_error(error);
		fd = connect_address(opening, a, error);
	}
	freeaddrinfo(list);
	return fd;
}

static RpcClient *open_tcp(const Opening *opening, GError **error)
{
	int fd = connect_host(opening, TCP_PORT, error);

	return fd >= 0 ? rpc_client_new_fd(opening->loop, fd, error) : NULL;
}

/* The user's own keys are preferred to the machine's. */
static RpcTlsContext *tls_context(const RpcUri *uri, GError **error)
{
	g_autofree char *own = g_build_filename(g_get_home_dir(), ".pki/libvirt", NULL);
	g_autofree char *own_ca = g_build_filename(own, "cacert.pem", NULL);
	const char *folder = uri->pkipath;
	g_autofree char *ca = NULL, *crl = NULL, *cert = NULL, *key = NULL;
	RpcTlsFiles files = { .priority = uri->tls_priority, .no_sanity = uri->no_sanity };

	if (!folder && geteuid() != 0 && access(own_ca, R_OK) == 0)
		folder = own;
	ca = g_build_filename(folder ? folder : "/etc/pki/CA", "cacert.pem", NULL);
	crl = g_build_filename(folder ? folder : "/etc/pki/CA", "cacrl.pem", NULL);
	cert = g_build_filename(folder ? folder : "/etc/pki/libvirt", "clientcert.pem", NULL);
	key = g_build_filename(folder ? folder : "/etc/pki/libvirt/private", "clientkey.pem", NULL);
	files.ca = ca;
	files.crl = crl;
	/* Without a certificate of ours the server decides. */
	if (access(cert, F_OK) == 0 || uri->pkipath) {
		files.cert = cert;
		files.key = key;
	}
	return rpc_tls_context_new(&files, false, error);
}

static bool handshake_wait(const Opening *opening, RpcTlsSession *session, GError **error)
{
	for (;;) {
		int r = rpc_tls_session_step(session, error);

		if (r != 0)
			return r > 0;
		if (!descriptor_wait(opening, rpc_tls_session_fd(session),
				     rpc_tls_session_events(session), error))
			return false;
	}
}

static RpcClient *open_tls(const Opening *opening, GError **error)
{
	g_autoptr(RpcTlsContext) context = tls_context(opening->uri, error);
	RpcTlsRules rules = {
		.hostname = opening->uri->host,
		.no_verify = opening->uri->no_verify,
	};
	g_autoptr(RpcTlsSession) session = NULL;
	int fd;

	if (!context)
		return NULL;
	fd = connect_host(opening, TLS_PORT, error);
	if (fd < 0)
		return NULL;
	session = rpc_tls_session_new(context, fd, &rules, error);
	if (!session || !handshake_wait(opening, session, error))
		return NULL;
	return rpc_client_new(opening->loop, rpc_tls_session_finish(session));
}

/* --- a command in between --- */

static pid_t spawn_on(char **command, int fd, GError **error)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = 0;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	r = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r == 0)
		return pid;
	fail_errno(error, r, _("cannot run '%s'"), command[0]);
	return -1;
}

static RpcClient *open_command(const Opening *opening, GError **error)
{
	g_auto(GStrv) command = rpc_uri_proxy_command(opening->uri, opening->read_only, error);
	g_autofd int ours = -1, theirs = -1;
	RpcTransport *transport;
	RpcClient *client;
	int pair[2];
	pid_t pid;

	if (!command)
		return NULL;
	if (fiber_current())
		return fail_null(error, VIR_ERR_NO_SUPPORT,
				 _("commands are not started inside a call in progress"));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		fail_errno(error, errno, _("cannot make a socket for '%s'"), command[0]);
		return NULL;
	}
	ours = pair[0];
	theirs = pair[1];
	pid = spawn_on(command, theirs, error);
	if (pid < 0)
		return NULL;
	transport = rpc_transport_new_pipe(take_fd(&ours), command[0], error);
	if (!transport)
		return NULL;
	client = rpc_client_new(opening->loop, transport);
	client->proxy = pid;
	return client;
}

static RpcClient *connect_by_uri(const Opening *opening, GError **error)
{
	switch (opening->uri->transport) {
	case RPC_URI_UNIX:
		return open_unix(opening, error);
	case RPC_URI_TCP:
		return open_tcp(opening, error);
	case RPC_URI_TLS:
		return open_tls(opening, error);
	case RPC_URI_SSH:
	case RPC_URI_EXT:
		return open_command(opening, error);
	}
	return NULL;
}

/* --- logging in --- */

/* Which of the server's ways to log in the URI wants: by default its first. */
static bool choose_auth(const RpcUri *uri, const remote_auth_list_ret *offered, int *ret_type,
			GError **error)
{
	const char *wanted = uri->auth;
	int type = REMOTE_AUTH_NONE;

	if (!wanted) {
		*ret_type = offered->types.types_len ? (int)offered->types.types_val[0] : type;
		return true;
	}
	if (g_str_has_prefix(wanted, "sasl"))
		type = REMOTE_AUTH_SASL;
	else if (strcmp(wanted, "polkit") == 0)
		type = REMOTE_AUTH_POLKIT;
	else if (strcmp(wanted, "none") != 0)
		return fail(
			error, VIR_ERR_INVALID_ARG,
			_("parameter 'auth' of the URI is '%s'; there are none, polkit and sasl"),
			wanted);
	for (u_int i = 0; i < offered->types.types_len; i++) {
		if ((int)offered->types.types_val[i] != type)
			continue;
		*ret_type = type;
		return true;
	}
	return fail(error, VIR_ERR_AUTH_FAILED,
		    _("the server does not offer to log in by '%s' as the URI demands"), wanted);
}

static bool log_in_call(RpcClient *client, const RpcUri *uri, GError **error)
{
	remote_auth_list_ret offered = { 0 };
	int type = REMOTE_AUTH_NONE;
	bool ok;

	if (!rpc_client_call(client, REMOTE(auth_list), NULL, &offered, error))
		return false;
	ok = choose_auth(uri, &offered, &type, error);
	rpc_free((xdrproc_t)xdr_remote_auth_list_ret, &offered);
	if (!ok)
		return false;
	switch (type) {
	case REMOTE_AUTH_NONE:
		return true;
	case REMOTE_AUTH_POLKIT:
		return rpc_client_call(client, REMOTE(auth_polkit), NULL, NULL, error);
	case REMOTE_AUTH_SASL:
		return fail(error, VIR_ERR_NO_SUPPORT,
			    _("the server asks for a password by SASL, which is not supported; use "
			      "a UNIX socket, ssh, or TLS without SASL"));
	default:
		return fail(error, VIR_ERR_NO_SUPPORT,
			    _("the server asks to log in by method %d, which is not supported"),
			    type);
	}
}

bool rpc_client_has_feature_call(RpcClient *client, int feature)
{
	remote_connect_supports_feature_args args = { .feature = feature };
	remote_connect_supports_feature_ret ret = { 0 };
	guint32 bit;

	if (feature < 0 || feature >= FEATURES)
		return false;
	bit = 1u << feature;
	if (client->features_asked & bit)
		return client->features_there & bit;
	if (!rpc_client_call(client, REMOTE(connect_supports_feature), &args, &ret, NULL))
		return false;
	client->features_asked |= bit;
	if (ret.supported == 1)
		client->features_there |= bit;
	return ret.supported == 1;
}

/* Where the URI left it to the server what to open, it knows the name. */
static bool ask_name_call(RpcClient *client, GError **error)
{
	remote_connect_get_uri_ret ret = { 0 };

	if (!rpc_client_call(client, REMOTE(connect_get_uri), NULL, &ret, error))
		return false;
	g_free(client->uri);
	client->uri = g_strdup(ret.uri);
	rpc_free((xdrproc_t)xdr_remote_connect_get_uri_ret, &ret);
	return true;
}

static bool enter_call(RpcClient *client, const Opening *opening, const RpcOpen *open,
		       GError **error)
{
	char *name = opening->uri->name;
	remote_connect_open_args args = {
		.name = &name,
		.flags = open->read_only ? VIR_CONNECT_RO : 0,
	};

	if (!log_in_call(client, opening->uri, error))
		return false;
	/* Asking also allows the server to ping us, which it must not do uninvited. */
	if (open->keepalive_interval > 0 && rpc_client_has_feature_call(client, FEATURE_KEEPALIVE))
		rpc_conn_keepalive(client->conn, open->keepalive_interval, open->keepalive_count);
	if (!rpc_client_call(client, REMOTE(connect_open), &args, NULL, error))
		return false;
	client->uri = g_strdup(name);
	client->read_only = open->read_only;
	return *name || ask_name_call(client, error);
}

RpcClient *rpc_client_open_call(sd_event *loop, const RpcOpen *open, GError **error)
{
	const char *text = open->uri && *open->uri ? open->uri : rpc_uri_default();
	uint64_t timeout = open->timeout_usec ? open->timeout_usec : OPEN_SECONDS * G_USEC_PER_SEC;
	g_autoptr(RpcUri) uri = rpc_uri_parse(text, error);
	g_autoptr(RpcClient) client = NULL;
	Opening opening = {
		.loop = loop,
		.uri = uri,
		.read_only = open->read_only,
		.deadline = g_get_monotonic_time() + (int64_t)timeout,
	};

	if (!uri)
		return NULL;
	client = connect_by_uri(&opening, error);
	if (!client || !enter_call(client, &opening, open, error))
		return NULL;
	return g_steal_pointer(&client);
}

void rpc_client_close_call(RpcClient *client)
{
	if (!client)
		return;
	rpc_client_set_timeout(client, GOODBYE_SECONDS * G_USEC_PER_SEC);
	if (rpc_client_is_open(client))
		rpc_client_call(client, REMOTE(connect_close), NULL, NULL, NULL);
	rpc_client_free(client);
}

const char *rpc_client_uri(const RpcClient *client)
{
	return client->uri;
}

bool rpc_client_is_read_only(const RpcClient *client)
{
	return client->read_only;
}
