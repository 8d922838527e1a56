/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots inside of the images of a guest that runs, with its memory: jobs of QEMU's. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/plain.h"
#include "drivers/qemu/argv/command.h"
#include "drivers/qemu/live/live.h"

#define LOOK_USEC (30 * G_USEC_PER_SEC) /* after which QEMU is asked, should an event have been lost */

static const char job_id[] = "snapshot";

/* ---- Jobs of QEMU's */

/* What QEMU says of its job @id, a new reference; NULL and no error: there is none. */
static json_t *job_query(Guest *guest, const char *id, GError **error)
{
	json_t *jobs = NULL, *job, *found = NULL;
	size_t index;

	if (!live_call(guest, "query-jobs", NULL, &jobs, error))
		return NULL;
	json_array_foreach(jobs, index, job)
		if (g_strcmp0(json_string_value(json_object_get(job, "id")), id) == 0)
			found = job;
	json_incref(found);
	json_decref(jobs);
	return found;
}

/* Takes the numbers of @job; does it go on? */
static bool job_goes_on(json_t *job, Job *ret)
{
	const char *status = json_string_value(json_object_get(job, "status"));
	int64_t total = live_number(job, "total-progress"), done = live_number(job, "current-progress");

	if (ret && total > 0 && done >= 0) {
		ret->numbers.disk_total = (uint64_t)total;
		ret->numbers.disk_processed = (uint64_t)MIN(done, total);
		ret->numbers.disk_remaining = (uint64_t)(total - MIN(done, total));
	}
	return job && g_strcmp0(status, "concluded") != 0 && g_strcmp0(status, "null") != 0;
}

/* Why it failed, NULL where it did not; the caller frees. */
static char *job_complaint(json_t *job)
{
	const char *said = json_string_value(json_object_get(job, "error"));

	return said ? text_mend(g_strdup(said)) : NULL;
}

/* Runs @command as a job of QEMU's, to its end. @arguments: reference taken. */
static bool job_run(QemuLive *live, const char *command, json_t *arguments, GError **error)
{
	Guest *guest = live->guest;
	g_autofree char *complaint = NULL;
	json_t *job = NULL;
	bool goes_on = true;

	json_object_set_new(arguments, "job-id", json_string(job_id));
	if (!live_call(guest, command, arguments, NULL, error))
		return false;
	while (goes_on) {
		json_decref(job);
		job = job_query(guest, job_id, error);
		if (!job)
			return fail(error, VIR_ERR_OPERATION_FAILED,
				    _("the hypervisor of domain '%s' has lost its job"), guest->def->name);
		goes_on = job_goes_on(job, guest->job);
		if (goes_on)
			fiber_queue_wait(&live->jobs_change, "a job of the hypervisor", LOOK_USEC, NULL);
	}
	complaint = job_complaint(job);
	json_decref(job);
	live_call(guest, "job-dismiss", json_pack("{s:s}", "id", job_id), NULL, NULL);
	return !complaint || fail(error, VIR_ERR_OPERATION_FAILED, _("domain '%s': %s"), guest->def->name, complaint);
}

/* ---- Snapshots */

/* The nodes of all disks that are part of one. */
static json_t *nodes_of(const Guest *guest)
{
	json_t *nodes = json_array();

	for (guint i = 0; i < list_length(guest->def->disks); i++) {
		const DomainDisk *disk = list_get(guest->def->disks, i);
		g_autofree char *node = qemu_node_name(disk->target, 0);

		if (!disk->readonly && (disk->device == DISK_DEVICE_DISK || disk->device == DISK_DEVICE_ABSENT) &&
		    disk->source.type != STORAGE_ABSENT && disk->snapshot != DISK_SNAPSHOT_NO)
			json_array_append_new(nodes, json_string(node));
	}
	return nodes;
}

/* @arguments of one of QEMU's commands; the memory lies in the first image. */
static json_t *arguments_of(const Guest *guest, const char *name, bool memory)
{
	json_t *nodes = nodes_of(guest);
	json_t *arguments = json_pack("{s:s}", "tag", name);

	if (memory)
		json_object_set(arguments, "vmstate", json_array_get(nodes, 0));
	json_object_set_new(arguments, "devices", nodes);
	return arguments;
}

static bool save(QemuLive *live, const char *name, GError **error)
{
	Guest *guest = live->guest;
	const bool ran = guest->state == VIR_DOMAIN_RUNNING;
	g_autoptr(GError) why = NULL;
	bool done;

	live->pause_reason = VIR_DOMAIN_PAUSED_SNAPSHOT;
	if (ran && !live_call(guest, "stop", NULL, NULL, error))
		return false;
	done = job_run(live, "snapshot-save", arguments_of(guest, name, true), error);
	if (!ran || !live_of(guest) || live->gone)
		return done;
	if (!live_go(guest, VIR_DOMAIN_RUNNING_UNPAUSED, done ? error : &why))
		return false;
	return done;
}

bool live_snapshot(Guest *guest, GuestSnapshotWay way, const char *name, GError **error)
{
	QemuLive *live = live_of(guest);

	if (!live_monitor(guest, error))
		return false;
	if (way == GUEST_SNAPSHOT_SAVE)
		return save(live, name, error);
	return job_run(live, way == GUEST_SNAPSHOT_LOAD ? "snapshot-load" : "snapshot-delete",
		       arguments_of(guest, name, way == GUEST_SNAPSHOT_LOAD), error);
}

bool live_leave(Guest *guest, GError **error)
{
	return live_monitor(guest, error) && live_end(live_of(guest), LIVE_END_FROM_SNAPSHOT, error);
}
