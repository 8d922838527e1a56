/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker tells on its own account: changed state, numbered events. */
#include "config.h"

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/client/events.h"
#include "daemon/registry/job_result.h"
#include "daemon/guest/private.h"
#include "rpc/wire/procs.h"
#include "rpc/wire/wire.h"

/* What one guest may cost all others. */
enum {
	EVENT_COST = 512,	     /* bytes, of a row and of all that goes with an event beside its payload */
	EVENTS_BURST = 1024 * 1024,  /* bytes of events that may come at once */
	EVENTS_PER_SECOND = 64 * 1024,
	XML_BURST = 2 * 1024 * 1024, /* the same of definitions */
	XML_PER_SECOND = 256 * 1024,
	EARLY_MAX = 4 * 1024 * 1024, /* bytes of messages that wait for the start */
};

#define LATE_XML_USEC (G_USEC_PER_SEC / 4)

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
	uint64_t upto = vm->events_storing = vm->events_seen;
	StoreRun run = domain_run_row(domain);

	run.events_stored = upto;
	if (vm->phase == VM_ENDED)
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
	vm->events_storing = vm->events_stored;
	vm_wake(vm);
	vm_unref(vm);
}

static void acknowledge_begin(Vm *vm)
{
	if (vm->events_storing > vm->events_stored)
		return;
	vm->events_storing = vm->events_seen;
	if (fiber_spawn("acknowledge", acknowledge, vm_ref(vm), NULL))
		return;
	vm->events_storing = vm->events_stored;
	vm_unref(vm);
}

/* Once in a while: a worker that went mad shall not fill the log as well. */
static void refused_tell(Vm *vm, const char *what, const GError *reason)
{
	if (vm->over_budget)
		return;
	vm->over_budget = true;
	log_warning(_("%s of domain '%s' is ignored: %s"), what, vm->domain->name, reason->message);
}

/* What ends, starts or stops a guest is told however much else there was. */
static bool event_is_affordable(Vm *vm, const control_event_msg *message)
{
	const gsize cost = message->payload.payload_len + EVENT_COST;

	if (vm_budget_take(&vm->events_budget, cost, EVENTS_BURST, EVENTS_PER_SECOND)) {
		vm->over_budget = false;
		return true;
	}
	if (!vm->over_budget)
		log_warning(_("domain '%s' tells more events than are kept; some are left out"),
			    vm->domain->name);
	vm->over_budget = true;
	return message->event_id == VIR_DOMAIN_EVENT_ID_LIFECYCLE;
}

static void event_pass_on(Vm *vm, const control_event_msg *message)
{
	g_autofree char *word = NULL;
	g_autofree guint8 *payload = NULL;
	g_autoptr(GError) reason = NULL;
	Event event = {
		.kind = message->event_id < 0 ? EVENT_MONITOR : EVENT_DOMAIN,
		.id = MAX(message->event_id, 0),
		.driver = vm->domain->driver,
		.uuid = vm->domain->uuid,
		.name = vm->domain->name,
	};

	payload = vm_event_remake(vm->domain, message, &event.length, &word, &reason);
	if (!payload) {
		refused_tell(vm, _("an event"), reason);
		return;
	}
	event.payload = payload;
	event.word = word;
	events_emit(vm->engine->events, &event);
}

static void take_event(Vm *vm, const control_event_msg *message)
{
	if (message->sequence <= vm->events_seen || message->sequence > INT64_MAX)
		return;
	vm->events_seen = message->sequence;
	if (event_is_affordable(vm, message))
		event_pass_on(vm, message);
	acknowledge_begin(vm);
}

/* ---- The state ----------------------------------------------------------------------------- */

static void live_xml_set(Vm *vm, const char *xml)
{
	g_autoptr(GError) reason = NULL;
	g_autofree char *own = vm_xml_remake(vm->domain, xml, &reason);

	if (own)
		domain_set_live_xml(vm->domain, own);
	else
		refused_tell(vm, _("a definition"), reason);
}

static int on_late_xml(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *data)
{
	Vm *vm = data;
	g_autofree char *xml = g_steal_pointer(&vm->late_xml);

	g_clear_pointer(&vm->late, sd_event_source_disable_unref);
	if (xml && !vm_has_ended(vm))
		live_xml_set(vm, xml);
	return 0;
}

/* Definitions that come faster than is good for everybody else are taken a little later, the last one only. */
static void take_live_xml(Vm *vm, const char *xml)
{
	if (!vm->late && vm_budget_take(&vm->xml_budget, strlen(xml), XML_BURST, XML_PER_SECOND)) {
		live_xml_set(vm, xml);
		return;
	}
	g_free(vm->late_xml);
	vm->late_xml = g_strdup(xml);
	if (!vm->late)
		sd_event_add_time_relative(vm->engine->loop, &vm->late, CLOCK_MONOTONIC, LATE_XML_USEC, 0,
					   on_late_xml, vm);
}

void vm_live_xml_flush(Domain *domain)
{
	if (domain->vm)
		on_late_xml(NULL, 0, domain->vm);
}

void vm_take_state(Vm *vm, const control_state *state, const char *xml)
{
	const DomainMove move = { .state = state->state, .reason = state->reason, .event = -1 };
	g_autoptr(GError) error = NULL;

	if (!vm_state_is_possible(state)) {
		fail(&error, VIR_ERR_RPC, _("there is no state %d with reason %d"), state->state, state->reason);
		refused_tell(vm, _("a state"), error);
		return;
	}
	vm_guest_watch(vm, (pid_t)state->pid);
	if (state->state == VIR_DOMAIN_SHUTOFF) {
		vm_end(vm, state->reason, -1, 0);
		return;
	}
	if (vm_has_ended(vm))
		return;
	if (xml)
		take_live_xml(vm, xml);
	if ((vm->domain->state != state->state || vm->domain->reason != state->reason) &&
	    !domain_move(vm->domain, &move, NULL, &error))
		log_warning("%s", error->message);
}

/* ---- Messages ------------------------------------------------------------------------------ */

static void take_message(Vm *vm, const RpcMessage *message)
{
	control_event_msg event = { 0 };
	control_changed_msg changed = { 0 };
	control_job_msg job = { 0 };

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
	case CONTROL_PROC_JOB:
		if (!rpc_message_decode(message, (xdrproc_t)xdr_control_job_msg, &job, NULL))
			return;
		job_result_take(vm->domain, &job);
		rpc_free((xdrproc_t)xdr_control_job_msg, &job);
		break;
	default:
		break;
	}
}

/* A worker that talks and talks before its guest is started has no guest to lose. */
static void early_keep(Vm *vm, RpcMessage *message)
{
	vm->early_size += message->length + EVENT_COST;
	if (vm->early_size > EARLY_MAX) {
		log_warning(_("the worker of domain '%s' tells too much before its guest is there"),
			    vm->domain->name);
		vm_unlink(vm);
		return;
	}
	g_queue_push_tail(&vm->early, rpc_message_ref(message));
}

void vm_message(RpcMessage *message, void *data)
{
	g_autoptr(Vm) vm = vm_ref(data);

	if (message->header.program != CONTROL_PROGRAM_NUMBER)
		return;
	/* What comes before the start is committed, or before the worker is known, waits for that. */
	if (vm_is_starting(vm) || vm->greeting)
		early_keep(vm, message);
	else
		take_message(vm, message);
}

void vm_early_flush(Vm *vm)
{
	RpcMessage *message;

	vm->greeting = false;
	vm->early_size = 0;
	while ((message = g_queue_pop_head(&vm->early))) {
		take_message(vm, message);
		rpc_message_unref(message);
	}
}

void vm_early_clear(Vm *vm)
{
	vm->greeting = false;
	vm->early_size = 0;
	while (!g_queue_is_empty(&vm->early))
		rpc_message_unref(g_queue_pop_head(&vm->early));
}

void vm_greeted(Vm *vm, const control_state *state, const char *xml)
{
	vm_take_state(vm, state, xml);
	vm_early_flush(vm);
}
