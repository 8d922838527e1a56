/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shapes that commands about networks, pools, devices ... share: one call about one object, one
 * call with a document from a file, one document shown. Process: reeve.
 */
#pragma once

#include <stddef.h>

#include "tools/object/object_ref.h"
#include "tools/cli/xmlfile.h"

/*
 * Calls @proc about the object that @find gives and says so. @member: the handle in the arguments;
 * @uuid: of the handle, or NULL.
 */
#define OBJECT_VERB(function, what, find, proc, member, result, good, bad) \
	bool function(Session *session, const Args *args, GError **error) \
	{ \
		const __auto_type object = find(session, args, error); \
		remote_##proc##_args call = { 0 }; \
\
		if (!object) \
			return false; \
		call.member = *object; \
		if (!TELL(session, proc, &call, error)) \
			return failed(session, _(bad), object->name); \
		out_done(session, object_result(what, object->name, NULL, result), _(good), object->name); \
		return true; \
	}

/* Autostart or not, by --disable. */
#define OBJECT_AUTOSTART(function, what, find, proc, member, good, bad, good_off, bad_off) \
	bool function(Session *session, const Args *args, GError **error) \
	{ \
		const __auto_type object = find(session, args, error); \
		bool on = !args_has(args, "disable"); \
		remote_##proc##_args call = { .autostart = on }; \
\
		if (!object) \
			return false; \
		call.member = *object; \
		if (!TELL(session, proc, &call, error)) \
			return failed(session, on ? _(bad) : _(bad_off), object->name); \
		out_done(session, object_result(what, object->name, NULL, on ? "autostart" : "no-autostart"), \
			 on ? _(good) : _(good_off), object->name); \
		return true; \
	}

/* Hands over the document of --file; @flag stands for --validate. */
#define OBJECT_DEFINE(function, what, proc, document, member, flag, result, good, bad) \
	bool function(Session *session, const Args *args, GError **error) \
	{ \
		remote_##proc##_args call = { .flags = args_has(args, "validate") ? flag : 0 }; \
		remote_##proc##_ret *ret; \
\
		call.document = (char *)xmlfile_read(session, args, "file", error); \
		ret = call.document ? ASK(session, proc, &call, error) : NULL; \
		if (!ret) \
			return failed(session, _(bad), args_text(args, "file")); \
		out_done(session, object_result(what, ret->member.name, NULL, result), _(good), \
			 ret->member.name, args_text(args, "file")); \
		return true; \
	}

/* Shows the object's document. @table: flags by options. */
#define OBJECT_DUMPXML(function, find, proc, member, table) \
	bool function(Session *session, const Args *args, GError **error) \
	{ \
		const __auto_type object = find(session, args, error); \
		remote_##proc##_args call = { .flags = args_flags(args, table) }; \
		remote_##proc##_ret *ret; \
\
		if (!object) \
			return false; \
		call.member = *object; \
		ret = ASK(session, proc, &call, error); \
		return ret && xml_out(session, args, ret->xml, error); \
	}

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

extern const FlagOption no_flags[];
/* 1, 0, or -1 when the call failed: for listings. */
#define YES_NO(session, proc, call, member) ({ \
	remote_##proc##_ret *answer_ = ASK(session, proc, call, NULL); \
	answer_ ? answer_->member > 0 : -1; })
/* json_true(), json_false(), or null for -1. */
json_t *json_yes_no(int answer);
