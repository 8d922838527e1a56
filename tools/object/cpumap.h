/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of CPUs: bit maps on the wire, "0-3,^2,5" for people. Texts end with the command. */
#pragma once

#include "tools/cli/session.h"

/* How many CPUs the host has, absent ones included; 0 with an error. */
guint host_cpu_count(Session *session, GError **error);
/* "0-3,5"; empty for the empty set. */
const char *cpumap_format(Session *session, const void *map, gsize n_bytes);
/* "yy-y" for the first @n_cpus. */
const char *cpumap_letters(Session *session, const void *map, gsize n_bytes, guint n_cpus);
bool cpumap_has(const void *map, gsize n_bytes, guint cpu);
/* "0-3,^2,5", or "r" for all of @n_cpus; the map has @n_cpus rounded up to bytes. */
guint8 *cpumap_parse(Session *session, const char *text, guint n_cpus, GError **error);
