/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scalars that definitions are made of: numbers, sizes, booleans in both spellings, UUIDs, MACs,
 * CPU sets. Plain values, owned by the struct that holds them. Used in every process.
 */
#pragma once

#include "conf/bind/bind.h"

/* Text. char *, NULL when absent. "str" keeps it as it is, "token" strips blanks around it. */
extern const BindType bind_str, bind_token;

/* Integers; 0 when absent unless the row has HAS(). Decimal, and 0x.. where hex is in the name. */
extern const BindType bind_int, bind_uint, bind_int64, bind_uint64;
extern const BindType bind_uint_any; /* guint, decimal or 0x.. on input, decimal on output */
extern const BindType bind_hex, bind_hex1, bind_hex2, bind_hex3, bind_hex4, bind_hex6, bind_hex8;
extern const BindType bind_hex64, bind_hex64_8, bind_hex64_plain; /* guint64; 0x1f, and 16 digits without 0x */
extern const BindType bind_any2, bind_any4; /* int, 0x%02x or 0x%04x; -1 = any */
extern const BindType bind_octal;     /* guint, 4 octal digits */
extern const BindType bind_yes;	      /* bool: yes or no, absent = no */

/* Three-valued booleans: ABSENT lets the default decide. */
#define TRISTATE_VALUES(X) X(TRISTATE_YES, "yes") X(TRISTATE_NO, "no")
CONF_ENUM(Tristate, yes_no, TRISTATE)
extern const BindType bind_on_off; /* same Tristate, spelled on/off */
static inline bool tristate_or(Tristate value, bool fallback)
{
	return value == TRISTATE_ABSENT ? fallback : value == TRISTATE_YES;
}

/* All zero = absent. Text is lower case with dashes; input may have none. */
typedef struct {
	guint8 bytes[16];
} Uuid;
extern const BindType bind_uuid;
#define UUID_TEXT 37
bool uuid_parse(const char *text, Uuid *ret);
void uuid_format(const Uuid *uuid, char text[UUID_TEXT]);
bool uuid_is_absent(const Uuid *uuid);
bool uuid_equal(const Uuid *a, const Uuid *b);
void uuid_generate(Uuid *ret); /* random, RFC 4122 version 4 */

typedef struct {
	guint8 bytes[6];
	bool set;
} Mac;
extern const BindType bind_mac;
#define MAC_TEXT 18
bool mac_parse(const char *text, Mac *ret);
void mac_format(const Mac *mac, char text[MAC_TEXT]);
bool mac_is_multicast(const Mac *mac);

/* A set of CPU or node numbers below CPUSET_MAX; NULL = absent. Text: "0-3,^2,8". */
#define CPUSET_MAX 16384
typedef struct {
	guint n_words;
	guint64 words[];
} Cpuset;
extern const BindType bind_cpuset;
Cpuset *cpuset_parse(const char *text); /* NULL when it is not one, or is empty */
char *cpuset_format(const Cpuset *set); /* caller frees; "" when empty */
Cpuset *cpuset_copy(const Cpuset *set);
void cpuset_free(Cpuset *set);
bool cpuset_has(const Cpuset *set, guint number);
Cpuset *cpuset_add(Cpuset *set, guint number); /* @set (may be NULL) is taken; returns it grown */
int cpuset_last(const Cpuset *set);	      /* highest member, -1 when empty */
guint cpuset_count(const Cpuset *set);
bool cpuset_equal(const Cpuset *a, const Cpuset *b);
bool cpuset_overlaps(const Cpuset *a, const Cpuset *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cpuset, cpuset_free)

/*
 * Bytes of one @unit ("KiB", "k", "MB", "bytes", ... any case); 0 when it is not a unit.
 */
guint64 size_unit(const char *unit);
/* Numbers with nothing before or after; false when not one or out of range. Base 0: also 0x. */
bool number_parse_uint64(const char *text, int base, guint64 max, guint64 *ret);
bool number_parse_int64(const char *text, gint64 min, gint64 max, gint64 *ret);
