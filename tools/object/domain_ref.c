/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/domain_ref.h"

static const Domain *find_by_id(Session *session, const char *text)
{
	remote_domain_lookup_by_id_args args = { 0 };
	remote_domain_lookup_by_id_ret *ret;
	gint64 id;

	if (!g_ascii_string_to_signed(text, 10, 0, G_MAXINT, &id, NULL))
		return NULL;
	args.id = (int)id;
	ret = ASK(session, domain_lookup_by_id, &args, NULL);
	return ret ? &ret->dom : NULL;
}

static const Domain *find_by_uuid(Session *session, const char *text)
{
	remote_domain_lookup_by_uuid_args args;
	remote_domain_lookup_by_uuid_ret *ret;

	if (!uuid_read(text, (unsigned char *)args.uuid))
		return NULL;
	ret = ASK(session, domain_lookup_by_uuid, &args, NULL);
	return ret ? &ret->dom : NULL;
}

const Domain *domain_find(Session *session, const char *name, GError **error)
{
	remote_domain_lookup_by_name_args args = { .name = (char *)name };
	remote_domain_lookup_by_name_ret *ret;
	g_autoptr(GError) lookup = NULL;
	const Domain *domain;

	if (!session_client(session, error))
		return NULL;
	domain = find_by_id(session, name);
	if (!domain)
		domain = find_by_uuid(session, name);
	if (domain)
		return domain;
	ret = ASK(session, domain_lookup_by_name, &args, &lookup);
	if (ret)
		return &ret->dom;
	if (error_code(lookup) == VIR_ERR_NO_DOMAIN)
		return fail_null(error, VIR_ERR_NO_DOMAIN, _("failed to get domain '%s'"), name);
	g_propagate_error(error, g_steal_pointer(&lookup));
	return NULL;
}

const Domain *domain_arg(Session *session, const Args *args, GError **error)
{
	return domain_find(session, args_text(args, "domain"), error);
}

const char *domain_xml(Session *session, const Domain *domain, unsigned int flags, GError **error)
{
	remote_domain_get_xml_desc_args args = { *domain, flags };
	remote_domain_get_xml_desc_ret *ret = ASK(session, domain_get_xml_desc, &args, error);

	return ret ? ret->xml : NULL;
}

int domain_state(Session *session, const Domain *domain, int *ret_reason, GError **error)
{
	remote_domain_get_state_args args = { .dom = *domain };
	remote_domain_get_state_ret *ret = ASK(session, domain_get_state, &args, error);

	if (!ret)
		return -1;
	if (ret_reason)
		*ret_reason = ret->reason;
	return ret->state;
}

bool domain_active(Session *session, const Domain *domain, bool *ret_active, GError **error)
{
	remote_domain_is_active_args args = { .dom = *domain };
	remote_domain_is_active_ret *ret = ASK(session, domain_is_active, &args, error);

	if (ret)
		*ret_active = ret->active > 0;
	return ret;
}

const char *domain_state_name(int state)
{
	static const char *const names[] = {
		[VIR_DOMAIN_NOSTATE] = N_("no state"),	   [VIR_DOMAIN_RUNNING] = N_("running"),
		[VIR_DOMAIN_BLOCKED] = N_("idle"),	   [VIR_DOMAIN_PAUSED] = N_("paused"),
		[VIR_DOMAIN_SHUTDOWN] = N_("in shutdown"), [VIR_DOMAIN_SHUTOFF] = N_("shut off"),
		[VIR_DOMAIN_CRASHED] = N_("crashed"),	   [VIR_DOMAIN_PMSUSPENDED] = N_("pmsuspended"),
	};

	return state >= 0 && (gsize)state < G_N_ELEMENTS(names) ? names[state] : names[0];
}

static const char *const running_reasons[] = {
	[VIR_DOMAIN_RUNNING_UNKNOWN] = N_("unknown"),
	[VIR_DOMAIN_RUNNING_BOOTED] = N_("booted"),
	[VIR_DOMAIN_RUNNING_MIGRATED] = N_("migrated"),
	[VIR_DOMAIN_RUNNING_RESTORED] = N_("restored"),
	[VIR_DOMAIN_RUNNING_FROM_SNAPSHOT] = N_("from snapshot"),
	[VIR_DOMAIN_RUNNING_UNPAUSED] = N_("unpaused"),
	[VIR_DOMAIN_RUNNING_MIGRATION_CANCELED] = N_("migration canceled"),
	[VIR_DOMAIN_RUNNING_SAVE_CANCELED] = N_("save canceled"),
	[VIR_DOMAIN_RUNNING_WAKEUP] = N_("event wakeup"),
	[VIR_DOMAIN_RUNNING_CRASHED] = N_("crashed"),
	[VIR_DOMAIN_RUNNING_POSTCOPY] = N_("post-copy"),
	[VIR_DOMAIN_RUNNING_POSTCOPY_FAILED] = N_("post-copy failed"),
};

static const char *const paused_reasons[] = {
	[VIR_DOMAIN_PAUSED_UNKNOWN] = N_("unknown"),
	[VIR_DOMAIN_PAUSED_USER] = N_("user"),
	[VIR_DOMAIN_PAUSED_MIGRATION] = N_("migrating"),
	[VIR_DOMAIN_PAUSED_SAVE] = N_("saving"),
	[VIR_DOMAIN_PAUSED_DUMP] = N_("dumping"),
	[VIR_DOMAIN_PAUSED_IOERROR] = N_("I/O error"),
	[VIR_DOMAIN_PAUSED_WATCHDOG] = N_("watchdog"),
	[VIR_DOMAIN_PAUSED_FROM_SNAPSHOT] = N_("from snapshot"),
	[VIR_DOMAIN_PAUSED_SHUTTING_DOWN] = N_("shutting down"),
	[VIR_DOMAIN_PAUSED_SNAPSHOT] = N_("creating snapshot"),
	[VIR_DOMAIN_PAUSED_CRASHED] = N_("crashed"),
	[VIR_DOMAIN_PAUSED_STARTING_UP] = N_("starting up"),
	[VIR_DOMAIN_PAUSED_POSTCOPY] = N_("post-copy"),
	[VIR_DOMAIN_PAUSED_POSTCOPY_FAILED] = N_("post-copy failed"),
};

static const char *const shutoff_reasons[] = {
	[VIR_DOMAIN_SHUTOFF_UNKNOWN] = N_("unknown"),
	[VIR_DOMAIN_SHUTOFF_SHUTDOWN] = N_("shutdown"),
	[VIR_DOMAIN_SHUTOFF_DESTROYED] = N_("destroyed"),
	[VIR_DOMAIN_SHUTOFF_CRASHED] = N_("crashed"),
	[VIR_DOMAIN_SHUTOFF_MIGRATED] = N_("migrated"),
	[VIR_DOMAIN_SHUTOFF_SAVED] = N_("saved"),
	[VIR_DOMAIN_SHUTOFF_FAILED] = N_("failed"),
	[VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT] = N_("from snapshot"),
	[VIR_DOMAIN_SHUTOFF_DAEMON] = N_("daemon"),
};

static const char *const shutdown_reasons[] = {
	[VIR_DOMAIN_SHUTDOWN_UNKNOWN] = N_("unknown"),
	[VIR_DOMAIN_SHUTDOWN_USER] = N_("user"),
};

static const char *const crashed_reasons[] = {
	[VIR_DOMAIN_CRASHED_UNKNOWN] = N_("unknown"),
	[VIR_DOMAIN_CRASHED_PANICKED] = N_("panicked"),
};

static const struct {
	const char *const *names;
	gsize n;
} reasons[] = {
#define REASONS(list) { list, G_N_ELEMENTS(list) }
	[VIR_DOMAIN_RUNNING] = REASONS(running_reasons),
	[VIR_DOMAIN_PAUSED] = REASONS(paused_reasons),
	[VIR_DOMAIN_SHUTDOWN] = REASONS(shutdown_reasons),
	[VIR_DOMAIN_SHUTOFF] = REASONS(shutoff_reasons),
	[VIR_DOMAIN_CRASHED] = REASONS(crashed_reasons),
};

const char *domain_reason_name(int state, int reason)
{
	if (state < 0 || (gsize)state >= G_N_ELEMENTS(reasons) || reason < 0 ||
	    (gsize)reason >= reasons[state].n)
		return running_reasons[0];
	return reasons[state].names[reason];
}

json_t *domain_result(const Domain *domain, const char *what)
{
	json_t *object = json_object();

	json_object_set_new(object, "domain", json_text(domain->name));
	json_object_set_new(object, "uuid", json_uuid(domain->uuid));
	json_object_set_new(object, "done", json_string(what));
	return object;
}

bool domain_affect(Session *session, const Args *args, const Domain *domain, unsigned int *ret_flags,
		   GError **error)
{
	bool active;

	if (!args_affect(args, ret_flags, error))
		return false;
	if (!args_has(args, "persistent"))
		return true;
	if (!domain_active(session, domain, &active, error))
		return false;
	*ret_flags |= VIR_DOMAIN_AFFECT_CONFIG | (active ? VIR_DOMAIN_AFFECT_LIVE : 0);
	return true;
}
