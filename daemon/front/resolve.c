/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/front/resolve.h"
#include "daemon/registry/domain_call.h"

#include "base/error.h"
#include "daemon/client/access.h"
#include "daemon/object/object.h"
#include "daemon/storage/pool.h"
#include "rpc/wire/handle.h"

/* History outlives its domain. */
static bool resolve_domain(Call *call, const RpcHandle *handle, GError **error)
{
	g_autoptr(GError) reason = NULL;
	Domain *domain = registry_get_uuid(call->engine->registry, call->driver, handle->uuid,
					   &reason);

	if (domain) {
		call->domain = domain_ref(domain);
		return call_check_domain(call, domain, error);
	}
	if (call->proc->program == REEVE_PROGRAM_NUMBER)
		return true;
	g_propagate_error(error, g_steal_pointer(&reason));
	return false;
}

/* @object may be NULL, with *@error set. */
static bool take_object(Call *call, Object *object, GError **error)
{
	if (!object || !call_check_object(call, object, error))
		return false;
	call->object = object_ref(object);
	return true;
}

static bool resolve_uuid(Call *call, const RpcHandle *handle, ObjectKind kind, GError **error)
{
	return take_object(call,
			   object_get_uuid(call->engine->objects, kind, handle->uuid, error), error);
}

static bool resolve_moment(Call *call, const RpcHandle *handle, ObjectKind kind, GError **error)
{
	return resolve_domain(call, handle, error) &&
	       take_object(call,
			   object_get_name(call->engine->objects, kind, call->domain->uuid_text,
					   handle->name, error),
			   error);
}

static bool resolve_volume(Call *call, const RpcHandle *handle, GError **error)
{
	const VolumeNames names = { handle->pool, handle->name, handle->key };

	return take_object(call, pools_get_volume(call->engine->objects, &names, &call->volume, error),
			   error);
}

bool call_resolve(Call *call, GError **error)
{
	g_auto(RpcHandle) handle = { .name = NULL };

	if (call->proc->names == RPC_NAMES_NOTHING)
		return true;
	if (!rpc_handle_read(call->message, call->proc, &handle, error))
		return false;
	switch (call->proc->names) {
	case RPC_NAMES_DOMAIN:
		return resolve_domain(call, &handle, error);
	case RPC_NAMES_SNAPSHOT:
		return resolve_moment(call, &handle, OBJECT_SNAPSHOT, error);
	case RPC_NAMES_CHECKPOINT:
		return resolve_moment(call, &handle, OBJECT_CHECKPOINT, error);
	case RPC_NAMES_NETWORK:
		return resolve_uuid(call, &handle, OBJECT_NETWORK, error);
	case RPC_NAMES_STORAGE_POOL:
		return resolve_uuid(call, &handle, OBJECT_POOL, error);
	case RPC_NAMES_STORAGE_VOL:
		return resolve_volume(call, &handle, error);
	case RPC_NAMES_NWFILTER:
		return resolve_uuid(call, &handle, OBJECT_NWFILTER, error);
	case RPC_NAMES_SECRET:
		return resolve_uuid(call, &handle, OBJECT_SECRET, error);
	default:
		return true;
	}
}
