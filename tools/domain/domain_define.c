/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions: stored, shown, edited, renamed, translated, forgotten. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/domain_ref.h"
#include "tools/domain/diagnose.h"
#include "tools/domain/undefine.h"
#include "tools/cli/xmlfile.h"

/* Without VALIDATE the plain call, which old daemons have, too. */
static const Domain *define(Session *session, const char *xml, unsigned int flags, GError **error)
{
	remote_domain_define_xml_args plain = { (char *)xml };
	remote_domain_define_xml_flags_args call = { (char *)xml, flags };
	remote_domain_define_xml_ret *ret;
	remote_domain_define_xml_flags_ret *flags_ret;

	if (flags) {
		flags_ret = ASK(session, domain_define_xml_flags, &call, error);
		return flags_ret ? &flags_ret->dom : NULL;
	}
	ret = ASK(session, domain_define_xml, &plain, error);
	return ret ? &ret->dom : NULL;
}

/*
 * What --lenient let pass is told at the terminal, not in the daemon's log alone. A daemon that
 * cannot tell has stored the definition all the same.
 */
static void warnings_out(Session *session, const Args *args, const char *xml, json_t *result)
{
	json_t *remarks = diagnostics_ask(session, xml, NULL), *remark;
	gsize i;

	if (!remarks)
		return;
	if (!session->json)
		json_array_foreach(remarks, i, remark)
			fprintf(stderr, "%s\n", diagnostic_text(session, args_text(args, "file"), remark));
	json_object_set_new(result, "warnings", remarks);
}

bool cmd_define(Session *session, const Args *args, GError **error)
{
	const char *xml = xmlfile_read(session, args, "file", error);
	/* A mistyped element must not be dropped in silence, unless that is what is wanted. */
	unsigned int flags = args_has(args, "lenient") ? 0 : VIR_DOMAIN_DEFINE_VALIDATE;
	const Domain *domain;
	json_t *result;

	if (!xml || !args_exclusive(args, "validate", "lenient", error))
		return false;
	domain = define(session, xml, flags, error);
	if (!domain)
		return failed(session, _("Failed to define domain from %s"), args_text(args, "file"));
	result = domain_result(domain, "define");
	if (!flags)
		warnings_out(session, args, xml, result);
	out_done(session, result, _("Domain '%s' defined from %s\n"), domain->name, args_text(args, "file"));
	return true;
}

typedef struct EditDomain {
	unsigned int flags;
	const Domain *stored;
} EditDomain;

static bool edit_apply(Session *session, const char *xml, void *data, GError **error)
{
	EditDomain *edit = data;

	edit->stored = define(session, xml, edit->flags, error);
	return edit->stored;
}

bool cmd_edit(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *xml = domain ? domain_xml(session, domain,
					      VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE, error) : NULL;
	EditDomain data = { args_has(args, "skip-validate") ? 0 : VIR_DOMAIN_DEFINE_VALIDATE, NULL };
	Edit edit = { .xml = xml, .apply = edit_apply, .data = &data };
	bool changed;

	if (!xml)
		return false;
	edit.name = domain->name;
	edit.what = session_printf(session, _("Domain '%s' XML configuration"), domain->name);
	if (!xml_edit(session, &edit, &changed, error))
		return false;
	if (changed)
		out_done(session, domain_result(data.stored, "edit"),
			 _("Domain '%s' XML configuration edited.\n"), data.stored->name);
	else
		out_done(session, domain_result(domain, "nothing"),
			 _("Domain '%s' XML configuration not changed.\n"), domain->name);
	return true;
}

bool cmd_domrename(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	char *name = (char *)args_text(args, "new-name");
	remote_domain_rename_args call = { .new_name = &name };

	if (!domain)
		return false;
	call.dom = *domain;
	if (!ASK(session, domain_rename, &call, error))
		return false;
	out_done(session, domain_result(domain, "rename"), _("Domain successfully renamed\n"));
	return true;
}

bool cmd_domxml_to_native(Session *session, const Args *args, GError **error)
{
	remote_connect_domain_xml_to_native_args call = { .nativeFormat = (char *)args_text(args, "format") };
	remote_connect_domain_xml_to_native_ret *ret;
	const Domain *domain = NULL;

	if (!args_exclusive(args, "domain", "xml", error))
		return false;
	if (!args_has(args, "domain") && !args_has(args, "xml"))
		return fail(error, VIR_ERR_INVALID_ARG, _("need either domain or domain XML"));
	if (args_has(args, "xml")) {
		call.domainXml = (char *)xmlfile_read(session, args, "xml", error);
	} else {
		domain = domain_arg(session, args, error);
		if (domain)
			call.domainXml = (char *)domain_xml(session, domain, VIR_DOMAIN_XML_SECURE |
							    VIR_DOMAIN_XML_INACTIVE, error);
	}
	ret = call.domainXml ? ASK(session, connect_domain_xml_to_native, &call, error) : NULL;
	if (ret)
		out_text(session, "native", ret->nativeConfig);
	return ret;
}

static const FlagOption undefine_flags[] = {
	{ "managed-save", VIR_DOMAIN_UNDEFINE_MANAGED_SAVE },
	{ "snapshots-metadata", VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA },
	{ "checkpoints-metadata", VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA },
	{ "nvram", VIR_DOMAIN_UNDEFINE_NVRAM },
	{ "keep-nvram", VIR_DOMAIN_UNDEFINE_KEEP_NVRAM },
	{ "tpm", VIR_DOMAIN_UNDEFINE_TPM },
	{ "keep-tpm", VIR_DOMAIN_UNDEFINE_KEEP_TPM },
	{ NULL, 0 },
};

bool cmd_undefine(Session *session, const Args *args, GError **error)
{
	remote_domain_undefine_flags_args call = { .flags = args_flags(args, undefine_flags) };
	remote_domain_undefine_args plain;
	const Domain *domain;
	UndefineStorage *storage;
	bool good;

	if (!args_exclusive(args, "nvram", "keep-nvram", error) ||
	    !args_exclusive(args, "tpm", "keep-tpm", error) ||
	    !args_exclusive(args, "storage", "remove-all-storage", error))
		return false;
	domain = domain_arg(session, args, error);
	storage = domain ? undefine_storage_find(session, args, domain, error) : NULL;
	if (!storage)
		return false;
	call.dom = plain.dom = *domain;
	good = call.flags ? TELL(session, domain_undefine_flags, &call, error) :
			    TELL(session, domain_undefine, &plain, error);
	if (!good)
		return failed(session, _("Failed to undefine domain '%s'"), domain->name);
	out_done(session, domain_result(domain, "undefine"), _("Domain '%s' has been undefined\n"),
		 domain->name);
	return undefine_storage_remove(session, args, storage, error);
}
