/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network filters and their bindings. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/object.h"

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

void show_bindings(Session *session, const ActionReply *reply)
{
	static const OutColumn columns[] = { { "port", N_("Port Dev"), OUT_PLAIN },
					     { "filter", N_("Filter"), OUT_PLAIN },
					     { NULL, NULL, OUT_PLAIN } };
	const remote_connect_list_all_nwfilter_bindings_ret *ret = reply->ret;
	json_t *array = json_array();

	for (guint i = 0; i < ret->bindings.bindings_len; i++) {
		json_t *row = json_object();

		json_object_set_new(row, "port", json_text(ret->bindings.bindings_val[i].portdev));
		json_object_set_new(row, "filter", json_text(ret->bindings.bindings_val[i].filtername));
		json_array_append_new(array, row);
	}
	out_table(session, columns, array);
}
