/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shapes that commands about networks, pools, devices ... share. What is one call is a row: action.h.
 * Process: reeve.
 */
#pragma once

#include <stddef.h>

#include "tools/object/object_ref.h"
#include "tools/cli/xmlfile.h"

/* Edits the object's document and defines it anew. @get_flags: of the document to edit. */
#define OBJECT_EDIT(function, noun, find, get, define, member, get_flags, good, same) \
	static bool function##_apply(Session *session, const char *xml, G_GNUC_UNUSED void *data, \
				     GError **error) \
	{ \
		remote_##define##_args call = { .xml = (char *)xml }; \
\
		return ASK(session, define, &call, error); \
	} \
	bool function(Session *session, const Args *args, GError **error) \
	{ \
		const __auto_type object = find(session, args, error); \
		remote_##get##_args call = { .flags = get_flags }; \
		remote_##get##_ret *ret; \
		Edit edit = { .apply = function##_apply }; \
		bool changed; \
\
		if (!object) \
			return false; \
		call.member = *object; \
		ret = ASK(session, get, &call, error); \
		if (!ret) \
			return false; \
		edit.name = object->name; \
		edit.xml = ret->xml; \
		edit.what = session_printf(session, "'%s'", object->name); \
		if (!xml_edit(session, &edit, &changed, error)) \
			return false; \
		out_done(session, object_result(noun, object->name, NULL, changed ? "edit" : "nothing"), \
			 changed ? _(good) : _(same), object->name); \
		return true; \
	}

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
