/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/diag.h"
#include "rpc/wire/procs.h"
#include "tools/cli/support.h"

typedef struct Need {
	const char *command;
	gint32 number; /* of the remote program */
	const char *instead;
} Need;

static const Need needs[] = {
#define NEEDS(command, call, instead) { command, REMOTE_PROC_##call, instead },
#define MISSING(command, instead)
#include "tools/cli/needs.def"
#undef NEEDS
#undef MISSING
};

/* Commands of virsh that are no rows of ours. */
static const Need missing[] = {
#define NEEDS(command, call, instead)
#define MISSING(command, instead) { command, 0, instead },
#include "tools/cli/needs.def"
#undef NEEDS
#undef MISSING
};

static const Need *find(const Need *table, gsize n, const char *name)
{
	for (gsize i = 0; i < n; i++)
		if (!strcmp(table[i].command, name))
			return &table[i];
	return NULL;
}

bool command_is_supported(const char *name)
{
	const Need *need = find(needs, G_N_ELEMENTS(needs), name);

	if (find(missing, G_N_ELEMENTS(missing), name))
		return false;
	return !need || rpc_proc_find(REMOTE_PROGRAM, need->number)->where != RPC_WHERE_NONE;
}

static const char *command_instead(const char *name)
{
	const Need *need = find(needs, G_N_ELEMENTS(needs), name);

	if (!need)
		need = find(missing, G_N_ELEMENTS(missing), name);
	return need && need->instead[0] ? _(need->instead) : NULL;
}

const char *command_nearest(const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (const Command *command = commands; command->name; command++)
		g_ptr_array_add(names, (char *)command->name);
	g_ptr_array_add(names, NULL);
	return conf_nearest(name, (const char *const *)names->pdata);
}

const char *option_nearest(const GArray *options, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < options->len; i++)
		g_ptr_array_add(names, g_array_index(options, Option, i).name);
	g_ptr_array_add(names, "json");
	g_ptr_array_add(names, "help");
	g_ptr_array_add(names, NULL);
	return conf_nearest(name, (const char *const *)names->pdata);
}

char *command_unsupported(const char *name)
{
	const char *instead = command_instead(name);

	if (instead)
		return g_strdup_printf(_("'%s' is not supported yet; %s"), name, instead);
	return g_strdup_printf(_("'%s' is not supported yet"), name);
}

static bool fail_unsupported(const char *name, GError **error)
{
	g_autofree char *text = command_unsupported(name);

	return fail(error, VIR_ERR_NO_SUPPORT, "%s", text);
}

bool command_fail_unknown(const char *name, GError **error)
{
	const char *nearest = command_nearest(name);

	if (!command_is_supported(name))
		return fail_unsupported(name, error);
	if (nearest)
		return fail(error, VIR_ERR_INVALID_ARG, _("unknown command: '%s' (did you mean '%s'?)"), name,
			    nearest);
	return fail(error, VIR_ERR_INVALID_ARG, _("unknown command: '%s'"), name);
}

void command_explain(const char *name, GError **error)
{
	if (!error || !*error)
		return;
	/* How such an answer begins is part of the protocol, in English; see rpc_dispatch_missing(). */
	if (error_code(*error) == VIR_ERR_RPC && g_str_has_prefix((*error)->message, "unknown procedure: ")) {
		g_clear_error(error);
		fail_unsupported(name, error);
	} else if (error_code(*error) == VIR_ERR_OPERATION_DENIED &&
		   strstr((*error)->message, "read only access prevents")) {
		/* So both daemons say it; the code alone may be another refusal, as of an image. */
		g_clear_error(error);
		fail(error, VIR_ERR_OPERATION_DENIED,
		     _("'%s' is not allowed on a read-only connection; connect without --readonly"), name);
	}
}
