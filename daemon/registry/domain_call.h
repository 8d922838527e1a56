/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains as calls and events name them. Engine only. */
#pragma once

#include <rpc/rpc.h>

#include "daemon/client/call.h"
#include "daemon/registry/registry.h"

/*
 * The domain of @dom by UUID, as the call's driver knows it: borrowed, VIR_ERR_NO_DOMAIN else.
 * Most handlers find it in call->domain.
 */
Domain *call_domain(Call *call, const remote_nonnull_domain *dom, GError **error);
/* Fills @ret with malloc'ed strings. */
void call_fill_domain(const Domain *domain, remote_nonnull_domain *ret);

/* Holds the call's domain for a change, or fails; see domain_hold_wait(). Released by g_auto. */
DomainHold call_hold_wait(Call *call, Domain *domain, const char *what, GError **error);

/* Encodes @message with @filter (an XDR filter of the remote program) and emits it. */
void events_emit_domain(const Domain *domain, int id, xdrproc_t filter, void *message);
/* A lifecycle event of @domain. */
void events_emit_lifecycle(const Domain *domain, int event, int detail);
