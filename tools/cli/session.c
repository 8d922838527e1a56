/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "rpc/client/uri.h"
#include "rpc/wire/wire.h"
#include "tools/cli/session.h"

#define CALLS_IN_FLIGHT 32
#define ESCAPE_DEFAULT 0x1d /* ^] */

typedef struct Kept {
	void *data;
	GDestroyNotify free_it;
} Kept;

typedef struct KeptReply {
	xdrproc_t filter;
	void *ret;
} KeptReply;

bool session_init(Session *session, GError **error)
{
	int r;

	*session = (Session){ .keepalive_interval = 5, .keepalive_count = 6, .escape = ESCAPE_DEFAULT };
	r = sd_event_default(&session->loop);
	if (r < 0)
		return fail_errno(error, -r, _("cannot make an event loop"));
	return fiber_init(session->loop, error);
}

void session_disconnect(Session *session)
{
	if (session->client)
		rpc_client_close_call(g_steal_pointer(&session->client));
}

void session_done(Session *session)
{
	session_disconnect(session);
	session_forget(session);
	g_clear_pointer(&session->uri, g_free);
	g_clear_pointer(&session->context, g_free);
	g_clear_pointer(&session->result, json_decref);
	fiber_done();
	session->loop = sd_event_unref(session->loop);
}

static const char *session_uri(const Session *session)
{
	return session->uri ? session->uri : rpc_uri_default();
}

/* What a URI may begin with: reeved's drivers, and those that libvirt's daemons serve. */
static bool uri_check(const Session *session, GError **error)
{
	static const char *const drivers[] = { "qemu", "test", "remote", "bhyve", "ch", "lxc", "openvz", "vbox",
					       "vz", "xen", NULL };
	g_autoptr(RpcUri) uri = rpc_uri_parse(session_uri(session), error);

	if (!uri)
		return false;
	if (g_strv_contains(drivers, uri->driver))
		return true;
	return fail(error, VIR_ERR_NO_CONNECT,
		    _("URI '%s' has the scheme '%s', which is not known; reeved serves qemu:///system, "
		      "qemu:///session and test:///default"), session_uri(session), uri->driver);
}

/* Nobody listening is what a user meets first: what to start, and how to name another daemon. */
static RpcClient *open_or_advise(Session *session, const RpcOpen *open, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(RpcUri) uri = rpc_uri_parse(session_uri(session), NULL);
	RpcClient *client = rpc_client_open_call(session->loop, open, &problem);

	if (client)
		return client;
	if (error_code(problem) != VIR_ERR_NO_CONNECT || uri->transport != RPC_URI_UNIX)
		g_propagate_error(error, g_steal_pointer(&problem));
	else if (uri->socket)
		fail(error, VIR_ERR_NO_CONNECT,
		     _("%s; start the daemon of this socket, or give another URI by --connect"),
		     problem->message);
	else if (uri->session)
		fail(error, VIR_ERR_NO_CONNECT,
		     _("%s; run 'reeved' as this user, or give another URI by --connect, such as qemu:///system"),
		     problem->message);
	else
		fail(error, VIR_ERR_NO_CONNECT,
		     _("%s; run 'systemctl start reeved.socket' as root, or give another URI by --connect, such "
		       "as qemu:///session"), problem->message);
	return NULL;
}

RpcClient *session_client(Session *session, GError **error)
{
	RpcOpen open = {
		.uri = session->uri,
		.read_only = session->read_only,
		.keepalive_interval = session->keepalive_interval,
		.keepalive_count = (unsigned)session->keepalive_count,
	};

	if (session->client && rpc_client_is_open(session->client))
		return session->client;
	if (session->client) {
		g_clear_pointer(&session->client, rpc_client_free);
		fprintf(stderr, _("error: the connection was lost; connecting again\n"));
	}
	session->client = uri_check(session, error) ? open_or_advise(session, &open, error) : NULL;
	if (!session->client) {
		g_free(session->context);
		session->context = g_strdup(_("failed to connect to the hypervisor"));
		session->unconnected = true;
		return NULL;
	}
	session->unconnected = false;
	/* Only the end of the connection, which keepalive notices, ends a call: some take long. */
	rpc_client_set_timeout(session->client, 0);
	return session->client;
}

static void kept_free(void *data)
{
	Kept *kept = data;

	kept->free_it(kept->data);
	g_free(kept);
}

void session_forget(Session *session)
{
	g_slist_free_full(g_steal_pointer(&session->kept), kept_free);
}

void *session_keep(Session *session, void *data, GDestroyNotify free_it)
{
	Kept *kept = g_new(Kept, 1);

	*kept = (Kept){ data, free_it };
	session->kept = g_slist_prepend(session->kept, kept);
	return data;
}

char *session_printf(Session *session, const char *format, ...)
{
	va_list list;
	char *text;

	va_start(list, format);
	text = g_strdup_vprintf(format, list);
	va_end(list);
	return session_keep(session, text, g_free);
}

static void reply_free(void *data)
{
	KeptReply *reply = data;

	rpc_free(reply->filter, reply->ret);
	g_free(reply->ret);
	g_free(reply);
}

void *session_call(Session *session, guint32 program, gint32 number, const void *args, GError **error)
{
	const RpcProc *proc = rpc_proc_find(program, number);
	RpcClient *client = session_client(session, error);
	KeptReply *reply;

	if (!client)
		return NULL;
	reply = g_new0(KeptReply, 1);
	reply->filter = proc->ret_filter;
	reply->ret = g_malloc0(MAX(proc->ret_size, 1));
	session_keep(session, reply, reply_free);
	return rpc_client_call(client, proc, args, reply->ret, error) ? reply->ret : NULL;
}


void *session_call_fds(Session *session, gint32 number, const void *args, const GArray *fds,
		       GError **error)
{
	const RpcProc *proc = rpc_proc_find(REMOTE_PROGRAM, number);
	RpcClient *client = session_client(session, error);
	RpcExchange exchange = { .proc = proc,
				 .args = args,
				 .fds = (const int *)(const void *)fds->data,
				 .n_fds = fds->len };
	KeptReply *reply;

	if (!client)
		return NULL;
	reply = g_new0(KeptReply, 1);
	reply->filter = proc->ret_filter;
	exchange.ret = reply->ret = g_malloc0(MAX(proc->ret_size, 1));
	session_keep(session, reply, reply_free);
	return rpc_client_exchange_call(client, &exchange, error) ? reply->ret : NULL;
}

static int input_ready(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd,
		       G_GNUC_UNUSED uint32_t events, void *data)
{
	*(bool *)data = true;
	return 0;
}

bool session_wait_input(Session *session, int fd, const bool *stop, GError **error)
{
	sd_event_source *source = NULL;
	bool ready = false;
	int r = sd_event_add_io(session->loop, &source, fd, EPOLLIN, input_ready, &ready);

	/* Plain files are always ready, and epoll refuses them. */
	if (r == -EPERM)
		return true;
	while (r >= 0 && !ready && !*stop)
		r = sd_event_run(session->loop, UINT64_MAX);
	sd_event_source_disable_unref(source);
	if (r < 0)
		return fail_errno(error, -r, _("cannot wait for input"));
	return true;
}

static bool exit_check(const char *name, const siginfo_t *info, GError **error)
{
	if (info->si_code == CLD_EXITED && info->si_status == 0)
		return true;
	if (info->si_code == CLD_EXITED)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' failed with exit status %d"), name,
			    info->si_status);
	return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' was ended by signal %d"), name,
		    info->si_status);
}

bool session_run(Session *session, char **argv, GError **error)
{
	const GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN |
				  G_SPAWN_DO_NOT_REAP_CHILD;
	g_autofd int pidfd = -1;
	siginfo_t info = { 0 };
	bool never = false;
	GPid pid;

	if (!g_spawn_async(NULL, argv, NULL, flags, NULL, NULL, &pid, error))
		return false;
	pidfd = pidfd_open(pid, 0);
	if (pidfd >= 0)
		session_wait_input(session, pidfd, &never, NULL);
	while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0)
		if (errno != EINTR)
			return fail_errno(error, errno, _("cannot wait for the end of '%s'"), argv[0]);
	return exit_check(argv[0], &info, error);
}

typedef struct Parallel {
	gsize n, next;
	bool (*each)(void *data, gsize i, GError **error);
	void *data;
	GError *error; /* the first */
	gsize running;
	FiberEvent done;
} Parallel;

static void parallel_fiber(void *data)
{
	Parallel *p = data;

	while (p->next < p->n && !p->error) {
		g_autoptr(GError) error = NULL;

		if (!p->each(p->data, p->next++, &error) && !p->error)
			p->error = g_steal_pointer(&error);
	}
	if (!--p->running)
		fiber_event_set(&p->done);
}

bool session_parallel(Session *session, gsize n, bool (*each)(void *data, gsize i, GError **error),
		      void *data, GError **error)
{
	Parallel p = { .n = n, .each = each, .data = data, .running = 1 };

	if (!session_client(session, error))
		return false;
	for (gsize i = 0; i < MIN(n, CALLS_IN_FLIGHT) && !p.error; i++) {
		p.running++;
		if (!fiber_spawn("one of many calls", parallel_fiber, &p, &p.error))
			p.running--;
	}
	/* Every call ends with its connection at the latest. */
	if (--p.running && !fiber_event_wait(&p.done, "many calls", 0, error))
		return false;
	if (p.error)
		g_propagate_error(error, p.error);
	return !p.error;
}
