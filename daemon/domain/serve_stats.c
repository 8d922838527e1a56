/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statistics of many domains at once. Guests that run are asked all at the same time, and answer
 * from their last sample; one that does not answer is told by its definition. No hypervisor is
 * ever waited for.
 */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"
#include "daemon/registry/job_result.h"
#include "daemon/domain/list.h"
#include "daemon/guest/vm.h"
#include "daemon/registry/domain_call.h"
#include "rpc/client/rpc_client.h"
#include "rpc/wire/params.h"
#include "rpc/wire/wire.h"

#define STATS_KNOWN                                                                                \
	((unsigned)(VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL |                          \
		    VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU |                             \
		    VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK | VIR_DOMAIN_STATS_PERF |  \
		    VIR_DOMAIN_STATS_IOTHREAD | VIR_DOMAIN_STATS_MEMORY |                          \
		    VIR_DOMAIN_STATS_DIRTYRATE | VIR_DOMAIN_STATS_VM))

#define LIST_MASK                                                                                  \
	((unsigned)(VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE |                                     \
		    VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE |                                   \
		    VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT |                                 \
		    VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT |                                  \
		    VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING |                                    \
		    VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED |                                     \
		    VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF |                                    \
		    VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER))

#define OTHER_FLAGS                                                                                \
	(VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT | VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING |    \
	 (unsigned)VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS)

/* What is listed is said by the same numbers as in connect_list_all_domains. */
#define SAME(name)                                                                                 \
	G_STATIC_ASSERT((int)VIR_CONNECT_GET_ALL_DOMAINS_STATS_##name ==                           \
			(int)VIR_CONNECT_LIST_DOMAINS_##name)
SAME(ACTIVE);
SAME(INACTIVE);
SAME(PERSISTENT);
SAME(TRANSIENT);
SAME(RUNNING);
SAME(PAUSED);
SAME(SHUTOFF);
SAME(OTHER);

enum { AT_ONCE = 500 }; /* domains told of, before others have their turn */

/* ---- What the definition tells -------------------------------------------------------------- */

static void add_disks(RpcParams *params, char **disks)
{
	unsigned count = g_strv_length(disks) / 2;

	rpc_params_add_uint(params, count, "block.count");
	for (unsigned i = 0; i < count; i++) {
		rpc_params_add_string(params, disks[2 * i], "block.%u.name", i);
		if (*disks[2 * i + 1])
			rpc_params_add_string(params, disks[2 * i + 1], "block.%u.path", i);
	}
}

static void add_state(RpcParams *params, const Domain *domain)
{
	rpc_params_add_int(params, domain->state, "state.state");
	rpc_params_add_int(params, domain->reason, "state.reason");
}

static void add_summary(RpcParams *params, Domain *domain, unsigned stats)
{
	const DomainSummary *summary = &domain->summary;

	if (stats & VIR_DOMAIN_STATS_BALLOON) {
		rpc_params_add_ullong(params, summary->memory_kib, "balloon.current");
		rpc_params_add_ullong(params, summary->max_memory_kib, "balloon.maximum");
	}
	if (stats & VIR_DOMAIN_STATS_VCPU) {
		rpc_params_add_uint(params, summary->vcpus, "vcpu.current");
		rpc_params_add_uint(params, summary->max_vcpus, "vcpu.maximum");
	}
	if (stats & VIR_DOMAIN_STATS_BLOCK)
		add_disks(params, domain_disks(domain));
}

/* ---- What the guest's worker tells ---------------------------------------------------------- */

static bool add_live(RpcParams *params, Domain *domain, RpcPending *pending)
{
	control_stats_ret stats = { 0 };

	if (!vm_stats_finish_call(domain, pending, &stats, NULL))
		return false;
	for (unsigned i = 0; i < stats.params.params_len; i++)
		job_param_add(params, &stats.params.params_val[i]);
	rpc_free((xdrproc_t)xdr_control_stats_ret, &stats);
	return true;
}

/* ---- The call ------------------------------------------------------------------------------- */

/* Referenced, as they may go while others are waited for. */
static GPtrArray *choose(Call *call, const remote_connect_get_all_domain_stats_args *args)
{
	GPtrArray *chosen;

	if (args->doms.doms_len == 0) {
		chosen = domains_matching(call, args->flags & LIST_MASK);
		for (unsigned i = 0; i < chosen->len; i++)
			domain_ref(g_ptr_array_index(chosen, i));
	} else {
		chosen = g_ptr_array_sized_new(args->doms.doms_len);
		for (unsigned i = 0; i < args->doms.doms_len; i++) {
			Domain *domain = call_domain(call, &args->doms.doms_val[i], NULL);

			if (domain)
				g_ptr_array_add(chosen, domain_ref(domain));
		}
	}
	g_ptr_array_set_free_func(chosen, (GDestroyNotify)domain_unref);
	return chosen;
}

static void record_fill(remote_domain_stats_record *record, Domain *domain, RpcPending *pending,
			unsigned stats)
{
	g_autoptr(RpcParams) params = rpc_params_new();

	call_fill_domain(domain, &record->dom);
	if (stats & VIR_DOMAIN_STATS_STATE)
		add_state(params, domain);
	if (!pending || !add_live(params, domain, pending))
		add_summary(params, domain, stats);
	rpc_params_move(params, &record->params.params_len, &record->params.params_val);
}

bool serve_connect_get_all_domain_stats(Call *call, remote_connect_get_all_domain_stats_args *args,
					remote_connect_get_all_domain_stats_ret *ret,
					GError **error)
{
	unsigned stats = args->stats ? args->stats & STATS_KNOWN : STATS_KNOWN;
	g_autoptr(GPtrArray) chosen = NULL;
	g_autofree RpcPending **pending = NULL;

	if (!call_flags(call, args->flags, LIST_MASK | OTHER_FLAGS, error))
		return false;
	if ((args->stats & ~STATS_KNOWN) &&
	    (args->flags & (unsigned)VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS))
		return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
			    _("statistics of types 0x%x are not known here"),
			    args->stats & ~STATS_KNOWN);
	chosen = choose(call, args);
	if (chosen->len > REMOTE_DOMAIN_LIST_MAX)
		return fail(error, VIR_ERR_RPC,
			    _("%u domains are too many for one list (%d); ask for some of them"),
			    chosen->len, REMOTE_DOMAIN_LIST_MAX);
	pending = g_new0(RpcPending *, MAX(chosen->len, 1));
	for (unsigned i = 0; i < chosen->len; i++) {
		Domain *domain = g_ptr_array_index(chosen, i);

		if (domain_is_active(domain))
			pending[i] = vm_stats_begin(domain, stats & ~VIR_DOMAIN_STATS_STATE,
						    args->flags &
							    VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT,
						    NULL);
	}
	ret->retStats.retStats_val = g_new0(remote_domain_stats_record, MAX(chosen->len, 1));
	ret->retStats.retStats_len = chosen->len;
	for (unsigned i = 0; i < chosen->len; i++) {
		if (i % AT_ONCE == AT_ONCE - 1)
			fiber_yield_wait();
		record_fill(&ret->retStats.retStats_val[i], g_ptr_array_index(chosen, i),
			    pending[i], stats);
	}
	return true;
}
