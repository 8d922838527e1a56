/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>

#include <libvirt/libvirt.h>

#include "drivers/stats.h"

static void value_clear(StatsValue *value)
{
	g_free(value->name);
	if (value->type == VIR_TYPED_PARAM_STRING)
		g_free(value->text);
}

StatsSink *stats_sink_new(void)
{
	StatsSink *sink = g_new0(StatsSink, 1);

	sink->values = g_array_new(FALSE, TRUE, sizeof(StatsValue));
	g_array_set_clear_func(sink->values, (GDestroyNotify)value_clear);
	return sink;
}

void stats_sink_free(StatsSink *sink)
{
	if (!sink)
		return;
	g_array_unref(sink->values);
	g_free(sink);
}

/* The names of the functions' last arguments are formats. */
#define ADD(function, value_type, param_type, member, expression)                                  \
	void stats_add_##function(StatsSink *sink, value_type value, const char *name, ...)        \
	{                                                                                          \
		StatsValue added = { .type = param_type, .member = expression };                   \
		va_list args;                                                                      \
                                                                                                   \
		va_start(args, name);                                                              \
		added.name = g_strdup_vprintf(name, args);                                         \
		va_end(args);                                                                      \
		g_array_append_val(sink->values, added);                                           \
	}

ADD(int, int, VIR_TYPED_PARAM_INT, number, value)
ADD(uint, unsigned, VIR_TYPED_PARAM_UINT, number, value)
ADD(llong, int64_t, VIR_TYPED_PARAM_LLONG, number, value)
ADD(ullong, uint64_t, VIR_TYPED_PARAM_ULLONG, number, (int64_t)value)
ADD(double, double, VIR_TYPED_PARAM_DOUBLE, real, value)
ADD(bool, bool, VIR_TYPED_PARAM_BOOLEAN, number, value)
ADD(string, const char *, VIR_TYPED_PARAM_STRING, text, g_strdup(value))
