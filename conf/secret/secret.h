/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definition of a secret: what it is for and who may read it, never its value. Any process. */
#pragma once

#include "conf/bind/types.h"

#define SECRET_USAGE_VALUES(X) \
	X(SECRET_USAGE_VOLUME, "volume") \
	X(SECRET_USAGE_CEPH, "ceph") \
	X(SECRET_USAGE_ISCSI, "iscsi") \
	X(SECRET_USAGE_TLS, "tls") \
	X(SECRET_USAGE_VTPM, "vtpm")
/* The values equal virSecretUsageType. */
CONF_ENUM(SecretUsage, secret_usage, SECRET_USAGE)

typedef struct SecretDef {
	Tristate ephemeral, private_;
	Uuid uuid;
	char *description;
	SecretUsage usage; /* ABSENT: for nothing in particular */
	char *usage_id;	   /* path, name or target, unique among secrets of the same usage */
} SecretDef;

/* @flags as of bind_parse(). Completes: a UUID where there was none, ephemeral and private "no". */
SecretDef *secret_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			    GError **error);
char *secret_def_format(const SecretDef *def, unsigned flags);
void secret_def_free(SecretDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SecretDef, secret_def_free)

extern BindElement bind_el_secret;
