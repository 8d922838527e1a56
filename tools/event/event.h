/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events as people and --json see them. A description belongs to the one who asked for it.
 * Process: reeve.
 */
#pragma once

#include "rpc/wire/message.h"
#include "tools/cli/commands.h"

/* What a decoded message says. */
typedef struct EventText {
	const char *object; /* the domain's, network's ... name, borrowed from the message */
	GString *text;	    /* what follows the name, for people; may be empty */
	json_t *data;	    /* the same for programs */
} EventText;

typedef struct EventKind {
	int id;		 /* virDomainEventID and the like */
	const char *name;
	gint32 procedure; /* of the remote program's message */
	void (*describe)(const void *msg, EventText *ret);
} EventKind;

/* Tables that end with a NULL name. */
extern const EventKind domain_events[];
extern const EventKind network_events[];
extern const EventKind pool_events[];
extern const EventKind nodedev_events[];
extern const EventKind secret_events[];

/* The callback id that every such message begins with. */
static inline int event_callback_id(const void *msg)
{
	return *(const int *)msg;
}

/* names[number], or the last name of a table that ends with NULL. */
const char *event_word(const char *const *names, int number);
