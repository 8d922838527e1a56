/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool shmem_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainShmem *shmem = device->shmem;

	(void)completion;
	if (!shmem->model)
		shmem->model = SHMEM_MODEL_IVSHMEM;
	return true;
}

static bool shmem_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainShmem *shmem = device->shmem;
	const char *model = shmem_model_name(shmem->model);

	switch (shmem->model) {
	case SHMEM_MODEL_IVSHMEM:
		return refuse(check,
			      _("shmem '%s': QEMU no longer has model 'ivshmem': use "
				"'ivshmem-plain' or 'ivshmem-doorbell'"),
			      shmem->name ?: "");
	case SHMEM_MODEL_PLAIN:
		if (shmem->server)
			return refuse(check, _("shmem '%s': model '%s' has no <server>"),
				      shmem->name ?: "", model);
		break;
	case SHMEM_MODEL_DOORBELL:
		if (!shmem->server)
			return refuse(check, _("shmem '%s': model '%s' needs a <server>"),
				      shmem->name ?: "", model);
		if (shmem->size_mib)
			return refuse(check,
				      _("shmem '%s': the server of model '%s' says the size"),
				      shmem->name ?: "", model);
		break;
	default:
		break;
	}
	if (shmem->msi && !shmem->server)
		return reject(check, _("shmem '%s': <msi> needs a <server>"), shmem->name ?: "");
	return true;
}

static bool shmem_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainShmem *shmem = device->shmem;
	g_autofree char *id =
		g_strconcat(shmem->server ? "char" : "shmmem-", shmem->info.alias, NULL);
	Props *opts, *backend;

	if (shmem->model == SHMEM_MODEL_IVSHMEM)
		return command_refuse(error, "shmem/model type='ivshmem'",
				      _("use ivshmem-plain or ivshmem-doorbell"));
	if (!shmem->server && shmem->msi)
		return command_refuse(error, "shmem/msi", _("only memory of a server has it"));
	if (shmem->server) {
		backend = props_new("socket");
		props_str(backend, "id", id);
		props_str(backend, "path", shmem->server_path);
		command_opts(cmd, "-chardev", backend);
		opts = props_new("ivshmem-doorbell");
		props_str(opts, "chardev", id);
		if (shmem->msi_vectors > 0)
			props_num(opts, "vectors", shmem->msi_vectors);
		props_tristate(opts, "ioeventfd", shmem->msi_ioeventfd);
	} else {
		backend = props_new("memory-backend-file");
		props_str(backend, "id", id);
		props_printf(backend, "mem-path", "/dev/shm/%s", shmem->name);
		props_mib(backend, "size", MAX(shmem->size_mib, 4));
		props_bool(backend, "share", true);
		command_opts(cmd, "-object", backend);
		opts = props_new("ivshmem-plain");
		props_str(opts, "memdev", id);
	}
	if (shmem->role != SHMEM_ROLE_ABSENT)
		props_onoff(opts, "master", shmem->role == SHMEM_ROLE_MASTER);
	return command_device(cmd, opts, &shmem->info, error);
}

static PciConnect shmem_pci(G_GNUC_UNUSED const DomainDevice *device)
{
	return PCI_CONNECT_DEVICE;
}

const QemuDeviceKind qemu_shmem = {
	.prefix = "shmem",
	.complete = shmem_complete,
	.check = shmem_check,
	.pci = shmem_pci,
	.hotplug = qemu_hotplug_always,
	.build = shmem_build,
};
