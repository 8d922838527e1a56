/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words that tables of the binding engine are written in; conf/bind/bind.h explains them. Only files
 * with tables include this: the names are short.
 */
#pragma once

#include "conf/bind/bind.h"
#include "conf/bind/types.h"

#define G BIND_GUEST
#define BIND_MEMBER(S, member) \
	.offset = offsetof(S, member), .size = sizeof(((S *)NULL)->member)
#define BIT(value) (G_GUINT64_CONSTANT(1) << (value))
#define HAS(S, member) .has = offsetof(S, member) + 1
#define WHEN(S, member, mask) .when = offsetof(S, member) + 1, .when_mask = (mask)
#define SELECT(attribute, value) .select_attr = (attribute), .select_value = (value)
#define MISSING(value) .missing = (value)

#define ATTR(S, n, m, t, f, ...) \
	{ .kind = BIND_ATTR, .name = n, BIND_MEMBER(S, m), .type = &bind_##t, .flags = (f), \
	  ##__VA_ARGS__ }
#define TEXT(S, m, t, f, ...) \
	{ .kind = BIND_TEXT, BIND_MEMBER(S, m), .type = &bind_##t, .flags = (f), ##__VA_ARGS__ }
#define LEAF(S, n, m, t, f, ...) \
	{ .kind = BIND_LEAF, .name = n, BIND_MEMBER(S, m), .type = &bind_##t, .flags = (f), \
	  ##__VA_ARGS__ }
#define VALUE(S, n, a, m, t, f, ...) \
	{ .kind = BIND_VALUE, .name = n, .attr = a, BIND_MEMBER(S, m), .type = &bind_##t, \
	  .flags = (f), ##__VA_ARGS__ }
#define FLAG(S, n, m, f, ...) \
	{ .kind = BIND_FLAG, .name = n, BIND_MEMBER(S, m), .flags = (f), ##__VA_ARGS__ }
/* Sizes: guint64 members in units of @s bytes, with an attribute "unit" beside the number. */
#define SIZE_ATTR(S, n, m, s, f, ...) ATTR(S, n, m, uint64, f, .scale = (s), ##__VA_ARGS__)
#define SIZE_TEXT(S, m, s, f, ...) TEXT(S, m, uint64, f, .scale = (s), ##__VA_ARGS__)
#define SIZE_LEAF(S, n, m, s, f, ...) LEAF(S, n, m, uint64, f, .scale = (s), ##__VA_ARGS__)
/* CHILD(), INCLUDE(): rows @e of the same struct; _IN: of the struct that is member @m. */
#define CHILD(n, e, f, ...) \
	{ .kind = BIND_CHILD, .name = n, .element = &bind_el_##e, .flags = (f), ##__VA_ARGS__ }
#define CHILD_IN(S, n, m, e, f, ...) \
	{ .kind = BIND_CHILD, .name = n, .offset = offsetof(S, m), .element = &bind_el_##e, \
	  .flags = (f), ##__VA_ARGS__ }
#define INCLUDE(e, ...) { .kind = BIND_INCLUDE, .element = &bind_el_##e, ##__VA_ARGS__ }
#define INCLUDE_IN(S, m, e, ...) \
	{ .kind = BIND_INCLUDE, .offset = offsetof(S, m), .element = &bind_el_##e, ##__VA_ARGS__ }
#define POINTER(S, n, m, e, f, ...) \
	{ .kind = BIND_POINTER, .name = n, BIND_MEMBER(S, m), .element = &bind_el_##e, .flags = (f), \
	  ##__VA_ARGS__ }
#define LIST(S, n, m, e, f, ...) \
	{ .kind = BIND_LIST, .name = n, BIND_MEMBER(S, m), .element = &bind_el_##e, .flags = (f), \
	  ##__VA_ARGS__ }
#define STRINGS(S, n, m, f, ...) \
	{ .kind = BIND_STRINGS, .name = n, BIND_MEMBER(S, m), .flags = (f), ##__VA_ARGS__ }
#define RAW(S, n, m, f, ...) \
	{ .kind = BIND_RAW, .name = n, BIND_MEMBER(S, m), .flags = (f), ##__VA_ARGS__ }
#define END_ROWS { .kind = BIND_END }

/* Defines bind_el_<id>; the rest may set .parsed and .doc. Declare it in a header when shared. */
#define ELEMENT(id, xml_name, S, table, ...) \
	BindElement bind_el_##id = { .name = xml_name, .type_name = #S, .size = sizeof(S), \
		.rows = table, ##__VA_ARGS__ }
/* Declares an element, so that tables may refer to it before (or without) its definition. */
#define ELEMENT_DECLARE(id) extern BindElement bind_el_##id
