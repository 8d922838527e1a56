/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole command line, machine first, then device by device. */
#include <string.h>

#include "drivers/qemu/device/kind.h"

static const char sandbox[] = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
			      "resourcecontrol=deny";

static void command_monitor(QemuCommand *cmd)
{
	Props *opts = props_new("socket");
	g_autofree char *path = NULL, *fd = NULL;

	props_str(opts, "id", "monitor");
	if (cmd->context->monitor_fd >= 0) {
		fd = command_pass(cmd, cmd->context->monitor_fd, NULL);
		props_str(opts, "fd", fd);
	} else {
		path = g_build_filename(cmd->context->run_dir ? cmd->context->run_dir : ".", "qmp",
					NULL);
		props_str(opts, "path", path);
	}
	props_bool(opts, "server", true);
	props_bool(opts, "wait", false);
	command_opts(cmd, "-chardev", opts);
	command_pair(cmd, "-mon", "chardev=monitor,mode=control");
}

static bool command_identity(QemuCommand *cmd, GError **error)
{
	const DomainDef *def = cmd->def;
	Props *name = props_new(NULL);
	char uuid[UUID_TEXT];

	(void)error;
	props_str(name, "guest", def->name);
	props_bool(name, "debug-threads", true);
	command_opts(cmd, "-name", name);
	command_arg(cmd, "-S");
	uuid_format(&def->uuid, uuid);
	command_pair(cmd, "-uuid", uuid);
	command_pair(cmd, "-sandbox", sandbox);
	command_arg(cmd, "-no-user-config");
	command_arg(cmd, "-nodefaults");
	command_monitor(cmd);
	if (cmd->context->incoming)
		command_pair(cmd, "-incoming", "defer");
	return true;
}

static bool command_custom(QemuCommand *cmd, GError **error)
{
	const DomainQemuNs *ns = &cmd->def->qemu;

	(void)error;
	if (ns->deprecation == QEMU_DEPRECATION_OMIT)
		command_pair(cmd, "-compat", "deprecated-output=hide");
	else if (ns->deprecation == QEMU_DEPRECATION_REJECT)
		command_pair(cmd, "-compat", "deprecated-output=hide,deprecated-input=reject");
	else if (ns->deprecation == QEMU_DEPRECATION_CRASH)
		command_pair(cmd, "-compat", "deprecated-output=hide,deprecated-input=crash");
	for (guint i = 0; i < list_length(ns->args); i++)
		command_arg(cmd, ((QemuArg *)list_get(ns->args, i))->value);
	for (guint i = 0; i < list_length(ns->envs); i++) {
		const QemuEnv *env = list_get(ns->envs, i);

		g_ptr_array_add(cmd->line->env,
				g_strdup_printf("%s=%s", env->name, env->value ? env->value : ""));
	}
	return true;
}

/* Words for other kinds of hypervisors, which would be lost without a trace. */
static bool foreign_check(const DomainDef *def, GError **error)
{
	const DomainOs *os = &def->os;

	if (os->type != OS_TYPE_HVM && os->type != OS_TYPE_ABSENT)
		return command_refuse(error, "os/type", _("QEMU runs guests of type 'hvm'"));
	if (os->init || os->initdir || os->inituser || os->initgroup ||
	    list_length(os->initargs) > 0 || list_length(os->initenvs) > 0)
		return command_refuse(error, "os/init", _("it belongs to containers"));
	if (def->bootloader || def->bootloader_args || os->root)
		return command_refuse(error, "bootloader", _("it belongs to Xen"));
	return true;
}

static bool seclabel_check(const DomainDef *def, GError **error)
{
	for (guint i = 0; i < list_length(def->seclabels); i++) {
		const Seclabel *label = list_get(def->seclabels, i);

		if (label->type == SECLABEL_STATIC || label->baselabel)
			return command_refuse(error, "seclabel",
					      _("each guest gets a user of its own; other labels "
						"are not supported"));
	}
	return true;
}

/* What a start cannot give and the command line does not speak of. */
static bool beside_check(const DomainDef *def, GError **error)
{
	if (list_length(def->idmap.uids) > 0 || list_length(def->idmap.gids) > 0)
		return command_refuse(error, "idmap", _("it belongs to containers"));
	if (list_length(def->qemu.capabilities_add) > 0 ||
	    list_length(def->qemu.capabilities_del) > 0)
		return command_refuse(error, "qemu:capabilities",
				      _("what QEMU can do is asked of it, not told"));
	for (guint i = 0; i < list_length(def->perf_events); i++)
		if (((PerfEvent *)list_get(def->perf_events, i))->enabled == TRISTATE_YES)
			return command_refuse(error, "perf",
					      _("performance events are not supported"));
	return true;
}

/* What is refused whatever the rest says. */
static bool command_check(QemuCommand *cmd, GError **error)
{
	const DomainDef *def = cmd->def;

	if (!def->emulator)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the definition is not prepared: it names no emulator"));
	if (def->virt != VIRT_KVM && def->virt != VIRT_QEMU)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain type '%s' is not one that QEMU runs"),
			    virt_type_name(def->virt));
	if (list_length(def->throttle_groups) > 0)
		return command_refuse(error, "throttlegroups",
				      _("groups of limits are not supported; use <iotune> with a "
					"<group_name>"));
	if (def->launch_security)
		return command_refuse(error, "launchSecurity", _("it is not supported"));
	if (def->on_crash == LIFECYCLE_COREDUMP_DESTROY ||
	    def->on_crash == LIFECYCLE_COREDUMP_RESTART)
		return command_refuse(error, "on_crash", _("core dumps are not supported"));
	return foreign_check(def, error) &&
	       (cmd->context->shown || (beside_check(def, error) && seclabel_check(def, error)));
}

typedef bool (*CommandStep)(QemuCommand *cmd, GError **error);

static bool devices_of_turn(QemuCommand *cmd, DeviceKind number, unsigned turn, GError **error)
{
	const QemuDeviceKind *kind = qemu_device_kinds[number];
	const GPtrArray *list = domain_def_devices((DomainDef *)cmd->def, number);

	for (guint i = 0; i < list_length(list); i++) {
		DomainDevice device = { .kind = number, .any = list_get(list, i) };

		if ((!kind->turn || kind->turn(&device) == turn) &&
		    !qemu_device_build(cmd, &device, error))
			return false;
	}
	return true;
}

static bool command_devices(QemuCommand *cmd, GError **error)
{
	for (unsigned i = 0; i < qemu_device_order_length; i++) {
		const QemuDeviceKind *kind = qemu_device_kinds[qemu_device_order[i]];

		if (kind->ahead && !kind->ahead(cmd, error))
			return false;
		for (unsigned turn = 0; turn < MAX(kind->turns, 1); turn++)
			if (!devices_of_turn(cmd, qemu_device_order[i], turn, error))
				return false;
	}
	return true;
}

/* In the order in which QEMU wants to know of things. */
static const CommandStep steps[] = {
	command_check,   command_identity, command_machine, command_cpu,
	command_memory,  command_smp,      command_numa,    command_clock,
	command_sysinfo, command_boot,     command_devices, command_custom,
};

/* The first device of each kind that <os> names for booting gets the place of that kind. */
static void boot_order_fill(QemuCommand *cmd)
{
	const DomainDef *def = cmd->def;

	for (guint i = 0; i < list_length(def->os.boots); i++) {
		BootDevice device = ((OsBoot *)list_get(def->os.boots, i))->device;
		const DeviceInfo *info = NULL;

		for (guint k = 0; k < list_length(def->disks) && !info; k++) {
			const DomainDisk *disk = list_get(def->disks, k);
			bool cdrom = disk->device == DISK_DEVICE_CDROM;
			bool floppy = disk->device == DISK_DEVICE_FLOPPY;

			if ((device == BOOT_DEVICE_CDROM && cdrom) ||
			    (device == BOOT_DEVICE_FD && floppy) ||
			    (device == BOOT_DEVICE_HD && !cdrom && !floppy))
				info = &disk->info;
		}
		if (device == BOOT_DEVICE_NETWORK && list_length(def->interfaces) > 0)
			info = &((DomainInterface *)list_get(def->interfaces, 0))->info;
		if (info && !g_hash_table_contains(cmd->boot_order, info))
			g_hash_table_insert(cmd->boot_order, (gpointer)info,
					    GUINT_TO_POINTER(i + 1));
	}
}

QemuCommandLine *qemu_command_line(const DomainDef *def, const QemuCommandContext *context,
				   GError **error)
{
	g_autoptr(GHashTable) order = g_hash_table_new(NULL, NULL);
	g_autoptr(QemuCommandLine) line = g_new0(QemuCommandLine, 1);
	QemuCommand cmd = { .def = def, .context = context, .line = line, .boot_order = order };

	line->argv = g_ptr_array_new_with_free_func(g_free);
	line->env = g_ptr_array_new_with_free_func(g_free);
	line->fds = g_array_new(FALSE, FALSE, sizeof(int));
	command_arg(&cmd, def->emulator);
	boot_order_fill(&cmd);
	for (unsigned i = 0; i < G_N_ELEMENTS(steps); i++)
		if (!steps[i](&cmd, error))
			return NULL;
	g_ptr_array_add(line->argv, NULL);
	g_ptr_array_add(line->env, NULL);
	return g_steal_pointer(&line);
}
