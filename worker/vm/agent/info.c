/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent inside the guest knows of it, as parameters. */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rpc/wire/params.h"
#include "worker/vm/agent/ask.h"

/* Adds "PREFIX.NAME" where the agent told it. */
static void add_text(RpcParams *params, const json_t *object, const char *key, const char *prefix,
		     const char *name)
{
	g_autofree char *text = agent_text(object, key);

	if (text)
		rpc_params_add_string(params, text, "%s.%s", prefix, name);
}

static void add_size(RpcParams *params, const json_t *object, const char *key, const char *prefix,
		     const char *name)
{
	int64_t number = agent_number(object, key);

	if (number >= 0)
		rpc_params_add_ullong(params, (guint64)number, "%s.%s", prefix, name);
}

static bool add_users(VmCall *call, RpcParams *params, GError **error)
{
	json_t *list = agent_ask_list(call, "guest-get-users", error);
	size_t n = MIN(json_array_size(list), AGENT_LIST_MAX);

	if (!list)
		return false;
	rpc_params_add_uint(params, (unsigned)n, "user.count");
	for (size_t i = 0; i < n; i++) {
		const json_t *entry = json_array_get(list, i);
		double since = json_number_value(json_object_get(entry, "login-time"));
		g_autofree char *prefix = g_strdup_printf("user.%zu", i);

		add_text(params, entry, "user", prefix, "name");
		add_text(params, entry, "domain", prefix, "domain");
		if (since >= 0 && since < 1e15)
			rpc_params_add_ullong(params, (guint64)(since * 1000), "%s.login-time",
					      prefix);
	}
	json_decref(list);
	return true;
}

static bool add_os(VmCall *call, RpcParams *params, GError **error)
{
	static const char *const names[] = { "id",	       "name",	  "pretty-name", "version",
					     "version-id",     "machine", "variant",	 "variant-id",
					     "kernel-release", "kernel-version" };
	json_t *value = agent_ask(call, "guest-get-osinfo", NULL, error);

	for (unsigned i = 0; value && i < G_N_ELEMENTS(names); i++)
		add_text(params, value, names[i], "os", names[i]);
	json_decref(value);
	return value != NULL;
}

static bool add_timezone(VmCall *call, RpcParams *params, GError **error)
{
	json_t *value = agent_ask(call, "guest-get-timezone", NULL, error);
	json_t *offset = json_object_get(value, "offset");

	if (!value)
		return false;
	add_text(params, value, "zone", "timezone", "name");
	if (json_is_integer(offset))
		rpc_params_add_int(params,
				   (int)CLAMP(json_integer_value(offset), -86400, 86400),
				   "timezone.offset");
	json_decref(value);
	return true;
}

static bool add_hostname(VmCall *call, RpcParams *params, GError **error)
{
	json_t *value = agent_ask(call, "guest-get-host-name", NULL, error);
	g_autofree char *name = agent_text(value, "host-name");

	if (name)
		rpc_params_add_string(params, name, "hostname");
	json_decref(value);
	return value != NULL;
}

static void add_fs_disks(VmCall *call, RpcParams *params, const json_t *disks, const char *prefix)
{
	size_t n = MIN(json_array_size(disks), AGENT_LIST_MAX);

	rpc_params_add_uint(params, (unsigned)n, "%s.disk.count", prefix);
	for (size_t i = 0; i < n; i++) {
		const json_t *entry = json_array_get(disks, i);
		const DomainDisk *disk = agent_disk(call->guest, entry);
		g_autofree char *own = g_strdup_printf("%s.disk.%zu", prefix, i);

		if (disk && disk->target)
			rpc_params_add_string(params, disk->target, "%s.alias", own);
		add_text(params, entry, "serial", own, "serial");
		add_text(params, entry, "dev", own, "device");
	}
}

static bool add_filesystems(VmCall *call, RpcParams *params, GError **error)
{
	json_t *list = agent_ask_list(call, "guest-get-fsinfo", error);
	size_t n = MIN(json_array_size(list), AGENT_LIST_MAX);

	if (!list)
		return false;
	rpc_params_add_uint(params, (unsigned)n, "fs.count");
	for (size_t i = 0; i < n; i++) {
		const json_t *entry = json_array_get(list, i);
		g_autofree char *prefix = g_strdup_printf("fs.%zu", i);

		add_text(params, entry, "name", prefix, "name");
		add_text(params, entry, "mountpoint", prefix, "mountpoint");
		add_text(params, entry, "type", prefix, "fstype");
		add_size(params, entry, "total-bytes", prefix, "total-bytes");
		add_size(params, entry, "used-bytes", prefix, "used-bytes");
		add_fs_disks(call, params, json_object_get(entry, "disk"), prefix);
	}
	json_decref(list);
	return true;
}

static void add_dependencies(RpcParams *params, const json_t *list, const char *prefix)
{
	size_t n = MIN(json_array_size(list), AGENT_LIST_MAX);

	if (n > 0)
		rpc_params_add_uint(params, (unsigned)n, "%s.dependency.count", prefix);
	for (size_t i = 0; i < n; i++) {
		json_t *holder = json_pack("{s:O}", "name", json_array_get(list, i));
		g_autofree char *own = g_strdup_printf("%s.dependency.%zu", prefix, i);

		add_text(params, holder, "name", own, "name");
		json_decref(holder);
	}
}

static bool add_disks(VmCall *call, RpcParams *params, GError **error)
{
	json_t *list = agent_ask_list(call, "guest-get-disks", error);
	size_t n = MIN(json_array_size(list), AGENT_LIST_MAX);

	if (!list)
		return false;
	rpc_params_add_uint(params, (unsigned)n, "disk.count");
	for (size_t i = 0; i < n; i++) {
		const json_t *entry = json_array_get(list, i);
		const json_t *address = json_object_get(entry, "address");
		const DomainDisk *disk = agent_disk(call->guest, address);
		g_autofree char *prefix = g_strdup_printf("disk.%zu", i);

		add_text(params, entry, "name", prefix, "name");
		rpc_params_add_boolean(params, json_is_true(json_object_get(entry, "partition")),
				       "%s.partition", prefix);
		add_dependencies(params, json_object_get(entry, "dependencies"), prefix);
		add_text(params, address, "serial", prefix, "serial");
		if (disk && disk->target)
			rpc_params_add_string(params, disk->target, "%s.alias", prefix);
		add_text(params, entry, "alias", prefix, "guest_alias");
	}
	json_decref(list);
	return true;
}

static void add_addresses(RpcParams *params, const json_t *list, const char *prefix)
{
	size_t n = MIN(json_array_size(list), AGENT_LIST_MAX);

	rpc_params_add_uint(params, (unsigned)n, "%s.addr.count", prefix);
	for (size_t i = 0; i < n; i++) {
		const json_t *entry = json_array_get(list, i);
		g_autofree char *own = g_strdup_printf("%s.addr.%zu", prefix, i);
		int64_t length = agent_number(entry, "prefix");

		add_text(params, entry, "ip-address-type", own, "type");
		add_text(params, entry, "ip-address", own, "addr");
		if (length >= 0 && length <= 128)
			rpc_params_add_uint(params, (unsigned)length, "%s.prefix", own);
	}
}

static bool add_interfaces(VmCall *call, RpcParams *params, GError **error)
{
	json_t *list = agent_ask_list(call, "guest-network-get-interfaces", error);
	size_t n = MIN(json_array_size(list), AGENT_LIST_MAX);

	if (!list)
		return false;
	rpc_params_add_uint(params, (unsigned)n, "if.count");
	for (size_t i = 0; i < n; i++) {
		const json_t *entry = json_array_get(list, i);
		g_autofree char *prefix = g_strdup_printf("if.%zu", i);

		add_text(params, entry, "name", prefix, "name");
		add_text(params, entry, "hardware-address", prefix, "hwaddr");
		add_addresses(params, json_object_get(entry, "ip-addresses"), prefix);
	}
	json_decref(list);
	return true;
}

static const struct {
	unsigned type;
	bool (*add)(VmCall *call, RpcParams *params, GError **error);
} kinds[] = {
	{ VIR_DOMAIN_GUEST_INFO_USERS, add_users },
	{ VIR_DOMAIN_GUEST_INFO_OS, add_os },
	{ VIR_DOMAIN_GUEST_INFO_TIMEZONE, add_timezone },
	{ VIR_DOMAIN_GUEST_INFO_HOSTNAME, add_hostname },
	{ VIR_DOMAIN_GUEST_INFO_FILESYSTEM, add_filesystems },
	{ VIR_DOMAIN_GUEST_INFO_DISKS, add_disks },
	{ VIR_DOMAIN_GUEST_INFO_INTERFACES, add_interfaces },
};

static bool types_check(unsigned types, GError **error)
{
	unsigned known = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
		known |= kinds[i].type;
	return !(types & ~known) ||
	       fail(error, VIR_ERR_INVALID_ARG, _("unsupported guest information types '0x%x'"),
		    types & ~known);
}

/* Where all is asked for, what this agent cannot tell is left out. */
bool vm_domain_get_guest_info(VmCall *call, remote_domain_get_guest_info_args *args,
			      remote_domain_get_guest_info_ret *ret, GError **error)
{
	g_autoptr(RpcParams) params = rpc_params_new();

	if (!vm_call_flags(call, args->flags, 0, error) || !types_check(args->types, error))
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autoptr(GError) reason = NULL;

		if (args->types && !(args->types & kinds[i].type))
			continue;
		if (kinds[i].add(call, params, &reason) ||
		    (!args->types && error_code(reason) == VIR_ERR_OPERATION_FAILED))
			continue;
		g_propagate_error(error, g_steal_pointer(&reason));
		return false;
	}
	if (rpc_params_count(params) > REMOTE_DOMAIN_GUEST_INFO_PARAMS_MAX)
		return fail(error, VIR_ERR_RPC, _("the guest tells more than fits into a reply"));
	rpc_params_move(params, &ret->params.params_len, &ret->params.params_val);
	return true;
}
