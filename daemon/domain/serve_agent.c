/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that may be for the agent inside the guest, or may be answered without it. */
#include <stdio.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/serve.h"
#include "daemon/domain/affect.h"
#include "daemon/domain/guest_vcpus.h"
#include "daemon/guest/vm.h"
#include "rpc/client/rpc_client.h"
#include "rpc/wire/params.h"
#include "rpc/wire/wire.h"

/* ---- Addresses ----------------------------------------------------------------------------- */

static DomainInterface *interface_of_mac(const DomainDef *def, const char *text)
{
	Mac mac = { 0 };

	if (!mac_parse(text, &mac))
		return NULL;
	for (guint i = 0; i < list_length(def->interfaces); i++) {
		DomainInterface *net = list_get(def->interfaces, i);

		if (net->target && memcmp(net->mac.bytes, mac.bytes, sizeof(mac.bytes)) == 0)
			return net;
	}
	return NULL;
}

static void arp_add(const DomainInterface *net, const char *address, const char *mac,
		    remote_domain_interface_addresses_ret *ret)
{
	remote_domain_interface *found = NULL;

	for (unsigned i = 0; i < ret->ifaces.ifaces_len; i++)
		if (g_str_equal(ret->ifaces.ifaces_val[i].name, net->target))
			found = &ret->ifaces.ifaces_val[i];
	if (!found) {
		found = &ret->ifaces.ifaces_val[ret->ifaces.ifaces_len++];
		found->name = g_strdup(net->target);
		found->hwaddr = g_new(remote_string, 1);
		*found->hwaddr = g_strdup(mac);
	}
	if (found->addrs.addrs_len >= REMOTE_DOMAIN_IP_ADDR_MAX)
		return;
	found->addrs.addrs_val = g_renew(remote_domain_ip_addr, found->addrs.addrs_val,
					 found->addrs.addrs_len + 1);
	found->addrs.addrs_val[found->addrs.addrs_len++] = (remote_domain_ip_addr){
		.type = VIR_IP_ADDR_TYPE_IPV4, .addr = g_strdup(address), .prefix = 0
	};
}

/* Whom the host has spoken with lately; a file of the kernel, which does not block. */
static bool addresses_arp(const DomainDef *def, remote_domain_interface_addresses_ret *ret,
			  GError **error)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/proc/net/arp", &text, NULL, NULL))
		return fail(error, VIR_ERR_OPERATION_FAILED, _("the host's table of neighbours cannot be read"));
	lines = g_strsplit(text, "\n", -1);
	ret->ifaces.ifaces_val = g_new0(remote_domain_interface, list_length(def->interfaces) + 1);
	for (unsigned i = 1; lines[i]; i++) {
		char address[64], mac[32], flags[16];
		const DomainInterface *net;

		if (sscanf(lines[i], "%63s %*s %15s %31s", address, flags, mac) != 3)
			continue;
		net = interface_of_mac(def, mac);
		if (net && !g_str_equal(flags, "0x0"))
			arp_add(net, address, mac, ret);
	}
	return true;
}

static bool has_network(const DomainDef *def)
{
	for (guint i = 0; i < list_length(def->interfaces); i++)
		if (((DomainInterface *)list_get(def->interfaces, i))->type == INTERFACE_NETWORK)
			return true;
	return false;
}

bool serve_domain_interface_addresses(Call *call, remote_domain_interface_addresses_args *args,
				      remote_domain_interface_addresses_ret *ret, GError **error)
{
	const RpcExchange exchange = { .proc = call->proc, .args = args, .ret = ret };
	const DomainDef *def;

	*ret = (remote_domain_interface_addresses_ret){ { 0, NULL } };
	if (!call_flags(call, args->flags, 0, error) || !domain_require_active(call->domain, error))
		return false;
	if (args->source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
		return vm_worker_call(call->domain, &exchange, error);
	def = domain_def_get(call->domain, DOMAIN_LIVE, error);
	if (!def)
		return false;
	if (args->source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP)
		return addresses_arp(def, ret, error);
	if (args->source != VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE)
		return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
			    _("there is no source %u of addresses"), args->source);
	return !has_network(def) ||
	       fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
		    _("addresses cannot be taken from DHCP leases here; ask the guest's agent "
		      "(--source agent) or the host (--source arp)"));
}

/* ---- vCPUs as the guest sees them ------------------------------------------------------------ */

static Cpuset *set_of(const remote_domain_get_guest_vcpus_ret *ret, const char *name)
{
	const remote_typed_param *param =
		rpc_params_find(ret->params.params_val, ret->params.params_len, name);
	const char *text = param ? rpc_param_as_string(param) : NULL;

	return text ? cpuset_parse(text) : NULL;
}

typedef struct GuestVcpus {
	Cpuset *all, *online, *offlinable;
} GuestVcpus;

static void guest_vcpus_clear(GuestVcpus *vcpus)
{
	cpuset_free(vcpus->all);
	cpuset_free(vcpus->online);
	cpuset_free(vcpus->offlinable);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GuestVcpus, guest_vcpus_clear)

static bool guest_vcpus_call(Domain *domain, GuestVcpus *ret, GError **error)
{
	remote_domain_get_guest_vcpus_args args = { 0 };
	remote_domain_get_guest_vcpus_ret answer = { 0 };
	const RpcProc *proc = rpc_proc_find(REMOTE_PROGRAM, REMOTE_PROC_domain_get_guest_vcpus);
	const RpcExchange exchange = { .proc = proc, .args = &args, .ret = &answer };
	bool good;

	call_fill_domain(domain, &args.dom);
	good = vm_worker_call(domain, &exchange, error);
	g_free(args.dom.name);
	if (good)
		*ret = (GuestVcpus){ set_of(&answer, "vcpus"), set_of(&answer, "online"),
				     set_of(&answer, "offlinable") };
	rpc_free((xdrproc_t)xdr_remote_domain_get_guest_vcpus_ret, &answer);
	return good;
}

int guest_vcpus_count_call(Domain *domain, bool maximum, GError **error)
{
	g_auto(GuestVcpus) vcpus = { NULL };

	if (!guest_vcpus_call(domain, &vcpus, error))
		return -1;
	return (int)cpuset_count(maximum ? vcpus.all : vcpus.online);
}

/* Those to be changed so that @count are online: the first that are off, or the last that can go. */
static Cpuset *choose(const GuestVcpus *vcpus, unsigned count)
{
	unsigned now = cpuset_count(vcpus->online);
	int last = cpuset_last(vcpus->all);
	Cpuset *chosen = NULL;

	for (int id = 0; id <= last && now < count; id++)
		if (cpuset_has(vcpus->all, (guint)id) && !cpuset_has(vcpus->online, (guint)id)) {
			chosen = cpuset_add(chosen, (guint)id);
			now++;
		}
	for (int id = last; id >= 0 && now > count; id--)
		if (cpuset_has(vcpus->online, (guint)id) && vcpus->offlinable &&
		    cpuset_has(vcpus->offlinable, (guint)id)) {
			chosen = cpuset_add(chosen, (guint)id);
			now--;
		}
	if (now == count)
		return chosen;
	cpuset_free(chosen);
	return NULL;
}

bool guest_vcpus_set_call(Domain *domain, unsigned count, GError **error)
{
	g_auto(GuestVcpus) vcpus = { NULL };
	remote_domain_set_guest_vcpus_args args = { 0 };
	const RpcProc *proc = rpc_proc_find(REMOTE_PROGRAM, REMOTE_PROC_domain_set_guest_vcpus);
	const RpcExchange exchange = { .proc = proc, .args = &args };
	g_autofree char *text = NULL;
	Cpuset *chosen;
	bool good;

	if (!guest_vcpus_call(domain, &vcpus, error))
		return false;
	if (!vcpus.all || !vcpus.online)
		return fail(error, VIR_ERR_AGENT_UNRESPONSIVE,
			    _("the guest agent of domain '%s' tells of no vCPU"), domain->name);
	if (cpuset_count(vcpus.online) == count)
		return true;
	chosen = choose(&vcpus, count);
	if (!chosen)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("the guest in domain '%s' has %u vCPUs, and cannot have %u of them "
			      "online"), domain->name, cpuset_count(vcpus.all), count);
	args.state = cpuset_count(vcpus.online) < count;
	args.cpumap = text = cpuset_format(chosen);
	cpuset_free(chosen);
	call_fill_domain(domain, &args.dom);
	good = vm_worker_call(domain, &exchange, error);
	g_free(args.dom.name);
	return good;
}
