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
	const void *object;  /* handle of what the command is about, or NULL */
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
	guint32 program; /* 0: the remote program */
	gint32 call;
	gint32 plain; /* the older form of the call, for when it gets neither flags nor optional texts; or 0 */
	const char *fields;
	const FlagOption *flags;
	bool affect;	    /* flags also by --live, --config, --current */
	const char *modes;  /* option with words that are flags, */
	FlagWords mode;	    /* these */
	const char *apart;  /* pairs of options that exclude each other: "all cell, file model" */
	const char *one_of; /* pair of flags of which one must be given, and */
	const char *neither; /* what is said when not */
	Choice choices[2];
	const char *named; /* option whose value is said where else the name of the object would be */
	const char *with;
	bool uuid; /* the result has it */
	Says says;
	const char *when; /* flag with which */
	Says instead;	  /* is said */
	ActionShow *show;
	bool xml;		 /* show the reply's first member as --xpath and --wrap say */
	const char *key;	 /* of the text that show_text() shows, the reply's first member */
} Action;

#define CALLS(name) .call = REMOTE_PROC_##name
#define PLAIN(name) .plain = REMOTE_PROC_##name
#define FIELDS(text) .fields = (text)
#define FLAGS(...) .flags = (const FlagOption[]){ __VA_ARGS__, { NULL, 0 } }
#define AFFECT .affect = true
#define MODES(option, bad_word, ...) \
	.modes = (option), .mode = { (const FlagOption[]){ __VA_ARGS__, { NULL, 0 } }, (bad_word) }
#define APART(options) .apart = (options)
#define CHOICES(...) .choices = { __VA_ARGS__ }
#define ONE_OF(options, text) .one_of = (options), .neither = (text)
#define NAMED(option) .named = (option)
#define WITH(option) .with = (option)
#define WITH_UUID .uuid = true
#define SAYS(done, good, bad) .says = { (done), (good), (bad) }
#define BUT(flag, done, good, bad) .when = (flag), .instead = { (done), (good), (bad) }
#define DONE(done) .says = { (done), NULL, NULL }
#define FAILS(text) .says = { NULL, NULL, (text) }
#define SHOWS(function) .show = (function)
#define SHOWS_XML .xml = true
#define TEXT(name) .show = show_text, .key = (name)

bool action_run(Session *session, const Args *args, GError **error);

/* The first text of the reply. */
ActionShow show_text;
/* The same, a document that gets an empty line after it. */
ActionShow show_document;
