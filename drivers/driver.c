/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/driver.h"

const Driver *const driver_table[] = { &qemu_driver, &test_driver, NULL };

const Driver *driver_find(const char *name)
{
	for (const Driver *const *driver = driver_table; *driver; driver++)
		if (g_str_equal((*driver)->name, name))
			return *driver;
	return NULL;
}

void resource_free(Resource *resource)
{
	if (!resource)
		return;
	g_free(resource->key);
	g_free(resource->path);
	g_free(resource->format);
	g_free(resource->template);
	g_free(resource->bridge);
	g_free(resource->name);
	g_free(resource->mac);
	g_free(resource);
}
