/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "rpc/client/rpc_client.h"
#include "worker/vm/vm.h"

enum {
	/* Kept for an engine that is away; beyond that the oldest go, for a guest can cause many. */
	EVENTS_MAX = 4096,
	EVENTS_SIZE_MAX = 1024 * 1024,
};

static void vm_event_free(VmEvent *event)
{
	g_bytes_unref(event->payload);
	g_free(event);
}

static void event_pop(Worker *worker)
{
	VmEvent *event = g_queue_pop_head(&worker->events);

	worker->events_size -= g_bytes_get_size(event->payload);
	vm_event_free(event);
}

void vm_event_clear(Worker *worker)
{
	while (!g_queue_is_empty(&worker->events))
		event_pop(worker);
}

static void event_push(Worker *worker, VmEvent *event)
{
	g_queue_push_tail(&worker->events, event);
	worker->events_size += g_bytes_get_size(event->payload);
	while (worker->events.length > EVENTS_MAX ||
	       (worker->events_size > EVENTS_SIZE_MAX && worker->events.length > 1))
		event_pop(worker);
}

void vm_event_send(Worker *worker, const VmEvent *event)
{
	gsize length;
	const void *bytes = g_bytes_get_data(event->payload, &length);
	control_event_msg message = {
		.sequence = event->sequence,
		.time_usec = event->time_usec,
		.event_id = event->id,
		.payload = { (u_int)length, (char *)bytes },
	};

	vm_link_post(worker, CONTROL(EVENT), &message);
}

void vm_event_acknowledge(Worker *worker, uint64_t sequence)
{
	const VmEvent *event;

	worker->acknowledged = MAX(worker->acknowledged, sequence);
	while ((event = g_queue_peek_head(&worker->events)) && event->sequence <= sequence)
		event_pop(worker);
	vm_check_end(worker);
}

void vm_event_restore(Worker *worker, uint64_t sequence, int64_t time_usec, int id, GBytes *payload)
{
	VmEvent *event = g_new0(VmEvent, 1);

	/* A successor finds events in its file that the engine has had. */
	if (sequence <= worker->acknowledged) {
		g_free(event);
		return;
	}
	*event = (VmEvent){ sequence, time_usec, id, g_bytes_ref(payload) };
	event_push(worker, event);
}

static bool event_keep(Guest *guest, const GuestEvent *event)
{
	Worker *worker = (Worker *)guest;
	g_autoptr(GBytes) payload = vm_payload_encode(guest, event);

	if (payload)
		vm_event_restore(worker, ++worker->sequence, g_get_real_time(), event->id, payload);
	else
		log_warning(_("an event of kind %d cannot be sent"), event->id);
	return payload != NULL;
}

static void host_event(Guest *guest, const GuestEvent *event)
{
	Worker *worker = (Worker *)guest;

	if (!event_keep(guest, event))
		return;
	/* A start that fails has not happened; one that succeeds sends what has come meanwhile. */
	if (worker->starting)
		return;
	vm_event_send(worker, g_queue_peek_tail(&worker->events));
	if (!worker->greeted)
		vm_state_save(worker);
}

static GuestEvent lifecycle_event(int event, int detail)
{
	return (GuestEvent){
		.id = VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		.lifecycle = { event, detail },
	};
}

static void host_state(Guest *guest, int state, int reason, int event, int detail)
{
	const GuestEvent happened = lifecycle_event(event, detail);

	guest->state = state;
	guest->reason = reason;
	vm_state_changed((Worker *)guest, false);
	if (event >= 0)
		host_event(guest, &happened);
}

static void host_changed(Guest *guest)
{
	vm_state_changed((Worker *)guest, true);
}

static void host_ended(Guest *guest, int reason, int detail)
{
	Worker *worker = (Worker *)guest;
	const GuestEvent happened = lifecycle_event(VIR_DOMAIN_EVENT_STOPPED, detail);
	bool kept;

	if (worker->ended)
		return;
	worker->active = false;
	worker->ended = true;
	guest->state = VIR_DOMAIN_SHUTOFF;
	guest->reason = reason;
	guest->pid = 0;
	/*
	 * What is saved with the state has the event in it, so that it cannot get lost; but the engine
	 * hears of the state first: a client that gets the event finds the guest off.
	 */
	kept = event_keep(guest, &happened);
	vm_state_changed(worker, false);
	if (kept && !worker->starting)
		vm_event_send(worker, g_queue_peek_tail(&worker->events));
	vm_check_end(worker);
}

const GuestHost vm_host = {
	.event = host_event,
	.state = host_state,
	.changed = host_changed,
	.ended = host_ended,
};
