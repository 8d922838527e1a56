/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "conf/secret/secret.h"
#include "daemon/front/serve.h"
#include "daemon/object/object.h"
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

/* Borrowed. */
static Object *get_secret(Call *call, const remote_nonnull_secret *secret, GError **error)
{
	return object_get_uuid(call->engine->objects, OBJECT_SECRET, (const uint8_t *)secret->uuid,
			       error);
}

static ObjectHold hold_secret_wait(Call *call, const remote_nonnull_secret *secret, const char *what,
				   GError **error)
{
	Object *object = get_secret(call, secret, error);

	return object ? object_hold_wait(object, what, error) : NULL;
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

/* @def may be NULL. */
static void fill_def(const Object *object, const SecretDef *def, remote_nonnull_secret *ret)
{
	memcpy(ret->uuid, object->uuid, sizeof(object->uuid));
	ret->usageType = def ? (int)def->usage : VIR_SECRET_USAGE_TYPE_NONE;
	ret->usageID = g_strdup(def && def->usage_id ? def->usage_id : "");
}

static void fill_secret(const Object *object, remote_nonnull_secret *ret)
{
	g_autoptr(SecretDef) def = secret_def(object, NULL);

	fill_def(object, def, ret);
}

static void emit_lifecycle(const Object *object, int event)
{
	remote_secret_event_lifecycle_msg message = { .event = event };

	fill_secret(object, &message.secret);
	object_emit(object, EVENT_SECRET, VIR_SECRET_EVENT_ID_LIFECYCLE,
		    (xdrproc_t)xdr_remote_secret_event_lifecycle_msg, &message);
	g_free(message.secret.usageID);
}

/* ---- look-up and listing ------------------------------------------------------------------- */

bool serve_secret_lookup_by_uuid(Call *call, remote_secret_lookup_by_uuid_args *args,
				 remote_secret_lookup_by_uuid_ret *ret, GError **error)
{
	Object *object = object_get_uuid(call->engine->objects, OBJECT_SECRET,
					 (const uint8_t *)args->uuid, error);

	if (object)
		fill_secret(object, &ret->secret);
	return object != NULL;
}

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
	if (!object)
		return fail(error, VIR_ERR_NO_SECRET, _("there is no secret for %s '%s'"),
			    secret_usage_name((SecretUsage)args->usageType), args->usageID);
	fill_secret(object, &ret->secret);
	return true;
}

bool serve_connect_num_of_secrets(Call *call, G_GNUC_UNUSED NOTHING *args,
				  remote_connect_num_of_secrets_ret *ret,
				  G_GNUC_UNUSED GError **error)
{
	ret->num = (int)objects_count(call->engine->objects, OBJECT_SECRET, false);
	return true;
}

bool serve_connect_list_secrets(Call *call, remote_connect_list_secrets_args *args,
				remote_connect_list_secrets_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;

	if (args->maxuuids < 0 || args->maxuuids > REMOTE_SECRET_LIST_MAX)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("%d UUIDs were asked for; between 0 and %d can be"), args->maxuuids,
			    REMOTE_SECRET_LIST_MAX);
	list = objects_list(call->engine->objects, OBJECT_SECRET, "");
	ret->uuids.uuids_len = MIN(list->len, (guint)args->maxuuids);
	ret->uuids.uuids_val = g_new0(char *, ret->uuids.uuids_len + 1);
	for (guint i = 0; i < ret->uuids.uuids_len; i++)
		ret->uuids.uuids_val[i] = g_strdup(((const Object *)list->pdata[i])->key);
	return true;
}

#define LIST_FLAGS 0xf /* the two pairs of VIR_CONNECT_LIST_SECRETS_... */

enum { AT_ONCE = 200 }; /* definitions read, before others have their turn */

bool serve_connect_list_all_secrets(Call *call, remote_connect_list_all_secrets_args *args,
				    remote_connect_list_all_secrets_ret *ret, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;
	unsigned count = 0;

	*ret = (remote_connect_list_all_secrets_ret){ .ret = 0 };
	if (!call_flags(call, args->flags, LIST_FLAGS, error))
		return false;
	list = objects_list(call->engine->objects, OBJECT_SECRET, "");
	for (guint i = 0; i < list->len; i++)
		object_ref(list->pdata[i]);
	g_ptr_array_set_free_func(list, (GDestroyNotify)object_unref);
	if (args->need_results)
		ret->secrets.secrets_val = g_new0(remote_nonnull_secret, list->len + 1);
	for (guint i = 0; i < list->len; i++) {
		const Object *object = list->pdata[i];
		g_autoptr(SecretDef) def = NULL;

		if (i % AT_ONCE == AT_ONCE - 1)
			fiber_yield_wait();
		def = secret_def(object, NULL);
		if (!def ||
		    !object_passes(args->flags, VIR_CONNECT_LIST_SECRETS_EPHEMERAL,
				   VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL,
				   def->ephemeral == TRISTATE_YES) ||
		    !object_passes(args->flags, VIR_CONNECT_LIST_SECRETS_PRIVATE,
				   VIR_CONNECT_LIST_SECRETS_NO_PRIVATE,
				   def->private_ == TRISTATE_YES))
			continue;
		if (args->need_results)
			fill_def(object, def, &ret->secrets.secrets_val[count]);
		count++;
	}
	ret->secrets.secrets_len = args->need_results ? count : 0;
	ret->ret = count;
	return true;
}

/* ---- definitions --------------------------------------------------------------------------- */

bool serve_secret_define_xml(Call *call, remote_secret_define_xml_args *args,
			     remote_secret_define_xml_ret *ret, GError **error)
{
	g_autoptr(SecretDef) def = NULL;
	g_autofree char *name = NULL, *text = NULL;
	char key[UUID_TEXT];
	ObjectSpec spec = { .kind = OBJECT_SECRET };
	g_auto(ObjectHold) object = NULL;

	if (!call_flags(call, args->flags, VIR_SECRET_DEFINE_VALIDATE, error))
		return false;
	def = secret_def_parse(args->xml, strlen(args->xml), args->flags ? CONF_VALIDATE : 0, NULL, error);
	if (!def)
		return false;
	uuid_format(&def->uuid, key);
	name = secret_name(def->usage, def->usage_id, key);
	text = secret_def_format(def, 0);
	spec.uuid = def->uuid.bytes;
	spec.name = name;
	spec.xml = text;
	object = object_define_commit(call, &spec, error);
	if (!object)
		return false;
	fill_secret(object, &ret->secret);
	emit_lifecycle(object, VIR_SECRET_EVENT_DEFINED);
	return true;
}

bool serve_secret_undefine(Call *call, remote_secret_undefine_args *args,
			   G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(ObjectHold) object = hold_secret_wait(call, &args->secret, "an undefine", error);

	if (!object || !object_undefine_commit(call, object, error))
		return false;
	emit_lifecycle(object, VIR_SECRET_EVENT_UNDEFINED);
	return true;
}

bool serve_secret_get_xml_desc(Call *call, remote_secret_get_xml_desc_args *args,
			       remote_secret_get_xml_desc_ret *ret, GError **error)
{
	Object *object = get_secret(call, &args->secret, error);

	if (!object || !call_flags(call, args->flags, 0, error))
		return false;
	ret->xml = g_strdup(object->xml);
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
	g_auto(ObjectHold) object = hold_secret_wait(call, &args->secret, "a new value", error);
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
	fill_secret(object, &message.secret);
	object_emit(object, EVENT_SECRET, VIR_SECRET_EVENT_ID_VALUE_CHANGED,
		    (xdrproc_t)xdr_remote_secret_event_value_changed_msg, &message);
	g_free(message.secret.usageID);
	return true;
}

bool serve_secret_get_value(Call *call, remote_secret_get_value_args *args,
			    remote_secret_get_value_ret *ret, GError **error)
{
	Object *object = get_secret(call, &args->secret, error);
	g_autoptr(SecretDef) def = NULL;
	const Value *value;
	gsize length = 0;

	if (!object || !call_flags(call, args->flags, 0, error))
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
