/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding and listing domains. */
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/access.h"
#include "daemon/client/serve.h"
#include "daemon/domain/list.h"
#include "daemon/object/object.h"
#include "daemon/registry/domain_call.h"

/* ---- Look-up ------------------------------------------------------------------------------- */

bool serve_domain_lookup_by_id(Call *call, remote_domain_lookup_by_id_args *args,
			       remote_domain_lookup_by_id_ret *ret, GError **error)
{
	Domain *domain = registry_find_id(call->engine->registry, call->driver, args->id);

	if (!domain || !call_sees_domain(call, domain))
		return fail(error, VIR_ERR_NO_DOMAIN, _("no running domain has the id %d"),
			    args->id);
	call_fill_domain(domain, &ret->dom);
	return true;
}

bool serve_domain_lookup_by_name(Call *call, remote_domain_lookup_by_name_args *args,
				 remote_domain_lookup_by_name_ret *ret, GError **error)
{
	Domain *domain = registry_find_name(call->engine->registry, call->driver, args->name);

	if (!domain || !call_sees_domain(call, domain))
		return fail(error, VIR_ERR_NO_DOMAIN, _("no domain named '%s'"), args->name);
	call_fill_domain(domain, &ret->dom);
	return true;
}

bool serve_domain_lookup_by_uuid(Call *call, remote_domain_lookup_by_uuid_args *args,
				 remote_domain_lookup_by_uuid_ret *ret, GError **error)
{
	Domain *domain = registry_get_uuid(call->engine->registry, call->driver,
					   (const uint8_t *)args->uuid, error);

	if (!domain || !call_check_domain(call, domain, error))
		return false;
	call_fill_domain(domain, &ret->dom);
	return true;
}

GPtrArray *domains_seen(Call *call)
{
	GPtrArray *all = registry_list(call->engine->registry, call->driver);
	unsigned kept = 0;

	for (unsigned i = 0; i < all->len; i++)
		if (call_sees_domain(call, all->pdata[i]))
			all->pdata[kept++] = all->pdata[i];
	g_ptr_array_set_size(all, (int)kept);
	return all;
}

/* ---- The oldest listings ------------------------------------------------------------------- */

static int count_active(Call *call, bool active)
{
	g_autoptr(GPtrArray) all = domains_seen(call);
	int count = 0;

	for (unsigned i = 0; i < all->len; i++)
		count += domain_is_active(g_ptr_array_index(all, i)) == active;
	return count;
}

static bool check_room(int room, GError **error)
{
	return (room >= 0 && room <= REMOTE_DOMAIN_LIST_MAX) ||
	       fail(error, VIR_ERR_INVALID_ARG,
		    _("room for the list must be from 0 to %d, not %d"), REMOTE_DOMAIN_LIST_MAX,
		    room);
}

bool serve_connect_num_of_domains(Call *call, G_GNUC_UNUSED NOTHING *args,
				  remote_connect_num_of_domains_ret *ret,
				  G_GNUC_UNUSED GError **error)
{
	ret->num = count_active(call, true);
	return true;
}

bool serve_connect_num_of_defined_domains(Call *call, G_GNUC_UNUSED NOTHING *args,
					  remote_connect_num_of_defined_domains_ret *ret,
					  G_GNUC_UNUSED GError **error)
{
	ret->num = count_active(call, false);
	return true;
}

bool serve_connect_list_domains(Call *call, remote_connect_list_domains_args *args,
				remote_connect_list_domains_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) all = domains_seen(call);

	if (!check_room(args->maxids, error))
		return false;
	ret->ids.ids_len = 0;
	ret->ids.ids_val = g_new0(int, MAX(args->maxids, 1));
	for (unsigned i = 0; i < all->len && ret->ids.ids_len < (u_int)args->maxids; i++) {
		const Domain *domain = g_ptr_array_index(all, i);

		if (domain_is_active(domain))
			ret->ids.ids_val[ret->ids.ids_len++] = domain->id;
	}
	return true;
}

bool serve_connect_list_defined_domains(Call *call, remote_connect_list_defined_domains_args *args,
					remote_connect_list_defined_domains_ret *ret,
					GError **error)
{
	g_autoptr(GPtrArray) all = domains_seen(call);

	if (!check_room(args->maxnames, error))
		return false;
	ret->names.names_len = 0;
	ret->names.names_val = g_new0(char *, MAX(args->maxnames, 1));
	for (unsigned i = 0; i < all->len && ret->names.names_len < (u_int)args->maxnames; i++) {
		const Domain *domain = g_ptr_array_index(all, i);

		if (!domain_is_active(domain))
			ret->names.names_val[ret->names.names_len++] = g_strdup(domain->name);
	}
	return true;
}

/* ---- The present listing ------------------------------------------------------------------- */

#define LIST(name) ((unsigned)VIR_CONNECT_LIST_DOMAINS_##name)

/* Each group filters when some, but not all, of its flags are given. */
static const unsigned list_groups[] = {
	LIST(ACTIVE) | LIST(INACTIVE),
	LIST(PERSISTENT) | LIST(TRANSIENT),
	LIST(RUNNING) | LIST(PAUSED) | LIST(SHUTOFF) | LIST(OTHER),
	LIST(MANAGEDSAVE) | LIST(NO_MANAGEDSAVE),
	LIST(AUTOSTART) | LIST(NO_AUTOSTART),
	LIST(HAS_SNAPSHOT) | LIST(NO_SNAPSHOT),
	LIST(HAS_CHECKPOINT) | LIST(NO_CHECKPOINT),
};

/* UUIDs of the domains that have any object of @kind; keys borrowed from the objects. */
static GHashTable *parents_of(const Engine *engine, ObjectKind kind)
{
	g_autoptr(GPtrArray) objects = objects_list(engine->objects, kind, NULL);
	GHashTable *parents = g_hash_table_new(g_str_hash, g_str_equal);

	for (unsigned i = 0; i < objects->len; i++)
		g_hash_table_add(parents, ((Object *)g_ptr_array_index(objects, i))->parent);
	return parents;
}

static unsigned state_flag(int state)
{
	switch (state) {
	case VIR_DOMAIN_RUNNING:
		return LIST(RUNNING);
	case VIR_DOMAIN_PAUSED:
		return LIST(PAUSED);
	case VIR_DOMAIN_SHUTOFF:
		return LIST(SHUTOFF);
	default:
		return LIST(OTHER);
	}
}

typedef struct ListFilter {
	unsigned flags;
	GHashTable *with_snapshot, *with_checkpoint; /* NULL: not asked for */
} ListFilter;

/* What is true of @domain, one flag of each group. */
static unsigned domain_flags(const Domain *domain, const ListFilter *filter)
{
	unsigned flags = state_flag(domain->state);

	flags |= domain_is_active(domain) ? LIST(ACTIVE) : LIST(INACTIVE);
	flags |= domain->persistent ? LIST(PERSISTENT) : LIST(TRANSIENT);
	flags |= domain->managed_save ? LIST(MANAGEDSAVE) : LIST(NO_MANAGEDSAVE);
	flags |= domain->autostart ? LIST(AUTOSTART) : LIST(NO_AUTOSTART);
	if (filter->with_snapshot)
		flags |= g_hash_table_contains(filter->with_snapshot, domain->uuid_text) ?
				 LIST(HAS_SNAPSHOT) :
				 LIST(NO_SNAPSHOT);
	if (filter->with_checkpoint)
		flags |= g_hash_table_contains(filter->with_checkpoint, domain->uuid_text) ?
				 LIST(HAS_CHECKPOINT) :
				 LIST(NO_CHECKPOINT);
	return flags;
}

static bool list_takes(const Domain *domain, const ListFilter *filter)
{
	unsigned has = domain_flags(domain, filter);

	for (unsigned i = 0; i < G_N_ELEMENTS(list_groups); i++) {
		unsigned asked = filter->flags & list_groups[i];

		if (asked && asked != list_groups[i] && !(asked & has))
			return false;
	}
	return true;
}

GPtrArray *domains_matching(Call *call, unsigned flags)
{
	GPtrArray *all = domains_seen(call);
	ListFilter filter = { .flags = flags };
	unsigned kept = 0;

	if (flags & list_groups[5])
		filter.with_snapshot = parents_of(call->engine, OBJECT_SNAPSHOT);
	if (flags & list_groups[6])
		filter.with_checkpoint = parents_of(call->engine, OBJECT_CHECKPOINT);
	for (unsigned i = 0; i < all->len; i++)
		if (list_takes(g_ptr_array_index(all, i), &filter))
			all->pdata[kept++] = all->pdata[i];
	g_ptr_array_set_size(all, (int)kept);
	g_clear_pointer(&filter.with_snapshot, g_hash_table_unref);
	g_clear_pointer(&filter.with_checkpoint, g_hash_table_unref);
	return all;
}

bool serve_connect_list_all_domains(Call *call, remote_connect_list_all_domains_args *args,
				    remote_connect_list_all_domains_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) found = NULL;
	unsigned known = 0;

	*ret = (remote_connect_list_all_domains_ret){ .ret = 0 };
	for (unsigned i = 0; i < G_N_ELEMENTS(list_groups); i++)
		known |= list_groups[i];
	if (!call_flags(call, args->flags, known, error))
		return false;
	found = domains_matching(call, args->flags);
	ret->ret = found->len;
	if (!args->need_results)
		return true;
	if (found->len > REMOTE_DOMAIN_LIST_MAX)
		return fail(error, VIR_ERR_RPC,
			    _("%u domains are too many for one list (%d); ask for some of them"),
			    found->len, REMOTE_DOMAIN_LIST_MAX);
	ret->domains.domains_val = g_new0(remote_nonnull_domain, MAX(found->len, 1));
	ret->domains.domains_len = found->len;
	for (unsigned i = 0; i < found->len; i++)
		call_fill_domain(g_ptr_array_index(found, i), &ret->domains.domains_val[i]);
	return true;
}
