/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/bind/internal.h"
#include "conf/bind/types.h"

/*
 * Copies start as the bytes of the original; every member that owns memory is then replaced by a
 * copy of its own. Two rows may speak of the same member (unions by type, old spellings): a member
 * that differs from the original's was replaced already.
 */

void *bind_new(const BindElement *element)
{
	return g_malloc0(element->size);
}

static void struct_own(BindElement *element, void *copy, const void *original);

static GPtrArray *list_copy(const BindSlot *slot, const GPtrArray *original)
{
	GPtrArray *copy = g_ptr_array_sized_new(original->len);

	for (guint i = 0; i < original->len; i++) {
		void *item = g_ptr_array_index(original, i);

		g_ptr_array_add(copy, slot->row->kind == BIND_LIST
					      ? bind_copy(slot->row->element, item)
					      : g_strdup(item));
	}
	return copy;
}

static void slot_own(const BindSlot *slot, void *copy, const void *original)
{
	const BindRow *row = slot->row;
	void *member = bind_member(slot, copy);
	void *const *source = bind_member(slot, original);

	if (row->kind == BIND_CHILD) {
		struct_own(row->element, member, source);
		return;
	}
	if (row->kind == BIND_FLAG || (row->type && !row->type->copy))
		return;
	if (!*source || *(void **)member != *source)
		return;
	switch ((BindKind)row->kind) {
	case BIND_POINTER:
		*(void **)member = bind_copy(row->element, *source);
		break;
	case BIND_LIST:
	case BIND_STRINGS:
		*(void **)member = list_copy(slot, *source);
		break;
	case BIND_RAW:
		*(void **)member = g_strdup(*source);
		break;
	default:
		row->type->copy(member, source);
	}
}

static void struct_own(BindElement *element, void *copy, const void *original)
{
	const BindIndex *index = bind_index(element);
	const BindSlots *all[] = { &index->attrs, &index->texts, &index->content };

	for (guint k = 0; k < G_N_ELEMENTS(all); k++)
		for (guint i = 0; i < all[k]->count; i++)
			slot_own(&all[k]->slots[i], copy, original);
}

void *bind_copy(BindElement *element, const void *object)
{
	void *copy = g_memdup2(object, element->size);

	struct_own(element, copy, object);
	return copy;
}

static void list_clear(const BindSlot *slot, GPtrArray *list)
{
	for (guint i = 0; i < list->len; i++) {
		if (slot->row->kind == BIND_LIST)
			bind_free(slot->row->element, g_ptr_array_index(list, i));
		else
			g_free(g_ptr_array_index(list, i));
	}
	g_ptr_array_unref(list);
}

static void slot_clear(const BindSlot *slot, void *object)
{
	const BindRow *row = slot->row;
	void **member = bind_member(slot, object);

	switch ((BindKind)row->kind) {
	case BIND_CHILD:
		bind_clear(row->element, member);
		return;
	case BIND_FLAG:
		return;
	case BIND_POINTER:
		bind_free(row->element, *member);
		*member = NULL;
		return;
	case BIND_LIST:
	case BIND_STRINGS:
		if (*member)
			list_clear(slot, *member);
		*member = NULL;
		return;
	case BIND_RAW:
		g_clear_pointer((char **)member, g_free);
		return;
	default:
		if (row->type->clear)
			row->type->clear(member);
	}
}

void bind_clear(BindElement *element, void *object)
{
	const BindIndex *index = bind_index(element);
	const BindSlots *all[] = { &index->attrs, &index->texts, &index->content };

	for (guint k = 0; k < G_N_ELEMENTS(all); k++)
		for (guint i = 0; i < all[k]->count; i++)
			slot_clear(&all[k]->slots[i], object);
}

void bind_free(BindElement *element, void *object)
{
	if (!object)
		return;
	bind_clear(element, object);
	g_free(object);
}
