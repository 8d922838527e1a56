/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/i18n.h"
#include "tools/cli/output.h"
#include "tools/cli/session.h"

double bytes_pretty(uint64_t bytes, const char **ret_unit)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	gsize i = 0;

	while (value >= 1024 && i + 1 < G_N_ELEMENTS(units)) {
		value /= 1024;
		i++;
	}
	*ret_unit = units[i];
	return value;
}

json_t *json_text(const char *text)
{
	g_autofree char *valid = NULL;

	if (!text)
		return json_null();
	valid = g_utf8_make_valid(text, -1);
	return json_string(valid);
}

const char *uuid_text(const void *uuid, char *buffer)
{
	const unsigned char *u = uuid;
	char *out = buffer;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		out += sprintf(out, "%02x", u[i]);
	}
	return buffer;
}

json_t *json_uuid(const void *uuid)
{
	char buffer[37];

	return json_string(uuid_text(uuid, buffer));
}

bool uuid_read(const char *text, unsigned char *uuid)
{
	int n = 0;

	for (const char *c = text; *c; c++) {
		if (*c == '-' && n % 2 == 0)
			continue;
		if (!g_ascii_isxdigit(*c) || n == 32)
			return false;
		uuid[n / 2] = (unsigned char)((n % 2 ? uuid[n / 2] << 4 : 0) | g_ascii_xdigit_value(*c));
		n++;
	}
	return n == 32;
}

/* Columns of the terminal that @text takes. */
static int text_width(const char *text)
{
	gsize length = mbstowcs(NULL, text, 0);
	g_autofree wchar_t *wide = NULL;
	int width;

	if (length == (gsize)-1)
		return (int)strlen(text);
	wide = g_new(wchar_t, length + 1);
	mbstowcs(wide, text, length + 1);
	width = wcswidth(wide, length);
	return width < 0 ? (int)strlen(text) : width;
}

const char *out_pad(Session *session, const char *text, int width)
{
	return session_printf(session, "%s%*s", text, MAX(width - text_width(text), 0), "");
}

static char *value_plain(const json_t *value)
{
	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (json_is_integer(value))
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_real(value))
		return g_strdup_printf("%.3f", json_real_value(value));
	if (json_is_boolean(value))
		return g_strdup(json_is_true(value) ? _("yes") : _("no"));
	return NULL;
}

/* The text of a value for people, NULL when it is absent. */
static char *value_text(const json_t *value, OutFormat format)
{
	const char *unit;
	double number;

	if (!value || json_is_null(value))
		return NULL;
	switch (format) {
	case OUT_TRANSLATE:
		return g_strdup(json_string_length(value) ? _(json_string_value(value)) : "");
	case OUT_ENABLE:
		return g_strdup(json_is_true(value) ? _("enable") : _("disable"));
	case OUT_KIB:
		return g_strdup_printf("%" JSON_INTEGER_FORMAT " KiB", json_integer_value(value));
	case OUT_BYTES:
		number = bytes_pretty((uint64_t)json_integer_value(value), &unit);
		return g_strdup_printf("%.2f %s", number, unit);
	case OUT_BYTES_3:
		number = bytes_pretty((uint64_t)json_integer_value(value), &unit);
		return g_strdup_printf("%.3f %s", number, unit);
	case OUT_SECONDS:
		return g_strdup_printf("%.1fs", (double)json_integer_value(value) / 1e9);
	case OUT_MHZ:
		return g_strdup_printf("%" JSON_INTEGER_FORMAT " MHz", json_integer_value(value));
	case OUT_PLAIN:
	case OUT_YES_NO:
		break;
	}
	return value_plain(value);
}

static gsize columns_count(const OutColumn *columns)
{
	gsize n = 0;

	while (columns[n].key)
		n++;
	return n;
}

static void line_print(char *const *cells, const int *widths, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		fputs(i ? "   " : " ", stdout);
		fputs(cells[i], stdout);
		if (i + 1 < n)
			printf("%*s", widths[i] - text_width(cells[i]), "");
	}
	putchar('\n');
}

static void header_print(const OutColumn *columns, const int *widths, gsize n)
{
	g_autofree char **titles = g_new0(char *, n);
	int total = 0;

	for (gsize i = 0; i < n; i++) {
		titles[i] = (char *)_(columns[i].title);
		total += widths[i] + 3;
	}
	line_print(titles, widths, n);
	for (int i = 0; i < total; i++)
		putchar('-');
	putchar('\n');
}

static void table_print(Session *session, const OutColumn *columns, json_t *rows)
{
	gsize n = columns_count(columns), n_rows = json_array_size(rows), r;
	g_autofree int *widths = g_new0(int, n);
	g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
	json_t *row;

	for (gsize i = 0; i < n; i++)
		widths[i] = text_width(_(columns[i].title));
	json_array_foreach(rows, r, row)
		for (gsize i = 0; i < n; i++) {
			char *text = value_text(json_object_get(row, columns[i].key), columns[i].format);

			g_ptr_array_add(cells, text ? text : g_strdup("-"));
			widths[i] = MAX(widths[i], text_width(cells->pdata[cells->len - 1]));
		}
	if (!session->quiet)
		header_print(columns, widths, n);
	for (r = 0; r < n_rows; r++)
		line_print((char **)cells->pdata + r * n, widths, n);
}

void out_table(Session *session, const OutColumn *columns, json_t *rows)
{
	if (!session->json)
		table_print(session, columns, rows);
	out_value(session, rows);
}

void out_list(Session *session, const OutColumn *columns, const char *key, json_t *rows)
{
	json_t *row;
	gsize i;

	if (!key) {
		out_table(session, columns, rows);
		return;
	}
	json_array_foreach(rows, i, row)
		out_print(session, "%s\n", json_string_value(json_object_get(row, key)));
	out_value(session, rows);
}

static void record_print(const OutColumn *lines, int width, const json_t *object)
{
	/* A translation may be longer than what the width was made for. */
	for (const OutColumn *line = lines; line->key; line++)
		width = MAX(width, text_width(_(line->title)));
	for (const OutColumn *line = lines; line->key; line++) {
		const char *title = _(line->title);
		g_autofree char *text = value_text(json_object_get(object, line->key), line->format);

		if (text)
			printf("%s%*s %s\n", title, MAX(width - text_width(title), 0), "", text);
	}
}

void out_record(Session *session, const OutColumn *lines, int width, json_t *object)
{
	if (!session->json)
		record_print(lines, width, object);
	out_value(session, object);
}

void out_records(Session *session, const OutColumn *lines, int width, json_t *array)
{
	json_t *object;
	gsize i;

	if (!session->json)
		json_array_foreach(array, i, object) {
			if (i)
				putchar('\n');
			record_print(lines, width, object);
		}
	out_value(session, array);
}

void out_text(Session *session, const char *key, const char *text)
{
	json_t *object;

	if (!session->json) {
		fputs(text, stdout);
		if (!g_str_has_suffix(text, "\n"))
			putchar('\n');
		return;
	}
	object = json_object();
	json_object_set_new(object, key, json_text(text));
	out_value(session, object);
}

static void text_print(const char *format, va_list list) G_GNUC_PRINTF(1, 0);
static void text_print(const char *format, va_list list)
{
	vprintf(format, list);
}

void out_done(Session *session, json_t *value, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (!session->json && !session->quiet)
		text_print(format, list);
	va_end(list);
	out_value(session, value);
}

void out_print(Session *session, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (!session->json)
		text_print(format, list);
	va_end(list);
}

void out_extra(Session *session, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (!session->json && !session->quiet)
		text_print(format, list);
	va_end(list);
}

void out_value(Session *session, json_t *value)
{
	g_clear_pointer(&session->result, json_decref);
	session->result = value;
}

void out_stream(Session *session, json_t *value, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (session->json) {
		json_dumpf(value, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		text_print(format, list);
	}
	va_end(list);
	json_decref(value);
	fflush(stdout);
}

void out_finish(Session *session)
{
	if (session->json && session->result) {
		json_dumpf(session->result, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
		putchar('\n');
	}
	g_clear_pointer(&session->result, json_decref);
	fflush(stdout);
}
