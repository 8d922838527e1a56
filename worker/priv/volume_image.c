/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images that are more than their bytes: made and resized by QEMU's programs, see image_tool.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/resource_open.h"
#include "worker/priv/image_chain.h"
#include "worker/priv/image_tool.h"
#include "worker/priv/volume.h"

enum {
	TRIES_MAX = 5, /* of qemu-img, where it depends on luck */
	CLUSTER_MIN = 512,
	CLUSTER_MAX = 2 * 1024 * 1024,
};

/* ---- Create */

static const char *const formats[] = { "qcow2", "qed", "vmdk", "vdi", "vpc", "luks", NULL };
static const char *const backing_formats[] = { "raw",	"qcow2", "qed", "vmdk", "vdi",
					       "vpc", "vhdx",  "luks", NULL };
static const char *const compats[] = { "0.10", "1.1", NULL };

/* A name that is written into the image for others to open: of a file, not of a protocol. */
static bool backing_check(const priv_volume_create_args *args, GError **error)
{
	const char *path = *args->backing_path;

	for (const char *c = path; *c; c++)
		if (g_ascii_iscntrl(*c))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("volume '%s': the path of its backing store holds a control character"),
				    args->name);
	if (!*path || path[strcspn(path, ":/")] == ':')
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s': its backing store '%s' is not the path of a file"), args->name,
			    path);
	if (args->backing_format && !g_strv_contains(backing_formats, *args->backing_format))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s': a backing store cannot be of format '%s'"), args->name,
			    *args->backing_format);
	return true;
}

static bool options_check(const priv_volume_create_args *args, GError **error)
{
	if (!g_strv_contains(formats, args->format))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s': cannot make one of format '%s'"), args->name, args->format);
	if (args->compat && !g_strv_contains(compats, *args->compat))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s': <compat> must be 0.10 or 1.1, not '%s'"), args->name,
			    *args->compat);
	if (args->cluster_size &&
	    (args->cluster_size < CLUSTER_MIN || args->cluster_size > CLUSTER_MAX ||
	     (args->cluster_size & (args->cluster_size - 1))))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s': its cluster size must be a power of 2 from %d to %d bytes"),
			    args->name, CLUSTER_MIN, CLUSTER_MAX);
	return !args->backing_path || backing_check(args, error);
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

/* A comma in a value of an option is doubled; all other values are of lists or numbers. */
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

int volume_secret_file(const PrivConfig *config, const char *bytes, size_t length, GError **error)
{
	const uid_t uid = priv_tool_uid(config);
	g_autofd int fd = memfd_create("secret", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || fchmod(fd, 0400) < 0 ||
	    fchown(fd, uid, uid) < 0)
		return fail_errno(error, errno, _("cannot make a memory file")), -1;
	return take_fd(&fd);
}

/* It times how long a key takes to derive, by a clock of the kernel that may be too coarse. */
static bool run_patiently(const ImageTool *tool, GError **error)
{
	for (unsigned tries = 1;; tries++) {
		g_autoptr(GError) reason = NULL;

		if (image_tool_run(tool, NULL, &reason))
			return true;
		if (tries < TRIES_MAX && strstr(reason->message, "Unable to get accurate CPU usage"))
			continue;
		g_propagate_error(error, g_steal_pointer(&reason));
		return false;
	}
}

bool volume_image_create(const PrivConfig *config, int directory,
			 const priv_volume_create_args *args, GError **error)
{
	static const char *const programs[] = { "qemu-img", NULL };
	bool encrypted = args->secret.secret_len > 0;
	g_autofree char *options = create_options(args, encrypted);
	g_autofree char *size = g_strdup_printf("%" PRIu64, args->capacity);
	g_autofree char *path = g_strconcat("./", args->name, NULL);
	g_autofd int secret = -1;
	const char *argv[16] = { "qemu-img", "create", "-q", "-f", args->format };
	ImageTool tool = { .config = config,
			   .programs = programs,
			   .arguments = argv,
			   .directory = directory,
			   .size_max = image_size_limit(args->capacity) };
	unsigned n = 5;

	if (!options_check(args, error))
		return false;
	if (encrypted) {
		secret = volume_secret_file(config, args->secret.secret_val, args->secret.secret_len,
					    error);
		if (secret < 0)
			return false;
		tool.fds = &secret;
		tool.n_fds = 1;
		argv[n++] = "--object";
		argv[n++] = "secret,id=key,file=/proc/self/fd/3";
	}
	if (*options) {
		argv[n++] = "-o";
		argv[n++] = options;
	}
	/* Its size is said, so the backing file is not opened: a guest's start checks where it lies. */
	if (args->backing_path)
		argv[n++] = "-u";
	argv[n++] = path;
	argv[n++] = size;
	return run_patiently(&tool, error);
}

/* ---- Resize */

/* The image @fd and all that backs it, each opened as for a guest. */
GPtrArray *volume_chain_open(int fd, const char *pool, const char *name, const char *format, GError **error)
{
	g_autofree char *path = g_build_filename(pool, name, NULL);
	char *form = (char *)format;
	priv_open_args open_args = {
		.kind = PRIV_KIND_IMAGE, .key = path, .what = path, .path = path, .format = &form
	};
	/* QEMU takes a descriptor only for what it was opened for. */
	const int flags = fcntl(fd, F_GETFL);
	g_autoptr(GPtrArray) layers = NULL;
	const ResourceLayer *top;
	struct stat st, wanted;

	open_args.read_only = (flags & O_ACCMODE) == O_RDONLY;
	layers = resource_open(&open_args, error);
	if (!layers)
		return NULL;
	top = g_ptr_array_index(layers, 0);
	if (fstat(top->fd, &st) < 0 || fstat(fd, &wanted) < 0 || st.st_dev != wanted.st_dev ||
	    st.st_ino != wanted.st_ino)
		return fail_null(error, VIR_ERR_OPERATION_FAILED,
				 _("the volume '%s' was replaced while it was being opened"), name);
	return g_steal_pointer(&layers);
}

/* QEMU answers with a line for each command; the description of an error is for people. */
static bool answers_check(const char *output, const char *name, GError **error)
{
	static const char mark[] = "\"desc\": \"";
	const char *failed = strstr(output, "\"error\"");
	const char *text = failed ? strstr(failed, mark) : NULL;
	g_autofree char *said = NULL;

	if (!failed)
		return true;
	text = text ? text + strlen(mark) : failed;
	said = g_strndup(text, strcspn(text, "\"\n"));
	return fail(error, VIR_ERR_OPERATION_FAILED, _("cannot resize the volume '%s': %s"), name, said);
}

/* Resizes the top of @layers. */
static bool chain_resize(const PrivConfig *config, GPtrArray *layers, const priv_volume_resize_args *args,
			 GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	ImageChains chains = { .list = list, .capacity = args->capacity };
	g_autofree char *input = g_strdup_printf(
		"{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"block_resize\",\"arguments\":"
		"{\"node-name\":\"volume0\",\"size\":%" PRIu64 "}}\n{\"execute\":\"quit\"}\n",
		args->capacity);
	const ResourceLayer *top = g_ptr_array_index(layers, 0);
	g_autofree char *output = NULL;
	struct stat st;

	if (fstat(top->fd, &st) == 0)
		chains.capacity = MAX(chains.capacity, (uint64_t)st.st_size);
	g_ptr_array_add(list, layers);
	return image_chains_run(config, &chains, input, &output, error) &&
	       answers_check(output, args->name, error);
}

bool volume_image_resize(const PrivConfig *config, int fd, const priv_volume_resize_args *args,
			 GError **error)
{
	g_autoptr(GPtrArray) layers = NULL;

	if (strcmp(args->format, "qcow2") != 0)
		return fail(error, VIR_ERR_NO_SUPPORT,
			    _("volume '%s': one of format '%s' cannot be resized"), args->name,
			    args->format);
	if (args->allocate)
		return fail(error, VIR_ERR_NO_SUPPORT,
			    _("volume '%s': only a raw one can be allocated when it is resized"),
			    args->name);
	layers = volume_chain_open(fd, args->pool, args->name, args->format, error);
	return layers && chain_resize(config, layers, args, error);
}
