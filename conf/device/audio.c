/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/i18n.h"

CONF_ENUM_DEFINE(sound_model, SOUND)
CONF_ENUM_DEFINE(codec_type, CODEC)
CONF_ENUM_DEFINE(audio_type, AUDIO)
CONF_ENUM_DEFINE(audio_format, AUDIO_FORMAT)
CONF_ENUM_DEFINE(audio_sdl_driver, AUDIO_SDL)

static const BindRow codec_rows[] = {
	ATTR(SoundCodec, "type", type, codec_type, BIND_REQUIRED | G), END_ROWS
};
static ELEMENT(sound_codec, NULL, SoundCodec, codec_rows);
static const BindRow sound_rows[] = {
	ATTR(DomainSound, "model", model, sound_model, BIND_REQUIRED | G),
	ATTR(DomainSound, "multichannel", multichannel, yes_no, G, WHEN(DomainSound, model,
	     BIT(SOUND_USB))),
	ATTR(DomainSound, "streams", streams, uint, G, WHEN(DomainSound, model, BIT(SOUND_VIRTIO))),
	LIST(DomainSound, "codec", codecs, sound_codec, G),
	VALUE(DomainSound, "audio", "id", audio_id, uint, 0, HAS(DomainSound, has_audio_id)),
	INCLUDE_IN(DomainSound, info, device_info),
	END_ROWS
};
ELEMENT(domain_sound, "sound", DomainSound, sound_rows);

static const BindRow settings_rows[] = {
	ATTR(AudioDirection, "frequency", frequency, uint, 0),
	ATTR(AudioDirection, "channels", channels, uint, 0),
	ATTR(AudioDirection, "format", format, audio_format, 0),
	END_ROWS
};
static ELEMENT(audio_settings, NULL, AudioDirection, settings_rows);
static const BindRow common_rows[] = {
	ATTR(AudioDirection, "mixingEngine", mixing_engine, yes_no, 0),
	ATTR(AudioDirection, "fixedSettings", fixed_settings, yes_no, 0),
	ATTR(AudioDirection, "voices", voices, uint, 0),
	ATTR(AudioDirection, "bufferLength", buffer_length, uint, 0),
	CHILD("settings", audio_settings, 0),
	END_ROWS
};
static ELEMENT(audio_common, NULL, AudioDirection, common_rows);

#define DIRECTION(id, ...) \
	static const BindRow audio_##id##_rows[] = { INCLUDE(audio_common), __VA_ARGS__, END_ROWS }; \
	static ELEMENT(audio_##id, NULL, AudioDirection, audio_##id##_rows)
#define BUFFER_COUNT ATTR(AudioDirection, "bufferCount", buffer_count, uint, 0)
#define DEV ATTR(AudioDirection, "dev", dev, str, 0)
DIRECTION(alsa, DEV);
DIRECTION(counted, BUFFER_COUNT);
DIRECTION(jack, ATTR(AudioDirection, "serverName", server_name, str, 0),
	  ATTR(AudioDirection, "clientName", client_name, str, 0),
	  ATTR(AudioDirection, "connectPorts", connect_ports, str, 0),
	  ATTR(AudioDirection, "exactName", exact_name, yes_no, 0));
DIRECTION(oss, DEV, BUFFER_COUNT, ATTR(AudioDirection, "tryPoll", try_poll, yes_no, 0));
DIRECTION(pulse, ATTR(AudioDirection, "name", name, str, 0),
	  ATTR(AudioDirection, "streamName", stream_name, str, 0),
	  ATTR(AudioDirection, "latency", latency, uint, 0));

#define IS(types) WHEN(DomainAudio, type, types)
#define BOTH(element, types) \
	CHILD_IN(DomainAudio, "input", input, element, 0, IS(types)), \
	CHILD_IN(DomainAudio, "output", output, element, 0, IS(types))
static const BindRow audio_rows[] = {
	ATTR(DomainAudio, "id", id, uint, BIND_REQUIRED | BIND_NONZERO),
	ATTR(DomainAudio, "type", type, audio_type, BIND_REQUIRED),
	ATTR(DomainAudio, "timerPeriod", timer_period, uint, 0),
	ATTR(DomainAudio, "serverName", server_name, str, 0, IS(BIT(AUDIO_PULSEAUDIO))),
	ATTR(DomainAudio, "driver", sdl_driver, audio_sdl_driver, 0, IS(BIT(AUDIO_SDL))),
	ATTR(DomainAudio, "path", path, str, 0, IS(BIT(AUDIO_FILE))),
	ATTR(DomainAudio, "runtimeDir", runtime_dir, str, 0, IS(BIT(AUDIO_PIPEWIRE))),
	ATTR(DomainAudio, "tryMMap", try_mmap, yes_no, 0, IS(BIT(AUDIO_OSS))),
	ATTR(DomainAudio, "exclusive", exclusive, yes_no, 0, IS(BIT(AUDIO_OSS))),
	ATTR(DomainAudio, "dspPolicy", dsp_policy, int, 0, HAS(DomainAudio, has_dsp_policy),
	     IS(BIT(AUDIO_OSS))),
	BOTH(audio_common, BIT(AUDIO_NONE) | BIT(AUDIO_SPICE) | BIT(AUDIO_FILE) | BIT(AUDIO_DBUS)),
	BOTH(audio_alsa, BIT(AUDIO_ALSA)),
	BOTH(audio_counted, BIT(AUDIO_COREAUDIO) | BIT(AUDIO_SDL)),
	BOTH(audio_jack, BIT(AUDIO_JACK)),
	BOTH(audio_oss, BIT(AUDIO_OSS)),
	BOTH(audio_pulse, BIT(AUDIO_PULSEAUDIO) | BIT(AUDIO_PIPEWIRE)),
	END_ROWS
};
ELEMENT(domain_audio, "audio", DomainAudio, audio_rows,
	.doc = N_("Where sound goes on the host; times in microseconds."));
