/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a call is about: the handle that its first argument is, found before the call runs, with
 * access to it checked. Engine only.
 */
#pragma once

#include <stdbool.h>

#include "daemon/client/call.h"
#include "daemon/registry/domain_call.h"

/*
 * Sets call->domain, ->object and ->volume by the row's `names`; the kind's "no such" error, also
 * for what the caller may not see. Handles of kinds that the engine keeps none of (devices and
 * interfaces of the host, ports, bindings) are left to the function of the call.
 */
bool call_resolve(Call *call, GError **error);
