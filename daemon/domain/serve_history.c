/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls of our own program: history of definitions, diagnostics of a document, a copy of the state. */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/types.h"
#include "daemon/client/serve.h"
#include "daemon/client/stream.h"
#include "daemon/domain/affect.h"
#include "daemon/registry/domain_call.h"

enum { WITH_SECRETS = 1 };

static char *key_of(const remote_nonnull_domain *dom)
{
	char *text = g_malloc(UUID_TEXT);
	Uuid uuid;

	memcpy(uuid.bytes, dom->uuid, sizeof(uuid.bytes));
	uuid_format(&uuid, text);
	return text;
}

static GPtrArray *history_of(Call *call, const remote_nonnull_domain *dom, GError **error)
{
	g_autofree char *key = key_of(dom);
	g_autoptr(GPtrArray) found = store_history_call(call->engine->store, "domain",
							call->driver->name, key, error);

	if (found && found->len == 0)
		return fail_null(error, VIR_ERR_NO_DOMAIN,
				 _("there is no domain with UUID '%s', and no history of one"),
				 key);
	return g_steal_pointer(&found);
}

bool serve_reeve_domain_history(Call *call, reeve_domain_history_args *args,
				reeve_domain_history_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) found = NULL;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	found = history_of(call, &args->dom, error);
	if (!found)
		return false;
	ret->revisions.revisions_len = MIN(found->len, REEVE_HISTORY_MAX);
	ret->revisions.revisions_val = g_new0(reeve_revision, found->len);
	for (unsigned i = 0; i < ret->revisions.revisions_len; i++) {
		StoreRevision *from = g_ptr_array_index(found, i);
		reeve_revision *to = &ret->revisions.revisions_val[i];

		to->revision = from->revision;
		to->time_usec = from->time_usec;
		to->uid = (int)from->uid;
		to->user = from->user ? g_steal_pointer(&from->user) : g_strdup("");
		to->origin = from->origin ? g_steal_pointer(&from->origin) : g_strdup("");
		to->action = from->action ? g_steal_pointer(&from->action) : g_strdup("");
		to->size = (uint64_t)from->size;
	}
	return true;
}

/* 0 is the present one, -1 the one before it. */
static StoreRevision *revision_get(Call *call, const remote_nonnull_domain *dom, int64_t number,
				   GError **error)
{
	g_autofree char *key = key_of(dom);
	g_autoptr(GPtrArray) found = NULL;
	g_autoptr(StoreRevision) revision = NULL;

	if (number <= 0) {
		found = history_of(call, dom, error);
		if (!found)
			return NULL;
		number += ((StoreRevision *)g_ptr_array_index(found, 0))->revision;
	}
	revision = store_revision_call(call->engine->store, call->driver->name, key, number, error);
	if (revision && !revision->xml)
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("revision %" PRId64
				   " is where the domain was undefined: it has no text"),
				 number);
	return g_steal_pointer(&revision);
}

bool serve_reeve_domain_history_get(Call *call, reeve_domain_history_get_args *args,
				    reeve_domain_history_get_ret *ret, GError **error)
{
	g_autoptr(StoreRevision) revision = NULL;
	g_autoptr(DomainDef) def = NULL;

	if (!call_flags(call, args->flags, WITH_SECRETS, error))
		return false;
	revision = revision_get(call, &args->dom, args->revision, error);
	if (!revision)
		return false;
	ret->revision = revision->revision;
	if (args->flags & WITH_SECRETS) {
		ret->xml = g_steal_pointer(&revision->xml);
		return true;
	}
	def = domain_def_parse(revision->xml, strlen(revision->xml), CONF_INACTIVE, NULL, error);
	if (!def)
		return false;
	ret->xml = domain_def_format(def, CONF_INACTIVE);
	return true;
}

bool serve_reeve_domain_rollback(Call *call, reeve_domain_rollback_args *args,
				 reeve_domain_rollback_ret *ret, GError **error)
{
	g_autoptr(StoreRevision) revision = NULL;
	g_autoptr(Domain) domain = NULL;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	revision = revision_get(call, &args->dom, args->revision, error);
	if (!revision)
		return false;
	call->action = "rollback";
	domain = definition_put_commit(call, revision->xml, 0, error);
	if (!domain)
		return false;
	call_fill_domain(domain, &ret->dom);
	return true;
}

static void deleted_fill(const StoreRevision *from, reeve_deleted_domain *to)
{
	g_autoptr(DomainDef) def = from->xml ? domain_def_parse(from->xml, strlen(from->xml), CONF_INACTIVE, NULL,
								NULL) : NULL;
	Uuid uuid = { 0 };

	uuid_parse(from->key, &uuid);
	to->dom.name = g_strdup(def && def->name ? def->name : from->key);
	memcpy(to->dom.uuid, uuid.bytes, sizeof(uuid.bytes));
	to->dom.id = -1;
	to->revision = from->revision;
	to->time_usec = from->time_usec;
	to->uid = (int)from->uid;
	to->user = g_strdup(from->user ? from->user : "");
	to->origin = g_strdup(from->origin ? from->origin : "");
}

bool serve_reeve_domain_history_deleted(Call *call, reeve_domain_history_deleted_args *args,
					reeve_domain_history_deleted_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) found = NULL;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	found = store_deleted_call(call->engine->store, call->driver->name, REEVE_DELETED_MAX, error);
	if (!found)
		return false;
	ret->domains.domains_len = found->len;
	ret->domains.domains_val = g_new0(reeve_deleted_domain, found->len + 1);
	for (unsigned i = 0; i < found->len; i++)
		deleted_fill(g_ptr_array_index(found, i), &ret->domains.domains_val[i]);
	return true;
}

bool serve_reeve_domain_history_purge(Call *call, reeve_domain_history_purge_args *args,
				      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_autoptr(StoreBatch) batch = store_batch_new();
	g_autofree char *key = key_of(&args->dom);
	g_autoptr(GPtrArray) found = NULL;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	found = call->domain ? NULL : history_of(call, &args->dom, error);
	if (call->domain)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("domain '%s' is there; only the history of a domain that was undefined can be purged"),
			    call->domain->name);
	if (!found)
		return false;
	store_batch_purge(batch, call->driver->name, key);
	return store_commit(call->engine->store, batch, error);
}

bool serve_reeve_state_backup(Call *call, reeve_state_backup_args *args, G_GNUC_UNUSED NOTHING *ret,
			      GError **error)
{
	StreamSpec spec = { .to_client = true };

	if (!call_flags(call, args->flags, 0, error))
		return false;
	spec.fd = store_backup_call(call->engine->store, error);
	return spec.fd >= 0 && stream_open(call, &spec, error);
}

static char *text_or_empty(const char *text)
{
	return g_strdup(text ? text : "");
}

bool serve_reeve_domain_diagnostics(Call *call, reeve_domain_diagnostics_args *args,
				    reeve_domain_diagnostics_ret *ret, GError **error)
{
	g_autoptr(ConfDiags) diags = conf_diags_new();
	g_autoptr(DomainDef) def = NULL;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	def = domain_def_parse(args->xml, strlen(args->xml), CONF_INACTIVE, diags, error);
	if (!def)
		return false;
	ret->diagnostics.diagnostics_len = MIN(diags->items->len, REEVE_DIAGNOSTICS_MAX);
	ret->diagnostics.diagnostics_val = g_new0(reeve_diagnostic, diags->items->len + 1);
	for (unsigned i = 0; i < ret->diagnostics.diagnostics_len; i++) {
		const ConfDiag *from = g_ptr_array_index(diags->items, i);
		reeve_diagnostic *to = &ret->diagnostics.diagnostics_val[i];

		to->severity = from->severity;
		to->line = from->line;
		to->column = from->column;
		to->path = text_or_empty(from->path);
		to->message = text_or_empty(from->message);
		to->nearest = text_or_empty(from->nearest);
	}
	return true;
}
