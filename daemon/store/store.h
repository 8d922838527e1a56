/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store is the truth on disk: one SQLite database (state/reeve.db, WAL, synchronous=FULL)
 * behind one thread. Changes are collected in a batch; a batch is written whole or not at all, and
 * batches that wait at the same time share one transaction (group commit). Owned by the engine;
 * used on the loop's thread only. Everything that is read often is kept in the registry, loaded
 * once by store_open(); history is read through the thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "daemon/store/text.h"

typedef struct Store Store;
typedef struct StoreBatch StoreBatch;

/* Who changed something; strings borrowed. Made by call_origin(), or {0} for reeved itself. */
typedef struct StoreOrigin {
	int64_t uid;	    /* of the peer, -1 when not known (TLS) or reeved itself */
	const char *user;   /* account name or x509 DN, NULL when not known */
	const char *origin; /* "unix pid 812", "tls 192.0.2.1:4711", "reeved" */
	const char *action; /* "define", "undefine", "rollback", "set-metadata", ... */
} StoreOrigin;

/* Short facts of a definition that listings and statistics want without parsing it. */
typedef struct DomainSummary {
	uint64_t max_memory_kib, memory_kib;
	unsigned max_vcpus, vcpus;
	char *title;	/* NULL when there is none */
	char *os_type;	/* "hvm" */
	char **disks; /* per disk its target and its source path, "" for none; NULL: not known */
} DomainSummary;

void domain_summary_clear(DomainSummary *summary);
/* ->disks as a JSON list of texts, and back; NULL for what is not one, as older releases wrote it. */
char *domain_summary_disks_format(char **disks);
char **domain_summary_disks_parse(const char *text);
void domain_summary_copy(const DomainSummary *from, DomainSummary *ret);

/* A persistent definition as stored. Strings borrowed by whoever gets it. */
typedef struct StoreDomain {
	const char *driver; /* Driver.name */
	const uint8_t *uuid; /* 16 bytes */
	const char *name;
	Text *text; /* the definition's XML */
	const DomainSummary *summary;
	bool autostart;
	bool updated;
	const char *managed_save; /* path, NULL: none */
} StoreDomain;

/* An active guest, to be found again after a restart, and known as dead after a crash. */
typedef struct StoreRun {
	const char *driver;
	const uint8_t *uuid;
	const char *name;
	int id;
	int state, reason;
	bool persistent;
	bool autodestroy;
	const char *boot_id;	/* of the host when the guest was started */
	const char *start_xml;	/* what the guest was started with; NULL: leave as stored */
	uint64_t events_stored; /* highest sequence number taken from the guest's worker */
} StoreRun;

/* Definitions of other kinds: networks, pools, volumes, filters, secrets, snapshots, ... */
typedef struct StoreObject {
	const char *kind;   /* "network", "pool", "nwfilter", "secret", "snapshot", ... */
	const char *driver; /* "" where one set serves all connections */
	const char *parent; /* "" or the parent's UUID in text form (snapshots, volumes) */
	const char *key;    /* unique among its siblings: UUID in text form, or a name */
	const char *name;
	const char *xml;
	const char *extra; /* whatever the noun keeps beside its XML (JSON), "" for nothing */
	bool autostart;
} StoreObject;

/* One revision in the history of an object. Owned by the array it came in. */
typedef struct StoreRevision {
	int64_t revision;
	int64_t time_usec; /* CLOCK_REALTIME */
	int64_t uid;
	char *user, *origin, *action, *xml; /* xml NULL in listings and where it was undefined */
	int64_t size;
	char *key; /* only of store_deleted_call() */
} StoreRevision;

/* One stored event; @payload is the message without a callback id. */
typedef struct StoreEvent {
	int64_t sequence;
	int64_t time_usec;
	const char *driver;
	int kind; /* EventKind */
	int id;
	const char *object; /* UUID in text form, or a name */
	const void *payload;
	gsize length;
} StoreEvent;

/* What is told of every row while the store is opened. Any member may be NULL. */
typedef struct StoreLoader {
	void (*domain)(const StoreDomain *row, void *data);
	void (*run)(const StoreRun *row, void *data);
	void (*object)(const StoreObject *row, void *data);
	void (*meta)(const char *key, const char *value, void *data);
} StoreLoader;

/*
 * Opens or creates @path for use by @loop (borrowed), brings its schema up to date (refuses one of a
 * newer reeve), hands all rows to @loader on the calling thread and starts the thread.
 */
Store *store_open(const char *path, sd_event *loop, const StoreLoader *loader, void *data,
		  GError **error);
/* Writes what is queued, then ends the thread. NULL is fine. */
void store_close(Store *store);

StoreBatch *store_batch_new(void);
void store_batch_free(StoreBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreBatch, store_batch_free)

/* All of these copy what they are given. */
/* Inserts or replaces a definition and writes a revision of it to the history. */
void store_batch_domain(StoreBatch *batch, const StoreDomain *row, const StoreOrigin *origin);
/* Removes the definition; its history gets a last entry and stays. */
void store_batch_domain_remove(StoreBatch *batch, const StoreDomain *row,
			       const StoreOrigin *origin);
/* autostart, updated, managed_save of a stored definition; no revision. */
void store_batch_domain_marks(StoreBatch *batch, const StoreDomain *row);
/* What ran of it has ended: it is no longer "updated". */
void store_batch_domain_ended(StoreBatch *batch, const char *driver, const uint8_t *uuid);
/* Forgets the history of a domain that is not stored any more. */
void store_batch_purge(StoreBatch *batch, const char *driver, const char *key);
void store_batch_run(StoreBatch *batch, const StoreRun *row);
void store_batch_run_remove(StoreBatch *batch, const char *driver, const uint8_t *uuid);
void store_batch_object(StoreBatch *batch, const StoreObject *row, const StoreOrigin *origin);
void store_batch_object_remove(StoreBatch *batch, const StoreObject *row,
			       const StoreOrigin *origin);
void store_batch_event(StoreBatch *batch, const StoreEvent *row);
void store_batch_meta(StoreBatch *batch, const char *key, const char *value);

/*
 * Parks until all of @batch is durable. On failure nothing of it was written: VIR_ERR_SYSTEM_ERROR
 * with ENOSPC or EIO where the disk is to blame. The batch stays the caller's. Cannot be cancelled.
 */
bool store_commit(Store *store, StoreBatch *batch, GError **error);
/* Writes @batch (taken) soon and in order, with nobody waiting; a failure is logged and retried. */
void store_queue(Store *store, StoreBatch *batch);

/* As store_queue() of one event; now and then forgets the oldest ones too. */
void store_queue_event(Store *store, const StoreEvent *event);

/* Parks. Revisions (StoreRevision, without XML) of one object, newest first; the caller's. */
GPtrArray *store_history_call(Store *store, const char *kind, const char *driver, const char *key,
			      GError **error);
/* One revision of the domain @key (UUID in text form) with its XML; VIR_ERR_INVALID_ARG: no such. */
StoreRevision *store_revision_call(Store *store, const char *driver, const char *key,
				   int64_t revision, GError **error);
/* Parks. The last entry of each domain that was undefined, the latest first, at most @max; with ->key its UUID in
 * text form and as ->xml the last text that it had. */
GPtrArray *store_deleted_call(Store *store, const char *driver, unsigned max, GError **error);
void store_revision_free(StoreRevision *revision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreRevision, store_revision_free)

/* Calls visit() on the loop's thread for each event after `after`, oldest first, at most `max`. */
typedef struct StoreEventVisit {
	int64_t after;
	unsigned max;
	void (*visit)(const StoreEvent *row, void *data);
	void *data;
} StoreEventVisit;
bool store_events_call(Store *store, const StoreEventVisit *what, GError **error);
/* How many revisions of one object, and how many events, are kept. 0 of revisions: all. */
void store_set_keep(Store *store, unsigned revisions, unsigned events);

/*
 * Parks. A copy of the database as it was at one moment, made in small steps between which changes are
 * written; returns the descriptor of a file without a name, -1 with an error. One at a time.
 */
int store_backup_call(Store *store, GError **error);

/* Highest sequence number of stored events when the store was opened. */
int64_t store_last_event(const Store *store);
