/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of the guest, from the live half's last sample or a fresh one that comes at once. */
#pragma once

#include "worker/vm/vm.h"

/*
 * Refreshes the sample that the following questions are answered from, if that is quick; waits
 * longer only where there has never been one.
 */
void vm_stats_sample(VmCall *call);
bool vm_stats_collect(VmCall *call, const control_stats_args *args, control_stats_ret *ret,
		      GError **error);
