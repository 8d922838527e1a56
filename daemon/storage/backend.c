/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/storage/backend.h"

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/storage/mount.h"

/*
 * By PoolType; a type without a row can be defined, but not be started. Once it is mounted a file system is a
 * directory.
 */
static const struct {
	const StorageBackend *backend;
	bool (*check)(const PoolDef *def, GError **error); /* is what it needs of the host there? May be NULL */
} backends[POOL_TYPE_LAST] = {
	[POOL_TYPE_DIR] = { &storage_backend_dir, NULL },
	[POOL_TYPE_FS] = { &storage_backend_dir, mount_check },
	[POOL_TYPE_NETFS] = { &storage_backend_dir, mount_check },
};

bool storage_backend_is_built(PoolType type)
{
	return backends[type].backend != NULL;
}

bool storage_backend_check(const PoolDef *def, GError **error)
{
	return !backends[def->type].check || backends[def->type].check(def, error);
}

const StorageBackend *storage_backend(const Engine *engine, const PoolDef *def, GError **error)
{
	const StorageBackend *backend = backends[def->type].backend;

	if (!backend)
		return fail_null(error, VIR_ERR_NO_SUPPORT,
				 _("storage pool '%s': pools of type '%s' can be defined, but not be "
				   "started yet"),
				 def->name, pool_type_name(def->type));
	if (!engine->priv)
		return fail_null(error, VIR_ERR_NO_SUPPORT,
				 _("storage pool '%s': storage pools of a session cannot be started "
				   "yet; use qemu:///system"),
				 def->name);
	return backend;
}

priv_permissions storage_permissions(const PoolPermissions *permissions)
{
	if (!permissions)
		return (priv_permissions){ .owner = -1, .group = -1 };
	return (priv_permissions){
		.has_mode = permissions->has_mode,
		.mode = permissions->mode,
		.owner = permissions->has_owner ? permissions->owner : -1,
		.group = permissions->has_group ? permissions->group : -1,
	};
}
