/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A FiberQueue is where fibers wait in line for something that others bring about. Zeroed is empty.
 * It lies in the memory of what is waited for; who waits holds a reference to that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

typedef struct FiberQueue {
	GQueue waiting; /* of FiberEvent, in the waiters' memory */
} FiberQueue;

/*
 * Parks until it is this fiber's turn. @reason (static) and @timeout_usec as of fiber_event_wait().
 * True also when the turn came together with a timeout or a cancel: then the caller has it.
 */
bool fiber_queue_wait(FiberQueue *queue, const char *reason, uint64_t timeout_usec, GError **error);

/* The first in line, or all of them, run on from the loop. False: nobody was waiting. */
bool fiber_queue_wake_one(FiberQueue *queue);
bool fiber_queue_wake_all(FiberQueue *queue);
