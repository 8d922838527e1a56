/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The job of the guest, see drivers/job.h: its begin and end, and what clients see of it. */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/stats.h"
#include "rpc/client/rpc_client.h"
#include "rpc/wire/params.h"
#include "worker/vm/calls.h"
#include "worker/vm/stats.h"

static uint64_t now_usec(void)
{
	return (uint64_t)g_get_monotonic_time();
}

static const char *const operations[] = {
	[VIR_DOMAIN_JOB_OPERATION_UNKNOWN] = N_("work"),
	[VIR_DOMAIN_JOB_OPERATION_START] = N_("start"),
	[VIR_DOMAIN_JOB_OPERATION_SAVE] = N_("save"),
	[VIR_DOMAIN_JOB_OPERATION_RESTORE] = N_("restore"),
	[VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN] = N_("incoming migration"),
	[VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT] = N_("migration"),
	[VIR_DOMAIN_JOB_OPERATION_SNAPSHOT] = N_("snapshot"),
	[VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT] = N_("return to a snapshot"),
	[VIR_DOMAIN_JOB_OPERATION_DUMP] = N_("dump"),
	[VIR_DOMAIN_JOB_OPERATION_BACKUP] = N_("backup"),
	[VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE] = N_("deletion of a snapshot"),
};

static const char *operation_name(int operation)
{
	return operation >= 0 && operation < (int)G_N_ELEMENTS(operations) ? _(operations[operation]) : _("work");
}

bool vm_job_begin(Worker *worker, int operation, const char *intent, GError **error)
{
	Guest *guest = &worker->guest;

	if (guest->job)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("domain '%s' is busy with a %s, which must end first; 'domjobabort' ends it"),
			    worker->name, operation_name(guest->job->operation));
	guest->job = g_new0(Job, 1);
	*guest->job = (Job){ .operation = operation, .intent = g_strdup(intent), .began_usec = now_usec(),
			     .can_abort = true, .state = guest->state, .reason = guest->reason };
	vm_state_save(worker);
	return true;
}

void vm_job_over(Worker *worker, const GError *reason)
{
	Job *job = worker->guest.job;

	job->ended_usec = now_usec();
	job->type = VIR_DOMAIN_JOB_COMPLETED;
	if (reason)
		job->type = error_code(reason) == VIR_ERR_OPERATION_ABORTED ? VIR_DOMAIN_JOB_CANCELLED :
									      VIR_DOMAIN_JOB_FAILED;
	job->error = reason ? g_error_copy(reason) : NULL;
	fiber_queue_wake_all(&job->waiting);
	vm_state_save(worker);
}

/* ---- What is told of it --------------------------------------------------------------------- */

static uint64_t elapsed_ms(const Job *job)
{
	return ((job->ended_usec ? job->ended_usec : now_usec()) - job->began_usec) / 1000;
}

static void pages_tell(const JobNumbers *numbers, StatsSink *sink)
{
	stats_add_ullong(sink, numbers->setup_ms, VIR_DOMAIN_JOB_SETUP_TIME);
	stats_add_ullong(sink, numbers->constant_pages, VIR_DOMAIN_JOB_MEMORY_CONSTANT);
	stats_add_ullong(sink, numbers->normal_pages, VIR_DOMAIN_JOB_MEMORY_NORMAL);
	stats_add_ullong(sink, numbers->normal_bytes, VIR_DOMAIN_JOB_MEMORY_NORMAL_BYTES);
	stats_add_ullong(sink, numbers->dirty_rate, VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE);
	stats_add_ullong(sink, numbers->iteration, VIR_DOMAIN_JOB_MEMORY_ITERATION);
	if (numbers->page_size)
		stats_add_ullong(sink, numbers->page_size, VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE);
}

static void job_tell(const Job *job, StatsSink *sink)
{
	const JobNumbers *numbers = &job->numbers;

	stats_add_int(sink, job->operation, VIR_DOMAIN_JOB_OPERATION);
	stats_add_ullong(sink, elapsed_ms(job), VIR_DOMAIN_JOB_TIME_ELAPSED);
	if (numbers->has_downtime)
		stats_add_ullong(sink, numbers->downtime_ms, VIR_DOMAIN_JOB_DOWNTIME);
	if (numbers->has_pages) {
		stats_add_ullong(sink, numbers->memory_total + numbers->disk_total, VIR_DOMAIN_JOB_DATA_TOTAL);
		stats_add_ullong(sink, numbers->memory_processed + numbers->disk_processed,
				 VIR_DOMAIN_JOB_DATA_PROCESSED);
		stats_add_ullong(sink, numbers->memory_remaining + numbers->disk_remaining,
				 VIR_DOMAIN_JOB_DATA_REMAINING);
	}
	if (numbers->memory_total) {
		stats_add_ullong(sink, numbers->memory_total, VIR_DOMAIN_JOB_MEMORY_TOTAL);
		stats_add_ullong(sink, numbers->memory_processed, VIR_DOMAIN_JOB_MEMORY_PROCESSED);
		stats_add_ullong(sink, numbers->memory_remaining, VIR_DOMAIN_JOB_MEMORY_REMAINING);
	}
	if (numbers->memory_bps)
		stats_add_ullong(sink, numbers->memory_bps, VIR_DOMAIN_JOB_MEMORY_BPS);
	if (numbers->has_pages)
		pages_tell(numbers, sink);
	if (numbers->has_pages || numbers->disk_total) {
		stats_add_ullong(sink, numbers->disk_total, VIR_DOMAIN_JOB_DISK_TOTAL);
		stats_add_ullong(sink, numbers->disk_processed, VIR_DOMAIN_JOB_DISK_PROCESSED);
		stats_add_ullong(sink, numbers->disk_remaining, VIR_DOMAIN_JOB_DISK_REMAINING);
	}
	if (numbers->disk_bps)
		stats_add_ullong(sink, numbers->disk_bps, VIR_DOMAIN_JOB_DISK_BPS);
	if (job->error && job->type == VIR_DOMAIN_JOB_FAILED)
		stats_add_string(sink, job->error->message, VIR_DOMAIN_JOB_ERRMSG);
}

/* The engine is told too: it answers for a guest that is off. */
void vm_job_post(Worker *worker)
{
	const Job *job = worker->guest.job ? worker->guest.job : worker->last_job;
	g_autoptr(StatsSink) sink = stats_sink_new();
	control_job_msg message = { .type = job->type };

	job_tell(job, sink);
	vm_stats_move(sink, &message.params.params_len, &message.params.params_val);
	vm_link_post(worker, CONTROL(JOB), &message);
	xdr_free((xdrproc_t)xdr_control_job_msg, &message);
}

void vm_job_clear(Worker *worker)
{
	Job *job = g_steal_pointer(&worker->guest.job);

	if (!job)
		return;
	fiber_queue_wake_all(&job->waiting);
	job_free(worker->last_job);
	worker->last_job = job;
	vm_job_post(worker);
	vm_state_save(worker);
}

/* ---- Calls ---------------------------------------------------------------------------------- */

/* Which one is asked for, with fresh numbers; NULL: none. Parks. */
static const Job *job_find(VmCall *call, bool completed)
{
	Job *job = call->guest->job;

	if (completed)
		return job ? NULL : call->worker->last_job;
	if (job && !job->ended_usec && call->live->job_ask)
		call->live->job_ask(call->guest, NULL);
	/* It may have ended meanwhile. */
	return call->guest->job;
}

static int job_type(const Job *job)
{
	if (!job)
		return VIR_DOMAIN_JOB_NONE;
	return job->ended_usec ? job->type : VIR_DOMAIN_JOB_UNBOUNDED;
}

bool vm_domain_get_job_info(VmCall *call, G_GNUC_UNUSED remote_domain_get_job_info_args *args,
			    remote_domain_get_job_info_ret *ret, GError **error)
{
	const Job *job;

	*ret = (remote_domain_get_job_info_ret){ 0 };
	if (!vm_call_check_active(call, error))
		return false;
	job = job_find(call, false);
	ret->type = job_type(job);
	if (!job)
		return true;
	ret->timeElapsed = elapsed_ms(job);
	ret->memTotal = job->numbers.memory_total;
	ret->memProcessed = job->numbers.memory_processed;
	ret->memRemaining = job->numbers.memory_remaining;
	ret->fileTotal = job->numbers.disk_total;
	ret->fileProcessed = job->numbers.disk_processed;
	ret->fileRemaining = job->numbers.disk_remaining;
	ret->dataTotal = ret->memTotal + ret->fileTotal;
	ret->dataProcessed = ret->memProcessed + ret->fileProcessed;
	ret->dataRemaining = ret->memRemaining + ret->fileRemaining;
	return true;
}

bool vm_domain_get_job_stats(VmCall *call, remote_domain_get_job_stats_args *args,
			     remote_domain_get_job_stats_ret *ret, GError **error)
{
	const unsigned known = VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED;
	const bool completed = args->flags & VIR_DOMAIN_JOB_STATS_COMPLETED;
	g_autoptr(RpcParams) params = rpc_params_new();
	g_autoptr(StatsSink) sink = stats_sink_new();
	const Job *job;

	if (!vm_call_flags(call, args->flags, known, error) || !vm_call_check_active(call, error))
		return false;
	job = job_find(call, completed);
	ret->type = job_type(job);
	if (job)
		job_tell(job, sink);
	vm_stats_params(sink, params);
	rpc_params_move(params, &ret->params.params_len, &ret->params.params_val);
	if (job && completed && !(args->flags & VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED))
		g_clear_pointer(&call->worker->last_job, job_free);
	return true;
}

static bool job_abort(VmCall *call, unsigned flags, GError **error)
{
	Job *job = call->guest->job;

	if (!vm_call_flags(call, flags, VIR_DOMAIN_ABORT_JOB_POSTCOPY, error) || !vm_call_check_active(call, error))
		return false;
	if (!job || job->ended_usec)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' has no job to abort"),
			    call->worker->name);
	if (flags)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' does not migrate by postcopy"),
			    call->worker->name);
	if (!job->can_abort || !call->live->job_abort)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("the %s of domain '%s' cannot be aborted"),
			    operation_name(job->operation), call->worker->name);
	job->aborted = true;
	return call->live->job_abort(call->guest, error);
}

bool vm_domain_abort_job(VmCall *call, G_GNUC_UNUSED remote_domain_abort_job_args *args,
			 G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return job_abort(call, 0, error);
}

bool vm_domain_abort_job_flags(VmCall *call, remote_domain_abort_job_flags_args *args,
			       G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return job_abort(call, args->flags, error);
}

bool control_job_wait(VmCall *call, G_GNUC_UNUSED NOTHING *args, control_job_ret *ret, GError **error)
{
	Job *job = call->guest->job;

	if (job && !job->ended_usec && !fiber_queue_wait(&job->waiting, "the end of a job", 0, error))
		return false;
	job = call->guest->job;
	ret->operation = job ? job->operation : 0;
	ret->intent = g_strdup(job && job->intent ? job->intent : "");
	ret->code = job && job->error ? error_code(job->error) : 0;
	ret->message = g_strdup(job && job->error ? job->error->message : "");
	return true;
}
