/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The smaller devices: input, file systems, random numbers, balloon, watchdog, TPM and so on. */
#include "drivers/qemu/argv/command_build.h"

/* ---- Input */

static void command_evdev(QemuCommand *cmd, const DomainInput *input)
{
	static const char *const toggles[GRAB_TOGGLE_LAST] = {
		[GRAB_TOGGLE_CTRL_CTRL] = "ctrl-ctrl",
		[GRAB_TOGGLE_ALT_ALT] = "alt-alt",
		[GRAB_TOGGLE_SHIFT_SHIFT] = "shift-shift",
		[GRAB_TOGGLE_META_META] = "meta-meta",
		[GRAB_TOGGLE_SCROLLLOCK] = "scrolllock",
		[GRAB_TOGGLE_CTRL_SCROLLLOCK] = "ctrl-scrolllock",
	};
	g_autofree char *node = command_path(cmd, input->info.alias, input->evdev);
	Props *opts = props_new("input-linux");

	props_str(opts, "id", input->info.alias);
	props_str(opts, "evdev", node);
	if (input->grab == GRAB_ALL)
		props_bool(opts, "grab_all", true);
	props_tristate(opts, "repeat", input->repeat);
	props_str(opts, "grab-toggle", toggles[input->grab_toggle]);
	command_opts(cmd, "-object", opts);
}

static const char *input_driver(const DomainInput *input)
{
	static const char *const usb[INPUT_LAST] = {
		[INPUT_MOUSE] = "usb-mouse",
		[INPUT_TABLET] = "usb-tablet",
		[INPUT_KEYBOARD] = "usb-kbd",
	};
	static const char *const virtio[INPUT_LAST] = {
		[INPUT_MOUSE] = "virtio-mouse",
		[INPUT_TABLET] = "virtio-tablet",
		[INPUT_KEYBOARD] = "virtio-keyboard",
		[INPUT_PASSTHROUGH] = "virtio-input-host",
	};

	if (input->bus == INPUT_BUS_USB)
		return usb[input->type];
	return input->bus == INPUT_BUS_VIRTIO ? virtio[input->type] : NULL;
}

static bool command_input(QemuCommand *cmd, const DomainInput *input, GError **error)
{
	const char *driver = input_driver(input);
	g_autofree char *virtio = NULL, *node = NULL;
	Props *opts;

	if (input->type == INPUT_EVDEV) {
		command_evdev(cmd, input);
		return true;
	}
	if (input->bus == INPUT_BUS_PS2 || input->bus == INPUT_BUS_ABSENT)
		return true; /* part of the machine */
	if (!driver)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("input device '%s' on bus '%s' is not supported"),
			    input_type_name(input->type), input_bus_name(input->bus));
	if (input->bus == INPUT_BUS_USB)
		return command_device(cmd, props_new(driver), &input->info, error);
	virtio = virtio_device(driver, input->model, &input->info);
	opts = props_new(virtio);
	virtio_opts(opts, &input->virtio);
	if (input->type == INPUT_PASSTHROUGH) {
		node = command_path(cmd, input->info.alias, input->evdev);
		props_str(opts, "evdev", node);
	}
	return command_device(cmd, opts, &input->info, error);
}

bool command_inputs(QemuCommand *cmd, GError **error)
{
	for (guint i = 0; i < list_length(cmd->def->inputs); i++)
		if (!command_input(cmd, list_get(cmd->def->inputs, i), error))
			return false;
	return true;
}

bool command_hubs(QemuCommand *cmd, GError **error)
{
	for (guint i = 0; i < list_length(cmd->def->hubs); i++)
		if (!command_device(cmd, props_new("usb-hub"),
				    &((DomainHub *)list_get(cmd->def->hubs, i))->info, error))
			return false;
	return true;
}

/* ---- File systems */

static bool command_virtiofs(QemuCommand *cmd, const DomainFilesystem *fs, GError **error)
{
	g_autofree char *id = g_strconcat("chr-vu-", fs->info.alias, NULL);
	g_autofree char *driver = virtio_device("vhost-user-fs", fs->model, &fs->info);
	Props *chardev, *opts;

	if (!fs->socket)
		return command_refuse(error, "filesystem/driver type='virtiofs'",
				      _("starting virtiofsd is not supported; run one and name its "
					"socket"));
	chardev = props_new("socket");
	props_str(chardev, "id", id);
	props_str(chardev, "path", fs->socket);
	command_opts(cmd, "-chardev", chardev);
	opts = props_new(driver);
	props_str(opts, "chardev", id);
	if (fs->queue > 0)
		props_num(opts, "queue-size", fs->queue);
	props_str(opts, "tag", fs->target);
	virtio_opts(opts, &fs->virtio);
	return command_device(cmd, opts, &fs->info, error);
}

static bool command_9p(QemuCommand *cmd, const DomainFilesystem *fs, GError **error)
{
	static const char *const models[FS_ACCESS_LAST] = {
		[FS_ACCESS_ABSENT] = "passthrough",
		[FS_ACCESS_PASSTHROUGH] = "passthrough",
		[FS_ACCESS_MAPPED] = "mapped",
		[FS_ACCESS_SQUASH] = "none",
	};
	g_autofree char *id = g_strconcat("fsdev-", fs->info.alias, NULL);
	g_autofree char *driver = virtio_device("virtio-9p", fs->model, &fs->info);
	Props *device, *opts = props_new("local");

	props_str(opts, "security_model", models[fs->access]);
	if (fs->multidevs > FS_MULTIDEVS_DEFAULT)
		props_str(opts, "multidevs", filesystem_multidevs_name(fs->multidevs));
	if (fs->has_fmode)
		props_printf(opts, "fmode", "%04o", fs->fmode);
	if (fs->has_dmode)
		props_printf(opts, "dmode", "%04o", fs->dmode);
	if (fs->wrpolicy == FS_WRPOLICY_IMMEDIATE)
		props_str(opts, "writeout", "immediate");
	props_str(opts, "id", id);
	props_str(opts, "path", fs->source);
	if (fs->readonly)
		props_bool(opts, "readonly", true);
	command_opts(cmd, "-fsdev", opts);
	device = props_new(driver);
	props_str(device, "fsdev", id);
	props_str(device, "mount_tag", fs->target);
	virtio_opts(device, &fs->virtio);
	return command_device(cmd, device, &fs->info, error);
}

/* Switches of a virtiofsd that we would start. */
static bool filesystem_check(const DomainFilesystem *fs, GError **error)
{
	if (fs->type != FS_MOUNT && fs->type != FS_ABSENT)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("file systems of type '%s' are not supported"),
			    filesystem_type_name(fs->type));
	if (fs->space_hard_limit || fs->space_soft_limit)
		return command_refuse(error, "space_hard_limit", _("quotas belong to containers"));
	if (fs->binary || fs->xattr || fs->cache || fs->sandbox || fs->lock_posix ||
	    fs->lock_flock || fs->has_thread_pool_size || fs->openfiles)
		return command_refuse(error, "binary",
				      _("starting virtiofsd is not supported; run one and name its "
					"socket"));
	if (list_length(fs->uids) > 0 || list_length(fs->gids) > 0)
		return command_refuse(error, "idmap", _("starting virtiofsd is not supported"));
	if (fs->format != STORAGE_FORMAT_ABSENT)
		return command_refuse(error, "filesystem/driver format",
				      _("images as file systems belong to containers"));
	return true;
}

bool command_filesystems(QemuCommand *cmd, GError **error)
{
	for (guint i = 0; i < list_length(cmd->def->filesystems); i++) {
		const DomainFilesystem *fs = list_get(cmd->def->filesystems, i);

		if (!filesystem_check(fs, error))
			return false;
		if (fs->driver == FS_DRIVER_VIRTIOFS ? !command_virtiofs(cmd, fs, error)
						     : !command_9p(cmd, fs, error))
			return false;
	}
	return true;
}

/* ---- Devices of which there are few */

/* A device node that was opened for @alias, as QEMU shall open it; the caller frees. */
static char *opened_node(QemuCommand *cmd, const char *alias, const char *path)
{
	GPtrArray *layers = command_layers(cmd, alias);

	if (list_length(layers) == 0)
		return g_strdup(path);
	return command_fdset(cmd, ((GuestLayer *)list_get(layers, 0))->fd, alias);
}

static bool command_rng(QemuCommand *cmd, const DomainRng *rng, GError **error)
{
	static const VirtioModel models[RNG_MODEL_LAST] = {
		[RNG_MODEL_VIRTIO] = VIRTIO_MODEL_VIRTIO,
		[RNG_MODEL_TRANSITIONAL] = VIRTIO_MODEL_TRANSITIONAL,
		[RNG_MODEL_NON_TRANSITIONAL] = VIRTIO_MODEL_NON_TRANSITIONAL,
	};
	g_autofree char *object = g_strconcat("obj", rng->info.alias, NULL);
	g_autofree char *chardev = g_strconcat("char", rng->info.alias, NULL);
	g_autofree char *driver = virtio_device("virtio-rng", models[rng->model], &rng->info);
	Props *opts = props_new(rng->backend == RNG_BACKEND_EGD       ? "rng-egd"
				 : rng->backend == RNG_BACKEND_BUILTIN ? "rng-builtin"
								       : "rng-random");

	props_str(opts, "id", object);
	if (rng->backend == RNG_BACKEND_RANDOM || rng->backend == RNG_BACKEND_ABSENT) {
		g_autofree char *node =
			opened_node(cmd, rng->info.alias, rng->path ? rng->path : "/dev/urandom");

		props_str(opts, "filename", node);
	} else if (rng->backend == RNG_BACKEND_EGD) {
		if (!command_chardev(cmd, &rng->source, chardev, rng->info.alias, error)) {
			props_free(opts);
			return false;
		}
		props_str(opts, "chardev", chardev);
	}
	command_opts(cmd, "-object", opts);
	opts = props_new(driver);
	props_str(opts, "rng", object);
	virtio_opts(opts, &rng->virtio);
	if (rng->rate_bytes > 0) {
		props_num(opts, "max-bytes", rng->rate_bytes);
		props_num(opts, "period", rng->rate_period_ms ? rng->rate_period_ms : 1000);
	}
	return command_device(cmd, opts, &rng->info, error);
}

static bool command_balloon(QemuCommand *cmd, const DomainMemballoon *balloon, GError **error)
{
	VirtioModel model = balloon->model == MEMBALLOON_TRANSITIONAL ? VIRTIO_MODEL_TRANSITIONAL
			    : balloon->model == MEMBALLOON_NON_TRANSITIONAL
				    ? VIRTIO_MODEL_NON_TRANSITIONAL
				    : VIRTIO_MODEL_VIRTIO;
	g_autofree char *driver = virtio_device("virtio-balloon", model, &balloon->info);
	Props *opts;

	if (balloon->model == MEMBALLOON_NONE)
		return true;
	if (balloon->model == MEMBALLOON_XEN)
		return command_refuse(error, "memballoon model='xen'", _("this is not Xen"));
	opts = props_new(driver);
	virtio_opts(opts, &balloon->virtio);
	props_tristate(opts, "deflate-on-oom", balloon->autodeflate);
	props_tristate(opts, "free-page-reporting", balloon->free_page_reporting);
	return command_device(cmd, opts, &balloon->info, error);
}

static bool command_watchdog(QemuCommand *cmd, const DomainWatchdog *watchdog, GError **error)
{
	switch (watchdog->model) {
	case WATCHDOG_I6300ESB:
	case WATCHDOG_IB700:
	case WATCHDOG_DIAG288:
		return command_device(cmd, props_new(watchdog_model_name(watchdog->model)),
				      &watchdog->info, error);
	case WATCHDOG_ITCO: /* part of ICH9, but strapped off */
		command_pair(cmd, "-global", "ICH9-LPC.noreboot=off");
		return true;
	default:
		return command_refuse(error, "watchdog", _("it has no model"));
	}
}

static bool command_panic(QemuCommand *cmd, const DomainPanic *panic, GError **error)
{
	Props *opts;

	switch (panic->model) {
	case PANIC_ISA:
		opts = props_new("pvpanic");
		if (panic->info.address.type == ADDRESS_ISA && panic->info.address.isa.has_iobase)
			props_num(opts, "ioport", panic->info.address.isa.iobase);
		command_opts(cmd, "-device", opts);
		return true;
	case PANIC_PVPANIC:
		return command_device(cmd, props_new("pvpanic-pci"), &panic->info, error);
	default: /* parts of the processor or the machine */
		return true;
	}
}

static bool command_tpm(QemuCommand *cmd, const DomainTpm *tpm, GError **error)
{
	g_autofree char *id = g_strconcat("tpm-", tpm->info.alias, NULL);
	g_autofree char *chardev = g_strconcat("chr", tpm->info.alias, NULL);
	Props *opts;

	if (tpm->backend != TPM_BACKEND_EXTERNAL)
		return command_refuse(
			error, "tpm/backend",
			tpm->backend == TPM_BACKEND_PASSTHROUGH
				? _("passing the host's TPM on is not supported")
				: _("starting swtpm is not supported; run one and use "
				    "a backend of type 'external'"));
	if (!command_chardev(cmd, &tpm->source, chardev, tpm->info.alias, error))
		return false;
	opts = props_new("emulator");
	props_str(opts, "id", id);
	props_str(opts, "chardev", chardev);
	command_opts(cmd, "-tpmdev", opts);
	opts = props_new(tpm->model ? tpm_model_name(tpm->model) : "tpm-tis");
	props_str(opts, "tpmdev", id);
	return command_device(cmd, opts, &tpm->info, error);
}

static bool command_vsock(QemuCommand *cmd, const DomainVsock *vsock, GError **error)
{
	g_autofree char *driver = virtio_device("vhost-vsock", vsock->model, &vsock->info);
	int fd = command_fd(cmd, vsock->info.alias);
	Props *opts;

	if (fd < 0 && cmd->context->resources)
		return command_refuse(error, "vsock",
				      _("/dev/vhost-vsock could not be opened; load the module "
					"vhost_vsock"));
	opts = props_new(driver);
	virtio_opts(opts, &vsock->virtio);
	props_num(opts, "guest-cid", vsock->cid);
	if (fd >= 0)
		props_printf(opts, "vhostfd", "%d", fd);
	return command_device(cmd, opts, &vsock->info, error);
}

static bool command_shmem(QemuCommand *cmd, const DomainShmem *shmem, GError **error)
{
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

static bool command_iommu(QemuCommand *cmd, const DomainIommu *iommu, GError **error)
{
	Props *opts;

	if (iommu->model == IOMMU_SMMUV3)
		return true; /* an option of the machine */
	if (iommu->model == IOMMU_VIRTIO)
		return command_device(cmd, props_new("virtio-iommu"), &iommu->info, error);
	opts = props_new("intel-iommu");
	props_str(opts, "id", iommu->info.alias ? iommu->info.alias : "iommu0");
	props_onoff_tristate(opts, "intremap", iommu->intremap);
	props_tristate(opts, "caching-mode", iommu->caching_mode);
	props_onoff_tristate(opts, "eim", iommu->eim);
	props_tristate(opts, "device-iotlb", iommu->iotlb);
	props_tristate(opts, "dma-translation", iommu->dma_translation);
	if (iommu->aw_bits > 0)
		props_num(opts, "aw-bits", iommu->aw_bits);
	command_opts(cmd, "-device", opts);
	return true;
}

static bool command_crypto(QemuCommand *cmd, const DomainCrypto *crypto, GError **error)
{
	g_autofree char *object = g_strconcat("obj", crypto->info.alias, NULL);
	g_autofree char *driver =
		virtio_device("virtio-crypto", VIRTIO_MODEL_VIRTIO, &crypto->info);
	Props *opts =
		props_new(crypto->backend == CRYPTO_BACKEND_LKCF ? "cryptodev-backend-lkcf"
								: "cryptodev-backend-builtin");

	props_str(opts, "id", object);
	if (crypto->queues > 0)
		props_num(opts, "queues", crypto->queues);
	command_opts(cmd, "-object", opts);
	opts = props_new(driver);
	props_str(opts, "cryptodev", object);
	virtio_opts(opts, &crypto->virtio);
	return command_device(cmd, opts, &crypto->info, error);
}

static bool command_nvram(QemuCommand *cmd, const DomainNvram *nvram, GError **error)
{
	Props *opts;

	if (!command_is_ppc64(cmd))
		return command_refuse(error, "nvram", _("only pSeries machines have that device"));
	opts = props_new(NULL);
	props_printf(opts, "spapr-nvram.reg", "0x%" G_GINT64_MODIFIER "x",
		    nvram->info.address.spapr.reg);
	(void)error;
	command_opts(cmd, "-global", opts);
	return true;
}

/* Calls @build for each element of a list. */
#define EACH(list, Type, build)                                                                    \
	for (guint i = 0; i < list_length(cmd->def->list); i++)                                    \
		if (!build(cmd, (const Type *)list_get(cmd->def->list, i), error))                 \
	return false

/* Before the devices that it translates for. */
bool command_iommus(QemuCommand *cmd, GError **error)
{
	EACH(iommus, DomainIommu, command_iommu);
	return true;
}

bool command_small_devices(QemuCommand *cmd, GError **error)
{
	EACH(tpms, DomainTpm, command_tpm);
	EACH(watchdogs, DomainWatchdog, command_watchdog);
	EACH(memballoons, DomainMemballoon, command_balloon);
	EACH(rngs, DomainRng, command_rng);
	EACH(nvrams, DomainNvram, command_nvram);
	EACH(panics, DomainPanic, command_panic);
	EACH(shmems, DomainShmem, command_shmem);
	EACH(vsocks, DomainVsock, command_vsock);
	EACH(cryptos, DomainCrypto, command_crypto);
	return true;
}
