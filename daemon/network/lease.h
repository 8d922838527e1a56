/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who took which address: what a network's dnsmasq has written down. It talks to guests, so what it writes is a
 * stranger's. Engine only; a small file, which does not block.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "conf/def/domain.h"
#include "daemon/object/object.h"

typedef struct Lease {
	int64_t expires; /* seconds since 1970; 0: never */
	bool six;
	char *mac;  /* NULL: not known */
	char *iaid; /* IPv6 only */
	char *address;
	char *name;	 /* NULL: none */
	char *client_id; /* NULL: none */
} Lease;

/* Those of an active network that have not expired, in the order of the file; Lease, owned by the array. */
GPtrArray *network_leases(const Object *object);

/* The interfaces of @def that are on networks and have leases, as domain_interface_addresses answers. */
void leases_of_domain(Engine *engine, const DomainDef *def, remote_domain_interface_addresses_ret *ret);
