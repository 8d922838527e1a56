/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The domain that a command names: by id, UUID or name, in this order. The handle lives as long as
 * the command runs. Process: reeve.
 */
#pragma once

#include "tools/cli/commands.h"

typedef remote_nonnull_domain Domain;

/* The domain of option @name; NULL with an error "failed to get domain '...'". */
const Domain *domain_find(Session *session, const char *name, GError **error);
/* As above for the value of --domain. */
const Domain *domain_arg(Session *session, const Args *args, GError **error);

/* The definition as text; lives as long as the command runs. */
const char *domain_xml(Session *session, const Domain *domain, unsigned int flags, GError **error);
/* virDomainState, or -1 with an error; *ret_reason may be NULL. */
int domain_state(Session *session, const Domain *domain, int *ret_reason, GError **error);
bool domain_active(Session *session, const Domain *domain, bool *ret_active, GError **error);

/* Words of ours, marked for translation. */
const char *domain_state_name(int state);
const char *domain_reason_name(int state, int reason);

/* {"domain": name, "uuid": uuid, "done": what} for out_done(). */
json_t *domain_result(const Domain *domain, const char *what);

/*
 * VIR_DOMAIN_AFFECT_* by --config, --live, --current, and --persistent, which also means the
 * running guest when there is one.
 */
bool domain_affect(Session *session, const Args *args, const Domain *domain, unsigned int *ret_flags,
		   GError **error);
