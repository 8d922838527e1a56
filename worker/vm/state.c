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
#include "rpc/client/client.h"
#include "worker/vm/vm.h"

#define STATE_FILE "state"

enum {
	/* A successor may not know of the last events, whose numbers must not come again. */
	SEQUENCE_GAP = 1 << 20,
};

void vm_state_fill(const Vm *vm, control_state *ret)
{
	ret->state = vm->guest.state;
	ret->reason = vm->guest.reason;
	ret->pid = vm->guest.pid;
	ret->generation = vm->generation;
}

char *vm_state_xml(const Vm *vm)
{
	return domain_def_format(vm->guest.def, CONF_SECURE);
}

void vm_state_changed(Vm *vm, bool xml)
{
	control_changed_msg message = { 0 };
	g_autofree char *text = NULL;

	vm->generation++;
	if (vm->starting)
		return; /* the reply to the start says it all */
	vm_state_fill(vm, &message.state);
	if (xml) {
		text = vm_state_xml(vm);
		message.live_xml = &text;
	}
	vm_link_post(vm, CONTROL(CHANGED), &message);
	vm_state_save(vm);
}

static json_t *events_pack(const Vm *vm)
{
	json_t *list = json_array();

	for (GList *l = vm->events.head; l; l = l->next) {
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

void vm_state_save(const Vm *vm)
{
	g_autofree char *xml = vm->guest.def ? vm_state_xml(vm) : NULL;
	g_autofree char *text = NULL;
	json_t *root;

	if (!xml || !vm->live)
		return;
	root = json_pack("{s:s,s:i,s:i,s:I,s:i,s:i,s:I,s:b,s:s,s:o,s:o}", "driver", vm->live->name,
			 "worker", (int)getpid(), "id",
			 vm->guest.id, "pid", (json_int_t)vm->guest.pid, "state", vm->guest.state,
			 "reason", vm->guest.reason, "sequence", (json_int_t)vm->sequence, "ended",
			 vm->ended, "xml", xml, "settings",
			 vm->guest.settings ? json_incref(vm->guest.settings) : json_object(),
			 "events", events_pack(vm));
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (!text || !file_write(text))
		log_warning(_("cannot save the state of domain '%s': %s"), vm->name,
			    g_strerror(errno));
}

static void events_load(Vm *vm, const json_t *list)
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
		vm_event_restore(vm, (uint64_t)sequence, time_usec, id, payload);
	}
}

static bool state_unpack(Vm *vm, json_t *root, GError **error)
{
	const char *driver, *xml;
	json_int_t sequence, pid;
	json_t *settings, *events;
	int ended;

	if (json_unpack(root, "{s:s,s:i,s:I,s:i,s:i,s:I,s:b,s:s,s:o,s:o}", "driver", &driver, "id",
			&vm->guest.id, "pid", &pid, "state", &vm->guest.state, "reason",
			&vm->guest.reason, "sequence", &sequence, "ended", &ended, "xml", &xml,
			"settings", &settings, "events", &events) < 0)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the saved state of domain '%s' is damaged"), vm->name);
	vm->live = driver_live_find(driver);
	if (!vm->live)
		return fail(error, VIR_ERR_NO_SUPPORT, _("there is no driver '%s'"), driver);
	vm->guest.def = domain_def_parse(xml, strlen(xml), CONF_STATUS, NULL, error);
	if (!vm->guest.def)
		return false;
	vm->guest.pid = (pid_t)pid;
	vm->guest.settings = json_incref(settings);
	vm->sequence = MAX(vm->acknowledged, (uint64_t)sequence) + SEQUENCE_GAP;
	vm->ended = ended;
	events_load(vm, events);
	return true;
}

bool vm_state_load(Vm *vm, GError **error)
{
	json_error_t reason;
	json_t *root = json_load_file(STATE_FILE, JSON_REJECT_DUPLICATES, &reason);
	bool good;

	if (!root)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("there is no saved state of domain '%s': %s"), vm->name, reason.text);
	good = state_unpack(vm, root, error);
	json_decref(root);
	return good;
}
