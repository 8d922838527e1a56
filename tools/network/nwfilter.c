/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network filters and their bindings. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/object.h"

OBJECT_VERB(cmd_nwfilter_undefine, "nwfilter", nwfilter_arg, nwfilter_undefine, nwfilter, "undefine",
	    N_("Network filter %s undefined\n"), N_("Failed to undefine network filter %s"))
OBJECT_DEFINE(cmd_nwfilter_define, "nwfilter", nwfilter_define_xml_flags, xml, nwfilter,
	      VIR_NWFILTER_DEFINE_VALIDATE, "define", N_("Network filter %s defined from %s\n"),
	      N_("Failed to define network filter from %s"))
OBJECT_DUMPXML(cmd_nwfilter_dumpxml, nwfilter_arg, nwfilter_get_xml_desc, nwfilter, no_flags)
OBJECT_EDIT(cmd_nwfilter_edit, "nwfilter", nwfilter_arg, nwfilter_get_xml_desc, nwfilter_define_xml, nwfilter,
	    0, N_("Network filter %s XML configuration edited.\n"),
	    N_("Network filter %s XML configuration not changed.\n"))

static json_t *list_row(G_GNUC_UNUSED Session *session, const void *data)
{
	const remote_nonnull_nwfilter *filter = data;

	return json_pack("{s:o,s:o}", "uuid", json_uuid(filter->uuid), "name", json_text(filter->name));
}

bool cmd_nwfilter_list(Session *session, G_GNUC_UNUSED const Args *args, GError **error)
{
	static const OutColumn columns[] = { { "uuid", N_("UUID"), OUT_PLAIN },
					     { "name", N_("Name"), OUT_PLAIN },
					     { NULL, NULL, OUT_PLAIN } };
	remote_connect_list_all_nwfilters_args call = { .need_results = 1 };
	remote_connect_list_all_nwfilters_ret *ret = ASK(session, connect_list_all_nwfilters, &call, error);
	json_t *array;

	if (!ret)
		return failed(session, _("Failed to list network filters"));
	array = objects_rows(session, &(ObjectList)OBJECT_LIST(ret->filters.filters_val, ret->filters.filters_len,
							       list_row), error);
	if (!array)
		return false;
	out_table(session, columns, array);
	return true;
}

/* --- bindings --- */

static const remote_nonnull_nwfilter_binding *binding_arg(Session *session, const Args *args, GError **error)
{
	remote_nwfilter_binding_lookup_by_port_dev_args call = { (char *)args_text(args, "binding") };
	remote_nwfilter_binding_lookup_by_port_dev_ret *ret =
		ASK(session, nwfilter_binding_lookup_by_port_dev, &call, error);

	if (ret)
		return &ret->nwfilter;
	failed(session, _("failed to get nwfilter binding '%s'"), call.name);
	return NULL;
}

OBJECT_DUMPXML(cmd_nwfilter_binding_dumpxml, binding_arg, nwfilter_binding_get_xml_desc, nwfilter, no_flags)

bool cmd_nwfilter_binding_delete(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_nwfilter_binding *binding = binding_arg(session, args, error);
	remote_nwfilter_binding_delete_args call;

	if (!binding)
		return false;
	call.nwfilter = *binding;
	if (!TELL(session, nwfilter_binding_delete, &call, error))
		return failed(session, _("Failed to delete network filter binding on %s"), binding->portdev);
	out_done(session, object_result("binding", binding->portdev, NULL, "delete"),
		 _("Network filter binding on %s deleted\n"), binding->portdev);
	return true;
}

bool cmd_nwfilter_binding_create(Session *session, const Args *args, GError **error)
{
	remote_nwfilter_binding_create_xml_args call = {
		.flags = args_has(args, "validate") ? VIR_NWFILTER_BINDING_CREATE_VALIDATE : 0,
	};
	remote_nwfilter_binding_create_xml_ret *ret;

	call.xml = (char *)xmlfile_read(session, args, "file", error);
	ret = call.xml ? ASK(session, nwfilter_binding_create_xml, &call, error) : NULL;
	if (!ret)
		return failed(session, _("Failed to create network filter from %s"), args_text(args, "file"));
	out_done(session, object_result("binding", ret->nwfilter.portdev, NULL, "create"),
		 _("Network filter binding on %s created from %s\n"), ret->nwfilter.portdev,
		 args_text(args, "file"));
	return true;
}

bool cmd_nwfilter_binding_list(Session *session, G_GNUC_UNUSED const Args *args, GError **error)
{
	static const OutColumn columns[] = { { "port", N_("Port Dev"), OUT_PLAIN },
					     { "filter", N_("Filter"), OUT_PLAIN },
					     { NULL, NULL, OUT_PLAIN } };
	remote_connect_list_all_nwfilter_bindings_args call = { .need_results = 1 };
	remote_connect_list_all_nwfilter_bindings_ret *ret =
		ASK(session, connect_list_all_nwfilter_bindings, &call, error);
	json_t *array;

	if (!ret)
		return failed(session, _("Failed to list network filter bindings"));
	array = json_array();
	for (guint i = 0; i < ret->bindings.bindings_len; i++) {
		json_t *row = json_object();

		json_object_set_new(row, "port", json_text(ret->bindings.bindings_val[i].portdev));
		json_object_set_new(row, "filter", json_text(ret->bindings.bindings_val[i].filtername));
		json_array_append_new(array, row);
	}
	out_table(session, columns, array);
	return true;
}
