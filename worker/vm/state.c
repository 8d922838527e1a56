/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "rpc/client/rpc_client.h"
#include "worker/vm/vm.h"

#define STATE_FILE "state"

enum {
	/* A successor may not know of the last events, whose numbers must not come again. */
	SEQUENCE_GAP = 1 << 20,
};

void vm_state_fill(const Worker *worker, control_state *ret)
{
	ret->state = worker->guest.state;
	ret->reason = worker->guest.reason;
	ret->pid = worker->guest.pid;
	ret->generation = worker->generation;
}

char *vm_state_xml(const Worker *worker)
{
	return domain_def_format(worker->guest.def, CONF_SECURE);
}

void vm_state_changed(Worker *worker, bool xml)
{
	control_changed_msg message = { 0 };
	g_autofree char *text = NULL;

	worker->generation++;
	if (worker->starting)
		return; /* the reply to the start says it all */
	vm_state_fill(worker, &message.state);
	if (xml) {
		text = vm_state_xml(worker);
		message.live_xml = &text;
	}
	vm_link_post(worker, CONTROL(CHANGED), &message);
	vm_state_save(worker);
}

static json_t *events_pack(const Worker *worker)
{
	json_t *list = json_array();

	for (GList *l = worker->events.head; l; l = l->next) {
		const VmEvent *event = l->data;
		gsize length;
		const guint8 *bytes = g_bytes_get_data(event->payload, &length);
		g_autofree char *coded = g_base64_encode(bytes, length);

		json_array_append_new(list, json_pack("{s:I,s:I,s:i,s:s}", "sequence",
						      (json_int_t)event->sequence, "time",
						      (json_int_t)event->time_usec, "id", event->id,
						      "payload", coded));
	}
	return list;
}

/* The new file takes the old one's place at once; it need not outlive the host, so no sync. */
static bool file_write(const char *text)
{
	g_autofd int fd = -1;
	size_t length = strlen(text);

	fd = open(STATE_FILE ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return false;
	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		length -= (size_t)n;
	}
	return rename(STATE_FILE ".new", STATE_FILE) == 0;
}

static json_t *job_pack(const Job *job)
{
	return json_pack("{s:i,s:s,s:I,s:I,s:i,s:i,s:i}", "operation", job->operation, "intent",
			 job->intent ? job->intent : "", "began", (json_int_t)job->began_usec, "ended",
			 (json_int_t)job->ended_usec, "type", job->type, "state", job->state, "reason",
			 job->reason);
}

/* An older worker, and one without a job, has left none. */
static void job_load(Worker *worker, json_t *saved)
{
	json_int_t began, ended;
	const char *intent;
	Job job = { 0 };

	if (json_unpack(saved, "{s:i,s:s,s:I,s:I,s:i,s:i,s:i}", "operation", &job.operation, "intent", &intent,
			"began", &began, "ended", &ended, "type", &job.type, "state", &job.state, "reason",
			&job.reason) < 0)
		return;
	job.intent = g_strdup(intent);
	job.began_usec = (uint64_t)began;
	job.ended_usec = (uint64_t)ended;
	worker->guest.job = g_memdup2(&job, sizeof(job));
}

void vm_state_save(const Worker *worker)
{
	g_autofree char *xml = worker->guest.def ? vm_state_xml(worker) : NULL;
	g_autofree char *text = NULL;
	json_t *root;

	if (!xml || !worker->live)
		return;
	root = json_pack("{s:s,s:i,s:i,s:I,s:i,s:i,s:I,s:b,s:s,s:o,s:o}", "driver", worker->live->name,
			 "worker", (int)getpid(), "id",
			 worker->guest.id, "pid", (json_int_t)worker->guest.pid, "state", worker->guest.state,
			 "reason", worker->guest.reason, "sequence", (json_int_t)worker->sequence, "ended",
			 worker->ended, "xml", xml, "settings",
			 worker->guest.settings ? json_incref(worker->guest.settings) : json_object(),
			 "events", events_pack(worker));
	if (worker->guest.job)
		json_object_set_new(root, "job", job_pack(worker->guest.job));
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (!text || !file_write(text))
		log_warning(_("cannot save the state of domain '%s': %s"), worker->name,
			    g_strerror(errno));
}

static void events_load(Worker *worker, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *coded = "";
		json_int_t sequence = 0, time_usec = 0;
		g_autoptr(GBytes) payload = NULL;
		gsize length;
		guint8 *bytes;
		int id = 0;

		if (json_unpack(json_array_get(list, i), "{s:I,s:I,s:i,s:s}", "sequence", &sequence,
				"time", &time_usec, "id", &id, "payload", &coded) < 0)
			continue;
		bytes = g_base64_decode(coded, &length);
		payload = g_bytes_new_take(bytes, length);
		vm_event_restore(worker, (uint64_t)sequence, time_usec, id, payload);
	}
}

static bool state_unpack(Worker *worker, json_t *root, GError **error)
{
	const char *driver, *xml;
	json_int_t sequence, pid;
	json_t *settings, *events;
	int ended;

	if (json_unpack(root, "{s:s,s:i,s:I,s:i,s:i,s:I,s:b,s:s,s:o,s:o}", "driver", &driver, "id",
			&worker->guest.id, "pid", &pid, "state", &worker->guest.state, "reason",
			&worker->guest.reason, "sequence", &sequence, "ended", &ended, "xml", &xml,
			"settings", &settings, "events", &events) < 0)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the saved state of domain '%s' is damaged"), worker->name);
	worker->live = driver_live_find(driver);
	if (!worker->live)
		return fail(error, VIR_ERR_NO_SUPPORT, _("there is no driver '%s'"), driver);
	worker->guest.def = domain_def_parse(xml, strlen(xml), CONF_STATUS, NULL, error);
	if (!worker->guest.def)
		return false;
	worker->guest.pid = (pid_t)pid;
	worker->guest.settings = json_incref(settings);
	worker->sequence = MAX(worker->acknowledged, (uint64_t)sequence) + SEQUENCE_GAP;
	worker->ended = ended;
	job_load(worker, json_object_get(root, "job"));
	events_load(worker, events);
	return true;
}

bool vm_state_load(Worker *worker, GError **error)
{
	json_error_t reason;
	json_t *root = json_load_file(STATE_FILE, JSON_REJECT_DUPLICATES, &reason);
	bool good;

	if (!root)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("there is no saved state of domain '%s': %s"), worker->name, reason.text);
	good = state_unpack(worker, root, error);
	json_decref(root);
	return good;
}
