/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What requests about pools and about volumes share. reeve-priv only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "rpc/tables/priv.h"
#include "worker/priv/priv.h"

/* Are these an owner, a group and a mode that a volume or a pool may get? */
bool priv_permissions_check(const PrivConfig *config, const priv_permissions *permissions,
			    const char *name, GError **error);
/* Gives what @fd is, called @name, its owner, group and mode; -1 stays, no mode becomes @mode. */
bool priv_permissions_apply(int fd, const char *name, const priv_permissions *permissions,
			    mode_t mode, GError **error);

/* Makes the image that @args describe in @directory, which is the tools' user's own. */
bool volume_image_create(const PrivConfig *config, int directory,
			 const priv_volume_create_args *args, GError **error);
/* Changes the size of the qcow2 image @fd to that in @args; what backs it is opened by the policy. */
bool volume_image_resize(const PrivConfig *config, int fd, const priv_volume_resize_args *args,
			 GError **error);
