/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the binding engine share: tables prepared for look-up. Private to conf/bind_*.c. */
#pragma once

#include "conf/bind/bind.h"

#define BIND_MAX_ROWS 128

/* A row as it counts for an element, after INCLUDE() was resolved. */
typedef struct {
	const BindRow *row;
	guint32 base;	      /* offset of the struct that the row speaks of */
	const BindRow *guard; /* INCLUDE() row with a WHEN(), or NULL */
	guint32 guard_base;
	gint16 next; /* next of the same hash, -1 = none */
} BindSlot;

#define BIND_BUCKETS 32
typedef struct {
	BindSlot *slots;
	guint count;
	gint16 heads[BIND_BUCKETS], tails[BIND_BUCKETS];
} BindSlots;

struct BindIndex {
	BindSlots attrs, content, texts;
	bool unit;	  /* an attribute "unit" belongs to a size */
	bool conditional; /* an attribute has WHEN() */
	int closed;	  /* of the element */
	bool merges;	  /* a child has BIND_MERGE */
};

const BindIndex *bind_index(BindElement *element);

static inline guint bind_hash(const char *name)
{
	return ((guchar)name[0] ^ ((guchar)name[0] ? (guint)(guchar)name[1] * 5 : 0)) %
	       BIND_BUCKETS;
}

static inline void *bind_member(const BindSlot *slot, const void *object)
{
	return (guint8 *)object + slot->base + slot->row->offset;
}

static inline bool bind_when(const BindRow *row, const void *object)
{
	return !row->when ||
	       (row->when_mask >> *(const int *)((const guint8 *)object + row->when - 1) & 1);
}

/* Whether the row counts for this object, as its enums stand. */
static inline bool bind_applies(const BindSlot *slot, const void *object)
{
	const guint8 *bytes = object;

	return bind_when(slot->row, bytes + slot->base) &&
	       (!slot->guard || bind_when(slot->guard, bytes + slot->guard_base));
}

static inline bool *bind_has(const BindSlot *slot, const void *object)
{
	return slot->row->has ? (bool *)((guint8 *)object + slot->base + slot->row->has - 1) : NULL;
}

/* "KiB" and the like for bytes per unit. */
const char *bind_unit_name(const BindRow *row);

/* What may stand in a scalar, for people: "one of 'yes', 'no'". Caller frees. */
char *bind_type_text(const BindType *type);
