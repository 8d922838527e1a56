/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Displays: VNC, SPICE and local ones. */
#include "config.h"

#include <string.h>
#include <time.h>

#include "drivers/qemu/device/kind.h"

#define VNC_PASSWORD_MAX 8 /* of the protocol */
#define DISPLAY_PORT_FIRST 5900
#define DISPLAY_PORT_LAST 65535
#define WEBSOCKET_PORT_FIRST 5700
#define WEBSOCKET_PORT_LAST 65535
#define DEFAULT_ADDRESS "127.0.0.1"

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

static bool graphics_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainGraphics *graphics = device->graphics;

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

/* The address that the display listens on; NULL when it is on a socket or nothing. */
static const char *listen_address_complete(DomainGraphics *graphics)
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
	}
	return true;
}

/* A socket without a path is one of the guest's own directory. */
static void sockets_complete(const QemuPrepare *prepare, DomainGraphics *graphics)
{
	char uuid[UUID_TEXT];

	uuid_format(&prepare->live->uuid, uuid);
	for (guint i = 0; i < list_length(graphics->listens); i++) {
		GraphicsListen *listen = list_get(graphics->listens, i);

		if (listen->type != LISTEN_SOCKET || listen->socket || graphics->socket)
			continue;
		listen->socket = g_strdup_printf("%s/vm/%s/%s.sock", prepare->settings->run_dir,
						 uuid, graphics_type_name(graphics->type));
		if (graphics->type == GRAPHICS_VNC)
			graphics->socket = g_strdup(listen->socket);
	}
}

static bool display_ports(const QemuPrepare *prepare, DomainGraphics *graphics, const char *address)
{
	const DomainDef *live = prepare->live;
	GError **error = prepare->error;
	const PortRange ports = { address, DISPLAY_PORT_FIRST, DISPLAY_PORT_LAST };
	const PortRange websockets = { address, WEBSOCKET_PORT_FIRST, WEBSOCKET_PORT_LAST };

	if (!graphics->has_port || graphics->port == -1 || graphics->autoport == TRISTATE_YES) {
		if (!prepare->port_choose(live, &ports, &graphics->port, error))
			return false;
		graphics->has_port = true;
	} else if (graphics->port > 0 && !prepare->port_check(address, graphics->port, error)) {
		return false;
	}
	if (!graphics->has_websocket || graphics->websocket == 0)
		return true;
	if (graphics->websocket == -1)
		return prepare->port_choose(live, &websockets, &graphics->websocket, error);
	return prepare->port_check(address, graphics->websocket, error);
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

static bool graphics_prepare(const QemuPrepare *prepare, const DomainDevice *device)
{
	DomainGraphics *graphics = device->graphics;
	const DomainDef *live = prepare->live;
	GError **error = prepare->error;
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
	sockets_complete(prepare, graphics);
	address = listen_address_complete(graphics);
	return !address || display_ports(prepare, graphics, address);
}

enum { VNC_BASE_PORT = 5900 };

static const GraphicsListen *first_listen(const DomainGraphics *graphics)
{
	return list_length(graphics->listens) > 0 ? list_get(graphics->listens, 0) : NULL;
}

/*
 * The path of a listening UNIX socket, NULL when it listens on an address. The guest's own directory
 * is where QEMU is; the way to it may be closed.
 */
static const char *listen_socket(const QemuCommand *cmd, const DomainGraphics *graphics)
{
	const GraphicsListen *listen = first_listen(graphics);
	const char *path = listen && listen->type == LISTEN_SOCKET ? listen->socket
								    : graphics->socket;
	g_autofree char *own = NULL;
	char uuid[UUID_TEXT];
	const char *name;

	uuid_format(&cmd->def->uuid, uuid);
	own = g_strdup_printf("/vm/%s/", uuid);
	name = path && !cmd->context->shown ? strstr(path, own) : NULL;
	return name && !strchr(name + strlen(own), '/') ? name + strlen(own) : path;
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

static const char *const share_words[SHARE_POLICY_LAST] = {
	[SHARE_POLICY_ALLOW_EXCLUSIVE] = "allow-exclusive",
	[SHARE_POLICY_FORCE_SHARED] = "force-shared",
	[SHARE_POLICY_IGNORE] = "ignore",
};

static bool vnc_place(const QemuCommand *cmd, Props *opts, const DomainGraphics *graphics,
		      GError **error)
{
	const char *socket = listen_socket(cmd, graphics);
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

static bool build_vnc(QemuCommand *cmd, const DomainGraphics *graphics, GError **error)
{
	Props *opts = props_new(NULL);

	if (!vnc_place(cmd, opts, graphics, error)) {
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

static bool spice_place(const QemuCommand *cmd, Props *opts, const DomainGraphics *graphics,
			GError **error)
{
	const char *socket = listen_socket(cmd, graphics);

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

static bool build_spice(QemuCommand *cmd, const DomainGraphics *graphics, GError **error)
{
	Props *opts = props_new(NULL);

	if (!spice_place(cmd, opts, graphics, error)) {
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

static void build_local_display(QemuCommand *cmd, const DomainGraphics *graphics)
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

static bool graphics_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainGraphics *graphics = device->graphics;

	switch (graphics->type) {
	case GRAPHICS_VNC:
		return build_vnc(cmd, graphics, error);
	case GRAPHICS_SPICE:
		return build_spice(cmd, graphics, error);
	case GRAPHICS_SDL:
	case GRAPHICS_EGL_HEADLESS:
	case GRAPHICS_DBUS:
		build_local_display(cmd, graphics);
		return true;
	default:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("graphics of type '%s' are not supported"),
			    graphics_type_name(graphics->type));
	}
}

/* A screen that nobody sees, where no local display shows it. */
static bool graphics_ahead(QemuCommand *cmd, G_GNUC_UNUSED GError **error)
{
	bool local = false;

	for (guint i = 0; i < list_length(cmd->def->graphics); i++) {
		GraphicsType type = ((DomainGraphics *)list_get(cmd->def->graphics, i))->type;

		local |= type == GRAPHICS_SDL || type == GRAPHICS_EGL_HEADLESS ||
			 type == GRAPHICS_DBUS;
	}
	if (!local)
		command_pair(cmd, "-display", "none");
	return true;
}

const QemuDeviceKind qemu_graphics = {
	.check = graphics_check,
	.prepare = graphics_prepare,
	.ahead = graphics_ahead,
	.build = graphics_build,
};
