/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which volumes are being read or written at this moment by something that takes its time: a stream, a copy, a
 * wipe. Many may read; who writes is alone. By path, so it lasts while a pool is looked at anew, or stopped. Engine
 * only.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

typedef enum VolumeUse {
	VOLUME_READ,
	VOLUME_WRITE,
} VolumeUse;

/* VIR_ERR_OPERATION_INVALID, saying why, when others use it in another way. @why is static: "is being copied". */
bool volume_use_begin(const char *path, VolumeUse use, const char *why, GError **error);
void volume_use_end(const char *path, VolumeUse use);

/* Is nobody at it? Else the same error. */
bool volume_use_none(const char *path, GError **error);
