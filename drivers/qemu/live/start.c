/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bringing a guest up, and taking over one that runs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "drivers/qemu/live/live.h"

static const char state_name[] = "hypervisor";

enum {
	DEATH_SECONDS = 10,
	LAST_WORDS_SECONDS = 2, /* from the end of the talk to the end of the process */
};

/* ---- What QEMU chose and we must tell */

/* "pty:/dev/pts/N", and nothing else: what QEMU says is shown to clients and opened. */
static const char *pty_path(const char *filename)
{
	static const char prefix[] = "pty:/dev/pts/";
	const char *number = filename + strlen(prefix);

	if (!g_str_has_prefix(filename, prefix) || !*number || strlen(number) > 9 ||
	    strspn(number, "0123456789") != strlen(number))
		return NULL;
	return filename + strlen("pty:");
}

static void take_tty(DomainChardev *device, const char *path)
{
	if (device->source.type != CHARDEV_PTY || !path)
		return;
	g_free(device->source.path);
	device->source.path = g_strdup(path);
}

/* Whether the guest has its end of a virtio port open. */
static void take_port_state(DomainChardev *device, bool open)
{
	if (device->channel_target == CHANNEL_TARGET_VIRTIO)
		device->state = open ? CHANNEL_STATE_CONNECTED : CHANNEL_STATE_DISCONNECTED;
}

static void take_chardev(DomainChardev *device, json_t *item)
{
	const char *label = json_string_value(json_object_get(item, "label"));
	const char *name = json_string_value(json_object_get(item, "filename"));
	g_autofree char *id = g_strconcat("char", device->info.alias, NULL);

	if (g_strcmp0(id, label) != 0)
		return;
	take_tty(device, name ? pty_path(name) : NULL);
	take_port_state(device, json_is_true(json_object_get(item, "frontend-open")));
}

/* The first console is another name of the first serial port. */
static void pair_console(DomainDef *def)
{
	DomainChardev *console, *serial;

	if (list_length(def->consoles) == 0)
		return;
	console = list_get(def->consoles, 0);
	if (list_length(def->serials) > 0 && (console->console_target == CONSOLE_TARGET_SERIAL ||
					      console->console_target == CONSOLE_TARGET_ABSENT)) {
		serial = list_get(def->serials, 0);
		if (serial->source.type == CHARDEV_PTY && console->source.type == CHARDEV_PTY) {
			g_free(console->source.path);
			console->source.path = g_strdup(serial->source.path);
		}
	}
	for (guint i = 0; i < def->consoles->len; i++) {
		console = list_get(def->consoles, i);
		if (console->source.type != CHARDEV_PTY)
			continue;
		g_free(console->tty);
		console->tty = g_strdup(console->source.path);
	}
}

static bool has_chardevs(const DomainDef *def)
{
	const GPtrArray *lists[] = { def->serials, def->parallels, def->channels, def->consoles };

	for (unsigned k = 0; k < G_N_ELEMENTS(lists); k++)
		if (list_length(lists[k]) > 0)
			return true;
	return false;
}

bool live_learn_chardevs(QemuLive *live, GError **error)
{
	DomainDef *def = live->guest->def;
	GPtrArray *lists[] = { def->serials, def->parallels, def->channels, def->consoles };
	json_t *reply, *item;
	size_t index;

	if (!has_chardevs(def))
		return true;
	if (!live_call(live->guest, "query-chardev", NULL, &reply, error))
		return false;
	json_array_foreach(reply, index, item)
		for (unsigned k = 0; k < G_N_ELEMENTS(lists); k++)
			for (guint i = 0; i < list_length(lists[k]); i++)
				take_chardev(list_get(lists[k], i), item);
	json_decref(reply);
	pair_console(def);
	return true;
}

static bool expiry_set(QemuLive *live, const char *protocol, const char *until, GError **error)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(until, utc);

	return live_call(live->guest, "expire_password",
			 json_pack("{s:s,s:o}", "protocol", protocol, "time",
				   json_sprintf("%" G_GINT64_FORMAT,
						time ? g_date_time_to_unix(time) : 0)),
			 NULL, error);
}

/* Passwords go over the monitor: a command line can be read by everybody. */
bool live_password_set(QemuLive *live, const DomainGraphics *graphics, GError **error)
{
	const char *protocol = graphics->type == GRAPHICS_VNC ? "vnc" : "spice";
	json_t *arguments;

	if (!graphics->passwd ||
	    (graphics->type != GRAPHICS_VNC && graphics->type != GRAPHICS_SPICE))
		return true;
	arguments = json_pack("{s:s,s:s}", "protocol", protocol, "password", graphics->passwd);
	if (graphics->connected != CONNECTED_ABSENT)
		json_object_set_new(arguments, "connected",
				    json_string(graphics_connected_name(graphics->connected)));
	return live_call(live->guest, "set_password", arguments, NULL, error) &&
	       (!graphics->passwd_valid_to ||
		expiry_set(live, protocol, graphics->passwd_valid_to, error));
}

static bool set_passwords(QemuLive *live, GError **error)
{
	const GPtrArray *all = live->guest->def->graphics;

	for (guint i = 0; i < list_length(all); i++)
		if (!live_password_set(live, list_get(all, i), error))
			return false;
	return true;
}

/* ---- Start */

/* QEMU's own words say more than "the monitor is closed". One that lives on has none about its end. */
static bool explain(QemuLive *live, int64_t log_start, GError **error)
{
	g_autofree char *tail = NULL;

	if (!live->gone && (!live->qmp || qmp_has_hung_up(live->qmp)))
		live_gone_wait(live, LAST_WORDS_SECONDS * G_USEC_PER_SEC, NULL);
	if (!live->gone)
		return false;
	tail = live_log_tail(live, log_start);
	if (!tail)
		return false;
	if (error)
		g_clear_error(error);
	return fail(error, VIR_ERR_OPERATION_FAILED,
		    _("the hypervisor of domain '%s' ended during its start: %s"),
		    live->guest->def->name, tail);
}

static void start_undo(QemuLive *live)
{
	g_autoptr(GError) error = NULL;

	live->end = LIVE_END_START_FAILED;
	if (live->pidfd >= 0 && !live->gone) {
		live_kill(live, SIGKILL, NULL);
		if (!live_gone_wait(live, DEATH_SECONDS * G_USEC_PER_SEC, &error))
			log_error("%s", error->message);
	}
	live_free(live);
}

/* To where it was saved. It stays paused. */
static bool go_back(QemuLive *live, GError **error)
{
	const GuestRestore *restore = live->guest->restore;

	if (restore->boots)
		return true;
	return restore->snapshot ?
		       live_snapshot(live->guest, GUEST_SNAPSHOT_LOAD, restore->snapshot, error) :
		       live_restore(live, error);
}

static bool bring_up(QemuLive *live, unsigned flags, GError **error)
{
	int64_t log_start;

	if (!live_spawn(live, error))
		return false;
	log_start = live_log_position(live);
	live_files_describe(live->guest);
	live_files_close(live->guest);
	if (!live_connect(live, error))
		return explain(live, log_start, error);
	if (!live_cpu_check(live, error) || !live_save(live, error) ||
	    !live_learn_chardevs(live, error) || !set_passwords(live, error) ||
	    !live_tune(live, error))
		return explain(live, log_start, error);
	if (live->guest->restore)
		return go_back(live, error) || explain(live, log_start, error);
	if (flags & VIR_DOMAIN_START_PAUSED)
		return true;
	return live_call(live->guest, "cont", NULL, NULL, error) ||
	       explain(live, log_start, error);
}

static void layer_free(gpointer data)
{
	GuestLayer *layer = data;

	fd_clear(&layer->fd);
	g_free(layer->path);
	g_free(layer->format);
	g_free(layer);
}

/* The agent's socket is ours unless the definition gave it a place that was opened for it. */
static bool agent_listen(QemuLive *live, GError **error)
{
	DomainChardev *channel = live_agent_channel(live->guest);
	GPtrArray *layers;
	GuestLayer *layer;
	int fd;

	if (!channel || channel->source.type != CHARDEV_UNIX ||
	    channel->source.mode == CHARDEV_MODE_CONNECT ||
	    (channel->source.mode == CHARDEV_MODE_ABSENT && channel->source.path) ||
	    guest_resource(live->guest, channel->info.alias))
		return true;
	fd = live_listen(live, "agent", error);
	if (fd < 0)
		return false;
	layer = g_new0(GuestLayer, 1);
	layer->path = g_build_filename(live->guest->run_dir, "agent", NULL);
	layer->format = g_strdup("");
	layer->fd = fd;
	layers = g_ptr_array_new_with_free_func(layer_free);
	g_ptr_array_add(layers, layer);
	g_hash_table_insert(live->guest->resources, g_strdup(channel->info.alias), layers);
	return true;
}

static void tell_started(Guest *guest, bool paused)
{
	guest->host->state(guest, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED,
			   VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
	if (paused)
		guest->host->state(guest, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP,
				   VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
}

/* Paused in any case: it runs when the engine has written down that it need not be restored again. */
static void tell_restored(Guest *guest)
{
	const GuestRestore *restore = guest->restore;

	guest->host->state(guest, VIR_DOMAIN_PAUSED, restore->reason, VIR_DOMAIN_EVENT_STARTED,
			   restore->detail);
	if (!restore->running)
		guest->host->state(guest, VIR_DOMAIN_PAUSED, restore->reason,
				   VIR_DOMAIN_EVENT_SUSPENDED,
				   restore->reason == VIR_DOMAIN_PAUSED_FROM_SNAPSHOT ?
					   VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT :
					   VIR_DOMAIN_EVENT_SUSPENDED_RESTORED);
}

bool live_start(Guest *guest, unsigned flags, GError **error)
{
	QemuLive *live = live_new(guest);

	live->starting = true;
	if (!live_tune_check(guest, error) || !live_files_prepare(guest, error) ||
	    !agent_listen(live, error) || !bring_up(live, flags, error)) {
		start_undo(live);
		return false;
	}
	live->starting = false;
	if (live->gone) {
		start_undo(live);
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the hypervisor of domain '%s' ended during its start"),
			    guest->def->name);
	}
	live_agent_connect(live);
	if (guest->restore)
		tell_restored(guest);
	else
		tell_started(guest, flags & VIR_DOMAIN_START_PAUSED);
	return true;
}
/* ---- Adoption */

/* Whole or not at all; not synced to disk, since the hypervisor does not outlive the kernel either.
 */
static bool write_state(const char *path, const char *text, GError **error)
{
	g_autofree char *temporary = g_strconcat(path, ".new", NULL);
	g_autofd int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    rename(temporary, path) < 0)
		return fail_errno(error, errno, _("cannot write '%s'"), path);
	return true;
}

bool live_save(QemuLive *live, GError **error)
{
	g_autofree char *path = g_build_filename(live->guest->run_dir, state_name, NULL);
	json_t *state =
		json_pack("{s:i,s:I,s:b}", "pid", (int)live->pid, "started",
			  (json_int_t)proc_started(live->pid), "reboot", live->reboot_wanted);
	json_t *retired = json_array();
	GHashTableIter iter;
	gpointer alias;
	char *text;
	bool ok;

	g_hash_table_iter_init(&iter, live->retired);
	while (g_hash_table_iter_next(&iter, &alias, NULL))
		json_array_append_new(retired, json_string(alias));
	json_object_set_new(state, "retired", retired);
	text = json_dumps(state, JSON_COMPACT);
	ok = write_state(path, text, error);
	free(text);
	json_decref(state);
	return ok;
}

/* An older worker has left none. */
static void load_retired(QemuLive *live, json_t *aliases)
{
	size_t index;
	json_t *alias;

	json_array_foreach(aliases, index, alias)
		if (json_is_string(alias))
			g_hash_table_add(live->retired, g_strdup(json_string_value(alias)));
}

static bool load(QemuLive *live, pid_t *ret_pid, GError **error)
{
	g_autofree char *path = g_build_filename(live->guest->run_dir, state_name, NULL);
	json_t *state = json_load_file(path, 0, NULL);
	json_int_t started = 0;
	int pid = 0, reboot = 0;
	int r = json_unpack(state, "{s:i,s:I,s:b}", "pid", &pid, "started", &started, "reboot",
			    &reboot);

	load_retired(live, json_object_get(state, "retired"));
	json_decref(state);
	if (r < 0 || pid <= 1)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("'%s' does not say which hypervisor is that of domain '%s'"), path,
			    live->guest->def->name);
	if (proc_started(pid) != (uint64_t)started)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the hypervisor of domain '%s', process %d, has ended"),
			    live->guest->def->name, pid);
	live->reboot_wanted = reboot;
	*ret_pid = pid;
	return true;
}

/* States of QEMU's RunState that are not simply stopped. */
static const struct {
	const char *name;
	int state, reason;
} run_states[] = {
	{ "running", VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED },
	{ "shutdown", VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_USER },
	{ "suspended", VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_UNKNOWN },
	{ "guest-panicked", VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED },
	{ "io-error", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR },
	{ "watchdog", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_WATCHDOG },
	{ "prelaunch", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP },
	{ "paused", VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER },
};

/* Moves to where QEMU stands, unless that is what was known. */
static bool learn_state(QemuLive *live, GError **error)
{
	Guest *guest = live->guest;
	json_t *reply;
	const char *status;

	if (!live_call(guest, "query-status", NULL, &reply, error))
		return false;
	status = json_string_value(json_object_get(reply, "status"));
	for (unsigned i = 0; i < G_N_ELEMENTS(run_states); i++)
		if (g_strcmp0(run_states[i].name, status) == 0 &&
		    run_states[i].state != guest->state)
			guest->host->state(guest, run_states[i].state, run_states[i].reason, -1, 0);
	json_decref(reply);
	/* What the guest did while nobody watched still has its consequence. */
	if (guest->state == VIR_DOMAIN_SHUTDOWN)
		live_ending(live, guest->def->on_poweroff, LIVE_END_SHUTDOWN);
	else if (guest->state == VIR_DOMAIN_CRASHED)
		live_ending(live, guest->def->on_crash, LIVE_END_CRASHED);
	return true;
}

bool live_adopt(Guest *guest, GError **error)
{
	QemuLive *live = live_new(guest);
	pid_t pid = 0;

	live->starting = true;
	if (!load(live, &pid, error) || !live_watch(live, pid, false, error)) {
		live_free(live);
		return false;
	}
	/* Without a monitor it can at least be destroyed. */
	if (!live_connect(live, error)) {
		log_error(_("the hypervisor of domain '%s' does not answer on its monitor"),
			  guest->def->name);
		g_clear_error(error);
	} else if (!learn_state(live, error) || !live_learn_chardevs(live, error) ||
		   !live_plug_reconcile(live, error)) {
		g_clear_error(error);
	}
	live_job_adopt(live);
	live->starting = false;
	if (live->gone) {
		live_free(live);
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the hypervisor of domain '%s' has ended"), guest->def->name);
	}
	live_agent_connect(live);
	return true;
}
