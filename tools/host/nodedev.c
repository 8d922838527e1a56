/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/object.h"

/* Calls name devices by a string, not by a handle. */
#define NODEDEV_VERB(function, proc, result, good, bad) \
	bool function(Session *session, const Args *args, GError **error) \
	{ \
		const remote_nonnull_node_device *dev = nodedev_arg(session, args, error); \
		remote_##proc##_args call = { 0 }; \
\
		if (!dev) \
			return false; \
		call.name = dev->name; \
		if (!TELL(session, proc, &call, error)) \
			return failed(session, _(bad), dev->name); \
		out_done(session, object_result("device", dev->name, NULL, result), _(good), dev->name); \
		return true; \
	}
NODEDEV_VERB(cmd_nodedev_destroy, node_device_destroy, "destroy", N_("Destroyed node device '%s'\n"),
	     N_("Failed to destroy node device '%s'"))
NODEDEV_VERB(cmd_nodedev_undefine, node_device_undefine, "undefine", N_("Undefined node device '%s'\n"),
	     N_("Failed to undefine node device '%s'"))
NODEDEV_VERB(cmd_nodedev_start, node_device_create, "start", N_("Device %s started\n"),
	     N_("Failed to start device %s"))
NODEDEV_VERB(cmd_nodedev_reattach, node_device_re_attach, "reattach", N_("Device %s re-attached\n"),
	     N_("Failed to re-attach device %s"))
NODEDEV_VERB(cmd_nodedev_reset, node_device_reset, "reset", N_("Device %s reset\n"),
	     N_("Failed to reset device %s"))

#define NODEDEV_DEFINE(function, proc, flag, result, good, bad) \
	bool function(Session *session, const Args *args, GError **error) \
	{ \
		remote_##proc##_args call = { .flags = args_has(args, "validate") ? flag : 0 }; \
		remote_##proc##_ret *ret; \
\
		call.xml_desc = (char *)xmlfile_read(session, args, "file", error); \
		ret = call.xml_desc ? ASK(session, proc, &call, error) : NULL; \
		if (!ret) \
			return failed(session, _(bad), args_text(args, "file")); \
		out_done(session, object_result("device", ret->dev.name, NULL, result), _(good), ret->dev.name, \
			 args_text(args, "file")); \
		return true; \
	}
NODEDEV_DEFINE(cmd_nodedev_create, node_device_create_xml, VIR_NODE_DEVICE_CREATE_XML_VALIDATE, "create",
	       N_("Node device %s created from %s\n"), N_("Failed to create node device from %s"))
NODEDEV_DEFINE(cmd_nodedev_define, node_device_define_xml, VIR_NODE_DEVICE_DEFINE_XML_VALIDATE, "define",
	       N_("Node device '%s' defined from '%s'\n"), N_("Failed to define node device from '%s'"))

bool cmd_nodedev_autostart(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_node_device *dev = nodedev_arg(session, args, error);
	bool on = !args_has(args, "disable");
	remote_node_device_set_autostart_args call = { .autostart = on };

	if (!dev)
		return false;
	call.name = dev->name;
	if (!TELL(session, node_device_set_autostart, &call, error))
		return failed(session, on ? _("failed to mark device %s as autostarted") :
					    _("failed to unmark device %s as autostarted"), dev->name);
	out_done(session, object_result("device", dev->name, NULL, on ? "autostart" : "no-autostart"),
		 on ? _("Device %s marked as autostarted\n") : _("Device %s unmarked as autostarted\n"),
		 dev->name);
	return true;
}

bool cmd_nodedev_detach(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_node_device *dev = nodedev_arg(session, args, error);
	char *driver = (char *)args_text(args, "driver");
	remote_node_device_detach_flags_args call = { .driverName = driver ? &driver : NULL };
	remote_node_device_dettach_args plain;
	bool good;

	if (!dev)
		return false;
	call.name = plain.name = dev->name;
	good = driver ? TELL(session, node_device_detach_flags, &call, error) :
			TELL(session, node_device_dettach, &plain, error);
	if (!good)
		return failed(session, _("Failed to detach device %s"), dev->name);
	out_done(session, object_result("device", dev->name, NULL, "detach"), _("Device %s detached\n"),
		 dev->name);
	return true;
}

bool cmd_nodedev_dumpxml(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_node_device *dev = nodedev_arg(session, args, error);
	remote_node_device_get_xml_desc_args call = { 0 };
	remote_node_device_get_xml_desc_ret *ret;

	if (!dev)
		return false;
	call.name = dev->name;
	ret = ASK(session, node_device_get_xml_desc, &call, error);
	return ret && xml_out(session, args, ret->xml, error);
}

static const char *parent_of(Session *session, char *name)
{
	remote_node_device_get_parent_args call = { name };
	remote_node_device_get_parent_ret *ret = ASK(session, node_device_get_parent, &call, NULL);

	return ret && ret->parentName ? *ret->parentName : NULL;
}

bool cmd_nodedev_info(Session *session, const Args *args, GError **error)
{
	static const OutColumn lines[] = {
		{ "name", N_("Name:"), OUT_PLAIN },	  { "parent", N_("Parent:"), OUT_PLAIN },
		{ "active", N_("Active:"), OUT_YES_NO },  { "persistent", N_("Persistent:"), OUT_YES_NO },
		{ "autostart", N_("Autostart:"), OUT_YES_NO }, { NULL, NULL, OUT_PLAIN },
	};
	const remote_nonnull_node_device *dev = nodedev_arg(session, args, error);
	remote_node_device_is_active_args active;
	remote_node_device_is_persistent_args persistent;
	remote_node_device_get_autostart_args autostart;
	const char *parent;
	json_t *object;

	if (!dev)
		return false;
	active.name = persistent.name = autostart.name = dev->name;
	parent = parent_of(session, dev->name);
	object = json_pack("{s:o,s:s}", "name", json_text(dev->name), "parent", parent ? parent : "");
	json_object_set_new(object, "active",
			    json_yes_no(YES_NO(session, node_device_is_active, &active, active)));
	json_object_set_new(object, "persistent",
			    json_yes_no(YES_NO(session, node_device_is_persistent, &persistent, persistent)));
	json_object_set_new(object, "autostart",
			    json_yes_no(YES_NO(session, node_device_get_autostart, &autostart, autostart)));
	out_record(session, lines, 15, object);
	return true;
}

/* --- listing --- */

static const FlagOption caps[] = {
	{ "system", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SYSTEM },
	{ "pci", VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV },
	{ "usb_device", VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_DEV },
	{ "usb", VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_INTERFACE },
	{ "net", VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET },
	{ "scsi_host", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_HOST },
	{ "scsi_target", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_TARGET },
	{ "scsi", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI },
	{ "storage", VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE },
	{ "fc_host", VIR_CONNECT_LIST_NODE_DEVICES_CAP_FC_HOST },
	{ "vports", VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPORTS },
	{ "scsi_generic", VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_GENERIC },
	{ "drm", VIR_CONNECT_LIST_NODE_DEVICES_CAP_DRM },
	{ "mdev_types", VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV_TYPES },
	{ "mdev", VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV },
	{ "ccw", VIR_CONNECT_LIST_NODE_DEVICES_CAP_CCW_DEV },
	{ "css", VIR_CONNECT_LIST_NODE_DEVICES_CAP_CSS_DEV },
	{ "vdpa", VIR_CONNECT_LIST_NODE_DEVICES_CAP_VDPA },
	{ "ap_card", VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_CARD },
	{ "ap_queue", VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_QUEUE },
	{ "ap_matrix", VIR_CONNECT_LIST_NODE_DEVICES_CAP_AP_MATRIX },
	{ "vpd", VIR_CONNECT_LIST_NODE_DEVICES_CAP_VPD },
	{ NULL, 0 },
};

static bool caps_read(const Args *args, unsigned int *flags, GError **error)
{
	return args_words(args, "cap", &(FlagWords){ caps, N_("Invalid capability type '%s'") }, flags, error);
}

typedef struct Tree {
	Session *session;
	remote_nonnull_node_device *devices;
	gsize n;
	const char **parents;
} Tree;

static bool tree_parent(void *data, gsize i, G_GNUC_UNUSED GError **error)
{
	Tree *tree = data;

	tree->parents[i] = parent_of(tree->session, tree->devices[i].name);
	return true;
}

static bool is_child(const Tree *tree, gsize i, const char *parent)
{
	return tree->parents[i] && !strcmp(tree->parents[i], parent);
}

static void branch_print(const Tree *tree, const char *name, GString *indent)
{
	gsize length = indent->len, last = tree->n;
	bool any = false;

	for (gsize i = 0; i < tree->n; i++)
		if (is_child(tree, i, name))
			last = i;
	for (gsize i = 0; i < tree->n; i++) {
		if (!is_child(tree, i, name))
			continue;
		if (!any)
			out_print(tree->session, "%s  |\n", indent->str);
		any = true;
		out_print(tree->session, "%s  +- %s\n", indent->str, tree->devices[i].name);
		g_string_append(indent, i == last ? "    " : "  | ");
		branch_print(tree, tree->devices[i].name, indent);
		g_string_truncate(indent, length);
	}
	if (any)
		out_print(tree->session, "%s    \n", indent->str);
}

static bool tree_print(Session *session, remote_connect_list_all_node_devices_ret *ret, json_t *array,
		       GError **error)
{
	Tree tree = { session, ret->devices.devices_val, ret->devices.devices_len, NULL };
	g_autofree const char **parents = g_new0(const char *, tree.n + 1);
	g_autoptr(GString) indent = g_string_new(NULL);

	tree.parents = parents;
	if (!session_parallel(session, tree.n, tree_parent, &tree, error))
		return false;
	for (gsize i = 0; i < tree.n; i++) {
		json_object_set_new(json_array_get(array, i), "parent", json_text(parents[i]));
		if (parents[i])
			continue;
		out_print(session, "%s\n", tree.devices[i].name);
		branch_print(&tree, tree.devices[i].name, indent);
	}
	return true;
}

static int device_compare(const void *a, const void *b)
{
	return strcmp(((const remote_nonnull_node_device *)a)->name,
		      ((const remote_nonnull_node_device *)b)->name);
}

bool cmd_nodedev_list(Session *session, const Args *args, GError **error)
{
	remote_connect_list_all_node_devices_args call = { .need_results = 1 };
	remote_connect_list_all_node_devices_ret *ret;
	json_auto_t *array = json_array();

	if (!args_exclusive(args, "tree", "cap", error) || !caps_read(args, &call.flags, error))
		return false;
	if (args_has(args, "inactive"))
		call.flags |= VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE;
	else if (!args_has(args, "all"))
		call.flags |= VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE;
	ret = ASK(session, connect_list_all_node_devices, &call, error);
	if (!ret)
		return failed(session, _("Failed to list node devices"));
	if (ret->devices.devices_len)
		qsort(ret->devices.devices_val, ret->devices.devices_len, sizeof(*ret->devices.devices_val),
		      device_compare);
	for (guint i = 0; i < ret->devices.devices_len; i++)
		json_array_append_new(array, json_pack("{s:o}", "name",
						       json_text(ret->devices.devices_val[i].name)));
	if (args_has(args, "tree") && !tree_print(session, ret, array, error))
		return false;
	for (guint i = 0; !args_has(args, "tree") && i < ret->devices.devices_len; i++)
		out_print(session, "%s\n", ret->devices.devices_val[i].name);
	out_value(session, json_incref(array));
	return true;
}
