/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices and network interfaces of the host. None are managed, so listings are empty and nothing
 * is found: clients ask at every connect, and go on without.
 */
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"

static bool check_room(int room, int limit, GError **error)
{
	return (room >= 0 && room <= limit) ||
	       fail(error, VIR_ERR_INVALID_ARG,
		    _("room for the list must be from 0 to %d, not %d"), limit, room);
}

/* ---- Devices of the host ------------------------------------------------------------------- */

static bool no_device(const char *name, GError **error)
{
	return fail(error, VIR_ERR_NO_NODE_DEVICE,
		    _("no node device with matching name '%s': devices of the host are not managed "
		      "here"),
		    name);
}

bool serve_node_num_of_devices(Call *call, remote_node_num_of_devices_args *args,
			       remote_node_num_of_devices_ret *ret, GError **error)
{
	ret->num = 0;
	return call_flags(call, args->flags, 0, error);
}

bool serve_node_list_devices(Call *call, remote_node_list_devices_args *args,
			     remote_node_list_devices_ret *ret, GError **error)
{
	*ret = (remote_node_list_devices_ret){ { 0 } };
	return call_flags(call, args->flags, 0, error) &&
	       check_room(args->maxnames, REMOTE_NODE_DEVICE_LIST_MAX, error);
}

bool serve_connect_list_all_node_devices(
	G_GNUC_UNUSED Call *call, G_GNUC_UNUSED remote_connect_list_all_node_devices_args *args,
	remote_connect_list_all_node_devices_ret *ret, G_GNUC_UNUSED GError **error)
{
	*ret = (remote_connect_list_all_node_devices_ret){ .ret = 0 };
	return true;
}

bool serve_node_device_lookup_by_name(G_GNUC_UNUSED Call *call,
				      remote_node_device_lookup_by_name_args *args,
				      G_GNUC_UNUSED remote_node_device_lookup_by_name_ret *ret,
				      GError **error)
{
	return no_device(args->name, error);
}

bool serve_node_device_get_xml_desc(G_GNUC_UNUSED Call *call,
				    remote_node_device_get_xml_desc_args *args,
				    G_GNUC_UNUSED remote_node_device_get_xml_desc_ret *ret,
				    GError **error)
{
	return no_device(args->name, error);
}

bool serve_node_device_is_active(G_GNUC_UNUSED Call *call, remote_node_device_is_active_args *args,
				 G_GNUC_UNUSED remote_node_device_is_active_ret *ret,
				 GError **error)
{
	return no_device(args->name, error);
}

/* ---- Network interfaces of the host -------------------------------------------------------- */

bool serve_connect_num_of_interfaces(G_GNUC_UNUSED Call *call, G_GNUC_UNUSED NOTHING *args,
				     remote_connect_num_of_interfaces_ret *ret,
				     G_GNUC_UNUSED GError **error)
{
	ret->num = 0;
	return true;
}

bool serve_connect_list_interfaces(G_GNUC_UNUSED Call *call,
				   remote_connect_list_interfaces_args *args,
				   remote_connect_list_interfaces_ret *ret, GError **error)
{
	*ret = (remote_connect_list_interfaces_ret){ { 0 } };
	return check_room(args->maxnames, REMOTE_INTERFACE_LIST_MAX, error);
}

bool serve_connect_num_of_defined_interfaces(G_GNUC_UNUSED Call *call, G_GNUC_UNUSED NOTHING *args,
					     remote_connect_num_of_defined_interfaces_ret *ret,
					     G_GNUC_UNUSED GError **error)
{
	ret->num = 0;
	return true;
}

bool serve_connect_list_defined_interfaces(
	G_GNUC_UNUSED Call *call, remote_connect_list_defined_interfaces_args *args,
	remote_connect_list_defined_interfaces_ret *ret, GError **error)
{
	*ret = (remote_connect_list_defined_interfaces_ret){ { 0 } };
	return check_room(args->maxnames, REMOTE_INTERFACE_LIST_MAX, error);
}

bool serve_connect_list_all_interfaces(Call *call, remote_connect_list_all_interfaces_args *args,
				       remote_connect_list_all_interfaces_ret *ret, GError **error)
{
	const unsigned known =
		VIR_CONNECT_LIST_INTERFACES_ACTIVE | VIR_CONNECT_LIST_INTERFACES_INACTIVE;

	*ret = (remote_connect_list_all_interfaces_ret){ .ret = 0 };
	return call_flags(call, args->flags, known, error);
}

bool serve_interface_lookup_by_name(G_GNUC_UNUSED Call *call,
				    remote_interface_lookup_by_name_args *args,
				    G_GNUC_UNUSED remote_interface_lookup_by_name_ret *ret,
				    GError **error)
{
	return fail(error, VIR_ERR_NO_INTERFACE,
		    _("no interface named '%s': those of the host are not managed here"),
		    args->name);
}

bool serve_interface_lookup_by_mac_string(
	G_GNUC_UNUSED Call *call, remote_interface_lookup_by_mac_string_args *args,
	G_GNUC_UNUSED remote_interface_lookup_by_mac_string_ret *ret, GError **error)
{
	return fail(error, VIR_ERR_NO_INTERFACE,
		    _("no interface with MAC address '%s': those of the host are not managed here"),
		    args->mac);
}

bool serve_interface_is_active(G_GNUC_UNUSED Call *call, remote_interface_is_active_args *args,
			       G_GNUC_UNUSED remote_interface_is_active_ret *ret, GError **error)
{
	return fail(error, VIR_ERR_NO_INTERFACE,
		    _("no interface named '%s': those of the host are not managed here"),
		    args->iface.name);
}
