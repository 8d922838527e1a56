/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of the guest: what the hypervisor answers when asked, or else its last sample. */
#pragma once

#include "drivers/stats.h"
#include "rpc/wire/params.h"
#include "worker/vm/vm.h"

/*
 * Has the hypervisor asked for what @groups (virDomainStatsTypes) need. Parks while it may answer,
 * at most for the setting stats_timeout; the guest may have ended then.
 */
void vm_stats_sample(VmCall *call, unsigned groups);
bool vm_stats_collect(VmCall *call, const control_stats_args *args, control_stats_ret *ret,
		      GError **error);
/* The values of a sink in the form of the control program, and of a client's reply. They are taken. */
void vm_stats_move(StatsSink *sink, u_int *ret_count, control_param **ret_params);
void vm_stats_params(const StatsSink *sink, RpcParams *params);
