/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Virtual networks while they are active. What an active network is like stands in a record below
 * run_dir/networks, written before anything is made on the host and removed after all of it has gone: whatever
 * an end of the daemon interrupts is completed, or undone, by the next start. A reboot ends all networks.
 * Owned by its Object; changed by who holds that. Engine only.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "conf/network/network.h"
#include "daemon/object/object.h"

typedef struct ActiveNetwork {
	NetworkDef *def; /* as it was started, and updated since; the stored one may differ */
	pid_t dnsmasq;	 /* 0: none runs */
	int pidfd;
	sd_event_source *watch; /* of its end */
	unsigned restarts;	/* of dnsmasq, by itself */
	gint64 restarted;	/* the last time, CLOCK_MONOTONIC, microseconds */
} ActiveNetwork;

/* The stored definition; the caller frees. */
NetworkDef *network_def_of(const Object *object, GError **error);
/* VIR_ERR_OPERATION_INVALID when it is not active. Borrowed. */
ActiveNetwork *network_active(const Object *object, GError **error);
/* What holds now: of the active network, else of the stored one. The caller frees. */
NetworkDef *network_def_now(const Object *object, GError **error);

/* As in ObjectClass. */
bool network_settle(Objects *objects, void *def, const Object *self, GError **error);
bool network_start_call(Object *object, const char *xml, unsigned flags, GError **error);
bool network_stop_call(Object *object, GError **error);
char *network_show(const Object *object, unsigned flags, GError **error);

/* Makes the host, the record and memory follow @def (taken, also on failure), which takes the live one's place. */
bool network_change_call(Object *object, NetworkDef *def, GError **error);

/* Takes over what runs on as @def (taken) says; the host is not asked. */
void network_adopt(Object *object, NetworkDef *def);
/* Whatever of an active network is not on the host, or not as it shall be, becomes so. Parks. */
bool network_apply_call(Object *object, GError **error);
/* The same for one that was active when this engine started. */
bool network_complete_call(Object *object, GError **error);

/* At the engine's start, before calls are served: networks that were active are so again. Parks. */
void networks_take_over_call(Engine *engine);
/* Those that are started with the host. Parks. */
void networks_autostart_call(Engine *engine);
/* Before memory goes: dnsmasq runs on. */
void networks_leave_all(Engine *engine);

/* The network that fresh installations have, where there never was one. Parks. */
void network_default_call(Engine *engine);
/* For StoreLoader.meta. */
void network_default_note(const char *key);
