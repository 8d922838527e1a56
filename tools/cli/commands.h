/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The functions behind the rows of commands.def, one each. They run with the memory of the
 * command (session.h), print through output.h, and fail with an error for people. Process: reeve.
 */
#pragma once

#include "tools/cli/action.h"
#include "tools/cli/options.h"
#include "tools/cli/output.h"
#include "tools/cli/session.h"
#include "tools/cli/shell.h"

#define COMMAND(name, group, function, options, help) \
	bool function(Session *session, const Args *args, GError **error);
#define ACTION(...)
#include "tools/cli/commands.def"
#undef COMMAND
#undef ACTION

/* What rows of one call show of a reply that show_text() and its like do not do for. */
ActionShow show_bindings, show_control, show_cpus, show_disk_errors, show_filesystems,
	show_guest, show_iothreads, show_keys, show_leases, show_max_vcpus, show_models, show_node,
	show_secret;

/* All commands as the section of reeve(1), to standard output. */
void manual_print(void);
/* The manual of one command, to standard output. */
void help_print(const Command *command);
