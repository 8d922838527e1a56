/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells of a guest's NUMA topology: vCPUs, distances, caches, what lies between them. */
#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"

enum { DISTANCE_LOCAL = 10, DISTANCE_MAX = 255 };

static bool distance_check(const GPtrArray *cells, const NumaCell *cell, const NumaDistance *distance,
			   GError **error)
{
	bool self = distance->id == cell->id;

	if (distance->value < DISTANCE_LOCAL || distance->value > DISTANCE_MAX ||
	    distance->id >= cells->len)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("a NUMA distance is between 10 and 255, to a cell that there is: cell "
			      "%u has %u to cell %u"), cell->id, distance->value, distance->id);
	if (self != (distance->value == DISTANCE_LOCAL))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the NUMA distance of a cell is 10 to itself and more to others: cell %u "
			      "has %u to cell %u"), cell->id, distance->value, distance->id);
	return true;
}

static bool caches_check(const NumaCell *cell, GError **error)
{
	for (guint i = 0; i < list_length(cell->caches); i++)
		for (guint k = 0; k < i; k++)
			if (((NumaCache *)list_get(cell->caches, i))->level ==
			    ((NumaCache *)list_get(cell->caches, k))->level)
				return fail(error, VIR_ERR_XML_ERROR,
					    _("NUMA cell %u has two caches of level %u"), cell->id,
					    ((NumaCache *)list_get(cell->caches, i))->level);
	return true;
}

static bool vcpus_check(const DomainDef *def, GError **error)
{
	GPtrArray *cells = def->cpu->cells;
	int last = -1;

	for (guint i = 0; i < list_length(cells); i++) {
		const NumaCell *cell = list_get(cells, i);

		last = MAX(last, cpuset_last(cell->cpus));
		for (guint k = 0; k < i; k++)
			if (cpuset_overlaps(cell->cpus, ((NumaCell *)list_get(cells, k))->cpus))
				return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
					    _("the NUMA cells %u and %u share vCPUs"), k, i);
	}
	return last < (int)def->vcpus.count ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("<numa> speaks of vCPU %d, but there are only %u"), last, def->vcpus.count);
}

static bool has_cache(const GPtrArray *cells, guint cell, guint level)
{
	const NumaCell *target = list_get(cells, cell);

	for (guint i = 0; i < list_length(target->caches); i++)
		if (((NumaCache *)list_get(target->caches, i))->level == level)
			return true;
	return false;
}

static bool same_way(const NumaInterconnect *a, const NumaInterconnect *b)
{
	return a->initiator == b->initiator && a->target == b->target && a->cache == b->cache &&
	       a->type == b->type;
}

static bool interconnects_check(const GPtrArray *cells, const GPtrArray *list, const char *name,
				GError **error)
{
	for (guint i = 0; i < list_length(list); i++) {
		const NumaInterconnect *one = list_get(list, i);

		if (one->initiator >= list_length(cells) || one->target >= list_length(cells))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("<%s> goes from NUMA cell %u to %u, but there are %u"), name,
				    one->initiator, one->target, list_length(cells));
		if (one->has_cache && one->cache && !has_cache(cells, one->target, one->cache))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("<%s> speaks of the cache of level %u, which NUMA cell %u does "
				      "not have"), name, one->cache, one->target);
		for (guint k = 0; k < i; k++)
			if (same_way(one, list_get(list, k)))
				return fail(error, VIR_ERR_XML_ERROR,
					    _("<%s> from NUMA cell %u to %u is given twice"), name,
					    one->initiator, one->target);
	}
	return true;
}

bool numa_check(const DomainDef *def, GError **error)
{
	GPtrArray *cells = def->cpu->cells;

	for (guint i = 0; i < list_length(cells); i++) {
		const NumaCell *cell = list_get(cells, i);

		for (guint k = 0; k < list_length(cell->distances); k++)
			if (!distance_check(cells, cell, list_get(cell->distances, k), error))
				return false;
		if (!caches_check(cell, error))
			return false;
	}
	return vcpus_check(def, error) &&
	       interconnects_check(cells, def->cpu->latencies, "latency", error) &&
	       interconnects_check(cells, def->cpu->bandwidths, "bandwidth", error);
}
