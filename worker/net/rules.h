/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules of nftables: one table for each network ("inet reeve-virbr0"), so that it is replaced, or removed,
 * in one transaction, and nothing of anybody else's is touched. By reeve-priv, through libnftables.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "rpc/tables/priv.h"

/* The text of the transaction that replaces the rules of @network, which was checked. The caller frees. */
char *rules_text(const priv_network *network);
bool rules_apply(const priv_network *network, GError **error);
bool rules_remove(const char *bridge, GError **error);
/* Runs a transaction. */
bool rules_run(const char *text, const char *bridge, GError **error);
