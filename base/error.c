/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"

/* The errno rides in the upper half of the code: the wire's int1 wants it back. */
#define ERRNO_SHIFT 16
#define CODE_MASK 0xffff

G_DEFINE_QUARK(reeve-error, reeve_error)

bool fail(GError **error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(REEVE_ERROR, code, format, args);
	va_end(args);
	return false;
}

bool fail_errno(GError **error, int errnum, const char *format, ...)
{
	va_list args;

	if (!error)
		return false;
	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	*error = g_error_new(REEVE_ERROR, VIR_ERR_SYSTEM_ERROR | errnum << ERRNO_SHIFT, "%s: %s",
			     what, g_strerror(errnum));
	return false;
}

GError *error_new(int code, int errnum, const char *message)
{
	return g_error_new_literal(REEVE_ERROR, (code & CODE_MASK) | errnum << ERRNO_SHIFT,
				   message);
}

int error_code(const GError *error)
{
	if (error->domain != REEVE_ERROR)
		return VIR_ERR_SYSTEM_ERROR;
	return error->code & CODE_MASK;
}

int error_errno(const GError *error)
{
	return error->domain == REEVE_ERROR ? error->code >> ERRNO_SHIFT : 0;
}
