/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "base/i18n.h"
#include "base/log.h"
#include "drivers/driver.h"
#include "drivers/qemu/caps/probe.h"

const DriverLive *const live_table[] = { &qemu_live, &test_live, NULL };

static const struct {
	const char *driver;
	int (*probe)(const char *what);
} probes[] = {
	{ "qemu", qemu_probe },
};

const DriverLive *driver_live_find(const char *name)
{
	for (const DriverLive *const *live = live_table; *live; live++)
		if (g_str_equal((*live)->name, name))
			return *live;
	return NULL;
}

int driver_probe(const char *driver, const char *what)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(probes); i++)
		if (g_str_equal(probes[i].driver, driver))
			return probes[i].probe(what);
	log_error(_("the driver '%s' has nothing to probe"), driver);
	return EXIT_FAILURE;
}
