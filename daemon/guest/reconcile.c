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
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/guest/private.h"
#include "daemon/host/priv.h"
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
static Domain *transient_make(Engine *engine, const Driver *driver, const char *xml)
{
	g_autoptr(DomainDef) def = NULL;
	g_autoptr(GError) error = NULL;
	Domain *domain = NULL;

	if (xml)
		def = domain_def_parse(xml, strlen(xml), CONF_STATUS, NULL, &error);
	if (def)
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
static void state_restore(Domain *domain, int state, int reason)
{
	g_autoptr(StoreBatch) thrown_away = store_batch_new();
	const DomainMove running = { VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNKNOWN, -1, 0 };
	const DomainMove there = { state, reason, -1, 0 };

	if (!domain_may_move(domain->state, state))
		domain_move(domain, &running, thrown_away, NULL);
	if (state != VIR_DOMAIN_SHUTOFF)
		domain_move(domain, &there, thrown_away, NULL);
}

static Vm *vm_note(Domain *domain, int id)
{
	Vm *vm = vm_new(domain);

	vm->linking = true; /* calls wait for the link */
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
		domain = transient_make(engine, driver, run->start_xml);
	if (!domain || domain->vm)
		return;
	vm = vm_note(domain, run->id);
	vm->events_seen = vm->events_stored = run->events_stored;
	domain->autodestroy = run->autodestroy;
	if (run->start_xml)
		domain_set_live_xml(domain, run->start_xml);
	state_restore(domain, run->state, run->reason);
	/* A guest does not outlive its host. */
	vm->given_up = g_strcmp0(run->boot_id, engine->boot_id) != 0;
	if (!reconcile.noted)
		reconcile.noted = g_ptr_array_new();
	g_ptr_array_add(reconcile.noted, vm_ref(vm));
}

/* ---- One guest ----------------------------------------------------------------------------- */

static void gone(Vm *vm)
{
	int reason = vm->given_up ? VIR_DOMAIN_SHUTOFF_UNKNOWN : VIR_DOMAIN_SHUTOFF_CRASHED;

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
}

/* The connection tells by its error whether there is a process behind the socket. */
static bool is_dead(const GError *error)
{
	int errnum = error_errno(error);

	return errnum == ECONNREFUSED || errnum == ENOENT;
}

static void vm_find_call(Vm *vm)
{
	control_hello_ret hello = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *saved = vm_path(vm->engine, vm->domain->uuid_text, "state");
	g_autoptr(GError) reason = NULL;

	if (vm->given_up) {
		gone(vm);
		return;
	}
	/* Before anything is asked: the answer may never come. */
	vm_saved_watch(vm);
	if (vm_link_call(vm, &hello, &error)) {
		greet(vm, &hello);
	} else if (is_dead(error) && access(saved, F_OK) == 0) {
		if (!vm_adopt_call(vm, &reason)) {
			log_warning("%s", reason->message);
			gone(vm);
		}
	} else if (is_dead(error)) {
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

	if (vm->ended || !vm->domain->autodestroy)
		return;
	if (!vm_destroy_call(vm->domain, 0, &error))
		log_warning(_("cannot end domain '%s', whose client has left: %s"),
			    vm->domain->name, error->message);
}

static void vm_find(void *data)
{
	Vm *vm = data;

	vm_find_call(vm);
	vm->linking = false;
	vm_wake(vm);
	autodestroy(vm);
	if (--reconcile.left == 0)
		fiber_event_set(&reconcile.done);
	vm_unref(vm);
}

/* ---- Directories that nobody knows --------------------------------------------------------- */

/* A worker whose start was never acknowledged, or a leftover: away with it and its hypervisor. */
static void stray_remove_call(Engine *engine, const Uuid *uuid, const char *name)
{
	g_autoptr(GError) error = NULL;

	log_warning(_("guest %s was about to start when reeved ended; it is removed"), name);
	if (!priv_remove_vm_dir_call(engine, uuid->bytes, &error))
		log_warning("%s", error->message);
}

static bool is_known(Engine *engine, const Uuid *uuid)
{
	for (unsigned i = 0; driver_table[i]; i++) {
		const Domain *domain =
			registry_find_uuid(engine->registry, driver_table[i], uuid->bytes);

		if (domain && domain->vm)
			return true;
	}
	return false;
}

static GPtrArray *strays_find(Engine *engine)
{
	g_autofree char *path = vm_path(engine, NULL, NULL);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	DIR *directory = opendir(path);
	const struct dirent *entry;
	Uuid uuid;

	while (directory && (entry = readdir(directory)))
		if (uuid_parse(entry->d_name, &uuid) && !is_known(engine, &uuid))
			g_ptr_array_add(names, g_strdup(entry->d_name));
	if (directory)
		closedir(directory);
	return names;
}

static void strays_remove_call(Engine *engine)
{
	g_autoptr(GPtrArray) names = strays_find(engine);
	Uuid uuid;

	for (unsigned i = 0; i < names->len; i++)
		if (uuid_parse(g_ptr_array_index(names, i), &uuid))
			stray_remove_call(engine, &uuid, g_ptr_array_index(names, i));
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
	strays_remove_call(engine);
	if (--reconcile.left > 0 &&
	    !fiber_event_wait(&reconcile.done, "guests to be found again", RECONCILE_USEC, &late))
		log_warning(_("%u guests do not answer yet"), reconcile.left);
	return true;
}
