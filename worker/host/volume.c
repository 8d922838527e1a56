/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "worker/host/image.h"
#include "worker/host/image_mark.h"
#include "worker/host/path.h"
#include "worker/host/volume.h"

int pool_open(const char *path, GError **error)
{
	g_autofd int fd = -1;

	if (!path_check(path, _("storage pool"), error))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		path_fail(error, errno, path, _("storage pool"));
		return -1;
	}
	if (!policy_check(fd, POLICY_POOL, path, _("storage pool"), error))
		return -1;
	return take_fd(&fd);
}

bool volume_name_check(const char *name, GError **error)
{
	if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strlen(name) > LIMIT_NAME)
		return fail(error, VIR_ERR_INVALID_ARG, _("'%s' cannot be the name of a volume"), name);
	return true;
}

/* ---- headers ------------------------------------------------------------------------------- */

/* Formats by their first bytes; sizes as the headers have them. Layouts: docs/interop of QEMU. */
static const struct {
	const char *format;
	unsigned offset;
	const char *magic;
	unsigned length;
} magics[] = {
	{ "qcow2", 0, "QFI\xfb", 4 }, { "luks", 0, "LUKS\xba\xbe", 6 },
	{ "qed", 0, "QED\0", 4 },     { "vmdk", 0, "KDMV", 4 },
	{ "vdi", 64, "\x7f\x10\xda\xbe", 4 }, { "vpc", 0, "conectix", 8 },
	{ "vhdx", 0, "vhdxfile", 8 }, { "iso", 32769, "CD001", 5 },
};

enum {
	HEADER_SIZE = 33 * 1024,
	QCOW2_SIZE_OFFSET = 24,
	QCOW2_CRYPT_OFFSET = 32,
	QCOW2_INCOMPATIBLE_OFFSET = 72,
	QCOW2_COMPATIBLE_OFFSET = 80,
	VMDK_CAPACITY_OFFSET = 12, /* sectors of 512 bytes, little endian */
	VDI_SIZE_OFFSET = 368,
	VPC_SIZE_OFFSET = 48,
	QED_SIZE_OFFSET = 48,
	LUKS_PAYLOAD_OFFSET = 104, /* version 1, sectors */
};
#define QCOW2_EXTENDED_L2 (UINT64_C(1) << 4)
#define QCOW2_LAZY_REFCOUNTS (UINT64_C(1) << 0)
#define QCOW2_CRYPT_LUKS 2

static const char *find_format(const guint8 *header, gsize length)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(magics); i++)
		if (length >= magics[i].offset + magics[i].length &&
		    memcmp(header + magics[i].offset, magics[i].magic, magics[i].length) == 0)
			return magics[i].format;
	return "raw";
}

static uint32_t read_be32(const guint8 *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return be32toh(word);
}

static uint64_t read_be64(const guint8 *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return be64toh(word);
}

static uint64_t read_le64(const guint8 *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return le64toh(word);
}

static void describe_qcow2(int fd, const char *name, const guint8 *header, priv_volume *ret)
{
	uint32_t version = read_be32(header + 4);
	g_auto(ImageBacking) backing = { 0 };

	ret->capacity = read_be64(header + QCOW2_SIZE_OFFSET);
	ret->encrypted = read_be32(header + QCOW2_CRYPT_OFFSET) == QCOW2_CRYPT_LUKS;
	g_free(ret->compat);
	ret->compat = g_strdup(version >= 3 ? "1.1" : "0.10");
	if (version >= 3) {
		ret->extended_l2 =
			(read_be64(header + QCOW2_INCOMPATIBLE_OFFSET) & QCOW2_EXTENDED_L2) != 0;
		ret->lazy_refcounts =
			(read_be64(header + QCOW2_COMPATIBLE_OFFSET) & QCOW2_LAZY_REFCOUNTS) != 0;
	}
	if (!image_backing_read(fd, name, "qcow2", &backing, NULL) || !backing.path)
		return;
	ret->backing_path = g_new0(char *, 1);
	*ret->backing_path = g_steal_pointer(&backing.path);
	ret->backing_format = g_new0(char *, 1);
	*ret->backing_format = g_steal_pointer(&backing.format);
}

static void describe_header(int fd, const char *name, priv_volume *ret)
{
	g_autofree guint8 *header = g_malloc0(HEADER_SIZE);
	ssize_t length = pread(fd, header, HEADER_SIZE, 0);

	if (length < 0)
		length = 0;
	ret->format = g_strdup(image_is_marked_raw(fd) ? "raw" : find_format(header, (gsize)length));
	ret->compat = g_strdup("");
	if (strcmp(ret->format, "qcow2") == 0)
		describe_qcow2(fd, name, header, ret);
	else if (strcmp(ret->format, "vmdk") == 0)
		ret->capacity = read_le64(header + VMDK_CAPACITY_OFFSET) * 512;
	else if (strcmp(ret->format, "vdi") == 0)
		ret->capacity = read_le64(header + VDI_SIZE_OFFSET);
	else if (strcmp(ret->format, "vpc") == 0)
		ret->capacity = read_be64(header + VPC_SIZE_OFFSET);
	else if (strcmp(ret->format, "qed") == 0)
		ret->capacity = read_le64(header + QED_SIZE_OFFSET);
	else if (strcmp(ret->format, "luks") == 0)
		ret->encrypted = true;
	if (ret->encrypted && strcmp(ret->format, "luks") == 0 && length > LUKS_PAYLOAD_OFFSET + 4 &&
	    ret->physical >= (uint64_t)read_be32(header + LUKS_PAYLOAD_OFFSET) * 512)
		ret->capacity -= (uint64_t)read_be32(header + LUKS_PAYLOAD_OFFSET) * 512;
}

/* ---- files --------------------------------------------------------------------------------- */

static priv_volume_time time_of(struct timespec time)
{
	return (priv_volume_time){ .seconds = time.tv_sec, .nanoseconds = (unsigned)time.tv_nsec };
}

bool volume_describe(int directory, const char *name, priv_volume *ret, GError **error)
{
	g_autofd int fd = -1;
	struct stat st;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(error, errno, _("cannot look at the volume '%s'"), name);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return false;
	ret->name = g_strdup(name);
	ret->directory = S_ISDIR(st.st_mode);
	ret->mode = st.st_mode & 07777;
	ret->owner = st.st_uid;
	ret->group = st.st_gid;
	ret->atime = time_of(st.st_atim);
	ret->mtime = time_of(st.st_mtim);
	ret->ctime = time_of(st.st_ctim);
	if (ret->directory) {
		ret->format = g_strdup("dir");
		ret->compat = g_strdup("");
		return true;
	}
	ret->capacity = ret->physical = (uint64_t)st.st_size;
	ret->allocation = (uint64_t)st.st_blocks * 512;
	fd = path_open_at(directory, name, O_RDONLY, _("volume"), NULL);
	if (fd < 0) {
		ret->format = g_strdup("raw");
		ret->compat = g_strdup("");
		return true;
	}
	describe_header(fd, name, ret);
	return true;
}
