/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "drivers/qemu/argv/command_build.h"

void qemu_command_line_free(QemuCommandLine *line)
{
	if (!line)
		return;
	g_ptr_array_unref(line->argv);
	g_ptr_array_unref(line->env);
	g_array_unref(line->fds);
	g_free(line);
}

/* ---- Architectures */

bool command_is_x86(const QemuCommand *cmd)
{
	return g_strcmp0(cmd->def->os.arch, "x86_64") == 0 ||
	       g_strcmp0(cmd->def->os.arch, "i686") == 0;
}

bool command_is_s390(const QemuCommand *cmd)
{
	return g_strcmp0(cmd->def->os.arch, "s390x") == 0;
}

bool command_is_ppc64(const QemuCommand *cmd)
{
	return cmd->def->os.arch && g_str_has_prefix(cmd->def->os.arch, "ppc64");
}

bool command_is_arm(const QemuCommand *cmd)
{
	const char *arch = cmd->def->os.arch;

	return arch && (g_str_has_prefix(arch, "arm") || g_str_has_prefix(arch, "aarch64"));
}

bool command_machine_is(const QemuCommand *cmd, const char *prefix)
{
	const char *machine = cmd->def->os.machine;
	size_t length = strlen(prefix);

	return machine && strncmp(machine, prefix, length) == 0 &&
	       (machine[length] == '\0' || machine[length] == '-');
}

bool command_is_q35(const QemuCommand *cmd)
{
	return command_machine_is(cmd, "q35") || command_machine_is(cmd, "pc-q35");
}

bool command_is_i440fx(const QemuCommand *cmd)
{
	return command_is_x86(cmd) && !command_is_q35(cmd) && command_machine_is(cmd, "pc");
}

bool command_is_kvm(const QemuCommand *cmd)
{
	return cmd->def->virt == VIRT_KVM;
}

/* ---- Options */

void command_arg(QemuCommand *cmd, const char *arg)
{
	g_ptr_array_add(cmd->line->argv, g_strdup(arg));
}

void command_pair(QemuCommand *cmd, const char *name, const char *value)
{
	command_arg(cmd, name);
	command_arg(cmd, value);
}

/* QEMU takes JSON for -device from 6.2 on. */
static bool takes_json(const QemuCommand *cmd, const char *name)
{
	uint64_t version = cmd->context->version;

	return strcmp(name, "-device") == 0 && (version == 0 || version >= 6002000);
}

void command_opts(QemuCommand *cmd, const char *name, Props *opts)
{
	char *text;

	if (cmd->parts) {
		g_ptr_array_add(cmd->parts, command_part_new(name, opts));
		return;
	}
	text = takes_json(cmd, name) ? props_json_text(opts, "driver") : props_key_value(opts);

	command_arg(cmd, name);
	g_ptr_array_add(cmd->line->argv, text);
	props_free(opts);
}

bool command_refuse(GError **error, const char *element, const char *why)
{
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("<%s> cannot be honoured: %s"), element,
		    why);
}

/* ---- Descriptors */

GPtrArray *command_layers(const QemuCommand *cmd, const char *key)
{
	if (!cmd->context->resources)
		return NULL;
	return g_hash_table_lookup(cmd->context->resources, key);
}

static void inherit(QemuCommand *cmd, int fd)
{
	g_array_append_val(cmd->line->fds, fd);
}

static int first_fd(const QemuCommand *cmd, const char *key)
{
	GPtrArray *layers = command_layers(cmd, key);

	return list_length(layers) > 0 ? ((const GuestLayer *)list_get(layers, 0))->fd : -1;
}

/* Appends @opts, which a running QEMU gets together with @fd. */
static void opts_with_fd(QemuCommand *cmd, const char *option, Props *opts, int fd)
{
	command_opts(cmd, option, opts);
	((CommandPart *)g_ptr_array_index(cmd->parts, cmd->parts->len - 1))->fd = fd;
}

char *command_pass(QemuCommand *cmd, int fd, const char *name)
{
	Props *opts;

	if (!cmd->parts) {
		inherit(cmd, fd);
		return g_strdup_printf("%d", fd);
	}
	opts = props_new(NULL);
	props_str(opts, "fdname", name);
	opts_with_fd(cmd, "-getfd", opts, fd);
	return g_strdup(name);
}

char *command_passed(QemuCommand *cmd, const char *key)
{
	g_autofree char *name = g_strconcat("fd-", key, NULL);
	int fd = first_fd(cmd, key);

	return fd >= 0 ? command_pass(cmd, fd, name) : NULL;
}

char *command_path(QemuCommand *cmd, const char *key, const char *path)
{
	int fd = first_fd(cmd, key);

	if (fd < 0)
		return g_strdup(path);
	if (cmd->parts)
		return command_fdset(cmd, fd, key);
	inherit(cmd, fd);
	return g_strdup_printf("/proc/self/fd/%d", fd);
}

char *command_fdset(QemuCommand *cmd, int fd, const char *opaque)
{
	Props *opts = props_new(NULL);

	if (!cmd->parts) {
		props_num(opts, "fd", (guint64)fd);
		inherit(cmd, fd);
	}
	props_num(opts, "set", ++cmd->fdsets);
	props_str(opts, "opaque", opaque);
	if (cmd->parts)
		opts_with_fd(cmd, "-add-fd", opts, fd);
	else
		command_opts(cmd, "-add-fd", opts);
	return g_strdup_printf("/dev/fdset/%u", cmd->fdsets);
}

void command_node(QemuCommand *cmd, json_t *node)
{
	CommandPart *part;
	char *text;

	if (cmd->parts) {
		part = command_part_new("-blockdev", NULL);
		part->node = node;
		g_ptr_array_add(cmd->parts, part);
		return;
	}
	text = json_dumps(node, JSON_COMPACT | JSON_ENSURE_ASCII);
	command_pair(cmd, "-blockdev", text);
	free(text);
	json_decref(node);
}

/* ---- Devices */

/* What @property sets; false when its value is not of its type. */
static bool override_value(const QemuProperty *property, json_t **ret, GError **error)
{
	const char *text = property->value ? property->value : "";
	guint64 number = 0;
	gint64 offset = 0;

	*ret = NULL;
	switch (property->type) {
	case QEMU_PROPERTY_REMOVE:
		return true;
	case QEMU_PROPERTY_BOOL:
		*ret = json_boolean(strcmp(text, "true") == 0);
		return true;
	case QEMU_PROPERTY_SIGNED:
		if (!g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &offset, NULL))
			break;
		*ret = json_integer(offset);
		return true;
	case QEMU_PROPERTY_UNSIGNED:
		if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL))
			break;
		*ret = json_integer((json_int_t)number);
		return true;
	default:
		*ret = json_string(text);
		return true;
	}
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("<qemu:property name='%s'>: '%s' is not a number"), property->name, text);
}

static bool override_apply(const QemuOverride *override, Props *opts, GError **error)
{
	for (guint i = 0; i < list_length(override->properties); i++) {
		const QemuProperty *property = list_get(override->properties, i);
		json_t *value;

		if (!override_value(property, &value, error))
			return false;
		props_override(opts, property->name, value);
	}
	return true;
}

static bool overrides_apply(QemuCommand *cmd, Props *opts, const char *alias, GError **error)
{
	const GPtrArray *overrides = cmd->def->qemu.overrides;

	for (guint i = 0; i < list_length(overrides); i++) {
		const QemuOverride *override = list_get(overrides, i);

		if (g_strcmp0(override->alias, alias) == 0 &&
		    !override_apply(override, opts, error))
			return false;
	}
	return true;
}

guint command_boot_index(const QemuCommand *cmd, const DeviceInfo *info)
{
	if (info->boot_order > 0)
		return info->boot_order;
	return GPOINTER_TO_UINT(g_hash_table_lookup(cmd->boot_order, info));
}

static void device_identity(QemuCommand *cmd, Props *opts, const DeviceInfo *info)
{
	guint order = command_boot_index(cmd, info);

	props_str(opts, "id", info->alias);
	if (order > 0)
		props_num(opts, "bootindex", order);
	props_str(opts, "loadparm", info->loadparm);
	if (info->acpi_index > 0)
		props_num(opts, "acpi-index", info->acpi_index);
	if (info->rom_bar != TRISTATE_ABSENT)
		props_num(opts, "rombar", info->rom_bar == TRISTATE_YES);
	props_str(opts, "romfile", info->rom_enabled == TRISTATE_NO ? "" : info->rom_file);
}

bool command_device_bare(QemuCommand *cmd, Props *opts, const DeviceInfo *info, GError **error)
{
	if (!info->alias) {
		fail(error, VIR_ERR_OPERATION_INVALID,
		     _("the definition is not prepared: device '%s' has no alias"),
		     props_kind(opts));
		props_free(opts);
		return false;
	}
	device_identity(cmd, opts, info);
	if (!overrides_apply(cmd, opts, info->alias, error)) {
		props_free(opts);
		return false;
	}
	command_opts(cmd, "-device", opts);
	return true;
}

bool command_device(QemuCommand *cmd, Props *opts, const DeviceInfo *info, GError **error)
{
	if (address_opts(cmd, opts, info, error))
		return command_device_bare(cmd, opts, info, error);
	props_free(opts);
	return false;
}

/* ---- For people */

char *qemu_command_line_text(const QemuCommandLine *line)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=.,/:@%";
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < line->env->len && list_get(line->env, i); i++) {
		g_autofree char *quoted = g_shell_quote(list_get(line->env, i));

		g_string_append_printf(text, "%s ", quoted);
	}
	for (guint i = 0; i < line->argv->len && list_get(line->argv, i); i++) {
		const char *arg = list_get(line->argv, i);
		bool bare = *arg && strspn(arg, plain) == strlen(arg);
		g_autofree char *quoted = bare ? g_strdup(arg) : g_shell_quote(arg);

		if (i > 0)
			g_string_append(text, *arg == '-' ? " \\\n" : " ");
		g_string_append(text, quoted);
	}
	g_string_append_c(text, '\n');
	return g_string_free(text, FALSE);
}
