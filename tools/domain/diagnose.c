/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/cli/xmlfile.h"
#include "tools/domain/diagnose.h"

void *reeve_call(Session *session, gint32 number, const void *args, GError **error)
{
	g_autoptr(GError) problem = NULL;
	void *ret = session_call(session, REEVE_PROGRAM_NUMBER, number, args, &problem);

	if (ret)
		return ret;
	if (error_code(problem) == VIR_ERR_RPC && strstr(problem->message, "annot find program"))
		return fail_null(error, VIR_ERR_NO_SUPPORT,
				 _("this daemon keeps no history of definitions: it is not reeved"));
	g_propagate_error(error, g_steal_pointer(&problem));
	return NULL;
}

json_t *diagnostics_ask(Session *session, const char *xml, GError **error)
{
	static const char *const severities[] = { N_("note"), N_("warning"), N_("error") };
	reeve_domain_diagnostics_args call = { .xml = (char *)xml };
	reeve_domain_diagnostics_ret *ret = reeve_call(session, REEVE_PROC_DOMAIN_DIAGNOSTICS, &call, error);
	json_t *array;

	if (!ret)
		return NULL;
	array = json_array();
	for (guint i = 0; i < ret->diagnostics.diagnostics_len; i++) {
		const reeve_diagnostic *d = &ret->diagnostics.diagnostics_val[i];

		json_array_append_new(array, json_pack("{s:s,s:i,s:i,s:o,s:o,s:o}", "severity",
						       severities[CLAMP(d->severity, 0, 2)], "line", d->line,
						       "column", d->column, "path", json_text(d->path),
						       "message", json_text(d->message), "nearest",
						       json_text(d->nearest[0] ? d->nearest : NULL)));
	}
	return array;
}

const char *diagnostic_text(Session *session, const char *file, const json_t *remark)
{
	const char *nearest = json_string_value(json_object_get(remark, "nearest"));
	const char *text = session_printf(session, "%s:%d:%d: %s: %s: %s", file,
					  (int)json_integer_value(json_object_get(remark, "line")),
					  (int)json_integer_value(json_object_get(remark, "column")),
					  _(json_string_value(json_object_get(remark, "severity"))),
					  json_string_value(json_object_get(remark, "path")),
					  json_string_value(json_object_get(remark, "message")));

	return nearest ? session_printf(session, _("%s (did you mean '%s'?)"), text, nearest) : text;
}

bool cmd_check(Session *session, const Args *args, GError **error)
{
	const char *file = args_text(args, "file"), *xml = xmlfile_read(session, args, "file", error);
	json_t *array = xml ? diagnostics_ask(session, xml, error) : NULL, *remark;
	gsize i;

	if (!array)
		return false;
	json_array_foreach(array, i, remark)
		out_print(session, "%s\n", diagnostic_text(session, file, remark));
	if (!json_array_size(array))
		out_extra(session, _("%s: no warnings\n"), file);
	out_value(session, array);
	return true;
}
