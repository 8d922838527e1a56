/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files with the memory of guests, see worker/host/save_file.h: by reeve-priv, or in session mode by ourselves. All
 * functions park.
 */
#pragma once

#include "daemon/core/engine.h"
#include "worker/host/save_file.h"

/* A descriptor of the caller's, for writing; -1 and an error. */
int priv_save_create_call(Engine *engine, const char *path, GError **error);
bool priv_save_commit_call(Engine *engine, const char *path, GError **error);
/* A failure is logged: there is nothing to do about it. */
void priv_save_discard_call(Engine *engine, const char *path);
/* A descriptor at the memory; @ret is the caller's to clear. error_errno() is ENOENT when there is none. */
int priv_save_open_call(Engine *engine, const char *path, SaveHead *ret, GError **error);
bool priv_save_edit_call(Engine *engine, const char *path, const char *xml, bool running, GError **error);
bool priv_save_remove_call(Engine *engine, const char *path, GError **error);
