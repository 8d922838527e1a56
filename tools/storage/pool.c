/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/object.h"

static const FlagOption create_flags[] = {
	{ "build", VIR_STORAGE_POOL_CREATE_WITH_BUILD },
	{ "overwrite", VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE },
	{ "no-overwrite", VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE },
	{ NULL, 0 },
};

/* --- pools by options --- */

static void attribute(GString *xml, const Args *args, const char *option, const char *name)
{
	g_autofree char *text = NULL;

	if (!args_has(args, option))
		return;
	text = g_markup_escape_text(args_text(args, option), -1);
	g_string_append_printf(xml, " %s='%s'", name, text);
}

/* <element name='value'/> */
static void element(GString *xml, const Args *args, const char *option, const char *name,
		    const char *attribute_name)
{
	if (!args_has(args, option))
		return;
	g_string_append_printf(xml, "    <%s", name);
	attribute(xml, args, option, attribute_name);
	g_string_append(xml, "/>\n");
}

static void adapter_append(GString *xml, const Args *args)
{
	if (args_has(args, "adapter-wwnn")) {
		g_string_append(xml, "    <adapter type='fc_host'");
		attribute(xml, args, "adapter-parent", "parent");
		attribute(xml, args, "adapter-parent-wwnn", "parent_wwnn");
		attribute(xml, args, "adapter-parent-wwpn", "parent_wwpn");
		attribute(xml, args, "adapter-parent-fabric-wwn", "parent_fabric_wwn");
		attribute(xml, args, "adapter-wwnn", "wwnn");
		attribute(xml, args, "adapter-wwpn", "wwpn");
		g_string_append(xml, "/>\n");
	} else if (args_has(args, "adapter-name")) {
		element(xml, args, "adapter-name", "adapter type='scsi_host'", "name");
	}
}

static void auth_append(GString *xml, const Args *args)
{
	if (!args_has(args, "auth-type") || !args_has(args, "auth-username"))
		return;
	g_string_append(xml, "    <auth");
	attribute(xml, args, "auth-type", "type");
	attribute(xml, args, "auth-username", "username");
	g_string_append(xml, ">\n      <secret");
	attribute(xml, args, "secret-usage", "usage");
	attribute(xml, args, "secret-uuid", "uuid");
	g_string_append(xml, "/>\n    </auth>\n");
}

static void leaf(GString *xml, const Args *args, const char *option, const char *name, const char *indent)
{
	g_autofree char *text = NULL;

	if (!args_has(args, option))
		return;
	text = g_markup_escape_text(args_text(args, option), -1);
	g_string_append_printf(xml, "%s<%s>%s</%s>\n", indent, name, text, name);
}

static char *pool_format(Session *session, const Args *args)
{
	GString *xml = g_string_new("<pool");

	attribute(xml, args, "type", "type");
	g_string_append(xml, ">\n");
	leaf(xml, args, "name", "name", "  ");
	g_string_append(xml, "  <source>\n");
	element(xml, args, "source-host", "host", "name");
	element(xml, args, "source-path", "dir", "path");
	element(xml, args, "source-dev", "device", "path");
	adapter_append(xml, args);
	auth_append(xml, args);
	element(xml, args, "source-format", "format", "type");
	element(xml, args, "source-protocol-ver", "protocol", "ver");
	if (args_has(args, "source-initiator")) {
		g_string_append(xml, "    <initiator>\n  ");
		element(xml, args, "source-initiator", "iqn", "name");
		g_string_append(xml, "    </initiator>\n");
	}
	leaf(xml, args, "source-name", "name", "    ");
	g_string_append(xml, "  </source>\n");
	if (args_has(args, "target")) {
		g_string_append(xml, "  <target>\n");
		leaf(xml, args, "target", "path", "    ");
		g_string_append(xml, "  </target>\n");
	}
	g_string_append(xml, "</pool>\n");
	return session_keep(session, g_string_free(xml, FALSE), g_free);
}

bool cmd_pool_create_as(Session *session, const Args *args, GError **error)
{
	const char *xml = pool_format(session, args), *name = args_text(args, "name");
	remote_storage_pool_create_xml_args call = { (char *)xml, args_flags(args, create_flags) };

	if (args_has(args, "print-xml")) {
		out_text(session, "xml", xml);
		return true;
	}
	if (!ASK(session, storage_pool_create_xml, &call, error))
		return failed(session, _("Failed to create pool %s"), name);
	out_done(session, object_result("pool", name, NULL, "create"), _("Pool %s created\n"), name);
	return true;
}

bool cmd_pool_define_as(Session *session, const Args *args, GError **error)
{
	const char *xml = pool_format(session, args), *name = args_text(args, "name");
	remote_storage_pool_define_xml_args call = { (char *)xml, 0 };

	if (args_has(args, "print-xml")) {
		out_text(session, "xml", xml);
		return true;
	}
	if (!ASK(session, storage_pool_define_xml, &call, error))
		return failed(session, _("Failed to define pool %s"), name);
	out_done(session, object_result("pool", name, NULL, "define"), _("Pool %s defined\n"), name);
	return true;
}

/* --- showing --- */

static const char *const states[] = {
	[VIR_STORAGE_POOL_INACTIVE] = N_("inactive"),	  [VIR_STORAGE_POOL_BUILDING] = N_("building"),
	[VIR_STORAGE_POOL_RUNNING] = N_("running"),	  [VIR_STORAGE_POOL_DEGRADED] = N_("degraded"),
	[VIR_STORAGE_POOL_INACCESSIBLE] = N_("inaccessible"),
};

static json_t *pool_facts(Session *session, const remote_nonnull_storage_pool *pool)
{
	remote_storage_pool_get_info_args info_args = { *pool };
	remote_storage_pool_is_persistent_args persistent = { *pool };
	remote_storage_pool_get_autostart_args autostart = { *pool };
	remote_storage_pool_get_info_ret *info = ASK(session, storage_pool_get_info, &info_args, NULL);
	json_t *row = json_object();

	json_object_set_new(row, "name", json_text(pool->name));
	json_object_set_new(row, "uuid", json_uuid(pool->uuid));
	json_object_set_new(row, "persistent",
			    json_yes_no(YES_NO(session, storage_pool_is_persistent, &persistent, persistent)));
	json_object_set_new(row, "autostart",
			    json_yes_no(YES_NO(session, storage_pool_get_autostart, &autostart, autostart)));
	if (!info)
		return row;
	json_object_set_new(row, "state",
			    json_string(states[info->state < G_N_ELEMENTS(states) ? info->state : 0]));
	if (info->state != VIR_STORAGE_POOL_RUNNING && info->state != VIR_STORAGE_POOL_DEGRADED)
		return row;
	json_object_set_new(row, "capacity", json_integer((json_int_t)info->capacity));
	json_object_set_new(row, "allocation", json_integer((json_int_t)info->allocation));
	json_object_set_new(row, "available", json_integer((json_int_t)info->available));
	return row;
}

bool cmd_pool_info(Session *session, const Args *args, GError **error)
{
	OutFormat size = args_has(args, "bytes") ? OUT_PLAIN : OUT_BYTES;
	const OutColumn lines[] = {
		{ "name", N_("Name:"), OUT_PLAIN },
		{ "uuid", N_("UUID:"), OUT_PLAIN },
		{ "state", N_("State:"), OUT_TRANSLATE },
		{ "persistent", N_("Persistent:"), OUT_YES_NO },
		{ "autostart", N_("Autostart:"), OUT_YES_NO },
		{ "capacity", N_("Capacity:"), size },
		{ "allocation", N_("Allocation:"), size },
		{ "available", N_("Available:"), size },
		{ NULL, NULL, OUT_PLAIN },
	};
	const remote_nonnull_storage_pool *pool = pool_arg(session, args, error);

	if (!pool)
		return false;
	out_record(session, lines, 15, pool_facts(session, pool));
	return true;
}

static json_t *list_details(Session *session, const void *pool)
{
	return pool_facts(session, pool);
}

static json_t *list_row(Session *session, const void *data)
{
	const remote_nonnull_storage_pool *pool = data;
	remote_storage_pool_is_active_args active = { *pool };
	json_t *row = pool_facts(session, pool);

	json_object_set_new(row, "state",
			    json_string(YES_NO(session, storage_pool_is_active, &active, active) > 0 ?
						N_("active") : N_("inactive")));
	return row;
}

/* Names or UUIDs alone, for scripts, cost no further call. */
static json_t *list_plain(G_GNUC_UNUSED Session *session, const void *data)
{
	const remote_nonnull_storage_pool *pool = data;

	return json_pack("{s:o,s:o}", "name", json_text(pool->name), "uuid", json_uuid(pool->uuid));
}

static const FlagOption filters[] = {
	{ "inactive", VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE },
	{ "all", VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE | VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE },
	{ "persistent", VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT },
	{ "transient", VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT },
	{ "autostart", VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART },
	{ "no-autostart", VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART },
	{ NULL, 0 },
};

static bool types_read(const Args *args, unsigned int *flags, GError **error)
{
	static const FlagOption types[] = {
		{ "dir", VIR_CONNECT_LIST_STORAGE_POOLS_DIR },
		{ "fs", VIR_CONNECT_LIST_STORAGE_POOLS_FS },
		{ "netfs", VIR_CONNECT_LIST_STORAGE_POOLS_NETFS },
		{ "logical", VIR_CONNECT_LIST_STORAGE_POOLS_LOGICAL },
		{ "disk", VIR_CONNECT_LIST_STORAGE_POOLS_DISK },
		{ "iscsi", VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI },
		{ "scsi", VIR_CONNECT_LIST_STORAGE_POOLS_SCSI },
		{ "mpath", VIR_CONNECT_LIST_STORAGE_POOLS_MPATH },
		{ "rbd", VIR_CONNECT_LIST_STORAGE_POOLS_RBD },
		{ "sheepdog", VIR_CONNECT_LIST_STORAGE_POOLS_SHEEPDOG },
		{ "gluster", VIR_CONNECT_LIST_STORAGE_POOLS_GLUSTER },
		{ "zfs", VIR_CONNECT_LIST_STORAGE_POOLS_ZFS },
		{ "vstorage", VIR_CONNECT_LIST_STORAGE_POOLS_VSTORAGE },
		{ "iscsi-direct", VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI_DIRECT },
		{ NULL, 0 },
	};

	return args_words(args, "type", &(FlagWords){ types, N_("Invalid pool type '%s'") }, flags, error);
}

static const OutColumn columns[] = {
	{ "name", N_("Name"), OUT_PLAIN },
	{ "state", N_("State"), OUT_TRANSLATE },
	{ "autostart", N_("Autostart"), OUT_YES_NO },
	{ NULL, NULL, OUT_PLAIN },
};

static const OutColumn columns_details[] = {
	{ "name", N_("Name"), OUT_PLAIN },	       { "state", N_("State"), OUT_TRANSLATE },
	{ "autostart", N_("Autostart"), OUT_YES_NO },  { "persistent", N_("Persistent"), OUT_YES_NO },
	{ "capacity", N_("Capacity"), OUT_BYTES },     { "allocation", N_("Allocation"), OUT_BYTES },
	{ "available", N_("Available"), OUT_BYTES },   { NULL, NULL, OUT_PLAIN },
};

bool cmd_pool_list(Session *session, const Args *args, GError **error)
{
	remote_connect_list_all_storage_pools_args call = { 1, args_flags(args, filters) };
	remote_connect_list_all_storage_pools_ret *ret;
	const char *key = session->json ? NULL : args_has(args, "uuid") ? "uuid" :
			  args_has(args, "name") ? "name" : NULL;
	bool details = args_has(args, "details");
	json_t *array;

	if (!args_has(args, "all") && !args_has(args, "inactive"))
		call.flags |= VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE;
	ret = types_read(args, &call.flags, error) ? ASK(session, connect_list_all_storage_pools, &call, error) :
						     NULL;
	if (!ret)
		return failed(session, _("Failed to list pools"));
	array = objects_rows(session, &(ObjectList)OBJECT_LIST(ret->pools.pools_val, ret->pools.pools_len,
							       key ? list_plain :
							       details ? list_details : list_row), error);
	if (!array)
		return false;
	out_list(session, details ? columns_details : columns, key, array);
	return true;
}

static bool sources_out(Session *session, const Args *args, const char *spec, GError **error)
{
	char *text = (char *)spec;
	remote_connect_find_storage_pool_sources_args call = { (char *)args_text(args, "type"),
							       spec ? &text : NULL, 0 };
	remote_connect_find_storage_pool_sources_ret *ret =
		ASK(session, connect_find_storage_pool_sources, &call, error);

	if (!ret)
		return failed(session, _("Failed to find any %s pool sources"), call.type);
	out_text(session, "xml", ret->xml);
	return true;
}

bool cmd_find_storage_pool_sources_as(Session *session, const Args *args, GError **error)
{
	g_autoptr(GString) xml = g_string_new("<source>\n");

	if (!args_has(args, "host"))
		return sources_out(session, args, NULL, error);
	g_string_append(xml, "    <host");
	attribute(xml, args, "host", "name");
	attribute(xml, args, "port", "port");
	g_string_append(xml, "/>\n");
	if (args_has(args, "initiator")) {
		g_string_append(xml, "    <initiator>\n  ");
		element(xml, args, "initiator", "iqn", "name");
		g_string_append(xml, "    </initiator>\n");
	}
	g_string_append(xml, "</source>\n");
	return sources_out(session, args, xml->str, error);
}
