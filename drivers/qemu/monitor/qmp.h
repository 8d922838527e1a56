/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The QEMU Machine Protocol monitor of one hypervisor (QEMU's docs/interop/qmp-spec). Owned by the
 * live half of the qemu driver in the worker, where calls park their fiber, or by the probe
 * process, where there is no loop and calls block. The hypervisor is not trusted: lines, nesting
 * and numbers are bounded, wrong ids harm only the call, every call has a deadline.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <jansson.h>
#include <systemd/sd-event.h>

typedef struct Qmp Qmp;

typedef struct QmpEvent {
	const char *name;
	json_t *data; /* an object, borrowed; NULL when the event has none */
	int64_t seconds;
	unsigned micros;
} QmpEvent;

/* Both are called on the loop and must not park. Members may be NULL. */
typedef struct QmpHandler {
	void (*event)(const QmpEvent *event, void *data);
	/* The connection has ended, once; @why is NULL at an orderly end of file. */
	void (*closed)(const GError *why, void *data);
} QmpHandler;

/* On @loop, by the connected socket @fd, which is taken whether it succeeds or not. */
Qmp *qmp_new(sd_event *loop, int fd, const QmpHandler *handler, void *data, GError **error);

/*
 * Without a loop: calls block. Takes both descriptors (equal for a socket; for pipes SIGPIPE must
 * be ignored by the program). Events that come while a call waits go to @handler, which may be NULL.
 */
Qmp *qmp_new_blocking(int read_fd, int write_fd, const QmpHandler *handler, void *data,
		      GError **error);

/* Errors name this domain from now on, and calls without a deadline of their own have this one. */
void qmp_set_domain(Qmp *qmp, const char *name, uint64_t patience_usec);

/* Ends the connection and every call in progress with it. NULL is fine. */
void qmp_free(Qmp *qmp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Qmp, qmp_free)

/* Waits for the greeting and leaves negotiation mode, both within @timeout_usec. Once, first. */
bool qmp_greet_call(Qmp *qmp, uint64_t timeout_usec, GError **error);
/* major * 1000000 + minor * 1000 + micro of the greeting. */
uint64_t qmp_version(const Qmp *qmp);

/*
 * Runs @command with @arguments (an object, reference taken; may be NULL) and waits at most
 * @timeout_usec (0: its patience). Returns the value of "return", which the caller owns, or NULL:
 * VIR_ERR_OPERATION_TIMEOUT, VIR_ERR_OPERATION_UNSUPPORTED when the hypervisor has no such
 * command, VIR_ERR_DEVICE_MISSING for its DeviceNotFound, else VIR_ERR_OPERATION_FAILED. A reply
 * that comes after the timeout is dropped.
 */
json_t *qmp_call(Qmp *qmp, const char *command, json_t *arguments, uint64_t timeout_usec,
		 GError **error);
/* As qmp_call() with a copy of @fd attached, for getfd and add-fd. */
json_t *qmp_fd_call(Qmp *qmp, const char *command, json_t *arguments, int fd, GError **error);
/*
 * Sends @request (an object with "execute"; reference taken, its "id" is replaced) and returns the
 * whole reply, error replies included. The caller owns it.
 */
json_t *qmp_raw_call(Qmp *qmp, json_t *request, uint64_t timeout_usec, GError **error);

/* Milliseconds since the last sign of life of a monitor that owes an answer; 0 when none does. */
int64_t qmp_silent_ms(const Qmp *qmp);
bool qmp_is_closed(const Qmp *qmp);
/* Closed by the hypervisor, which may be about to end. */
bool qmp_has_hung_up(const Qmp *qmp);

/* Patience with commands that only touch the hypervisor's own state, unless somebody sets another. */
#define QMP_TIMEOUT_USEC (30 * G_USEC_PER_SEC)
