/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/plain.h"
#include "worker/vm/agent/ask.h"

bool agent_fail_nonsense(const VmCall *call, const char *name, GError **error)
{
	return fail(error, VIR_ERR_AGENT_UNRESPONSIVE,
		    _("the guest agent of domain '%s' gave no answer to '%s' that makes sense"),
		    call->worker->name, name);
}

/* Takes @arguments. */
static char *command_text(const char *name, json_t *arguments)
{
	json_t *command = json_pack("{s:s}", "execute", name);
	char *text, *copy;

	if (arguments)
		json_object_set_new(command, "arguments", arguments);
	text = json_dumps(command, JSON_COMPACT);
	copy = g_strdup(text);
	free(text);
	json_decref(command);
	return copy;
}

json_t *agent_ask(VmCall *call, const char *name, json_t *arguments, GError **error)
{
	g_autofree char *command = command_text(name, arguments);
	g_autofree char *text = NULL;
	json_t *reply, *value;

	if (!vm_call_check_active(call, error))
		return NULL;
	if (!call->live->agent_command) {
		vm_call_unsupported(call, error);
		return NULL;
	}
	text = call->live->agent_command(call->guest, command, call->worker->agent_timeout, error);
	if (!text)
		return NULL;
	reply = json_loads(text, 0, NULL);
	value = json_incref(json_object_get(reply, "return"));
	json_decref(reply);
	if (!value)
		agent_fail_nonsense(call, name, error);
	return value;
}

json_t *agent_ask_list(VmCall *call, const char *name, GError **error)
{
	json_t *value = agent_ask(call, name, NULL, error);

	if (!value || json_is_array(value))
		return value;
	json_decref(value);
	agent_fail_nonsense(call, name, error);
	return NULL;
}

bool agent_ask_number(VmCall *call, const char *name, json_t *arguments, int64_t *ret,
		      GError **error)
{
	json_t *value = agent_ask(call, name, arguments, error);
	bool good = json_is_integer(value);

	if (!value)
		return false;
	*ret = json_integer_value(value);
	json_decref(value);
	return good || agent_fail_nonsense(call, name, error);
}

bool agent_do(VmCall *call, const char *name, json_t *arguments, GError **error)
{
	json_t *value = agent_ask(call, name, arguments, error);

	json_decref(value);
	return value != NULL;
}

char *agent_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text_mend(g_strndup(text, AGENT_TEXT_MAX)) : NULL;
}

int64_t agent_number(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* ---- Disks --------------------------------------------------------------------------------- */

static bool is_at(const DeviceAddress *address, const json_t *place)
{
	return address->type == ADDRESS_PCI && address->pci.domain == agent_number(place, "domain") &&
	       address->pci.bus == agent_number(place, "bus") &&
	       address->pci.slot == agent_number(place, "slot") &&
	       address->pci.function == agent_number(place, "function");
}

static const DomainController *controller_at(const DomainDef *def, const json_t *place)
{
	for (guint i = 0; i < list_length(def->controllers); i++) {
		const DomainController *controller = list_get(def->controllers, i);

		if (is_at(&controller->info.address, place))
			return controller;
	}
	return NULL;
}

/* Guests number the devices of a controller; a disk of a bus of its own is where its PCI device is. */
const DomainDisk *agent_disk(const Guest *guest, const json_t *address)
{
	const json_t *place = json_object_get(address, "pci-controller");
	const DomainController *controller = controller_at(guest->def, place);

	for (guint i = 0; i < list_length(guest->def->disks); i++) {
		const DomainDisk *disk = list_get(guest->def->disks, i);
		const DeviceAddress *at = &disk->info.address;

		if (is_at(at, place))
			return disk;
		if (controller && at->type == ADDRESS_DRIVE && controller->has_index &&
		    at->drive.controller == (guint)controller->index &&
		    at->drive.bus == agent_number(address, "bus") &&
		    at->drive.target == agent_number(address, "target") &&
		    (int64_t)at->drive.unit == agent_number(address, "unit"))
			return disk;
	}
	return NULL;
}
