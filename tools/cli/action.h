/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Commands that are one call: the ACTION rows of commands*.def. A row says which call is made, where its
 * arguments come from and what is said afterwards; action_run() does it.
 *
 * The object that the command names goes into the handle of the call. Any other member takes the value of
 * the option with its own name, or else what `fields` says, words of "member=source":
 *
 *	option		the value of that option; of "name..." options: all values
 *	size:option	a size in bytes
 *	file:option	what is in that file
 *	path:option	that file's name, made absolute
 *	flag:option	1 when the flag was given
 *	not:option	1 when it was not
 *	5		a number, while the option with the member's name is not given
 *
 * What is said is a format with the name of the object that the call gave or was about, and the value of
 * the option `with`; a failure of a call that gives an object names the option alone.
 */
#pragma once

#include "rpc/wire/procs.h"
#include "tools/cli/fields.h"
#include "tools/cli/options.h"
#include "tools/cli/output.h"

typedef struct ActionReply {
	const void *ret;
	const Field *fields; /* of ret */
	const Args *args;
} ActionReply;

typedef void ActionShow(Session *session, const ActionReply *reply);

/* What is said and what --json has under "done"; each may be NULL. */
typedef struct Says {
	const char *done, *good, *bad;
} Says;

/* An option with one of a few words, of which the call takes the number. */
typedef struct Choice {
	const char *option, *member;
	const char *words; /* "mem disk hybrid" */
	const char *bad;
} Choice;

typedef struct Action {
	gint32 call;
	gint32 plain; /* the older form of the call, for when it gets neither flags nor optional texts; or 0 */
	const char *fields;
	/* Flags: those of options, the --live and so on of changes, words of one option, and always. */
	const FlagOption *flags;
	bool affect;
	const char *modes;
	FlagWords mode;
	unsigned int always;
	/* Of options: pairs that exclude each other ("all cell, file model"), a pair of which one is needed. */
	const char *apart;
	const char *one_of, *neither; /* what is said when there is none */
	Choice choices[2];
	/* What is said, and how the object is called in it. */
	const char *named; /* option whose value stands where else the object's name does */
	const char *with;
	bool uuid; /* the result has it, too */
	Says says;
	const char *when; /* flag with which this is said: */
	Says instead;
	/* What is shown of the reply. */
	ActionShow *show;
	const char *key; /* of the text that show_text() shows, the reply's first member */
	bool xml;	 /* the reply's first member, as --xpath and --wrap say */
	/* The document that the call gave is edited and stored by another call. */
	gint32 store;
	unsigned int storing;	       /* flags of that one, and */
	const FlagOption *store_flags; /* those of options */
	const char *what;	       /* for people: "The checkpoint"; NULL: its name */
	/* No call: what the object is called. */
	bool name, own_uuid;
} Action;

#define CALLS(name) .call = REMOTE_PROC_##name
#define PLAIN(name) .plain = REMOTE_PROC_##name
#define FIELDS(text) .fields = (text)

#define FLAGS(...) .flags = (const FlagOption[]){ __VA_ARGS__, { NULL, 0 } }
#define AFFECT .affect = true
#define MODES(option, bad_word, ...) \
	.modes = (option), .mode = { (const FlagOption[]){ __VA_ARGS__, { NULL, 0 } }, (bad_word) }
#define ALWAYS(bits) .always = (bits)

#define APART(options) .apart = (options)
#define ONE_OF(options, text) .one_of = (options), .neither = (text)
#define CHOICES(...) .choices = { __VA_ARGS__ }

#define NAMED(option) .named = (option)
#define WITH(option) .with = (option)
#define WITH_UUID .uuid = true
#define SAYS(done, good, bad) .says = { (done), (good), (bad) }
#define DONE(done) .says = { (done), NULL, NULL }
#define FAILS(text) .says = { NULL, NULL, (text) }
#define BUT(flag, done, good, bad) .when = (flag), .instead = { (done), (good), (bad) }

#define SHOWS(function) .show = (function)
#define TEXT(name) .show = show_text, .key = (name)
#define SHOWS_XML .xml = true

#define EDITS(name, bits, subject) .store = REMOTE_PROC_##name, .storing = (bits), .what = (subject)
#define STORE_FLAGS(...) .store_flags = (const FlagOption[]){ __VA_ARGS__, { NULL, 0 } }
#define EDITED(good, same) .says = { "edit", (good), NULL }, .instead = { "nothing", (same), NULL }

#define SHOWS_NAME .name = true
#define SHOWS_UUID .own_uuid = true

bool action_run(Session *session, const Args *args, GError **error);

/* The first text of the reply. */
ActionShow show_text;
/* The same, a document that gets an empty line after it. */
ActionShow show_document;
