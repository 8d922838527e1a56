/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statistics on their way from a live half (stats_add_...() of driver.h) to a reply. A StatsSink
 * belongs to the worker's call that asked; one value after the other, in the order of adding.
 */
#pragma once

#include "drivers/driver.h"

typedef struct StatsValue {
	char *name;
	int type; /* of virTypedParameterType */
	union {
		int64_t number; /* of all types but double and string, an unsigned one by its bits */
		double real;
		char *text;
	};
} StatsValue;

struct StatsSink {
	GArray *values; /* of StatsValue */
};

StatsSink *stats_sink_new(void);
void stats_sink_free(StatsSink *sink);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StatsSink, stats_sink_free)
