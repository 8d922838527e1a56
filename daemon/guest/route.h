/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that a guest's worker answers go there as they came. Engine only; parks. */
#pragma once

#include "daemon/registry/domain_call.h"

/*
 * The reply of the worker of the call's domain, which may be an error reply; NULL and an error when
 * there is none.
 */
RpcMessage *route_call(Call *call, GError **error);
/*
 * For calls that the engine orchestrates: the same call, unchanged, to the worker of the call's
 * domain. The worker leaves out what concerns the stored definition.
 */
bool route_live_call(Call *call, GError **error);
