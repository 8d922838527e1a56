/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bridge of a virtual network, its addresses and routes, made by reeve-priv. */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "rpc/tables/priv.h"

/*
 * Does the bridge belong to the network @uuid (a text)? *ret_there says whether there is an interface of
 * that name. An error for one of somebody else. @claimed: it was about to be made, and may have no mark yet.
 */
bool bridge_look(const char *name, const char *uuid, bool claimed, bool *ret_there, GError **error);

/* Makes the bridge of @network, marked as that of @uuid, if it is not @there; not up yet. */
bool bridge_make(const priv_network *network, const char *uuid, bool there, GError **error);
/* Its addresses, up, its routes. */
bool bridge_start(const priv_network *network, GError **error);
/* A missing one is no error. */
bool bridge_remove(const char *name, GError **error);
