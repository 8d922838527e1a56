/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker's view of its one guest: the Guest that the driver's live half works on, the link to
 * the engine, and what the engine has not stored yet. One per process (reeve-vm).
 *
 * The process lives as long as its guest; then until the engine has taken the last event, or has
 * left. It does not need the engine: a new connection takes the place of the old one. What a
 * successor must know stands in the file "state" of the guest's directory, events included.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "drivers/driver.h"
#include "rpc/wire/conn.h"
#include "rpc/wire/dispatch.h"
#include "rpc/wire/procs.h"

typedef struct Worker Worker;

struct Worker {
	Guest guest; /* first: the driver gives us a Guest back */
	const DriverLive *live; /* NULL before start and adopt */
	char uuid_text[37];
	char *name; /* before start: as the command line says */
	bool session; /* the engine's user is ours */
	int agent_timeout; /* virDomainAgentResponseTimeoutValues, or seconds */

	GHashTable *handed; /* as guest.resources: for the next call that takes it */

	RpcConn *conn; /* to the engine, NULL while there is none */
	bool greeted;  /* it has said hello: messages may be sent */
	sd_event_source *listener;
	sd_event_source *lonely; /* ends a worker that nobody ever gave a guest */

	bool active; /* started or adopted, and not ended */
	bool ended;
	bool starting;
	bool failed;	     /* start did not work: nothing to keep */
	uint64_t generation; /* of state and live XML */
	uint64_t sequence;   /* of the last event */
	uint64_t acknowledged; /* by the engine */
	GQueue events;	     /* VmEvent that the engine has not acknowledged */
	gsize events_size;   /* bytes in there */
	uint64_t started_usec;
	Job *last_job; /* that has ended, until somebody has asked for it */
};

/* Context of every function that serves a call. */
typedef struct VmCall {
	Worker *worker;
	Guest *guest;
	const DriverLive *live;
	const RpcProc *proc;
	RpcMessage *message; /* with its descriptors */
	GArray *fds;	     /* of int: go with the reply; NULL: none */
	void (*after)(Worker *worker); /* runs when the reply has been sent; may be NULL */
} VmCall;

/* Sends the reply's descriptor along; takes @fd. */
void vm_call_add_fd(VmCall *call, int fd);
/* Fails with VIR_ERR_OPERATION_INVALID unless the guest runs or is paused. */
bool vm_call_check_active(VmCall *call, GError **error);
/* Fails with VIR_ERR_NO_SUPPORT naming the call; for NULL members of the live half. */
bool vm_call_unsupported(const VmCall *call, GError **error);
/* Any bit of @flags outside of @known: VIR_ERR_INVALID_ARG. */
bool vm_call_flags(const VmCall *call, unsigned flags, unsigned known, GError **error);

/*
 * What the engine has handed over by guest_hand_over_call() for the call that is being served, as
 * guest->resources has it: a new reference. What the call does not keep is closed with it.
 */
GHashTable *vm_handed_take(Worker *worker);
void vm_handed_drop(Worker *worker);

/* vm_link.c */
bool vm_link_listen(Worker *worker, int fd, GError **error);
void vm_link_close(Worker *worker);
/* Sends a message of the control program, if somebody listens. */
void vm_link_post(Worker *worker, const RpcProc *proc, const void *message);

/* vm_serve.c: answers one frame, on a fiber of its own. */
void vm_serve(Worker *worker, RpcMessage *message);

/* vm_event.c */
extern const GuestHost vm_host; /* what the live half calls */
typedef struct VmEvent {
	uint64_t sequence;
	int64_t time_usec; /* CLOCK_REALTIME */
	int id;
	GBytes *payload;
} VmEvent;

void vm_event_send(Worker *worker, const VmEvent *event);
void vm_event_acknowledge(Worker *worker, uint64_t sequence);
void vm_event_clear(Worker *worker);
/* Adds an event that was saved; @payload is copied. */
void vm_event_restore(Worker *worker, uint64_t sequence, int64_t time_usec, int id, GBytes *payload);

/* vm_payload.c: the remote program's message for @event, without a callback id. */
GBytes *vm_payload_encode(const Guest *guest, const GuestEvent *event);

/* vm_state.c */
void vm_state_fill(const Worker *worker, control_state *ret);
/* The live XML; the caller frees. */
char *vm_state_xml(const Worker *worker);
/* Tells the engine of a new state, with @xml of the new definition too; saves. */
void vm_state_changed(Worker *worker, bool xml);
/* Writes the file for a successor. A failure is logged. */
void vm_state_save(const Worker *worker);
/* Reads it: definition, driver, state, events. */
bool vm_state_load(Worker *worker, GError **error);

/* job.c */
/* Fails when there is one; @intent: what the engine does when it is over. */
bool vm_job_begin(Worker *worker, int operation, const char *intent, GError **error);
/* It has ended, for @reason or well. Who waits is told; it stays until the engine has done its part. */
void vm_job_over(Worker *worker, const GError *reason);
void vm_job_clear(Worker *worker);
/* Tells the engine of the one that has ended. */
void vm_job_post(Worker *worker);

/* memory.c: programs for SaveFormat; arrays of GStrv */
GPtrArray *vm_filters_write(unsigned format, bool bypass_cache);
GPtrArray *vm_filters_read(unsigned format, bool bypass_cache);

/* vm_main.c: ends the process when there is nothing left to do. */
void vm_check_end(Worker *worker);
/* Gives back memory that the start needed. */
void vm_trim(void);
