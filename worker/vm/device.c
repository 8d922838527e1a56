/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of the control program that change the devices of the running guest. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/vm/calls.h"

/* Does the guest run, and has the driver got this member? */
#define LIVE(call, member, error)                                                                  \
	(vm_call_check_active(call, error) &&                                                      \
	 ((call)->live->member || vm_call_unsupported(call, error)))

bool control_plug(VmCall *call, control_plug_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_autoptr(GHashTable) handed = vm_handed_take(call->worker);
	g_autoptr(DomainDevice) device = NULL;

	if (!LIVE(call, plug, error))
		return false;
	device = domain_device_parse(args->xml, strlen(args->xml), CONF_STATUS, NULL, error);
	return device && call->live->plug(call->guest, device, handed, error);
}

bool control_unplug(VmCall *call, control_unplug_args *args, control_unplug_ret *ret,
		    GError **error)
{
	int result;

	if (!LIVE(call, unplug, error))
		return false;
	result = call->live->unplug(call->guest, args->alias, args->wait, error);
	ret->gone = result > 0;
	return result >= 0;
}

bool control_update(VmCall *call, control_update_args *args, G_GNUC_UNUSED NOTHING *ret,
		    GError **error)
{
	g_autoptr(GHashTable) handed = vm_handed_take(call->worker);
	g_autoptr(DomainDevice) device = NULL;

	if (!LIVE(call, update, error))
		return false;
	device = domain_device_parse(args->xml, strlen(args->xml), CONF_STATUS, NULL, error);
	return device && call->live->update(call->guest, device, handed, args->flags, error);
}

bool control_retired(VmCall *call, G_GNUC_UNUSED NOTHING *args, control_retired_ret *ret,
		     GError **error)
{
	g_autoptr(GPtrArray) aliases = NULL;

	if (!LIVE(call, retired, error))
		return false;
	aliases = call->live->retired(call->guest);
	ret->aliases.aliases_val = g_new0(control_string, aliases->len + 1);
	ret->aliases.aliases_len = aliases->len;
	for (guint i = 0; i < aliases->len; i++)
		ret->aliases.aliases_val[i] = g_strdup(g_ptr_array_index(aliases, i));
	return true;
}
