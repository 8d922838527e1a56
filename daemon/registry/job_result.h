/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was told of the last job of a domain, for those who ask when its guest is off. Engine only. */
#pragma once

#include <glib.h>

#include "daemon/core/engine.h"
#include "rpc/tables/control.h"
#include "rpc/wire/params.h"

struct JobResult {
	int type; /* virDomainJobType */
	RpcParams *params;
};

/* NULL is fine. */
void job_result_free(JobResult *result);
/* Keeps what the worker tells. */
void job_result_take(Domain *domain, const control_job_msg *message);
/* Adds what a worker says, unless clients would choke on it. */
void job_param_add(RpcParams *params, const control_param *param);
