/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions of network filters. Binding one to a port is not built: no function for it here. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/nwfilter/nwfilter.h"
#include "daemon/front/serve.h"
#include "daemon/object/object.h"

/* Borrowed. */
static Object *get_filter(Call *call, const remote_nonnull_nwfilter *filter, GError **error)
{
	return object_get_uuid(call->engine->objects, OBJECT_NWFILTER,
			       (const uint8_t *)filter->uuid, error);
}

static void fill_filter(const Object *object, remote_nonnull_nwfilter *ret)
{
	ret->name = g_strdup(object->name);
	memcpy(ret->uuid, object->uuid, sizeof(object->uuid));
}

bool serve_nwfilter_lookup_by_name(Call *call, remote_nwfilter_lookup_by_name_args *args,
				   remote_nwfilter_lookup_by_name_ret *ret, GError **error)
{
	Object *object = object_get_name(call->engine->objects, OBJECT_NWFILTER, NULL, args->name, error);

	if (object)
		fill_filter(object, &ret->nwfilter);
	return object != NULL;
}

bool serve_nwfilter_lookup_by_uuid(Call *call, remote_nwfilter_lookup_by_uuid_args *args,
				   remote_nwfilter_lookup_by_uuid_ret *ret, GError **error)
{
	Object *object = object_get_uuid(call->engine->objects, OBJECT_NWFILTER,
					 (const uint8_t *)args->uuid, error);

	if (object)
		fill_filter(object, &ret->nwfilter);
	return object != NULL;
}

bool serve_connect_num_of_nwfilters(Call *call, G_GNUC_UNUSED NOTHING *args,
				    remote_connect_num_of_nwfilters_ret *ret,
				    G_GNUC_UNUSED GError **error)
{
	ret->num = (int)objects_count(call->engine->objects, OBJECT_NWFILTER, false);
	return true;
}

bool serve_connect_list_nwfilters(Call *call, remote_connect_list_nwfilters_args *args,
				  remote_connect_list_nwfilters_ret *ret, GError **error)
{
	const NamesQuery query = { OBJECT_NWFILTER, false, args->maxnames,
				   REMOTE_NWFILTER_LIST_MAX };

	return objects_names(call->engine->objects, &query, &ret->names.names_val,
			     &ret->names.names_len, error);
}

bool serve_connect_list_all_nwfilters(Call *call, remote_connect_list_all_nwfilters_args *args,
				      remote_connect_list_all_nwfilters_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;

	*ret = (remote_connect_list_all_nwfilters_ret){ .ret = 0 };
	if (!call_flags(call, args->flags, 0, error))
		return false;
	list = objects_list(call->engine->objects, OBJECT_NWFILTER, "");
	ret->ret = list->len;
	if (!args->need_results)
		return true;
	ret->filters.filters_val = g_new0(remote_nonnull_nwfilter, list->len + 1);
	ret->filters.filters_len = list->len;
	for (guint i = 0; i < list->len; i++)
		fill_filter(list->pdata[i], &ret->filters.filters_val[i]);
	return true;
}

static bool define(Call *call, const char *xml, unsigned flags, remote_nonnull_nwfilter *ret,
		   GError **error)
{
	g_autoptr(NwFilterDef) def = NULL;
	g_autofree char *text = NULL;
	ObjectSpec spec = { .kind = OBJECT_NWFILTER };
	g_auto(ObjectHold) object = NULL;

	if (!call_flags(call, flags, VIR_NWFILTER_DEFINE_VALIDATE, error))
		return false;
	def = nwfilter_def_parse(xml, strlen(xml), flags ? CONF_VALIDATE : 0, NULL, error);
	if (!def)
		return false;
	spec.uuid = def->uuid.bytes;
	spec.uuid_made = def->uuid_made;
	spec.name = def->name;
	object = object_claim_wait(call->engine->objects, &spec, "a definition", error);
	if (!object)
		return false;
	/* Clients redefine filters by name, without a UUID: it stays what it was. */
	memcpy(def->uuid.bytes, object->uuid, sizeof(object->uuid));
	text = nwfilter_def_format(def, 0);
	spec.xml = text;
	if (!object_store_commit(call, object, &spec, error))
		return false;
	fill_filter(object, ret);
	return true;
}

bool serve_nwfilter_define_xml(Call *call, remote_nwfilter_define_xml_args *args,
			       remote_nwfilter_define_xml_ret *ret, GError **error)
{
	return define(call, args->xml, 0, &ret->nwfilter, error);
}

bool serve_nwfilter_define_xml_flags(Call *call, remote_nwfilter_define_xml_flags_args *args,
				     remote_nwfilter_define_xml_flags_ret *ret, GError **error)
{
	return define(call, args->xml, args->flags, &ret->nwfilter, error);
}

bool serve_nwfilter_undefine(Call *call, remote_nwfilter_undefine_args *args,
			     G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	Object *found = get_filter(call, &args->nwfilter, error);
	g_auto(ObjectHold) object = found ? object_hold_wait(found, "an undefine", error) : NULL;

	return object && object_undefine_commit(call, object, error);
}

bool serve_nwfilter_get_xml_desc(Call *call, remote_nwfilter_get_xml_desc_args *args,
				 remote_nwfilter_get_xml_desc_ret *ret, GError **error)
{
	Object *object = get_filter(call, &args->nwfilter, error);

	if (!object || !call_flags(call, args->flags, 0, error))
		return false;
	ret->xml = g_strdup(object->xml);
	return true;
}
