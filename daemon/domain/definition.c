/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading definitions and making them the stored ones; declared in affect.h. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/log.h"
#include "conf/def/complete.h"
#include "daemon/client/events.h"
#include "daemon/domain/affect.h"
#include "daemon/registry/def_cache.h"
#include "daemon/registry/domain_call.h"

enum { WARNINGS_LOGGED = 10 }; /* of one document */

#define AFFECT_MASK ((unsigned)(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG))

bool affect_resolve(const Domain *domain, unsigned flags, Affect *ret, GError **error)
{
	bool active = domain_is_active(domain);

	ret->live = flags & VIR_DOMAIN_AFFECT_LIVE;
	ret->config = flags & VIR_DOMAIN_AFFECT_CONFIG;
	if (!(flags & AFFECT_MASK)) {
		ret->live = active;
		ret->config = !active;
	}
	if (ret->live && !domain_require_active(domain, error))
		return false;
	if (ret->config && !domain->persistent)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("domain '%s' is transient: it has no stored definition to change"),
			    domain->name);
	return true;
}

bool affect_which(const Domain *domain, unsigned flags, DomainWhich *ret, GError **error)
{
	Affect affect;

	if ((flags & AFFECT_MASK) == AFFECT_MASK)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("ask for the running domain or for its definition, not for both"));
	if (!affect_resolve(domain, flags, &affect, error))
		return false;
	*ret = affect.live ? DOMAIN_LIVE : DOMAIN_STORED;
	return true;
}

/* ---- Reading ------------------------------------------------------------------------------- */

static void warnings_log(const Call *call, const DomainDef *def, const ConfDiags *diags)
{
	for (unsigned i = 0; i < diags->items->len && i < WARNINGS_LOGGED; i++) {
		g_autofree char *text = conf_diag_text(diags->items->pdata[i], def->name);

		log_warning(_("%s by %s: %s"), call->proc->name, call->client->address, text);
	}
}

/* The name becomes the name of files. */
static bool name_check(const char *name, GError **error)
{
	if (!name || !*name)
		return fail(error, VIR_ERR_NO_NAME, _("missing domain name information"));
	if (strlen(name) > LIMIT_NAME)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the name of a domain has at most %d bytes, this one has %zu"),
			    LIMIT_NAME, strlen(name));
	if (strchr(name, '/'))
		return fail(error, VIR_ERR_XML_ERROR, _("name '%s' cannot contain '/'"), name);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return fail(error, VIR_ERR_XML_ERROR, _("a domain cannot be named '%s'"), name);
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("the name of a domain cannot contain control characters"));
	return true;
}

bool definition_complete(const Driver *driver, DomainDef *def, GError **error)
{
	return name_check(def->name, error) && domain_def_complete_generic(def, error) &&
	       (!driver->complete || driver->complete(def, error)) &&
	       domain_def_check_generic(def, error) &&
	       (!driver->check || driver->check(def, error));
}

DomainDef *definition_read(Call *call, const char *xml, unsigned flags, GError **error)
{
	g_autoptr(ConfDiags) diags = conf_diags_new();
	g_autoptr(DomainDef) def = NULL;

	def = domain_def_parse(xml, strlen(xml), CONF_INACTIVE | (flags & CONF_VALIDATE), diags,
			       error);
	if (!def || !definition_complete(call->driver, def, error))
		return NULL;
	warnings_log(call, def, diags);
	return g_steal_pointer(&def);
}

/* ---- Storing ------------------------------------------------------------------------------- */

/* Commits @def (borrowed) as the stored definition of @domain, then memory follows. */
bool definition_set_commit(Call *call, Domain *domain, const DomainDef *def, GError **error)
{
	bool secret;
	g_autofree char *xml = domain_def_format_secure(def, CONF_INACTIVE, &secret);
	g_autoptr(Text) text = NULL;
	g_autoptr(StoreBatch) batch = store_batch_new();
	StoreDomain row = domain_store_row(domain);
	StoreOrigin origin = call_origin(call, NULL);
	DomainSummary summary;
	bool good;

	if (strlen(xml) > LIMIT_XML_SIZE)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the completed definition of '%s' has %zu bytes, more than %d"),
			    domain->name, strlen(xml), LIMIT_XML_SIZE);
	text = text_new_marked(xml, secret ? TEXT_SECRET : TEXT_PUBLIC);
	domain_summary_fill(def, &summary);
	row.text = text;
	row.summary = &summary;
	row.updated = domain_is_active(domain);
	store_batch_domain(batch, &row, &origin);
	good = store_commit(call->engine->store, batch, error);
	if (good) {
		domain_set_stored(domain, text, &summary);
		domain->updated = domain_is_active(domain);
	}
	domain_summary_clear(&summary);
	return good;
}

/* The stored definition as it would be after @edit. */
static DomainDef *definition_edited(Domain *domain, DefEdit edit, void *data, GError **error)
{
	const DomainDef *stored = domain_def_get(domain, DOMAIN_STORED, error);
	g_autoptr(DomainDef) def = NULL;

	if (!stored)
		return NULL;
	def = domain_def_copy(stored);
	if (!edit(def, data, error) || !definition_complete(domain->driver, def, error))
		return NULL;
	return g_steal_pointer(&def);
}

bool definition_edit_check(Domain *domain, DefEdit edit, void *data, GError **error)
{
	g_autoptr(DomainDef) def = definition_edited(domain, edit, data, error);

	return def != NULL;
}

bool definition_edit_commit(Call *call, Domain *domain, DefEdit edit, void *data, GError **error)
{
	g_autoptr(DomainDef) def = definition_edited(domain, edit, data, error);

	return def && definition_set_commit(call, domain, def, error);
}

/* ---- Defining again ------------------------------------------------------------------------ */

/* Which interfaces came without a MAC address, by their position. */
static bool *macs_absent(const DomainDef *def)
{
	bool *absent = g_new0(bool, list_length(def->interfaces) + 1);

	for (guint i = 0; i < list_length(def->interfaces); i++)
		absent[i] = !((DomainInterface *)list_get(def->interfaces, i))->mac.set;
	return absent;
}

static bool mac_used(const DomainDef *def, const Mac *mac)
{
	for (guint i = 0; i < list_length(def->interfaces); i++)
		if (memcmp(&((DomainInterface *)list_get(def->interfaces, i))->mac, mac,
			   sizeof(*mac)) == 0)
			return true;
	return false;
}

/* An interface that came without a MAC address keeps that of the one in its place, if it is alike. */
static void macs_keep(DomainDef *def, const bool *absent, const DomainDef *stored)
{
	guint n = MIN(list_length(def->interfaces), list_length(stored->interfaces));

	for (guint i = 0; i < n; i++) {
		DomainInterface *now = list_get(def->interfaces, i);
		const DomainInterface *before = list_get(stored->interfaces, i);

		if (absent[i] && g_strcmp0(now->model, before->model) == 0 &&
		    !mac_used(def, &before->mac))
			now->mac = before->mac;
	}
}

/*
 * Reads a definition that may take the place of one of the same name. What identifies the machine
 * (UUID, MAC addresses) and is not in the document stays as it was: programs write it so and expect
 * the same machine.
 */
static DomainDef *definition_read_over(Call *call, const char *xml, unsigned flags, GError **error)
{
	g_autoptr(ConfDiags) diags = conf_diags_new();
	g_autoptr(DomainDef) def = domain_def_parse(
		xml, strlen(xml), CONF_INACTIVE | (flags & CONF_VALIDATE), diags, error);
	const DomainDef *stored = NULL;
	g_autofree bool *absent = NULL;
	Domain *before;

	if (!def || !name_check(def->name, error))
		return NULL;
	before = registry_find_name(call->engine->registry, call->driver, def->name);
	domain_def_adopt_uuid(def);
	if (before && before->persistent && uuid_is_absent(&def->uuid))
		memcpy(def->uuid.bytes, before->uuid, sizeof(def->uuid.bytes));
	absent = macs_absent(def);
	if (!definition_complete(call->driver, def, error))
		return NULL;
	if (before && before->persistent &&
	    memcmp(def->uuid.bytes, before->uuid, sizeof(def->uuid.bytes)) == 0)
		stored = domain_def_get(before, DOMAIN_STORED, NULL);
	if (stored)
		macs_keep(def, absent, stored);
	warnings_log(call, def, diags);
	return g_steal_pointer(&def);
}

/* Two guests on one NVRAM file would change each other's boot entries, and one's end deletes both'. */
static bool nvram_check(Call *call, const DomainDef *def, GError **error)
{
	g_autofree char *path = call->driver->nvram_path ? call->driver->nvram_path(def) : NULL;
	g_autoptr(GString) written = g_string_new(">");
	g_autoptr(GPtrArray) all = NULL;

	if (!path)
		return true;
	bind_escape(written, path, false);
	g_string_append(written, "</nvram>");
	all = registry_list(call->engine->registry, call->driver);
	for (guint i = 0; i < all->len; i++) {
		Domain *other = g_ptr_array_index(all, i);
		g_autofree char *xml = NULL;

		if (!other->persistent ||
		    memcmp(other->uuid, def->uuid.bytes, sizeof(other->uuid)) == 0)
			continue;
		xml = domain_xml_dup(other, DOMAIN_STORED);
		if (xml && strstr(xml, written->str))
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("the NVRAM file '%s' belongs to domain '%s'; give domain '%s' "
				      "another by <nvram>"), path, other->name, def->name);
	}
	return true;
}

Domain *definition_put_commit(Call *call, const char *xml, unsigned flags, GError **error)
{
	g_autoptr(DomainDef) def = definition_read_over(call, xml, flags, error);
	g_auto(DomainHold) domain = NULL;
	bool fresh, good;

	if (!def)
		return NULL;
	domain = registry_claim_wait(call->engine->registry, call->driver, def, error);
	if (!domain)
		return NULL;
	fresh = domain->pending;
	good = nvram_check(call, def, error) && definition_set_commit(call, domain, def, error);
	if (fresh && good)
		registry_publish(domain);
	if (!good) {
		registry_drop(domain); /* does nothing to one that was there before */
		return NULL;
	}
	events_emit_lifecycle(domain, VIR_DOMAIN_EVENT_DEFINED,
			      fresh ? VIR_DOMAIN_EVENT_DEFINED_ADDED :
				      VIR_DOMAIN_EVENT_DEFINED_UPDATED);
	return domain_ref(domain);
}
