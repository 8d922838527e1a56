/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Displays, video cards, sound cards and where their sound goes. */
#include <string.h>

#include "drivers/qemu/argv/command_build.h"

enum { VNC_BASE_PORT = 5900 };

static const GraphicsListen *first_listen(const DomainGraphics *graphics)
{
	return list_length(graphics->listens) > 0 ? list_get(graphics->listens, 0) : NULL;
}

/* The path of a listening UNIX socket, NULL when it listens on an address. */
static const char *listen_socket(const DomainGraphics *graphics)
{
	const GraphicsListen *listen = first_listen(graphics);

	if (listen && listen->type == LISTEN_SOCKET)
		return listen->socket;
	return graphics->socket;
}

static const char *listen_address(const DomainGraphics *graphics)
{
	const GraphicsListen *listen = first_listen(graphics);

	if (listen && listen->address)
		return listen->address;
	return graphics->listen ? graphics->listen : "127.0.0.1";
}

static bool listens_on_nothing(const DomainGraphics *graphics)
{
	const GraphicsListen *listen = first_listen(graphics);

	return listen && listen->type == LISTEN_NONE;
}

static void audio_of_display(Props *opts, const DomainGraphics *graphics)
{
	if (graphics->has_audio_id)
		props_printf(opts, "audiodev", "audio%u", graphics->audio_id);
}

/* ---- VNC */

static const char *const share_words[SHARE_POLICY_LAST] = {
	[SHARE_POLICY_ALLOW_EXCLUSIVE] = "allow-exclusive",
	[SHARE_POLICY_FORCE_SHARED] = "force-shared",
	[SHARE_POLICY_IGNORE] = "ignore",
};

static bool vnc_place(Props *opts, const DomainGraphics *graphics, GError **error)
{
	const char *socket = listen_socket(graphics);
	const char *address = listen_address(graphics);
	bool v6 = strchr(address, ':') != NULL;
	g_autofree char *place = NULL;

	if (listens_on_nothing(graphics)) {
		props_set_kind(opts, "none");
		return true;
	}
	if (socket) {
		place = g_strconcat("unix:", socket, NULL);
		props_set_kind(opts, place);
		return true;
	}
	if (graphics->port < VNC_BASE_PORT)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("VNC port %d: QEMU takes ports from %d on"), graphics->port,
			    VNC_BASE_PORT);
	place = g_strdup_printf(v6 ? "[%s]:%d" : "%s:%d", address, graphics->port - VNC_BASE_PORT);
	props_set_kind(opts, place);
	if (graphics->has_websocket)
		props_printf(opts, "websocket", "%d", graphics->websocket);
	return true;
}

static bool command_vnc(QemuCommand *cmd, const DomainGraphics *graphics, GError **error)
{
	Props *opts = props_new(NULL);

	if (!vnc_place(opts, graphics, error)) {
		props_free(opts);
		return false;
	}
	props_str(opts, "share", share_words[graphics->share_policy]);
	props_tristate(opts, "power-control", graphics->power_control);
	if (graphics->passwd)
		props_bool(opts, "password", true); /* set over the monitor, never on the line */
	audio_of_display(opts, graphics);
	command_opts(cmd, "-vnc", opts);
	if (graphics->keymap)
		command_pair(cmd, "-k", graphics->keymap);
	return true;
}

/* ---- SPICE */

static void spice_compression(Props *opts, const DomainGraphics *graphics)
{
	if (graphics->image != SPICE_IMAGE_ABSENT)
		props_str(opts, "image-compression", spice_image_name(graphics->image));
	if (graphics->jpeg != SPICE_WAN_ABSENT)
		props_str(opts, "jpeg-wan-compression", spice_wan_name(graphics->jpeg));
	if (graphics->zlib != SPICE_WAN_ABSENT)
		props_str(opts, "zlib-glz-wan-compression", spice_wan_name(graphics->zlib));
	props_tristate(opts, "playback-compression", graphics->playback);
	if (graphics->streaming != SPICE_STREAMING_ABSENT)
		props_str(opts, "streaming-video", spice_streaming_name(graphics->streaming));
}

static bool spice_place(Props *opts, const DomainGraphics *graphics, GError **error)
{
	const char *socket = listen_socket(graphics);

	if (graphics->has_tls_port && graphics->tls_port > 0)
		return command_refuse(error, "graphics tlsPort",
				      _("SPICE over TLS is not supported; use port"));
	if (socket) {
		props_bool(opts, "unix", true);
		props_str(opts, "addr", socket);
	} else if (!listens_on_nothing(graphics)) {
		props_printf(opts, "port", "%d", graphics->port);
		props_str(opts, "addr", listen_address(graphics));
	} else {
		props_str(opts, "port", "0");
	}
	for (guint i = 0; i < list_length(graphics->channels); i++)
		if (((SpiceChannel *)list_get(graphics->channels, i))->mode == SPICE_MODE_SECURE)
			return command_refuse(error, "channel mode='secure'",
					      _("SPICE over TLS is not supported"));
	if (graphics->default_mode == SPICE_MODE_SECURE)
		return command_refuse(error, "graphics defaultMode='secure'",
				      _("SPICE over TLS is not supported"));
	return true;
}

static bool command_spice(QemuCommand *cmd, const DomainGraphics *graphics, GError **error)
{
	Props *opts = props_new(NULL);

	if (!spice_place(opts, graphics, error)) {
		props_free(opts);
		return false;
	}
	if (!graphics->passwd) /* with one, it is set over the monitor */
		props_bool(opts, "disable-ticketing", true);
	spice_compression(opts, graphics);
	if (graphics->mouse != SPICE_MOUSE_ABSENT)
		props_bool(opts, "agent-mouse", graphics->mouse == SPICE_MOUSE_CLIENT);
	if (graphics->copypaste == TRISTATE_NO)
		props_bool(opts, "disable-copy-paste", true);
	if (graphics->filetransfer == TRISTATE_NO)
		props_bool(opts, "disable-agent-file-xfer", true);
	if (graphics->gl == TRISTATE_YES) {
		props_bool(opts, "gl", true);
		props_str(opts, "rendernode", graphics->rendernode);
	}
	props_bool(opts, "seamless-migration", true);
	command_opts(cmd, "-spice", opts);
	if (graphics->keymap)
		command_pair(cmd, "-k", graphics->keymap);
	return true;
}

/* ---- Others */

static void command_local_display(QemuCommand *cmd, const DomainGraphics *graphics)
{
	Props *opts = props_new(graphics_type_name(graphics->type));

	if (graphics->type == GRAPHICS_DBUS) {
		props_tristate(opts, "p2p", graphics->dbus_p2p);
		props_str(opts, "addr", graphics->dbus_address);
		audio_of_display(opts, graphics);
	}
	if (graphics->type == GRAPHICS_SDL) {
		if (graphics->display)
			g_ptr_array_add(cmd->line->env,
					g_strconcat("DISPLAY=", graphics->display, NULL));
		if (graphics->xauth)
			g_ptr_array_add(cmd->line->env,
					g_strconcat("XAUTHORITY=", graphics->xauth, NULL));
		if (graphics->fullscreen == TRISTATE_YES)
			props_bool(opts, "full-screen", true);
	}
	if (graphics->type != GRAPHICS_EGL_HEADLESS)
		props_tristate(opts, "gl", graphics->gl);
	props_str(opts, "rendernode", graphics->rendernode);
	command_opts(cmd, "-display", opts);
}

static bool command_display(QemuCommand *cmd, const DomainGraphics *graphics, GError **error)
{
	switch (graphics->type) {
	case GRAPHICS_VNC:
		return command_vnc(cmd, graphics, error);
	case GRAPHICS_SPICE:
		return command_spice(cmd, graphics, error);
	case GRAPHICS_SDL:
	case GRAPHICS_EGL_HEADLESS:
	case GRAPHICS_DBUS:
		command_local_display(cmd, graphics);
		return true;
	default:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("graphics of type '%s' are not supported"),
			    graphics_type_name(graphics->type));
	}
}

bool command_graphics(QemuCommand *cmd, GError **error)
{
	bool local = false;

	for (guint i = 0; i < list_length(cmd->def->graphics); i++) {
		GraphicsType type = ((DomainGraphics *)list_get(cmd->def->graphics, i))->type;

		local |= type == GRAPHICS_SDL || type == GRAPHICS_EGL_HEADLESS ||
			 type == GRAPHICS_DBUS;
	}
	if (!local)
		command_pair(cmd, "-display", "none");
	for (guint i = 0; i < list_length(cmd->def->graphics); i++)
		if (!command_display(cmd, list_get(cmd->def->graphics, i), error))
			return false;
	return true;
}

/* ---- Video */

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

static void video_opts(Props *opts, const DomainVideo *video, bool primary)
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
	if (video->heads > 0 &&
	    (video->type == VIDEO_VIRTIO || (video->type == VIDEO_QXL && primary)))
		props_num(opts, "max_outputs", video->heads);
	if (video->res_x > 0 || video->res_y > 0) {
		props_num(opts, "xres", video->res_x);
		props_num(opts, "yres", video->res_y);
	}
	props_tristate(opts, "blob", video->blob);
	props_tristate(opts, "edid", video->edid);
	virtio_opts(opts, &video->virtio);
}

static bool video_check(const DomainVideo *video, GError **error)
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

static bool command_video(QemuCommand *cmd, const DomainVideo *video, bool primary, GError **error)
{
	g_autofree char *driver = NULL;
	Props *opts;

	if (video->type == VIDEO_NONE)
		return true;
	if (!video_check(video, error))
		return false;
	driver = video_driver(cmd, video, primary);
	if (!driver)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    primary ? _("video cards of type '%s' are not supported")
				    : _("a further video card cannot be of type '%s'"),
			    video_type_name(video->type));
	opts = props_new(driver);
	video_opts(opts, video, primary);
	return command_device(cmd, opts, &video->info, error);
}

bool command_videos(QemuCommand *cmd, GError **error)
{
	for (guint i = 0; i < list_length(cmd->def->videos); i++) {
		const DomainVideo *video = list_get(cmd->def->videos, i);
		bool primary = video->primary == TRISTATE_YES ||
			       (i == 0 && video->primary == TRISTATE_ABSENT);

		if (!command_video(cmd, video, primary, error))
			return false;
	}
	return true;
}

/* ---- Sound */

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

static void command_audio(QemuCommand *cmd, const DomainAudio *audio)
{
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
static bool command_codecs(QemuCommand *cmd, const DomainSound *sound, GError **error)
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

static bool command_sound(QemuCommand *cmd, const DomainSound *sound, GError **error)
{
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
	       (!hda || command_codecs(cmd, sound, error));
}

bool command_sounds(QemuCommand *cmd, GError **error)
{
	for (guint i = 0; i < list_length(cmd->def->audios); i++)
		command_audio(cmd, list_get(cmd->def->audios, i));
	for (guint i = 0; i < list_length(cmd->def->sounds); i++)
		if (!command_sound(cmd, list_get(cmd->def->sounds, i), error))
			return false;
	return true;
}
