/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files vm*.c: how the engine keeps its link to the worker of one guest. */
#pragma once

#include "base/fiber_queue.h"
#include "daemon/client/client.h"
#include "daemon/guest/vm.h"

/* A process that we hold by its pidfd, and are told of its end. */
typedef struct VmProcess {
	pid_t pid;
	int pidfd; /* -1: none */
	bool ended;
	sd_event_source *source;
} VmProcess;

/* Where the engine stands with a guest. The moves between them are a table in phase.c. */
typedef enum VmPhase {
	VM_STARTING, /* nobody has been told of it yet */
	VM_GIVEN_UP, /* the same, and somebody has destroyed it meanwhile */
	VM_LINKING,  /* active; a fiber looks for its worker, or starts another one: calls wait for that */
	VM_LINKED,   /* active; calls go to the worker. Where that could not be reached there is no client */
	VM_KILLING,  /* active; its processes are being killed: nobody shall take it over */
	VM_ENDED,    /* the domain is no longer ours; what is left of it is cleaned up */
	VM_LEFT,     /* the engine ends and the guest runs on: its run state stays stored */
	VM_PHASES
} VmPhase;

/* So many bytes, and more as time goes by. */
typedef struct VmBudget {
	uint64_t left;
	uint64_t filled_usec; /* CLOCK_MONOTONIC; 0: it is full */
} VmBudget;

struct Vm {
	unsigned refs;
	Engine *engine;
	Domain *domain; /* referenced; its ->vm is us until the guest has ended */
	RpcClient *client; /* NULL while there is no link */
	VmProcess worker, guest;
	uid_t uid; /* of the guest */

	uint64_t events_seen;	/* highest sequence number that was passed on */
	uint64_t events_stored; /* and that is known to be on disk */
	uint64_t events_storing; /* and that a fiber is storing; as stored: there is none */
	GQueue early;	  /* RpcMessage that came before the start was over or the worker known */
	gsize early_size; /* bytes in there */
	VmBudget events_budget, xml_budget; /* what the worker may still cost others */
	bool over_budget;		    /* that was told */
	char *late_xml;			    /* came beyond the budget: taken by @late */
	sd_event_source *late;

	VmPhase phase; /* written by vm_move() only */
	bool greeting; /* whether it is the worker that answers is not known yet */
	bool other_boot; /* as the store says: the host has been started since */
	unsigned respawns;
	uint64_t respawned_usec;
	FiberQueue waiting; /* for a link, or for the end */

	ClientWatch *owner; /* autodestroy */
	uint64_t mute_until; /* CLOCK_MONOTONIC: it owes statistics */
	sd_event_source *grace; /* the hypervisor has died; the worker shall say how */
};

Vm *vm_new(Domain *domain, VmPhase phase);
Vm *vm_ref(Vm *vm);
void vm_unref(Vm *vm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vm, vm_unref)

bool vm_may_move(VmPhase from, VmPhase to);
/* Enters the phase @to, and wakes whoever waits. False when @vm is not in one from which it may. */
bool vm_move(Vm *vm, VmPhase to);
bool vm_is_starting(const Vm *vm);
bool vm_has_ended(const Vm *vm);
/* Is somebody at work on its link or its processes? */
bool vm_is_busy(const Vm *vm);

/* Watches @pidfd (taken); what its end means is told by @handler. */
bool vm_process_watch(Vm *vm, VmProcess *process, int pidfd, sd_event_io_handler_t handler,
		      GError **error);
void vm_process_clear(VmProcess *process);
/* Holds the hypervisor by the pid that the worker told, if it is new and a process of that guest. */
void vm_guest_watch(Vm *vm, pid_t pid);
/* The same for a process that is known to be it; @pidfd is taken. */
void vm_guest_hold(Vm *vm, pid_t pid, int pidfd);
/* A descriptor of process @pid if that is one of the guest's; -1 else. */
int vm_pid_open(const Engine *engine, const char *uuid_text, pid_t pid);
bool vm_worker_watch(Vm *vm, pid_t pid, int pidfd, GError **error);

/*
 * Holds the processes that the worker has written down, as far as they are not held already: for
 * when it does not answer.
 */
void vm_saved_watch(Vm *vm);

/* Path of a file in the guest's directory; the caller frees. */
char *vm_path(const Engine *engine, const char *uuid_text, const char *file);
/*
 * Connects to the worker's socket, greets it, holds its process. Fails for who is not the worker of this guest. *ret
 * is the caller's to rpc_free(). link.c
 */
bool vm_link_call(Vm *vm, control_hello_ret *ret, GError **error);
/* The same question to whoever works in a guest's directory, which is not kept as a link. */
bool vm_hello_call(const Engine *engine, const char *uuid_text, control_hello_ret *ret, GError **error);
/*
 * What a worker has written down: driver and definition (the caller's), whether its guest had ended. False without
 * a file that makes sense.
 */
bool vm_saved_read(const Engine *engine, const char *uuid_text, char **ret_driver, char **ret_xml, bool *ret_ended);
bool vm_saved_is_there(const Vm *vm);
void vm_unlink(Vm *vm);
/* Looks for the worker in the background, unless somebody does or there is nothing to look for. */
void vm_relink_begin(Vm *vm);
/* The worker has ended: its guest too, or a new one takes over. */
void vm_worker_gone(Vm *vm);
/* A call to the worker; errors name the domain. */
bool vm_exchange_call(Vm *vm, const RpcExchange *exchange, GError **error);
/*
 * Opens @resources for the guest and hands what was opened to its worker, which keeps it for the
 * next call of the control program that takes it. hand_over.c
 */
bool vm_resources_call(Vm *vm, GPtrArray *resources, GError **error);
/* Like vm_worker_call() for who has the link: waits for it, with a reference. */
Vm *vm_get_wait(Domain *domain, uint64_t timeout_usec, GError **error);
/* Spawns a worker into the guest's directory. */
bool vm_spawn_call(Vm *vm, GError **error);
/* Starts a new worker beside a running hypervisor. */
bool vm_adopt_call(Vm *vm, GError **error);
/* Takes what the worker tells of its guest's state, after a look at it. */
void vm_take_state(Vm *vm, const control_state *state, const char *xml);
/* The same for what hello and adopt have told, then what came meanwhile. */
void vm_greeted(Vm *vm, const control_state *state, const char *xml);

/* Messages of the worker. vm_message.c */
void vm_message(RpcMessage *message, void *data);
/* Takes what came early; from now on messages are taken as they come. */
void vm_early_flush(Vm *vm);
void vm_early_clear(Vm *vm);

/*
 * Takes the bytes of @cost out of a budget of at most @burst that is filled by @rate in a second. False when they are
 * not there.
 */
bool vm_budget_take(VmBudget *budget, gsize cost, gsize burst, gsize rate);

/*
 * The payload of an event of the worker, checked and made anew with the domain that it is about: ours, whatever
 * it said. NULL and an error for an event that there is not, or with texts in it that nobody can pass on.
 * *ret_word: of a monitor event its name, which the caller frees. event.c
 */
guint8 *vm_event_remake(const Domain *domain, const control_event_msg *message, gsize *ret_length, char **ret_word,
			GError **error);
/* The live definition that a worker told, made anew; NULL and an error unless it is one of @domain. */
char *vm_xml_remake(const Domain *domain, const char *xml, GError **error);
/* A state that a running guest, or one that has ended, may have. */
bool vm_state_is_possible(const control_state *state);

/*
 * The guest is gone: the domain becomes inactive, and all else is cleaned up in the background.
 * @event -1: the worker has sent its own.
 */
void vm_end(Vm *vm, int reason, int event, int detail);
/* Kills what is left of the guest's processes. */
void vm_kill_call(Vm *vm);
/* Cleans up after a start that failed, or an end: worker, directory. */
void vm_remove_call(Vm *vm);
/* Waits until what an earlier guest of @domain left behind is cleaned up. */
bool vm_retired_wait(Domain *domain, GError **error);
void vm_wake(Vm *vm);

/* A worker that was found again may have a job, whose end is seen to in the background. memory.c */
void vm_job_take_over(Vm *vm);

/* Guests that are found again. reconcile.c */

/* Makes @domain an active one whose worker is being looked for: calls wait for that. */
Vm *vm_note(Domain *domain, int id);
/* Brings @domain to @state by moves of the table; nothing is stored or told. */
void vm_state_restore(Domain *domain, int state, int reason);
/* The connection tells by its error whether there is a process behind the socket. */
bool vm_is_dead(const GError *error);

/* Guests that the store does not know. stray.c */

/* UUIDs of the guests' directories that no active domain has. */
GArray *vm_strays_find(Engine *engine);
/* Takes over the guest in such a directory, or cleans up when there never was one. Borrowed; NULL: none. */
Vm *vm_stray_call(Engine *engine, const Uuid *uuid);
/* Does somebody run in that directory of whom nothing is known? */
bool vm_is_unclear_call(Engine *engine, const char *uuid_text);
