/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a definition says is honoured or refused: every row of every table of <domain> is changed in
 * the definitions of tests/golden/qemu-args (elements that none of them has are put in), and the
 * command line, or the refusal, must change with it. Rows that others honour, or that are no
 * wishes, are listed with who that is; a new row fails here until it is built or listed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "drivers/qemu/argv/command.h"
#include "drivers/qemu/live/live.h"

typedef struct Reason {
	const char *path; /* pattern */
	const char *who;
} Reason;

static const Reason elsewhere[] = {
#include "tests/unit/test_qemu_honoured.def"
};

typedef struct Walk {
	DomainDef *def;
	GHashTable *honoured; /* of BindRow */
	GHashTable *missed;   /* BindRow -> path */
	GPtrArray *stack;     /* elements on the way, against recursion */
} Walk;

static const char *reason_for(const char *path)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(elsewhere); i++)
		if (g_pattern_match_simple(elsewhere[i].path, path))
			return elsewhere[i].who;
	return NULL;
}

/* The line, or the refusal of what cannot be honoured. */
static char *outcome(const DomainDef *def, bool *refused)
{
	QemuCommandContext context = { .run_dir = ".", .monitor_fd = -1 };
	g_autoptr(GError) error = NULL;
	g_autoptr(QemuCommandLine) line = NULL;

	const Guest guest = { .def = def };

	if (live_tune_check(&guest, &error))
		line = qemu_command_line(def, &context, &error);
	/* "<element> cannot be honoured", and not that something else is missing. */
	*refused = !line && error_code(error) == VIR_ERR_CONFIG_UNSUPPORTED &&
		   error->message[0] == '<';
	return line ? qemu_command_line_text(line) : g_strdup(error->message);
}

static void set_number(void *member, guint size, guint64 value)
{
	switch (size) {
	case 1:
		*(guint8 *)member = value != 0;
		break;
	case 4:
		*(guint32 *)member = (guint32)value;
		break;
	case 8:
		*(guint64 *)member = value;
		break;
	}
}

/* What a new value of a member is made of. */
typedef struct Made {
	gpointer value;
	GDestroyNotify destroy;
} Made;

static void set_made(void *member, gpointer value, GDestroyNotify destroy, Made *made)
{
	*(gpointer *)member = value;
	*made = (Made){ value, destroy };
}

/* The @n-th other value of a member; false when there are no more. */
static bool set_other(const BindRow *row, void *member, unsigned n, Made *made)
{
	static const guint64 numbers[] = { 3, 64, 4096, 1, 0, 6000 };
	static const char *const words[] = { "changed", "5", "2030-01-01T00:00:00", "reset" };

	if (row->kind == BIND_STRINGS) {
		GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

		g_ptr_array_add(list, g_strdup("changed"));
		set_made(member, list, (GDestroyNotify)g_ptr_array_unref, made);
		return n == 0;
	}
	if (row->kind == BIND_FLAG) {
		*(bool *)member = !*(bool *)member;
		return n == 0;
	}
	if (!row->type)
		return false;
	if (row->type->names) {
		if (n + 1 >= row->type->n_names)
			return false;
		*(int *)member = (int)n + 1;
		return true;
	}
	if (row->type == &bind_str || row->type == &bind_token) {
		if (n >= G_N_ELEMENTS(words))
			return false;
		set_made(member, g_strdup(words[n]), g_free, made);
		return true;
	}
	if (row->type == &bind_cpuset) {
		set_made(member, cpuset_parse("1"), (GDestroyNotify)cpuset_free, made);
		return n == 0;
	}
	if (row->type == &bind_uuid || row->type == &bind_mac) {
		((guint8 *)member)[2] ^= 1;
		if (row->type == &bind_mac)
			((Mac *)member)->set = true;
		return n == 0;
	}
	if (n >= G_N_ELEMENTS(numbers))
		return false;
	set_number(member, row->size, numbers[n]);
	return true;
}

/* Whether some other value of @row in @object makes a difference. */
static bool makes_difference(Walk *walk, const BindRow *row, char *object)
{
	bool refused, other_refused, different = false;
	g_autofree char *before = outcome(walk->def, &refused);
	void *member = object + row->offset;
	g_autofree void *saved = g_memdup2(member, MAX(row->size, 1));
	bool *has = row->has ? (bool *)(object + row->has - 1) : NULL;
	bool had = has && *has;

	for (unsigned n = 0; !different; n++) {
		g_autofree char *after = NULL;
		Made made = { NULL, NULL };
		bool more = set_other(row, member, n, &made);

		if (has)
			*has = true;
		after = more ? outcome(walk->def, &other_refused) : NULL;
		different = more && (strcmp(before, after) != 0 || other_refused);
		memcpy(member, saved, row->size);
		if (made.destroy)
			made.destroy(made.value);
		if (!more)
			break;
	}
	memcpy(member, saved, row->size);
	if (has)
		*has = had;
	return different || refused;
}

static bool try_row(Walk *walk, const BindRow *row, char *object)
{
	int *kind = row->when ? (int *)(object + row->when - 1) : NULL;
	int was = kind ? *kind : 0;
	bool found = makes_difference(walk, row, object);

	/* In the kinds of the element that have this row. */
	for (int value = 0; kind && !found && value < 40; value++) {
		if (!(row->when_mask & (G_GUINT64_CONSTANT(1) << value)))
			continue;
		*kind = value;
		found = makes_difference(walk, row, object);
	}
	if (kind)
		*kind = was;
	return found;
}

static void walk_rows(Walk *walk, const BindElement *element, char *object, const char *path);

static void walk_scalar(Walk *walk, const BindRow *row, char *object, const char *path)
{
	g_autofree char *full =
		g_strdup_printf("%s/%s%s%s%s", path, row->kind == BIND_ATTR ? "@" : "",
				row->name ? row->name : "text()", row->attr ? "/@" : "",
				row->attr ? row->attr : "");

	if (g_hash_table_contains(walk->honoured, row))
		return;
	if (reason_for(full) || try_row(walk, row, object)) {
		g_hash_table_add(walk->honoured, (gpointer)row);
		g_hash_table_remove(walk->missed, row);
	} else {
		g_hash_table_insert(walk->missed, (gpointer)row, g_steal_pointer(&full));
	}
}

static void walk_pointer(Walk *walk, const BindRow *row, char *object, const char *path)
{
	void **member = (void **)(object + row->offset);
	void *was = *member;

	if (!was)
		*member = bind_new(row->element);
	walk_rows(walk, row->element, *member, path);
	if (was)
		return;
	bind_free(row->element, *member);
	*member = NULL;
}

static bool is_device(const char *path)
{
	return g_pattern_match_simple("/domain/devices/*", path) &&
	       !strchr(path + strlen("/domain/devices/"), '/');
}

static void walk_list(Walk *walk, const BindRow *row, char *object, const char *path)
{
	GPtrArray **member = (GPtrArray **)(object + row->offset);
	GPtrArray *was = *member, *with = g_ptr_array_new();
	char *made = bind_new(row->element);

	for (guint i = 0; i < list_length(was); i++)
		walk_rows(walk, row->element, list_get(was, i), path);
	if (is_device(path) && row->element->size > sizeof(DeviceInfo))
		((DeviceInfo *)made)->alias = (char *)"made0";
	for (guint i = 0; i < list_length(was); i++)
		g_ptr_array_add(with, list_get(was, i));
	g_ptr_array_add(with, made);
	*member = with;
	walk_rows(walk, row->element, made, path);
	*member = was;
	g_ptr_array_unref(with);
	if (is_device(path) && row->element->size > sizeof(DeviceInfo))
		((DeviceInfo *)made)->alias = NULL;
	bind_free(row->element, made);
}

static void walk_row(Walk *walk, const BindRow *row, char *object, const char *path)
{
	g_autofree char *full = NULL;

	switch (row->kind) {
	case BIND_INCLUDE:
		walk_rows(walk, row->element, object + row->offset, path);
		return;
	case BIND_CHILD:
	case BIND_POINTER:
	case BIND_LIST:
		full = g_strdup_printf("%s/%s", path, row->name);
		if (reason_for(full))
			return;
		if (row->kind == BIND_LIST)
			walk_list(walk, row, object, full);
		else if (row->kind == BIND_POINTER)
			walk_pointer(walk, row, object, full);
		else if (row->has && !*(bool *)(object + row->has - 1)) {
			*(bool *)(object + row->has - 1) = true;
			walk_rows(walk, row->element, object + row->offset, full);
			*(bool *)(object + row->has - 1) = false;
		} else
			walk_rows(walk, row->element, object + row->offset, full);
		return;
	case BIND_RAW:
		return;
	default:
		walk_scalar(walk, row, object, path);
	}
}

static void walk_rows(Walk *walk, const BindElement *element, char *object, const char *path)
{
	if (g_ptr_array_find(walk->stack, element, NULL))
		return;
	g_ptr_array_add(walk->stack, (gpointer)element);
	for (const BindRow *row = element->rows; row->kind != BIND_END; row++)
		walk_row(walk, row, object, path);
	g_ptr_array_set_size(walk->stack, (gint)walk->stack->len - 1);
}

static void walk_file(Walk *walk, const char *path)
{
	g_autofree char *xml = NULL;
	gsize length;

	assert_true(g_file_get_contents(path, &xml, &length, NULL));
	walk->def = domain_def_parse(xml, length, 0, NULL, NULL);
	assert_non_null(walk->def);
	walk_rows(walk, &bind_el_domain, (char *)walk->def, "/domain");
	domain_def_free(walk->def);
}

static void test_honoured(G_GNUC_UNUSED void **state)
{
	const char *source = getenv("REEVE_SOURCE") ? getenv("REEVE_SOURCE") : getenv("srcdir");
	g_autofree char *folder =
		g_build_filename(source ? source : ".", "tests/golden/qemu-args", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	Walk walk = {
		.honoured = g_hash_table_new(NULL, NULL),
		.missed = g_hash_table_new_full(NULL, NULL, NULL, g_free),
		.stack = g_ptr_array_new(),
	};
	g_autoptr(GList) paths = NULL;
	const char *name;
	unsigned missed;

	assert_non_null(dir);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (g_str_has_suffix(name, ".xml") && !g_str_has_prefix(name, "refused"))
			walk_file(&walk, path);
	}
	paths = g_list_sort(g_hash_table_get_values(walk.missed), (GCompareFunc)strcmp);
	for (GList *l = paths; l; l = l->next)
		print_error("changes nothing: %s\n", (char *)l->data);
	missed = g_hash_table_size(walk.missed);
	g_hash_table_unref(walk.honoured);
	g_hash_table_unref(walk.missed);
	g_ptr_array_unref(walk.stack);
	assert_int_equal(missed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_honoured) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
