/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Long work on a running guest, of which there is one at a time: what it is, who began it, how far it is, how it
 * ends. Owned by the worker (worker/vm/job.c), which shows it to clients (domjobinfo) and keeps what a successor needs
 * in its state file; the live half of the driver does the work and fills in the numbers.
 *
 * The job goes on when the engine ends: the next one finds it, by its intent knows what is left to do, and waits for
 * its end (control call `job_wait`). It does not go on when the worker ends: a successor has the hypervisor stop it,
 * and the guest is as it was before.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "base/fiber_queue.h"

/* In bytes, pages and milliseconds, as virDomainGetJobStats has them. */
typedef struct JobNumbers {
	uint64_t memory_total, memory_processed, memory_remaining, memory_bps;
	uint64_t constant_pages, normal_pages, normal_bytes;
	uint64_t dirty_rate, iteration, page_size;
	uint64_t disk_total, disk_processed, disk_remaining, disk_bps;
	uint64_t setup_ms, downtime_ms;
	bool has_pages; /* the second and third row, and setup_ms, are known */
	bool has_downtime;
} JobNumbers;

typedef struct Job {
	int operation; /* virDomainJobOperation */
	char *intent;  /* the engine's, opaque here */
	uint64_t began_usec, ended_usec; /* CLOCK_MONOTONIC; ended 0: it goes on */
	int type;	/* virDomainJobType, once it has ended */
	bool can_abort;
	bool aborted; /* somebody wants it to end early */
	int state, reason; /* of the guest, before it began */
	GError *error;	/* of one that failed */
	JobNumbers numbers;
	FiberQueue waiting; /* for its end */
} Job;

/* NULL is fine. */
void job_free(Job *job);
