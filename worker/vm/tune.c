/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that tune a running guest: the driver makes it true, then the live definition says so. */
#include "config.h"

#include "base/error.h"
#include "base/i18n.h"
#include "worker/tune/tune.h"
#include "worker/vm/calls.h"

static bool tune(VmCall *call, const TuneCall *what, const void *args, GError **error)
{
	g_autoptr(DomainDef) wanted = NULL;

	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->tune)
		return vm_call_unsupported(call, error);
	wanted = domain_def_copy(call->guest->def);
	if (!what->edit(wanted, args, error) ||
	    !call->live->tune(call->guest, &what->target, wanted, error) ||
	    !vm_call_check_active(call, error))
		return false;
	/* Others may hold pointers into the definition: it is changed in place. */
	what->edit(call->guest->def, args, NULL);
	call->guest->host->changed(call->guest);
	return true;
}

#define TUNE(name, args_type, flags, target_group, target_name, target_id, edit_function)          \
	bool vm_##name(VmCall *call, args_type *args, G_GNUC_UNUSED NOTHING *ret, GError **error)  \
	{                                                                                          \
		const TuneCall what = {                                                            \
			{ TUNE_##target_group, target_name, target_id },                           \
			(TuneEdit)edit_function,                                                   \
		};                                                                                 \
                                                                                                   \
		return tune(call, &what, args, error);                                             \
	}
#include "worker/tune/calls.def"
#undef TUNE
