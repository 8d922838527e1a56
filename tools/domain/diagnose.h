/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of reeved's own program, and what it remarks about a definition. Process: reeve. */
#pragma once

#include "tools/cli/commands.h"

/* As session_call() of reeved's program; a daemon that is not reeved gives VIR_ERR_NO_SUPPORT. */
void *reeve_call(Session *session, gint32 number, const void *args, GError **error);

/* The remarks about @xml as an array of objects; NULL with an error. */
json_t *diagnostics_ask(Session *session, const char *xml, GError **error);
/* "file:1:37: warning: /domain/memroy: ..." for a remark; lives as long as the command runs. */
const char *diagnostic_text(Session *session, const char *file, const json_t *remark);
