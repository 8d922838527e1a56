/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a change goes to (the stored definition, the running guest, both), and changing the stored
 * definition. Engine only.
 */
#pragma once

#include <stdbool.h>

#include "daemon/client/call.h"
#include "daemon/registry/domain_call.h"

typedef struct Affect {
	bool live, config;
} Affect;

/*
 * Reads VIR_DOMAIN_AFFECT_LIVE and _CONFIG out of @flags, where neither means the present state.
 * VIR_ERR_OPERATION_INVALID: the domain is off, or has no stored definition.
 */
bool affect_resolve(const Domain *domain, unsigned flags, Affect *ret, GError **error);
/* Of a getter, which may ask for one of them only. */
bool affect_which(const Domain *domain, unsigned flags, DomainWhich *ret, GError **error);

/*
 * Changes the stored definition of @domain, which the caller holds: a copy is given to @edit,
 * completed, checked, stored (parks), and then it is the definition.
 */
typedef bool (*DefEdit)(DomainDef *def, void *data, GError **error);
bool definition_edit_commit(Call *call, Domain *domain, DefEdit edit, void *data, GError **error);
/* Would that work? Nothing is changed. */
bool definition_edit_check(Domain *domain, DefEdit edit, void *data, GError **error);

/*
 * Reads, completes and checks a document as it is defined or created from. NULL and an error.
 * @flags: CONF_VALIDATE. What no table knows is logged, and an error with CONF_VALIDATE.
 */
DomainDef *definition_read(Call *call, const char *xml, unsigned flags, GError **error);

/* Everything that a definition of this driver must go through before it is stored or started. */
bool definition_complete(const Driver *driver, DomainDef *def, GError **error);

/* Stores @def (borrowed, complete) as the definition of @domain, which the caller holds. */
bool definition_set_commit(Call *call, Domain *domain, const DomainDef *def, GError **error);

/* Defines @xml, as new or over what there is: parks; the caller gets a reference. */
Domain *definition_put_commit(Call *call, const char *xml, unsigned flags, GError **error);
