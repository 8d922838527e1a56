/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* -chardev, and the ports of the guest that one is plugged into. */
#include "drivers/qemu/argv/command_build.h"

/* ---- The host's end */

/* Without a mode it connects to what is named, and listens where nothing is. */
static bool unix_listens(const ChardevSource *source)
{
	return source->mode == CHARDEV_MODE_BIND || source->mode == CHARDEV_MODE_SERVER ||
	       (source->mode == CHARDEV_MODE_ABSENT && !source->path);
}

static bool unix_opts(QemuCommand *cmd, Props *opts, const ChardevSource *source,
		      const char *alias)
{
	bool server = unix_listens(source);
	int fd = server ? command_fd(cmd, alias) : -1;

	if (fd >= 0)
		props_num(opts, "fd", (guint64)fd);
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

static bool file_opts(QemuCommand *cmd, Props *opts, const ChardevSource *source,
		      const char *alias)
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

/* -chardev under "char" + alias; *ret_id is that. */
static bool device_chardev(QemuCommand *cmd, const DomainChardev *device, char **ret_id,
			   GError **error)
{
	const char *alias = device->info.alias;

	if (!alias)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the definition is not prepared: a character device has no alias"));
	*ret_id = g_strconcat("char", alias, NULL);
	return command_chardev(cmd, &device->source, *ret_id, alias, error);
}

/* ---- The guest's end */

static const struct {
	SerialModel model;
	const char *driver; /* NULL: part of the machine */
} serial_drivers[] = {
	{ SERIAL_MODEL_ISA_SERIAL, "isa-serial" },
	{ SERIAL_MODEL_USB_SERIAL, "usb-serial" },
	{ SERIAL_MODEL_PCI_SERIAL, "pci-serial" },
	{ SERIAL_MODEL_SPAPR_VTY, "spapr-vty" },
	{ SERIAL_MODEL_SCLPCONSOLE, "sclpconsole" },
	{ SERIAL_MODEL_SCLPLMCONSOLE, "sclplmconsole" },
	{ SERIAL_MODEL_ISA_DEBUGCON, "isa-debugcon" },
	{ SERIAL_MODEL_PL011, NULL },
	{ SERIAL_MODEL_16550A, NULL },
};

static SerialModel serial_model(const QemuCommand *cmd, const DomainChardev *serial)
{
	static const SerialModel by_target[SERIAL_TARGET_LAST] = {
		[SERIAL_TARGET_ISA] = SERIAL_MODEL_ISA_SERIAL,
		[SERIAL_TARGET_USB] = SERIAL_MODEL_USB_SERIAL,
		[SERIAL_TARGET_PCI] = SERIAL_MODEL_PCI_SERIAL,
		[SERIAL_TARGET_SPAPR_VIO] = SERIAL_MODEL_SPAPR_VTY,
		[SERIAL_TARGET_SYSTEM] = SERIAL_MODEL_PL011,
		[SERIAL_TARGET_SCLP] = SERIAL_MODEL_SCLPCONSOLE,
		[SERIAL_TARGET_ISA_DEBUG] = SERIAL_MODEL_ISA_DEBUGCON,
	};

	if (serial->serial_model != SERIAL_MODEL_ABSENT)
		return serial->serial_model;
	if (serial->serial_target != SERIAL_TARGET_ABSENT)
		return by_target[serial->serial_target];
	return command_is_x86(cmd) ? SERIAL_MODEL_ISA_SERIAL : SERIAL_MODEL_PL011;
}

static bool command_serial(QemuCommand *cmd, const DomainChardev *serial, GError **error)
{
	SerialModel model = serial_model(cmd, serial);
	g_autofree char *id = NULL;
	const char *driver = NULL;
	Props *opts;

	if (!device_chardev(cmd, serial, &id, error))
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(serial_drivers); i++)
		if (serial_drivers[i].model == model)
			driver = serial_drivers[i].driver;
	if (!driver) {
		command_arg(cmd, "-serial");
		g_ptr_array_add(cmd->line->argv, g_strconcat("chardev:", id, NULL));
		return true;
	}
	opts = props_new(driver);
	props_str(opts, "chardev", id);
	if (model == SERIAL_MODEL_ISA_SERIAL && serial->has_port)
		props_num(opts, "index", serial->port);
	return command_device(cmd, opts, &serial->info, error);
}

static bool command_parallel(QemuCommand *cmd, const DomainChardev *parallel, GError **error)
{
	g_autofree char *id = NULL;
	Props *opts;

	if (!device_chardev(cmd, parallel, &id, error))
		return false;
	opts = props_new("isa-parallel");
	props_str(opts, "chardev", id);
	if (parallel->has_port)
		props_num(opts, "index", parallel->port);
	return command_device(cmd, opts, &parallel->info, error);
}

static bool command_console(QemuCommand *cmd, const DomainChardev *console, GError **error)
{
	g_autofree char *id = NULL;
	const char *driver;
	Props *opts;

	switch (console->console_target) {
	case CONSOLE_TARGET_ABSENT:
	case CONSOLE_TARGET_SERIAL:
		return true; /* another name for the first serial port */
	case CONSOLE_TARGET_VIRTIO:
		driver = "virtconsole";
		break;
	case CONSOLE_TARGET_SCLP:
		driver = "sclpconsole";
		break;
	case CONSOLE_TARGET_SCLPLM:
		driver = "sclplmconsole";
		break;
	default:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("consoles of target '%s' are not supported"),
			    console_target_name(console->console_target));
	}
	if (!device_chardev(cmd, console, &id, error))
		return false;
	opts = props_new(driver);
	props_str(opts, "chardev", id);
	return command_device(cmd, opts, &console->info, error);
}

static bool command_guestfwd(QemuCommand *cmd, const DomainChardev *channel, const char *id)
{
	Props *opts = props_new("user");

	props_printf(opts, "guestfwd", "tcp:%s:%s-chardev:%s", channel->guestfwd_address,
		    channel->guestfwd_port, id);
	props_str(opts, "id", channel->info.alias);
	command_opts(cmd, "-netdev", opts);
	return true;
}

static bool command_channel(QemuCommand *cmd, const DomainChardev *channel, GError **error)
{
	g_autofree char *id = NULL;
	Props *opts;

	if (channel->channel_target == CHANNEL_TARGET_XEN)
		return command_refuse(error, "channel/target type='xen'", _("this is not Xen"));
	if (!device_chardev(cmd, channel, &id, error))
		return false;
	if (channel->channel_target == CHANNEL_TARGET_GUESTFWD)
		return command_guestfwd(cmd, channel, id);
	opts = props_new("virtserialport");
	props_str(opts, "chardev", id);
	props_str(opts, "name", channel->name);
	return command_device(cmd, opts, &channel->info, error);
}

bool command_chardevs(QemuCommand *cmd, GError **error)
{
	const DomainDef *def = cmd->def;
	const struct {
		const GPtrArray *list;
		bool (*build)(QemuCommand *cmd, const DomainChardev *device, GError **error);
	} kinds[] = {
		{ def->serials, command_serial },
		{ def->parallels, command_parallel },
		{ def->channels, command_channel },
		{ def->consoles, command_console },
	};

	for (unsigned k = 0; k < G_N_ELEMENTS(kinds); k++)
		for (guint i = 0; i < list_length(kinds[k].list); i++)
			if (!kinds[k].build(cmd, list_get(kinds[k].list, i), error))
				return false;
	return true;
}

/* ---- Smartcards */

static bool command_smartcard(QemuCommand *cmd, const DomainSmartcard *card, GError **error)
{
	Props *opts;

	if (card->mode == SMARTCARD_PASSTHROUGH) {
		g_autofree char *id = g_strconcat("char", card->info.alias, NULL);
		ChardevSource source = card->source;

		if (source.type == CHARDEV_SPICEVMC && !source.channel)
			source.channel = (char *)"smartcard";
		if (!command_chardev(cmd, &source, id, card->info.alias, error))
			return false;
		opts = props_new("ccid-card-passthru");
		props_str(opts, "chardev", id);
		return command_device(cmd, opts, &card->info, error);
	}
	opts = props_new("ccid-card-emulated");
	if (card->mode == SMARTCARD_HOST) {
		props_str(opts, "backend", "nss-emulated");
	} else {
		props_str(opts, "backend", "certificates");
		for (guint i = 0; i < list_length(card->certificates); i++) {
			g_autofree char *key = g_strdup_printf("cert%u", i + 1);

			props_str(opts, key, list_get(card->certificates, i));
		}
		props_str(opts, "db", card->database ? card->database : "/etc/pki/nssdb");
	}
	return command_device(cmd, opts, &card->info, error);
}

bool command_smartcards(QemuCommand *cmd, GError **error)
{
	for (guint i = 0; i < list_length(cmd->def->smartcards); i++)
		if (!command_smartcard(cmd, list_get(cmd->def->smartcards, i), error))
			return false;
	return true;
}

/* ---- Redirected USB devices */

/* "class:vendor:product:version:allow|...", -1 for any. */
static char *redirect_filter(const DomainRedirFilter *filter)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < list_length(filter->devices); i++) {
		const RedirFilterDevice *device = list_get(filter->devices, i);
		unsigned major = 0, minor = 0;
		int version = -1;

		if (device->version && sscanf(device->version, "%u.%u", &major, &minor) >= 1)
			version = (int)((major / 10 % 10) << 12 | (major % 10) << 8 |
					(minor / 10 % 10) << 4 | minor % 10);
		if (i > 0)
			g_string_append_c(text, '|');
		g_string_append_printf(
			text, device->usb_class < 0 ? "%d:" : "0x%02X:", device->usb_class);
		g_string_append_printf(text,
				       device->vendor < 0 ? "%d:" : "0x%04X:", device->vendor);
		g_string_append_printf(text,
				       device->product < 0 ? "%d:" : "0x%04X:", device->product);
		g_string_append_printf(text, version < 0 ? "%d:" : "0x%04X:", version);
		g_string_append(text, device->allow == TRISTATE_YES ? "1" : "0");
	}
	return g_string_free(text, FALSE);
}

bool command_redirdevs(QemuCommand *cmd, GError **error)
{
	const DomainRedirFilter *filter = cmd->def->redirfilter;
	g_autofree char *rules = filter ? redirect_filter(filter) : NULL;

	for (guint i = 0; i < list_length(cmd->def->redirdevs); i++) {
		const DomainRedirdev *device = list_get(cmd->def->redirdevs, i);
		g_autofree char *id = g_strconcat("char", device->info.alias, NULL);
		ChardevSource source = device->source;
		Props *opts;

		if (source.type == CHARDEV_SPICEVMC && !source.channel)
			source.channel = (char *)"usbredir";
		if (!command_chardev(cmd, &source, id, device->info.alias, error))
			return false;
		opts = props_new("usb-redir");
		props_str(opts, "chardev", id);
		props_str(opts, "filter", rules);
		if (!command_device(cmd, opts, &device->info, error))
			return false;
	}
	return true;
}
