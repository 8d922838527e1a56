/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client and a server that dispatches, over a socketpair and one loop. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/limits.h"
#include "rpc/client/rpc_client.h"
#include "rpc/client/stream.h"
#include "rpc/wire/dispatch.h"
#include "rpc/wire/handle.h"
#include "rpc/wire/wire.h"
#include "rpc/wire/wire_error.h"

static sd_event *loop;

typedef struct Server {
	RpcConn *conn;
	RpcClient *client;
	bool deaf; /* answers nothing */
	GArray *fds;
	RpcMessage *last; /* call */
	GString *stream;
	FiberEvent ended;
	GError *ended_by;
	unsigned events;
} Server;

/* --- what is served --- */

static bool serve_hostname(G_GNUC_UNUSED void *context, G_GNUC_UNUSED void *args, void *data,
			   G_GNUC_UNUSED GError **error)
{
	remote_connect_get_hostname_ret *ret = data;

	ret->hostname = g_strdup("a.host");
	return true;
}

static bool serve_lookup(G_GNUC_UNUSED void *context, void *data, void *ret_data, GError **error)
{
	remote_domain_lookup_by_name_args *args = data;
	remote_domain_lookup_by_name_ret *ret = ret_data;

	if (strcmp(args->name, "there") != 0)
		return fail(error, VIR_ERR_NO_DOMAIN, "no domain named '%s'", args->name);
	ret->dom.name = g_strdup(args->name);
	memset(ret->dom.uuid, 7, sizeof(ret->dom.uuid));
	ret->dom.id = 3;
	return true;
}

static bool serve_errno(G_GNUC_UNUSED void *context, G_GNUC_UNUSED void *args,
			G_GNUC_UNUSED void *ret, GError **error)
{
	return fail_errno(error, ENOSPC, "cannot write");
}

static bool serve_fds(void *context, G_GNUC_UNUSED void *args, G_GNUC_UNUSED void *ret,
		      G_GNUC_UNUSED GError **error)
{
	Server *server = context;
	int fd = rpc_message_take_fd(server->last, 0);

	if (fd < 0)
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	server->fds = g_array_new(FALSE, FALSE, sizeof(int));
	g_array_append_val(server->fds, fd);
	return true;
}

static GArray *take_fds(void *context)
{
	return g_steal_pointer(&((Server *)context)->fds);
}

static int error_domain(G_GNUC_UNUSED void *context, G_GNUC_UNUSED const RpcProc *proc)
{
	return VIR_FROM_QEMU;
}

static const RpcService service = { .take_fds = take_fds, .error_domain = error_domain };

static RpcHandler handler_of(const RpcProc *proc)
{
	if (proc == REMOTE(connect_get_hostname))
		return serve_hostname;
	if (proc == REMOTE(domain_lookup_by_name))
		return serve_lookup;
	if (proc == REMOTE(connect_get_uri))
		return serve_errno;
	if (proc == REMOTE(domain_open_graphics_fd) || proc == REMOTE(domain_fd_associate))
		return serve_fds;
	return NULL;
}

static void reply(Server *server, RpcMessage *message)
{
	rpc_conn_send(server->conn, message, NULL);
	rpc_message_unref(message);
}

/* Echoes what a stream brings; "fail" fails it. */
static void on_stream(Server *server, RpcMessage *message)
{
	RpcHeader header = message->header;
	g_autoptr(GError) reason = NULL;

	if (header.status == RPC_STATUS_CONTINUE && message->length == 4 &&
	    memcmp(message->payload, "fail", 4) == 0) {
		fail(&reason, VIR_ERR_OPERATION_FAILED, "the stream fails");
		reply(server, wire_error_stream(&header, reason, VIR_FROM_STREAMS));
		return;
	}
	if (header.status == RPC_STATUS_CONTINUE) {
		rpc_conn_send(server->conn, message, NULL);
		return;
	}
	header.status = RPC_STATUS_OK;
	reply(server, rpc_message_new_space(&header, 0));
}

static void on_message(G_GNUC_UNUSED RpcConn *conn, RpcMessage *message, void *data)
{
	Server *server = data;
	RpcMessage *refusal;
	const RpcProc *proc;
	RpcHandler handler;

	g_clear_pointer(&server->last, rpc_message_unref);
	server->last = rpc_message_ref(message);
	if (server->deaf)
		return;
	if (message->header.type == RPC_TYPE_STREAM) {
		on_stream(server, message);
		return;
	}
	proc = rpc_dispatch_find(message, &refusal);
	if (refusal)
		reply(server, refusal);
	if (!proc)
		return;
	handler = handler_of(proc);
	if (proc == REMOTE(domain_open_console)) {
		remote_connect_open_args nothing = { 0 };

		reply(server,
		      rpc_message_new_reply(&message->header, proc->ret_filter, &nothing, NULL));
		return;
	}
	reply(server, handler ? rpc_dispatch_call(&service, proc, handler, message, server)
			      : rpc_dispatch_missing(message, proc));
}

static void on_server_closed(G_GNUC_UNUSED RpcConn *conn, G_GNUC_UNUSED const GError *reason,
			     G_GNUC_UNUSED void *data)
{
}

static const RpcConnHandler server_handler = {
	.message = on_message,
	.closed = on_server_closed,
};

static int setup(void **state)
{
	Server *server = g_new0(Server, 1);
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	server->conn =
		rpc_conn_new(loop, rpc_transport_new(pair[0], NULL), &server_handler, server);
	server->client = rpc_client_new_fd(loop, pair[1], NULL);
	server->stream = g_string_new(NULL);
	*state = server;
	return 0;
}

static int teardown(void **state)
{
	Server *server = *state;

	rpc_client_free(server->client);
	rpc_conn_unref(server->conn);
	g_clear_pointer(&server->last, rpc_message_unref);
	g_string_free(server->stream, TRUE);
	g_clear_error(&server->ended_by);
	g_free(server);
	return 0;
}

static void settle(void)
{
	while (sd_event_run(loop, 0) > 0)
		;
}

/* --- calls --- */

static void test_call(void **state)
{
	Server *server = *state;
	remote_connect_get_hostname_ret ret = { 0 };
	g_autoptr(GError) error = NULL;

	assert_true(
		rpc_client_call(server->client, REMOTE(connect_get_hostname), NULL, &ret, &error));
	assert_string_equal(ret.hostname, "a.host");
	rpc_free((xdrproc_t)xdr_remote_connect_get_hostname_ret, &ret);
}

static void test_error_comes_back(void **state)
{
	Server *server = *state;
	char name[] = "nowhere";
	remote_domain_lookup_by_name_args args = { .name = name };
	g_autoptr(GError) error = NULL;

	assert_false(rpc_client_call(server->client, REMOTE(domain_lookup_by_name), &args, NULL,
				     &error));
	assert_int_equal(error_code(error), VIR_ERR_NO_DOMAIN);
	assert_string_equal(error->message, "no domain named 'nowhere'");
}

static void test_errno_comes_back(void **state)
{
	Server *server = *state;
	g_autoptr(GError) error = NULL;

	assert_false(rpc_client_call(server->client, REMOTE(connect_get_uri), NULL, NULL, &error));
	assert_int_equal(error_code(error), VIR_ERR_SYSTEM_ERROR);
	assert_int_equal(error_errno(error), ENOSPC);
}

static void test_missing_procedure(void **state)
{
	Server *server = *state;
	g_autoptr(GError) error = NULL;

	assert_false(
		rpc_client_call(server->client, REMOTE(connect_get_version), NULL, NULL, &error));
	assert_int_equal(error_code(error), VIR_ERR_RPC);
	assert_true(g_str_has_prefix(error->message, "unknown procedure"));
}

static void test_several_under_way(void **state)
{
	Server *server = *state;
	RpcPending *pending[20];

	for (gsize i = 0; i < G_N_ELEMENTS(pending); i++)
		pending[i] =
			rpc_client_begin(server->client, REMOTE(connect_get_hostname), NULL, NULL);
	for (gsize i = G_N_ELEMENTS(pending); i-- > 0;)
		assert_true(rpc_client_finish_call(pending[i], NULL, NULL));
}

static void test_deadline(void **state)
{
	Server *server = *state;
	g_autoptr(GError) error = NULL;
	RpcHeader header;

	server->deaf = true;
	rpc_client_set_timeout(server->client, 10000);
	assert_false(
		rpc_client_call(server->client, REMOTE(connect_get_hostname), NULL, NULL, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_TIMEOUT);
	/* The reply comes late and disturbs nobody. */
	header = server->last->header;
	header.type = RPC_TYPE_REPLY;
	reply(server, rpc_message_new_space(&header, 0));
	settle();
	assert_true(rpc_client_is_open(server->client));
}

static void test_reply_nobody_asked_for(void **state)
{
	Server *server = *state;
	RpcHeader header = { .program = REMOTE_PROGRAM, .version = 1, .procedure = 3, .type = 1 };

	header.serial = 99;
	reply(server, rpc_message_new_space(&header, 0));
	settle();
	assert_false(rpc_client_is_open(server->client));
}

static void on_ended(const GError *reason, void *data)
{
	Server *server = data;

	server->ended_by = g_error_copy(reason);
	fiber_event_set(&server->ended);
}

static void test_waiting_call_fails_at_the_end(void **state)
{
	Server *server = *state;
	RpcPending *pending;
	g_autoptr(GError) error = NULL;

	server->deaf = true;
	rpc_client_on_closed(server->client, on_ended, server);
	pending = rpc_client_begin(server->client, REMOTE(connect_get_hostname), NULL, NULL);
	settle();
	rpc_conn_close(server->conn);
	assert_false(rpc_client_finish_call(pending, NULL, &error));
	assert_int_equal(error_code(error), VIR_ERR_RPC);
	assert_true(server->ended.set);
	g_clear_error(&error);
	assert_false(
		rpc_client_call(server->client, REMOTE(connect_get_hostname), NULL, NULL, &error));
}

static void test_descriptors_both_ways(void **state)
{
	Server *server = *state;
	char name[] = "x", text[] = "y";
	remote_domain_fd_associate_args args = { .dom.name = name, .name = text };
	g_autoptr(RpcMessage) answer = NULL;
	g_autofd int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	RpcExchange exchange = {
		.proc = REMOTE(domain_fd_associate),
		.args = &args,
		.fds = &fd,
		.n_fds = 1,
		.reply = &answer,
	};
	g_autofd int back = -1;
	guint8 byte = 1;

	assert_true(rpc_client_exchange_call(server->client, &exchange, NULL));
	back = rpc_message_take_fd(answer, 0);
	assert_true(back >= 0);
	assert_int_equal(read(back, &byte, 1), 1);
	assert_int_equal(byte, 0);
}

static void test_forward(void **state)
{
	Server *server = *state;
	char name[] = "there";
	remote_domain_lookup_by_name_args args = { .name = name };
	RpcHeader header = {
		.program = REMOTE_PROGRAM,
		.version = 1,
		.procedure = REMOTE_PROC_domain_lookup_by_name,
		.serial = 4711,
	};
	g_autoptr(RpcMessage) request = rpc_message_new(
		&header, (xdrproc_t)xdr_remote_domain_lookup_by_name_args, &args, NULL);
	g_autoptr(RpcMessage) answer = NULL;
	remote_domain_lookup_by_name_ret ret = { 0 };

	assert_true(rpc_client_forward_call(server->client, request, 1000000, &answer, NULL));
	assert_int_equal(answer->header.serial, 4711);
	assert_int_not_equal(server->last->header.serial, 4711);
	assert_true(rpc_message_decode(answer, (xdrproc_t)xdr_remote_domain_lookup_by_name_ret,
				       &ret, NULL));
	assert_int_equal(ret.dom.id, 3);
	rpc_free((xdrproc_t)xdr_remote_domain_lookup_by_name_ret, &ret);
}

static void on_event(RpcMessage *message, void *data)
{
	((Server *)data)->events += message->header.procedure == REMOTE_PROC_domain_event_reboot;
}

static void test_events(void **state)
{
	Server *server = *state;
	RpcHeader header = {
		.program = REMOTE_PROGRAM,
		.version = 1,
		.procedure = REMOTE_PROC_domain_event_reboot,
		.type = RPC_TYPE_MESSAGE,
		.serial = 1,
	};

	rpc_client_on_message(server->client, on_event, server);
	reply(server, rpc_message_new_space(&header, 0));
	settle();
	assert_int_equal(server->events, 1);
}

/* --- wrong input, as the table of FRAMING has it --- */

/* Sends a frame as a client would not; the reply's error, NULL when there was none. */
static GError *provoke(void *server, RpcHeader header, const void *payload, gsize length)
{
	g_autoptr(RpcMessage) message = rpc_message_new_bytes(&header, payload, length);
	g_autoptr(RpcMessage) refusal = NULL;
	const RpcProc *proc;
	GError *error = NULL;

	proc = rpc_dispatch_find(message, &refusal);
	if (proc && handler_of(proc))
		refusal = rpc_dispatch_call(&service, proc, handler_of(proc), message, server);
	if (!refusal)
		return NULL;
	assert_int_equal(refusal->header.type, RPC_TYPE_REPLY);
	assert_int_equal(refusal->header.status, RPC_STATUS_ERROR);
	assert_int_equal(refusal->header.serial, header.serial);
	assert_int_equal(refusal->header.program, header.program);
	wire_error_raise_message(refusal, &error);
	return error;
}

static void test_wrong_headers(void **state)
{
	static const struct {
		RpcHeader header;
		const char *begins; /* NULL: dropped */
	} cases[] = {
		{ { 1, 1, 1, 0, 5, 0 }, "Cannot find program 1 version 1" },
		{ { REMOTE_PROGRAM, 2, 1, 0, 5, 0 }, "Cannot find program" },
		{ { REMOTE_PROGRAM, 2, 1, 4, 5, 0 }, "Cannot find program" },
		{ { REMOTE_PROGRAM, 1, 100000, 0, 5, 0 }, "unknown procedure: " },
		{ { REMOTE_PROGRAM, 1, 107, 0, 5, 0 }, "unknown procedure: " },
		{ { REMOTE_PROGRAM, 1, 0, 0, 5, 0 }, "unknown procedure: " },
		{ { REMOTE_PROGRAM, 1, -5, 0, 5, 0 }, "unknown procedure: " },
		{ { REMOTE_PROGRAM, 1, 59, 0, 5, 1 }, "a call has status 0" },
		{ { REMOTE_PROGRAM, 1, 59, 1, 5, 0 }, NULL },
		{ { REMOTE_PROGRAM, 1, 59, 2, 5, 0 }, NULL },
		{ { REMOTE_PROGRAM, 1, 59, 3, 5, 0 }, NULL },
		{ { REMOTE_PROGRAM, 1, 59, 6, 5, 0 }, NULL },
		{ { REMOTE_PROGRAM, 1, 59, 77, 5, 0 }, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = provoke(*state, cases[i].header, NULL, 0);

		if (!cases[i].begins) {
			assert_null(error);
			continue;
		}
		assert_non_null(error);
		assert_int_equal(error_code(error), VIR_ERR_RPC);
		assert_true(g_str_has_prefix(error->message, cases[i].begins));
	}
}

static void test_wrong_arguments(void **state)
{
	static const struct {
		const char *bytes;
		gsize length;
	} cases[] = {
		{ "", 0 },                      /* too short */
		{ "\0\0\0\5abcde\0\0", 11 },    /* padding missing */
		{ "\xff\xff\xff\xff", 4 },      /* negative length */
		{ "\0\x40\0\1", 4 },            /* over the limit */
		{ "\0\0\0\5ab\0de\0\0\0", 12 }, /* a NUL inside */
	};
	RpcHeader header = {
		.program = REMOTE_PROGRAM,
		.version = 1,
		.procedure = REMOTE_PROC_domain_lookup_by_name,
		.serial = 9,
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = provoke(*state, header, cases[i].bytes, cases[i].length);

		assert_non_null(error);
		assert_int_equal(error_code(error), VIR_ERR_RPC);
	}
}

/* libvirtd ignores them; what nobody reads is what nobody has checked. */
static void test_trailing_bytes_are_refused(void **state)
{
	RpcHeader header = {
		.program = REMOTE_PROGRAM,
		.version = 1,
		.procedure = REMOTE_PROC_connect_get_hostname,
	};
	g_autoptr(GError) error = provoke(*state, header, "extra bytes.", 12);

	assert_non_null(error);
	assert_int_equal(error_code(error), VIR_ERR_RPC);
}

static void test_handle_of_a_call(G_GNUC_UNUSED void **state)
{
	static const guint8 payload[] = "\0\0\0\3abc\0"
					"0123456789abcdef"
					"\0\0\0\1";
	static const guint8 snapshot[] = "\0\0\0\1s\0\0\0"
					 "\0\0\0\3abc\0"
					 "0123456789abcdef";
	RpcHeader header = { .program = REMOTE_PROGRAM, .version = 1 };
	g_autoptr(RpcMessage) call = rpc_message_new_bytes(&header, payload, sizeof(payload) - 1);
	g_autoptr(RpcMessage) other =
		rpc_message_new_bytes(&header, snapshot, sizeof(snapshot) - 1);
	g_autoptr(RpcMessage) cut = rpc_message_new_bytes(&header, payload, 20);
	static const guint8 volume_bytes[] = "\0\0\0\4pool\0\0\0\1v\0\0\0\0\0\0\2/v\0\0";
	g_autoptr(RpcMessage) volume =
		rpc_message_new_bytes(&header, volume_bytes, sizeof(volume_bytes) - 1);
	g_autoptr(RpcMessage) secret = rpc_message_new_bytes(&header, payload + 8, 16);
	g_auto(RpcHandle) handle = { .name = NULL };

	assert_true(rpc_handle_read(call, REMOTE(domain_get_info), &handle, NULL));
	assert_memory_equal(handle.uuid, "0123456789abcdef", 16);
	assert_null(handle.name);
	assert_true(rpc_handle_read(other, REMOTE(domain_snapshot_delete), &handle, NULL));
	assert_memory_equal(handle.uuid, "0123456789abcdef", 16);
	assert_string_equal(handle.name, "s");
	rpc_handle_clear(&handle);
	assert_true(rpc_handle_read(secret, REMOTE(secret_get_value), &handle, NULL));
	assert_memory_equal(handle.uuid, "0123456789abcdef", 16);
	assert_true(rpc_handle_read(volume, REMOTE(storage_vol_delete), &handle, NULL));
	assert_string_equal(handle.pool, "pool");
	assert_string_equal(handle.name, "v");
	assert_string_equal(handle.key, "/v");
	assert_false(rpc_handle_read(cut, REMOTE(domain_get_info), &handle, NULL));
	assert_false(rpc_handle_read(cut, REMOTE(storage_vol_delete), &handle, NULL));
	assert_false(rpc_handle_read(call, REMOTE(connect_get_type), &handle, NULL));
}

/* --- streams --- */

static void on_received(G_GNUC_UNUSED RpcClientStream *stream, const void *bytes, gsize length,
			void *data)
{
	g_string_append_len(((Server *)data)->stream, bytes, (gssize)length);
}

static void on_stream_ended(G_GNUC_UNUSED RpcClientStream *stream, const GError *error, void *data)
{
	on_ended(error, data);
}

static RpcClientStream *open_stream(Server *server)
{
	static const RpcClientStreamHandler handler = {
		.received = on_received,
		.ended = on_stream_ended,
	};
	char name[] = "x";
	remote_domain_open_console_args args = { .dom.name = name };
	RpcClientStreamSpec spec = {
		.proc = REMOTE(domain_open_console),
		.args = &args,
		.handler = &handler,
		.data = server,
	};

	return rpc_client_stream_open_call(server->client, &spec, NULL);
}

static void test_stream(void **state)
{
	Server *server = *state;
	g_autoptr(RpcClientStream) stream = open_stream(server);
	g_autofree guint8 *much = g_malloc0(2 * LIMIT_STREAM_CHUNK);
	g_autoptr(GError) error = NULL;

	assert_non_null(stream);
	assert_true(rpc_client_stream_send(stream, much, 2 * LIMIT_STREAM_CHUNK - 1, NULL));
	assert_true(rpc_client_stream_finish_call(stream, &error));
	assert_int_equal(server->stream->len, 2 * LIMIT_STREAM_CHUNK - 1);
	assert_false(rpc_client_stream_send(stream, much, 1, &error));
}

static void test_stream_fails(void **state)
{
	Server *server = *state;
	g_autoptr(RpcClientStream) stream = open_stream(server);
	g_autoptr(GError) error = NULL;

	assert_true(rpc_client_stream_send(stream, "fail", 4, NULL));
	assert_true(fiber_event_wait(&server->ended, "the end", G_USEC_PER_SEC, NULL));
	assert_string_equal(server->ended_by->message, "the stream fails");
	assert_false(rpc_client_stream_finish_call(stream, &error));
	assert_string_equal(error->message, "the stream fails");
}

static void test_stream_dies_with_the_connection(void **state)
{
	Server *server = *state;
	g_autoptr(RpcClientStream) stream = open_stream(server);

	rpc_conn_close(server->conn);
	assert_true(fiber_event_wait(&server->ended, "the end", G_USEC_PER_SEC, NULL));
	assert_non_null(server->ended_by);
}

static void test_stream_abort(void **state)
{
	g_autoptr(RpcClientStream) stream = open_stream(*state);

	assert_true(rpc_client_stream_abort_call(stream, NULL));
}

/* --- speed: printed, never judged --- */

static void test_speed(void **state)
{
	Server *server = *state;
	enum { CALLS = 20000, AHEAD = 50 };
	gint64 began = g_get_monotonic_time(), alone;
	RpcPending *pending[AHEAD];

	for (int i = 0; i < CALLS; i++)
		assert_true(rpc_client_call(server->client, REMOTE(connect_get_hostname), NULL,
					    NULL, NULL));
	alone = g_get_monotonic_time() - began;
	began = g_get_monotonic_time();
	for (int i = 0; i < CALLS / AHEAD; i++) {
		for (int j = 0; j < AHEAD; j++)
			pending[j] = rpc_client_begin(server->client, REMOTE(connect_get_hostname),
						      NULL, NULL);
		for (int j = 0; j < AHEAD; j++)
			assert_true(rpc_client_finish_call(pending[j], NULL, NULL));
	}
	print_message("%d calls/s one by one, %d/s with %d ahead, both ends in one process\n",
		      (int)((gint64)CALLS * G_USEC_PER_SEC / alone),
		      (int)((gint64)CALLS * G_USEC_PER_SEC / (g_get_monotonic_time() - began)),
		      AHEAD);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_call),
		TEST(test_error_comes_back),
		TEST(test_errno_comes_back),
		TEST(test_missing_procedure),
		TEST(test_several_under_way),
		TEST(test_deadline),
		TEST(test_reply_nobody_asked_for),
		TEST(test_waiting_call_fails_at_the_end),
		TEST(test_descriptors_both_ways),
		TEST(test_forward),
		TEST(test_events),
		TEST(test_wrong_headers),
		TEST(test_wrong_arguments),
		TEST(test_trailing_bytes_are_refused),
		TEST(test_handle_of_a_call),
		TEST(test_stream),
		TEST(test_stream_fails),
		TEST(test_stream_dies_with_the_connection),
		TEST(test_stream_abort),
		TEST(test_speed),
	};
	int result;

	if (sd_event_new(&loop) < 0 || !fiber_init(loop, NULL))
		return 1;
	result = cmocka_run_group_tests(tests, NULL, NULL);
	fiber_done();
	sd_event_unref(loop);
	return result;
}
