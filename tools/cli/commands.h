/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The functions behind the rows of commands.def, one each. They run with the memory of the
 * command (session.h), print through output.h, and fail with an error for people. Process: reeve.
 */
#pragma once

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

/* All commands as the section of reeve(1), to standard output. */
void manual_print(void);
/* The manual of one command, to standard output. */
void help_print(const Command *command);
