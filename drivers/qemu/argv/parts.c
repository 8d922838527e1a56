/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The monitor's rendering of what the command line has as options. */
#include "drivers/qemu/argv/parts.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

CommandPart *command_part_new(const char *option, Props *props)
{
	CommandPart *part = g_new0(CommandPart, 1);

	part->option = option;
	part->props = props;
	part->fd = -1;
	return part;
}

void command_part_free(void *data)
{
	CommandPart *part = data;

	props_free(part->props);
	json_decref(part->node);
	g_free(part);
}

/* ---- Character devices: flat on the command line, nested on the monitor */

/* Moves @key of @from to @to under @name, where it is there. */
static void move(json_t *to, const char *name, json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (!value)
		return;
	json_object_set(to, name, value);
	json_object_del(from, key);
}

/* A SocketAddress of @type. */
static json_t *address_new(const char *type, json_t *data)
{
	return json_pack("{s:s,s:o}", "type", type, "data", data);
}

/* That of what is flat in @from under @host and @port. */
static json_t *inet_address(json_t *from, const char *host, const char *port)
{
	json_t *data = json_pack("{s:s,s:s}", "host", "", "port", "0");

	move(data, "host", from, host);
	move(data, "port", from, port);
	return address_new("inet", data);
}

static json_t *socket_address(json_t *from)
{
	json_t *data = json_object();

	if (json_object_get(from, "path")) {
		move(data, "path", from, "path");
		return address_new("unix", data);
	}
	if (json_object_get(from, "fd")) {
		move(data, "str", from, "fd");
		return address_new("fd", data);
	}
	json_decref(data);
	return inet_address(from, "host", "port");
}

static const struct {
	const char *type, *flat, *nested;
} chardev_names[] = {
	{ "file", "path", "out" },	 { "serial", "path", "device" },
	{ "parallel", "path", "device" }, { "pipe", "path", "device" },
	{ "spicevmc", "name", "type" },	 { "spiceport", "name", "fqdn" },
};

/* What of @flat has another name or place on the monitor. */
static void chardev_nest(json_t *data, json_t *flat, const char *type)
{
	if (strcmp(type, "socket") == 0)
		json_object_set_new(data, "addr", socket_address(flat));
	if (strcmp(type, "udp") == 0) {
		json_object_set_new(data, "remote", inet_address(flat, "host", "port"));
		json_object_set_new(data, "local", inet_address(flat, "localaddr", "localport"));
	}
	if (strcmp(type, "qemu-vdagent") == 0)
		json_object_del(flat, "name");
	for (unsigned i = 0; i < G_N_ELEMENTS(chardev_names); i++)
		if (strcmp(chardev_names[i].type, type) == 0)
			move(data, chardev_names[i].nested, flat, chardev_names[i].flat);
}

/* {"id": ..., "backend": {"type": ..., "data": ...}} */
static json_t *chardev_arguments(const Props *props)
{
	const char *type = props_kind(props);
	json_t *flat = props_json(props, NULL), *data = json_object(), *arguments = json_object();

	move(arguments, "id", flat, "id");
	chardev_nest(data, flat, type);
	json_object_update(data, flat);
	json_decref(flat);
	json_object_set_new(arguments, "backend",
			    json_pack("{s:s,s:o}", "type", type, "data", data));
	return arguments;
}

/* ---- Descriptors */

static json_t *fdset_arguments(const Props *props)
{
	json_t *arguments = json_object();

	json_object_set(arguments, "fdset-id", (json_t *)props_get(props, "set"));
	json_object_set(arguments, "opaque", (json_t *)props_get(props, "opaque"));
	return arguments;
}

/* ---- All */

static const struct {
	const char *option, *add, *kind_key;
	const char *remove,
		*id;         /* of what undoes it; NULL for a device, which the guest gives up */
	const char *removed; /* what @remove calls that */
} commands[] = {
	{ "-device", "device_add", "driver", NULL, NULL, NULL },
	{ "-object", "object-add", "qom-type", "object-del", "id", "id" },
	{ "-netdev", "netdev_add", "type", "netdev_del", "id", "id" },
	{ "-chardev", "chardev-add", NULL, "chardev-remove", "id", "id" },
	{ "-blockdev", "blockdev-add", NULL, "blockdev-del", "node-name", "node-name" },
	{ "-add-fd", "add-fd", NULL, "remove-fd", "set", "fdset-id" },
	{ "-getfd", "getfd", NULL, "closefd", "fdname", "fdname" },
};

static int find_command(const CommandPart *part)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++)
		if (strcmp(commands[i].option, part->option) == 0)
			return (int)i;
	return -1;
}

bool command_part_plug(const CommandPart *part, const char **ret_command, json_t **ret_arguments,
		       GError **error)
{
	int i = find_command(part);

	if (i < 0)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("a running hypervisor cannot be given what its option '%s' is for"),
			    part->option);
	*ret_command = commands[i].add;
	if (part->node)
		*ret_arguments = json_incref(part->node);
	else if (strcmp(part->option, "-chardev") == 0)
		*ret_arguments = chardev_arguments(part->props);
	else if (strcmp(part->option, "-add-fd") == 0)
		*ret_arguments = fdset_arguments(part->props);
	else
		*ret_arguments = props_json(part->props, commands[i].kind_key);
	return true;
}

const char *command_part_unplug(const CommandPart *part, json_t **ret_arguments)
{
	int i = find_command(part);
	const json_t *id;

	if (i < 0 || !commands[i].remove ||
	    (part->fd < 0 && g_str_has_suffix(part->option, "fd")))
		return NULL; /* one that was not opened now is not ours to take back */
	id = part->node ? json_object_get(part->node, commands[i].id)
			: props_get(part->props, commands[i].id);
	if (!id)
		return NULL;
	*ret_arguments = json_pack("{s:O}", commands[i].removed, id);
	return commands[i].remove;
}
