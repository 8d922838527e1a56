/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/nvram.h"
#include "worker/host/resource_open.h"
#include "worker/host/spawn.h"
#include "worker/priv/cgroup.h"
#include "worker/priv/priv.h"
#include "worker/priv/user_end.h"

enum {
	UUID_TEXT = 37,
};

#define END_USEC (10 * G_USEC_PER_SEC)	  /* for a guest's processes, of which SIGKILL has told the end */
#define REMOVE_USEC (100 * G_USEC_PER_SEC) /* for all that a guest may have put into its directory */

void priv_uuid_format(const unsigned char *uuid, char *ret_text)
{
	for (unsigned i = 0; i < 16; i++) {
		ret_text += sprintf(ret_text, "%02x", uuid[i]);
		if (i == 3 || i == 5 || i == 7 || i == 9)
			*ret_text++ = '-';
	}
	*ret_text = '\0';
}

static bool uid_is_guest(const PrivConfig *config, uid_t uid)
{
	return uid > config->uid_base && uid < priv_network_uid(config);
}

/* No guest has it. */
static uid_t uid_of_killer(const PrivConfig *config)
{
	return config->uid_base + config->uid_count - 1;
}

/* Files made in the log directory are for the engine (and its group) to read and remove. */
static bool log_hand_over(const PrivConfig *config, const ResourceLayer *layer, GError **error)
{
	struct stat directory, parent, file;
	g_autofree char *name = g_path_get_dirname(layer->path);

	if (fstat(config->log_dir, &directory) < 0 || stat(name, &parent) < 0 ||
	    directory.st_dev != parent.st_dev || directory.st_ino != parent.st_ino)
		return true;
	if (fstat(layer->fd, &file) == 0 && file.st_uid == config->engine_uid)
		return true;
	if (fchown(layer->fd, config->engine_uid, config->engine_gid) < 0 ||
	    fchmod(layer->fd, 0640) < 0)
		return fail_errno(error, errno, _("cannot give '%s' to reeved"), layer->path);
	return true;
}

bool priv_open(PrivCall *call, const priv_open_args *args, priv_open_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) layers = NULL;

	if (args->kind == PRIV_KIND_UNIX_LISTEN && !uid_is_guest(call->config, args->uid))
		return fail(error, VIR_ERR_INVALID_ARG, _("user %u is none of a guest"), args->uid);
	layers = resource_open(args, error);
	if (!layers)
		return false;
	ret->layers.layers_val = g_new0(priv_layer, MAX(layers->len, 1));
	ret->layers.layers_len = layers->len;
	for (unsigned i = 0; i < layers->len; i++) {
		ResourceLayer *layer = g_ptr_array_index(layers, i);

		if (args->kind == PRIV_KIND_FILE_APPEND && !log_hand_over(call->config, layer, error))
			return false;
		ret->layers.layers_val[i].path = g_steal_pointer(&layer->path);
		ret->layers.layers_val[i].format = g_steal_pointer(&layer->format);
		ret->layers.layers_val[i].read_only = layer->read_only;
		priv_fds_add(&call->out, take_fd(&layer->fd));
	}
	return true;
}

/* Marks the users that own guests' directories. */
static bool uids_collect(const PrivConfig *config, unsigned char *taken, GError **error)
{
	int fd = openat(config->vm_dirs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory)
		return fail_errno(error, errno, _("cannot read the directory of guests"));
	while ((entry = readdir(directory))) {
		struct stat st;

		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    uid_is_guest(config, st.st_uid))
			taken[(st.st_uid - config->uid_base) / 8] |=
				(unsigned char)(1 << (st.st_uid - config->uid_base) % 8);
	}
	closedir(directory);
	return true;
}

static bool uid_choose(const PrivConfig *config, uid_t *ret_uid, GError **error)
{
	g_autofree unsigned char *taken = g_malloc0(config->uid_count / 8 + 1);

	if (!uids_collect(config, taken, error))
		return false;
	for (unsigned i = 1; i < config->uid_count - 3; i++)
		if (!(taken[i / 8] & 1 << i % 8)) {
			*ret_uid = config->uid_base + i;
			return true;
		}
	return fail(error, VIR_ERR_OPERATION_FAILED,
		    _("all %u user ids for guests are in use; end some guests first"),
		    config->uid_count - 4);
}

bool priv_make_vm_dir(PrivCall *call, const priv_make_vm_dir_args *args, priv_make_vm_dir_ret *ret,
		      GError **error)
{
	g_autofd int fd = -1;
	char name[UUID_TEXT];
	uid_t uid = 0;

	priv_uuid_format((const unsigned char *)args->uuid, name);
	if (!uid_choose(call->config, &uid, error))
		return false;
	if (mkdirat(call->config->vm_dirs, name, 0700) < 0)
		return fail_errno(error, errno, _("cannot make the directory of guest %s"), name);
	fd = openat(call->config->vm_dirs, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* The engine's group by inheritance: what the worker makes there is for the engine too. */
	if (fd < 0 || fchown(fd, uid, call->config->engine_gid) < 0 || fchmod(fd, 02750) < 0) {
		fail_errno(error, errno, _("cannot set up the directory of guest %s"), name);
		unlinkat(call->config->vm_dirs, name, AT_REMOVEDIR);
		return false;
	}
	ret->uid = uid;
	return true;
}

int priv_vm_dir_open(const PrivConfig *config, const char *uuid, char *ret_name, uid_t *ret_uid,
		     GError **error)
{
	g_autofd int fd = -1;
	struct stat st;

	priv_uuid_format((const unsigned char *)uuid, ret_name);
	fd = openat(config->vm_dirs, ret_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(error, errno, _("cannot open the directory of guest %s"), ret_name),
		       -1;
	if (!uid_is_guest(config, st.st_uid))
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("the directory of guest %s belongs to user %u, who is no guest"),
			    ret_name, st.st_uid),
		       -1;
	*ret_uid = st.st_uid;
	return take_fd(&fd);
}

/* Nothing is started in one that is being removed. Its owner may make it look so, to no use. */
static bool not_being_removed(const PrivConfig *config, int directory, const char *name, GError **error)
{
	struct stat st;

	return (fstat(directory, &st) == 0 && st.st_gid == config->engine_gid) ||
	       fail(error, VIR_ERR_OPERATION_INVALID, _("guest %s is being removed"), name);
}

/* From now on nothing is started there; its owner, who cannot change the group, still marks the user as taken. */
static bool removal_begin(int directory, const char *name, GError **error)
{
	return (fchown(directory, (uid_t)-1, 0) == 0 && fchmod(directory, 0700) == 0) ||
	       fail_errno(error, errno, _("cannot begin to remove guest %s"), name);
}

static bool vm_dir_remove(const PrivConfig *config, const char *name, GError **error)
{
	UserEnd end = { .killer = uid_of_killer(config), .timeout_usec = END_USEC };
	g_autofd int directory = -1;
	g_autofd int cgroup = -1;
	struct stat st;

	directory = openat(config->vm_dirs, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0 && errno == ENOENT)
		return true;
	if (directory < 0 || fstat(directory, &st) < 0)
		return fail_errno(error, errno, _("cannot open the directory of guest %s"), name);
	if (uid_is_guest(config, st.st_uid)) {
		end.uid = st.st_uid;
		end.cgroup = cgroup = cgroup_open(st.st_uid, false);
		if (!removal_begin(directory, name, error) || !user_end(&end, error))
			return false;
		cgroup_remove(st.st_uid);
	}
	return directory_remove(config->vm_dirs, name, REMOVE_USEC, error);
}

bool priv_remove_vm_dir(PrivCall *call, const priv_remove_vm_dir_args *args, G_GNUC_UNUSED priv_nothing *ret,
			GError **error)
{
	char name[UUID_TEXT];
	bool removed;

	priv_uuid_format((const unsigned char *)args->uuid, name);
	removed = vm_dir_remove(call->config, name, error);
	call->config->finished[call->config->slot] = true;
	return removed;
}

typedef struct Become {
	uid_t uid;
	gid_t gid;
	int cgroup; /* -1: none */
	gid_t directory_gid; /* of the guest's directory until it is removed */
} Become;

static bool become(void *data, GError **error)
{
	const Become *who = data;

	return priv_become(who->uid, who->gid, error);
}

/*
 * Into the guest's group while we may. Then whoever removes the guest finds us by our user; or it has begun
 * before we had that, and then we notice.
 */
static bool become_guest(void *data, GError **error)
{
	const Become *who = data;
	struct stat st;

	if (who->cgroup >= 0 && !cgroup_enter(who->cgroup))
		return fail_errno(error, errno, _("cannot enter the control group of the guest"));
	if (!become(data, error))
		return false;
	if (stat(".", &st) < 0 || st.st_nlink == 0 || st.st_gid != who->directory_gid)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("the guest is being removed"));
	return true;
}

/* With the file rights of the directory's owner: under the name may be what that has put there. */
static int socket_bind_as(uid_t uid, int directory, const char *uuid, GError **error)
{
	uid_t own = (uid_t)setfsuid(uid);
	int fd = worker_bind(directory, uuid, error);

	setfsuid(own);
	return fd;
}

bool priv_spawn_vm(PrivCall *call, const priv_spawn_vm_args *args, priv_spawn_vm_ret *ret,
		   GError **error)
{
	g_autofd int directory = -1;
	g_autofd int socket = -1;
	g_autofd int cgroup = -1;
	char uuid[UUID_TEXT];
	const char *argv[] = { "reeve-vm", uuid, args->name, NULL };
	Become who = { .directory_gid = call->config->engine_gid };
	SpawnSpec spec = { .argv = argv, .become = become_guest, .data = &who };
	int pidfd;

	directory = priv_vm_dir_open(call->config, args->uuid, uuid, &who.uid, error);
	if (directory < 0 || !not_being_removed(call->config, directory, uuid, error))
		return false;
	who.gid = call->config->has_gid ? call->config->gid : who.uid;
	socket = socket_bind_as(who.uid, directory, uuid, error);
	if (socket < 0)
		return false;
	who.cgroup = cgroup = cgroup_open(who.uid, true);
	spec.binary = call->config->vm_binary;
	spec.directory = directory;
	spec.output = spec.errors = call->in->fds[0];
	spec.extra = socket;
	spec.listens = true;
	ret->pid = spawn(&spec, &pidfd, error);
	if (ret->pid < 0)
		return false;
	priv_fds_add(&call->out, pidfd);
	return true;
}

/* Pid behind @pidfd as /proc tells it, -1 when it has ended. */
static pid_t pidfd_pid(int pidfd)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fdinfo/%d", pidfd);
	g_autofree char *text = NULL;
	const char *line;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return -1;
	line = strstr(text, "\nPid:");
	return line ? (pid_t)g_ascii_strtoll(line + 5, NULL, 10) : -1;
}

bool priv_kill(PrivCall *call, const priv_kill_args *args, G_GNUC_UNUSED priv_nothing *ret,
	       GError **error)
{
	g_autofd int directory = -1;
	char uuid[UUID_TEXT];
	char number[16];
	UserOf user;
	uid_t owner;
	pid_t pid;
	int r;

	if (args->signal != SIGKILL && args->signal != SIGTERM && args->signal != SIGCONT)
		return fail(error, VIR_ERR_INVALID_ARG, _("signal %d is not sent to guests"),
			    args->signal);
	directory = priv_vm_dir_open(call->config, args->uuid, uuid, &owner, error);
	if (directory < 0)
		return false;
	pid = pidfd_pid(call->in->fds[0]);
	if (pid <= 0)
		return true; /* ended by itself */
	snprintf(number, sizeof(number), "%d", (int)pid);
	user = process_user(number, owner);
	if (user != USER_ALL && user != USER_ENDED && pidfd_pid(call->in->fds[0]) == pid)
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("process %d does not belong to guest %s"), (int)pid, uuid);
	r = pidfd_signal(call->in->fds[0], args->signal);
	if (r < 0 && r != -ESRCH)
		return fail_errno(error, -r, _("cannot signal process %d"), (int)pid);
	return true;
}

bool priv_probe(PrivCall *call, const priv_probe_args *args, priv_probe_ret *ret, GError **error)
{
	const char *argv[] = { "reeve-vm", "--probe", args->driver, args->what, NULL };
	Become who = {
		.uid = call->config->uid_base,
		.gid = call->config->has_gid ? call->config->gid : call->config->uid_base,
		.cgroup = -1,
	};
	SpawnSpec spec = {
		.binary = call->config->vm_binary,
		.directory = -1,
		.errors = STDERR_FILENO,
		.extra = -1,
		.argv = argv,
		.become = become,
		.data = &who,
	};
	g_autofd int output = -1;
	int pipe_fds[2];
	int pidfd;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return fail_errno(error, errno, _("cannot make a pipe"));
	priv_fds_add(&call->out, pipe_fds[0]);
	output = pipe_fds[1];
	spec.output = output;
	ret->pid = spawn(&spec, &pidfd, error);
	if (ret->pid < 0)
		return false;
	priv_fds_add(&call->out, pidfd);
	return true;
}

bool priv_remove_nvram(G_GNUC_UNUSED PrivCall *call, const priv_remove_nvram_args *args,
		       G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	return nvram_remove(args->path, error);
}
