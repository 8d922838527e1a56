/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What QEMU made of the processor that was asked for. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/live/live.h"

/* Names of the features that QEMU left out of the first processor; NULL and @error when it does not say. */
static json_t *features_missing(QemuLive *live, GError **error)
{
	json_t *processors, *names = NULL;
	const char *path;

	if (!live_call(live->guest, "query-cpus-fast", NULL, &processors, error))
		return NULL;
	path = json_string_value(json_object_get(json_array_get(processors, 0), "qom-path"));
	live_call(live->guest, "qom-get",
		  json_pack("{s:s,s:s}", "path", path ? path : "", "property",
			    "unavailable-features"),
		  &names, error);
	json_decref(processors);
	return names;
}

bool live_cpu_check(QemuLive *live, GError **error)
{
	const DomainDef *def = live->guest->def;
	g_autoptr(GString) text = g_string_new(NULL);
	json_t *names, *name;
	size_t i;

	if (!def->cpu || def->cpu->check != CPU_CHECK_FULL || !def->os.arch ||
	    (strcmp(def->os.arch, "x86_64") != 0 && strcmp(def->os.arch, "i686") != 0))
		return true;
	names = features_missing(live, error);
	if (!names)
		return false;
	json_array_foreach(names, i, name)
		g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
				       json_string_value(name) ? json_string_value(name) : "");
	json_decref(names);
	if (text->len == 0)
		return true;
	return fail(error, VIR_ERR_OPERATION_FAILED,
		    _("domain '%s': its processor would be without %s, and check='full' in <cpu> "
		      "wants all of it"),
		    def->name, text->str);
}
