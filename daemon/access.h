/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may do what: the read-only rule and the permission of the call's row, checked before the
 * arguments are decoded further than the object that they name. Engine only.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "daemon/client.h"
#include "rpc/procs.h"

/*
 * @domain is NULL where the call names none. VIR_ERR_OPERATION_DENIED on a read-only connection,
 * VIR_ERR_ACCESS_DENIED else. @flags is 0, or the call's flags word where the row depends on it.
 */
bool access_check(const Client *client, const RpcProc *proc, const Domain *domain, GError **error);

/* Is an inactive @domain's or an active one's secret XML etc. allowed on this connection? */
bool access_may_see_secrets(const Client *client);

/* May this peer use the socket at all? Sets client->authenticated and the user's name. */
bool access_admit(Client *client, GError **error);
