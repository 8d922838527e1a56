/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest shows and lets hear: graphics, video, sound and audio backends. Part of a DomainDef. */
#pragma once

#include "conf/def/info.h"

#define GRAPHICS_VALUES(X) \
	X(GRAPHICS_SDL, "sdl") X(GRAPHICS_VNC, "vnc") X(GRAPHICS_RDP, "rdp") \
	X(GRAPHICS_DESKTOP, "desktop") X(GRAPHICS_SPICE, "spice") \
	X(GRAPHICS_EGL_HEADLESS, "egl-headless") X(GRAPHICS_DBUS, "dbus")
CONF_ENUM(GraphicsType, graphics_type, GRAPHICS)
#define LISTEN_VALUES(X) \
	X(LISTEN_NONE, "none") X(LISTEN_ADDRESS, "address") X(LISTEN_NETWORK, "network") \
	X(LISTEN_SOCKET, "socket")
CONF_ENUM(ListenType, listen_type, LISTEN)
#define CONNECTED_VALUES(X) \
	X(CONNECTED_FAIL, "fail") X(CONNECTED_DISCONNECT, "disconnect") X(CONNECTED_KEEP, "keep")
CONF_ENUM(GraphicsConnected, graphics_connected, CONNECTED)
#define SHARE_POLICY_VALUES(X) \
	X(SHARE_POLICY_ALLOW_EXCLUSIVE, "allow-exclusive") \
	X(SHARE_POLICY_FORCE_SHARED, "force-shared") X(SHARE_POLICY_IGNORE, "ignore")
CONF_ENUM(VncSharePolicy, share_policy, SHARE_POLICY)
#define SPICE_CHANNEL_VALUES(X) \
	X(SPICE_CHANNEL_MAIN, "main") X(SPICE_CHANNEL_DISPLAY, "display") \
	X(SPICE_CHANNEL_INPUTS, "inputs") X(SPICE_CHANNEL_CURSOR, "cursor") \
	X(SPICE_CHANNEL_PLAYBACK, "playback") X(SPICE_CHANNEL_RECORD, "record") \
	X(SPICE_CHANNEL_SMARTCARD, "smartcard") X(SPICE_CHANNEL_USBREDIR, "usbredir")
CONF_ENUM(SpiceChannelName, spice_channel_name, SPICE_CHANNEL)
#define SPICE_MODE_VALUES(X) \
	X(SPICE_MODE_ANY, "any") X(SPICE_MODE_SECURE, "secure") X(SPICE_MODE_INSECURE, "insecure")
CONF_ENUM(SpiceChannelMode, spice_mode, SPICE_MODE)
#define SPICE_IMAGE_VALUES(X) \
	X(SPICE_IMAGE_AUTO_GLZ, "auto_glz") X(SPICE_IMAGE_AUTO_LZ, "auto_lz") \
	X(SPICE_IMAGE_QUIC, "quic") X(SPICE_IMAGE_GLZ, "glz") X(SPICE_IMAGE_LZ, "lz") \
	X(SPICE_IMAGE_OFF, "off")
CONF_ENUM(SpiceImage, spice_image, SPICE_IMAGE)
#define SPICE_WAN_VALUES(X) \
	X(SPICE_WAN_AUTO, "auto") X(SPICE_WAN_NEVER, "never") X(SPICE_WAN_ALWAYS, "always")
CONF_ENUM(SpiceWan, spice_wan, SPICE_WAN)
#define SPICE_STREAMING_VALUES(X) \
	X(SPICE_STREAMING_FILTER, "filter") X(SPICE_STREAMING_ALL, "all") \
	X(SPICE_STREAMING_OFF, "off")
CONF_ENUM(SpiceStreaming, spice_streaming, SPICE_STREAMING)
#define SPICE_MOUSE_VALUES(X) X(SPICE_MOUSE_SERVER, "server") X(SPICE_MOUSE_CLIENT, "client")
CONF_ENUM(SpiceMouse, spice_mouse, SPICE_MOUSE)

typedef struct {
	ListenType type;
	char *address, *network, *socket;
	bool from_config, auto_address; /* filled in by a default: not written INACTIVE */
} GraphicsListen;

typedef struct {
	SpiceChannelName name;
	SpiceChannelMode mode;
} SpiceChannel;

typedef struct {
	DeviceInfo info; /* always empty but for the alias */
	GraphicsType type;
	int port, tls_port, websocket; /* -1 = choose */
	bool has_port, has_tls_port, has_websocket;
	Tristate autoport;
	char *listen; /* attribute; the address of the first <listen> */
	char *socket; /* attribute; vnc */
	char *keymap, *passwd, *passwd_valid_to;
	GraphicsConnected connected;
	VncSharePolicy share_policy;
	Tristate power_control;
	guint audio_id;
	bool has_audio_id;
	char *display, *xauth; /* sdl, desktop */
	Tristate fullscreen;
	Tristate replace_user, multi_user; /* rdp */
	char *username;			   /* rdp */
	char *dbus_address;
	Tristate dbus_p2p, dbus_from_config;
	SpiceChannelMode default_mode;
	GPtrArray *channels; /* SpiceChannel */
	SpiceImage image;
	SpiceWan jpeg, zlib;
	Tristate playback; /* on, off */
	SpiceStreaming streaming;
	SpiceMouse mouse;
	Tristate copypaste, filetransfer;
	Tristate gl;
	char *rendernode;
	GPtrArray *listens; /* GraphicsListen */
} DomainGraphics;

#define VIDEO_VALUES(X) \
	X(VIDEO_VGA, "vga") X(VIDEO_CIRRUS, "cirrus") X(VIDEO_VMVGA, "vmvga") X(VIDEO_XEN, "xen") \
	X(VIDEO_VBOX, "vbox") X(VIDEO_QXL, "qxl") X(VIDEO_PARALLELS, "parallels") \
	X(VIDEO_VIRTIO, "virtio") X(VIDEO_GOP, "gop") X(VIDEO_NONE, "none") \
	X(VIDEO_BOCHS, "bochs") X(VIDEO_RAMFB, "ramfb")
CONF_ENUM(VideoType, video_type, VIDEO)
#define VIDEO_BACKEND_VALUES(X) \
	X(VIDEO_BACKEND_QEMU, "qemu") X(VIDEO_BACKEND_VHOSTUSER, "vhostuser")
CONF_ENUM(VideoBackend, video_backend, VIDEO_BACKEND)
#define VGACONF_VALUES(X) X(VGACONF_IO, "io") X(VGACONF_ON, "on") X(VGACONF_OFF, "off")
CONF_ENUM(VgaConf, vgaconf, VGACONF)
typedef struct {
	DeviceInfo info;
	VideoBackend backend;
	VgaConf vgaconf;
	VirtioOptions virtio;
	VideoType type;
	guint ram_kib, vram_kib, vram64_kib, vgamem_kib;
	bool has_vram;
	guint heads;
	Tristate primary, blob;
	Tristate edid;
	Tristate accel3d, accel2d;
	char *rendernode;
	guint res_x, res_y;
	bool has_resolution;
} DomainVideo;

#define SOUND_VALUES(X) \
	X(SOUND_SB16, "sb16") X(SOUND_ES1370, "es1370") X(SOUND_PCSPK, "pcspk") \
	X(SOUND_AC97, "ac97") X(SOUND_ICH6, "ich6") X(SOUND_ICH7, "ich7") X(SOUND_ICH9, "ich9") \
	X(SOUND_USB, "usb") X(SOUND_VIRTIO, "virtio")
CONF_ENUM(SoundModel, sound_model, SOUND)
#define CODEC_VALUES(X) \
	X(CODEC_DUPLEX, "duplex") X(CODEC_MICRO, "micro") X(CODEC_OUTPUT, "output")
CONF_ENUM(CodecType, codec_type, CODEC)
typedef struct {
	CodecType type;
} SoundCodec;
typedef struct {
	DeviceInfo info;
	SoundModel model;
	Tristate multichannel;
	guint streams;
	GPtrArray *codecs; /* SoundCodec */
	guint audio_id;
	bool has_audio_id;
} DomainSound;

#define AUDIO_VALUES(X) \
	X(AUDIO_NONE, "none") X(AUDIO_ALSA, "alsa") X(AUDIO_COREAUDIO, "coreaudio") \
	X(AUDIO_JACK, "jack") X(AUDIO_OSS, "oss") X(AUDIO_PULSEAUDIO, "pulseaudio") \
	X(AUDIO_SDL, "sdl") X(AUDIO_SPICE, "spice") X(AUDIO_FILE, "file") X(AUDIO_DBUS, "dbus") \
	X(AUDIO_PIPEWIRE, "pipewire")
CONF_ENUM(AudioType, audio_type, AUDIO)
#define AUDIO_FORMAT_VALUES(X) \
	X(AUDIO_FORMAT_S8, "s8") X(AUDIO_FORMAT_U8, "u8") X(AUDIO_FORMAT_S16, "s16") \
	X(AUDIO_FORMAT_U16, "u16") X(AUDIO_FORMAT_S32, "s32") X(AUDIO_FORMAT_U32, "u32") \
	X(AUDIO_FORMAT_F32, "f32")
CONF_ENUM(AudioFormat, audio_format, AUDIO_FORMAT)
#define AUDIO_SDL_VALUES(X) \
	X(AUDIO_SDL_ESD, "esd") X(AUDIO_SDL_ALSA, "alsa") X(AUDIO_SDL_ARTS, "arts") \
	X(AUDIO_SDL_PULSEAUDIO, "pulseaudio")
CONF_ENUM(AudioSdlDriver, audio_sdl_driver, AUDIO_SDL)

/* One direction; which members count depends on the type. Times in microseconds. */
typedef struct {
	Tristate mixing_engine, fixed_settings;
	guint voices, buffer_length, buffer_count, latency;
	guint frequency, channels;
	AudioFormat format;
	char *dev, *name, *stream_name, *server_name, *client_name, *connect_ports;
	Tristate exact_name, try_poll;
} AudioDirection;
typedef struct {
	DeviceInfo info; /* always empty */
	AudioType type;
	guint id;
	guint timer_period; /* microseconds */
	AudioDirection input, output;
	Tristate try_mmap, exclusive;
	int dsp_policy;
	bool has_dsp_policy;
	char *server_name, *path, *runtime_dir;
	AudioSdlDriver sdl_driver;
} DomainAudio;
