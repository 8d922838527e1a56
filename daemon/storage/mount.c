/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pools of types fs and netfs: the files of a file system that is mounted. Mounting is the host's (fstab, a mount
 * unit): the helper has no right to, and what is mounted by whom stays in one place. That it is, and that it is the
 * right one, is looked at here, in the kernel's table, which no dead server can stall.
 */
#include "daemon/storage/mount.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/i18n.h"

typedef struct Mount {
	char *source;
	dev_t device;
	bool found;
} Mount;

/* Spaces and the like stand as three octal digits, see proc(5). */
static char *unescape(const char *field)
{
	return g_strcompress(field);
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw": what is mounted last at a place hides the rest. */
static void take_line(const char *line, const char *path, Mount *ret)
{
	g_auto(GStrv) halves = g_strsplit(line, " - ", 2);
	g_auto(GStrv) where = g_strsplit(halves[0], " ", 6);
	g_auto(GStrv) what = halves[1] ? g_strsplit(halves[1], " ", 3) : NULL;
	g_autofree char *place = NULL;
	unsigned major, minor;

	if (g_strv_length(where) < 5 || !what || g_strv_length(what) < 2 ||
	    sscanf(where[2], "%u:%u", &major, &minor) != 2)
		return;
	place = unescape(where[4]);
	if (strcmp(place, path) != 0)
		return;
	g_free(ret->source);
	ret->source = unescape(what[1]);
	ret->device = makedev(major, minor);
	ret->found = true;
}

static bool table_read(const char *path, Mount *ret, GError **error)
{
	g_autofree char *table = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/proc/self/mountinfo", &table, NULL, error))
		return false;
	lines = g_strsplit(table, "\n", -1);
	for (char **line = lines; *line; line++)
		if (**line)
			take_line(*line, path, ret);
	return true;
}

/* What mount(8) calls the pool's source; the caller frees. NULL when the pool does not say. */
static char *source_name(const PoolDef *def)
{
	const PoolSource *source = &def->source;
	const StorageHost *host = source->hosts && source->hosts->len ? source->hosts->pdata[0] : NULL;
	const PoolDevice *device = source->devices && source->devices->len ? source->devices->pdata[0] : NULL;

	if (def->type == POOL_TYPE_FS)
		return device ? g_strdup(device->path) : NULL;
	if (!host || !source->dir)
		return NULL;
	if (source->format == POOL_FORMAT_CIFS)
		return g_strdup_printf("//%s/%s", host->name, source->dir + (source->dir[0] == '/'));
	return g_strdup_printf(strchr(host->name, ':') ? "[%s]:%s" : "%s:%s", host->name, source->dir);
}

static bool is_source(const PoolDef *def, const Mount *mount, const char *wanted)
{
	struct stat st;

	if (strcmp(mount->source, wanted) == 0)
		return true;
	return def->type == POOL_TYPE_FS && stat(wanted, &st) == 0 && S_ISBLK(st.st_mode) &&
	       st.st_rdev == mount->device;
}

bool mount_check(const PoolDef *def, GError **error)
{
	g_autofree char *wanted = source_name(def);
	Mount mount = { 0 };
	bool ok;

	if (!wanted)
		return fail(error, VIR_ERR_XML_ERROR, _("storage pool '%s' does not say what is mounted at '%s'"),
			    def->name, def->target.path);
	if (!table_read(def->target.path, &mount, error))
		return false;
	if (!mount.found)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("storage pool '%s': nothing is mounted at '%s', and reeve does not mount by itself; have "
			      "the host mount '%s' there (fstab or a mount unit), then start the pool"),
			    def->name, def->target.path, wanted);
	ok = is_source(def, &mount, wanted) ||
	     fail(error, VIR_ERR_OPERATION_FAILED,
		  _("storage pool '%s': '%s' is mounted at '%s' in place of '%s'"), def->name, mount.source,
		  def->target.path, wanted);
	g_free(mount.source);
	return ok;
}
