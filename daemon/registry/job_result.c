/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/registry/job_result.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/plain.h"
#include "daemon/registry/registry.h"

void job_param_add(RpcParams *params, const control_param *param)
{
	const control_param_value *value = &param->value;

	/* Clients give up on the whole reply when a name is too long for them. */
	if (!*param->field || strlen(param->field) >= VIR_TYPED_PARAM_FIELD_LENGTH ||
	    !g_utf8_validate(param->field, -1, NULL))
		return;
	switch (value->type) {
	case VIR_TYPED_PARAM_INT:
		rpc_params_add_int(params, (int)value->number, "%s", param->field);
		break;
	case VIR_TYPED_PARAM_UINT:
		rpc_params_add_uint(params, (unsigned)value->number, "%s", param->field);
		break;
	case VIR_TYPED_PARAM_LLONG:
		rpc_params_add_llong(params, value->number, "%s", param->field);
		break;
	case VIR_TYPED_PARAM_ULLONG:
		rpc_params_add_ullong(params, (guint64)value->number, "%s", param->field);
		break;
	case VIR_TYPED_PARAM_DOUBLE:
		rpc_params_add_double(params, value->real, "%s", param->field);
		break;
	case VIR_TYPED_PARAM_BOOLEAN:
		rpc_params_add_boolean(params, value->number != 0, "%s", param->field);
		break;
	case VIR_TYPED_PARAM_STRING:
		if (!value->text || text_is_plain(*value->text))
			rpc_params_add_string(params, value->text ? *value->text : "", "%s", param->field);
		break;
	}
}

void job_result_take(Domain *domain, const control_job_msg *message)
{
	g_clear_pointer(&domain->last_job, job_result_free);
	domain->last_job = g_new0(JobResult, 1);
	domain->last_job->type = message->type;
	domain->last_job->params = rpc_params_new();
	for (unsigned i = 0; i < message->params.params_len; i++)
		job_param_add(domain->last_job->params, &message->params.params_val[i]);
}

void job_result_free(JobResult *result)
{
	if (!result)
		return;
	rpc_params_free(result->params);
	g_free(result);
}
