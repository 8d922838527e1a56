/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/diag.h"
#include "daemon/core/settings.h"

enum { FILE_MAX = 1024 * 1024 }; /* bytes of a configuration file */

static const SettingRow rows[] = {
#define SETTING(row_name, row_type, row_range, row_preset, row_reload, row_text)                   \
	{                                                                                          \
		.name = #row_name,                                                                 \
		.type = SETTING_##row_type,                                                        \
		.range = row_range,                                                                \
		.preset = row_preset,                                                              \
		.reload = row_reload,                                                              \
		.text = row_text,                                                                  \
		.offset = G_STRUCT_OFFSET(Settings, row_name),                                     \
	},
#include "daemon/core/settings.def"
#undef SETTING
};

const SettingRow *settings_rows(unsigned *ret_count)
{
	*ret_count = G_N_ELEMENTS(rows);
	return rows;
}

const SettingRow *settings_find(const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static void *member(const Settings *settings, const SettingRow *row)
{
	return G_STRUCT_MEMBER_P(settings, row->offset);
}

/* Distinguished names hold commas and blanks, so lists may be separated by semicolons instead. */
static char **list_split(const char *value)
{
	bool semicolons = strchr(value, ';') || strchr(value, '=');
	g_auto(GStrv) words = g_strsplit_set(value, semicolons ? ";" : ", \t", -1);
	g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);

	for (char **word = words; *word; word++) {
		g_strstrip(*word);
		if (**word)
			g_ptr_array_add(kept, g_strdup(*word));
	}
	g_ptr_array_add(kept, NULL);
	return (char **)g_ptr_array_steal(kept, NULL);
}

static bool set_bool(bool *target, const SettingRow *row, const char *value, GError **error)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (unsigned i = 0; i < G_N_ELEMENTS(yes); i++) {
		if (g_ascii_strcasecmp(value, yes[i]) == 0) {
			*target = true;
			return true;
		}
		if (g_ascii_strcasecmp(value, no[i]) == 0) {
			*target = false;
			return true;
		}
	}
	return fail(error, VIR_ERR_CONF_SYNTAX, _("setting '%s' must be yes or no, not '%s'"),
		    row->name, value);
}

static bool set_int(int64_t *target, const SettingRow *row, const char *value, GError **error)
{
	int64_t min, max, number;
	char *end;

	min = g_ascii_strtoll(row->range, &end, 10);
	max = g_ascii_strtoll(end + strlen(".."), NULL, 10);
	errno = 0;
	number = g_ascii_strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end || number < min || number > max)
		return fail(error, VIR_ERR_CONF_SYNTAX,
			    _("setting '%s' must be a number from %" PRId64
			      " to %" PRId64 ", not '%s'"),
			    row->name, min, max, value);
	*target = number;
	return true;
}

static bool set_string(char **target, const char *value)
{
	g_free(*target);
	*target = g_strdup(value);
	return true;
}

static bool set_choice(char **target, const SettingRow *row, const char *value, GError **error)
{
	g_auto(GStrv) words = g_strsplit(row->range, "|", -1);

	if (g_strv_contains((const char *const *)words, value))
		return set_string(target, value);
	return fail(error, VIR_ERR_CONF_SYNTAX, _("setting '%s' must be one of %s, not '%s'"),
		    row->name, row->range, value);
}

static bool row_set(Settings *settings, const SettingRow *row, const char *value, GError **error)
{
	void *target = member(settings, row);

	switch (row->type) {
	case SETTING_BOOL:
		return set_bool(target, row, value, error);
	case SETTING_INT:
		return set_int(target, row, value, error);
	case SETTING_STRING:
		return set_string(target, value);
	case SETTING_CHOICE:
		return set_choice(target, row, value, error);
	case SETTING_LIST:
		g_strfreev(*(char ***)target);
		*(char ***)target = list_split(value);
		return true;
	}
	return false;
}

bool settings_set(Settings *settings, const char *name, const char *value, GError **error)
{
	const SettingRow *row = settings_find(name);
	const char *names[G_N_ELEMENTS(rows) + 1] = { NULL };
	const char *nearest;

	if (row)
		return row_set(settings, row, value, error);
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		names[i] = rows[i].name;
	nearest = conf_nearest(name, names);
	if (nearest)
		return fail(error, VIR_ERR_CONF_SYNTAX,
			    _("there is no setting '%s'; did you mean '%s'?"), name, nearest);
	return fail(error, VIR_ERR_CONF_SYNTAX,
		    _("there is no setting '%s'; reeved --help-settings lists them"), name);
}

bool settings_assign(Settings *settings, const char *assignment, GError **error)
{
	const char *equals = strchr(assignment, '=');
	g_autofree char *name = NULL;

	if (!equals)
		return fail(error, VIR_ERR_CONF_SYNTAX, _("'%s' is not of the form name=value"),
			    assignment);
	name = g_strstrip(g_strndup(assignment, (gsize)(equals - assignment)));
	return settings_set(settings, name, equals + 1, error);
}

/* A value may stand in double quotes, so that blanks around it count; # begins a comment else. */
static bool line_apply(Settings *settings, char *line, GError **error)
{
	char *equals, *value, *end;

	g_strstrip(line);
	if (!*line || *line == '#')
		return true;
	equals = strchr(line, '=');
	if (!equals)
		return fail(error, VIR_ERR_CONF_SYNTAX, _("'%s' is not of the form name = value"),
			    line);
	*equals = '\0';
	g_strchomp(line);
	value = g_strchug(equals + 1);
	if (*value == '"') {
		end = strchr(++value, '"');
		if (!end)
			return fail(error, VIR_ERR_CONF_SYNTAX,
				    _("the value of '%s' has no closing quote"), line);
		*end++ = '\0';
		g_strchug(end);
		if (*end && *end != '#')
			return fail(error, VIR_ERR_CONF_SYNTAX,
				    _("there is text after the value of '%s'"), line);
	} else {
		end = strstr(value, " #");
		if (end)
			*end = '\0';
		g_strchomp(value);
	}
	return settings_set(settings, line, value, error);
}

bool settings_load(Settings *settings, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GError) reason = NULL;
	gsize length = 0;

	if (!g_file_get_contents(path, &text, &length, &reason))
		return fail(error, VIR_ERR_OPEN_FAILED, "%s", reason->message);
	if (length > FILE_MAX || memchr(text, '\0', length) || !g_utf8_validate(text, -1, NULL))
		return fail(error, VIR_ERR_CONF_SYNTAX, _("'%s' is not a configuration file"),
			    path);
	lines = g_strsplit(text, "\n", -1);
	for (unsigned i = 0; lines[i]; i++)
		if (!line_apply(settings, lines[i], error)) {
			g_prefix_error(error, "%s:%u: ", path, i + 1);
			return false;
		}
	return true;
}

char *settings_format(const Settings *settings, const SettingRow *row)
{
	void *source = member(settings, row);

	switch (row->type) {
	case SETTING_BOOL:
		return g_strdup(*(bool *)source ? "yes" : "no");
	case SETTING_INT:
		return g_strdup_printf("%" PRId64, *(int64_t *)source);
	case SETTING_STRING:
	case SETTING_CHOICE:
		return g_strdup(*(char **)source);
	case SETTING_LIST:
		return g_strjoinv("; ", *(char ***)source);
	}
	return NULL;
}

Settings *settings_new(void)
{
	Settings *settings = g_new0(Settings, 1);

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		if (!row_set(settings, &rows[i], rows[i].preset, NULL))
			g_error("preset of setting '%s' is out of its range", rows[i].name);
	return settings;
}

void settings_free(Settings *settings)
{
	if (!settings)
		return;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (rows[i].type == SETTING_STRING || rows[i].type == SETTING_CHOICE)
			g_free(*(char **)member(settings, &rows[i]));
		if (rows[i].type == SETTING_LIST)
			g_strfreev(*(char ***)member(settings, &rows[i]));
	}
	g_free(settings);
}

unsigned settings_reload(Settings *settings, const Settings *fresh)
{
	unsigned skipped = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *old = settings_format(settings, &rows[i]);
		g_autofree char *new = settings_format(fresh, &rows[i]);

		if (strcmp(old, new) == 0)
			continue;
		if (rows[i].reload)
			row_set(settings, &rows[i], new, NULL);
		else
			skipped++;
	}
	return skipped;
}

static char *range_text(const SettingRow *row)
{
	switch (row->type) {
	case SETTING_BOOL:
		return g_strdup("yes|no");
	case SETTING_INT:
	case SETTING_CHOICE:
		return g_strdup(row->range);
	case SETTING_STRING:
		return g_strdup(_("text"));
	case SETTING_LIST:
		return g_strdup(_("list"));
	}
	return NULL;
}

/* Characters that mean something to troff at the begin of a line or anywhere. */
static char *roff_escape(const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (; *text; text++) {
		if (*text == '\\')
			g_string_append(out, "\\e");
		else if (*text == '-')
			g_string_append(out, "\\-");
		else if ((*text == '.' || *text == '\'') && out->len == 0)
			g_string_append_printf(out, "\\&%c", *text);
		else
			g_string_append_c(out, *text);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

void settings_print(FILE *file, bool roff)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		const SettingRow *row = &rows[i];
		g_autofree char *range = range_text(row);
		g_autofree char *escaped = roff_escape(row->text);
		g_autofree char *escaped_range = roff_escape(range);
		g_autofree char *preset = roff_escape(row->preset);

		if (roff)
			fprintf(file, ".TP\n.BR %s \" = \" %s \" (default: \" \"%s\" \")%s\"\n%s\n",
				row->name, escaped_range, preset, row->reload ? "" : " *", escaped);
		else
			fprintf(file, "%s = %s  [%s]%s\n    %s\n", row->name, range, row->preset,
				row->reload ? "" : " *", _(row->text));
	}
}
