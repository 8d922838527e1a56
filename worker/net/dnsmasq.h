/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dnsmasq(8) of a network. Its files lie in the network's directory, which is root's: `conf` is read at
 * its start, `hosts` and `names` again at each SIGHUP, `leases` it writes itself.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "rpc/tables/priv.h"

/* The texts of its files, out of what was checked; @directory is where they will be. The caller frees. */
typedef struct DnsmasqFiles {
	char *conf, *hosts, *names;
} DnsmasqFiles;
DnsmasqFiles dnsmasq_files(const priv_network *network, const char *directory);
void dnsmasq_files_clear(DnsmasqFiles *files);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DnsmasqFiles, dnsmasq_files_clear)

/*
 * Starts it as user @uid, whom nobody else is, with the right to use the ports and the network device that
 * it needs, and to execute nothing. Returns once it serves: its pid, or -1 with what it complained of.
 */
pid_t dnsmasq_start(const char *directory, uid_t uid, gid_t gid, GError **error);
