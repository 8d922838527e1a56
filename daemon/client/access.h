/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may do what: the read-only rule and the permission of the call's row, checked before the
 * arguments are decoded further than the object that they name. Engine only.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "daemon/client/call.h"
#include "daemon/client/client.h"
#include "rpc/wire/procs.h"

/* Before anything is known of the arguments. VIR_ERR_OPERATION_DENIED on a read-only connection. */
bool access_check(const Client *client, const RpcProc *proc, GError **error);
/* May the call be made on this one? Asked once it is found, before the function of the call runs. */
bool call_check_domain(const Call *call, const Domain *domain, GError **error);
bool call_check_object(const Call *call, const Object *object, GError **error);
/* May the caller know of it? Listings and look-ups leave out what he may not. */
bool call_sees_domain(const Call *call, const Domain *domain);
bool call_sees_object(const Call *call, const Object *object);
/* As access_check() for what depends on the decoded arguments. */
bool access_check_when(const Client *client, const RpcProc *proc, const void *args,
		       GError **error);
