/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The binding engine: one table of rows per XML element, from which come parsing, formatting,
 * copying, comparing, freeing, the hiding of secrets, the reference documentation and a RELAX NG
 * schema. It knows neither files nor the daemon. Tables are static; a struct read from XML belongs
 * to the caller and ends with bind_free(). Used wherever definitions are read, in any process.
 *
 * How to describe an element:
 *
 *	typedef struct { char *name; guint64 capacity; bool ephemeral; GPtrArray *hosts; } Thing;
 *	typedef struct { char *address; guint port; bool has_port; } ThingHost;
 *
 *	static const BindRow host_rows[] = {
 *		ATTR(ThingHost, "address", address, str, BIND_REQUIRED),
 *		ATTR(ThingHost, "port", port, uint, 0, HAS(ThingHost, has_port)),
 *		END_ROWS };
 *	ELEMENT(thing_host, "host", ThingHost, host_rows);
 *	static const BindRow thing_rows[] = {
 *		LEAF(Thing, "name", name, str, BIND_REQUIRED | G),       <name>web</name>
 *		SIZE_LEAF(Thing, "capacity", capacity, 1, G),           <capacity unit='bytes'>1</capacity>
 *		FLAG(Thing, "ephemeral", ephemeral, 0),                <ephemeral/>
 *		LIST(Thing, "host", hosts, thing_host, 0),              <host ...> any number of times
 *		END_ROWS };
 *	ELEMENT(thing, "thing", Thing, thing_rows);
 *
 * (macros of conf/bind/rows.h, which only files with tables include)
 *
 *	Thing *thing = bind_parse(&bind_el_thing,
 *				  bind_reader_open(xml, length, 0, diags, error), error);
 *
 * Rules of tables:
 * - Rows stand in the order in which they are written; in input the order is free.
 * - A member that was absent in the input is 0, NULL or false and is not written. Where absent must
 *   be told from 0, HAS() names a bool beside it. BIND_ALWAYS writes a zero, too.
 * - An empty text or leaf counts as absent; so does an attribute of type str without BIND_EMPTY_OK.
 * - CHILD() is an element whose rows fill the same struct or a struct embedded in it; it is written
 *   when there is something to write in it, or with HAS() when that bool says so. POINTER() is one
 *   whose struct is allocated when the element is there, so that an empty element differs from an
 *   absent one. INCLUDE() takes the rows of another table as if they stood here.
 * - WHEN() makes a row count only for some values of an enum member of the same struct (a union by
 *   type); attributes are read before children, so the enum may stand in any attribute. The same
 *   name may have several rows with different WHEN(). Members behind WHEN() may lie in a C union
 *   unless they own memory. LIST() and POINTER() rows of one member must name tables that own the
 *   same memory: copying and freeing go by the first.
 * - SELECT() takes only elements which have that attribute value, and writes it.
 * - What no row takes becomes a diagnostic; a value that its type refuses is an error.
 * - An element that has place for one and stands there twice is an error, unless both say the same
 *   (noted) or the row has BIND_MERGE, which is for containers that libvirt reads in pieces.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "conf/bind/diag.h"

typedef struct BindType BindType;
typedef struct BindRow BindRow;
typedef struct BindElement BindElement;
typedef struct BindIndex BindIndex;
typedef struct BindReader BindReader;

/* How one scalar is written. Shared ones stand in conf/bind/types.h; enums are made by CONF_ENUM(). */
struct BindType {
	const char *what;    /* for people: "an unsigned integer" */
	const char *pattern; /* regular expression of the schema; NULL = any text */
	gsize size;	     /* of the member */
	const char *const *names; /* enum: by value; [0] is NULL (absent), and so is the end */
	guint n_names;
	/* Stores the value of @text in @member; false when it is not one. @member is clear before. */
	bool (*parse)(const BindType *type, const char *text, void *member);
	/* Appends the text of @member, not escaped. */
	void (*format)(const BindType *type, const void *member, GString *out);
	bool (*absent)(const void *member);
	bool (*equal)(const void *a, const void *b);
	void (*copy)(void *target, const void *source); /* NULL: the bytes */
	void (*clear)(void *member);			/* NULL: nothing to free */
};

typedef enum {
	BIND_END,
	BIND_ATTR,    /* attribute of this element */
	BIND_TEXT,    /* text of this element */
	BIND_LEAF,    /* child element with nothing but text */
	BIND_VALUE,   /* child element with one attribute: <mtu size='1500'/> */
	BIND_FLAG,    /* empty child element, a bool */
	BIND_CHILD,   /* child element, same or embedded struct */
	BIND_INCLUDE, /* rows of another table, same or embedded struct */
	BIND_POINTER, /* child element, struct of its own */
	BIND_LIST,    /* repeated child elements: GPtrArray of structs */
	BIND_STRINGS, /* repeated child elements with only text: GPtrArray of char * */
	BIND_RAW,     /* child element kept as it was written: char * */
} BindKind;

/* Flags of a row */
#define BIND_GUEST 0x0001u    /* the guest can see it: part of its ABI */
#define BIND_REQUIRED 0x0002u /* an error when absent; VALUE: without its attribute, when it is there */
#define BIND_ALWAYS 0x0004u   /* written even when 0 or empty */
#define BIND_LIVE 0x0008u     /* of a running guest only: not read or written with CONF_INACTIVE */
#define BIND_SECRET 0x0010u   /* written only with CONF_SECURE */
#define BIND_UNPORTABLE 0x0020u /* not written with CONF_MIGRATABLE */
#define BIND_NONZERO 0x0040u  /* 0 is refused */
#define BIND_EMPTY_OK 0x0080u /* '' is kept when it is text, and counts as absent when it is not */
#define BIND_READ_ONLY 0x0100u /* an old spelling: read, never written */
#define BIND_BARE 0x0200u     /* CHILD, VALUE: write the element even when nothing is in it */
#define BIND_USER_ALIAS 0x0400u /* as BIND_LIVE, unless the text begins with "ua-" */
#define BIND_ONCE 0x1000u     /* child elements: a second one is an error, even the same again */
#define BIND_MERGE 0x2000u    /* containers: several count as one with all that is in them */
#define BIND_WRITE_ONLY 0x0800u /* another row of that name reads it */

struct BindRow {
	const char *name; /* of the attribute or child element; NULL for text */
	const char *attr; /* VALUE: the attribute in it */
	guint8 kind;
	guint16 flags;
	guint32 offset; /* of the member */
	guint32 size;	/* of the member, checked against the type by the tests */
	guint32 has;	/* offset of its bool, plus 1; 0: none */
	guint32 when;	/* offset of the enum that decides, plus 1; 0: always */
	guint64 when_mask;
	const BindType *type;
	BindElement *element;
	gint64 missing;	      /* enums and integers: the value when absent in the input */
	guint64 scale;	      /* sizes: bytes per unit of the member; 0: not a size */
	guint64 read_scale;   /* sizes: bytes per unit when the input names none; 0: as scale */
	const char *unit;     /* sizes: how the unit is written; NULL: bytes, KiB, MiB, ... by scale */
	const char *select_attr, *select_value;
	const struct BindNamespace *ns; /* element of a foreign namespace */
	int code;	      /* virErrorNumber of a wrong value; 0: VIR_ERR_XML_ERROR */
	const char *doc;      /* one sentence for the reference, N_() */
};

typedef struct BindNamespace {
	const char *prefix, *uri;
} BindNamespace;
extern const BindNamespace bind_ns_qemu, bind_ns_lxc, bind_ns_xen, bind_ns_bhyve, bind_ns_vmware;

struct BindElement {
	const char *name; /* of the element, when it is a document or has one name only */
	const char *type_name;
	gsize size;
	const BindRow *rows;
	/* Called when all of @object was read; errors by bind_reader_fail(). May be NULL. */
	bool (*parsed)(BindReader *reader, void *object, GError **error);
	const char *doc;
	int closed; /* virErrorNumber when a child is one that no row knows; 0: it is noted */
	BindIndex *index; /* made at first use */
};

/*
 * An enum with its names in XML. In a header:
 *	#define POOL_STATE_VALUES(X) X(POOL_STATE_UP, "up") X(POOL_STATE_DOWN, "down")
 *	CONF_ENUM(PoolState, pool_state, POOL_STATE)
 * gives the type, POOL_STATE_ABSENT = 0, POOL_STATE_LAST, bind_pool_state (for rows),
 * pool_state_name(value) and pool_state_parse(name) (ABSENT when there is none); and in one .c file:
 *	CONF_ENUM_DEFINE(pool_state, POOL_STATE)
 */
#define CONF_ENUM_CONSTANT(constant, name) constant,
#define CONF_ENUM_NAME(constant, name) [constant] = name,
#define CONF_ENUM(Type, id, PREFIX) \
	typedef enum { PREFIX##_ABSENT = 0, PREFIX##_VALUES(CONF_ENUM_CONSTANT) PREFIX##_LAST } Type; \
	extern const BindType bind_##id; \
	static inline const char *id##_name(Type value) \
	{ \
		return bind_enum_name(&bind_##id, (int)value); \
	} \
	static inline Type id##_parse(const char *name) \
	{ \
		return (Type)bind_enum_parse(&bind_##id, name); \
	}
#define CONF_ENUM_DEFINE(id, PREFIX) \
	static const char *const id##_names[PREFIX##_LAST + 1] = { PREFIX##_VALUES(CONF_ENUM_NAME) }; \
	const BindType bind_##id = { \
		.what = NULL, .size = sizeof(int), .names = id##_names, .n_names = PREFIX##_LAST, \
		.parse = bind_enum_read, .format = bind_enum_write, .absent = bind_int_absent, \
		.equal = bind_int_equal };
const char *bind_enum_name(const BindType *type, int value); /* NULL for 0 and out of range */
int bind_enum_parse(const BindType *type, const char *name); /* 0 when it is not one */
bool bind_enum_read(const BindType *type, const char *text, void *member);
void bind_enum_write(const BindType *type, const void *member, GString *out);
bool bind_int_absent(const void *member);
bool bind_int_equal(const void *a, const void *b);

/* Flags of parsing and formatting */
#define CONF_INACTIVE 0x01u   /* leave out what only a running guest has */
#define CONF_SECURE 0x02u     /* format: with secrets */
#define CONF_MIGRATABLE 0x04u /* format: without what other versions do not understand */
#define CONF_VALIDATE 0x08u   /* parse: what no row takes is an error, not a warning */
#define CONF_STATUS 0x10u     /* our own state file: everything, live and secret */

/*
 * Opens a document; the text must stay while it is read. NULL and VIR_ERR_XML_DETAIL for what is
 * not XML, VIR_ERR_XML_ERROR for what is beyond the limits of base/limits.h. Warnings go to @diags,
 * which may be NULL.
 */
BindReader *bind_reader_open(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			     GError **error);
/*
 * Reads a document whose root must be @element->name. Takes @reader; when that is NULL, @error is
 * set already. NULL and VIR_ERR_XML_ERROR or others for wrong contents; the sentence names line,
 * column and path.
 */
void *bind_parse(BindElement *element, BindReader *reader, GError **error);

/* In steps, where the root decides which table applies. */
const char *bind_reader_root(const BindReader *reader);
unsigned bind_reader_flags(const BindReader *reader);
void *bind_reader_parse(BindReader *reader, BindElement *element, GError **error);
/* As bind_reader_parse() of the first child of the root that is called @child; NULL when none. */
void *bind_reader_parse_child(BindReader *reader, BindElement *element, const char *child,
			      GError **error);
void bind_reader_free(BindReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BindReader, bind_reader_free)
/* For .parsed hooks: fail() with line, column and path of the element just read. */
bool bind_reader_fail(BindReader *reader, GError **error, int code, const char *format, ...)
	G_GNUC_PRINTF(4, 5);
void bind_reader_warn(BindReader *reader, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The document as text: 2 spaces of indent, single quotes, a newline at the end. Caller frees. */
char *bind_format(BindElement *element, const void *object, unsigned flags);
/* The same with CONF_SECURE; *ret_secret: whether without it the document would be shorter. */
char *bind_format_secure(BindElement *element, const void *object, unsigned flags,
			 bool *ret_secret);
/* Appends @text with the characters that XML reserves escaped. */
void bind_escape(GString *out, const char *text, bool attribute);

void *bind_new(const BindElement *element); /* all absent */
void *bind_copy(BindElement *element, const void *object);
void bind_clear(BindElement *element, void *object); /* frees the members, not @object */
void bind_free(BindElement *element, void *object);  /* @object may be NULL */

typedef enum { BIND_COMPARE_ALL, BIND_COMPARE_GUEST } BindCompare;
/* Whether @a and @b are equal; if not, *difference (may be NULL) is "path: 'x' is not 'y'". */
bool bind_equal(BindElement *element, const void *a, const void *b, BindCompare what,
		char **difference);
/* All differences, one line each, each with "guest" or "host" before it: for people. */
GPtrArray *bind_diff(BindElement *element, const void *a, const void *b);

char *bind_doc(BindElement *element); /* reference in Markdown; caller frees */
char *bind_rng(BindElement *element); /* RELAX NG schema; caller frees */

/* Calls @fn for every row of @element and of all below it, once per table. For tests and docs. */
typedef void (*BindRowFn)(BindElement *element, const BindRow *row, void *data);
void bind_each_row(BindElement *element, BindRowFn fn, void *data);
/* Test support: tables and rows met while parsing since the start, as a set of BindRow pointers. */
void bind_coverage_start(void);
bool bind_coverage_met(const BindRow *row);
