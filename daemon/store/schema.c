/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/store/private.h"

/* In the header of the file, so that file(1) and we can tell whose it is: "reev". */
#define APPLICATION_ID 0x72656576

/*
 * Step n brings a database of version n to version n + 1. A step that was released is never
 * changed; a new one is added. Revisions outlive what they are the history of.
 */
static const char *const steps[] = {
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE domains(driver TEXT NOT NULL, uuid BLOB NOT NULL, name TEXT NOT NULL,"
	" xml BLOB NOT NULL, autostart INTEGER NOT NULL, updated INTEGER NOT NULL,"
	" managed_save TEXT, max_memory INTEGER NOT NULL, memory INTEGER NOT NULL,"
	" max_vcpus INTEGER NOT NULL, vcpus INTEGER NOT NULL, title TEXT, os_type TEXT,"
	" disks TEXT, interfaces TEXT, PRIMARY KEY(driver, uuid), UNIQUE(driver, name));"
	"CREATE TABLE revisions(kind TEXT NOT NULL, driver TEXT NOT NULL, key TEXT NOT NULL,"
	" revision INTEGER NOT NULL, time INTEGER NOT NULL, uid INTEGER NOT NULL, user TEXT,"
	" origin TEXT, action TEXT NOT NULL, size INTEGER NOT NULL, xml BLOB,"
	" PRIMARY KEY(kind, driver, key, revision));"
	"CREATE TABLE run_state(driver TEXT NOT NULL, uuid BLOB NOT NULL, name TEXT NOT NULL,"
	" id INTEGER NOT NULL, state INTEGER NOT NULL, reason INTEGER NOT NULL,"
	" persistent INTEGER NOT NULL, autodestroy INTEGER NOT NULL, boot_id TEXT NOT NULL,"
	" start_xml BLOB, events_stored INTEGER NOT NULL, PRIMARY KEY(driver, uuid));"
	"CREATE TABLE objects(kind TEXT NOT NULL, driver TEXT NOT NULL, parent TEXT NOT NULL,"
	" key TEXT NOT NULL, name TEXT NOT NULL, xml TEXT NOT NULL, extra TEXT NOT NULL,"
	" autostart INTEGER NOT NULL, PRIMARY KEY(kind, driver, parent, key));"
	"CREATE TABLE events(sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	" driver TEXT NOT NULL, kind INTEGER NOT NULL, id INTEGER NOT NULL, object TEXT NOT NULL,"
	" payload BLOB NOT NULL);",
};

int64_t store_db_number(const StoreDb *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = 0;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

static bool step_apply(const StoreDb *db, int version, GError **error)
{
	g_autofree char *sql = g_strdup_printf("BEGIN IMMEDIATE; %s PRAGMA user_version=%d; COMMIT;",
					       steps[version], version + 1);

	if (store_db_exec(db, sql, error))
		return true;
	sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

bool store_db_migrate(const StoreDb *db, const char *path, GError **error)
{
	int version = (int)store_db_number(db, "PRAGMA user_version");
	int64_t owner = store_db_number(db, "PRAGMA application_id");
	int64_t tables = store_db_number(db, "SELECT count(*) FROM sqlite_schema");
	g_autofree char *mark = g_strdup_printf("PRAGMA application_id=%d", APPLICATION_ID);

	if (tables > 0 && owner != APPLICATION_ID)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("'%s' is a database of another program; move it away or set "
			      "state_dir to another directory"),
			    path);
	if (version > (int)G_N_ELEMENTS(steps))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("database '%s' was written by a newer reeve (version %d, this one "
			      "knows up to %d); install that reeve again"),
			    path, version, (int)G_N_ELEMENTS(steps));
	if (tables == 0 && !store_db_exec(db, mark, error))
		return false;
	for (; version < (int)G_N_ELEMENTS(steps); version++) {
		if (!step_apply(db, version, error))
			return false;
		log_debug("database '%s' is now of version %d", path, version + 1);
	}
	return true;
}
