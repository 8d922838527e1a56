/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/log.h"
#include "worker/host/image_mark.h"
#include "worker/host/resource_open.h"

#define FORMAT "user.reeve.format"
#define BACKING "user.reeve.backing"

enum {
	DIGEST = 8, /* bytes of the name of a file; an attribute has room for some kilobytes */
	DIGESTS_MAX = DIGEST * 2 * LIMIT_BACKING_CHAIN,
};

static void mark_set(int fd, const char *name, const void *value, size_t length)
{
	if (fsetxattr(fd, name, value, length, 0) < 0 && errno != ENOTSUP && errno != EROFS)
		log_warning(_("cannot note '%s' with an image: %s"), name, g_strerror(errno));
}

void image_mark_forget(int fd)
{
	fremovexattr(fd, FORMAT);
	fremovexattr(fd, BACKING);
}

/* ---- The format */

void image_mark_format(int fd, const char *format)
{
	char now[16] = "";

	if (fgetxattr(fd, FORMAT, now, sizeof(now) - 1) <= 0 || !g_str_equal(now, format))
		mark_set(fd, FORMAT, format, strlen(format));
}

bool image_is_marked_raw(int fd)
{
	char format[16] = "";

	if (fgetxattr(fd, FORMAT, format, sizeof(format) - 1) <= 0)
		return false;
	return strcmp(format, "raw") == 0 || strcmp(format, "iso") == 0;
}

/* ---- The chain */

static void digest_add(GByteArray *digests, const char *name)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 bytes[32];
	gsize length = sizeof(bytes);

	g_checksum_update(sum, (const guchar *)name, -1);
	g_checksum_get_digest(sum, bytes, &length);
	g_byte_array_append(digests, bytes, DIGEST);
}

/* A file is called as in the header, which stays so when the images are moved together, and by its whole path. */
static GByteArray *digests_make(const GPtrArray *layers, unsigned first)
{
	GByteArray *digests = g_byte_array_new();

	for (unsigned i = first; i < layers->len; i++) {
		const ResourceLayer *layer = g_ptr_array_index(layers, i);

		digest_add(digests, layer->name);
		digest_add(digests, layer->path);
	}
	return digests;
}

static bool has_digest(const guint8 *noted, size_t length, const guint8 *digest)
{
	for (size_t at = 0; at + DIGEST <= length; at += DIGEST)
		if (memcmp(noted + at, digest, DIGEST) == 0)
			return true;
	return false;
}

/* What backs the layer @i is what was noted with it, or less. */
static bool layer_check(const GPtrArray *layers, unsigned i, const guint8 *noted, size_t length,
			GError **error)
{
	const ResourceLayer *image = g_ptr_array_index(layers, i);
	g_autoptr(GByteArray) digests = digests_make(layers, i + 1);

	for (unsigned j = 0; j < digests->len / DIGEST; j += 2) {
		const ResourceLayer *layer = g_ptr_array_index(layers, i + 1 + j / 2);
		const guint8 *digest = digests->data + (gsize)j * DIGEST;

		if (!has_digest(noted, length, digest) && !has_digest(noted, length, digest + DIGEST))
			return fail(error, VIR_ERR_OPERATION_DENIED,
				    _("'%s' was not among the files that back disk image '%s' when a guest was first "
				      "given that; a guest may have written it there. If you did, say so with "
				      "'setfattr -x %s %s'"),
				    layer->path, image->path, BACKING, image->path);
	}
	return true;
}

bool image_chain_check(const GPtrArray *layers, GError **error)
{
	for (unsigned i = 0; i < layers->len; i++) {
		const ResourceLayer *layer = g_ptr_array_index(layers, i);
		g_autofree guint8 *noted = g_malloc(DIGESTS_MAX);
		g_autoptr(GByteArray) digests = NULL;
		struct stat st;
		ssize_t length;

		if (!g_str_equal(layer->format, "qcow2") || fstat(layer->fd, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		length = fgetxattr(layer->fd, BACKING, noted, DIGESTS_MAX);
		if (length >= 0) {
			if (!layer_check(layers, i, noted, (size_t)length, error))
				return false;
			continue;
		}
		digests = digests_make(layers, i + 1);
		mark_set(layer->fd, BACKING, digests->data, digests->len);
	}
	return true;
}
