/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that the agent inside the guest answers. Its words are a stranger's: every member is checked. */
#include "config.h"

#include <string.h>

#include <jansson.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/vm/calls.h"

enum { HOSTNAME_MAX = 1024 };

/* What the agent's command @name returned, a new reference; NULL and an error. */
static json_t *agent_ask(VmCall *call, const char *name, GError **error)
{
	g_autofree char *command = g_strdup_printf("{\"execute\":\"%s\"}", name);
	g_autofree char *text = NULL;
	json_t *reply, *value;

	if (!vm_call_check_active(call, error))
		return NULL;
	if (!call->live->agent_command) {
		vm_call_unsupported(call, error);
		return NULL;
	}
	text = call->live->agent_command(call->guest, command,
					 VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT, error);
	if (!text)
		return NULL;
	reply = json_loads(text, 0, NULL);
	value = json_incref(json_object_get(reply, "return"));
	json_decref(reply);
	if (!value)
		fail(error, VIR_ERR_AGENT_UNRESPONSIVE,
		     _("the guest agent of domain '%s' gave no answer to '%s' that makes sense"),
		     call->worker->name, name);
	return value;
}

bool vm_domain_get_hostname(VmCall *call, remote_domain_get_hostname_args *args,
			    remote_domain_get_hostname_ret *ret, GError **error)
{
	const unsigned known =
		VIR_DOMAIN_GET_HOSTNAME_LEASE | VIR_DOMAIN_GET_HOSTNAME_AGENT;
	const char *name;
	json_t *value;

	if (!vm_call_flags(call, args->flags, known, error))
		return false;
	if (args->flags & VIR_DOMAIN_GET_HOSTNAME_LEASE)
		return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
			    _("the name of a guest cannot be taken from DHCP leases: no network is "
			      "managed here; ask its agent"));
	value = agent_ask(call, "guest-get-host-name", error);
	if (!value)
		return false;
	name = json_string_value(json_object_get(value, "host-name"));
	if (name && *name && strlen(name) <= HOSTNAME_MAX)
		ret->hostname = g_strdup(name);
	json_decref(value);
	return ret->hostname ||
	       fail(error, VIR_ERR_NO_HOSTNAME, _("the agent of domain '%s' told no host name"),
		    call->worker->name);
}
