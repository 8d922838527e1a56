/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of worker/tune/ share. */
#pragma once

#include "worker/tune/tune.h"

typedef struct TuneRow {
	TuneGroup group;
	const char *name;
	int type;      /* virTypedParameterType */
	gsize offset;  /* of the number in what tune_base() gives */
	gsize has;     /* of the bool that says whether it is given; 0: there is none */
	guint64 min, max; /* max 0: none */
	guint64 absent;	  /* what is read where it is not given */
	bool own;      /* tune_read_own() and tune_write_own() deal with it */
} TuneRow;

/* What the offsets of a group count from: the definition, a disk, an I/O thread ... */
void *tune_base(const DomainDef *def, const TuneTarget *target, GError **error);

/* own.c: parameters that are no plain numbers */
void tune_read_own(const void *base, const TuneRow *row, RpcParams *ret);
bool tune_write_own(void *base, const TuneRow *row, const remote_typed_param *param, GError **error);
void tune_read_perf(const DomainDef *def, RpcParams *ret);

/* disk.c: limits come in groups, of which each is replaced as a whole */
void tune_disk_begin(DomainDisk *disk, const remote_typed_param *params, unsigned count);
bool tune_disk_end(DomainDef *def, DomainDisk *disk, GError **error);

/* What must hold once all is written. */
bool tune_end(DomainDef *def, const TuneTarget *target, void *base, GError **error);
