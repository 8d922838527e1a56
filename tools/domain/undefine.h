/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The volumes that `undefine --storage` or `--remove-all-storage` takes with the domain: found
 * before the definition goes, removed after. Process: reeve.
 */
#pragma once

#include "tools/object/domain_ref.h"

typedef struct UndefineStorage UndefineStorage;

/* NULL with an error; empty when no storage is to go. Lives as long as the command runs. */
UndefineStorage *undefine_storage_find(Session *session, const Args *args, const Domain *domain,
				       GError **error);
/* Wipes where asked, and deletes; goes on after a failure and reports it. */
bool undefine_storage_remove(Session *session, const Args *args, UndefineStorage *storage,
			     GError **error);
