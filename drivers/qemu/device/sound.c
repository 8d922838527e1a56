/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sound cards, and where their sound goes. */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool audio_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainAudio *audio = device->audio;
	guint last = 0;

	for (guint i = 0; i < completion->def->audios->len; i++)
		last = MAX(last, ((DomainAudio *)list_get(completion->def->audios, i))->id);
	if (!audio->id)
		audio->id = last + 1;
	return true;
}

static bool audio_exists(const DomainDef *def, guint id)
{
	for (guint i = 0; i < list_length(def->audios); i++)
		if (((DomainAudio *)list_get(def->audios, i))->id == id)
			return true;
	return false;
}

static bool sound_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainSound *sound = device->sound;

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

static bool audio_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainAudio *audio = device->audio;
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

/* Sound comes out of the first backend where nothing else is said. */
static bool sound_prepare(const QemuPrepare *prepare, const DomainDevice *device)
{
	const GPtrArray *audios = prepare->live->audios;
	DomainSound *sound = device->sound;

	if (sound->has_audio_id || list_length(audios) == 0)
		return true;
	sound->audio_id = ((const DomainAudio *)list_get(audios, 0))->id;
	sound->has_audio_id = true;
	return true;
}

static void direction_opts(Props *opts, const char *side, const AudioDirection *d, AudioType type)
{
	const struct {
		const char *key;
		guint value;
	} numbers[] = {
		{ "frequency", d->frequency },
		{ "channels", d->channels },
		{ "voices", d->voices },
		{ "buffer-length", d->buffer_length },
		{ "buffer-count", d->buffer_count },
		{ "latency", d->latency },
	};
	const struct {
		const char *key;
		Tristate value;
	} switches[] = {
		{ "mixing-engine", d->mixing_engine },
		{ "fixed-settings", d->fixed_settings },
		{ "exact-name", d->exact_name },
		{ "try-poll", d->try_poll },
	};
	const struct {
		const char *key, *value;
	} words[] = {
		{ "dev", d->dev },
		{ "name", d->name },
		{ "stream-name", d->stream_name },
		{ "server-name", d->server_name },
		{ "client-name", d->client_name },
		{ "connect-ports", d->connect_ports },
		{ "format", audio_format_name(d->format) },
	};

	(void)type;
	for (unsigned i = 0; i < G_N_ELEMENTS(switches); i++) {
		g_autofree char *key = g_strconcat(side, switches[i].key, NULL);

		props_tristate(opts, key, switches[i].value);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autofree char *key = g_strconcat(side, numbers[i].key, NULL);

		if (numbers[i].value > 0)
			props_num(opts, key, numbers[i].value);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree char *key = g_strconcat(side, words[i].key, NULL);

		props_str(opts, key, words[i].value);
	}
}

static const char *const audio_drivers[AUDIO_LAST] = {
	[AUDIO_NONE] = "none", [AUDIO_ALSA] = "alsa",         [AUDIO_COREAUDIO] = "coreaudio",
	[AUDIO_JACK] = "jack", [AUDIO_OSS] = "oss",           [AUDIO_PULSEAUDIO] = "pa",
	[AUDIO_SDL] = "sdl",   [AUDIO_SPICE] = "spice",       [AUDIO_FILE] = "wav",
	[AUDIO_DBUS] = "dbus", [AUDIO_PIPEWIRE] = "pipewire",
};

static bool audio_build(QemuCommand *cmd, const DomainDevice *device, G_GNUC_UNUSED GError **error)
{
	const DomainAudio *audio = device->audio;
	Props *opts = props_new(NULL);

	props_printf(opts, "id", "audio%u", audio->id);
	props_str(opts, "driver", audio_drivers[audio->type]);
	if (audio->timer_period > 0)
		props_num(opts, "timer-period", audio->timer_period);
	direction_opts(opts, "in.", &audio->input, audio->type);
	direction_opts(opts, "out.", &audio->output, audio->type);
	props_tristate(opts, "try-mmap", audio->try_mmap);
	props_tristate(opts, "exclusive", audio->exclusive);
	if (audio->has_dsp_policy)
		props_printf(opts, "dsp-policy", "%d", audio->dsp_policy);
	props_str(opts, "server", audio->server_name);
	if (audio->type == AUDIO_FILE)
		props_str(opts, "path", audio->path);
	command_opts(cmd, "-audiodev", opts);
	if (audio->runtime_dir)
		g_ptr_array_add(cmd->line->env,
				g_strconcat(audio->type == AUDIO_PIPEWIRE ? "PIPEWIRE_RUNTIME_DIR="
									  : "XDG_RUNTIME_DIR=",
					    audio->runtime_dir, NULL));
	if (audio->type == AUDIO_SDL && audio->sdl_driver)
		g_ptr_array_add(cmd->line->env,
				g_strconcat("SDL_AUDIODRIVER=",
					    audio_sdl_driver_name(audio->sdl_driver), NULL));
	return true;
}

static void audio_of_card(const QemuCommand *cmd, Props *opts, const DomainSound *sound)
{
	const GPtrArray *audios = cmd->def->audios;

	if (sound->has_audio_id)
		props_printf(opts, "audiodev", "audio%u", sound->audio_id);
	else if (list_length(audios) > 0)
		props_printf(opts, "audiodev", "audio%u", ((DomainAudio *)list_get(audios, 0))->id);
}

/* The PC speaker is part of the machine, and so is where its sound goes. */
static void audio_of_machine(const QemuCommand *cmd, Props *opts)
{
	const GPtrArray *audios = cmd->def->audios;

	if (list_length(audios) > 0)
		props_printf(opts, "pcspk-audiodev", "audio%u",
			     ((DomainAudio *)list_get(audios, 0))->id);
	else
		props_str(opts, "pcspk-audiodev", "");
}

/* High Definition Audio: codecs sit on the bus of the controller. */
static bool build_codecs(QemuCommand *cmd, const DomainSound *sound, GError **error)
{
	static const char *const names[CODEC_LAST] = {
		[CODEC_DUPLEX] = "hda-duplex",
		[CODEC_MICRO] = "hda-micro",
		[CODEC_OUTPUT] = "hda-output",
	};
	guint n = list_length(sound->codecs);

	for (guint i = 0; i < MAX(n, 1); i++) {
		CodecType type =
			i < n ? ((SoundCodec *)list_get(sound->codecs, i))->type : CODEC_DUPLEX;
		Props *opts = props_new(names[type ? type : CODEC_DUPLEX]);

		props_printf(opts, "id", "%s-codec%u", sound->info.alias, i);
		props_printf(opts, "bus", "%s.0", sound->info.alias);
		props_num(opts, "cad", i);
		audio_of_card(cmd, opts, sound);
		command_opts(cmd, "-device", opts);
	}
	(void)error;
	return true;
}

static const struct {
	SoundModel model;
	const char *driver;
} sound_cards[] = {
	{ SOUND_SB16, "sb16" },           { SOUND_ES1370, "ES1370" },
	{ SOUND_AC97, "AC97" },           { SOUND_ICH6, "intel-hda" },
	{ SOUND_ICH9, "ich9-intel-hda" }, { SOUND_USB, "usb-audio" },
	{ SOUND_ICH7, "ich9-intel-hda" }, { SOUND_VIRTIO, "virtio-sound-pci" },
};

static bool sound_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainSound *sound = device->sound;
	bool hda = sound->model == SOUND_ICH6 || sound->model == SOUND_ICH7 ||
		   sound->model == SOUND_ICH9;
	const char *driver = NULL;
	Props *opts;

	if (sound->model == SOUND_PCSPK) {
		opts = props_new(NULL);
		audio_of_machine(cmd, opts);
		command_opts(cmd, "-machine", opts);
		return true;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(sound_cards); i++)
		if (sound_cards[i].model == sound->model)
			driver = sound_cards[i].driver;
	if (!driver)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("sound cards of model '%s' are not supported"),
			    sound_model_name(sound->model));
	opts = props_new(driver);
	if (sound->model == SOUND_USB)
		props_tristate(opts, "multi", sound->multichannel);
	if (sound->streams > 0)
		props_num(opts, "streams", sound->streams);
	if (!hda)
		audio_of_card(cmd, opts, sound);
	return command_device(cmd, opts, &sound->info, error) &&
	       (!hda || build_codecs(cmd, sound, error));
}

static PciConnect sound_pci(const DomainDevice *device)
{
	const DomainSound *sound = device->sound;

	switch (sound->model) {
	case SOUND_ES1370:
	case SOUND_AC97:
	case SOUND_ICH6:
	case SOUND_ICH9:
		return PCI_CONNECT_DEVICE;
	case SOUND_VIRTIO:
		return PCI_CONNECT_EXPRESS;
	default:
		return 0;
	}
}

const QemuDeviceKind qemu_sound = {
	.prefix = "sound",
	.check = sound_check,
	.prepare = sound_prepare,
	.pci = sound_pci,
	.build = sound_build,
};

const QemuDeviceKind qemu_audio = {
	.complete = audio_complete,
	.check = audio_check,
	.build = audio_build,
};
