/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "rpc/client/client.h"
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

static void event_pop(Vm *vm)
{
	VmEvent *event = g_queue_pop_head(&vm->events);

	vm->events_size -= g_bytes_get_size(event->payload);
	vm_event_free(event);
}

void vm_event_clear(Vm *vm)
{
	while (!g_queue_is_empty(&vm->events))
		event_pop(vm);
}

static void event_push(Vm *vm, VmEvent *event)
{
	g_queue_push_tail(&vm->events, event);
	vm->events_size += g_bytes_get_size(event->payload);
	while (vm->events.length > EVENTS_MAX ||
	       (vm->events_size > EVENTS_SIZE_MAX && vm->events.length > 1))
		event_pop(vm);
}

void vm_event_send(Vm *vm, const VmEvent *event)
{
	gsize length;
	const void *bytes = g_bytes_get_data(event->payload, &length);
	control_event_msg message = {
		.sequence = event->sequence,
		.time_usec = event->time_usec,
		.event_id = event->id,
		.payload = { (u_int)length, (char *)bytes },
	};

	vm_link_post(vm, CONTROL(EVENT), &message);
}

void vm_event_acknowledge(Vm *vm, uint64_t sequence)
{
	const VmEvent *event;

	vm->acknowledged = MAX(vm->acknowledged, sequence);
	while ((event = g_queue_peek_head(&vm->events)) && event->sequence <= sequence)
		event_pop(vm);
	vm_check_end(vm);
}

void vm_event_restore(Vm *vm, uint64_t sequence, int64_t time_usec, int id, GBytes *payload)
{
	VmEvent *event = g_new0(VmEvent, 1);

	/* A successor finds events in its file that the engine has had. */
	if (sequence <= vm->acknowledged) {
		g_free(event);
		return;
	}
	*event = (VmEvent){ sequence, time_usec, id, g_bytes_ref(payload) };
	event_push(vm, event);
}

static bool event_keep(Guest *guest, const GuestEvent *event)
{
	Vm *vm = (Vm *)guest;
	g_autoptr(GBytes) payload = vm_payload_encode(guest, event);

	if (payload)
		vm_event_restore(vm, ++vm->sequence, g_get_real_time(), event->id, payload);
	else
		log_warning(_("an event of kind %d cannot be sent"), event->id);
	return payload != NULL;
}

static void host_event(Guest *guest, const GuestEvent *event)
{
	Vm *vm = (Vm *)guest;

	if (!event_keep(guest, event))
		return;
	/* A start that fails has not happened; one that succeeds sends what has come meanwhile. */
	if (vm->starting)
		return;
	vm_event_send(vm, g_queue_peek_tail(&vm->events));
	if (!vm->greeted)
		vm_state_save(vm);
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
	vm_state_changed((Vm *)guest, false);
	if (event >= 0)
		host_event(guest, &happened);
}

static void host_changed(Guest *guest)
{
	vm_state_changed((Vm *)guest, true);
}

static void host_ended(Guest *guest, int reason, int detail)
{
	Vm *vm = (Vm *)guest;
	const GuestEvent happened = lifecycle_event(VIR_DOMAIN_EVENT_STOPPED, detail);
	bool kept;

	if (vm->ended)
		return;
	vm->active = false;
	vm->ended = true;
	guest->state = VIR_DOMAIN_SHUTOFF;
	guest->reason = reason;
	guest->pid = 0;
	/*
	 * What is saved with the state has the event in it, so that it cannot get lost; but the engine
	 * hears of the state first: a client that gets the event finds the guest off.
	 */
	kept = event_keep(guest, &happened);
	vm_state_changed(vm, false);
	if (kept && !vm->starting)
		vm_event_send(vm, g_queue_peek_tail(&vm->events));
	vm_check_end(vm);
}

const GuestHost vm_host = {
	.event = host_event,
	.state = host_state,
	.changed = host_changed,
	.ended = host_ended,
};
