/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends of guests: wanted, told by the worker, or forced; and what is cleaned up after them. */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/client/events.h"
#include "daemon/core/settings.h"
#include "daemon/guest/private.h"
#include "daemon/host/priv.h"
#include "daemon/object/object.h"

#define DESTROY_USEC (4 * G_USEC_PER_SEC)	/* for a worker to destroy its guest */
#define GRACEFUL_USEC (30 * G_USEC_PER_SEC)	/* as above, when the hypervisor may take its time */
#define END_USEC (5 * G_USEC_PER_SEC)		/* for processes to go after SIGKILL */
#define QUIT_USEC (3 * G_USEC_PER_SEC)		/* for a worker to go by itself */
#define RETIRED_USEC (15 * G_USEC_PER_SEC)

/* ---- Cleaning up --------------------------------------------------------------------------- */

/* Guests that have ended, whose directories are still there. */
static GPtrArray *retiring; /* of Vm, borrowed */

static bool process_alive(const VmProcess *process)
{
	return process->pidfd >= 0 && !process->ended;
}

/* Waits for the next thing that happens to @vm. False when the time is over. */
static bool wake_wait(Vm *vm, uint64_t deadline)
{
	uint64_t now = (uint64_t)g_get_monotonic_time();

	return now < deadline && fiber_queue_wait(&vm->waiting, "the end of a guest's processes",
						  deadline - now, NULL);
}

static bool process_end_wait(Vm *vm, const VmProcess *process, uint64_t timeout_usec)
{
	uint64_t deadline = (uint64_t)g_get_monotonic_time() + timeout_usec;

	while (process_alive(process))
		if (!wake_wait(vm, deadline))
			return !process_alive(process);
	return true;
}

static void process_kill_call(Vm *vm, const VmProcess *process)
{
	g_autoptr(GError) error = NULL;

	if (process_alive(process) &&
	    !priv_kill_call(vm->engine, vm->domain->uuid, process->pidfd, SIGKILL, &error))
		log_warning(_("cannot end a process of domain '%s': %s"), vm->domain->name,
			    error->message);
}

void vm_kill_call(Vm *vm)
{
	process_kill_call(vm, &vm->guest);
	process_kill_call(vm, &vm->worker);
	process_end_wait(vm, &vm->guest, END_USEC);
	process_end_wait(vm, &vm->worker, END_USEC);
}

void vm_remove_call(Vm *vm)
{
	g_autoptr(GError) error = NULL;

	vm_unlink(vm);
	vm_kill_call(vm);
	/* Ends whoever has the guest's user. If even SIGKILL does not, the directory stays and marks it as taken. */
	if (!priv_remove_vm_dir_call(vm->engine, vm->domain->uuid, &error))
		log_warning("%s", error->message);
}

/* The worker ends by itself once its last event is on disk. */
static void retire(void *data)
{
	Vm *vm = data;
	uint64_t deadline = (uint64_t)g_get_monotonic_time() + QUIT_USEC;

	while (vm->client && process_alive(&vm->worker))
		if (!wake_wait(vm, deadline))
			break;
	if (!vm->client)
		process_end_wait(vm, &vm->worker, QUIT_USEC / 2);
	vm_remove_call(vm);
	g_ptr_array_remove(retiring, vm);
	vm_wake(vm);
	vm_unref(vm);
}

/* Snapshots and checkpoints go with their domain: whoever gets its UUID next shall not find them. */
static void moments_end(const Domain *domain)
{
	const StoreOrigin self = { .uid = -1, .origin = "reeved" };
	g_autoptr(StoreBatch) batch = store_batch_new();

	objects_batch_remove_children(domain->engine->objects, domain->uuid_text, batch, &self);
	store_queue(domain->engine->store, g_steal_pointer(&batch));
	objects_drop_children(domain->engine->objects, domain->uuid_text);
}

void vm_end(Vm *vm, int reason, int event, int detail)
{
	g_autoptr(Vm) kept = vm_ref(vm);
	Domain *domain = vm->domain;
	const DomainMove move = {
		.state = VIR_DOMAIN_SHUTOFF, .reason = reason, .event = event, .detail = detail
	};

	if (!vm_move(vm, VM_ENDED))
		return;
	g_clear_pointer(&vm->owner, client_unwatch);
	g_clear_pointer(&vm->grace, sd_event_source_disable_unref);
	domain->vm = NULL;
	/* Every state may become this one. */
	domain_move(domain, &move, NULL, NULL);
	if (domain->removed)
		moments_end(domain);
	if (!retiring)
		retiring = g_ptr_array_new();
	g_ptr_array_add(retiring, vm);
	/* Our reference is the fiber's now. */
	if (!fiber_spawn("retire", retire, vm, NULL)) {
		g_ptr_array_remove(retiring, vm);
		vm_unref(vm);
	}
}

static Vm *retiring_find(const Domain *domain)
{
	for (unsigned i = 0; retiring && i < retiring->len; i++) {
		Vm *vm = g_ptr_array_index(retiring, i);

		if (memcmp(vm->domain->uuid, domain->uuid, sizeof(domain->uuid)) == 0)
			return vm;
	}
	return NULL;
}

bool vm_retired_wait(Domain *domain, GError **error)
{
	uint64_t deadline = (uint64_t)g_get_monotonic_time() + RETIRED_USEC;
	Vm *found;

	while ((found = retiring_find(domain))) {
		g_autoptr(Vm) vm = vm_ref(found);

		if (!wake_wait(vm, deadline))
			return fail(error, VIR_ERR_OPERATION_TIMEOUT,
				    _("domain '%s' has ended, but its processes have not yet"),
				    domain->name);
	}
	return true;
}

/* ---- Destroying ---------------------------------------------------------------------------- */

/* Has the worker do it. True when the guest is gone. */
static bool worker_destroy_call(Vm *vm, unsigned flags, GError **error)
{
	const control_destroy_args args = { .flags = flags };
	const bool graceful = flags & VIR_DOMAIN_DESTROY_GRACEFUL;
	const RpcExchange exchange = {
		.proc = CONTROL(DESTROY),
		.args = &args,
		.timeout_usec = graceful ? GRACEFUL_USEC : DESTROY_USEC,
	};

	return vm_exchange_call(vm, &exchange, error) || vm_has_ended(vm);
}

/* The worker's answer follows what it has told about the end. */
static void forced_end_call(Vm *vm, const GError *reason)
{
	log_warning(_("domain '%s' is ended by force: %s"), vm->domain->name, reason->message);
	vm_move(vm, VM_KILLING);
	process_kill_call(vm, &vm->guest);
	process_kill_call(vm, &vm->worker);
	process_end_wait(vm, &vm->guest, END_USEC);
	vm_end(vm, VIR_DOMAIN_SHUTOFF_DESTROYED, VIR_DOMAIN_EVENT_STOPPED,
	       VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
}

/* Until the removal of the run state is on disk. */
static bool end_commit(Domain *domain, GError **error)
{
	g_autoptr(StoreBatch) batch = store_batch_new();

	if (domain_is_active(domain))
		return true;
	store_batch_run_remove(batch, domain->driver->name, domain->uuid);
	return store_commit(domain->engine->store, batch, error);
}

bool vm_destroy_call(Domain *domain, unsigned flags, GError **error)
{
	g_autoptr(Domain) kept = domain_ref(domain);
	g_autoptr(GError) reason = NULL;
	g_autoptr(Vm) vm = NULL;

	if (!domain->vm)
		return domain_require_active(domain, error);
	vm = vm_ref(domain->vm);
	if (vm_is_starting(vm)) {
		vm_move(vm, VM_GIVEN_UP);
		process_kill_call(vm, &vm->worker);
		return true;
	}
	if (!worker_destroy_call(vm, flags, &reason) && !vm_has_ended(vm)) {
		/* The caller wants no force; or the worker has said what is the matter. */
		if (flags & VIR_DOMAIN_DESTROY_GRACEFUL) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return false;
		}
		forced_end_call(vm, reason);
	}
	/* Its word that the guest is gone came before its reply; without it the guest still is. */
	if (!vm_has_ended(vm))
		vm_end(vm, VIR_DOMAIN_SHUTOFF_DESTROYED, VIR_DOMAIN_EVENT_STOPPED,
		       VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
	return end_commit(domain, error);
}

/* ---- The engine's end ---------------------------------------------------------------------- */

typedef struct StopAll {
	FiberEvent done;
	unsigned left;
} StopAll;

typedef struct StopOne {
	StopAll *all;
	Domain *domain;
} StopOne;

static void stop_one(void *data)
{
	StopOne *one = data;
	g_autoptr(GError) error = NULL;

	if (!vm_destroy_call(one->domain, 0, &error))
		log_warning(_("cannot end domain '%s': %s"), one->domain->name, error->message);
	if (--one->all->left == 0)
		fiber_event_set(&one->all->done);
	domain_unref(one->domain);
	g_free(one);
}

void vm_stop_all_call(Engine *engine)
{
	g_autoptr(GPtrArray) domains = registry_list(engine->registry, NULL);
	StopAll all = { .left = 1 };

	for (unsigned i = 0; i < domains->len; i++) {
		Domain *domain = g_ptr_array_index(domains, i);
		StopOne *one;

		if (!domain->vm)
			continue;
		one = g_new0(StopOne, 1);
		*one = (StopOne){ &all, domain_ref(domain) };
		all.left++;
		if (!fiber_spawn("stop", stop_one, one, NULL)) {
			all.left--;
			domain_unref(domain);
			g_free(one);
		}
	}
	if (--all.left > 0)
		fiber_event_wait(&all.done, "the end of all guests", 0, NULL);
	while (retiring && retiring->len > 0) {
		g_autoptr(Vm) vm = vm_ref(g_ptr_array_index(retiring, 0));

		if (!wake_wait(vm, (uint64_t)g_get_monotonic_time() + RETIRED_USEC))
			break;
	}
}

void vm_leave_all(Engine *engine)
{
	g_autoptr(GPtrArray) domains = registry_list(engine->registry, NULL);

	for (unsigned i = 0; i < domains->len; i++) {
		Domain *domain = g_ptr_array_index(domains, i);
		Vm *vm = domain->vm;

		if (!vm)
			continue;
		/* Nobody has been told of it yet: its fiber undoes what there is. */
		if (vm_is_starting(vm)) {
			vm_move(vm, VM_GIVEN_UP);
			vm_unlink(vm);
			continue;
		}
		domain->vm = NULL;
		vm_move(vm, VM_LEFT);
		g_clear_pointer(&vm->owner, client_unwatch);
		vm_unlink(vm);
		vm_unref(vm);
	}
}
