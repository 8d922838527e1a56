/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker tells on its own account: changed state, numbered events. */
#include "config.h"

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/front/events.h"
#include "daemon/guest/private.h"
#include "rpc/wire/procs.h"
#include "rpc/wire/wire.h"

static void acknowledge_post(Vm *vm)
{
	const control_acknowledge_msg message = { .sequence = vm->events_stored };

	if (vm->client)
		rpc_client_post(vm->client, CONTROL(ACKNOWLEDGE), &message, NULL);
}

/* One commit for all events that have come meanwhile; the store writes in order. */
static bool acknowledge_once(Vm *vm)
{
	g_autoptr(StoreBatch) batch = store_batch_new();
	g_autoptr(GError) error = NULL;
	const Domain *domain = vm->domain;
	uint64_t upto = vm->events_seen;
	StoreRun run = domain_run_row(domain);

	run.events_stored = upto;
	if (vm->ended && !vm->left)
		store_batch_run_remove(batch, run.driver, run.uuid);
	else
		store_batch_run(batch, &run);
	if (!store_commit(vm->engine->store, batch, &error)) {
		log_warning(_("events of domain '%s' are not stored yet: %s"), domain->name,
			    error->message);
		return false;
	}
	vm->events_stored = MAX(vm->events_stored, upto);
	acknowledge_post(vm);
	return true;
}

static void acknowledge(void *data)
{
	Vm *vm = data;

	while (vm->events_stored < vm->events_seen && acknowledge_once(vm))
		;
	vm->acknowledging = false;
	vm_wake(vm);
	vm_unref(vm);
}

static void acknowledge_begin(Vm *vm)
{
	if (vm->acknowledging)
		return;
	vm->acknowledging = true;
	if (fiber_spawn("acknowledge", acknowledge, vm_ref(vm), NULL))
		return;
	vm->acknowledging = false;
	vm_unref(vm);
}

/* The name of a monitor event, which decides who gets it. The caller frees. */
static char *monitor_event_name(const control_event_msg *message)
{
	qemu_domain_monitor_event_msg *event;
	g_autofree char *with_id = NULL;
	char *name = NULL;
	gsize length = message->payload.payload_len;

	/* The callback id is missing in front. */
	with_id = g_malloc0(length + 4);
	memcpy(with_id + 4, message->payload.payload_val, length);
	event = g_new0(qemu_domain_monitor_event_msg, 1);
	if (rpc_decode(with_id, length + 4, (xdrproc_t)xdr_qemu_domain_monitor_event_msg, event,
		       NULL))
		name = g_strdup(event->event);
	rpc_free((xdrproc_t)xdr_qemu_domain_monitor_event_msg, event);
	g_free(event);
	return name;
}

static void take_event(Vm *vm, const control_event_msg *message)
{
	g_autofree char *word = message->event_id < 0 ? monitor_event_name(message) : NULL;
	const Event event = {
		.kind = message->event_id < 0 ? EVENT_MONITOR : EVENT_DOMAIN,
		.id = MAX(message->event_id, 0),
		.driver = vm->domain->driver,
		.uuid = vm->domain->uuid,
		.name = vm->domain->name,
		.word = word,
		.payload = message->payload.payload_val,
		.length = message->payload.payload_len,
	};

	if (message->sequence <= vm->events_seen)
		return;
	vm->events_seen = message->sequence;
	if (message->event_id >= 0 || word)
		events_emit(vm->engine->events, &event);
	acknowledge_begin(vm);
}

static void take_message(Vm *vm, const RpcMessage *message)
{
	control_event_msg event = { 0 };
	control_changed_msg changed = { 0 };

	switch (message->header.procedure) {
	case CONTROL_PROC_EVENT:
		if (!rpc_message_decode(message, (xdrproc_t)xdr_control_event_msg, &event, NULL))
			return;
		take_event(vm, &event);
		rpc_free((xdrproc_t)xdr_control_event_msg, &event);
		break;
	case CONTROL_PROC_CHANGED:
		if (!rpc_message_decode(message, (xdrproc_t)xdr_control_changed_msg, &changed, NULL))
			return;
		vm_take_state(vm, &changed.state, changed.live_xml ? *changed.live_xml : NULL);
		rpc_free((xdrproc_t)xdr_control_changed_msg, &changed);
		break;
	default:
		break;
	}
}

void vm_message(RpcMessage *message, void *data)
{
	g_autoptr(Vm) vm = vm_ref(data);

	if (message->header.program != CONTROL_PROGRAM_NUMBER)
		return;
	/* What comes before the start is committed waits for it. */
	if (vm->starting)
		g_queue_push_tail(&vm->early, rpc_message_ref(message));
	else
		take_message(vm, message);
}

void vm_early_flush(Vm *vm)
{
	RpcMessage *message;

	while ((message = g_queue_pop_head(&vm->early))) {
		take_message(vm, message);
		rpc_message_unref(message);
	}
}
