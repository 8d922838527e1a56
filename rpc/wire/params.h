/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Typed parameters: lists of named values, as statistics and tuning calls have them. A list is
 * built by RpcParams and then given to a reply; received lists are read in place. Both sides.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "rpc/tables/remote.h"

typedef struct RpcParams RpcParams;

RpcParams *rpc_params_new(void);
void rpc_params_free(RpcParams *params);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcParams, rpc_params_free)
unsigned rpc_params_count(const RpcParams *params);

/* The name comes last and is a format: rpc_params_add_int(p, state, "vcpu.%u.state", i). */
void rpc_params_add_int(RpcParams *params, int value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void rpc_params_add_uint(RpcParams *params, unsigned value, const char *name, ...)
	G_GNUC_PRINTF(3, 4);
void rpc_params_add_llong(RpcParams *params, gint64 value, const char *name, ...)
	G_GNUC_PRINTF(3, 4);
void rpc_params_add_ullong(RpcParams *params, guint64 value, const char *name, ...)
	G_GNUC_PRINTF(3, 4);
void rpc_params_add_double(RpcParams *params, double value, const char *name, ...)
	G_GNUC_PRINTF(3, 4);
void rpc_params_add_boolean(RpcParams *params, bool value, const char *name, ...)
	G_GNUC_PRINTF(3, 4);
/* @value is copied. */
void rpc_params_add_string(RpcParams *params, const char *value, const char *name, ...)
	G_GNUC_PRINTF(3, 4);

/*
 * Moves the list to a reply's members: rpc_params_move(p, &ret->params.params_len,
 * &ret->params.params_val). @params is empty then.
 */
void rpc_params_move(RpcParams *params, u_int *ret_count, remote_typed_param **ret_params);
/* As above with a copy. */
void rpc_params_copy(const RpcParams *params, u_int *ret_count, remote_typed_param **ret_params);
/* Leaves out the strings: for callers that did not set VIR_TYPED_PARAM_STRING_OKAY. */
void rpc_params_drop_strings(RpcParams *params);

/* NULL when there is none of that name. */
const remote_typed_param *rpc_params_find(const remote_typed_param *params, unsigned count,
					  const char *name);
/* Of a parameter of any integer type or boolean; false when it does not fit, or is no number. */
bool rpc_param_as_int64(const remote_typed_param *param, gint64 *ret);
bool rpc_param_as_uint64(const remote_typed_param *param, guint64 *ret);
/* The string, NULL when it is not one. */
const char *rpc_param_as_string(const remote_typed_param *param);
/* The value as text; g_free(). Booleans are "yes" and "no" */
char *rpc_param_format(const remote_typed_param *param);

typedef struct RpcParamKnown {
	const char *name; /* NULL ends the list */
	int type;         /* virTypedParameterType */
} RpcParamKnown;

/*
 * Every name is known, has its type, and comes once; else VIR_ERR_INVALID_ARG (or
 * VIR_ERR_ARGUMENT_UNSUPPORTED for a name that is not known) that names it.
 */
bool rpc_params_check(const remote_typed_param *params, unsigned count, const RpcParamKnown *known,
		      GError **error);
