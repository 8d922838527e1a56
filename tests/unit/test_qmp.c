/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The monitor's client against peers that behave, and against some that do not (evil_qemu). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/limits.h"
#include "drivers/qemu/monitor/qmp.h"

static const char greeting[] =
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, "
	"\"package\": \"\"}, \"capabilities\": [\"oob\"]}}\r\n";

enum { SECOND = 1000 * 1000 };

typedef struct Peer {
	int fd; /* the peer's end */
	int other;
	void (*script)(struct Peer *peer);
	GThread *thread;
	int carried; /* descriptor that came with the last line */
} Peer;

typedef struct Heard {
	unsigned events;
	char *last;
	unsigned closed;
} Heard;

static sd_event *loop;

/* Whether the call succeeded; *ret (may be NULL) is its value. */
static bool call(Qmp *qmp, const char *command, uint64_t timeout, json_t **ret, GError **error)
{
	json_t *value = qmp_call(qmp, command, NULL, timeout, error);

	if (value && ret)
		*ret = value;
	else
		json_decref(value);
	return value != NULL;
}

static void on_event(const QmpEvent *event, void *data)
{
	Heard *heard = data;

	heard->events++;
	g_free(heard->last);
	heard->last = g_strdup(event->name);
}

static void on_closed(G_GNUC_UNUSED const GError *why, void *data)
{
	((Heard *)data)->closed++;
}

static const QmpHandler handler = { .event = on_event, .closed = on_closed };

/* ---- the peer's side, on a thread of its own */

static void say(Peer *peer, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = send(peer->fd, text, left, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text += n;
		left -= (size_t)n;
	}
}

/* Reads one request and returns its id, 0 at the end. */
static json_int_t hear(Peer *peer)
{
	g_autoptr(GString) line = g_string_new(NULL);
	unsigned char c;
	json_int_t id;
	json_t *request;
	int fd = -1;

	while (fd_receive(peer->fd, &c, &fd) == 1 && c != '\n') {
		if (fd >= 0)
			peer->carried = fd;
		g_string_append_c(line, (char)c);
	}
	request = json_loads(line->str, 0, NULL);
	id = json_integer_value(json_object_get(request, "id"));
	json_decref(request);
	return id;
}

static void answer(Peer *peer, json_int_t id, const char *value)
{
	g_autofree char *text =
		g_strdup_printf("{\"return\": %s, \"id\": %lld}\r\n", value, (long long)id);

	say(peer, text);
}

static void greet(Peer *peer)
{
	say(peer, greeting);
	answer(peer, hear(peer), "{}");
}

static void *peer_main(void *data)
{
	Peer *peer = data;

	peer->script(peer);
	shutdown(peer->fd, SHUT_RDWR);
	return NULL;
}

static void peer_start(Peer *peer, void (*script)(Peer *peer))
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	*peer = (Peer){ .fd = fds[0], .other = fds[1], .script = script, .carried = -1 };
	peer->thread = g_thread_new("peer", peer_main, peer);
}

static void peer_stop(Peer *peer)
{
	g_thread_join(peer->thread);
	close(peer->fd);
	fd_clear(&peer->carried);
}

/* ---- well behaved */

static void script_plain(Peer *peer)
{
	greet(peer);
	say(peer,
	    "{\"event\": \"RESUME\", \"timestamp\": {\"seconds\": 5, \"microseconds\": 7}}\r\n");
	answer(peer, hear(peer),
	       "{\"status\": \"running\", \"huge\": 18446744073709551615, "
	       "\"large\": [9223372036854775807, -9223372036854775807, "
	       "\"18446744073709551615\"]}");
	hear(peer);
	say(peer,
	    "{\"id\": 3, \"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\\u001b\"}}\n");
	hear(peer);
}

static void test_plain(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	Heard heard = { 0 };
	json_t *value = NULL;
	Peer peer;
	Qmp *qmp;

	peer_start(&peer, script_plain);
	qmp = qmp_new(loop, peer.other, &handler, &heard, &error);
	assert_non_null(qmp);
	assert_true(qmp_greet_call(qmp, SECOND, &error));
	assert_int_equal(qmp_version(qmp), 7002022);
	assert_true(call(qmp, "query-status", SECOND, &value, &error));
	assert_string_equal(json_string_value(json_object_get(value, "status")), "running");
	assert_true(json_is_real(json_object_get(value, "huge")));
	assert_int_equal(json_integer_value(json_array_get(json_object_get(value, "large"), 0)),
			 G_MAXINT64);
	json_decref(value);
	assert_int_equal(heard.events, 1);
	assert_string_equal(heard.last, "RESUME");
	assert_false(call(qmp, "nonsense", SECOND, NULL, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_UNSUPPORTED);
	assert_null(strchr(error->message, 033));
	assert_int_equal(qmp_silent_ms(qmp), 0);
	qmp_free(qmp);
	assert_int_equal(heard.closed, 0);
	g_free(heard.last);
	peer_stop(&peer);
}

static void script_fd(Peer *peer)
{
	greet(peer);
	answer(peer, hear(peer), "{}");
}

static void test_descriptor(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	json_t *value;
	Peer peer;
	Qmp *qmp;

	peer_start(&peer, script_fd);
	qmp = qmp_new(loop, peer.other, NULL, NULL, &error);
	assert_true(qmp_greet_call(qmp, SECOND, &error));
	value = qmp_fd_call(qmp, "getfd", json_pack("{s:s}", "fdname", "x"), STDERR_FILENO, &error);
	assert_non_null(value);
	json_decref(value);
	qmp_free(qmp);
	g_thread_join(peer.thread);
	assert_true(peer.carried >= 0);
	close(peer.carried);
	close(peer.fd);
}

static unsigned descriptors(void)
{
	GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
	unsigned n = 0;

	while (g_dir_read_name(dir))
		n++;
	g_dir_close(dir);
	return n;
}

/* There are as many workers as guests: none keeps a second descriptor of its monitor. */
static void test_one_descriptor(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	unsigned before;
	int pair[2];
	Qmp *qmp;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	before = descriptors();
	qmp = qmp_new(loop, pair[0], NULL, NULL, &error);
	assert_non_null(qmp);
	assert_int_equal(descriptors(), before);
	qmp_free(qmp);
	assert_int_equal(descriptors(), before - 1);
	close(pair[1]);
}

static void test_blocking(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	json_t *value = NULL;
	Heard heard = { 0 };
	Peer peer;
	Qmp *qmp;

	peer_start(&peer, script_plain);
	qmp = qmp_new_blocking(peer.other, peer.other, &handler, &heard, &error);
	assert_true(qmp_greet_call(qmp, SECOND, &error));
	assert_true(call(qmp, "query-status", SECOND, &value, &error));
	json_decref(value);
	assert_int_equal(heard.events, 1);
	qmp_free(qmp);
	g_free(heard.last);
	peer_stop(&peer);
}

/* ---- badly behaved */

static void script_silent(Peer *peer)
{
	json_int_t id;

	greet(peer);
	id = hear(peer);
	hear(peer); /* the next one is there: now answer both, and the first twice */
	answer(peer, id, "\"late\"");
	answer(peer, id, "\"late again\"");
	answer(peer, id + 1, "\"in time\"");
	hear(peer);
}

static void test_silent(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	json_t *value = NULL;
	Peer peer;
	Qmp *qmp;

	peer_start(&peer, script_silent);
	qmp = qmp_new(loop, peer.other, NULL, NULL, &error);
	assert_true(qmp_greet_call(qmp, SECOND, &error));
	assert_false(call(qmp, "query-block", 20000, &value, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_TIMEOUT);
	assert_true(qmp_silent_ms(qmp) >= 15);
	g_clear_error(&error);
	assert_true(call(qmp, "query-block", SECOND, &value, &error));
	assert_string_equal(json_string_value(value), "in time");
	assert_int_equal(qmp_silent_ms(qmp), 0);
	json_decref(value);
	qmp_free(qmp);
	peer_stop(&peer);
}

static void script_never(Peer *peer)
{
	greet(peer);
	while (hear(peer) > 0)
		;
}

static void test_many_unanswered(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	unsigned sent = 0;
	Peer peer;
	Qmp *qmp;

	peer_start(&peer, script_never);
	qmp = qmp_new(loop, peer.other, NULL, NULL, &error);
	assert_true(qmp_greet_call(qmp, SECOND, &error));
	for (sent = 0; sent < 200; sent++) {
		g_clear_error(&error);
		assert_false(call(qmp, "query-block", 1, NULL, &error));
		assert_int_equal(error_code(error), VIR_ERR_OPERATION_TIMEOUT);
	}
	qmp_free(qmp);
	peer_stop(&peer);
}

static void script_long(Peer *peer)
{
	g_autofree char *block = g_strnfill(1024 * 1024, 'x');

	greet(peer);
	hear(peer);
	for (unsigned i = 0; i < LIMIT_QMP_LINE / (1024 * 1024) + 2; i++)
		say(peer, block);
}

static void script_deep(Peer *peer)
{
	g_autofree char *nest = g_strnfill(100000, '[');

	greet(peer);
	hear(peer);
	say(peer, nest);
	say(peer, "\n");
	hear(peer);
}

static void script_wide(Peer *peer)
{
	g_autofree char *zeros = g_strnfill(2 * 1000 * 1000 + 1, '0');

	for (size_t i = 1; zeros[i]; i += 2)
		zeros[i] = ',';
	greet(peer);
	hear(peer);
	say(peer, "{\"return\": [");
	say(peer, zeros);
	say(peer, "]}\n");
	hear(peer);
}

static void script_half(Peer *peer)
{
	greet(peer);
	hear(peer);
	say(peer, "{\"return\": {\"sta");
}

static void script_binary(Peer *peer)
{
	greet(peer);
	hear(peer);
	say(peer, "\001\002\377\376\n");
	hear(peer);
}

static void script_no_version(Peer *peer)
{
	say(peer, "{\"QMP\": {\"version\": [1, 2]}}\n");
	hear(peer);
}

/* One call to a peer that follows @script fails at once and ends the connection. */
static void expect_end(void (*script)(Peer *peer), bool expect_greeting)
{
	g_autoptr(GError) error = NULL;
	Heard heard = { 0 };
	Peer peer;
	Qmp *qmp;

	peer_start(&peer, script);
	qmp = qmp_new(loop, peer.other, &handler, &heard, &error);
	assert_int_equal(qmp_greet_call(qmp, SECOND, &error), expect_greeting);
	if (expect_greeting) {
		assert_false(call(qmp, "query-status", 20 * SECOND, NULL, &error));
		assert_int_equal(heard.closed, 1);
		assert_true(qmp_is_closed(qmp));
	}
	assert_true(error_code(error) == VIR_ERR_OPERATION_FAILED ||
		    error_code(error) == VIR_ERR_OPERATION_INVALID);
	g_clear_error(&error);
	assert_false(call(qmp, "query-status", SECOND, NULL, &error));
	qmp_free(qmp);
	peer_stop(&peer);
}

static void test_broken(G_GNUC_UNUSED void **state)
{
	expect_end(script_long, true);
	expect_end(script_deep, true);
	expect_end(script_wide, true);
	expect_end(script_half, true);
	expect_end(script_binary, true);
	expect_end(script_no_version, false);
}

static void script_storm(Peer *peer)
{
	json_int_t id;

	greet(peer);
	id = hear(peer);
	for (unsigned i = 0; i < 20000; i++)
		say(peer, "{\"event\": \"RTC_CHANGE\", \"data\": {\"offset\": 1}, \"timestamp\": "
			  "{\"seconds\": -1, \"microseconds\": -1}}\r\n");
	say(peer, "{\"return\": 1, \"id\": \"3\"}\r\n{\"return\": 1, \"id\": -7}\r\n"
		  "{\"return\": 1}\r\n[]\r\n\"x\"\r\n17\r\n{\"event\": 3}\r\n{\"event\": \"A\", "
		  "\"data\": 3}\r\n");
	answer(peer, id, "true");
}

static void test_storm(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	Heard heard = { 0 };
	json_t *value = NULL;
	Peer peer;
	Qmp *qmp;

	peer_start(&peer, script_storm);
	qmp = qmp_new(loop, peer.other, &handler, &heard, &error);
	assert_true(qmp_greet_call(qmp, SECOND, &error));
	assert_true(call(qmp, "stop", 10 * SECOND, &value, &error));
	assert_true(json_is_true(value));
	assert_int_equal(heard.events, 20001);
	json_decref(value);
	qmp_free(qmp);
	g_free(heard.last);
	peer_stop(&peer);
}

static void call_on_fiber(void *data)
{
	g_autoptr(GError) error = NULL;

	assert_false(call(data, "query-status", 10 * SECOND, NULL, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_INVALID);
}

static void test_free_while_waiting(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	Peer peer;
	Qmp *qmp;

	peer_start(&peer, script_never);
	qmp = qmp_new(loop, peer.other, NULL, NULL, &error);
	assert_true(qmp_greet_call(qmp, SECOND, &error));
	assert_true(fiber_spawn("waiter", call_on_fiber, qmp, &error));
	assert_true(fiber_spawn("waiter", call_on_fiber, qmp, &error));
	qmp_free(qmp);
	while (fiber_count() > 0)
		sd_event_run(loop, SECOND);
	peer_stop(&peer);
}

static int set_up(G_GNUC_UNUSED void **state)
{
	return sd_event_new(&loop) < 0 || !fiber_init(loop, NULL);
}

static int tear_down(G_GNUC_UNUSED void **state)
{
	fiber_done();
	loop = sd_event_unref(loop);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),           cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_one_descriptor),
		cmocka_unit_test(test_blocking),        cmocka_unit_test(test_silent),
		cmocka_unit_test(test_many_unanswered), cmocka_unit_test(test_broken),
		cmocka_unit_test(test_storm),           cmocka_unit_test(test_free_while_waiting),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
