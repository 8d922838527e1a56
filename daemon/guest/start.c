/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The start of a guest: directory, worker, everything opened, the hypervisor, the commit. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/client/events.h"
#include "daemon/core/settings.h"
#include "daemon/guest/limits.h"
#include "daemon/guest/private.h"
#include "daemon/host/priv.h"
#include "daemon/network/resolve.h"
#include "daemon/registry/domain_call.h"
#include "daemon/storage/disk.h"
#include "rpc/wire/wire.h"

#define START_USEC (90 * G_USEC_PER_SEC) /* for a hypervisor to come up */
#define RESTORE_USEC (UINT64_C(24) * 3600 * G_USEC_PER_SEC) /* and to read all of its memory */

enum {
	TRIES_MAX = 10, /* of a start that loses ports or names to others */
};

/* ---- What is refused ----------------------------------------------------------------------- */

static bool is_coredump(LifecycleAction action)
{
	return action == LIFECYCLE_COREDUMP_DESTROY || action == LIFECYCLE_COREDUMP_RESTART;
}

static bool start_check(Domain *domain, const VmStart *start, GError **error)
{
	const Domain *twin;

	if (domain->engine->stopping)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("reeved is ending; no guest is started"));
	if (domain_is_active(domain) || domain->vm)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is already running"),
			    domain->name);
	/* Directory, user and processes of a guest are told apart by its UUID alone. */
	twin = registry_find_running_twin(domain);
	if (twin)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("domain '%s' of driver '%s' has the same UUID as '%s' and is running; end "
			      "it first, or define '%s' with another UUID"),
			    twin->name, twin->driver->name, domain->name, domain->name);
	if (is_coredump(start->def->on_crash))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s': dumping a crashed guest's memory (on_crash '%s') is not "
			      "supported; choose destroy, restart or preserve"),
			    domain->name, lifecycle_action_name(start->def->on_crash));
	return true;
}

/* ---- The worker ---------------------------------------------------------------------------- */

static char *worker_settings(const Vm *vm)
{
	const Settings *settings = vm->engine->settings;
	g_autofree char *log = g_strdup_printf("%s/%s.log", vm->engine->log_dir, vm->domain->name);
	json_t *object = json_pack("{s:s,s:I,s:I,s:b,s:s}", "log_path", log, "stats_timeout_usec",
				   (json_int_t)settings->stats_timeout * 1000, "call_timeout_usec",
				   (json_int_t)settings->call_timeout * G_USEC_PER_SEC, "privileged",
				   vm->engine->privileged, "state_dir", vm->engine->state_dir);
	char *text = json_dumps(object, JSON_COMPACT);

	json_decref(object);
	return text;
}

static bool directory_make_call(Vm *vm, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (priv_make_vm_dir_call(vm->engine, vm->domain->uuid, &vm->uid, &reason))
		return true;
	if (error_errno(reason) != EEXIST) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return false;
	}
	/* Left by a guest whose end nobody saw. Where somebody listens it has not ended: vm_stray_call() left it. */
	if (vm_is_unclear_call(vm->engine, vm->domain->uuid_text))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("domain '%s': a guest with its UUID (%s) runs already, whose worker does not answer; "
			      "end its processes first"),
			    vm->domain->name, vm->domain->uuid_text);
	return priv_remove_vm_dir_call(vm->engine, vm->domain->uuid, error) &&
	       priv_make_vm_dir_call(vm->engine, vm->domain->uuid, &vm->uid, error);
}

/* The memory that the guest goes on from. */
static bool restore_offer_call(Vm *vm, const VmRestore *restore, GError **error)
{
	control_layer layer = { (char *)restore->path, (char *)"", true };
	const control_offer_args args = { .key = (char *)"restore", .first = 0, .layers = { 1, &layer } };
	const RpcExchange exchange = {
		.proc = CONTROL(OFFER), .args = &args, .fds = &restore->fd, .n_fds = 1
	};

	return vm_exchange_call(vm, &exchange, error);
}

static void nvram_reset(GPtrArray *resources, bool reset)
{
	for (guint i = 0; reset && i < list_length(resources); i++) {
		Resource *resource = g_ptr_array_index(resources, i);

		resource->reset = resource->kind == RESOURCE_NVRAM;
	}
}

static bool worker_start_call(Vm *vm, const DomainDef *live, const VmStart *start, control_start_ret *ret,
			      GError **error)
{
	const VmRestore *restore = start->restore;
	control_restore wire = { 0 };
	char *snapshot = restore ? (char *)restore->snapshot : NULL;
	g_autofree char *xml = domain_def_format(live, CONF_SECURE);
	g_autofree char *settings = worker_settings(vm);
	const control_start_args args = {
		.driver = (char *)vm->domain->driver->name,
		.xml = xml,
		.flags = start->flags,
		.id = live->id,
		.settings = settings,
		.restore = restore ? &wire : NULL,
	};
	const RpcExchange exchange = {
		.proc = CONTROL(START), .args = &args, .ret = ret,
		.timeout_usec = restore ? RESTORE_USEC : START_USEC
	};

	if (restore)
		wire = (control_restore){
			.format = restore->format,
			.bypass_cache = restore->bypass_cache,
			.detail = restore->detail,
			.running = restore->running,
			.reason = restore->reason,
			.snapshot = restore->snapshot ? &snapshot : NULL,
			.boots = restore->fd < 0 && !restore->snapshot,
		};
	return (!restore || restore->fd < 0 || restore_offer_call(vm, restore, error)) &&
	       vm_exchange_call(vm, &exchange, error);
}

static bool bring_up_call(Vm *vm, const DomainDef *live, const VmStart *start, control_start_ret *ret,
			  GError **error)
{
	g_autoptr(GPtrArray) resources = vm->domain->driver->resources(live, error);
	control_hello_ret hello = { 0 };
	bool linked;

	nvram_reset(resources, start->flags & VIR_DOMAIN_START_RESET_NVRAM);
	if (!resources || !directory_make_call(vm, error))
		return false;
	linked = vm_spawn_call(vm, error) && vm_link_call(vm, &hello, error);
	rpc_free((xdrproc_t)xdr_control_hello_ret, &hello);
	/* Before the hypervisor is there: what it begins is limited from its first moment. */
	return linked && vm_resources_call(vm, resources, error) &&
	       (!vm->engine->priv || guest_limits_call(vm->engine, NULL, live, error)) &&
	       worker_start_call(vm, live, start, ret, error);
}

/* ---- The commit ---------------------------------------------------------------------------- */

static void owner_gone_destroy(void *data)
{
	Domain *domain = data;
	g_autoptr(GError) error = NULL;

	if (!vm_destroy_call(domain, 0, &error))
		log_warning(_("cannot end domain '%s', whose client has left: %s"), domain->name,
			    error->message);
	domain_unref(domain);
}

/* The client that the guest belongs to has left. */
static void on_owner_gone(void *data)
{
	Vm *vm = data;
	Domain *domain = domain_ref(vm->domain);

	vm->owner = NULL;
	if (!fiber_spawn("autodestroy", owner_gone_destroy, domain, NULL))
		domain_unref(domain);
}

/* Once a guest has gone on from there, its disks are beyond that memory. */
static void managed_save_forget(Domain *domain, StoreBatch *batch)
{
	StoreDomain row = domain_store_row(domain);

	row.managed_save = NULL;
	store_batch_domain_marks(batch, &row);
}

/* From here on the domain is active; what the reply promises is on disk. */
static bool start_commit(Vm *vm, const control_state *state, const char *xml, const VmStart *start,
			 GError **error)
{
	const DomainMove move = { .state = state->state, .reason = state->reason, .event = -1 };
	g_autoptr(StoreBatch) batch = store_batch_new();
	Domain *domain = vm->domain;
	StoreRun run;

	domain->started_usec = (uint64_t)g_get_real_time();
	domain->autodestroy = start->autodestroy_with != NULL;
	if (!domain_move(domain, &move, batch, error))
		return false;
	run = domain_run_row(domain);
	run.start_xml = xml;
	store_batch_run(batch, &run);
	if (start->restore && start->restore->managed)
		managed_save_forget(domain, batch);
	return store_commit(domain->engine->store, batch, error);
}

/* As if it had never been. */
static void start_undo_call(Vm *vm)
{
	const DomainMove back = {
		.state = VIR_DOMAIN_SHUTOFF, .reason = VIR_DOMAIN_SHUTOFF_FAILED, .event = -1
	};
	g_autoptr(Domain) domain = domain_ref(vm->domain);

	vm_remove_call(vm);
	domain->vm = NULL;
	vm_move(vm, VM_ENDED);
	if (domain_is_active(domain) || domain->state != VIR_DOMAIN_SHUTOFF)
		domain_move(domain, &back, NULL, NULL);
	vm_unref(vm);
}

static bool start_aborted(const Vm *vm, GError **error)
{
	return fail(error, VIR_ERR_OPERATION_ABORTED, _("domain '%s' was destroyed while it started"),
		    vm->domain->name);
}

static bool start_finish(Vm *vm, const control_start_ret *ret, const VmStart *start, GError **error)
{
	Domain *domain = vm->domain;
	g_autofree char *xml = NULL;

	if (vm->phase == VM_GIVEN_UP || vm->worker.ended)
		return start_aborted(vm, error);
	if (!vm_state_is_possible(&ret->state) || ret->state.state == VIR_DOMAIN_SHUTOFF)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("domain '%s' has ended as soon as it was started; see its log"),
			    domain->name);
	xml = vm_xml_remake(domain, ret->live_xml, error);
	if (!xml)
		return false;
	domain_set_live_xml(domain, xml);
	vm_guest_watch(vm, (pid_t)ret->state.pid);
	if (!start_commit(vm, &ret->state, xml, start, error))
		return false;
	if (start->restore && start->restore->managed)
		g_clear_pointer(&domain->managed_save, g_free);
	registry_publish(domain);
	vm_move(vm, VM_LINKED);
	if (start->autodestroy_with && start->autodestroy_with->conn)
		vm->owner = client_watch(start->autodestroy_with, on_owner_gone, vm);
	else if (start->autodestroy_with)
		on_owner_gone(vm);
	vm_early_flush(vm);
	return true;
}

/* What happened to the processes while nobody could be told. */
static void missed_catch_up(Vm *vm)
{
	if (!vm_has_ended(vm) && (vm->worker.ended || vm->guest.ended))
		vm_end(vm, VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED,
		       VIR_DOMAIN_EVENT_STOPPED_FAILED);
}

static bool start_run_call(Vm *vm, DomainDef *live, const VmStart *start, GError **error)
{
	g_autoptr(Vm) kept = vm_ref(vm);
	g_autoptr(GError) reason = NULL;
	control_start_ret ret = { 0 };
	bool started = bring_up_call(vm, live, start, &ret, &reason);

	if (started) {
		domain_set_id(vm->domain, live->id);
		started = start_finish(vm, &ret, start, &reason);
	}
	rpc_free((xdrproc_t)xdr_control_start_ret, &ret);
	if (started) {
		missed_catch_up(vm);
		return true;
	}
	/* Whatever failed then did so because somebody wanted it to end. */
	if (vm->phase == VM_GIVEN_UP)
		start_aborted(vm, error);
	else
		g_propagate_error(error, g_steal_pointer(&reason));
	start_undo_call(vm);
	return false;
}

/* One try; *ret_again when it was lost to somebody who was faster. */
static bool start_try_call(Domain *domain, const VmStart *start, bool *ret_again, GError **error)
{
	g_autoptr(DomainDef) live = domain_def_copy(start->def);
	const Driver *driver = domain->driver;
	Vm *vm = vm_new(domain, VM_STARTING);
	bool started = false;

	live->id = registry_next_id(domain->engine->registry, driver);
	live->has_id = true;
	domain->vm = vm;
	/* Guests of the test driver are in memory only, and so is what they are plugged into. */
	if ((driver == &test_driver || networks_resolve(domain->engine, live, error)) &&
	    disks_resolve(domain->engine, live, error) &&
	    (!driver->prepare || driver->prepare(live, live->id, error)))
		started = start_run_call(vm, live, start, error);
	else
		g_clear_pointer(&domain->vm, vm_unref);
	*ret_again = driver->settle && driver->settle(live, started);
	return started;
}

bool vm_start_call(Domain *domain, const VmStart *start, GError **error)
{
	/* What it points to may be gone by the second try. */
	g_autoptr(DomainDef) def = domain_def_copy(start->def);
	VmStart kept = *start;
	bool again = true;

	kept.def = def;
	if (!start_check(domain, &kept, error) || !vm_retired_wait(domain, error))
		return false;
	for (unsigned tries = 0; again && tries < TRIES_MAX; tries++) {
		g_autoptr(GError) reason = NULL;

		if (!start_check(domain, &kept, error))
			return false;
		if (start_try_call(domain, &kept, &again, &reason))
			return true;
		again &= error_code(reason) != VIR_ERR_OPERATION_ABORTED;
		if (again && tries + 1 < TRIES_MAX)
			log_info(_("domain '%s' is started again with other ports and names: %s"),
				 domain->name, reason->message);
		else
			g_propagate_error(error, g_steal_pointer(&reason));
	}
	return false;
}
