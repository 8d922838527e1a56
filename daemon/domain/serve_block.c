/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be told of the disks of a guest that is off: their images are looked at by reeve-priv. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"
#include "daemon/host/priv_request.h"
#include "daemon/registry/domain_call.h"
#include "rpc/wire/wire.h"

/* By what the guest calls it, or by its path. */
static const DomainDisk *disk_get(const DomainDef *def, const char *name, GError **error)
{
	const DomainDisk *disk = domain_def_disk_by_target(def, name);

	for (unsigned i = 0; !disk && i < list_length(def->disks); i++) {
		const DomainDisk *other = list_get(def->disks, i);

		if (g_strcmp0(other->source.path, name) == 0)
			disk = other;
	}
	if (!disk)
		return fail_null(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no disk '%s'"),
				 def->name, name);
	if (disk->source.type == STORAGE_FILE && !disk->source.path)
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("disk '%s' of domain '%s' has no medium"), name, def->name);
	if (disk->source.type != STORAGE_FILE)
		return fail_null(error, VIR_ERR_OPERATION_UNSUPPORTED,
				 _("disk '%s' of domain '%s' is no file: how large it is can be told "
				   "while the domain runs"),
				 name, def->name);
	return disk;
}

bool serve_domain_get_block_info(Call *call, remote_domain_get_block_info_args *args,
				 remote_domain_get_block_info_ret *ret, GError **error)
{
	g_autofree char *directory = NULL, *name = NULL;
	priv_volume_args request;
	priv_volume_ret answer = { 0 };
	const DomainDisk *disk;
	const DomainDef *def;
	bool plain;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	def = domain_def_get(call->domain, DOMAIN_STORED, error);
	disk = def ? disk_get(def, args->path, error) : NULL;
	if (!disk)
		return false;
	directory = g_path_get_dirname(disk->source.path);
	name = g_path_get_basename(disk->source.path);
	plain = disk->format == STORAGE_FORMAT_RAW || disk->format == STORAGE_FORMAT_ABSENT;
	request = (priv_volume_args){ .pool = directory, .name = name };
	if (!PRIV_CALL(call->engine, volume_look, &request, &answer, NULL, error))
		return false;
	/* Into a raw image its guest can write any header, which then says nothing. */
	ret->capacity = plain ? answer.volume.physical : answer.volume.capacity;
	ret->allocation = answer.volume.allocation;
	ret->physical = answer.volume.physical;
	rpc_free((xdrproc_t)xdr_priv_volume_ret, &answer);
	return true;
}
