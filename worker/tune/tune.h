/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be tuned of a domain: how each call changes its definition, and what the parameters read.
 * The same functions change the stored definition (engine) and the one of the running guest (worker),
 * which has the driver make it true first. A definition of a running guest has an id.
 */
#pragma once

#include <rpc/rpc.h>
#include <stdbool.h>

#include "conf/def/domain.h"
#include "drivers/driver.h"
#include "rpc/tables/remote.h"
#include "rpc/wire/params.h"

/* Changes @def as @args of a call say. On failure @def may be changed in part: give it a copy. */
typedef bool (*TuneEdit)(DomainDef *def, const void *args, GError **error);

/* One call that tunes; a row of calls.def. */
typedef struct TuneCall {
	TuneTarget target;
	TuneEdit edit;
} TuneCall;

/*
 * The parameters of @target as @def has them, in the order in which clients expect them. Fails where
 * there is no such disk or interface; a NULL name is any.
 */
bool tune_read(const DomainDef *def, const TuneTarget *target, RpcParams *ret, GError **error);
/* How many there are. */
unsigned tune_count(TuneGroup group);

/* The vCPUs of @def one by one, as entries; made where only their number was told. */
void tune_vcpus_expand(DomainDef *def);
/* The same for its I/O threads. */
void tune_iothreads_expand(DomainDef *def);

/* The host CPUs that a thread may use; borrowed, NULL: all. */
const Cpuset *tune_pin(const DomainDef *def, TuneGroup group, unsigned id);

/* Functions of the rows in calls.def; their arguments are those of the call. */
#define TUNE(name, args_type, flags, group, target_name, target_id, edit)                          \
	bool edit(DomainDef *def, const args_type *args, GError **error);
#include "worker/tune/calls.def"
#undef TUNE

/* For several calls with the same parameters. */
bool tune_write(DomainDef *def, const TuneTarget *target, const remote_typed_param *params,
		unsigned count, GError **error);
bool tune_set_vcpus(DomainDef *def, unsigned count, unsigned flags, GError **error);
