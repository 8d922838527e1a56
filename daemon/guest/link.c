/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the engine reaches a guest's worker. Everything in the guest's directory belongs to the guest's user, who may put
 * something else there under every name: no link is followed, nothing but a socket is connected to, nothing but a
 * plain file is read. Who listens must be the guest's user, as the kernel tells; what it then says of itself (UUID,
 * driver) must be what we look for, and the processes that it names must be the guest's.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/guest/private.h"
#include "rpc/wire/wire.h"
#include "worker/host/spawn.h"

enum {
	STATE_MAX = 16 * 1024 * 1024, /* bytes: definition and unsent events */
};

#define HELLO_USEC (5 * G_USEC_PER_SEC)
#define DYING_USEC (5 * G_USEC_PER_SEC) /* from a worker's socket closed to its end */

/* ---- Processes that somebody else has named ------------------------------------------------- */

/* Whose the guest's directory is; it lies in one of ours, so nobody can replace it. */
static int directory_open(const Engine *engine, const char *uuid_text, struct stat *ret, GError **error)
{
	g_autofree char *path = vm_path(engine, uuid_text, NULL);
	g_autofd int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, ret) < 0)
		return fail_errno(error, errno, _("cannot open '%s'"), path), -1;
	return take_fd(&fd);
}

/* Are all four users of @pid that one? /proc/PID/status may be read of everybody. */
static bool pid_is_user(pid_t pid, uid_t uid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
	g_autofree char *text = NULL;
	unsigned long long id[4];
	const char *users;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return false;
	users = strstr(text, "\nUid:");
	if (!users || sscanf(users + strlen("\nUid:"), "%llu %llu %llu %llu", &id[0], &id[1], &id[2],
			     &id[3]) != 4)
		return false;
	return id[0] == uid && id[1] == uid && id[2] == uid && id[3] == uid;
}

/*
 * In system mode a guest's processes are those of its user. As an ordinary user we look at where the process lives.
 */
static bool pid_belongs(const Engine *engine, const char *uuid_text, pid_t pid)
{
	g_autofree char *link = g_strdup_printf("/proc/%d/cwd", (int)pid);
	struct stat own, other;
	g_autofd int fd = directory_open(engine, uuid_text, &own, NULL);

	if (fd < 0 || !pid_is_user(pid, own.st_uid))
		return false;
	return engine->priv || (stat(link, &other) == 0 && own.st_dev == other.st_dev &&
				own.st_ino == other.st_ino);
}

int vm_pid_open(const Engine *engine, const char *uuid_text, pid_t pid)
{
	g_autofd int pidfd = pid > 0 ? pidfd_open_of(pid) : -1;

	/* Looked at while we hold it: the number cannot have passed to somebody else. */
	if (pidfd < 0 || !pid_belongs(engine, uuid_text, pid))
		return -1;
	return take_fd(&pidfd);
}

/* ---- What the guest has written down -------------------------------------------------------- */

/* The guest's user wrote it, so it may be anything. */
static json_t *state_load(const char *path)
{
	g_autofd int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	g_autofree char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > STATE_MAX)
		return NULL;
	text = g_malloc((gsize)st.st_size + 1);
	n = pread(fd, text, (size_t)st.st_size, 0);
	return n > 0 ? json_loadb(text, (size_t)n, 0, NULL) : NULL;
}

bool vm_saved_read(const Engine *engine, const char *uuid_text, char **ret_driver, char **ret_xml, bool *ret_ended)
{
	g_autofree char *path = vm_path(engine, uuid_text, "state");
	json_t *state = state_load(path);

	*ret_driver = g_strdup(json_string_value(json_object_get(state, "driver")));
	*ret_xml = g_strdup(json_string_value(json_object_get(state, "xml")));
	*ret_ended = json_is_true(json_object_get(state, "ended"));
	json_decref(state);
	if (*ret_driver && *ret_xml)
		return true;
	g_clear_pointer(ret_driver, g_free);
	g_clear_pointer(ret_xml, g_free);
	return false;
}

bool vm_saved_is_there(const Vm *vm)
{
	g_autofree char *path = vm_path(vm->engine, vm->domain->uuid_text, "state");
	struct stat st;

	return lstat(path, &st) == 0;
}

/* A descriptor of the process that @member ("worker", "pid") of the saved state names; *ret_pid is its number. */
static int saved_open(const Vm *vm, const char *member, pid_t *ret_pid)
{
	g_autofree char *path = vm_path(vm->engine, vm->domain->uuid_text, "state");
	json_t *state = state_load(path);

	*ret_pid = (pid_t)json_integer_value(json_object_get(state, member));
	json_decref(state);
	return vm_pid_open(vm->engine, vm->domain->uuid_text, *ret_pid);
}

void vm_saved_watch(Vm *vm)
{
	pid_t pid = 0;
	int pidfd = vm->worker.pidfd < 0 ? saved_open(vm, "worker", &pid) : -1;

	if (pidfd >= 0)
		vm_worker_watch(vm, pid, pidfd, NULL);
	pidfd = vm->guest.pidfd < 0 ? saved_open(vm, "pid", &pid) : -1;
	if (pidfd >= 0)
		vm_guest_hold(vm, pid, pidfd);
}

/* ---- The link ------------------------------------------------------------------------------ */

void vm_unlink(Vm *vm)
{
	g_clear_pointer(&vm->client, rpc_client_free);
	vm_early_clear(vm);
}

/* Its socket is closed before the kernel tells of a worker's end: callers wait for that, too. */
static void worker_end_wait(Vm *vm)
{
	if (vm->client || vm_has_ended(vm) || vm->worker.ended || vm->worker.pidfd < 0)
		return;
	fiber_queue_wait(&vm->waiting, "the end of a worker", DYING_USEC, NULL);
}

static void relink(void *data)
{
	Vm *vm = data;
	control_hello_ret hello = { 0 };
	g_autoptr(GError) error = NULL;

	if (!vm_has_ended(vm) && !vm->worker.ended && vm_link_call(vm, &hello, &error))
		vm_greeted(vm, &hello.state, hello.live_xml ? *hello.live_xml : NULL);
	else if (error)
		log_debug("cannot reach the worker of domain '%s': %s", vm->domain->name,
			  error->message);
	rpc_free((xdrproc_t)xdr_control_hello_ret, &hello);
	worker_end_wait(vm);
	vm_move(vm, VM_LINKED);
	/* It died while we tried; its end was not acted on then. */
	if (vm->worker.ended && !vm->client && !vm_has_ended(vm))
		vm_worker_gone(vm);
	vm_unref(vm);
}

void vm_relink_begin(Vm *vm)
{
	if (vm->worker.ended || vm->engine->stopping || !vm_move(vm, VM_LINKING))
		return;
	if (!fiber_spawn("relink", relink, vm_ref(vm), NULL)) {
		vm_move(vm, VM_LINKED);
		vm_unref(vm);
	}
}

/* A worker that lives but let go of us is asked once more; of one that died its pidfd tells. */
static void on_closed(const GError *reason, void *data)
{
	Vm *vm = data;

	if (reason)
		log_debug("link to domain '%s': %s", vm->domain->name, reason->message);
	vm_unlink(vm);
	vm_relink_begin(vm);
}

/* The socket that the worker of @directory's owner listens on, open as a place. */
static int socket_find(int directory, uid_t owner, GError **error)
{
	g_autofd int fd = openat(directory, "sock", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(error, errno, _("cannot open the socket of the guest's worker")), -1;
	if (!S_ISSOCK(st.st_mode) || st.st_uid != owner)
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("what is in the place of the worker's socket is none of user %u"),
			    (unsigned)owner),
		       -1;
	return take_fd(&fd);
}

/* Connects to what @place is, whatever its name leads to by now. Never blocks: nobody may ever accept. */
static int socket_connect(int place, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", place);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return fail_errno(error, errno, _("cannot connect to the guest's worker")), -1;
	return take_fd(&fd);
}

/* Who began to listen, as the kernel has noted. */
static bool peer_check(int fd, uid_t owner, pid_t *ret_pid, GError **error)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return fail_errno(error, errno, _("cannot tell who listens for the guest's worker"));
	if (peer.uid != owner)
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("user %u listens in the place of the worker of user %u"),
			    (unsigned)peer.uid, (unsigned)owner);
	*ret_pid = peer.pid;
	return true;
}

/* Who works in a guest's directory. */
typedef struct Peer {
	pid_t pid;
	uid_t uid;
} Peer;

static RpcClient *worker_connect(const Engine *engine, const char *uuid_text, Peer *ret, GError **error)
{
	struct stat st;
	g_autofd int directory = directory_open(engine, uuid_text, &st, error);
	g_autofd int place = directory < 0 ? -1 : socket_find(directory, st.st_uid, error);
	g_autofd int fd = place < 0 ? -1 : socket_connect(place, error);

	if (fd < 0 || !peer_check(fd, st.st_uid, &ret->pid, error))
		return NULL;
	ret->uid = st.st_uid;
	return rpc_client_new_fd(engine->loop, take_fd(&fd), error);
}

static bool uuid_check(const char *uuid_text, const control_hello_ret *hello, GError **error)
{
	if (hello->protocol != CONTROL_PROTOCOL)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the worker of guest %s is of another version of reeve"), uuid_text);
	return g_ascii_strcasecmp(hello->uuid, uuid_text) == 0 ||
	       fail(error, VIR_ERR_OPERATION_DENIED,
		    _("what answers for guest %s is the worker of another one"), uuid_text);
}

/* It may be itself and yet not what we look for. */
static bool hello_check(const Vm *vm, const control_hello_ret *hello, GError **error)
{
	const Domain *domain = vm->domain;

	if (!uuid_check(domain->uuid_text, hello, error))
		return false;
	return !*hello->driver || g_str_equal(hello->driver, domain->driver->name) ||
	       fail(error, VIR_ERR_OPERATION_DENIED,
		    _("what answers for domain '%s' is a worker of another driver"), domain->name);
}

/* A worker that somebody else has started, or that is not held yet. */
static void worker_hold(Vm *vm, pid_t pid)
{
	int pidfd = -1;
	g_autoptr(GError) error = NULL;

	if (vm->worker.pidfd < 0 || vm->worker.pid != pid)
		pidfd = vm_pid_open(vm->engine, vm->domain->uuid_text, pid);
	if (pidfd >= 0 && !vm_worker_watch(vm, pid, pidfd, &error))
		log_warning("%s", error->message);
}

bool vm_link_call(Vm *vm, control_hello_ret *ret, GError **error)
{
	control_hello_args args = { .protocol = CONTROL_PROTOCOL, .acknowledged = vm->events_stored };
	const RpcExchange exchange = {
		.proc = CONTROL(HELLO), .args = &args, .ret = ret, .timeout_usec = HELLO_USEC
	};
	Peer peer = { 0 };

	vm_unlink(vm);
	vm->client = worker_connect(vm->engine, vm->domain->uuid_text, &peer, error);
	if (!vm->client)
		return false;
	vm->uid = peer.uid;
	/* What it tells on its own account counts once it is known to be the one, and after what it answers. */
	vm->greeting = true;
	rpc_client_on_message(vm->client, vm_message, vm);
	rpc_client_on_closed(vm->client, on_closed, vm);
	if (rpc_client_exchange_call(vm->client, &exchange, error) && hello_check(vm, ret, error)) {
		worker_hold(vm, peer.pid);
		vm_wake(vm);
		return true;
	}
	vm_unlink(vm);
	return false;
}

bool vm_hello_call(const Engine *engine, const char *uuid_text, control_hello_ret *ret, GError **error)
{
	/* Nothing of what it has to tell is taken now, so nothing is acknowledged. */
	control_hello_args args = { .protocol = CONTROL_PROTOCOL };
	const RpcExchange exchange = {
		.proc = CONTROL(HELLO), .args = &args, .ret = ret, .timeout_usec = HELLO_USEC
	};
	Peer peer = { 0 };
	g_autoptr(RpcClient) client = worker_connect(engine, uuid_text, &peer, error);

	return client && rpc_client_exchange_call(client, &exchange, error) &&
	       uuid_check(uuid_text, ret, error);
}
