/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A procedure is a row of one of the call tables (calls.def, qemu_calls.def, control_calls.def,
 * reeve_calls.def) with the filters and sizes of its arguments. All are constant. Used by everybody
 * who calls or serves.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <rpc/rpc.h>

#include "rpc/tables/control.h"
#include "rpc/tables/priv.h"
#include "rpc/tables/qemu.h"
#include "rpc/tables/reeve.h"
#include "rpc/tables/remote.h"

/* The arguments or reply of a call that has none. */
typedef struct RpcNothing {
	char none;
} NOTHING;
bool_t xdr_NOTHING(XDR *xdrs, NOTHING *nothing);

/* REMOTE_PROC_domain_get_info and so on. */
enum RemoteProc {
#define CALL(number, name, ...) REMOTE_PROC_##name = number,
#include "rpc/tables/calls.def"
#undef CALL
};

enum QemuProc {
#define CALL(number, name, ...) QEMU_PROC_##name = number,
#include "rpc/tables/qemu_calls.def"
#undef CALL
};

enum ControlProc {
#define CALL(number, name, ...) CONTROL_PROC_##name = number,
#include "rpc/tables/control_calls.def"
#undef CALL
};

enum ReeveProc {
#define CALL(number, name, ...) REEVE_PROC_##name = number,
#include "rpc/tables/reeve_calls.def"
#undef CALL
};

typedef enum RpcWhere {
	RPC_WHERE_NONE,
	RPC_WHERE_ENGINE,
	RPC_WHERE_WORKER,
	RPC_WHERE_BOTH,
	RPC_WHERE_PLANNED,
} RpcWhere;

typedef enum RpcKind {
	RPC_KIND_CALL,
	RPC_KIND_STREAM_IN,
	RPC_KIND_STREAM_OUT,
	RPC_KIND_STREAM_BOTH,
	RPC_KIND_FDS_IN,
	RPC_KIND_FDS_OUT,
	RPC_KIND_FDS_BOTH,
	RPC_KIND_EVENT,
} RpcKind;

typedef enum RpcReadOnly {
	RPC_READ_ONLY_ALLOWED,
	RPC_READ_ONLY_REFUSED,
	RPC_READ_ONLY_WHEN, /* refused if rpc_proc_permissions_when() is not 0 */
} RpcReadOnly;

/* What a first argument is a handle of. */
typedef enum RpcNames {
	RPC_NAMES_NOTHING,
	RPC_NAMES_DOMAIN,
	RPC_NAMES_SNAPSHOT,
	RPC_NAMES_CHECKPOINT,
	RPC_NAMES_NETWORK,
	RPC_NAMES_NETWORK_PORT,
	RPC_NAMES_INTERFACE,
	RPC_NAMES_STORAGE_POOL,
	RPC_NAMES_STORAGE_VOL,
	RPC_NAMES_NODE_DEVICE,
	RPC_NAMES_NWFILTER,
	RPC_NAMES_NWFILTER_BINDING,
	RPC_NAMES_SECRET,
} RpcNames;

typedef enum RpcObject {
	RPC_OBJECT_NONE,
	RPC_OBJECT_CONNECT,
	RPC_OBJECT_DOMAIN,
	RPC_OBJECT_NETWORK,
	RPC_OBJECT_NETWORK_PORT,
	RPC_OBJECT_INTERFACE,
	RPC_OBJECT_STORAGE_POOL,
	RPC_OBJECT_STORAGE_VOL,
	RPC_OBJECT_NODE_DEVICE,
	RPC_OBJECT_NWFILTER,
	RPC_OBJECT_NWFILTER_BINDING,
	RPC_OBJECT_SECRET,
} RpcObject;

/* RPC_MAY_READ and so on: bits of RpcProc.permissions, UINT64_C(1) << RPC_MAY_READ. */
typedef enum RpcPermission {
#define PERMISSION(name, text) RPC_MAY_##name,
#include "rpc/tables/permissions.def"
#undef PERMISSION
	RPC_PERMISSIONS,
} RpcPermission;

typedef struct RpcProc {
	guint32 program;
	gint32 number;
	const char *name; /* "domain_get_info" */
	xdrproc_t args_filter;
	gsize args_size;
	xdrproc_t ret_filter;
	gsize ret_size;
	guint64 permissions; /* all of these */
	RpcNames names;
	RpcObject object;
	RpcReadOnly read_only;
	RpcWhere where;
	RpcKind kind;
} RpcProc;

/* The program's known versions: there is one of each. 0 for a program that is not ours. */
guint32 rpc_program_version(guint32 program);

/* NULL when there is no such procedure. Rows that are not built (RPC_WHERE_NONE) are found. */
const RpcProc *rpc_proc_find(guint32 program, gint32 number);

/* Calls @visit for every row of every table. */
void rpc_proc_each(void (*visit)(const RpcProc *proc, void *data), void *data);

/* True for the calls that are answered before the client has logged in. */
bool rpc_proc_before_login(const RpcProc *proc);

/* What the call needs besides proc->permissions with these (decoded) arguments. */
guint64 rpc_proc_permissions_when(const RpcProc *proc, const void *args);

/* "domain", "READ_SECURE": the words of libvirt's access control, permissions in capitals. */
const char *rpc_object_name(RpcObject object);
const char *rpc_permission_name(RpcPermission permission);
/* For people: "read its secrets". Translated. */
const char *rpc_permission_text(RpcPermission permission);
