/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's ends of character devices: serial and parallel ports, consoles, channels. */
#include "config.h"

#include <string.h>
#include <sys/un.h>

#include "drivers/qemu/device/kind.h"

#define ISA_SERIAL_PORTS 4
#define AGENT_NAME "org.qemu.guest_agent.0"
#define SPICE_AGENT_NAME "com.redhat.spice.0"

static void serial_default_target(const DomainDef *def, DomainChardev *serial)
{
	if (serial->serial_target)
		return;
	switch (serial->info.address.type) {
	case ADDRESS_USB:
		serial->serial_target = SERIAL_TARGET_USB;
		return;
	case ADDRESS_PCI:
		serial->serial_target = SERIAL_TARGET_PCI;
		return;
	case ADDRESS_SPAPR_VIO:
		serial->serial_target = SERIAL_TARGET_SPAPR_VIO;
		return;
	default:
		break;
	}
	if (qemu_arch_is_x86(def->os.arch))
		serial->serial_target = SERIAL_TARGET_ISA;
	else if (machine_family(def) == MACHINE_PSERIES)
		serial->serial_target = SERIAL_TARGET_SPAPR_VIO;
	else if (qemu_arch_is_s390(def->os.arch))
		serial->serial_target = SERIAL_TARGET_SCLP;
	else if (machine_family(def) == MACHINE_VIRT)
		serial->serial_target = SERIAL_TARGET_SYSTEM;
}

static SerialModel serial_default_model(const DomainDef *def, SerialTarget target)
{
	switch (target) {
	case SERIAL_TARGET_ISA:
		return SERIAL_MODEL_ISA_SERIAL;
	case SERIAL_TARGET_USB:
		return SERIAL_MODEL_USB_SERIAL;
	case SERIAL_TARGET_PCI:
		return SERIAL_MODEL_PCI_SERIAL;
	case SERIAL_TARGET_SPAPR_VIO:
		return SERIAL_MODEL_SPAPR_VTY;
	case SERIAL_TARGET_SCLP:
		return SERIAL_MODEL_SCLPCONSOLE;
	case SERIAL_TARGET_ISA_DEBUG:
		return SERIAL_MODEL_ISA_DEBUGCON;
	case SERIAL_TARGET_SYSTEM:
		return qemu_arch_is_riscv(def->os.arch) ? SERIAL_MODEL_16550A : SERIAL_MODEL_PL011;
	default:
		return SERIAL_MODEL_ABSENT;
	}
}

static void port_choose(GPtrArray *list, DomainChardev *chardev)
{
	guint port = 0;

	if (chardev->has_port)
		return;
	for (guint i = 0; i < list->len; i++) {
		const DomainChardev *other = list_get(list, i);

		if (other->has_port && other->port >= port)
			port = other->port + 1;
	}
	chardev->port = port;
	chardev->has_port = true;
}

static bool serial_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainChardev *serial = device->chardev;

	serial_default_target(completion->def, serial);
	if (!serial->serial_model)
		serial->serial_model = serial_default_model(completion->def, serial->serial_target);
	port_choose(completion->def->serials, serial);
	return true;
}

static bool parallel_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainChardev *parallel = device->chardev;

	port_choose(completion->def->parallels, parallel);
	return true;
}

/* Which models go with which target, and where the targets are. */
static const struct {
	SerialModel model;
	SerialTarget target;
} serial_models[] = {
	{ SERIAL_MODEL_ISA_SERIAL, SERIAL_TARGET_ISA },
	{ SERIAL_MODEL_USB_SERIAL, SERIAL_TARGET_USB },
	{ SERIAL_MODEL_PCI_SERIAL, SERIAL_TARGET_PCI },
	{ SERIAL_MODEL_SPAPR_VTY, SERIAL_TARGET_SPAPR_VIO },
	{ SERIAL_MODEL_PL011, SERIAL_TARGET_SYSTEM },
	{ SERIAL_MODEL_16550A, SERIAL_TARGET_SYSTEM },
	{ SERIAL_MODEL_SCLPCONSOLE, SERIAL_TARGET_SCLP },
	{ SERIAL_MODEL_SCLPLMCONSOLE, SERIAL_TARGET_SCLP },
	{ SERIAL_MODEL_ISA_DEBUGCON, SERIAL_TARGET_ISA_DEBUG },
};

static bool serial_target_exists(const DomainDef *def, SerialTarget target)
{
	switch (target) {
	case SERIAL_TARGET_ISA:
	case SERIAL_TARGET_ISA_DEBUG:
		return qemu_arch_is_x86(def->os.arch);
	case SERIAL_TARGET_SPAPR_VIO:
		return machine_family(def) == MACHINE_PSERIES;
	case SERIAL_TARGET_SCLP:
		return qemu_arch_is_s390(def->os.arch);
	default:
		return true;
	}
}

static AddressType serial_address(SerialTarget target)
{
	switch (target) {
	case SERIAL_TARGET_ISA:
	case SERIAL_TARGET_ISA_DEBUG:
		return ADDRESS_ISA;
	case SERIAL_TARGET_USB:
		return ADDRESS_USB;
	case SERIAL_TARGET_PCI:
		return ADDRESS_PCI;
	case SERIAL_TARGET_SPAPR_VIO:
		return ADDRESS_SPAPR_VIO;
	default:
		return ADDRESS_ABSENT;
	}
}

static bool check_serial(const QemuCheck *check, const DomainChardev *serial)
{
	const char *target = serial_target_name(serial->serial_target) ?: "";

	for (size_t i = 0; i < G_N_ELEMENTS(serial_models); i++)
		if (serial_models[i].model == serial->serial_model &&
		    serial_models[i].target != serial->serial_target)
			return refuse(check,
				      _("serial port %u: model '%s' needs the target '%s', not "
					"'%s'"),
				      serial->port, serial_model_name(serial->serial_model),
				      serial_target_name(serial_models[i].target), target);
	if (!serial_target_exists(check->def, serial->serial_target))
		return refuse(check, _("serial port %u: machine type '%s' of %s has no '%s'"),
			      serial->port, check->def->os.machine, check->def->os.arch, target);
	if (serial->info.address.type &&
	    serial->info.address.type != serial_address(serial->serial_target))
		return refuse(check,
			      _("serial port %u: a '%s' cannot have an address of type '%s'"),
			      serial->port, target, address_type_name(serial->info.address.type));
	if (serial->serial_target == SERIAL_TARGET_ISA && serial->port > ISA_SERIAL_PORTS)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("serial port %u: there are %d ISA serial ports, from 0 on"),
			    serial->port, ISA_SERIAL_PORTS);
	return true;
}

static bool check_console(const QemuCheck *check, const DomainChardev *console)
{
	bool first = list_get(check->def->consoles, 0) == console;

	switch (console->console_target) {
	case CONSOLE_TARGET_SERIAL:
		return first || refuse(check, _("only the first console can be a serial port"));
	case CONSOLE_TARGET_VIRTIO:
	case CONSOLE_TARGET_ABSENT:
		return true;
	case CONSOLE_TARGET_SCLP:
	case CONSOLE_TARGET_SCLPLM:
		if (qemu_arch_is_s390(check->def->os.arch))
			return true;
		/* fall through */
	default:
		return refuse(check, _("QEMU of %s has no console of type '%s'"),
			      check->def->os.arch, console_target_name(console->console_target));
	}
}

static bool check_channel(const QemuCheck *check, const DomainChardev *channel)
{
	if (channel->channel_target == CHANNEL_TARGET_GUESTFWD &&
	    channel->source.type == CHARDEV_UNIX && !channel->source.path)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("a channel of type 'unix' that forwards %s has no <source> path"),
			    channel->guestfwd_address ?: "");
	return true;
}

static bool serial_check(const QemuCheck *check, const DomainDevice *device)
{
	return qemu_source_check(check, device, &device->chardev->source) &&
	       check_serial(check, device->chardev);
}

static bool parallel_check(const QemuCheck *check, const DomainDevice *device)
{
	return qemu_source_check(check, device, &device->chardev->source);
}

static bool console_check(const QemuCheck *check, const DomainDevice *device)
{
	return qemu_source_check(check, device, &device->chardev->source) &&
	       check_console(check, device->chardev);
}

static bool channel_check(const QemuCheck *check, const DomainDevice *device)
{
	return qemu_source_check(check, device, &device->chardev->source) &&
	       check_channel(check, device->chardev);
}

static bool channel_prepare(const QemuPrepare *prepare, const DomainDevice *device)
{
	DomainChardev *channel = device->chardev;
	const DomainDef *live = prepare->live;
	GError **error = prepare->error;
	char uuid[UUID_TEXT];
	g_autofree char *file = NULL;

	if (channel->source.type == CHARDEV_SPICEVMC && !channel->name &&
	    channel->channel_target == CHANNEL_TARGET_VIRTIO)
		channel->name = g_strdup(SPICE_AGENT_NAME);
	if (channel->source.type != CHARDEV_UNIX || channel->source.path)
		return true;
	if (channel->source.mode == CHARDEV_MODE_CONNECT)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s': channel '%s' connects to a socket without a path"),
			    live->name, channel->name ?: "");
	uuid_format(&live->uuid, uuid);
	file = g_strcmp0(channel->name, AGENT_NAME) == 0
		       ? g_strdup("agent")
		       : g_strdup_printf("%s.sock", channel->info.alias);
	channel->source.mode = CHARDEV_MODE_BIND;
	channel->source.path =
		g_strdup_printf("%s/vm/%s/%s", prepare->settings->run_dir, uuid, file);
	if (strlen(channel->source.path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("'%s' is too long for a socket: choose a shorter run directory"),
			    channel->source.path);
	return true;
}

/* The console that is a serial port is that serial port. */
static char *console_alias(const DomainDef *def, const DomainDevice *device, unsigned number)
{
	if (device->chardev->console_target == CONSOLE_TARGET_SERIAL &&
	    list_length(def->serials) > 0)
		return g_strdup(((DomainChardev *)list_get(def->serials, 0))->info.alias);
	return g_strdup_printf("console%u", number);
}

static void chardev_resources(const QemuResources *all, const DomainDevice *device)
{
	qemu_source_resources(all, &device->chardev->source, device->info->alias);
}

/* A console that is a serial port has been opened with it. */
static void console_resources(const QemuResources *all, const DomainDevice *device)
{
	if (device->chardev->console_target != CONSOLE_TARGET_SERIAL ||
	    list_length(all->live->serials) == 0)
		chardev_resources(all, device);
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

static bool serial_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainChardev *serial = device->chardev;
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

static bool parallel_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainChardev *parallel = device->chardev;
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

static bool console_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainChardev *console = device->chardev;
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

static bool build_guestfwd(QemuCommand *cmd, const DomainChardev *channel, const char *id)
{
	Props *opts = props_new("user");

	props_printf(opts, "guestfwd", "tcp:%s:%s-chardev:%s", channel->guestfwd_address,
		     channel->guestfwd_port, id);
	props_str(opts, "id", channel->info.alias);
	command_opts(cmd, "-netdev", opts);
	return true;
}

static bool channel_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainChardev *channel = device->chardev;
	g_autofree char *id = NULL;
	Props *opts;

	if (channel->channel_target == CHANNEL_TARGET_XEN)
		return command_refuse(error, "channel/target type='xen'", _("this is not Xen"));
	if (!device_chardev(cmd, channel, &id, error))
		return false;
	if (channel->channel_target == CHANNEL_TARGET_GUESTFWD)
		return build_guestfwd(cmd, channel, id);
	opts = props_new("virtserialport");
	props_str(opts, "chardev", id);
	props_str(opts, "name", channel->name);
	return command_device(cmd, opts, &channel->info, error);
}

static PciConnect serial_pci(const DomainDevice *device)
{
	return device->chardev->serial_target == SERIAL_TARGET_PCI ? PCI_CONNECT_DEVICE : 0;
}

static bool serial_hotplug(const DomainDevice *device)
{
	return device->chardev->serial_target == SERIAL_TARGET_PCI ||
	       device->chardev->serial_target == SERIAL_TARGET_USB;
}

const QemuDeviceKind qemu_serial = {
	.prefix = "serial",
	.complete = serial_complete,
	.check = serial_check,
	.resources = chardev_resources,
	.pci = serial_pci,
	.hotplug = serial_hotplug,
	.build = serial_build,
};

const QemuDeviceKind qemu_parallel = {
	.prefix = "parallel",
	.complete = parallel_complete,
	.check = parallel_check,
	.resources = chardev_resources,
	.build = parallel_build,
};

static bool console_hotplug(const DomainDevice *device)
{
	return device->chardev->console_target == CONSOLE_TARGET_VIRTIO;
}

const QemuDeviceKind qemu_console = {
	.alias = console_alias,
	.check = console_check,
	.resources = console_resources,
	.hotplug = console_hotplug,
	.build = console_build,
};

static bool channel_hotplug(const DomainDevice *device)
{
	return device->chardev->channel_target == CHANNEL_TARGET_VIRTIO;
}

const QemuDeviceKind qemu_channel = {
	.prefix = "channel",
	.check = channel_check,
	.prepare = channel_prepare,
	.resources = chardev_resources,
	.hotplug = channel_hotplug,
	.build = channel_build,
};
