/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reeve-priv is asked for networks with a bridge of their own. Engine only; all of it parks. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "conf/network/network.h"
#include "daemon/core/engine.h"

typedef struct NetworkHost {
	pid_t dnsmasq;	/* 0: none runs */
	int pidfd;	/* the caller's; -1 */
	bool respawned; /* it was started anew */
} NetworkHost;

/* Makes the host have the network as @def says, whatever of it is there already. */
bool network_host_apply_call(Engine *engine, const NetworkDef *def, NetworkHost *ret, GError **error);
/* Removes all of it. One that is not there is no error. */
bool network_host_remove_call(Engine *engine, const Uuid *uuid, GError **error);
