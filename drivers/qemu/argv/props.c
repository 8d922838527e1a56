/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/argv/props.h"

#include <stdlib.h>
#include <string.h>

typedef struct Prop {
	char *key;
	char *text; /* as "key=value" has it */
	json_t *value;
} Prop;

struct Props {
	char *kind;
	GArray *list; /* Prop */
};

static void prop_clear(gpointer data)
{
	Prop *prop = data;

	g_free(prop->key);
	g_free(prop->text);
	json_decref(prop->value);
}

Props *props_new(const char *kind)
{
	Props *props = g_new0(Props, 1);

	props->kind = g_strdup(kind ? kind : "");
	props->list = g_array_new(FALSE, TRUE, sizeof(Prop));
	g_array_set_clear_func(props->list, prop_clear);
	return props;
}

void props_free(Props *props)
{
	if (!props)
		return;
	g_free(props->kind);
	g_array_unref(props->list);
	g_free(props);
}

void props_set_kind(Props *props, const char *kind)
{
	g_free(props->kind);
	props->kind = g_strdup(kind);
}

const char *props_kind(const Props *props)
{
	return props->kind;
}

bool props_is_empty(const Props *props)
{
	return props->list->len == 0;
}

const json_t *props_get(const Props *props, const char *key)
{
	for (guint i = 0; i < props->list->len; i++) {
		const Prop *prop = &g_array_index(props->list, Prop, i);

		if (strcmp(prop->key, key) == 0)
			return prop->value;
	}
	return NULL;
}

const char *props_get_string(const Props *props, const char *key)
{
	return json_string_value(props_get(props, key));
}

/* ---- Values */

/* Takes @text and the reference of @value. */
static void props_add(Props *props, const char *key, char *text, json_t *value)
{
	Prop prop = { .key = g_strdup(key), .text = text, .value = value };

	g_array_append_val(props->list, prop);
}

/* QEMU's strings are UTF-8; a byte that is none of it stays what it is on the command line alone. */
static json_t *string_value(const char *text)
{
	json_t *value = json_string(text);
	g_autofree char *valid = NULL;

	if (value)
		return value;
	valid = g_utf8_make_valid(text, -1);
	return json_string(valid);
}

void props_str(Props *props, const char *key, const char *value)
{
	if (value)
		props_add(props, key, g_strdup(value), string_value(value));
}

void props_printf(Props *props, const char *key, const char *format, ...)
{
	g_autofree char *value = NULL;
	va_list args;

	va_start(args, format);
	value = g_strdup_vprintf(format, args);
	va_end(args);
	props_str(props, key, value);
}

/*
 * JSON of jansson knows signed numbers only. No property has one above their range but memory
 * addresses and checksums, which QEMU takes as the same bits.
 */
static json_t *number_value(uint64_t value)
{
	return json_integer((json_int_t)value);
}

void props_num(Props *props, const char *key, uint64_t value)
{
	props_add(props, key, g_strdup_printf("%" G_GUINT64_FORMAT, value), number_value(value));
}

void props_spelled(Props *props, const char *key, const char *format, uint64_t value)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	props_add(props, key, g_strdup_printf(format, value), number_value(value));
#pragma GCC diagnostic pop
}

void props_kib(Props *props, const char *key, uint64_t kib)
{
	props_add(props, key, g_strdup_printf("%" G_GUINT64_FORMAT "k", kib),
		  number_value(kib * 1024));
}

void props_mib(Props *props, const char *key, uint64_t mib)
{
	props_add(props, key, g_strdup_printf("%" G_GUINT64_FORMAT "M", mib),
		  number_value(mib * 1024 * 1024));
}

void props_bool(Props *props, const char *key, bool value)
{
	props_add(props, key, g_strdup(value ? "on" : "off"), json_boolean(value));
}

void props_tristate(Props *props, const char *key, Tristate value)
{
	if (value != TRISTATE_ABSENT)
		props_bool(props, key, value == TRISTATE_YES);
}

void props_onoff(Props *props, const char *key, bool value)
{
	props_str(props, key, value ? "on" : "off");
}

void props_onoff_tristate(Props *props, const char *key, Tristate value)
{
	if (value != TRISTATE_ABSENT)
		props_onoff(props, key, value == TRISTATE_YES);
}

static char *value_text(const json_t *value)
{
	if (json_is_boolean(value))
		return g_strdup(json_is_true(value) ? "on" : "off");
	if (json_is_integer(value))
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return g_strdup(json_string_value(value));
}

void props_override(Props *props, const char *key, json_t *value)
{
	for (guint i = props->list->len; i-- > 0;)
		if (strcmp(g_array_index(props->list, Prop, i).key, key) == 0)
			g_array_remove_index(props->list, i);
	if (value)
		props_add(props, key, value_text(value), value);
}

/* ---- Renderings */

static void append_escaped(GString *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == ',')
			g_string_append_c(out, ',');
		g_string_append_c(out, *c);
	}
}

char *props_key_value(const Props *props)
{
	GString *out = g_string_new(props->kind);

	for (guint i = 0; i < props->list->len; i++) {
		const Prop *prop = &g_array_index(props->list, Prop, i);

		if (out->len > 0)
			g_string_append_c(out, ',');
		g_string_append_printf(out, "%s=", prop->key);
		append_escaped(out, prop->text);
	}
	return g_string_free(out, FALSE);
}

/* Sets @key, or appends to the list that it has become. */
static void object_add(json_t *object, const char *key, json_t *value)
{
	json_t *there = json_object_get(object, key);

	if (!there)
		json_object_set(object, key, value);
	else if (json_is_array(there))
		json_array_append(there, value);
	else
		json_object_set_new(object, key, json_pack("[O,O]", there, value));
}

json_t *props_json(const Props *props, const char *kind_key)
{
	json_t *object = json_object();

	if (kind_key)
		json_object_set_new(object, kind_key, string_value(props->kind));
	for (guint i = 0; i < props->list->len; i++) {
		const Prop *prop = &g_array_index(props->list, Prop, i);

		object_add(object, prop->key, prop->value);
	}
	return object;
}

char *props_json_text(const Props *props, const char *kind_key)
{
	json_t *object = props_json(props, kind_key);
	char *dumped = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	char *text = g_strdup(dumped);

	free(dumped);
	json_decref(object);
	return text;
}
