/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What priv.h offers about guests: by reeve-priv, or in session mode by ourselves. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "daemon/core/settings.h"
#include "daemon/host/priv.h"
#include "daemon/host/priv_request.h"
#include "daemon/registry/registry.h"
#include "worker/host/nvram.h"
#include "worker/host/spawn.h"

#define OPEN_TIMEOUT_USEC (20 * G_USEC_PER_SEC)
#define REMOVE_TIMEOUT_USEC (120 * G_USEC_PER_SEC) /* longer than reeve-priv takes at most */
#define OWN_REMOVE_USEC (10 * G_USEC_PER_SEC)	   /* by ourselves, who have nothing else to do then */

void priv_layer_free(PrivLayer *layer)
{
	if (!layer)
		return;
	g_free(layer->path);
	g_free(layer->format);
	fd_clear(&layer->fd);
	g_free(layer);
}

/* ---- Opening ------------------------------------------------------------------------------- */

static priv_optional optional(char **text)
{
	return *text ? text : NULL;
}

priv_open_args priv_open_args_of(Resource *resource, uid_t uid)
{
	return (priv_open_args){
		.kind = (priv_kind)resource->kind,
		.key = resource->key,
		.what = (char *)(resource->what ? resource->what : _("file")),
		.path = resource->path ? resource->path : (char *)"",
		.format = optional(&resource->format),
		.template = optional(&resource->template),
		.bridge = optional(&resource->bridge),
		.name = optional(&resource->name),
		.mac = optional(&resource->mac),
		.mtu = resource->mtu,
		.queues = resource->queues,
		.existing = resource->existing,
		.read_only = resource->read_only,
		.optional = resource->optional,
		.reset = resource->reset,
		.uid = uid,
	};
}

static GPtrArray *layers_take(const priv_open_ret *ret, GArray *fds, GError **error)
{
	g_autoptr(GPtrArray) layers = NULL;

	if (fds->len != ret->layers.layers_len)
		return fail_null(error, VIR_ERR_OPERATION_FAILED,
				 _("the privileged helper sent %u descriptors for %u files"), fds->len,
				 ret->layers.layers_len);
	layers = g_ptr_array_new_with_free_func((GDestroyNotify)priv_layer_free);
	for (unsigned i = 0; i < ret->layers.layers_len; i++) {
		const priv_layer *wire = &ret->layers.layers_val[i];
		PrivLayer *layer = g_new0(PrivLayer, 1);

		*layer = (PrivLayer){ g_strdup(wire->path), g_strdup(wire->format), wire->read_only,
				      g_array_index(fds, int, i) };
		g_ptr_array_add(layers, layer);
	}
	g_array_set_size(fds, 0);
	return g_steal_pointer(&layers);
}

GPtrArray *priv_open_call(Engine *engine, Resource *resource, uid_t uid, GError **error)
{
	priv_open_args args = priv_open_args_of(resource, uid);
	g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
	priv_open_ret ret = { 0 };
	const PrivRequest request = {
		.number = PRIV_REQUEST_open,
		.args = &args,
		.ret = &ret,
		.send_fd = -1,
		.ret_fds = fds,
		.timeout_usec = OPEN_TIMEOUT_USEC,
	};
	GPtrArray *layers = NULL;

	if (priv_request_call(engine, &request, error))
		layers = layers_take(&ret, fds, error);
	for (unsigned i = 0; i < fds->len; i++)
		close(g_array_index(fds, int, i));
	xdr_free((xdrproc_t)xdr_priv_open_ret, &ret);
	return layers;
}

/* ---- Directories --------------------------------------------------------------------------- */

static int vm_dirs_open(const Engine *engine, GError **error)
{
	g_autofree char *path = g_build_filename(engine->run_dir, "vm", NULL);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(error, errno, _("cannot open '%s'"), path), -1;
	return fd;
}

static void uuid_text(const uint8_t *uuid, char text[UUID_TEXT])
{
	Uuid copy;

	memcpy(copy.bytes, uuid, sizeof(copy.bytes));
	uuid_format(&copy, text);
}

static bool own_dir_make(const Engine *engine, const uint8_t *uuid, GError **error)
{
	g_autofd int parent = vm_dirs_open(engine, error);
	char name[UUID_TEXT];

	uuid_text(uuid, name);
	if (parent < 0)
		return false;
	return mkdirat(parent, name, 0700) == 0 ||
	       fail_errno(error, errno, _("cannot make the directory of guest %s"), name);
}

bool priv_make_vm_dir_call(Engine *engine, const uint8_t *uuid, uid_t *ret_uid, GError **error)
{
	priv_make_vm_dir_args args;
	priv_make_vm_dir_ret ret = { 0 };

	*ret_uid = geteuid();
	if (!engine->priv)
		return own_dir_make(engine, uuid, error);
	memcpy(args.uuid, uuid, sizeof(args.uuid));
	if (!PRIV_CALL(engine, make_vm_dir, &args, &ret, NULL, error))
		return false;
	*ret_uid = ret.uid;
	return true;
}

bool priv_remove_vm_dir_call(Engine *engine, const uint8_t *uuid, GError **error)
{
	priv_remove_vm_dir_args args;
	priv_nothing nothing = { 0 };
	const PrivRequest request = { .number = PRIV_REQUEST_remove_vm_dir, .args = &args,
				      .ret = &nothing, .send_fd = -1,
				      .timeout_usec = REMOVE_TIMEOUT_USEC };
	g_autofd int parent = -1;
	g_autofd int directory = -1;
	char name[UUID_TEXT];

	memcpy(args.uuid, uuid, sizeof(args.uuid));
	if (engine->priv)
		return priv_request_call(engine, &request, error);
	parent = vm_dirs_open(engine, error);
	if (parent < 0)
		return false;
	uuid_text(uuid, name);
	directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory >= 0)
		directory_kill(directory);
	return directory_remove(parent, name, OWN_REMOVE_USEC, error);
}

/* ---- Processes ----------------------------------------------------------------------------- */

/* A process is not made on the small stack of a fiber. */
typedef struct OnLoop {
	FiberEvent done;
	const SpawnSpec *spec;
	int *ret_pidfd;
	pid_t pid;
	GError *error;
} OnLoop;

static int on_loop(G_GNUC_UNUSED sd_event_source *source, void *data)
{
	OnLoop *run = data;

	run->pid = spawn(run->spec, run->ret_pidfd, &run->error);
	fiber_event_set(&run->done);
	return 0;
}

static pid_t own_spawn_wait(const Engine *engine, const SpawnSpec *spec, int *ret_pidfd,
			    GError **error)
{
	OnLoop run = { .spec = spec, .ret_pidfd = ret_pidfd, .pid = -1 };
	sd_event_source *source = NULL;
	int r = sd_event_add_defer(engine->loop, &source, on_loop, &run);

	if (r < 0)
		return fail_errno(error, -r, _("cannot start a process")), -1;
	fiber_event_wait(&run.done, "the start of a process", 0, &run.error);
	sd_event_source_disable_unref(source);
	if (run.error)
		g_propagate_error(error, run.error);
	return run.pid;
}

static int worker_open(const Engine *engine, GError **error)
{
	const char *path = engine->settings->worker;
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(error, errno, _("cannot open the worker's program '%s'"), path), -1;
	return fd;
}

static pid_t own_vm_spawn_wait(const Engine *engine, const Domain *domain, int log, int *ret_pidfd,
			  GError **error)
{
	const char *argv[] = { "reeve-vm", "--session", domain->uuid_text, domain->name, NULL };
	g_autofd int binary = worker_open(engine, error);
	g_autofd int parent = binary < 0 ? -1 : vm_dirs_open(engine, error);
	g_autofd int directory = -1;
	g_autofd int socket = -1;
	SpawnSpec spec = { .binary = binary, .output = log, .errors = log, .argv = argv };

	if (parent < 0)
		return -1;
	directory = openat(parent, domain->uuid_text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return fail_errno(error, errno, _("cannot open the directory of guest %s"),
				  domain->uuid_text),
		       -1;
	socket = worker_bind(directory, domain->uuid_text, error);
	if (socket < 0)
		return -1;
	spec.directory = directory;
	spec.extra = socket;
	spec.listens = true;
	return own_spawn_wait(engine, &spec, ret_pidfd, error);
}

bool priv_spawn_vm_call(Engine *engine, const Domain *domain, int log, PrivProcess *ret,
			GError **error)
{
	priv_spawn_vm_args args = { .name = domain->name };
	priv_spawn_vm_ret answer = { 0 };
	const PrivRequest request = {
		.number = PRIV_REQUEST_spawn_vm, .args = &args, .ret = &answer, .send_fd = log
	};

	if (!engine->priv) {
		ret->pid = own_vm_spawn_wait(engine, domain, log, &ret->pidfd, error);
		return ret->pid > 0;
	}
	memcpy(args.uuid, domain->uuid, sizeof(args.uuid));
	if (!priv_request_fd_call(engine, request, &ret->pidfd, error))
		return false;
	ret->pid = (pid_t)answer.pid;
	return true;
}

bool priv_kill_call(Engine *engine, const uint8_t *uuid, int pidfd, int signal, GError **error)
{
	priv_kill_args args = { .signal = signal };
	priv_nothing nothing = { 0 };
	const PrivRequest request = {
		.number = PRIV_REQUEST_kill, .args = &args, .ret = &nothing, .send_fd = pidfd
	};
	int r;

	memcpy(args.uuid, uuid, sizeof(args.uuid));
	if (engine->priv)
		return priv_request_call(engine, &request, error);
	r = pidfd_signal(pidfd, signal);
	return r >= 0 || r == -ESRCH ||
	       fail_errno(error, -r, _("cannot signal a process of the guest"));
}

bool priv_remove_nvram_call(Engine *engine, const char *path, GError **error)
{
	priv_remove_nvram_args args = { .path = (char *)path };
	priv_nothing nothing = { 0 };

	if (engine->priv)
		return PRIV_CALL(engine, remove_nvram, &args, &nothing, NULL, error);
	return nvram_remove(path, error);
}

bool priv_probe_start_call(Engine *engine, const char *driver, const char *what, ProbeProcess *ret,
			   GError **error)
{
	priv_probe_args args = { .driver = (char *)driver, .what = (char *)what };
	const char *argv[] = { "reeve-vm", "--probe", driver, what, NULL };
	g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
	priv_probe_ret answer = { 0 };
	const PrivRequest request = { .number = PRIV_REQUEST_probe, .args = &args, .ret = &answer,
				      .send_fd = -1, .ret_fds = fds };
	g_autofd int binary = -1;
	g_autofd int output = -1;
	int pipe_fds[2];

	if (engine->priv) {
		if (!priv_request_call(engine, &request, error))
			return false;
		ret->output = g_array_index(fds, int, 0);
		ret->pidfd = g_array_index(fds, int, 1);
		return true;
	}
	binary = worker_open(engine, error);
	if (binary < 0)
		return false;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return fail_errno(error, errno, _("cannot make a pipe"));
	ret->output = pipe_fds[0];
	output = pipe_fds[1];
	const SpawnSpec spec = { .binary = binary, .directory = -1, .output = output,
				 .errors = STDERR_FILENO, .extra = -1, .argv = argv };

	if (own_spawn_wait(engine, &spec, &ret->pidfd, error) > 0)
		return true;
	fd_clear(&ret->output);
	return false;
}
