/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of typed parameters as options take them and as tables show them. They live as long as the
 * command runs. Process: reeve.
 */
#pragma once

#include "rpc/wire/params.h"
#include "tools/object/domain_ref.h"

/* Option that sets a parameter; @type is a virTypedParameterType. A list ends with a NULL option. */
typedef struct TuneOption {
	const char *option;
	const char *param;
	int type;
	uint64_t scale; /* of a size: bytes that a bare number counts; 0: a plain number */
	uint64_t unit;	/* of a size: bytes that one of the parameter counts */
	const char *const *names; /* of an int: words for 0, 1 ...; NULL ends them */
} TuneOption;

typedef struct TuneParams {
	u_int n;
	remote_typed_param *params;
} TuneParams;

/* Frees what is in it. */
void tune_params_free(TuneParams *tune);

/* Parameters of the options that were given; NULL with an error. */
TuneParams *tune_read(Session *session, const Args *args, const TuneOption *options, GError **error);

/* The list as a JSON object. */
json_t *params_json(const remote_typed_param *params, guint n);
json_t *param_json(const remote_typed_param *param);
/* The value as people read it; ends with the command. */
const char *param_text(Session *session, const remote_typed_param *param);
/* "name           : value" lines, and the object as the result. */
void params_out(Session *session, const remote_typed_param *params, guint n);

/*
 * The getters that first tell how many parameters there are: asks twice. @call needs nparams, the
 * reply nparams and params.
 */
#define TUNE_GET(session, proc, call, error) ({ \
	remote_##proc##_ret *count_, *ret_ = NULL; \
	(call)->nparams = 0; \
	count_ = ASK(session, proc, call, error); \
	if (count_) { \
		(call)->nparams = count_->nparams; \
		ret_ = count_->nparams ? ASK(session, proc, call, error) : count_; \
	} \
	ret_; })
