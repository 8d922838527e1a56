/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What does not work yet, what can be done instead, and what a mistyped word was meant to be.
 * Tables: needs.def. Process: reeve.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "tools/cli/options.h"

/* Whether the daemon of this version serves what the command needs. */
bool command_is_supported(const char *name);
/* "'x' is not supported yet; do y": the sentence about such a command; caller frees. */
char *command_unsupported(const char *name);
/* The command, or the option of @command, that is most alike; NULL when none is. */
const char *command_nearest(const char *name);
const char *option_nearest(const GArray *options, const char *name);

/* Sets the error of a word that is no command: not supported yet, or mistyped. Returns false. */
bool command_fail_unknown(const char *name, GError **error);
/* Replaces what a daemon says of a call that it does not serve, or not here, by words about the command. */
void command_explain(const char *name, GError **error);
