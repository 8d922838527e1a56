/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Hold is the right to change something across waits: one holder at a time, first come, first
 * served. Zeroed is free. Reading needs none: what is in memory is whole between two waits.
 */
#pragma once

#include "base/fiber_queue.h"

typedef struct Hold {
	const char *what; /* the change in progress, for those who wait; NULL: free */
	FiberQueue waiting;
} Hold;

/* Takes it, or parks until it is free. @what is static: "a definition". Errors of the wait. */
bool hold_wait(Hold *hold, const char *what, uint64_t timeout_usec, GError **error);
/* Takes one that nobody can have yet. */
void hold_take(Hold *hold, const char *what);
/* It goes straight to the next in line, so nobody can slip in between. */
void hold_release(Hold *hold);
