/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of a guest to a file: opened by reeve-priv, written by the guest's worker as a job, given its name when
 * it is whole, and only then does the guest end or go on. What is left to do stands in the job's intent, so that an
 * engine that comes back does it.
 */
#include "config.h"

#include <string.h>

#include <jansson.h>
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/guest/memory.h"
#include "daemon/guest/private.h"
#include "daemon/host/priv_save.h"
#include "rpc/wire/wire.h"

#define JOB_USEC (UINT64_C(30) * 24 * 3600 * G_USEC_PER_SEC) /* it ends with its worker, or when somebody aborts it */
#define END_USEC (60 * G_USEC_PER_SEC)
#define HOLD_USEC (600 * G_USEC_PER_SEC)

/* ---- Intents */

static char *intent_format(const VmMemory *memory)
{
	json_t *json = json_pack("{s:s,s:b,s:i}", "path", memory->path, "managed", memory->managed, "afterwards",
				 memory->afterwards);
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return text;
}

/* A worker told it: it may be anything. ->path is the caller's. */
static bool intent_parse(const char *text, VmMemory *ret, char **ret_path)
{
	json_t *json = json_loads(text, 0, NULL);
	const char *path = NULL;
	int managed = 0, afterwards = 0;
	bool good = json_unpack(json, "{s:s,s:b,s:i}", "path", &path, "managed", &managed, "afterwards",
				&afterwards) == 0 &&
		    afterwards >= CONTROL_MEMORY_GO_ON && afterwards <= CONTROL_MEMORY_RESET;

	if (good) {
		*ret_path = g_strdup(path);
		*ret = (VmMemory){ .path = *ret_path, .managed = managed, .afterwards = afterwards };
	}
	json_decref(json);
	return good;
}

/* ---- The steps */

static bool memory_end_call(Domain *domain, int way, GError **error)
{
	const control_memory_end_args args = { .way = way };
	const RpcExchange exchange = {
		.proc = CONTROL(MEMORY_END), .args = &args, .timeout_usec = END_USEC
	};

	return vm_worker_call(domain, &exchange, error);
}

/* The mark that says where a start finds its memory; NULL takes it away. */
bool vm_managed_save_commit(Domain *domain, const char *path, GError **error)
{
	g_autoptr(StoreBatch) batch = store_batch_new();
	StoreDomain row = domain_store_row(domain);

	row.managed_save = path;
	store_batch_domain_marks(batch, &row);
	if (!store_commit(domain->engine->store, batch, error))
		return false;
	g_free(domain->managed_save);
	domain->managed_save = g_strdup(path);
	return true;
}

/* The memory is written: the file gets its name, then the guest its end. */
static bool memory_finish_commit(Domain *domain, const VmMemory *memory, GError **error)
{
	Engine *engine = domain->engine;
	g_autofree char *before = g_strdup(domain->managed_save);
	bool good = priv_save_commit_call(engine, memory->path, error);

	if (!good)
		priv_save_discard_call(engine, memory->path);
	good = good && (!memory->managed || vm_managed_save_commit(domain, memory->path, error));
	if (!good) {
		memory_end_call(domain, CONTROL_MEMORY_GO_ON, NULL);
		return false;
	}
	if (memory_end_call(domain, memory->afterwards, error))
		return true;
	/* It goes on, so it must not go on from there once more. */
	if (memory->managed && domain_is_active(domain))
		vm_managed_save_commit(domain, before, NULL);
	return false;
}

bool vm_memory_call(Domain *domain, const VmMemory *memory, GError **error)
{
	g_autofree char *intent = intent_format(memory);
	g_autofd int fd = priv_save_create_call(domain->engine, memory->path, error);
	gsize length = 0;
	const char *head = memory->head ? g_bytes_get_data(memory->head, &length) : NULL;
	const control_memory_args args = {
		.intent = intent,
		.operation = memory->operation,
		.format = memory->format,
		.bypass_cache = memory->bypass_cache,
		.live = memory->live,
		.memory_only = memory->memory_only,
		.head = { (u_int)length, (char *)head },
		.magic = { head ? SAVE_MAGIC : 0, (char *)save_magic },
	};
	const RpcExchange exchange = {
		.proc = CONTROL(MEMORY), .args = &args, .fds = &fd, .n_fds = 1, .timeout_usec = JOB_USEC
	};

	if (fd < 0)
		return false;
	if (!vm_worker_call(domain, &exchange, error)) {
		priv_save_discard_call(domain->engine, memory->path);
		return false;
	}
	return memory_finish_commit(domain, memory, error);
}

bool vm_go_call(Domain *domain, int reason, GError **error)
{
	const control_go_args args = { .reason = reason };
	const RpcExchange exchange = { .proc = CONTROL(GO), .args = &args };

	return vm_worker_call(domain, &exchange, error);
}

bool vm_snapshot_call(Domain *domain, VmSnapshotWay way, const char *name, GError **error)
{
	const control_snapshot_args args = {
		.way = way == VM_SNAPSHOT_SAVE ? CONTROL_SNAPSHOT_SAVE : CONTROL_SNAPSHOT_DELETE,
		.name = (char *)name,
	};
	const RpcExchange exchange = { .proc = CONTROL(SNAPSHOT), .args = &args, .timeout_usec = JOB_USEC };

	return vm_worker_call(domain, &exchange, error);
}

bool vm_leave_call(Domain *domain, int why, GError **error)
{
	const control_leave_args args = { .why = (control_leave_why)why };
	const RpcExchange exchange = { .proc = CONTROL(LEAVE), .args = &args, .timeout_usec = END_USEC };

	return vm_worker_call(domain, &exchange, error);
}

/* ---- An engine that came back */

static void job_take_over_commit(Domain *domain, const control_job_ret *job)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;
	VmMemory memory = { 0 };

	if (!intent_parse(job->intent, &memory, &path)) {
		memory_end_call(domain, CONTROL_MEMORY_GO_ON, NULL);
	} else if (job->code != 0) {
		log_warning(_("a job of domain '%s' has failed: %s"), domain->name, job->message);
		priv_save_discard_call(domain->engine, path);
	} else if (!memory_finish_commit(domain, &memory, &error)) {
		log_warning(_("a job of domain '%s' has failed: %s"), domain->name, error->message);
	}
}

static void job_take_over(void *data)
{
	Domain *domain = data;
	control_job_ret job = { 0 };
	const RpcExchange exchange = { .proc = CONTROL(JOB_WAIT), .ret = &job, .timeout_usec = JOB_USEC };

	/* It is held as by the call that began it: nothing else changes the guest meanwhile. */
	if (domain_hold_wait(domain, "a job", HOLD_USEC, NULL)) {
		if (vm_worker_call(domain, &exchange, NULL) && job.operation != VIR_DOMAIN_JOB_OPERATION_UNKNOWN)
			job_take_over_commit(domain, &job);
		domain_release(domain);
	}
	rpc_free((xdrproc_t)xdr_control_job_ret, &job);
	domain_unref(domain);
}

void vm_job_take_over(Vm *vm)
{
	if (vm_has_ended(vm) || !vm->client)
		return;
	if (!fiber_spawn("job", job_take_over, domain_ref(vm->domain), NULL))
		domain_unref(vm->domain);
}
