/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests about the volumes of a storage pool that is a directory. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "worker/host/path.h"
#include "worker/host/volume.h"
#include "worker/priv/priv.h"
#include "worker/priv/volume.h"

#define VOLUME_MODE 0600
#define SIZE_MAX_BYTES (UINT64_C(1) << 62)
#define TRIES_MAX 5 /* of qemu-img, where it depends on luck */

static int open_pool(const char *pool, const char *name, GError **error)
{
	return volume_name_check(name, error) ? pool_open(pool, error) : -1;
}

static bool describe(int directory, const char *name, priv_volume_ret *ret, GError **error)
{
	if (volume_describe(directory, name, &ret->volume, error))
		return true;
	if (error && *error)
		return false;
	return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' is neither a file nor a directory"), name);
}

/* ---- qemu-img ------------------------------------------------------------------------------ */

static void child_exec(const char *const *arguments, int directory, int secret, int errors)
{
	if (fchdir(directory) < 0 || dup2(errors, STDERR_FILENO) < 0 ||
	    dup2(errors, STDOUT_FILENO) < 0)
		_exit(126);
	if (secret >= 0 && dup2(secret, 3) < 0)
		_exit(126);
	execvp("qemu-img", (char *const *)arguments);
	_exit(127);
}

static char *read_all(int fd)
{
	GString *text = g_string_new(NULL);
	char buffer[1024];
	ssize_t n;

	while (text->len < LIMIT_NAME * 16 && (n = read(fd, buffer, sizeof(buffer))) > 0)
		g_string_append_len(text, buffer, n);
	return g_strstrip(g_string_free(text, FALSE));
}

/* Fills @ret_output with all that it said; its wait status, or -1 and an error. */
static int qemu_img_try(const char *const *arguments, int directory, int secret, char **ret_output,
			GError **error)
{
	int pipes[2], status;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return fail_errno(error, errno, _("cannot make a pipe")), -1;
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid == 0)
		child_exec(arguments, directory, secret, pipes[1]);
	close(pipes[1]);
	*ret_output = pid > 0 ? read_all(pipes[0]) : NULL;
	close(pipes[0]);
	if (pid < 0)
		return fail_errno(error, errno, _("cannot start qemu-img")), -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail_errno(error, errno, _("cannot wait for qemu-img")), -1;
	return status;
}

bool qemu_img_run(const char *const *arguments, int directory, int secret, GError **error)
{
	g_autofree char *output = NULL;
	int status = 0;

	for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
		g_clear_pointer(&output, g_free);
		status = qemu_img_try(arguments, directory, secret, &output, error);
		if (status <= 0)
			return status == 0;
		/* It times how long a key takes to derive, by a clock of the kernel that may be too coarse. */
		if (!strstr(output, "Unable to get accurate CPU usage"))
			break;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return fail(error, VIR_ERR_NO_SUPPORT,
			    _("qemu-img is missing; install it (package qemu-utils)"));
	return fail(error, VIR_ERR_OPERATION_FAILED, _("qemu-img %s failed: %s"), arguments[1],
		    *output ? output : _("no reason given"));
}

/* ---- create -------------------------------------------------------------------------------- */

static bool create_raw(int directory, const priv_volume_create_args *args, GError **error)
{
	g_autofd int fd = openat(directory, args->name,
				 O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, VOLUME_MODE);
	uint64_t allocation = MIN(args->allocation, args->capacity);

	if (fd < 0)
		return fail_errno(error, errno, _("cannot make the volume '%s'"), args->name);
	if (ftruncate(fd, (off_t)args->capacity) < 0)
		return fail_errno(error, errno, _("cannot make the volume '%s' %" PRIu64 " bytes long"),
				  args->name, args->capacity);
	if (allocation > 0) {
		int r = posix_fallocate(fd, 0, (off_t)allocation);

		if (r != 0)
			return fail_errno(error, r, _("cannot allocate %" PRIu64 " bytes for the volume '%s'"),
					  allocation, args->name);
	}
	return true;
}

static void add_option(GString *options, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_option(GString *options, const char *format, ...)
{
	va_list args;

	if (options->len > 0)
		g_string_append_c(options, ',');
	va_start(args, format);
	g_string_append_vprintf(options, format, args);
	va_end(args);
}

/* A comma in a value of an option is doubled. */
static char *option_escape(const char *value)
{
	g_auto(GStrv) parts = g_strsplit(value, ",", -1);

	return g_strjoinv(",,", parts);
}

static char *create_options(const priv_volume_create_args *args, bool secret)
{
	GString *options = g_string_new(NULL);

	if (args->backing_path) {
		g_autofree char *backing = option_escape(*args->backing_path);

		add_option(options, "backing_file=%s", backing);
		if (args->backing_format)
			add_option(options, "backing_fmt=%s", *args->backing_format);
	}
	if (args->compat && strcmp(args->format, "qcow2") == 0)
		add_option(options, "compat=%s", *args->compat);
	if (args->lazy_refcounts)
		add_option(options, "lazy_refcounts=on");
	if (args->extended_l2)
		add_option(options, "extended_l2=on");
	if (args->cluster_size)
		add_option(options, "cluster_size=%" PRIu64, args->cluster_size);
	if (args->preallocate_metadata)
		add_option(options, "preallocation=metadata");
	if (secret && strcmp(args->format, "qcow2") == 0)
		add_option(options, "encrypt.format=luks,encrypt.key-secret=key");
	else if (secret)
		add_option(options, "key-secret=key");
	return g_string_free(options, FALSE);
}

/* The passphrase as a memory file that qemu-img reads by descriptor 3: never on a command line. */
static int secret_file(const priv_volume_create_args *args, GError **error)
{
	g_autofd int fd = memfd_create("secret", 0);

	if (fd < 0 || write(fd, args->secret.secret_val, args->secret.secret_len) !=
			      (ssize_t)args->secret.secret_len)
		return fail_errno(error, errno, _("cannot make a memory file")), -1;
	return take_fd(&fd);
}

static bool create_image(int directory, const priv_volume_create_args *args, GError **error)
{
	bool encrypted = args->secret.secret_len > 0;
	g_autofree char *options = create_options(args, encrypted);
	g_autofree char *size = g_strdup_printf("%" PRIu64, args->capacity);
	g_autofree char *path = g_strconcat("./", args->name, NULL);
	g_autofd int secret = -1;
	const char *argv[16] = { "qemu-img", "create", "-q", "-f", args->format };
	unsigned n = 5;

	if (faccessat(directory, args->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return fail_errno(error, EEXIST, _("cannot make the volume '%s'"), args->name);
	if (encrypted) {
		secret = secret_file(args, error);
		if (secret < 0)
			return false;
		argv[n++] = "--object";
		argv[n++] = "secret,id=key,file=/proc/self/fd/3";
	}
	if (*options) {
		argv[n++] = "-o";
		argv[n++] = options;
	}
	/* The backing file may lie where qemu-img cannot tell its size yet: we say it. */
	if (args->backing_path)
		argv[n++] = "-u";
	argv[n++] = path;
	argv[n++] = size;
	umask(0077);
	return qemu_img_run(argv, directory, secret, error);
}

static const char *const image_formats[] = { "qcow2", "qed", "vmdk", "vdi", "vpc", "luks", NULL };

static bool create(int directory, const priv_volume_create_args *args, GError **error)
{
	if (strcmp(args->format, "dir") == 0) {
		if (mkdirat(directory, args->name, 0700) < 0)
			return fail_errno(error, errno, _("cannot make the volume '%s'"), args->name);
		return true;
	}
	if (strcmp(args->format, "raw") == 0 || strcmp(args->format, "iso") == 0) {
		if (args->backing_path)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("volume '%s': one of format '%s' cannot have a backing store"),
				    args->name, args->format);
		return create_raw(directory, args, error);
	}
	if (!g_strv_contains(image_formats, args->format))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s': cannot make one of format '%s'"), args->name, args->format);
	return create_image(directory, args, error);
}

bool priv_volume_create(G_GNUC_UNUSED PrivCall *call, const priv_volume_create_args *args,
			priv_volume_ret *ret, GError **error)
{
	g_autofd int directory = open_pool(args->pool, args->name, error);
	struct stat st;

	if (directory < 0)
		return false;
	if (args->capacity > SIZE_MAX_BYTES)
		return fail(error, VIR_ERR_INVALID_ARG, _("volume '%s': %" PRIu64 " bytes are too many"),
			    args->name, args->capacity);
	if (fstatat(directory, args->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return fail(error, VIR_ERR_STORAGE_VOL_EXIST, _("there is a '%s' in '%s' already"),
			    args->name, args->pool);
	if (!create(directory, args, error) ||
	    !priv_permissions_apply(directory, args->name, &args->permissions, error)) {
		if (fstatat(directory, args->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			unlinkat(directory, args->name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
		return false;
	}
	return describe(directory, args->name, ret, error);
}

/* ---- the rest ------------------------------------------------------------------------------ */

bool priv_volume_delete(G_GNUC_UNUSED PrivCall *call, const priv_volume_args *args,
			G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	g_autofd int directory = open_pool(args->pool, args->name, error);
	struct stat st;

	if (directory < 0)
		return false;
	if (fstatat(directory, args->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(error, errno, _("cannot remove the volume '%s'"), args->name);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("'%s' is neither a file nor a directory"), args->name);
	if (unlinkat(directory, args->name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0)
		return fail_errno(error, errno, _("cannot remove the volume '%s'"), args->name);
	return true;
}

bool priv_volume_look(G_GNUC_UNUSED PrivCall *call, const priv_volume_args *args,
		      priv_volume_ret *ret, GError **error)
{
	g_autofd int directory = open_pool(args->pool, args->name, error);

	return directory >= 0 && describe(directory, args->name, ret, error);
}

static bool resize_raw(int directory, const priv_volume_resize_args *args, GError **error)
{
	g_autofd int fd = openat(directory, args->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(error, errno, _("cannot open the volume '%s'"), args->name);
	if (!S_ISREG(st.st_mode))
		return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no file"), args->name);
	if (ftruncate(fd, (off_t)args->capacity) < 0)
		return fail_errno(error, errno, _("cannot resize the volume '%s'"), args->name);
	if (args->allocate) {
		int r = posix_fallocate(fd, 0, (off_t)args->capacity);

		if (r != 0)
			return fail_errno(error, r, _("cannot allocate the volume '%s'"), args->name);
	}
	return true;
}

bool priv_volume_resize(G_GNUC_UNUSED PrivCall *call, const priv_volume_resize_args *args,
			priv_volume_ret *ret, GError **error)
{
	g_autofd int directory = open_pool(args->pool, args->name, error);
	g_autofree char *size = g_strdup_printf("%" PRIu64, args->capacity);
	g_autofree char *path = g_strconcat("./", args->name, NULL);
	const char *argv[12] = { "qemu-img", "resize", "-q", "-f", args->format };
	unsigned n = 5;

	if (directory < 0)
		return false;
	if (args->capacity > SIZE_MAX_BYTES)
		return fail(error, VIR_ERR_INVALID_ARG, _("volume '%s': %" PRIu64 " bytes are too many"),
			    args->name, args->capacity);
	if (strcmp(args->format, "raw") == 0 || strcmp(args->format, "iso") == 0)
		return resize_raw(directory, args, error) &&
		       describe(directory, args->name, ret, error);
	if (!g_strv_contains(image_formats, args->format))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s': cannot resize one of format '%s'"), args->name, args->format);
	if (args->shrink)
		argv[n++] = "--shrink";
	if (args->allocate)
		argv[n++] = "--preallocation=falloc";
	argv[n++] = path;
	argv[n++] = size;
	return qemu_img_run(argv, directory, -1, error) && describe(directory, args->name, ret, error);
}

bool priv_volume_open(PrivCall *call, const priv_volume_open_args *args, priv_volume_open_ret *ret,
		      GError **error)
{
	g_autofd int directory = open_pool(args->pool, args->name, error);
	g_autofd int fd = -1;
	struct stat st;

	if (directory < 0)
		return false;
	fd = openat(directory, args->name,
		    (args->write ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(error, errno, _("cannot open the volume '%s'"), args->name);
	if (!S_ISREG(st.st_mode))
		return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no file"), args->name);
	ret->size = (uint64_t)st.st_size;
	priv_fds_add(&call->out, take_fd(&fd));
	return true;
}
