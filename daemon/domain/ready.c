/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/core/settings.h"
#include "daemon/domain/affect.h"
#include "daemon/domain/ready.h"
#include "daemon/guest/vm.h"
#include "daemon/registry/domain_call.h"

static struct {
	const Driver *driver; /* that was made ready */
	Hold hold;	      /* one at a time; whoever comes meanwhile waits for the first */
} ready;

static void start(Call *call, Domain *found)
{
	g_auto(DomainHold) domain = call_hold_wait(call, found, "a start", NULL);
	const DomainDef *def = domain ? domain_def_get(domain, DOMAIN_STORED, NULL) : NULL;
	VmStart how = { .def = def };
	g_autoptr(GError) reason = NULL;

	if (def && !domain_is_active(domain) && !vm_start_call(domain, &how, &reason))
		log_warning(_("domain '%s' cannot be started: %s"), domain->name, reason->message);
}

static bool make_one(Call *call, const char *xml, GError **error)
{
	g_autoptr(DomainDef) def =
		domain_def_parse(xml, strlen(xml), CONF_INACTIVE, NULL, error);
	g_autoptr(Domain) domain = NULL;
	Registry *registry = call->engine->registry;

	if (!def)
		return false;
	if (registry_find_name(registry, call->driver, def->name) ||
	    registry_find_uuid(registry, call->driver, def->uuid.bytes))
		return true;
	call->action = "ready";
	domain = definition_put_commit(call, xml, 0, error);
	if (!domain)
		return false;
	start(call, domain);
	return true;
}

static bool make_all(Call *call, GError **error)
{
	const char *const *documents = call->driver->ready_domains();

	for (; *documents; documents++)
		if (!make_one(call, *documents, error))
			return false;
	ready.driver = call->driver;
	return true;
}

bool ready_domains_call(Call *call, GError **error)
{
	uint64_t timeout = (uint64_t)call->engine->settings->call_timeout * G_USEC_PER_SEC;
	bool good;

	if (!call->driver->ready_domains || !call->engine->settings->test_ready_domains)
		return true;
	if (!hold_wait(&ready.hold, "ready domains", timeout, error))
		return false;
	good = ready.driver == call->driver || make_all(call, error);
	hold_release(&ready.hold);
	return good;
}
