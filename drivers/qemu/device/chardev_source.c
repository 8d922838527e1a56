/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's end of character devices: -chardev and what is opened for it. */
#include "config.h"

#include "drivers/qemu/device/kind.h"

bool qemu_source_check(const QemuCheck *check, const DomainDevice *device,
		       const ChardevSource *source)
{
	const char *name = domain_device_kinds[device->kind].name;

	switch (source->type) {
	case CHARDEV_SPICEVMC:
		if (device->kind == DEVICE_SERIAL || device->kind == DEVICE_PARALLEL ||
		    device->kind == DEVICE_CONSOLE)
			return refuse(check,
				      _("<%s>: type 'spicevmc' is for channels, smartcards and "
					"redirected USB devices"),
				      name);
		/* fall through */
	case CHARDEV_SPICEPORT:
		if (!qemu_has_graphics(check->def, GRAPHICS_SPICE))
			return refuse(check, _("<%s>: type '%s' needs spice graphics"), name,
				      chardev_type_name(source->type));
		return true;
	case CHARDEV_DBUS:
		if (!qemu_has_graphics(check->def, GRAPHICS_DBUS))
			return refuse(check, _("<%s>: type '%s' needs D-Bus graphics"), name,
				      chardev_type_name(source->type));
		return true;
	default:
		break;
	}
	if (source->reconnect.enabled == TRISTATE_YES && source->mode != CHARDEV_MODE_CONNECT)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("<%s>: only mode 'connect' can reconnect"), name);
	return true;
}

/* Without a mode it connects to what is named, and listens where nothing is. */
static bool unix_listens(const ChardevSource *source)
{
	return source->mode == CHARDEV_MODE_BIND || source->mode == CHARDEV_MODE_SERVER ||
	       (source->mode == CHARDEV_MODE_ABSENT && !source->path);
}

static bool unix_opts(QemuCommand *cmd, Props *opts, const ChardevSource *source, const char *alias)
{
	bool server = unix_listens(source);
	g_autofree char *fd = server ? command_passed(cmd, alias) : NULL;

	if (fd)
		props_str(opts, "fd", fd);
	else
		props_str(opts, "path", source->path);
	if (server) {
		props_bool(opts, "server", true);
		props_bool(opts, "wait", false);
	} else if (source->reconnect.enabled == TRISTATE_YES) {
		props_num(opts, "reconnect", source->reconnect.timeout);
	}
	return true;
}

static bool tcp_opts(Props *opts, const ChardevSource *source, GError **error)
{
	bool server = source->mode == CHARDEV_MODE_BIND || source->mode == CHARDEV_MODE_SERVER;

	if (source->tls == TRISTATE_YES || source->protocol == CHARDEV_PROTOCOL_TLS ||
	    source->protocol == CHARDEV_PROTOCOL_TELNETS)
		return command_refuse(error, "source tls='yes'",
				      _("TLS on character devices is not supported"));
	props_str(opts, "host", source->host);
	props_str(opts, "port", source->service);
	if (source->protocol == CHARDEV_PROTOCOL_TELNET)
		props_bool(opts, "telnet", true);
	if (server) {
		props_bool(opts, "server", true);
		props_bool(opts, "wait", false);
	} else if (source->reconnect.enabled == TRISTATE_YES) {
		props_num(opts, "reconnect", source->reconnect.timeout);
	}
	return true;
}

static bool udp_opts(Props *opts, const ChardevSource *source)
{
	props_str(opts, "host", source->host);
	props_str(opts, "port", source->service);
	props_str(opts, "localaddr", source->bind_host ? source->bind_host : "");
	props_str(opts, "localport", source->bind_service ? source->bind_service : "0");
	return true;
}

static void path_opts(QemuCommand *cmd, Props *opts, const char *key, const char *path)
{
	int fd = -1;
	GPtrArray *layers = command_layers(cmd, key);
	g_autofree char *set = NULL;

	if (list_length(layers) > 0)
		fd = ((GuestLayer *)list_get(layers, 0))->fd;
	if (fd >= 0)
		set = command_fdset(cmd, fd, key);
	props_str(opts, "path", set ? set : path);
}

static bool file_opts(QemuCommand *cmd, Props *opts, const ChardevSource *source, const char *alias)
{
	path_opts(cmd, opts, alias, source->path);
	props_bool(opts, "append", source->append != TRISTATE_NO);
	return true;
}

static bool vdagent_opts(Props *opts, const ChardevSource *source)
{
	props_str(opts, "name", "vdagent");
	props_tristate(opts, "clipboard", source->clipboard_copypaste);
	if (source->mouse_mode != MOUSE_MODE_ABSENT)
		props_bool(opts, "mouse", source->mouse_mode == MOUSE_MODE_CLIENT);
	return true;
}

static bool source_opts(QemuCommand *cmd, Props *opts, const ChardevSource *source,
			const char *alias, GError **error)
{
	switch (source->type) {
	case CHARDEV_UNIX:
		return unix_opts(cmd, opts, source, alias);
	case CHARDEV_TCP:
		return tcp_opts(opts, source, error);
	case CHARDEV_UDP:
		return udp_opts(opts, source);
	case CHARDEV_FILE:
		return file_opts(cmd, opts, source, alias);
	case CHARDEV_DEV:
	case CHARDEV_PIPE:
		path_opts(cmd, opts, alias, source->path);
		return true;
	case CHARDEV_SPICEVMC:
		props_str(opts, "name", source->channel ? source->channel : "vdagent");
		return true;
	case CHARDEV_SPICEPORT:
	case CHARDEV_DBUS:
		props_str(opts, "name", source->channel);
		return true;
	case CHARDEV_QEMU_VDAGENT:
		return vdagent_opts(opts, source);
	default:
		return true;
	}
}

static const char *const backends[CHARDEV_LAST] = {
	[CHARDEV_NULL] = "null",
	[CHARDEV_VC] = "vc",
	[CHARDEV_PTY] = "pty",
	[CHARDEV_DEV] = "serial",
	[CHARDEV_FILE] = "file",
	[CHARDEV_PIPE] = "pipe",
	[CHARDEV_STDIO] = "stdio",
	[CHARDEV_UDP] = "udp",
	[CHARDEV_TCP] = "socket",
	[CHARDEV_UNIX] = "socket",
	[CHARDEV_SPICEVMC] = "spicevmc",
	[CHARDEV_SPICEPORT] = "spiceport",
	[CHARDEV_QEMU_VDAGENT] = "qemu-vdagent",
	[CHARDEV_DBUS] = "dbus",
};

/* Parallel ports of the host speak another language than serial ones. */
static bool is_of_parallel_port(const QemuCommand *cmd, const ChardevSource *source)
{
	for (guint i = 0; i < list_length(cmd->def->parallels); i++)
		if (&((DomainChardev *)list_get(cmd->def->parallels, i))->source == source)
			return true;
	return false;
}

bool command_chardev(QemuCommand *cmd, const ChardevSource *source, const char *id,
		     const char *alias, GError **error)
{
	const char *backend = backends[source->type ? source->type : CHARDEV_NULL];
	g_autofree char *log_key = g_strconcat(alias ? alias : id, "-log", NULL);
	Props *opts;

	if (!backend)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("character devices of type '%s' are not supported"),
			    chardev_type_name(source->type));
	if (source->type == CHARDEV_DEV && is_of_parallel_port(cmd, source))
		backend = "parallel";
	opts = props_new(backend);
	props_str(opts, "id", id);
	if (!source_opts(cmd, opts, source, alias ? alias : id, error)) {
		props_free(opts);
		return false;
	}
	if (source->log_file) {
		GPtrArray *layers = command_layers(cmd, log_key);
		g_autofree char *set = NULL;

		if (list_length(layers) > 0)
			set = command_fdset(cmd, ((GuestLayer *)list_get(layers, 0))->fd, log_key);
		props_str(opts, "logfile", set ? set : source->log_file);
		props_bool(opts, "logappend", source->log_append == TRISTATE_YES);
	}
	command_opts(cmd, "-chardev", opts);
	return true;
}

static ResourceKind output_kind(Tristate append)
{
	return append == TRISTATE_NO ? RESOURCE_FILE_WRITE : RESOURCE_FILE_APPEND;
}

void qemu_source_resources(const QemuResources *all, const ChardevSource *source, const char *alias)
{
	Resource *resource = NULL;

	switch (source->type) {
	case CHARDEV_FILE:
		resource = qemu_resource_add(all, output_kind(source->append), g_strdup(alias),
					     source->path);
		resource->what = N_("output file");
		break;
	case CHARDEV_DEV:
		resource = qemu_resource_add(all, RESOURCE_DEVICE, g_strdup(alias), source->path);
		resource->what = N_("character device");
		break;
	case CHARDEV_UNIX:
		if (source->mode != CHARDEV_MODE_BIND && source->mode != CHARDEV_MODE_SERVER)
			break;
		resource =
			qemu_resource_add(all, RESOURCE_UNIX_LISTEN, g_strdup(alias), source->path);
		resource->what = N_("socket");
		break;
	default:
		break;
	}
	if (!source->log_file)
		return;
	resource = qemu_resource_add(all, output_kind(source->log_append),
				     g_strdup_printf("%s-log", alias), source->log_file);
	resource->what = N_("log file");
}
