/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing domains by the flags of listings. Engine only. */
#pragma once

#include "daemon/client/call.h"

/* The domains of the call's driver that @flags (virConnectListAllDomainsFlags) let through. */
GPtrArray *domains_matching(Call *call, unsigned flags);
/* All that the caller may see, borrowed pointers in a new array. */
GPtrArray *domains_seen(Call *call);
