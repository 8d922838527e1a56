/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of networks among those that the host has already. Engine only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "conf/network/network.h"

/* The length of the prefix: as given, of the mask, or of the address's class. */
unsigned network_ip_prefix(const NetworkIp *ip);
unsigned network_route_prefix(const NetRoute *route);

/* An IPv4 subnet in the host's byte order. */
typedef struct Subnet4 {
	uint32_t address, mask;
} Subnet4;

/* The interface other than @own (or NULL) by which the host reaches part of @subnet; NULL: none. The caller frees. */
char *subnet_in_use(Subnet4 subnet, const char *own);

/* VIR_ERR_INTERNAL_ERROR, as clients know it, when a subnet of @def is in use by another interface. */
bool network_addresses_check(const NetworkDef *def, GError **error);
