/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What requests about pools and about volumes share. reeve-priv only. */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "rpc/tables/priv.h"

/* Gives @name in @directory, which was just made, its owner, group and mode. */
bool priv_permissions_apply(int directory, const char *name, const priv_permissions *permissions,
			    GError **error);
