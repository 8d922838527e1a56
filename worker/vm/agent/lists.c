/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists that the agent inside the guest answers: file systems, interfaces, processors. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rpc/wire/params.h"
#include "worker/vm/agent/ask.h"

/* ---- File systems -------------------------------------------------------------------------- */

static void disks_fill(const Guest *guest, const json_t *disks, remote_domain_fsinfo *ret)
{
	size_t n = MIN(json_array_size(disks), REMOTE_DOMAIN_FSINFO_DISKS_MAX);

	ret->dev_aliases.dev_aliases_val = g_new0(remote_string, n + 1);
	for (size_t i = 0; i < n; i++) {
		const DomainDisk *disk = agent_disk(guest, json_array_get(disks, i));

		if (disk && disk->target)
			ret->dev_aliases.dev_aliases_val[ret->dev_aliases.dev_aliases_len++] =
				g_strdup(disk->target);
	}
}

static bool fs_fill(const Guest *guest, const json_t *entry, remote_domain_fsinfo *ret)
{
	ret->mountpoint = agent_text(entry, "mountpoint");
	ret->name = agent_text(entry, "name");
	ret->fstype = agent_text(entry, "type");
	disks_fill(guest, json_object_get(entry, "disk"), ret);
	if (ret->mountpoint && ret->name && ret->fstype)
		return true;
	/* A reply has no room for what is not there. */
	ret->mountpoint = ret->mountpoint ? ret->mountpoint : g_strdup("");
	ret->name = ret->name ? ret->name : g_strdup("");
	ret->fstype = ret->fstype ? ret->fstype : g_strdup("");
	return false;
}

bool vm_domain_get_fsinfo(VmCall *call, remote_domain_get_fsinfo_args *args,
			  remote_domain_get_fsinfo_ret *ret, GError **error)
{
	static const char name[] = "guest-get-fsinfo";
	json_t *list;
	size_t n;
	bool good = true;

	if (!vm_call_flags(call, args->flags, 0, error))
		return false;
	list = agent_ask_list(call, name, error);
	if (!list)
		return false;
	n = json_array_size(list);
	good = n <= REMOTE_DOMAIN_FSINFO_MAX;
	ret->info.info_len = 0;
	ret->info.info_val = g_new0(remote_domain_fsinfo, good ? n + 1 : 1);
	for (size_t i = 0; good && i < n; i++) {
		ret->info.info_len = (u_int)i + 1;
		good = fs_fill(call->guest, json_array_get(list, i), &ret->info.info_val[i]);
	}
	ret->ret = ret->info.info_len;
	json_decref(list);
	return good || agent_fail_nonsense(call, name, error);
}

/* ---- Interfaces ---------------------------------------------------------------------------- */

static bool address_fill(const json_t *entry, remote_domain_ip_addr *ret)
{
	const char *kind = json_string_value(json_object_get(entry, "ip-address-type"));
	int64_t prefix = agent_number(entry, "prefix");

	ret->type = g_strcmp0(kind, "ipv6") == 0 ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4;
	ret->addr = agent_text(entry, "ip-address");
	ret->prefix = (unsigned)CLAMP(prefix, 0, 128);
	if (!ret->addr)
		ret->addr = g_strdup("");
	return *ret->addr && kind && prefix >= 0 && prefix <= 128;
}

/* An interface may be told of once for each of its names ("eth0:1"): all are one. */
static remote_domain_interface *interface_of(remote_domain_interface_addresses_ret *ret,
					     const char *name)
{
	size_t length = strcspn(name, ":");

	for (unsigned i = 0; i < ret->ifaces.ifaces_len; i++) {
		remote_domain_interface *known = &ret->ifaces.ifaces_val[i];

		if (strncmp(known->name, name, length) == 0 && !known->name[length])
			return known;
	}
	ret->ifaces.ifaces_val[ret->ifaces.ifaces_len].name = g_strndup(name, length);
	return &ret->ifaces.ifaces_val[ret->ifaces.ifaces_len++];
}

static bool interface_fill(const json_t *entry, remote_domain_interface_addresses_ret *ret)
{
	const json_t *addresses = json_object_get(entry, "ip-addresses");
	g_autofree char *name = agent_text(entry, "name");
	size_t n = json_array_size(addresses);
	remote_domain_interface *net;

	if (!name || !*name || n > REMOTE_DOMAIN_IP_ADDR_MAX)
		return false;
	net = interface_of(ret, name);
	if (!net->hwaddr && json_is_string(json_object_get(entry, "hardware-address"))) {
		net->hwaddr = g_new(remote_string, 1);
		*net->hwaddr = agent_text(entry, "hardware-address");
	}
	if (net->addrs.addrs_len + n > REMOTE_DOMAIN_IP_ADDR_MAX)
		return false;
	net->addrs.addrs_val =
		g_renew(remote_domain_ip_addr, net->addrs.addrs_val, net->addrs.addrs_len + n + 1);
	for (size_t i = 0; i < n; i++) {
		remote_domain_ip_addr *address = &net->addrs.addrs_val[net->addrs.addrs_len++];

		memset(address, 0, sizeof(*address));
		if (!address_fill(json_array_get(addresses, i), address))
			return false;
	}
	return true;
}

bool vm_domain_interface_addresses(VmCall *call, remote_domain_interface_addresses_args *args,
				   remote_domain_interface_addresses_ret *ret, GError **error)
{
	static const char name[] = "guest-network-get-interfaces";
	json_t *list, *entry;
	size_t index;
	bool good;

	if (!vm_call_flags(call, args->flags, 0, error))
		return false;
	list = agent_ask_list(call, name, error);
	if (!list)
		return false;
	good = json_array_size(list) <= REMOTE_DOMAIN_INTERFACE_MAX;
	ret->ifaces.ifaces_len = 0;
	ret->ifaces.ifaces_val = g_new0(remote_domain_interface, good ? json_array_size(list) + 1 : 1);
	json_array_foreach(list, index, entry) good = good && interface_fill(entry, ret);
	json_decref(list);
	return good || agent_fail_nonsense(call, name, error);
}

/* ---- Processors ---------------------------------------------------------------------------- */

static bool vcpu_read(const json_t *entry, int64_t *ret_id, bool *ret_online, bool *ret_offlinable)
{
	json_t *online = json_object_get(entry, "online");
	json_t *offlinable = json_object_get(entry, "can-offline");

	*ret_id = agent_number(entry, "logical-id");
	*ret_online = json_is_true(online);
	*ret_offlinable = json_is_true(offlinable);
	return *ret_id >= 0 && *ret_id < CPUSET_MAX && json_is_boolean(online);
}

/* In sets: all, those that are online, those that can go offline. */
static bool vcpus_read(VmCall *call, Cpuset *sets[3], GError **error)
{
	static const char name[] = "guest-get-vcpus";
	json_t *list = agent_ask_list(call, name, error);
	json_t *entry;
	size_t index;
	bool good = list && json_array_size(list) <= CPUSET_MAX;

	if (!list)
		return false;
	json_array_foreach(list, index, entry)
	{
		bool online = false, offlinable = false;
		int64_t id = -1;

		good = good && vcpu_read(entry, &id, &online, &offlinable);
		if (!good)
			break;
		sets[0] = cpuset_add(sets[0], (guint)id);
		if (online)
			sets[1] = cpuset_add(sets[1], (guint)id);
		if (offlinable)
			sets[2] = cpuset_add(sets[2], (guint)id);
	}
	json_decref(list);
	return good || agent_fail_nonsense(call, name, error);
}

static void sets_free(Cpuset *sets[3])
{
	for (unsigned i = 0; i < 3; i++)
		cpuset_free(sets[i]);
}

bool vm_domain_get_guest_vcpus(VmCall *call, remote_domain_get_guest_vcpus_args *args,
			       remote_domain_get_guest_vcpus_ret *ret, GError **error)
{
	static const char *const names[] = { "vcpus", "online", "offlinable" };
	g_autoptr(RpcParams) params = rpc_params_new();
	Cpuset *sets[3] = { NULL };
	bool good;

	good = vm_call_flags(call, args->flags, 0, error) && vcpus_read(call, sets, error);
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *text = cpuset_format(sets[i]);

		rpc_params_add_string(params, text ? text : "", "%s", names[i]);
	}
	sets_free(sets);
	if (good)
		rpc_params_move(params, &ret->params.params_len, &ret->params.params_val);
	return good;
}

/* The agent takes a part of a list and says how many of it it has done. */
static bool vcpus_set(VmCall *call, const Cpuset *wanted, bool online, GError **error)
{
	static const char name[] = "guest-set-vcpus";
	int last = cpuset_last(wanted);
	int64_t done = 0, all = cpuset_count(wanted);
	json_t *list = json_array();

	for (int id = 0; id <= last; id++)
		if (cpuset_has(wanted, (guint)id))
			json_array_append_new(list, json_pack("{s:i,s:b}", "logical-id", id, "online",
							      online));
	if (!agent_ask_number(call, name, json_pack("{s:o}", "vcpus", list), &done, error))
		return false;
	return done == all ||
	       fail(error, VIR_ERR_OPERATION_FAILED,
		    _("the guest agent changed %" PRId64 " of %" PRId64 " vCPUs"),
		    (gint64)done, (gint64)all);
}

static bool vcpus_check(Cpuset *sets[3], const Cpuset *wanted, bool online, GError **error)
{
	for (int id = 0; id <= cpuset_last(wanted); id++) {
		if (!cpuset_has(wanted, (guint)id))
			continue;
		if (!sets[0] || !cpuset_has(sets[0], (guint)id))
			return fail(error, VIR_ERR_INVALID_ARG, _("the guest knows no vCPU %d"), id);
		if (!online && (!sets[2] || !cpuset_has(sets[2], (guint)id)))
			return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
				    _("the guest cannot do without vCPU %d"), id);
	}
	return true;
}

bool vm_domain_set_guest_vcpus(VmCall *call, remote_domain_set_guest_vcpus_args *args,
			       G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_autoptr(Cpuset) wanted = cpuset_parse(args->cpumap);
	Cpuset *sets[3] = { NULL };
	bool good;

	if (!vm_call_flags(call, args->flags, 0, error))
		return false;
	if (!wanted)
		return fail(error, VIR_ERR_INVALID_ARG, _("'%s' is no set of vCPUs"), args->cpumap);
	if (args->state != 0 && args->state != 1)
		return fail(error, VIR_ERR_INVALID_ARG, _("a vCPU is on (1) or off (0), not %d"),
			    args->state);
	good = vcpus_read(call, sets, error) && vcpus_check(sets, wanted, args->state == 1, error);
	sets_free(sets);
	return good && vcpus_set(call, wanted, args->state == 1, error);
}
