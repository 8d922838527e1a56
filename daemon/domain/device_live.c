/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/domain/device_live.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/domain/device_edit.h"
#include "daemon/guest/vm.h"
#include "daemon/network/resolve.h"
#include "rpc/wire/wire.h"

bool device_live_check(const Domain *domain, GError **error)
{
	return domain->driver->plan ||
	       fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
		    _("driver '%s' cannot change the devices of a running guest; change the "
		      "definition (--config) and restart the guest"),
		    domain->driver->name);
}

/* A copy of what the guest has now. */
static DomainDef *live_copy(Domain *domain, GError **error)
{
	const DomainDef *live = domain_def_get(domain, DOMAIN_LIVE, error);

	return live ? domain_def_copy(live) : NULL;
}

/* ---- In ------------------------------------------------------------------------------------ */

/* Names that devices of this guest had: they are not given again. The caller frees. */
static char **retired_call(Domain *domain, GError **error)
{
	control_retired_ret ret = { 0 };
	const RpcExchange exchange = { .proc = CONTROL(RETIRED), .ret = &ret };
	char **names = NULL;

	if (vm_worker_call(domain, &exchange, error)) {
		names = g_new0(char *, ret.aliases.aliases_len + 1);
		for (guint i = 0; i < ret.aliases.aliases_len; i++)
			names[i] = g_strdup(ret.aliases.aliases_val[i]);
	}
	rpc_free((xdrproc_t)xdr_control_retired_ret, &ret);
	return names;
}

static bool plug_call(Domain *domain, const DomainDef *live, const DomainDevice *device,
		      GError **error)
{
	g_autoptr(GPtrArray) resources = domain->driver->device_resources(live, device, error);
	g_autofree char *xml = domain_device_format(device, CONF_SECURE);
	const control_plug_args args = { .xml = xml };
	const RpcExchange exchange = { .proc = CONTROL(PLUG), .args = &args };

	return resources && guest_hand_over_call(domain, resources, &exchange, error);
}

static bool unplug_call(Domain *domain, const char *alias, bool wait, bool *ret_gone,
			GError **error)
{
	const control_unplug_args args = { .alias = (char *)alias, .wait = wait };
	control_unplug_ret ret = { 0 };
	const RpcExchange exchange = { .proc = CONTROL(UNPLUG), .args = &args, .ret = &ret };
	bool done = vm_worker_call(domain, &exchange, error);

	*ret_gone = ret.gone;
	vm_live_xml_flush(domain);
	return done;
}

/* Takes back the first @count devices of @plan, the last of them first. */
static void plan_undo_call(Domain *domain, const GPtrArray *plan, guint count)
{
	while (count-- > 0) {
		const DomainDevice *device = g_ptr_array_index(plan, count);
		g_autoptr(GError) reason = NULL;
		bool gone = false;

		if (!unplug_call(domain, device->info->alias, true, &gone, &reason))
			log_warning(_("domain '%s' keeps device '%s': %s"), domain->name,
				    device->info->alias, reason->message);
	}
}

static bool plan_call(Domain *domain, const DomainDef *live, const GPtrArray *plan, GError **error)
{
	for (guint i = 0; i < plan->len; i++) {
		bool done = plug_call(domain, live, g_ptr_array_index(plan, i), error);

		vm_live_xml_flush(domain);
		if (done)
			continue;
		plan_undo_call(domain, plan, i);
		return false;
	}
	return true;
}

/* The device itself is the one of @plan that was last in its list. */
static char *alias_of(const GPtrArray *plan, const void *device)
{
	for (guint i = 0; i < plan->len; i++) {
		const DomainDevice *planned = g_ptr_array_index(plan, i);

		if (planned->any == device)
			return g_strdup(planned->info->alias);
	}
	return NULL;
}

typedef struct Attach {
	Engine *engine;
	const Driver *driver;
	DomainDef *live; /* as it will be */
	char **retired;
	DomainDevice added; /* the device itself, in @live */
} Attach;

/* What the host has for it, as at a start. */
static bool place_on_host(Engine *engine, const DomainDevice *device, GError **error)
{
	return device->kind != DEVICE_INTERFACE ||
	       network_resolve(engine, device->interface, error);
}

static GPtrArray *plan_make_wait(Attach *attach, const DomainDevice *given, GError **error)
{
	DomainDevice *copy = domain_device_copy(given);
	g_autoptr(GPtrArray) plan = NULL;

	attach->added = *copy;
	if (!device_add(attach->live, copy, error)) {
		domain_device_free(copy);
		return NULL;
	}
	if (!place_on_host(attach->engine, &attach->added, error))
		return NULL;
	plan = attach->driver->plan(attach->live, &attach->added, attach->retired, error);
	return plan && domain_def_check_generic(attach->live, error) ? g_steal_pointer(&plan)
								     : NULL;
}

bool device_attach_call(Domain *domain, const DomainDevice *given, char **ret_alias, GError **error)
{
	const Driver *driver = domain->driver;
	g_auto(GStrv) retired = retired_call(domain, error);
	g_autoptr(DomainDef) live = retired ? live_copy(domain, error) : NULL;
	Attach attach = {
		.engine = domain->engine, .driver = driver, .live = live, .retired = retired
	};
	g_autoptr(GPtrArray) plan = live ? plan_make_wait(&attach, given, error) : NULL;
	bool done = plan && plan_call(domain, live, plan, error);

	if (done && ret_alias)
		*ret_alias = alias_of(plan, attach.added.any);
	if (live && driver->settle)
		driver->settle(live, done);
	return done;
}

/* ---- Out ----------------------------------------------------------------------------------- */

static char *alias_find(Domain *domain, const DomainDevice *given, GError **error)
{
	g_autoptr(DomainDef) live = live_copy(domain, error);
	const DeviceInfo *info;
	int index;

	if (!live)
		return NULL;
	index = device_find(live, given, error);
	if (index < 0)
		return NULL;
	info = list_get(domain_def_devices(live, given->kind), (guint)index);
	return info->alias ? g_strdup(info->alias)
			   : fail_null(error, VIR_ERR_OPERATION_UNSUPPORTED,
				       _("this <%s> of domain '%s' has no alias to go by"),
				       domain_device_kinds[given->kind].name, domain->name);
}

bool device_detach_call(Domain *domain, const DomainDevice *given, const char *alias, bool wait,
			GError **error)
{
	g_autofree char *name = alias ? g_strdup(alias) : alias_find(domain, given, error);
	bool gone = false;

	if (!name || !unplug_call(domain, name, wait, &gone, error))
		return false;
	return gone || !wait ||
	       fail(error, VIR_ERR_OPERATION_TIMEOUT,
		    _("the guest of domain '%s' was asked to give up device '%s' and has not done "
		      "so "
		      "yet; an event tells when it has, or refuses to"),
		    domain->name, name);
}

/* ---- Otherwise ----------------------------------------------------------------------------- */

/* @live with @given, completed, in the place of the device that it means; *ret is what came in. */
static bool replace_wait(DomainDef *live, const Driver *driver, const DomainDevice *given,
			 DomainDevice *ret, GError **error)
{
	DomainDevice *copy = domain_device_copy(given);

	*ret = *copy;
	if (!device_replace(live, copy, error)) {
		domain_device_free(copy);
		return false;
	}
	return driver->refit(live, ret, error) && domain_def_check_generic(live, error);
}

bool device_update_call(Domain *domain, const DomainDevice *given, unsigned flags, GError **error)
{
	g_autoptr(DomainDef) live = live_copy(domain, error);
	g_autoptr(GPtrArray) resources = NULL;
	g_autofree char *xml = NULL;
	DomainDevice device;
	control_update_args args = { .flags = flags };
	const RpcExchange exchange = { .proc = CONTROL(UPDATE), .args = &args };
	bool done;

	if (!live || !replace_wait(live, domain->driver, given, &device, error))
		return false;
	/* Only a medium is opened anew: what else may change stays where it is plugged in. */
	resources = device.kind == DEVICE_DISK ?
			    domain->driver->device_resources(live, &device, error) :
			    g_ptr_array_new();
	if (!resources)
		return false;
	xml = args.xml = domain_device_format(&device, CONF_SECURE);
	done = guest_hand_over_call(domain, resources, &exchange, error);
	vm_live_xml_flush(domain);
	return done;
}
