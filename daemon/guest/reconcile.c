/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * After a start of the engine: what the store says was active is compared with what runs. Workers
 * are found by their sockets; where one has died a new one adopts its hypervisor; where that is gone
 * too the domain is shut off, with an event.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/guest/private.h"
#include "daemon/host/priv.h"
#include "daemon/registry/domain_call.h"
#include "rpc/wire/wire.h"
#include "worker/host/spawn.h"

/* Guests whose workers hang are waited for in the background after this. */
#define RECONCILE_USEC (2 * G_USEC_PER_SEC)

static struct {
	GPtrArray *noted; /* of Vm, referenced, until they are reconciled */
	unsigned left;
	FiberEvent done;
} reconcile;

/* ---- While the store is loaded ------------------------------------------------------------- */

/* A transient domain lives in what it was started with. */
static Domain *transient_make(Engine *engine, const Driver *driver, const StoreRun *run)
{
	const char *xml = run->start_xml;
	g_autoptr(DomainDef) def = NULL;
	g_autoptr(GError) error = NULL;
	Domain *domain = NULL;

	if (xml)
		def = domain_def_parse(xml, strlen(xml), CONF_STATUS, NULL, &error);
	if (def && memcmp(def->uuid.bytes, run->uuid, sizeof(def->uuid.bytes)) != 0)
		fail(&error, VIR_ERR_OPERATION_FAILED, _("it was stored with the definition of another"));
	else if (def)
		domain = registry_claim_wait(engine->registry, driver, def, &error);
	if (!domain) {
		log_error(_("a guest that was running cannot be found again: %s"),
			  error ? error->message : _("it was stored without its definition"));
		return NULL;
	}
	registry_publish(domain);
	domain_release(domain);
	domain_unref(domain); /* the registry has its own reference */
	return domain;
}

/* Brings @domain to @state by moves of the table; they are in the store already. */
void vm_state_restore(Domain *domain, int state, int reason)
{
	g_autoptr(StoreBatch) thrown_away = store_batch_new();
	const DomainMove running = { VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNKNOWN, -1, 0 };
	const DomainMove there = { state, reason, -1, 0 };

	if (!domain_may_move(domain->state, state))
		domain_move(domain, &running, thrown_away, NULL);
	if (state != VIR_DOMAIN_SHUTOFF)
		domain_move(domain, &there, thrown_away, NULL);
}

Vm *vm_note(Domain *domain, int id)
{
	Vm *vm = vm_new(domain, VM_LINKING);

	domain->vm = vm;
	domain_set_id(domain, id);
	return vm;
}

void vm_note_run(Engine *engine, const StoreRun *run)
{
	const Driver *driver = driver_find(run->driver);
	Domain *domain = driver ? registry_find_uuid(engine->registry, driver, run->uuid) : NULL;
	Vm *vm;

	if (driver && !domain)
		domain = transient_make(engine, driver, run);
	if (!domain || domain->vm)
		return;
	vm = vm_note(domain, run->id);
	vm->events_seen = vm->events_storing = vm->events_stored = run->events_stored;
	domain->autodestroy = run->autodestroy;
	if (run->start_xml)
		domain_set_live_xml(domain, run->start_xml);
	vm_state_restore(domain, run->state, run->reason);
	/* A guest does not outlive its host; but the record may be older than the guest that runs now. */
	vm->other_boot = g_strcmp0(run->boot_id, engine->boot_id) != 0;
	if (!reconcile.noted)
		reconcile.noted = g_ptr_array_new();
	g_ptr_array_add(reconcile.noted, vm_ref(vm));
}

/* ---- One guest ----------------------------------------------------------------------------- */

static void gone(Vm *vm)
{
	int reason = vm->other_boot ? VIR_DOMAIN_SHUTOFF_UNKNOWN : VIR_DOMAIN_SHUTOFF_CRASHED;

	log_warning(_("domain '%s' is no longer there"), vm->domain->name);
	vm_end(vm, reason, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
}

/* A worker that lives. */
static void greet(Vm *vm, const control_hello_ret *hello)
{
	if (*hello->driver == '\0') {
		/* It never got its guest: the engine died in between. */
		gone(vm);
		return;
	}
	vm_greeted(vm, &hello->state, hello->live_xml ? *hello->live_xml : NULL);
	vm_job_take_over(vm);
}

/* The connection tells by its error whether there is a process behind the socket. */
bool vm_is_dead(const GError *error)
{
	int errnum = error_errno(error);

	/* EACCES: the directory is being removed. */
	return errnum == ECONNREFUSED || errnum == ENOENT || errnum == EACCES;
}

static void vm_find_call(Vm *vm)
{
	control_hello_ret hello = { 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) reason = NULL;

	/* Before anything is asked: the answer may never come. */
	vm_saved_watch(vm);
	if (vm_link_call(vm, &hello, &error)) {
		greet(vm, &hello);
	} else if (vm_is_dead(error) && vm_saved_is_there(vm)) {
		if (!vm_adopt_call(vm, &reason)) {
			log_warning("%s", reason->message);
			gone(vm);
		}
	} else if (vm_is_dead(error)) {
		gone(vm);
	} else {
		/* It hangs; it may come to itself, and 'destroy' works. */
		log_warning(_("the worker of domain '%s' does not answer: %s"), vm->domain->name,
			    error->message);
	}
	rpc_free((xdrproc_t)xdr_control_hello_ret, &hello);
}

static void autodestroy(Vm *vm)
{
	g_autoptr(GError) error = NULL;

	if (vm_has_ended(vm) || !vm->domain->autodestroy)
		return;
	if (!vm_destroy_call(vm->domain, 0, &error))
		log_warning(_("cannot end domain '%s', whose client has left: %s"),
			    vm->domain->name, error->message);
}

static void vm_find(void *data)
{
	Vm *vm = data;

	vm_find_call(vm);
	vm_move(vm, VM_LINKED);
	autodestroy(vm);
	if (--reconcile.left == 0)
		fiber_event_set(&reconcile.done);
	vm_unref(vm);
}

/* ---- Guests that the store does not know ---------------------------------------------------- */

typedef struct Stray {
	Engine *engine;
	Uuid uuid;
} Stray;

static void stray_find(void *data)
{
	g_autofree Stray *stray = data;
	Vm *vm = vm_stray_call(stray->engine, &stray->uuid);

	if (vm) {
		vm_find(vm_ref(vm));
		return;
	}
	if (--reconcile.left == 0)
		fiber_event_set(&reconcile.done);
}

static bool strays_begin(Engine *engine, GError **error)
{
	g_autoptr(GArray) strays = vm_strays_find(engine);

	for (unsigned i = 0; i < strays->len; i++) {
		Stray *stray = g_new0(Stray, 1);

		*stray = (Stray){ engine, g_array_index(strays, Uuid, i) };
		reconcile.left++;
		if (!fiber_spawn("stray", stray_find, stray, error)) {
			g_free(stray);
			return false;
		}
	}
	return true;
}

bool vm_reconcile_call(Engine *engine, GError **error)
{
	g_autoptr(GPtrArray) noted = g_steal_pointer(&reconcile.noted);
	g_autoptr(GError) late = NULL;

	reconcile.left = 1;
	for (unsigned i = 0; noted && i < noted->len; i++) {
		reconcile.left++;
		if (!fiber_spawn("reconcile", vm_find, g_ptr_array_index(noted, i), error))
			return false;
	}
	if (!strays_begin(engine, error))
		return false;
	if (--reconcile.left > 0 &&
	    !fiber_event_wait(&reconcile.done, "guests to be found again", RECONCILE_USEC, &late))
		log_warning(_("%u guests do not answer yet"), reconcile.left);
	return true;
}
