/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes of parts of a domain: memory, processors. What concerns the stored definition is
 * done here; what concerns the guest goes to its worker. Both are checked before either is done.
 */
#include <inttypes.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"
#include "daemon/domain/affect.h"
#include "daemon/guest/route.h"
#include "daemon/registry/domain_call.h"

#define AFFECT_FLAGS ((unsigned)(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG))

/* One change: what is said in history, and how a definition is edited. */
typedef struct Change {
	const char *action;
	unsigned flags;
	DefEdit edit;
	void *data;
} Change;

/* A guest can be changed only where its worker knows how: rows of kind BOTH. */
static bool change_live(Call *call, GError **error)
{
	if (call->proc->where == RPC_WHERE_PLANNED)
		return route_live_call(call, error);
	return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
		    _("'%s' is not supported on a running guest by this driver; change the "
		      "definition (--config) and restart the guest"),
		    call->proc->name);
}

static bool change(Call *call, const Change *what, GError **error)
{
	g_auto(DomainHold) domain = call_hold_wait(call, call->domain, what->action, error);
	Affect affect;

	call->action = what->action;
	if (!domain || !affect_resolve(domain, what->flags, &affect, error))
		return false;
	if (affect.config && affect.live &&
	    !definition_edit_check(domain, what->edit, what->data, error))
		return false;
	if (affect.live && !change_live(call, error))
		return false;
	return !affect.config ||
	       definition_edit_commit(call, domain, what->edit, what->data, error);
}

/* ---- Memory -------------------------------------------------------------------------------- */

typedef struct MemoryEdit {
	uint64_t kib;
	bool maximum;
} MemoryEdit;

static bool edit_memory(DomainDef *def, void *data, GError **error)
{
	const MemoryEdit *edit = data;

	if (edit->maximum) {
		def->memory.total_kib = edit->kib;
		if (def->memory.has_current && def->memory.current_kib > edit->kib)
			def->memory.current_kib = edit->kib;
		return true;
	}
	if (edit->kib > def->memory.total_kib)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("cannot set memory higher than max memory: %" PRIu64
			      " KiB is more than the domain's %" PRIu64 " KiB"),
			    edit->kib, def->memory.total_kib);
	def->memory.current_kib = edit->kib;
	def->memory.has_current = true;
	return true;
}

static bool set_memory(Call *call, uint64_t kib, unsigned flags, GError **error)
{
	MemoryEdit edit = { .kib = kib, .maximum = flags & VIR_DOMAIN_MEM_MAXIMUM };
	Change what = {
		.action = "set-memory",
		.flags = flags & AFFECT_FLAGS,
		.edit = edit_memory,
		.data = &edit,
	};

	if (kib == 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("a guest needs memory: 0 KiB is none"));
	if (edit.maximum && domain_is_active(call->domain) && !(flags & VIR_DOMAIN_AFFECT_CONFIG))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("cannot resize the maximum memory on an active domain: '%s' gets it "
			      "at its next start with --config"),
			    call->domain->name);
	if (edit.maximum && (flags & VIR_DOMAIN_AFFECT_LIVE))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("cannot resize the maximum memory on an active domain"));
	return change(call, &what, error);
}

bool serve_domain_set_memory(Call *call, remote_domain_set_memory_args *args,
			     G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return set_memory(call, args->memory, VIR_DOMAIN_AFFECT_LIVE, error);
}

bool serve_domain_set_max_memory(Call *call, remote_domain_set_max_memory_args *args,
				 G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return set_memory(call, args->memory, VIR_DOMAIN_MEM_MAXIMUM, error);
}

bool serve_domain_set_memory_flags(Call *call, remote_domain_set_memory_flags_args *args,
				   G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return call_flags(call, args->flags, AFFECT_FLAGS | VIR_DOMAIN_MEM_MAXIMUM, error) &&
	       set_memory(call, args->memory, args->flags, error);
}

static bool edit_stats_period(DomainDef *def, void *data, GError **error)
{
	DomainMemballoon *balloon = list_length(def->memballoons) ? list_get(def->memballoons, 0) :
								    NULL;

	if (!balloon || balloon->model == MEMBALLOON_NONE)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("domain '%s' has no memory balloon, which gives the statistics"),
			    def->name);
	balloon->stats_period = *(unsigned *)data;
	return true;
}

bool serve_domain_set_memory_stats_period(Call *call,
					  remote_domain_set_memory_stats_period_args *args,
					  G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	unsigned period = (unsigned)args->period;
	Change what = {
		.action = "set-memory-stats-period",
		.flags = args->flags,
		.edit = edit_stats_period,
		.data = &period,
	};

	if (args->period < 0)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("the period is a number of seconds, 0 for none, not %d"),
			    args->period);
	return call_flags(call, args->flags, AFFECT_FLAGS, error) && change(call, &what, error);
}
