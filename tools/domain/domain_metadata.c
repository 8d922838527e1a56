/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Description, title and foreign metadata of a domain. */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/domain_ref.h"
#include "tools/cli/xmlfile.h"

typedef struct Change {
	const Domain *domain;
	int type;
	const char *key, *uri;
	unsigned int flags;
} Change;

static const char *metadata_get(Session *session, const Change *change, GError **error)
{
	char *uri = (char *)change->uri;
	remote_domain_get_metadata_args args = { *change->domain, change->type, uri ? &uri : NULL,
						 change->flags };
	remote_domain_get_metadata_ret *ret = ASK(session, domain_get_metadata, &args, error);

	return ret ? ret->metadata : NULL;
}

/* @text NULL removes. */
static bool metadata_set(Session *session, const Change *change, const char *text, GError **error)
{
	char *value = (char *)text, *key = (char *)change->key, *uri = (char *)change->uri;
	remote_domain_set_metadata_args args = {
		*change->domain,  change->type, text ? &value : NULL, key ? &key : NULL, uri ? &uri : NULL,
		change->flags,
	};

	return TELL(session, domain_set_metadata, &args, error);
}

/* The description, empty when there is none; NULL with an error. */
static const char *description_get(Session *session, const Change *change, GError **error)
{
	g_autoptr(GError) problem = NULL;
	const char *text = metadata_get(session, change, &problem);

	if (text)
		return text;
	if (error_code(problem) == VIR_ERR_NO_DOMAIN_METADATA)
		return "";
	g_propagate_error(error, g_steal_pointer(&problem));
	return NULL;
}

static bool description_apply(Session *session, const char *text, void *data, GError **error)
{
	Change *change = data;
	g_autofree char *trimmed = g_strchomp(g_strdup(text));

	return metadata_set(session, change, trimmed[0] ? trimmed : NULL, error);
}

static bool description_edit(Session *session, Change *change, const char *now, bool *ret_changed,
			     GError **error)
{
	Edit edit = { .what = change->type == VIR_DOMAIN_METADATA_TITLE ? _("The title") :
									   _("The description"),
		      .name = change->domain->name,
		      .xml = session_printf(session, "%s\n", now),
		      .apply = description_apply,
		      .data = change };

	return xml_edit(session, &edit, ret_changed, error);
}

bool cmd_desc(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	bool title = args_has(args, "title"), changed = true;
	Change change = { .domain = domain,
			  .type = title ? VIR_DOMAIN_METADATA_TITLE : VIR_DOMAIN_METADATA_DESCRIPTION };
	const char *const *words = args_rest(args, "new-desc");
	g_autofree char *given = g_strjoinv(" ", (char **)words);
	const char *now;

	if (!domain || !args_affect(args, &change.flags, error))
		return false;
	if (args_has(args, "edit") || !words[0]) {
		now = description_get(session, &change, error);
		if (!now)
			return false;
		if (!args_has(args, "edit")) {
			if (session->json)
				out_text(session, title ? "title" : "description", now);
			else if (now[0])
				out_print(session, "%s%s", now, session->quiet ? "\n" : "");
			else
				out_print(session, title ? _("No title for domain: %s") :
							   _("No description for domain: %s"), domain->name);
			return true;
		}
		if (!description_edit(session, &change, words[0] ? given : now, &changed, error))
			return false;
	} else if (!metadata_set(session, &change, given[0] ? given : NULL, error)) {
		return failed(session, title ? _("Failed to set new domain title") :
					       _("Failed to set new domain description"));
	}
	if (changed)
		out_done(session, domain_result(domain, "desc"), "%s",
			 title ? _("Domain title updated successfully") :
				 _("Domain description updated successfully"));
	else
		out_done(session, domain_result(domain, "nothing"), "%s",
			 title ? _("Domain title not changed\n") : _("Domain description not changed\n"));
	return true;
}

static bool element_apply(Session *session, const char *text, void *data, GError **error)
{
	return metadata_set(session, data, text, error);
}

bool cmd_metadata(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	Change change = { .domain = domain,
			  .type = VIR_DOMAIN_METADATA_ELEMENT,
			  .uri = args_text(args, "uri"),
			  .key = args_text(args, "key") };
	bool changed = true;
	const char *now;

	if (!domain || !args_affect(args, &change.flags, error) ||
	    !args_exclusive(args, "edit", "set", error) || !args_exclusive(args, "set", "remove", error) ||
	    !args_exclusive(args, "remove", "edit", error))
		return false;
	if ((args_has(args, "edit") || args_has(args, "set")) && !change.key)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("namespace key is required when modifying metadata: give --key"));
	if (args_has(args, "remove")) {
		if (!metadata_set(session, &change, NULL, error))
			return false;
		out_done(session, domain_result(domain, "metadata-remove"), _("Metadata removed\n"));
		return true;
	}
	if (args_has(args, "set")) {
		if (!metadata_set(session, &change, args_text(args, "set"), error))
			return false;
		out_done(session, domain_result(domain, "metadata-set"), _("Metadata modified\n"));
		return true;
	}
	now = metadata_get(session, &change, error);
	if (!now && !args_has(args, "edit"))
		return false;
	if (args_has(args, "edit")) {
		Edit edit = { .what = _("The metadata"), .name = domain->name, .xml = now ? now : "\n",
			      .apply = element_apply, .data = &change };

		g_clear_error(error);
		if (!xml_edit(session, &edit, &changed, error))
			return false;
		out_done(session, domain_result(domain, changed ? "metadata-set" : "nothing"), "%s",
			 changed ? _("Metadata modified") : _("Metadata not changed"));
		return true;
	}
	out_text(session, "xml", now);
	return true;
}
