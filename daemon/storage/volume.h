/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A volume's definition out of what was found on disk, and what to make out of a definition. */
#pragma once

#include "daemon/storage/pool.h"
#include "rpc/tables/priv.h"

/* @created: what a client once said of the volume (its encryption, its label), or NULL. */
Volume *volume_new(const char *directory, const priv_volume *facts, const VolumeDef *created);

/*
 * Fills @ret but for pool and permissions: borrowed strings of @def, and the passphrase, which the
 * caller wipes with volume_create_args_clear().
 */
bool volume_create_args(Engine *engine, VolumeDef *def, priv_volume_create_args *ret,
			GError **error);
void volume_create_args_clear(priv_volume_create_args *args);
/* The same of a volume that is copied: its name and format are borrowed, its passphrase is the caller's. */
bool volume_source_args(Engine *engine, const VolumeDef *def, priv_volume_clone_args *ret, GError **error);
void volume_source_args_clear(priv_volume_clone_args *args);
