/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <glib.h>
#include <sqlite3.h>

#include "tests/unit/faulty_vfs.h"

/* The real file lies behind. */
typedef struct FaultyFile {
	sqlite3_file base;
	sqlite3_file *real;
} FaultyFile;

static sqlite3_vfs *real_vfs;
static gint left = -1; /* operations until one fails; -1: none does. Read by the store's thread */
static gint stays, failed;

void faulty_vfs_arm(int nth, bool for_good)
{
	g_atomic_int_set(&failed, 0);
	g_atomic_int_set(&stays, for_good);
	g_atomic_int_set(&left, nth);
}

bool faulty_vfs_disarm(void)
{
	g_atomic_int_set(&left, -1);
	return g_atomic_int_get(&failed);
}

static bool fails(void)
{
	int now = g_atomic_int_get(&left);

	if (now < 0 || (now == 0 && !g_atomic_int_get(&stays)))
		return false;
	if (now > 0 && !g_atomic_int_dec_and_test(&left))
		return false;
	g_atomic_int_set(&failed, 1);
	return true;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((FaultyFile *)file)->real;
}

static int file_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int file_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
	if (fails())
		return SQLITE_IOERR_READ;
	return real_of(file)->pMethods->xRead(real_of(file), bytes, count, offset);
}

/* Half of what was to be written arrives. */
static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
	bool fault = fails();
	int r = real_of(file)->pMethods->xWrite(real_of(file), bytes, fault ? count / 2 : count,
						offset);

	return fault ? SQLITE_IOERR_WRITE : r;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	if (fails())
		return SQLITE_IOERR_TRUNCATE;
	return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
	if (fails())
		return SQLITE_IOERR_FSYNC;
	return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), ret);
}

static int file_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_check_lock(sqlite3_file *file, int *ret)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}

static int file_control(sqlite3_file *file, int what, void *data)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), what, data);
}

static int file_sector_size(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_character(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* Of version 1: without shared memory, which the store's exclusive lock makes needless. */
static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_character,
};

static int vfs_open(G_GNUC_UNUSED sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
		    int *ret_flags)
{
	FaultyFile *own = (FaultyFile *)file;
	int r;

	own->base.pMethods = NULL;
	own->real = (sqlite3_file *)(void *)(own + 1);
	memset(own->real, 0, (size_t)real_vfs->szOsFile);
	r = real_vfs->xOpen(real_vfs, path, own->real, flags, ret_flags);
	if (own->real->pMethods)
		own->base.pMethods = &methods;
	return r;
}

void faulty_vfs_install(void)
{
	static sqlite3_vfs vfs;

	if (real_vfs)
		return;
	real_vfs = sqlite3_vfs_find(NULL);
	vfs = *real_vfs;
	vfs.zName = "faulty";
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(FaultyFile) + real_vfs->szOsFile;
	vfs.xOpen = vfs_open;
	sqlite3_vfs_register(&vfs, 1);
}
