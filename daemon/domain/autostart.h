/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starts the guests that are marked for it, once per boot of the host: a restart of reeved must not
 * start again what somebody has stopped. Engine only.
 */
#pragma once

#include <stdbool.h>

#include "daemon/core/engine.h"

/* A row of the store's meta table, while it is loaded. */
void autostart_note(Engine *engine, const char *key, const char *value);
/* Has the host been started since they were last started? */
bool autostart_is_due(const Engine *engine);
/* After vm_reconcile_call(): starts guests in the background, some at a time. */
void autostart_begin(Engine *engine);
