/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/core/settings.h"
#include "daemon/guest/private.h"
#include "daemon/host/priv.h"
#include "rpc/wire/wire.h"
#include "worker/host/spawn.h"

enum {
	RESPAWNS_MAX = 5, /* in a row, each within RESPAWN_WINDOW of the last */
};

#define ADOPT_USEC (15 * G_USEC_PER_SEC)
#define RESPAWN_WINDOW_USEC (60 * G_USEC_PER_SEC)
#define GRACE_USEC (G_USEC_PER_SEC / 2)
#define STATS_EXTRA_USEC G_USEC_PER_SEC /* over what the worker itself waits for */
#define STATS_MUTE_USEC 50000 /* for a worker that has not answered the last question */
#define CALL_EXTRA_USEC G_USEC_PER_SEC
#define MUTE_USEC G_USEC_PER_SEC

Vm *vm_new(Domain *domain, VmPhase phase)
{
	Vm *vm = g_new0(Vm, 1);

	vm->refs = 1;
	vm->phase = phase;
	vm->engine = domain->engine;
	vm->domain = domain_ref(domain);
	vm->worker.pidfd = vm->guest.pidfd = -1;
	g_queue_init(&vm->early);
	return vm;
}

Vm *vm_ref(Vm *vm)
{
	vm->refs++;
	return vm;
}

void vm_unref(Vm *vm)
{
	if (!vm || --vm->refs > 0)
		return;
	vm_unlink(vm);
	vm_process_clear(&vm->worker);
	vm_process_clear(&vm->guest);
	sd_event_source_disable_unref(vm->grace);
	sd_event_source_disable_unref(vm->late);
	g_free(vm->late_xml);
	domain_unref(vm->domain);
	g_free(vm);
}

char *vm_path(const Engine *engine, const char *uuid_text, const char *file)
{
	return g_build_filename(engine->run_dir, "vm", uuid_text, file, NULL);
}

/* ---- Processes ----------------------------------------------------------------------------- */

void vm_process_clear(VmProcess *process)
{
	g_clear_pointer(&process->source, sd_event_source_disable_unref);
	fd_clear(&process->pidfd);
}

bool vm_process_watch(Vm *vm, VmProcess *process, int pidfd, sd_event_io_handler_t handler,
		      GError **error)
{
	int r;

	vm_process_clear(process);
	process->pidfd = pidfd;
	process->ended = false;
	r = sd_event_add_io(vm->engine->loop, &process->source, pidfd, EPOLLIN, handler, vm);
	if (r < 0)
		return fail_errno(error, -r, _("cannot watch a process of domain '%s'"),
				  vm->domain->name);
	return true;
}

/* The worker did not tell of its hypervisor's death in time: we do. */
static int on_grace_over(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *data)
{
	Vm *vm = data;

	g_clear_pointer(&vm->grace, sd_event_source_disable_unref);
	if (vm->guest.ended && !vm_is_starting(vm) && vm->phase != VM_KILLING)
		vm_end(vm, VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED,
		       VIR_DOMAIN_EVENT_STOPPED_FAILED);
	return 0;
}

static int on_guest_end(sd_event_source *source, G_GNUC_UNUSED int fd, G_GNUC_UNUSED uint32_t events,
			void *data)
{
	Vm *vm = data;

	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	vm->guest.ended = true;
	if (!vm_has_ended(vm) && !vm->grace)
		sd_event_add_time_relative(vm->engine->loop, &vm->grace, CLOCK_MONOTONIC, GRACE_USEC,
					   0, on_grace_over, vm);
	vm_wake(vm);
	return 0;
}

void vm_guest_hold(Vm *vm, pid_t pid, int pidfd)
{
	g_autoptr(GError) error = NULL;

	vm->guest.pid = pid;
	if (!vm_process_watch(vm, &vm->guest, pidfd, on_guest_end, &error))
		log_warning("%s", error->message);
}

void vm_guest_watch(Vm *vm, pid_t pid)
{
	int pidfd;

	if (pid <= 0 || (vm->guest.pidfd >= 0 && vm->guest.pid == pid))
		return;
	pidfd = vm_pid_open(vm->engine, vm->domain->uuid_text, pid);
	if (pidfd >= 0)
		vm_guest_hold(vm, pid, pidfd);
	else
		log_debug("pid %d is no process of domain '%s'", (int)pid, vm->domain->name);
}

static void respawn(void *data)
{
	Vm *vm = data;
	g_autoptr(GError) error = NULL;

	if (!vm_has_ended(vm) && !vm_adopt_call(vm, &error)) {
		log_error(_("cannot take over domain '%s': %s"), vm->domain->name, error->message);
		/* A hypervisor that nobody controls can still be destroyed; what has none is gone. */
		if (!vm_has_ended(vm) && (vm->guest.pidfd < 0 || vm->guest.ended))
			vm_end(vm, VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED,
			       VIR_DOMAIN_EVENT_STOPPED_FAILED);
	}
	vm_move(vm, VM_LINKED);
	vm_unref(vm);
}

static void respawn_begin(Vm *vm)
{
	uint64_t now = (uint64_t)g_get_monotonic_time();
	g_autoptr(GError) error = NULL;

	if (vm_is_busy(vm) || vm->engine->stopping)
		return;
	if (now - vm->respawned_usec > RESPAWN_WINDOW_USEC)
		vm->respawns = 0;
	vm->respawned_usec = now;
	if (++vm->respawns > RESPAWNS_MAX) {
		log_error(_("the worker of domain '%s' dies again and again; it is left alone, "
			    "'destroy' still works"),
			  vm->domain->name);
		if (vm->guest.pidfd < 0)
			vm_end(vm, VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED,
			       VIR_DOMAIN_EVENT_STOPPED_FAILED);
		return;
	}
	log_warning(_("the worker of domain '%s' has died; a new one takes over"), vm->domain->name);
	vm_move(vm, VM_LINKING);
	if (!fiber_spawn("respawn", respawn, vm_ref(vm), &error)) {
		log_error("%s", error->message);
		vm_move(vm, VM_LINKED);
		vm_unref(vm);
	}
}

void vm_worker_gone(Vm *vm)
{
	vm_unlink(vm);
	if (vm->phase == VM_KILLING)
		return;
	if (vm->guest.ended)
		vm_end(vm, VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED,
		       VIR_DOMAIN_EVENT_STOPPED_FAILED);
	else
		respawn_begin(vm);
}

static int on_worker_end(sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t events, void *data)
{
	g_autoptr(Vm) vm = vm_ref(data);

	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	pidfd_reap(fd);
	vm->worker.ended = true;
	vm_wake(vm);
	if (!vm_has_ended(vm) && !vm_is_starting(vm))
		vm_worker_gone(vm);
	return 0;
}

bool vm_worker_watch(Vm *vm, pid_t pid, int pidfd, GError **error)
{
	vm->worker.pid = pid;
	return vm_process_watch(vm, &vm->worker, pidfd, on_worker_end, error);
}

void vm_wake(Vm *vm)
{
	fiber_queue_wake_all(&vm->waiting);
}

/* ---- Starting a worker ------------------------------------------------------------------------ */

/* For reading, too: a worker tells what its hypervisor died of. */
static int log_open(const Vm *vm, GError **error)
{
	g_autofree char *path =
		g_strdup_printf("%s/%s.log", vm->engine->log_dir, vm->domain->name);
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0640);

	if (fd < 0)
		return fail_errno(error, errno, _("cannot open the log '%s'"), path), -1;
	return fd;
}

bool vm_spawn_call(Vm *vm, GError **error)
{
	g_autofd int log = log_open(vm, error);
	PrivProcess process = { .pidfd = -1 };

	return log >= 0 && priv_spawn_vm_call(vm->engine, vm->domain, log, &process, error) &&
	       vm_worker_watch(vm, process.pid, process.pidfd, error);
}

bool vm_adopt_call(Vm *vm, GError **error)
{
	control_hello_ret hello = { 0 };
	control_adopt_ret ret = { 0 };
	const RpcExchange exchange = {
		.proc = CONTROL(ADOPT), .ret = &ret, .timeout_usec = ADOPT_USEC
	};
	bool adopted = vm_spawn_call(vm, error) && vm_link_call(vm, &hello, error) &&
		       rpc_client_exchange_call(vm->client, &exchange, error);

	if (adopted)
		vm_greeted(vm, &ret.state, ret.live_xml);
	else
		vm_unlink(vm);
	rpc_free((xdrproc_t)xdr_control_hello_ret, &hello);
	rpc_free((xdrproc_t)xdr_control_adopt_ret, &ret);
	return adopted;
}

/* ---- Calls to the worker ------------------------------------------------------------------- */

/* Waits for a link that is being made. */
static bool link_wait(Vm *vm, uint64_t timeout_usec, GError **error)
{
	/* One that did not answer may have come to itself. */
	if (!vm->client)
		vm_relink_begin(vm);
	/* Then there may be a connection already, but to a worker that has no guest yet. */
	while (vm_is_busy(vm))
		if (!fiber_queue_wait(&vm->waiting, "the worker of a guest", timeout_usec, error))
			return false;
	if (vm_has_ended(vm))
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
			    vm->domain->name);
	return vm->client ||
	       fail(error, VIR_ERR_OPERATION_FAILED,
		    _("the worker of domain '%s' cannot be reached; 'destroy' ends the guest"),
		    vm->domain->name);
}

Vm *vm_get_wait(Domain *domain, uint64_t timeout_usec, GError **error)
{
	g_autoptr(Vm) vm = NULL;

	if (!domain_require_active(domain, error))
		return NULL;
	if (!domain->vm)
		return fail_null(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
				 domain->name);
	vm = vm_ref(domain->vm);
	return link_wait(vm, timeout_usec, error) ? g_steal_pointer(&vm) : NULL;
}

/* Is @reason the end of the link, however it was noticed, and not what the worker has answered? */
static bool link_is_lost(const Vm *vm, const GError *reason)
{
	const int errnum = reason ? error_errno(reason) : 0;

	if (!reason)
		return true;
	if (vm->client && vm->phase == VM_LINKED && rpc_client_is_open(vm->client))
		return false;
	return error_code(reason) == VIR_ERR_RPC || errnum == EPIPE || errnum == ECONNRESET;
}

/* What went wrong on the way to the worker, in words about its guest. False, for callers to return. */
static bool call_failed(const Vm *vm, const char *call, const GError *reason, GError **error)
{
	const bool lost = link_is_lost(vm, reason);

	if (reason && error_errno(reason) == ETIMEDOUT)
		return fail(error, VIR_ERR_OPERATION_TIMEOUT,
			    _("the worker of domain '%s' did not answer '%s' in time; 'destroy' ends "
			      "the guest"),
			    vm->domain->name, call);
	if (lost && vm_has_ended(vm))
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
			    vm->domain->name);
	if (lost && vm_is_starting(vm))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the worker of domain '%s' has died; see its log"), vm->domain->name);
	if (lost)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the worker of domain '%s' ended before it had answered '%s'; a new one "
			      "takes over, try again"),
			    vm->domain->name, call);
	if (error)
		*error = g_error_copy(reason);
	return false;
}

bool vm_forward_call(Domain *domain, RpcMessage *request, uint64_t timeout_usec,
		     RpcMessage **ret_reply, GError **error)
{
	const RpcProc *proc = rpc_proc_find(request->header.program, request->header.procedure);
	g_autoptr(Vm) vm = vm_get_wait(domain, timeout_usec, error);
	g_autoptr(GError) reason = NULL;

	if (!vm)
		return false;
	return rpc_client_forward_call(vm->client, request, timeout_usec + CALL_EXTRA_USEC,
				       ret_reply, &reason) ||
	       call_failed(vm, proc->name, reason, error);
}

bool vm_exchange_call(Vm *vm, const RpcExchange *exchange, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (vm->phase == VM_GIVEN_UP)
		return fail(error, VIR_ERR_OPERATION_ABORTED,
			    _("domain '%s' was destroyed while it started"), vm->domain->name);
	return (vm->client && rpc_client_exchange_call(vm->client, exchange, &reason)) ||
	       call_failed(vm, exchange->proc->name, reason, error);
}

bool vm_worker_call(Domain *domain, const RpcExchange *exchange, GError **error)
{
	uint64_t timeout = exchange->timeout_usec ?
				   exchange->timeout_usec :
				   (uint64_t)domain->engine->settings->call_timeout * G_USEC_PER_SEC;
	g_autoptr(Vm) vm = vm_get_wait(domain, timeout, error);
	RpcExchange timed = *exchange;

	timed.timeout_usec = timeout + CALL_EXTRA_USEC;
	return vm && vm_exchange_call(vm, &timed, error);
}

RpcPending *vm_stats_begin(Domain *domain, unsigned stats, unsigned flags, GError **error)
{
	const control_stats_args args = { .stats = stats, .flags = flags };
	Vm *vm = domain->vm;

	if (!vm || !vm->client || vm_is_busy(vm) || vm->mute_until > (uint64_t)g_get_monotonic_time())
		return fail_null(error, VIR_ERR_OPERATION_INVALID,
				 _("the worker of domain '%s' does not answer"), domain->name);
	/* All other calls bring their own deadline. */
	rpc_client_set_timeout(vm->client,
			       vm->mute_until ?
				       STATS_MUTE_USEC :
				       (uint64_t)vm->engine->settings->stats_timeout * 1000 +
					       STATS_EXTRA_USEC);
	return rpc_client_begin(vm->client, CONTROL(STATS), &args, error);
}

bool vm_stats_finish_call(Domain *domain, RpcPending *pending, control_stats_ret *ret,
			  GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (rpc_client_finish_call(pending, ret, &reason)) {
		if (domain->vm)
			domain->vm->mute_until = 0;
		return true;
	}
	if (domain->vm && error_code(reason) == VIR_ERR_OPERATION_TIMEOUT)
		domain->vm->mute_until = (uint64_t)g_get_monotonic_time() + MUTE_USEC;
	g_propagate_error(error, g_steal_pointer(&reason));
	return false;
}

/*
 * The loop reads what the worker has sent: a console is a socket or a terminal, a picture a plain file; others could
 * block it. Takes @fd.
 */
static int fd_check(int fd, bool console, const Domain *domain, GError **error)
{
	g_autofd int taken = fd;
	struct stat st;

	if (taken < 0 || fstat(taken, &st) < 0 ||
	    !(console ? S_ISSOCK(st.st_mode) || S_ISCHR(st.st_mode) : S_ISREG(st.st_mode)))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    console ? _("the worker of domain '%s' sent no console") :
				      _("the worker of domain '%s' sent no picture"),
			    domain->name),
		       -1;
	return take_fd(&taken);
}

int vm_open_console_call(Domain *domain, const char *device, GError **error)
{
	control_string name = (char *)device;
	const control_open_console_args args = { .device = device ? &name : NULL };
	g_autoptr(RpcMessage) reply = NULL;
	const RpcExchange exchange = {
		.proc = CONTROL(OPEN_CONSOLE), .args = &args, .reply = &reply
	};

	if (!vm_worker_call(domain, &exchange, error))
		return -1;
	return fd_check(rpc_message_take_fd(reply, 0), true, domain, error);
}

int vm_screenshot_call(Domain *domain, unsigned screen, char **ret_mime, GError **error)
{
	const control_screenshot_args args = { .screen = screen };
	control_screenshot_ret ret = { 0 };
	g_autoptr(RpcMessage) reply = NULL;
	const RpcExchange exchange = {
		.proc = CONTROL(SCREENSHOT), .args = &args, .ret = &ret, .reply = &reply
	};
	int fd;

	if (!vm_worker_call(domain, &exchange, error))
		return -1;
	fd = fd_check(rpc_message_take_fd(reply, 0), false, domain, error);
	if (fd >= 0)
		*ret_mime = g_strdup(ret.mime);
	rpc_free((xdrproc_t)xdr_control_screenshot_ret, &ret);
	return fd;
}
