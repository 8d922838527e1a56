/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The little that must be known about a disk image before a hypervisor sees it: which file backs it.
 * Formats are declared, never guessed, since a guest can write any header it likes into a raw image.
 * Runs in reeve-priv (a child per request) and, in session mode, in reeve-vm.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* Strings belong to the struct; @path is NULL when nothing backs the image. */
typedef struct ImageBacking {
	char *path; /* absolute */
	char *name; /* as it stands in the image */
	char *format;
} ImageBacking;

void image_backing_clear(ImageBacking *backing);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImageBacking, image_backing_clear)

/* Can images of @format be opened? The name is libvirt's ("raw", "qcow2", "vdi", ...). */
bool image_format_check(const char *format, GError **error);

/*
 * Reads from the open image @fd, called @path and being of @format, what backs it. Names relative to
 * the image's directory are made absolute. Fails with VIR_ERR_CONFIG_UNSUPPORTED when the header is
 * not of that format, when it does not say the format of its backing file, or when that is no file.
 * Layout: docs/interop/qcow2.rst of QEMU.
 */
bool image_backing_read(int fd, const char *path, const char *format, ImageBacking *ret,
			GError **error);
