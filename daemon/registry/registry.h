/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The registry is the engine's index of domains: by driver and UUID, driver and name, driver and
 * id. A Domain lives as long as it is defined or active, or somebody holds a reference. Reads
 * never touch the disk. Members are written through the functions here only.
 *
 * A handler that changes a domain does: domain_hold_wait() (one change at a time), look at the
 * domain again, check, build a StoreBatch, store_commit(), change the memory, domain_release().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "base/hold.h"
#include "conf/def/domain.h"
#include "daemon/core/engine.h"
#include "daemon/store/store.h"

struct Domain {
	/* What listings look at, of ten thousand in a row, comes first: one cache line of each. */
	const Driver *driver;
	char *name;
	uint8_t uuid[16];
	int id; /* -1 while inactive */
	int state, reason; /* virDomainState and its reasons; written by domain_move() only */
	bool persistent; /* has a stored definition */
	bool updated;	 /* definition changed since the start, as domain_is_updated says */
	bool autostart;
	bool pending;	 /* name and UUID are taken, but nobody may see it yet */
	bool removed;	 /* no longer in the registry */
	bool autodestroy; /* ends with the client that started it */
	unsigned refs;

	Engine *engine;
	char uuid_text[37];
	char *managed_save; /* path of the saved memory, NULL when there is none */
	DomainSummary summary; /* of the stored definition; of the live one while transient */
	uint64_t started_usec; /* CLOCK_REALTIME; 0 while inactive */

	JobResult *last_job; /* until somebody has asked for it; NULL: none. Of job_result.c */

	Vm *vm; /* link to the worker while active, NULL else; owned by daemon/guest/vm.c */

	Text *text;	 /* the stored definition, NULL while transient */
	Text *live_text; /* while active, as the worker last sent it */

	Hold hold; /* domain_hold_wait() */
};

typedef enum DomainWhich {
	DOMAIN_STORED, /* the persistent definition */
	DOMAIN_LIVE,   /* what runs */
} DomainWhich;

/* The right to change a domain, with a reference: released at the end of g_auto(DomainHold). */
typedef Domain *DomainHold;

Registry *registry_new(Engine *engine);
void registry_free(Registry *registry);

Domain *domain_ref(Domain *domain);
void domain_unref(Domain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Domain, domain_unref)

static inline bool domain_is_active(const Domain *domain)
{
	return domain->id >= 0;
}

/* Borrowed; NULL when there is none. Pending domains are not found. */
Domain *registry_find_uuid(Registry *registry, const Driver *driver, const uint8_t *uuid);
Domain *registry_find_name(Registry *registry, const Driver *driver, const char *name);
Domain *registry_find_id(Registry *registry, const Driver *driver, int id);
/* As above with VIR_ERR_NO_DOMAIN and a sentence. */
Domain *registry_get_uuid(Registry *registry, const Driver *driver, const uint8_t *uuid,
			  GError **error);

/* Borrowed; a domain of another driver that has the same UUID and a worker; NULL without one. */
const Domain *registry_find_running_twin(const Domain *domain);

/* All visible domains of @driver (NULL: of all), borrowed pointers in a new array. */
GPtrArray *registry_list(Registry *registry, const Driver *driver);
unsigned registry_count(const Registry *registry);

/*
 * Takes name and UUID of @def for a domain that is about to be defined or created, or finds the
 * one that is there already. Fails with VIR_ERR_OPERATION_FAILED where name and UUID belong to
 * different domains. The caller holds a reference, and the domain itself (domain_hold_wait), and
 * ends with registry_publish() or registry_drop() when it was new (->pending).
 */
DomainHold registry_claim_wait(Registry *registry, const Driver *driver, const DomainDef *def,
			       GError **error);
/* While loading: a stored definition becomes a visible domain. */
void registry_load(Registry *registry, const Driver *driver, const StoreDomain *row);
/* Makes a pending domain visible. */
void registry_publish(Domain *domain);
/* Takes @domain out once it is neither persistent nor active (or pending); no event. */
void registry_drop(Domain *domain);
/* Changes the name in the index; the caller has committed. False if it is taken. */
bool registry_rename(Domain *domain, const char *name, GError **error);
/* Next free id of @driver; ids are not used twice while the engine lives. */
int registry_next_id(Registry *registry, const Driver *driver);
/* Sees to it that registry_next_id() never answers @id or less. */
void registry_reserve_id(Registry *registry, const Driver *driver, int id);
/* Puts @domain into or out of the index by id: @id is -1 for "inactive". */
void domain_set_id(Domain *domain, int id);

/*
 * The right to change a domain: one holder at a time, first come, first served. @what (static)
 * names the change to those who wait. VIR_ERR_OPERATION_TIMEOUT after @timeout_usec says who
 * holds it; VIR_ERR_NO_DOMAIN when it went away meanwhile. destroy need not hold.
 */
bool domain_hold_wait(Domain *domain, const char *what, uint64_t timeout_usec, GError **error);
void domain_release(Domain *domain);

static inline void domain_hold_clear(DomainHold *hold)
{
	if (*hold) {
		domain_release(*hold);
		domain_unref(*hold);
	}
	*hold = NULL;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DomainHold, domain_hold_clear)

/* A copy of the XML as it is stored, secrets included; the caller frees; NULL without one. */
char *domain_xml_dup(const Domain *domain, DomainWhich which);
/*
 * What a client may read: @flags as of virDomainXMLFlags. Copies the stored text where it can.
 * The caller frees.
 */
char *domain_xml_format(Domain *domain, unsigned flags, GError **error);
/*
 * The parsed form, from a small cache: borrowed until the caller parks or changes the domain.
 * Fails with VIR_ERR_OPERATION_INVALID when there is no such definition.
 */
const DomainDef *domain_def_get(Domain *domain, DomainWhich which, GError **error);

/* New live text from the worker; NULL when the guest has ended. Refreshes the summary if needed. */
void domain_set_live_xml(Domain *domain, const char *xml);
/* After the commit of a new definition: memory follows. */
void domain_set_stored(Domain *domain, Text *text, const DomainSummary *summary);
void domain_clear_stored(Domain *domain);
/* Of the summary, or where an older release wrote it in another form, of the definition. */
char **domain_disks(Domain *domain);
void domain_summary_fill(const DomainDef *def, DomainSummary *ret);
/* The row of @domain as it stands; everything in it is borrowed. */
StoreDomain domain_store_row(const Domain *domain);
/* And that of its run. */
StoreRun domain_run_row(const Domain *domain);

/* One move in the lifecycle of a domain. */
typedef struct DomainMove {
	int state, reason; /* where to */
	int event;  /* virDomainEventType to emit, -1: none (the worker emits its own) */
	int detail; /* of the event */
} DomainMove;

/*
 * The one function that changes a domain's state. Refuses moves that are not in the table with
 * VIR_ERR_OPERATION_INVALID, else changes the state, puts the run state into @batch (or, when that
 * is NULL, queues it for writing), and emits the event. Never parks. Leaving for
 * VIR_DOMAIN_SHUTOFF makes it inactive (id -1, no live XML) and drops it when it is transient.
 */
bool domain_move(Domain *domain, const DomainMove *move, StoreBatch *batch, GError **error);
/* Is the move in the table? */
bool domain_may_move(int from, int to);
/* "running", "shut off", ... untranslated. */
const char *domain_state_name(int state);

/* Is it active? Else VIR_ERR_OPERATION_INVALID "domain '...' is not running". */
bool domain_require_active(const Domain *domain, GError **error);
