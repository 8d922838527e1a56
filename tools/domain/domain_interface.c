/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain's network interfaces: which there are, their traffic, links and addresses. */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/domain/device.h"
#include "tools/object/tune.h"

static const OutColumn list_columns[] = {
	{ "interface", N_("Interface"), OUT_PLAIN }, { "type", N_("Type"), OUT_PLAIN },
	{ "source", N_("Source"), OUT_PLAIN },	     { "model", N_("Model"), OUT_PLAIN },
	{ "mac", N_("MAC"), OUT_PLAIN },	     { NULL, NULL, OUT_PLAIN },
};

bool cmd_domiflist(Session *session, const Args *args, GError **error)
{
	static const char source_path[] = "source/@bridge | source/@network | source/@dev | "
					  "source/@path | source/@name | source/@type";
	const Domain *domain = domain_arg(session, args, error);
	const char *xml = domain ? domain_xml(session, domain,
					      args_has(args, "inactive") ? VIR_DOMAIN_XML_INACTIVE : 0,
					      error) : NULL;
	XmlView *view = xml ? xml_view(session, xml, error) : NULL;
	XmlNodes *list;
	json_t *rows;

	if (!view)
		return false;
	list = xml_find(session, view, NULL, "/domain/devices/interface");
	rows = json_array();
	for (int i = 0; i < list->n; i++) {
		xmlNode *node = list->nodes[i];
		const char *type = xml_text(session, view, node, "@type");
		json_t *row = json_object();

		json_object_set_new(row, "interface",
				    json_text(xml_text(session, view, node, "target/@dev")));
		json_object_set_new(row, "type", json_text(type));
		json_object_set_new(row, "source",
				    json_text(type && !strcmp(type, "network") ?
						      xml_text(session, view, node, "source/@network") :
						      xml_text(session, view, node, source_path)));
		json_object_set_new(row, "model", json_text(xml_text(session, view, node, "model/@type")));
		json_object_set_new(row, "mac", json_text(xml_text(session, view, node, "mac/@address")));
		json_array_append_new(rows, row);
	}
	out_table(session, list_columns, rows);
	return true;
}

bool cmd_domifstat(Session *session, const Args *args, GError **error)
{
	static const struct {
		const char *name;
		gsize offset;
	} members[] = {
#define MEMBER(name) { #name, offsetof(remote_domain_interface_stats_ret, name) }
		MEMBER(rx_bytes), MEMBER(rx_packets), MEMBER(rx_errs), MEMBER(rx_drop),
		MEMBER(tx_bytes), MEMBER(tx_packets), MEMBER(tx_errs), MEMBER(tx_drop),
	};
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_interface_stats_args call = { .device = (char *)args_text(args, "interface") };
	remote_domain_interface_stats_ret *ret;
	json_t *object;

	if (!domain)
		return false;
	call.dom = *domain;
	ret = ASK(session, domain_interface_stats, &call, error);
	if (!ret)
		return failed(session, _("Failed to get interface stats %s %s"), domain->name, call.device);
	object = json_object();
	for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
		int64_t value = *(const int64_t *)(const void *)((const char *)ret + members[i].offset);

		/* -1: not counted. */
		if (value < 0)
			continue;
		out_print(session, "%s %s %" G_GINT64_FORMAT "\n", call.device, members[i].name, value);
		json_object_set_new(object, members[i].name, json_integer(value));
	}
	out_value(session, object);
	return true;
}

/* By target or MAC address. */
static xmlNode *interface_find(Session *session, XmlView *view, const char *name, GError **error)
{
	XmlNodes *list = xml_find(session, view, NULL, "/domain/devices/interface");
	xmlNode *found = NULL;

	for (int i = 0; i < list->n; i++) {
		const char *target = xml_text(session, view, list->nodes[i], "target/@dev");
		const char *mac = xml_text(session, view, list->nodes[i], "mac/@address");

		if ((!target || strcmp(target, name) != 0) && (!mac || g_ascii_strcasecmp(mac, name) != 0))
			continue;
		if (found)
			return fail_null(error, VIR_ERR_INVALID_ARG,
					 _("multiple matching interfaces found: name one by its target"));
		found = list->nodes[i];
	}
	if (!found)
		fail(error, VIR_ERR_INVALID_ARG, _("Interface (%s: %s) not found."),
		     strchr(name, ':') ? "mac" : "dev", name);
	return found;
}

static XmlView *config_view(Session *session, const Args *args, const Domain *domain, GError **error)
{
	const char *xml = domain ? domain_xml(session, domain,
					      args_has(args, "config") ? VIR_DOMAIN_XML_INACTIVE : 0,
					      error) : NULL;

	return xml ? xml_view(session, xml, error) : NULL;
}

bool cmd_domif_getlink(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	XmlView *view = config_view(session, args, domain, error);
	const char *name = args_text(args, "interface"), *state;
	xmlNode *interface = view ? interface_find(session, view, name, error) : NULL;
	json_t *object;

	if (!interface)
		return false;
	state = xml_text(session, view, interface, "link/@state");
	out_print(session, "%s %s%s", name, state ? state : "up", session->quiet ? "\n" : "");
	object = json_object();
	json_object_set_new(object, "interface", json_text(name));
	json_object_set_new(object, "state", json_text(state ? state : "up"));
	out_value(session, object);
	return true;
}

bool cmd_domif_setlink(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	XmlView *view = config_view(session, args, domain, error);
	const char *state = args_text(args, "state");
	xmlNode *interface = view ? interface_find(session, view, args_text(args, "interface"), error) : NULL;
	remote_domain_update_device_flags_args call = { 0 };
	XmlNodes *links;
	bool active;

	if (!interface)
		return false;
	if (strcmp(state, "up") != 0 && strcmp(state, "down") != 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("invalid link state '%s': use up or down"), state);
	links = xml_find(session, view, interface, "link");
	if (!links->n) {
		links->nodes = g_new0(xmlNode *, 1);
		links->nodes[0] = xmlNewChild(interface, NULL, (const xmlChar *)"link", NULL);
	}
	xmlSetProp(links->nodes[0], (const xmlChar *)"state", (const xmlChar *)state);
	call.xml = (char *)xml_node_text(session, view, interface);
	if (args_has(args, "print-xml")) {
		out_text(session, "xml", call.xml);
		return true;
	}
	call.dom = *domain;
	if (!domain_active(session, domain, &active, error))
		return false;
	call.flags = args_has(args, "config") || !active ? VIR_DOMAIN_AFFECT_CONFIG : VIR_DOMAIN_AFFECT_LIVE;
	if (!TELL(session, domain_update_device_flags, &call, error))
		return failed(session, _("Failed to update interface link state"));
	out_done(session, domain_result(domain, "domif-setlink"), _("Device updated successfully\n"));
	return true;
}

/* --- addresses --- */

static void address_out(Session *session, const remote_domain_interface *interface,
			const remote_domain_ip_addr *address, bool first, json_t *array)
{
	const char *mac = interface->hwaddr ? *interface->hwaddr : NULL;
	const char *protocol = !address ? "N/A" : address->type == VIR_IP_ADDR_TYPE_IPV6 ? "ipv6" : "ipv4";
	const char *cidr = address ? session_printf(session, "%s/%u", address->addr, address->prefix) : "N/A";
	json_t *row = json_object();

	out_print(session, " %s %-17s    %-8s     %s\n", out_pad(session, first ? interface->name : "-", 10),
		  !first ? "-" : mac ? mac : "N/A", protocol, cidr);
	json_object_set_new(row, "interface", json_text(interface->name));
	json_object_set_new(row, "mac", json_text(mac));
	json_object_set_new(row, "protocol", address ? json_string(protocol) : json_null());
	json_object_set_new(row, "address", json_text(address ? address->addr : NULL));
	json_object_set_new(row, "prefix", address ? json_integer(address->prefix) : json_null());
	json_array_append_new(array, row);
}

static void addresses_out(Session *session, const Args *args,
			  const remote_domain_interface_addresses_ret *ret)
{
	const char *wanted = args_text(args, "interface");
	json_t *array = json_array();

	out_extra(session, " %s %s %s     %s\n%s%s\n", out_pad(session, _("Name"), 10),
		  out_pad(session, _("MAC address"), 20), out_pad(session, _("Protocol"), 8), _("Address"),
		  "------------------------------------------------",
		  "-------------------------------");
	for (guint i = 0; i < ret->ifaces.ifaces_len; i++) {
		const remote_domain_interface *interface = &ret->ifaces.ifaces_val[i];

		if (wanted && strcmp(wanted, interface->name) != 0)
			continue;
		if (!interface->addrs.addrs_len)
			address_out(session, interface, NULL, true, array);
		for (guint j = 0; j < interface->addrs.addrs_len; j++)
			address_out(session, interface, &interface->addrs.addrs_val[j],
				    !j || args_has(args, "full"), array);
	}
	out_value(session, array);
}

bool cmd_domifaddr(Session *session, const Args *args, GError **error)
{
	static const char *const sources[] = {
		[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = "lease",
		[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT] = "agent",
		[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP] = "arp",
	};
	const Domain *domain = domain_arg(session, args, error);
	const char *source = args_text(args, "source");
	remote_domain_interface_addresses_args call = { 0 };
	remote_domain_interface_addresses_ret *ret;

	if (!domain)
		return false;
	while (source && call.source < G_N_ELEMENTS(sources) && strcmp(source, sources[call.source]) != 0)
		call.source++;
	if (call.source == G_N_ELEMENTS(sources))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("Unknown data source '%s': use lease, agent or arp"), source);
	call.dom = *domain;
	ret = ASK(session, domain_interface_addresses, &call, error);
	if (!ret)
		return failed(session, _("Failed to query for interfaces addresses"));
	addresses_out(session, args, ret);
	return true;
}

/* --- bandwidth --- */

/* "average,peak,burst,floor" as parameters "inbound.average" ... */
static bool bandwidth_read(const Args *args, const char *option, RpcParams *params, GError **error)
{
	static const char *const names[] = { "average", "peak", "burst", "floor" };
	g_auto(GStrv) parts = g_strsplit(args_has(args, option) ? args_text(args, option) : "", ",", -1);

	for (gsize i = 0; parts[i]; i++) {
		guint64 number;

		if (i >= G_N_ELEMENTS(names) ||
		    !g_ascii_string_to_unsigned(parts[i], 10, 0, G_MAXUINT, &number, NULL))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("%s format is incorrect: use average[,peak[,burst[,floor]]]"), option);
		rpc_params_add_uint(params, (unsigned)number, "%s.%s", option, names[i]);
	}
	return true;
}

bool cmd_domiftune(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	char *device = (char *)args_text(args, "interface");
	remote_domain_get_interface_parameters_args ask = { .device = device };
	remote_domain_set_interface_parameters_args tell = { .device = device };
	remote_domain_get_interface_parameters_ret *ret;
	g_autoptr(RpcParams) params = rpc_params_new();

	if (!domain || !args_affect(args, &ask.flags, error) ||
	    !bandwidth_read(args, "inbound", params, error) ||
	    !bandwidth_read(args, "outbound", params, error))
		return false;
	ask.dom = tell.dom = *domain;
	tell.flags = ask.flags;
	if (rpc_params_count(params)) {
		TuneParams sent;
		bool good;

		rpc_params_move(params, &sent.n, &sent.params);
		tell.params.params_len = sent.n;
		tell.params.params_val = sent.params;
		good = TELL(session, domain_set_interface_parameters, &tell, error);
		tune_params_free(&sent);
		return good || failed(session, _("Unable to set interface parameters"));
	}
	ask.flags |= VIR_TYPED_PARAM_STRING_OKAY;
	ret = TUNE_GET(session, domain_get_interface_parameters, &ask, error);
	if (!ret)
		return failed(session, _("Unable to get interface parameters"));
	params_out(session, ret->params.params_val, ret->params.params_len);
	return true;
}
