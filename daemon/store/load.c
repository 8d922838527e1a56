/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening the database and reading it whole into memory, once. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/store/private.h"

/* The disk's own words where SQLite has them: out of space and I/O errors are told apart. */
bool store_db_fail(const StoreDb *db, int code, const char *doing, GError **error)
{
	int errnum = db->handle ? sqlite3_system_errno(db->handle) : 0;

	switch (code & 0xff) {
	case SQLITE_FULL:
		return fail_errno(error, ENOSPC, _("cannot %s in the database"), doing);
	case SQLITE_IOERR:
		return fail_errno(error, errnum > 0 ? errnum : EIO, _("cannot %s in the database"),
				  doing);
	case SQLITE_READONLY:
		return fail_errno(error, EROFS, _("cannot %s in the database"), doing);
	case SQLITE_CANTOPEN:
		return fail_errno(error, errnum > 0 ? errnum : EACCES,
				  _("cannot %s in the database"), doing);
	default:
		return fail(error, VIR_ERR_OPERATION_FAILED, _("cannot %s in the database: %s"),
			    doing, db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code));
	}
}

bool store_db_exec(const StoreDb *db, const char *sql, GError **error)
{
	int r = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return r == SQLITE_OK || store_db_fail(db, r, _("run a statement"), error);
}

/*
 * What a savepoint keeps to be undone goes to a file in /var/tmp unless told otherwise: two writes
 * for each page that a change touches.
 */
static void keep_savepoints_in_memory(void)
{
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
}

bool store_db_open(StoreDb *db, const char *path, GError **error)
{
	mode_t mask = umask(077); /* secrets may be in there */
	bool good;
	int r;

	keep_savepoints_in_memory();
	r = sqlite3_open_v2(path, &db->handle,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
				    SQLITE_OPEN_EXRESCODE,
			    NULL);
	if (r != SQLITE_OK) {
		umask(mask);
		store_db_fail(db, r, _("open the file"), error);
		g_prefix_error(error, "%s: ", path);
		return false;
	}
	/*
	 * EXCLUSIVE: a second reeved on the same directory is refused instead of mixing in.
	 * secure_delete: passwords and sealed secrets that were deleted do not stay in free pages.
	 */
	good = store_db_exec(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
				 "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
				 "PRAGMA secure_delete=ON;"
				 "PRAGMA cache_size=-512; PRAGMA journal_size_limit=4194304;"
				 "BEGIN IMMEDIATE; COMMIT;",
			     error);
	umask(mask);
	if (!good) {
		if (sqlite3_errcode(db->handle) == SQLITE_BUSY) {
			g_clear_error(error);
			return fail(error, VIR_ERR_OPERATION_FAILED,
				    _("database '%s' is in use by another reeved"), path);
		}
		g_prefix_error(error, "%s: ", path);
		return false;
	}
	return store_db_migrate(db, path, error);
}

void store_db_close(StoreDb *db)
{
	for (unsigned i = 0; i < STATEMENT_COUNT; i++)
		g_clear_pointer(&db->statements[i], sqlite3_finalize);
	g_clear_pointer(&db->handle, sqlite3_close);
}

static const char *column(sqlite3_stmt *row, int n)
{
	return (const char *)sqlite3_column_text(row, n);
}

static Text *column_packed(sqlite3_stmt *row, int n)
{
	if (sqlite3_column_type(row, n) == SQLITE_TEXT) /* mended by hand */
		return text_new(column(row, n));
	return text_from_blob(sqlite3_column_blob(row, n), (gsize)sqlite3_column_bytes(row, n));
}

typedef struct Loading {
	const StoreLoader *loader;
	void *data;
} Loading;

static void load_domain(sqlite3_stmt *row, const Loading *loading)
{
	g_autoptr(Text) text = column_packed(row, 3);
	g_auto(GStrv) disks = domain_summary_disks_parse(column(row, 13));
	DomainSummary summary = {
		.max_memory_kib = (uint64_t)sqlite3_column_int64(row, 7),
		.memory_kib = (uint64_t)sqlite3_column_int64(row, 8),
		.max_vcpus = (unsigned)sqlite3_column_int(row, 9),
		.vcpus = (unsigned)sqlite3_column_int(row, 10),
		.title = (char *)column(row, 11),
		.os_type = (char *)column(row, 12),
		.disks = disks,
	};
	StoreDomain domain = {
		.driver = column(row, 0),
		.uuid = sqlite3_column_blob(row, 1),
		.name = column(row, 2),
		.text = text,
		.summary = &summary,
		.autostart = sqlite3_column_int(row, 4),
		.updated = sqlite3_column_int(row, 5),
		.managed_save = column(row, 6),
	};

	if (!text || sqlite3_column_bytes(row, 1) != 16) {
		log_error(_("the stored definition of domain '%s' is damaged; it is left alone"),
			  domain.name);
		return;
	}
	loading->loader->domain(&domain, loading->data);
}

static void load_run(sqlite3_stmt *row, const Loading *loading)
{
	g_autoptr(Text) text = column_packed(row, 9);
	g_autofree char *xml = text ? text_dup(text) : NULL;
	StoreRun run = {
		.driver = column(row, 0),
		.uuid = sqlite3_column_blob(row, 1),
		.name = column(row, 2),
		.id = sqlite3_column_int(row, 3),
		.state = sqlite3_column_int(row, 4),
		.reason = sqlite3_column_int(row, 5),
		.persistent = sqlite3_column_int(row, 6),
		.autodestroy = sqlite3_column_int(row, 7),
		.boot_id = column(row, 8),
		.start_xml = xml,
		.events_stored = (uint64_t)sqlite3_column_int64(row, 10),
	};

	if (sqlite3_column_bytes(row, 1) == 16)
		loading->loader->run(&run, loading->data);
}

static void load_object(sqlite3_stmt *row, const Loading *loading)
{
	StoreObject object = {
		.kind = column(row, 0),
		.driver = column(row, 1),
		.parent = column(row, 2),
		.key = column(row, 3),
		.name = column(row, 4),
		.xml = column(row, 5),
		.extra = column(row, 6),
		.autostart = sqlite3_column_int(row, 7),
	};

	loading->loader->object(&object, loading->data);
}

static void load_meta(sqlite3_stmt *row, const Loading *loading)
{
	loading->loader->meta(column(row, 0), column(row, 1), loading->data);
}

static bool load_table(const StoreDb *db, const char *sql,
		       void (*take)(sqlite3_stmt *row, const Loading *loading),
		       const Loading *loading, GError **error)
{
	sqlite3_stmt *statement = NULL;
	int r = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);

	while (r == SQLITE_OK || r == SQLITE_ROW) {
		r = sqlite3_step(statement);
		if (r == SQLITE_ROW)
			take(statement, loading);
	}
	sqlite3_finalize(statement);
	return r == SQLITE_DONE || store_db_fail(db, r, _("read definitions"), error);
}

bool store_db_load(const StoreDb *db, const StoreLoader *loader, void *data, GError **error)
{
	const Loading loading = { loader, data };

	if (loader->meta && !load_table(db, "SELECT * FROM meta", load_meta, &loading, error))
		return false;
	if (loader->domain &&
	    !load_table(db,
			"SELECT driver, uuid, name, xml, autostart, updated, managed_save,"
			" max_memory, memory, max_vcpus, vcpus, title, os_type, disks"
			" FROM domains",
			load_domain, &loading, error))
		return false;
	if (loader->object &&
	    !load_table(db,
			"SELECT kind, driver, parent, key, name, xml, extra, autostart FROM objects",
			load_object, &loading, error))
		return false;
	return !loader->run ||
	       load_table(db,
			  "SELECT driver, uuid, name, id, state, reason, persistent, autodestroy,"
			  " boot_id, start_xml, events_stored FROM run_state",
			  load_run, &loading, error);
}
