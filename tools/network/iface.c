/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces of the host. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/object.h"

OBJECT_VERB(cmd_iface_start, "interface", iface_arg, interface_create, iface, "start",
	    N_("Interface %s started\n"), N_("Failed to start interface %s"))
OBJECT_VERB(cmd_iface_destroy, "interface", iface_arg, interface_destroy, iface, "destroy",
	    N_("Interface %s destroyed\n"), N_("Failed to destroy interface %s"))
OBJECT_VERB(cmd_iface_undefine, "interface", iface_arg, interface_undefine, iface, "undefine",
	    N_("Interface %s undefined\n"), N_("Failed to undefine interface %s"))
OBJECT_DEFINE(cmd_iface_define, "interface", interface_define_xml, xml, iface,
	      VIR_INTERFACE_DEFINE_VALIDATE, "define", N_("Interface %s defined from %s\n"),
	      N_("Failed to define interface from %s"))
static const FlagOption xml_flags[] = { { "inactive", VIR_INTERFACE_XML_INACTIVE }, { NULL, 0 } };
OBJECT_DUMPXML(cmd_iface_dumpxml, iface_arg, interface_get_xml_desc, iface, xml_flags)
OBJECT_EDIT(cmd_iface_edit, "interface", iface_arg, interface_get_xml_desc, interface_define_xml, iface,
	    VIR_INTERFACE_XML_INACTIVE, N_("Interface %s XML configuration edited.\n"),
	    N_("Interface %s XML configuration not changed.\n"))

bool cmd_iface_name(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_interface *iface = iface_arg(session, args, error);

	if (iface)
		out_text(session, "name", iface->name);
	return iface;
}

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

#define CHANGE_VERB(function, proc, good, bad) \
	bool function(Session *session, G_GNUC_UNUSED const Args *args, GError **error) \
	{ \
		remote_##proc##_args call = { 0 }; \
\
		if (!TELL(session, proc, &call, error)) \
			return failed(session, _(bad)); \
		out_done(session, json_pack("{s:s}", "done", #proc), "%s", _(good)); \
		return true; \
	}
CHANGE_VERB(cmd_iface_begin, interface_change_begin, N_("Network config change transaction started\n"),
	    N_("Failed to begin network config change transaction"))
CHANGE_VERB(cmd_iface_commit, interface_change_commit, N_("Network config change transaction committed\n"),
	    N_("Failed to commit network config change transaction"))
CHANGE_VERB(cmd_iface_rollback, interface_change_rollback,
	    N_("Network config change transaction rolled back\n"),
	    N_("Failed to rollback network config change transaction"))
