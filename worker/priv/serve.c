/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <rpc/rpc.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "worker/priv/priv.h"

enum { HEADER = 8 }; /* bytes of a priv_request */

typedef enum Way {
	INLINE,
	FORKED,
} Way;

typedef struct Row {
	unsigned number;
	const char *name;
	xdrproc_t args_filter, ret_filter;
	size_t args_size, ret_size;
	Way way;
	unsigned fds;
	bool (*serve)(PrivCall *call, const void *args, void *ret, GError **error);
} Row;

#define PRIV(number, name, args_type, ret_type, ...)                                               \
	static bool serve_##name(PrivCall *call, const void *args, void *ret, GError **error)      \
	{                                                                                          \
		return priv_##name(call, args, ret, error);                                        \
	}
#include "worker/priv/priv.def"
#undef PRIV

static const Row rows[] = {
#define PRIV(number, name, args_type, ret_type, way, fds, text)                                    \
	{ number,	    #name,	      (xdrproc_t)xdr_##args_type,                          \
	  (xdrproc_t)xdr_##ret_type, sizeof(args_type), sizeof(ret_type), way, fds, serve_##name },
#include "worker/priv/priv.def"
#undef PRIV
};

static const Row *row_find(unsigned number)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

static void packet_send(const PrivConfig *config, char *data, size_t length, const PrivFds *out)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * PRIV_FDS_MAX)];
	} control = { 0 };
	struct iovec iov = { .iov_base = data, .iov_len = length };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (out && out->n > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * out->n);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * out->n);
		memcpy(CMSG_DATA(&control.header), out->fds, sizeof(int) * out->n);
	}
	while (sendmsg(config->socket, &msg, MSG_NOSIGNAL) < 0)
		if (errno != EINTR) {
			/* The engine has gone, or the packet is larger than it may be. */
			log_warning("cannot answer: %s", g_strerror(errno));
			return;
		}
}

static void answer_error(const PrivConfig *config, unsigned serial, const GError *error)
{
	g_autofree char *buffer = g_malloc(PRIV_TEXT_MAX + 64);
	g_autofree char *message = g_strndup(error->message, PRIV_TEXT_MAX);
	priv_answer answer = {
		.serial = serial,
		.code = error->domain == REEVE_ERROR ? error->code : VIR_ERR_SYSTEM_ERROR,
		.message = message,
	};
	XDR xdr;

	xdrmem_create(&xdr, buffer, PRIV_TEXT_MAX + 64, XDR_ENCODE);
	if (xdr_priv_answer(&xdr, &answer))
		packet_send(config, buffer, xdr_getpos(&xdr), NULL);
	xdr_destroy(&xdr);
}

static bool answer_result(const PrivCall *call, const Row *row, void *ret, GError **error)
{
	g_autofree char *buffer = g_malloc(PRIV_ANSWER_MAX);
	char empty[] = "";
	priv_answer answer = { .serial = call->serial, .message = empty };
	bool encoded;
	XDR xdr;

	xdrmem_create(&xdr, buffer, PRIV_ANSWER_MAX, XDR_ENCODE);
	encoded = xdr_priv_answer(&xdr, &answer) && row->ret_filter(&xdr, ret);
	if (encoded)
		packet_send(call->config, buffer, xdr_getpos(&xdr), &call->out);
	xdr_destroy(&xdr);
	if (encoded)
		return true;
	return fail(error, VIR_ERR_OPERATION_FAILED, _("the answer of '%s' is too large"), row->name);
}

/* Decodes the arguments, runs the function, sends the answer. */
static bool row_run(PrivCall *call, const Row *row, XDR *xdr, GError **error)
{
	g_autofree void *args = g_malloc0(row->args_size);
	g_autofree void *ret = g_malloc0(row->ret_size);
	bool done = false;

	if (!row->args_filter(xdr, args))
		fail(error, VIR_ERR_INVALID_ARG, _("the arguments of '%s' are damaged"), row->name);
	else if (call->in->n != row->fds)
		fail(error, VIR_ERR_INVALID_ARG, _("'%s' comes with %u descriptors, not %u"),
		     row->name, row->fds, call->in->n);
	else
		done = row->serve(call, args, ret, error) && answer_result(call, row, ret, error);
	xdr_free(row->args_filter, args);
	xdr_free(row->ret_filter, ret);
	priv_fds_clear(&call->out);
	if (done && call->after)
		call->after(call->data);
	return done;
}

/* 0 in the child and where there shall be none, the child's pid in the parent. */
static pid_t row_fork(const Row *row, bool *ret_child, GError **error)
{
	pid_t pid;

	*ret_child = false;
	if (!row || row->way == INLINE)
		return 0;
	pid = fork();
	if (pid < 0)
		fail_errno(error, errno, _("cannot start a process to '%s'"), row->name);
	*ret_child = pid == 0;
	return pid;
}

pid_t priv_packet_serve(const PrivConfig *config, const char *packet, size_t length, PrivFds *in)
{
	g_autoptr(GError) error = NULL;
	priv_request request = { 0 };
	PrivCall call = { .config = config, .in = in };
	const Row *row = NULL;
	bool child;
	pid_t pid;
	XDR xdr;

	xdrmem_create(&xdr, (char *)packet, (unsigned)length, XDR_DECODE);
	if (xdr_priv_request(&xdr, &request))
		row = row_find(request.number);
	call.serial = request.serial;
	pid = row_fork(row, &child, &error);
	if (pid <= 0) {
		if (!row)
			fail(&error, VIR_ERR_NO_SUPPORT, _("there is no request %u"), request.number);
		else if (!error)
			row_run(&call, row, &xdr, &error);
		if (error)
			answer_error(config, request.serial, error);
	}
	xdr_destroy(&xdr);
	if (child)
		_exit(0);
	priv_fds_clear(in);
	return MAX(pid, 0);
}

unsigned priv_packet_serial(const char *packet, size_t length)
{
	uint32_t word;

	if (length < sizeof(word))
		return 0;
	memcpy(&word, packet, sizeof(word));
	return ntohl(word);
}

void priv_answer_lost(const PrivConfig *config, unsigned serial, int status)
{
	g_autoptr(GError) error = NULL;

	if (WIFSIGNALED(status))
		fail(&error, VIR_ERR_OPERATION_FAILED,
		     _("the privileged helper's process was ended by signal %d"), WTERMSIG(status));
	else
		fail(&error, VIR_ERR_OPERATION_FAILED,
		     _("the privileged helper's process ended with status %d"), WEXITSTATUS(status));
	answer_error(config, serial, error);
}

/* The number of the request in @packet; 0 for a packet that is too short. */
static unsigned packet_number(const char *packet, size_t length)
{
	return length < HEADER ? 0 : priv_packet_serial(packet + 4, length - 4);
}

/* The arguments of all that is done to the directory of a guest begin with its UUID. */
bool priv_packet_is_about(const char *packet, size_t length, const char *uuid)
{
	switch (packet_number(packet, length)) {
	case PRIV_REQUEST_make_vm_dir:
	case PRIV_REQUEST_remove_vm_dir:
	case PRIV_REQUEST_spawn_vm:
		return length >= HEADER + 16 && memcmp(packet + HEADER, uuid, 16) == 0;
	default:
		return false;
	}
}

const char *priv_packet_removes(const char *packet, size_t length)
{
	if (packet_number(packet, length) != PRIV_REQUEST_remove_vm_dir || length < HEADER + 16)
		return NULL;
	return packet + HEADER;
}

void priv_answer_busy(const PrivConfig *config, const char *packet, size_t length)
{
	g_autoptr(GError) error = NULL;
	char name[37];

	priv_uuid_format((const unsigned char *)packet + HEADER, name);
	fail_errno(&error, EBUSY, _("guest %s is being removed"), name);
	answer_error(config, priv_packet_serial(packet, length), error);
}
