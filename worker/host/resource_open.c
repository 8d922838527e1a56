/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "worker/host/image.h"
#include "worker/host/image_mark.h"
#include "worker/host/listen.h"
#include "worker/host/nvram.h"
#include "worker/host/path.h"
#include "worker/host/resource_open.h"
#include "worker/host/tap.h"

typedef bool (*OpenFunction)(const priv_open_args *args, GPtrArray *layers, GError **error);

void resource_layer_free(ResourceLayer *layer)
{
	if (!layer)
		return;
	g_free(layer->path);
	g_free(layer->format);
	g_free(layer->name);
	fd_clear(&layer->fd);
	g_free(layer);
}

/* Takes @fd. */
static void layer_add(GPtrArray *layers, const char *path, const char *format, bool read_only,
		      int fd)
{
	ResourceLayer *layer = g_new0(ResourceLayer, 1);

	layer->path = g_strdup(path);
	layer->format = g_strdup(format);
	layer->read_only = read_only;
	layer->fd = fd;
	g_ptr_array_add(layers, layer);
}

/* Is the file of @fd among @layers already? Then the chain bites its tail. */
static bool is_in_chain(GPtrArray *layers, int fd)
{
	struct stat st, other;

	if (fstat(fd, &st) < 0)
		return false;
	for (unsigned i = 0; i < layers->len; i++) {
		const ResourceLayer *layer = g_ptr_array_index(layers, i);

		if (fstat(layer->fd, &other) == 0 && other.st_dev == st.st_dev &&
		    other.st_ino == st.st_ino)
			return true;
	}
	return false;
}

/* Opens @image, which backs the last of @layers or is the first. */
static bool image_open(const ImageBacking *image, bool read_only, GPtrArray *layers,
		       const char *what, GError **error)
{
	g_autofd int fd = -1;
	ResourceLayer *layer;

	if (layers->len >= LIMIT_BACKING_CHAIN)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the backing chain that ends with '%s' is longer than %d images"),
			    image->path, LIMIT_BACKING_CHAIN);
	fd = path_open(image->path, PATH_IMAGE, read_only ? O_RDONLY : O_RDWR, what, error);
	if (fd < 0)
		return false;
	if (is_in_chain(layers, fd))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the backing chain of this disk is a loop: '%s' comes twice"),
			    image->path);
	layer_add(layers, image->path, image->format, read_only, take_fd(&fd));
	layer = g_ptr_array_index(layers, layers->len - 1);
	layer->name = g_strdup(image->name ? image->name : image->path);
	return true;
}

/* What a guest may write into an image does not change what it is, and what backs it, for those who look later. */
static bool image_is_as_noted(const GPtrArray *layers, GError **error)
{
	const ResourceLayer *top = g_ptr_array_index(layers, 0);
	struct stat st;

	if (geteuid() != 0)
		return true; /* the images are the guest's user's own */
	if (!top->read_only && fstat(top->fd, &st) == 0 && S_ISREG(st.st_mode))
		image_mark_format(top->fd, top->format);
	return image_chain_check(layers, error);
}

static bool open_image(const priv_open_args *args, GPtrArray *layers, GError **error)
{
	g_auto(ImageBacking) image = {
		.path = g_strdup(args->path),
		.format = g_strdup(args->format ? *args->format : "raw"),
	};
	const char *what = args->what;
	bool read_only = args->read_only;

	if (!image_format_check(image.format, error))
		return false;
	while (image.path) {
		g_auto(ImageBacking) backing = { 0 };
		const ResourceLayer *layer;

		if (!image_open(&image, read_only, layers, what, error))
			return false;
		layer = g_ptr_array_index(layers, layers->len - 1);
		if (!image_backing_read(layer->fd, image.path, image.format, &backing, error))
			return false;
		image_backing_clear(&image);
		image = backing;
		backing = (ImageBacking){ 0 };
		read_only = true;
		what = _("backing file");
	}
	return image_is_as_noted(layers, error);
}

static bool open_file_read(const priv_open_args *args, GPtrArray *layers, GError **error)
{
	int fd = path_open(args->path, PATH_FILE, O_RDONLY, args->what, error);

	if (fd >= 0)
		layer_add(layers, args->path, "", true, fd);
	return fd >= 0;
}

static bool open_file_append(const priv_open_args *args, GPtrArray *layers, GError **error)
{
	int fd = path_create(args->path, O_APPEND, args->what, error);

	if (fd >= 0)
		layer_add(layers, args->path, "", false, fd);
	return fd >= 0;
}

static bool open_file_write(const priv_open_args *args, GPtrArray *layers, GError **error)
{
	int fd = path_create(args->path, O_TRUNC, args->what, error);

	if (fd >= 0)
		layer_add(layers, args->path, "", false, fd);
	return fd >= 0;
}

static bool open_nvram(const priv_open_args *args, GPtrArray *layers, GError **error)
{
	int fd = nvram_open(args->path, args->template ? *args->template : NULL, args->reset, error);

	if (fd >= 0)
		layer_add(layers, args->path, args->format ? *args->format : "raw", false, fd);
	return fd >= 0;
}

static bool open_device(const priv_open_args *args, GPtrArray *layers, GError **error)
{
	unsigned n = CLAMP(args->queues, 1, TAP_QUEUES_MAX);

	for (unsigned i = 0; i < n; i++) {
		int fd = path_open(args->path, PATH_DEVICE, args->read_only ? O_RDONLY : O_RDWR,
				   args->what, error);

		if (fd < 0)
			return false;
		layer_add(layers, args->path, "", args->read_only, fd);
	}
	return true;
}

static bool open_tap(const priv_open_args *args, GPtrArray *layers, GError **error)
{
	Tap tap = {
		.name = args->name ? *args->name : NULL,
		.bridge = args->bridge ? *args->bridge : NULL,
		.mac = args->mac ? *args->mac : NULL,
		.mtu = args->mtu,
		.queues = MAX(args->queues, 1),
		.existing = args->existing,
	};

	if (!tap_open(&tap, error))
		return false;
	for (unsigned i = 0; i < tap.queues; i++)
		layer_add(layers, tap.opened_name, "", false, tap.fds[i]);
	return true;
}

static bool open_unix_listen(const priv_open_args *args, GPtrArray *layers, GError **error)
{
	int fd = listen_open(args->path, args->uid, args->what, error);

	if (fd >= 0)
		layer_add(layers, args->path, "", false, fd);
	return fd >= 0;
}

static const OpenFunction functions[] = {
	[PRIV_KIND_IMAGE] = open_image,
	[PRIV_KIND_FILE_READ] = open_file_read,
	[PRIV_KIND_FILE_APPEND] = open_file_append,
	[PRIV_KIND_FILE_WRITE] = open_file_write,
	[PRIV_KIND_NVRAM] = open_nvram,
	[PRIV_KIND_DEVICE] = open_device,
	[PRIV_KIND_TAP] = open_tap,
	[PRIV_KIND_UNIX_LISTEN] = open_unix_listen,
};

/* An optional device may be a node without a driver, or one that a container may not open. */
static bool may_be_missed(const priv_open_args *args, int errnum)
{
	if (!args->optional)
		return false;
	if (args->kind != PRIV_KIND_DEVICE)
		return errnum == ENOENT;
	return errnum == ENOENT || errnum == ENXIO || errnum == ENODEV || errnum == EPERM ||
	       errnum == EACCES;
}

GPtrArray *resource_open(const priv_open_args *args, GError **error)
{
	g_autoptr(GPtrArray) layers =
		g_ptr_array_new_with_free_func((GDestroyNotify)resource_layer_free);
	g_autoptr(GError) reason = NULL;

	if ((unsigned)args->kind >= G_N_ELEMENTS(functions))
		return fail_null(error, VIR_ERR_INVALID_ARG, _("there is no kind %d of resource"),
				 args->kind);
	if (functions[args->kind](args, layers, &reason))
		return g_steal_pointer(&layers);
	if (layers->len == 0 && may_be_missed(args, error_errno(reason)))
		return g_steal_pointer(&layers);
	g_propagate_error(error, g_steal_pointer(&reason));
	return NULL;
}
