/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/define/prepare.h"

#define DISPLAY_PORT_FIRST 5900
#define DISPLAY_PORT_LAST 65535
#define WEBSOCKET_PORT_FIRST 5700
#define WEBSOCKET_PORT_LAST 65535
#define DEFAULT_ADDRESS "127.0.0.1"

/* The address that the display listens on; NULL when it is on a socket or nothing. */
static const char *listen_address(DomainGraphics *graphics)
{
	GraphicsListen *listen;

	if (graphics->socket)
		return NULL;
	if (list_length(graphics->listens) == 0) {
		listen = g_new0(GraphicsListen, 1);
		listen->type = LISTEN_ADDRESS;
		listen->address = g_strdup(graphics->listen);
		if (!graphics->listens)
			graphics->listens = g_ptr_array_new();
		g_ptr_array_add(graphics->listens, listen);
	}
	listen = list_get(graphics->listens, 0);
	if (listen->type != LISTEN_ADDRESS)
		return NULL;
	if (!listen->address) {
		listen->address = g_strdup(DEFAULT_ADDRESS);
		listen->from_config = true;
	}
	if (!graphics->listen)
		graphics->listen = g_strdup(listen->address);
	return listen->address;
}

static bool listen_check(const DomainDef *live, const DomainGraphics *graphics, GError **error)
{
	for (guint i = 0; i < list_length(graphics->listens); i++) {
		const GraphicsListen *listen = list_get(graphics->listens, i);

		if (listen->type == LISTEN_NETWORK)
			return fail(
				error, VIR_ERR_CONFIG_UNSUPPORTED,
				_("domain '%s': a display cannot listen on the address of a "
				  "network ('%s'), as networks are not supported; give an address"),
				live->name, listen->network ?: "");
		if (listen->type == LISTEN_SOCKET && !listen->socket && !graphics->socket)
			return fail(
				error, VIR_ERR_CONFIG_UNSUPPORTED,
				_("domain '%s': a display that listens on a socket needs its path"),
				live->name);
	}
	return true;
}

static bool display_ports(const DomainDef *live, DomainGraphics *graphics, const char *address,
			  GError **error)
{
	const PortRange ports = { address, DISPLAY_PORT_FIRST, DISPLAY_PORT_LAST };
	const PortRange websockets = { address, WEBSOCKET_PORT_FIRST, WEBSOCKET_PORT_LAST };

	if (!graphics->has_port || graphics->port == -1 || graphics->autoport == TRISTATE_YES) {
		if (!prepare_port_choose(live, &ports, &graphics->port, error))
			return false;
		graphics->has_port = true;
	} else if (graphics->port > 0 && !prepare_port_check(address, graphics->port, error)) {
		return false;
	}
	if (!graphics->has_websocket || graphics->websocket == 0)
		return true;
	if (graphics->websocket == -1)
		return prepare_port_choose(live, &websockets, &graphics->websocket, error);
	return prepare_port_check(address, graphics->websocket, error);
}

static bool spice_check(const DomainDef *live, const DomainGraphics *graphics, GError **error)
{
	if ((graphics->has_tls_port && graphics->tls_port > 0) ||
	    graphics->default_mode == SPICE_MODE_SECURE)
		return fail(
			error, VIR_ERR_CONFIG_UNSUPPORTED,
			_("domain '%s': spice over TLS is not supported; leave out tlsPort and the "
			  "default mode 'secure'"),
			live->name);
	return true;
}

static bool display_prepare(DomainDef *live, DomainGraphics *graphics, GError **error)
{
	const char *address;

	for (guint i = 0; i < live->graphics->len; i++) {
		const DomainGraphics *other = list_get(live->graphics, i);

		if (other != graphics && other->type == graphics->type)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("domain '%s' has two displays of type '%s'; QEMU has one"),
				    live->name, graphics_type_name(graphics->type));
	}
	if (graphics->type != GRAPHICS_VNC && graphics->type != GRAPHICS_SPICE)
		return true;
	if (!listen_check(live, graphics, error) || !spice_check(live, graphics, error))
		return false;
	address = listen_address(graphics);
	return !address || display_ports(live, graphics, address, error);
}

/* Sound comes out of the first backend where nothing else is said. */
static void audio_prepare(DomainDef *live)
{
	const DomainAudio *audio = list_length(live->audios) > 0 ? list_get(live->audios, 0) : NULL;

	if (!audio)
		return;
	for (guint i = 0; i < list_length(live->sounds); i++) {
		DomainSound *sound = list_get(live->sounds, i);

		if (sound->has_audio_id)
			continue;
		sound->audio_id = audio->id;
		sound->has_audio_id = true;
	}
}

bool prepare_displays(DomainDef *live, GError **error)
{
	audio_prepare(live);
	for (guint i = 0; i < list_length(live->graphics); i++)
		if (!display_prepare(live, list_get(live->graphics, i), error))
			return false;
	return true;
}
