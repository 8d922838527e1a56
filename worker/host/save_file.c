/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/path.h"
#include "worker/host/save_file.h"

enum {
	LAYOUT = 2,
	ALIGNMENT = 4096, /* of the memory, so that it can be written around the cache */
	ROOM = 65536,	  /* bytes for a longer definition */
	LENGTH_MAX = 64 * 1024 * 1024, /* that a reader believes */
};

const char save_magic[SAVE_MAGIC + 1] = "LibvirtQemudSave";
static const char part_magic[SAVE_MAGIC + 1] = "LibvirtQemudPart";

typedef struct Header {
	char magic[SAVE_MAGIC];
	uint32_t version, length, running, format, cookie;
	uint32_t unused[14];
} Header;
G_STATIC_ASSERT(sizeof(Header) == SAVE_HEADER);

static const struct {
	const char *name, *program;
} formats[SAVE_FORMATS] = {
	[SAVE_RAW] = { "raw", NULL },	[SAVE_GZIP] = { "gzip", "gzip" }, [SAVE_BZIP2] = { "bzip2", "bzip2" },
	[SAVE_XZ] = { "xz", "xz" },	[SAVE_LZOP] = { "lzop", "lzop" }, [SAVE_ZSTD] = { "zstd", "zstd" },
};

int save_format_find(const char *name)
{
	for (int i = 0; i < SAVE_FORMATS; i++)
		if (strcmp(formats[i].name, name) == 0)
			return i;
	return -1;
}

const char *save_format_name(unsigned format)
{
	return format < SAVE_FORMATS ? formats[format].name : NULL;
}

const char *save_format_program(unsigned format)
{
	return format < SAVE_FORMATS ? formats[format].program : NULL;
}

void save_head_clear(SaveHead *head)
{
	g_clear_pointer(&head->xml, g_free);
	g_clear_pointer(&head->cookie, g_free);
}

GBytes *save_head_make(const SaveHead *head)
{
	const size_t xml = strlen(head->xml) + 1;
	const size_t cookie = head->cookie ? strlen(head->cookie) + 1 : 0;
	const size_t wanted = SAVE_HEADER + xml + cookie + ROOM;
	const size_t size = (wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	char *bytes = g_malloc0(size);
	Header header = {
		.version = LAYOUT,
		.length = (uint32_t)(size - SAVE_HEADER),
		.running = head->running,
		.format = head->format,
		.cookie = cookie ? (uint32_t)xml : 0,
	};

	memcpy(header.magic, part_magic, SAVE_MAGIC);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + SAVE_HEADER, head->xml, xml);
	if (cookie)
		memcpy(bytes + SAVE_HEADER + xml, head->cookie, cookie);
	return g_bytes_new_take(bytes, size);
}

/* ---- Writing ------------------------------------------------------------------------------- */

/* Under which name a file waits for its own, in the same directory. */
static char *waiting_name(const char *name)
{
	return g_strdup_printf(".%s.saving", name);
}

/* Its directory; *ret_waiting is the caller's, *ret_name points into @path. */
static int parent_open(const char *path, const char **ret_name, char **ret_waiting, GError **error)
{
	g_autofd int parent = path_open_parent(path, POLICY_SAVE, _("saved guest"), ret_name, error);

	if (parent < 0)
		return -1;
	*ret_waiting = waiting_name(*ret_name);
	if (strlen(*ret_waiting) > NAME_MAX)
		return fail_errno(error, ENAMETOOLONG, _("cannot save to '%s'"), path), -1;
	return take_fd(&parent);
}

static bool is_saved(int fd)
{
	char magic[SAVE_MAGIC];

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       (memcmp(magic, save_magic, SAVE_MAGIC) == 0 || memcmp(magic, part_magic, SAVE_MAGIC) == 0);
}

/* Is what has the name already something that may be lost? Else a slip of the keyboard costs a disk. */
static bool replace_check(int parent, const char *name, const char *path, GError **error)
{
	g_autofd int fd = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0 || fstat(fd, &st) < 0)
		return path_fail(error, errno, path, _("saved guest"));
	return (S_ISREG(st.st_mode) && (st.st_size == 0 || is_saved(fd))) ||
	       fail(error, VIR_ERR_OPERATION_FAILED,
		    _("'%s' exists and is no saved guest; it is not replaced: choose another name or remove it"),
		    path);
}

int save_file_create(const char *path, GError **error)
{
	g_autofree char *waiting = NULL;
	const char *name;
	g_autofd int parent = parent_open(path, &name, &waiting, error);
	g_autofd int fd = -1;

	if (parent < 0 || !replace_check(parent, name, path, error))
		return -1;
	/* Left by one that was given up. */
	unlinkat(parent, waiting, 0);
	fd = openat(parent, waiting, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return path_fail(error, errno, path, _("saved guest")), -1;
	return take_fd(&fd);
}

bool save_file_commit(const char *path, GError **error)
{
	g_autofree char *waiting = NULL;
	const char *name;
	g_autofd int parent = parent_open(path, &name, &waiting, error);
	g_autofd int fd = -1;
	g_autofd int directory = -1;

	if (parent < 0 || !replace_check(parent, name, path, error))
		return false;
	fd = openat(parent, waiting, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	directory = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || directory < 0)
		return path_fail(error, errno, path, _("saved guest"));
	if (fsync(fd) < 0 || renameat(parent, waiting, parent, name) < 0 || fsync(directory) < 0)
		return fail_errno(error, errno, _("cannot write '%s'"), path);
	return true;
}

bool save_file_discard(const char *path, GError **error)
{
	g_autofree char *waiting = NULL;
	const char *name;
	g_autofd int parent = parent_open(path, &name, &waiting, error);

	if (parent < 0)
		return false;
	return unlinkat(parent, waiting, 0) == 0 ||
	       fail_errno(error, errno, _("cannot remove '%s'"), path);
}

/* ---- Reading ------------------------------------------------------------------------------- */

static void header_swap(Header *header)
{
	uint32_t *words[] = { &header->version, &header->length, &header->running, &header->format,
			      &header->cookie };

	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++)
		*words[i] = GUINT32_SWAP_LE_BE(*words[i]);
}

static bool header_read(int fd, const char *path, Header *ret, GError **error)
{
	if (pread(fd, ret, sizeof(*ret), 0) != (ssize_t)sizeof(*ret))
		return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' is too short to be a saved guest"), path);
	if (memcmp(ret->magic, part_magic, SAVE_MAGIC) == 0)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("'%s' is incomplete: the guest was never saved to its end"), path);
	if (memcmp(ret->magic, save_magic, SAVE_MAGIC) != 0)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no saved guest"), path);
	if (ret->version > LAYOUT)
		header_swap(ret);
	if (ret->version > LAYOUT || ret->version == 0)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("'%s' was saved in a layout that is not known (version %u)"), path, ret->version);
	if (ret->version == 1)
		ret->format = SAVE_RAW;
	if (ret->length == 0 || ret->length > LENGTH_MAX || ret->cookie >= ret->length)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("the header of '%s' is damaged"), path);
	if (!save_format_name(ret->format))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("'%s' was saved in a format that is not known (number %u)"), path, ret->format);
	return true;
}

/* The text at @offset of the @length bytes; NULL where it does not end. */
static char *text_at(const char *bytes, uint32_t length, uint32_t offset)
{
	const char *end = memchr(bytes + offset, '\0', length - offset);

	return end ? g_strdup(bytes + offset) : NULL;
}

static bool head_read(int fd, const char *path, SaveHead *ret, GError **error)
{
	g_autofree char *bytes = NULL;
	Header header;

	if (!header_read(fd, path, &header, error))
		return false;
	bytes = g_malloc(header.length);
	if (pread(fd, bytes, header.length, SAVE_HEADER) != (ssize_t)header.length)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' ends before its guest's memory"), path);
	*ret = (SaveHead){
		.xml = text_at(bytes, header.length, 0),
		.cookie = header.cookie ? text_at(bytes, header.length, header.cookie) : NULL,
		.running = header.running != 0,
		.format = header.format,
		.length = header.length,
	};
	if (ret->xml && (!header.cookie || ret->cookie) &&
	    strlen(ret->xml) + (ret->cookie ? strlen(ret->cookie) : 0) <= SAVE_TEXT_MAX)
		return true;
	save_head_clear(ret);
	return fail(error, VIR_ERR_OPERATION_FAILED, _("the definition in '%s' is damaged"), path);
}

static int saved_open(const char *path, int flags, GError **error)
{
	const char *name;
	g_autofd int parent = path_open_parent(path, POLICY_SAVE, _("saved guest"), &name, error);
	g_autofd int fd = -1;
	struct stat st;

	if (parent < 0)
		return -1;
	fd = openat(parent, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return path_fail(error, errno, path, _("saved guest")), -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no saved guest"), path), -1;
	if (!policy_check(fd, POLICY_SAVE, path, _("saved guest"), error))
		return -1;
	fcntl(fd, F_SETFL, 0);
	return take_fd(&fd);
}

int save_file_open(const char *path, SaveHead *ret, GError **error)
{
	g_autofd int fd = saved_open(path, O_RDONLY, error);
	g_auto(SaveHead) head = { 0 };

	if (fd < 0 || !head_read(fd, path, &head, error))
		return -1;
	if (lseek(fd, (off_t)SAVE_HEADER + head.length, SEEK_SET) < 0)
		return fail_errno(error, errno, _("cannot read '%s'"), path), -1;
	*ret = head;
	head = (SaveHead){ 0 };
	return take_fd(&fd);
}

/* One write, so that it is there as a whole or, as good as ever, not at all. */
bool save_file_edit(const char *path, const char *xml, bool running, GError **error)
{
	g_autofd int fd = saved_open(path, O_RDWR, error);
	g_auto(SaveHead) head = { 0 };
	g_autofree char *bytes = NULL;
	size_t text, cookie;
	Header header;

	if (fd < 0 || !head_read(fd, path, &head, error) || !header_read(fd, path, &header, error))
		return false;
	text = strlen(xml) + 1;
	cookie = head.cookie ? strlen(head.cookie) + 1 : 0;
	if (text + cookie > head.length)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the new definition is too long for '%s': %zu bytes, there is room for %zu"), path,
			    text - 1, (size_t)head.length - cookie - 1);
	header.running = running;
	header.cookie = cookie ? (uint32_t)text : 0;
	bytes = g_malloc0(SAVE_HEADER + (size_t)head.length);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + SAVE_HEADER, xml, text);
	if (cookie)
		memcpy(bytes + SAVE_HEADER + text, head.cookie, cookie);
	if (pwrite(fd, bytes, SAVE_HEADER + (size_t)head.length, 0) != (ssize_t)(SAVE_HEADER + (size_t)head.length) ||
	    fsync(fd) < 0)
		return fail_errno(error, errno, _("cannot write '%s'"), path);
	return true;
}

bool save_file_remove(const char *path, GError **error)
{
	const char *name;
	g_autofd int parent = path_open_parent(path, POLICY_SAVE, _("saved guest"), &name, error);
	g_autofd int fd = -1;

	if (parent < 0)
		return false;
	fd = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0)
		return path_fail(error, errno, path, _("saved guest"));
	if (!is_saved(fd))
		return fail(error, VIR_ERR_OPERATION_DENIED, _("'%s' is no saved guest; it is not removed"), path);
	return unlinkat(parent, name, 0) == 0 || fail_errno(error, errno, _("cannot remove '%s'"), path);
}
