/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Putting the parts together, and taking them apart. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <libvirt/libvirt.h>
#include <systemd/sd-daemon.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/client/events.h"
#include "daemon/core/settings.h"
#include "daemon/core/slice.h"
#include "daemon/domain/autostart.h"
#include "daemon/engine_private.h"
#include "daemon/front/server.h"
#include "daemon/guest/vm.h"
#include "daemon/host/host.h"
#include "daemon/host/priv.h"
#include "daemon/network/network.h"
#include "daemon/object/object.h"
#include "daemon/registry/registry.h"
#include "daemon/storage/pool.h"
#include "daemon/store/store.h"

enum { LAST_CALLS_SECONDS = 3 }; /* that calls in progress get at the end */

void engine_quit(Engine *engine, int status)
{
	engine->status = status;
	engine->quit = true;
}

/* ---- Loading ------------------------------------------------------------------------------- */

static void load_domain(const StoreDomain *row, void *data)
{
	Engine *engine = data;
	const Driver *driver = driver_find(row->driver);

	if (driver)
		registry_load(engine->registry, driver, row);
	else
		log_warning(_("domain '%s' is of driver '%s', which is not built in; it is kept"),
			    row->name, row->driver);
}

static void load_run(const StoreRun *row, void *data)
{
	vm_note_run(data, row);
}

static void load_object(const StoreObject *row, void *data)
{
	objects_load(((Engine *)data)->objects, row);
}

static void load_meta(const char *key, const char *value, void *data)
{
	autostart_note(data, key, value);
	network_default_note(key);
}

static void apply_settings(Engine *engine)
{
	static const char *const levels[] = {
		[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(levels); i++)
		if (strcmp(levels[i], engine->settings->log_level) == 0)
			log_set_level(i);
	if (engine->store)
		store_set_keep(engine->store, (unsigned)engine->settings->definition_history,
			       (unsigned)engine->settings->event_history);
}

static bool engine_load(Engine *engine, GError **error)
{
	static const StoreLoader loader = {
		.domain = load_domain, .run = load_run, .object = load_object, .meta = load_meta,
	};
	g_autofree char *path = g_build_filename(engine->state_dir, "reeve.db", NULL);
	g_autofree char *boot_id = host_read("/proc/sys/kernel/random/boot_id");

	g_strlcpy(engine->boot_id, boot_id ? boot_id : "", sizeof(engine->boot_id));
	engine->registry = registry_new(engine);
	engine->objects = objects_new(engine);
	engine->store = store_open(path, engine->loop, &loader, engine, error);
	if (!engine->store)
		return false;
	apply_settings(engine);
	engine->events = events_new(engine);
	return true;
}

static bool drivers_init(Engine *engine, GError **error)
{
	static DriverSettings settings; /* drivers keep it */

	settings = (DriverSettings){
		.state_dir = engine->state_dir,
		.run_dir = engine->run_dir,
		.log_dir = engine->log_dir,
		.privileged = engine->privileged,
		.probe = priv_probe,
	};
	priv_probe_init(engine);
	for (unsigned i = 0; driver_table[i]; i++)
		if (driver_table[i]->init && !driver_table[i]->init(&settings, error)) {
			g_prefix_error(error, _("driver '%s': "), driver_table[i]->name);
			return false;
		}
	return true;
}

/* ---- Signals ------------------------------------------------------------------------------- */

static void stop_run(void *data)
{
	Engine *engine = data;

	if (engine->settings->stop_guests_on_exit)
		vm_stop_all_call(engine);
	engine_quit(engine, 0);
}

static int on_terminate(G_GNUC_UNUSED sd_event_source *source,
			const struct signalfd_siginfo *signal, void *data)
{
	Engine *engine = data;
	bool again = engine->stopping;

	log_info(_("signal %d: reeved ends"), (int)signal->ssi_signo);
	sd_notify(0, "STOPPING=1");
	engine->stopping = true;
	if (again || !fiber_spawn("stop", stop_run, engine, NULL))
		engine_quit(engine, 0);
	return 0;
}

static int on_reload(G_GNUC_UNUSED sd_event_source *source,
		     G_GNUC_UNUSED const struct signalfd_siginfo *signal, void *data)
{
	Engine *engine = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(Settings) fresh = engine->read_settings(engine, &error);
	unsigned skipped;

	if (!fresh || !server_reload(engine->server, &error)) {
		log_error(_("nothing is reloaded: %s"), error->message);
		return 0;
	}
	skipped = settings_reload(engine->settings, fresh);
	apply_settings(engine);
	server_balance(engine->server);
	if (skipped > 0)
		log_warning(_("%u changed settings need a restart of reeved"), skipped);
	log_info(_("settings and keys are reloaded"));
	return 0;
}

static void show_fiber(const char *name, const char *reason, uint64_t since,
		       G_GNUC_UNUSED void *data)
{
	double age = reason ? (double)(g_get_monotonic_time() - (gint64)since) / 1e6 : 0;

	log_info(_("call %s: waits for %s, %.3f s"), name, reason ? reason : "-", age);
}

/* What is every call waiting for? */
static int on_show(G_GNUC_UNUSED sd_event_source *source,
		   G_GNUC_UNUSED const struct signalfd_siginfo *signal, G_GNUC_UNUSED void *data)
{
	log_info(_("%u calls in progress"), fiber_count());
	fiber_each(show_fiber, NULL);
	slice_report();
	return 0;
}

bool engine_watch_signals(Engine *engine, GError **error)
{
	static const struct {
		int signal;
		sd_event_signal_handler_t handler;
	} signals[] = {
		{ SIGTERM, on_terminate },
		{ SIGINT, on_terminate },
		{ SIGHUP, on_reload },
		{ SIGUSR1, on_show },
	};
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD); /* for sd_event_add_child() */
	for (unsigned i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaddset(&set, signals[i].signal);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(signals); i++) {
		int r = sd_event_add_signal(engine->loop, NULL, signals[i].signal,
					    signals[i].handler, engine);

		if (r < 0)
			return fail_errno(error, -r, _("cannot watch signal %d"),
					  signals[i].signal);
	}
	return true;
}

/* ---- Life ---------------------------------------------------------------------------------- */

/* On a fiber: guests that ran on are found again before anybody may ask. */
static void start_run(void *data)
{
	Engine *engine = data;
	g_autoptr(GError) error = NULL;

	if (!vm_reconcile_call(engine, &error)) {
		log_error("%s", error->message);
		engine_quit(engine, 1);
		return;
	}
	networks_take_over_call(engine);
	network_default_call(engine);
	if (!server_begin(engine->server, &error)) {
		log_error("%s", error->message);
		engine_quit(engine, 1);
		return;
	}
	if (engine->settings->autostart && autostart_is_due(engine)) {
		networks_autostart_call(engine);
		autostart_begin(engine);
	}
	pools_start_all(engine);
	sd_notify(0, "READY=1");
	log_info(_("%u domains; ready"), registry_count(engine->registry));
	printf("ready\n");
	fflush(stdout);
}

bool engine_begin(Engine *engine, GError **error)
{
	engine->started = (uint64_t)g_get_real_time();
	sd_event_set_watchdog(engine->loop, true);
	return engine_load(engine, error) && drivers_init(engine, error) &&
	       fiber_spawn("start", start_run, engine, error);
}

int engine_run(Engine *engine)
{
	while (!engine->quit) {
		int r = slice_run(engine->loop);

		if (r < 0) {
			log_error(_("the event loop failed: %s"), g_strerror(-r));
			engine_quit(engine, 1);
		}
	}
	return engine->status;
}

/* Calls in progress may still finish what they have begun to write. */
static void last_calls(Engine *engine)
{
	gint64 until = g_get_monotonic_time() + LAST_CALLS_SECONDS * G_USEC_PER_SEC;

	while (fiber_count() > 0 && g_get_monotonic_time() < until)
		if (sd_event_run(engine->loop, G_USEC_PER_SEC / 10) < 0)
			break;
	if (fiber_count() == 0)
		return;
	log_warning(_("%u calls did not end"), fiber_count());
	fiber_each(show_fiber, NULL);
}

void engine_end(Engine *engine)
{
	server_free(engine->server);
	engine->server = NULL;
	if (engine->registry)
		vm_leave_all(engine);
	if (engine->objects)
		networks_leave_all(engine);
	priv_probe_cancel();
	last_calls(engine);
	store_close(engine->store);
	engine->store = NULL;
	events_free(engine->events);
	if (engine->objects)
		objects_free(engine->objects);
	registry_free(engine->registry);
	priv_free(engine->priv);
	settings_free(engine->settings);
	g_free(engine->state_dir);
	g_free(engine->run_dir);
	g_free(engine->log_dir);
}
