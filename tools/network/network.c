/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtual networks. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/object.h"

/* Facts that each take a call. */
static json_t *network_facts(Session *session, const remote_nonnull_network *net)
{
	remote_network_is_active_args active = { *net };
	remote_network_is_persistent_args persistent = { *net };
	remote_network_get_autostart_args autostart = { *net };
	json_t *row = json_object();

	json_object_set_new(row, "name", json_text(net->name));
	json_object_set_new(row, "uuid", json_uuid(net->uuid));
	json_object_set_new(row, "active",
			    json_yes_no(YES_NO(session, network_is_active, &active, active)));
	json_object_set_new(row, "persistent",
			    json_yes_no(YES_NO(session, network_is_persistent, &persistent, persistent)));
	json_object_set_new(row, "autostart",
			    json_yes_no(YES_NO(session, network_get_autostart, &autostart, autostart)));
	return row;
}

bool cmd_net_info(Session *session, const Args *args, GError **error)
{
	static const OutColumn lines[] = {
		{ "name", N_("Name:"), OUT_PLAIN },	       { "uuid", N_("UUID:"), OUT_PLAIN },
		{ "active", N_("Active:"), OUT_YES_NO },       { "persistent", N_("Persistent:"), OUT_YES_NO },
		{ "autostart", N_("Autostart:"), OUT_YES_NO }, { "bridge", N_("Bridge:"), OUT_PLAIN },
		{ NULL, NULL, OUT_PLAIN },
	};
	const remote_nonnull_network *net = network_arg(session, args, error);
	remote_network_get_bridge_name_args call;
	remote_network_get_bridge_name_ret *bridge;
	json_t *object;

	if (!net)
		return false;
	call.net = *net;
	object = network_facts(session, net);
	bridge = ASK(session, network_get_bridge_name, &call, NULL);
	if (bridge)
		json_object_set_new(object, "bridge", json_text(bridge->name));
	out_record(session, lines, 15, object);
	return true;
}

static json_t *list_row(Session *session, const void *net)
{
	json_t *row = network_facts(session, net);

	json_object_set_new(row, "state",
			    json_string(json_is_true(json_object_get(row, "active")) ? N_("active") :
										       N_("inactive")));
	return row;
}

/* Names or UUIDs alone, for scripts, cost no further call. */
static json_t *list_plain(G_GNUC_UNUSED Session *session, const void *data)
{
	const remote_nonnull_network *net = data;

	return json_pack("{s:o,s:o}", "name", json_text(net->name), "uuid", json_uuid(net->uuid));
}

static const FlagOption filters[] = {
	{ "inactive", VIR_CONNECT_LIST_NETWORKS_INACTIVE },
	{ "all", VIR_CONNECT_LIST_NETWORKS_ACTIVE | VIR_CONNECT_LIST_NETWORKS_INACTIVE },
	{ "persistent", VIR_CONNECT_LIST_NETWORKS_PERSISTENT },
	{ "transient", VIR_CONNECT_LIST_NETWORKS_TRANSIENT },
	{ "autostart", VIR_CONNECT_LIST_NETWORKS_AUTOSTART },
	{ "no-autostart", VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART },
	{ NULL, 0 },
};

bool cmd_net_list(Session *session, const Args *args, GError **error)
{
	static const OutColumn columns[] = {
		{ "name", N_("Name"), OUT_PLAIN },
		{ "state", N_("State"), OUT_TRANSLATE },
		{ "autostart", N_("Autostart"), OUT_YES_NO },
		{ "persistent", N_("Persistent"), OUT_YES_NO },
		{ NULL, NULL, OUT_PLAIN },
	};
	remote_connect_list_all_networks_args call = { 1, args_flags(args, filters) };
	remote_connect_list_all_networks_ret *ret;
	const char *key = session->json ? NULL : args_has(args, "uuid") ? "uuid" :
			  args_has(args, "name") ? "name" : NULL;
	json_t *array;

	if (!args_exclusive(args, "table", "name", error) ||
	    !args_exclusive(args, "table", "uuid", error))
		return false;
	if (!args_has(args, "all") && !args_has(args, "inactive"))
		call.flags |= VIR_CONNECT_LIST_NETWORKS_ACTIVE;
	ret = ASK(session, connect_list_all_networks, &call, error);
	if (!ret)
		return failed(session, _("Failed to list networks"));
	array = objects_rows(session, &(ObjectList)OBJECT_LIST(ret->nets.nets_val, ret->nets.nets_len,
							       key ? list_plain : list_row), error);
	if (!array)
		return false;
	out_list(session, columns, key, array);
	return true;
}

/* --- leases --- */

static json_t *lease_row(Session *session, const remote_network_dhcp_lease *lease)
{
	time_t expiry = (time_t)lease->expirytime;
	struct tm tm;
	char when[32];
	json_t *row = json_object();

	localtime_r(&expiry, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	json_object_set_new(row, "expiry", json_string(when));
	json_object_set_new(row, "expiry_seconds", json_integer(lease->expirytime));
	json_object_set_new(row, "interface", json_text(lease->iface));
	json_object_set_new(row, "mac", json_text(lease->mac ? *lease->mac : NULL));
	json_object_set_new(row, "protocol",
			    json_string(lease->type == VIR_IP_ADDR_TYPE_IPV6 ? "ipv6" : "ipv4"));
	json_object_set_new(row, "address",
			    json_text(session_printf(session, "%s/%u", lease->ipaddr, lease->prefix)));
	json_object_set_new(row, "hostname", json_text(lease->hostname ? *lease->hostname : NULL));
	json_object_set_new(row, "client_id",
			    json_text(lease->clientid ? *lease->clientid : lease->iaid ? *lease->iaid : NULL));
	return row;
}

void show_leases(Session *session, const ActionReply *reply)
{
	static const OutColumn columns[] = {
		{ "expiry", N_("Expiry Time"), OUT_PLAIN },   { "mac", N_("MAC address"), OUT_PLAIN },
		{ "protocol", N_("Protocol"), OUT_PLAIN },    { "address", N_("IP address"), OUT_PLAIN },
		{ "hostname", N_("Hostname"), OUT_PLAIN },    { "client_id", N_("Client ID or DUID"), OUT_PLAIN },
		{ NULL, NULL, OUT_PLAIN },
	};
	const remote_network_get_dhcp_leases_ret *ret = reply->ret;
	json_t *array = json_array();

	for (guint i = 0; i < ret->leases.leases_len; i++)
		json_array_append_new(array, lease_row(session, &ret->leases.leases_val[i]));
	out_table(session, columns, array);
}

/* --- parts --- */

/* Daemons without feature 16 take command and section the other way round. */
static bool network_update(Session *session, remote_network_update_args *call, GError **error)
{
	if (!rpc_client_has_feature_call(session->client, 16)) {
		u_int command = call->command;

		call->command = call->section;
		call->section = command;
	}
	return TELL(session, network_update, call, error);
}

bool cmd_net_update(Session *session, const Args *args, GError **error)
{
	static const char *const verbs[] = { "none", "modify", "delete", "add-last", "add-first", NULL };
	static const char *const sections[] = {
		"none",	  "bridge",	       "domain",  "ip",		   "ip-dhcp-host", "ip-dhcp-range",
		"forward", "forward-interface", "forward-pf", "portgroup", "dns-host",	   "dns-txt",
		"dns-srv", NULL,
	};
	const remote_nonnull_network *net = network_arg(session, args, error);
	const char *verb = args_text(args, "command"), *xml = args_text(args, "xml");
	remote_network_update_args call = { .parentIndex = -1 };

	if (!net || !args_affect(args, &call.flags, error) ||
	    !args_int(args, "parent-index", &call.parentIndex, error))
		return false;
	if (!strcmp(verb, "add"))
		verb = "add-last";
	while (verbs[call.command] && strcmp(verbs[call.command], verb) != 0)
		call.command++;
	while (sections[call.section] && strcmp(sections[call.section], args_text(args, "section")) != 0)
		call.section++;
	if (!verbs[call.command] || !call.command)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("unrecognized command name '%s': use add-first, add-last, delete or modify"), verb);
	if (!sections[call.section] || !call.section)
		return fail(error, VIR_ERR_INVALID_ARG, _("unrecognized section name '%s'"),
			    args_text(args, "section"));
	call.net = *net;
	call.xml = (char *)(xml[0] == '<' ? xml : xmlfile_read(session, args, "xml", error));
	if (!call.xml || !network_update(session, &call, error))
		return failed(session, _("Failed to update network %s"), net->name);
	out_done(session, object_result("network", net->name, net->uuid, "update"),
		 _("Updated network %s live state"), net->name);
	return true;
}

/* --- ports --- */

bool cmd_net_port_list(Session *session, const Args *args, GError **error)
{
	static const OutColumn columns[] = { { "uuid", N_("UUID"), OUT_PLAIN }, { NULL, NULL, OUT_PLAIN } };
	const remote_nonnull_network *net = network_arg(session, args, error);
	remote_network_list_all_ports_args call = { .need_results = 1 };
	remote_network_list_all_ports_ret *ret;
	json_t *array;

	if (!net || !args_exclusive(args, "table", "uuid", error))
		return false;
	call.network = *net;
	ret = ASK(session, network_list_all_ports, &call, error);
	if (!ret)
		return false;
	array = json_array();
	for (guint i = 0; i < ret->ports.ports_len; i++) {
		char uuid[37];

		uuid_text(ret->ports.ports_val[i].uuid, uuid);
		if (args_has(args, "uuid"))
			out_print(session, "%s\n", uuid);
		json_array_append_new(array, json_pack("{s:s}", "uuid", uuid));
	}
	if (args_has(args, "uuid"))
		out_value(session, array);
	else
		out_table(session, columns, array);
	return true;
}
