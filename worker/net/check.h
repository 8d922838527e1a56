/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the engine says of a network is a stranger's: here it is checked, item by item, before anything is
 * made of it. What passes can stand in a line of dnsmasq's configuration and in a rule of nftables as it is.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "rpc/tables/priv.h"

bool network_check(const priv_network *network, GError **error);

/* The name of a network device: what Linux allows, of letters, digits, '_', '.' and '-'. */
bool device_name_check(const char *name, const char *what, GError **error);
