/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a kind of object is, in one place: its names, errors and events, how its definitions are
 * read and written, how it is named to clients and listed, how it is started. The calls that all
 * kinds have are written once, in serve_object.c, from this; those of a kind alone stand beside its
 * class. Engine only.
 */
#pragma once

#include "daemon/object/object.h"

typedef struct ObjectClass {
	const char *stored;  /* in the store */
	const char *text;    /* for people */
	int missing, exists; /* virErrorNumber */
	bool by_name;	     /* goes by name, below a domain */

	/* Definitions. @conf: CONF_VALIDATE or 0. Those of moments have a file of their own. */
	unsigned define_flags; /* that defining knows: VALIDATE */
	void *(*parse)(const char *xml, unsigned conf, GError **error);
	char *(*format)(const void *def); /* as it is stored */
	void (*free)(void *def);
	uint8_t *(*uuid)(void *def);
	char *(*name)(const void *def);
	/* What a definition that is to be stored for @self gets in view of the others; NULL: nothing. */
	bool (*settle)(Objects *objects, void *def, const Object *self, GError **error);
	bool (*uuid_made)(const void *def); /* the XML gave none, and then the name tells; NULL: never */
	unsigned show_flags;		    /* that getting the XML knows */
	char *(*show)(const Object *object, unsigned flags, GError **error); /* NULL: as stored */

	/* Clients: the handle, and the newer listing: pairs of flags come first. */
	gsize handle_size;
	void (*fill)(const Object *object, void *handle);
	const struct ObjectPair {
		unsigned yes, no;
		bool (*is)(const Object *object);
	} *pairs; /* ends with an empty one; NULL: no flags */
	unsigned more_flags; /* besides the pairs, of passes() */
	bool (*passes)(const Object *object, unsigned flags); /* NULL: every one */
	bool listed_by_key;  /* the oldest listing has keys, not names */

	/* Lifecycle; events are of the kind's own enumeration. */
	void (*emit)(const Object *object, int event); /* NULL: nobody is told */
	int defined, undefined, started, stopped;
	unsigned start_flags;
	bool recorded; /* that it is active is written down elsewhere than in ->extra */
	/* As @xml says, NULL: as it is defined. The function is NULL where it is not supported. */
	bool (*start_call)(Object *object, const char *xml, unsigned flags, GError **error);
	bool (*stop_call)(Object *object, GError **error);
	bool (*may_undefine)(const Object *object, GError **error); /* NULL: always */
} ObjectClass;

extern const ObjectClass network_class, pool_class, nwfilter_class, secret_class;
extern const ObjectClass snapshot_class, checkpoint_class;

const ObjectClass *object_class(ObjectKind kind);

/* For ->pairs. */
bool object_is_active(const Object *object);
bool object_is_persistent(const Object *object);
bool object_is_autostarted(const Object *object);

/* For ->fill of handles that are a name and a UUID, as most are. */
void object_fill_named(const Object *object, void *handle);

/* Starts a held object and marks it, so that it is started with the engine; parks. */
bool object_start_call(Call *call, Object *object, unsigned flags, GError **error);

/*
 * What the caller may see of @kind, below @parent ("": of those that stand alone), by name. Borrowed
 * pointers in a new array.
 */
GPtrArray *objects_seen(const Call *call, ObjectKind kind, const char *parent);
