/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Title, description and metadata of the running guest; the stored ones are the engine's. */
#include "config.h"

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/vm/calls.h"

static void replace(char **text, char **given)
{
	g_free(*text);
	*text = given && **given ? g_strdup(*given) : NULL;
}

bool vm_domain_set_metadata(VmCall *call, remote_domain_set_metadata_args *args,
			    G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	DomainDef *def = call->guest->def;

	if (!vm_call_flags(call, args->flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG,
			   error) ||
	    !vm_call_check_active(call, error))
		return false;
	switch (args->type) {
	case VIR_DOMAIN_METADATA_DESCRIPTION:
		replace(&def->description, args->metadata);
		break;
	case VIR_DOMAIN_METADATA_TITLE:
		replace(&def->title, args->metadata);
		break;
	case VIR_DOMAIN_METADATA_ELEMENT:
		if (!args->uri)
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("the namespace of the metadata element must be given"));
		if (!domain_def_metadata_set(def, *args->uri, args->key ? *args->key : NULL,
					     args->metadata ? *args->metadata : NULL, error))
			return false;
		break;
	default:
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no metadata of type %d"),
			    args->type);
	}
	call->guest->host->changed(call->guest);
	return true;
}
