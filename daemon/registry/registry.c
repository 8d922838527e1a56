/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "daemon/core/settings.h"
#include "daemon/registry/def_cache.h"
#include "daemon/registry/registry.h"
#include "daemon/registry/job_result.h"

/* The domains of one driver. Keys lie in the domains. */
typedef struct DriverIndex {
	const Driver *driver;
	GHashTable *by_uuid, *by_name, *by_id;
	int next_id;
} DriverIndex;

struct Registry {
	Engine *engine;
	GArray *indexes; /* of DriverIndex, one for each of driver_table[] */
	unsigned count;
};

static guint uuid_hash(gconstpointer key)
{
	guint hash;

	memcpy(&hash, key, sizeof(hash));
	return hash;
}

static gboolean uuid_same(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, 16) == 0;
}

static void uuid_to_text(const uint8_t *uuid, char *text)
{
	Uuid copy;

	memcpy(copy.bytes, uuid, 16);
	uuid_format(&copy, text);
}

Registry *registry_new(Engine *engine)
{
	Registry *registry = g_new0(Registry, 1);

	registry->engine = engine;
	registry->indexes = g_array_new(FALSE, FALSE, sizeof(DriverIndex));
	for (unsigned i = 0; driver_table[i]; i++) {
		DriverIndex index = {
			.driver = driver_table[i],
			.by_uuid = g_hash_table_new(uuid_hash, uuid_same),
			.by_name = g_hash_table_new(g_str_hash, g_str_equal),
			.by_id = g_hash_table_new(NULL, NULL),
			.next_id = 1,
		};

		g_array_append_val(registry->indexes, index);
	}
	return registry;
}

static void index_free(DriverIndex *index)
{
	GHashTableIter iter;
	void *domain;

	g_hash_table_iter_init(&iter, index->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &domain)) {
		((Domain *)domain)->removed = true;
		g_hash_table_iter_remove(&iter);
		domain_unref(domain);
	}
	g_hash_table_unref(index->by_id);
	g_hash_table_unref(index->by_name);
	g_hash_table_unref(index->by_uuid);
}

void registry_free(Registry *registry)
{
	if (!registry)
		return;
	for (unsigned i = 0; i < registry->indexes->len; i++)
		index_free(&g_array_index(registry->indexes, DriverIndex, i));
	g_array_unref(registry->indexes);
	g_free(registry);
	def_cache_clear();
}

static DriverIndex *index_of(Registry *registry, const Driver *driver)
{
	for (unsigned i = 0; i < registry->indexes->len; i++) {
		DriverIndex *index = &g_array_index(registry->indexes, DriverIndex, i);

		if (index->driver == driver)
			return index;
	}
	g_assert_not_reached();
}

Domain *domain_ref(Domain *domain)
{
	domain->refs++;
	return domain;
}

void domain_unref(Domain *domain)
{
	if (!domain || --domain->refs > 0)
		return;
	text_unref(domain->text);
	text_unref(domain->live_text);
	domain_summary_clear(&domain->summary);
	g_free(domain->managed_save);
	job_result_free(domain->last_job);
	g_free(domain->name);
	g_free(domain);
}

static Domain *domain_add(Registry *registry, const Driver *driver, const uint8_t *uuid,
			  const char *name)
{
	DriverIndex *index = index_of(registry, driver);
	Domain *domain = g_new0(Domain, 1);

	domain->refs = 1;
	domain->engine = registry->engine;
	domain->driver = driver;
	memcpy(domain->uuid, uuid, 16);
	uuid_to_text(uuid, domain->uuid_text);
	domain->name = g_strdup(name);
	domain->id = -1;
	domain->state = VIR_DOMAIN_SHUTOFF;
	domain->reason = VIR_DOMAIN_SHUTOFF_UNKNOWN;
	g_hash_table_insert(index->by_uuid, domain->uuid, domain);
	g_hash_table_insert(index->by_name, domain->name, domain);
	registry->count++;
	return domain;
}

void registry_load(Registry *registry, const Driver *driver, const StoreDomain *row)
{
	Domain *domain = domain_add(registry, driver, row->uuid, row->name);

	domain->persistent = true;
	domain->autostart = row->autostart;
	domain->updated = row->updated;
	domain->managed_save = g_strdup(row->managed_save);
	domain->text = text_ref(row->text);
	domain_summary_copy(row->summary, &domain->summary);
}

static Domain *visible(Domain *domain)
{
	return domain && !domain->pending ? domain : NULL;
}

Domain *registry_find_uuid(Registry *registry, const Driver *driver, const uint8_t *uuid)
{
	return visible(g_hash_table_lookup(index_of(registry, driver)->by_uuid, uuid));
}

Domain *registry_find_name(Registry *registry, const Driver *driver, const char *name)
{
	return visible(g_hash_table_lookup(index_of(registry, driver)->by_name, name));
}

Domain *registry_find_id(Registry *registry, const Driver *driver, int id)
{
	DriverIndex *index = index_of(registry, driver);

	return id < 0 ? NULL : visible(g_hash_table_lookup(index->by_id, GINT_TO_POINTER(id)));
}

Domain *registry_get_uuid(Registry *registry, const Driver *driver, const uint8_t *uuid,
			  GError **error)
{
	Domain *domain = registry_find_uuid(registry, driver, uuid);
	char text[UUID_TEXT];

	if (domain)
		return domain;
	uuid_to_text(uuid, text);
	return fail_null(error, VIR_ERR_NO_DOMAIN, _("no domain with UUID '%s'"), text);
}

const Domain *registry_find_running_twin(const Domain *domain)
{
	const Registry *registry = domain->engine->registry;

	for (unsigned i = 0; i < registry->indexes->len; i++) {
		const DriverIndex *index = &g_array_index(registry->indexes, DriverIndex, i);
		const Domain *twin = g_hash_table_lookup(index->by_uuid, domain->uuid);

		if (twin && twin != domain && twin->vm)
			return twin;
	}
	return NULL;
}

GPtrArray *registry_list(Registry *registry, const Driver *driver)
{
	GPtrArray *list = g_ptr_array_sized_new(registry->count + 1);
	GHashTableIter iter;
	void *domain;

	for (unsigned i = 0; i < registry->indexes->len; i++) {
		DriverIndex *index = &g_array_index(registry->indexes, DriverIndex, i);

		if (driver && index->driver != driver)
			continue;
		g_hash_table_iter_init(&iter, index->by_uuid);
		while (g_hash_table_iter_next(&iter, NULL, &domain))
			if (!((Domain *)domain)->pending)
				g_ptr_array_add(list, domain);
	}
	return list;
}

unsigned registry_count(const Registry *registry)
{
	return registry->count;
}

/* What stands in the way of a new domain of this name and UUID, or the domain that is the same. */
static bool claim_conflict(const DriverIndex *index, const DomainDef *def, Domain **ret_same,
			   GError **error)
{
	Domain *same = g_hash_table_lookup(index->by_uuid, def->uuid.bytes);
	Domain *named = g_hash_table_lookup(index->by_name, def->name);

	*ret_same = same;
	if (same && strcmp(same->name, def->name) != 0)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("domain '%s' is already defined with uuid %s; give '%s' another UUID, "
			      "or rename '%s'"),
			    same->name, same->uuid_text, def->name, same->name);
	if (named && named != same)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("domain '%s' already exists with uuid %s; to change it, give that "
			      "UUID in the XML"),
			    named->name, named->uuid_text);
	return true;
}

DomainHold registry_claim_wait(Registry *registry, const Driver *driver, const DomainDef *def,
			       GError **error)
{
	const Settings *settings = registry->engine->settings;
	uint64_t timeout = (uint64_t)settings->call_timeout * G_USEC_PER_SEC;
	DriverIndex *index = index_of(registry, driver);

	for (;;) {
		g_autoptr(GError) reason = NULL;
		Domain *same = NULL;

		if (!claim_conflict(index, def, &same, error))
			return NULL;
		if (!same)
			break;
		domain_ref(same);
		if (domain_hold_wait(same, "a definition", timeout, &reason)) {
			g_auto(DomainHold) held = same;

			/* By now it may have another name. */
			return claim_conflict(index, def, &same, error) ? g_steal_pointer(&held) : NULL;
		}
		domain_unref(same);
		/* The one before us did not get to define it: it is free again. */
		if (error_code(reason) == VIR_ERR_NO_DOMAIN)
			continue;
		g_propagate_error(error, g_steal_pointer(&reason));
		return NULL;
	}
	if (registry->count >= (unsigned)settings->max_domains)
		return fail_null(error, VIR_ERR_OPERATION_FAILED,
				 _("there are already %u domains, as many as setting "
				   "'max_domains' allows"),
				 registry->count);

	Domain *domain = domain_add(registry, driver, def->uuid.bytes, def->name);

	domain->pending = true;
	hold_take(&domain->hold, "a definition");
	return domain_ref(domain);
}

void registry_publish(Domain *domain)
{
	domain->pending = false;
}

void registry_drop(Domain *domain)
{
	Registry *registry = domain->engine->registry;
	DriverIndex *index = index_of(registry, domain->driver);

	if (domain->removed || domain->persistent || domain_is_active(domain))
		return;
	domain->removed = true;
	g_hash_table_remove(index->by_name, domain->name);
	g_hash_table_remove(index->by_uuid, domain->uuid);
	registry->count--;
	domain_unref(domain);
}

bool registry_rename(Domain *domain, const char *name, GError **error)
{
	DriverIndex *index = index_of(domain->engine->registry, domain->driver);

	if (g_hash_table_contains(index->by_name, name))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("there is already a domain named '%s'"), name);
	g_hash_table_remove(index->by_name, domain->name);
	g_free(domain->name);
	domain->name = g_strdup(name);
	g_hash_table_insert(index->by_name, domain->name, domain);
	return true;
}

int registry_next_id(Registry *registry, const Driver *driver)
{
	return index_of(registry, driver)->next_id++;
}

void registry_reserve_id(Registry *registry, const Driver *driver, int id)
{
	DriverIndex *index = index_of(registry, driver);

	index->next_id = MAX(index->next_id, id + 1);
}

void domain_set_id(Domain *domain, int id)
{
	DriverIndex *index = index_of(domain->engine->registry, domain->driver);

	if (domain->id >= 0)
		g_hash_table_remove(index->by_id, GINT_TO_POINTER(domain->id));
	domain->id = id;
	if (id < 0)
		return;
	registry_reserve_id(domain->engine->registry, domain->driver, id);
	g_hash_table_insert(index->by_id, GINT_TO_POINTER(id), domain);
}
