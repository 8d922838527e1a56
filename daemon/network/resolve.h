/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An interface of type 'network' is on a bridge, or on something else, that only its network knows. Here it is
 * found out, at a guest's start and when a card is plugged into a running one. Engine only; nothing parks.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "conf/def/domain.h"
#include "daemon/core/engine.h"

/*
 * Fills in what the network and its port group say: bridge, port, and whatever @interface does not say itself.
 * One of a network that is a bridge of the host becomes of type 'bridge', as clients know it from live XML.
 * Interfaces of other types are left alone.
 */
bool network_resolve(Engine *engine, DomainInterface *interface, GError **error);
/* All of @live. */
bool networks_resolve(Engine *engine, DomainDef *live, GError **error);
