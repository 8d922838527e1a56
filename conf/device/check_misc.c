/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of the small devices: screens, sound, input, shared memory, redirection, panic. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"

/* Attributes of QXL's four memories that others do not have. */
static const char *video_memory_extra(const DomainVideo *video)
{
	if (video->type == VIDEO_QXL)
		return NULL;
	return video->ram_kib ? "ram" : video->vram64_kib ? "vram64" : video->vgamem_kib ? "vgamem" :
											  NULL;
}

static bool video_check(const DomainVideo *video, GError **error)
{
	const char *type = video_type_name(video->type), *extra = video_memory_extra(video);
	AddressType address = video->info.address.type;

	if (extra)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s is for video devices of type 'qxl', not '%s'"), extra, type);
	if (video->type == VIDEO_RAMFB && address)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("a video device of type '%s' has no address"), type);
	if (video->has_resolution && (!video->res_x || !video->res_y))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("both sides of a <resolution> are more than 0"));
	if (video->accel2d == TRISTATE_YES)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("there is no acceleration of 2D for video devices"));
	if (video->rendernode && video->backend != VIDEO_BACKEND_VHOSTUSER)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the rendernode of a video device needs <driver name='vhostuser'/>"));
	return true;
}

bool videos_check(const DomainDef *def, GError **error)
{
	for (guint i = 0; i < list_length(def->videos); i++) {
		const DomainVideo *video = list_get(def->videos, i);

		if (i > 0 && video->primary == TRISTATE_YES)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("domain '%s' has two primary video devices; there can be one"),
				    def->name);
		if (video->type == VIDEO_NONE && def->videos->len > 1)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("a video device of type 'none' must be the only one"));
		if (!video_check(video, error))
			return false;
	}
	return true;
}

static bool has_audio(const DomainDef *def, guint id)
{
	for (guint i = 0; i < list_length(def->audios); i++)
		if (((DomainAudio *)list_get(def->audios, i))->id == id)
			return true;
	return false;
}

/* Sound is played by a back end that there is; without any, one is made. */
bool audios_check(const DomainDef *def, GError **error)
{
	for (guint i = 0; i < list_length(def->audios); i++)
		for (guint k = 0; k < i; k++)
			if (((DomainAudio *)list_get(def->audios, k))->id ==
			    ((DomainAudio *)list_get(def->audios, i))->id)
				return fail(error, VIR_ERR_XML_ERROR,
					    _("there are two <audio> with id %u"),
					    ((DomainAudio *)list_get(def->audios, i))->id);
	if (list_length(def->audios) == 0)
		return true;
	for (guint i = 0; i < list_length(def->sounds); i++) {
		const DomainSound *sound = list_get(def->sounds, i);

		if (sound->has_audio_id && !has_audio(def, sound->audio_id))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("a <sound> plays by the <audio> %u, which there is not"),
				    sound->audio_id);
	}
	for (guint i = 0; i < list_length(def->graphics); i++) {
		const DomainGraphics *graphics = list_get(def->graphics, i);

		if (graphics->has_audio_id && !has_audio(def, graphics->audio_id))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("a <graphics> takes the sound of the <audio> %u, which there is "
				      "not"), graphics->audio_id);
	}
	return true;
}

/* QEMU has one OpenGL context. */
bool opengl_check(const DomainDef *def, GError **error)
{
	guint users = 0;

	for (guint i = 0; i < list_length(def->graphics); i++) {
		const DomainGraphics *graphics = list_get(def->graphics, i);

		users += graphics->type == GRAPHICS_EGL_HEADLESS || graphics->gl == TRISTATE_YES;
	}
	return users <= 1 || fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				  _("domain '%s' has %u displays with OpenGL; there can be one"),
				  def->name, users);
}

bool input_check(const DomainInput *input, GError **error)
{
	if (input->type == INPUT_PASSTHROUGH &&
	    (input->model == VIRTIO_MODEL_TRANSITIONAL ||
	     input->model == VIRTIO_MODEL_NON_TRANSITIONAL))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("an input device of type 'passthrough' has no model '%s'"),
			    virtio_model_name(input->model));
	if (input->type == INPUT_EVDEV && input->bus)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("an input device of type 'evdev' is on no bus"));
	return true;
}

bool redirdev_check(const DomainRedirdev *redirdev, GError **error)
{
	AddressType address = redirdev->info.address.type;

	if (address && address != ADDRESS_USB && address != ADDRESS_UNASSIGNED)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("a <redirdev> is a USB device and cannot have an address of type '%s'"),
			    address_type_name(address));
	return redirdev->source.type == CHARDEV_DBUS ||
	       chardev_source_check(&redirdev->source, false, error);
}

bool iommu_check(const DomainIommu *iommu, GError **error)
{
	return iommu->model == IOMMU_VIRTIO || !iommu->info.address.type ||
	       fail(error, VIR_ERR_XML_ERROR,
		    _("an IOMMU of model '%s' is part of the machine and has no address"),
		    iommu_model_name(iommu->model));
}

bool tpm_check(const DomainTpm *tpm, GError **error)
{
	if (tpm->pcr_banks && tpm->version == TPM_VERSION_1_2)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("<active_pcr_banks> are there in a TPM of version 2.0 only"));
	if (tpm->backend != TPM_BACKEND_EXTERNAL)
		return true;
	if (tpm->source.type != CHARDEV_UNIX || !tpm->source.path)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("an external TPM needs <source type='unix' path='...'/>"));
	return !tpm->source.mode || tpm->source.mode == CHARDEV_MODE_CONNECT ||
	       tpm->source.mode == CHARDEV_MODE_CLIENT ||
	       fail(error, VIR_ERR_XML_ERROR,
		    _("an external TPM is there already: its <source> has mode='connect'"));
}

bool shmem_check(const DomainShmem *shmem, GError **error)
{
	if (strchr(shmem->name, '/'))
		return fail(error, VIR_ERR_XML_ERROR, _("the name of shared memory '%s' has a '/'"),
			    shmem->name);
	if (strcmp(shmem->name, ".") == 0 || strcmp(shmem->name, "..") == 0)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("shared memory cannot be named '%s'"), shmem->name);
	return true;
}

bool panic_check(const DomainPanic *panic, GError **error)
{
	return panic->model == PANIC_ISA || panic->model == PANIC_PVPANIC ||
	       !panic->info.address.type ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("a panic device of model '%s' has no address"), panic_model_name(panic->model));
}

bool smartcard_check(const DomainSmartcard *smartcard, GError **error)
{
	if (smartcard->mode == SMARTCARD_HOST_CERTIFICATES &&
	    list_length(smartcard->certificates) != 3)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("a smartcard of mode 'host-certificates' has three certificates"));
	if (smartcard->database && *smartcard->database != '/')
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the <database> of a smartcard is a path that begins with '/', not '%s'"),
			    smartcard->database);
	return smartcard->mode != SMARTCARD_PASSTHROUGH ||
	       chardev_source_check(&smartcard->source, false, error);
}

bool filesystem_check(const DomainFilesystem *fs, GError **error)
{
	const guint bits = 0777;

	if (!fs->target)
		return fail(error, VIR_ERR_NO_TARGET,
			    _("a <filesystem> has no <target dir='...'/>"));
	if (fs->fmode > bits || fs->dmode > bits)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("filesystem '%s': fmode and dmode are permission bits, at most 777"),
			    fs->target);
	if (fs->type == FS_MOUNT && fs->driver != FS_DRIVER_VIRTIOFS && !fs->source)
		return fail(error, VIR_ERR_NO_SOURCE,
			    _("filesystem '%s' has no <source dir='...'/>"), fs->target);
	return true;
}

/* "1.10": a number of at most two digits, and up to two behind the dot, as in its descriptor. */
static bool usb_version_valid(const char *version)
{
	gsize whole = strspn(version, "0123456789"), part;

	if (whole == 0 || whole > 2)
		return false;
	if (!version[whole])
		return true;
	if (version[whole] != '.')
		return false;
	part = strspn(version + whole + 1, "0123456789");
	return part > 0 && part <= 2 && !version[whole + 1 + part];
}

bool redirfilter_check(const DomainRedirFilter *filter, GError **error)
{
	for (guint i = 0; filter && i < list_length(filter->devices); i++) {
		const RedirFilterDevice *device = list_get(filter->devices, i);

		if (device->usb_class > 0xff)
			return fail(error, VIR_ERR_INTERNAL_ERROR,
				    _("a class of USB devices is at most 0xff, not 0x%x"),
				    (guint)device->usb_class);
		if (device->version && strcmp(device->version, "-1") != 0 &&
		    !usb_version_valid(device->version))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("'%s' is not a version of USB devices, as 1.10"),
				    device->version);
	}
	return true;
}
