/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/i18n.h"
#include "rpc/wire/procs.h"

bool_t xdr_NOTHING(G_GNUC_UNUSED XDR *xdrs, G_GNUC_UNUSED NOTHING *nothing)
{
	return TRUE;
}

#define MAY(permission) (UINT64_C(1) << RPC_MAY_##permission)
#define ROW(program_number, row_number, row_name, args, ret, first, acl, may, ro, served, type)    \
	[row_number] = {                                                                           \
		.program = program_number,                                                         \
		.number = row_number,                                                              \
		.name = #row_name,                                                                 \
		.args_filter = (xdrproc_t)xdr_##args,                                              \
		.args_size = sizeof(args),                                                         \
		.ret_filter = (xdrproc_t)xdr_##ret,                                                \
		.ret_size = sizeof(ret),                                                           \
		.permissions = may,                                                                \
		.names = RPC_NAMES_##first,                                                        \
		.object = RPC_OBJECT_##acl,                                                        \
		.read_only = RPC_READ_ONLY_##ro,                                                   \
		.where = RPC_WHERE_##served,                                                       \
		.kind = RPC_KIND_##type,                                                           \
	},

static const RpcProc remote_procs[] = {
#define CALL(...) ROW(REMOTE_PROGRAM, __VA_ARGS__)
#include "rpc/tables/calls.def"
#undef CALL
};

static const RpcProc qemu_procs[] = {
#define CALL(...) ROW(QEMU_PROGRAM, __VA_ARGS__)
#include "rpc/tables/qemu_calls.def"
#undef CALL
};

static const RpcProc control_procs[] = {
#define CALL(...) ROW(CONTROL_PROGRAM_NUMBER, __VA_ARGS__)
#include "rpc/tables/control_calls.def"
#undef CALL
};

static const RpcProc reeve_procs[] = {
#define CALL(...) ROW(REEVE_PROGRAM_NUMBER, __VA_ARGS__)
#include "rpc/tables/reeve_calls.def"
#undef CALL
};

static const struct {
	guint32 number;
	guint32 version;
	const RpcProc *procs;
	gsize count;
} programs[] = {
	{ REMOTE_PROGRAM, REMOTE_PROTOCOL_VERSION, remote_procs, G_N_ELEMENTS(remote_procs) },
	{ QEMU_PROGRAM, QEMU_PROTOCOL_VERSION, qemu_procs, G_N_ELEMENTS(qemu_procs) },
	{ CONTROL_PROGRAM_NUMBER, CONTROL_PROTOCOL, control_procs, G_N_ELEMENTS(control_procs) },
	{ REEVE_PROGRAM_NUMBER, REEVE_PROGRAM_VERSION, reeve_procs, G_N_ELEMENTS(reeve_procs) },
};

guint32 rpc_program_version(guint32 program)
{
	for (gsize i = 0; i < G_N_ELEMENTS(programs); i++)
		if (programs[i].number == program)
			return programs[i].version;
	return 0;
}

const RpcProc *rpc_proc_find(guint32 program, gint32 number)
{
	for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
		if (programs[i].number != program)
			continue;
		if (number <= 0 || (gsize)number >= programs[i].count)
			return NULL;
		return programs[i].procs[number].name ? &programs[i].procs[number] : NULL;
	}
	return NULL;
}

void rpc_proc_each(void (*visit)(const RpcProc *proc, void *data), void *data)
{
	for (gsize i = 0; i < G_N_ELEMENTS(programs); i++)
		for (gsize n = 0; n < programs[i].count; n++)
			if (programs[i].procs[n].name)
				visit(&programs[i].procs[n], data);
}

bool rpc_proc_before_login(const RpcProc *proc)
{
	return proc->program == REMOTE_PROGRAM && proc->number >= REMOTE_PROC_auth_list &&
	       proc->number <= REMOTE_PROC_auth_polkit;
}

G_STATIC_ASSERT((int)VIR_NETWORK_UPDATE_AFFECT_CONFIG == (int)VIR_DOMAIN_AFFECT_CONFIG);
G_STATIC_ASSERT((int)VIR_NETWORK_UPDATE_AFFECT_LIVE == (int)VIR_DOMAIN_AFFECT_LIVE);

static bool saves(unsigned flags)
{
	return (flags & VIR_DOMAIN_AFFECT_CONFIG) || !(flags & VIR_DOMAIN_AFFECT_LIVE);
}

#define WHEN(program, name, condition, permissions)                                                \
	static guint64 program##_##name##_when(const void *data)                                   \
	{                                                                                          \
		const program##_##name##_args *args = data;                                        \
                                                                                                   \
		return (condition) ? (permissions) : 0;                                            \
	}
#include "rpc/tables/calls_when.def"
#undef WHEN

static const struct {
	xdrproc_t args_filter; /* tells the call: argument types are not shared */
	guint64 (*permissions)(const void *args);
} whens[] = {
#define WHEN(program, name, condition, permissions)                                                \
	{ (xdrproc_t)xdr_##program##_##name##_args, program##_##name##_when },
#include "rpc/tables/calls_when.def"
#undef WHEN
};

guint64 rpc_proc_permissions_when(const RpcProc *proc, const void *args)
{
	for (gsize i = 0; i < G_N_ELEMENTS(whens); i++)
		if (whens[i].args_filter == proc->args_filter)
			return whens[i].permissions(args);
	return 0;
}

const char *rpc_object_name(RpcObject object)
{
	static const char *const names[] = {
		[RPC_OBJECT_NONE] = "none",
		[RPC_OBJECT_CONNECT] = "connect",
		[RPC_OBJECT_DOMAIN] = "domain",
		[RPC_OBJECT_NETWORK] = "network",
		[RPC_OBJECT_NETWORK_PORT] = "network_port",
		[RPC_OBJECT_INTERFACE] = "interface",
		[RPC_OBJECT_STORAGE_POOL] = "storage_pool",
		[RPC_OBJECT_STORAGE_VOL] = "storage_vol",
		[RPC_OBJECT_NODE_DEVICE] = "node_device",
		[RPC_OBJECT_NWFILTER] = "nwfilter",
		[RPC_OBJECT_NWFILTER_BINDING] = "nwfilter_binding",
		[RPC_OBJECT_SECRET] = "secret",
	};

	return names[object];
}

static const struct {
	const char *name;
	const char *text;
} permissions[] = {
#define PERMISSION(name, text) [RPC_MAY_##name] = { #name, text },
#include "rpc/tables/permissions.def"
#undef PERMISSION
};

const char *rpc_permission_name(RpcPermission permission)
{
	return permissions[permission].name;
}

const char *rpc_permission_text(RpcPermission permission)
{
	return _(permissions[permission].text);
}
