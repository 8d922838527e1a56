/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of active networks: one file each below run_dir/networks. Engine only. */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "conf/network/network.h"
#include "daemon/object/object.h"

bool record_write(const Object *object, const NetworkDef *def, GError **error);
void record_remove(const Object *object);

/* Calls @take for each network that was active in this boot; others' records are removed. */
void records_each(Engine *engine, void (*take)(Engine *engine, NetworkDef *def));
