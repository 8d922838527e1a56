/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "drivers/driver.h"

const DriverLive *const live_table[] = { &qemu_live, &test_live, NULL };

const DriverLive *driver_live_find(const char *name)
{
	for (const DriverLive *const *live = live_table; *live; live++)
		if (g_str_equal((*live)->name, name))
			return *live;
	return NULL;
}

int driver_probe(const char *driver, const char *what)
{
	const DriverLive *live = driver_live_find(driver);

	if (live && live->probe)
		return live->probe(what);
	log_error(_("the driver '%s' has nothing to probe"), driver);
	return EXIT_FAILURE;
}
