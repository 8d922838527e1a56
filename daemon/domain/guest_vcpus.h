/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many vCPUs are online inside a running guest: its agent tells and changes it. Engine only. */
#pragma once

#include <stdbool.h>

#include "daemon/registry/registry.h"

/* Those that are online, or all that it knows; -1 and an error. */
int guest_vcpus_count_call(Domain *domain, bool maximum, GError **error);
bool guest_vcpus_set_call(Domain *domain, unsigned count, GError **error);
