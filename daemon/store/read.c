/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading what is not kept in memory: history and old events. Runs on the store's thread. */
#include <inttypes.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/store/private.h"

void store_revision_free(StoreRevision *revision)
{
	if (!revision)
		return;
	g_free(revision->user);
	g_free(revision->origin);
	g_free(revision->action);
	g_free(revision->xml);
	g_free(revision->key);
	g_free(revision);
}

static char *column_dup(sqlite3_stmt *row, int n)
{
	return g_strdup((const char *)sqlite3_column_text(row, n));
}

static StoreRevision *revision_read(sqlite3_stmt *row)
{
	StoreRevision *revision = g_new0(StoreRevision, 1);

	revision->revision = sqlite3_column_int64(row, 0);
	revision->time_usec = sqlite3_column_int64(row, 1);
	revision->uid = sqlite3_column_int64(row, 2);
	revision->user = column_dup(row, 3);
	revision->origin = column_dup(row, 4);
	revision->action = column_dup(row, 5);
	revision->size = sqlite3_column_int64(row, 6);
	return revision;
}

static char *revision_text(sqlite3_stmt *row, int n)
{
	g_autoptr(Text) text = NULL;

	switch (sqlite3_column_type(row, n)) {
	case SQLITE_TEXT:
		return column_dup(row, n);
	case SQLITE_BLOB:
		text = text_from_blob(sqlite3_column_blob(row, n),
				      (gsize)sqlite3_column_bytes(row, n));
		return text ? text_dup(text) : NULL;
	default:
		return NULL;
	}
}

typedef struct HistoryRead {
	const char *kind, *driver, *key;
	int64_t revision; /* one of them, with its text; 0: all */
	GPtrArray *found;
} HistoryRead;

static bool history_read(StoreDb *db, void *data, GError **error)
{
	HistoryRead *read = data;
	sqlite3_stmt *statement = NULL;
	int r = sqlite3_prepare_v2(db->handle,
				   "SELECT revision, time, uid, user, origin, action, size,"
				   " CASE WHEN ?4 > 0 THEN xml END FROM revisions"
				   " WHERE kind=?1 AND driver=?2 AND key=?3"
				   " AND (?4 = 0 OR revision = ?4) ORDER BY revision DESC",
				   -1, &statement, NULL);

	if (r == SQLITE_OK) {
		sqlite3_bind_text(statement, 1, read->kind, -1, SQLITE_STATIC);
		sqlite3_bind_text(statement, 2, read->driver, -1, SQLITE_STATIC);
		sqlite3_bind_text(statement, 3, read->key, -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 4, read->revision);
	}
	while (r == SQLITE_OK || r == SQLITE_ROW) {
		r = sqlite3_step(statement);
		if (r != SQLITE_ROW)
			continue;
		StoreRevision *revision = revision_read(statement);

		revision->xml = revision_text(statement, 7);
		g_ptr_array_add(read->found, revision);
	}
	sqlite3_finalize(statement);
	return r == SQLITE_DONE || store_db_fail(db, r, _("read the history"), error);
}

GPtrArray *store_history_call(Store *store, const char *kind, const char *driver, const char *key,
			      GError **error)
{
	g_autoptr(GPtrArray) found =
		g_ptr_array_new_with_free_func((GDestroyNotify)store_revision_free);
	HistoryRead read = { .kind = kind, .driver = driver, .key = key, .found = found };

	if (!store_read_call(store, history_read, &read, error))
		return NULL;
	return g_steal_pointer(&found);
}

StoreRevision *store_revision_call(Store *store, const char *driver, const char *key,
				   int64_t revision, GError **error)
{
	g_autoptr(GPtrArray) found =
		g_ptr_array_new_with_free_func((GDestroyNotify)store_revision_free);
	HistoryRead read = {
		.kind = "domain", .driver = driver, .key = key, .revision = revision, .found = found,
	};

	if (revision > 0 && !store_read_call(store, history_read, &read, error))
		return NULL;
	if (found->len == 0)
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("there is no revision %" PRId64
				   " of this domain; its history lists those that are kept"),
				 revision);
	return g_ptr_array_steal_index(found, 0);
}

typedef struct DeletedRead {
	const char *driver;
	unsigned max;
	GPtrArray *found;
} DeletedRead;

/* The other columns of a row with max() are those of the row that has it: the last one, without a text. */
static bool deleted_read(StoreDb *db, void *data, GError **error)
{
	DeletedRead *read = data;
	sqlite3_stmt *statement = NULL;
	int r = sqlite3_prepare_v2(db->handle,
				   "SELECT last, time, uid, user, origin, action, 0, key,"
				   " (SELECT xml FROM revisions p WHERE p.kind='domain' AND p.driver=?1"
				   " AND p.key=d.key AND p.xml IS NOT NULL ORDER BY revision DESC LIMIT 1)"
				   " FROM (SELECT max(revision) AS last, time, uid, user, origin, action, key, xml"
				   " FROM revisions WHERE kind='domain' AND driver=?1 GROUP BY key) d"
				   " WHERE xml IS NULL ORDER BY time DESC LIMIT ?2",
				   -1, &statement, NULL);

	if (r == SQLITE_OK) {
		sqlite3_bind_text(statement, 1, read->driver, -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 2, read->max);
	}
	while (r == SQLITE_OK || r == SQLITE_ROW) {
		r = sqlite3_step(statement);
		if (r != SQLITE_ROW)
			continue;
		StoreRevision *revision = revision_read(statement);

		revision->key = column_dup(statement, 7);
		revision->xml = revision_text(statement, 8);
		g_ptr_array_add(read->found, revision);
	}
	sqlite3_finalize(statement);
	return r == SQLITE_DONE || store_db_fail(db, r, _("read the history"), error);
}

GPtrArray *store_deleted_call(Store *store, const char *driver, unsigned max, GError **error)
{
	g_autoptr(GPtrArray) found =
		g_ptr_array_new_with_free_func((GDestroyNotify)store_revision_free);
	DeletedRead read = { .driver = driver, .max = max, .found = found };

	if (!store_read_call(store, deleted_read, &read, error))
		return NULL;
	return g_steal_pointer(&found);
}

typedef struct EventsRead {
	int64_t after;
	unsigned max;
	GPtrArray *found; /* of StoreEvent with its strings and payload behind it */
} EventsRead;

static StoreEvent *event_read(sqlite3_stmt *row)
{
	gsize length = (gsize)sqlite3_column_bytes(row, 5);
	const char *driver = (const char *)sqlite3_column_text(row, 2);
	const char *object = (const char *)sqlite3_column_text(row, 6);
	StoreEvent *event = g_new0(StoreEvent, 1);

	event->sequence = sqlite3_column_int64(row, 0);
	event->time_usec = sqlite3_column_int64(row, 1);
	event->driver = g_strdup(driver);
	event->kind = sqlite3_column_int(row, 3);
	event->id = sqlite3_column_int(row, 4);
	event->payload = g_memdup2(sqlite3_column_blob(row, 5), length);
	event->length = length;
	event->object = g_strdup(object);
	return event;
}

static void event_free(void *data)
{
	StoreEvent *event = data;

	g_free((char *)event->driver);
	g_free((char *)event->object);
	g_free((void *)event->payload);
	g_free(event);
}

static bool events_read(StoreDb *db, void *data, GError **error)
{
	EventsRead *read = data;
	sqlite3_stmt *statement = NULL;
	int r = sqlite3_prepare_v2(db->handle,
				   "SELECT sequence, time, driver, kind, id, payload, object"
				   " FROM events WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
				   -1, &statement, NULL);

	if (r == SQLITE_OK) {
		sqlite3_bind_int64(statement, 1, read->after);
		sqlite3_bind_int64(statement, 2, read->max);
	}
	while (r == SQLITE_OK || r == SQLITE_ROW) {
		r = sqlite3_step(statement);
		if (r == SQLITE_ROW)
			g_ptr_array_add(read->found, event_read(statement));
	}
	sqlite3_finalize(statement);
	return r == SQLITE_DONE || store_db_fail(db, r, _("read events"), error);
}

bool store_events_call(Store *store, const StoreEventVisit *what, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(event_free);
	EventsRead read = { .after = what->after, .max = what->max, .found = found };

	if (!store_read_call(store, events_read, &read, error))
		return false;
	for (unsigned i = 0; i < found->len; i++)
		what->visit(g_ptr_array_index(found, i), what->data);
	return true;
}
