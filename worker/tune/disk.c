/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of a disk: which go together, and what disks of one group share. */
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/tune/private.h"

/* Who gives one limit of a row gives all of it: what is left out is no limit. */
typedef struct Limits {
	const char *suffix; /* after total_, read_, write_ */
	gsize total, read, write;
} Limits;

#define LIMITS(name)                                                                               \
	{ #name, offsetof(DiskIoTune, total_##name), offsetof(DiskIoTune, read_##name),            \
	  offsetof(DiskIoTune, write_##name) }
static const Limits limits[] = {
	LIMITS(bytes_sec),	    LIMITS(iops_sec),		 LIMITS(bytes_sec_max),
	LIMITS(iops_sec_max),	    LIMITS(bytes_sec_max_length), LIMITS(iops_sec_max_length),
};
enum { BASES = 2 }; /* rows; then those of bursts, then those of their lengths */

static guint64 *member(DiskIoTune *tune, gsize offset)
{
	return (guint64 *)((char *)tune + offset);
}

static bool is_of(const char *name, const char *suffix)
{
	static const char *const kinds[] = { "total_", "read_", "write_" };

	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_has_prefix(name, kinds[i]) &&
		    g_str_equal(name + strlen(kinds[i]), suffix))
			return true;
	return false;
}

void tune_disk_begin(DomainDisk *disk, const remote_typed_param *params, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		for (unsigned k = 0; k < G_N_ELEMENTS(limits); k++)
			if (is_of(params[i].field, limits[k].suffix)) {
				*member(&disk->iotune, limits[k].total) = 0;
				*member(&disk->iotune, limits[k].read) = 0;
				*member(&disk->iotune, limits[k].write) = 0;
			}
}

/* A burst is more than its limit, and lasts only if there is one. */
static bool burst_check(DiskIoTune *tune, unsigned row, GError **error)
{
	static const char *const kinds[] = { "total", "read", "write" };
	const gsize base[] = { limits[row].total, limits[row].read, limits[row].write };
	const Limits *burst = &limits[row + BASES], *length = &limits[row + 2 * BASES];
	const gsize most[] = { burst->total, burst->read, burst->write };
	const gsize lasts[] = { length->total, length->read, length->write };

	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
		guint64 usual = *member(tune, base[i]), max = *member(tune, most[i]);

		if (max && !usual)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("value '%s_%s' cannot be set if '%s_%s' is not set"), kinds[i],
				    burst->suffix, kinds[i], limits[row].suffix);
		if (max && max < usual)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("value '%s_%s' cannot be smaller than '%s_%s'"), kinds[i],
				    burst->suffix, kinds[i], limits[row].suffix);
		if (*member(tune, lasts[i]) && !max)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("value '%s_%s' cannot be set if '%s_%s' is not set"), kinds[i],
				    length->suffix, kinds[i], burst->suffix);
	}
	return true;
}

static bool limits_check(DiskIoTune *tune, GError **error)
{
	for (unsigned i = 0; i < 2 * BASES; i++)
		if (*member(tune, limits[i].total) &&
		    (*member(tune, limits[i].read) || *member(tune, limits[i].write)))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("total and read/write of %s cannot be set at the same time"),
				    limits[i].suffix);
	return burst_check(tune, 0, error) && burst_check(tune, 1, error);
}

bool tune_disk_end(DomainDef *def, DomainDisk *disk, GError **error)
{
	DiskIoTune *tune = &disk->iotune;

	if (!limits_check(tune, error))
		return false;
	for (guint i = 0; tune->group_name && i < list_length(def->disks); i++) {
		DomainDisk *other = list_get(def->disks, i);
		char *name = other->iotune.group_name;

		if (g_strcmp0(name, tune->group_name) != 0)
			continue;
		other->iotune = *tune;
		other->iotune.group_name = name;
	}
	return true;
}
