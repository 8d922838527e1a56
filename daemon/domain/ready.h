/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests that a driver has from the start (test:///default): made and started when its first
 * connection is opened, unless they are there already. Engine only.
 */
#pragma once

#include <stdbool.h>

#include "daemon/client/call.h"

/* Parks. A failure to start one is logged; one to define it is the call's error. */
bool ready_domains_call(Call *call, GError **error);
