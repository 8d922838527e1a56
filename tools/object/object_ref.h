/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The network, pool, volume ... that a command names, by name or UUID (of an interface: or MAC, of
 * a volume: or key or path). Handles live as long as the command runs; NULL with an error when
 * there is none. Process: reeve.
 */
#pragma once

#include "tools/cli/commands.h"

const remote_nonnull_network *network_arg(Session *session, const Args *args, GError **error);
const remote_nonnull_interface *iface_arg(Session *session, const Args *args, GError **error);
const remote_nonnull_nwfilter *nwfilter_arg(Session *session, const Args *args, GError **error);
const remote_nonnull_node_device *nodedev_arg(Session *session, const Args *args, GError **error);
const remote_nonnull_secret *secret_arg(Session *session, const Args *args, GError **error);
/* The value of --pool. */
const remote_nonnull_storage_pool *pool_arg(Session *session, const Args *args, GError **error);
const remote_nonnull_storage_pool *pool_find(Session *session, const char *name, GError **error);
/* --vol in --pool, or anywhere by key or path. */
const remote_nonnull_storage_vol *volume_arg(Session *session, const Args *args, GError **error);
const remote_nonnull_storage_vol *volume_find(Session *session, const char *name, const char *pool,
					      GError **error);

const remote_nonnull_network_port *port_arg(Session *session, const Args *args, GError **error);
const remote_nonnull_nwfilter_binding *binding_arg(Session *session, const Args *args, GError **error);

/* Of a domain; those without "find" and "current" by --snapshotname, --current, --checkpointname. */
typedef remote_nonnull_domain_snapshot Snapshot;
typedef remote_nonnull_domain_checkpoint Checkpoint;
const Snapshot *snapshot_arg(Session *session, const Args *args, GError **error);
const Snapshot *snapshot_current(Session *session, const remote_nonnull_domain *domain, GError **error);
const Snapshot *snapshot_find(Session *session, const remote_nonnull_domain *domain, const char *name,
			      GError **error);
const Checkpoint *checkpoint_arg(Session *session, const Args *args, GError **error);
const Checkpoint *checkpoint_find(Session *session, const remote_nonnull_domain *domain, const char *name,
				  GError **error);

/* {what: name, "uuid": uuid, "done": result}; @uuid may be NULL. */
json_t *object_result(const char *what, const char *name, const void *uuid, const char *result);
