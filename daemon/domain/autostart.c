/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/domain/autostart.h"
#include "daemon/domain/managed_save.h"
#include "daemon/guest/vm.h"
#include "daemon/registry/domain_call.h"
#include "daemon/store/store.h"

#define META_BOOT "autostart_boot"

enum {
	AT_A_TIME = 4,
};

#define HOLD_USEC (60 * G_USEC_PER_SEC)

static char *last_boot; /* for which guests were started */

typedef struct Autostart {
	Engine *engine;
	GQueue domains; /* referenced, by name */
	unsigned running; /* fibers */
} Autostart;

void autostart_note(G_GNUC_UNUSED Engine *engine, const char *key, const char *value)
{
	if (strcmp(key, META_BOOT) != 0)
		return;
	g_free(last_boot);
	last_boot = g_strdup(value);
}

static bool start_call(Domain *domain, GError **error)
{
	VmStart start = { 0 };
	bool started = false;

	if (!domain_hold_wait(domain, "autostart", HOLD_USEC, error))
		return false;
	started = domain_is_active(domain) || managed_save_or_boot_call(domain, &start, error);
	domain_release(domain);
	return started;
}

/* Each fiber takes one after the other, so that a host is not flooded with starting guests. */
static void start_some(void *data)
{
	Autostart *all = data;
	Domain *domain;

	while ((domain = g_queue_pop_head(&all->domains))) {
		g_autoptr(GError) error = NULL;

		if (!all->engine->stopping && !start_call(domain, &error))
			log_error(_("cannot autostart domain '%s': %s"), domain->name, error->message);
		domain_unref(domain);
	}
	if (--all->running == 0)
		g_free(all);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	const Domain *const *one = a, *const *other = b;

	return strcmp((*one)->name, (*other)->name);
}

/* Written before the first start: better one that is missed than one that is done twice. */
static void boot_write(Engine *engine)
{
	StoreBatch *batch = store_batch_new();

	store_batch_meta(batch, META_BOOT, engine->boot_id);
	store_queue(engine->store, batch);
}

bool autostart_is_due(const Engine *engine)
{
	return g_strcmp0(last_boot, engine->boot_id) != 0;
}

void autostart_begin(Engine *engine)
{
	g_autoptr(GPtrArray) list = NULL;
	Autostart *all;

	boot_write(engine);
	list = registry_list(engine->registry, NULL);
	g_ptr_array_sort(list, compare_names);
	all = g_new0(Autostart, 1);
	all->engine = engine;
	all->running = 1;
	for (unsigned i = 0; i < list->len; i++) {
		Domain *domain = g_ptr_array_index(list, i);

		if (domain->autostart && !domain_is_active(domain))
			g_queue_push_tail(&all->domains, domain_ref(domain));
	}
	for (unsigned i = 0; i < AT_A_TIME && !g_queue_is_empty(&all->domains); i++) {
		all->running++;
		if (!fiber_spawn("autostart", start_some, all, NULL))
			all->running--;
	}
	/* Our own part: whatever no fiber could be had for. */
	start_some(all);
}
