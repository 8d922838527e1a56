/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings of reeved: the rows of settings.def, one member each, filled from defaults, then the
 * configuration file (reeved.conf), then -o name=value. Owned by main.c; borrowed by all of
 * reeved. A row whose `reload` is true may change on SIGHUP, so read it when it is needed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <glib.h>

typedef enum SettingType {
	SETTING_BOOL,
	SETTING_INT,
	SETTING_STRING, /* "" is "not set" */
	SETTING_CHOICE, /* one of the words of `choices` */
	SETTING_LIST,	/* words separated by commas or spaces; patterns may hold anything else */
} SettingType;

typedef struct Settings {
#define SETTING_MEMBER_BOOL(name) bool name;
#define SETTING_MEMBER_INT(name) int64_t name;
#define SETTING_MEMBER_STRING(name) char *name;
#define SETTING_MEMBER_CHOICE(name) char *name;
#define SETTING_MEMBER_LIST(name) char **name;
#define SETTING(name, type, range, preset, reload, text) SETTING_MEMBER_##type(name)
#include "daemon/core/settings.def"
#undef SETTING
	bool own_socket; /* unix_socket was given, not filled in by paths_fill() */
} Settings;

enum {
	GUEST_UIDS = 65000, /* that guests may have, from setting guest_uid_base on */
};

/* One row of the table, for those who walk it. Everything is static. */
typedef struct SettingRow {
	const char *name;
	SettingType type;
	const char *range; /* INT: "MIN..MAX"; CHOICE: words separated by '|'; else "" */
	const char *preset;
	bool reload;
	const char *text; /* msgid */
	size_t offset;	  /* of the member */
} SettingRow;

const SettingRow *settings_rows(unsigned *ret_count);
const SettingRow *settings_find(const char *name);

Settings *settings_new(void);
void settings_free(Settings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)

/* Sets one setting. VIR_ERR_CONF_SYNTAX names the setting, its range and the nearest known name. */
bool settings_set(Settings *settings, const char *name, const char *value, GError **error);
/* "name=value", as after -o. */
bool settings_assign(Settings *settings, const char *assignment, GError **error);
/* Reads @path; errors name file and line. */
bool settings_load(Settings *settings, const char *path, GError **error);
/* Takes over the rows that may change while running; returns how many of the others differ. */
unsigned settings_reload(Settings *settings, const Settings *fresh);
/* Value as text, in the form that settings_set() reads. The caller frees. */
char *settings_format(const Settings *settings, const SettingRow *row);
/* What --help-settings prints; with @roff the body of the section of reeved.conf(5). */
void settings_print(FILE *file, bool roff);
