/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/store/private.h"

static const char *const statement_sql[STATEMENT_COUNT] = {
	[STATEMENT_DOMAIN_PUT] =
		"INSERT INTO domains(driver, uuid, name, xml, autostart, updated, managed_save,"
		" max_memory, memory, max_vcpus, vcpus, title, os_type, disks)"
		" VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
		" ON CONFLICT(driver, uuid) DO UPDATE SET name=excluded.name, xml=excluded.xml,"
		" autostart=excluded.autostart, updated=excluded.updated,"
		" managed_save=excluded.managed_save, max_memory=excluded.max_memory,"
		" memory=excluded.memory, max_vcpus=excluded.max_vcpus, vcpus=excluded.vcpus,"
		" title=excluded.title, os_type=excluded.os_type, disks=excluded.disks",
	[STATEMENT_DOMAIN_REMOVE] = "DELETE FROM domains WHERE driver=? AND uuid=?",
	[STATEMENT_DOMAIN_MARKS] = "UPDATE domains SET autostart=?3, updated=?4, managed_save=?5"
				   " WHERE driver=?1 AND uuid=?2",
	[STATEMENT_DOMAIN_ENDED] = "UPDATE domains SET updated=0 WHERE driver=?1 AND uuid=?2",
	[STATEMENT_REVISION] =
		"INSERT INTO revisions(kind, driver, key, revision, time, uid, user, origin,"
		" action, size, xml) VALUES(?1,?2,?3,(SELECT coalesce(max(revision),0)+1 FROM"
		" revisions WHERE kind=?1 AND driver=?2 AND key=?3),?4,?5,?6,?7,?8,?9,?10)",
	[STATEMENT_REVISION_TRIM] =
		"DELETE FROM revisions WHERE kind=?1 AND driver=?2 AND key=?3 AND revision <="
		" (SELECT max(revision) FROM revisions WHERE kind=?1 AND driver=?2 AND key=?3) - ?4",
	[STATEMENT_REVISION_PURGE] =
		"DELETE FROM revisions WHERE kind='domain' AND driver=? AND key=?",
	[STATEMENT_RUN_PUT] =
		"INSERT INTO run_state(driver, uuid, name, id, state, reason, persistent,"
		" autodestroy, boot_id, start_xml, events_stored) VALUES(?,?,?,?,?,?,?,?,?,?,?)"
		" ON CONFLICT(driver, uuid) DO UPDATE SET name=excluded.name, id=excluded.id,"
		" state=excluded.state, reason=excluded.reason, persistent=excluded.persistent,"
		" autodestroy=excluded.autodestroy, boot_id=excluded.boot_id,"
		" start_xml=coalesce(excluded.start_xml, start_xml),"
		" events_stored=max(excluded.events_stored, events_stored)",
	[STATEMENT_RUN_REMOVE] = "DELETE FROM run_state WHERE driver=? AND uuid=?",
	[STATEMENT_OBJECT_PUT] =
		"INSERT INTO objects(kind, driver, parent, key, name, xml, extra, autostart)"
		" VALUES(?,?,?,?,?,?,?,?) ON CONFLICT(kind, driver, parent, key) DO UPDATE SET"
		" name=excluded.name, xml=excluded.xml, extra=excluded.extra,"
		" autostart=excluded.autostart",
	[STATEMENT_OBJECT_REMOVE] =
		"DELETE FROM objects WHERE kind=? AND driver=? AND parent=? AND key=?",
	[STATEMENT_EVENT] = "INSERT OR REPLACE INTO events(sequence, time, driver, kind, id,"
			    " object, payload) VALUES(?,?,?,?,?,?,?)",
	[STATEMENT_EVENT_TRIM] = "DELETE FROM events WHERE sequence <= ?",
	[STATEMENT_META] = "INSERT OR REPLACE INTO meta(key, value) VALUES(?,?)",
};

/* One value to bind; what it points to lives as long as the batch. */
typedef struct Value {
	enum { VALUE_NULL, VALUE_NUMBER, VALUE_STRING, VALUE_BLOB } type;
	int64_t number;
	const void *bytes;
	gsize length;
} Value;

typedef struct Op {
	StoreStatement statement;
	unsigned first, count; /* in the batch's values */
} Op;

struct StoreBatch {
	GArray *ops;
	GArray *values;
	GStringChunk *strings;
	GPtrArray *texts;
	gsize size;
};

StoreBatch *store_batch_new(void)
{
	StoreBatch *batch = g_new0(StoreBatch, 1);

	batch->ops = g_array_new(FALSE, FALSE, sizeof(Op));
	batch->values = g_array_new(FALSE, FALSE, sizeof(Value));
	batch->strings = g_string_chunk_new(256);
	batch->texts = g_ptr_array_new_with_free_func((GDestroyNotify)text_unref);
	return batch;
}

void store_batch_free(StoreBatch *batch)
{
	if (!batch)
		return;
	g_array_unref(batch->ops);
	g_array_unref(batch->values);
	g_string_chunk_free(batch->strings);
	g_ptr_array_unref(batch->texts);
	g_free(batch);
}

gsize store_batch_size(const StoreBatch *batch)
{
	return batch->size;
}

static void op_begin(StoreBatch *batch, StoreStatement statement)
{
	Op op = { .statement = statement, .first = batch->values->len };

	g_array_append_val(batch->ops, op);
}

static void add_value(StoreBatch *batch, Value value)
{
	g_array_append_val(batch->values, value);
	g_array_index(batch->ops, Op, batch->ops->len - 1).count++;
	batch->size += value.length;
}

static void add_number(StoreBatch *batch, int64_t number)
{
	add_value(batch, (Value){ .type = VALUE_NUMBER, .number = number });
}

static void add_blob(StoreBatch *batch, const void *bytes, gsize length)
{
	add_value(batch, (Value){ .type = VALUE_BLOB,
				  .bytes = g_string_chunk_insert_len(batch->strings, bytes,
								     (gssize)length),
				  .length = length });
}

static void add_string(StoreBatch *batch, const char *string)
{
	Value value = { .type = VALUE_NULL };

	if (string) {
		value.type = VALUE_STRING;
		value.bytes = g_string_chunk_insert(batch->strings, string);
		value.length = strlen(string);
	}
	add_value(batch, value);
}

static void add_text(StoreBatch *batch, Text *text)
{
	Value value = { .type = VALUE_NULL };

	if (text) {
		value.type = VALUE_BLOB;
		value.bytes = text_blob(text, &value.length);
		g_ptr_array_add(batch->texts, text_ref(text));
	}
	add_value(batch, value);
}

static void add_uuid_text(StoreBatch *batch, const uint8_t *uuid)
{
	char text[37];

	for (unsigned i = 0, n = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[n++] = '-';
		g_snprintf(text + n, 3, "%02x", uuid[i]);
		n += 2;
	}
	add_string(batch, text);
}

/* The rest of a revision's values, after its kind, driver and key. */
static void add_revision(StoreBatch *batch, const StoreOrigin *origin, Text *text)
{
	static const StoreOrigin self = { .uid = -1, .origin = "reeved" };

	if (!origin)
		origin = &self;
	add_number(batch, g_get_real_time());
	add_number(batch, origin->uid);
	add_string(batch, origin->user);
	add_string(batch, origin->origin ? origin->origin : self.origin);
	add_string(batch, origin->action ? origin->action : "change");
	add_number(batch, text ? (int64_t)text_size(text) : 0);
	add_text(batch, text);
}

static void domain_revision(StoreBatch *batch, const StoreDomain *row, const StoreOrigin *origin,
			    Text *text)
{
	op_begin(batch, STATEMENT_REVISION);
	add_string(batch, "domain");
	add_string(batch, row->driver);
	add_uuid_text(batch, row->uuid);
	add_revision(batch, origin, text);
}

void store_batch_domain(StoreBatch *batch, const StoreDomain *row, const StoreOrigin *origin)
{
	const DomainSummary *summary = row->summary;
	g_autofree char *disks = domain_summary_disks_format(summary->disks);

	op_begin(batch, STATEMENT_DOMAIN_PUT);
	add_string(batch, row->driver);
	add_blob(batch, row->uuid, 16);
	add_string(batch, row->name);
	add_text(batch, row->text);
	add_number(batch, row->autostart);
	add_number(batch, row->updated);
	add_string(batch, row->managed_save);
	add_number(batch, (int64_t)summary->max_memory_kib);
	add_number(batch, (int64_t)summary->memory_kib);
	add_number(batch, summary->max_vcpus);
	add_number(batch, summary->vcpus);
	add_string(batch, summary->title);
	add_string(batch, summary->os_type);
	add_string(batch, disks);
	domain_revision(batch, row, origin, row->text);
}

void store_batch_domain_remove(StoreBatch *batch, const StoreDomain *row,
			       const StoreOrigin *origin)
{
	op_begin(batch, STATEMENT_DOMAIN_REMOVE);
	add_string(batch, row->driver);
	add_blob(batch, row->uuid, 16);
	domain_revision(batch, row, origin, NULL);
}

void store_batch_domain_marks(StoreBatch *batch, const StoreDomain *row)
{
	op_begin(batch, STATEMENT_DOMAIN_MARKS);
	add_string(batch, row->driver);
	add_blob(batch, row->uuid, 16);
	add_number(batch, row->autostart);
	add_number(batch, row->updated);
	add_string(batch, row->managed_save);
}

void store_batch_domain_ended(StoreBatch *batch, const char *driver, const uint8_t *uuid)
{
	op_begin(batch, STATEMENT_DOMAIN_ENDED);
	add_string(batch, driver);
	add_blob(batch, uuid, 16);
}

void store_batch_purge(StoreBatch *batch, const char *driver, const char *key)
{
	op_begin(batch, STATEMENT_REVISION_PURGE);
	add_string(batch, driver);
	add_string(batch, key);
}

void store_batch_run(StoreBatch *batch, const StoreRun *row)
{
	g_autoptr(Text) text = row->start_xml ? text_new(row->start_xml) : NULL;

	op_begin(batch, STATEMENT_RUN_PUT);
	add_string(batch, row->driver);
	add_blob(batch, row->uuid, 16);
	add_string(batch, row->name);
	add_number(batch, row->id);
	add_number(batch, row->state);
	add_number(batch, row->reason);
	add_number(batch, row->persistent);
	add_number(batch, row->autodestroy);
	add_string(batch, row->boot_id ? row->boot_id : "");
	add_text(batch, text);
	add_number(batch, (int64_t)row->events_stored);
}

void store_batch_run_remove(StoreBatch *batch, const char *driver, const uint8_t *uuid)
{
	op_begin(batch, STATEMENT_RUN_REMOVE);
	add_string(batch, driver);
	add_blob(batch, uuid, 16);
}

static void object_key(StoreBatch *batch, const StoreObject *row)
{
	add_string(batch, row->kind);
	add_string(batch, row->driver);
	add_string(batch, row->parent);
	add_string(batch, row->key);
}

static void object_revision(StoreBatch *batch, const StoreObject *row, const StoreOrigin *origin,
			    const char *xml)
{
	g_autofree char *key = g_strconcat(row->parent, *row->parent ? "/" : "", row->key, NULL);
	g_autoptr(Text) text = xml ? text_new(xml) : NULL;

	op_begin(batch, STATEMENT_REVISION);
	add_string(batch, row->kind);
	add_string(batch, row->driver);
	add_string(batch, key);
	add_revision(batch, origin, text);
}

void store_batch_object(StoreBatch *batch, const StoreObject *row, const StoreOrigin *origin)
{
	op_begin(batch, STATEMENT_OBJECT_PUT);
	object_key(batch, row);
	add_string(batch, row->name);
	add_string(batch, row->xml);
	add_string(batch, row->extra ? row->extra : "");
	add_number(batch, row->autostart);
	object_revision(batch, row, origin, row->xml);
}

void store_batch_object_remove(StoreBatch *batch, const StoreObject *row,
			       const StoreOrigin *origin)
{
	op_begin(batch, STATEMENT_OBJECT_REMOVE);
	object_key(batch, row);
	object_revision(batch, row, origin, NULL);
}

void store_batch_event(StoreBatch *batch, const StoreEvent *row)
{
	op_begin(batch, STATEMENT_EVENT);
	add_number(batch, row->sequence);
	add_number(batch, row->time_usec);
	add_string(batch, row->driver);
	add_number(batch, row->kind);
	add_number(batch, row->id);
	add_string(batch, row->object);
	add_blob(batch, row->payload, row->length);
}

void store_batch_meta(StoreBatch *batch, const char *key, const char *value)
{
	op_begin(batch, STATEMENT_META);
	add_string(batch, key);
	add_string(batch, value);
}

/* After the ops that add revisions: as many of them forget what is too old. */
void store_batch_trim(StoreBatch *batch, StoreStatement statement, int64_t keep)
{
	if (statement == STATEMENT_EVENT_TRIM) {
		op_begin(batch, statement);
		add_number(batch, keep);
		return;
	}
	for (unsigned i = 0, n = batch->ops->len; i < n; i++) {
		Op op = g_array_index(batch->ops, Op, i);

		if (op.statement != STATEMENT_REVISION)
			continue;
		op_begin(batch, STATEMENT_REVISION_TRIM);
		for (unsigned key = 0; key < 3; key++)
			add_value(batch, g_array_index(batch->values, Value, op.first + key));
		add_number(batch, keep);
	}
}

static sqlite3_stmt *statement_get(StoreDb *db, StoreStatement which, GError **error)
{
	int r;

	if (db->statements[which])
		return db->statements[which];
	r = sqlite3_prepare_v3(db->handle, statement_sql[which], -1, SQLITE_PREPARE_PERSISTENT,
			       &db->statements[which], NULL);
	if (r != SQLITE_OK)
		store_db_fail(db, r, _("prepare a change"), error);
	return db->statements[which];
}

static int bind_value(sqlite3_stmt *statement, int index, const Value *value)
{
	switch (value->type) {
	case VALUE_NUMBER:
		return sqlite3_bind_int64(statement, index, value->number);
	case VALUE_STRING:
		return sqlite3_bind_text(statement, index, value->bytes, (int)value->length,
					 SQLITE_STATIC);
	case VALUE_BLOB:
		return sqlite3_bind_blob(statement, index, value->bytes, (int)value->length,
					 SQLITE_STATIC);
	case VALUE_NULL:
		break;
	}
	return sqlite3_bind_null(statement, index);
}

bool store_batch_apply(const StoreBatch *batch, StoreDb *db, GError **error)
{
	for (unsigned i = 0; i < batch->ops->len; i++) {
		const Op *op = &g_array_index(batch->ops, Op, i);
		sqlite3_stmt *statement = statement_get(db, op->statement, error);
		int r = SQLITE_OK;

		if (!statement)
			return false;
		for (unsigned v = 0; v < op->count && r == SQLITE_OK; v++)
			r = bind_value(statement, (int)v + 1,
				       &g_array_index(batch->values, Value, op->first + v));
		if (r == SQLITE_OK)
			r = sqlite3_step(statement);
		sqlite3_reset(statement);
		sqlite3_clear_bindings(statement);
		if (r != SQLITE_DONE)
			return store_db_fail(db, r, _("write a change"), error);
	}
	return true;
}
