/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The QEMU guest agent of one guest (QEMU's docs/interop/qemu-ga-ref), reached by the socket of its
 * channel. Owned by the live half of the qemu driver, in the worker. What answers is the guest's
 * own software and not trusted: it may be silent, double its replies or never end them. One command
 * at a time is in progress, each after a guest-sync-delimited of its own, so that a late or forged
 * reply to an earlier one cannot be taken for its reply.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <jansson.h>
#include <systemd/sd-event.h>

typedef struct Agent Agent;

/* Takes the connected socket @fd. */
Agent *agent_new(sd_event *loop, int fd, GError **error);
/* Ends calls in progress. NULL is fine. */
void agent_free(Agent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Agent, agent_free)
bool agent_is_closed(const Agent *agent);

/*
 * Sends @request (an object with "execute"; reference taken) and waits for its answer, for at most
 * @timeout_usec after the agent has proved to be awake (which must happen within
 * AGENT_SYNC_USEC). Returns the whole reply, which the caller owns. Fails with
 * VIR_ERR_AGENT_UNRESPONSIVE, or VIR_ERR_OPERATION_FAILED when the agent refuses.
 */
json_t *agent_call(Agent *agent, json_t *request, uint64_t timeout_usec, GError **error);

/* guest-shutdown; @mode is "powerdown", "reboot" or "halt". That no answer comes is normal. */
bool agent_shutdown_call(Agent *agent, const char *mode, GError **error);

#define AGENT_SYNC_USEC (5 * G_USEC_PER_SEC)
