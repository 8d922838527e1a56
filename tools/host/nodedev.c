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
