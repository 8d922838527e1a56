/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces of the host. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/object.h"

bool cmd_iface_mac(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_interface *iface = iface_arg(session, args, error);

	if (iface)
		out_text(session, "mac", iface->mac);
	return iface;
}

static json_t *list_row(Session *session, const void *data)
{
	const remote_nonnull_interface *iface = data;
	remote_interface_is_active_args active = { *iface };
	int answer = YES_NO(session, interface_is_active, &active, active);

	return json_pack("{s:o,s:s,s:o}", "name", json_text(iface->name), "state",
			 answer > 0 ? N_("active") : N_("inactive"), "mac", json_text(iface->mac));
}

bool cmd_iface_list(Session *session, const Args *args, GError **error)
{
	static const OutColumn columns[] = { { "name", N_("Name"), OUT_PLAIN },
					     { "state", N_("State"), OUT_TRANSLATE },
					     { "mac", N_("MAC Address"), OUT_PLAIN },
					     { NULL, NULL, OUT_PLAIN } };
	remote_connect_list_all_interfaces_args call = { 1, VIR_CONNECT_LIST_INTERFACES_ACTIVE };
	remote_connect_list_all_interfaces_ret *ret;
	json_t *array;

	if (args_has(args, "inactive"))
		call.flags = VIR_CONNECT_LIST_INTERFACES_INACTIVE;
	if (args_has(args, "all"))
		call.flags = VIR_CONNECT_LIST_INTERFACES_INACTIVE | VIR_CONNECT_LIST_INTERFACES_ACTIVE;
	ret = ASK(session, connect_list_all_interfaces, &call, error);
	if (!ret)
		return failed(session, _("Failed to list interfaces"));
	array = objects_rows(session, &(ObjectList)OBJECT_LIST(ret->ifaces.ifaces_val, ret->ifaces.ifaces_len,
							       list_row), error);
	if (!array)
		return false;
	out_table(session, columns, array);
	return true;
}

