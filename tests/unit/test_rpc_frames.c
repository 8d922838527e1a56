/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames and connections over a socketpair: one end is a connection, the other plain bytes. */
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
#include "rpc/wire/conn.h"

#define PROGRAM 0x20008086u
#define KEEPALIVE 0x6b656570u

static sd_event *loop;

typedef struct Peer {
	RpcConn *conn;
	int raw; /* the other end */
	GPtrArray *messages;
	unsigned pause_after; /* messages, 0: never */
	bool refuse_large;
	unsigned drained;
	FiberEvent closed;
	GError *reason;
} Peer;

static void on_message(RpcConn *conn, RpcMessage *message, void *data)
{
	Peer *peer = data;

	g_ptr_array_add(peer->messages, rpc_message_ref(message));
	if (peer->pause_after && peer->messages->len == peer->pause_after)
		rpc_conn_pause(conn);
}

static bool on_begin(G_GNUC_UNUSED RpcConn *conn, G_GNUC_UNUSED const RpcHeader *header,
		     G_GNUC_UNUSED gsize length, void *data)
{
	return !((Peer *)data)->refuse_large;
}

static void on_closed(G_GNUC_UNUSED RpcConn *conn, const GError *reason, void *data)
{
	Peer *peer = data;

	peer->reason = reason ? g_error_copy(reason) : NULL;
	fiber_event_set(&peer->closed);
}

static void on_drained(G_GNUC_UNUSED RpcConn *conn, void *data)
{
	((Peer *)data)->drained++;
}

static const RpcConnHandler handler = {
	.message = on_message,
	.begin = on_begin,
	.closed = on_closed,
	.drained = on_drained,
};

static int setup(void **state)
{
	Peer *peer = g_new0(Peer, 1);
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	peer->messages = g_ptr_array_new_with_free_func((GDestroyNotify)rpc_message_unref);
	peer->conn = rpc_conn_new(loop, rpc_transport_new(pair[0], NULL), &handler, peer);
	peer->raw = pair[1];
	*state = peer;
	return 0;
}

static int teardown(void **state)
{
	Peer *peer = *state;

	rpc_conn_unref(peer->conn);
	fd_clear(&peer->raw);
	g_ptr_array_unref(peer->messages);
	g_clear_error(&peer->reason);
	g_free(peer);
	return 0;
}

/* Lets the loop do all that can be done now. */
static void settle(void)
{
	while (sd_event_run(loop, 0) > 0)
		;
}

typedef struct Frame {
	guint32 length, program, version, procedure, type, serial, status;
} Frame;

static gsize frame_write(guint8 *out, Frame frame, const void *payload, gsize length)
{
	const guint32 words[] = { frame.length ? frame.length : (guint32)(28 + length),
				  frame.program,
				  frame.version,
				  frame.procedure,
				  frame.type,
				  frame.serial,
				  frame.status };

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		guint32 word = GUINT32_TO_BE(words[i]);

		memcpy(out + i * 4, &word, 4);
	}
	if (length)
		memcpy(out + 28, payload, length);
	return 28 + length;
}

static const Frame plain = { .program = PROGRAM, .version = 1, .procedure = 3, .serial = 7 };

static void send_raw(const Peer *peer, const void *bytes, gsize length)
{
	assert_int_equal(send(peer->raw, bytes, length, MSG_NOSIGNAL), length);
}

static void wait_closed(Peer *peer)
{
	assert_true(fiber_event_wait(&peer->closed, "the end", 10 * G_USEC_PER_SEC, NULL));
}

static void test_a_frame(void **state)
{
	Peer *peer = *state;
	guint8 frame[64];
	gsize length = frame_write(frame, plain, "abcdefgh", 8);
	RpcMessage *message;

	send_raw(peer, frame, length);
	settle();
	assert_int_equal(peer->messages->len, 1);
	message = peer->messages->pdata[0];
	assert_int_equal(message->header.program, PROGRAM);
	assert_int_equal(message->header.procedure, 3);
	assert_int_equal(message->header.serial, 7);
	assert_int_equal(message->length, 8);
	assert_memory_equal(message->payload, "abcdefgh", 8);
}

static void test_byte_by_byte(void **state)
{
	Peer *peer = *state;
	guint8 frames[128];
	gsize length = frame_write(frames, plain, "abcd", 4);

	length += frame_write(frames + length, plain, NULL, 0);
	length += frame_write(frames + length, plain, "efgh", 4);
	for (gsize i = 0; i < length; i++) {
		send_raw(peer, frames + i, 1);
		settle();
	}
	assert_int_equal(peer->messages->len, 3);
}

static void test_wrong_lengths(void **state)
{
	static const guint32 lengths[] = { 1, 27, LIMIT_FRAME + 1, 0x80000000u, 0xffffffffu };

	teardown(state);
	for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
		Frame frame = plain;
		guint8 bytes[28];
		Peer *peer;

		setup(state);
		peer = *state;
		frame.length = lengths[i];
		frame_write(bytes, frame, NULL, 0);
		send_raw(peer, bytes, sizeof(bytes));
		wait_closed(peer);
		assert_non_null(peer->reason);
		assert_int_equal(error_code(peer->reason), VIR_ERR_RPC);
		if (i + 1 < G_N_ELEMENTS(lengths))
			teardown(state);
	}
}

static void test_largest_frame(void **state)
{
	Peer *peer = *state;
	Frame frame = plain;
	guint8 head[28];
	g_autofree guint8 *chunk = g_malloc0(1 << 20);
	gsize left = LIMIT_FRAME - 28;

	frame.length = LIMIT_FRAME;
	frame_write(head, frame, NULL, 0);
	send_raw(peer, head, sizeof(head));
	while (left > 0) {
		ssize_t n = send(peer->raw, chunk, MIN(left, 1 << 20), MSG_DONTWAIT);

		assert_true(n > 0 || errno == EAGAIN);
		left -= n > 0 ? (gsize)n : 0;
		settle();
	}
	assert_int_equal(peer->messages->len, 1);
	assert_int_equal(((RpcMessage *)peer->messages->pdata[0])->length, LIMIT_FRAME - 28);
}

static void test_end_of_stream(void **state)
{
	Peer *peer = *state;

	fd_clear(&peer->raw);
	wait_closed(peer);
	assert_null(peer->reason);
	assert_false(rpc_conn_is_open(peer->conn));
}

static gsize frame_with_fds(guint8 *out, unsigned count)
{
	Frame frame = plain;
	guint32 word = GUINT32_TO_BE(count);

	frame.type = RPC_TYPE_CALL_FDS;
	return frame_write(out, frame, &word, 4);
}

static int some_fd(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* The peer leaves after each byte of a few frames, one of them with a descriptor. */
static void test_close_anywhere(void **state)
{
	guint8 bytes[128];
	gsize length = frame_write(bytes, plain, "abcd", 4);

	length += frame_with_fds(bytes + length, 1);
	for (gsize cut = 0; cut <= length; cut++) {
		Peer *peer = *state;
		g_autofd int fd = some_fd();

		send_raw(peer, bytes, cut);
		if (cut == length)
			assert_int_equal(fd_send(peer->raw, 0, fd), 0);
		fd_clear(&peer->raw);
		wait_closed(peer);
		assert_null(peer->reason);
		assert_int_equal(peer->messages->len, cut < 32 ? 0 : cut < length ? 1 : 2);
		teardown(state);
		setup(state);
	}
}

static void test_ping_is_answered(void **state)
{
	Peer *peer = *state;
	Frame ping = { .program = KEEPALIVE, .version = 1, .procedure = 1, .type = 2 };
	guint8 bytes[28], expected[28];

	frame_write(bytes, ping, NULL, 0);
	send_raw(peer, bytes, sizeof(bytes));
	settle();
	ping.procedure = 2;
	frame_write(expected, ping, NULL, 0);
	assert_int_equal(recv(peer->raw, bytes, sizeof(bytes), MSG_DONTWAIT), sizeof(bytes));
	assert_memory_equal(bytes, expected, sizeof(bytes));
	assert_int_equal(peer->messages->len, 0);
}

static void test_silence_ends(void **state)
{
	Peer *peer = *state;
	guint8 bytes[28];

	rpc_conn_keepalive(peer->conn, 1, 1);
	wait_closed(peer);
	assert_non_null(peer->reason);
	assert_int_equal(recv(peer->raw, bytes, sizeof(bytes), MSG_DONTWAIT), sizeof(bytes));
	assert_int_equal(bytes[15], 1); /* a ping */
}

static void test_pause_holds_back(void **state)
{
	Peer *peer = *state;
	guint8 frames[28 * 10];

	for (gsize i = 0; i < 10; i++)
		frame_write(frames + i * 28, plain, NULL, 0);
	peer->pause_after = 3;
	send_raw(peer, frames, sizeof(frames));
	settle();
	assert_int_equal(peer->messages->len, 3);
	peer->pause_after = 5;
	rpc_conn_resume(peer->conn);
	settle();
	assert_int_equal(peer->messages->len, 5);
	rpc_conn_resume(peer->conn);
	settle();
	assert_int_equal(peer->messages->len, 10);
	send_raw(peer, frames, 28);
	settle();
	assert_int_equal(peer->messages->len, 11);
}

static void test_large_can_be_refused(void **state)
{
	Peer *peer = *state;
	g_autofree guint8 *bytes = g_malloc0(28 + 100000);
	gsize length = frame_write(bytes, plain, bytes + 28, 100000);

	peer->refuse_large = true;
	send_raw(peer, bytes, length);
	send_raw(peer, bytes, frame_write(bytes, plain, NULL, 0));
	settle();
	assert_int_equal(peer->messages->len, 1);
	assert_int_equal(((RpcMessage *)peer->messages->pdata[0])->length, 0);
}

/* What is refused may come with descriptors, which follow it and are dropped with it. */
static void test_large_with_descriptors_can_be_refused(void **state)
{
	Peer *peer = *state;
	g_autofree guint8 *bytes = g_malloc0(28 + 100000);
	gsize length = frame_write(bytes, plain, bytes + 28, 100000);
	g_autofd int fd = some_fd();

	bytes[19] = RPC_TYPE_CALL_FDS;
	bytes[31] = 2; /* the count of descriptors comes first */
	peer->refuse_large = true;
	for (gsize i = 0; i < 40; i++)
		send_raw(peer, bytes + i, 1);
	send_raw(peer, bytes + 40, length - 40);
	assert_int_equal(fd_send(peer->raw, 0, fd), 0);
	assert_int_equal(fd_send(peer->raw, 0, fd), 0);
	send_raw(peer, bytes, frame_write(bytes, plain, NULL, 0));
	settle();
	assert_null(peer->reason);
	assert_int_equal(peer->messages->len, 1);
	assert_int_equal(((RpcMessage *)peer->messages->pdata[0])->n_fds, 0);
}

static RpcMessage *message_of(gsize length)
{
	RpcHeader header = { .program = PROGRAM, .version = 1, .procedure = 1, .type = 2 };
	RpcMessage *message = rpc_message_new_space(&header, length);

	memset(message->payload, 'x', length);
	return message;
}

static void test_slow_reader_is_cut_off(void **state)
{
	Peer *peer = *state;
	g_autoptr(RpcMessage) message = message_of(8 << 20);
	unsigned sent = 0;

	while (rpc_conn_send(peer->conn, message, NULL))
		assert_true(++sent < 20);
	assert_true(sent >= LIMIT_CLIENT_BUFFER / (8 << 20));
	assert_false(peer->closed.set); /* from the loop, not inside the call */
	wait_closed(peer);
	assert_non_null(peer->reason);
}

static void test_drained(void **state)
{
	Peer *peer = *state;
	g_autoptr(RpcMessage) message = message_of(4 << 20);
	g_autofree guint8 *buffer = g_malloc(1 << 20);
	gsize got = 0;

	assert_true(rpc_conn_send(peer->conn, message, NULL));
	assert_true(rpc_conn_send(peer->conn, message, NULL));
	assert_true(rpc_conn_queued(peer->conn) > 0);
	while (got < 2 * (28 + (4 << 20))) {
		ssize_t n = recv(peer->raw, buffer, 1 << 20, MSG_DONTWAIT);

		got += n > 0 ? (gsize)n : 0;
		settle();
	}
	assert_int_equal(got, 2 * (28 + (4 << 20)));
	assert_int_equal(rpc_conn_queued(peer->conn), 0);
	assert_int_equal(peer->drained, 1);
}

static void test_finish_writes_first(void **state)
{
	Peer *peer = *state;
	g_autoptr(RpcMessage) message = message_of(100);
	guint8 bytes[256];

	assert_true(rpc_conn_send(peer->conn, message, NULL));
	rpc_conn_finish(peer->conn);
	wait_closed(peer);
	assert_null(peer->reason);
	assert_true(recv(peer->raw, bytes, sizeof(bytes), 0) >= 128);
}

/* --- descriptors --- */

static void test_descriptors_come(void **state)
{
	Peer *peer = *state;
	guint8 bytes[64];
	gsize length = frame_with_fds(bytes, 2);
	g_autofd int fd = some_fd();
	RpcMessage *message;

	/* All at once, so that one read has the end of the frame and the first carrier. */
	send_raw(peer, bytes, length);
	assert_int_equal(fd_send(peer->raw, 0, fd), 0);
	assert_int_equal(fd_send(peer->raw, 0, fd), 0);
	send_raw(peer, bytes, frame_write(bytes, plain, NULL, 0));
	settle();
	assert_int_equal(peer->messages->len, 2);
	message = peer->messages->pdata[0];
	assert_int_equal(message->n_fds, 2);
	assert_int_equal(message->length, 0);
	assert_true(fcntl(message->fds[0], F_GETFD) & FD_CLOEXEC);
	assert_int_not_equal(message->fds[0], message->fds[1]);
}

static void test_descriptors_leave(void **state)
{
	Peer *peer = *state;
	RpcHeader header = { .program = PROGRAM, .version = 1, .procedure = 1, .type = 1 };
	g_autoptr(RpcMessage) message = rpc_message_new_bytes(&header, "abcd", 4);
	int fds[2] = { some_fd(), some_fd() };
	guint8 bytes[36], carrier;
	g_autofd int first = -1, second = -1;

	assert_true(rpc_message_add_fds(message, fds, 2, NULL));
	assert_true(rpc_conn_send(peer->conn, message, NULL));
	settle();
	assert_int_equal(read(peer->raw, bytes, sizeof(bytes)), 36);
	assert_int_equal(bytes[3], 36); /* the carriers do not count */
	assert_int_equal(bytes[19], RPC_TYPE_REPLY_FDS);
	assert_int_equal(bytes[31], 2);
	assert_memory_equal(bytes + 32, "abcd", 4);
	assert_int_equal(fd_receive(peer->raw, &carrier, &first), 1);
	assert_int_equal(carrier, 0);
	assert_int_equal(fd_receive(peer->raw, &carrier, &second), 1);
	assert_true(first >= 0 && second >= 0);
}

static void test_descriptor_missing(void **state)
{
	Peer *peer = *state;
	guint8 bytes[64];
	gsize length = frame_with_fds(bytes, 1);

	send_raw(peer, bytes, length);
	send_raw(peer, "", 1); /* a carrier that carries nothing */
	wait_closed(peer);
	assert_non_null(peer->reason);
	assert_int_equal(peer->messages->len, 0);
}

static void test_descriptor_out_of_place(void **state)
{
	Peer *peer = *state;
	guint8 bytes[64];
	gsize length = frame_write(bytes, plain, NULL, 0);
	g_autofd int fd = some_fd();

	assert_int_equal(fd_send(peer->raw, bytes[0], fd), 0);
	send_raw(peer, bytes + 1, length - 1);
	send_raw(peer, bytes, length);
	wait_closed(peer);
	assert_non_null(peer->reason);
}

static void test_too_many_descriptors(void **state)
{
	Peer *peer = *state;
	guint8 bytes[64];

	send_raw(peer, bytes, frame_with_fds(bytes, LIMIT_FDS + 1));
	wait_closed(peer);
	assert_non_null(peer->reason);
}

static void test_frame_without_count(void **state)
{
	Peer *peer = *state;
	Frame frame = plain;
	guint8 bytes[28];

	frame.type = RPC_TYPE_CALL_FDS;
	send_raw(peer, bytes, frame_write(bytes, frame, NULL, 0));
	wait_closed(peer);
	assert_non_null(peer->reason);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_frame),
		TEST(test_byte_by_byte),
		TEST(test_wrong_lengths),
		TEST(test_largest_frame),
		TEST(test_end_of_stream),
		TEST(test_close_anywhere),
		TEST(test_ping_is_answered),
		TEST(test_silence_ends),
		TEST(test_pause_holds_back),
		TEST(test_large_can_be_refused),
		TEST(test_large_with_descriptors_can_be_refused),
		TEST(test_slow_reader_is_cut_off),
		TEST(test_drained),
		TEST(test_finish_writes_first),
		TEST(test_descriptors_come),
		TEST(test_descriptors_leave),
		TEST(test_descriptor_missing),
		TEST(test_descriptor_out_of_place),
		TEST(test_too_many_descriptors),
		TEST(test_frame_without_count),
	};
	int result;

	if (sd_event_new(&loop) < 0 || !fiber_init(loop, NULL))
		return 1;
	result = cmocka_run_group_tests(tests, NULL, NULL);
	fiber_done();
	sd_event_unref(loop);
	return result;
}
