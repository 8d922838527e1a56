/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What devices leave open: buses, models, sizes. One function per kind of device. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/address/address.h"
#include "drivers/qemu/machine/complete.h"
#include "drivers/qemu/machine/machine.h"

#define VIDEO_MIB 1024 /* in KiB */

typedef struct Completion {
	DomainDef *def;
	const QemuCaps *caps;
	GError **error;
} Completion;

static void complete_string(char **member, const char *value)
{
	if (!*member)
		*member = g_strdup(value);
}

/* ---- Disks ---- */

static const struct {
	const char *prefix; /* of the target's name */
	DiskBus bus;
} disk_buses[] = {
	{ "hd", DISK_BUS_IDE },    { "sd", DISK_BUS_SCSI }, { "fd", DISK_BUS_FDC },
	{ "vd", DISK_BUS_VIRTIO }, { "xvd", DISK_BUS_XEN }, { "ubd", DISK_BUS_UML },
};

static DiskBus disk_default_bus(const DomainDisk *disk)
{
	for (size_t i = 0; disk->target && i < G_N_ELEMENTS(disk_buses); i++)
		if (g_str_has_prefix(disk->target, disk_buses[i].prefix))
			return disk_buses[i].bus;
	return disk->device == DISK_DEVICE_FLOPPY ? DISK_BUS_FDC : DISK_BUS_IDE;
}

static guint protocol_port(StorageProtocol protocol)
{
	switch (protocol) {
	case STORAGE_PROTOCOL_NBD:
		return 10809;
	case STORAGE_PROTOCOL_GLUSTER:
		return 24007;
	case STORAGE_PROTOCOL_ISCSI:
		return 3260;
	case STORAGE_PROTOCOL_SSH:
		return 22;
	case STORAGE_PROTOCOL_HTTP:
		return 80;
	case STORAGE_PROTOCOL_HTTPS:
		return 443;
	case STORAGE_PROTOCOL_FTP:
		return 21;
	case STORAGE_PROTOCOL_FTPS:
		return 990;
	case STORAGE_PROTOCOL_TFTP:
		return 69;
	case STORAGE_PROTOCOL_SHEEPDOG:
		return 7000;
	case STORAGE_PROTOCOL_VXHS:
		return 9999;
	default:
		return 0;
	}
}

static void complete_source(StorageSource *source)
{
	if (source->encryption && !source->encryption->engine)
		source->encryption->engine = ENCRYPTION_ENGINE_QEMU;
	/* An iSCSI target without a unit means its first. */
	if (source->protocol == STORAGE_PROTOCOL_ISCSI && source->name &&
	    !strchr(source->name, '/')) {
		char *name = g_strdup_printf("%s/0", source->name);

		g_free(source->name);
		source->name = name;
	}
	for (guint i = 0; i < list_length(source->hosts); i++) {
		StorageHost *host = list_get(source->hosts, i);

		if (host->has_port || host->transport == STORAGE_TRANSPORT_UNIX || host->socket)
			continue;
		host->port = protocol_port(source->protocol);
		host->has_port = host->port > 0;
	}
}

static void complete_disk(DomainDisk *disk)
{
	if (!disk->device)
		disk->device = DISK_DEVICE_DISK;
	if (!disk->source.type)
		disk->source.type = STORAGE_FILE;
	if (!disk->bus)
		disk->bus = disk_default_bus(disk);
	if (disk->device == DISK_DEVICE_CDROM)
		disk->readonly = true;
	/* A drive without a medium. */
	if (disk->source.type == STORAGE_NETWORK && !disk->source.protocol &&
	    disk->device != DISK_DEVICE_DISK && disk->device != DISK_DEVICE_LUN)
		disk->source.type = STORAGE_FILE;
	complete_source(&disk->source);
	if (disk->encryption && !disk->encryption->engine)
		disk->encryption->engine = ENCRYPTION_ENGINE_QEMU;
	if (disk->source.type == STORAGE_VHOST_USER)
		return;
	complete_string(&disk->driver_name, "qemu");
	/* What format a volume has, its pool knows. */
	if (!disk->format && disk->source.type != STORAGE_VOLUME)
		disk->format =
			disk->source.type == STORAGE_DIR ? STORAGE_FORMAT_FAT : STORAGE_FORMAT_RAW;
}

/* ---- Interfaces ---- */

static const char *interface_default_model(const Completion *completion)
{
	const DomainDef *def = completion->def;

	if (qemu_arch_is_x86(def->os.arch)) {
		static const char *const models[] = { "rtl8139", "e1000", NULL };

		for (const char *const *model = models; *model; model++)
			if (qemu_caps_has_device(completion->caps, *model))
				return *model;
	}
	return "virtio";
}

static bool complete_interface(Completion *completion, DomainInterface *interface)
{
	if (!interface->model && interface->type == INTERFACE_VDPA)
		interface->model = g_strdup("virtio");
	if (!interface->model && interface->type != INTERFACE_HOSTDEV)
		interface->model = g_strdup(interface_default_model(completion));
	/* Once, capitals did not matter here. */
	if (interface->model && g_ascii_strcasecmp(interface->model, "virtio") == 0)
		memcpy(interface->model, "virtio", strlen("virtio"));
	if (!interface->mac.set) {
		/* The block of KVM's guests; the rest by chance. */
		guint32 chance = g_random_int();
		const guint8 bytes[6] = { 0x52,
					  0x54,
					  0x00,
					  (guint8)chance,
					  (guint8)(chance >> 8),
					  (guint8)(chance >> 16) };

		memcpy(interface->mac.bytes, bytes, sizeof(bytes));
		interface->mac.set = true;
	}
	return true;
}

/* ---- Serial ports ---- */

static void serial_default_target(const DomainDef *def, DomainChardev *serial)
{
	if (serial->serial_target)
		return;
	switch (serial->info.address.type) {
	case ADDRESS_USB:
		serial->serial_target = SERIAL_TARGET_USB;
		return;
	case ADDRESS_PCI:
		serial->serial_target = SERIAL_TARGET_PCI;
		return;
	case ADDRESS_SPAPR_VIO:
		serial->serial_target = SERIAL_TARGET_SPAPR_VIO;
		return;
	default:
		break;
	}
	if (qemu_arch_is_x86(def->os.arch))
		serial->serial_target = SERIAL_TARGET_ISA;
	else if (machine_family(def) == MACHINE_PSERIES)
		serial->serial_target = SERIAL_TARGET_SPAPR_VIO;
	else if (qemu_arch_is_s390(def->os.arch))
		serial->serial_target = SERIAL_TARGET_SCLP;
	else if (machine_family(def) == MACHINE_VIRT)
		serial->serial_target = SERIAL_TARGET_SYSTEM;
}

static SerialModel serial_default_model(const DomainDef *def, SerialTarget target)
{
	switch (target) {
	case SERIAL_TARGET_ISA:
		return SERIAL_MODEL_ISA_SERIAL;
	case SERIAL_TARGET_USB:
		return SERIAL_MODEL_USB_SERIAL;
	case SERIAL_TARGET_PCI:
		return SERIAL_MODEL_PCI_SERIAL;
	case SERIAL_TARGET_SPAPR_VIO:
		return SERIAL_MODEL_SPAPR_VTY;
	case SERIAL_TARGET_SCLP:
		return SERIAL_MODEL_SCLPCONSOLE;
	case SERIAL_TARGET_ISA_DEBUG:
		return SERIAL_MODEL_ISA_DEBUGCON;
	case SERIAL_TARGET_SYSTEM:
		return qemu_arch_is_riscv(def->os.arch) ? SERIAL_MODEL_16550A : SERIAL_MODEL_PL011;
	default:
		return SERIAL_MODEL_ABSENT;
	}
}

static void port_choose(GPtrArray *list, DomainChardev *chardev)
{
	guint port = 0;

	if (chardev->has_port)
		return;
	for (guint i = 0; i < list->len; i++) {
		const DomainChardev *other = list_get(list, i);

		if (other->has_port && other->port >= port)
			port = other->port + 1;
	}
	chardev->port = port;
	chardev->has_port = true;
}

static bool complete_serial(Completion *completion, DomainChardev *serial)
{
	serial_default_target(completion->def, serial);
	if (!serial->serial_model)
		serial->serial_model = serial_default_model(completion->def, serial->serial_target);
	port_choose(completion->def->serials, serial);
	return true;
}

static bool complete_parallel(Completion *completion, DomainChardev *parallel)
{
	port_choose(completion->def->parallels, parallel);
	return true;
}

/* ---- Screen, sound, input ---- */

static VideoType video_default_type(const Completion *completion)
{
	const char *arch = completion->def->os.arch;

	if (qemu_arch_is_ppc64(arch))
		return VIDEO_VGA;
	if (qemu_arch_is_arm(arch) || qemu_arch_is_s390(arch) || qemu_arch_is_riscv(arch))
		return VIDEO_VIRTIO;
	if (qemu_caps_has_device(completion->caps, "cirrus-vga"))
		return VIDEO_CIRRUS;
	return VIDEO_VGA;
}

/* QXL wants powers of two. */
static guint power_of_two(guint value)
{
	guint power = 1;

	while (power < value && power < (1u << 31))
		power <<= 1;
	return power;
}

static void video_memory(DomainVideo *video)
{
	switch (video->type) {
	case VIDEO_QXL:
		video->ram_kib = video->ram_kib ? power_of_two(video->ram_kib) : 64 * VIDEO_MIB;
		video->vram_kib = video->vram_kib ? power_of_two(video->vram_kib) : 64 * VIDEO_MIB;
		video->vgamem_kib =
			video->vgamem_kib ? power_of_two(video->vgamem_kib) : 16 * VIDEO_MIB;
		video->has_vram = true;
		break;
	case VIDEO_VGA:
	case VIDEO_CIRRUS:
	case VIDEO_VMVGA:
	case VIDEO_BOCHS:
		video->vram_kib = video->vram_kib ? power_of_two(video->vram_kib) : 16 * VIDEO_MIB;
		video->has_vram = true;
		break;
	default:
		break;
	}
}

static bool complete_video(Completion *completion, DomainVideo *video)
{
	bool any_primary = false;

	if (video->primary == TRISTATE_NO)
		video->primary = TRISTATE_ABSENT;
	if (!video->type)
		video->type = video_default_type(completion);
	video_memory(video);
	if (!video->heads && video->type != VIDEO_NONE)
		video->heads = 1;
	for (guint i = 0; i < completion->def->videos->len; i++)
		if (((DomainVideo *)list_get(completion->def->videos, i))->primary == TRISTATE_YES)
			any_primary = true;
	if (!any_primary && list_get(completion->def->videos, 0) == video)
		video->primary = TRISTATE_YES;
	return true;
}

static bool complete_input(Completion *completion, DomainInput *input)
{
	if (input->bus)
		return true;
	if (input->type == INPUT_EVDEV)
		return true;
	if (input->type == INPUT_PASSTHROUGH || qemu_arch_is_s390(completion->def->os.arch))
		input->bus = INPUT_BUS_VIRTIO;
	else if (input->type != INPUT_TABLET && machine_has_ps2(completion->def) &&
		 input->info.address.type != ADDRESS_USB)
		input->bus = INPUT_BUS_PS2;
	else
		input->bus = INPUT_BUS_USB;
	return true;
}

static bool complete_audio(Completion *completion, DomainAudio *audio)
{
	guint last = 0;

	for (guint i = 0; i < completion->def->audios->len; i++)
		last = MAX(last, ((DomainAudio *)list_get(completion->def->audios, i))->id);
	if (!audio->id)
		audio->id = last + 1;
	return true;
}

/* ---- The small ones ---- */

static bool complete_memballoon(Completion *completion, DomainMemballoon *balloon)
{
	(void)completion;
	if (!balloon->model)
		balloon->model = MEMBALLOON_VIRTIO;
	return true;
}

static bool complete_rng(Completion *completion, DomainRng *rng)
{
	(void)completion;
	if (!rng->model)
		rng->model = RNG_MODEL_VIRTIO;
	if (rng->backend == RNG_BACKEND_RANDOM)
		complete_string(&rng->path, "/dev/random");
	return true;
}

static bool complete_watchdog(Completion *completion, DomainWatchdog *watchdog)
{
	(void)completion;
	if (!watchdog->action)
		watchdog->action = WATCHDOG_ACTION_RESET;
	return true;
}

static bool complete_panic(Completion *completion, DomainPanic *panic)
{
	if (panic->model)
		return true;
	if (machine_family(completion->def) == MACHINE_PSERIES)
		panic->model = PANIC_PSERIES;
	else if (qemu_arch_is_s390(completion->def->os.arch))
		panic->model = PANIC_S390;
	else
		panic->model = PANIC_ISA;
	return true;
}

static bool complete_tpm(Completion *completion, DomainTpm *tpm)
{
	if (!tpm->model)
		tpm->model = machine_family(completion->def) == MACHINE_PSERIES ? TPM_MODEL_SPAPR
										: TPM_MODEL_TIS;
	if (tpm->backend == TPM_BACKEND_EMULATOR && !tpm->version)
		tpm->version = TPM_VERSION_2_0;
	return true;
}

static bool complete_shmem(Completion *completion, DomainShmem *shmem)
{
	(void)completion;
	if (!shmem->model)
		shmem->model = SHMEM_MODEL_IVSHMEM;
	return true;
}

static bool complete_vsock(Completion *completion, DomainVsock *vsock)
{
	(void)completion;
	if (!vsock->model)
		vsock->model = VIRTIO_MODEL_VIRTIO;
	return true;
}

static bool complete_filesystem(Completion *completion, DomainFilesystem *filesystem)
{
	(void)completion;
	if (!filesystem->type)
		filesystem->type = FS_MOUNT;
	if (!filesystem->access && filesystem->type == FS_MOUNT &&
	    filesystem->driver != FS_DRIVER_VIRTIOFS)
		filesystem->access = FS_ACCESS_PASSTHROUGH;
	return true;
}

static bool complete_hostdev(Completion *completion, DomainHostdev *hostdev)
{
	(void)completion;
	if (!hostdev->mode)
		hostdev->mode = HOSTDEV_MODE_SUBSYSTEM;
	if (hostdev->mode == HOSTDEV_MODE_SUBSYSTEM && !hostdev->managed)
		hostdev->managed = TRISTATE_NO;
	if (hostdev->scsi_protocol == SCSI_PROTOCOL_ISCSI)
		complete_source(&hostdev->iscsi);
	return true;
}

static bool complete_redirdev(Completion *completion, DomainRedirdev *redirdev)
{
	(void)completion;
	if (!redirdev->bus)
		redirdev->bus = DISK_BUS_USB;
	if (redirdev->source.type == CHARDEV_DBUS)
		complete_string(&redirdev->source.channel, "org.qemu.usbredir");
	return true;
}

static bool complete_device(DomainDef *def, const DomainDevice *device, void *data)
{
	Completion *completion = data;

	(void)def;
	switch (device->kind) {
	case DEVICE_FILESYSTEM:
		return complete_filesystem(completion, device->filesystem);
	case DEVICE_INTERFACE:
		return complete_interface(completion, device->interface);
	case DEVICE_SERIAL:
		return complete_serial(completion, device->chardev);
	case DEVICE_PARALLEL:
		return complete_parallel(completion, device->chardev);
	case DEVICE_VIDEO:
		return complete_video(completion, device->video);
	case DEVICE_INPUT:
		return complete_input(completion, device->input);
	case DEVICE_AUDIO:
		return complete_audio(completion, device->audio);
	case DEVICE_MEMBALLOON:
		return complete_memballoon(completion, device->memballoon);
	case DEVICE_RNG:
		return complete_rng(completion, device->rng);
	case DEVICE_WATCHDOG:
		return complete_watchdog(completion, device->watchdog);
	case DEVICE_PANIC:
		return complete_panic(completion, device->panic);
	case DEVICE_TPM:
		return complete_tpm(completion, device->tpm);
	case DEVICE_SHMEM:
		return complete_shmem(completion, device->shmem);
	case DEVICE_VSOCK:
		return complete_vsock(completion, device->vsock);
	case DEVICE_HOSTDEV:
		return complete_hostdev(completion, device->hostdev);
	case DEVICE_REDIRDEV:
		return complete_redirdev(completion, device->redirdev);
	default:
		return true;
	}
}

/* Disks of one bus stand in the order of their names, as machines have them. */
static void disks_sort(DomainDef *def)
{
	guint n = list_length(def->disks);

	for (guint i = 1; i < n; i++) {
		DomainDisk *disk = list_get(def->disks, i);
		guint place = i, last = i;

		for (guint j = 0; j < i; j++) {
			const DomainDisk *other = list_get(def->disks, j);

			if (other->bus != disk->bus)
				continue;
			if (disk_target_number(other->target) > disk_target_number(disk->target)) {
				place = j;
				break;
			}
			last = j + 1;
		}
		if (place == i && last < i)
			place = last;
		if (place == i)
			continue;
		memmove(&def->disks->pdata[place + 1], &def->disks->pdata[place],
			(i - place) * sizeof(gpointer));
		def->disks->pdata[place] = disk;
	}
}

/* The screen that firmware uses comes first. */
static void videos_sort(DomainDef *def)
{
	for (guint i = 1; i < list_length(def->videos); i++) {
		DomainVideo *video = list_get(def->videos, i);

		if (video->primary != TRISTATE_YES)
			continue;
		memmove(&def->videos->pdata[1], &def->videos->pdata[0], i * sizeof(gpointer));
		def->videos->pdata[0] = video;
		return;
	}
}

bool complete_devices(DomainDef *def, const QemuCaps *caps, GError **error)
{
	Completion completion = { .def = def, .caps = caps, .error = error };

	videos_sort(def);
	for (guint i = 0; i < list_length(def->disks); i++)
		complete_disk(list_get(def->disks, i));
	disks_sort(def);
	return domain_def_each_device(def, complete_device, &completion);
}
