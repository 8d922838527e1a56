/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is the file system of a pool of type fs or netfs where it has to be? Engine only. */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "conf/storage/pool.h"

/* VIR_ERR_OPERATION_INVALID when nothing is mounted there, VIR_ERR_OPERATION_FAILED when something else is. */
bool mount_check(const PoolDef *def, GError **error);
