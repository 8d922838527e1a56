/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the store share: statements, the batch, the connection. Store thread. */
#pragma once

#include <sqlite3.h>

#include "daemon/store/store.h"

/* Statements that write, prepared once; see the table in store_batch.c. */
typedef enum StoreStatement {
	STATEMENT_DOMAIN_PUT,
	STATEMENT_DOMAIN_REMOVE,
	STATEMENT_DOMAIN_MARKS,
	STATEMENT_DOMAIN_ENDED,
	STATEMENT_REVISION,
	STATEMENT_REVISION_TRIM,
	STATEMENT_REVISION_PURGE,
	STATEMENT_RUN_PUT,
	STATEMENT_RUN_REMOVE,
	STATEMENT_OBJECT_PUT,
	STATEMENT_OBJECT_REMOVE,
	STATEMENT_EVENT,
	STATEMENT_EVENT_TRIM,
	STATEMENT_META,
	STATEMENT_COUNT
} StoreStatement;

typedef struct StoreDb {
	sqlite3 *handle;
	sqlite3_stmt *statements[STATEMENT_COUNT];
} StoreDb;

/* The error of @db's last failure; ENOSPC and EIO where the disk is to blame. */
bool store_db_fail(const StoreDb *db, int code, const char *doing, GError **error);
/* One statement without results. */
bool store_db_exec(const StoreDb *db, const char *sql, GError **error);

/* Opens @path, sets it up, migrates it. */
bool store_db_open(StoreDb *db, const char *path, GError **error);
void store_db_close(StoreDb *db);
bool store_db_migrate(const StoreDb *db, const char *path, GError **error);
bool store_db_load(const StoreDb *db, const StoreLoader *loader, void *data, GError **error);
int64_t store_db_number(const StoreDb *db, const char *sql);

/* Applies all of @batch inside the present transaction. */
bool store_batch_apply(const StoreBatch *batch, StoreDb *db, GError **error);
void store_batch_trim(StoreBatch *batch, StoreStatement statement, int64_t keep);
/* Copies and shared texts that @batch was given; for counting, in bytes. */
gsize store_batch_size(const StoreBatch *batch);

/* A read that runs on the store's thread; @run fills @data. */
typedef bool (*StoreRead)(StoreDb *db, void *data, GError **error);
bool store_read_call(Store *store, StoreRead run, void *data, GError **error);
