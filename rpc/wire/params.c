/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rpc/wire/params.h"

struct RpcParams {
	remote_typed_param *list;
	unsigned count;
	unsigned room;
};

enum {
	FIRST_ROOM = 16,
};

RpcParams *rpc_params_new(void)
{
	return g_new0(RpcParams, 1);
}

static void param_clear(remote_typed_param *param)
{
	g_free(param->field);
	if (param->value.type == VIR_TYPED_PARAM_STRING)
		g_free(param->value.remote_typed_param_value_u.s);
}

void rpc_params_free(RpcParams *params)
{
	if (!params)
		return;
	for (unsigned i = 0; i < params->count; i++)
		param_clear(&params->list[i]);
	g_free(params->list);
	g_free(params);
}

unsigned rpc_params_count(const RpcParams *params)
{
	return params->count;
}

static remote_typed_param_value *add(RpcParams *params, int type, const char *name, va_list args)
{
	remote_typed_param *param;

	if (params->count == params->room) {
		params->room = params->room ? params->room * 2 : FIRST_ROOM;
		params->list = g_renew(remote_typed_param, params->list, params->room);
	}
	param = &params->list[params->count++];
	memset(param, 0, sizeof(*param));
	/* Most names are constant, and there are many. */
	param->field = strchr(name, '%') ? g_strdup_vprintf(name, args) : g_strdup(name);
	param->value.type = type;
	return &param->value;
}

#define ADD(suffix, c_type, constant, member, expression)                                          \
	void rpc_params_add_##suffix(RpcParams *params, c_type value, const char *name, ...)       \
	{                                                                                          \
		va_list args;                                                                      \
                                                                                                   \
		va_start(args, name);                                                              \
		add(params, constant, name, args)->remote_typed_param_value_u.member = expression; \
		va_end(args);                                                                      \
	}

ADD(int, int, VIR_TYPED_PARAM_INT, i, value)
ADD(uint, unsigned, VIR_TYPED_PARAM_UINT, ui, value)
ADD(llong, gint64, VIR_TYPED_PARAM_LLONG, l, value)
ADD(ullong, guint64, VIR_TYPED_PARAM_ULLONG, ul, value)
ADD(double, double, VIR_TYPED_PARAM_DOUBLE, d, value)
ADD(boolean, bool, VIR_TYPED_PARAM_BOOLEAN, b, value)
ADD(string, const char *, VIR_TYPED_PARAM_STRING, s, g_strdup(value ? value : ""))

void rpc_params_move(RpcParams *params, u_int *ret_count, remote_typed_param **ret_params)
{
	*ret_count = params->count;
	*ret_params = g_steal_pointer(&params->list);
	params->count = params->room = 0;
}

void rpc_params_copy(const RpcParams *params, u_int *ret_count, remote_typed_param **ret_params)
{
	*ret_count = params->count;
	*ret_params = g_new0(remote_typed_param, params->count + 1);
	for (unsigned i = 0; i < params->count; i++) {
		remote_typed_param *copy = &(*ret_params)[i];

		*copy = params->list[i];
		copy->field = g_strdup(copy->field);
		if (copy->value.type == VIR_TYPED_PARAM_STRING)
			copy->value.remote_typed_param_value_u.s =
				g_strdup(copy->value.remote_typed_param_value_u.s);
	}
}

void rpc_params_drop_strings(RpcParams *params)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < params->count; i++) {
		if (params->list[i].value.type == VIR_TYPED_PARAM_STRING)
			param_clear(&params->list[i]);
		else
			params->list[kept++] = params->list[i];
	}
	params->count = kept;
}

const remote_typed_param *rpc_params_find(const remote_typed_param *params, unsigned count,
					  const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(params[i].field, name) == 0)
			return &params[i];
	return NULL;
}

bool rpc_param_as_int64(const remote_typed_param *param, gint64 *ret)
{
	switch (param->value.type) {
	case VIR_TYPED_PARAM_INT:
		*ret = param->value.remote_typed_param_value_u.i;
		return true;
	case VIR_TYPED_PARAM_UINT:
		*ret = param->value.remote_typed_param_value_u.ui;
		return true;
	case VIR_TYPED_PARAM_LLONG:
		*ret = param->value.remote_typed_param_value_u.l;
		return true;
	case VIR_TYPED_PARAM_ULLONG:
		if (param->value.remote_typed_param_value_u.ul > G_MAXINT64)
			return false;
		*ret = (gint64)param->value.remote_typed_param_value_u.ul;
		return true;
	case VIR_TYPED_PARAM_BOOLEAN:
		*ret = param->value.remote_typed_param_value_u.b != 0;
		return true;
	default:
		return false;
	}
}

bool rpc_param_as_uint64(const remote_typed_param *param, guint64 *ret)
{
	gint64 number;

	if (param->value.type == VIR_TYPED_PARAM_ULLONG) {
		*ret = param->value.remote_typed_param_value_u.ul;
		return true;
	}
	if (!rpc_param_as_int64(param, &number) || number < 0)
		return false;
	*ret = (guint64)number;
	return true;
}

const char *rpc_param_as_string(const remote_typed_param *param)
{
	return param->value.type == VIR_TYPED_PARAM_STRING
		       ? param->value.remote_typed_param_value_u.s
		       : NULL;
}

char *rpc_param_format(const remote_typed_param *param)
{
	gint64 number;

	switch (param->value.type) {
	case VIR_TYPED_PARAM_STRING:
		return g_strdup(param->value.remote_typed_param_value_u.s);
	case VIR_TYPED_PARAM_DOUBLE:
		return g_strdup_printf("%lf", param->value.remote_typed_param_value_u.d);
	case VIR_TYPED_PARAM_BOOLEAN:
		return g_strdup(param->value.remote_typed_param_value_u.b ? "yes" : "no");
	case VIR_TYPED_PARAM_ULLONG:
		return g_strdup_printf("%" G_GUINT64_FORMAT,
				       param->value.remote_typed_param_value_u.ul);
	default:
		return rpc_param_as_int64(param, &number)
			       ? g_strdup_printf("%" G_GINT64_FORMAT, number)
			       : g_strdup("");
	}
}

static const char *type_text(int type)
{
	static const char *const names[] = {
		[VIR_TYPED_PARAM_INT] = "int",       [VIR_TYPED_PARAM_UINT] = "uint",
		[VIR_TYPED_PARAM_LLONG] = "llong",   [VIR_TYPED_PARAM_ULLONG] = "ullong",
		[VIR_TYPED_PARAM_DOUBLE] = "double", [VIR_TYPED_PARAM_BOOLEAN] = "boolean",
		[VIR_TYPED_PARAM_STRING] = "string",
	};

	return type > 0 && type < (int)G_N_ELEMENTS(names) ? names[type] : "?";
}

static bool check_one(const remote_typed_param *param, const RpcParamKnown *known, GError **error)
{
	for (; known->name; known++) {
		if (strcmp(known->name, param->field) != 0)
			continue;
		if (known->type == param->value.type)
			return true;
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("parameter '%s' has type %s, expected %s"), param->field,
			    type_text(param->value.type), type_text(known->type));
	}
	return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED, _("parameter '%s' is not supported here"),
		    param->field);
}

bool rpc_params_check(const remote_typed_param *params, unsigned count, const RpcParamKnown *known,
		      GError **error)
{
	for (unsigned i = 0; i < count; i++) {
		if (!check_one(&params[i], known, error))
			return false;
		if (rpc_params_find(params, i, params[i].field))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("parameter '%s' is given more than once"), params[i].field);
	}
	return true;
}
