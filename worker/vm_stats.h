/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of the guest, from the live half's last sample or a fresh one that comes at once. */
#pragma once

#include "worker/vm.h"

/* Fills in *ret_age: of the sample that the following questions are answered from. */
void vm_stats_sample(VmCall *call, int64_t *ret_age);
bool vm_stats_collect(VmCall *call, const control_stats_args *args, control_stats_ret *ret,
		      GError **error);
