/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prototypes of all functions that may serve calls in a worker, out of the call tables: vm_<name>()
 * of the remote program, vm_qemu_<name>(), control_<name>(). Which of them exist is told by the
 * tables' `where`; vm_serve.c takes them from there.
 */
#pragma once

#include "rpc/wire/procs.h"
#include "worker/vm/vm.h"

#define CALL(number, name, args, ret, ...)                                                         \
	bool vm_##name(VmCall *call, args *arguments, ret *reply, GError **error);
#include "rpc/tables/calls.def"
#undef CALL

#define CALL(number, name, args, ret, ...)                                                         \
	bool vm_qemu_##name(VmCall *call, args *arguments, ret *reply, GError **error);
#include "rpc/tables/qemu_calls.def"
#undef CALL

#define CALL(number, name, args, ret, ...)                                                         \
	bool control_##name(VmCall *call, args *arguments, ret *reply, GError **error);
#include "rpc/tables/control_calls.def"
#undef CALL
