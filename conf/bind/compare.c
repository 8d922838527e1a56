/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/i18n.h"
#include "conf/bind/internal.h"
#include "conf/bind/types.h"

/* Where a comparison stands: a list through the frames of the recursion. */
typedef struct Trail {
	const struct Trail *up;
	const char *name;
	guint position; /* in a list, from 1; 0: no list */
	bool guest;	/* everything above is visible to the guest */
} Trail;

typedef struct {
	BindCompare what;
	GPtrArray *found; /* char *; NULL: the first difference ends it */
	char *first;
	bool differs;
} Comparison;

static char *trail_path(const Trail *trail, const char *last)
{
	GString *path = g_string_new(last);

	for (; trail; trail = trail->up) {
		g_autofree char *step = NULL;

		if (trail->position)
			step = g_strdup_printf("/%s[%u]", trail->name, trail->position);
		else
			step = g_strdup_printf("/%s", trail->name);
		g_string_prepend(path, step);
	}
	return g_string_free(path, FALSE);
}

static void difference_add(Comparison *run, const Trail *trail, const char *last, bool guest,
			   const char *text)
{
	g_autofree char *path = trail_path(trail, last);

	run->differs = true;
	if (run->found)
		g_ptr_array_add(run->found, g_strdup_printf("%s %s: %s",
							    guest && trail->guest ? "guest" : "host",
							    path, text));
	else if (!run->first)
		run->first = g_strdup_printf("%s: %s", path, text);
}

static char *value_text(const BindSlot *slot, const void *object)
{
	const bool *has = bind_has(slot, object);
	const void *member = bind_member(slot, object);
	GString *text = g_string_new(NULL);

	if (slot->row->kind == BIND_FLAG)
		g_string_append(text, *(const bool *)member ? "yes" : "no");
	else if (slot->row->kind == BIND_RAW)
		g_string_append(text, *(char *const *)member ? *(char *const *)member : "");
	else if (has ? *has : !slot->row->type->absent(member))
		slot->row->type->format(slot->row->type, member, text);
	return g_string_free(text, FALSE);
}

static bool value_equal(const BindSlot *slot, const void *a, const void *b)
{
	const bool *has_a = bind_has(slot, a), *has_b = bind_has(slot, b);
	const void *x = bind_member(slot, a), *y = bind_member(slot, b);

	if (slot->row->kind == BIND_FLAG)
		return *(const bool *)x == *(const bool *)y;
	if (slot->row->kind == BIND_RAW)
		return g_strcmp0(*(char *const *)x, *(char *const *)y) == 0;
	if (has_a && *has_a != *has_b)
		return false;
	return (has_a && !*has_a) || slot->row->type->equal(x, y);
}

static void value_compare(Comparison *run, const Trail *trail, const BindSlot *slot, const void *a,
			  const void *b)
{
	const BindRow *row = slot->row;
	g_autofree char *last = NULL, *old = NULL, *new = NULL, *text = NULL;

	/* What is never written says in an old way what another row says. */
	if (row->flags & BIND_READ_ONLY || value_equal(slot, a, b))
		return;
	old = value_text(slot, a);
	new = value_text(slot, b);
	if (row->kind == BIND_ATTR)
		last = g_strdup_printf("/@%s", row->name);
	else if (row->kind == BIND_VALUE)
		last = g_strdup_printf("/%s/@%s", row->name, row->attr);
	else if (row->kind != BIND_TEXT)
		last = g_strdup_printf("/%s", row->name);
	if (row->flags & BIND_SECRET)
		text = g_strdup(_("it differs"));
	else if (!*new)
		text = g_strdup_printf(_("'%s' is gone"), old);
	else if (!*old)
		text = g_strdup_printf(_("'%s' is new"), new);
	else
		text = g_strdup_printf(_("'%s' became '%s'"), old, new);
	difference_add(run, trail, last ? last : "", row->flags & BIND_GUEST, text);
}

static void struct_compare(Comparison *run, const Trail *trail, BindElement *element,
			   const void *a, const void *b);

static void presence_note(Comparison *run, const Trail *trail, const BindRow *row, bool gone)
{
	Trail here = { trail, row->name, 0, trail->guest };

	difference_add(run, &here, "", row->flags & BIND_GUEST,
		       gone ? _("it is gone") : _("it is new"));
}

static void pointer_compare(Comparison *run, const Trail *trail, const BindSlot *slot,
			    const void *a, const void *b)
{
	const void *x = *(void *const *)bind_member(slot, a);
	const void *y = *(void *const *)bind_member(slot, b);
	Trail here = { trail, slot->row->name, 0, trail->guest && slot->row->flags & BIND_GUEST };

	if (!x != !y)
		presence_note(run, trail, slot->row, x != NULL);
	else if (x)
		struct_compare(run, &here, slot->row->element, x, y);
}

static void list_compare(Comparison *run, const Trail *trail, const BindSlot *slot, const void *a,
			 const void *b)
{
	const GPtrArray *x = *(GPtrArray *const *)bind_member(slot, a);
	const GPtrArray *y = *(GPtrArray *const *)bind_member(slot, b);
	guint nx = x ? x->len : 0, ny = y ? y->len : 0;
	bool guest = slot->row->flags & BIND_GUEST;

	for (guint i = 0; i < MAX(nx, ny) && (run->found || !run->differs); i++) {
		Trail here = { trail, slot->row->name, MAX(nx, ny) > 1 ? i + 1 : 0,
			       trail->guest && guest };

		if (i >= nx || i >= ny)
			difference_add(run, &here, "", guest,
				       i >= ny ? _("it is gone") : _("it is new"));
		else if (slot->row->kind == BIND_LIST)
			struct_compare(run, &here, slot->row->element, g_ptr_array_index(x, i),
				       g_ptr_array_index(y, i));
		else if (strcmp(g_ptr_array_index(x, i), g_ptr_array_index(y, i)) != 0)
			difference_add(run, &here, "", guest, _("it differs"));
	}
}

static void slot_compare(Comparison *run, const Trail *trail, const BindSlot *slot, const void *a,
			 const void *b)
{
	const BindRow *row = slot->row;
	bool guest = row->flags & BIND_GUEST;

	if (row->kind == BIND_CHILD) {
		Trail here = { trail, row->name, 0, trail->guest };
		const bool *has_a = bind_has(slot, a), *has_b = bind_has(slot, b);

		if (has_a && *has_a != *has_b && (guest || run->what == BIND_COMPARE_ALL))
			presence_note(run, trail, row, *has_a);
		struct_compare(run, &here, row->element, bind_member(slot, a),
			       bind_member(slot, b));
		return;
	}
	if (run->what == BIND_COMPARE_GUEST && !guest)
		return;
	switch ((BindKind)row->kind) {
	case BIND_POINTER:
		pointer_compare(run, trail, slot, a, b);
		break;
	case BIND_LIST:
	case BIND_STRINGS:
		list_compare(run, trail, slot, a, b);
		break;
	default:
		value_compare(run, trail, slot, a, b);
	}
}

static void struct_compare(Comparison *run, const Trail *trail, BindElement *element,
			   const void *a, const void *b)
{
	const BindIndex *index = bind_index(element);
	const BindSlots *all[] = { &index->attrs, &index->texts, &index->content };

	for (guint k = 0; k < G_N_ELEMENTS(all); k++)
		for (guint i = 0; i < all[k]->count; i++) {
			const BindSlot *slot = &all[k]->slots[i];

			if (run->differs && !run->found)
				return;
			if (bind_applies(slot, a) && bind_applies(slot, b))
				slot_compare(run, trail, slot, a, b);
		}
}

bool bind_equal(BindElement *element, const void *a, const void *b, BindCompare what,
		char **difference)
{
	Comparison run = { .what = what };
	Trail root = { NULL, element->name ? element->name : element->type_name, 0, true };

	struct_compare(&run, &root, element, a, b);
	if (difference)
		*difference = run.first;
	else
		g_free(run.first);
	return !run.differs;
}

GPtrArray *bind_diff(BindElement *element, const void *a, const void *b)
{
	Comparison run = { .what = BIND_COMPARE_ALL,
			   .found = g_ptr_array_new_with_free_func(g_free) };
	Trail root = { NULL, element->name ? element->name : element->type_name, 0, true };

	struct_compare(&run, &root, element, a, b);
	return run.found;
}
