/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest agent's client against agents that lie, stammer, are silent or never end (evil_agent).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/fiber.h"
#include "drivers/qemu/monitor/agent.h"

enum { SECOND = 1000 * 1000 };

typedef struct Guest {
	int fd;
	void (*script)(struct Guest *guest);
	GThread *thread;
} FakeGuest;

static sd_event *loop;

static void say(FakeGuest *guest, const char *text)
{
	send(guest->fd, text, strlen(text), MSG_NOSIGNAL);
}

/* The id of a sync request, 0 for any other line, -1 at the end. */
static json_int_t hear(FakeGuest *guest)
{
	g_autoptr(GString) line = g_string_new(NULL);
	json_int_t id = 0;
	json_t *request;
	char c;

	for (;;) {
		if (read(guest->fd, &c, 1) != 1)
			return -1;
		if (c == '\n')
			break;
		if (c == '\xff')
			g_string_truncate(line, 0);
		else
			g_string_append_c(line, c);
	}
	request = json_loads(line->str, 0, NULL);
	json_unpack(request, "{s:{s:I}}", "arguments", "id", &id);
	json_decref(request);
	return id;
}

static void sync_reply(FakeGuest *guest, json_int_t id)
{
	g_autofree char *text = g_strdup_printf("\xff{\"return\": %lld}\n", (long long)id);

	say(guest, text);
}

static void *guest_main(void *data)
{
	FakeGuest *guest = data;

	guest->script(guest);
	shutdown(guest->fd, SHUT_RDWR);
	return NULL;
}

static Agent *start(FakeGuest *guest, void (*script)(FakeGuest *guest))
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	*guest = (FakeGuest){ .fd = fds[0], .script = script };
	guest->thread = g_thread_new("guest", guest_main, guest);
	return agent_new(loop, fds[1], NULL);
}

static void stop(FakeGuest *guest, Agent *agent)
{
	agent_free(agent);
	g_thread_join(guest->thread);
	close(guest->fd);
}

static json_t *ping(Agent *agent, uint64_t timeout, GError **error)
{
	return agent_call(agent, json_pack("{s:s}", "execute", "guest-ping"), timeout, error);
}

/* An old reply (the second time: of the command before, told again), half a line, login noise, wrong
 * types: all before the delimiter, and void. The answer to the sync, said again, comes when the command
 * is there that it must not be taken for the answer of.
 */
static void script_noise(FakeGuest *guest)
{
	for (unsigned i = 0; i < 2; i++) {
		json_int_t id = hear(guest);

		say(guest, "{\"return\": {\"fine\": 1}}\n");
		say(guest, "{\"return\": {}}\n{\"return\": 5}\n{\"return\": \"x\"}\nlogin: \n[]\n"
			   "{\"return\": {\"half");
		sync_reply(guest, id);
		hear(guest);
		sync_reply(guest, id);
		say(guest,
		    i == 0 ? "{\"return\": {\"right\": 1}}\n"
			   : "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\n");
	}
	hear(guest);
}

static void test_noise(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	FakeGuest guest;
	Agent *agent = start(&guest, script_noise);
	json_t *reply = ping(agent, SECOND, &error);

	assert_non_null(reply);
	assert_non_null(json_object_get(json_object_get(reply, "return"), "right"));
	json_decref(reply);
	assert_null(ping(agent, SECOND, &error));
	assert_int_equal(error_code(error), VIR_ERR_OPERATION_FAILED);
	stop(&guest, agent);
}

static void script_asleep(FakeGuest *guest)
{
	json_int_t id = hear(guest);

	sync_reply(guest, id);
	hear(guest); /* the command: never answered */
	sync_reply(guest, hear(guest));
	hear(guest);
	say(guest, "{\"return\": 2}\n");
	hear(guest);
}

static void test_asleep(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	FakeGuest guest;
	Agent *agent = start(&guest, script_asleep);
	json_t *reply;

	assert_null(ping(agent, 20000, &error));
	assert_int_equal(error_code(error), VIR_ERR_AGENT_UNRESPONSIVE);
	g_clear_error(&error);
	reply = ping(agent, SECOND, &error);
	assert_int_equal(json_integer_value(json_object_get(reply, "return")), 2);
	json_decref(reply);
	stop(&guest, agent);
}

static void script_endless(FakeGuest *guest)
{
	g_autofree char *block = g_strnfill(1024 * 1024, '[');

	hear(guest);
	for (unsigned i = 0; i < 20; i++)
		say(guest, block);
}

static void script_stray(FakeGuest *guest)
{
	hear(guest);
	for (unsigned i = 0; i < 100; i++)
		say(guest, "\xff{\"return\": 1}\n");
	hear(guest);
}

static void script_close(FakeGuest *guest)
{
	hear(guest);
}

static void expect_unresponsive(void (*script)(FakeGuest *guest))
{
	g_autoptr(GError) error = NULL;
	FakeGuest guest;
	Agent *agent = start(&guest, script);

	assert_null(ping(agent, SECOND, &error));
	assert_int_equal(error_code(error), VIR_ERR_AGENT_UNRESPONSIVE);
	stop(&guest, agent);
}

static void test_broken(G_GNUC_UNUSED void **state)
{
	expect_unresponsive(script_endless);
	expect_unresponsive(script_stray);
	expect_unresponsive(script_close);
}

static void script_shutdown(FakeGuest *guest)
{
	sync_reply(guest, hear(guest));
	hear(guest);
}

static void test_shutdown(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	FakeGuest guest;
	Agent *agent = start(&guest, script_shutdown);

	assert_true(agent_shutdown_call(agent, "powerdown", &error));
	assert_true(agent_is_closed(agent));
	assert_false(agent_shutdown_call(agent, "powerdown", &error));
	stop(&guest, agent);
}

static void fiber_ping(void *data)
{
	g_autoptr(GError) error = NULL;

	assert_null(ping(data, 5 * SECOND, &error));
	assert_int_equal(error_code(error), VIR_ERR_AGENT_UNRESPONSIVE);
}

static void test_free_while_waiting(G_GNUC_UNUSED void **state)
{
	g_autoptr(GError) error = NULL;
	FakeGuest guest;
	Agent *agent = start(&guest, script_asleep);

	for (unsigned i = 0; i < 40; i++)
		assert_true(fiber_spawn("ping", fiber_ping, agent, &error));
	stop(&guest, agent);
	while (fiber_count() > 0)
		sd_event_run(loop, SECOND);
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
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_asleep),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_shutdown),
		cmocka_unit_test(test_free_while_waiting),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
