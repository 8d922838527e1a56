/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shapes that commands about networks, pools, devices ... share. What is one call is a row: action.h.
 * Process: reeve.
 */
#pragma once

#include <stddef.h>

#include "tools/object/object_ref.h"
#include "tools/cli/xmlfile.h"

/* What a listing call gave: handles of @size bytes, each with its name @name bytes from its start. */
typedef struct ObjectList {
	void *items;
	guint n;
	gsize size, name;
	json_t *(*row)(Session *session, const void *item); /* may call; several run at once */
} ObjectList;
#define OBJECT_LIST(list, length, make_row) \
	{ .items = (list), .n = (length), .size = sizeof(*(list)), \
	  .name = offsetof(__typeof__(*(list)), name), .row = (make_row) }
/* One row for each, in the order of the names, which @list is then in, too; NULL with an error. */
json_t *objects_rows(Session *session, ObjectList *list, GError **error);

/* 1, 0, or -1 when the call failed: for listings. */
#define YES_NO(session, proc, call, member) ({ \
	remote_##proc##_ret *answer_ = ASK(session, proc, call, NULL); \
	answer_ ? answer_->member > 0 : -1; })
/* json_true(), json_false(), or null for -1. */
json_t *json_yes_no(int answer);
