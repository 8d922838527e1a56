/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/object/moment.h"

#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/i18n.h"

void moment_info_clear(MomentInfo *info)
{
	g_clear_pointer(&info->parent, g_free);
}

char *moment_info_format(const MomentInfo *info)
{
	json_t *json = json_pack("{s:s?, s:i, s:I, s:b, s:b}", "parent", info->parent, "state",
				 info->state, "created", (json_int_t)info->created, "external",
				 info->external, "current", info->current);
	char *text = json_dumps(json, JSON_COMPACT);
	char *copy = g_strdup(text);

	free(text);
	json_decref(json);
	return copy;
}

void moment_info_parse(const char *extra, MomentInfo *ret)
{
	json_t *json = json_loads(extra, 0, NULL);

	memset(ret, 0, sizeof(*ret));
	if (!json)
		return;
	ret->parent = g_strdup(json_string_value(json_object_get(json, "parent")));
	ret->state = (int)json_integer_value(json_object_get(json, "state"));
	ret->created = json_integer_value(json_object_get(json, "created"));
	ret->external = json_is_true(json_object_get(json, "external"));
	ret->current = json_is_true(json_object_get(json, "current"));
	json_decref(json);
}

Object *moment_parent(const Object *moment)
{
	g_auto(MomentInfo) info = { 0 };

	moment_info_parse(moment->extra, &info);
	if (!info.parent)
		return NULL;
	return object_find_name(moment->engine->objects, moment->kind, moment->parent, info.parent);
}

/* A chain of parents is as long as the list at most: definitions cannot make a circle. */
static bool is_below(const Object *moment, const Object *above, bool descendants)
{
	Object *parent = moment_parent(moment);

	while (parent && parent != above && descendants)
		parent = moment_parent(parent);
	return parent && parent == above;
}

GPtrArray *moment_list(const Domain *domain, ObjectKind kind, const Object *above,
		       bool descendants)
{
	g_autoptr(GPtrArray) all = objects_list(domain->engine->objects, kind, domain->uuid_text);
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; i < all->len; i++)
		if (!above || is_below(all->pdata[i], above, descendants))
			g_ptr_array_add(list, all->pdata[i]);
	return list;
}

bool moment_has_children(const Object *moment)
{
	g_autoptr(GPtrArray) all =
		objects_list(moment->engine->objects, moment->kind, moment->parent);

	for (guint i = 0; i < all->len; i++)
		if (moment_parent(all->pdata[i]) == moment)
			return true;
	return false;
}

Object *moment_current(const Domain *domain, ObjectKind kind)
{
	g_autoptr(GPtrArray) all = objects_list(domain->engine->objects, kind, domain->uuid_text);

	for (guint i = 0; i < all->len; i++) {
		Object *moment = all->pdata[i];
		g_auto(MomentInfo) info = { 0 };

		moment_info_parse(moment->extra, &info);
		if (info.current)
			return moment;
	}
	return NULL;
}

bool moment_check_parent(const Domain *domain, ObjectKind kind, const char *name,
			 const char *parent, GError **error)
{
	Objects *objects = domain->engine->objects;
	Object *above;

	if (!parent)
		return true;
	if (strcmp(name, parent) == 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("'%s' cannot be its own parent"), name);
	above = object_find_name(objects, kind, domain->uuid_text, parent);
	if (!above)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("the parent '%s' of '%s' does not exist; define it first"), parent,
			    name);
	for (; above; above = moment_parent(above))
		if (strcmp(above->name, name) == 0)
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("'%s' cannot be the parent of '%s': it is below it"), parent,
				    name);
	return true;
}

bool moment_remove_commit(Call *call, Object *moment, GError **error)
{
	g_autoptr(Object) hold = object_ref(moment);
	g_autoptr(GPtrArray) all =
		objects_list(moment->engine->objects, moment->kind, moment->parent);
	g_auto(MomentInfo) info = { 0 };

	moment_info_parse(moment->extra, &info);
	for (guint i = 0; i < all->len; i++)
		object_ref(all->pdata[i]);
	g_ptr_array_set_free_func(all, (GDestroyNotify)object_unref);
	for (guint i = 0; i < all->len; i++) {
		Object *child = all->pdata[i];
		g_auto(MomentInfo) moved = { 0 };
		g_autofree char *extra = NULL;

		if (moment_parent(child) != moment)
			continue;
		moment_info_parse(child->extra, &moved);
		g_free(moved.parent);
		moved.parent = g_strdup(info.parent);
		extra = moment_info_format(&moved);
		if (!object_mark_commit(call, child, false, extra, error))
			return false;
	}
	return object_undefine_commit(call, moment, error);
}
