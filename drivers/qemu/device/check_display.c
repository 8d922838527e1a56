/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Screens, displays and sound. */
#include "config.h"

#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/check.h"

#define VRAM_MIN 1024      /* KiB */
#define VNC_PASSWORD_MAX 8 /* of the protocol */

/* ---- Graphics ---- */

static guint graphics_count(const DomainDef *def, GraphicsType type)
{
	guint count = 0;

	for (guint i = 0; i < list_length(def->graphics); i++)
		count += ((DomainGraphics *)list_get(def->graphics, i))->type == type;
	return count;
}

bool qemu_check_displays(const QemuCheck *check)
{
	const DomainDef *def = check->def;

	if (graphics_count(def, GRAPHICS_EGL_HEADLESS) > 0 &&
	    graphics_count(def, GRAPHICS_SDL) + graphics_count(def, GRAPHICS_DBUS) > 0)
		return refuse(check,
			      _("graphics of type 'egl-headless' go with 'vnc' or 'spice' only"));
	for (guint i = 0; i < list_length(def->videos); i++) {
		const DomainVideo *video = list_get(def->videos, i);

		if (video->type == VIDEO_NONE && def->videos->len > 1)
			return refuse(check, _("there are other screens beside the <video> of type "
					       "'none', which stands for none at all"));
		if (i > 0 && video->primary == TRISTATE_YES)
			return refuse(check, _("two screens are the primary one"));
	}
	return true;
}

/* "2010-04-09T15:51:00", in UTC */
static bool time_is_valid(const char *text)
{
	struct tm when = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &when);

	return end && *end == '\0';
}

static bool check_vnc(const QemuCheck *check, const DomainGraphics *graphics)
{
	if (graphics->passwd && strlen(graphics->passwd) > VNC_PASSWORD_MAX)
		return refuse(check,
			      _("the VNC password has %zu characters: the protocol counts the "
				"first %d only"),
			      strlen(graphics->passwd), VNC_PASSWORD_MAX);
	if (graphics->connected && graphics->connected != CONNECTED_KEEP)
		return refuse(check, _("VNC knows connected='keep' only"));
	return true;
}

bool qemu_check_graphics(const QemuCheck *check, const DomainGraphics *graphics)
{
	if (graphics->passwd_valid_to && !time_is_valid(graphics->passwd_valid_to))
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("passwdValidTo='%s' is no time like 2010-04-09T15:51:00"),
			    graphics->passwd_valid_to);
	switch (graphics->type) {
	case GRAPHICS_VNC:
		return check_vnc(check, graphics);
	case GRAPHICS_RDP:
	case GRAPHICS_DESKTOP:
		return refuse(check, _("QEMU has no graphics of type '%s'"),
			      graphics_type_name(graphics->type));
	case GRAPHICS_DBUS:
		if (graphics->dbus_p2p == TRISTATE_YES && graphics->dbus_address)
			return reject(check,
				      _("graphics of type 'dbus' are either p2p or on a bus, "
					"which has an address"));
		return true;
	case GRAPHICS_EGL_HEADLESS:
		if (!qemu_caps_has_display(check->caps, "egl-headless"))
			return refuse(check, _("'%s' has no display 'egl-headless'"),
				      check->caps->path);
		return true;
	default:
		return true;
	}
}

/* ---- Screens ---- */

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

bool qemu_check_video(const QemuCheck *check, const DomainVideo *video)
{
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

/* ---- Sound ---- */

static bool audio_exists(const DomainDef *def, guint id)
{
	for (guint i = 0; i < list_length(def->audios); i++)
		if (((DomainAudio *)list_get(def->audios, i))->id == id)
			return true;
	return false;
}

bool qemu_check_sound(const QemuCheck *check, const DomainSound *sound)
{
	if (sound->model == SOUND_ICH7)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("QEMU has no sound device of model '%s'"),
			    sound_model_name(sound->model));
	if (sound->has_audio_id && !audio_exists(check->def, sound->audio_id))
		return reject(check, _("a sound device plays on audio %u, which is not there"),
			      sound->audio_id);
	return true;
}

static bool check_direction(const QemuCheck *check, const DomainAudio *audio,
			    const AudioDirection *direction)
{
	if (direction->fixed_settings == TRISTATE_YES && direction->mixing_engine == TRISTATE_NO)
		return refuse(check, _("audio %u: fixedSettings need the mixing engine"),
			      audio->id);
	if ((direction->frequency || direction->channels || direction->format) &&
	    direction->fixed_settings != TRISTATE_YES)
		return refuse(check, _("audio %u: <settings> count with fixedSettings='yes' only"),
			      audio->id);
	return true;
}

bool qemu_check_audio(const QemuCheck *check, const DomainAudio *audio)
{
	guint same = 0;

	for (guint i = 0; i < list_length(check->def->audios); i++)
		same += ((DomainAudio *)list_get(check->def->audios, i))->id == audio->id;
	if (same > 1)
		return reject(check, _("there are %u audio backends with id %u"), same, audio->id);
	if (audio->type == AUDIO_SPICE && !qemu_has_graphics(check->def, GRAPHICS_SPICE))
		return refuse(check,
			      _("audio %u plays over spice, but there are no spice graphics"),
			      audio->id);
	if (audio->type == AUDIO_DBUS && !qemu_has_graphics(check->def, GRAPHICS_DBUS))
		return refuse(check,
			      _("audio %u plays over D-Bus, but there are no D-Bus graphics"),
			      audio->id);
	return check_direction(check, audio, &audio->input) &&
	       check_direction(check, audio, &audio->output);
}
