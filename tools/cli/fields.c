/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stddef.h>
#include <string.h>

#include "tools/cli/fields.h"
#include "tools/cli/output.h"

static const Field fields_NOTHING[] = { { 0 } };

#define PLACE(struct, member, of_kind, of_type) \
	.name = #member, .kind = FIELD_##of_kind, .type = #of_type, .members = fields_##of_type

/* A list of the members of each struct; not all structs belong to calls. */
#define STRUCT(struct) G_GNUC_UNUSED static const Field fields_##struct[] = {
#define FIELD(struct, member, kind, type) \
	{ PLACE(struct, member, kind, type), .offset = offsetof(struct, member), \
	  .size = sizeof(((struct *)NULL)->member) },
#define LIST(struct, member, kind, type) \
	{ PLACE(struct, member, kind, type), .many = true, \
	  .offset = offsetof(struct, member.member##_val), \
	  .size = sizeof(*((struct *)NULL)->member.member##_val), \
	  .length = offsetof(struct, member.member##_len) },
#define END(struct) { 0 } };
#include "rpc/tables/fields.def"
#undef STRUCT
#undef FIELD
#undef LIST
#undef END

typedef struct ProcFields {
	const Field *args, *reply;
} ProcFields;

#define CALL(number, name, args, ret, ...) [number] = { fields_##args, fields_##ret },
static const ProcFields remote_fields[] = {
#include "rpc/tables/calls.def"
};
static const ProcFields qemu_fields[] = {
#include "rpc/tables/qemu_calls.def"
};
static const ProcFields reeve_fields[] = {
#include "rpc/tables/reeve_calls.def"
};
#undef CALL

static const ProcFields *proc_fields(const RpcProc *proc)
{
	return proc->program == QEMU_PROGRAM ? &qemu_fields[proc->number] :
	       proc->program == REMOTE_PROGRAM ? &remote_fields[proc->number] : &reeve_fields[proc->number];
}

const Field *fields_of_args(const RpcProc *proc)
{
	return proc_fields(proc)->args;
}

const Field *fields_of_reply(const RpcProc *proc)
{
	return proc_fields(proc)->reply;
}

const Field *field_find(const Field *fields, const char *name)
{
	for (const Field *field = fields; field->name; field++)
		if (!strcmp(field->name, name))
			return field;
	return NULL;
}

void *field_at(const Field *field, const void *block)
{
	return (char *)block + field->offset;
}

guint field_length(const Field *field, const void *block)
{
	return *(const u_int *)(const void *)((const char *)block + field->length);
}

static json_t *value_json(const Field *field, const void *value)
{
	json_t *object;
	char *const *maybe;

	switch (field->kind) {
	case FIELD_INT:
		return json_integer(*(const int *)value);
	case FIELD_UINT:
		return json_integer(*(const u_int *)value);
	case FIELD_HYPER:
	case FIELD_UHYPER:
		return json_integer(*(const int64_t *)value);
	case FIELD_UCHAR:
	case FIELD_BYTE:
		return json_integer(*(const u_char *)value);
	case FIELD_DOUBLE:
		return json_real(*(const double *)value);
	case FIELD_TEXT:
		return json_text(*(char *const *)value);
	case FIELD_MAYBE_TEXT:
		maybe = *(char *const *const *)value;
		return json_text(maybe ? *maybe : NULL);
	case FIELD_UUID:
		return json_uuid(value);
	case FIELD_STRUCT:
		break;
	}
	object = json_object();
	for (const Field *member = field->members; member->name; member++)
		json_object_set_new(object, member->name, field_json(member, value));
	return object;
}

json_t *field_json(const Field *field, const void *block)
{
	const char *items;
	json_t *array;

	if (!field->many)
		return value_json(field, field_at(field, block));
	items = *(const char *const *)field_at(field, block);
	array = json_array();
	for (guint i = 0; i < field_length(field, block); i++)
		json_array_append_new(array, value_json(field, items + i * field->size));
	return array;
}
