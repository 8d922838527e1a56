/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(graphics_type, GRAPHICS)
CONF_ENUM_DEFINE(listen_type, LISTEN)
CONF_ENUM_DEFINE(graphics_connected, CONNECTED)
CONF_ENUM_DEFINE(share_policy, SHARE_POLICY)
CONF_ENUM_DEFINE(spice_channel_name, SPICE_CHANNEL)
CONF_ENUM_DEFINE(spice_mode, SPICE_MODE)
CONF_ENUM_DEFINE(spice_image, SPICE_IMAGE)
CONF_ENUM_DEFINE(spice_wan, SPICE_WAN)
CONF_ENUM_DEFINE(spice_streaming, SPICE_STREAMING)
CONF_ENUM_DEFINE(spice_mouse, SPICE_MOUSE)
CONF_ENUM_DEFINE(video_type, VIDEO)
CONF_ENUM_DEFINE(video_backend, VIDEO_BACKEND)
CONF_ENUM_DEFINE(vgaconf, VGACONF)

#define LISTENS(type_name) WHEN(GraphicsListen, type, BIT(LISTEN_##type_name))
static const BindRow listen_rows[] = {
	ATTR(GraphicsListen, "type", type, listen_type, BIND_REQUIRED),
	ATTR(GraphicsListen, "address", address, str, 0, LISTENS(ADDRESS)),
	ATTR(GraphicsListen, "address", address, str, BIND_LIVE, LISTENS(NETWORK)),
	ATTR(GraphicsListen, "network", network, str, BIND_REQUIRED, LISTENS(NETWORK)),
	ATTR(GraphicsListen, "socket", socket, str, 0, LISTENS(SOCKET)),
	END_ROWS
};
static ELEMENT(graphics_listen, NULL, GraphicsListen, listen_rows);

static const BindRow channel_rows[] = {
	ATTR(SpiceChannel, "name", name, spice_channel_name, BIND_REQUIRED),
	ATTR(SpiceChannel, "mode", mode, spice_mode, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(spice_channel, NULL, SpiceChannel, channel_rows);

static const BindRow gl_rows[] = {
	ATTR(DomainGraphics, "enable", gl, yes_no, 0),
	ATTR(DomainGraphics, "rendernode", rendernode, str, 0),
	END_ROWS
};
static ELEMENT(graphics_gl, NULL, DomainGraphics, gl_rows);

#define IS(types) WHEN(DomainGraphics, type, types)
#define SDL BIT(GRAPHICS_SDL)
#define VNC BIT(GRAPHICS_VNC)
#define RDP BIT(GRAPHICS_RDP)
#define DESKTOP BIT(GRAPHICS_DESKTOP)
#define SPICE BIT(GRAPHICS_SPICE)
#define DBUS BIT(GRAPHICS_DBUS)
#define EGL BIT(GRAPHICS_EGL_HEADLESS)
static const BindRow graphics_rows[] = {
	ATTR(DomainGraphics, "type", type, graphics_type, BIND_REQUIRED | G),
	ATTR(DomainGraphics, "socket", socket, str, 0, IS(VNC)),
	ATTR(DomainGraphics, "port", port, int, 0, HAS(DomainGraphics, has_port),
	     IS(VNC | SPICE | RDP)),
	ATTR(DomainGraphics, "tlsPort", tls_port, int, 0, HAS(DomainGraphics, has_tls_port),
	     IS(SPICE)),
	ATTR(DomainGraphics, "autoport", autoport, yes_no, 0, IS(VNC | SPICE | RDP)),
	ATTR(DomainGraphics, "websocket", websocket, int, 0, HAS(DomainGraphics, has_websocket),
	     IS(VNC)),
	ATTR(DomainGraphics, "replaceUser", replace_user, yes_no, 0, IS(RDP)),
	ATTR(DomainGraphics, "multiUser", multi_user, yes_no, 0, IS(RDP)),
	ATTR(DomainGraphics, "username", username, str, 0, IS(RDP)),
	ATTR(DomainGraphics, "listen", listen, str, 0, IS(VNC | SPICE | RDP)),
	ATTR(DomainGraphics, "keymap", keymap, str, 0, IS(VNC | SPICE)),
	ATTR(DomainGraphics, "sharePolicy", share_policy, share_policy, 0, IS(VNC)),
	ATTR(DomainGraphics, "powerControl", power_control, yes_no, 0, IS(VNC)),
	ATTR(DomainGraphics, "defaultMode", default_mode, spice_mode, 0, IS(SPICE)),
	ATTR(DomainGraphics, "passwd", passwd, str, BIND_SECRET | BIND_EMPTY_OK,
	     IS(VNC | SPICE | RDP)),
	ATTR(DomainGraphics, "passwdValidTo", passwd_valid_to, str, BIND_SECRET, IS(VNC | SPICE)),
	ATTR(DomainGraphics, "connected", connected, graphics_connected, 0, IS(VNC | SPICE)),
	ATTR(DomainGraphics, "display", display, str, 0, IS(SDL | DESKTOP)),
	ATTR(DomainGraphics, "xauth", xauth, str, 0, IS(SDL)),
	ATTR(DomainGraphics, "fullscreen", fullscreen, yes_no, 0, IS(SDL | DESKTOP)),
	ATTR(DomainGraphics, "address", dbus_address, str, 0, IS(DBUS)),
	ATTR(DomainGraphics, "p2p", dbus_p2p, yes_no, 0, IS(DBUS)),
	LIST(DomainGraphics, "listen", listens, graphics_listen, 0, IS(VNC | SPICE | RDP)),
	LIST(DomainGraphics, "channel", channels, spice_channel, 0, IS(SPICE)),
	VALUE(DomainGraphics, "image", "compression", image, spice_image, BIND_REQUIRED, IS(SPICE)),
	VALUE(DomainGraphics, "jpeg", "compression", jpeg, spice_wan, BIND_REQUIRED, IS(SPICE)),
	VALUE(DomainGraphics, "zlib", "compression", zlib, spice_wan, BIND_REQUIRED, IS(SPICE)),
	VALUE(DomainGraphics, "playback", "compression", playback, on_off, BIND_REQUIRED,
	     IS(SPICE)),
	VALUE(DomainGraphics, "streaming", "mode", streaming, spice_streaming, BIND_REQUIRED,
	     IS(SPICE)),
	VALUE(DomainGraphics, "mouse", "mode", mouse, spice_mouse, BIND_REQUIRED, IS(SPICE)),
	VALUE(DomainGraphics, "clipboard", "copypaste", copypaste, yes_no, BIND_REQUIRED,
	     IS(SPICE)),
	VALUE(DomainGraphics, "filetransfer", "enable", filetransfer, yes_no, BIND_REQUIRED,
	     IS(SPICE)),
	CHILD("gl", graphics_gl, 0, IS(SDL | SPICE | DBUS | EGL)),
	VALUE(DomainGraphics, "audio", "id", audio_id, uint, 0, HAS(DomainGraphics, has_audio_id),
	     IS(VNC | DBUS)),
	INCLUDE_IN(DomainGraphics, info, device_alias),
	END_ROWS
};
ELEMENT(domain_graphics, "graphics", DomainGraphics, graphics_rows);

static const BindRow acceleration_rows[] = {
	ATTR(DomainVideo, "accel3d", accel3d, yes_no, G),
	ATTR(DomainVideo, "accel2d", accel2d, yes_no, G),
	ATTR(DomainVideo, "rendernode", rendernode, str, 0),
	END_ROWS
};
static ELEMENT(video_acceleration, NULL, DomainVideo, acceleration_rows);
static const BindRow resolution_rows[] = {
	ATTR(DomainVideo, "x", res_x, uint, BIND_REQUIRED | G),
	ATTR(DomainVideo, "y", res_y, uint, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(video_resolution, NULL, DomainVideo, resolution_rows);
static const BindRow model_rows[] = {
	ATTR(DomainVideo, "type", type, video_type, G),
	ATTR(DomainVideo, "ram", ram_kib, uint, G),
	ATTR(DomainVideo, "vram", vram_kib, uint, G, HAS(DomainVideo, has_vram)),
	ATTR(DomainVideo, "vram64", vram64_kib, uint, G),
	ATTR(DomainVideo, "vgamem", vgamem_kib, uint, G),
	ATTR(DomainVideo, "heads", heads, uint, G),
	ATTR(DomainVideo, "primary", primary, yes_no, G),
	ATTR(DomainVideo, "blob", blob, on_off, G),
	ATTR(DomainVideo, "edid", edid, on_off, G),
	CHILD("acceleration", video_acceleration, 0),
	CHILD("resolution", video_resolution, 0, HAS(DomainVideo, has_resolution)),
	END_ROWS
};
static ELEMENT(video_model, NULL, DomainVideo, model_rows);
static const BindRow video_driver_rows[] = {
	ATTR(DomainVideo, "name", backend, video_backend, 0),
	ATTR(DomainVideo, "vgaconf", vgaconf, vgaconf, G),
	INCLUDE_IN(DomainVideo, virtio, virtio_options),
	END_ROWS
};
static ELEMENT(video_driver, NULL, DomainVideo, video_driver_rows);
static const BindRow video_rows[] = {
	CHILD("driver", video_driver, 0),
	CHILD("model", video_model, 0),
	INCLUDE_IN(DomainVideo, info, device_info),
	END_ROWS
};
ELEMENT(domain_video, "video", DomainVideo, video_rows);
