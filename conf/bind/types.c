/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/bind/types.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

bool number_parse_uint64(const char *text, int base, guint64 max, guint64 *ret)
{
	guint64 value;
	char *end;

	if (!g_ascii_isxdigit(*text))
		return false;
	errno = 0;
	value = g_ascii_strtoull(text, &end, (guint)base);
	if (errno || end == text || *end || value > max)
		return false;
	*ret = value;
	return true;
}

bool number_parse_int64(const char *text, gint64 min, gint64 max, gint64 *ret)
{
	const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
	gint64 value;
	char *end;

	if (!g_ascii_isdigit(*digits))
		return false;
	errno = 0;
	value = g_ascii_strtoll(text, &end, 10);
	if (errno || *end || value < min || value > max)
		return false;
	*ret = value;
	return true;
}

guint64 size_unit(const char *unit)
{
	static const char prefixes[] = "kmgtpe";
	const char *prefix;
	guint64 base, scale = 1;

	if (!g_ascii_strcasecmp(unit, "b") || !g_ascii_strcasecmp(unit, "byte") ||
	    !g_ascii_strcasecmp(unit, "bytes"))
		return 1;
	prefix = *unit ? strchr(prefixes, g_ascii_tolower(*unit)) : NULL;
	if (!prefix)
		return 0;
	if (!unit[1] || !g_ascii_strcasecmp(unit + 1, "ib"))
		base = 1024;
	else if (!g_ascii_strcasecmp(unit + 1, "b"))
		base = 1000;
	else
		return 0;
	for (; prefix >= prefixes; prefix--)
		scale *= base;
	return scale;
}

/* Numbers: one small function per width, sharing the readers above. */

static bool uint_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	guint64 value;

	if (!number_parse_uint64(text, 10, G_MAXUINT32, &value))
		return false;
	*(guint *)member = (guint)value;
	return true;
}

static bool uint_any_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	guint64 value;

	if (!number_parse_uint64(text, g_str_has_prefix(text, "0x") ? 16 : 10, G_MAXUINT32, &value))
		return false;
	*(guint *)member = (guint)value;
	return true;
}

static bool octal_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	guint64 value;

	if (!number_parse_uint64(text, 8, 07777, &value))
		return false;
	*(guint *)member = (guint)value;
	return true;
}

static bool int_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	gint64 value;

	if (!number_parse_int64(text, G_MININT32, G_MAXINT32, &value))
		return false;
	*(int *)member = (int)value;
	return true;
}

static bool int64_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	return number_parse_int64(text, G_MININT64, G_MAXINT64, member);
}

static bool uint64_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	return number_parse_uint64(text, 10, G_MAXUINT64, member);
}

static bool hex64_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	return number_parse_uint64(text, g_ascii_strncasecmp(text, "0x", 2) == 0 ? 16 : 10,
				   G_MAXUINT64, member);
}

static bool hex64_plain_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	return number_parse_uint64(text, 16, G_MAXUINT64, member);
}

static void decimal_write(guint64 value, GString *out)
{
	char digits[24], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	g_string_append_len(out, at, digits + sizeof(digits) - at);
}

static void uint_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	decimal_write(*(const guint *)member, out);
}

static void int_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	g_string_append_printf(out, "%d", *(const int *)member);
}

static void int64_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	g_string_append_printf(out, "%" G_GINT64_FORMAT, *(const gint64 *)member);
}

static void uint64_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	decimal_write(*(const guint64 *)member, out);
}

static void octal_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	g_string_append_printf(out, "%04o", *(const guint *)member);
}

static void hex_digits(guint64 value, int width, GString *out)
{
	static const char digits[] = "0123456789abcdef";
	int shift = 60;

	g_string_append(out, "0x");
	while (shift > 0 && shift / 4 >= width && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		g_string_append_c(out, digits[value >> shift & 15]);
}

/* -1 stands for any; rows give it by MISSING(), so that a 0 stays a 0. */
static bool any_read(const BindType *type, const char *text, void *member)
{
	if (strcmp(text, "-1") == 0) {
		*(int *)member = -1;
		return true;
	}
	return uint_any_read(type, text, member) && *(int *)member >= 0;
}

static void any_write(const void *member, int width, GString *out)
{
	if (*(const int *)member < 0)
		g_string_append(out, "-1");
	else
		hex_digits(*(const guint *)member, width, out);
}

static void any2_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	any_write(member, 2, out);
}

static void any4_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	any_write(member, 4, out);
}

#define HEX_WRITER(width) \
	static void hex##width##_write(const BindType *type G_GNUC_UNUSED, const void *member, \
				       GString *out) \
	{ \
		hex_digits(*(const guint *)member, width, out); \
	}
HEX_WRITER(1)
HEX_WRITER(2)
HEX_WRITER(3)
HEX_WRITER(4)
HEX_WRITER(6)
HEX_WRITER(8)

static void hex64_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	hex_digits(*(const guint64 *)member, 1, out);
}

static void hex64_8_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	hex_digits(*(const guint64 *)member, 8, out);
}

static void hex64_plain_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	g_string_append_printf(out, "%016" G_GINT64_MODIFIER "x", *(const guint64 *)member);
}

static bool long_absent(const void *member)
{
	return *(const guint64 *)member == 0;
}

static bool long_equal(const void *a, const void *b)
{
	return *(const guint64 *)a == *(const guint64 *)b;
}

#define NUMBER(id, text, regex, reader, writer) \
	const BindType bind_##id = { .what = text, .pattern = regex, .size = sizeof(guint), \
				     .parse = reader, .format = writer, .absent = bind_int_absent, \
				     .equal = bind_int_equal }
#define LONG_NUMBER(id, text, regex, reader, writer) \
	const BindType bind_##id = { .what = text, .pattern = regex, .size = sizeof(guint64), \
				     .parse = reader, .format = writer, .absent = long_absent, \
				     .equal = long_equal }
#define HEX_PATTERN "0x[0-9a-fA-F]+|[0-9]+"
NUMBER(uint, N_("an unsigned number"), "[0-9]+", uint_read, uint_write);
NUMBER(uint_any, N_("an unsigned number"), HEX_PATTERN, uint_any_read, uint_write);
NUMBER(int, N_("a number"), "[-+]?[0-9]+", int_read, int_write);
NUMBER(octal, N_("an octal number"), "[0-7]{1,4}", octal_read, octal_write);
NUMBER(hex, N_("a number, decimal or 0x.."), HEX_PATTERN, uint_any_read, hex1_write);
NUMBER(hex1, N_("a number, decimal or 0x.."), HEX_PATTERN, uint_any_read, hex1_write);
NUMBER(hex2, N_("a number, decimal or 0x.."), HEX_PATTERN, uint_any_read, hex2_write);
NUMBER(hex3, N_("a number, decimal or 0x.."), HEX_PATTERN, uint_any_read, hex3_write);
NUMBER(hex4, N_("a number, decimal or 0x.."), HEX_PATTERN, uint_any_read, hex4_write);
NUMBER(hex6, N_("a number, decimal or 0x.."), HEX_PATTERN, uint_any_read, hex6_write);
NUMBER(hex8, N_("a number, decimal or 0x.."), HEX_PATTERN, uint_any_read, hex8_write);
NUMBER(any2, N_("a number, or -1 for any"), HEX_PATTERN "|-1", any_read, any2_write);
NUMBER(any4, N_("a number, or -1 for any"), HEX_PATTERN "|-1", any_read, any4_write);
LONG_NUMBER(int64, N_("a number"), "[-+]?[0-9]+", int64_read, int64_write);
LONG_NUMBER(uint64, N_("an unsigned number"), "[0-9]+", uint64_read, uint64_write);
LONG_NUMBER(hex64, N_("a number, decimal or 0x.."), "0[xX][0-9a-fA-F]+|[0-9]+", hex64_read,
	    hex64_write);
LONG_NUMBER(hex64_8, N_("a number, decimal or 0x.."), "0[xX][0-9a-fA-F]+|[0-9]+", hex64_read,
	    hex64_8_write);
LONG_NUMBER(hex64_plain, N_("16 hexadecimal digits"), "(0x)?[0-9a-fA-F]{1,16}", hex64_plain_read,
	    hex64_plain_write);

/* Booleans */

static bool yes_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	*(bool *)member = strcmp(text, "yes") == 0;
	return *(bool *)member || strcmp(text, "no") == 0;
}

static void yes_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	g_string_append(out, *(const bool *)member ? "yes" : "no");
}

static bool bool_absent(const void *member)
{
	return !*(const bool *)member;
}

static bool bool_equal(const void *a, const void *b)
{
	return *(const bool *)a == *(const bool *)b;
}

const BindType bind_yes = { .what = N_("'yes' or 'no'"), .pattern = "yes|no", .size = sizeof(bool),
			    .parse = yes_read, .format = yes_write, .absent = bool_absent,
			    .equal = bool_equal };
CONF_ENUM_DEFINE(yes_no, TRISTATE)
static const char *const on_off_names[TRISTATE_LAST + 1] = { [TRISTATE_YES] = "on",
							 [TRISTATE_NO] = "off" };
const BindType bind_on_off = { .size = sizeof(int), .names = on_off_names,
			       .n_names = TRISTATE_LAST, .parse = bind_enum_read,
			       .format = bind_enum_write, .absent = bind_int_absent,
			       .equal = bind_int_equal };

/* Text */

static bool text_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	*(char **)member = g_strdup(text);
	return true;
}

static bool token_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	*(char **)member = g_strstrip(g_strdup(text));
	return true;
}

static void text_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	g_string_append(out, *(char *const *)member ? *(char *const *)member : "");
}

static bool pointer_absent(const void *member)
{
	return !*(void *const *)member;
}

static bool text_equal(const void *a, const void *b)
{
	return g_strcmp0(*(char *const *)a, *(char *const *)b) == 0;
}

static void text_copy(void *target, const void *source)
{
	*(char **)target = g_strdup(*(char *const *)source);
}

static void text_clear(void *member)
{
	g_clear_pointer((char **)member, g_free);
}

const BindType bind_str = { .what = N_("text"), .size = sizeof(char *), .parse = text_read,
			    .format = text_write, .absent = pointer_absent, .equal = text_equal,
			    .copy = text_copy, .clear = text_clear };
const BindType bind_token = { .what = N_("text"), .size = sizeof(char *), .parse = token_read,
			      .format = text_write, .absent = pointer_absent, .equal = text_equal,
			      .copy = text_copy, .clear = text_clear };

/* CPU sets; the set itself is in types_cpuset.c */

static bool cpuset_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	return (*(Cpuset **)member = cpuset_parse(text)) != NULL;
}

static void cpuset_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	g_autofree char *text = cpuset_format(*(Cpuset *const *)member);

	g_string_append(out, text);
}

static bool cpuset_same(const void *a, const void *b)
{
	return cpuset_equal(*(Cpuset *const *)a, *(Cpuset *const *)b);
}

static void cpuset_dup(void *target, const void *source)
{
	*(Cpuset **)target = cpuset_copy(*(Cpuset *const *)source);
}

static void cpuset_drop(void *member)
{
	g_clear_pointer((Cpuset **)member, cpuset_free);
}

const BindType bind_cpuset = { .what = N_("a set of numbers like 0-3,^2,8"),
			       .pattern = "\\s*\\^?[0-9]+(-[0-9]+)?(\\s*,\\s*\\^?[0-9]+(-[0-9]+)?)*\\s*",
			       .size = sizeof(Cpuset *), .parse = cpuset_read,
			       .format = cpuset_write, .absent = pointer_absent,
			       .equal = cpuset_same, .copy = cpuset_dup, .clear = cpuset_drop };
