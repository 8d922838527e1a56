/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking the agent inside the guest. Its words are a stranger's: every member is checked. */
#pragma once

#include <jansson.h>

#include "worker/vm/calls.h"

enum { AGENT_TEXT_MAX = 4096, AGENT_LIST_MAX = 256 };

/*
 * What the agent's command @name returned, a new reference; NULL and an error. @arguments: reference
 * taken, NULL for none.
 */
json_t *agent_ask(VmCall *call, const char *name, json_t *arguments, GError **error);
/* The same where the answer must be a list, or a number. */
json_t *agent_ask_list(VmCall *call, const char *name, GError **error);
bool agent_ask_number(VmCall *call, const char *name, json_t *arguments, int64_t *ret,
		      GError **error);
/* Where nothing is answered but that it was done. */
bool agent_do(VmCall *call, const char *name, json_t *arguments, GError **error);
bool agent_fail_nonsense(const VmCall *call, const char *name, GError **error);

/* The member @key as text of bounded length that may stand in a reply; NULL when it is none. */
char *agent_text(const json_t *object, const char *key);
/* The member as a number; -1 where there is none. */
int64_t agent_number(const json_t *object, const char *key);
/* The disk of the guest's definition that the agent speaks of, by its place; NULL: none. */
const DomainDisk *agent_disk(const Guest *guest, const json_t *address);
