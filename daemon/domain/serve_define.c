/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making, changing and removing stored definitions as a whole. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/events.h"
#include "daemon/client/serve.h"
#include "daemon/domain/affect.h"
#include "daemon/guest/route.h"
#include "daemon/domain/managed_save.h"
#include "daemon/host/priv.h"
#include "daemon/object/moment.h"
#include "daemon/registry/domain_call.h"
#include "rpc/wire/wire.h"

/* ---- Defining ------------------------------------------------------------------------------ */

static bool define(Call *call, const char *xml, unsigned flags, remote_nonnull_domain *ret,
		   GError **error)
{
	unsigned conf = flags & VIR_DOMAIN_DEFINE_VALIDATE ? CONF_VALIDATE : 0;
	g_autoptr(Domain) domain = NULL;

	if (!call_flags(call, flags, VIR_DOMAIN_DEFINE_VALIDATE, error))
		return false;
	call->action = "define";
	domain = definition_put_commit(call, xml, conf, error);
	if (!domain)
		return false;
	call_fill_domain(domain, ret);
	return true;
}

bool serve_domain_define_xml(Call *call, remote_domain_define_xml_args *args,
			     remote_domain_define_xml_ret *ret, GError **error)
{
	return define(call, args->xml, 0, &ret->dom, error);
}

bool serve_domain_define_xml_flags(Call *call, remote_domain_define_xml_flags_args *args,
				   remote_domain_define_xml_flags_ret *ret, GError **error)
{
	return define(call, args->xml, args->flags, &ret->dom, error);
}

/* ---- Undefining ---------------------------------------------------------------------------- */

/* May what is recorded of @kind go with the definition? Refuses while there is any, unless asked. */
static bool undefine_check_moments(Call *call, ObjectKind kind, bool remove, GError **error)
{
	g_autoptr(GPtrArray) moments = objects_list(call->engine->objects, kind, call->domain->uuid_text);

	if (moments->len == 0 || domain_is_active(call->domain))
		return true;
	return remove ||
	       fail(error, VIR_ERR_OPERATION_INVALID,
		    kind == OBJECT_SNAPSHOT ?
			    _("cannot delete inactive domain with %u snapshots; delete them, "
			      "or ask for their metadata to be removed too") :
			    _("cannot delete inactive domain with %u checkpoints; delete "
			      "them, or ask for their metadata to be removed too"),
		    moments->len);
}

/* Making structs of a definition takes longer than all else of an undefine; few need it. */
static bool may_have_nvram(const Domain *domain)
{
	g_autofree char *xml = domain_xml_dup(domain, DOMAIN_STORED);

	return domain->driver->nvram_path && (strstr(xml, "nvram") || strstr(xml, "firmware"));
}

static char *nvram_path(Domain *domain)
{
	const DomainDef *def = NULL;

	if (may_have_nvram(domain))
		def = domain_def_get(domain, DOMAIN_STORED, NULL);
	return def ? domain->driver->nvram_path(def) : NULL;
}

/* *ret_path: the file to remove after the definition has gone. */
static bool undefine_nvram(Domain *domain, unsigned flags, char **ret_path, GError **error)
{
	g_autofree char *path = nvram_path(domain);
	struct stat st;

	if (!path || (stat(path, &st) < 0 && errno == ENOENT))
		return true;
	if (flags & VIR_DOMAIN_UNDEFINE_NVRAM)
		*ret_path = g_steal_pointer(&path);
	else if (!(flags & VIR_DOMAIN_UNDEFINE_KEEP_NVRAM))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("cannot undefine domain with nvram: say whether '%s' is to be removed "
			      "or kept"),
			    path);
	return true;
}

static bool undefine_check(Domain *domain, unsigned flags, GError **error)
{
	const unsigned both_nvram = VIR_DOMAIN_UNDEFINE_NVRAM | VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;
	const unsigned both_tpm = VIR_DOMAIN_UNDEFINE_TPM | VIR_DOMAIN_UNDEFINE_KEEP_TPM;

	if ((flags & both_nvram) == both_nvram || (flags & both_tpm) == both_tpm)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the state of NVRAM or TPM is either removed or kept, not both"));
	if (!domain->persistent)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("cannot undefine transient domain '%s': it has no stored definition"),
			    domain->name);
	if (domain->managed_save && !(flags & VIR_DOMAIN_UNDEFINE_MANAGED_SAVE))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("Refusing to undefine domain '%s' while it has a managed save image"),
			    domain->name);
	return true;
}

static bool undefine_commit(Call *call, Domain *domain, GError **error)
{
	g_autoptr(StoreBatch) batch = store_batch_new();
	StoreDomain row = domain_store_row(domain);
	StoreOrigin origin = call_origin(call, "undefine");
	Objects *objects = call->engine->objects;

	store_batch_domain_remove(batch, &row, &origin);
	if (!domain_is_active(domain))
		objects_batch_remove_children(objects, domain->uuid_text, batch, &origin);
	if (!store_commit(call->engine->store, batch, error))
		return false;
	domain_clear_stored(domain);
	if (!domain_is_active(domain))
		objects_drop_children(objects, domain->uuid_text);
	events_emit_lifecycle(domain, VIR_DOMAIN_EVENT_UNDEFINED,
			      VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
	registry_drop(domain);
	return true;
}

static bool undefine(Call *call, unsigned flags, GError **error)
{
	g_auto(DomainHold) domain = call_hold_wait(call, call->domain, "an undefine", error);
	g_autofree char *nvram = NULL;
	g_autoptr(GError) reason = NULL;

	if (!domain || !undefine_check(domain, flags, error) ||
	    !undefine_nvram(domain, flags, &nvram, error) ||
	    !undefine_check_moments(call, OBJECT_SNAPSHOT,
			      flags & VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA, error) ||
	    !undefine_check_moments(call, OBJECT_CHECKPOINT,
			      flags & VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA, error))
		return false;
	/* Before the definition: a failure leaves a domain that can be undefined again. */
	if (nvram && !priv_remove_nvram_call(call->engine, nvram, error))
		return false;
	if (!managed_save_remove_commit(domain, error))
		return false;
	return undefine_commit(call, domain, error);
}

bool serve_domain_undefine(Call *call, G_GNUC_UNUSED remote_domain_undefine_args *args,
			   G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return undefine(call, 0, error);
}

bool serve_domain_undefine_flags(Call *call, remote_domain_undefine_flags_args *args,
				 G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	const unsigned known =
		VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
		VIR_DOMAIN_UNDEFINE_NVRAM | VIR_DOMAIN_UNDEFINE_KEEP_NVRAM |
		VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_TPM |
		VIR_DOMAIN_UNDEFINE_KEEP_TPM;

	return call_flags(call, args->flags, known, error) && undefine(call, args->flags, error);
}

/* ---- Renaming ------------------------------------------------------------------------------ */

static bool edit_name(DomainDef *def, void *data, G_GNUC_UNUSED GError **error)
{
	g_free(def->name);
	def->name = g_strdup(data);
	return true;
}

static bool rename_check(const Domain *domain, const char *name, GError **error)
{
	g_autoptr(GPtrArray) checkpoints =
		objects_list(domain->engine->objects, OBJECT_CHECKPOINT, domain->uuid_text);

	if (domain_is_active(domain))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("cannot rename active domain '%s'; shut it down first"),
			    domain->name);
	if (!domain->persistent)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("cannot rename a transient domain"));
	if (checkpoints->len > 0)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("cannot rename domain '%s' with checkpoints"), domain->name);
	if (strcmp(domain->name, name) == 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("the domain is named '%s' already"),
			    name);
	return true;
}

/* The new name is taken in memory first, so that nobody else gets it while the disk works. */
static bool rename_commit(Call *call, Domain *domain, const char *name, GError **error)
{
	g_autofree char *old = g_strdup(domain->name);
	remote_domain_event_lifecycle_msg message = {
		.event = VIR_DOMAIN_EVENT_UNDEFINED,
		.detail = VIR_DOMAIN_EVENT_UNDEFINED_RENAMED,
	};

	call_fill_domain(domain, &message.dom);
	if (registry_rename(domain, name, error)) {
		if (definition_edit_commit(call, domain, edit_name, (void *)name, error)) {
			events_emit_domain(domain, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
					   (xdrproc_t)xdr_remote_domain_event_lifecycle_msg,
					   &message);
			events_emit_lifecycle(domain, VIR_DOMAIN_EVENT_DEFINED,
					      VIR_DOMAIN_EVENT_DEFINED_RENAMED);
			g_free(message.dom.name);
			return true;
		}
		registry_rename(domain, old, NULL);
	}
	g_free(message.dom.name);
	return false;
}

bool serve_domain_rename(Call *call, remote_domain_rename_args *args,
			 remote_domain_rename_ret *ret, GError **error)
{
	g_auto(DomainHold) domain = NULL;

	ret->retcode = 0;
	if (!call_flags(call, args->flags, 0, error))
		return false;
	if (!args->new_name || !**args->new_name)
		return fail(error, VIR_ERR_INVALID_ARG, _("the new name must not be empty"));
	domain = call_hold_wait(call, call->domain, "a rename", error);
	call->action = "rename";
	return domain && rename_check(domain, *args->new_name, error) &&
	       rename_commit(call, domain, *args->new_name, error);
}

/* ---- Marks --------------------------------------------------------------------------------- */

bool serve_domain_set_autostart(Call *call, remote_domain_set_autostart_args *args,
				G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(DomainHold) domain = call_hold_wait(call, call->domain, "a change", error);
	g_autoptr(StoreBatch) batch = store_batch_new();
	StoreDomain row;

	if (!domain)
		return false;
	if (!domain->persistent)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("cannot set autostart for transient domain '%s'"), domain->name);
	row = domain_store_row(domain);
	row.autostart = args->autostart != 0;
	store_batch_domain_marks(batch, &row);
	if (!store_commit(call->engine->store, batch, error))
		return false;
	domain->autostart = row.autostart;
	return true;
}

/* ---- Metadata ------------------------------------------------------------------------------ */

static const char *optional(char **string)
{
	return string ? *string : NULL;
}

static bool edit_metadata(DomainDef *def, void *data, GError **error)
{
	const remote_domain_set_metadata_args *args = data;
	const char *text = optional(args->metadata);

	switch (args->type) {
	case VIR_DOMAIN_METADATA_DESCRIPTION:
		g_free(def->description);
		def->description = text && *text ? g_strdup(text) : NULL;
		return true;
	case VIR_DOMAIN_METADATA_TITLE:
		g_free(def->title);
		def->title = text && *text ? g_strdup(text) : NULL;
		return true;
	default:
		return domain_def_metadata_set(def, optional(args->uri), optional(args->key), text,
					       error);
	}
}

static bool metadata_check(const remote_domain_set_metadata_args *args, GError **error)
{
	const char *text = optional(args->metadata);

	switch (args->type) {
	case VIR_DOMAIN_METADATA_TITLE:
		if (text && strchr(text, '\n'))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("a title is one line: it cannot contain a newline"));
		return true;
	case VIR_DOMAIN_METADATA_DESCRIPTION:
		return true;
	case VIR_DOMAIN_METADATA_ELEMENT:
		if (!args->uri || !**args->uri)
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("the namespace of the metadata element must be given"));
		if (text && (!args->key || !**args->key))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("the prefix of the metadata element must be given"));
		return true;
	default:
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no metadata of type %d"),
			    args->type);
	}
}

static void emit_metadata(const Domain *domain, const remote_domain_set_metadata_args *args)
{
	remote_domain_event_callback_metadata_change_msg message = { .type = args->type };
	char *uri = (char *)optional(args->uri);
	gsize length;
	g_autofree guint8 *payload = NULL;

	call_fill_domain(domain, &message.dom);
	message.nsuri = uri ? &uri : NULL;
	payload = rpc_encode((xdrproc_t)xdr_remote_domain_event_callback_metadata_change_msg,
			     &message, 0, &length, NULL);
	g_free(message.dom.name);
	if (!payload)
		return;

	const gsize id = 4; /* the callback id, which is put in for each client */
	Event event = {
		.kind = EVENT_DOMAIN,
		.id = VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
		.driver = domain->driver,
		.uuid = domain->uuid,
		.payload = payload + id,
		.length = length - id,
	};

	events_emit(domain->engine->events, &event);
}

bool serve_domain_set_metadata(Call *call, remote_domain_set_metadata_args *args,
			       G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(DomainHold) domain = NULL;
	Affect affect;

	if (!call_flags(call, args->flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG,
			error) ||
	    !metadata_check(args, error))
		return false;
	domain = call_hold_wait(call, call->domain, "a change of metadata", error);
	call->action = "set-metadata";
	if (!domain || !affect_resolve(domain, args->flags, &affect, error))
		return false;
	if (affect.live && !route_live_call(call, error))
		return false;
	if (affect.config && !definition_edit_commit(call, domain, edit_metadata, args, error))
		return false;
	emit_metadata(domain, args);
	return true;
}
