/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/secret/secret.h"
#include "daemon/client/access.h"
#include "daemon/client/serve.h"
#include "daemon/object/class.h"
#include "daemon/object/secret_value.h"

/* A value that is only in memory: of an ephemeral secret. */
typedef struct Value {
	void *bytes;
	gsize length;
} Value;

static void value_free(void *data)
{
	Value *value = data;

	if (!value)
		return;
	secret_value_free(value->bytes, value->length);
	g_free(value);
}

static SecretDef *secret_def(const Object *object, GError **error)
{
	return secret_def_parse(object->xml, strlen(object->xml), 0, NULL, error);
}

/* Two secrets cannot be for the same thing, so that is a secret's name: "volume:/path". */
static char *secret_name(SecretUsage usage, const char *id, const char *key)
{
	if (usage == SECRET_USAGE_ABSENT)
		return g_strdup(key);
	return g_strconcat(secret_usage_name(usage), ":", id, NULL);
}

static void fill(const Object *object, void *handle)
{
	g_autoptr(SecretDef) def = secret_def(object, NULL);
	remote_nonnull_secret *ret = handle;

	memcpy(ret->uuid, object->uuid, sizeof(object->uuid));
	ret->usageType = def ? (int)def->usage : VIR_SECRET_USAGE_TYPE_NONE;
	ret->usageID = g_strdup(def && def->usage_id ? def->usage_id : "");
}

static void emit(const Object *object, int event)
{
	remote_secret_event_lifecycle_msg message = { .event = event };

	fill(object, &message.secret);
	object_emit(object, EVENT_SECRET, VIR_SECRET_EVENT_ID_LIFECYCLE,
		    (xdrproc_t)xdr_remote_secret_event_lifecycle_msg, &message);
	g_free(message.secret.usageID);
}

/* ---- the class ----------------------------------------------------------------------------- */

static void *parse(const char *xml, unsigned conf, GError **error)
{
	return secret_def_parse(xml, strlen(xml), conf, NULL, error);
}

static char *format(const void *def)
{
	return secret_def_format(def, 0);
}

static void def_free(void *def)
{
	secret_def_free(def);
}

static uint8_t *def_uuid(void *def)
{
	return ((SecretDef *)def)->uuid.bytes;
}

static char *def_name(const void *def)
{
	const SecretDef *secret = def;
	char key[UUID_TEXT];

	uuid_format(&secret->uuid, key);
	return secret_name(secret->usage, secret->usage_id, key);
}

static bool passes(const Object *object, unsigned flags)
{
	g_autoptr(SecretDef) def = secret_def(object, NULL);

	return def &&
	       object_passes(flags, VIR_CONNECT_LIST_SECRETS_EPHEMERAL,
			     VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL,
			     def->ephemeral == TRISTATE_YES) &&
	       object_passes(flags, VIR_CONNECT_LIST_SECRETS_PRIVATE,
			     VIR_CONNECT_LIST_SECRETS_NO_PRIVATE, def->private_ == TRISTATE_YES);
}

const ObjectClass secret_class = {
	.stored = "secret",
	.text = N_("secret"),
	.missing = VIR_ERR_NO_SECRET,
	.exists = VIR_ERR_INTERNAL_ERROR,
	.define_flags = VIR_SECRET_DEFINE_VALIDATE,
	.parse = parse,
	.format = format,
	.free = def_free,
	.uuid = def_uuid,
	.name = def_name,
	.handle_size = sizeof(remote_nonnull_secret),
	.fill = fill,
	.more_flags = VIR_CONNECT_LIST_SECRETS_EPHEMERAL | VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL |
		      VIR_CONNECT_LIST_SECRETS_PRIVATE | VIR_CONNECT_LIST_SECRETS_NO_PRIVATE,
	.passes = passes,
	.listed_by_key = true,
	.emit = emit,
	.defined = VIR_SECRET_EVENT_DEFINED,
	.undefined = VIR_SECRET_EVENT_UNDEFINED,
};

bool serve_secret_lookup_by_usage(Call *call, remote_secret_lookup_by_usage_args *args,
				  remote_secret_lookup_by_usage_ret *ret, GError **error)
{
	g_autofree char *name = NULL;
	Object *object;

	if (args->usageType <= 0 || args->usageType >= SECRET_USAGE_LAST)
		return fail(error, VIR_ERR_INVALID_ARG, _("%d is not a usage of secrets"),
			    args->usageType);
	name = secret_name((SecretUsage)args->usageType, args->usageID, NULL);
	object = object_find_name(call->engine->objects, OBJECT_SECRET, NULL, name);
	if (!object || !call_sees_object(call, object))
		return fail(error, VIR_ERR_NO_SECRET, _("there is no secret for %s '%s'"),
			    secret_usage_name((SecretUsage)args->usageType), args->usageID);
	fill(object, &ret->secret);
	return true;
}

/* ---- values -------------------------------------------------------------------------------- */

static void keep_in_memory(Object *object, const void *bytes, gsize length)
{
	Value *value = g_new0(Value, 1);

	value->bytes = g_memdup2(bytes, length);
	value->length = length;
	value_free(object->data);
	object->data = value;
	object->data_free = value_free;
}

bool serve_secret_set_value(Call *call, remote_secret_set_value_args *args,
			    G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = object_hold_wait(call->object, "a new value", error);
	g_autoptr(SecretDef) def = NULL;
	g_autofree char *sealed = NULL;
	remote_secret_event_value_changed_msg message = { 0 };

	if (!object || !call_flags(call, args->flags, 0, error))
		return false;
	def = secret_def(object, error);
	if (!def)
		return false;
	if (def->ephemeral == TRISTATE_YES) {
		keep_in_memory(object, args->value.value_val, args->value.value_len);
	} else {
		sealed = secret_value_seal(call->engine, object->uuid, args->value.value_val,
					   args->value.value_len, error);
		if (!sealed || !object_mark_commit(call, object, false, sealed, error))
			return false;
	}
	fill(object, &message.secret);
	object_emit(object, EVENT_SECRET, VIR_SECRET_EVENT_ID_VALUE_CHANGED,
		    (xdrproc_t)xdr_remote_secret_event_value_changed_msg, &message);
	g_free(message.secret.usageID);
	return true;
}

bool serve_secret_get_value(Call *call, remote_secret_get_value_args *args,
			    remote_secret_get_value_ret *ret, GError **error)
{
	const Object *object = call->object;
	g_autoptr(SecretDef) def = NULL;
	const Value *value;
	gsize length = 0;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	def = secret_def(object, error);
	if (!def)
		return false;
	if (def->private_ == TRISTATE_YES)
		return fail(error, VIR_ERR_INVALID_SECRET,
			    _("secret '%s' is private: no client may read its value"), object->key);
	value = object->data;
	if (value) {
		ret->value.value_val = g_memdup2(value->bytes, value->length);
		length = value->length;
	} else if (*object->extra) {
		ret->value.value_val = secret_value_open(call->engine, object->uuid, object->extra,
							 &length, error);
		if (!ret->value.value_val)
			return false;
	} else {
		return fail(error, VIR_ERR_NO_SECRET, _("secret '%s' has no value yet"), object->key);
	}
	ret->value.value_len = (u_int)length;
	return true;
}
