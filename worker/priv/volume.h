/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What requests about pools and about volumes share. reeve-priv only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "rpc/tables/priv.h"
#include "worker/priv/fresh.h"
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

/* Has a guest's bytes and nothing else in it? */
bool volume_is_raw(const char *format);
/* What is known of @name in @directory. */
bool volume_tell(int directory, const char *name, priv_volume_ret *ret, GError **error);
/* The directory of the pool where @args may be made; -1 and an error. */
int volume_place_open(const PrivConfig *config, const priv_volume_create_args *args, GError **error);
/* Makes it in @directory, where nobody else can reach; -1 and an error, or its descriptor. */
int volume_make(const PrivConfig *config, int directory, const priv_volume_create_args *args, GError **error);
/* What has been made in @fresh, open as @fd, gets all that it shall have, and last its name: if it is still wanted. */
bool volume_finish(PrivCall *call, const Fresh *fresh, int fd, const priv_volume_create_args *args, GError **error);

/*
 * Makes in @directory the image args->made with what a guest sees in the one that is open as @from. The same as
 * volume_make().
 */
int volume_image_convert(PrivCall *call, int directory, int from, const priv_volume_clone_args *args, GError **error);
/* The image @fd, which is @name in @pool, and all that backs it, each opened as for a guest: ResourceLayer. */
GPtrArray *volume_chain_open(int fd, const char *pool, const char *name, const char *format, GError **error);
/* A passphrase as a memory file that only the tools may open again: never on a command line. */
int volume_secret_file(const PrivConfig *config, const char *bytes, size_t length, GError **error);
