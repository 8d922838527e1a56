/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Vm is the engine's link to the worker of one active guest: the process, the connection, the
 * pidfds of worker and hypervisor. domain->vm points to it while the domain is active; owned by
 * vm.c. Whatever the guest does comes from here into the registry and to the clients.
 *
 * Functions named ..._call park, and have deadlines; the domain may have ended when they return.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "daemon/core/engine.h"
#include "daemon/registry/domain_call.h"
#include "rpc/client/rpc_client.h"
#include "rpc/wire/message.h"

/* Memory to go on from: the guest stays paused until vm_go_call(). */
typedef struct VmRestore {
	int fd; /* of the file, at the memory; the caller's; -1: there is none */
	const char *snapshot; /* then: inside of its images; NULL too: it boots, and is only told of otherwise */
	const char *path;
	unsigned format; /* SaveFormat */
	bool bypass_cache;
	bool running; /* it is about to run; else it is told to be paused */
	int detail;   /* virDomainEventStartedDetailType */
	int reason;   /* of VIR_DOMAIN_PAUSED */
	bool managed; /* it was the domain's managed save, which it is no longer once the guest is there */
} VmRestore;

typedef struct VmStart {
	const DomainDef *def; /* what to start: stored or given; copied */
	unsigned flags;	      /* virDomainCreateFlags */
	Client *autodestroy_with; /* NULL: it does not end with a client */
	const VmRestore *restore; /* NULL: it boots */
} VmStart;

/*
 * Starts @domain, which the caller holds and knows to be inactive. When it returns true the guest
 * runs (or is paused), the run state is committed, and the domain is published. On failure nothing
 * is left behind.
 */
bool vm_start_call(Domain *domain, const VmStart *start, GError **error);
/*
 * Ends the guest: by the worker, or when that does not answer by killing its processes. The domain
 * is inactive when it returns true; a transient one is gone. @flags: virDomainDestroyFlagsValues.
 */
bool vm_destroy_call(Domain *domain, unsigned flags, GError **error);

/* Routes @request unchanged; the reply may be an error reply. False when there is no reply. */
bool vm_forward_call(Domain *domain, RpcMessage *request, uint64_t timeout_usec,
		     RpcMessage **ret_reply, GError **error);
/* Calls @proc (control or remote program) of the worker. */
bool vm_worker_call(Domain *domain, const RpcExchange *exchange, GError **error);

/*
 * The live definition is what the worker has told by now, however often it does so: after a call that
 * changes it.
 */
void vm_live_xml_flush(Domain *domain);

/*
 * A change of the running guest that needs files, images or taps: opens @resources (of Resource;
 * NULL: none) as at a start, gives their descriptors to the worker, and makes @exchange, a call of
 * the control program, whose function takes them there with vm_handed_take(). On failure nothing
 * that was opened stays open. The caller holds @domain, so that nobody else's come in between.
 */
bool guest_hand_over_call(Domain *domain, GPtrArray *resources, const RpcExchange *exchange,
			  GError **error);

/*
 * Statistics (virDomainStatsTypes) in two parts, so that many guests are asked at once. @flags:
 * VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT. The worker answers within stats_timeout however mute its
 * hypervisor is; one that does not is not asked again for a second, and fails.
 */
RpcPending *vm_stats_begin(Domain *domain, unsigned stats, unsigned flags, GError **error);
/* @ret (zeroed) is the caller's to rpc_free(). */
bool vm_stats_finish_call(Domain *domain, RpcPending *pending, control_stats_ret *ret,
			  GError **error);

/* A connected descriptor of the console @device (an alias, NULL: the first); -1 and an error. */
int vm_open_console_call(Domain *domain, const char *device, GError **error);
/* A descriptor at the beginning of a picture; *ret_mime is the caller's. */
int vm_screenshot_call(Domain *domain, unsigned screen, char **ret_mime, GError **error);

/*
 * Engine's start: each row of the store about a guest that was active is noted while the store is
 * loaded (after the definitions, before or after other rows), then reconciled with what runs: found
 * again, or shut off with an event. Guests whose worker does not answer are waited for in the
 * background after some seconds.
 */
void vm_note_run(Engine *engine, const StoreRun *run);
bool vm_reconcile_call(Engine *engine, GError **error);
/* Engine's end: closes the links, guests run on. */
void vm_leave_all(Engine *engine);
/* Engine's end with setting stop_guests_on_exit: all guests are ended, in parallel. */
void vm_stop_all_call(Engine *engine);
