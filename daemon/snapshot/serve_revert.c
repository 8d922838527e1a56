/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way back to a snapshot: images, memory and definition become those of that moment. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"
#include "daemon/domain/affect.h"
#include "daemon/domain/managed_save.h"
#include "daemon/guest/memory.h"
#include "daemon/guest/vm.h"
#include "daemon/registry/domain_call.h"
#include "daemon/snapshot/snapshot.h"

#define RUN_FLAGS ((unsigned)(VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING | VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED))
#define REVERT_FLAGS (RUN_FLAGS | (unsigned)(VIR_DOMAIN_SNAPSHOT_REVERT_FORCE | \
					     VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM))

static bool has_memory(const SnapshotDef *snapshot)
{
	return snapshot->state == SNAPSHOT_STATE_RUNNING || snapshot->state == SNAPSHOT_STATE_PAUSED;
}

static bool revert_check(const Domain *domain, const SnapshotDef *snapshot, unsigned flags, GError **error)
{
	const bool force = flags & VIR_DOMAIN_SNAPSHOT_REVERT_FORCE;

	if (snapshot_is_external(snapshot) || snapshot->state == SNAPSHOT_STATE_DISK)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("snapshot '%s' lies in files of its own; the way back to it is not supported yet"),
			    snapshot->name);
	if (!snapshot->domain)
		return fail(error, VIR_ERR_SNAPSHOT_REVERT_RISKY, _("snapshot '%s' lacks domain '%s' rollback info"),
			    snapshot->name, domain->name);
	if (!domain->persistent && !has_memory(snapshot) && !(flags & RUN_FLAGS))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("transient domain needs to request run or pause to revert to inactive snapshot"));
	/* It would be gone between its end and its start. */
	if (!domain->persistent)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("the way back of transient domain '%s' is not supported yet; define it first"),
			    domain->name);
	return has_memory(snapshot) || !domain->managed_save || force ||
	       fail(error, VIR_ERR_SNAPSHOT_REVERT_RISKY,
		    _("snapshot without memory state, removal of existing managed saved state strongly recommended to "
		      "avoid corruption"));
}

/* The definition of that moment becomes the stored one. */
static bool definition_return_commit(Call *call, const SnapshotDef *snapshot, GError **error)
{
	const DomainDef *then = snapshot->inactive_domain ? snapshot->inactive_domain : snapshot->domain;
	g_autofree char *xml = domain_def_format(then, CONF_INACTIVE | CONF_SECURE);
	g_autoptr(DomainDef) def = NULL;

	if (!call->domain->persistent)
		return true;
	def = definition_read(call, xml, 0, error);
	return def && definition_set_commit(call, call->domain, def, error);
}

/* Runs, or stays paused; @memory: from the memory of that moment. */
static bool start_call(Call *call, const SnapshotDef *snapshot, bool memory, unsigned flags, GError **error)
{
	Domain *domain = call->domain;
	g_autofree char *xml = domain_def_format(snapshot->domain, CONF_INACTIVE | CONF_SECURE);
	g_autoptr(DomainDef) def = definition_read(call, xml, 0, error);
	const bool running = flags & VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING ||
			     (!(flags & VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED) &&
			      snapshot->state == SNAPSHOT_STATE_RUNNING);
	const VmRestore restore = {
		.fd = -1,
		.snapshot = memory ? snapshot->name : NULL,
		.running = running,
		.detail = VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT,
		.reason = VIR_DOMAIN_PAUSED_FROM_SNAPSHOT,
	};
	const VmStart start = {
		.def = def,
		.flags = flags & VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM ? (unsigned)VIR_DOMAIN_START_RESET_NVRAM : 0,
		.restore = &restore,
	};

	return def && vm_start_call(domain, &start, error) &&
	       (!running || vm_go_call(domain, VIR_DOMAIN_RUNNING_FROM_SNAPSHOT, error));
}

static bool revert_commit(Call *call, SnapshotDef *snapshot, unsigned flags, GError **error)
{
	Domain *domain = call->domain;
	const bool memory = has_memory(snapshot);

	if (domain_is_active(domain) && !vm_leave_call(domain, CONTROL_LEAVE_FROM_SNAPSHOT, error))
		return false;
	/* From here on its images are another moment's than the memory that was saved of it. */
	if (!managed_save_remove_commit(domain, error))
		return false;
	if (!memory && !snapshot_images_call(domain, snapshot->domain, VM_SNAPSHOT_LOAD, snapshot->name, error))
		return false;
	if (!definition_return_commit(call, snapshot, error))
		return false;
	return !(memory || (flags & RUN_FLAGS)) || start_call(call, snapshot, memory, flags, error);
}

bool serve_domain_revert_to_snapshot(Call *call, remote_domain_revert_to_snapshot_args *args,
				     G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_autoptr(SnapshotDef) snapshot = NULL;
	g_auto(DomainHold) hold = NULL;

	if (!call_flags(call, args->flags, REVERT_FLAGS, error))
		return false;
	if ((args->flags & RUN_FLAGS) == RUN_FLAGS)
		return fail(error, VIR_ERR_INVALID_ARG, _("a domain returns to run or to be paused, not both"));
	hold = call_hold_wait(call, call->domain, "the return to a snapshot", error);
	if (!hold || !object_check(call->object, error))
		return false;
	snapshot = snapshot_read(call->object, error);
	if (!snapshot || !revert_check(call->domain, snapshot, args->flags, error) ||
	    !revert_commit(call, snapshot, args->flags, error))
		return false;
	if (!moment_current_commit(call, call->object, error))
		return false;
	events_emit_lifecycle(call->domain, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_FROM_SNAPSHOT);
	return true;
}
