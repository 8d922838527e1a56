/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a Domain of the registry can tell and how it changes; declared in registry.h. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/plain.h"
#include "daemon/registry/def_cache.h"
#include "daemon/registry/domain_call.h"
#include "daemon/registry/registry.h"

/* ---- The right to change ------------------------------------------------------------------- */

bool domain_hold_wait(Domain *domain, const char *what, uint64_t timeout_usec, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (!hold_wait(&domain->hold, what, timeout_usec, &reason)) {
		if (error_code(reason) == VIR_ERR_OPERATION_TIMEOUT)
			return fail(error, VIR_ERR_OPERATION_TIMEOUT,
				    _("domain '%s' is busy with %s; try again when that has ended"),
				    domain->name, domain->hold.what);
		g_propagate_error(error, g_steal_pointer(&reason));
		return false;
	}
	if (!domain->removed)
		return true;
	domain_release(domain);
	return fail(error, VIR_ERR_NO_DOMAIN, _("domain '%s' (UUID %s) is gone"), domain->name,
		    domain->uuid_text);
}

void domain_release(Domain *domain)
{
	hold_release(&domain->hold);
}

/* ---- Definitions --------------------------------------------------------------------------- */

static Text *domain_text(const Domain *domain, DomainWhich which)
{
	return which == DOMAIN_LIVE ? domain->live_text : domain->text;
}

char *domain_xml_dup(const Domain *domain, DomainWhich which)
{
	Text *text = domain_text(domain, which);

	return text ? text_mend(text_dup(text)) : NULL;
}

const DomainDef *domain_def_get(Domain *domain, DomainWhich which, GError **error)
{
	Text *text = domain_text(domain, which);

	if (text)
		return def_cache_get(text, which == DOMAIN_LIVE ? 0 : CONF_INACTIVE, error);
	if (which == DOMAIN_LIVE)
		return fail_null(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
				 domain->name);
	return fail_null(error, VIR_ERR_OPERATION_INVALID,
			 _("domain '%s' is transient: it has no stored definition"), domain->name);
}

/* Texts are kept with their secrets; most have none, and then the text itself can be given out. */
static char *text_without_secrets(Domain *domain, DomainWhich which, GError **error)
{
	Text *text = domain_text(domain, which);
	const DomainDef *def;
	g_autofree char *public = NULL, *plain = NULL;

	if (text_secrets(text) == TEXT_PUBLIC)
		return text_dup(text);
	def = domain_def_get(domain, which, error);
	if (!def)
		return NULL;
	public = domain_def_format(def, which == DOMAIN_LIVE ? 0 : CONF_INACTIVE);
	if (text_secrets(text) == TEXT_NOT_LOOKED) {
		plain = text_dup(text);
		text_set_secrets(text, strcmp(plain, public) == 0 ? TEXT_PUBLIC : TEXT_SECRET);
	}
	return g_steal_pointer(&public);
}

char *domain_xml_format(Domain *domain, unsigned flags, GError **error)
{
	bool inactive = (flags & VIR_DOMAIN_XML_INACTIVE) || !domain->live_text;
	DomainWhich which = inactive && domain->text ? DOMAIN_STORED : DOMAIN_LIVE;
	const DomainDef *def;
	unsigned conf = 0;
	g_autofree char *public = NULL;

	if ((flags & VIR_DOMAIN_XML_MIGRATABLE) || (inactive && which == DOMAIN_LIVE)) {
		def = domain_def_get(domain, which, error);
		if (!def)
			return NULL;
		conf |= inactive ? CONF_INACTIVE : 0;
		conf |= flags & VIR_DOMAIN_XML_MIGRATABLE ? CONF_MIGRATABLE : 0;
		/* A migration needs the secrets at the other end. */
		conf |= flags & (VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_MIGRATABLE) ? CONF_SECURE :
										      0;
		return domain_def_format(def, conf);
	}
	public = text_without_secrets(domain, which, error); /* fails for a row that is damaged */
	if (public && flags & VIR_DOMAIN_XML_SECURE)
		return domain_xml_dup(domain, which);
	return g_steal_pointer(&public);
}

static char **summary_disks(const DomainDef *def)
{
	unsigned count = list_length(def->disks);
	char **disks = g_new0(char *, 2 * count + 1);

	for (unsigned i = 0; i < count; i++) {
		const DomainDisk *disk = list_get(def->disks, i);

		disks[2 * i] = g_strdup(disk->target ? disk->target : "");
		disks[2 * i + 1] = g_strdup(disk->source.path ? disk->source.path : "");
	}
	return disks;
}

void domain_summary_fill(const DomainDef *def, DomainSummary *ret)
{
	*ret = (DomainSummary){
		.max_memory_kib = def->memory.total_kib,
		.memory_kib = def->memory.has_current ? def->memory.current_kib :
							def->memory.total_kib,
		.max_vcpus = def->vcpus.count,
		.vcpus = domain_def_vcpus_current(def),
		.title = g_strdup(def->title),
		.os_type = g_strdup(os_type_name(def->os.type)),
		.disks = summary_disks(def),
	};
}

char **domain_disks(Domain *domain)
{
	DomainSummary *summary = &domain->summary;
	const DomainDef *def;

	if (!summary->disks) {
		def = domain_def_get(domain, domain->persistent ? DOMAIN_STORED : DOMAIN_LIVE, NULL);
		summary->disks = def ? summary_disks(def) : g_new0(char *, 1);
	}
	return summary->disks;
}

/* Who has no stored definition is listed by what runs. */
static void summary_from_live(Domain *domain)
{
	const DomainDef *def = domain_def_get(domain, DOMAIN_LIVE, NULL);

	if (!def)
		return;
	domain_summary_clear(&domain->summary);
	domain_summary_fill(def, &domain->summary);
}

void domain_set_live_xml(Domain *domain, const char *xml)
{
	g_clear_pointer(&domain->live_text, text_unref);
	if (!xml)
		return;
	domain->live_text = text_new(xml);
	if (!domain->persistent)
		summary_from_live(domain);
}

void domain_set_stored(Domain *domain, Text *text, const DomainSummary *summary)
{
	text_ref(text);
	text_unref(domain->text);
	domain->text = text;
	domain_summary_clear(&domain->summary);
	domain_summary_copy(summary, &domain->summary);
	domain->persistent = true;
}

void domain_clear_stored(Domain *domain)
{
	g_clear_pointer(&domain->text, text_unref);
	g_clear_pointer(&domain->managed_save, g_free);
	domain->persistent = false;
	domain->autostart = false;
	if (domain->live_text)
		summary_from_live(domain);
}

StoreDomain domain_store_row(const Domain *domain)
{
	return (StoreDomain){
		.driver = domain->driver->name,
		.uuid = domain->uuid,
		.name = domain->name,
		.text = domain->text,
		.summary = &domain->summary,
		.autostart = domain->autostart,
		.updated = domain->updated,
		.managed_save = domain->managed_save,
	};
}

/* ---- Lifecycle ----------------------------------------------------------------------------- */

enum { STATES = VIR_DOMAIN_PMSUSPENDED + 1 };

#define TO(state) (1u << VIR_DOMAIN_##state)
#define TO_ANY_ACTIVE                                                                              \
	(TO(RUNNING) | TO(BLOCKED) | TO(PAUSED) | TO(SHUTDOWN) | TO(CRASHED) | TO(PMSUSPENDED))

/* Row: from; bits: where it may go. A state may always change its reason. */
static const unsigned moves[STATES] = {
	[VIR_DOMAIN_NOSTATE] = TO_ANY_ACTIVE | TO(SHUTOFF),
	[VIR_DOMAIN_RUNNING] = TO_ANY_ACTIVE | TO(SHUTOFF),
	[VIR_DOMAIN_BLOCKED] = TO_ANY_ACTIVE | TO(SHUTOFF),
	[VIR_DOMAIN_PAUSED] = TO_ANY_ACTIVE | TO(SHUTOFF),
	[VIR_DOMAIN_SHUTDOWN] = TO(SHUTDOWN) | TO(SHUTOFF) | TO(RUNNING) | TO(PAUSED) | TO(CRASHED),
	[VIR_DOMAIN_SHUTOFF] = TO(SHUTOFF) | TO(RUNNING) | TO(PAUSED),
	[VIR_DOMAIN_CRASHED] = TO(CRASHED) | TO(SHUTOFF) | TO(RUNNING) | TO(PAUSED),
	[VIR_DOMAIN_PMSUSPENDED] = TO_ANY_ACTIVE | TO(SHUTOFF),
};

static const char *const state_names[STATES] = {
	[VIR_DOMAIN_NOSTATE] = N_("without state"),   [VIR_DOMAIN_RUNNING] = N_("running"),
	[VIR_DOMAIN_BLOCKED] = N_("idle"),	      [VIR_DOMAIN_PAUSED] = N_("paused"),
	[VIR_DOMAIN_SHUTDOWN] = N_("shutting down"),  [VIR_DOMAIN_SHUTOFF] = N_("shut off"),
	[VIR_DOMAIN_CRASHED] = N_("crashed"),	      [VIR_DOMAIN_PMSUSPENDED] = N_("suspended"),
};

bool domain_may_move(int from, int to)
{
	return from >= 0 && from < STATES && to >= 0 && to < STATES &&
	       (moves[from] & (1u << to));
}

const char *domain_state_name(int state)
{
	return state >= 0 && state < STATES ? state_names[state] : state_names[0];
}

StoreRun domain_run_row(const Domain *domain)
{
	return (StoreRun){
		.driver = domain->driver->name,
		.uuid = domain->uuid,
		.name = domain->name,
		.id = domain->id,
		.state = domain->state,
		.reason = domain->reason,
		.persistent = domain->persistent,
		.autodestroy = domain->autodestroy,
		.boot_id = domain->engine->boot_id,
	};
}

/* The run state goes to the store in the same transaction as what the move belongs to. */
static void move_write(const Domain *domain, StoreBatch *batch)
{
	const StoreRun run = domain_run_row(domain);

	if (domain_is_active(domain))
		store_batch_run(batch, &run);
	else
		store_batch_run_remove(batch, run.driver, run.uuid);
}

/* What was active is so no more. */
static void move_end(Domain *domain, StoreBatch *batch)
{
	domain_set_id(domain, -1);
	domain_set_live_xml(domain, NULL);
	domain->started_usec = 0;
	domain->autodestroy = false;
	domain->updated = false;
	/* Nobody holds the domain here: the other marks may be about to change. */
	if (domain->persistent)
		store_batch_domain_ended(batch, domain->driver->name, domain->uuid);
}

bool domain_move(Domain *domain, const DomainMove *move, StoreBatch *batch, GError **error)
{
	g_autoptr(Domain) kept = domain_ref(domain);
	g_autoptr(StoreBatch) own = batch ? NULL : store_batch_new();

	if (!domain_may_move(domain->state, move->state))
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is %s, not to become %s"),
			    domain->name, _(domain_state_name(domain->state)),
			    _(domain_state_name(move->state)));
	domain->state = move->state;
	domain->reason = move->reason;
	if (domain->state == VIR_DOMAIN_SHUTOFF)
		move_end(domain, batch ? batch : own);
	move_write(domain, batch ? batch : own);
	if (own)
		store_queue(domain->engine->store, g_steal_pointer(&own));
	if (move->event >= 0)
		events_emit_lifecycle(domain, move->event, move->detail);
	if (domain->state == VIR_DOMAIN_SHUTOFF && !domain->pending)
		registry_drop(domain);
	return true;
}

bool domain_require_active(const Domain *domain, GError **error)
{
	return domain_is_active(domain) ||
	       fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
		    domain->name);
}
