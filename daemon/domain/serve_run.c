/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts and ends of guests, and what a client sees of them: console, screen. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"
#include "daemon/client/stream.h"
#include "daemon/domain/affect.h"
#include "daemon/domain/managed_save.h"
#include "daemon/guest/vm.h"
#include "daemon/registry/domain_call.h"

#define START_FLAGS                                                                                \
	((unsigned)(VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY |                       \
		    VIR_DOMAIN_START_BYPASS_CACHE | VIR_DOMAIN_START_FORCE_BOOT |                  \
		    VIR_DOMAIN_START_RESET_NVRAM))

/* ---- Starting ------------------------------------------------------------------------------ */

static VmStart start_of(const Call *call, const DomainDef *def, unsigned flags)
{
	return (VmStart){
		.def = def,
		.flags = flags,
		.autodestroy_with = flags & VIR_DOMAIN_START_AUTODESTROY ? call->client : NULL,
	};
}

static bool create(Call *call, unsigned flags, GError **error)
{
	g_auto(DomainHold) domain = NULL;
	VmStart start;

	if (!call_flags(call, flags, START_FLAGS, error))
		return false;
	if (domain_is_active(call->domain))
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is already running"),
			    call->domain->name);
	domain = call_hold_wait(call, call->domain, "a start", error);
	if (!domain)
		return false;
	if (domain_is_active(domain))
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is already running"),
			    domain->name);
	start = start_of(call, NULL, flags);
	return managed_save_or_boot_call(domain, &start, error);
}

bool serve_domain_create(Call *call, G_GNUC_UNUSED remote_domain_create_args *args,
			 G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return create(call, 0, error);
}

bool serve_domain_create_with_flags(Call *call, remote_domain_create_with_flags_args *args,
				    remote_domain_create_with_flags_ret *ret, GError **error)
{
	if (!create(call, args->flags, error))
		return false;
	call_fill_domain(call->domain, &ret->dom);
	return true;
}

bool serve_domain_create_xml(Call *call, remote_domain_create_xml_args *args,
			     remote_domain_create_xml_ret *ret, GError **error)
{
	unsigned conf = args->flags & VIR_DOMAIN_START_VALIDATE ? CONF_VALIDATE : 0;
	g_autoptr(DomainDef) def = NULL;
	g_auto(DomainHold) domain = NULL;
	VmStart start;

	if (!call_flags(call, args->flags, START_FLAGS | VIR_DOMAIN_START_VALIDATE, error))
		return false;
	def = definition_read(call, args->xml_desc, conf, error);
	if (!def)
		return false;
	domain = registry_claim_wait(call->engine->registry, call->driver, def, error);
	if (!domain)
		return false;
	start = start_of(call, def, args->flags);
	if (!vm_start_call(domain, &start, error)) {
		registry_drop(domain);
		return false;
	}
	call_fill_domain(domain, &ret->dom);
	return true;
}

/* ---- Ending -------------------------------------------------------------------------------- */

/* Does not hold the domain: it must work when something else hangs. */
static bool destroy(Call *call, unsigned flags, GError **error)
{
	Domain *domain = call->domain;
	g_autofree char *log = g_strdup_printf("%s/%s.log", call->engine->log_dir, domain->name);

	if (!domain->vm && !domain_require_active(domain, error))
		return false;
	if (!vm_destroy_call(domain, flags & VIR_DOMAIN_DESTROY_GRACEFUL, error))
		return false;
	if (flags & VIR_DOMAIN_DESTROY_REMOVE_LOGS)
		unlink(log);
	return true;
}

bool serve_domain_destroy(Call *call, G_GNUC_UNUSED remote_domain_destroy_args *args,
			  G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return destroy(call, 0, error);
}

bool serve_domain_destroy_flags(Call *call, remote_domain_destroy_flags_args *args,
				G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return call_flags(call, args->flags,
			  VIR_DOMAIN_DESTROY_GRACEFUL | VIR_DOMAIN_DESTROY_REMOVE_LOGS, error) &&
	       destroy(call, args->flags, error);
}

/* ---- Console and screen -------------------------------------------------------------------- */

static const char *first_alias(const GPtrArray *list)
{
	return list_length(list) > 0 ? ((DomainChardev *)list_get(list, 0))->info.alias : NULL;
}

/* The first console is the first serial port under another name, where there is one. */
static const char *console_resolve(const DomainDef *def, const char *name)
{
	const char *console = first_alias(def->consoles);
	const char *serial = first_alias(def->serials);

	if (name && g_strcmp0(name, console) != 0)
		return name;
	return serial ? serial : console;
}

bool serve_domain_open_console(Call *call, remote_domain_open_console_args *args,
			       G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	bool force = args->flags & VIR_DOMAIN_CONSOLE_FORCE;
	g_autofree char *device = NULL;
	g_autofree char *key = NULL;
	const DomainDef *def;
	StreamSpec spec;

	if (!call_flags(call, args->flags, VIR_DOMAIN_CONSOLE_FORCE | VIR_DOMAIN_CONSOLE_SAFE,
			error) ||
	    !domain_require_active(call->domain, error))
		return false;
	def = domain_def_get(call->domain, DOMAIN_LIVE, error);
	if (!def)
		return false;
	device = g_strdup(console_resolve(def, args->dev_name ? *args->dev_name : NULL));
	if (!device)
		return fail(error, VIR_ERR_INTERNAL_ERROR, _("domain '%s' has no console"),
			    call->domain->name);
	key = g_strdup_printf("console %s %s", call->domain->uuid_text, device);
	if (!force && stream_key_taken(call->engine, key))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("Active console session exists for this domain; use force to take it "
			      "over"));
	spec = (StreamSpec){ .to_client = true, .from_client = true, .key = key, .force = force };
	spec.fd = vm_open_console_call(call->domain, device, error);
	return spec.fd >= 0 && stream_open(call, &spec, error);
}

bool serve_domain_screenshot(Call *call, remote_domain_screenshot_args *args,
			     remote_domain_screenshot_ret *ret, GError **error)
{
	g_autofree char *mime = NULL;
	StreamSpec spec = { .to_client = true };

	if (!call_flags(call, args->flags, 0, error))
		return false;
	spec.fd = vm_screenshot_call(call->domain, args->screen, &mime, error);
	if (spec.fd < 0 || !stream_open(call, &spec, error))
		return false;
	ret->mime = g_new(remote_string, 1);
	*ret->mime = g_steal_pointer(&mime);
	return true;
}
