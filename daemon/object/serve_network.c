/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions of virtual networks. Running one is not built: those calls have no function here. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/network/network.h"
#include "daemon/front/serve.h"
#include "daemon/object/object.h"

/* Borrowed. */
static Object *get_network(Call *call, const remote_nonnull_network *net, GError **error)
{
	return object_get_uuid(call->engine->objects, OBJECT_NETWORK, (const uint8_t *)net->uuid,
			       error);
}

static ObjectHold hold_network_wait(Call *call, const remote_nonnull_network *net, const char *what,
				    GError **error)
{
	Object *object = get_network(call, net, error);

	return object ? object_hold_wait(object, what, error) : NULL;
}

static void fill_network(const Object *object, remote_nonnull_network *ret)
{
	ret->name = g_strdup(object->name);
	memcpy(ret->uuid, object->uuid, sizeof(object->uuid));
}

static void emit_network(const Object *object, int event)
{
	remote_network_event_lifecycle_msg message = { .event = event };

	message.net.name = object->name;
	memcpy(message.net.uuid, object->uuid, sizeof(object->uuid));
	object_emit(object, EVENT_NETWORK, VIR_NETWORK_EVENT_ID_LIFECYCLE,
		    (xdrproc_t)xdr_remote_network_event_lifecycle_msg, &message);
}

/* ---- look-up and listing ------------------------------------------------------------------- */

bool serve_network_lookup_by_name(Call *call, remote_network_lookup_by_name_args *args,
				  remote_network_lookup_by_name_ret *ret, GError **error)
{
	Object *object = object_get_name(call->engine->objects, OBJECT_NETWORK, NULL, args->name, error);

	if (object)
		fill_network(object, &ret->net);
	return object != NULL;
}

bool serve_network_lookup_by_uuid(Call *call, remote_network_lookup_by_uuid_args *args,
				  remote_network_lookup_by_uuid_ret *ret, GError **error)
{
	Object *object = object_get_uuid(call->engine->objects, OBJECT_NETWORK,
					 (const uint8_t *)args->uuid, error);

	if (object)
		fill_network(object, &ret->net);
	return object != NULL;
}

#define LIST_FLAGS 0x3f /* the three pairs of VIR_CONNECT_LIST_NETWORKS_... */

bool serve_connect_list_all_networks(Call *call, remote_connect_list_all_networks_args *args,
				     remote_connect_list_all_networks_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;
	unsigned count = 0;

	*ret = (remote_connect_list_all_networks_ret){ .ret = 0 };
	if (!call_flags(call, args->flags, LIST_FLAGS, error))
		return false;
	list = objects_list(call->engine->objects, OBJECT_NETWORK, "");
	if (args->need_results)
		ret->nets.nets_val = g_new0(remote_nonnull_network, list->len + 1);
	for (guint i = 0; i < list->len; i++) {
		const Object *object = list->pdata[i];

		if (!object_passes(args->flags, VIR_CONNECT_LIST_NETWORKS_ACTIVE,
			    VIR_CONNECT_LIST_NETWORKS_INACTIVE, object->active) ||
		    !object_passes(args->flags, VIR_CONNECT_LIST_NETWORKS_PERSISTENT,
			    VIR_CONNECT_LIST_NETWORKS_TRANSIENT, object->persistent) ||
		    !object_passes(args->flags, VIR_CONNECT_LIST_NETWORKS_AUTOSTART,
			    VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART, object->autostart))
			continue;
		if (args->need_results)
			fill_network(object, &ret->nets.nets_val[count]);
		count++;
	}
	ret->nets.nets_len = args->need_results ? count : 0;
	ret->ret = count;
	return true;
}

bool serve_connect_num_of_networks(Call *call, G_GNUC_UNUSED NOTHING *args,
				   remote_connect_num_of_networks_ret *ret,
				   G_GNUC_UNUSED GError **error)
{
	ret->num = (int)objects_count(call->engine->objects, OBJECT_NETWORK, true);
	return true;
}

bool serve_connect_num_of_defined_networks(Call *call, G_GNUC_UNUSED NOTHING *args,
					   remote_connect_num_of_defined_networks_ret *ret,
					   G_GNUC_UNUSED GError **error)
{
	ret->num = (int)objects_count(call->engine->objects, OBJECT_NETWORK, false);
	return true;
}

bool serve_connect_list_networks(Call *call, remote_connect_list_networks_args *args,
				 remote_connect_list_networks_ret *ret, GError **error)
{
	const NamesQuery query = { OBJECT_NETWORK, true, args->maxnames,
				   REMOTE_NETWORK_LIST_MAX };

	return objects_names(call->engine->objects, &query, &ret->names.names_val,
			     &ret->names.names_len, error);
}

bool serve_connect_list_defined_networks(Call *call, remote_connect_list_defined_networks_args *args,
					 remote_connect_list_defined_networks_ret *ret,
					 GError **error)
{
	const NamesQuery query = { OBJECT_NETWORK, false, args->maxnames,
				   REMOTE_NETWORK_LIST_MAX };

	return objects_names(call->engine->objects, &query, &ret->names.names_val,
			     &ret->names.names_len, error);
}

/* ---- definitions --------------------------------------------------------------------------- */

static bool define(Call *call, const char *xml, unsigned flags, remote_nonnull_network *ret,
		   GError **error)
{
	g_autoptr(NetworkDef) def = NULL;
	g_autofree char *text = NULL;
	g_auto(ObjectHold) object = NULL;
	ObjectSpec spec;

	if (!call_flags(call, flags, VIR_NETWORK_DEFINE_VALIDATE, error))
		return false;
	def = network_def_parse(xml, strlen(xml),
				CONF_INACTIVE | (flags & VIR_NETWORK_DEFINE_VALIDATE ? CONF_VALIDATE : 0),
				NULL, error);
	if (!def)
		return false;
	text = network_def_format(def, CONF_INACTIVE | CONF_SECURE);
	spec = (ObjectSpec){ .kind = OBJECT_NETWORK, .uuid = def->uuid.bytes, .name = def->name, .xml = text };
	object = object_define_commit(call, &spec, error);
	if (!object)
		return false;
	fill_network(object, ret);
	emit_network(object, VIR_NETWORK_EVENT_DEFINED);
	return true;
}

bool serve_network_define_xml(Call *call, remote_network_define_xml_args *args,
			      remote_network_define_xml_ret *ret, GError **error)
{
	return define(call, args->xml, 0, &ret->net, error);
}

bool serve_network_define_xml_flags(Call *call, remote_network_define_xml_flags_args *args,
				    remote_network_define_xml_flags_ret *ret, GError **error)
{
	return define(call, args->xml, args->flags, &ret->net, error);
}

bool serve_network_undefine(Call *call, remote_network_undefine_args *args,
			    G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = hold_network_wait(call, &args->net, "an undefine", error);

	if (!object || !object_undefine_commit(call, object, error))
		return false;
	emit_network(object, VIR_NETWORK_EVENT_UNDEFINED);
	return true;
}

bool serve_network_get_xml_desc(Call *call, remote_network_get_xml_desc_args *args,
				remote_network_get_xml_desc_ret *ret, GError **error)
{
	Object *object = get_network(call, &args->net, error);

	if (!object || !call_flags(call, args->flags, VIR_NETWORK_XML_INACTIVE, error))
		return false;
	ret->xml = g_strdup(object->xml);
	return true;
}

bool serve_network_get_autostart(Call *call, remote_network_get_autostart_args *args,
				 remote_network_get_autostart_ret *ret, GError **error)
{
	Object *object = get_network(call, &args->net, error);

	if (object)
		ret->autostart = object->autostart;
	return object != NULL;
}

bool serve_network_set_autostart(Call *call, remote_network_set_autostart_args *args,
				 G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = hold_network_wait(call, &args->net, "a change", error);

	return object && object_mark_commit(call, object, args->autostart != 0, NULL, error);
}

bool serve_network_is_active(Call *call, remote_network_is_active_args *args,
			     remote_network_is_active_ret *ret, GError **error)
{
	Object *object = get_network(call, &args->net, error);

	if (object)
		ret->active = object->active;
	return object != NULL;
}

bool serve_network_is_persistent(Call *call, remote_network_is_persistent_args *args,
				 remote_network_is_persistent_ret *ret, GError **error)
{
	Object *object = get_network(call, &args->net, error);

	if (object)
		ret->persistent = object->persistent;
	return object != NULL;
}

bool serve_network_get_bridge_name(Call *call, remote_network_get_bridge_name_args *args,
				   remote_network_get_bridge_name_ret *ret, GError **error)
{
	Object *object = get_network(call, &args->net, error);
	g_autoptr(NetworkDef) def = NULL;

	if (!object)
		return false;
	def = network_def_parse(object->xml, strlen(object->xml), CONF_INACTIVE, NULL, error);
	if (!def)
		return false;
	if (!def->bridge || !def->bridge->name)
		return fail(error, VIR_ERR_INTERNAL_ERROR, _("network '%s' has no bridge"),
			    object->name);
	ret->name = g_strdup(def->bridge->name);
	return true;
}
