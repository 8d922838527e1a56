/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest may use of the host at most, by control groups, which reeve-priv writes. Engine only; parks. */
#pragma once

#include <stdbool.h>

#include "conf/def/domain.h"
#include "daemon/core/engine.h"

/*
 * Makes true what @wanted says of shares, limits of memory and of block devices, where it differs from @before (NULL:
 * the guest is about to start, and has none). What the host cannot do is refused by its name.
 */
bool guest_limits_call(Engine *engine, const DomainDef *before, const DomainDef *wanted,
		       GError **error);
