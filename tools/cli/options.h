/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a command may be given and what it was given. A command's row in commands.def names its
 * options in one string, e.g. "domain file [size#] --live [words...]":
 *
 *	name	required text		name#	required number
 *	[name]	optional text		[name#]	optional number
 *	--name	flag			name...	all the rest, at least one; [name...] any number
 *	[--name], [--name#]  optional, never without its name
 *
 * Valued options are written --name value, --name=value, or without the name in the row's order;
 * "--" ends the names. Args belongs to the one who runs the command. Process: reeve.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

typedef struct Session Session;
typedef struct Args Args;
typedef struct Action Action;

typedef struct Command {
	const char *name;
	const char *group;
	bool (*run)(Session *session, const Args *args, GError **error);
	const char *options;
	const char *help;
	const Action *action; /* of a command that is one call; action.h */
} Command;

/* All commands; the last one has no name. Aliases are rows whose run equals another's. */
extern const Command commands[];
const Command *command_find(const char *name);

typedef enum OptionKind { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER, OPTION_REST } OptionKind;

typedef struct Option {
	char *name;
	OptionKind kind;
	bool required;
	bool named; /* never without its name */
} Option;

/* The options of a command in their order; free with g_array_unref(). */
GArray *command_options(const Command *command);
/* Sentence about an option for people, NULL when options.def has none. */
const char *option_help(const char *name);

/*
 * Reads the words after a command's name. Every command also takes --json and --help.
 * Fails with VIR_ERR_INVALID_ARG.
 */
Args *args_parse(const Command *command, char *const *words, gsize n_words, GError **error);
void args_free(Args *args);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Args, args_free)

const Command *args_command(const Args *args);

/* Whether the flag or option was given. */
bool args_has(const Args *args, const char *name);
/* The value as it was typed, NULL when it was not given. */
const char *args_text(const Args *args, const char *name);
/* NULL-terminated values of a "name..." option, never NULL. */
const char *const *args_rest(const Args *args, const char *name);

/* These leave *value alone when the option was not given and fail when it is no such number. */
bool args_int(const Args *args, const char *name, int *value, GError **error);
bool args_uint(const Args *args, const char *name, unsigned int *value, GError **error);
bool args_ulong(const Args *args, const char *name, uint64_t *value, GError **error);
/*
 * A size with an optional unit (b, KB, KiB, k, M, G, T, P, E); a bare number counts @scale bytes.
 * *value is in bytes.
 */
bool args_size(const Args *args, const char *name, uint64_t scale, uint64_t *value,
	       GError **error);

typedef struct FlagOption {
	const char *name;
	unsigned int flag;
} FlagOption;
/* Or of the flags whose option was given; the table ends with a NULL name. */
unsigned int args_flags(const Args *args, const FlagOption *table);
typedef struct FlagWords {
	const FlagOption *table;
	const char *bad; /* tells of a word that the table lacks (%s) */
} FlagWords;
/* Adds the flags of a comma separated list of words. */
bool args_words(const Args *args, const char *name, const FlagWords *known, unsigned int *flags,
		GError **error);
/* Fails when both were given. */
bool args_exclusive(const Args *args, const char *one, const char *other, GError **error);
/* VIR_DOMAIN_AFFECT_* by --live and --config; neither goes with --current. */
bool args_affect(const Args *args, unsigned int *ret_flags, GError **error);

/* "12 MiB" by args_size()'s rules; *ret_bytes is untouched on failure. */
bool size_parse(const char *text, uint64_t scale, uint64_t *ret_bytes, GError **error);
