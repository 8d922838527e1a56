/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rpc/wire/wire.h"
#include "tools/object/tune.h"

void tune_params_free(TuneParams *tune)
{
	for (u_int i = 0; i < tune->n; i++)
		rpc_free((xdrproc_t)xdr_remote_typed_param, &tune->params[i]);
	free(tune->params);
	*tune = (TuneParams){ 0 };
}

static void tune_free(void *data)
{
	tune_params_free(data);
	g_free(data);
}

static bool size_add(const Args *args, const TuneOption *o, RpcParams *params, GError **error)
{
	uint64_t value = 0;
	const char *text = args_text(args, o->option);

	/* -1: no limit. */
	if (!strcmp(text, "-1"))
		value = VIR_DOMAIN_MEMORY_PARAM_UNLIMITED;
	else if (!args_size(args, o->option, o->scale, &value, error))
		return false;
	else
		value /= o->unit;
	rpc_params_add_ullong(params, value, "%s", o->param);
	return true;
}

static bool word_add(const Args *args, const TuneOption *o, RpcParams *params, GError **error)
{
	const char *text = args_text(args, o->option);
	g_autofree char *known = NULL;

	for (int i = 0; o->names[i]; i++)
		if (!strcmp(text, o->names[i])) {
			rpc_params_add_int(params, i, "%s", o->param);
			return true;
		}
	known = g_strjoinv(", ", (char **)o->names);
	return fail(error, VIR_ERR_INVALID_ARG, _("Invalid %s: %s: use one of %s"), o->option, text, known);
}

static bool option_add(const Args *args, const TuneOption *o, RpcParams *params, GError **error)
{
	unsigned int small = 0;
	uint64_t large = 0;
	int number = 0;

	if (!args_has(args, o->option))
		return true;
	if (o->scale)
		return size_add(args, o, params, error);
	if (o->names && !g_ascii_isdigit(args_text(args, o->option)[0]))
		return word_add(args, o, params, error);
	switch (o->type) {
	case VIR_TYPED_PARAM_INT:
		if (!args_int(args, o->option, &number, error))
			return false;
		rpc_params_add_int(params, number, "%s", o->param);
		return true;
	case VIR_TYPED_PARAM_UINT:
		if (!args_uint(args, o->option, &small, error))
			return false;
		rpc_params_add_uint(params, small, "%s", o->param);
		return true;
	case VIR_TYPED_PARAM_ULLONG:
		if (!args_ulong(args, o->option, &large, error))
			return false;
		rpc_params_add_ullong(params, large, "%s", o->param);
		return true;
	default:
		rpc_params_add_string(params, args_text(args, o->option), "%s", o->param);
		return true;
	}
}

TuneParams *tune_read(Session *session, const Args *args, const TuneOption *options, GError **error)
{
	g_autoptr(RpcParams) params = rpc_params_new();
	TuneParams *tune;

	for (const TuneOption *o = options; o->option; o++)
		if (!option_add(args, o, params, error))
			return NULL;
	tune = session_keep(session, g_new0(TuneParams, 1), tune_free);
	rpc_params_move(params, &tune->n, &tune->params);
	return tune;
}

json_t *param_json(const remote_typed_param *param)
{
	const remote_typed_param_value *value = &param->value;

	switch (value->type) {
	case VIR_TYPED_PARAM_INT:
		return json_integer(value->remote_typed_param_value_u.i);
	case VIR_TYPED_PARAM_UINT:
		return json_integer(value->remote_typed_param_value_u.ui);
	case VIR_TYPED_PARAM_LLONG:
		return json_integer(value->remote_typed_param_value_u.l);
	case VIR_TYPED_PARAM_ULLONG:
		return json_integer((json_int_t)value->remote_typed_param_value_u.ul);
	case VIR_TYPED_PARAM_DOUBLE:
		return json_real(value->remote_typed_param_value_u.d);
	case VIR_TYPED_PARAM_BOOLEAN:
		return json_boolean(value->remote_typed_param_value_u.b);
	default:
		return json_text(value->remote_typed_param_value_u.s);
	}
}

json_t *params_json(const remote_typed_param *params, guint n)
{
	json_t *object = json_object();

	for (guint i = 0; i < n; i++)
		json_object_set_new(object, params[i].field, param_json(&params[i]));
	return object;
}

const char *param_text(Session *session, const remote_typed_param *param)
{
	return session_keep(session, rpc_param_format(param), g_free);
}

void params_out(Session *session, const remote_typed_param *params, guint n)
{
	for (guint i = 0; i < n; i++)
		out_print(session, "%s: %s\n", out_pad(session, params[i].field, 15), param_text(session, &params[i]));
	out_value(session, params_json(params, n));
}
