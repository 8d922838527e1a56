/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Screens. */
#include "config.h"

#include "drivers/qemu/device/kind.h"

#define VRAM_MIN 1024  /* KiB */
#define VIDEO_MIB 1024 /* in KiB */

static VideoType video_default_type(const QemuCompletion *completion)
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

static bool video_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainVideo *video = device->video;
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

static const struct {
	VideoType type;
	const char *device; /* as the first screen */
	bool secondary;     /* may be another than the first */
} video_kinds[] = {
	{ VIDEO_VGA, "VGA", false },
	{ VIDEO_CIRRUS, "cirrus-vga", false },
	{ VIDEO_VMVGA, "vmware-svga", false },
	{ VIDEO_QXL, "qxl", true },
	{ VIDEO_VIRTIO, "virtio-gpu-pci", true },
	{ VIDEO_BOCHS, "bochs-display", false },
	{ VIDEO_RAMFB, "ramfb", false },
};

static bool check_video_type(const QemuCheck *check, const DomainVideo *video)
{
	bool first = list_get(check->def->videos, 0) == video;

	if (video->type == VIDEO_NONE)
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(video_kinds); i++) {
		if (video_kinds[i].type != video->type)
			continue;
		if (!first && !video_kinds[i].secondary)
			return refuse(check, _("a screen of type '%s' can only be the first one"),
				      video_type_name(video->type));
		/* On other boards the same thing has another name. */
		if (qemu_arch_is_x86(check->def->os.arch) &&
		    video->backend != VIDEO_BACKEND_VHOSTUSER &&
		    !qemu_caps_has_device(check->caps, video_kinds[i].device))
			return refuse(check, _("'%s' has no screen of type '%s'"),
				      check->caps->path, video_type_name(video->type));
		return true;
	}
	return refuse(check, _("QEMU has no screen of type '%s'"),
		      video_type_name(video->type) ?: "");
}

static bool check_video_memory(const QemuCheck *check, const DomainVideo *video)
{
	const char *type = video_type_name(video->type);

	if (video->type != VIDEO_QXL) {
		if (video->ram_kib)
			return refuse(check, _("a screen of type '%s' has no 'ram', only qxl has"),
				      type);
		if (video->vram64_kib)
			return refuse(check,
				      _("a screen of type '%s' has no 'vram64', only qxl has"),
				      type);
		if (video->vgamem_kib)
			return refuse(check,
				      _("a screen of type '%s' has no 'vgamem', only qxl has"),
				      type);
	}
	if ((video->type == VIDEO_VGA || video->type == VIDEO_VMVGA || video->type == VIDEO_BOCHS ||
	     video->type == VIDEO_CIRRUS) &&
	    video->vram_kib && video->vram_kib < VRAM_MIN)
		return refuse(check, _("a screen of type '%s' has at least %d KiB of vram"), type,
			      VRAM_MIN);
	return true;
}

static bool virtio_options_are_set(const VirtioOptions *options)
{
	return options->iommu || options->ats || options->packed || options->page_per_vq;
}

static bool video_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainVideo *video = device->video;
	const char *type = video_type_name(video->type);
	bool virtio = video->type == VIDEO_VIRTIO;
	bool resolution = video->res_x || video->res_y;

	if (video->backend == VIDEO_BACKEND_VHOSTUSER && !virtio)
		return refuse(check,
			      _("the driver 'vhostuser' is for screens of type 'virtio' only, not "
				"'%s'"),
			      type);
	if (video->accel3d == TRISTATE_YES && !virtio)
		return refuse(check,
			      _("a screen of type '%s' does not accelerate 3D, 'virtio' does"),
			      type);
	if (virtio_options_are_set(&video->virtio) && !virtio)
		return refuse(check,
			      _("a screen of type '%s' has no options of virtio in <driver>"),
			      type);
	if (video->heads > 1 && !virtio && video->type != VIDEO_QXL)
		return refuse(check, _("a screen of type '%s' has one head"), type);
	if (resolution && (video->type == VIDEO_CIRRUS || video->type == VIDEO_VMVGA ||
			   video->type == VIDEO_RAMFB || video->type == VIDEO_NONE))
		return reject(check, _("a screen of type '%s' begins with a fixed <resolution>"),
			      type);
	return check_video_type(check, video) && check_video_memory(check, video);
}

/* Cards that take the place of a VGA, and what they are as a further card. */
static const struct {
	VideoType type;
	const char *primary, *secondary;
} cards[] = {
	{ VIDEO_VGA, "VGA", NULL },
	{ VIDEO_CIRRUS, "cirrus-vga", NULL },
	{ VIDEO_VMVGA, "vmware-svga", NULL },
	{ VIDEO_QXL, "qxl-vga", "qxl" },
	{ VIDEO_VIRTIO, "virtio-vga", "virtio-gpu" },
	{ VIDEO_BOCHS, "bochs-display", "bochs-display" },
	{ VIDEO_RAMFB, "ramfb", NULL },
};

static char *video_driver(const QemuCommand *cmd, const DomainVideo *video, bool primary)
{
	bool accelerated = video->accel3d == TRISTATE_YES;

	for (unsigned i = 0; i < G_N_ELEMENTS(cards); i++) {
		if (cards[i].type != video->type)
			continue;
		if (video->type != VIDEO_VIRTIO)
			return g_strdup(primary ? cards[i].primary : cards[i].secondary);
		if (primary && command_is_x86(cmd))
			return g_strdup(accelerated ? "virtio-vga-gl" : "virtio-vga");
		return virtio_device(accelerated ? "virtio-gpu-gl" : "virtio-gpu",
				     VIRTIO_MODEL_VIRTIO, &video->info);
	}
	return NULL;
}

static void video_opts(Props *opts, const DomainVideo *video)
{
	if (video->type == VIDEO_QXL) {
		if (video->ram_kib > 0)
			props_num(opts, "ram_size", (guint64)video->ram_kib * 1024);
		if (video->vram_kib > 0)
			props_num(opts, "vram_size", (guint64)video->vram_kib * 1024);
		props_num(opts, "vram64_size_mb", video->vram64_kib / 1024);
		if (video->vgamem_kib > 0)
			props_num(opts, "vgamem_mb", video->vgamem_kib / 1024);
	} else if (video->type == VIDEO_VGA && video->vram_kib > 0) {
		props_num(opts, "vgamem_mb", video->vram_kib / 1024);
	} else if (video->type == VIDEO_VMVGA && video->vram_kib > 0) {
		props_num(opts, "vgamem_mb", video->vram_kib / 1024);
	} else if (video->type == VIDEO_BOCHS && video->vram_kib > 0) {
		props_kib(opts, "vgamem", video->vram_kib);
	}
	if (video->heads > 0 && (video->type == VIDEO_VIRTIO || video->type == VIDEO_QXL))
		props_num(opts, "max_outputs", video->heads);
	if (video->res_x > 0 || video->res_y > 0) {
		props_num(opts, "xres", video->res_x);
		props_num(opts, "yres", video->res_y);
	}
	props_tristate(opts, "blob", video->blob);
	props_tristate(opts, "edid", video->edid);
	virtio_opts(opts, &video->virtio);
}

static bool video_refuse(const DomainVideo *video, GError **error)
{
	if (video->backend == VIDEO_BACKEND_VHOSTUSER)
		return command_refuse(error, "driver name='vhostuser'",
				      _("video cards of other programs are not supported"));
	if (video->vgaconf != VGACONF_ABSENT)
		return command_refuse(error, "driver vgaconf",
				      _("QEMU's cards have no such switch"));
	if (video->rendernode)
		return command_refuse(error, "acceleration rendernode",
				      _("name it in <graphics type='egl-headless'>"));
	if (video->accel2d == TRISTATE_YES)
		return command_refuse(error, "acceleration accel2d='yes'",
				      _("QEMU's cards have no such switch"));
	return true;
}

static bool video_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainVideo *video = device->video;
	bool primary = video->primary == TRISTATE_YES || (list_get(cmd->def->videos, 0) == video &&
							  video->primary == TRISTATE_ABSENT);
	g_autofree char *driver = NULL;
	Props *opts;

	if (video->type == VIDEO_NONE)
		return true;
	if (!video_refuse(video, error))
		return false;
	driver = video_driver(cmd, video, primary);
	if (!driver)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    primary ? _("video cards of type '%s' are not supported")
				    : _("a further video card cannot be of type '%s'"),
			    video_type_name(video->type));
	opts = props_new(driver);
	video_opts(opts, video);
	return command_device(cmd, opts, &video->info, error);
}

static PciConnect video_pci(const DomainDevice *device)
{
	const DomainVideo *video = device->video;

	switch (video->type) {
	case VIDEO_VGA:
	case VIDEO_CIRRUS:
	case VIDEO_VMVGA:
	case VIDEO_QXL:
	case VIDEO_BOCHS:
	case VIDEO_XEN:
		return PCI_CONNECT_DEVICE;
	case VIDEO_VIRTIO:
		return PCI_CONNECT_EXPRESS;
	default:
		return 0;
	}
}

static bool video_ccw(const DomainDevice *device)
{
	return device->video->type == VIDEO_VIRTIO;
}

const QemuDeviceKind qemu_video = {
	.prefix = "video",
	.complete = video_complete,
	.check = video_check,
	.pci = video_pci,
	.ccw = video_ccw,
	.build = video_build,
};
