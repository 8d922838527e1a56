/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What main.c does with the engine. */
#pragma once

#include "daemon/core/engine.h"

/* Blocks and watches signals; before any thread is made. */
bool engine_watch_signals(Engine *engine, GError **error);
/* Opens everything, as the user that reeved became; `ready` follows from the loop. */
bool engine_begin(Engine *engine, GError **error);
/* Turns the loop until engine_quit(); returns the exit status. */
int engine_run(Engine *engine);
/* Also of an engine that did not get far. */
void engine_end(Engine *engine);

/* What main.c knows of the command line. */
typedef struct MainOptions {
	const char *dir;    /* --dir */
	const char *config; /* --config */
	char **assignments; /* -o */
} MainOptions;

/* Fills in the directories and paths that settings leave open. */
void paths_fill(Settings *settings, const char *dir, bool privileged);
/* Makes state_dir, run_dir and log_dir, for user @uid if we are root. */
bool paths_make(const Engine *engine, const char *dir, uid_t uid, gid_t gid, GError **error);

/* The user and group that `user` and `group` mean. */
bool user_resolve(const Settings *settings, uid_t *ret_uid, gid_t *ret_gid, GError **error);
/* Becomes them for good. */
bool user_become(uid_t uid, gid_t gid, GError **error);
