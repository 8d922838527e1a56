/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/cli/xmlfile.h"
#include "tools/object/kind.h"
#include "tools/object/object_ref.h"

typedef struct Run {
	Session *session;
	const Args *args;
	const Action *action;
	const ObjectKind *kind; /* of what the call is about */
	const void *object;
	unsigned int flags;
	bool more; /* the call gets an optional text */
} Run;

/* Of "a=b size:c" the word for @member, without "member="; NULL when there is none. Caller frees. */
static char *source_find(const char *fields, const char *member)
{
	g_auto(GStrv) words = g_strsplit(fields ? fields : "", " ", -1);
	gsize length = strlen(member);

	for (gsize i = 0; words[i]; i++)
		if (!strncmp(words[i], member, length) && words[i][length] == '=')
			return g_strdup(words[i] + length + 1);
	return NULL;
}

static bool text_fill(Run *run, const Field *field, void *at, const char *text)
{
	char **place;

	if (!text)
		return true;
	if (field->kind == FIELD_TEXT) {
		*(char **)at = (char *)text;
		return true;
	}
	place = session_keep(run->session, g_new(char *, 1), g_free);
	*place = (char *)text;
	*(char ***)at = place;
	run->more = true;
	return true;
}

static bool number_fill(Run *run, const Field *field, void *at, const char *option, GError **error)
{
	switch (field->kind) {
	case FIELD_INT:
		return args_int(run->args, option, at, error);
	case FIELD_UINT:
		return args_uint(run->args, option, at, error);
	default:
		return args_ulong(run->args, option, at, error);
	}
}

static void number_set(const Field *field, void *at, gint64 number)
{
	if (field->kind == FIELD_HYPER || field->kind == FIELD_UHYPER)
		*(int64_t *)at = number;
	else
		*(int *)at = (int)number;
}

static bool option_fill(Run *run, const Field *field, void *block, const char *option, GError **error)
{
	void *at = field_at(field, block);
	const char *const *rest;

	if (field->many) {
		rest = args_rest(run->args, option);
		*(const char *const **)at = rest;
		*(u_int *)(void *)((char *)block + field->length) = g_strv_length((char **)rest);
		return true;
	}
	if (field->kind == FIELD_TEXT || field->kind == FIELD_MAYBE_TEXT)
		return text_fill(run, field, at, args_text(run->args, option));
	return number_fill(run, field, at, option, error);
}

static bool file_fill(Run *run, const Field *field, void *at, const char *option, GError **error)
{
	const char *text;

	if (!args_has(run->args, option))
		return true;
	text = xmlfile_read(run->session, run->args, option, error);
	return text && text_fill(run, field, at, text);
}

/* As action.h says. */
static bool source_fill(Run *run, const Field *field, void *block, const char *source, GError **error)
{
	const char *colon = strchr(source, ':');
	const char *option = colon ? colon + 1 : source;
	void *at = field_at(field, block);
	g_autofree char *path = NULL;

	if (g_ascii_isdigit(source[0]) || source[0] == '-') {
		number_set(field, at, g_ascii_strtoll(source, NULL, 10));
		return option_fill(run, field, block, field->name, error);
	}
	if (g_str_has_prefix(source, "size:"))
		return args_size(run->args, option, 1, at, error);
	if (g_str_has_prefix(source, "file:"))
		return file_fill(run, field, at, option, error);
	if (g_str_has_prefix(source, "flag:") || g_str_has_prefix(source, "not:")) {
		number_set(field, at, args_has(run->args, option) == (source[0] == 'f'));
		return true;
	}
	if (g_str_has_prefix(source, "path:")) {
		path = g_canonicalize_filename(args_text(run->args, option), NULL);
		return text_fill(run, field, at, session_printf(run->session, "%s", path));
	}
	return option_fill(run, field, block, option, error);
}

static bool choice_fill(Run *run, const Choice *choice, const Field *field, void *at, GError **error)
{
	g_auto(GStrv) words = g_strsplit(choice->words, " ", -1);
	const char *text = args_text(run->args, choice->option);
	int number = 0;

	while (text && words[number] && strcmp(words[number], text) != 0)
		number++;
	if (!words[number])
		return fail(error, VIR_ERR_INVALID_ARG, _(choice->bad), text);
	number_set(field, at, number);
	run->more |= text != NULL;
	return true;
}

static const Choice *choice_find(const Action *action, const char *member)
{
	for (gsize i = 0; i < G_N_ELEMENTS(action->choices) && action->choices[i].option; i++)
		if (!strcmp(action->choices[i].member, member))
			return &action->choices[i];
	return NULL;
}

static bool field_fill(Run *run, const Field *fields, const Field *field, void *block, GError **error)
{
	g_autofree char *source = source_find(run->action->fields, field->name);
	const Choice *choice = choice_find(run->action, field->name);
	void *at = field_at(field, block);

	if (run->kind && field->kind == FIELD_STRUCT && !field->many && object_kind(field->type) == run->kind)
		memcpy(at, run->object, run->kind->size);
	else if (run->kind == &object_kind_nodedev && !strcmp(field->name, "name"))
		memcpy(at, run->object, run->kind->size);
	else if (!strcmp(field->name, field_find(fields, "types") ? "types" : "flags"))
		*(unsigned int *)at = run->flags;
	else if (choice)
		return choice_fill(run, choice, field, at, error);
	else
		return source_fill(run, field, block, source ? source : field->name, error);
	return true;
}

/* The arguments of a call; end with the command. NULL with an error. */
static void *args_fill(Run *run, const RpcProc *proc, GError **error)
{
	void *block = session_keep(run->session, g_malloc0(MAX(proc->args_size, 1)), g_free);

	for (const Field *fields = fields_of_args(proc), *field = fields; field->name; field++)
		if (!field_fill(run, fields, field, block, error))
			return NULL;
	return block;
}

/* Of "a b, c d" each pair. */
static bool apart_check(const Run *run, GError **error)
{
	g_auto(GStrv) pairs = g_strsplit(run->action->apart ? run->action->apart : "", ", ", -1);

	for (gsize i = 0; pairs[i]; i++) {
		char *other = strchr(pairs[i], ' ');

		*other++ = 0;
		if (!args_exclusive(run->args, pairs[i], other, error))
			return false;
	}
	return true;
}

static bool one_of_check(const Run *run, GError **error)
{
	g_auto(GStrv) options = g_strsplit(run->action->one_of ? run->action->one_of : "", " ", -1);

	for (gsize i = 0; options[i]; i++)
		if (args_has(run->args, options[i]))
			return true;
	return !options[0] || fail(error, VIR_ERR_INVALID_ARG, "%s", _(run->action->neither));
}

static bool flags_read(Run *run, GError **error)
{
	const Action *action = run->action;

	if (action->affect && !args_affect(run->args, &run->flags, error))
		return false;
	run->flags |= action->always;
	if (action->flags)
		run->flags |= args_flags(run->args, action->flags);
	return !action->modes || args_words(run->args, action->modes, &action->mode, &run->flags, error);
}

/* What the call is about: its handle, or the device that it names by a text. */
static bool object_find(Run *run, const RpcProc *proc, GError **error)
{
	const Field *first = fields_of_args(proc);

	run->kind = first->name && first->kind == FIELD_STRUCT && !first->many ? object_kind(first->type) : NULL;
	if (!run->kind && args_text(run->args, object_kind_nodedev.option) && first->name &&
	    !strcmp(first->name, "name"))
		run->kind = &object_kind_nodedev;
	if (run->kind)
		run->object = run->kind->find(run->session, run->args, error);
	return !run->kind || run->object;
}

/* The getters of parameters first tell how many there are; they are asked twice. */
static void *call_make(Run *run, const RpcProc *proc, void *block, GError **error)
{
	const Field *count = field_find(fields_of_args(proc), "nparams");
	const Field *counted = field_find(fields_of_reply(proc), "nparams");
	void *ret = session_call(run->session, proc->program, proc->number, block, error);

	if (!ret || !count || !counted || !*(const int *)field_at(counted, ret))
		return ret;
	*(int *)field_at(count, block) = *(const int *)field_at(counted, ret);
	return session_call(run->session, proc->program, proc->number, block, error);
}

static const char *value_of(const Run *run, const char *option)
{
	return option ? args_text(run->args, option) : NULL;
}

/* What takes the place of the name in what is said. */
static const char *label(const Run *run, const ObjectKind *kind, const void *object)
{
	return run->action->named ? value_of(run, run->action->named) :
	       object ? kind->label(run->session, object) : value_of(run, run->action->with);
}

static bool action_failed(const Run *run, const Says *says, bool gives_object)
{
	if (!says->bad)
		return false;
	return failed(run->session, _(says->bad), label(run, run->kind, gives_object ? NULL : run->object),
		      value_of(run, run->action->with));
}

static void action_say(const Run *run, const Says *says, const ObjectKind *kind, const void *object)
{
	const char *with = value_of(run, run->action->with);
	json_t *result = run->action->uuid ? object_result(kind->option, label(run, kind, object),
							   kind->uuid(object), says->done) :
			 kind ? kind->result(object, says->done) :
			 with ? object_result(run->action->with, with, NULL, says->done) :
				json_pack("{s:s}", "done", says->done);

	if (says->good)
		out_done(run->session, result, _(says->good), label(run, kind, object), with);
	else
		out_value(run->session, result);
}

typedef struct Storing {
	Run run;
	const RpcProc *proc;
	void *block;
} Storing;

/* Stores an edited document: the handle as in the call that gave it, the document, the flags. */
static bool edit_apply(Session *session, const char *xml, void *data, GError **error)
{
	Storing *storing = data;
	const Field *fields = fields_of_args(storing->proc);
	const Field *document = field_find(fields, "xml");

	if (!document)
		document = field_find(fields, field_find(fields, "dxml") ? "dxml" : "xml_desc");
	text_fill(&storing->run, document, field_at(document, storing->block), xml);
	return session_call(session, storing->proc->program, storing->proc->number, storing->block, error);
}

/* Of an object's handle the part of some type: itself, or its domain's handle. */
static const void *handle_part(const Field *handle, const void *object, const char *type)
{
	if (!strcmp(handle->type, type))
		return object;
	for (const Field *member = handle->members; member->name; member++)
		if (member->kind == FIELD_STRUCT && !strcmp(member->type, type))
			return field_at(member, object);
	return NULL;
}

static void storing_fill(Storing *storing)
{
	const Run *run = &storing->run;
	const Field *handle = fields_of_args(rpc_proc_find(REMOTE_PROGRAM, run->action->call));
	const void *part;

	for (const Field *field = fields_of_args(storing->proc); field->name; field++) {
		void *at = field_at(field, storing->block);

		part = field->kind == FIELD_STRUCT ? handle_part(handle, run->object, field->type) : NULL;
		if (part)
			memcpy(at, part, field->size);
		else if (!strcmp(field->name, "flags"))
			*(unsigned int *)at = run->flags;
	}
}

static bool action_edit(const Run *run, const char *xml, GError **error)
{
	const Action *action = run->action;
	const char *name = label(run, run->kind, run->object);
	Storing storing = { *run, rpc_proc_find(REMOTE_PROGRAM, action->store), NULL };
	Edit edit = { .what = action->what ? _(action->what) : session_printf(run->session, "'%s'", name),
		      .name = name, .xml = xml, .apply = edit_apply, .data = &storing };
	const Says *says;
	bool changed;

	storing.block = session_keep(run->session, g_malloc0(storing.proc->args_size), g_free);
	storing.run.flags = action->storing | (action->store_flags ? args_flags(run->args, action->store_flags) : 0);
	storing_fill(&storing);
	if (!xml_edit(run->session, &edit, &changed, error))
		return false;
	says = changed ? &action->says : &action->instead;
	out_done(run->session, run->kind->result(run->object, says->done), _(says->good), name);
	return true;
}

static bool action_do(Run *run, GError **error)
{
	const Action *action = run->action;
	const Says *says = action->when && args_has(run->args, action->when) ? &action->instead : &action->says;
	const RpcProc *proc = rpc_proc_find(REMOTE_PROGRAM, action->call);
	const Field *reply = fields_of_reply(proc);
	const ObjectKind *given = reply->name && reply->kind == FIELD_STRUCT && !reply->many ?
					  object_kind(reply->type) : NULL;
	void *block, *ret;

	if (!apart_check(run, error) || !flags_read(run, error) || !object_find(run, proc, error) ||
	    !one_of_check(run, error))
		return false;
	block = args_fill(run, proc, error);
	if (block && action->plain && !run->flags && !run->more) {
		proc = rpc_proc_find(REMOTE_PROGRAM, action->plain);
		block = args_fill(run, proc, error);
	}
	if (!block)
		return given && action_failed(run, says, true);
	ret = call_make(run, proc, block, error);
	if (!ret)
		return action_failed(run, says, given);
	if (action->store)
		return action_edit(run, *(char *const *)field_at(reply, ret), error);
	if (action->xml)
		return xml_out(run->session, run->args, *(char *const *)field_at(reply, ret), error);
	if (action->show)
		action->show(run->session, &(ActionReply){ ret, reply, run->args });
	else if (says->done)
		action_say(run, says, given ? given : run->kind, given ? field_at(reply, ret) : run->object);
	return true;
}

/* What the object that the command names is called. */
static bool action_name(Run *run, GError **error)
{
	char uuid[37];

	run->kind = object_kind_named(run->args);
	run->object = run->kind->find(run->session, run->args, error);
	if (!run->object)
		return false;
	if (run->action->own_uuid)
		out_text(run->session, "uuid", uuid_text(run->kind->uuid(run->object), uuid));
	else
		out_text(run->session, "name", run->kind->label(run->session, run->object));
	return true;
}

bool action_run(Session *session, const Args *args, GError **error)
{
	Run run = { .session = session, .args = args, .action = args_command(args)->action };

	return run.action->name || run.action->own_uuid ? action_name(&run, error) : action_do(&run, error);
}

static const char *first_text(const ActionReply *reply)
{
	return *(const char *const *)field_at(reply->fields, reply->ret);
}

void show_text(Session *session, const ActionReply *reply)
{
	out_text(session, args_command(reply->args)->action->key, first_text(reply));
}

void show_document(Session *session, const ActionReply *reply)
{
	out_text(session, "xml", first_text(reply));
	out_print(session, "\n");
}
