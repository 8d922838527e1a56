/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A copy of the database while it is in use. SQLite copies some pages at a time; what is written between
 * two steps by the same connection goes into the copy, too. Steps run on the store's thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "daemon/store/private.h"

enum { PAGES = 64 /* in one step: about as long as a commit */ };

typedef struct Backup {
	char *path;
	int fd;
	sqlite3 *copy;
	sqlite3_backup *steps;
	bool done;
} Backup;

static bool backup_begin(StoreDb *db, void *data, GError **error)
{
	Backup *backup = data;
	int r;

	backup->path = g_strconcat(sqlite3_db_filename(db->handle, "main"), "-backup", NULL);
	/* What a reeved left that was killed meanwhile. */
	if (unlink(backup->path) < 0 && errno != ENOENT)
		return fail_errno(error, errno, _("cannot remove '%s'"), backup->path);
	backup->fd = open(backup->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (backup->fd < 0)
		return fail_errno(error, errno, _("cannot create '%s'"), backup->path);
	r = sqlite3_open_v2(backup->path, &backup->copy, SQLITE_OPEN_READWRITE, NULL);
	if (r == SQLITE_OK)
		r = sqlite3_exec(backup->copy, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", NULL, NULL,
				 NULL);
	if (r == SQLITE_OK)
		backup->steps = sqlite3_backup_init(backup->copy, "main", db->handle, "main");
	return backup->steps || store_db_fail(db, r == SQLITE_OK ? SQLITE_ERROR : r,
					      _("begin a backup"), error);
}

static bool backup_step(StoreDb *db, void *data, GError **error)
{
	Backup *backup = data;
	int r = sqlite3_backup_step(backup->steps, PAGES);

	backup->done = r == SQLITE_DONE;
	return backup->done || r == SQLITE_OK || store_db_fail(db, r, _("write a backup"), error);
}

static bool backup_end(G_GNUC_UNUSED StoreDb *db, void *data, G_GNUC_UNUSED GError **error)
{
	Backup *backup = data;

	sqlite3_backup_finish(backup->steps);
	sqlite3_close(backup->copy);
	if (backup->fd >= 0)
		unlink(backup->path);
	g_free(backup->path);
	return true;
}

int store_backup_call(Store *store, GError **error)
{
	static bool busy;
	Backup backup = { .fd = -1 };
	bool good;

	if (busy) {
		fail(error, VIR_ERR_OPERATION_INVALID, _("another backup of the state is being made; try again"));
		return -1;
	}
	busy = true;
	good = store_read_call(store, backup_begin, &backup, error);
	while (good && !backup.done)
		good = store_read_call(store, backup_step, &backup, error);
	store_read_call(store, backup_end, &backup, NULL);
	busy = false;
	if (!good || lseek(backup.fd, 0, SEEK_SET) < 0) {
		fd_clear(&backup.fd);
		return -1;
	}
	return backup.fd;
}
