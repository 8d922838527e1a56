/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libvirt/libvirt.h>
#include <libxml/parser.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "conf/bind/types.h"
#include "worker/vm/vm.h"

enum {
	SOCKET_FD = 3, /* listening, from whoever started us */
	LONELY_SECONDS = 60,
	PROBE_SECONDS = 120, /* a hypervisor that hangs takes its probe with it */
};

static void usage(void)
{
	puts(_("usage: reeve-vm [--session] UUID NAME\n"
	       "       reeve-vm --probe DRIVER WHAT\n"
	       "\n"
	       "The worker of one guest. It is started by reeved, with a listening socket as\n"
	       "descriptor 3 and in the guest's directory; there is no reason to start it by hand."));
}

/* Without a reader there is no use for the answer: reeved has ended. A hypervisor dies with us. */
static void *reader_watch(G_GNUC_UNUSED void *data)
{
	struct pollfd output = { .fd = STDOUT_FILENO };

	while (poll(&output, 1, -1) < 0 && errno == EINTR)
		;
	_exit(EXIT_FAILURE);
}

static int probe_run(const char *driver, const char *what)
{
	pthread_t watcher;

	alarm(PROBE_SECONDS);
	if (pthread_create(&watcher, NULL, reader_watch, NULL) == 0)
		pthread_detach(watcher);
	return driver_probe(driver, what);
}

void vm_trim(void)
{
	xmlCleanupParser();
	malloc_trim(0);
}

void vm_check_end(Worker *worker)
{
	if (worker->active || worker->starting)
		return;
	/* An engine that is there will say `quit`, take the last events, or leave. */
	if (worker->conn && !(worker->ended && g_queue_is_empty(&worker->events)))
		return;
	sd_event_exit(worker->guest.loop, EXIT_SUCCESS);
}

static int on_lonely(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *data)
{
	Worker *worker = data;

	if (!worker->active && !worker->starting && !worker->ended) {
		log_warning(_("nobody gave this worker a guest; it ends"));
		sd_event_exit(worker->guest.loop, EXIT_FAILURE);
	}
	return 0;
}

/* A stop of the service or of the session is not for the guest: a successor takes it over. */
static int on_terminate(G_GNUC_UNUSED sd_event_source *source,
			G_GNUC_UNUSED const struct signalfd_siginfo *info, void *data)
{
	Worker *worker = data;

	if (worker->active)
		vm_state_save(worker);
	sd_event_exit(worker->guest.loop, EXIT_SUCCESS);
	return 0;
}

/* Few arenas and no cache of large blocks: there are as many workers as guests. */
static void memory_set_up(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 64 * 1024);
	mallopt(M_TRIM_THRESHOLD, 64 * 1024);
	mallopt(M_TOP_PAD, 16 * 1024);
}

static bool vm_init(Worker *worker, GError **error)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD); /* for sd_event_add_child() */
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	r = sd_event_default(&worker->guest.loop);
	if (r >= 0)
		r = sd_event_add_signal(worker->guest.loop, NULL, SIGTERM, on_terminate, worker);
	if (r >= 0)
		r = sd_event_add_signal(worker->guest.loop, NULL, SIGINT, on_terminate, worker);
	if (r >= 0)
		r = sd_event_add_time_relative(worker->guest.loop, &worker->lonely, CLOCK_MONOTONIC,
					       LONELY_SECONDS * UINT64_C(1000000), 0, on_lonely, worker);
	if (r < 0)
		return fail_errno(error, -r, _("cannot set up the event loop"));
	worker->guest.host = &vm_host;
	worker->guest.id = -1;
	worker->guest.state = VIR_DOMAIN_SHUTOFF;
	worker->guest.run_dir = g_strdup(".");
	worker->guest.log_fd = STDERR_FILENO;
	vm_handed_take(worker);
	worker->guest.resources = vm_handed_take(worker);
	return fiber_init(worker->guest.loop, error) && vm_link_listen(worker, SOCKET_FD, error);
}

static void vm_done(Worker *worker)
{
	vm_link_close(worker);
	if (worker->live && worker->live->release)
		worker->live->release(&worker->guest);
	vm_event_clear(worker);
	g_clear_pointer(&worker->lonely, sd_event_source_disable_unref);
	g_clear_pointer(&worker->guest.def, domain_def_free);
	g_clear_pointer(&worker->guest.settings, json_decref);
	g_clear_pointer(&worker->guest.resources, g_hash_table_unref);
	g_clear_pointer(&worker->handed, g_hash_table_unref);
	g_clear_pointer(&worker->guest.job, job_free);
	g_clear_pointer(&worker->last_job, job_free);
	if (worker->guest.restore) {
		g_ptr_array_unref(worker->guest.restore->filters);
		g_free(worker->guest.restore->snapshot);
	}
	g_free(worker->guest.restore);
	g_free(worker->guest.run_dir);
	g_free(worker->guest.log_path);
	g_free(worker->name);
	fiber_done();
	sd_event_unref(worker->guest.loop);
}

static int vm_run(Worker *worker)
{
	g_autoptr(GError) error = NULL;
	int r;

	if (!vm_init(worker, &error)) {
		log_error("%s", error->message);
		return EXIT_FAILURE;
	}
	r = sd_event_loop(worker->guest.loop);
	if (r < 0)
		log_error(_("the event loop failed: %s"), g_strerror(-r));
	return r < 0 ? EXIT_FAILURE : r;
}

int main(int argc, char **argv)
{
	Worker worker = { 0 };
	Uuid uuid;
	int status;

	worker.session = argc > 1 && g_str_equal(argv[1], "--session");
	/*
	 * The hypervisor has our user: it shall neither read nor write our memory. Until here that takes a program
	 * that our user may execute, not read; it is installed so. In a session the engine is of that user too, and
	 * has to look where we live.
	 */
#ifndef __SANITIZE_ADDRESS__ /* the leak checker traces its own process */
	prctl(PR_SET_DUMPABLE, worker.session, 0, 0, 0);
#endif
	memory_set_up();
	i18n_init();
	log_init("reeve-vm", LOG_LEVEL_INFO);
	if (argc == 4 && g_str_equal(argv[1], "--probe"))
		return probe_run(argv[2], argv[3]);
	worker.agent_timeout = VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT;
	if (argc != 3 + worker.session || !uuid_parse(argv[1 + worker.session], &uuid)) {
		usage();
		return EXIT_FAILURE;
	}
	/* What was handed to us is not for the hypervisor: it would listen in our place after us. */
	close_range(SOCKET_FD, ~0U, CLOSE_RANGE_CLOEXEC);
	g_strlcpy(worker.uuid_text, argv[1 + worker.session], sizeof(worker.uuid_text));
	worker.name = g_strdup(argv[2 + worker.session]);
	umask(0027);
	status = vm_run(&worker);
	vm_done(&worker);
	return status;
}
