/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes as disks of guests. Engine only. */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "conf/def/domain.h"
#include "daemon/core/engine.h"

/*
 * Disks of @live that are said to be volumes become the files or devices that their pools have under these names, of
 * the format that the pool found unless the disk says one. Errors name the disk.
 */
bool disks_resolve(Engine *engine, DomainDef *live, GError **error);

/* VIR_ERR_OPERATION_INVALID when a guest runs on the file @path, or on an image that it backs. */
bool disk_is_unused(Engine *engine, const char *path, GError **error);
