/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/bind/internal.h"

#include "base/i18n.h"

const BindNamespace bind_ns_qemu = { "qemu", "http://libvirt.org/schemas/domain/qemu/1.0" };
const BindNamespace bind_ns_lxc = { "lxc", "http://libvirt.org/schemas/domain/lxc/1.0" };
const BindNamespace bind_ns_xen = { "xen", "http://libvirt.org/schemas/domain/xen/1.0" };
const BindNamespace bind_ns_bhyve = { "bhyve", "http://libvirt.org/schemas/domain/bhyve/1.0" };
const BindNamespace bind_ns_vmware = { "vmware", "http://libvirt.org/schemas/domain/vmware/1.0" };

typedef struct {
	GArray *attrs, *content, *texts;
} Collected;

static void rows_collect(const BindRow *rows, const BindSlot *outer, Collected *found)
{
	for (const BindRow *row = rows; row->kind != BIND_END; row++) {
		BindSlot slot = { row, outer->base, outer->guard, outer->guard_base, -1 };

		switch ((BindKind)row->kind) {
		case BIND_INCLUDE:
			if (row->when) {
				g_assert(!slot.guard);
				slot.guard = row;
				slot.guard_base = slot.base;
			}
			slot.base += row->offset;
			rows_collect(row->element->rows, &slot, found);
			break;
		case BIND_ATTR:
			g_array_append_val(found->attrs, slot);
			break;
		case BIND_TEXT:
			g_array_append_val(found->texts, slot);
			break;
		default:
			g_array_append_val(found->content, slot);
		}
	}
}

static void slots_chain(BindSlots *slots, GArray *from)
{
	slots->count = from->len;
	slots->slots = (BindSlot *)(void *)g_array_free(from, FALSE);
	g_assert(slots->count <= BIND_MAX_ROWS);
	for (guint i = 0; i < BIND_BUCKETS; i++)
		slots->heads[i] = slots->tails[i] = -1;
	for (guint i = 0; i < slots->count; i++) {
		const char *name = slots->slots[i].row->name;
		guint bucket = name ? bind_hash(name) : 0;

		if (slots->heads[bucket] < 0)
			slots->heads[bucket] = (gint16)i;
		else
			slots->slots[slots->tails[bucket]].next = (gint16)i;
		slots->tails[bucket] = (gint16)i;
	}
}

static BindIndex *index_make(const BindElement *element)
{
	BindIndex *index = g_new0(BindIndex, 1);
	BindSlot outer = { NULL, 0, NULL, 0, -1 };
	Collected found;

	found.attrs = g_array_new(FALSE, FALSE, sizeof(BindSlot));
	found.content = g_array_new(FALSE, FALSE, sizeof(BindSlot));
	found.texts = g_array_new(FALSE, FALSE, sizeof(BindSlot));
	rows_collect(element->rows, &outer, &found);
	index->closed = element->closed;
	slots_chain(&index->attrs, found.attrs);
	slots_chain(&index->content, found.content);
	slots_chain(&index->texts, found.texts);
	for (guint i = 0; i < index->attrs.count; i++) {
		index->unit |= index->attrs.slots[i].row->scale != 0;
		index->conditional |= index->attrs.slots[i].row->when || index->attrs.slots[i].guard;
	}
	for (guint i = 0; i < index->content.count; i++)
		index->merges |= (index->content.slots[i].row->flags & BIND_MERGE) != 0;
	for (guint i = 0; i < index->texts.count; i++)
		index->unit |= index->texts.slots[i].row->scale != 0;
	return index;
}

/* Made once per table and kept for the life of the process; two threads may race to make it. */
const BindIndex *bind_index(BindElement *element)
{
	BindIndex *index = g_atomic_pointer_get(&element->index);

	if (index)
		return index;
	index = index_make(element);
	if (!g_atomic_pointer_compare_and_exchange(&element->index, NULL, index)) {
		g_free(index->attrs.slots);
		g_free(index->content.slots);
		g_free(index->texts.slots);
		g_free(index);
	}
	return g_atomic_pointer_get(&element->index);
}

const char *bind_unit_name(const BindRow *row)
{
	static const char *const names[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	guint level = 0;

	if (row->unit)
		return row->unit;
	for (guint64 scale = row->scale; scale > 1 && level + 1 < G_N_ELEMENTS(names); scale >>= 10)
		level++;
	return names[level];
}

char *bind_type_text(const BindType *type)
{
	GString *text;

	if (!type->names)
		return g_strdup(_(type->what));
	text = g_string_new(NULL);
	for (guint i = 1; i < type->n_names; i++)
		g_string_append_printf(text, "%s'%s'", i > 1 ? ", " : "", type->names[i]);
	return g_string_free(text, FALSE);
}

const char *bind_enum_name(const BindType *type, int value)
{
	return value > 0 && (guint)value < type->n_names ? type->names[value] : NULL;
}

int bind_enum_parse(const BindType *type, const char *name)
{
	for (guint i = 1; name && i < type->n_names; i++)
		if (g_str_equal(type->names[i], name))
			return (int)i;
	return 0;
}

bool bind_enum_read(const BindType *type, const char *text, void *member)
{
	return (*(int *)member = bind_enum_parse(type, text)) != 0;
}

void bind_enum_write(const BindType *type, const void *member, GString *out)
{
	const char *name = bind_enum_name(type, *(const int *)member);

	g_string_append(out, name ? name : "");
}

bool bind_int_absent(const void *member)
{
	return *(const int *)member == 0;
}

bool bind_int_equal(const void *a, const void *b)
{
	return *(const int *)a == *(const int *)b;
}

static void rows_each(BindElement *element, const BindRow *rows, GHashTable *seen, BindRowFn fn,
		      void *data)
{
	for (const BindRow *row = rows; row->kind != BIND_END; row++) {
		fn(element, row, data);
		if (row->element && g_hash_table_add(seen, row->element))
			rows_each(row->element, row->element->rows, seen, fn, data);
	}
}

void bind_each_row(BindElement *element, BindRowFn fn, void *data)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	g_hash_table_add(seen, element);
	rows_each(element, element->rows, seen, fn, data);
}
