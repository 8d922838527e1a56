/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/host/image.h"

/* What leads to another file: only qcow2's way is followed, the others are single files. */
typedef enum Chain {
	CHAIN_NONE,
	CHAIN_QCOW2,
} Chain;

static const struct {
	const char *name;
	Chain chain;
} formats[] = {
	{ "raw", CHAIN_NONE },	 { "qcow2", CHAIN_QCOW2 }, { "iso", CHAIN_NONE },
	{ "bochs", CHAIN_NONE }, { "cloop", CHAIN_NONE },  { "dmg", CHAIN_NONE },
	{ "vdi", CHAIN_NONE },	 { "vpc", CHAIN_NONE },	   { "ploop", CHAIN_NONE },
	{ "vhdx", CHAIN_NONE },	 { "luks", CHAIN_NONE },
};

#define QCOW2_MAGIC 0x514649fbu
#define EXTENSION_END 0u
#define EXTENSION_BACKING_FORMAT 0xe2792acau
#define FEATURE_DATA_FILE (1ull << 2)

enum {
	HEADER_V2 = 72,
	NAME_MAX_BYTES = 1023, /* of a backing file, by the format's definition */
	FORMAT_MAX_BYTES = 31,
	EXTENSIONS_MAX = 64,
};

/* Start of a qcow2 file; all words big endian. */
typedef struct Qcow2Header {
	uint32_t magic;
	uint32_t version;
	uint64_t backing_file_offset;
	uint32_t backing_file_size;
	uint32_t cluster_bits;
	uint64_t size;
	uint32_t crypt_method;
	uint32_t l1_size;
	uint64_t l1_table_offset;
	uint64_t refcount_table_offset;
	uint32_t refcount_table_clusters;
	uint32_t nb_snapshots;
	uint64_t snapshots_offset;
	uint64_t incompatible_features; /* from here on: version 3 */
	uint64_t compatible_features;
	uint64_t autoclear_features;
	uint32_t refcount_order;
	uint32_t header_length;
} Qcow2Header;

void image_backing_clear(ImageBacking *backing)
{
	g_clear_pointer(&backing->path, g_free);
	g_clear_pointer(&backing->name, g_free);
	g_clear_pointer(&backing->format, g_free);
}

static int format_find(const char *format)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(formats); i++)
		if (g_str_equal(format, formats[i].name))
			return (int)i;
	return -1;
}

bool image_format_check(const char *format, GError **error)
{
	if (format_find(format) >= 0)
		return true;
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("disk images of format '%s' are not supported; convert it with "
		      "'qemu-img convert -O qcow2'"),
		    format);
}

/* Exactly @length bytes, or false (errno 0 at the end of the file). */
static bool read_at(int fd, void *buffer, size_t length, uint64_t offset)
{
	ssize_t n;

	if (offset > INT64_MAX - length)
		return errno = EINVAL, false;
	n = pread(fd, buffer, length, (off_t)offset);
	if (n >= 0)
		errno = 0;
	return n == (ssize_t)length;
}

static bool read_failed(GError **error, const char *path)
{
	if (errno > 0)
		return fail_errno(error, errno, _("cannot read the header of disk image '%s'"),
				  path);
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("the header of disk image '%s' is cut short; is its format really qcow2?"),
		    path);
}

static bool header_read(int fd, const char *path, Qcow2Header *header, GError **error)
{
	if (!read_at(fd, header, HEADER_V2, 0))
		return read_failed(error, path);
	if (be32toh(header->magic) != QCOW2_MAGIC)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk image '%s' is not in qcow2 format, which the definition says; "
			      "see 'qemu-img info' and correct its <driver type=...>"),
			    path);
	header->version = be32toh(header->version);
	if (header->version != 2 && header->version != 3)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk image '%s' has version %u of qcow2, only 2 and 3 are known"),
			    path, header->version);
	header->header_length = HEADER_V2;
	if (header->version == 3) {
		if (!read_at(fd, header, sizeof(*header), 0))
			return read_failed(error, path);
		header->version = 3;
		header->header_length = be32toh(header->header_length);
		header->incompatible_features = be64toh(header->incompatible_features);
	} else {
		header->incompatible_features = 0;
	}
	header->backing_file_offset = be64toh(header->backing_file_offset);
	header->backing_file_size = be32toh(header->backing_file_size);
	header->cluster_bits = be32toh(header->cluster_bits);
	if (header->cluster_bits < 9 || header->cluster_bits > 21 ||
	    header->header_length < HEADER_V2 || header->header_length % 8 != 0 ||
	    header->header_length > 1u << header->cluster_bits)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the qcow2 header of disk image '%s' is damaged; try 'qemu-img check'"),
			    path);
	return true;
}

/* Looks for the extension that names the backing file's format; *ret_format NULL if there is none. */
static bool backing_format_read(int fd, const char *path, const Qcow2Header *header,
				char **ret_format, GError **error)
{
	uint64_t offset = header->header_length;
	uint64_t end = header->backing_file_offset;

	for (unsigned i = 0; i < EXTENSIONS_MAX && offset + 8 <= end; i++) {
		uint32_t words[2];
		char format[FORMAT_MAX_BYTES + 1] = "";
		uint32_t length;

		if (!read_at(fd, words, sizeof(words), offset))
			return read_failed(error, path);
		length = be32toh(words[1]);
		if (be32toh(words[0]) == EXTENSION_END)
			break;
		offset += 8;
		if (be32toh(words[0]) == EXTENSION_BACKING_FORMAT) {
			if (length > FORMAT_MAX_BYTES)
				break;
			if (!read_at(fd, format, length, offset))
				return read_failed(error, path);
			*ret_format = g_strdup(format);
			return true;
		}
		offset += (uint64_t)length + (8 - length % 8) % 8;
	}
	return true;
}

/* Has @name a protocol in front ("nbd:...", "json:{...}")? QEMU looks for a colon before a slash. */
static bool has_protocol(const char *name)
{
	size_t head = strcspn(name, ":/");

	return name[head] == ':';
}

static char *backing_path(const char *image, const char *name)
{
	g_autofree char *directory = NULL;

	if (g_str_has_prefix(name, "file:"))
		name += strlen("file:");
	if (name[0] == '/')
		return g_strdup(name);
	directory = g_path_get_dirname(image);
	return g_build_filename(directory, name, NULL);
}

static bool qcow2_backing_read(int fd, const char *path, ImageBacking *ret, GError **error)
{
	Qcow2Header header = { 0 };
	char name[NAME_MAX_BYTES + 1] = "";
	g_autofree char *format = NULL;

	if (!header_read(fd, path, &header, error))
		return false;
	if (header.incompatible_features & FEATURE_DATA_FILE)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk image '%s' keeps its data in another file (external data file), "
			      "which is not supported"),
			    path);
	if (header.backing_file_offset == 0)
		return true;
	if (header.backing_file_size == 0 || header.backing_file_size > NAME_MAX_BYTES ||
	    header.backing_file_offset > 1u << header.cluster_bits)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the name of the backing file in disk image '%s' is damaged"), path);
	if (!read_at(fd, name, header.backing_file_size, header.backing_file_offset))
		return read_failed(error, path);
	if (strlen(name) != header.backing_file_size)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the name of the backing file in disk image '%s' holds a zero byte"),
			    path);
	if (has_protocol(name) && !g_str_has_prefix(name, "file:"))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk image '%s' is backed by '%s', which is not a local file; "
			      "that is not supported"),
			    path, name);
	if (!backing_format_read(fd, path, &header, &format, error))
		return false;
	if (!format || !*format)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk image '%s' does not say the format of its backing file '%s'; "
			      "record it with 'qemu-img rebase -u -b %s -F FORMAT %s'"),
			    path, name, name, path);
	ret->path = backing_path(path, name);
	ret->name = g_strdup(name);
	ret->format = g_steal_pointer(&format);
	return true;
}

bool image_backing_read(int fd, const char *path, const char *format, ImageBacking *ret,
			GError **error)
{
	int i = format_find(format);

	if (i < 0)
		return image_format_check(format, error);
	switch (formats[i].chain) {
	case CHAIN_QCOW2:
		return qcow2_backing_read(fd, path, ret, error);
	case CHAIN_NONE:
		break;
	}
	return true;
}
