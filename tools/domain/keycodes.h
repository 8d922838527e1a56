/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of code sets and keys for send-key. Process: reeve. */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* *ret_set is a virKeycodeSet. */
bool keycode_set_find(const char *name, guint *ret_set, GError **error);
/* A number in any set; in the Linux set also KEY_ENTER and the like. */
bool keycode_find(guint set, const char *text, guint *ret_code, GError **error);
