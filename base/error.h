/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An error is a GError whose code is a virErrorNumber, so that it can travel to a libvirt client
 * unchanged. It is filled once, where it happens, with a sentence for people; callers pass it on.
 * Used in every process.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>
#include <libvirt/virterror.h>

#define REEVE_ERROR (reeve_error_quark())
GQuark reeve_error_quark(void);

#undef fail /* a macro of cmocka's, whose header test programs include first */

/* Sets *error (which may be NULL to ignore it) and returns false. @code is a virErrorNumber. */
bool fail(GError **error, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* As fail() with VIR_ERR_SYSTEM_ERROR; ": <strerror>" is appended, @errnum must be positive. */
bool fail_errno(GError **error, int errnum, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* As fail(), for functions that return a pointer. */
#define fail_null(error, code, ...) (fail(error, code, __VA_ARGS__), NULL)

/* An error that came from elsewhere, as it was: @message is copied, @errnum 0 where it has none. */
GError *error_new(int code, int errnum, const char *message);

/* The virErrorNumber of @error; errors of GLib and others count as VIR_ERR_SYSTEM_ERROR. */
int error_code(const GError *error);

/* The errno that fail_errno() was given when @error came from there, else 0. */
int error_errno(const GError *error);
