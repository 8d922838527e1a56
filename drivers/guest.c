/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fd.h"
#include "drivers/guest.h"

GPtrArray *guest_resource(const Guest *guest, const char *key)
{
	return g_hash_table_lookup(guest->resources, key);
}

int guest_resource_take_fd(Guest *guest, const char *key)
{
	GPtrArray *layers = guest_resource(guest, key);
	GuestLayer *layer;

	if (!layers || layers->len == 0)
		return -1;
	layer = g_ptr_array_index(layers, 0);
	return take_fd(&layer->fd);
}
