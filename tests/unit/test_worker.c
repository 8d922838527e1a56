/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reeve-vm over its socket, in the place of the engine, with guests of the test driver. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "rpc/client/rpc_client.h"
#include "rpc/wire/wire.h"
#include "worker/host/spawn.h"

#define UUID_TEXT "6695eb01-f6a4-8304-79aa-97f2502e193e"

static const char xml[] = "<domain type='test'><name>guest</name><uuid>" UUID_TEXT "</uuid>"
			  "<memory>65536</memory><vcpu>1</vcpu>"
			  "<os><type arch='x86_64'>hvm</type></os></domain>";

static sd_event *loop;
static char *directory;
static char *program; /* reeve-vm */
static int spawned = -1; /* pidfd of the last worker */

/* One worker and what we heard of it. */
typedef struct Worker {
	RpcClient *client;
	int pidfd;
	unsigned events;
	uint64_t sequence;
	int event, detail; /* of the last lifecycle event */
	int state;	   /* of the last change */
	FiberEvent heard;
} Worker;

static void on_message(RpcMessage *message, void *data)
{
	remote_domain_event_lifecycle_msg lifecycle = { 0 };
	control_changed_msg changed = { 0 };
	control_event_msg event = { 0 };
	Worker *worker = data;

	if (message->header.procedure == CONTROL_PROC_CHANGED) {
		assert_true(rpc_message_decode(message, (xdrproc_t)xdr_control_changed_msg, &changed,
					       NULL));
		worker->state = changed.state.state;
		rpc_free((xdrproc_t)xdr_control_changed_msg, &changed);
		return;
	}
	assert_int_equal(message->header.procedure, CONTROL_PROC_EVENT);
	assert_true(rpc_message_decode(message, (xdrproc_t)xdr_control_event_msg, &event, NULL));
	assert_true(event.sequence > worker->sequence);
	assert_int_equal(event.event_id, VIR_DOMAIN_EVENT_ID_LIFECYCLE);
	assert_true(rpc_decode(event.payload.payload_val, event.payload.payload_len,
			       (xdrproc_t)xdr_remote_domain_event_lifecycle_msg, &lifecycle, NULL));
	worker->sequence = event.sequence;
	worker->event = lifecycle.event;
	worker->detail = lifecycle.detail;
	worker->events++;
	rpc_free((xdrproc_t)xdr_remote_domain_event_lifecycle_msg, &lifecycle);
	rpc_free((xdrproc_t)xdr_control_event_msg, &event);
	fiber_event_set(&worker->heard);
}

static int directory_open(void)
{
	return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void worker_spawn(Worker *worker)
{
	const char *argv[] = { "reeve-vm", "--session", UUID_TEXT, "guest", NULL };
	g_autofd int binary = open(program, O_RDONLY | O_CLOEXEC);
	g_autofd int inside = directory_open();
	g_autofd int socket = worker_bind(inside, "guest", NULL);
	const SpawnSpec spec = { .binary = binary, .directory = inside, .output = STDERR_FILENO,
				 .errors = STDERR_FILENO, .extra = socket, .listens = true,
				 .argv = argv };

	assert_true(socket >= 0);
	assert_true(spawn(&spec, &worker->pidfd, NULL) > 0);
	fd_clear(&spawned);
	spawned = dup(worker->pidfd);
}

static void worker_connect(Worker *worker)
{
	g_autofree char *path = g_build_filename(directory, "sock", NULL);
	GError *error = NULL;

	worker->client = rpc_client_new_unix(loop, path, &error);
	assert_null(error);
	rpc_client_on_message(worker->client, on_message, worker);
}

/* Returns the state that the worker tells of, -1 before it has a guest. */
static int hello(Worker *worker, uint64_t acknowledged)
{
	control_hello_args args = { .protocol = CONTROL_PROTOCOL, .acknowledged = acknowledged };
	control_hello_ret ret = { 0 };
	int state;

	assert_true(rpc_client_call(worker->client, CONTROL(HELLO), &args, &ret, NULL));
	assert_string_equal(ret.uuid, UUID_TEXT);
	state = *ret.driver ? ret.state.state : -1;
	rpc_free((xdrproc_t)xdr_control_hello_ret, &ret);
	return state;
}

static bool start(Worker *worker, const char *document, unsigned flags, GError **error)
{
	char settings[] = "{}", driver[] = "test";
	control_start_args args = { .driver = driver, .xml = (char *)document, .flags = flags,
				    .id = 7, .settings = settings };
	control_start_ret ret = { 0 };
	bool started = rpc_client_call(worker->client, CONTROL(START), &args, &ret, error);

	if (started) {
		worker->state = ret.state.state;
		assert_non_null(strstr(ret.live_xml, "<domain type='test' id='7'>"));
	}
	rpc_free((xdrproc_t)xdr_control_start_ret, &ret);
	return started;
}

static void event_expect(Worker *worker, int event, int detail)
{
	assert_true(fiber_event_wait(&worker->heard, "an event", 5000000, NULL));
	worker->heard = (FiberEvent){ 0 };
	assert_int_equal(worker->event, event);
	assert_int_equal(worker->detail, detail);
}

static void worker_begin(Worker *worker)
{
	worker_spawn(worker);
	worker_connect(worker);
	assert_int_equal(hello(worker, 0), -1);
}

static void end_expect(Worker *worker)
{
	struct pollfd end = { .fd = worker->pidfd, .events = POLLIN };

	assert_int_equal(poll(&end, 1, 5000), 1);
	pidfd_reap(worker->pidfd);
	fd_clear(&worker->pidfd);
}

static void worker_end(Worker *worker)
{
	g_clear_pointer(&worker->client, rpc_client_free);
	if (worker->pidfd >= 0) {
		pidfd_signal(worker->pidfd, SIGKILL);
		end_expect(worker);
	}
}

static bool remote(Worker *worker, const RpcProc *proc, GError **error)
{
	remote_domain_suspend_args args = { .dom = { .name = (char *)"guest", .id = 7 } };

	return rpc_client_call(worker->client, proc, &args, NULL, error);
}

static void acknowledge(Worker *worker)
{
	control_acknowledge_msg message = { .sequence = worker->sequence };

	assert_true(rpc_client_post(worker->client, CONTROL(ACKNOWLEDGE), &message, NULL));
}

static void test_life_of_a_guest(G_GNUC_UNUSED void **state)
{
	Worker worker = { 0 };
	control_destroy_args destroy = { 0 };
	control_stats_args stats_args = { .stats = VIR_DOMAIN_STATS_STATE };
	control_stats_ret stats = { 0 };

	worker_begin(&worker);
	assert_true(start(&worker, xml, 0, NULL));
	assert_int_equal(worker.state, VIR_DOMAIN_RUNNING);
	event_expect(&worker, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
	assert_true(remote(&worker, REMOTE(domain_suspend), NULL));
	event_expect(&worker, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
	assert_int_equal(worker.state, VIR_DOMAIN_PAUSED);
	assert_true(rpc_client_call(worker.client, CONTROL(STATS), &stats_args, &stats, NULL));
	assert_int_equal(stats.params.params_len, 2);
	assert_string_equal(stats.params.params_val[0].field, "state.state");
	assert_int_equal(stats.params.params_val[0].value.number, VIR_DOMAIN_PAUSED);
	rpc_free((xdrproc_t)xdr_control_stats_ret, &stats);
	assert_true(rpc_client_call(worker.client, CONTROL(DESTROY), &destroy, NULL, NULL));
	event_expect(&worker, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
	assert_int_equal(worker.state, VIR_DOMAIN_SHUTOFF);
	/* It stays until we have said that we have it all. */
	worker.sequence--;
	assert_int_equal(hello(&worker, worker.sequence), VIR_DOMAIN_SHUTOFF);
	event_expect(&worker, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
	acknowledge(&worker);
	while (rpc_client_is_open(worker.client))
		sd_event_run(loop, 5000000);
	end_expect(&worker);
	worker_end(&worker);
}

static void test_refusals(G_GNUC_UNUSED void **state)
{
	Worker worker = { 0 };
	g_autoptr(GError) running = NULL;
	g_autoptr(GError) again = NULL;
	g_autoptr(GError) unknown = NULL;

	worker_begin(&worker);
	assert_false(remote(&worker, REMOTE(domain_suspend), &running));
	assert_int_equal(error_code(running), VIR_ERR_OPERATION_INVALID);
	assert_true(start(&worker, xml, VIR_DOMAIN_START_PAUSED, NULL));
	assert_false(start(&worker, xml, 0, &again));
	assert_int_equal(error_code(again), VIR_ERR_OPERATION_INVALID);
	assert_false(remote(&worker, REMOTE(domain_undefine), &unknown));
	assert_true(remote(&worker, REMOTE(domain_resume), NULL));
	worker_end(&worker);
}

static void test_bad_start_leaves_nothing(G_GNUC_UNUSED void **state)
{
	Worker worker = { 0 };
	g_autoptr(GError) error = NULL;

	worker_begin(&worker);
	assert_false(start(&worker, "<domain><no end", 0, &error));
	assert_true(rpc_client_call(worker.client, CONTROL(QUIT), NULL, NULL, NULL));
	end_expect(&worker);
	worker_end(&worker);
}

static void test_engine_comes_back(G_GNUC_UNUSED void **state)
{
	Worker worker = { 0 };

	worker_begin(&worker);
	assert_true(start(&worker, xml, 0, NULL));
	event_expect(&worker, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
	g_clear_pointer(&worker.client, rpc_client_free);
	worker.sequence = 0;
	worker_connect(&worker);
	assert_int_equal(hello(&worker, 0), VIR_DOMAIN_RUNNING);
	event_expect(&worker, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
	assert_int_equal(worker.events, 2);
	worker_end(&worker);
}

static int adopt(Worker *worker)
{
	control_adopt_ret ret = { 0 };
	int state = -1;

	worker_spawn(worker);
	worker_connect(worker);
	assert_int_equal(hello(worker, worker->sequence), -1);
	if (rpc_client_call(worker->client, CONTROL(ADOPT), NULL, &ret, NULL))
		state = ret.state.state;
	rpc_free((xdrproc_t)xdr_control_adopt_ret, &ret);
	return state;
}

static void test_successor_adopts(G_GNUC_UNUSED void **state)
{
	Worker worker = { 0 };
	uint64_t before;

	worker_begin(&worker);
	assert_true(start(&worker, xml, VIR_DOMAIN_START_PAUSED, NULL));
	while (worker.event != VIR_DOMAIN_EVENT_SUSPENDED)
		sd_event_run(loop, 5000000);
	worker_end(&worker);
	before = worker.sequence;
	assert_int_equal(adopt(&worker), VIR_DOMAIN_PAUSED);
	assert_true(remote(&worker, REMOTE(domain_resume), NULL));
	worker.heard.set = false;
	while (worker.event != VIR_DOMAIN_EVENT_RESUMED)
		sd_event_run(loop, 5000000);
	assert_true(worker.sequence > before);
	worker_end(&worker);
}

static void test_damaged_state_is_refused(G_GNUC_UNUSED void **state)
{
	g_autofree char *path = g_build_filename(directory, "state", NULL);
	Worker worker = { 0 };

	assert_true(g_file_set_contents(path, "{\"driver\":\"test\",", -1, NULL));
	assert_int_equal(adopt(&worker), -1);
	worker_end(&worker);
	assert_true(g_file_set_contents(path, "[]", -1, NULL));
	assert_int_equal(adopt(&worker), -1);
	worker_end(&worker);
	unlink(path);
	assert_int_equal(adopt(&worker), -1);
	worker_end(&worker);
}

static int set_up(G_GNUC_UNUSED void **state)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = g_path_get_dirname(self);

	program = g_build_filename(folder, "..", "..", "worker", "reeve-vm", NULL);
	return sd_event_new(&loop) < 0 || !fiber_init(loop, NULL);
}

static int tear_down(G_GNUC_UNUSED void **state)
{
	fiber_done();
	loop = sd_event_unref(loop);
	g_clear_pointer(&program, g_free);
	return 0;
}

static int make_directory(G_GNUC_UNUSED void **state)
{
	directory = g_dir_make_tmp("reeve-test-XXXXXX", NULL);
	return directory == NULL;
}

/* A test that failed has left its worker. */
static int remove_directory(G_GNUC_UNUSED void **state)
{
	bool removed;

	if (spawned >= 0) {
		pidfd_signal(spawned, SIGKILL);
		fd_clear(&spawned);
	}
	removed = directory_remove(AT_FDCWD, directory, 10 * G_USEC_PER_SEC, NULL);
	g_clear_pointer(&directory, g_free);
	return !removed;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_life_of_a_guest),
		TEST(test_refusals),
		TEST(test_bad_start_leaves_nothing),
		TEST(test_engine_comes_back),
		TEST(test_successor_adopts),
		TEST(test_damaged_state_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
