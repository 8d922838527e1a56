/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rpc/rpc.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/core/settings.h"
#include "daemon/host/priv.h"
#include "daemon/host/priv_request.h"
#include "rpc/wire/wire.h"

enum {
	HEADER = 8, /* bytes of a priv_request */
	SOCKET_BUFFER = 4 * 1024 * 1024,
	READY_MS = 30000, /* on a busy machine */
};

#define TIMEOUT_USEC (30 * G_USEC_PER_SEC)

/*
 * Places in the helper's queue. What the life of a guest needs never waits behind those who look at
 * volumes, or change them: those have a few places, and wait for them here.
 */
enum {
	LOOKS_MAX = 8, /* of readers, too */
	STORAGE_MAX = 32,
	ALL_MAX = 200, /* less than the helper's own bound */
};

typedef enum PrivLane { LANE_GUESTS, LANE_STORAGE, LANE_LOOKS, LANES } PrivLane;

struct Priv {
	sd_event *loop;
	int fd;
	pid_t pid;
	sd_event_source *source;
	unsigned serial;
	GHashTable *pending; /* serial -> Pending of a fiber that waits */
	unsigned under_way[LANES], all; /* sent, and somebody waits for the answer */
	GQueue waiting[LANES]; /* of FiberEvent: for a place */
	bool lost;
};

typedef struct Pending {
	FiberEvent answered;
	const PrivRequest *request;
	xdrproc_t ret_filter;
	GError *error;
} Pending;

static const struct {
	unsigned number;
	const char *text;
	xdrproc_t args_filter, ret_filter;
} rows[] = {
#define PRIV(number, name, args, ret, way, fds, text)                                              \
	{ number, text, (xdrproc_t)xdr_##args, (xdrproc_t)xdr_##ret },
#include "worker/priv/priv.def"
#undef PRIV
};

/* ---- Places -------------------------------------------------------------------------------- */

static PrivLane lane_of(unsigned number)
{
	switch (number) {
	case PRIV_REQUEST_volume_look:
		return LANE_LOOKS;
	case PRIV_REQUEST_pool_build:
	case PRIV_REQUEST_pool_delete:
	case PRIV_REQUEST_pool_scan:
	case PRIV_REQUEST_volume_create:
	case PRIV_REQUEST_volume_delete:
	case PRIV_REQUEST_volume_resize:
	case PRIV_REQUEST_volume_open:
	case PRIV_REQUEST_image_snapshot:
	case PRIV_REQUEST_volume_stream:
	case PRIV_REQUEST_volume_clone:
	case PRIV_REQUEST_volume_wipe:
		return LANE_STORAGE;
	default:
		return LANE_GUESTS;
	}
}

static bool lane_has_room(const Priv *priv, PrivLane lane)
{
	static const unsigned most[LANES] = { ALL_MAX, STORAGE_MAX, LOOKS_MAX };

	return priv->lost || (priv->all < ALL_MAX && priv->under_way[lane] < most[lane]);
}

/* Guests first; within a lane who came first. */
static void places_hand_out(Priv *priv)
{
	for (int lane = 0; lane < LANES; lane++)
		while (priv->waiting[lane].length > 0 && lane_has_room(priv, lane)) {
			fiber_event_set(g_queue_pop_head(&priv->waiting[lane]));
			/* The place is taken now: the waiter runs later. */
			priv->under_way[lane]++;
			priv->all++;
		}
}

static void place_free(Priv *priv, PrivLane lane)
{
	priv->under_way[lane]--;
	priv->all--;
	places_hand_out(priv);
}

static bool place_wait(Priv *priv, PrivLane lane, uint64_t timeout_usec, GError **error)
{
	FiberEvent turn = { 0 };

	if (g_queue_is_empty(&priv->waiting[lane]) && lane_has_room(priv, lane)) {
		priv->under_way[lane]++;
		priv->all++;
		return true;
	}
	g_queue_push_tail(&priv->waiting[lane], &turn);
	if (fiber_event_wait(&turn, "a place at the privileged helper", timeout_usec, error))
		return true;
	g_queue_remove(&priv->waiting[lane], &turn);
	return false;
}

/* ---- Answers ------------------------------------------------------------------------------- */

static void fds_take(struct msghdr *msg, GArray *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			g_array_append_vals(ret, CMSG_DATA(c),
					    (guint)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)));
}

static void fds_close(GArray *fds)
{
	for (unsigned i = 0; i < fds->len; i++)
		close(g_array_index(fds, int, i));
	g_array_set_size(fds, 0);
}

/* @code is a GError's code as reeve-priv had it, the errno within. */
static void answer_take(Priv *priv, XDR *xdr, GArray *fds)
{
	priv_answer answer = { 0 };
	Pending *pending;

	if (!xdr_priv_answer(xdr, &answer))
		return;
	pending = g_hash_table_lookup(priv->pending, GUINT_TO_POINTER(answer.serial));
	if (pending && answer.code != 0)
		pending->error = g_error_new_literal(REEVE_ERROR, answer.code, answer.message);
	else if (pending && !pending->ret_filter(xdr, pending->request->ret))
		fail(&pending->error, VIR_ERR_OPERATION_FAILED,
		     _("the answer of the privileged helper is damaged"));
	if (pending && !pending->error && pending->request->ret_fds) {
		g_array_append_vals(pending->request->ret_fds, fds->data, fds->len);
		g_array_set_size(fds, 0);
	}
	if (pending) {
		g_hash_table_remove(priv->pending, GUINT_TO_POINTER(answer.serial));
		fiber_event_set(&pending->answered);
	}
	xdr_free((xdrproc_t)xdr_priv_answer, &answer);
}

/* All who wait, and all who come, are told. */
static void priv_lost(Priv *priv)
{
	GHashTableIter iter;
	void *value;

	log_error(_("the privileged helper has ended; restart reeved to start guests again"));
	priv->lost = true;
	g_clear_pointer(&priv->source, sd_event_source_disable_unref);
	g_hash_table_iter_init(&iter, priv->pending);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		Pending *pending = value;

		fail(&pending->error, VIR_ERR_OPERATION_FAILED,
		     _("the privileged helper has ended; restart reeved"));
		g_hash_table_iter_remove(&iter);
		fiber_event_set(&pending->answered);
	}
	places_hand_out(priv); /* they are told, too */
}

static int on_answer(G_GNUC_UNUSED sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t events,
		     void *data)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * PRIV_FDS_MAX)];
	} control = { 0 };
	g_autofree char *buffer = g_malloc(PRIV_ANSWER_MAX);
	g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
	struct iovec iov = { .iov_base = buffer, .iov_len = PRIV_ANSWER_MAX };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	XDR xdr;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		priv_lost(data);
		return 0;
	}
	fds_take(&msg, fds);
	xdrmem_create(&xdr, buffer, (unsigned)n, XDR_DECODE);
	answer_take(data, &xdr, fds);
	xdr_destroy(&xdr);
	fds_close(fds);
	return 0;
}

/* ---- Requests ------------------------------------------------------------------------------ */

static bool packet_send(const Priv *priv, guint8 *bytes, gsize length, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = bytes, .iov_len = length };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	for (;;) {
		if (sendmsg(priv->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return true;
		if (errno != EINTR)
			return false;
	}
}

static bool request_send(Priv *priv, unsigned row, const PrivRequest *request, GError **error)
{
	const uint32_t header[] = { htonl(++priv->serial), htonl(request->number) };
	g_autofree guint8 *bytes = NULL;
	gsize length;

	G_STATIC_ASSERT(sizeof(header) == HEADER);
	bytes = rpc_encode(rows[row].args_filter, request->args, HEADER, &length, error);
	if (!bytes)
		return false;
	if (length > PRIV_REQUEST_MAX)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("a request of %zu bytes to the privileged helper is too large"), length);
	memcpy(bytes, header, HEADER);
	return packet_send(priv, bytes, length, request->send_fd) ||
	       fail_errno(error, errno, _("cannot reach the privileged helper"));
}

/* As long as its process gets on, one that takes long has no deadline. Parks. */
static bool answer_wait(Pending *pending, const PrivRequest *request, GError **error)
{
	const uint64_t timeout = request->timeout_usec ? request->timeout_usec : TIMEOUT_USEC;

	for (;;) {
		const unsigned before = request->beats ? *request->beats : 0;
		g_autoptr(GError) reason = NULL;

		if (fiber_event_wait(&pending->answered, "the privileged helper", timeout, &reason))
			return true;
		if (error_code(reason) == VIR_ERR_OPERATION_TIMEOUT && request->beats &&
		    *request->beats != before)
			continue;
		g_propagate_error(error, g_steal_pointer(&reason));
		return false;
	}
}

/* Sends and waits for the answer; the caller has a place. Parks. */
static bool request_run(Priv *priv, unsigned row, const PrivRequest *request, GError **error)
{
	Pending pending = { .request = request, .ret_filter = rows[row].ret_filter };
	unsigned serial;

	if (priv->lost)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the privileged helper has ended; restart reeved"));
	if (!request_send(priv, row, request, error))
		return false;
	serial = priv->serial;
	g_hash_table_insert(priv->pending, GUINT_TO_POINTER(serial), &pending);
	if (!answer_wait(&pending, request, error)) {
		g_hash_table_remove(priv->pending, GUINT_TO_POINTER(serial));
		g_clear_error(&pending.error);
		return false;
	}
	if (!pending.error)
		return true;
	g_propagate_error(error, pending.error);
	return false;
}

bool priv_request_call(Engine *engine, const PrivRequest *request, GError **error)
{
	PrivLane lane = lane_of(request->number);
	Priv *priv = engine->priv;
	unsigned row = 0;
	bool done;

	while (rows[row].number != request->number)
		row++;
	if (!priv)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("cannot %s in an ordinary user's session"), _(rows[row].text));
	if (!place_wait(priv, lane, TIMEOUT_USEC, error))
		return false;
	done = request_run(priv, row, request, error);
	place_free(priv, lane);
	return done;
}

bool priv_request_fd_call(Engine *engine, PrivRequest request, int *fd, GError **error)
{
	g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
	bool done;

	request.ret_fds = fd ? fds : NULL;
	done = priv_request_call(engine, &request, error);
	if (done && fd) {
		*fd = fds->len > 0 ? g_array_index(fds, int, 0) : -1;
		for (unsigned i = 1; i < fds->len; i++)
			close(g_array_index(fds, int, i));
	}
	return done;
}

/* ---- The process --------------------------------------------------------------------------- */

static GPtrArray *arguments_make(const PrivOptions *options)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(list, g_strdup("reeve-priv"));
	g_ptr_array_add(list, g_strdup_printf("--vm-dirs=%s", options->vm_dirs));
	g_ptr_array_add(list, g_strdup_printf("--net-dirs=%s", options->net_dirs));
	g_ptr_array_add(list, g_strdup_printf("--log-dir=%s", options->log_dir));
	g_ptr_array_add(list, g_strdup_printf("--state-dir=%s", options->state_dir));
	g_ptr_array_add(list, g_strdup_printf("--policy=%s", options->policy));
	for (const char *const *path = options->private; *path; path++)
		if (**path)
			g_ptr_array_add(list, g_strdup_printf("--private=%s", *path));
	g_ptr_array_add(list, g_strdup_printf("--vm-binary=%s", options->worker));
	g_ptr_array_add(list, g_strdup_printf("--engine-uid=%u", options->uid));
	g_ptr_array_add(list, g_strdup_printf("--engine-gid=%u", options->gid));
	g_ptr_array_add(list, g_strdup_printf("--guest-uid-base=%u", options->guest_uid_base));
	g_ptr_array_add(list, g_strdup_printf("--guest-uid-count=%d", GUEST_UIDS));
	if (options->guest_gid >= 0)
		g_ptr_array_add(list, g_strdup_printf("--guest-gid=%ld", (long)options->guest_gid));
	g_ptr_array_add(list, NULL);
	return list;
}

static void helper_exec(const char *path, char **argv, int socket)
{
	/* An own group: what a terminal sends to reeved's is not for it. */
	setsid();
	if (socket == 3)
		fcntl(3, F_SETFD, 0);
	else
		dup2(socket, 3);
	execv(path, argv);
	log_error(_("cannot execute '%s': %s"), path, g_strerror(errno));
	_exit(127);
}

/* It says so with one byte, or it ends and has told the reason on standard error. Blocks: nothing else runs yet. */
static bool helper_ready(const Priv *priv, GError **error)
{
	struct pollfd ready = { .fd = priv->fd, .events = POLLIN };
	char byte;

	if (poll(&ready, 1, READY_MS) == 0)
		return fail(error, VIR_ERR_OPERATION_TIMEOUT,
			    _("the privileged helper was not ready within %d s"), READY_MS / 1000);
	return recv(priv->fd, &byte, sizeof(byte), MSG_DONTWAIT) == sizeof(byte) ||
	       fail(error, VIR_ERR_OPERATION_FAILED,
		    _("the privileged helper did not start, for the reason that it has given"));
}

static bool helper_start(Priv *priv, const PrivOptions *options, GError **error)
{
	g_autoptr(GPtrArray) argv = arguments_make(options);
	g_autofd int theirs = -1;
	int size = SOCKET_BUFFER;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(error, errno, _("cannot make a pair of sockets"));
	priv->fd = pair[0];
	theirs = pair[1];
	setsockopt(priv->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	priv->pid = fork();
	if (priv->pid < 0)
		return fail_errno(error, errno, _("cannot start the privileged helper"));
	if (priv->pid == 0)
		helper_exec(options->helper, (char **)argv->pdata, theirs);
	fd_clear(&theirs);
	return helper_ready(priv, error);
}

Priv *priv_new(sd_event *loop, const PrivOptions *options, GError **error)
{
	Priv *priv = g_new0(Priv, 1);
	int r;

	priv->loop = sd_event_ref(loop);
	priv->fd = -1;
	priv->pending = g_hash_table_new(NULL, NULL);
	if (!helper_start(priv, options, error)) {
		priv_free(priv);
		return NULL;
	}
	r = sd_event_add_io(loop, &priv->source, priv->fd, EPOLLIN, on_answer, priv);
	if (r < 0) {
		fail_errno(error, -r, _("cannot watch the privileged helper"));
		priv_free(priv);
		return NULL;
	}
	return priv;
}

void priv_free(Priv *priv)
{
	if (!priv)
		return;
	sd_event_source_disable_unref(priv->source);
	fd_clear(&priv->fd);
	if (priv->pid > 0)
		waitpid(priv->pid, NULL, 0);
	g_hash_table_unref(priv->pending);
	sd_event_unref(priv->loop);
	g_free(priv);
}
