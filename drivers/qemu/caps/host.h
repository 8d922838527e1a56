/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The <host> part of the capabilities document, read from /proc and /sys anew each time: its
 * processor, NUMA cells, caches. In the engine.
 */
#pragma once

#include <glib.h>

#include "drivers/qemu/caps/caps.h"

/* NUMA nodes that are there; NULL on a host that has no such thing. Caller frees. */
Cpuset *host_nodes(void);
/* Appends <host>...</host>; @caps of the host's own architecture, or NULL when there is no QEMU. */
void host_format(GString *out, const QemuCaps *caps);
