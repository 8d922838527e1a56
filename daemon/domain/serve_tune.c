/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that tune a domain, live and stored: worker/tune/calls.def has them all. */
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"
#include "daemon/domain/affect.h"
#include "daemon/domain/guest_vcpus.h"
#include "daemon/guest/limits.h"
#include "daemon/guest/route.h"
#include "worker/tune/tune.h"

typedef struct Tuning {
	TuneCall what;
	const void *args;
	unsigned flags;
} Tuning;

static bool edit(DomainDef *def, void *data, GError **error)
{
	const Tuning *tuning = data;

	return tuning->what.edit(def, tuning->args, error);
}

static unsigned known_flags(const Tuning *tuning)
{
	unsigned known = VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG;

	if (tuning->what.target.group == TUNE_VCPUS)
		known |= VIR_DOMAIN_VCPU_MAXIMUM | VIR_DOMAIN_VCPU_HOTPLUGGABLE |
			 VIR_DOMAIN_VCPU_GUEST;
	return known;
}

/* The running guest's definition as it is, and as it is to be. */
typedef struct Live {
	DomainDef *before, *wanted;
} Live;

static void live_clear(Live *live)
{
	g_clear_pointer(&live->before, domain_def_free);
	g_clear_pointer(&live->wanted, domain_def_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Live, live_clear)

static bool live_prepare(Domain *domain, Tuning *tuning, Live *ret, GError **error)
{
	const DomainDef *live = domain_def_get(domain, DOMAIN_LIVE, error);

	if (!live)
		return false;
	ret->before = domain_def_copy(live);
	ret->wanted = domain_def_copy(live);
	return edit(ret->wanted, tuning, error);
}

/* What control groups limit is set by us, all else by the worker; which then says so. */
static bool live_change_call(Call *call, const Tuning *tuning, const Live *live, GError **error)
{
	bool limited = tuning->what.target.group <= TUNE_NUMA;

	if (limited && !guest_limits_call(call->engine, live->before, live->wanted, error))
		return false;
	if (route_live_call(call, error))
		return true;
	if (limited)
		guest_limits_call(call->engine, live->wanted, live->before, NULL);
	return false;
}

/* The guest switches its vCPUs off and on by itself: nothing of it stands in a definition. */
static bool guest_set_call(Domain *domain, const Tuning *tuning, const Affect *affect,
			   GError **error)
{
	const remote_domain_set_vcpus_flags_args *args = tuning->args;

	if (affect->config || (tuning->flags & (VIR_DOMAIN_VCPU_MAXIMUM | VIR_DOMAIN_VCPU_HOTPLUGGABLE)))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("how many vCPUs the guest uses can be changed while it runs, and is "
			      "neither stored nor a maximum"));
	if (args->nvcpus == 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("a guest needs a processor: 0 are none"));
	return guest_vcpus_set_call(domain, args->nvcpus, error);
}

/* All that may refuse is asked before anything is changed. */
static bool tune_commit(Call *call, Tuning *tuning, GError **error)
{
	g_auto(DomainHold) domain = NULL;
	g_auto(Live) live = { NULL };
	Affect affect;

	if (!call_flags(call, tuning->flags, known_flags(tuning), error))
		return false;
	domain = call_hold_wait(call, call->domain, call->proc->name, error);
	if (!domain || !affect_resolve(domain, tuning->flags, &affect, error))
		return false;
	if (tuning->what.target.group == TUNE_VCPUS && (tuning->flags & VIR_DOMAIN_VCPU_GUEST))
		return guest_set_call(domain, tuning, &affect, error);
	if ((affect.config && !definition_edit_check(domain, edit, tuning, error)) ||
	    (affect.live && !live_prepare(domain, tuning, &live, error)))
		return false;
	if (affect.live && !live_change_call(call, tuning, &live, error))
		return false;
	return !affect.config || definition_edit_commit(call, domain, edit, tuning, error);
}

#define TUNE(name, args_type, affected, target_group, target_name, target_id, edit_function)       \
	bool serve_##name(Call *call, args_type *args, G_GNUC_UNUSED NOTHING *ret, GError **error) \
	{                                                                                          \
		Tuning tuning = {                                                                  \
			.what = { { TUNE_##target_group, target_name, target_id },                 \
				  (TuneEdit)edit_function },                                       \
			.args = args,                                                              \
			.flags = affected,                                                         \
		};                                                                                 \
                                                                                                   \
		return tune_commit(call, &tuning, error);                                          \
	}
#include "worker/tune/calls.def"
#undef TUNE
