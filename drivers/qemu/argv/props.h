/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Something that QEMU makes of properties (a device, a back end, a machine) before it is text: a
 * kind and values in order. The command line and the monitor are two renderings of the same values,
 * so that what a guest starts with and what is plugged into it later cannot differ. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <jansson.h>

#include "conf/bind/types.h"

typedef struct Props Props;

/* @kind: driver of a device, type of a back end; NULL or "" when the option has none. */
Props *props_new(const char *kind);
void props_free(Props *props);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Props, props_free)
void props_set_kind(Props *props, const char *kind);
const char *props_kind(const Props *props); /* "" for none */
bool props_is_empty(const Props *props);
/* The value under @key, borrowed; NULL when there is none. */
const json_t *props_get(const Props *props, const char *key);
const char *props_get_string(const Props *props, const char *key);

/* A key that is given again becomes a list. NULL and TRISTATE_ABSENT add nothing. */
void props_str(Props *props, const char *key, const char *value);
void props_printf(Props *props, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);
void props_num(Props *props, const char *key, uint64_t value);
/* A number that the command line spells as @format says, which takes one guint64. */
void props_spelled(Props *props, const char *key, const char *format, uint64_t value);
/* Sizes: bytes for the monitor. */
void props_kib(Props *props, const char *key, uint64_t kib);
void props_mib(Props *props, const char *key, uint64_t mib);
void props_bool(Props *props, const char *key, bool value);
void props_tristate(Props *props, const char *key, Tristate value);
/* QEMU's OnOffAuto: an enumeration, not a boolean. */
void props_onoff(Props *props, const char *key, bool value);
void props_onoff_tristate(Props *props, const char *key, Tristate value);

/* Replaces @key, wherever it stands; NULL removes it. Takes the reference of @value. */
void props_override(Props *props, const char *key, json_t *value);

/* "kind,key=value,...": commas in values are doubled as QEMU wants them. The caller frees. */
char *props_key_value(const Props *props);
/* {"@kind_key": kind, key: value, ...}; @kind_key NULL leaves the kind out. New reference. */
json_t *props_json(const Props *props, const char *kind_key);
/* The same on one line; the caller frees. */
char *props_json_text(const Props *props, const char *kind_key);
