/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's memory on its way to a file, and back. To QEMU both are migrations, from or to a descriptor; a dump for
 * debuggers is a command of its own.
 */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "drivers/qemu/live/live.h"

#define LOOK_USEC (30 * G_USEC_PER_SEC) /* after which QEMU is asked, should an event have been lost */
#define BANDWIDTH_MAX ((json_int_t)1 << 53) /* bytes in a second: none that a file could be too slow for */
#define BANDWIDTH_USUAL ((json_int_t)1 << 27) /* QEMU's own preset */

static const char fd_name[] = "memory";

/* ---- How far QEMU is */

static json_t *migration_query(Guest *guest, GError **error)
{
	json_t *reply = NULL;

	return live_call(guest, "query-migrate", NULL, &reply, error) ? reply : NULL;
}

static bool is_over(const QemuLive *live)
{
	static const char *const ends[] = { "completed", "failed", "cancelled", NULL };

	return g_strv_contains(ends, live->migration);
}

/* Takes the status from an answer, for when its event was missed. */
static void status_take(QemuLive *live, json_t *reply)
{
	const char *status = json_string_value(json_object_get(reply, "status"));

	if (status)
		g_strlcpy(live->migration, status, sizeof(live->migration));
}

static bool migration_failed(Guest *guest, GError **error)
{
	g_autoptr(GError) ignored = NULL;
	json_t *reply = migration_query(guest, &ignored);
	const char *why = json_string_value(json_object_get(reply, "error-desc"));
	g_autofree char *said = why ? g_utf8_make_valid(why, -1) : NULL;

	json_decref(reply);
	return fail(error, VIR_ERR_OPERATION_FAILED,
		    _("the hypervisor of domain '%s' cannot write or read its memory: %s"), guest->def->name,
		    said ? said : _("no reason given"));
}

/* Until QEMU says that it is over. False and an error unless all went well. */
static bool migration_wait(QemuLive *live, GError **error)
{
	Guest *guest = live->guest;

	while (!is_over(live)) {
		json_t *reply;

		if (live->gone)
			return fail(error, VIR_ERR_OPERATION_FAILED, _("the hypervisor of domain '%s' has ended"),
				    guest->def->name);
		if (fiber_queue_wait(&live->migrating, "memory of a guest", LOOK_USEC, NULL))
			continue;
		reply = live->gone ? NULL : migration_query(guest, NULL);
		status_take(live, reply);
		json_decref(reply);
	}
	if (strcmp(live->migration, "completed") == 0)
		return true;
	if (strcmp(live->migration, "cancelled") == 0)
		return fail(error, VIR_ERR_OPERATION_ABORTED, _("the job of domain '%s' was aborted"),
			    guest->def->name);
	return migration_failed(guest, error);
}

/* ---- Writing */

static bool bandwidth_set(Guest *guest, json_int_t bytes, GError **error)
{
	return live_call(guest, "migrate-set-parameters", json_pack("{s:I}", "max-bandwidth", bytes), NULL,
			 error);
}

/* QEMU tells of each status only when it is asked to. */
static bool events_on(Guest *guest, GError **error)
{
	json_t *events = json_pack("{s:[{s:s,s:b}]}", "capabilities", "capability", "events", "state", 1);

	return live_call(guest, "migrate-set-capabilities", events, NULL, error);
}

static bool fd_give(Guest *guest, int fd, GError **error)
{
	Qmp *qmp = live_monitor(guest, error);
	json_t *reply = qmp ? qmp_fd_call(qmp, "getfd", json_pack("{s:s}", "fdname", fd_name), fd, error) : NULL;

	json_decref(reply);
	return reply != NULL;
}

static json_t *uri(void)
{
	return json_pack("{s:o}", "uri", json_sprintf("fd:%s", fd_name));
}

static bool migrate_begin(QemuLive *live, int fd, GError **error)
{
	Guest *guest = live->guest;

	live->migration[0] = '\0';
	return events_on(guest, error) && bandwidth_set(guest, BANDWIDTH_MAX, error) &&
	       fd_give(guest, fd, error) && live_call(guest, "migrate", uri(), NULL, error);
}

static bool migrate_to(QemuLive *live, const GuestMemory *memory, GError **error)
{
	g_autoptr(Filters) filters = NULL;
	g_autofd int end = -1;
	bool done;

	filters = filters_write(live, memory->filters, memory->fd, &end, error);
	if (!filters)
		return false;
	done = migrate_begin(live, end, error);
	/* The end of the data is seen when nobody holds the pipe any more. */
	fd_clear(&end);
	done = done && migration_wait(live, error) && filters_finish_wait(filters, error);
	if (!live->gone)
		bandwidth_set(live->guest, BANDWIDTH_USUAL, NULL);
	return done;
}

/* Dumps are told of by an event of their own; the words of its status are others. */
static bool dump_to(QemuLive *live, const GuestMemory *memory, GError **error)
{
	json_t *arguments = json_pack("{s:b,s:o,s:b,s:s}", "paging", 0, "protocol",
				      json_sprintf("fd:%s", fd_name), "detach", 1, "format", memory->format);

	live->migration[0] = '\0';
	if (!fd_give(live->guest, memory->fd, error)) {
		json_decref(arguments);
		return false;
	}
	return live_call(live->guest, "dump-guest-memory", arguments, NULL, error) &&
	       migration_wait(live, error);
}

static bool pause_for(QemuLive *live, int reason, GError **error)
{
	if (live->guest->state != VIR_DOMAIN_RUNNING)
		return true;
	live->pause_reason = reason;
	if (live_call(live->guest, "stop", NULL, NULL, error))
		return true;
	live->pause_reason = -1;
	return false;
}

/* As it was before the job; one that cannot is told to be paused for that. */
static bool go_on(QemuLive *live, int reason, GError **error)
{
	Guest *guest = live->guest;
	g_autoptr(GError) why = NULL;

	if (live->gone || guest->job->state != VIR_DOMAIN_RUNNING || guest->state == VIR_DOMAIN_RUNNING)
		return true;
	if (live_go(guest, reason, &why))
		return true;
	guest->host->state(guest, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN, VIR_DOMAIN_EVENT_SUSPENDED,
			   VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR);
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

bool live_write_memory(Guest *guest, const GuestMemory *memory, GError **error)
{
	QemuLive *live = live_of(guest);
	bool done;

	if (!live_monitor(guest, error) || (!memory->live && !pause_for(live, memory->pause_reason, error)))
		return false;
	done = memory->memory_only ? dump_to(live, memory, error) : migrate_to(live, memory, error);
	/* A migration that went well has stopped even a guest that was to run on. */
	if (!done && live_of(guest))
		go_on(live, VIR_DOMAIN_RUNNING_SAVE_CANCELED, NULL);
	return done;
}

bool live_memory_written(Guest *guest, GuestAfterwards afterwards, GError **error)
{
	QemuLive *live = live_of(guest);

	if (!live_monitor(guest, error))
		return false;
	switch (afterwards) {
	case GUEST_IS_SAVED:
		return live_end(live, LIVE_END_SAVED, error);
	case GUEST_CRASHES:
		return live_end(live, LIVE_END_CRASHED, error);
	case GUEST_IS_RESET:
		if (!live_reset(guest, error))
			return false;
		break;
	case GUEST_GOES_ON:
		break;
	}
	return go_on(live, VIR_DOMAIN_RUNNING_UNPAUSED, error);
}

/* ---- Reading */

bool live_restore(QemuLive *live, GError **error)
{
	Guest *guest = live->guest;
	g_autofd int file = guest_resource_take_fd(guest, "restore");
	g_autoptr(Filters) filters = NULL;
	g_autofd int end = -1;
	bool begun;

	if (file < 0)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("no saved memory was given to domain '%s'"),
			    guest->def->name);
	filters = filters_read(live, guest->restore->filters, file, &end, error);
	if (!filters)
		return false;
	fd_clear(&file);
	live->migration[0] = '\0';
	begun = events_on(guest, error) && fd_give(guest, end, error) &&
		live_call(guest, "migrate-incoming", uri(), NULL, error);
	fd_clear(&end);
	return begun && migration_wait(live, error) && filters_finish_wait(filters, error);
}

/* ---- The job */

static uint64_t number(json_t *object, const char *key)
{
	int64_t value = live_number(object, key);

	return value > 0 ? (uint64_t)value : 0;
}

static void ram_take(json_t *ram, JobNumbers *ret)
{
	json_t *mbps = json_object_get(ram, "mbps");

	ret->memory_total = number(ram, "total");
	ret->memory_processed = number(ram, "transferred");
	ret->memory_remaining = number(ram, "remaining");
	ret->memory_bps = json_is_number(mbps) && json_number_value(mbps) > 0 && json_number_value(mbps) < 1e9 ?
				  (uint64_t)(json_number_value(mbps) * 125000) :
				  0;
	ret->constant_pages = number(ram, "duplicate");
	ret->normal_pages = number(ram, "normal");
	ret->normal_bytes = number(ram, "normal-bytes");
	ret->dirty_rate = number(ram, "dirty-pages-rate");
	ret->iteration = number(ram, "dirty-sync-count");
	ret->page_size = number(ram, "page-size");
	ret->has_pages = true;
}

static bool migration_ask(Guest *guest, JobNumbers *ret, GError **error)
{
	json_t *reply = migration_query(guest, error);
	json_t *ram = json_object_get(reply, "ram");

	if (!reply)
		return false;
	if (ram)
		ram_take(ram, ret);
	ret->setup_ms = number(reply, "setup-time");
	ret->has_downtime = json_object_get(reply, "downtime") != NULL;
	ret->downtime_ms = number(reply, "downtime");
	json_decref(reply);
	return true;
}

static bool dump_ask(Guest *guest, JobNumbers *ret, GError **error)
{
	json_t *reply = NULL;

	if (!live_call(guest, "query-dump", NULL, &reply, error))
		return false;
	ret->memory_total = number(reply, "total");
	ret->memory_processed = number(reply, "completed");
	ret->memory_remaining = ret->memory_total - MIN(ret->memory_processed, ret->memory_total);
	json_decref(reply);
	return true;
}

bool live_job_ask(Guest *guest, GError **error)
{
	Job *job = guest->job;

	/* Its numbers come with the answers that its fiber waits for. */
	if (job->operation == VIR_DOMAIN_JOB_OPERATION_SNAPSHOT ||
	    job->operation == VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE)
		return true;
	/* Only a dump for debuggers cannot be stopped. */
	if (job->operation == VIR_DOMAIN_JOB_OPERATION_DUMP && !job->can_abort)
		return dump_ask(guest, &job->numbers, error);
	return migration_ask(guest, &job->numbers, error);
}

bool live_job_abort(Guest *guest, GError **error)
{
	if (guest->job->operation == VIR_DOMAIN_JOB_OPERATION_SNAPSHOT)
		return live_call(guest, "job-cancel", json_pack("{s:s}", "id", "snapshot"), NULL, error);
	return live_call(guest, "migrate_cancel", NULL, NULL, error);
}

void live_job_adopt(QemuLive *live)
{
	Guest *guest = live->guest;
	g_autoptr(GError) error = NULL;

	if (!guest->job || guest->job->ended_usec || live->gone || !live->qmp)
		return;
	if (live_call(guest, "migrate_cancel", NULL, NULL, &error))
		go_on(live, VIR_DOMAIN_RUNNING_SAVE_CANCELED, &error);
	if (error)
		log_warning("%s", error->message);
}
