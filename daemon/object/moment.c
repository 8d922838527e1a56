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
	g_autoptr(GPtrArray) all = NULL;
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
	all = objects_list(objects, kind, domain->uuid_text);
	/* A store that was damaged, or made so, may have circles. */
	for (guint left = all->len; above && left > 0; above = moment_parent(above), left--)
		if (strcmp(above->name, name) == 0)
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("'%s' cannot be the parent of '%s': it is below it"), parent,
				    name);
	return true;
}

/* The row of @moment with another @info. The caller frees *ret_extra after the commit. */
static StoreObject moment_row(const Object *moment, const MomentInfo *info, char **ret_extra)
{
	StoreObject row = object_row(moment);

	*ret_extra = moment_info_format(info);
	row.extra = *ret_extra;
	return row;
}

/* One moment whose info changes together with something else. */
typedef struct MomentChange {
	Object *moment;
	char *extra;
} MomentChange;

static void change_clear(void *data)
{
	MomentChange *change = data;

	object_unref(change->moment);
	g_free(change->extra);
}

static void changes_follow(const GArray *changes)
{
	for (guint i = 0; i < changes->len; i++) {
		const MomentChange *change = &g_array_index(changes, MomentChange, i);
		StoreObject row = object_row(change->moment);

		row.extra = change->extra;
		object_follow(change->moment, &row);
	}
}

static void change_add(GArray *changes, Object *moment, const MomentInfo *info, StoreBatch *batch,
		       const StoreOrigin *origin)
{
	MomentChange change = { .moment = object_ref(moment) };
	StoreObject row = moment_row(moment, info, &change.extra);

	store_batch_object(batch, &row, origin);
	g_array_append_val(changes, change);
}

static GArray *changes_new(void)
{
	GArray *changes = g_array_new(FALSE, FALSE, sizeof(MomentChange));

	g_array_set_clear_func(changes, change_clear);
	return changes;
}

bool moment_remove_commit(Call *call, Object *moment, GError **error)
{
	g_autoptr(StoreBatch) batch = store_batch_new();
	g_autoptr(GArray) changes = changes_new();
	g_autoptr(GPtrArray) all =
		objects_list(moment->engine->objects, moment->kind, moment->parent);
	StoreOrigin origin = call_origin(call, NULL);
	StoreObject row = object_row(moment);
	g_auto(MomentInfo) info = { 0 };

	moment_info_parse(moment->extra, &info);
	for (guint i = 0; i < all->len; i++) {
		g_auto(MomentInfo) moved = { 0 };

		if (moment_parent(all->pdata[i]) != moment)
			continue;
		moment_info_parse(((const Object *)all->pdata[i])->extra, &moved);
		g_free(moved.parent);
		moved.parent = g_strdup(info.parent);
		change_add(changes, all->pdata[i], &moved, batch, &origin);
	}
	if (info.current && moment_parent(moment)) {
		g_auto(MomentInfo) above = { 0 };

		moment_info_parse(moment_parent(moment)->extra, &above);
		above.current = true;
		change_add(changes, moment_parent(moment), &above, batch, &origin);
	}
	store_batch_object_remove(batch, &row, &origin);
	if (!store_commit(call->engine->store, batch, error))
		return false;
	changes_follow(changes);
	object_forget(moment);
	return true;
}

/* Takes the mark of the current one from the one that has it, unless that is @moment. */
static void unmark_current(const Object *moment, GArray *changes, StoreBatch *batch,
			   const StoreOrigin *origin)
{
	g_autoptr(GPtrArray) all =
		objects_list(moment->engine->objects, moment->kind, moment->parent);

	for (guint i = 0; i < all->len; i++) {
		Object *other = all->pdata[i];
		g_auto(MomentInfo) info = { 0 };

		moment_info_parse(other->extra, &info);
		if (!info.current || other == moment)
			continue;
		info.current = false;
		change_add(changes, other, &info, batch, origin);
	}
}

/* A guest without a definition may have ended while the disk worked, and so its domain. */
static bool parent_check(const Call *call, Object *moment, GError **error)
{
	g_autoptr(StoreBatch) batch = store_batch_new();
	const StoreOrigin origin = call_origin(call, NULL);
	const StoreObject row = object_row(moment);

	if (!call->domain->removed)
		return true;
	store_batch_object_remove(batch, &row, &origin);
	store_queue(call->engine->store, g_steal_pointer(&batch));
	object_forget(moment);
	return fail(error, VIR_ERR_NO_DOMAIN, _("domain '%s' has ended meanwhile, and with it what it had"),
		    call->domain->name);
}

ObjectHold moment_define_commit(Call *call, const ObjectSpec *spec, const MomentInfo *info,
				GError **error)
{
	g_auto(ObjectHold) moment =
		object_claim_wait(call->engine->objects, spec, "a definition", error);
	g_autoptr(StoreBatch) batch = store_batch_new();
	g_autoptr(GArray) changes = changes_new();
	StoreOrigin origin = call_origin(call, "define");
	g_autofree char *extra = NULL;
	StoreObject row;

	if (!moment)
		return NULL;
	if (info->current)
		unmark_current(moment, changes, batch, &origin);
	row = moment_row(moment, info, &extra);
	row.xml = spec->xml;
	store_batch_object(batch, &row, &origin);
	if (!store_commit(call->engine->store, batch, error))
		return NULL;
	changes_follow(changes);
	object_follow(moment, &row);
	object_publish(moment);
	if (!parent_check(call, moment, error))
		return NULL;
	return g_steal_pointer(&moment);
}

bool moment_current_commit(Call *call, Object *moment, GError **error)
{
	g_autoptr(StoreBatch) batch = store_batch_new();
	g_autoptr(GArray) changes = changes_new();
	StoreOrigin origin = call_origin(call, NULL);
	g_auto(MomentInfo) info = { 0 };

	moment_info_parse(moment->extra, &info);
	unmark_current(moment, changes, batch, &origin);
	info.current = true;
	change_add(changes, moment, &info, batch, &origin);
	if (!store_commit(call->engine->store, batch, error))
		return false;
	changes_follow(changes);
	return true;
}
