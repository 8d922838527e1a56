/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fiber is a call in progress: straight-line code with a stack of its own, which parks while it
 * waits and lets the event loop run. There is one loop and one thread per process that has fibers
 * (reeved, reeve-vm), so no locks. Only functions named ..._wait, ..._call, ..._commit park. After
 * one of them returns, whatever the caller did not hold a reference to may be gone.
 *
 * Not on a fiber: NSS, PAM, getaddrinfo, dlopen, fork, anything that wants a large stack (256 KiB).
 *
 * Code that runs outside of any fiber (the command line tool, unit tests) may call the same
 * functions: the wait then turns the event loop until it is over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <systemd/sd-event.h>

typedef struct Fiber Fiber;

/*
 * One thing to wait for, in the waiter's memory. Zero-initialised is "not set". The one who sets it
 * must be told (by the waiter) when the waiter gives up, as it must not be set after it is gone.
 */
typedef struct FiberEvent {
	bool set;
	Fiber *waiter;
} FiberEvent;

/* Binds fibers to @loop (borrowed, must outlive them). Before anything else here. */
bool fiber_init(sd_event *loop, GError **error);
/* Frees pooled stacks. No fiber may be left. */
void fiber_done(void);

/*
 * Runs @function(@data) on a new fiber at once, until it first parks. @name is copied.
 * Fails with VIR_ERR_OPERATION_FAILED when LIMIT_FIBERS are running.
 */
bool fiber_spawn(const char *name, void (*function)(void *data), void *data, GError **error);

/* The running fiber, NULL outside of any. */
Fiber *fiber_current(void);

/*
 * Parks until @event is set. @timeout_usec counts from now; 0 waits for ever and is for waits that
 * an own process's end is sure to finish. Fails with VIR_ERR_OPERATION_TIMEOUT, or once with
 * VIR_ERR_OPERATION_ABORTED after fiber_cancel(). @reason (static) says what is waited for.
 */
bool fiber_event_wait(FiberEvent *event, const char *reason, uint64_t timeout_usec, GError **error);

/* Ends the wait; the waiter runs on from the loop, not inside this call. Idempotent. */
void fiber_event_set(FiberEvent *event);

/* Makes the present (or else the next) wait of @fiber fail once. */
void fiber_cancel(Fiber *fiber);

/* Parks for one turn of the loop: within long work, so that others have theirs. */
void fiber_yield_wait(void);

/* Parks for @usec; for delays that are themselves wanted, never to poll. */
bool fiber_sleep_wait(uint64_t usec, GError **error);

/* Calls @visit for each fiber with its name, what it waits for and since when (CLOCK_MONOTONIC). */
void fiber_each(void (*visit)(const char *name, const char *reason, uint64_t since, void *data),
		void *data);
unsigned fiber_count(void);
