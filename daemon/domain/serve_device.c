/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices that come, go and change: of the stored definition, of the running guest, or of both. Of
 * both, the stored one is checked first and committed last, so that what fails in the guest changes
 * neither; when the commit fails, the guest gives back what it was given.
 */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/domain/affect.h"
#include "daemon/domain/device_edit.h"
#include "daemon/domain/device_live.h"
#include "daemon/client/serve.h"
#include "daemon/registry/domain_call.h"

#define AFFECT_FLAGS ((unsigned)(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG))

typedef struct Change Change;
struct Change {
	const char *action;
	unsigned flags;
	const char *xml;
	const char *alias;           /* instead of a document */
	DomainDevice *stored, *live; /* the document, as each of the two is to read it */
	char *plugged;               /* alias of what the guest was given */

	/* The edit of a definition may run twice, so each time it gets a copy of the device to
	 * take. */
	bool (*edit)(DomainDef *def, DomainDevice *device, GError **error);
	bool (*live_call)(Domain *domain, Change *change, GError **error);
};

/* ---- What is done to the guest -------------------------------------------------------------- */

static bool attach_live_call(Domain *domain, Change *change, GError **error)
{
	return device_attach_call(domain, change->stored, &change->plugged, error);
}

static bool detach_live_call(Domain *domain, Change *change, GError **error)
{
	/* Who goes by the alias waits for the event. */
	return device_detach_call(domain, change->live, change->alias, !change->alias, error);
}

static bool update_live_call(Domain *domain, Change *change, GError **error)
{
	return device_update_call(domain, change->live,
				  change->flags & VIR_DOMAIN_DEVICE_MODIFY_FORCE, error);
}

/* ---- And to the definition ------------------------------------------------------------------ */

static bool remove_copy(DomainDef *def, DomainDevice *device, GError **error)
{
	if (!device_remove(def, device, error))
		return false;
	domain_device_free(device);
	return true;
}

static bool edit(DomainDef *def, void *data, GError **error)
{
	const Change *change = data;
	g_autoptr(DomainDevice) copy = NULL;

	if (change->alias)
		return device_remove_alias(def, change->alias, error);
	copy = domain_device_copy(change->stored);
	if (!change->edit(def, copy, error))
		return false;
	copy = NULL; /* taken */
	return true;
}

/* ---- Both ----------------------------------------------------------------------------------- */

/* What the guest was given is not in its stored definition: it goes again. */
static void live_undo_call(Domain *domain, const Change *change)
{
	g_autoptr(GError) reason = NULL;

	if (change->plugged && !device_detach_call(domain, NULL, change->plugged, true, &reason))
		log_warning(_("device '%s' of domain '%s' is not in its stored definition: %s"),
			    change->plugged, domain->name, reason->message);
}

static bool change_affected_call(Call *call, Domain *domain, Change *change, GError **error)
{
	Affect affect;

	if (!affect_resolve(domain, change->flags, &affect, error) ||
	    (affect.live && !device_live_check(domain, error)) ||
	    (affect.live && affect.config && !definition_edit_check(domain, edit, change, error)) ||
	    (affect.live && !change->live_call(domain, change, error)))
		return false;
	if (!affect.config || definition_edit_commit(call, domain, edit, change, error))
		return true;
	live_undo_call(domain, change);
	return false;
}

static bool document_read(Change *change, GError **error)
{
	gsize length = strlen(change->xml);

	change->stored = domain_device_parse(change->xml, length, CONF_INACTIVE, NULL, error);
	change->live = domain_device_parse(change->xml, length, 0, NULL, NULL);
	/* An address that nobody has given is chosen once, for both. */
	return change->stored && change->live &&
	       (change->edit != device_add || change->stored->kind != DEVICE_INTERFACE ||
		domain_device_complete_generic(NULL, change->stored, error));
}

static bool change_call(Call *call, Change *change, GError **error)
{
	g_auto(DomainHold) domain = NULL;
	bool done = change->alias || document_read(change, error);

	call->action = change->action;
	if (done)
		domain = call_hold_wait(call, call->domain, change->action, error);
	done = domain && change_affected_call(call, domain, change, error);
	g_clear_pointer(&change->stored, domain_device_free);
	g_clear_pointer(&change->live, domain_device_free);
	g_clear_pointer(&change->plugged, g_free);
	return done;
}

static Change attach_of(const char *xml, unsigned flags)
{
	return (Change){ .action = "attach-device",
			 .flags = flags,
			 .xml = xml,
			 .edit = device_add,
			 .live_call = attach_live_call };
}

static Change detach_of(const char *xml, unsigned flags)
{
	return (Change){ .action = "detach-device",
			 .flags = flags,
			 .xml = xml,
			 .edit = remove_copy,
			 .live_call = detach_live_call };
}

bool serve_domain_attach_device(Call *call, remote_domain_attach_device_args *args,
				G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	Change change = attach_of(args->xml, VIR_DOMAIN_AFFECT_LIVE);

	return change_call(call, &change, error);
}

bool serve_domain_attach_device_flags(Call *call, remote_domain_attach_device_flags_args *args,
				      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	Change change = attach_of(args->xml, args->flags);

	return call_flags(call, args->flags, AFFECT_FLAGS, error) &&
	       change_call(call, &change, error);
}

bool serve_domain_detach_device(Call *call, remote_domain_detach_device_args *args,
				G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	Change change = detach_of(args->xml, VIR_DOMAIN_AFFECT_LIVE);

	return change_call(call, &change, error);
}

bool serve_domain_detach_device_flags(Call *call, remote_domain_detach_device_flags_args *args,
				      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	Change change = detach_of(args->xml, args->flags);

	return call_flags(call, args->flags, AFFECT_FLAGS, error) &&
	       change_call(call, &change, error);
}

bool serve_domain_detach_device_alias(Call *call, remote_domain_detach_device_alias_args *args,
				      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	Change change = detach_of(NULL, args->flags);

	change.alias = args->alias;
	return call_flags(call, args->flags, AFFECT_FLAGS, error) &&
	       change_call(call, &change, error);
}

bool serve_domain_update_device_flags(Call *call, remote_domain_update_device_flags_args *args,
				      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	Change change = { .action = "update-device",
			  .flags = args->flags,
			  .xml = args->xml,
			  .edit = device_replace,
			  .live_call = update_live_call };

	return call_flags(call, args->flags, AFFECT_FLAGS | VIR_DOMAIN_DEVICE_MODIFY_FORCE,
			  error) &&
	       change_call(call, &change, error);
}
