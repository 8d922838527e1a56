/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/cpumap.h"

guint host_cpu_count(Session *session, GError **error)
{
	remote_node_get_cpu_map_args map_args = { 0 };
	remote_node_get_cpu_map_ret *map = ASK(session, node_get_cpu_map, &map_args, NULL);
	remote_node_get_info_ret *info;

	if (map && map->ret > 0)
		return (guint)map->ret;
	info = GET(session, node_get_info, error);
	return info ? (guint)(info->nodes * info->sockets * info->cores * info->threads) : 0;
}

bool cpumap_has(const void *map, gsize n_bytes, guint cpu)
{
	return cpu / 8 < n_bytes && (((const guint8 *)map)[cpu / 8] >> (cpu % 8)) & 1;
}

const char *cpumap_format(Session *session, const void *map, gsize n_bytes)
{
	g_autoptr(GString) text = g_string_new(NULL);
	guint n = (guint)n_bytes * 8;

	for (guint cpu = 0; cpu < n; cpu++) {
		guint first = cpu;

		if (!cpumap_has(map, n_bytes, cpu))
			continue;
		while (cpu + 1 < n && cpumap_has(map, n_bytes, cpu + 1))
			cpu++;
		g_string_append_printf(text, first == cpu ? "%s%u" : "%s%u-%u", text->len ? "," : "", first,
				       cpu);
	}
	return session_printf(session, "%s", text->str);
}

const char *cpumap_letters(Session *session, const void *map, gsize n_bytes, guint n_cpus)
{
	char *text = session_keep(session, g_malloc0(n_cpus + 1), g_free);

	for (guint cpu = 0; cpu < n_cpus; cpu++)
		text[cpu] = cpumap_has(map, n_bytes, cpu) ? 'y' : '-';
	return text;
}

static bool number_read(const char **text, guint *ret)
{
	char *end;
	guint64 number;

	if (!g_ascii_isdigit(**text))
		return false;
	number = g_ascii_strtoull(*text, &end, 10);
	*text = end;
	*ret = (guint)MIN(number, G_MAXUINT32);
	return true;
}

/* One of "5", "0-3", "^2". */
static bool part_read(const char *part, guint n_cpus, guint8 *map)
{
	bool take = part[0] != '^';
	guint first, last;

	if (!take)
		part++;
	if (!number_read(&part, &first))
		return false;
	last = first;
	if (*part == '-') {
		part++;
		if (!number_read(&part, &last))
			return false;
	}
	if (*part || first > last || last >= n_cpus)
		return false;
	for (guint cpu = first; cpu <= last; cpu++)
		if (take)
			map[cpu / 8] |= (guint8)(1 << (cpu % 8));
		else
			map[cpu / 8] &= (guint8)~(1 << (cpu % 8));
	return true;
}

guint8 *cpumap_parse(Session *session, const char *text, guint n_cpus, GError **error)
{
	guint8 *map = session_keep(session, g_malloc0((n_cpus + 7) / 8 + 1), g_free);
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	if (!strcmp(text, "r")) {
		for (guint cpu = 0; cpu < n_cpus; cpu++)
			map[cpu / 8] |= (guint8)(1 << (cpu % 8));
		return map;
	}
	for (gsize i = 0; parts[i]; i++)
		if (!part_read(parts[i], n_cpus, map))
			return fail_null(error, VIR_ERR_INVALID_ARG,
					 _("'%s' is not a valid CPU list; expected for example 0-3,^2,5 with "
					   "CPUs below %u"), text, n_cpus);
	if (!parts[0])
		return fail_null(error, VIR_ERR_INVALID_ARG, _("the set of CPUs is empty"));
	return map;
}
