/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/secret/secret.h"

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/rows.h"

CONF_ENUM_DEFINE(secret_usage, SECRET_USAGE)

static const BindRow usage_rows[] = {
	ATTR(SecretDef, "type", usage, secret_usage, BIND_REQUIRED,
	     .doc = N_("What the secret is for.")),
	LEAF(SecretDef, "volume", usage_id, token, BIND_REQUIRED,
	     WHEN(SecretDef, usage, BIT(SECRET_USAGE_VOLUME)),
	     .doc = N_("Path of the volume that it opens.")),
	LEAF(SecretDef, "name", usage_id, token, BIND_REQUIRED,
	     WHEN(SecretDef, usage,
		  BIT(SECRET_USAGE_CEPH) | BIT(SECRET_USAGE_TLS) | BIT(SECRET_USAGE_VTPM)),
	     .doc = N_("Name by which definitions refer to it.")),
	LEAF(SecretDef, "target", usage_id, token, BIND_REQUIRED,
	     WHEN(SecretDef, usage, BIT(SECRET_USAGE_ISCSI)),
	     .doc = N_("Name by which definitions of iSCSI storage refer to it.")),
	END_ROWS
};
static ELEMENT(secret_usage_element, "usage", SecretDef, usage_rows);

static const BindRow secret_rows[] = {
	ATTR(SecretDef, "ephemeral", ephemeral, yes_no, 0, MISSING(TRISTATE_NO),
	     .doc = N_("Keep the value in memory only.")),
	ATTR(SecretDef, "private", private_, yes_no, 0, MISSING(TRISTATE_NO),
	     .doc = N_("Never show the value to a client.")),
	LEAF(SecretDef, "uuid", uuid, uuid, 0, .code = VIR_ERR_XML_ERROR,
	     .doc = N_("Identity; made when absent.")),
	LEAF(SecretDef, "description", description, str, 0, .doc = N_("Text for people.")),
	CHILD("usage", secret_usage_element, 0, .doc = N_("What the secret is for.")),
	END_ROWS
};
ELEMENT(secret, "secret", SecretDef, secret_rows, .doc = N_("A secret."));

SecretDef *secret_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			    GError **error)
{
	SecretDef *def = bind_parse(&bind_el_secret,
				    bind_reader_open(xml, length, flags, diags, error), error);

	if (def && uuid_is_absent(&def->uuid))
		uuid_generate(&def->uuid);
	return def;
}

char *secret_def_format(const SecretDef *def, unsigned flags)
{
	return bind_format(&bind_el_secret, def, flags);
}

void secret_def_free(SecretDef *def)
{
	bind_free(&bind_el_secret, def);
}
